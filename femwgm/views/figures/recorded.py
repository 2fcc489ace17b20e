"""A recorded spectrum with the lines found in it, and what the fit leaves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from femwgm.views.figures.style import ACCENT, GREY, INK, PAGE, new_figure, panel

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NAMED = 24
"""Most lines that are named; of more, the strongest."""


def recorded_figure(found: Any) -> Figure:
    """Counts, model and baseline above; residuals in standard deviations below.

    Parameters
    ----------
    found
        What a search found: `spectrum`, `fit`, `lines` and the flags of the points left out.
    """
    x, y, fit, used = found.spectrum.wavelength_nm, found.spectrum.counts, found.fit, found.used
    figure = new_figure(PAGE, 3.6)
    top, bottom = figure.subplots(2, 1, sharex=True, gridspec_kw={"height_ratios": [3.0, 1.0]})
    top.plot(x, y, color=GREY, lw=0.6, label="recorded", zorder=1)
    top.plot(x, fit.level, color=ACCENT[2], lw=0.9, label="baseline")
    top.plot(x, fit.model, color=ACCENT[1], lw=0.8, label="fit")
    if not used.all():
        top.plot(x[~used], y[~used], ls="", marker="x", ms=4.0, color=ACCENT[3], label="left out")
    tall = float(np.nanmax(np.where(used, y, np.nan)))
    low = float(min(y[used].min(), fit.level.min()))
    room = 0.36 * (tall - low)
    top.set_ylim(low - 0.05 * (tall - low), max(tall, float(fit.model.max())) + room)
    top.set_xlim(x[0], x[-1])
    named = sorted(
        sorted(found.lines, key=lambda line: -line.significance)[:NAMED], key=lambda line: line.wavelength_nm
    )
    places = _spread([line.wavelength_nm for line in named], 0.0125 * float(x[-1] - x[0]))
    for line, place in zip(named, places, strict=True):
        crest = float(np.interp(line.wavelength_nm, x, fit.model))
        foot = max(tall, float(fit.model.max())) + 0.05 * (tall - low)
        top.plot([line.wavelength_nm, place], [crest + 0.01 * (tall - low), foot], color=INK, lw=0.35)
        top.text(place, foot, f" {_rounded(line)}", rotation=90, ha="center", va="bottom", fontsize=5.6)
    top.set_ylabel("counts")
    top.legend(loc="lower right", ncols=4, bbox_to_anchor=(1.0, 1.0), borderaxespad=0.1)
    word = "line" if len(found.lines) == 1 else "lines"
    top.set_title(f"{found.spectrum.name}: {len(found.lines)} {word} above {found.threshold:.1f} σ")
    rest = np.where(used, (y - fit.model) / np.sqrt(fit.variance), np.nan)
    bottom.plot(x, rest, color=GREY, lw=0.5)
    bottom.axhline(0.0, color=INK, lw=0.6)
    reach = max(4.5, 1.1 * float(np.nanmax(np.abs(rest))))
    bottom.set_ylim(-reach, reach)
    bottom.set_ylabel("residual / σ")
    bottom.set_xlabel("vacuum wavelength / nm")
    panel(top, "a")
    panel(bottom, "b")
    return figure


def _rounded(line: Any) -> str:
    """A wavelength with the digits that its error leaves."""
    digits = int(np.clip(np.ceil(-np.log10(max(line.wavelength_error_nm, 1e-9))), 0, 6))
    return f"{line.wavelength_nm:.{digits}f}"


def _spread(places: list[float], apart: float) -> list[float]:
    """Places at least so far apart, as near to their own as that allows."""
    at = np.array(places)
    for _ in range(200):
        gaps = np.diff(at)
        close = np.flatnonzero(gaps < apart - 1e-12)
        if close.size == 0:
            break
        for i in close:
            push = 0.5 * (apart - (at[i + 1] - at[i]))
            if push > 0.0:
                at[i] -= push
                at[i + 1] += push
    return [float(v) for v in at]
