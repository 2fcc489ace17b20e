"""The page itself: one HTML file with its style, its pictures and a few lines of script inside; it loads nothing."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from femwgm.config import dump_resolved
from femwgm.errors import FemwgmError, OutputError
from femwgm.ground.numbers import mode_cells
from femwgm.ground.units import in_spectral_unit
from femwgm.store import write_bytes
from femwgm.views.fields.source import ModeView, RunView, Source, run_view
from femwgm.views.files.outputs import CUT_OPEN, PLOTS, TURNING
from femwgm.views.report.document import document, picture
from femwgm.views.report.prose import (
    GLOSSARY,
    SUMMED_UP,
    evidence,
    in_words,
    layers,
    limits,
    summary,
)
from femwgm.views.report.style import SCRIPT
from femwgm.views.space.turntable import block, script, style

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NAME = "report.html"
MODES_DRAWN = 4


def write_report(source: Source, path: str | Path | None = None) -> Path:
    """Write the report of a run.

    Parameters
    ----------
    source
        A run folder, or the result of `run` (then `path` is needed).
    path
        The file; by default report.html in the run folder.

    Raises
    ------
    OutputError
        If there is nowhere to write it.
    """
    if path is None:
        folder = source if isinstance(source, str | Path) else getattr(source, "path", None)
        if folder is None:
            raise OutputError("a report of a run that is not on disk needs a file name")
        path = Path(folder) / NAME
    target = Path(path)
    write_bytes(target, report_html(source).encode("utf-8"))
    return target


def report_html(source: Source) -> str:
    """The report as one HTML document."""
    run = run_view(source)
    body = "\n".join(section for section in _sections(run) if section)
    return document(
        f"{run.config.name}: whispering-gallery modes", body, style=style(), script=SCRIPT + script()
    )


def _sections(run: RunView) -> Iterator[str]:
    yield _head(run)
    yield _warnings(run)
    yield _body(run)
    yield _table(run)
    yield _pictures(run)
    yield _losses(run)
    yield _evidence(run)
    yield _asked(run)
    yield _versions(run)


def _head(run: RunView) -> str:
    status = str(run.info.get("status", "done"))
    written = str(run.info.get("written", ""))[:16].replace("T", " ")
    note = {
        "done": "",
        "inaccurate": " Some modes miss the accuracy asked for.",
        "interrupted": " The run was interrupted.",
    }
    first, *rest = summary(run)
    paragraphs = f'<p class="lead">{escape(first)}{escape(note.get(status, f" Status: {status}."))}</p>'
    paragraphs += "".join(f"<p>{escape(line)}</p>" for line in rest)
    stamp = f'<p class="stamp">femwgm{", " + escape(written) + " UTC" if written else ""}</p>'
    return f"<header><h1>{escape(run.config.name)}</h1>{stamp}</header>\n<section>{paragraphs}</section>"


def _warnings(run: RunView) -> str:
    if not run.warnings:
        return ""
    items = "".join(f"<li>{escape(line)}</li>" for line in run.warnings)
    return f'<section class="warning" role="note"><h2>Mind</h2><ul>{items}</ul></section>'


def _body(run: RunView) -> str:
    from femwgm.views.figures.pages import domain_figure

    middle = in_spectral_unit(500.0 * sum(run.config.modes.window_um), run.config.modes.unit)
    unit = (run.config.modes.unit or "nm").replace("1/cm", "cm⁻¹")
    lines = "".join(
        f"<tr><th scope=row>{escape(r['region'])}</th><td>{escape(r['material'])}</td><td>{escape(r['index'])}</td>"
        f"<td>{escape(r['size'])}</td></tr>"
        for r in layers(run)
    )
    table = (
        "<table class=plain><thead><tr><th>region</th><th>material</th>"
        f"<th>index at {middle:.4g} {unit}</th><th>size</th></tr></thead>"
        f"<tbody>{lines}</tbody></table>"
    )
    picture = _picture(
        lambda: domain_figure(run), "The body in the meridian plane, to scale, and the mesh.", "svg"
    )
    return f"<section><h2>The body</h2>{table}{picture}</section>"


def _table(run: RunView) -> str:
    if not run.modes:
        return ""
    rows = [_cells(mode, run) for mode in run.modes]
    kept = [name for name in rows[0] if any(row[name][0] for row in rows)]
    head = "".join(
        f'<th scope="col" aria-sort="none"><button type="button">{_heading(name)}</button></th>'
        for name in kept
    )
    lines = []
    for mode, row in zip(run.modes, rows, strict=True):
        cells = "".join(f'<td data-key="{escape(str(row[name][1]))}">{row[name][0]}</td>' for name in kept)
        missed = ' class="missed"' if mode.row.get("met") is False else ""
        lines.append(f"<tr{missed}>{cells}</tr>")
    caption = "Shares are of the electric energy. Every column with all digits is in modes.csv. Click a heading to sort."
    words = "".join(f"<dt>{_heading(term)}</dt><dd>{_heading(meaning)}</dd>" for term, meaning in GLOSSARY)
    return (
        f'<section><h2>The modes</h2><div class="wide"><table class="sortable"><caption>{caption}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{''.join(lines)}</tbody></table></div>"
        f"<details open><summary>What the columns mean</summary><dl>{words}</dl></details></section>"
    )


def _heading(text: str) -> str:
    """Text with its indices lowered: n_eff becomes n with the index eff."""
    return re.sub(r"\b([nQ])_(\w+)", r"\1<sub>\2</sub>", escape(text))


def _cells(mode: ModeView, run: RunView) -> dict[str, tuple[str, float | str]]:
    """By heading: the cell, and what to sort by, nothing where the cell is empty."""
    pol = escape(mode.pol)
    cells: dict[str, tuple[str, float | str]] = {"pol": (f'<span class="{pol}">{pol}</span>', pol)}
    for name, (text, key) in mode_cells(mode.row, run.regions, run.config.modes.unit).items():
        cells[name] = escape(text), "" if key is None else key
        if name == "± rel.":
            home = mode.home if mode.shares("energy") else ""
            cells["lives in"] = escape(home), home
    return cells


def _pictures(run: RunView) -> str:
    from femwgm.views.figures.pages import comb_figure, mode_figure

    if not run.modes:
        return ""
    parts = [
        _picture(
            lambda: comb_figure(run), "Wavelength against polar degree, and the lines in the window.", "svg"
        )
    ]
    parts.append(_in_space(run))
    if run.config.splits_sphere:
        parts.append(_split(run))
        return f"<section><h2>The split lines</h2>{''.join(parts)}</section>"
    shown = run.representatives(MODES_DRAWN)
    caption = (
        "a, b: momentary field in the plane of the equator, or at the height z named there, whole and magnified; c: fall-off"
        " along the radius; d, e: |E|² in the meridian plane, whole and magnified; f: |E|² along the radius with the shares of"
        " the regions that it crosses, by the measures named."
    )
    for mode in shown:
        words = "" if mode in run.representatives(SUMMED_UP) else f"<p>{escape(in_words(mode))}</p>"
        about = f"{mode.label}. {caption}"
        stored = run.kept(f"{PLOTS}/{mode.file.removesuffix('.vtu')}.png")
        drawn = (
            picture(stored, "png", about)
            if stored
            else _picture(partial(mode_figure, mode, ring_pixels=250), about, "png")
        )
        parts.append(f'<div class="whole"><h3>{escape(mode.label)}</h3>{words}{drawn}</div>')
    if len(run.modes) > len(shown):
        parts.append("<p class=note>One mode of each family is drawn: its neighbours in l look alike.</p>")
    return f"<section><h2>The fields</h2>{''.join(parts)}</section>"


def _split(run: RunView) -> str:
    """The multiplets of an imperfect sphere as a spectrometer shows them."""
    from femwgm.imperfections.run import split_modes
    from femwgm.views.figures.splitting import splitting_figure

    drawn = []
    for mode in run.representatives(MODES_DRAWN):
        split = split_modes(
            run.config, lambda *_: None, lambda _: None, (mode.pol, mode.row["q"], mode.row["l"])
        )
        caption = (
            "Above, the lines and their sum as two spectrometers show it; below, what each line is made of."
        )
        drawn.append(_picture(partial(splitting_figure, split.multiplets), f"{mode.label}: {caption}", "png"))
    return "".join(drawn)


def _in_space(run: RunView) -> str:
    """The picture in three dimensions, or a line that says why there is none."""
    image = run.kept(f"{PLOTS}/{CUT_OPEN}")
    try:
        image = image or _cut_open(run)
    except FemwgmError as error:
        return f"<p class=note>There is no picture in three dimensions: {escape(str(error))}.</p>"
    caption = "the body cut open, |E|² painted on the cut and the surface."
    still = picture(image, "png", f"{run.representatives(1)[0].label}: {caption}")
    try:
        return block(run, instead=still, page=run.kept(f"{PLOTS}/{TURNING}"))
    except OutputError:
        return still


def _cut_open(run: RunView) -> bytes:
    import tempfile

    from femwgm.views.space.app import view

    with tempfile.TemporaryDirectory() as folder:
        [file] = view(run, png=Path(folder) / CUT_OPEN, size=(1300, 650))
        return file.read_bytes()


def _losses(run: RunView) -> str:
    from femwgm.views.figures.losses import IRRELEVANT, budget, channels
    from femwgm.views.figures.style import PAGE, new_figure

    shown = [mode for mode in run.representatives(MODES_DRAWN) if channels(mode)]
    if not shown:
        return ""

    def draw() -> Figure:
        figure = new_figure(PAGE, 0.75 + 0.34 * max(len(channels(mode)) for mode in shown) + 0.3)
        for ax, mode in zip(figure.subplots(1, len(shown), squeeze=False)[0], shown, strict=True):
            budget(mode, ax)
            ax.set_title(mode.label, fontsize=7)
        return figure

    words = "".join(f"<li>{escape(mode.label)}: {escape(limits(mode))}</li>" for mode in shown)
    bars = any(len(channels(mode)) > 1 or channels(mode)[0].log10_q < IRRELEVANT for mode in shown)
    if not bars:
        return f"<section><h2>What limits Q</h2><ul>{words}</ul></section>"
    return (
        f"<section><h2>What limits Q</h2><ul>{words}</ul>"
        f"{_picture(draw, 'Loss budget: the shortest bar limits the mode; each unit is a factor of ten.', 'svg')}</section>"
    )


def _evidence(run: RunView) -> str:
    from femwgm.views.figures.evidence import error_bars
    from femwgm.views.figures.style import PAGE, new_figure

    if not run.modes:
        return ""

    def draw() -> Figure:
        figure = new_figure(PAGE, 2.1)
        error_bars(
            [mode.row for mode in run.modes], figure.add_subplot(), asked=run.config.accuracy.wavelength
        )
        return figure

    return (
        f"<section><h2>How far to trust it</h2><p>{escape(evidence(run))}</p>"
        f"{_picture(draw, 'Estimated relative error of each wavelength and residual of each eigenpair.', 'svg')}</section>"
    )


def _asked(run: RunView) -> str:
    text = escape(dump_resolved(run.config))
    return f"<section><h2>What was asked</h2><p>This configuration reproduces the run.</p><pre>{text}</pre></section>"


def _versions(run: RunView) -> str:
    versions = run.info.get("versions", {})
    seconds = run.info.get("seconds", {})
    rows = "".join(
        f"<tr><th scope=row>{escape(str(k))}</th><td>{escape(str(v))}</td></tr>" for k, v in versions.items()
    )
    times = "".join(
        f"<tr><th scope=row>{escape(str(k))}</th><td>{float(v):.2f} s</td></tr>"
        for k, v in seconds.items()
        if isinstance(v, int | float)
    )
    code = run.info.get("config_hash")
    mark = f"<p>Content hash of the configuration: <code>{escape(str(code)[:16])}</code></p>" if code else ""
    return (
        f"<section><h2>Made with</h2>{mark}<div class=side><table class=plain><tbody>{rows}</tbody></table>"
        f"<table class=plain><tbody>{times}</tbody></table></div></section>"
    )


def _picture(draw: Callable[[], Figure], caption: str, kind: str) -> str:
    """A figure inside the page; where its field is missing, a line that says so."""
    from femwgm.views.figures.style import drawn

    try:
        data = drawn(draw, kind=kind, dpi=250)
    except OutputError as error:
        return f"<p class=note>{escape(str(error))}</p>"
    return picture(data, kind, caption)
