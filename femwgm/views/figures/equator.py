"""The equatorial plane: the whole ring and a magnified sector, pixel by pixel so that no lobe is ever aliased.

A ring of azimuthal order m has 2 m lobes. Where a picture has too few pixels for a lobe it shows the envelope, and says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from femwgm.ground.numbers import length
from femwgm.ground.typing import Array
from femwgm.views.fields.brightness import level, peak
from femwgm.views.fields.line import Profile
from femwgm.views.fields.outlines import reach_of
from femwgm.views.fields.quantities import Quantity, Wave, main_component, quantity
from femwgm.views.fields.source import PML, ModeView, Viewable, mode_view
from femwgm.views.figures.plane import mode_box
from femwgm.views.figures.style import AMBIENT, FAINT, GREY, INK, colour_map, halo, layer_colours, metric

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PIXELS_PER_LOBE = 4.0
LOBES = 14
"""Lobes in a magnified sector."""


@dataclass(frozen=True)
class RingPicture:
    """What was painted, for whoever wants to measure it.

    Attributes
    ----------
    values
        Quantity over its largest modulus, shape (pixels, pixels).
    extent
        (x_min, x_max, y_min, y_max) in um.
    envelope
        Whether the lobes were too fine for the pixels and their envelope is shown.
    """

    values: Array
    extent: tuple[float, float, float, float]
    envelope: bool


def ring(
    mode: Viewable, ax: Axes, *, show: str | Quantity | None = None, zoom: bool = False, pixels: int = 1000,
    wave: Wave | None = None, z: float | None = None, lobes: int = LOBES,
) -> Axes:  # fmt: skip
    """Paint a mode in the plane of the equator (or at height z), the layers drawn below it.

    Parameters
    ----------
    mode
        A mode.
    ax
        Where to paint.
    show
        Quantity; by default the momentary value of the strongest component of E.
    zoom
        A sector with a few lobes instead of the whole ring.
    pixels
        Pixels along each side of the picture.
    wave
        Phase, and travelling or standing.
    z
        Height of the plane (um); by default the equator, or where the mode is strongest if it vanishes there.
    lobes
        How many lobes a sector shows.
    """
    view = mode_view(mode)
    what = strongest(view) if show is None else quantity(show)
    height = plane_height(view) if z is None else z
    box = sector_box(view, lobes) if zoom else _square(view)
    picture = sample(view, what, box, pixels=pixels, wave=wave or Wave(), z=height)
    _draw_discs(ax, view, height)
    signed = what.signed and not picture.envelope
    ax.imshow(
        picture.values, extent=picture.extent, origin="lower", cmap=colour_map(signed), vmin=-1.0 if signed else 0.0,
        vmax=1.0, interpolation="antialiased", zorder=2,
    )  # fmt: skip
    ax.set_xlim(box[0], box[1])
    ax.set_ylim(box[2], box[3])
    ax.set_aspect("equal")
    ax.set_xlabel("$x$ / µm")
    ax.set_ylabel("$y$ / µm")
    metric(ax)
    if picture.envelope:
        ax.text(
            0.5, 0.5, f"{2 * view.m} lobes around the ring:\nenvelope shown", transform=ax.transAxes, ha="center",
            va="center", color=GREY, fontsize=6.5, path_effects=halo(), zorder=5,
        )  # fmt: skip
    if abs(height) > 1e-9:
        ax.set_title(f"$z$ = {length(height, 3)}", fontsize=7)
    return ax


def strongest(view: ModeView) -> Quantity:
    """The component of E that carries most of a mode."""
    return quantity(main_component(view.solid))


_WEAK = 0.2
"""Share of the largest value below which a mode's strongest component counts as weak on the equator."""


def plane_height(view: ModeView) -> float:
    """0, or the height of the maximum if the region that a mode lives in does not hold the equator, or the mode is weak there."""
    home, line = view.solid.select((view.home,)), view.line(0.0)
    if min(-home.z.min(), home.z.max()) < 1e-6 * np.ptp(home.z):
        return peak(home)[1]
    component = ("E_r", "E_phi", "E_z").index(main_component(view.solid))
    there = line.region == view.solid.regions.index(view.home)
    on_equator = float((np.abs(line.patches.E[component, 0, 0, there]) ** 2).max(initial=0.0))
    return 0.0 if on_equator > _WEAK * level(home, np.abs(home.E[component]) ** 2) else peak(home)[1]


def sample(
    view: ModeView,
    what: Quantity,
    box: tuple[float, float, float, float],
    *,
    pixels: int,
    wave: Wave,
    z: float,
) -> RingPicture:
    """Values of a quantity on the pixels of a box of the plane."""
    line = view.line(z)
    size = max(box[1] - box[0], box[3] - box[2])
    nx, ny = (max(8, round(pixels * side / size)) for side in (box[1] - box[0], box[3] - box[2]))
    peak_r = float(line.r[int(np.argmax((np.abs(line.patches.E) ** 2).sum(axis=0).ravel()))])
    per_lobe = np.pi * peak_r / max(line.patches.m, 1) / (size / pixels)
    around = what.signed or wave.standing
    envelope = around and line.patches.m > 0 and per_lobe < PIXELS_PER_LOBE
    x = box[0] + (np.arange(nx) + 0.5) * (box[1] - box[0]) / nx
    y = box[2] + (np.arange(ny) + 0.5) * (box[3] - box[2]) / ny
    X, Y = np.meshgrid(x, y)
    rho, phi = np.hypot(X, Y), np.arctan2(Y, X)
    seen = (rho >= line.r[0]) & (rho <= line.r[-1])
    values = np.zeros(rho.shape)
    values[seen] = _on_ring(line, rho[seen], phi[seen], what, wave, envelope)
    return RingPicture(values, box, envelope)


def _on_ring(line: Profile, rho: Array, phi: Array, what: Quantity, wave: Wave, envelope: bool) -> Array:
    """The quantity at polar positions: an amplitude along the radius times the factor of the angle, over the maximum."""
    from dataclasses import replace

    quarter = np.pi / (2.0 * max(line.patches.m, 1))
    even = _amplitude(line, what, 0.0, wave)
    odd = _amplitude(line, what, quarter, wave) if line.patches.m else np.zeros_like(even)
    if what.name in ("E_x", "E_y", "H_x", "H_y"):
        # These turn with the angle as well: interpolate the cylindrical parts and turn them at each pixel.
        parts = np.stack(
            [np.interp(rho, line.r, part.ravel()) for part in (*line.patches.E, *line.patches.H)]
        )
        at = replace(line.patches, r=rho, z=np.zeros_like(rho), E=parts[:3], H=parts[3:])
        values = what(at, phi, wave)
        top = max(np.abs(even).max(), np.abs(odd).max())
        return np.asarray(values / top)
    if not (what.signed or wave.standing):
        return np.asarray(np.interp(rho, line.r, even) / even.max())
    a, b = np.interp(rho, line.r, even), np.interp(rho, line.r, odd)
    if what.signed:
        top = np.hypot(even, odd).max()
        if envelope:
            return np.asarray(np.hypot(a, b) / top)
        angle = line.patches.m * phi
        return np.asarray((a * np.cos(angle) + b * np.sin(angle)) / top)
    top = max(even.max(), odd.max())
    if envelope:
        return np.asarray(0.5 * (a + b) / top)
    cosine = np.cos(line.patches.m * phi) ** 2
    return np.asarray((a * cosine + b * (1.0 - cosine)) / top)


def _amplitude(line: Profile, what: Quantity, phi: float, wave: Wave) -> Array:
    return np.asarray(what(line.patches, phi, wave).ravel())


def _square(view: ModeView) -> tuple[float, float, float, float]:
    half = 1.09 * (reach_of(view.outlines)[0] if view.outlines else view.solid.extent[1])
    return -half, half, -half, half


def sector_box(view: ModeView, lobes: int = LOBES) -> tuple[float, float, float, float]:
    """Box around a few lobes at phi = 0, as wide as the mode needs."""
    box = mode_box(view)
    peak = 0.5 * (box[0] + box[1])
    height = lobes * np.pi * peak / max(view.m, 1)
    half_y = 0.5 * min(max(height, 0.9 * (box[1] - box[0])), 1.2 * peak)
    half_x = max(0.5 * (box[1] - box[0]), half_y * 0.8)
    return peak - half_x, peak + half_x, -half_y, half_y


def _draw_discs(ax: Axes, view: ModeView, z: float) -> None:
    from matplotlib.patches import Circle, Wedge

    colours = layer_colours(view.regions)
    ax.set_facecolor(AMBIENT)
    for depth, line in enumerate(reversed(view.outlines)):
        for inner, outer in line.intervals(z):
            tint = {
                "facecolor": colours.get(line.name, FAINT),
                "edgecolor": "none",
                "zorder": 0.5 + 0.01 * depth,
            }
            ax.add_patch(Wedge((0.0, 0.0), outer, 0.0, 360.0, width=outer - inner, **tint))
            for radius in (inner, outer):
                if radius > 0.0:
                    ax.add_patch(
                        Circle((0.0, 0.0), radius, fill=False, edgecolor=INK, lw=0.7, alpha=0.75, zorder=3)
                    )
    if PML in view.patches.regions:
        ax.add_patch(
            Circle((0.0, 0.0), float(view.line(z).r[-1]), fill=False, ec=GREY, lw=0.7, ls=":", zorder=3)
        )
