"""`bend`: loss of a bend at a fixed wavelength."""

from __future__ import annotations

from typing import Annotated

import typer

from femwgm.cli.comb import wavelength_option
from femwgm.cli.options import Config, Out, Quiet, Set
from femwgm.cli.screen import progress_bar

__all__ = ["bend"]


def bend(
    config: Config,
    out: Out = None,
    override: Set = None,
    at: Annotated[
        str | None, typer.Option("--at", metavar="WAVELENGTH", help="By default the middle of the window.")
    ] = None,
    quiet: Quiet = False,
) -> None:
    """Loss of CONFIG as a bend at one wavelength, dB for 90 degrees and for a turn, beside the Q of the resonator."""
    from rich.table import Table

    from femwgm.cli.tables import console
    from femwgm.config import load_config
    from femwgm.experiment.bends.bend import bends, write_bends

    settings = load_config(config, override or [])
    with progress_bar(quiet) as bar:
        found = bends(settings, wavelength_option("--at", at), bar)
    if out is not None:
        write_bends(found, out)
    if quiet:
        return
    table = Table(title=settings.name, box=None)
    for name in ("mode", "quantity", "value", "error", "unit"):
        table.add_column(name, justify="right" if name in ("value", "error") else "left")
    for item in found:
        for i, (quantity, value, unit, error) in enumerate(item.rows()):
            shown = "" if error is None else f"{error:.1g}"
            table.add_row(item.name if i == 0 else "", quantity, f"{value:.8g}", shown, unit)
    console().print(table)
