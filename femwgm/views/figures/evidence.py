"""The evidence: errors against the unknowns, and the error estimate of every mode of a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from femwgm.ground.typing import Array
from femwgm.views.fields.source import column
from femwgm.views.figures.style import ACCENT, GREY, decades

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Rows = Sequence[Mapping[str, Any]]


def convergence(
    unknowns: Mapping[str, Array],
    errors: Mapping[str, Array],
    ax: Axes,
    *,
    floor: float | None = None,
    orders: bool = True,
) -> Axes:
    """Plot relative errors against the number of unknowns, a line a series, with the order that its last points show.

    Parameters
    ----------
    unknowns, errors
        By the name of the series.
    ax
        Where to plot.
    floor
        Tolerance to mark.
    orders
        Write the slope in terms of the cell size h (unknowns ~ h^-2) beside each line.
    """
    for i, (name, N) in enumerate(unknowns.items()):
        e = np.abs(np.asarray(errors[name], dtype=float))
        colour = ACCENT[i % len(ACCENT)]
        ax.loglog(N, e, color=colour, marker="osD^v<"[i % 6], ms=3.5, lw=1.0, label=name)
        if orders and len(N) > 1 and e[-1] > 0.0:
            slope = -2.0 * np.log(e[-1] / e[-2]) / np.log(N[-1] / N[-2])
            ax.annotate(
                f"{slope:.1f}",
                (N[-1], e[-1]),
                (4, 0),
                textcoords="offset points",
                fontsize=6,
                color=colour,
                va="center",
            )
    if floor is not None:
        ax.axhline(floor, color=GREY, lw=0.8, ls="--")
        ax.text(
            0.99,
            floor,
            "tolerance",
            transform=ax.get_yaxis_transform(),
            ha="right",
            va="bottom",
            fontsize=6,
            color=GREY,
        )
    ax.set_xlabel("unknowns")
    ax.set_ylabel("relative error of the wavelength")
    ax.legend()
    return ax


def error_bars(rows: Rows, ax: Axes, *, asked: float | None = None) -> Axes:
    """Plot the estimated relative error of each mode's wavelength beside the residual of its eigenpair and what was asked."""
    names = [f"{row['pol']} {row.get('l') or row['m']}" for row in rows]
    x = np.arange(len(rows))
    decades(ax)
    ax.plot(
        x,
        column(rows, "wavelength_error"),
        ls="",
        marker="o",
        ms=3.5,
        color=ACCENT[0],
        label="estimated error",
    )
    ax.plot(x, column(rows, "residual"), ls="", marker="_", ms=6, color=GREY, label="residual")
    if asked is not None:
        ax.axhline(asked, color=ACCENT[1], lw=0.9, ls="--", label="asked for")
        ax.set_ylim(top=max(10.0 * asked, ax.get_ylim()[1]))
    step = 1 + len(rows) // 24
    ax.set_xticks(x[::step], names[::step], rotation=90, fontsize=5.5)
    ax.set_ylabel("relative error")
    ax.legend(
        loc="lower right",
        bbox_to_anchor=(1.0, 1.0),
        ncols=3,
        fontsize=6,
        borderaxespad=0.2,
        columnspacing=1.2,
    )
    return ax
