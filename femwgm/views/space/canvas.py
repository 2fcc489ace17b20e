"""Pictures drawn off screen with VTK alone: PyVista, whose windows and films use the same shapes, takes a second to load."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

import numpy as np

from femwgm.ground.typing import Array
from femwgm.views.space.actors import Shape
from femwgm.views.space.graphics import ensure_graphics

FINER = 2
"""Pixels drawn along each side of a pixel of the picture: that smooths edges, and leaves VTK free to sort what is translucent."""
PEELS = 8
"""Translucent surfaces that are told apart behind each other."""

_LIGHTS = ((0.72, (0.11, 0.77, 0.63)), (0.45, (0.0, -0.26, 0.97)))
"""Intensity and direction, as the camera sees it, of a light from above and a weaker one from in front."""


@dataclass
class Camera:
    """Where a canvas is looked at from (um), with the names of PyVista's camera; `view_angle` in degrees."""

    position: tuple[float, ...] = (0.0, 0.0, 1.0)
    focal_point: tuple[float, ...] = (0.0, 0.0, 0.0)
    up: tuple[float, ...] = (0.0, 1.0, 0.0)
    view_angle: float = 30.0


@dataclass
class Canvas:
    """What a picture shows, before it is painted: plain data, which another process can be given.

    Attributes
    ----------
    size
        Width and height (pixels).
    translucent
        Whether anything can be seen through.
    """

    size: tuple[int, int]
    camera: Camera = field(default_factory=Camera)
    translucent: bool = False
    shapes: list[Shape] = field(default_factory=list)

    def add_actor(self, shape: Shape, **_options: Any) -> None:
        """Take a shape into the picture."""
        self.shapes.append(shape)

    def remove_actor(self, shape: Shape, **_options: Any) -> None:
        """Take it out again."""
        self.shapes.remove(shape)


class Window:
    """A white window in memory, on which canvases are painted one after the other; a context manager.

    Raises
    ------
    MissingExtraError
        Where there is no graphics library.
    """

    def __init__(self) -> None:
        ensure_graphics()
        import vtkmodules.vtkRenderingOpenGL2  # noqa: F401 - makes vtkRenderWindow a window of this machine
        from vtkmodules.vtkRenderingCore import vtkLight, vtkRenderer, vtkRenderWindow

        self._window: Any = vtkRenderWindow()
        self._window.SetOffScreenRendering(True)
        self._window.SetMultiSamples(0)
        self._renderer: Any = vtkRenderer()
        self._renderer.SetBackground(1.0, 1.0, 1.0)
        self._renderer.SetAutomaticLightCreation(False)
        self._window.AddRenderer(self._renderer)
        for intensity, position in _LIGHTS:
            light = vtkLight()
            light.SetLightTypeToCameraLight()
            light.SetIntensity(intensity)
            light.SetPosition(*position)
            self._renderer.AddLight(light)

    def __enter__(self) -> Window:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._window.Finalize()  # gives the graphics memory back

    def paint(self, canvas: Canvas) -> Array:
        """The picture of a canvas, its edges smoothed: colours (rows, columns, 3) from the top."""
        from vtkmodules.util.numpy_support import vtk_to_numpy
        from vtkmodules.vtkCommonCore import vtkUnsignedCharArray

        width, height = (FINER * side for side in canvas.size)
        self._window.SetSize(width, height)
        self._renderer.RemoveAllViewProps()
        for shape in canvas.shapes:
            self._renderer.AddActor(shape.actor)
        self._renderer.SetUseDepthPeeling(canvas.translucent)
        self._renderer.SetMaximumNumberOfPeels(PEELS)
        eye = self._renderer.GetActiveCamera()
        eye.SetFocalPoint(*canvas.camera.focal_point)
        eye.SetPosition(*canvas.camera.position)
        eye.SetViewUp(*canvas.camera.up)
        eye.SetViewAngle(canvas.camera.view_angle)
        self._renderer.ResetCameraClippingRange()
        self._window.Render()
        pixels = vtkUnsignedCharArray()
        self._window.GetPixelData(0, 0, width - 1, height - 1, 0, pixels, 0)
        return _halved(vtk_to_numpy(pixels).reshape(height, width, 3)[::-1])


def _halved(image: Array) -> Array:
    """A picture of half the size, each pixel the mean of four."""
    two = image[::2].astype(np.uint16)
    two += image[1::2]
    four = two[:, ::2] + two[:, 1::2]
    four += 2
    four >>= 2
    return np.asarray(four.astype(np.uint8))
