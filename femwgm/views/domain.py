"""The body to scale, and the mesh that the modes were computed on with its absorbing layer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from femwgm.typing import Array
from femwgm.views.outlines import Outline, reach_of, visible
from femwgm.views.patches import Patches
from femwgm.views.plane import draw_layers, regions_along
from femwgm.views.source import PML, RunView
from femwgm.views.style import FAINT, GREY, INK, LAYERS, halo, layer_colours

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
    draw_layers(ax, lines, run.regions, both=True)
    for _, r_own, z_own in visible(lines):
        for side in (1.0, -1.0):
            ax.plot(side * r_own, z_own, color=INK, lw=0.7)
    k0 = 2.0 * np.pi / (0.5 * sum(run.config.modes.window_um))
    heights = np.linspace(0.72, -0.72, len(run.regions)) * reach + middle
    targets = _targets(lines, run.regions, heights, reach, middle)
    for name, y in zip(run.regions, heights, strict=True):
        own = [line for line in lines if line.name == name and not line.background]
        text = f"{name}: {index_text(run, name, k0)}"
        if own:
            text += f"\n$r$ = {max(line.r.max() for line in own):.6g} µm"
        line_to = {"arrowstyle": "-", "lw": 0.6, "color": GREY, "shrinkA": 2, "shrinkB": 0}
        if name in targets:
            ax.plot(*targets[name], marker="o", ms=2.0, color=GREY)
            ax.annotate(text, targets[name], (1.18 * reach, y), va="center", fontsize=7, arrowprops=line_to)
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
    ax.xaxis.set_label_coords(0.5 / 1.55, -0.11)
    return ax


def _targets(
    lines: Sequence[Outline], regions: Sequence[str], heights: Array, reach: float, middle: float
) -> dict[str, tuple[float, float]]:
    """A point within each region, near its label at the right."""
    found = {}
    r = np.linspace(0.004, 0.996, 250) * reach
    z = middle + np.linspace(-0.97, 0.97, 195) * reach
    names = np.stack([regions_along(lines, r, float(level), regions[-1]) for level in z])
    for name, y in zip(regions, heights, strict=True):
        at = np.argwhere(names == name)
        if not len(at):
            continue
        gap = np.hypot(r[at[:, 1]] - 1.1 * reach, z[at[:, 0]] - y)
        # Not the nearest point, which lies on the rim, but one a little way in.
        near = at[np.argsort(gap)[min(len(gap) // 60, len(gap) - 1)]]
        found[name] = float(r[near[1]]), float(z[near[0]])
    return found


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
    for i, name in enumerate(half.regions):
        own = rims[half.region == i]
        if len(own):
            at = own[np.argmax(own[:, :, 1].mean(1))].mean(0)
            shown = "absorbing layer" if name == PML else name
            tilt = _tilt(at)
            text = ax.text(float(at[0]), float(at[1]), shown, ha="center", va="center", fontsize=6, zorder=3)
            text.set(rotation=tilt, path_effects=halo())
    size = f"{len(half)} cells" + (" (upper half)" if len(half) < len(patches) else "")
    ax.set_title(size + (f" of degree {degree}" if degree else ""), fontsize=7)
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


def _tilt(at: Array) -> float:
    return float(np.degrees(np.arctan2(at[1], at[0]))) - 90.0 if at[1] > 0.1 * at[0] else 90.0


def cell_rims(patches: Patches, points: int = 12) -> Array:
    """Closed boundary of each cell (um), shape (cells, 4 * points, 2)."""
    t = np.linspace(0.0, 1.0, points)
    fine = patches.at(t)

    def rim(values: Array) -> Array:
        sides = [values[:, 0, :], values[:, :, -1], values[:, -1, ::-1], values[:, ::-1, 0]]
        return np.concatenate(sides, axis=1)

    return np.stack([rim(fine.r), rim(fine.z)], axis=-1)
