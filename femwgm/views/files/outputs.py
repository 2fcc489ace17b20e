"""What a run leaves in its folder to look at: fields/*.vtu with fields/modes.pvd, and plots/*.png."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from femwgm.views.fields.source import RunView, Source, run_view
from femwgm.views.files.arrays import write_exports
from femwgm.views.files.fields import FIELDS, SERIES, write_mode, write_series

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Progress = Callable[[str, int, int], None]
PLOTS = "plots"
TURNING, CUT_OPEN = "in_space.html", "cut_open.png"
MOST_MODES = 6


def write_outputs(source: Source, folder: str | Path, progress: Progress | None = None) -> list[Path]:
    """Write the fields and pictures that the configuration asks for.

    Parameters
    ----------
    source
        The result of `run`, or what `run_view` takes.
    folder
        The run folder.
    progress
        Called with what is being written, how many files are done, and how many there are.
    """
    run = run_view(source)
    written = write_fields(run, folder, progress) if run.config.outputs.fields else []
    if run.config.outputs.exports:
        written += write_exports(run, folder, progress)
    return written + (write_plots(run, folder, progress) if run.config.outputs.plots else [])


def write_fields(source: Source, folder: str | Path, progress: Progress | None = None) -> list[Path]:
    """Write fields/NAME.vtu for each mode and fields/modes.pvd, a series over the wavelength."""
    run, place = run_view(source), Path(folder) / FIELDS
    written = []
    for done, mode in enumerate(run.modes):
        if progress:
            progress(f"field of {mode.label}", done, len(run.modes))
        written.append(write_mode(mode.patches, place / mode.file, mode.row))
    if written:
        entries = [(mode.wavelength_nm, mode.file) for mode in run.modes]
        written.append(write_series(entries, place / SERIES))
    return written


def write_plots(source: Source, folder: str | Path, progress: Progress | None = None) -> list[Path]:
    """Write plots/*.png: the comb, the body with its mesh, the evidence, a page for one mode of each family, the body cut open.

    Before the last of them comes plots/in_space.html, the body cut open on a page that turns.

    Raises
    ------
    MissingExtraError
        After all that needs no graphics library is written, if the picture in three dimensions cannot be rendered here.
    OutputError
        The same, if the graphics library ends the process that it works in.
    """
    from femwgm.views.report.turning import write_turning
    from femwgm.views.space.easel import Easel
    from femwgm.views.space.shots import Shot

    run, place = run_view(source), Path(folder) / PLOTS
    if not run.modes or not run.outlines:
        return write_figures(run, folder, progress)
    with Easel() as easel:
        written = write_figures(run, folder, progress)
        count = len(written)
        if progress:
            progress("the page that turns", count, count + 2)
        shot = Shot.of(run, run.find(None))
        painted = [easel.paint(canvas) for canvas in shot.canvases]
        written.append(write_turning(run, place / TURNING))
        if progress:
            progress("picture cut_open", count + 1, count + 2)
        return [*written, shot.write([picture.result() for picture in painted], place / CUT_OPEN)]


def write_figures(
    source: Source, folder: str | Path, progress: Progress | None = None, formats: tuple[str, ...] = ("png",)
) -> list[Path]:
    """Write every figure of the plane into plots/, as png, pdf or svg; none for a run without modes."""
    from femwgm.views.figures.style import look, save

    run, place = run_view(source), Path(folder) / PLOTS
    written: list[Path] = []
    if not run.modes:
        return written
    with look():
        pages = list(_pages(run))
        for done, (name, draw) in enumerate(pages):
            if progress:
                progress(f"picture {name}", done, len(pages))
            written += save(draw(), place / f"{name}.png", formats)
    return written


def _pages(run: RunView) -> Iterator[tuple[str, Callable[[], Figure]]]:
    from femwgm.views.figures import pages as figures

    yield "comb", partial(figures.comb_figure, run)
    yield "domain", partial(figures.domain_figure, run)
    yield "evidence", partial(figures.evidence_figure, run)
    for mode in run.representatives(MOST_MODES):
        yield mode.file.removesuffix(".vtu"), partial(figures.mode_figure, mode)
