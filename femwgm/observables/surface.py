"""The field on the surface of the solid, seen from outside: the closed surface that radiation and scattering integrate over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from femwgm.fem.field import CellField
from femwgm.fem.mapping import CurvedMapping
from femwgm.ground.numerics import unit_gauss
from femwgm.ground.typing import Array, IntArray
from femwgm.mesh.curved import CurvedMesh
from femwgm.mesh.domain import PML
from femwgm.observables.radiation import SurfaceSamples


def solid_surface(field: CellField, ambient: str, points: int | None = None) -> SurfaceSamples:
    """Samples on every facet between a cell of the ambient region and a cell of the solid.

    Both halves are returned when the domain ends at the mirror plane. An ambient region that touches the absorbing layer only
    does not count as a surface.
    """
    return interface(field, [ambient], points)[0]


def interface(
    field: CellField, outside: Sequence[str] | None, points: int | None = None
) -> tuple[SurfaceSamples, IntArray, IntArray]:
    """Samples on every facet between the regions named and the others, with the cells outside and inside of each sample.

    None stands for every interface of the mesh; of two regions the later one is then outside.
    """
    points = points or field.space.degree + 6
    kept, key = field.space.probes, ("surface", outside if outside is None else tuple(outside), points)
    if key not in kept:
        kept[key] = _Curve.of(field.space.mesh, outside, points)
    curve: _Curve = kept[key]
    E, H, _ = field.at_reference(curve.X, curve.cells)
    r, z = curve.x.reshape(2, -1)
    samples = SurfaceSamples(
        r, z, curve.normal.reshape(2, -1), curve.weights.ravel(), E.reshape(3, -1), H.reshape(3, -1)
    )
    outer, inner = (np.repeat(cells, points) for cells in (curve.cells, curve.inner))
    if field.mirror:
        return _with_mirror_image(samples, field.mirror), np.tile(outer, 2), np.tile(inner, 2)
    return samples, outer, inner


@dataclass(frozen=True)
class _Curve:
    """The facets of a surface: points X (2, facets, points) in the `cells` outside, the cells across, normals, line elements."""

    X: Array
    cells: IntArray
    inner: IntArray
    x: Array
    normal: Array
    weights: Array

    @classmethod
    def of(cls, mesh: CurvedMesh, outside: Sequence[str] | None, points: int) -> _Curve:
        left, right = mesh.topology.f2t
        sides = [_side(name, outside, i) for i, name in enumerate(mesh.regions)]
        names = np.array(sides)[mesh.region]
        facets = np.flatnonzero(right >= 0)
        a, b = names[left[facets]], names[right[facets]]
        facets = facets[(a != b) & (a >= 0) & (b >= 0)]
        cells = np.where(names[left[facets]] > names[right[facets]], left[facets], right[facets])
        inner = left[facets] + right[facets] - cells
        X, along, weights, side = facet_points(mesh, facets, cells, points)
        mapping = CurvedMapping(mesh)
        x, J = mapping.F(X, cells).real, mapping.DF(X, cells)
        tangent = np.einsum("ijep,jep->iep", J, along).real
        length = np.hypot(tangent[0], tangent[1])
        normal = side[:, None] * np.stack([-tangent[1], tangent[0]]) / length
        return cls(X, cells, inner, x, normal, length * weights)


def _side(name: str, outside: Sequence[str] | None, number: int) -> int:
    """1 outside the surface, 0 inside, -1 in the absorbing layer; for every interface the number of the region."""
    if name == PML:
        return -1
    return number if outside is None else int(name in outside)


def facet_points(
    mesh: CurvedMesh, facets: IntArray, cells: IntArray, points: int
) -> tuple[Array, Array, Array, Array]:
    """Reference points on a facet of each cell (2, cells, points), their tangents d X / d t and the weights (points,).

    Last, 1 where the cell lies to the left of the tangent, -1 to the right: cells are numbered counterclockwise, however thin and
    bent they are.
    """
    t, w = unit_gauss(points)
    corner = np.array(
        [[0, 0], [1, 0], [1, 1], [0, 1]] if mesh.corners == 4 else [[0, 0], [1, 0], [0, 1]], dtype=float
    )
    vertices = mesh.topology.facets[:, facets]
    local = mesh.topology.t[:, cells]
    start = np.argmax(local == vertices[0], axis=0)
    stop = np.argmax(local == vertices[1], axis=0)
    along = (corner[stop] - corner[start]).T
    X = corner[start].T[:, :, None] + along[:, :, None] * t
    side = np.where((start + 1) % mesh.corners == stop, 1.0, -1.0)
    return X, np.broadcast_to(along[:, :, None], X.shape), w, side


def _with_mirror_image(samples: SurfaceSamples, mirror: str) -> SurfaceSamples:
    from femwgm.fem.field import mirror_signs

    sign = np.array(mirror_signs(mirror))[:, None]

    def both(a: Array, b: Array) -> Array:
        return np.concatenate([a, b], axis=-1)

    return SurfaceSamples(
        both(samples.r, samples.r),
        both(samples.z, -samples.z),
        both(samples.normal, samples.normal * np.array([[1.0], [-1.0]])),
        both(samples.weights, samples.weights),
        both(samples.E, samples.E * sign),
        both(samples.H, -samples.H * sign),
    )
