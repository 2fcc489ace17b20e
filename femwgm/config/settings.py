"""What to look for, how well, and what to leave behind: the sections beside geometry and materials."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    PlainSerializer,
    WithJsonSchema,
    field_validator,
    model_validator,
)

from femwgm.config.base import Flag, Name, Number, Positive, Strict, Whole, refuse
from femwgm.config.quantity import Length, LengthOrZero, spectral_um, split_quantity, um
from femwgm.ground.units import SPECTRAL_ALIASES, SPECTRAL_UNITS

MAX_ORDERS = 100_000
WIDEST = 1000
"""Ratio of the ends of a window at most: beyond it one of them is a slip of the unit."""


def _window(value: Any) -> tuple[float, float]:
    """Two wavelengths or two frequencies, smaller first, as ascending vacuum wavelengths in um."""
    example = "write e.g. [640 nm, 670 nm]"
    if not isinstance(value, list | tuple) or len(value) != 2:
        raise refuse("must be a list of two wavelengths or two frequencies", remedy=example)
    (kind_a, a), (kind_b, b) = spectral_um(value[0]), spectral_um(value[1])
    if kind_a != kind_b:
        raise refuse("mixes a wavelength and a frequency", remedy="give two of the same kind")
    lo, hi = (b, a) if kind_a == "frequency" else (a, b)
    if lo == hi:
        raise refuse("is an empty window", remedy=f"its two ends must differ; {example}")
    if lo > hi:
        raise refuse("is reversed", remedy=f"put the smaller value first; {example}")
    if hi > WIDEST * lo:
        raise refuse(f"spans more than a factor of {WIDEST}", remedy=f"narrow it; {example}")
    return lo, hi


Window = Annotated[
    tuple[float, float],
    BeforeValidator(_window),
    PlainSerializer(lambda v: [um(x) for x in v]),
    WithJsonSchema({"type": "array", "items": {"type": "string"}, "minItems": 2, "maxItems": 2}),
]


def _orders(least: int) -> Any:
    """Validator of a list of distinct whole numbers, none below `least`."""

    def check(orders: tuple[int, ...]) -> tuple[int, ...]:
        for i, order in enumerate(orders):
            if order < least:
                raise refuse(f"must be at least {least}", value=order, at=(i,))
        if len(set(orders)) != len(orders):
            raise refuse("lists an order twice", remedy="keep each once")
        return orders

    return check


def _all_or_list(value: Any) -> Any:
    """Lists become tuples, the word 'all' becomes None."""
    if value == "all":
        return None
    if not isinstance(value, list | tuple):
        raise refuse("must be a list of whole numbers, or 'all'", remedy="write e.g. [1]")
    return tuple(value)


def _list(value: Any) -> Any:
    if value is not None and not isinstance(value, list | tuple):
        raise refuse("must be a list", remedy="put it in brackets")
    return tuple(value) if value is not None else None


_Orders = Annotated[tuple[Whole, ...], Field(min_length=1, max_length=MAX_ORDERS)]
_Radial = Annotated[_Orders, AfterValidator(_orders(1))]
_Polar = Annotated[_Orders, AfterValidator(_orders(0))]


class Modes(Strict):
    """Which modes are wanted."""

    window_um: Window = Field(
        alias="window", description="vacuum wavelengths or frequencies", examples=["[640 nm, 670 nm]"]
    )
    polarizations: Annotated[
        tuple[Literal["TE", "TM"], ...], BeforeValidator(_list), Field(min_length=1, max_length=2)
    ] = ("TE", "TM")
    radial_orders: Annotated[_Radial | None, BeforeValidator(_all_or_list)] = Field(
        default=(1,), description="q, from 1; 'all' (None inside) for every one in the window"
    )
    polar_orders: Annotated[_Polar | None, BeforeValidator(_all_or_list)] = Field(
        default=(0,), description="p = l - m, from 0; 'all' (None inside) for every one in the window"
    )
    azimuthal_orders: Annotated[
        Annotated[_Orders, AfterValidator(_orders(0))] | None, BeforeValidator(_list)
    ] = Field(default=None, description="m, from 0; by default every m with a mode in the window")
    limit: Annotated[Whole, Field(ge=1)] | None = Field(
        default=None, description="refuse to solve for more modes than this"
    )

    unit: Literal[tuple(SPECTRAL_UNITS)] | None = Field(  # type: ignore[valid-type]
        default=None,
        description="of the lines in tables and figures: that of the window; nm where it is a length",
    )

    @model_validator(mode="before")
    @classmethod
    def _unit_of_the_window(cls, data: Any) -> Any:
        if isinstance(data, Mapping) and "unit" not in data and isinstance(data.get("window"), list | tuple):
            stated = next(iter(data["window"]), None)
            parts = split_quantity(stated) if isinstance(stated, str) else None
            unit = SPECTRAL_ALIASES.get(parts[1], parts[1]) if parts else None
            if unit in SPECTRAL_UNITS:
                return {**data, "unit": unit}
        return data

    @field_validator("polarizations")
    @classmethod
    def _once(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(value)) != len(value):
            raise refuse("lists a polarization twice", remedy="keep each once")
        return value


def _relative(value: float) -> float:
    if not 1e-13 <= value <= 0.1:
        raise refuse("must be a relative error between 1e-13 and 0.1", remedy="write e.g. 1e-8")
    return value


_Relative = Annotated[Number, AfterValidator(_relative)]


class Accuracy(Strict):
    """Relative errors that the run must reach; mesh, degree, domain and PML follow from them."""

    wavelength: _Relative = Field(default=1e-8, description="relative error of the wavelength")
    q: _Relative | None = Field(default=None, description="relative error of a radiation-limited Q")


class Pml(Strict):
    """Absorbing layer; whatever is left out follows from the accuracy."""

    kind: Literal["auto", "none", "radial", "box"] = "auto"
    strength: Positive | None = Field(default=None, description="sigma0 of the stretch 1 + i sigma0 t^g")
    depth_um: Length | None = Field(default=None, alias="depth", description="thickness of the layer")
    distance_um: LengthOrZero | None = Field(
        default=None, alias="distance", description="from the solid to the layer"
    )


def _pml(value: Any) -> Any:
    return {"kind": value} if isinstance(value, str) else value


class Discretization(Strict):
    """Overrides of what femwgm derives by itself."""

    degree: Annotated[Whole, Field(ge=1, le=20)] | None = None
    cells: Literal["auto", "quads", "triangles"] = "auto"
    refine: Annotated[Whole, Field(ge=0, le=8)] = Field(
        default=0, description="halvings of every cell on top of the derived mesh"
    )
    mirror: Flag = Field(default=True, description="use the mirror plane z = 0 where there is one")
    pml: Annotated[Pml, BeforeValidator(_pml)] = Pml()


class Roughness(Strict):
    """Surface roughness of one interface, for the scattering Q."""

    rms_um: LengthOrZero = Field(alias="rms", description="root mean square height", examples=["1 nm"])
    correlation_length_um: Length = Field(alias="correlation_length", examples=["50 nm"])
    surface: Name | None = Field(
        default=None, description="layer whose outer surface is rough; by default the outermost"
    )


def _one_or_more(value: Any) -> Any:
    return (value,) if isinstance(value, dict) else _list(value)


class Losses(Strict):
    """Losses that are not in the material indices."""

    roughness: Annotated[tuple[Roughness, ...], BeforeValidator(_one_or_more), Field(max_length=200)] = ()


class Outputs(Strict):
    """What a run leaves behind besides its tables."""

    fields: Flag = Field(default=True, description="VTU fields of every mode")
    plots: Flag = Field(default=True, description="pictures")
    derivatives: Flag = Field(
        default=False, description="derivatives with respect to indices and sizes in the table"
    )
    exports: Annotated[tuple[Literal["msh", "npz", "mat", "xdmf"], ...], BeforeValidator(_list)] = ()
