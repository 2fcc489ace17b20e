"""A scene as a picture: the whole body beside the mode from near, edges smoothed, written as PNG."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from femwgm.ground.typing import Array
from femwgm.views.fields.source import ModeView, RunView
from femwgm.views.space.caption import legend
from femwgm.views.space.graphics import off_screen_plotter
from femwgm.views.space.scene import Look, Scene

_PEELS = 8
"""Translucent surfaces that are told apart behind each other."""


def pair(
    run: RunView, mode: ModeView, look: Look, size: tuple[int, int], *, fine: bool = True
) -> tuple[Any, list[Scene]]:
    """A plotter with the whole body at the left and the mode from near at the right."""
    plotter = off_screen_plotter(size, (1, 2))
    plotter.set_background("white")
    scenes = []
    for column, close in enumerate((False, True)):
        plotter.subplot(0, column)
        built = Scene(run, mode, plotter, replace(look, close_up=close))
        built.aim()
        smooth_edges(plotter, built, fine=fine)
        scenes.append(built)
    return plotter, scenes


def smooth_edges(plotter: Any, scene: Scene, *, fine: bool = True) -> None:
    """Smooth the edges in a plotter's current view, and sort what is translucent there by its depth.

    Supersampling replaces VTK's own passes and the sorting with them: the two exclude each other.
    """
    if scene.translucent:
        plotter.renderer.enable_depth_peeling(_PEELS)
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
    plotter, scenes = pair(run, mode, look or Look(), size)
    try:
        if any(scene.translucent for scene in scenes):
            image = _halved(np.asarray(plotter.screenshot(None, return_img=True, scale=2)))
        else:
            image = np.asarray(plotter.screenshot(None, return_img=True))
    finally:
        plotter.close()
    strip = legend(mode, scenes[0].what, size[0], envelope=any(scene.envelope for scene in scenes))
    return write_image(np.concatenate([image, strip]), path)


def _halved(image: Array) -> Array:
    """A picture of half the size, each pixel the mean of four."""
    a, b = (side // 2 for side in image.shape[:2])
    return np.asarray(
        image[: 2 * a, : 2 * b].reshape(a, 2, b, 2, -1).mean(axis=(1, 3)).round().astype(np.uint8)
    )


def write_image(image: Array, path: str | Path) -> Path:
    """Write an array of colours as a PNG."""
    import io

    from PIL import Image

    from femwgm.store import make_folder, write_bytes

    stream = io.BytesIO()
    Image.fromarray(np.asarray(image)).save(stream, format="PNG", optimize=True)
    make_folder(Path(path).parent)
    write_bytes(Path(path), stream.getvalue())
    return Path(path)
