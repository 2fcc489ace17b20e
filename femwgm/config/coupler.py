"""What light comes in by: a fibre, a prism or a bus waveguide beside the body."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer

from femwgm.config.base import Name, Positive, Strict, refuse
from femwgm.config.quantity import Length, LengthOrZero, SignedLength, spectral_um
from femwgm.ground.units import C_UM_THZ


def _splitting(value: object) -> float:
    """A frequency in MHz."""
    kind, wavelength = spectral_um(value)
    if kind != "frequency":
        raise refuse("must be a frequency", remedy="write e.g. '5 MHz'")
    return 1e6 * C_UM_THZ / wavelength


def _near(gap_um: float) -> float:
    if gap_um > FARTHEST_UM:
        raise refuse("is too wide for any light to cross", remedy=f"take a gap of {FARTHEST_UM:g} um at most")
    return gap_um


FARTHEST_UM = 20.0
"""Widest gap: tens of decay lengths of any mode that can be coupled."""
_Splitting = Annotated[float, BeforeValidator(_splitting), PlainSerializer(lambda v: f"{v!r} MHz")]


class Beside(Strict):
    """What every coupler has."""

    gap_um: Annotated[LengthOrZero, AfterValidator(_near)] = Field(
        alias="gap", description="to the body, where it reaches farthest out", examples=["200 nm"]
    )
    splitting_mhz: _Splitting | None = Field(
        default=None,
        alias="splitting",
        description="of the line by backscatter, as a frequency",
        examples=["5 MHz"],
    )


class Taper(Beside):
    """A fibre or fibre taper that runs along the equator."""

    kind: Literal["fibre"] = Field(examples=["fibre"])
    material: Name = Field(description="of the fibre", examples=["silica"])
    diameter_um: Length = Field(
        alias="diameter", description="where it touches the field", examples=["1.1 um"]
    )
    height_um: SignedLength = Field(
        default=0.0, alias="height", description="of the fibre above the outermost point of the body"
    )


class Prism(Beside):
    """A prism: a half-space with its face along the axis."""

    kind: Literal["prism"] = Field(examples=["prism"])
    material: Name = Field(description="of the prism", examples=["glass"])


class Bus(Beside):
    """A straight waveguide: the like of a ring or disk in material, thickness, sidewalls and background, or of known index."""

    kind: Literal["bus"] = Field(examples=["bus"])
    width_um: Length = Field(alias="width", description="at half its height", examples=["450 nm"])
    n_eff: Annotated[Positive, Field(le=10.0)] | None = Field(
        default=None,
        description="phase index of its mode where it is known; solved for otherwise",
        examples=[2.44],
    )


Coupler = Annotated[Taper | Prism | Bus, Field(discriminator="kind")]
"""Any coupler, told apart by `kind`."""
