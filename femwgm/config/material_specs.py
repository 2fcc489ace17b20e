"""How to state a medium: preset, index, Sellmeier formula, table, permittivity or uniaxial pair."""

from __future__ import annotations

import cmath
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import (
    BeforeValidator,
    Discriminator,
    Field,
    PlainSerializer,
    Tag,
    WithJsonSchema,
    model_validator,
)

from femwgm.config.base import Number, Positive, Strict, nearest, refuse
from femwgm.config.index_files import PublishedMedium, Range, Table

_CRYSTALS = ("cds", "mgf2", "linbo3", "sapphire", "aln")
"""Uniaxial presets; NAME_o and NAME_e are their two rays."""
PRESETS = (
    "fused_silica", "polystyrene", "zns", "water", "water_absorbing", "heavy_water", "air", "vacuum", "npl_film",
    "cdse_zncds_film", "caf2", "si", "si3n4", "gaas", "gap", "diamond", "as2s3", "pdms", "silver", "gold",
    "cspbbr3", "sio2_infrared",
    *(f"{crystal}{ray}" for crystal in _CRYSTALS for ray in ("", "_o", "_e")),
)  # fmt: skip
"""Names of the presets; their formulas, sources and ranges are in `femwgm.materials.presets`."""


def _preset(value: Any) -> str:
    if isinstance(value, str) and value.lower() in PRESETS:
        return value.lower()
    close = nearest(value, PRESETS) if isinstance(value, str) else None
    raise refuse(
        "unknown preset", remedy=f"did you mean '{close}'?" if close else f"one of {', '.join(PRESETS)}"
    )


class Thermal(Strict):
    """How a medium answers to temperature, per kelvin, around 20 C."""

    dn_dt: Number = Field(default=0.0, alias="dn_dT")
    expansion: Number = Field(default=0.0, description="relative change of its lengths")
    conductivity: Positive | None = Field(default=None, description="of heat, in W/(m K)")
    heat_capacity: Positive | None = Field(default=None, description="by volume, in J/(m^3 K)")


class Medium(Strict):
    """What every way of stating a medium has."""

    thermal: Thermal | None = Field(default=None, examples=["{dn_dT: 1e-5, expansion: 5e-7}"])
    dn: Number | None = Field(
        default=None, description="by how much its index is raised, as by a temperature"
    )


class PresetMaterial(Medium):
    """A medium known by name."""

    preset: Annotated[str, BeforeValidator(_preset), WithJsonSchema({"enum": list(PRESETS)})]
    axis: Literal["z", "radial"] | None = Field(
        default=None, description="optic axis, for uniaxial presets (cds, mgf2, linbo3, sapphire)"
    )

    @model_validator(mode="after")
    def _axis_where_needed(self) -> PresetMaterial:
        if (self.preset in _CRYSTALS) != (self.axis is not None):
            if self.axis is None:
                raise refuse(
                    "is uniaxial and needs 'axis'",
                    remedy=f"add 'axis: z' or 'axis: radial', or take one ray: {self.preset}_o, {self.preset}_e",
                    value=self.preset,
                    at=("preset",),
                )
            raise refuse(
                "only a uniaxial preset has an axis", remedy="drop it", value=self.axis, at=("axis",)
            )
        return self


class IndexMaterial(Medium):
    """Constant complex index n + i k; k > 0 absorbs, k < 0 amplifies."""

    n: Positive
    k: Number = 0.0


def _complex(value: Any) -> complex:
    example = "write e.g. 2.1, '2.1+0.01j' or [2.1, 0.01]"
    try:
        if isinstance(value, bool):
            raise ValueError
        if isinstance(value, str):
            number = complex(value.replace(" ", "").replace("i", "j"))
        elif isinstance(value, list | tuple):
            re, im = (float(v) for v in value if not isinstance(v, bool | str))
            number = complex(re, im)
        else:
            number = complex(value)
    except (TypeError, ValueError, OverflowError):
        raise refuse("must be a real or complex number", remedy=example) from None
    if not cmath.isfinite(number) or number == 0:
        raise refuse("must be finite and not zero", remedy=example)
    return number


Complex = Annotated[
    complex,
    BeforeValidator(_complex),
    PlainSerializer(lambda v: f"{v.real!r}{v.imag:+.17g}j" if v.imag else v.real),
    WithJsonSchema({"type": ["number", "string", "array"]}),
]


class EpsMaterial(Medium):
    """Constant complex relative permittivity; Im eps > 0 absorbs."""

    eps: Complex


class SellmeierCoefficients(Strict):
    """n^2 = A + sum of B lambda^2 / (lambda^2 - C) + sum of c lambda^power, lambda in um."""

    A: Number = 1.0
    B: Annotated[tuple[Number, ...], Field(min_length=1, max_length=20)]
    C_um2: Annotated[tuple[Number, ...], Field(min_length=1, max_length=20)]
    added: Annotated[tuple[tuple[Number, Number], ...], Field(max_length=20)] = Field(
        default=(), description="terms [c, power], each c lambda^power", examples=["[[-0.01003, 2]]"]
    )

    @model_validator(mode="after")
    def _pairs(self) -> SellmeierCoefficients:
        if len(self.B) != len(self.C_um2):
            raise refuse(
                f"B has {len(self.B)} coefficients and C_um2 has {len(self.C_um2)}",
                remedy="give them in pairs (C in um^2)",
                value=list(self.B),
                at=("B",),
            )
        return self


class SellmeierMaterial(Medium):
    """A Sellmeier formula and where it holds."""

    sellmeier: SellmeierCoefficients
    range_um: Range = Field(
        alias="range", description="wavelengths where it holds", examples=["[0.4 um, 1.1 um]"]
    )


class TableMaterial(Medium):
    """An index table: a CSV file (wavelength_um,n,k) or its columns written out."""

    table: Table


class PublishedMaterial(Medium):
    """A file of refractiveindex.info."""

    refractiveindex: PublishedMedium = Field(examples=["Malitson.yml"])


class UniaxialLaws(Medium):
    """A uniaxial medium by the laws of its two rays."""

    axis: Literal["z", "radial"] = Field(examples=["z"])
    ordinary: IsotropicSpec
    extraordinary: IsotropicSpec


class UniaxialMaterial(Medium):
    """Constant uniaxial medium, its axis along z or along the local radius."""

    n_ordinary: Positive
    n_extraordinary: Positive
    k_ordinary: Number = 0.0
    k_extraordinary: Number = 0.0
    axis: Literal["z", "radial"] = Field(examples=["z"])


class Mix(Strict):
    """Two media by their permittivities: (1 - share) eps_inner + share eps_outer."""

    inner: IsotropicSpec
    outer: IsotropicSpec
    share: Annotated[Number, Field(ge=0.0, le=1.0)]
    step: bool = Field(default=False, description="whether it is a step of a graded layer")


class MixedMaterial(Medium):
    """A medium between two others, or a step of a graded layer."""

    mix: Mix = Field(examples=["{inner: {n: 1.5}, outer: {n: 1.45}, share: 0.3}"])


_KINDS = {
    "mix": "<mix>",
    "preset": "<preset>",
    "n": "<index>",
    "k": "<index>",
    "eps": "<eps>",
    "sellmeier": "<sellmeier>",
    "table": "<table>",
    "n_ordinary": "<uniaxial>",
    "n_extraordinary": "<uniaxial>",
    "ordinary": "<laws>",
    "extraordinary": "<laws>",
    "refractiveindex": "<published>",
}


# The angle brackets keep these tags apart from the keys when an error is located.
def _kind(data: Any) -> str | None:
    """Which way of stating a medium the keys belong to."""
    if isinstance(data, Strict):
        return next(tag for cls, tag in _TAGS.items() if isinstance(data, cls))
    return next((kind for key, kind in _KINDS.items() if key in data), None)


def _recognised(data: Any) -> Any:
    if isinstance(data, Strict) or (isinstance(data, Mapping) and _kind(data) is not None):
        return data
    for key in data if isinstance(data, Mapping) else ():
        close = nearest(str(key), _KINDS)
        if close:
            raise refuse("unknown key", remedy=f"did you mean '{close}'?", value=data[key], at=(str(key),))
    raise refuse(
        "is not a medium",
        remedy="write {n: 1.45}, {n: 1.45, k: 1e-7}, {preset: fused_silica}, {sellmeier: ...},"
        " {table: t.csv}, {refractiveindex: FILE.yml}, {eps: 2.1} or {ordinary: ..., extraordinary: ..., axis: z}",
    )


_TAGS: dict[type[Strict], str] = {
    PresetMaterial: "<preset>",
    IndexMaterial: "<index>",
    EpsMaterial: "<eps>",
    SellmeierMaterial: "<sellmeier>",
    TableMaterial: "<table>",
    PublishedMaterial: "<published>",
    MixedMaterial: "<mix>",
    UniaxialMaterial: "<uniaxial>",
    UniaxialLaws: "<laws>",
}
_Isotropic = (
    Annotated[PresetMaterial, Tag("<preset>")]
    | Annotated[IndexMaterial, Tag("<index>")]
    | Annotated[EpsMaterial, Tag("<eps>")]
    | Annotated[SellmeierMaterial, Tag("<sellmeier>")]
    | Annotated[TableMaterial, Tag("<table>")]
    | Annotated[PublishedMaterial, Tag("<published>")]
)


def _one_ray(data: Any) -> Any:
    if isinstance(data, Mapping) and (_kind(data) in ("<uniaxial>", "<laws>", "<mix>") or "axis" in data):
        raise refuse(
            "a ray of a uniaxial medium has no axis of its own", remedy="write an isotropic medium here"
        )
    return _recognised(data)


IsotropicSpec = Annotated[_Isotropic, Discriminator(_kind), BeforeValidator(_one_ray)]
"""A medium without an axis: what one ray of a uniaxial medium may be."""
MaterialSpec = Annotated[
    _Isotropic
    | Annotated[MixedMaterial, Tag("<mix>")]
    | Annotated[UniaxialMaterial, Tag("<uniaxial>")]
    | Annotated[UniaxialLaws, Tag("<laws>")],
    Discriminator(_kind),
    BeforeValidator(_recognised),
]
"""Any of the ways to state a medium, told apart by their keys."""
UniaxialLaws.model_rebuild()
Mix.model_rebuild()
MixedMaterial.model_rebuild()
