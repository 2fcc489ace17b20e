"""Surfaces and lines as VTK's actors, which a canvas and a PyVista plotter take alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from femwgm.ground.typing import Array, IntArray

__all__ = ["Light", "Painted", "curve", "polygon", "surface"]

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


@dataclass(frozen=True)
class Painted:
    """An actor with a colour at each of its points, which may be changed."""

    actor: Any
    colours: Array
    _data: Any

    def repaint(self, colours: Array) -> None:
        """Other colours for the same points."""
        self.colours[:] = colours
        self._data.GetPointData().GetScalars().Modified()
        self._data.Modified()


def surface(points: Array, corners: IntArray, light: Light, colours: Array, opacity: float = 1.0) -> Painted:
    """Polygons (cells, k) between points (n, 3) with colours (n, 3 or 4) of eight bits."""
    from vtkmodules.util.numpy_support import numpy_to_vtk

    data = _polygons(points, corners)
    kept = np.ascontiguousarray(colours)
    data.GetPointData().SetScalars(numpy_to_vtk(kept, deep=False))
    return Painted(_actor(data, light, opacity), kept, data)


def polygon(points: Array, corners: IntArray, light: Light, tint: str, opacity: float = 1.0) -> Any:
    """Polygons of one colour."""
    actor = _actor(_polygons(points, corners), light, opacity)
    actor.GetProperty().SetColor(*_rgb(tint))
    return actor


def curve(points: Array, tint: str, width: float) -> Any:
    """A line through points (n, 3), `width` pixels thick, in front of the faces that it lies on."""
    from vtkmodules.vtkCommonDataModel import vtkPolyData

    data = vtkPolyData()
    data.SetPoints(_points(points))
    data.SetLines(_cells(np.arange(len(points))[None]))
    actor = _actor(data, Light(1.0, 0.0), 1.0)
    look = actor.GetProperty()
    look.SetColor(*_rgb(tint))
    look.SetLineWidth(width)
    look.LightingOff()
    # A line is as deep as its middle: without this the face beside it would hide half its width.
    mapper = actor.GetMapper()
    mapper.SetResolveCoincidentTopologyToPolygonOffset()
    mapper.SetRelativeCoincidentTopologyLineOffsetParameters(0.0, _AHEAD)
    return actor


def _rgb(tint: str) -> tuple[float, float, float]:
    from matplotlib.colors import to_rgb

    return to_rgb(tint)


def _polygons(points: Array, corners: IntArray) -> Any:
    from vtkmodules.vtkCommonDataModel import vtkPolyData

    data = vtkPolyData()
    data.SetPoints(_points(points))
    data.SetPolys(_cells(corners))
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
