"""Tables as laboratories write them: any usual separator, decimal commas, units in the headings, prose before and after.

A heading is a name and a unit, `wavelength_nm`, `Wavelength (nm)`, `FWHM [pm]` or `lambda / um`; capitals do not count. A
wavelength may be given as a frequency, an energy or a wavenumber. Lines that begin with # are skipped; empty cells, nan and
dashes are unknown. What cannot be read with certainty is refused, with the line in the file.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from femwgm.errors import ConfigError
from femwgm.ground.cells import UNKNOWN, cells_of, has_decimal_commas, lines_of, number_in, separator_of
from femwgm.ground.headings import LENGTHS, SPECTRAL, Table
from femwgm.ground.typing import RealArray

MAX_ROWS = 20_000


def read_table(path: str | Path, what: str) -> Table:
    """Read a table that begins with a line of headings; what stands above them is passed over.

    Parameters
    ----------
    path
        A text file.
    what
        What errors call it.

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
