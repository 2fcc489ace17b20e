"""Modes, runs and sweeps in a notebook: a table with error bars, a light for met or missed, a small picture."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

from femwgm.errors import FemwgmError
from femwgm.ground.numbers import with_error

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from femwgm.modes.mode import Mode

MOST_ROWS = 30
_STYLE = """<style>
.femwgm { font-variant-numeric: tabular-nums; } .femwgm table { border-collapse: collapse; }
.femwgm td, .femwgm th { text-align: right !important; padding: 0.15em 0.7em; white-space: nowrap; }
.femwgm td:first-child, .femwgm th:first-child { text-align: left !important; }
.femwgm .light { border-radius: 0.7em; padding: 0.05em 0.6em; color: #fff; font-size: 90%; }
.femwgm .good { background: #2e7d32; } .femwgm .bad { background: #c62828; } .femwgm .some { background: #b26a00; }
.femwgm .side { display: flex; gap: 1.5em; flex-wrap: wrap; align-items: center; } .femwgm p { margin: 0.3em 0; }
.femwgm .more { opacity: 0.7; }
</style>"""


def html(shown: Any) -> str:
    """A mode, a set of modes, a run or a sweep as a piece of a page."""
    for name, write in _WRITERS.items():
        if any(kind.__name__ == name for kind in type(shown).__mro__):
            return f'{_STYLE}<div class="femwgm">{"".join(write(shown))}</div>'
    raise TypeError(f"{type(shown).__name__} has no picture")


def plot(mode: Mode) -> Figure:
    """|E|^2 of a mode in the meridian plane."""
    from femwgm.views.fields.source import mode_view
    from femwgm.views.figures.plane import colour_bar, meridian
    from femwgm.views.figures.style import look, new_figure

    with look():
        figure = new_figure(3.4, 3.0)
        ax = figure.add_subplot()
        view = mode_view(mode)
        meridian(view, ax)
        colour_bar(ax, "E2")
        figure.suptitle(f"{view.label}, {view.place}", fontsize=7)
    return figure


class Turning:
    """The page that turns, inside a notebook."""

    def __init__(self, source: Any, mode: str | None = None) -> None:
        self.source, self.mode = source, mode

    def __repr__(self) -> str:
        return (
            "the resonator in three dimensions: shown in a notebook; 'femwgm view DIR --html FILE' writes it"
        )

    def _repr_html_(self) -> str:
        from femwgm.views.report.turning import turning_html

        page = escape(turning_html(self.source, self.mode), quote=True)
        return f'<iframe srcdoc="{page}" style="width: 100%; height: 560px; border: 0" sandbox="allow-scripts"></iframe>'


def _light(good: int, of: int, words: tuple[str, str] = ("met", "missed")) -> str:
    kind = "good" if good == of else "bad" if good == 0 else "some"
    text = words[0] if good == of else words[1] if of == 1 else f"{of - good} of {of} {words[1]}"
    return f'<span class="light {kind}">{text}</span>'


def _mode(mode: Any) -> Iterator[str]:
    row = mode.row()
    lines = [
        ("wavelength / nm", with_error(row["wavelength_nm"], row.get("wavelength_error"))),
        ("n_eff", with_error(row.get("n_eff"), row.get("wavelength_error"))),
        ("n_g", with_error(row.get("n_g"), row.get("n_g_error"))),
        ("FSR / nm", with_error(row.get("fsr_nm"), row.get("fsr_error"))),
        *((name, with_error(row.get(key), row.get(f"{key}_error", row.get("q_error") if key == "q_rad" else None)))
          for name, key in (("Q_rad", "q_rad"), ("Q_abs", "q_abs"), ("Q", "q_total"))),
        ("volume / µm³", with_error(row.get("mode_volume_um3"), row.get("mode_volume_error"))),
        *((f"{name}: energy", _percent(share, row.get("share_error"))) for name, share in mode.energy.items()),
    ]  # fmt: skip
    body = "".join(f"<tr><td>{name}</td><td>{value}</td></tr>" for name, value in lines if value)
    yield f"<p><b>{escape(mode.label)}</b> {_light(int(bool(mode.met)), 1)}</p>"
    yield f'<div class="side"><table>{body}</table>{_thumbnail(lambda: plot(mode))}</div>'


def _table(modes: Sequence[Any]) -> str:
    rows = [mode.row() for mode in modes[:MOST_ROWS]]
    regions = list(modes[0].energy) if modes else []
    heads = [
        "mode",
        "λ / nm",
        "n_eff",
        "n_g",
        "Q_rad",
        "Q_abs",
        "Q",
        *(f"{name} / %" for name in regions),
        "",
    ]
    cells = []
    for mode, row in zip(modes, rows, strict=False):
        q = (
            with_error(row.get(key), row.get(f"{key}_error", row.get("q_error") if key == "q_rad" else None))
            for key in ("q_rad", "q_abs", "q_total")
        )
        cells.append([
            escape(mode.label), with_error(row["wavelength_nm"], row.get("wavelength_error")),
            with_error(row.get("n_eff"), row.get("wavelength_error")), with_error(row.get("n_g"), row.get("n_g_error")), *q,
            *(_percent(share, None, "") for share in mode.energy.values()), _light(int(bool(mode.met)), 1),
        ])  # fmt: skip
    kept = [i for i in range(len(heads)) if any(line[i] for line in cells)]
    head = "".join(f"<th>{heads[i]}</th>" for i in kept)
    body = "".join("<tr>" + "".join(f"<td>{line[i]}</td>" for i in kept) + "</tr>" for line in cells)
    more = f'<p class="more">and {len(modes) - MOST_ROWS} more</p>' if len(modes) > MOST_ROWS else ""
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{more}"


def _set(modes: Any) -> Iterator[str]:
    yield f"<p><b>{len(modes)} modes</b></p>"
    if len(modes):
        yield _table(list(modes))


def _run(result: Any) -> Iterator[str]:
    modes = list(result.modes)
    met = sum(bool(mode.met) for mode in modes)
    yield f"<p><b>{escape(result.config.name)}</b>: {len(modes)} modes {_light(met, len(modes)) if modes else ''}</p>"
    if modes:
        yield _table(modes)
        yield _thumbnail(lambda: _comb(result))
    yield "".join(f'<p class="more">{escape(line)}</p>' for line in result.warnings)


def _sweep(result: Any) -> Iterator[str]:
    axes = ", ".join(f"{name} ({unit})" if unit else name for name, unit in result.axes.items())
    light = _light(result.done, result.points, ("done", "open"))
    yield f"<p><b>sweep over {escape(axes)}</b>: {result.points} points {light}</p>"
    if result.done:
        names = [*result.axes, "pol", "q", "l", "m", "wavelength_nm", "wavelength_error", "n_g", "q_total"]
        table = result.table
        yield table[[name for name in names if name in table]].head(MOST_ROWS).to_html(index=False, border=0)
        if len(table) > MOST_ROWS:
            yield f'<p class="more">and {len(table) - MOST_ROWS} more lines in .table</p>'


_WRITERS: Mapping[str, Callable[[Any], Iterator[str]]] = {
    "Mode": _mode,
    "ModeSet": _set,
    "RunResult": _run,
    "SweepResult": _sweep,
}


def _comb(result: Any) -> Figure:
    from femwgm.views.fields.source import run_view
    from femwgm.views.figures.pages import comb_figure

    return comb_figure(run_view(result))


def _thumbnail(draw: Callable[[], Figure]) -> str:
    """A small picture, or nothing where there is no field to draw."""
    from femwgm.views.figures.style import drawn

    try:
        data = base64.b64encode(drawn(draw, dpi=110)).decode()
    except (FemwgmError, ValueError):
        return ""
    return f'<img src="data:image/png;base64,{data}" alt="picture" style="max-height: 330px">'


def _percent(share: float | None, error: float | None, unit: str = " %") -> str:
    if share is None:
        return ""
    return f"{100.0 * share:.3f}" + (f" ± {100.0 * error:.1g}" if error else "") + unit
