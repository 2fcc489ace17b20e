"""External Q against the gap, and the dip that a coupler sees."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from femwgm.views.figures.style import ACCENT, GREY, PAGE, new_figure, panel

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_MOST = 4


def coupling_figure(found: Sequence[Any]) -> Figure:
    """External Q with its error against the gap, the critical gap, and transmission at the gap asked for.

    Parameters
    ----------
    found
        `femwgm.experiment.coupling.couple.Coupling` of the modes; the first four are drawn.
    """
    shown = list(found)[:_MOST]
    lossy = [one for one in shown if one.q is not None]
    figure = new_figure(PAGE if lossy else 0.6 * PAGE, 2.7)
    a, *rest = figure.subplots(1, 2 if lossy else 1, squeeze=False)[0]
    for i, one in enumerate(shown):
        colour = ACCENT[i % len(ACCENT)]
        low, high = one.q_external / (1.0 + one.error), one.q_external * (1.0 + one.error)
        a.fill_between(1e3 * one.gaps, low, high, color=colour, alpha=0.18, lw=0.0)
        a.plot(1e3 * one.gaps, one.q_external, lw=1.1, color=colour, label=one.name)
        if (critical := one.critical_gap_um) is not None:
            a.plot(1e3 * critical[0], one.at(critical[0])[0], "o", ms=4.0, mfc="white", mec=colour)
    for q in sorted({one.q for one in lossy}):
        a.axhline(q, color=GREY, lw=0.8, ls=(0, (4, 2)), zorder=0)
        a.text(
            0.45,
            q,
            "intrinsic",
            color=GREY,
            fontsize=6.0,
            va="bottom",
            ha="center",
            transform=a.get_yaxis_transform(),
        )
    a.set_yscale("log")
    a.set_xlim(0.0, 1e3 * max(float(one.gaps[-1]) for one in shown))
    a.set_xlabel("gap / nm")
    a.set_ylabel("external $Q$")
    a.legend(fontsize=6.0, loc="upper left")
    if lossy:
        (b,) = rest
        for one in lossy:
            i, external = shown.index(one), one.at(one.gap_um)[0]
            width = one.frequency_mhz * (1.0 / one.q + 1.0 / external) + one.splitting_mhz
            detuning = np.linspace(-3.0, 3.0, 601) * width
            b.plot(detuning, one.transmission(detuning, external), lw=1.1, color=ACCENT[i % len(ACCENT)])
        b.set_ylim(-0.02, 1.05)
        b.set_xlabel("detuning / MHz")
        b.set_ylabel(f"transmission, gap {1e3 * lossy[0].gap_um:.4g} nm")
        panel(a, "a")
        panel(b, "b")
    return figure
