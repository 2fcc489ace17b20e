"""A mode's field on curved patches: what every picture is drawn from, whether the mode was just solved or read from disk.

A patch is one cell of the mesh with E and H on a tensor grid of Chebyshev points, from which they are interpolated to any other
points with the accuracy of the element. Regions never share a patch, so a jump across an interface stays one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from femwgm.ground.typing import Array, IntArray
from femwgm.views.fields.chebyshev import chebyshev, differentiation, fewest, interpolation, quadrature

if TYPE_CHECKING:
    from femwgm.fem.field import CellField

POINTS_MOST = 27
_TOGETHER = 4096
"""Points that are looked for at once."""
POINTS_BUDGET = 30_000
"""Points of all patches together, above which each patch gets fewer: files and pictures stay bounded on any mesh."""


@dataclass(frozen=True)
class Medium:
    """Permittivity of a region; `axial` is its component along the optical axis ("z" or "radial"), if it has one."""

    eps: complex
    axial: complex | None = None
    axis: str | None = None


@dataclass(frozen=True)
class Patches:
    """Field samples on patches of the meridian plane.

    Attributes
    ----------
    r, z
        Positions (um), shape (patches, n, n).
    E, H
        Cylindrical components (r, phi, z), shape (3, patches, n, n); normalised as `Mode.field`.
    region
        Index into `regions` of each patch.
    regions
        Region names.
    m, k0
        Azimuthal order and vacuum wavenumber (rad/um).
    t
        Nodes in [0, 1] along both sides of a patch, shape (n,).
    media
        Medium of each region by name, where known.
    """

    r: Array
    z: Array
    E: Array
    H: Array
    region: IntArray
    regions: tuple[str, ...]
    m: int
    k0: complex
    t: Array
    media: Mapping[str, Medium] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.region)

    def select(self, regions: Sequence[str]) -> Patches:
        """Patches of the named regions only."""
        kept = np.isin(self.region, [self.regions.index(name) for name in regions if name in self.regions])
        return self._kept(kept)

    def without(self, *regions: str) -> Patches:
        """Patches outside the named regions."""
        return self.select([name for name in self.regions if name not in regions])

    def one(self, i: int) -> Patches:
        """A single patch."""
        return self.pick(np.array([i]))

    def pick(self, numbers: IntArray) -> Patches:
        """The patches of the given numbers."""
        return self._kept(numbers)

    def within(self, box: tuple[float, float, float, float]) -> Patches:
        """Patches that reach into the box (r_min, r_max, z_min, z_max) in um."""
        lo_r, hi_r, lo_z, hi_z = box
        r, z = self.r.reshape(len(self), -1), self.z.reshape(len(self), -1)
        return self._kept((r.max(1) > lo_r) & (r.min(1) < hi_r) & (z.max(1) > lo_z) & (z.min(1) < hi_z))

    def _kept(self, kept: Array) -> Patches:
        return replace(
            self,
            r=self.r[kept],
            z=self.z[kept],
            E=self.E[:, kept],
            H=self.H[:, kept],
            region=self.region[kept],
        )

    def at(self, a: Array, b: Array | None = None) -> Patches:
        """The same patches on other nodes a x b of [0, 1], for drawing; interpolate from Chebyshev nodes only."""
        A = interpolation(self.t, a)
        B = A if b is None else interpolation(self.t, b)

        def moved(values: Array) -> Array:
            return np.asarray(A @ values @ B.T)

        return replace(self, r=moved(self.r), z=moved(self.z), E=moved(self.E), H=moved(self.H), t=a)

    def permittivity(self, which: str = "eps") -> Array:
        """Complex permittivity of each patch, shaped to multiply the fields; NaN where the medium is unknown."""
        nan = Medium(complex(np.nan, np.nan))
        media = [self.media.get(name, nan) for name in self.regions]
        values = [m.eps if which == "eps" or m.axial is None else m.axial for m in media]
        return np.array(values, dtype=np.complex128)[self.region][:, None, None]

    @cached_property
    def areas(self) -> Array:
        """Area (um^2) of the meridian plane that each point stands for."""
        D = differentiation(self.t)
        along_a = D @ self.r, D @ self.z
        along_b = self.r @ D.T, self.z @ D.T
        det = along_a[0] * along_b[1] - along_a[1] * along_b[0]
        w = quadrature(self.t)
        return np.asarray(np.abs(det) * w[:, None] * w[None, :])

    @cached_property
    def weights(self) -> Array:
        """Volume (um^3) that each point stands for: integral f dV = sum(f * weights) over a body of revolution."""
        return np.asarray(2.0 * np.pi * self.r * self.areas)

    def integrals(self, density: Array) -> dict[str, float]:
        """Volume integral of a density (patches, n, n) over each region."""
        each = (density * self.weights).sum(axis=(1, 2))
        return {name: float(each[self.region == i].sum()) for i, name in enumerate(self.regions)}

    def find(self, r: Array, z: Array, region: str | None = None) -> tuple[IntArray, Array]:
        """Patch of each point (-1 outside) and its coordinates (2, points) there, looking in one region if named."""
        owner, X = np.full(r.shape, -1), np.zeros((2, *r.shape))
        wanted = np.full(len(self), True) if region is None else self.region == self.regions.index(region)
        near = np.flatnonzero(wanted)
        flat_r, flat_z = self.r[near].reshape(len(near), -1), self.z[near].reshape(len(near), -1)
        boxes = [(x.min(axis=1)[:, None], x.max(axis=1)[:, None]) for x in (flat_r, flat_z)]
        (left, right), (low, high) = [
            (lo - (1e-9 + 0.05 * (hi - lo)), hi + (1e-9 + 0.05 * (hi - lo))) for lo, hi in boxes
        ]
        for start in range(0, r.size, _TOGETHER):
            part = slice(start, start + _TOGETHER)
            inside = (r[part] > left) & (r[part] < right) & (z[part] > low) & (z[part] < high)
            patch, point = np.nonzero(inside)
            patch, point = (
                near[patch[::-1]],
                point[::-1] + start,
            )  # of two patches at an edge the first one is kept
            for pairs in np.array_split(np.arange(len(patch)), len(patch) // _TOGETHER + 1):
                local, good = self._invert(patch[pairs], r[point[pairs]], z[point[pairs]])
                found = point[pairs[good]]
                owner[found], X[:, found] = patch[pairs[good]], local[:, good]
        return owner, X

    @cached_property
    def _charts(self) -> tuple[Array, Array]:
        """Nodes that are enough for the positions, and r, z and their derivatives along both sides there (patches, 6, n n)."""
        t, (R, Z) = fewest(self.t, np.stack([self.r, self.z]), 1e-13)
        D = differentiation(t)
        chart = np.stack([R, Z, D @ R, R @ D.T, D @ Z, Z @ D.T], axis=1)
        return t, chart.reshape(len(self), 6, -1)

    def _invert(
        self, patch: IntArray, r: Array, z: Array, steps: int = 15, slack: float = 1e-7
    ) -> tuple[Array, Array]:
        """Coordinates (2, points) of points in a patch each, and which of them lie in it."""
        t, charts = self._charts
        chart = charts[patch]

        def seen(X: Array) -> Array:
            weights = interpolation(t, X[0])[:, :, None] * interpolation(t, X[1])[:, None, :]
            return np.asarray(np.einsum("pck,pk->cp", chart, weights.reshape(len(patch), -1)))

        gap = (chart[:, 0] - r[:, None]) ** 2 + (chart[:, 1] - z[:, None]) ** 2
        a, b = np.unravel_index(np.argmin(gap, axis=1), (len(t), len(t)))
        X = np.stack([t[a], t[b]])
        for _ in range(steps):
            x, y, xa, xb, ya, yb = seen(X)
            det = xa * yb - xb * ya
            det = np.where(np.abs(det) < 1e-300, 1e-300, det)
            dx, dy = r - x, z - y
            step = np.stack([(yb * dx - xb * dy) / det, (xa * dy - ya * dx) / det])
            old, X = X, np.clip(X + np.clip(step, -0.5, 0.5), -0.2, 1.2)
            if np.abs(X - old).max(initial=0.0) < 1e-12:
                break
        X = np.clip(X, 0.0, 1.0)
        x, y = seen(X)[:2]
        size = np.ptp(chart[:, 0], axis=1) + np.ptp(chart[:, 1], axis=1)
        return X, np.hypot(x - r, y - z) < slack * size

    def __call__(self, r: Array, z: Array, region: str | None = None) -> tuple[Array, Array]:
        """E and H at points (um) of one shape: (3, ...) each; zero outside the patches.

        On an interface `region` names the side to look from.
        """
        r, z = np.broadcast_arrays(np.asarray(r, dtype=float), np.asarray(z, dtype=float))
        owner, X = self.find(r.ravel(), z.ravel(), region)
        values = self.values_at(np.concatenate([self.E, self.H]), owner, X)
        return values[:3].reshape(3, *r.shape), values[3:].reshape(3, *r.shape)

    def values_at(self, fields: Array, owner: IntArray, X: Array, t: Array | None = None) -> Array:
        """Fields (k, patches, n, n) on these patches at what `find` gave, shape (k, points); `t`: nodes other than their own."""
        t = self.t if t is None else t
        out = np.zeros((len(fields), owner.size), dtype=np.complex128)
        for i in np.unique(owner[owner >= 0]):
            index = np.flatnonzero(owner == i)
            A, B = interpolation(t, X[0, index]), interpolation(t, X[1, index])
            out[:, index] = _between(A, fields[:, i], B)
        return out

    @property
    def extent(self) -> tuple[float, float, float, float]:
        """(r_min, r_max, z_min, z_max) of the patches (um)."""
        return float(self.r.min()), float(self.r.max()), float(self.z.min()), float(self.z.max())


def from_field(
    cells: CellField, media: Mapping[str, Medium] | None = None, points: int | None = None,
    images: Mapping[str, str] | None = None,
) -> Patches:  # fmt: skip
    """Patches of a finite-element field, both halves of a mirrored domain.

    Parameters
    ----------
    cells
        The field.
    media
        Medium of each region.
    points
        Chebyshev points along each side of a cell; by default as many as the element needs and the budget of points allows.
    images
        Regions below z = 0 by those above whose mirror images they are; by default a region is its own.
    """
    from femwgm.fem.field import mirror_signs

    mesh = cells.space.mesh
    halves = 2 if cells.mirror else 1
    room = int(np.sqrt(POINTS_BUDGET / (halves * mesh.cells)))
    n = points or max(cells.space.degree + 3, min(POINTS_MOST, room))
    t = chebyshev(n)
    X = np.array(np.meshgrid(t, t, indexing="ij")).reshape(2, -1)
    if mesh.corners == 3:
        X = np.stack([X[0], X[1] * (1.0 - X[0])])
    # On the axis and at collapsed corners E is a limit; a hair inside it is a value.
    inner = 1e-9 + (1.0 - 2e-9) * X if mesh.corners == 4 else 1e-9 + (1.0 - 3e-9) * X
    on_axis = np.abs(mesh.nodes[..., 0]).min() < 1e-9 * np.abs(mesh.nodes).max()
    E, H, x = cells.at_reference(inner if on_axis or mesh.corners == 3 else X)
    E, H = E.reshape(3, mesh.cells, n, n), H.reshape(3, mesh.cells, n, n)
    r, z = x.real.reshape(2, mesh.cells, n, n)
    region, names = np.asarray(mesh.region), list(mesh.regions)
    if cells.mirror:
        sign = np.array(mirror_signs(cells.mirror))[:, None, None, None]
        r, z = np.concatenate([r, r]), np.concatenate([z, -z])
        E, H = np.concatenate([E, sign * E], axis=1), np.concatenate([H, -sign * H], axis=1)
        below = [(images or {}).get(name, name) for name in names]
        names += [name for name in below if name not in names]
        region = np.concatenate([region, np.array([names.index(name) for name in below])[region]])
    return Patches(r, z, E, H, region, tuple(names), cells.m, complex(cells.k0), t, dict(media or {}))


def _between(A: Array, values: Array, B: Array) -> Array:
    """Values (k, n, n) at points whose coordinates gave the rows of A and B: sum over a, b of A[p, a] values[k, a, b] B[p, b]."""
    if len(values) < _MANY:
        return np.asarray(np.einsum("kpb,pb->kp", A @ values, B))
    weights = (A[:, :, None] * B[:, None, :]).reshape(len(A), -1)
    columns = np.ascontiguousarray(values.reshape(len(values), -1).T)
    return np.asarray((weights @ columns.view(float)).view(columns.dtype).T)


_MANY = 12
"""Fields from which on it pays to form the weights of all nodes at each point."""
