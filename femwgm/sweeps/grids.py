"""Modes over a grid of azimuthal orders and indices on one mesh: one reduced basis, ten thousand certified pairs in a second."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from femwgm.config.schema import RunConfig
from femwgm.eigen.iterations import closest
from femwgm.eigen.reduced import Member, Permittivities, ReducedBasis, ReducedFamily, Snapshot
from femwgm.errors import AccuracyError
from femwgm.fem.assemble import CellMatrices
from femwgm.fem.pencil import Pencil
from femwgm.fem.problem import MeridianProblem
from femwgm.ground.expected import Expected
from femwgm.ground.numerics import one_thread
from femwgm.ground.typing import Array
from femwgm.materials import materials_from_config
from femwgm.mesh.domain import LayeredBody, design
from femwgm.mesh.polar import build_polar
from femwgm.solver.solve import mirror_condition

RESIDUAL_LIMIT = 1e-8
"""Residual at full size that every pair must have: the error of its wavenumber is the square."""

_SAFETY = 0.3
_KNOTS = (4, 6)
_COARSE = (5, 9)
_ROUNDS = 12


@dataclass(frozen=True)
class IndexGrid:
    """Wavenumbers over indices and azimuthal orders.

    Attributes
    ----------
    indices, orders
        The axes.
    k0
        Vacuum wavenumbers (rad/um), shape (indices, orders).
    residual
        Relative residuals at full size, same shape.
    snapshots
        Number of modes that were solved at full size.
    """

    indices: Array
    orders: Array
    k0: Array
    residual: Array
    snapshots: int


def index_grid(
    config: RunConfig, region: str, indices: Sequence[float], orders: Sequence[int], pol: str = "TE"
) -> IndexGrid:
    """Equatorial modes (p = 0, q = 1) of a lossless layered sphere for all indices of one layer and all azimuthal orders.

    Parameters
    ----------
    config
        The sphere and the accuracy.
    region
        The layer whose index varies; the other media keep their index at the middle of the window.

    Raises
    ------
    AccuracyError
        If a pair does not pass its residual after several enrichments.
    """
    with one_thread():
        return _IndexGrid(config, region, np.asarray(indices, dtype=float), np.asarray(orders), pol).solve()


class _IndexGrid:
    def __init__(self, config: RunConfig, region: str, indices: Array, orders: Array, pol: str) -> None:
        materials = materials_from_config(config)
        self.media = {name: materials[m] for name, m in config.geometry.region_materials.items()}
        self.radii, self.pol = config.geometry.radii_um, pol
        middle = 4.0 * np.pi / sum(config.modes.window_um)
        self.base = np.array([complex(m.index(middle)).real for m in self.media.values()])
        self.layer, self.indices, self.orders = list(self.media).index(region), indices, orders
        self.target = self._expected()
        corners = [(i, j) for i in (0, -1) for j in (0, len(orders) // 2, -1)]
        targets = [
            Expected("TE", 1, int(orders[j]), int(orders[j]), complex(self.target[i, j])) for i, j in corners
        ]
        body = LayeredBody(self.radii, tuple(self.media), tuple(self._media(len(indices) // 2)))
        domain = design(body, targets, _SAFETY * config.accuracy.wavelength)
        self.degree = domain.degree
        self.problem = MeridianProblem(build_polar(domain.plan), self.media, config.geometry.ambient)
        self.matrices: CellMatrices = self.problem.matrices(self.degree)
        self.numbering = self.problem.numbering(self.degree, int(orders[0]), mirror_condition(pol, 0))

    def _media(self, i: int) -> Array:
        """Indices of all regions for the i-th value of the varied one."""
        values = self.base.copy()
        values[self.layer] = self.indices[i]
        return values

    def _expected(self) -> Array:
        """Expected wavenumbers, shape (indices, orders), from exact ones on a few Chebyshev points of the grid."""
        from femwgm.analytic import LayeredSphere

        knots = [
            _chebyshev(len(axis), n) for axis, n in zip((self.indices, self.orders), _KNOTS, strict=True)
        ]
        known = np.empty([len(k) for k in knots])
        for a, i in enumerate(knots[0]):
            sphere = LayeredSphere(self.radii, list(self._media(int(i))))
            known[a] = [sphere.mode(self.pol, int(self.orders[j])).k0.real for j in knots[1]]
        along = [
            _through(axis[k], axis)
            for axis, k in zip((self.indices, self.orders.astype(float)), knots, strict=True)
        ]
        return np.asarray(along[0] @ known @ along[1].T)

    def solve(self) -> IndexGrid:
        axes = (self.indices, self.orders)
        rows, columns = (_chebyshev(len(axis), n) for axis, n in zip(axes, _COARSE, strict=True))
        members = [
            Member(int(self.orders[j]), complex(self.target[i, j]), int(i)) for i in rows for j in columns
        ]
        family = ReducedFamily(
            ReducedBasis(self.matrices, self.numbering, self.problem.mesh.region),
            members, self._permittivities, self._snapshot, RESIDUAL_LIMIT,
        )  # fmt: skip
        basis, snapshots = family.basis, family.snapshots
        eps = np.array([self._media(i) ** 2 for i in range(len(self.indices))])
        m, grid_eps = np.tile(self.orders.astype(float), len(eps)), np.repeat(eps, len(self.orders), axis=0)
        in_K, in_M = np.zeros((len(m), basis.terms)), np.zeros((len(m), basis.terms))
        in_K[:, 0], in_K[:, 1], in_K[:, 2] = 1.0, m, m * m
        in_M[:, 3 : 3 + eps.shape[1]] = grid_eps
        target = self.target.ravel() ** 2
        value, residual = np.zeros_like(target), np.full(len(target), np.inf)
        left = np.arange(len(target))
        for _ in range(_ROUNDS):
            value[left], c = basis.solve_weighted(in_K[left], in_M[left], target[left])
            residual[left] = basis.residuals(in_K[left], in_M[left], value[left], c)
            residual[np.abs(value - target) > 1e-3 * target] = np.inf  # another mode
            left = np.flatnonzero(~(residual <= RESIDUAL_LIMIT))
            if not len(left):
                shape = self.target.shape
                return IndexGrid(
                    self.indices,
                    self.orders,
                    np.sqrt(value).reshape(shape),
                    residual.reshape(shape),
                    snapshots,
                )
            i, j = divmod(int(left[np.argmax(residual[left])]), len(self.orders))
            member = Member(int(self.orders[j]), complex(self.target[i, j]), i)
            basis.add(self._snapshot(member, member.k0, None).vector)
            snapshots += 1
        raise AccuracyError(
            f"a reduced basis of {len(basis)} modes leaves {len(left)} of {len(target)} points of the grid uncertified"
        )

    def _permittivities(self, i: int, _: complex) -> Permittivities:
        return Permittivities(self._media(i) ** 2)

    def _snapshot(self, member: Member, k: complex, start: Array | None) -> Snapshot:
        eps = (self._media(member.media) ** 2)[self.problem.mesh.region]
        pencil = Pencil(self.numbering, self.matrices.stiffness(member.m), self.matrices.mass(eps))
        shift = (k.real * (1.0 + 1e-9)) ** 2
        seed = None if start is None else start[:, None].real
        factor = pencil.factor(shift)
        x = closest(pencil, shift, block=3 if start is None else 1, start=seed, factor=factor).vectors[:, 0]
        return Snapshot(x, factor.solve)


def _chebyshev(size: int, count: int) -> Array:
    """Positions on an axis of `size` values nearest to Chebyshev-Lobatto points."""
    t = 0.5 * (1.0 - np.cos(np.pi * np.linspace(0.0, 1.0, min(count, size))))
    return np.unique(np.rint(t * (size - 1)).astype(int))


def _through(knots: Array, x: Array) -> Array:
    """Matrix from values at the knots to values at x by the polynomial through them."""
    scaled = [(2.0 * a - knots[0] - knots[-1]) / max(knots[-1] - knots[0], 1e-300) for a in (knots, x)]
    V, W = (np.polynomial.chebyshev.chebvander(a, len(knots) - 1) for a in scaled)
    return np.asarray(np.linalg.solve(V.T, W.T).T)
