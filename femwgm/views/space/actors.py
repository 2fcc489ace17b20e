"""Surfaces and lines, which a canvas keeps as they are and a PyVista plotter takes as VTK's actors."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from femwgm.ground.typing import Array, IntArray

_AHEAD = -40000.0
"""How far lines are drawn in front of the faces that they lie on, in steps of the depth buffer."""


@dataclass(frozen=True)
class Light:
    """How a surface answers to light; a `smooth` one by the mean direction of its cells."""

    ambient: float
    diffuse: float
    specular: float = 0.0
    power: float = 1.0
    smooth: bool = False


@dataclass(eq=False)
class Shape:
    """Polygons, or a line in front of the faces that it lies on: plain data until something asks for its `actor`.

    Attributes
    ----------
    points
        Shape (n, 3), in um.
    cells
        Corners of the polygons, or the points of the line, shape (cells, k).
    light
        How it answers to light.
    colours
        Red, green and blue of all of it, from 0 to 1; or of each point, and opacity where there is a fourth, in eight bits.
    opacity
        Of all of it.
    width
        Thickness of a line (pixels); 0 for polygons.
    """

    points: Array
    cells: IntArray
    light: Light
    colours: Array
    opacity: float = 1.0
    width: float = 0.0

    @cached_property
    def actor(self) -> Any:
        """As an actor of VTK."""
        from vtkmodules.util.numpy_support import numpy_to_vtk

        data = _data(self)
        actor = _actor(data, self.light, self.opacity)
        look = actor.GetProperty()
        if self.colours.dtype == np.uint8:
            self.colours = np.ascontiguousarray(self.colours)
            data.GetPointData().SetScalars(numpy_to_vtk(self.colours, deep=False))
        else:
            look.SetColor(*self.colours)
        if self.width:
            look.SetLineWidth(self.width)
            look.LightingOff()
            # A line is as deep as its middle: without this the face beside it would hide half its width.
            mapper = actor.GetMapper()
            mapper.SetResolveCoincidentTopologyToPolygonOffset()
            mapper.SetRelativeCoincidentTopologyLineOffsetParameters(0.0, _AHEAD)
        return actor

    def __getstate__(self) -> dict[str, Any]:
        """What another process can be given: all but the actor."""
        return {name: value for name, value in self.__dict__.items() if name != "actor"}

    def repaint(self, colours: Array) -> None:
        """Other colours for the same points."""
        self.colours[:] = colours
        data = self.actor.GetMapper().GetInput()
        data.GetPointData().GetScalars().Modified()
        data.Modified()


def surface(points: Array, corners: IntArray, light: Light, colours: Array, opacity: float = 1.0) -> Shape:
    """Polygons (cells, k) between points (n, 3) with colours (n, 3 or 4) of eight bits."""
    return Shape(points, corners, light, np.ascontiguousarray(colours), opacity)


def polygon(points: Array, corners: IntArray, light: Light, tint: str, opacity: float = 1.0) -> Shape:
    """Polygons of one colour."""
    return Shape(points, corners, light, _rgb(tint), opacity)


def curve(points: Array, tint: str, width: float) -> Shape:
    """A line through points (n, 3), `width` pixels thick."""
    return Shape(points, np.arange(len(points))[None], Light(1.0, 0.0), _rgb(tint), width=width)


def _rgb(tint: str) -> Array:
    from matplotlib.colors import to_rgb

    return np.array(to_rgb(tint))


def _data(shape: Shape) -> Any:
    from vtkmodules.vtkCommonDataModel import vtkPolyData

    data = vtkPolyData()
    data.SetPoints(_points(shape.points))
    if shape.width:
        data.SetLines(_cells(shape.cells))
    else:
        data.SetPolys(_cells(shape.cells))
    return data


def _points(points: Array) -> Any:
    from vtkmodules.util.numpy_support import numpy_to_vtk
    from vtkmodules.vtkCommonCore import vtkPoints

    out = vtkPoints()
    out.SetData(numpy_to_vtk(np.ascontiguousarray(points), deep=True))
    return out


def _cells(corners: IntArray) -> Any:
    from vtkmodules.util.numpy_support import numpy_to_vtkIdTypeArray
    from vtkmodules.vtkCommonDataModel import vtkCellArray

    count, k = corners.shape
    out = vtkCellArray()
    offsets = k * np.arange(count + 1, dtype=np.int64)
    out.SetData(
        numpy_to_vtkIdTypeArray(offsets, deep=True),
        numpy_to_vtkIdTypeArray(corners.astype(np.int64).ravel(), deep=True),
    )
    return out


def _actor(data: Any, light: Light, opacity: float) -> Any:
    from vtkmodules.vtkRenderingCore import vtkActor, vtkPolyDataMapper

    mapper = vtkPolyDataMapper()
    if light.smooth:
        data.GetPointData().SetNormals(_normals(data))
    mapper.SetInputData(data)
    actor = vtkActor()
    actor.SetMapper(mapper)
    look = actor.GetProperty()
    look.SetAmbient(light.ambient)
    look.SetDiffuse(light.diffuse)
    look.SetSpecular(light.specular)
    look.SetSpecularPower(light.power)
    look.SetOpacity(opacity)
    look.SetInterpolation(2 if light.smooth else 0)
    return actor


def _normals(data: Any) -> Any:
    from vtkmodules.vtkFiltersCore import vtkPolyDataNormals

    means = vtkPolyDataNormals()
    means.SetInputData(data)
    means.SplittingOff()
    means.ConsistencyOff()
    means.Update()
    return means.GetOutput().GetPointData().GetNormals()
