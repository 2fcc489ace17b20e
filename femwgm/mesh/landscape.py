"""Where a field can live and how fast it varies there: the Agmon distance and the local wavenumber over a cross-section.

For azimuthal order m and wavenumber k a field varies in the (r, z) plane with the local wavenumber square n^2 k^2 - m^2 / r^2.
Where that is negative the field decays, and its amplitude falls at least as exp(-S), S being the shortest path's integral of the
local decay constant from where the field lives (Agmon, Lectures on Exponential Decay, Princeton 1982). The domain is where
exp(-2 S) matters at the tolerance; the size of a cell follows from the local wavenumber and from exp(-S), as in
`femwgm.mesh.partition`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import scipy.sparse as sp
from scipy.sparse.csgraph import dijkstra
from scipy.special import jv

from femwgm.geometry.section import Section
from femwgm.ground.typing import Array
from femwgm.mesh.planar import Box
from femwgm.mesh.sizes import graded

MOST_POINTS = 16_000
_STENCIL = ((0, 1), (1, 0), (1, 1), (1, -1), (1, 2), (2, 1), (1, -2), (2, -1))
_TRUSTED = 6.0
"""Action down to which a coarse field is more than noise."""
_STEADY = 0.7
"""Beyond that the action is taken to grow at this share of its last slope, at least."""
Known = Callable[[Array], Array]
_METRIC_EXCESS = 1.03
"""Paths over sixteen neighbours are at most this much longer than straight ones."""


@dataclass(frozen=True)
class Wave:
    """A field to resolve: azimuthal order m (any real number), vacuum wavenumber k0 (rad/um)."""

    m: float
    k0: float


class Landscape:
    """Action S and local wavenumber on a grid over a box.

    Parameters
    ----------
    section
        The cross-section.
    indices
        Index of each region, negative in metals: its square has the sign of the permittivity.
    waves
        Fields to hold.
    box
        Extent of the grid.
    tail
        Action to which the fields are followed.
    known
        Function of points (n, 2) that gives the action where it is known from a coarse field, NaN elsewhere; by default the
        action is zero in the part of the solid where the waves oscillate.
    points
        Grid points.
    """

    def __init__(
        self, section: Section, indices: Mapping[str, float], waves: Sequence[Wave], box: Box, tail: float,
        known: Known | None = None, points: int = MOST_POINTS,
    ) -> None:  # fmt: skip
        self.section, self.box = section, box
        width, height = box.r1 - box.r0, box.z1 - box.z0
        step = float(np.sqrt(width * height / points))
        nr, nz = max(24, int(width / step)), max(24, int(height / step))
        self.r = box.r0 + width * (np.arange(nr) + 0.5) / nr
        self.z = box.z0 + height * (np.arange(nz) + 0.5) / nz
        self.step = (width / nr, height / nz)
        self.region = section.region_at(self._points()).reshape(nr, nz)
        self.n = np.array([indices[name] for name in section.regions])[self.region]
        self.eps = self.n * np.abs(self.n)
        self.solid = solid = self._solid()
        highest = float(self.n[solid].max()) if solid.any() else float(self.n.max())
        # Outside the solid a wavenumber along the surface that the ambient does not carry dies within its own length.
        outside = np.zeros((nr, nz))
        away = self._distance(outside + 1.0, np.where(solid, 0.0, np.inf)) if solid.any() else outside
        near = tail / np.maximum(away, 1e-9 * box.diagonal)
        coarse = None if known is None else self._looked_up(known)
        self.S = np.full((nr, nz), np.inf)
        self.wavenumber = np.zeros((nr, nz))
        for wave in waves:
            square = (wave.m / self.r[:, None]) ** 2 - self.eps * wave.k0**2
            decay = np.sqrt(np.maximum(square, 0.0))
            seeds = (square < 0.0) & solid
            if not seeds.any():
                seeds = solid & (square <= square[solid].min() * (1 + 1e-9)) if solid.any() else square < 0.0
            action = self._distance(decay, np.where(seeds, 0.0, np.inf))
            if coarse is not None:
                trusted = coarse < _TRUSTED
                steep = np.maximum(decay, _STEADY * self._steepness(coarse))
                # Waves that the coarse domain let go, into its absorbing layer, do not decay beyond it.
                steep = np.where(np.isnan(coarse) & (square < 0.0) & ~solid, 0.0, steep)
                action = np.maximum(
                    action, self._distance(steep, np.where(trusted, np.maximum(coarse, 0.0), np.inf))
                )
            self.S = np.minimum(self.S, action)
            along = np.maximum(highest * abs(highest) * wave.k0**2 - (wave.m / self.r[:, None]) ** 2, 0.0)
            airy = (2.0 * wave.m**2 / self.r[:, None] ** 3) ** (2.0 / 3.0)
            local = np.sqrt(np.maximum(np.maximum(np.abs(square), np.minimum(along, near**2)), airy))
            self.wavenumber = np.maximum(self.wavenumber, local)

    def _solid(self) -> Array:
        """Grid points in pieces (or everywhere, if there are none)."""
        names = {piece.region for piece in self.section.pieces}
        if not names:
            return np.ones_like(self.region, dtype=bool)
        return np.asarray(
            np.isin(self.region, [i for i, name in enumerate(self.section.regions) if name in names])
        )

    def _looked_up(self, known: Known) -> Array:
        """The known action on the grid, evaluated on one half as fine."""
        r = np.linspace(self.r[0], self.r[-1], len(self.r) // 2)
        z = np.linspace(self.z[0], self.z[-1], len(self.z) // 2)
        values = known(np.stack(np.meshgrid(r, z, indexing="ij"), axis=-1).reshape(-1, 2)).reshape(
            len(r), len(z)
        )
        return _bilinear(r, z, values, self._points()).reshape(len(self.r), len(self.z))

    def _points(self) -> Array:
        return np.stack(np.meshgrid(self.r, self.z, indexing="ij"), axis=-1).reshape(-1, 2)

    def _steepness(self, action: Array) -> float:
        """How fast a known action grows just below the level up to which it is trusted (1/um): the lower fifth."""
        band = (action > 0.6 * _TRUSTED) & (action < _TRUSTED)
        if not band.any():
            return 0.0
        slope = np.hypot(*np.gradient(action, *self.step))[band]
        return float(np.nanpercentile(slope, 20.0)) if np.isfinite(slope).any() else 0.0

    def _distance(self, decay: Array, start: Array) -> Array:
        """Smallest sum of a start value and of the decay along a path from there."""
        nr, nz = decay.shape
        number = np.arange(nr * nz).reshape(nr, nz)
        rows, cols, weights = [], [], []
        for di, dj in _STENCIL:
            a = (slice(0, nr - di), slice(max(0, -dj), nz - max(0, dj)))
            b = (slice(di, nr), slice(max(0, dj), nz + min(0, dj)))
            length = np.hypot(di * self.step[0], dj * self.step[1])
            rows.append(number[a].ravel())
            cols.append(number[b].ravel())
            weights.append((0.5 * length * (decay[a] + decay[b]) + 1e-12).ravel())
        source = nr * nz
        first = np.isfinite(start)
        rows.append(np.full(int(first.sum()), source))
        cols.append(number[first])
        weights.append(start[first] * _METRIC_EXCESS + 1e-12)
        graph = sp.csr_matrix(
            (np.concatenate(weights), (np.concatenate(rows), np.concatenate(cols))),
            shape=(source + 1, source + 1),
        )
        reached = dijkstra(graph, directed=False, indices=source)[:-1]
        return np.asarray(reached.reshape(nr, nz) / _METRIC_EXCESS)

    def extent(self, tail: float) -> Box:
        """Box around all points where S stays below `tail`."""
        inside = tail > self.S
        i, j = np.flatnonzero(inside.any(axis=1)), np.flatnonzero(inside.any(axis=0))
        dr, dz = 0.5 * self.step[0], 0.5 * self.step[1]
        r0 = self.r[i[0]] - dr
        return Box(
            0.0 if r0 < 2.0 * dr else float(r0),
            float(self.r[i[-1]] + dr),
            float(self.z[j[0]] - dz),
            float(self.z[j[-1]] + dz),
        )

    def interpolated(self, values: Array, points: Array) -> Array:
        """A grid function at points (n, 2) by bilinear interpolation, beyond the grid as at its rim."""
        return _bilinear(self.r, self.z, values, points)

    def sizes(
        self, degree: int, limit: float, *, stretched: Array | float = 1.0, grade: float = 0.8
    ) -> Array:
        """Edge length on the grid at which elements of a degree resolve the field to `limit` (relative amplitude)."""
        return graded(edge_lengths(degree, limit, self.S, self.wavenumber * stretched), self.step, grade)


def _bilinear(r: Array, z: Array, values: Array, points: Array) -> Array:
    """A function on an evenly spaced grid at points (n, 2), beyond the grid as at its rim."""
    cells, shares = [], []
    for x, line in zip(points.T, (r, z), strict=True):
        at = np.clip((x - line[0]) / (line[1] - line[0]), 0.0, len(line) - 1.0)
        cell = np.minimum(at.astype(int), len(line) - 2)
        cells.append(cell)
        shares.append(at - cell)
    (i, j), (s, t) = cells, shares
    low = (1.0 - t) * values[i, j] + t * values[i, j + 1]
    high = (1.0 - t) * values[i + 1, j] + t * values[i + 1, j + 1]
    return np.asarray((1.0 - s) * low + s * high)


def edge_lengths(degree: int, limit: float, action: Array, wavenumber: Array) -> Array:
    """Edge length (um) at which elements of a degree resolve a wavenumber (1/um) to `limit` of the field's largest amplitude.

    `action` is -ln of the local amplitude relative to the largest.
    """
    weight = np.clip(limit * np.exp(np.minimum(action, 600.0)), 1e-16, 1.0)
    argument, reachable = _largest_argument(degree)
    return np.asarray(2.0 * np.interp(np.log(weight), reachable, argument) / wavenumber)


@lru_cache(maxsize=32)
def _largest_argument(degree: int) -> tuple[Array, Array]:
    """Arguments x of the Bessel function J_k and the logarithm of 2 J_k(x), ascending, to invert the error indicator."""
    x = np.linspace(1e-2, degree, 400)
    return x, np.log(2.0 * jv(degree, x))
