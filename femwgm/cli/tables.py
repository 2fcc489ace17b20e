"""The table of modes for the terminal: what fits and what matters; all of it is in modes.csv."""

from __future__ import annotations

import copy
import sys
from collections.abc import Iterable, Sequence

from rich import box
from rich.console import Console
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from femwgm.ground.numbers import mode_cells
from femwgm.ground.rows import Row

_STEPS = 8
"""Regions NAME_1, NAME_2, ... from which on they are shown as one."""
COLOURS = {"TE": "cyan", "TM": "magenta"}
UNCUT = 10_000
"""Width of what is not a terminal: nothing is wrapped or cut."""
DISPENSABLE = ("V (µm³)", "FSR (nm)", "FSR (GHz)", "Q_abs", "n_eff", "p", "n_g", "m", "Q_rad", "± rel.")
"""Columns that give way, in this order, on a narrow terminal; a number without its error is the last resort."""


def console(*, stderr: bool = False) -> Console:
    """A console; output into a file or pipe is never cut to a terminal's width."""
    stream = sys.stderr if stderr else sys.stdout
    return Console(stderr=stderr, highlight=False, width=None if stream.isatty() else UNCUT)


def modes_table(
    rows: Sequence[Row],
    regions: Sequence[str],
    *,
    title: str = "",
    caption: str = "",
    out: Console | None = None,
    unit: str | None = None,
) -> Table:
    """The modes, one a line, without the columns that no mode fills.

    Parameters
    ----------
    rows
        Rows with the keys of modes.csv.
    regions
        Region names, ambient last.
    title, caption
        Lines above and below.
    out
        Console whose width the table must fit; without one no column gives way.
    unit
        Unit of the lines, one of `femwgm.ground.units.SPECTRAL_UNITS`; None for wavelengths in nm.
    """
    rows, regions = _gathered(rows, regions)
    cells = [_cells(row, regions, unit) for row in rows]
    names = [name for name in (cells[0] if cells else {}) if any(line[name].plain for line in cells)]
    names = names or ["mode"]
    dropped: list[str] = []
    for spare in ("", *DISPENSABLE):
        dropped += [name for name in names if name == spare]
        names = [name for name in names if name != spare]
        told = f"{caption}\nNo room here for {', '.join(dropped)}." if dropped else caption
        table = _table(rows, cells, names, title, told.lstrip("\n"))
        if out is None or _width(table, out) <= out.width:
            break
    return table


def _width(table: Table, out: Console) -> int:
    """Width of the table's columns when nothing is cut."""
    bare = copy.copy(table)
    bare.title = bare.caption = None
    return Measurement.get(out, out.options.update(max_width=UNCUT), bare).maximum


def _table(
    rows: Sequence[Row], cells: Sequence[dict[str, Text]], names: Sequence[str], title: str, caption: str
) -> Table:
    table = Table(
        title=title or None, caption=caption or None, box=box.SIMPLE_HEAD, header_style="bold", title_style="bold",
        caption_style="dim", caption_justify="left", title_justify="left", pad_edge=False, collapse_padding=True,
    )  # fmt: skip
    for name in names:
        table.add_column(name, justify="left" if name == "mode" else "right", no_wrap=True)
    for row, line in zip(rows, cells, strict=True):
        table.add_row(*(line[name] for name in names), style=None if row.get("met", True) else "red")
    return table


def _gathered(rows: Sequence[Row], regions: Sequence[str]) -> tuple[Sequence[Row], Sequence[str]]:
    """Rows with one share for all steps of a graded layer, NAME_1 and on."""
    stems = [name.rpartition("_")[0] if name.rpartition("_")[2].isdigit() else name for name in regions]
    many = {stem for stem in stems if stems.count(stem) >= _STEPS}
    if not many:
        return rows, regions
    names = [stem if stem in many else name for stem, name in zip(stems, regions, strict=True)]
    out = []
    for row in rows:
        shares = dict.fromkeys(names, 0.0)
        for name, region in zip(names, regions, strict=True):
            shares[name] += float(row.get(f"energy_{region}") or 0.0)
        out.append({**row, **{f"energy_{name}": share for name, share in shares.items()}})
    return out, list(shares)


def _cells(row: Row, regions: Sequence[str], unit: str | None) -> dict[str, Text]:
    pol = str(row.get("pol") or "?")
    first = {"mode": Text(pol, style=f"bold {COLOURS.get(pol, 'white')}")}
    return first | {name: Text(text) for name, (text, _) in mode_cells(row, regions, unit).items()}


def plain_table(title: str, columns: Sequence[str]) -> Table:
    """A table without frame; words to the left, numbers to the right."""
    table = Table(
        title=title, box=box.SIMPLE_HEAD, header_style="bold", title_style="bold", title_justify="left", pad_edge=False,
        collapse_padding=True,
    )  # fmt: skip
    for name in columns:
        left = name in ("mode", "quantity", "", "difference", "or else", "unit", "first", "second")
        table.add_column(name, justify="left" if left else "right", no_wrap=True)
    return table


def print_quantities(
    title: str, rows: Iterable[tuple[str, str, str | float, str, str | float | None]], digits: int = 6
) -> None:
    """Print (mode, quantity, value, unit, error), each mode named once; numbers get so many figures, their errors one."""
    table = plain_table(title, ("mode", "quantity", "value", "error", "unit"))
    last = None
    for mode, quantity, value, unit, error in rows:
        shown = value if isinstance(value, str) else f"{value:.{digits}g}"
        known = error if isinstance(error, str) else "" if error is None else f"{error:.1g}"
        table.add_row(mode if mode != last else "", quantity, shown, known, unit)
        last = mode
    console().print(table)


def notes(warnings: Sequence[str], out: Console) -> None:
    """Print warnings below a table."""
    for warning in warnings:
        out.print(Text.assemble(("note: ", "yellow"), warning))
