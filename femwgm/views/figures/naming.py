"""Names of regions in a picture, each where it fits: level, else upright, else not at all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

import numpy as np
from scipy.ndimage import distance_transform_edt, uniform_filter

from femwgm.ground.typing import Array
from femwgm.views.figures.style import INK, halo

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Where = Literal["deepest", "lowest", "highest"]
_WIDE, _HIGH = 0.62, 1.4
"""Room that a letter takes, in sizes of the type."""
_SHRINK = 0.85
"""How much of its place in a figure a picture keeps once its labels have theirs."""


def write_names(
    ax: Axes, r: Array, z: Array, found: Array, names: Sequence[str], *, taken: Array | None = None,
    where: Where = "deepest", size: float = 6.0, colour: str = INK,
) -> list[str]:  # fmt: skip
    """Write the name of each region into a picture of equal scales whose limits are those of a raster.

    Parameters
    ----------
    ax
        The picture.
    r, z
        Positions of the raster (um), evenly spaced.
    found
        Index into `names` of each pixel, shape (len(z), len(r)); -1 where nothing is to be named.
    names
        Names of the regions.
    taken
        Pixels to be left free, as those of the field.
    where
        In the region's widest part, or as near the upper or lower edge of the picture as possible.
    size, colour
        Type size (points) and colour.

    Returns
    -------
    list of str
        Names that fit nowhere.
    """
    pixel = (r[1] - r[0]) * _scale(ax, float(np.ptp(r)), float(np.ptp(z)))
    left_out = []
    for i, name in enumerate(names):
        own = found == i
        free = own if taken is None else own & ~taken
        wide, high = _WIDE * size * (len(name) + 0.6) / pixel, _HIGH * size / pixel
        level, upright = _place(free, high, wide, where), _place(free, wide, high, where)
        at = level or upright
        if at:
            ax.text(
                float(r[at[1]]), float(z[at[0]]), name, ha="center", va="center", rotation=0 if level else 90, fontsize=size,
                color=colour, path_effects=halo(), zorder=4,
            )  # fmt: skip
        elif own.any():
            left_out.append(name)
    return left_out


def _scale(ax: Axes, width: float, height: float) -> float:
    """Points in the figure to a um of the picture, before the figure has been laid out."""
    inch = 1.0 / ax.figure.dpi
    return float(72.0 * _SHRINK * inch * min(ax.bbox.width / width, ax.bbox.height / height))


def _place(free: Array, rows: float, columns: float, where: Where) -> tuple[int, int] | None:
    """Pixel about which a box of rows and columns is free; None if there is none."""
    box = (int(np.ceil(rows)) | 1, int(np.ceil(columns)) | 1)
    if box[0] > free.shape[0] or box[1] > free.shape[1]:
        return None
    fits = uniform_filter(free.astype(float), box, mode="constant") > 1.0 - 0.5 / (box[0] * box[1])
    if not fits.any():
        return None
    depth = distance_transform_edt(np.pad(fits, 1))[1:-1, 1:-1]
    if where != "deepest":
        rows_that_fit = np.flatnonzero(fits.any(axis=1))
        edge = int(rows_that_fit[0] if where == "lowest" else rows_that_fit[-1])
        return edge, int(np.argmax(depth[edge]))
    row, column = np.unravel_index(int(np.argmax(depth)), depth.shape)
    return int(row), int(column)
