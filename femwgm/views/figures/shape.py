"""A configured body before anything is solved: the whole of it, and its rim magnified until the thinnest film shows."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from femwgm.config.schema import RunConfig
from femwgm.ground.typing import Array
from femwgm.materials import materials_from_config
from femwgm.store import make_folder, write_bytes
from femwgm.views.fields.outlines import outlines
from femwgm.views.fields.source import RunView
from femwgm.views.figures.domain import body
from femwgm.views.figures.naming import write_names
from femwgm.views.figures.style import AMBIENT, INK, drawn, layer_colours, metric, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_PIXELS = 560
_WIDTHS = 9.0
"""Width of the close-up in thicknesses of the thinnest part."""


def shape_figure(config: RunConfig) -> Figure:
    """The cross-section of a configuration to scale, and its rim.

    Raises
    ------
    GeometryError
        If the shape is wrong.
    MaterialError
        If a medium is not known over the window.
    """
    from femwgm.geometry.build import section_of

    section = section_of(config.geometry)
    by_name = materials_from_config(config)
    media = {region: by_name[name] for region, name in config.geometry.region_materials.items()}
    regions = tuple(config.geometry.region_materials)
    run = RunView(config, (), regions, outlines(config.geometry), (), {}, media=media)
    if not section.pieces:
        figure = new_figure(3.4, 2.9)
        _hollow(section, figure.subplots())
        return figure
    figure = new_figure(7.0, 2.9)
    whole, close = figure.subplots(1, 2, width_ratios=(1.55, 1.0))
    body(run, whole)
    _magnified(section, regions, close)
    return figure


def draw_shape(config: RunConfig, path: Path) -> None:
    """Write the picture of `shape_figure`; the ending of the file says which format (png, svg, pdf)."""
    picture = drawn(shape_figure, config, kind=path.suffix.removeprefix(".").lower() or "png", dpi=200)
    make_folder(path.parent)
    write_bytes(path, picture)


def _magnified(section: Any, regions: tuple[str, ...], ax: Axes) -> None:
    """The regions as the solver tells them apart, pixel by pixel, around the outermost point of the body."""
    from matplotlib.colors import ListedColormap, to_rgb
    from scipy.ndimage import gaussian_filter

    _, r1, z0, z1 = section.bounds
    across = max(r1, z1 - z0)
    height = _rim(section)
    width = float(np.clip(_WIDTHS * _thinnest(section, height), 1e-3 * across, 0.5 * across))
    r = np.linspace(max(r1 - 0.75 * width, 0.0), r1 + 0.25 * width, _PIXELS)
    z = np.linspace(height - 0.5 * width, height + 0.5 * width, _PIXELS)
    names = section.regions
    found = section.region_at(np.stack(np.meshgrid(r, z), axis=-1).reshape(-1, 2)).reshape(_PIXELS, _PIXELS)
    tints = layer_colours(regions)
    colours = ListedColormap([to_rgb(tints.get(name, AMBIENT)) for name in names])
    extent = (r[0], r[-1], z[0], z[-1])
    ax.imshow(
        found,
        cmap=colours,
        vmin=-0.5,
        vmax=len(names) - 0.5,
        origin="lower",
        extent=extent,
        interpolation="nearest",
    )
    for value in np.unique(found):
        # A rim between two pixels is drawn where it is, not in their steps.
        inside = gaussian_filter((found == value).astype(float), 1.5, mode="nearest")
        ax.contour(r, z, inside, levels=[0.5], colors=INK, linewidths=0.6)
    write_names(ax, r, z, found, names, size=7.0)
    ax.set_aspect("equal")
    ax.set_xlabel("$r$ / µm")
    ax.set_ylabel("$z$ / µm")
    metric(ax)


def _hollow(section: Any, ax: Axes) -> None:
    """A cavity: its filling and its walls, on both sides of the axis."""
    from matplotlib.patches import Rectangle

    unit, name = (1e-3, "mm") if section.bounds[1] > 1e3 else (1.0, "µm")
    r1, z0, z1 = (unit * value for value in section.bounds[1:])
    tint = layer_colours((section.ambient, "")).get(section.ambient, AMBIENT)
    ax.add_patch(Rectangle((-r1, z0), 2.0 * r1, z1 - z0, facecolor=tint, edgecolor=INK, linewidth=1.6))
    ax.plot([0.0, 0.0], [z0, z1], color=INK, lw=0.6, ls=(0, (6, 2, 1, 2)))
    ax.text(0.5 * r1, 0.5 * (z0 + z1), section.ambient, ha="center", va="center", fontsize=7)
    ax.set_xlim(-1.1 * r1, 1.1 * r1)
    ax.set_ylim(z0 - 0.1 * r1, z1 + 0.1 * r1)
    ax.set_aspect("equal")
    ax.set_xlabel(f"$y$ / {name}")
    ax.set_ylabel(f"$z$ / {name}")


def _rim(section: Any) -> float:
    """Height of the outermost point of the body, the one nearest to z = 0 of several."""
    points = np.concatenate([piece.outline.polygon for piece in section.pieces] or [np.zeros((1, 2))])
    outer = points[points[:, 0] > (1.0 - 1e-9) * points[:, 0].max()]
    low, high = float(outer[:, 1].min()), float(outer[:, 1].max())
    return min(max(0.0, low), high)


def _thinnest(section: Any, height: float) -> float:
    """The thinnest region that a radius at a height crosses (um)."""
    r1 = section.bounds[1]
    r: Array = np.linspace(0.0, r1, 20_000)
    found = section.region_at(np.stack([r, np.full_like(r, height + 1e-6 * r1)], axis=-1))
    cuts = np.r_[0.0, r[1:][np.diff(found) != 0], r1]
    lengths = np.diff(cuts)
    lengths = lengths[lengths > 2.5 * r[1]]  # a sliver of the ambient at the very rim is no layer
    return float(lengths.min()) if len(lengths) else r1
