"""The field along the equatorial radius, with the regions shaded and each region's share written in, by named measure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from femwgm.typing import Array
from femwgm.views.line import Profile
from femwgm.views.quantities import Quantity, quantity
from femwgm.views.ring import plane_height
from femwgm.views.source import ModeView, Viewable, mode_view
from femwgm.views.style import ACCENT, GREY, INK, POLARIZATION, layer_colours

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MEASURES = {
    "energy": "electric energy",
    "e2": r"$|\mathbf{E}|^2$, volume",
    "radial_e2": r"$|\mathbf{E}|^2$, this radius",
}
"""The three measures of a region's share, as named in the picture."""


def radial(
    mode: Viewable, ax: Axes, *, show: str | Quantity = "E2", measures: Sequence[str] = tuple(MEASURES), z: float | None = None,
    log: bool = False, components: bool = False,
) -> Axes:  # fmt: skip
    """Plot a quantity along the radius at the equator (or height z), over its maximum.

    Parameters
    ----------
    mode
        A mode.
    ax
        Where to plot.
    show
        Quantity.
    measures
        Shares to write into the picture: "energy", "e2", "radial_e2".
    z
        Height (um); by default the equator, or where the mode is strongest if it vanishes there.
    log
        Logarithmic scale: the decay on both sides.
    components
        Draw |E_r|^2, |E_phi|^2 and |E_z|^2 as well.
    """
    view, what = mode_view(mode), quantity(show)
    height = plane_height(view) if z is None else z
    line = view.line(height)
    values = what(line.patches).ravel()
    top = np.abs(values).max()
    edges = region_edges(line)
    limits = _limits(line, np.abs(values) / top, edges, log)
    for name, (lo, hi) in edges.items():
        ax.axvspan(
            max(lo, limits[0]),
            min(hi, limits[1]),
            color=layer_colours(view.regions).get(name, "white"),
            lw=0,
            zorder=0,
        )
    for (_, lo), name in zip(list(edges.values())[:-1], list(edges)[:-1], strict=True):
        if name != view.regions[-1]:
            ax.axvline(lo, color=INK, lw=0.7, alpha=0.75, zorder=1)
    ax.plot(line.r, values / top, color=POLARIZATION.get(view.pol, INK), lw=1.4, zorder=3, label=what.label)
    if not log:
        ax.fill_between(
            line.r, values / top, color=POLARIZATION.get(view.pol, INK), alpha=0.13, lw=0, zorder=2
        )
    if components:
        parts = (np.abs(line.patches.E) ** 2).reshape(3, -1) / top
        present = [part.max() > 1e-3 for part in parts]
        for part, name, colour, shown in zip(
            parts, ("r", r"\varphi", "z"), ACCENT[2:], present, strict=False
        ):
            if shown and sum(present) > 1:
                ax.plot(line.r, part, lw=0.8, ls="--", color=colour, label=rf"$|E_{{{name}}}|^2$", zorder=3)
        ax.legend(loc="upper right")
    ax.set_xlim(*limits)
    if log:
        ax.set_yscale("log")
        ax.set_ylim(1e-8, 3.0)
    else:
        ax.set_ylim(-1.08 if what.signed else 0.0, 1.08 + 0.13 * (len(measures) + 1))
        ax.set_yticks([-1.0, -0.5, 0.0, 0.5, 1.0] if what.signed else [0.0, 0.25, 0.5, 0.75, 1.0])
        write_shares(ax, view, edges, limits, measures)
    ax.set_xlabel(r"$r$ / µm" if abs(height) < 1e-9 else rf"$r$ / µm at $z$ = {height:.3g} µm")
    ax.set_ylabel(what.label + " / max")
    return ax


def region_edges(line: Profile) -> dict[str, tuple[float, float]]:
    """Radii (um) between which the line lies in each region, from the inside out."""
    found: dict[str, tuple[float, float]] = {}
    for i, name in enumerate(line.patches.regions):
        inside = line.r[line.region == i]
        if len(inside):
            found[name] = float(inside.min()), float(inside.max())
    return dict(sorted(found.items(), key=lambda item: item[1]))


def _limits(
    line: Profile, values: Array, edges: dict[str, tuple[float, float]], log: bool
) -> tuple[float, float]:
    if log:
        return float(line.r[0]), float(line.r[-1])
    seen = line.r[values > 2e-3]
    lo, hi = float(seen.min()), float(seen.max())
    inner = [a for a, _ in list(edges.values())[1:]]
    lo, hi = min([lo, *inner[:1]]), max([hi, *inner[-1:]])
    margin = 0.22 * (hi - lo)
    return max(lo - margin, float(line.r[0])), min(hi + margin, float(line.r[-1]))


def write_shares(
    ax: Axes,
    view: ModeView,
    edges: dict[str, tuple[float, float]],
    limits: tuple[float, float],
    measures: Sequence[str],
) -> None:
    """Write the shares of each region above the curve, a line a measure, named at the left."""
    from matplotlib.transforms import blended_transform_factory

    across = blended_transform_factory(ax.transData, ax.transAxes)
    step = 0.075
    ax.text(
        -0.02, 0.955, "share of", transform=ax.transAxes, ha="right", va="center", fontsize=5.5, color=GREY
    )
    for row, measure in enumerate(measures):
        shares = view.shares(measure)
        y = 0.955 - step * (row + 1)
        ax.text(
            -0.02,
            y,
            MEASURES[measure],
            transform=ax.transAxes,
            ha="right",
            va="center",
            fontsize=5.5,
            color=GREY,
        )
        for name, (lo, hi) in edges.items():
            middle = 0.5 * (max(lo, limits[0]) + min(hi, limits[1]))
            if row == 0:
                ax.text(
                    middle,
                    0.955,
                    name,
                    transform=across,
                    ha="center",
                    va="center",
                    fontsize=7,
                    fontweight="bold",
                )
            if name in shares:
                ax.text(
                    middle, y, percent(shares[name]), transform=across, ha="center", va="center", fontsize=6.5
                )


def percent(share: float) -> str:
    """A share with three figures, never rounded to nothing.

    >>> percent(0.0386674), percent(0.9471), percent(3e-7)
    ('3.87 %', '94.7 %', '3.0e-05 %')
    """
    value = 100.0 * share
    if value == 0.0:
        return "0 %"
    return f"{value:.1f} %" if value >= 10.0 else f"{value:.2f} %" if value >= 0.01 else f"{value:.1e} %"
