"""What files of indices hold: a table against wavelength, or a page of refractiveindex.info; and a range of wavelengths."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Self

import numpy as np
from pydantic import BeforeValidator, Field, PlainSerializer, WithJsonSchema, model_validator

from femwgm.config.base import Number, Positive, Strict, Whole, refuse
from femwgm.config.files import FromFile, demand_ascending
from femwgm.config.published import read_published
from femwgm.config.quantity import spectral_um, um
from femwgm.errors import ConfigError
from femwgm.ground.headings import Table as CellTable
from femwgm.ground.tables import read_tables

MAX_TABLE_ROWS = 20_000
_COLUMNS = {
    "wavelength_um": (
        "lambda", "λ", "wl", "vacuum wavelength", "frequency", "freq", "f", "ν", "energy", "photon energy", "e", "wavenumber",
    ),
    "n": ("index", "refractive index", "refractive index n", "re(n)", "n_real", "real(n)"),
    "k": ("κ", "kappa", "extinction coefficient", "extinction coefficient k", "im(n)", "n_imag", "imag(n)"),
    "eps_re": ("eps1", "e1", "ε1", "re(eps)", "re(ε)", "eps_real", "epsilon1", "real(eps)"),
    "eps_im": ("eps2", "e2", "ε2", "im(eps)", "im(ε)", "eps_imag", "epsilon2", "imag(eps)"),
}  # fmt: skip


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


def _index_columns(tables: Sequence[CellTable]) -> dict[str, list[float]]:
    """Columns of an index table, beside or below each other."""
    columns: dict[str, list[float]] = {}
    for table in tables:
        # Exports of refractiveindex.info head their micrometres by 'wl' alone.
        bare = {"wavelength_um": "um"} if table.header[:1] == ["wl"] else None
        where = table.columns(_COLUMNS, assumed=bare)
        if "wavelength_um" not in where or len(where) < 2:
            raise ConfigError("needs a wavelength and n (and k)", key=",".join(table.header)[:60])
        numbers = {key: table.numbers(column, key) for key, column in where.items()}
        order = np.argsort(numbers["wavelength_um"], kind="stable")
        read = {key: values[order].tolist() for key, values in numbers.items()}
        if columns.setdefault("wavelength_um", read["wavelength_um"]) != read.pop("wavelength_um"):
            raise ConfigError("gives k at other wavelengths than n", remedy="give both at the same ones")
        if doubled := next((key for key in read if key in columns), None):
            raise ConfigError(f"gives {doubled} twice", remedy="keep one of the two")
        columns.update(read)
    if "eps_re" in columns:
        if "n" in columns or "k" in columns:
            raise ConfigError("gives both an index and a permittivity", remedy="keep one of the two")
        eps = np.array(columns.pop("eps_re")) + 1j * np.array(columns.pop("eps_im", 0.0))
        columns |= {"n": np.sqrt(eps).real.tolist(), "k": np.sqrt(eps).imag.tolist()}
    if "n" not in columns:
        raise ConfigError("gives no n")
    return columns


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
