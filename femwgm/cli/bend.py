"""`bend`: loss of a bend at a fixed wavelength."""

from __future__ import annotations

from typing import Annotated

import typer

from femwgm.cli.options import Config, Out, Quiet, Set, wavelength_option
from femwgm.cli.screen import progress_bar, settings_for


def bend(
    config: Config,
    out: Out = None,
    override: Set = None,
    at: Annotated[
        str | None, typer.Option("--at", metavar="WAVELENGTH", help="Default: the middle of the window.")
    ] = None,
    quiet: Quiet = False,
) -> None:
    """Compute the loss of CONFIG as a planar bend at one wavelength, in dB for 90 degrees and for a full turn."""
    from femwgm.cli.tables import print_quantities
    from femwgm.experiment.bends.bend import bends, write_bends

    settings = settings_for("bend", config, override)
    with progress_bar(quiet) as bar:
        found = bends(settings, wavelength_option("--at", at), bar)
    if out is not None:
        write_bends(found, out)
    if not quiet:
        print_quantities(settings.name, [row for item in found for row in item.rows()], digits=8)
