"""The meridian plane: the field painted over the layers, whole and magnified."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from femwgm.ground.typing import Array, IntArray
from femwgm.views.fields.brightness import level
from femwgm.views.fields.outlines import reach_of
from femwgm.views.fields.patches import Patches
from femwgm.views.fields.quantities import Quantity, Wave, amplitude, quantity
from femwgm.views.fields.source import PML, ModeView, Viewable, mode_view
from femwgm.views.figures.layers import TRACE, Box, draw_edges, draw_layers, interfaces, name_layers
from femwgm.views.figures.style import AMBIENT, GREY, colour_map, layer_colours, metric

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FAINTEST = 0.004
OFF_EDGES = " off sharp edges"
"""What is added to a scale that leaves the tips of sharp edges out."""


def meridian(
    mode: Viewable, ax: Axes, *, show: str | Quantity = "E2", box: Box | None = None, wave: Wave | None = None,
    whole: bool = False, absorber: bool = False, names: bool = True,
) -> Axes:  # fmt: skip
    """Paint a mode in the meridian plane, the layers drawn to scale below it.

    Parameters
    ----------
    mode
        A mode; with a `ModeView` the layers are drawn beyond the computed domain.
    ax
        Where to paint.
    show
        Quantity: its values are over their largest modulus.
    box
        (r_min, r_max, z_min, z_max) in um; by default around the mode.
    wave
        Phase, and travelling or standing.
    whole
        The whole body, both sides of the axis, instead of `box`.
    absorber
        Paint the absorbing layer as well.
    names
        Write the names of the layers into the picture.
    """
    view, what = mode_view(mode), quantity(show)
    patches = view.patches if absorber else view.solid
    box = (_whole(view) if whole else mode_box(view, slender=2.0)) if box is None else box
    draw_layers(ax, view.outlines, view.regions, both=box[0] < 0.0)
    tints = layer_colours(view.regions) if view.outlines else {}
    paint(ax, patches, what, wave or Wave(), box, tints)
    draw_edges(ax, view.outlines, patches, both=box[0] < 0.0)
    for r, z in absorber_edges(view.patches):
        for side in (1.0, -1.0) if box[0] < 0.0 else (1.0,):
            ax.plot(side * r, z, color=GREY, lw=0.7, ls=":", zorder=3)
    ax.set_xlim(box[0], box[1])
    ax.set_ylim(box[2], box[3])
    ax.set_aspect("equal")
    ax.set_xlabel(r"$r$ / µm" if box[0] >= 0.0 else r"$y$ / µm")
    ax.set_ylabel(r"$z$ / µm")
    metric(ax)
    if names:
        name_layers(ax, view.outlines, view.regions, box, patches)
    return ax


def paint(
    ax: Axes, patches: Patches, what: Quantity, wave: Wave, box: Box, tints: Mapping[str, str] | None = None
) -> None:
    """Paint the patches that reach into the box, smoothly within each; on the left of the axis the field at phi = pi.

    The colours are blended with the tint of the layer beforehand: transparent triangles would show their seams.
    """
    from matplotlib.collections import TriMesh
    from matplotlib.tri import Triangulation

    both = box[0] < 0.0
    reach = (0.0, max(abs(box[0]), abs(box[1])), box[2], box[3]) if both else box
    seen = patches.within(reach)
    largest = scale(patches, what, wave)
    if not wave.standing and not what.signed:
        seen = seen.pick(np.flatnonzero(np.abs(what(seen)).max(axis=(1, 2)) >= FAINTEST * largest))
    tint = [(tints or {}).get(name, AMBIENT) for name in seen.regions]
    points, colours, corners, count = [], [], [], 0
    fineness = _fineness(seen, box)
    for n in np.unique(fineness):
        fine = seen.pick(np.flatnonzero(fineness == n)).at(np.linspace(0.0, 1.0, n))
        for side, phi in ((1.0, 0.0), (-1.0, np.pi))[: 2 if both else 1]:
            points.append(np.stack([side * fine.r, fine.z], axis=-1).reshape(-1, 2))
            colours.append(
                _over_tints(what(fine, phi, wave) / largest, what.signed, tint, fine.region).reshape(-1, 3)
            )
            corners.append(count + triangles(len(fine), n))
            count += len(points[-1])
    if not count:
        return
    r, z = np.concatenate(points).T
    drawn = TriMesh(Triangulation(r, z, np.concatenate(corners)), rasterized=True, zorder=2)
    drawn.set_facecolor(np.concatenate(colours))  # type: ignore[arg-type]  # a colour a point, as the shading takes them
    drawn.set_transform(ax.transData)
    ax.add_artist(drawn)


def triangles(patches: int, n: int) -> Array:
    """Triangles (.., 3) between the points of patches of n x n points each, which are counted patch by patch.

    >>> triangles(1, 2).tolist()
    [[0, 1, 3], [0, 3, 2]]
    """
    corner = (np.arange(n - 1)[:, None] * n + np.arange(n - 1)).ravel()
    halves = np.stack([corner, corner + 1, corner + n + 1, corner, corner + n + 1, corner + n], axis=-1)
    return np.asarray((np.arange(patches)[:, None, None] * n * n + halves).reshape(-1, 3))


def _over_tints(values: Array, signed: bool, tints: Sequence[str], region: Array) -> Array:
    """Colours of values (patches, n, n), each patch over the tint of its region."""
    colours = np.empty((*values.shape, 3))
    for i in np.unique(region):
        colours[region == i] = blended(values[region == i], signed, tints[i])
    return colours


def blended(values: Array, signed: bool, tint: str) -> Array:
    """Opaque colours (..., 3) of values in [0, 1] or [-1, 1] over a tint."""
    from matplotlib.colors import to_rgb

    colours = colour_map(signed)(0.5 * (values + 1.0) if signed else values)
    alpha = colours[..., 3:]
    return np.asarray(alpha * colours[..., :3] + (1.0 - alpha) * np.array(to_rgb(tint)))


def _fineness(patches: Patches, box: Box) -> IntArray:
    """Points along the sides of each patch: a few hundred across the box."""
    sizes = np.maximum(
        np.ptp(patches.r, axis=(1, 2)) / (box[1] - box[0]), np.ptp(patches.z, axis=(1, 2)) / (box[3] - box[2])
    )
    steps = np.array(_STEPS)
    return np.asarray(steps[np.searchsorted(steps[:-1], 200.0 * sizes)])


_STEPS = (5, 9, 17, 33, 81)
"""Points along the sides of a patch, of which the next is taken: patches of as many are worked out together."""


def scale(patches: Patches, what: Quantity, wave: Wave) -> float:
    """Largest modulus of a quantity over the patches and over all azimuths, apart from sharp edges."""
    solid = patches.without(PML)
    if what.signed:
        return level(solid, amplitude(what, solid, wave)) or 1.0
    turns = np.linspace(0.0, 2.0 * np.pi / max(patches.m, 1), 17)[:-1] if wave.standing else [0.0]
    return max(level(solid, what(solid, float(phi), wave)) for phi in turns) or 1.0


def mode_box(view: ModeView, slender: float | None = None) -> Box:
    """Box (um) around what a mode shows of |E|^2, with a margin; at most `slender` times as high as wide, or as wide as high."""
    patches = view.solid
    e2 = (np.abs(patches.E) ** 2).sum(axis=0)
    seen = e2 > TRACE * level(patches, e2)
    r, z = patches.r[seen], patches.z[seen]
    width, height = np.ptp(r), np.ptp(z)
    r_mid, z_mid = 0.5 * (r.min() + r.max()), 0.5 * (z.min() + z.max())
    half_r, half_z = 0.9 * width, 0.75 * height
    if slender is not None:
        half_r, half_z = max(half_r, half_z / slender), max(half_z, half_r / slender)
    return max(r_mid - half_r, 0.0), r_mid + half_r, z_mid - half_z, z_mid + half_z


def _whole(view: ModeView) -> Box:
    lines = view.outlines
    if not lines:
        r_max, z_lo, z_hi = view.solid.extent[1:]
        return -r_max, r_max, z_lo, z_hi
    r, lo, hi = reach_of(lines)
    margin = 0.09 * max(r, 0.5 * (hi - lo))
    return -r - margin, r + margin, lo - margin, hi + margin


def absorber_edges(patches: Patches) -> list[tuple[Array, Array]]:
    """Sides where the absorbing layer begins."""
    if PML not in patches.regions:
        return []
    inner = patches.regions.index(PML)
    merged = replace(patches, region=np.where(patches.region == inner, 1, 0), regions=("inside", PML))
    return interfaces(merged)


def mark(ax: Axes, box: Box) -> None:
    """Mark on a whole picture what another one magnifies: a frame, or a ring where the frame would be too small to see."""
    from matplotlib.patches import Rectangle

    lo, hi = ax.get_xlim()
    width, height = box[1] - box[0], box[3] - box[2]
    if max(width, height) > 0.5 * (hi - lo):
        return
    if max(width, height) < 0.06 * (hi - lo):
        ax.plot(
            0.5 * (box[0] + box[1]),
            0.5 * (box[2] + box[3]),
            marker="o",
            ms=7,
            mfc="none",
            mec=GREY,
            mew=0.7,
            zorder=6,
        )
        return
    ax.add_patch(Rectangle((box[0], box[2]), width, height, fill=False, ec=GREY, lw=0.6, zorder=6))
    more = max(box[1] + 0.02 * (hi - lo) - hi, 0.0)
    bottom, top = ax.get_ylim()
    ax.set_xlim(lo - more, hi + more)
    ax.set_ylim(min(bottom, box[2] - more), max(top, box[3] + more))


def colour_bar(ax: Axes, what: str | Quantity, *, beyond: bool = False) -> None:
    """A scalar bar for what was painted last on the axes, over white; `beyond` says that sharp edges go beyond the scale."""
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize

    shown = quantity(what)
    mappable = ScalarMappable(Normalize(-1.0 if shown.signed else 0.0, 1.0), colour_map(shown.signed))
    where: dict[str, Any] = (
        {"ax": ax, "location": "right", "fraction": 0.05, "pad": 0.02, "aspect": 24}
        if ax.figure.get_layout_engine() is not None
        else {"cax": _beside(ax)}
    )
    bar = ax.figure.colorbar(mappable, ticks=[-1.0, 0.0, 1.0] if shown.signed else [0.0, 0.5, 1.0], **where)
    most = " / max" if not shown.signed else r" / max$|\cdot|$"
    bar.set_label(shown.label + most + (OFF_EDGES if beyond else ""))
    bar.outline.set_linewidth(0.5)
    bar.ax.set_facecolor("white")


def _beside(ax: Axes, away: float = 0.06, width: float = 0.07) -> Axes:
    """Axes for a scalar bar at the right of others, which already have their limits and their place (inch)."""
    ax.apply_aspect()
    figure: Any = ax.figure
    box, inch = ax.get_position(), figure.get_figwidth()
    return figure.add_axes((box.x1 + away / inch, box.y0, width / inch, box.height))
