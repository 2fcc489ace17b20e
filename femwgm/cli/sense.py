"""`sense`: what each mode of a resonator senses, and the least it can see."""

from __future__ import annotations

from typing import Annotated

import typer

from femwgm.cli.options import Config, Out, Quiet, Set, length_option
from femwgm.cli.screen import progress_bar, settings_for


def sense(
    config: Config,
    out: Out = None,
    override: Set = None,
    layer: Annotated[
        str, typer.Option("--layer", metavar="LENGTH", help="Thickness of a layer on the surface.")
    ] = "10 nm",
    layer_index: Annotated[float, typer.Option("--layer-index", help="Its refractive index.")] = 1.45,
    particle: Annotated[
        str, typer.Option("--particle", metavar="LENGTH", help="Radius of a particle on the surface.")
    ] = "50 nm",
    particle_index: Annotated[float, typer.Option("--particle-index", help="Its refractive index.")] = 1.59,
    noise: Annotated[
        float, typer.Option("--noise", help="Smallest shift resolved, as a fraction of the line width.")
    ] = 0.02,
    q: Annotated[
        float | None, typer.Option("--q", help="Q of the lines (default: that of each mode).")
    ] = None,
    absorbed: Annotated[
        float | None, typer.Option("--absorbed", help="Power in W that a mode turns into heat.")
    ] = None,
    exact: Annotated[
        bool,
        typer.Option("--exact", help="Also the exact shift by the particle, for modes m = l of spheres."),
    ] = False,
    quiet: Quiet = False,
) -> None:
    """Compute what each mode senses: the index of each region, a layer, a particle, and the detection limits."""
    from femwgm.experiment.sensing.sense import Probe, checked, table_of, write_sense
    from femwgm.experiment.sensing.target import sensors

    probe = checked(
        Probe(
            length_option("--layer", layer),
            layer_index,
            length_option("--particle", particle),
            particle_index,
            noise,
            q,
            absorbed,
            exact,
        )
    )
    settings = settings_for("sense", config, override)
    with progress_bar(quiet) as bar:
        found = sensors(settings, bar)
    content = table_of(found, probe)
    if out is not None:
        write_sense(content, found, probe, out)
    if not quiet:
        from femwgm.cli.tables import print_quantities

        print_quantities(settings.name, content)
