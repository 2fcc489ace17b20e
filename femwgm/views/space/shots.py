"""A scene as a picture: the whole body beside the mode from near, edges smoothed, written as PNG."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from femwgm.ground.typing import Array
from femwgm.views.fields.source import ModeView, RunView
from femwgm.views.figures.style import png
from femwgm.views.space.canvas import PEELS, Canvas
from femwgm.views.space.caption import legend
from femwgm.views.space.graphics import off_screen_plotter
from femwgm.views.space.measure import Lens, measured
from femwgm.views.space.scene import Look, Scene

FINER = 2
"""Pixels drawn along each side of a pixel of the picture: that smooths edges, and leaves VTK free to sort what is translucent."""


def pair(run: RunView, mode: ModeView, look: Look, size: tuple[int, int]) -> tuple[Any, list[Scene]]:
    """A plotter with the whole body at the left and the mode from near at the right."""
    plotter = off_screen_plotter(size, (1, 2))
    plotter.set_background("white")
    scenes = []
    for column, close in enumerate((False, True)):
        plotter.subplot(0, column)
        built = Scene(run, mode, plotter, replace(look, close_up=close))
        built.aim()
        smooth_edges(plotter, built, fine=False)
        scenes.append(built)
    return plotter, scenes


def smooth_edges(plotter: Any, scene: Scene, *, fine: bool = True) -> None:
    """Smooth the edges in a plotter's current view, and sort what is translucent there by its depth.

    Supersampling replaces VTK's own passes and the sorting with them: the two exclude each other.
    """
    if scene.translucent:
        plotter.renderer.enable_depth_peeling(PEELS)
        plotter.render_window.SetMultiSamples(0)
    elif fine:
        plotter.enable_anti_aliasing("ssaa")
    else:
        plotter.render_window.SetMultiSamples(4)


def render(
    run: RunView,
    mode: ModeView,
    path: str | Path,
    look: Look | None = None,
    size: tuple[int, int] = (1600, 800),
) -> Path:
    """Draw a mode off screen into a PNG.

    Raises
    ------
    MissingExtraError
        Where there is no graphics library.
    """
    side = size[0] // 2, size[1]
    canvas = Canvas((FINER * side[0], FINER * side[1]))
    images, cameras, envelope = [], [], False
    try:
        for close in (False, True):  # one after the other: two in one window would take twice the memory
            scene = Scene(run, mode, canvas, replace(look or Look(), close_up=close), FINER)
            scene.aim()
            images.append(_halved(canvas.image(translucent=scene.translucent)))
            cameras.append(Lens.of(canvas.camera, size[1]))
            envelope |= scene.envelope
            scene.take_down()
    finally:
        canvas.close()
    strip = legend(mode, scene.what, size[0], envelope=envelope)
    both = np.concatenate(measured(images, cameras), axis=1)
    return write_image(np.concatenate([both, strip[:, : both.shape[1]]]), path)


def _halved(image: Array) -> Array:
    """A picture of half the size, each pixel the mean of four."""
    wide = image.astype(np.uint16)
    four = wide[::2, ::2] + wide[1::2, ::2] + wide[::2, 1::2] + wide[1::2, 1::2]
    return ((four + 2) // 4).astype(np.uint8)


def write_image(image: Array, path: str | Path) -> Path:
    """Write an array of colours as a PNG."""
    from femwgm.store import make_folder, write_bytes

    make_folder(Path(path).parent)
    write_bytes(Path(path), png(np.asarray(image)))
    return Path(path)
