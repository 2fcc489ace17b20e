"""`couple`: a resonator beside a fibre, a prism or a bus waveguide."""

from __future__ import annotations

from typing import Annotated

import typer

from femwgm.cli.options import Config, Out, Quiet, Set
from femwgm.cli.screen import progress_bar, settings_for, show_notes


def couple(
    config: Config,
    out: Out = None,
    override: Set = None,
    q: Annotated[
        float | None, typer.Option("--q", help="Intrinsic Q of the lines, by default that of each mode.")
    ] = None,
    quiet: Quiet = False,
) -> None:
    """External and loaded Q of CONFIG beside its coupler, transmission and critical gap; -o DIR leaves couple.csv, couple.png."""
    from femwgm.cli.tables import print_quantities
    from femwgm.errors import ConfigError
    from femwgm.experiment.coupling.couple import couplings, write_couplings

    if q is not None and not 0.0 < q < float("inf"):
        raise ConfigError("must be positive", key="--q", value=q)
    settings = settings_for("couple", config, override)
    with progress_bar(quiet) as bar:
        found = couplings(settings, q, bar)
    if out is not None:
        write_couplings(found, out)
    if quiet:
        return
    print_quantities(settings.name, [row for one in found for row in one.rows()])
    show_notes([note for one in found for note in one.notes])
