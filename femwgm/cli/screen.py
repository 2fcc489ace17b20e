"""What a verb shows on the terminal: a bar while it works, a table when it is done."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any


@contextlib.contextmanager
def progress_bar(quiet: bool) -> Iterator[Any]:
    """A callback (what, done, total) that draws a bar on a terminal and is None elsewhere."""
    from femwgm.cli.tables import console

    out = console(stderr=True)
    if quiet or not out.is_terminal:
        yield None
        return
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        SpinnerColumn,
        TextColumn,
        TimeElapsedColumn,
    )

    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=out, transient=True) as bar:
        task = bar.add_task("looking for modes", total=None)
        yield lambda what, done, total: bar.update(task, description=what, completed=done, total=total)


def show_modes(
    rows: Any,
    regions: Any,
    title: str,
    *,
    csv: bool = False,
    quiet: bool = False,
    warnings: Any = (),
    out: Path | None = None,
) -> None:
    """Print the modes as a table or as CSV, then what else is worth a line."""
    from femwgm.cli.tables import console, modes_table, notes

    if csv:
        from femwgm.store import to_csv

        print(to_csv(rows, regions), end="")
        return
    if quiet:
        return
    screen = console()
    caption = "Shares (%) are of the electric energy. All columns and digits: " + (
        f"{out}/modes.csv" if out is not None else "--csv"
    )
    screen.print(modes_table(rows, regions, title=title, caption=caption, out=screen))
    notes(warnings, screen)
