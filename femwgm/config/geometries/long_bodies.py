"""Bottles and capillaries: bodies whose radius varies slowly along the axis; and closed cavities."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from femwgm.config.base import Name, Number, refuse
from femwgm.config.geometries.base import Body
from femwgm.config.geometries.outlined import OutlinedBody
from femwgm.config.quantity import Length


def _not_negative(value: float) -> float:
    if value < 0.0:
        raise refuse("must not be negative", remedy="0 is a straight cylinder")
    return value


class Bottle(OutlinedBody):
    """A rod with a bulge: radius R / (1 + (c z)^2)^(1/2) along the axis, cut at plus and minus half the length."""

    kind: Literal["bottle"] = Field(examples=["bottle"])
    radius_um: Length = Field(alias="radius", description="at the bulge", examples=["10 um"])
    curvature_per_um: Annotated[Number, AfterValidator(_not_negative)] = Field(
        description="c in rad/um: near the bulge the radius falls as (c z)^2 / 2", examples=[0.02]
    )
    length_um: Length = Field(alias="length", description="of the part that is modelled", examples=["20 um"])


class Capillary(Bottle):
    """A bottle-shaped tube: the same outer surface around a bore of constant wall thickness, filled with anything."""

    kind: Literal["capillary"] = Field(examples=["capillary"])  # type: ignore[assignment]
    wall_um: Length = Field(alias="wall", description="wall thickness", examples=["2 um"])
    filling: Name = Field(description="material of the bore", examples=["water"])

    @model_validator(mode="after")
    def _bore(self) -> Capillary:
        if not self.wall_um < self.radius_um:
            raise refuse(
                "leaves no bore", remedy="make it thinner than the radius", value=self.wall_um, at=("wall",)
            )
        return self

    @property
    def further_regions(self) -> dict[str, str]:
        return {"bore": self.filling}


class Cavity(Body):
    """A cylinder with perfectly conducting walls, filled with the ambient; z = 0 is half way up."""

    kind: Literal["cavity"] = Field(examples=["cavity"])
    radius_um: Length = Field(alias="radius", examples=["2.74 cm"])
    height_um: Length = Field(alias="height", examples=["5.48 cm"])
    wall_resistance_ohm: Annotated[Number, AfterValidator(_not_negative)] | None = Field(
        default=None, description="surface resistance of the walls, for their loss", examples=[0.0184]
    )

    @property
    def region_materials(self) -> dict[str, str]:
        return {self.ambient: self.ambient}

    @property
    def radius_ref_um(self) -> float:
        return self.radius_um
