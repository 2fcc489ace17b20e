"""How to state a medium: preset, index, Sellmeier formula, table, permittivity or uniaxial pair."""

from __future__ import annotations

import cmath
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BeforeValidator,
    Discriminator,
    Field,
    PlainSerializer,
    Tag,
    WithJsonSchema,
    model_validator,
)

from femwgm.config.base import Number, Positive, Strict, Whole, nearest, refuse
from femwgm.config.files import FromFile, demand_ascending
from femwgm.config.published import read_published
from femwgm.config.quantity import spectral_um, um
from femwgm.errors import ConfigError
from femwgm.ground.tables import Table as CellTable
from femwgm.ground.tables import read_tables

__all__ = [
    "EpsMaterial",
    "IndexMaterial",
    "MaterialSpec",
    "MixedMaterial",
    "PresetMaterial",
    "SellmeierMaterial",
    "TableMaterial",
    "UniaxialMaterial",
]

_CRYSTALS = ("cds", "mgf2", "linbo3", "sapphire")
"""Uniaxial presets; NAME_o and NAME_e are their two rays."""
PRESETS = (
    "fused_silica", "polystyrene", "zns", "water", "water_absorbing", "heavy_water", "air", "vacuum", "npl_film",
    "cdse_zncds_film", "caf2", "si", "si3n4", "gaas", "gap", "diamond", "as2s3", "pdms", "silver", "gold",
    *(f"{crystal}{ray}" for crystal in _CRYSTALS for ray in ("", "_o", "_e")),
)  # fmt: skip
"""Names of the presets; their formulas, sources and ranges are in `femwgm.materials.presets`."""
MAX_TABLE_ROWS = 20_000


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


def _range(value: Any) -> tuple[float, float]:
    if not isinstance(value, list | tuple) or len(value) != 2:
        raise refuse("must be two wavelengths", remedy="write e.g. [0.4 um, 1.1 um]")
    lo, hi = (spectral_um(v)[1] for v in value)
    if not lo < hi:
        raise refuse(
            "is empty or reversed", remedy="write the shorter wavelength first, e.g. [0.4 um, 1.1 um]"
        )
    return lo, hi


Range = Annotated[
    tuple[float, float],
    BeforeValidator(_range),
    PlainSerializer(lambda v: [um(x) for x in v]),
    WithJsonSchema({"type": "array", "items": {"type": "string"}, "minItems": 2, "maxItems": 2}),
]


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


class _Curve(Strict):
    """Quantities against wavelength, ascending."""

    wavelength_um: Annotated[tuple[Positive, ...], Field(min_length=2, max_length=MAX_TABLE_ROWS)]

    @model_validator(mode="after")
    def _ascending(self) -> Self:
        columns = [value for _, value in self if isinstance(value, tuple)]
        if any(len(column) != len(self.wavelength_um) for column in columns):
            raise refuse(
                "columns of a table must be equally long", remedy="one n (and k) for each wavelength"
            )
        demand_ascending(self.wavelength_um, "wavelengths", "um")
        return self


class Table(FromFile, _Curve):
    """Index against wavelength: a CSV file (a wavelength, frequency or energy, n and perhaps k) or its columns."""

    remedy = "the header is 'wavelength_um,n' or 'wavelength_um,n,k'; paths are relative to the YAML file"
    n: Annotated[tuple[Positive, ...], Field(min_length=2, max_length=MAX_TABLE_ROWS)]
    k: Annotated[tuple[Number, ...], Field(max_length=MAX_TABLE_ROWS)] | None = None

    @classmethod
    def from_file(cls, path: Path) -> dict[str, Any]:
        return _index_columns(read_tables(path, "the table"))


_COLUMNS = {
    "wavelength_um": ("lambda", "λ", "wl", "frequency", "energy", "wavenumber"),
    "n": (),
    "k": ("kappa",),
}


def _index_columns(tables: Sequence[CellTable]) -> dict[str, list[float]]:
    """Columns of an index table, beside or below each other."""
    columns: dict[str, list[float]] = {}
    for table in tables:
        # Exports of refractiveindex.info head their micrometres by 'wl' alone.
        bare = {"wavelength_um": "um"} if table.header[:1] == ["wl"] else None
        where = table.columns(_COLUMNS, assumed=bare)
        if "wavelength_um" not in where or len(where) < 2:
            raise ConfigError("needs a wavelength and n (and k)", key=",".join(table.header)[:60])
        read = {key: table.numbers(column, key).tolist() for key, column in where.items()}
        if where["wavelength_um"].inverse:
            read = {key: values[::-1] for key, values in read.items()}
        if columns.setdefault("wavelength_um", read["wavelength_um"]) != read.pop("wavelength_um"):
            raise ConfigError("gives k at other wavelengths than n", remedy="give both at the same ones")
        if doubled := next((key for key in read if key in columns), None):
            raise ConfigError(f"gives {doubled} twice", remedy="keep one of the two")
        columns.update(read)
    if "n" not in columns:
        raise ConfigError("gives no n")
    return columns


class TableMaterial(Medium):
    """An index table: a CSV file (wavelength_um,n,k) or its columns written out."""

    table: Table


class IndexCurve(_Curve):
    """The real index against wavelength."""

    n: tuple[Positive, ...]


class AbsorptionCurve(_Curve):
    """The extinction coefficient against wavelength."""

    k: tuple[Number, ...]


class PublishedMedium(FromFile):
    """What a file of refractiveindex.info states: a numbered formula or a table of n, and perhaps a table of k."""

    formula: Annotated[Whole, Field(ge=1, le=9)] | None = Field(
        default=None, description="1 to 9, as on the site"
    )
    coefficients: Annotated[tuple[Number, ...], Field(max_length=40)] = ()
    range_um: Range | None = Field(
        default=None, alias="range", description="wavelengths where the formula holds"
    )
    index: IndexCurve | None = None
    absorption: AbsorptionCurve | None = None

    @classmethod
    def from_file(cls, path: Path) -> dict[str, Any]:
        return read_published(path)

    @model_validator(mode="after")
    def _one_index(self) -> PublishedMedium:
        if (self.formula is None) == (self.index is None):
            raise refuse("states no index" if self.formula is None else "states its index twice",
                         remedy="give 'formula' with 'coefficients' and 'range', or a table 'index'")  # fmt: skip
        if self.formula is not None and (not self.coefficients or self.range_um is None):
            raise refuse("a formula needs 'coefficients' and 'range'", remedy="copy them from the file")
        lo, hi = self.validity_um
        if not lo < hi:
            raise refuse("n and k are known at no common wavelength", remedy="drop one of them")
        return self

    @property
    def validity_um(self) -> tuple[float, float]:
        """Wavelengths where every part of it is known."""
        ranges = [self.range_um] if self.range_um else []
        ranges += [(c.wavelength_um[0], c.wavelength_um[-1]) for c in (self.index, self.absorption) if c]
        return max(lo for lo, _ in ranges), min(hi for _, hi in ranges)


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
