"""Tables as laboratories write them: any usual separator, decimal commas, units in the headings, prose before and after.

A heading is a name and a unit, `wavelength_nm`, `Wavelength (nm)`, `FWHM [pm]` or `lambda / um`; capitals do not count. A
wavelength may be given as a frequency, an energy or a wavenumber. Lines that begin with # are skipped; empty cells, nan and
dashes are unknown. What cannot be read with certainty is refused, with the line in the file.
"""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from femwgm.errors import ConfigError
from femwgm.ground.cells import UNKNOWN, cells_of, has_decimal_commas, lines_of, number_in, separator_of
from femwgm.ground.typing import RealArray
from femwgm.ground.units import C_UM_THZ, HC_UM_EV

MAX_ROWS = 20_000
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


def read_table(path: str | Path, what: str) -> Table:
    """Read a table that begins with a line of headings; what stands above them is passed over.

    Raises
    ------
    ConfigError
        If it cannot be read, has no headings, or a row has more or fewer cells.
    """
    file = Path(path)
    lines = lines_of(file, what)
    begin = next((i for i in range(1, len(lines)) if _first_number(lines[i][1])), 1) - 1
    separator = separator_of(lines[begin][1], lines[begin + 1][1] if len(lines) > begin + 1 else "")
    comma = separator != ","
    above, cells = lines[:begin], [(i, cells_of(line, separator, file, what)) for i, line in lines[begin:]]
    header, _ = _with_units(cells[0][1], above, separator)
    if all(number_in(cell, comma) is not None for cell in header):
        raise ConfigError(
            "has numbers where the headings should be",
            file=file,
            key=f"line {cells[0][0]}",
            remedy="begin with a line that names the columns",
        )
    for line, row in cells[1:]:
        if len(row) != len(header):
            remedy = None if comma else "with decimal commas, separate the columns by semicolons or tabs"
            raise ConfigError(
                f"line {line} has {len(row)} cells, the header {len(header)}", file=file, remedy=remedy
            )
    return Table(file, header, cells[1:], has_decimal_commas(cells[1:], comma, file))


def _first_number(line: str) -> bool:
    """Whether a line begins with a number, as rows do."""
    mark = separator_of(line)
    first = cells_of(line, mark, Path(), "the table")[0]
    return bool(first) and number_in(first, mark != ",") is not None


def read_tables(path: str | Path, what: str) -> list[Table]:
    """Read every table of a file: runs of rows of numbers, each with or without headings, with prose around them.

    This is what spectrometers and tables of refractive indices need: settings of the instrument above, `n` and `k` below each
    other. A row that begins with a number and breaks off or holds a word is refused, not taken for prose.

    Raises
    ------
    ConfigError
        If the file cannot be read, holds no row of numbers, or a row is broken.
    """
    file = Path(path)
    lines = lines_of(file, what)
    tables: list[Table] = []
    prose: list[tuple[int, str]] = []
    rows: list[tuple[int, list[str]]] = []
    separator = ""

    def finish() -> None:
        if rows:
            header, above = _headings(prose, separator, len(rows[0][1]))
            comma = has_decimal_commas(rows, separator != ",", file)
            if not any(cells[-1] for _, cells in rows) and not (header and header[-1]):
                # A separator at the end of every line.
                header, rows[:] = header[:-1], [(i, cells[:-1]) for i, cells in rows]
            tables.append(Table(file, header, [*rows], comma, tuple(text for _, text in above)))
            rows.clear()
            prose.clear()

    for number, line in lines:
        mark = separator if rows else separator_of(line)
        cells = cells_of(line, mark, file, what)
        values = [number_in(cell, mark != ",") for cell in cells]
        first = values[0] is not None and cells[0].lower() not in UNKNOWN
        if first and None not in values and (not rows or len(cells) == len(rows[0][1])):
            separator = mark
            rows.append((number, cells))
        elif first and (rows or tables):
            wrong = next((c for c, v in zip(cells, values, strict=True) if v is None), None)
            rule = (
                f"has {len(cells)} cells, the row above another number"
                if wrong is None
                else "must be a number"
            )
            value = None if wrong is None else wrong[:40]
            raise ConfigError(
                rule, file=file, key=f"line {number}", value=value, remedy="mend or drop the row"
            )
        else:
            finish()
            prose.append((number, line))
    finish()
    if not tables:
        broken = next(((i, line) for i, line in prose if _first_number(line)), None)
        if broken is None:
            raise ConfigError(f"{what} holds no rows of numbers", file=file)
        raise ConfigError(
            "holds a word where a number should be", file=file, key=f"line {broken[0]}", value=broken[1][:40],
            remedy="drop the columns of words",
        )  # fmt: skip
    return tables


def read_columns(path: str | Path, names: Sequence[str], *, what: str = "the table") -> dict[str, RealArray]:
    """Columns of a table that has these and no others, a number in every cell.

    Raises
    ------
    ConfigError
        One line that names the file and the line in it.
    """
    table = read_table(path, what)
    where = table.columns(dict.fromkeys(names, ()))
    missing = [name for name in names if name not in where]
    if missing:
        raise ConfigError(
            f"lacks the column {missing[0]}", file=table.file, remedy=f"the header is '{','.join(names)}'"
        )
    if not 2 <= len(table.rows) <= MAX_ROWS:
        raise ConfigError(
            f"{len(table.rows)} rows; between 2 and {MAX_ROWS} are needed for a table", file=table.file
        )
    return {name: table.numbers(column, name) for name, column in where.items()}


def _headings(
    prose: Sequence[tuple[int, str]], separator: str, count: int
) -> tuple[list[str], Sequence[tuple[int, str]]]:
    """Headings of a run of rows, if the line above it is one, and the prose above those."""
    if prose:
        mark = separator_of(prose[-1][1])
        for trial in dict.fromkeys((separator, mark)):
            try:
                cells = cells_of(prose[-1][1], trial, Path(), "")
            except ConfigError:
                continue
            if len(cells) == count and cells[0] and all(not c or number_in(c, True) is None for c in cells):
                return _with_units(cells, prose[:-1], trial)
    return [], prose


def _with_units(
    cells: list[str], above: Sequence[tuple[int, str]], separator: str
) -> tuple[list[str], Sequence[tuple[int, str]]]:
    """Headings, and the lines above them; names in one line and units in the next are put together."""
    units = [cell.strip("[]() ").lower() for cell in cells]
    if above and any(unit in LENGTHS or unit in SPECTRAL for unit in units):
        names = cells_of(above[-1][1], separator, Path(), "the table")
        if len(names) == len(cells) and all(names):
            return [f"{name} ({unit})" for name, unit in zip(names, units, strict=True)], above[:-1]
    return cells, above
