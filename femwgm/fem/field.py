"""Evaluation of a finite-element solution: E and H anywhere in the domain, exact to the degree of the element."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from femwgm.fem.mapping import CurvedMapping
from femwgm.fem.spaces import Space
from femwgm.ground.typing import Array, ComplexArray, IntArray
from femwgm.mesh.curved import CurvedMesh

_CHUNK = 4096
"""Points handled at once: bounds the memory of a large picture."""

_PROBES = 24
"""Sets of points kept with a space."""

_MIRROR_E = {"conductor": (-1.0, -1.0, 1.0), "natural": (1.0, 1.0, -1.0)}


def mirror_signs(mirror: str) -> tuple[float, float, float]:
    """Signs of (E_r, E_phi, E_z) at -z relative to +z; those of H are the opposite ones."""
    return _MIRROR_E[mirror]


@dataclass(frozen=True)
class CellField:
    """A field (E_t, v) by its coefficients on each cell.

    Attributes
    ----------
    space
        The spaces of the coefficients.
    coefficients
        Local coefficients with orientation signs applied, shape (cells, n).
    m
        Azimuthal order.
    k0
        Vacuum wavenumber (rad/um), complex.
    mirror
        "conductor" or "natural" if the domain ends at the mirror plane z = 0, else None: how the field continues below.
    """

    space: Space
    coefficients: Array
    m: int
    k0: complex
    mirror: str | None = None

    @property
    def revolution(self) -> float:
        """Factor from integrals over the meridian domain (r dr dz) to the whole body: 2 pi, twice that beside a mirror plane."""
        return 2.0 * np.pi * (2.0 if self.mirror else 1.0)

    def scaled(self, factor: complex) -> CellField:
        """The field times a number."""
        return CellField(self.space, self.coefficients * factor, self.m, self.k0, self.mirror)

    def at_reference(
        self, X: Array, cells: IntArray | None = None
    ) -> tuple[ComplexArray, ComplexArray, Array]:
        """E and H (3, cells, points) as (r, phi, z) components and positions (2, cells, points) at reference points.

        X has shape (2, points), or (2, cells, points) for points of their own in each cell. H is curl E / (i k0): the magnetic
        field times the impedance of vacuum.
        """
        cells = np.arange(self.space.mesh.cells) if cells is None else cells
        grid = self._grid(X, cells)
        E, curl, g = grid.evaluate(self, cells)
        k, r = self.k0, grid.r
        H = np.stack([g[1] / (r * k), 1j * curl / k, -g[0] / (r * k)]).astype(np.complex128)
        near = grid.x[0].real < self.space.mesh.axis_distance
        if near.any():
            E[:, near], H[:, near] = self(*grid.x[:, near].real)
        return E, H, grid.x

    def electric(self, X: Array, cells: IntArray, keep: bool = False) -> tuple[ComplexArray, Array]:
        """E (3, cells, points) and positions at reference points (2, points); `keep` if many modes will ask for the same ones."""
        grid = self._grid(X, cells) if keep else _tabulate(self.space, X, cells)
        E = grid.evaluate(self, cells)[0]
        near = grid.x[0].real < self.space.mesh.axis_distance
        if near.any():
            E[:, near] = self(*grid.x[:, near].real)[0]
        return E, grid.x

    def determinant(self, X: Array, cells: IntArray) -> Array:
        """Determinant of the Jacobian (cells, points) at reference points (2, points), kept with the space."""
        return self._grid(X, cells).det

    def _grid(self, X: Array, cells: IntArray) -> _Grid:
        """Bases and geometry at reference points, kept with the space."""
        kept = self.space.probes
        key = (X.tobytes(), X.shape, cells.tobytes())
        if key not in kept:
            _make_room(kept)
            kept[key] = _tabulate(self.space, X, cells)
        grid: _Grid = kept[key]
        return grid

    def probe(self, r: Array, z: Array) -> Probe:
        """Points (um, shape (points,)) made ready for evaluation, kept with the space: many modes ask for the same ones."""
        kept = self.space.probes
        key = (r.tobytes(), z.tobytes(), self.mirror is not None)
        if key not in kept:
            _make_room(kept)
            kept[key] = Probe(self.space, r, z, self.mirror is not None)
        return kept[key]

    def __call__(self, r: Array, z: Array) -> tuple[ComplexArray, ComplexArray]:
        """E and H at positions r, z (um) of any common shape: (3, ...) each; zero outside the domain."""
        r, z = np.broadcast_arrays(np.asarray(r, dtype=float), np.asarray(z, dtype=float))
        E, H = self.probe(r.ravel(), z.ravel())(self)
        return E.reshape(3, *r.shape), H.reshape(3, *r.shape)


def _make_room(kept: dict[Any, Any]) -> None:
    while len(kept) >= _PROBES:
        kept.pop(next(iter(kept)))


@dataclass(frozen=True)
class _Grid:
    """Bases (functions, [2,] points) and geometry ([2, 2,] cells, points) at reference points."""

    N: Array
    curl: Array
    psi: Array
    slope: Array
    x: Array
    r: Array
    inverse: Array
    det: Array

    def evaluate(self, field: CellField, cells: IntArray) -> tuple[ComplexArray, Array, Array]:
        """E (3, cells, points), curl E_t and g = m E_t - grad v (2, cells, points)."""
        local, own = field.coefficients[cells], self.psi.ndim == 3
        u, s = local[:, field.space.from_curl], local[:, field.space.from_scalar]
        Et, grad = (
            _covariant(self.inverse, _sum(c, table, own)) for c, table in ((u, self.N), (s, self.slope))
        )
        v, curl = _sum(s, self.psi, own), _sum(u, self.curl, own) / self.det
        E = np.empty((3, *v.shape), dtype=np.complex128)
        E[0], E[1], E[2] = Et[0], 1j * (v / self.r), Et[1]
        return E, curl, field.m * Et - grad


def _tabulate(space: Space, X: Array, cells: IntArray) -> _Grid:
    """Tables at X of shape (2, points), or (2, cells, points) for points of their own in each cell."""
    flat, shape = X.reshape(2, -1), X.shape[1:]
    tables = [
        t.reshape(*t.shape[:-1], *shape) for t in (*space.curl.tabulate(flat), *space.scalar.tabulate(flat))
    ]
    x, ((a, b), (c, d)) = CurvedMapping(space.mesh).both(X, cells)
    det = a * d - b * c
    N, curl, psi, slope = tables
    inverse = np.stack([np.stack([d, -b]), np.stack([-c, a])]) / det
    return _Grid(N, curl, psi, slope, x, np.where(x[0] == 0.0, 1e-300, x[0]), inverse, det)


def _sum(coefficients: Array, table: Array, own: bool) -> Array:
    """Fields ([2,] cells, points) from coefficients (cells, n) and functions (n, [2,] points), or (n, [2,] cells, points)."""
    if own:
        return np.einsum("en,n...ep->...ep", coefficients, table)
    out = coefficients @ table.reshape(len(table), -1)
    return np.moveaxis(out.reshape(len(coefficients), *table.shape[1:]), 0, -2)


def _covariant(inverse: Array, f: Array) -> Array:
    """J^-T f for the inverse Jacobian (2, 2, ...) and f (2, ...)."""
    return np.stack(
        [inverse[0, 0] * f[0] + inverse[1, 0] * f[1], inverse[0, 1] * f[0] + inverse[1, 1] * f[1]]
    )


class Probe:
    """Points (um) at which fields are wanted: located once, the bases tabulated and mapped once, for any number of modes.

    Parameters
    ----------
    space
        The spaces of the fields.
    r, z
        Positions (um), shape (points,).
    mirrored
        Whether the domain ends at the mirror plane, so that points with z < 0 stand for their images.

    Attributes
    ----------
    owner
        Cell of each point, -1 outside the domain.
    """

    def __init__(self, space: Space, r: Array, z: Array, mirrored: bool) -> None:
        self.space = space
        self.below = (z < 0.0) & mirrored
        self.r = np.maximum(r, space.mesh.axis_distance)
        self._near_axis = np.flatnonzero(r < self.r)
        self._fraction = r[self._near_axis] / self.r[self._near_axis]
        self._rings = [
            Probe(space, ring * self.r[self._near_axis], z[self._near_axis], mirrored)
            for ring in _RINGS
            if len(self._near_axis)
        ]
        self.owner, X = locate(space.mesh, self.r, np.where(self.below, -z, z))
        self._inside = np.flatnonzero(self.owner >= 0)
        self._cells, self._X = self.owner[self._inside], X[:, self._inside]
        self._chunks = [slice(i, i + _CHUNK) for i in range(0, len(self._cells), _CHUNK)]
        self._basis: dict[int, tuple[Array, ...]] = {}

    def _tabulated(self, i: int) -> tuple[Array, ...]:
        """Mapped bases at a chunk of the points, kept only where there is a single chunk."""
        if i in self._basis:
            return self._basis[i]
        cells, X = self._cells[self._chunks[i]], self._X[:, self._chunks[i]]
        N, curl = self.space.curl.tabulate(X)
        psi, slope = self.space.scalar.tabulate(X)
        mapping = CurvedMapping(self.space.mesh)
        x, ((a, b), (c, d)) = mapping.at_own_points(mapping.modal()[cells], X)
        det = a * d - b * c
        r = np.where(x[0] == 0.0, 1e-300, x[0])

        def covariant(f: Array) -> tuple[Array, Array]:
            return ((d * f[:, 0] - c * f[:, 1]) / det).T, ((a * f[:, 1] - b * f[:, 0]) / det).T

        of_u, of_v = np.stack([*covariant(N), (curl / det).T]), np.stack([psi.T, *covariant(slope)])
        tables = (cells, r, of_u, of_v)
        if len(self._chunks) == 1:
            self._basis[i] = tables
        return tables

    def __call__(self, field: CellField) -> tuple[ComplexArray, ComplexArray]:
        """E and H (3, points) of a field on the same space."""
        E, H = (
            np.zeros((3, len(self.r)), dtype=np.complex128),
            np.zeros((3, len(self.r)), dtype=np.complex128),
        )
        u_all = field.coefficients[:, self.space.from_curl]
        v_all = field.coefficients[:, self.space.from_scalar]
        for i, chunk in enumerate(self._chunks):
            cells, r, of_u, of_v = self._tabulated(i)
            E_r, E_z, rot = np.einsum("kpn,pn->kp", of_u, u_all[cells])
            w, w_r, w_z = np.einsum("kpn,pn->kp", of_v, v_all[cells])
            index = self._inside[chunk]
            E[:, index] = np.stack([E_r, 1j * w / r, E_z])
            g_r, g_z = field.m * E_r - w_r, field.m * E_z - w_z
            H[:, index] = np.stack([g_z / (r * field.k0), 1j * rot / field.k0, -g_r / (r * field.k0)])
        if field.mirror:
            sign = np.array(mirror_signs(field.mirror))[:, None]
            E[:, self.below], H[:, self.below] = E[:, self.below] * sign, -H[:, self.below] * sign
        if self._rings:
            self._towards_the_axis(field, E, H)
        return E, H

    def _towards_the_axis(self, field: CellField, E: ComplexArray, H: ComplexArray) -> None:
        """Put the field within the axis distance in place: its leading power times a parabola in r^2 through rings around it."""
        near = self._near_axis
        rings = [ring(field) for ring in self._rings]
        square, knots = self._fraction**2, np.array([1.0, *(ring**2 for ring in _RINGS)])
        weights = [
            np.prod([(square - b) / (a - b) for b in knots if b != a], axis=0)
            * _axis_law(field.m, 1.0 / np.sqrt(a))[:, None]
            for a in knots
        ]
        region = self.space.mesh.region
        inside = np.all([region[ring.owner] == region[self.owner[near]] for ring in self._rings], axis=0)
        law = _axis_law(field.m, self._fraction)
        for f, values in ((E, [r[0] for r in rings]), (H, [r[1] for r in rings])):
            first = f[:, near]
            smooth = sum(w * value for w, value in zip(weights, [first, *values], strict=True))
            f[:, near] = law * np.where(inside, smooth, first)


_RINGS = (4.0, 8.0)
"""Distances, in units of the axis distance, at which the field next to the axis is sampled besides."""


def _axis_law(m: int, fraction: Array | float) -> Array:
    """Components (r, phi, z) at a fraction of a small distance from the axis over those at the distance, shape (3, points).

    A smooth vector field of order m has z components of r^|m| and others of r^||m| - 1| there. The limit of v / r and g / r is
    zero over zero and of no use in floating point.
    """
    across = fraction ** abs(abs(m) - 1)
    return np.stack(np.broadcast_arrays(across, across, np.asarray(fraction) ** abs(m)))


def locate(mesh: CurvedMesh, r: Array, z: Array) -> tuple[IntArray, Array]:
    """Cell of each point (-1 outside) and its reference coordinates (2, points), for real positions.

    A point on a common boundary belongs to the cell with the lower number.
    """
    real = mesh if not np.iscomplexobj(mesh.nodes) else mesh.with_nodes(mesh.nodes.real)
    lower, upper = mesh.bounds
    margin = 0.02 * (upper - lower) + 1e-12
    owner, X = np.full(r.shape, -1), np.zeros((2, *r.shape))
    for start in range(0, len(r), _CHUNK):
        points = np.stack([r[start : start + _CHUNK], z[start : start + _CHUNK]])
        near = (points[None] > (lower - margin)[:, :, None]) & (points[None] < (upper + margin)[:, :, None])
        cell, point = np.nonzero(near.all(axis=1))
        local = _newton(CurvedMapping(real), points[:, point], cell)
        inside = np.flatnonzero(_inside(local, mesh.corners))[::-1]  # the lowest cell writes last
        owner[start + point[inside]] = cell[inside]
        X[:, start + point[inside]] = local[:, inside]
    return owner, X


def _inside(X: Array, corners: int, slack: float = 1e-9) -> Array:
    inside = (X > -slack).all(axis=0)
    return np.asarray(
        inside & ((X < 1.0 + slack).all(axis=0) if corners == 4 else (X.sum(axis=0) < 1.0 + slack))
    )


def _newton(mapping: CurvedMapping, points: Array, cells: IntArray, steps: int = 12) -> Array:
    """Reference coordinates of points (2, n), each near a cell of its own; what does not converge ends outside."""
    corners = mapping.curved.nodes[:, : mapping.curved.corners]
    along = np.stack([corners[:, 1] - corners[:, 0], corners[:, -1] - corners[:, 0]], axis=2)
    centre, middle = (0.5 if mapping.curved.corners == 4 else 1.0 / 3.0), corners.mean(axis=1)
    X = centre + np.matmul(np.linalg.inv(along)[cells], (points.T - middle[cells])[..., None])[..., 0].T
    X, modal = np.clip(X, -0.5, 1.5), mapping.modal()
    active, before = np.arange(points.shape[1]), np.zeros(points.shape[1], dtype=bool)
    for _ in range(steps):
        x, ((a, b), (c, d)) = mapping.at_own_points(modal[cells[active]], X[:, active])
        gap = points[:, active] - x
        step = np.stack([d * gap[0] - b * gap[1], a * gap[1] - c * gap[0]]) / (a * d - b * c)
        X[:, active] = np.clip(X[:, active] + np.clip(step, -0.6, 0.6), -0.5, 1.5)
        far = ((X[:, active] <= -0.5) | (X[:, active] >= 1.5)).any(axis=0)
        # Where the next step would be below rounding, or a point stays at the end of what is tried, nothing more comes.
        on = (np.abs(step).max(axis=0) > 1e-9) & ~(far & before)
        active, before = active[on], far[on]
        if not len(active):
            break
    return X
