"""The verbs of a measurement: what its lines are, what lases, where two spheres coincide, the published study anew."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from femwgm.cli.options import Config, Out, Quiet, Set, length_option, time_option
from femwgm.cli.peaks import Air, Ellipticity, Resolution, resolution_nm
from femwgm.cli.screen import progress_bar, settings_for


def assign(
    peaks: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            help="Peak list wavelength_nm[,width_nm,error_nm,pol,height], or a recorded spectrum.",
            show_default=False,
        ),
    ],
    config: Config,
    out: Out = None,
    override: Set = None,
    free: Annotated[
        list[str] | None,
        typer.Option(
            "--free",
            metavar="NAME=DEVIATION",
            help="Prior standard deviation of a parameter: diameter=2%, thickness='20 nm', index=0.03,"
            " slope=0.1; 0 holds it fixed.",
        ),
    ] = None,
    shell: Annotated[
        str | None,
        typer.Option(
            metavar="LAYER", help="Layer whose thickness and index are fitted (default: the outermost)."
        ),
    ] = None,
    resolution: Resolution = None,
    air: Air = False,
    ellipticity: Ellipticity = False,
    quiet: Quiet = False,
) -> None:
    """Assign modes to measured peaks and fit the sphere; CONFIG is the nominal sphere."""
    from femwgm.cli.assigning import assign_peaks, print_assignment
    from femwgm.config import load_config

    settings = load_config(config, override or [])
    response = resolution_nm(resolution)
    result = assign_peaks(peaks, settings, free or [], shell, response, in_air=air, ellipticity=ellipticity)
    if out is not None:
        from femwgm.experiment.spectrum.write import write_assignment

        write_assignment(result, out)
    if not quiet:
        print_assignment(result)


def lasing(
    config: Config,
    out: Out = None,
    override: Set = None,
    q: Annotated[
        float, typer.Option("--q", min=1.0, help="Q of all losses other than radiation and the media.")
    ] = 4200.0,
    gain: Annotated[
        Path | None,
        typer.Option(
            "--gain",
            metavar="TABLE.csv",
            help="Table wavelength_nm,gain (default: a Gaussian band, FWHM 18 nm, at 660 nm).",
        ),
    ] = None,
    band: Annotated[
        str | None,
        typer.Option(
            "--band", metavar="BAND", help="Gain band by name: 'gauss, 660 nm, 18 nm', 'lorentz, ...'."
        ),
    ] = None,
    face_down: Annotated[
        bool, typer.Option("--face-down", help="Emitters oriented in the plane of the layer.")
    ] = False,
    shell: Annotated[
        str | None, typer.Option(metavar="LAYER", help="Layer with gain (default: the outermost).")
    ] = None,
    pulse: Annotated[
        str | None,
        typer.Option(
            "--pulse", metavar="WIDTH", help="Follow pump pulses of this full width in time, e.g. '1 ns'."
        ),
    ] = None,
    life: Annotated[
        str, typer.Option("--life", metavar="TIME", help="Lifetime of the inversion, for --pulse.")
    ] = "3 ns",
    quiet: Quiet = False,
) -> None:
    """Compute threshold gains, the order in which lines lase, and their number against pump."""
    from femwgm.cli.laser import lasing as find
    from femwgm.cli.laser import print_lasing, write_lasing

    times = None if pulse is None else (time_option("--pulse", pulse), time_option("--life", life))
    result = find(settings_for("lasing", config, override), q, gain, face_down, shell, band, times)
    if out is not None:
        write_lasing(result, out)
    if not quiet:
        print_lasing(result)


def vernier(
    first: Annotated[
        Path, typer.Argument(metavar="FIRST", help="The YAML file of one sphere.", show_default=False)
    ],
    second: Annotated[Path, typer.Argument(metavar="SECOND", help="The other sphere.", show_default=False)],
    q: Annotated[
        float, typer.Option("--q", min=1.0, help="Quality factor that sets the line width.")
    ] = 4200.0,
    pol: Annotated[str, typer.Option("--pol", help="TE or TM.")] = "TE",
    deviation: Annotated[
        str, typer.Option("--deviation", help="Standard deviation of each diameter.")
    ] = "10 nm",
    at: Annotated[
        float | None,
        typer.Option("--at", metavar="NM", min=0.0, help="Target wavelength of a coincidence."),
    ] = None,
    out: Out = None,
    override: Set = None,
    quiet: Quiet = False,
) -> None:
    """Find where the combs of two spheres coincide in the window of FIRST; --set applies to both."""
    from femwgm.cli.laser import print_vernier, write_vernier
    from femwgm.cli.laser import vernier as find
    from femwgm.errors import ConfigError

    if pol not in ("TE", "TM"):
        raise ConfigError("must be TE or TM", key="--pol", value=pol)
    spread = length_option("--deviation", deviation)
    one, other = (settings_for("vernier", path, override) for path in (first, second))
    lo, hi = (1e3 * end for end in one.modes.window_um)
    if at is not None and not lo <= at <= hi:
        raise ConfigError(
            f"lies outside the window of {lo:g} to {hi:g} nm",
            key="--at",
            value=at,
            remedy="widen it, e.g. --set modes.window='[644 nm, 690 nm]'",
        )
    made, drawn = find(one, other, q, pol, spread, at)
    if out is not None:
        write_vernier(made, drawn, spread, at, out)
    if not quiet:
        print_vernier(made, drawn, spread, at)


def paper(
    folder: Annotated[
        Path | None,
        typer.Argument(
            metavar="[FOLDER]",
            help="Configurations of the study (default: configs/paper).",
            show_default=False,
        ),
    ] = None,
    out: Annotated[Path, typer.Option("--out", "-o", metavar="DIR", help="Folder for the report.")] = Path(
        "runs/paper"
    ),
    vectors: Annotated[
        bool, typer.Option("--pdf", help="Also leave every figure as DIR/figures/figure-NN.pdf.")
    ] = False,
    quiet: Quiet = False,
) -> None:
    """Recompute the published study and write DIR/paper.html, each published number beside the computed one."""
    from femwgm.studies.duan2022 import write_paper

    with progress_bar(quiet) as progress:
        page, sections = write_paper(out, folder, progress, vectors=vectors)
    if not quiet:
        from femwgm.cli.assigning import print_comparison

        print_comparison(sections)
    print(page)
