"""The field along the equatorial radius, with the regions shaded and each region's share written in, by named measure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from femwgm.ground.numbers import in_percent, length
from femwgm.ground.typing import Array
from femwgm.views.fields.line import Profile
from femwgm.views.fields.quantities import Quantity, quantity
from femwgm.views.fields.source import ModeView, Viewable, mode_view
from femwgm.views.figures.equator import plane_height
from femwgm.views.figures.style import ACCENT, GREY, INK, POLARIZATION, decades, layer_colours, metric

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
    measures = [measure for measure in measures if view.shares(measure)]
    if abs(height) > 1e-9:  # the table's shares along a radius are those at the equator
        measures = [measure for measure in measures if measure != "radial_e2"]
    line = view.line(height)
    values = what(line.patches).ravel()
    top = np.abs(values).max()
    edges = region_edges(line)
    limits = _limits(line, np.abs(values) / top, edges, log)
    tints = layer_colours(view.regions)
    for k, (name, lo, hi) in enumerate(edges):
        left, right = max(lo, limits[0]), min(hi, limits[1])
        if right > left:
            ax.axvspan(left, right, color=tints.get(name, "white"), lw=0, zorder=0)
        if k:
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
        ax.legend(loc="best", fontsize=6)
    ax.set_xlim(*limits)
    ax.locator_params(axis="x", nbins=4 if limits[0] >= 100.0 or limits[1] >= 1000.0 else 6)
    if log:
        decades(ax)
        ax.set_ylim(1e-8, 3.0)
    else:
        ax.set_ylim(-1.08 if what.signed else 0.0, 1.08 + 0.13 * (len(measures) + 1))
        ax.set_yticks([-1.0, -0.5, 0.0, 0.5, 1.0] if what.signed else [0.0, 0.25, 0.5, 0.75, 1.0])
        write_shares(ax, view, edges, limits, measures)
    ax.set_xlabel(r"$r$ / µm" if abs(height) < 1e-9 else rf"$r$ / µm at $z$ = {length(height, 3)}")
    metric(ax)
    ax.set_ylabel(what.label + " / max")
    return ax


def region_edges(line: Profile) -> list[tuple[str, float, float]]:
    """Name and ends (um) of each stretch of the line within one region, from the inside out."""
    cuts = [0, *(np.flatnonzero(np.diff(line.region)) + 1), len(line.r)]
    return [
        (line.patches.regions[line.region[a]], float(line.r[a]), float(line.r[b - 1]))
        for a, b in zip(cuts, cuts[1:], strict=False)
    ]


def _limits(
    line: Profile, values: Array, edges: list[tuple[str, float, float]], log: bool
) -> tuple[float, float]:
    if log:
        return float(line.r[0]), float(line.r[-1])
    seen = line.r[values > 2e-3]
    lo, hi = float(seen.min()), float(seen.max())
    inner = [a for _, a, _ in edges[1:]]
    lo, hi = min([lo, *inner[:1]]), max([hi, *inner[-1:]])
    margin = 0.22 * (hi - lo)
    return max(lo - margin, float(line.r[0])), min(hi + margin, float(line.r[-1]))


def write_shares(
    ax: Axes,
    view: ModeView,
    edges: list[tuple[str, float, float]],
    limits: tuple[float, float],
    measures: Sequence[str],
) -> None:
    """Write the shares of each region above the curve, a line a measure, named at the left."""
    from matplotlib.patches import Rectangle

    widest: dict[str, tuple[float, float]] = {}
    for name, lo, hi in edges:
        left, right = max(lo, limits[0]), min(hi, limits[1])
        if right - left > np.ptp(widest.get(name, (0.0, 0.0))):
            widest[name] = left, right
    named: dict[str, Any] = {
        "ha": "right",
        "va": "center",
        "fontsize": 5.5,
        "color": GREY,
        "transform": ax.transAxes,
    }
    ax.text(-0.02, 0.955, "share of", **named)
    width = limits[1] - limits[0]
    names = list(widest)
    middles = np.array([(0.5 * (lo + hi) - limits[0]) / width for lo, hi in widest.values()])
    rooms = np.array([max(0.19, 0.032 * len(name)) for name in names])
    columns = _apart(middles, rooms)
    bottom = 0.955 - 0.075 * len(measures) - 0.05
    for name, middle, column, room in zip(names, middles, columns, rooms, strict=True):
        lo, hi = widest[name]
        if hi - lo < 0.9 * room * width:
            # A column wider than its layer stands on paper of its own and is tied to the layer.
            paper = Rectangle(
                (column - 0.45 * room, bottom), 0.9 * room, 1.0 - bottom, facecolor="white", alpha=0.92, lw=0
            )
            paper.set(transform=ax.transAxes, zorder=4)
            ax.add_patch(paper)
            ax.plot(
                [column, middle],
                [bottom, bottom - 0.05],
                color=GREY,
                lw=0.6,
                transform=ax.transAxes,
                zorder=5,
            )
        written: dict[str, Any] = {"ha": "center", "va": "center", "transform": ax.transAxes, "zorder": 5}
        ax.text(column, 0.955, name, fontweight="bold", fontsize=6.5, **written)
        for row, measure in enumerate(measures):
            shares = view.shares(measure)
            if name in shares:
                ax.text(column, 0.955 - 0.075 * (row + 1), in_percent(shares[name]), fontsize=6.0, **written)
    for row, measure in enumerate(measures):
        ax.text(-0.02, 0.955 - 0.075 * (row + 1), MEASURES[measure], **named)


def _apart(middles: Array, rooms: Array) -> Array:
    """Places in [0, 1] near the given ones, in their order, none nearer to the next than their rooms allow.

    >>> _apart(np.array([0.3, 0.5, 0.52]), np.array([0.2, 0.2, 0.2])).round(3).tolist()
    [0.24, 0.44, 0.64]
    >>> _apart(np.array([0.2, 0.8]), np.array([0.2, 0.2])).tolist()
    [0.2, 0.8]
    """
    gaps = 0.5 * (rooms[1:] + rooms[:-1])
    offsets = np.r_[0.0, np.cumsum(gaps)]
    free = middles - offsets
    # The nearest non-decreasing sequence in the mean square: neighbours that collide share the mean of their places.
    blocks: list[list[float]] = []
    for value in free:
        blocks.append([float(value), 1.0])
        while len(blocks) > 1 and blocks[-2][0] > blocks[-1][0]:
            mean, count = blocks.pop()
            blocks[-1] = [
                (blocks[-1][0] * blocks[-1][1] + mean * count) / (blocks[-1][1] + count),
                blocks[-1][1] + count,
            ]
    placed = np.concatenate([np.full(int(count), mean) for mean, count in blocks]) + offsets
    over = max(0.0, float(placed[-1] + 0.5 * rooms[-1] - 1.0))
    placed = placed - over
    return np.asarray(placed + max(0.0, float(0.5 * rooms[0] - placed[0])))
