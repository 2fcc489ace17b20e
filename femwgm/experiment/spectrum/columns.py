"""Tables as they come from a laboratory: CSV with commas, semicolons or tabs, decimal commas, units in the header.

A heading is a name and a unit, `wavelength_nm`, `Wavelength (nm)`, `FWHM [pm]` or `lambda / um`; capitals do not count. Lines
that begin with # are skipped; empty cells, nan and dashes are unknown. What cannot be read with certainty is refused, with the
line in the file.
"""

from __future__ import annotations

import csv
import difflib
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from femwgm.errors import ConfigError
from femwgm.ground.typing import Array

__all__ = ["Table", "number", "read_columns", "read_table"]

MAX_ROWS = 20_000
LENGTHS = {"nm": 1.0, "um": 1e3, "µm": 1e3, "μm": 1e3, "pm": 1e-3, "å": 0.1}
"""Units of length in nm."""
UNKNOWN = frozenset({"", "nan", "na", "n/a", "-", "--", "–", "none"})
_HEADING = re.compile(r"^(?P<name>.*?)\s*(?:[\[(]\s*(?P<boxed>[^\])]*)[\])]|[/,]\s*(?P<after>[^/,]+))?$")


@dataclass(frozen=True)
class Table:
    """Cells of a table as text.

    Attributes
    ----------
    file
        Where it was read.
    header
        Its headings.
    rows
        (line in the file, cells) of each row.
    decimal_comma
        Whether a comma stands for the decimal point.
    """

    file: Path
    header: list[str]
    rows: list[tuple[int, list[str]]]
    decimal_comma: bool

    def columns(self, known: Mapping[str, Sequence[str]]) -> dict[str, tuple[int, float]]:
        """Where each column is, and the factor that brings it to its unit.

        Parameters
        ----------
        known
            Names by which each column may go; those that end in `_nm` need a unit of length.

        Raises
        ------
        ConfigError
            For a heading that is not known, comes twice or has no unit.
        """
        found: dict[str, tuple[int, float]] = {}
        for i, heading in enumerate(self.header):
            name, factor = self._meaning(heading, known)
            if name in found:
                raise ConfigError(
                    "two columns say the same", file=self.file, key=heading[:40], remedy="drop one"
                )
            found[name] = i, factor
        return found

    def _meaning(self, heading: str, known: Mapping[str, Sequence[str]]) -> tuple[str, float]:
        plain = heading.strip().lower()
        if plain in known:
            return plain, 1.0
        parts = _HEADING.match(plain)
        assert parts is not None
        name, unit = parts["name"].strip(), (parts["boxed"] or parts["after"] or "").strip()
        stem, sign, last = name.rpartition("_")
        if not unit and sign and last in LENGTHS:
            name, unit = stem, last
        for full, others in known.items():
            if name not in (full.removesuffix("_nm"), *others):
                continue
            if not full.endswith("_nm"):
                return full, 1.0
            if unit in LENGTHS:
                return full, LENGTHS[unit]
            raise ConfigError(
                f"has {f'the unit {unit!r}, which is no length' if unit else 'no unit'}",
                file=self.file,
                key=heading[:40],
                remedy=f"did you mean '{full}'?",
            )
        close = difflib.get_close_matches(plain, known, n=1)
        remedy = f"did you mean '{close[0]}'?" if close else f"known columns: {', '.join(known)}"
        raise ConfigError("unknown column", file=self.file, key=heading[:40] or "header", remedy=remedy)


def read_table(path: str | Path, what: str) -> Table:
    """Read a table of a few columns.

    Parameters
    ----------
    path
        A text file with a line of headings.
    what
        What errors call it.

    Raises
    ------
    ConfigError
        If it cannot be read, has no headings, or a row has more or fewer cells.
    """
    file = Path(path)
    try:
        text = _decoded(file.read_bytes())
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not a text table"
        raise ConfigError(f"{what} cannot be read ({reason})", file=file) from None
    lines = [
        (i, line)
        for i, line in enumerate(text.splitlines(), 1)
        if line.strip(' \t,;"') and not line.lstrip().startswith("#")
    ]
    if not lines:
        raise ConfigError(f"{what} is empty", file=file)
    top = lines[0][1]
    separator = next((mark for mark in (";", "\t") if mark in top), ",")
    try:
        cells = [
            (i, [cell.strip() for cell in next(csv.reader([line], delimiter=separator))]) for i, line in lines
        ]
    except csv.Error:
        raise ConfigError(f"{what} cannot be read (not a text table)", file=file) from None
    comma = separator != ","
    header = cells[0][1]
    if all(_value(cell, comma) is not None for cell in header):
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
    return Table(file, header, cells[1:], comma)


def _decoded(data: bytes) -> str:
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16")
    if b"\x00" in data:
        raise UnicodeDecodeError("utf-8", data, 0, 1, "binary")
    return data.decode("utf-8-sig")


def _value(cell: str, decimal_comma: bool) -> float | None:
    """The number in a cell; NaN where it is unknown, None where it is neither."""
    if cell.lower() in UNKNOWN:
        return math.nan
    if decimal_comma and cell.count(",") == 1 and "." not in cell:
        cell = cell.replace(",", ".")
    try:
        return float(cell)
    except ValueError:
        return None


def number(table: Table, row: int, column: int, key: str) -> float:
    """The finite number in a cell, NaN where it is unknown.

    Raises
    ------
    ConfigError
        If the cell holds something else; the line of the file is named.
    """
    line, cells = table.rows[row]
    value = _value(cells[column], table.decimal_comma)
    if value is None or math.isinf(value):
        raise ConfigError(
            "must be a number", file=table.file, key=f"line {line}, {key}", value=cells[column][:40]
        )
    return value


def read_columns(path: str | Path, names: Sequence[str]) -> dict[str, Array]:
    """Columns of a table that has these and no others, a number in every cell.

    Raises
    ------
    ConfigError
        One line that names the file and the line in it.
    """
    table = read_table(path, "the table")
    where = table.columns(dict.fromkeys(names, ()))
    missing = [name for name in names if name not in where]
    if missing:
        raise ConfigError(
            f"lacks the column {missing[0]}", file=table.file, remedy=f"the header is '{','.join(names)}'"
        )
    if not 2 <= len(table.rows) <= MAX_ROWS:
        raise ConfigError(f"{len(table.rows)} rows; between 2 and {MAX_ROWS} make a table", file=table.file)
    values = {name: np.empty(len(table.rows)) for name in names}
    for i, (line, cells) in enumerate(table.rows):
        for name, (column, factor) in where.items():
            value = factor * number(table, i, column, name)
            if math.isnan(value):
                raise ConfigError(
                    "must be a number", file=table.file, key=f"line {line}, {name}", value=cells[column][:40]
                )
            values[name][i] = value
    return values
