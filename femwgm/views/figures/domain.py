"""The body to scale, and the mesh that the modes were computed on with its absorbing layer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations, islice, permutations
from typing import TYPE_CHECKING

import numpy as np

from femwgm.ground.numbers import length
from femwgm.ground.typing import Array
from femwgm.views.fields.outlines import Outline, reach_of, visible
from femwgm.views.fields.patches import Patches
from femwgm.views.fields.source import PML, RunView
from femwgm.views.figures.layers import around, draw_layers, regions_along
from femwgm.views.figures.naming import write_names
from femwgm.views.figures.style import FAINT, GREY, INK, LAYERS, layer_colours, metric

if TYPE_CHECKING:
    from matplotlib.axes import Axes

ABSORBER = "#f3d9e6"


def body(run: RunView, ax: Axes) -> Axes:
    """Draw the body to scale with the name, the index and the size of each layer."""
    from matplotlib.ticker import MaxNLocator

    lines = run.outlines
    r, low, high = reach_of(lines) if lines else (run.radius_um, -run.radius_um, run.radius_um)
    reach = 1.12 * max(r, 0.5 * (high - low))
    middle = 0.5 * (low + high)
    drawn = [replace(line, r=np.minimum(line.r, reach)) if line.background else line for line in lines]
    draw_layers(ax, drawn, run.regions, both=True)
    for _, r_own, z_own in visible(drawn):
        for side in (1.0, -1.0):
            ax.plot(side * r_own, z_own, color=INK, lw=0.7 if len(drawn) <= _ROOM else 0.1)
    k0 = 2.0 * np.pi / (0.5 * sum(run.config.modes.window_um))
    named = _with_room(run.regions)
    slots = np.linspace(0.72, -0.72, len(named)) * reach + middle
    inside = dict(zip([line.name for line in lines[1:]], lines, strict=False))
    films = {film.name: film.thickness_um for film in getattr(run.config.geometry, "coatings", ())}
    for name, (target, y) in _labels(lines, named, slots, reach, middle).items():
        own = [line for line in lines if line.name == name and not line.background]
        text = f"{name}: {index_text(run, name, k0)}"
        if own:
            text += f"\n$r$ = {length(max(line.r.max() for line in own), 6)}"
            core, coat = inside.get(name), films.get(name)
            if coat is not None:
                text += f", {length(coat)} thick"
            elif len(own) == 1 and own[0].round and core is not None and core.round:
                text += f", {length(float(own[0].r.max() - core.r.max()))} thick"
        line_to = {"arrowstyle": "-", "lw": 0.6, "color": GREY, "shrinkA": 2, "shrinkB": 0}
        if target is not None:
            ax.plot(*target, marker="o", ms=2.0, color=GREY)
            ax.annotate(text, target, (1.18 * reach, y), va="center", fontsize=7, arrowprops=line_to)
        else:
            ax.text(1.18 * reach, y, text, va="center", fontsize=7)
    ax.plot([0.0, 0.0], [middle - reach, middle + reach], color=GREY, lw=0.6, ls=(0, (6, 2, 1, 2)))
    ax.set_xlim(-reach, 2.1 * reach)
    ax.set_ylim(middle - reach, middle + reach)
    ax.set_aspect("equal")
    ax.set_xlabel("$y$ / µm")
    ax.set_ylabel("$z$ / µm")
    ticks = MaxNLocator(5).tick_values(-reach, reach)
    ax.set_xticks([t for t in ticks if abs(t) <= reach])
    ax.spines[["top", "right"]].set_visible(False)
    ax.tick_params(top=False, right=False)
    ax.spines["bottom"].set_bounds(-reach, reach)
    metric(ax)
    ax.xaxis.label.set_x(1.0 / 3.1)  # below the body, not below its labels
    return ax


Point = tuple[float, float]

_ROOM = 7
"""Labels that have room beside a body; of more regions, as the steps of a graded layer, some are named."""


def _with_room(regions: Sequence[str]) -> list[str]:
    """As many regions as can be named, from the inside to the ambient.

    >>> _with_room([f"step_{i}" for i in range(1, 101)] + ["air"])[:2]
    ['step_1', 'step_18']
    """
    chosen = np.linspace(0, len(regions) - 1, min(_ROOM, len(regions))).round().astype(int)
    return [regions[i] for i in chosen]


def _labels(
    lines: Sequence[Outline], regions: Sequence[str], slots: Array, reach: float, middle: float
) -> dict[str, tuple[Point | None, float]]:
    """For each region a point within it (None where it is not seen) and the height of its label; leaders cross if they must."""
    r = np.linspace(0.004, 0.996, 250) * reach
    z = middle + np.linspace(-0.97, 0.97, 195) * reach
    names = np.stack([regions_along(lines, r, float(level), around(lines, regions)) for level in z])
    near = {name: [_nearest(names == name, r, z, (1.1 * reach, y)) for y in slots] for name in regions}
    best: tuple[int, dict[str, tuple[Point | None, float]]] | None = None
    for order in islice(permutations(range(len(regions))), _ORDERS):
        found = {name: (near[name][k], float(slots[k])) for name, k in zip(regions, order, strict=True)}
        leaders = [(target, (1.18 * reach, y)) for target, y in found.values() if target is not None]
        crossings = sum(_cross(*a, *b) for a, b in combinations(leaders, 2))
        if best is None or crossings < best[0]:
            best = crossings, found
        if not crossings:
            break
    assert best is not None
    return best[1]


_ORDERS = 720
"""Orders of the labels that are tried."""


def _nearest(inside: Array, r: Array, z: Array, to: Point) -> Point | None:
    """The point of a region nearest to another, a little way in from its rim."""
    from scipy.ndimage import distance_transform_edt

    if not inside.any():
        return None
    depth = distance_transform_edt(np.pad(inside, ((1, 1), (0, 1))))[1:-1, :-1]
    at = np.argwhere(depth >= min(5.0, 0.6 * depth.max()))
    row, column = at[np.argmin(np.hypot(r[at[:, 1]] - to[0], z[at[:, 0]] - to[1]))]
    return float(r[column]), float(z[row])


def _cross(a: Point, b: Point, c: Point, d: Point) -> bool:
    """Whether the segments ab and cd cross."""

    def left(p: Point, q: Point, s: Point) -> bool:
        return (q[0] - p[0]) * (s[1] - p[1]) > (q[1] - p[1]) * (s[0] - p[0])

    return left(a, b, c) != left(a, b, d) and left(c, d, a) != left(c, d, b)


def index_text(run: RunView, region: str, k0: complex) -> str:
    """Material and index of a region, as "npl, n = 1.768"."""
    material = run.media.get(region)
    name = run.config.geometry.region_materials[region]
    if material is None:
        return name
    n = complex(material.index(k0))
    imaginary = f" {'+' if n.imag > 0 else '−'} {abs(n.imag):.3g}i" if n.imag else ""
    known = f"$n$ = {n.real:.5g}{imaginary}"
    return known if name == region else f"{name}, {known}"


def mesh(
    patches: Patches, ax: Axes, *, regions: Sequence[str] = (), outlines: Sequence[Outline] = (), degree: int | None = None
) -> Axes:  # fmt: skip
    """Draw the curved cells that a mode was computed on, regions tinted and the absorbing layer marked.

    Parameters
    ----------
    patches
        The mode's patches, one a cell; of a mirrored pair of halves the upper one is drawn.
    ax
        Where to draw.
    regions
        Region names from the centre outwards, for the tints.
    outlines
        The body's surfaces, drawn lightly beyond the mesh.
    degree
        Degree of the elements, written into the picture.
    """
    from matplotlib.collections import PolyCollection

    half = upper_half(patches)
    names = list(regions) or [name for name in patches.regions if name != PML]
    tints = layer_colours(names) | {PML: ABSORBER}
    tints[names[-1]] = "#f7f9fa"
    rims = cell_rims(half)
    for _, r_own, z_own in visible(outlines):
        ax.plot(r_own, z_own, color=FAINT, lw=0.8, zorder=0.5, scalex=False, scaley=False)
    colours = [tints.get(half.regions[i], LAYERS[0]) for i in half.region]
    ax.add_collection(
        PolyCollection(list(rims), facecolors=colours, edgecolors=INK, linewidths=0.5, zorder=1)
    )
    lo, hi = rims.reshape(-1, 2).min(0), rims.reshape(-1, 2).max(0)
    pad = 0.06 * (hi - lo).max()
    ax.set_xlim(max(lo[0] - pad, -0.02 * hi[0]), hi[0] + pad)
    ax.set_ylim(lo[1] - pad, hi[1] + pad)
    ax.set_aspect("equal")
    ax.set_xlabel("$r$ / µm")
    ax.set_ylabel("$z$ / µm")
    metric(ax)
    shown = ["absorbing layer" if name == PML else name for name in half.regions]
    r, z, found, cell = _raster(half, rims, pad)
    lines = _between_cells(cell)
    left_out = write_names(ax, r, z, np.where(lines, -1, found), shown, where="highest")
    # What has no room beside the lines of the mesh is written across them.
    again = [name if name in left_out else "" for name in shown]
    left_out = [
        n
        for n in write_names(
            ax,
            r,
            z,
            np.where(np.isin(found, [i for i, n in enumerate(again) if n]), found, -1),
            again,
            where="highest",
        )
        if n
    ]
    size = f"{len(half)} cells" + (" (upper half)" if len(half) < len(patches) else "")
    size += f" of degree {degree}" if degree else ""
    ax.set_title(size + (", absorbing layer shaded" if "absorbing layer" in left_out else ""), fontsize=7)
    return ax


def upper_half(patches: Patches) -> Patches:
    """The patches above z = 0 if those below are their mirror images, else all."""
    middle = patches.z.mean(axis=(1, 2))
    above = np.flatnonzero(middle > 0.0)
    if 2 * len(above) != len(patches) or not np.allclose(
        np.sort(middle[above]), np.sort(-middle[middle < 0.0])
    ):
        return patches
    return patches.pick(above)


_PIXELS = 220


def _raster(patches: Patches, rims: Array, pad: float) -> tuple[Array, Array, Array, Array]:
    """Positions r, z (um) of a raster over the mesh with a margin, region and cell of each pixel, -1 beside the mesh."""
    from matplotlib.path import Path

    lo, hi = rims.reshape(-1, 2).min(0) - pad, rims.reshape(-1, 2).max(0) + pad
    pixel = float((hi - lo).max()) / _PIXELS
    r, z = np.arange(lo[0] + 0.5 * pixel, hi[0], pixel), np.arange(lo[1] + 0.5 * pixel, hi[1], pixel)
    found, cell = np.full((2, len(z), len(r)), -1)
    for number, (rim, region) in enumerate(zip(rims, patches.region, strict=True)):
        (a, c), (b, d) = (
            np.floor((rim.min(0) - lo) / pixel).astype(int),
            np.ceil((rim.max(0) - lo) / pixel).astype(int),
        )
        points = np.stack(np.meshgrid(r[a:b], z[c:d]), axis=-1)
        inside = Path(rim).contains_points(points.reshape(-1, 2)).reshape(points.shape[:2])
        found[c:d, a:b][inside], cell[c:d, a:b][inside] = region, number
    return r, z, found, cell


def _between_cells(cell: Array) -> Array:
    """Pixels next to a line of the mesh."""
    from scipy.ndimage import maximum_filter, minimum_filter

    return np.asarray(maximum_filter(cell, 3) != minimum_filter(cell, 3))


def cell_rims(patches: Patches) -> Array:
    """Closed boundary of each cell (um), shape (cells, 48, 2)."""
    fine = patches.at(np.linspace(0.0, 1.0, 12))

    def rim(values: Array) -> Array:
        sides = [values[:, 0, :], values[:, :, -1], values[:, -1, ::-1], values[:, ::-1, 0]]
        return np.concatenate(sides, axis=1)

    return np.stack([rim(fine.r), rim(fine.z)], axis=-1)
