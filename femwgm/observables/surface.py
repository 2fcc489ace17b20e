"""The field on the surface of the solid, seen from outside: the closed surface that radiation and scattering integrate over."""

from __future__ import annotations

import numpy as np

from femwgm.fem.field import CellField
from femwgm.fem.mapping import CurvedMapping
from femwgm.mesh.curved import CurvedMesh
from femwgm.mesh.domain import PML
from femwgm.observables.radiation import SurfaceSamples
from femwgm.typing import Array, IntArray


def solid_surface(field: CellField, ambient: str, points: int | None = None) -> SurfaceSamples:
    """Samples on every facet between a cell of the ambient region and a cell of the solid.

    Both halves are returned when the domain ends at the mirror plane. An ambient region that touches the absorbing layer only
    does not count as a surface.
    """
    mesh = field.space.mesh
    points = points or field.space.degree + 6
    left, right = mesh.topology.f2t
    inner = right >= 0
    names = np.array([_side(name, ambient) for name in mesh.regions])[mesh.region]
    facets = np.flatnonzero(inner)
    a, b = names[left[facets]], names[right[facets]]
    crossing = ((a == 1) & (b == 0)) | ((a == 0) & (b == 1))
    facets = facets[crossing]
    cells = np.where(names[left[facets]] == 1, left[facets], right[facets])
    X, along, weights = _facet_points(mesh, facets, cells, points)
    E, H, x = field.at_reference(X, cells)
    J = CurvedMapping(mesh).DF(X, cells)
    tangent = np.einsum("ijep,jep->iep", J, along).real
    x = x.real
    length = np.hypot(tangent[0], tangent[1])
    normal = np.stack([tangent[1], -tangent[0]]) / length
    centre = mesh.nodes[cells].real.mean(axis=1).T
    normal *= np.sign(np.einsum("iep,iep->ep", normal, centre[:, :, None] - x))
    samples = SurfaceSamples(
        x[0].ravel(), x[1].ravel(), normal.reshape(2, -1), (length * weights).ravel(), E.reshape(3, -1), H.reshape(3, -1)
    )
    return _with_mirror_image(samples, field.mirror) if field.mirror else samples


def _side(name: str, ambient: str) -> int:
    """1 on the ambient side, 0 in the solid, -1 in the absorbing layer."""
    return 1 if name == ambient else -1 if name == PML else 0


def _facet_points(mesh: CurvedMesh, facets: IntArray, cells: IntArray, points: int) -> tuple[Array, Array, Array]:
    """Reference points on a facet of each cell (2, cells, points), their tangents d X / d t and the weights (points,)."""
    t, w = np.polynomial.legendre.leggauss(points)
    t, w = 0.5 * (t + 1.0), 0.5 * w
    corner = np.array([[0, 0], [1, 0], [1, 1], [0, 1]] if mesh.corners == 4 else [[0, 0], [1, 0], [0, 1]], dtype=float)
    vertices = mesh.topology.facets[:, facets]
    local = mesh.topology.t[:, cells]
    start = np.argmax(local == vertices[0], axis=0)
    stop = np.argmax(local == vertices[1], axis=0)
    along = (corner[stop] - corner[start]).T
    X = corner[start].T[:, :, None] + along[:, :, None] * t
    return X, np.broadcast_to(along[:, :, None], X.shape), w


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
