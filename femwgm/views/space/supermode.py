"""An imperfect sphere in three dimensions, its relief enlarged, with the brightness of one of its lines on the surface."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from femwgm.ground.typing import Array
from femwgm.imperfections import Multiplet, Relief
from femwgm.imperfections.surface import intensity, rms_order
from femwgm.views.figures.style import GREY
from femwgm.views.space.camera import look_at
from femwgm.views.space.caption import strip
from femwgm.views.space.graphics import off_screen_plotter
from femwgm.views.space.shots import write_image

_BULGE = 0.05
"""Share of the radius that the highest place of the relief is drawn at."""
_SIZE = (900, 900)
_BRIGHTEST = 0.9
"""Field strength, of the largest, that the darkest colour stands for."""


def skin(lines: Multiplet, number: int, enlarged: float | None = None) -> tuple[Any, float]:
    """The outermost surface as a PyVista grid with `height_nm` and `brightness`, and how often the relief is enlarged."""
    import pyvista as pv

    l, R = lines.mode.l, lines.mode.sphere.outer_radius_um
    rows, columns = min(4 * l + 60, 720), min(8 * l + 120, 1800)
    theta = np.pi * (np.arange(rows) + 0.5) / rows
    phi = np.linspace(0.0, 2.0 * np.pi, columns)
    relief = lines.reliefs.get(len(lines.mode.sphere.radii_um) - 1) or next(
        iter(lines.reliefs.values()), Relief(np.zeros((1, 1)))
    )
    height = relief.at(theta, phi)
    top = float(np.abs(height).max())
    factor = (_BULGE * R / top if top else 1.0) if enlarged is None else enlarged
    r = R + factor * height
    sine, cosine = np.sin(theta)[:, None], np.cos(theta)[:, None]
    grid = pv.StructuredGrid(r * sine * np.cos(phi), r * sine * np.sin(phi), r * cosine * np.ones_like(phi))
    grid["height_nm"] = _flat(1e3 * height)
    bright = intensity(lines, number, theta, columns - 1)
    grid["brightness"] = _flat(np.concatenate([bright, bright[:, :1]], axis=1))
    return grid, factor


def draw_supermode(lines: Multiplet, path: Path, number: int | None = None) -> Path:
    """Draw a line of a multiplet off screen into a PNG; by default the one most like the equatorial mode.

    Raises
    ------
    MissingExtraError
        Where there is no graphics library.
    """
    plotter = off_screen_plotter(_SIZE)
    chosen = int(np.argmax(rms_order(lines))) if number is None else number
    grid, factor = skin(lines, chosen)
    try:
        plotter.set_background("white")
        grid["shown"] = np.sqrt(grid["brightness"])
        plotter.add_mesh(
            grid, scalars="shown", cmap=_surface_map(), clim=(0.0, _BRIGHTEST), smooth_shading=True, show_scalar_bar=False,
            ambient=0.35, diffuse=0.75, specular=0.12, specular_power=20.0,
        )  # fmt: skip
        R = lines.mode.sphere.outer_radius_um
        look_at(plotter.camera, np.zeros(3), R * np.array([3.4, -2.0, 1.6]))
        plotter.enable_anti_aliasing("ssaa")
        image = np.asarray(plotter.screenshot(None, return_img=True))
    finally:
        plotter.close()
    return write_image(np.concatenate([image, _caption(lines, chosen, factor)]), path)


def _surface_map() -> Any:
    """From the pale grey of a bare surface through gold and red to a deep violet."""
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list(
        "femwgm_surface", ["#e3e7ea", "#f3dfa2", "#f5a623", "#d9482b", "#7a1457", "#2a0a3d"]
    )


def _caption(lines: Multiplet, number: int, factor: float) -> Array:
    """The strip below: which line, how far the relief is enlarged, and what the colours mean."""
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize

    from femwgm.views.figures.style import look, new_figure

    mode = lines.mode
    with look():
        figure = new_figure(8.0, 0.7, layout="none")
        name = f"{mode.pol}, q = {mode.q}, l = {mode.l}, line {number + 1} of {lines.shift.size}"
        figure.text(0.015, 0.7, name, fontweight="bold", fontsize=12, va="center")
        where = f"{lines.shift_pm[number]:+.4g} pm, rms m {rms_order(lines)[number]:.0f}; relief enlarged {factor:.2g} times"
        figure.text(0.015, 0.25, where, fontsize=11, va="center", color=GREY)
        figure.text(0.97, 0.75, "field strength on the surface / max", fontsize=11, ha="right", va="center")
        ax = figure.add_axes((0.64, 0.34, 0.33, 0.2))
        bar = figure.colorbar(
            ScalarMappable(Normalize(0.0, _BRIGHTEST), _surface_map()),
            cax=ax,
            orientation="horizontal",
            ticks=[0.0, 0.5],
        )
        bar.outline.set_linewidth(0.5)
        bar.ax.tick_params(labelsize=9)
        return strip(figure, _SIZE[0])


def _flat(values: Array) -> Array:
    """Values on the grid in the order of its points."""
    return np.asarray(values.ravel(order="F"), dtype=np.float32)
