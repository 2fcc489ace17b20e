"""A picture drawn off screen with VTK alone: PyVista, whose windows and films use the same actors, takes a second to load."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from femwgm.ground.typing import Array
from femwgm.views.space.graphics import ensure_graphics

__all__ = ["PEELS", "Camera", "Canvas"]

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
    """A white picture in memory (pixels), to which actors are added.

    Raises
    ------
    MissingExtraError
        Where there is no graphics library.
    """

    size: tuple[int, int]
    camera: Camera = field(default_factory=Camera)

    def __post_init__(self) -> None:
        ensure_graphics()
        import vtkmodules.vtkRenderingOpenGL2  # noqa: F401 - makes vtkRenderWindow a window of this machine
        from vtkmodules.vtkRenderingCore import vtkLight, vtkRenderer, vtkRenderWindow

        self._window: Any = vtkRenderWindow()
        self._window.SetOffScreenRendering(True)
        self._window.SetMultiSamples(0)
        self._window.SetSize(*self.size)
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

    def add_actor(self, actor: Any, **_options: Any) -> None:
        """Take an actor into the picture."""
        self._renderer.AddActor(actor)

    def remove_actor(self, actor: Any, **_options: Any) -> None:
        """Take it out again."""
        self._renderer.RemoveActor(actor)

    def image(self, *, translucent: bool = False) -> Array:
        """Draw; colours (rows, columns, 3) from the top."""
        from vtkmodules.util.numpy_support import vtk_to_numpy
        from vtkmodules.vtkCommonCore import vtkUnsignedCharArray

        self._renderer.SetUseDepthPeeling(translucent)
        self._renderer.SetMaximumNumberOfPeels(PEELS)
        eye = self._renderer.GetActiveCamera()
        eye.SetFocalPoint(*self.camera.focal_point)
        eye.SetPosition(*self.camera.position)
        eye.SetViewUp(*self.camera.up)
        eye.SetViewAngle(self.camera.view_angle)
        self._renderer.ResetCameraClippingRange()
        self._window.Render()
        width, height = self.size
        pixels = vtkUnsignedCharArray()
        self._window.GetPixelData(0, 0, width - 1, height - 1, 0, pixels, 0)
        return np.asarray(vtk_to_numpy(pixels).reshape(height, width, 3)[::-1])

    def close(self) -> None:
        """Give the graphics memory back."""
        self._window.Finalize()
