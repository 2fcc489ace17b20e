"""The layers in a picture of the meridian plane: their tints, edges and names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from femwgm.ground.typing import Array
from femwgm.views.fields.brightness import level
from femwgm.views.fields.outlines import Outline, visible
from femwgm.views.fields.patches import Patches
from femwgm.views.figures.naming import write_names
from femwgm.views.figures.style import AMBIENT, FAINT, GREY, INK, layer_colours

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Box = tuple[float, float, float, float]

TRACE = 0.02
"""Share of the maximum of |E|^2 that a magnified picture shows up to its margin."""


def draw_layers(ax: Axes, lines: Sequence[Outline], regions: Sequence[str], *, both: bool = False) -> None:
    """Fill each layer with its tint, the outermost first."""
    from matplotlib.patches import Polygon

    colours = layer_colours(regions)
    ax.set_facecolor(AMBIENT)
    for depth, line in enumerate(reversed(lines)):
        r, z = line.r, line.z
        if both:
            r, z = np.concatenate([r, -r[::-1]]), np.concatenate([z, z[::-1]])
        tint = colours.get(line.name, FAINT)
        # An artist, not a patch: the caller sets the limits, and following the curve for them takes longer than to draw it.
        curve = np.stack([r, z], axis=-1)
        ax.add_artist(Polygon(curve, facecolor=tint, edgecolor="none", lw=0, zorder=0.5 + 0.01 * depth))


def draw_edges(ax: Axes, lines: Sequence[Outline], patches: Patches, *, both: bool = False) -> None:
    """Draw the interfaces: from the body's shape where it is known, else from the mesh."""
    curves = [(r, z) for _, r, z in visible(lines)] or interfaces(patches)
    for r, z in curves:
        for side in (1.0, -1.0) if both else (1.0,):
            ax.plot(side * r, z, color=INK, lw=0.7, alpha=0.75, zorder=3, solid_capstyle="butt")


def interfaces(patches: Patches) -> list[tuple[Array, Array]]:
    """Sides that patches of two regions share."""
    sides: dict[tuple[float, ...], tuple[int, Array, Array]] = {}
    found = []
    for i in range(len(patches)):
        r, z = patches.r[i], patches.z[i]
        for x, y in ((r[0], z[0]), (r[-1], z[-1]), (r[:, 0], z[:, 0]), (r[:, -1], z[:, -1])):
            key = tuple(np.round([x.min(), x.max(), y.min(), y.max()], 6))
            other = sides.setdefault(key, (int(patches.region[i]), x, y))
            if other[0] != patches.region[i]:
                found.append((x, y))
    return found


def name_layers(
    ax: Axes, lines: Sequence[Outline], regions: Sequence[str], box: Box, patches: Patches | None = None
) -> None:
    """Write the layers' names into a magnified picture where they fit, as low as can be and beside the field."""
    if not lines or box[0] < 0.0:
        return
    pixel = max(box[1] - box[0], box[3] - box[2]) / _RASTER
    r, z = (np.arange(lo + 0.5 * pixel, hi, pixel) for lo, hi in (box[:2], box[2:]))
    names = np.stack([regions_along(lines, r, float(level), around(lines, regions)) for level in z])
    found = np.full(names.shape, -1)
    for i, name in enumerate(regions):
        found[names == name] = i
    taken = None if patches is None else _lit(patches, r, z, pixel)
    left_out = write_names(ax, r, z, found, regions, taken=taken, where="lowest", size=6.5, colour=GREY)
    for name in left_out:
        _name_outside(ax, r, z, found == list(regions).index(name), name)


def _name_outside(ax: Axes, r: Array, z: Array, own: Array, name: str) -> None:
    """Name a layer too narrow for its name: above the picture where it leaves it, else beside its upper right end."""
    line_to = {"arrowstyle": "-", "lw": 0.6, "color": GREY, "shrinkA": 0.5, "shrinkB": 0}
    written: dict[str, Any] = {
        "fontsize": 6.5,
        "color": GREY,
        "arrowprops": line_to,
        "textcoords": "offset points",
    }
    if own[-1].any():
        at = 0.5 * float(r[own[-1]][0] + r[own[-1]][-1])
        ax.annotate(
            name, (at, 0.985), (0, 5), xycoords=("data", "axes fraction"), ha="center", annotation_clip=False, **written
        )  # fmt: skip
    elif own.any():
        rows, columns = np.nonzero(own)
        k = int(np.argmax(r[columns] / np.ptp(r) + z[rows] / np.ptp(z)))
        ax.annotate(name, (float(r[columns[k]]), float(z[rows[k]])), (5, 7), ha="left", **written)


_RASTER = 240


def _lit(patches: Patches, r: Array, z: Array, pixel: float) -> Array:
    """Pixels where |E|^2 can be seen."""
    from scipy.ndimage import binary_closing

    bright = np.zeros((len(z), len(r)), dtype=bool)
    seen = patches.within((r[0], r[-1], z[0], z[-1])).at(np.linspace(0.0, 1.0, 33))
    e2 = (np.abs(seen.E) ** 2).sum(axis=0)
    shown = e2 > 3.0 * TRACE * level(patches, (np.abs(patches.E) ** 2).sum(axis=0))
    i, j = np.rint((seen.z[shown] - z[0]) / pixel), np.rint((seen.r[shown] - r[0]) / pixel)
    inside = (i >= 0) & (i < len(z)) & (j >= 0) & (j < len(r))
    bright[i[inside].astype(int), j[inside].astype(int)] = True
    return np.asarray(binary_closing(bright, np.ones((7, 7))))


def around(lines: Sequence[Outline], regions: Sequence[str]) -> str:
    """Name of what surrounds a body: the ambient, or nothing around a closed cavity, which it fills."""
    return "" if any(line.name == regions[-1] for line in lines) else regions[-1]


def regions_along(lines: Sequence[Outline], r: Array, z: float, ambient: str) -> Array:
    """Name of the region at each radius of a plane of constant z."""
    names = np.full(len(r), ambient, dtype=object)
    for line in reversed(lines):
        for lo, hi in line.intervals(z):
            names[(r >= lo) & (r <= hi)] = line.name
    return names
