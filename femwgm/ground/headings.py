"""A table as text, and what its headings say: names, units, and how the numbers become those wanted."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from femwgm.errors import ConfigError
from femwgm.ground.cells import number_in
from femwgm.ground.typing import RealArray
from femwgm.ground.units import C_UM_THZ, HC_UM_EV

LENGTHS = {
    "m": 1e9, "cm": 1e7, "mm": 1e6, "um": 1e3, "µm": 1e3, "μm": 1e3, "micron": 1e3, "microns": 1e3,
    "nm": 1.0, "å": 0.1, "angstrom": 0.1, "pm": 1e-3,
}  # fmt: skip
"""Units of length in nm."""

SPECTRAL = {
    "hz": C_UM_THZ * 1e15, "mhz": C_UM_THZ * 1e9, "ghz": C_UM_THZ * 1e6, "thz": C_UM_THZ * 1e3, "ev": HC_UM_EV * 1e3,
    "1/cm": 1e7, "cm-1": 1e7, "cm^-1": 1e7, "cm⁻¹": 1e7,
}  # fmt: skip
"""Units of frequency, energy and wavenumber: the wavelength (nm) of one of each."""

_HEADING = re.compile(
    r"^(?P<name>.*?)\s*(?:[\[(]\s*(?P<boxed>[^\])]*)[\])]|[/,]\s*(?P<after>1/cm|[^/,]+))?$", re.DOTALL
)


@dataclass(frozen=True)
class Column:
    """Where a column stands and how its numbers become those of its name's unit: times `up` over `down`, or `up` over them."""

    index: int
    up: float = 1.0
    down: float = 1.0
    inverse: bool = False

    def converted(self, number: float) -> float:
        """A number of the file in the unit of the column's name; NaN where none exists."""
        if self.inverse:
            return self.up / number if number else math.nan
        return number * self.up / self.down


@dataclass(frozen=True)
class Table:
    """Cells of a table as text.

    Attributes
    ----------
    file
        Where it was read.
    header
        Its headings; empty where it has none.
    rows
        (line in the file, cells) of each row.
    decimal_comma
        Whether a comma stands for the decimal point.
    before
        Lines of prose that stand above it, such as the settings of an instrument.
    """

    file: Path
    header: list[str]
    rows: list[tuple[int, list[str]]]
    decimal_comma: bool
    before: tuple[str, ...] = ()

    def columns(
        self,
        known: Mapping[str, Sequence[str]],
        *,
        others: bool = False,
        assumed: Mapping[str, str] | None = None,
        positions: Sequence[str] = (),
    ) -> dict[str, Column]:
        """Where each column is, and how to bring it to its unit.

        Parameters
        ----------
        known
            Other names by which each column may go. Those that end in `_nm` or `_um` need a unit of length; where they begin
            with `wavelength`, of frequency, energy or wavenumber as well.
        others
            Whether columns of other names are passed over instead of refused.
        assumed
            Unit of a column whose heading states none.
        positions
            Names of the columns of a table without headings.

        Raises
        ------
        ConfigError
            For a heading that is not known, comes twice or has no unit.
        """
        if not self.header and not positions:
            raise self._refused(
                "has numbers where the headings should be",
                key=f"line {self.rows[0][0]}",
                remedy="begin with a line that names the columns",
            )
        found: dict[str, Column] = {}
        for i, heading in enumerate(self.header or positions):
            if not heading and all(not cells[i] for _, cells in self.rows):
                continue  # a separator at the end of every line
            meaning = self._meaning(heading, known, others, assumed or {})
            if meaning is None:
                continue
            name, unit = meaning
            if name in found:
                raise self._refused("two columns say the same", key=heading[:40], remedy="drop one")
            found[name] = _column(i, name, unit)
        return found

    def _meaning(
        self, heading: str, known: Mapping[str, Sequence[str]], others: bool, assumed: Mapping[str, str]
    ) -> tuple[str, str] | None:
        """Name and unit ('' for that of the name) of a heading; None for one to pass over."""
        plain = heading.strip().lower()
        bare_names = [(full, full) for full in known] + [
            (alias, full) for full, aliases in known.items() if not _measured(full) for alias in aliases
        ]
        exact = {name.lower(): full for name, full in bare_names}
        if plain in exact:
            return exact[plain], ""
        parts = _HEADING.match(plain)
        assert parts is not None
        name, unit = parts["name"].strip(), (parts["boxed"] or parts["after"] or "").strip()
        stem, sign, last = name.rpartition("_")
        if not unit and sign and (last in LENGTHS or last in SPECTRAL):
            name, unit = stem, last
        for full, aliases in known.items():
            bare = full.lower().rpartition("_")[0]
            measured = _measured(full)
            if name not in ((bare if measured else full.lower()), *(alias.lower() for alias in aliases)):
                continue
            if not measured:
                return full, ""
            unit = unit or assumed.get(full, "")
            if unit in LENGTHS or (unit in SPECTRAL and bare == "wavelength"):
                return full, unit
            raise self._refused(
                f"has {f'the unit {unit!r}, which is no length' if unit else 'no unit'}",
                key=heading[:40],
                remedy=f"did you mean '{full}'?",
            )
        if others:
            return None
        close = difflib.get_close_matches(plain, known, n=1)
        remedy = f"did you mean '{close[0]}'?" if close else f"known columns: {', '.join(known)}"
        raise self._refused("unknown column", key=heading[:40] or "header", remedy=remedy)

    def number(self, row: int, column: Column, key: str) -> float:
        """The finite number in a cell, in the unit of its column's name; NaN where it is unknown.

        Raises
        ------
        ConfigError
            If the cell holds something else; the line of the file is named.
        """
        line, cells = self.rows[row]
        value = number_in(cells[column.index], self.decimal_comma)
        if value is None or math.isinf(value):
            raise self._refused("must be a number", key=f"line {line}, {key}", value=cells[column.index][:40])
        return column.converted(value)

    def numbers(self, column: Column, key: str) -> RealArray:
        """A whole column; every cell must hold a number.

        Raises
        ------
        ConfigError
            If one does not; its line is named.
        """
        values = np.array([self.number(row, column, key) for row in range(len(self.rows))], dtype=float)
        if not np.isfinite(values).all():
            line, cells = self.rows[int(np.argmin(np.isfinite(values)))]
            raise self._refused("must be a number", key=f"line {line}, {key}", value=cells[column.index][:40])
        return values

    def _refused(self, rule: str, **what: object) -> ConfigError:
        return ConfigError(rule, file=self.file, **what)  # type: ignore[arg-type]


def _measured(name: str) -> bool:
    """Whether a column holds lengths."""
    return name.endswith(("_nm", "_um"))


def _column(index: int, name: str, unit: str) -> Column:
    own = name.lower().rpartition("_")[2]
    if not unit:
        return Column(index)
    scale = LENGTHS[own]
    if unit in SPECTRAL:
        return Column(index, SPECTRAL[unit] / scale, inverse=True)
    # One exact power of ten, so that the result is the nearest float to the decimal number.
    ratio = LENGTHS[unit] / scale
    return Column(index, round(ratio)) if ratio >= 1.0 else Column(index, down=round(1.0 / ratio))
