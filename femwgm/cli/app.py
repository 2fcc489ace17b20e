"""The verbs of the command line; whatever is heavy is imported inside the verb that needs it."""

from __future__ import annotations

import copy
import json
import sys
from pathlib import Path
from signal import SIGINT
from typing import TYPE_CHECKING, Annotated

import typer

from femwgm.cli.bend import bend
from femwgm.cli.comb import comb
from femwgm.cli.couple import couple
from femwgm.cli.examples import examples, init
from femwgm.cli.experiment import assign, lasing, paper, vernier
from femwgm.cli.options import Config, Csv, Figures, Out, Quiet, Set
from femwgm.cli.overview import Overview
from femwgm.cli.peaks import peaks
from femwgm.cli.prove import prove
from femwgm.cli.screen import progress_bar, settings_for, show_modes, show_notes, suggest
from femwgm.cli.sense import sense
from femwgm.cli.spectrum import spectrum
from femwgm.ground.interrupts import Interrupted

if TYPE_CHECKING:
    from femwgm.runs.loop import RunResult

app = typer.Typer(
    help="Whispering-gallery modes of bodies of revolution, with an error estimate on every number.",
    cls=Overview,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def app_for(arguments: list[str]) -> typer.Typer:
    """The command line, with the one verb that is called where it is called; reading the options of all takes time."""
    alone = copy.copy(app)
    alone.registered_commands = [
        verb for verb in app.registered_commands if verb.callback and verb.callback.__name__ in arguments[:1]
    ]
    return alone if alone.registered_commands else app


@app.callback(invoke_without_command=True)
def _top(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    if version:
        from femwgm import __version__

        print(f"femwgm {__version__}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        print(context.get_help())


@app.command()
def run(
    config: Config, out: Out = None, override: Set = None, quiet: Quiet = False, csv: Csv = False,
    pictures: Annotated[
        bool, typer.Option("--pictures/--no-pictures", help="Draw the figures that the configuration asks for.")
    ] = True,
) -> None:  # fmt: skip
    """Compute the modes of CONFIG; -o DIR saves tables, fields and pictures."""
    from femwgm.config import load_config
    from femwgm.errors import AccuracyError
    from femwgm.runs.run import run_into

    with progress_bar(quiet or csv) as bar:
        settings = load_config(config, override or [])

        def show(result: RunResult) -> None:
            bar.clear()
            show_modes(
                result.rows, result.regions, settings.name, csv=csv, quiet=quiet, warnings=result.warnings, out=out,
                unit=settings.modes.unit,
            )  # fmt: skip

        result, remarks = run_into(settings, out, progress=bar, on_tables=show, pictures=pictures)
    if not (quiet or csv):
        show_notes(remarks)
    if out is None:
        suggest(f"femwgm run {config} -o DIR", quiet=quiet or csv)
    else:
        page = out / "plots" / "in_space.html"
        turn = f"open {page} in a browser" if page.exists() else f"femwgm view {out} --html view.html"
        suggest(turn, f"femwgm report {out}", quiet=quiet or csv)
    if not result.met:
        missed = sum(not mode.met for mode in result.modes)
        raise AccuracyError(
            f"{missed} of {len(result.modes)} modes miss the accuracy asked for; the best values are kept and marked"
        )


@app.command()
def exact(
    config: Config,
    override: Set = None,
    csv: Csv = False,
    formulas: Annotated[
        bool,
        typer.Option(
            "--formulas",
            help="Also give the wavelengths of Lam, Leung and Young (1992) and Schiller (1993).",
        ),
    ] = False,
) -> None:
    """Print the analytic modes of a layered sphere, in the same table as `run`."""
    from femwgm.cli.exact import exact_rows, show_formulas

    settings = settings_for("exact", config, override)
    rows, remarks = exact_rows(settings, formulas)
    if formulas and not csv:
        show_formulas(rows, f"{settings.name}, exact and by formulas")
        return
    title, regions, unit = f"{settings.name}, exact", settings.geometry.regions, settings.modes.unit
    show_modes(rows, regions, title, csv=csv, warnings=remarks, unit=unit)


@app.command()
def check(
    config: Config,
    override: Set = None,
    plot: Annotated[
        Path | None,
        typer.Option("--plot", metavar="FILE", help="Draw the body: .png, .svg or .pdf.", show_default=False),
    ] = None,
) -> None:
    """Validate CONFIG and print it with all defaults filled in; notes go to stderr."""
    from femwgm.cli.check import remarks
    from femwgm.config import dump_resolved, load_config

    settings = load_config(config, override or [])
    with progress_bar(False) as bar:
        bar("looking for modes", 0, None)
        lines = remarks(settings)
    if plot is not None:
        from femwgm.cli.check import draw

        lines.append(draw(settings, plot))
    print(dump_resolved(settings), end="", flush=True)
    for remark in lines:
        print(f"# {remark}", file=sys.stderr)


@app.command()
def sweep(
    config: Config,
    out: Annotated[
        Path, typer.Option("--out", "-o", metavar="DIR", help="Folder of the sweep.", show_default=False)
    ],
    override: Set = None,
    workers: Annotated[
        int | None,
        typer.Option(
            "--workers",
            min=1,
            help="Number of processes (default: one per core); with --scheduler, how many workers to wait for.",
        ),
    ] = None,
    scheduler: Annotated[
        str | None,
        typer.Option("--scheduler", metavar="ADDRESS", help="Solve on the workers of a dask scheduler."),
    ] = None,
    tables: Annotated[
        bool, typer.Option("--tables", help="Rebuild the tables from the stored points without solving.")
    ] = False,
    figures: Figures = None,
    quiet: Quiet = False,
) -> None:
    """Run CONFIG at every point of its `sweep` axes; rerun to resume."""
    from femwgm.cli.sweeping import sweep_into
    from femwgm.config import load_config
    from femwgm.errors import ConfigError
    from femwgm.views.figures.style import formats_of

    settings, formats = load_config(config, override or []), formats_of(figures or ())
    if settings.sweep is None:
        raise ConfigError(
            "is required and missing",
            file=config,
            key="sweep",
            remedy="add e.g. 'sweep: {axes: [{key: geometry.layers.shell.thickness,"
            " linear: {start: 300 nm, stop: 800 nm, count: 11}}]}'",
        )
    try:
        sweep_into(
            settings,
            out,
            workers=workers,
            scheduler=scheduler,
            solve=not tables,
            quiet=quiet,
            formats=formats,
        )
    except KeyboardInterrupt as signal:
        raise Interrupted(f"rerun to resume from {out}", getattr(signal, "number", SIGINT)) from None


@app.command()
def view(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A run folder.", show_default=False)],
    mode: Annotated[
        str | None,
        typer.Option("--mode", metavar="LABEL", help="E.g. TE165, 'TM q=2 l=150', or a row of the table."),
    ] = None,
    quantity: Annotated[
        str | None,
        typer.Option(
            "--quantity", metavar="NAME", help="E2, energy, E_r, E_phi, E_z, E_x, E_rho, H2, H_z, ..."
        ),
    ] = None,
    png: Annotated[
        Path | None, typer.Option("--png", metavar="FILE", help="Render off screen into FILE.")
    ] = None,
    gif: Annotated[
        Path | None, typer.Option("--gif", metavar="FILE", help="Animate one period of the wave, off screen.")
    ] = None,
    mp4: Annotated[
        Path | None, typer.Option("--mp4", metavar="FILE", help="The same animation as a video.")
    ] = None,
    html: Annotated[
        Path | None,
        typer.Option(
            "--html", metavar="FILE", help="Write an interactive 3-D page for any browser, without a server."
        ),
    ] = None,
    web: Annotated[
        bool, typer.Option("--web", help="Serve the page that turns to a browser on this machine.")
    ] = False,
    port: Annotated[
        int, typer.Option("--port", min=0, max=65535, help="Port for --web; 0 takes a free one.")
    ] = 0,
    host: Annotated[
        str,
        typer.Option("--host", metavar="ADDRESS", help="Address for --web (default: this machine only)."),
    ] = "127.0.0.1",
    browser: Annotated[
        bool, typer.Option("--browser/--no-browser", help="Open the browser for --web.")
    ] = True,
    standing: Annotated[
        bool, typer.Option("--standing", help="Show the standing wave instead of the travelling one.")
    ] = False,
    cut: Annotated[
        float, typer.Option("--cut", min=0.0, max=350.0, help="Opening angle of the cut in degrees.")
    ] = 100.0,
    wedge: Annotated[
        bool, typer.Option("--wedge", help="Cut through the whole body, not only its upper half.")
    ] = False,
    opacity: Annotated[
        list[str] | None,
        typer.Option("--opacity", metavar="LAYER=VALUE", help="From 0 (transparent) to 1 (opaque)."),
    ] = None,
) -> None:
    """Show the modes of a run folder in three dimensions: in a window, a browser, or files."""
    from femwgm.store import load_run
    from femwgm.views.space.app import opacities, view_run

    written = view_run(
        load_run(folder), mode=mode, show=quantity, png=png, gif=gif, mp4=mp4, html=html, web=web, host=host, port=port,
        open_browser=browser, standing=standing, cut=cut, wedge=wedge, opacity=opacities(opacity or []),
    )  # fmt: skip
    for file in written:
        print(file)


@app.command()
def report(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A run folder.", show_default=False)],
    figures: Figures = None,
) -> None:
    """Write DIR/report.html; --figures also writes every figure for print."""
    from femwgm.runs.run import part
    from femwgm.store import load_run
    from femwgm.views.figures.style import formats_of

    formats, stored = formats_of(figures or ()), load_run(folder)
    print(part("femwgm.views.report", "write_report")(stored))
    if formats:
        for path in part("femwgm.views.files.outputs", "write_figures")(stored, folder, formats=formats):
            print(path)


for _verb in (
    examples,
    init,
    prove,
    comb,
    sense,
    couple,
    bend,
    peaks,
    assign,
    spectrum,
    lasing,
    vernier,
    paper,
):
    app.command()(_verb)


@app.command()
def schema() -> None:
    """Print the JSON schema of the configuration."""
    from femwgm.config import json_schema

    print(json.dumps(json_schema(), indent=2, ensure_ascii=False))


@app.command()
def doctor() -> None:
    """Report versions, graphics, threads and solvers of this installation."""
    from femwgm.cli.doctor import examine

    raise typer.Exit(examine())
