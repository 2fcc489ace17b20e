"""How the nodes of a mesh move when a length of the body changes, or when an outline moves along its normal.

On interfaces and walls the nodes follow the cross-section; between them they follow by a harmonic extension, in the cells' own
coordinates. How they move there matters no more than the discretisation does: only the interfaces carry the derivative
(Johnson et al., Phys. Rev. E 65, 066611 (2002)). The derivative of the discrete problem under such a motion has the error of an
eigenvalue, where the integral of the field over the interface would have that of a field.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
import scipy.sparse as sp
import scipy.sparse.linalg as spla
from scipy.spatial import cKDTree

from femwgm.fem.mapping import shape_functions
from femwgm.geometry.build import section_of
from femwgm.geometry.curves import nearest_on
from femwgm.geometry.lengths import named_lengths, with_length
from femwgm.geometry.section import Piece, Section, Slab
from femwgm.ground.typing import Array, IntArray
from femwgm.mesh.curved import CurvedMesh, reference_nodes
from femwgm.mesh.domain import PML

_STEP = 1e-4
"""Change of a length for the differences of the outlines, relative to the body."""
_SAME = 1e-7
"""Distance, relative to the body, below which a point lies on two outlines alike: the first counts."""
_NEAR = 1e-3
"""The same, below which a point of a mesh belongs to an outline: splines are meshed by other splines through their points."""

Move = Callable[[Array], tuple[Array, Array]]
"""Displacements (n, 2) at points (n, 2) of interfaces, and which components they prescribe."""


def motions(geometry: Any, mesh: CurvedMesh) -> dict[str, Array]:
    """Displacement of the mesh's nodes for a unit change of each length, shape (cells, nodes, 2).

    For outlines that were drawn, not named by lengths, a unit change is one along the normal: "outline_REGION".
    """
    section = section_of(geometry)
    nodes = _Nodes(mesh, section)
    moves = {name: _by_length(geometry, section, path) for name, path in named_lengths(geometry).items()}
    if geometry.kind in ("profile", "mesh"):
        names = dict.fromkeys(piece.region for piece in section.pieces if piece.region in geometry.solid)
        moves |= {f"outline_{name}": _along_normal(section, name) for name in names}
    return {name: nodes.extended(move) for name, move in moves.items()}


def displaced(geometry: Any, mesh: CurvedMesh, place: Array, normal: Array, distance: Array) -> Array:
    """Displacement of nodes (cells, nodes, 2) where interfaces move along normals (n, 2) by distances (n,) at places."""
    reach = 2.0 * float(np.abs(distance).max()) + 1e-3 * section_of(geometry).radius

    def move(points: Array) -> tuple[Array, Array]:
        off, near = cKDTree(place).query(points)
        here = (off < reach + gap[near])[:, None]
        return np.where(here, normal[near] * distance[near, None], 0.0), np.ones(points.shape, dtype=bool)

    gap = np.hypot(*np.diff(place, axis=0, append=place[-1:]).T)
    gap[gap > 10.0 * np.median(gap)] = 0.0  # from one outline to the next
    return _Nodes(mesh, section_of(geometry)).extended(move)


def _by_length(geometry: Any, section: Section, path: Any) -> Move:
    """The motion of interfaces when a length changes, by central differences of the cross-section."""
    step = _STEP * section.radius
    upper, lower = (section_of(with_length(geometry, path, sign * step)) for sign in (1.0, -1.0))

    def move(points: Array) -> tuple[Array, Array]:
        where = _Where(section, points)
        displacement, fixed = np.zeros(points.shape), np.zeros(points.shape, dtype=bool)
        for i, (up, down) in enumerate(zip(upper.parts, lower.parts, strict=True)):
            if isinstance(up, Piece) and isinstance(down, Piece):
                for j, (a, b) in enumerate(zip(up.outline.curves, down.outline.curves, strict=True)):
                    here, t = where.on_curve(i, j)
                    displacement[here] = (a.at(t) - b.at(t)) / (2.0 * step)
                    fixed[here] = True
            elif isinstance(up, Slab) and isinstance(down, Slab):
                changes = up.bottom - down.bottom, up.top - down.top
                for j, change in enumerate(changes):
                    here, _ = where.on_curve(i, j)
                    displacement[here, 1] = change / (2.0 * step)
                    fixed[here, 1] = True
        for axis, sides in ((0, ("radius",)), (1, ("bottom", "top"))):
            for side in sides:
                at = getattr(section.walls, side)
                if at is not None:
                    here = np.abs(points[:, axis] - at) < _SAME * section.radius
                    change = getattr(upper.walls, side) - getattr(lower.walls, side)
                    displacement[here, axis] = change / (2.0 * step)
                    fixed[here, axis] = True
        return displacement, fixed

    return move


def _along_normal(section: Section, region: str) -> Move:
    """The motion of a region's outline along its outer normal."""

    def move(points: Array) -> tuple[Array, Array]:
        where = _Where(section, points)
        displacement, fixed = np.zeros(points.shape), np.zeros(points.shape, dtype=bool)
        for i, part in enumerate(section.parts):
            if not isinstance(part, Piece):
                continue
            for j, curve in enumerate(part.outline.curves):
                here, t = where.on_curve(i, j)
                fixed[here] = True
                if part.region == region and len(t):
                    tangent = curve.tangent(t)
                    displacement[here] = np.stack([tangent[:, 1], -tangent[:, 0]], axis=-1)
        return displacement, fixed

    return move


class _Where:
    """On which curve of a section each point lies: the first in the order of its parts."""

    def __init__(self, section: Section, points: Array) -> None:
        self.points = points
        self.part = np.full(len(points), -1)
        self.curve = np.full(len(points), -1)
        self.t = np.zeros(len(points))
        best = np.full(len(points), _NEAR * section.radius)
        slack = _SAME * section.radius
        for i, part in enumerate(section.parts):
            if isinstance(part, Piece):
                found = [nearest_on(curve, points) for curve in part.outline.curves]
            else:
                found = [(np.zeros(len(points)), np.abs(points[:, 1] - z)) for z in (part.bottom, part.top)]
            for j, (t, distance) in enumerate(found):
                closer = distance < best - slack
                self.part[closer], self.curve[closer], self.t[closer] = i, j, t[closer]
                best = np.where(closer, distance, best)

    def on_curve(self, part: int, curve: int) -> tuple[Array, Array]:
        """The points on a curve of a part, and their parameters."""
        here = np.flatnonzero((self.part == part) & (self.curve == curve))
        return here, self.t[here]


class _Nodes:
    """The nodes of a mesh as one set, and the harmonic extension of displacements on its interfaces."""

    def __init__(self, mesh: CurvedMesh, section: Section) -> None:
        self.mesh, self.ambient = mesh, section.ambient
        real = mesh.nodes.real.reshape(-1, 2)
        size = float(np.abs(real).max())
        keys = np.round(real / (1e-9 * size)).astype(np.int64)
        _, first, number = np.unique(keys, axis=0, return_index=True, return_inverse=True)
        self.number: IntArray = number.reshape(mesh.nodes.shape[:2])
        self.points = real[first]
        none = np.zeros(0, dtype=np.int64)
        wall, end, mirror = (mesh.boundaries.get(name, none) for name in ("wall", "outer", "mirror"))
        moving = np.concatenate([self._interfaces(), wall])
        # A side of the end that an interface runs into gives way: fixed, its cell would have to shear by the whole motion.
        facets = mesh.topology.facets
        still = end[~np.isin(facets[:, end], np.unique(facets[:, moving])).any(axis=0)]
        self.on_interface = self._of_facets(moving)
        self.on_end = self._of_facets(still)
        self.on_axis = np.abs(self.points[:, 0]) < 1e-8 * size
        self.on_mirror = self._of_facets(mirror)

    def extended(self, move: Move) -> Array:
        """Displacements (cells, nodes, 2) of all nodes."""
        known = np.flatnonzero(self.on_interface)
        displacement, fixed = np.zeros(self.points.shape), np.zeros(self.points.shape, dtype=bool)
        displacement[known], fixed[known] = move(self.points[known])
        fixed[self.on_axis, 0], fixed[self.on_mirror, 1] = True, True
        displacement[self.on_axis, 0], displacement[self.on_mirror, 1] = 0.0, 0.0
        fixed |= self.on_end[:, None]
        for axis in range(2):
            free = np.flatnonzero(~fixed[:, axis])
            held = np.flatnonzero(fixed[:, axis])
            if len(free) and displacement[held, axis].any():
                load = -self._laplacian[free][:, held] @ displacement[held, axis]
                displacement[free, axis] = spla.spsolve(self._laplacian[free][:, free].tocsc(), load)
        return np.asarray(displacement[self.number])

    @cached_property
    def _laplacian(self) -> sp.csr_matrix:
        local = _reference_laplacian(self.mesh.corners, self.mesh.order)
        n = self.number
        rows = np.broadcast_to(n[:, :, None], (*n.shape, n.shape[1])).ravel()
        cols = np.broadcast_to(n[:, None, :], (*n.shape, n.shape[1])).ravel()
        data = np.broadcast_to(local, (len(n), *local.shape)).ravel()
        size = len(self.points)
        return sp.csr_matrix((data, (rows, cols)), shape=(size, size))

    def _interfaces(self) -> IntArray:
        left, right = self.mesh.topology.f2t
        names = [self.ambient if name == PML else name for name in self.mesh.regions]
        medium = self.mesh.medium
        if medium is None:
            medium = np.array([names.index(name) for name in names])[self.mesh.region]
        return np.flatnonzero((right >= 0) & (medium[left] != medium[right]))

    def _of_facets(self, facets: IntArray) -> Array:
        """Which points lie on facets."""
        out = np.zeros(len(self.points), dtype=bool)
        topology, corners = self.mesh.topology, self.mesh.corners
        cells = topology.f2t[0, facets]
        for side, members in enumerate(_side_nodes(corners, self.mesh.order)):
            ends = np.sort(topology.t[[side, (side + 1) % corners]][:, cells], axis=0)
            here = (ends == np.sort(topology.facets[:, facets], axis=0)).all(axis=0)
            out[self.number[cells[here]][:, members]] = True
        return out


@lru_cache(maxsize=32)
def _side_nodes(corners: int, order: int) -> tuple[tuple[int, ...], ...]:
    """Local numbers of the nodes on each side of a cell."""
    inner = order - 1
    return tuple(
        (s, (s + 1) % corners, *range(corners + s * inner, corners + (s + 1) * inner)) for s in range(corners)
    )


@lru_cache(maxsize=32)
def _reference_laplacian(corners: int, order: int) -> Array:
    """Products of the gradients of the nodes' functions, integrated over the reference cell."""
    t, w = np.polynomial.legendre.leggauss(order + 1)
    t, w = 0.5 * (t + 1.0), 0.5 * w
    x, y = np.meshgrid(t, t, indexing="ij")
    weights = np.outer(w, w)
    if corners == 3:  # the square folded onto the triangle
        weights, y = weights * (1.0 - x), y * (1.0 - x)
    _, grads = shape_functions(corners, order, np.stack([x.ravel(), y.ravel()]))
    assert grads.shape[0] == reference_nodes(corners, order).shape[1]
    return np.einsum("iap,jap,p->ij", grads, grads, weights.ravel(), optimize=True)
