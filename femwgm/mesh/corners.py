"""Geometric refinement towards sharp edges: layers of triangles that shrink by a constant factor about the vertex there.

A field at a wedge behaves as a power of the distance. Elements of degree k resolve it exponentially in the number of unknowns
if the cells shrink geometrically (Schwab, p- and hp-Finite Element Methods, Oxford 1998, section 4.5), and layers with a small
factor take far fewer cells than any mesh whose cells grow as slowly as a mesh generator wants.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from femwgm.ground.typing import Array, IntArray
from femwgm.mesh.curved import CurvedMesh, reference_nodes
from femwgm.mesh.load import topology_of

RATIO = 0.17
"""Size of a layer over that of the one around it: 0.15 to 0.2 take the fewest unknowns."""
_CORNERS = np.array([[0.0, 1.0, 0.0], [0.0, 0.0, 1.0]])


def towards_corners(mesh: CurvedMesh, wedges: Sequence[tuple[float, float, float]]) -> CurvedMesh:
    """The mesh with layers about vertices: the cells at (r, z) get as small as `finest` for each (r, z, finest) (um).

    A point without a vertex of the mesh next to it lies outside the domain and is left out.
    """
    for r, z, finest in wedges:
        gap = np.hypot(mesh.topology.p[0] - r, mesh.topology.p[1] - z)
        vertex = int(np.argmin(gap))
        cells = np.flatnonzero((mesh.topology.t == vertex).any(axis=0))
        size = float(np.hypot(*np.ptp(mesh.nodes[cells, :3].real, axis=1).T).mean())
        layers = int(np.ceil(np.log(size / finest) / -np.log(RATIO)))
        if gap[vertex] < 1e-6 * size and layers > 0:
            mesh = _layered(mesh, vertex, cells, layers)
    return mesh


def _layered(mesh: CurvedMesh, vertex: int, cells: IntArray, layers: int) -> CurvedMesh:
    t, p = mesh.topology.t, mesh.topology.p
    scales = RATIO ** np.arange(1, layers + 1)
    inner: dict[
        int, list[int]
    ] = {}  # vertices towards the corner from each neighbour of it, the outermost first
    points, vertices, parts, parents = [p], [], [], []
    count = p.shape[1]
    for cell in cells:
        first = int(np.argmax(t[:, cell] == vertex))
        around = [(first + 1) % 3, (first + 2) % 3]
        centre, sides = _CORNERS[:, first, None], _CORNERS[:, around]
        at = np.concatenate(
            [sides[None], centre + scales[:, None, None] * (sides - centre)]
        )  # (layers + 1, 2, 2)
        rails = []
        for side, corner in enumerate(around):
            end = int(t[corner, cell])
            if end not in inner:
                inner[end] = list(range(count, count + layers))
                count += layers
                points.append(_positions(mesh, int(cell), at[1:, :, side].T))
            rails.append([end, *inner[end]])
        left, right = rails
        for i in range(layers):
            vertices += [(left[i + 1], left[i], right[i]), (left[i + 1], right[i], right[i + 1])]
            parts += [
                np.stack([at[i + 1, :, 0], at[i, :, 0], at[i, :, 1]], axis=1),
                np.stack([at[i + 1, :, 0], at[i, :, 1], at[i + 1, :, 1]], axis=1),
            ]
        vertices.append((vertex, left[-1], right[-1]))
        parts.append(np.stack([centre[:, 0], at[-1, :, 0], at[-1, :, 1]], axis=1))
        parents += [int(cell)] * (2 * layers + 1)
    kept = np.setdiff1d(np.arange(mesh.cells), cells)
    owner = np.concatenate([kept, parents]).astype(int)
    topology = topology_of(
        np.concatenate(points, axis=1), np.concatenate([t[:, kept], np.array(vertices).T], axis=1)
    )
    X = reference_nodes(3, mesh.order)
    weights = np.stack([1.0 - X[0] - X[1], X[0], X[1]])
    places = np.concatenate([part @ weights for part in parts], axis=1)
    interpolation = _interpolation(mesh.order, places).reshape(-1, len(parents), X.shape[1])
    new = np.einsum("nep,end->epd", interpolation, mesh.nodes[parents])
    return replace(
        mesh, topology=topology, nodes=np.concatenate([mesh.nodes[kept], new]), region=mesh.region[owner],
        medium=None if mesh.medium is None else mesh.medium[owner],
        boundaries=_renamed(mesh, topology, vertex, inner),
    )  # fmt: skip


def _positions(mesh: CurvedMesh, cell: int, X: Array) -> Array:
    """Positions (2, points) of reference points in a cell."""
    return np.asarray(mesh.nodes[cell].T @ _interpolation(mesh.order, X))


def _interpolation(order: int, X: Array) -> Array:
    """Values at reference points (2, points) of the functions that are one at a node of the triangle each, (nodes, points)."""
    return np.asarray(np.linalg.solve(_monomials(reference_nodes(3, order), order), _monomials(X, order)))


def _monomials(X: Array, order: int) -> Array:
    """Products of Legendre polynomials that span those of an order on the triangle, (functions, points)."""
    lines = [np.polynomial.legendre.legvander(2.0 * x - 1.0, order).T for x in X]
    return np.array([lines[0][i] * lines[1][j] for i in range(order + 1) for j in range(order + 1 - i)])


def _renamed(
    mesh: CurvedMesh, topology: object, vertex: int, inner: dict[int, list[int]]
) -> dict[str, IntArray]:
    """The named facets, those that end in the vertex in pieces."""
    facets = np.sort(topology.facets, axis=0)  # type: ignore[attr-defined]
    number = {(int(a), int(b)): i for i, (a, b) in enumerate(facets.T)}
    named = {}
    for name, old in mesh.boundaries.items():
        chains = []
        for a, b in mesh.topology.facets[:, old].T:
            ends = [int(a), int(b)]
            if vertex in ends:
                ends.remove(vertex)
                ends = [*ends, *inner[ends[0]], vertex]
            chains += list(zip(ends, ends[1:], strict=False))
        named[name] = np.array([number[min(pair), max(pair)] for pair in chains], dtype=np.int64)
    return named
