"""The verbs of the command line; whatever is heavy is imported inside the verb that needs it."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

app = typer.Typer(
    help="Whispering-gallery modes of bodies of revolution, with an error estimate on every number.",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)

Config = Annotated[Path, typer.Argument(metavar="CONFIG", help="The YAML file.", show_default=False)]
Set = Annotated[
    list[str] | None,
    typer.Option(
        "--set", metavar="KEY=VALUE", help="Override a key, e.g. geometry.layers.shell.thickness='500 nm'."
    ),
]
Out = Annotated[Path | None, typer.Option("--out", "-o", metavar="DIR", help="Folder for the results.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No table, no progress.")]
Csv = Annotated[bool, typer.Option("--csv", help="Print the whole table as CSV.")]


@app.callback(invoke_without_command=True)
def _top(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    if version:
        from importlib.metadata import version as installed

        print(f"femwgm {installed('femwgm')}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        print(context.get_help())


@app.command()
def run(
    config: Config, out: Out = None, override: Set = None, quiet: Quiet = False, csv: Csv = False
) -> None:
    """Find the modes of CONFIG; with -o DIR leave tables, fields and pictures there."""
    from femwgm.config import load_config
    from femwgm.errors import AccuracyError
    from femwgm.runs import run_into

    settings = load_config(config, override or [])
    try:
        with _progress(quiet or csv) as progress:
            result, remarks = run_into(settings, out, progress=progress)
    except KeyboardInterrupt:
        where = f"; what was finished is in {out}" if out is not None and (out / "run.json").exists() else ""
        print(f"femwgm: interrupted{where}", file=sys.stderr)
        raise typer.Exit(130) from None
    _show(result.rows, result.regions, settings.name, csv=csv, quiet=quiet, warnings=remarks, out=out)
    if not result.met:
        missed = sum(not mode.met for mode in result.modes)
        raise AccuracyError(
            f"{missed} of {len(result.modes)} modes miss the accuracy asked for; the best values are kept and marked"
        )


@app.command()
def exact(config: Config, override: Set = None, csv: Csv = False) -> None:
    """Print the analytic modes of a layered sphere, in the same table as `run`."""
    from femwgm.cli.exact import exact_rows
    from femwgm.config import load_config

    settings = load_config(config, override or [])
    rows = exact_rows(settings)
    _show(rows, settings.geometry.regions, f"{settings.name}, exact", csv=csv)


@app.command()
def check(
    config: Config,
    override: Set = None,
    plot: Annotated[
        Path | None,
        typer.Option("--plot", metavar="FILE", help="Draw the body: .png, .svg or .pdf.", show_default=False),
    ] = None,
) -> None:
    """Validate CONFIG and print it resolved; notes go to stderr."""
    from femwgm.cli.check import remarks
    from femwgm.config import dump_resolved, load_config

    settings = load_config(config, override or [])
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
            help="Processes, by default one a core; with --scheduler, how many to wait for.",
        ),
    ] = None,
    scheduler: Annotated[
        str | None,
        typer.Option("--scheduler", metavar="ADDRESS", help="Solve on the workers of this dask scheduler."),
    ] = None,
    tables: Annotated[
        bool, typer.Option("--tables", help="Rebuild the tables from the points; solve nothing.")
    ] = False,
    quiet: Quiet = False,
) -> None:
    """Run CONFIG at every point of its `sweep` axes; rerun to resume."""
    from femwgm.cli.sweeping import sweep_into
    from femwgm.config import load_config
    from femwgm.errors import ConfigError

    settings = load_config(config, override or [])
    if settings.sweep is None:
        raise ConfigError(
            "is required and missing",
            file=config,
            key="sweep",
            remedy="add e.g. 'sweep: {axes: [{key: geometry.layers.shell.thickness,"
            " linear: {start: 300 nm, stop: 800 nm, count: 11}}]}'",
        )
    try:
        sweep_into(settings, out, workers=workers, scheduler=scheduler, solve=not tables, quiet=quiet)
    except KeyboardInterrupt:
        print(f"femwgm: interrupted; rerun to resume from {out}", file=sys.stderr)
        raise typer.Exit(130) from None


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
        Path | None, typer.Option("--gif", metavar="FILE", help="One period of the wave, off screen.")
    ] = None,
    mp4: Annotated[Path | None, typer.Option("--mp4", metavar="FILE", help="The same as a film.")] = None,
    web: Annotated[bool, typer.Option("--web", help="Serve the view to a browser on this machine.")] = False,
    port: Annotated[
        int, typer.Option("--port", min=0, max=65535, help="Port for --web; 0 takes a free one.")
    ] = 0,
    browser: Annotated[
        bool, typer.Option("--browser/--no-browser", help="Open the browser for --web.")
    ] = True,
    standing: Annotated[
        bool, typer.Option("--standing", help="The standing wave instead of the travelling one.")
    ] = False,
    cut: Annotated[
        float, typer.Option("--cut", min=0.0, max=350.0, help="Opening of the cut in degrees.")
    ] = 100.0,
    wedge: Annotated[
        bool, typer.Option("--wedge", help="Cut through the whole body, not its upper half.")
    ] = False,
    opacity: Annotated[
        list[str] | None, typer.Option("--opacity", metavar="LAYER=VALUE", help="From 0, clear, to 1, solid.")
    ] = None,
) -> None:
    """Show the modes of a run folder in three dimensions: in a window, a browser, or files."""
    from femwgm.store import load_run
    from femwgm.views.app import opacities, view_run

    written = view_run(
        load_run(folder), mode=mode, show=quantity, png=png, gif=gif, mp4=mp4, web=web, port=port, open_browser=browser,
        standing=standing, cut=cut, wedge=wedge, opacity=opacities(opacity or []),
    )  # fmt: skip
    for file in written:
        print(file)


@app.command()
def report(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A run folder.", show_default=False)],
) -> None:
    """Write DIR/report.html."""
    from femwgm.runs import part
    from femwgm.store import load_run

    stored = load_run(folder)
    print(part("femwgm.report", "write_report")(stored))


@app.command()
def assign(
    peaks: Annotated[
        Path,
        typer.Argument(
            metavar="PEAKS.csv", help="wavelength_nm[,width_nm,error_nm,pol,height]", show_default=False
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
            help="What is known beforehand, as a standard deviation: diameter=2%, thickness='20 nm', index=0.03,"
            " slope=0.1; 0 holds.",
        ),
    ] = None,
    shell: Annotated[
        str | None,
        typer.Option(
            metavar="LAYER", help="Layer whose thickness and index are fitted; by default the outermost."
        ),
    ] = None,
    quiet: Quiet = False,
) -> None:
    """Say which mode each measured peak is, and which sphere fits; CONFIG is the sphere as it is thought to be."""
    from femwgm.cli.assigning import assign_peaks, print_assignment
    from femwgm.config import load_config

    result = assign_peaks(peaks, load_config(config, override or []), free or [], shell)
    if out is not None:
        from femwgm.experiment.write import write_assignment

        write_assignment(result, out)
    if not quiet:
        print_assignment(result)


@app.command()
def lasing(
    config: Config,
    out: Out = None,
    override: Set = None,
    q: Annotated[
        float, typer.Option("--q", min=1.0, help="Q of the losses that are not in the media.")
    ] = 4200.0,
    gain: Annotated[
        Path | None,
        typer.Option(
            "--gain", metavar="TABLE.csv", help="wavelength_nm,gain; by default 18 nm around 655 nm."
        ),
    ] = None,
    face_down: Annotated[bool, typer.Option("--face-down", help="Emitters that lie in the surface.")] = False,
    shell: Annotated[
        str | None, typer.Option(metavar="LAYER", help="Layer with gain; by default the outermost.")
    ] = None,
    quiet: Quiet = False,
) -> None:
    """Threshold gain of each mode, the first lines to lase, and how many there are against pump."""
    from femwgm.cli.laser import lasing as find
    from femwgm.cli.laser import print_lasing, write_lasing
    from femwgm.config import load_config

    result = find(load_config(config, override or []), q, gain, face_down, shell)
    if out is not None:
        write_lasing(result, out)
    if not quiet:
        print_lasing(result)


@app.command()
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
        typer.Option("--at", metavar="NM", min=0.0, help="Wavelength where a coincidence is wanted."),
    ] = None,
    out: Out = None,
    override: Set = None,
    quiet: Quiet = False,
) -> None:
    """Where the combs of two spheres coincide in the window of FIRST, how sharply, and how sure that is; --set holds for both."""
    from femwgm.cli.laser import print_vernier, write_vernier
    from femwgm.cli.laser import vernier as find
    from femwgm.config import load_config
    from femwgm.config.quantity import length_um
    from femwgm.errors import ConfigError

    if pol not in ("TE", "TM"):
        raise ConfigError("must be TE or TM", key="--pol", value=pol)
    try:
        spread = length_um(deviation)
    except ValueError:
        spread = -1.0
    if not spread > 0.0:
        raise ConfigError("must be a length", key="--deviation", value=deviation, remedy="e.g. '10 nm'")
    one, other = (load_config(path, override or []) for path in (first, second))
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


@app.command()
def paper(
    folder: Annotated[
        Path | None,
        typer.Argument(
            metavar="[FOLDER]",
            help="The study's configurations, by default configs/paper.",
            show_default=False,
        ),
    ] = None,
    out: Annotated[Path, typer.Option("--out", "-o", metavar="DIR", help="Folder for the report.")] = Path(
        "runs/paper"
    ),
    quiet: Quiet = False,
) -> None:
    """Compute the published study anew and write DIR/paper.html: each published number beside ours."""
    from femwgm.experiment.paper import write_paper

    with _progress(quiet) as progress:
        tell = (lambda what: progress(what, None, None)) if progress else (lambda _: None)
        page, sections = write_paper(out, folder, tell)
    if not quiet:
        from femwgm.cli.assigning import print_comparison

        print_comparison(sections)
    print(page)


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


@contextlib.contextmanager
def _progress(quiet: bool) -> Iterator[Any]:
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


def _show(
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
