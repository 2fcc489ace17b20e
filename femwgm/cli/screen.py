"""What a verb shows on the terminal: a bar while it works, a table when it is done."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.progress import Progress

    from femwgm.config import RunConfig


class Bar:
    """What is being done, how much of it is finished, and how much there is, on a terminal; nothing elsewhere.

    `tail` gives the words at the end of the bar from the same three.
    """

    def __init__(
        self, drawn: Progress | None = None, tail: Callable[[str, int, int], str] | None = None
    ) -> None:
        self._drawn, self._tail = drawn, tail
        self._task = drawn.add_task("looking for modes", total=None, tail="") if drawn else None

    def __call__(self, what: str, done: int = 0, total: int | None = None) -> None:
        if self._drawn is not None and self._task is not None:
            tail = "" if self._tail is None else self._tail(what, done, total or 0)
            self._drawn.start()
            self._drawn.update(self._task, description=what, completed=done, total=total, tail=tail)

    def clear(self) -> None:
        """Make room for a table; the next call draws the bar again, below it."""
        if self._drawn is not None:
            self._drawn.stop()


@contextlib.contextmanager
def progress_bar(quiet: bool, tail: Callable[[str, int, int], str] | None = None) -> Iterator[Bar]:
    """A callback (what, done, total) that draws a bar on a terminal and does nothing elsewhere."""
    if quiet or not sys.stderr.isatty():
        yield Bar()
        return
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        SpinnerColumn,
        TextColumn,
        TimeElapsedColumn,
    )

    from femwgm.cli.tables import console

    words, end = (TextColumn(f"{{task.{name}}}") for name in ("description", "fields[tail]"))
    columns = SpinnerColumn(), words, BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), end
    with Progress(*columns, console=console(stderr=True), transient=True, redirect_stdout=False) as drawn:
        yield Bar(drawn, tail)


def suggest(*commands: str, quiet: bool) -> None:
    """What one may type next."""
    if quiet:
        return
    from rich.text import Text

    from femwgm.cli.tables import console

    screen = console()
    for i, command in enumerate(commands):
        screen.print(Text.assemble(("next: " if i == 0 else "      ", "green"), command))


def show_modes(
    rows: Any,
    regions: Any,
    title: str,
    *,
    csv: bool = False,
    quiet: bool = False,
    warnings: Any = (),
    out: Path | None = None,
    unit: str | None = None,
) -> None:
    """Print the modes as a table or as CSV, then what else is worth a line."""
    from femwgm.cli.tables import console, modes_table

    if csv:
        from femwgm.store import to_csv

        print(to_csv(rows, regions), end="", flush=True)
        return
    if quiet:
        return
    screen = console()
    caption = "Shares (%) are of the electric energy. All columns and digits: " + (
        f"{out}/modes.csv" if out is not None else "--csv"
    )
    screen.print(modes_table(rows, regions, title=title, caption=caption, out=screen, unit=unit))
    show_notes(warnings)


_HEEDED: dict[str, tuple[str, ...]] = {
    "exact": (), "prove": (), "comb": (), "bend": (), "spectrum": ("imperfections",), "lasing": (), "vernier": (),
    "sense": ("losses.roughness",), "couple": ("losses.roughness", "imperfections"),
}  # fmt: skip
"""What each verb takes into account, or refuses by itself, of the keys that go beyond the smooth, perfect body."""


def settings_for(verb: str, config: Any, override: Sequence[str] | None) -> RunConfig:
    """The configuration of a verb; a line on the error stream says which of its keys the verb leaves out."""
    from femwgm.config import load_config

    settings = load_config(config, override or [])
    given = {
        "losses.roughness": settings.losses.roughness, "imperfections": settings.imperfections,
        "tolerances": settings.tolerances, "outputs.derivatives": settings.outputs.derivatives and verb in ("exact", "prove"),
    }  # fmt: skip
    left = [key for key, value in given.items() if value and key not in _HEEDED[verb]]
    if left:
        print(
            f"note: `{verb}` leaves out {', '.join(left)}, which `femwgm run` includes",
            file=sys.stderr,
            flush=True,
        )
    return settings


def show_notes(lines: Sequence[str]) -> None:
    """Print what is worth a line each, below a table."""
    from femwgm.cli.tables import console, notes

    screen = console()
    notes(lines, screen)
    screen.file.flush()
