"""A scene as a picture: the whole body beside the mode from near, edges smoothed, written as PNG."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from femwgm.ground.typing import Array
from femwgm.views.fields.source import ModeView, RunView
from femwgm.views.figures.style import png
from femwgm.views.space.canvas import FINER, PEELS, Canvas, Window
from femwgm.views.space.caption import legend
from femwgm.views.space.graphics import off_screen_plotter
from femwgm.views.space.measure import Lens, measured
from femwgm.views.space.scene import Look, Scene


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


@dataclass(frozen=True)
class Shot:
    """The whole of a scene and the mode from near, ready to be painted, with the strip that goes below."""

    canvases: tuple[Canvas, Canvas]
    strip: Array

    @classmethod
    def of(
        cls, run: RunView, mode: ModeView, look: Look | None = None, size: tuple[int, int] = (1600, 800)
    ) -> Shot:
        """A picture of a mode of `size` pixels without the strip."""
        canvases, scenes = [], []
        for close in (False, True):
            canvas = Canvas((size[0] // 2, size[1]))
            scene = Scene(run, mode, canvas, replace(look or Look(), close_up=close), FINER)
            scene.aim()
            canvas.translucent = scene.translucent
            canvases.append(canvas)
            scenes.append(scene)
        envelope = any(scene.envelope for scene in scenes)
        return cls((canvases[0], canvases[1]), legend(mode, scenes[0].what, size[0], envelope=envelope))

    def write(self, images: Sequence[Array], path: str | Path) -> Path:
        """Write what was painted of the canvases, with scales, as a PNG."""
        lenses = [Lens.of(canvas.camera, canvas.size[1]) for canvas in self.canvases]
        both = np.concatenate(measured(images, lenses), axis=1)
        return write_image(np.concatenate([both, self.strip[:, : both.shape[1]]]), path)


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
    with Window() as window:
        shot = Shot.of(run, mode, look, size)
        return shot.write([window.paint(canvas) for canvas in shot.canvases], path)


def write_image(image: Array, path: str | Path) -> Path:
    """Write an array of colours as a PNG."""
    from femwgm.store import make_folder, write_bytes

    make_folder(Path(path).parent)
    write_bytes(Path(path), png(np.asarray(image)))
    return Path(path)
