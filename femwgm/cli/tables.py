"""The table of modes for the terminal: what fits and what matters; all of it is in modes.csv."""

from __future__ import annotations

import copy
import sys
from collections.abc import Iterable, Sequence
from typing import Any

from rich import box
from rich.console import Console
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from femwgm.cli.numbers import decimals_for, percent, plain, quality, short_error
from femwgm.ground.rows import Row
from femwgm.ground.units import in_spectral_unit

__all__ = ["console", "modes_table", "notes", "plain_table", "print_quantities"]

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


def _line(row: Row, unit: str | None) -> dict[str, str]:
    """Where a line lies and how far the next one is, in a unit."""
    wavelength = row.get("wavelength_nm")
    if unit is None or wavelength is None:
        value, name = wavelength, "λ (nm)"
    else:
        value, name = in_spectral_unit(float(wavelength), unit), f"{_SYMBOLS.get(unit, 'f')} ({unit})"
    decimals = decimals_for(row.get("wavelength_error"), float(value or 1.0))
    spacing, spaced = row.get("fsr_nm"), "FSR (nm)"
    if unit is not None and wavelength is not None:
        spaced = "FSR (GHz)"
        spacing = row.get("fsr_ghz")
    return {
        name: plain(value, decimals),
        "± rel.": short_error(row.get("wavelength_error")),
        spaced: plain(spacing, 4),
    }


_SYMBOLS = {"eV": "E", "meV": "E", "1/cm": "1/λ"}


def _cells(row: Row, regions: Sequence[str], unit: str | None = None) -> dict[str, Text]:
    line = _line(row, unit)
    (place, shown), (_, error), (spaced, spacing) = line.items()
    q_rad = quality(row.get("q_rad"), row.get("log10_q_rad"))
    if not q_rad and row.get("q_rad_floor") is not None:
        q_rad = f"> {quality(row['q_rad_floor'])}"
    q_abs = quality(row.get("q_abs"))
    texts = {
        "E": row.get("e_direction") or "",
        "q": _whole(row.get("q")),
        "l": _whole(row.get("l")),
        "m": _whole(row.get("m")),
        "p": _whole(row.get("p")),
        place: shown,
        "± rel.": error,
        "n_eff": plain(row.get("n_eff"), 5),
        "n_g": plain(row.get("n_g"), 5),
        spaced: spacing,
        "Q_rad": q_rad,
        "Q_abs": q_abs,
        "Q": quality(row.get("q_total")) if _budgets(row) != 1 else "",
        "V (µm³)": _volume(row.get("mode_volume_um3")),
        **{f"{region} (%)": percent(row.get(f"energy_{region}")) for region in regions},
    }
    pol = str(row.get("pol") or "?")
    first = {"mode": Text(pol, style=f"bold {COLOURS.get(pol, 'white')}")}
    return first | {name: Text(text) for name, text in texts.items()}


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
    title: str, rows: Iterable[tuple[str, str, str | float, str | float | None, str]], digits: int = 6
) -> None:
    """Print (mode, quantity, value, error, unit), each mode named once; numbers get so many figures, their errors one."""
    table = plain_table(title, ("mode", "quantity", "value", "error", "unit"))
    last = None
    for mode, quantity, value, error, unit in rows:
        shown = value if isinstance(value, str) else f"{value:.{digits}g}"
        known = error if isinstance(error, str) else "" if error is None else f"{error:.1g}"
        table.add_row(mode if mode != last else "", quantity, shown, known, unit)
        last = mode
    console().print(table)


def _budgets(row: Row) -> int:
    """How many losses of a mode are known by themselves: the Q of one alone is that of the mode."""
    return sum(row.get(name) is not None for name in ("q_rad", "q_abs", "q_wall", "q_scattering"))


def _volume(value: Any) -> str:
    return f"{value:.3g}" if value is not None and value < 1.0 else plain(value, 2)


def _whole(value: Any) -> str:
    return "" if value is None else f"{value:g}"


def notes(warnings: Sequence[str], out: Console) -> None:
    """Print warnings below a table."""
    for warning in warnings:
        out.print(Text.assemble(("note: ", "yellow"), warning))
