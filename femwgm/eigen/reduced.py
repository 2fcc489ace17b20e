"""Reduced bases: a handful of solved modes spans a whole family, and the full residual says where it does not.

Because K(m) = K0 + m K1 + m^2 K2 and M = sum of eps_i M_i, all that a Galerkin projection on N vectors needs can be computed
once: the images of the vectors under each term. For any azimuthal order, index or wavenumber an N x N eigenproblem then gives a
candidate, and its residual at full size, a combination of the same images, certifies it. Snapshots are taken where that residual
is largest until all members of the family pass (the weak greedy algorithm of Hesthaven, Rozza and Stamm, Certified Reduced
Basis Methods for Parametrized PDEs, Springer 2016, section 3.2). Products are bilinear, as for complex-symmetric pencils in
`femwgm.eigen.iterations`; in lossless problems the projection is the usual one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import comb

import numpy as np

from femwgm.fem.assemble import CellMatrices
from femwgm.fem.condense import Numbering
from femwgm.ground.typing import Array, IntArray

RESIDUAL_LIMIT = 3e-11
"""A reduced pair with a larger full-size residual is not used: the wavenumber would be right (its error is the square), the field
would not be right to rounding."""

MOST_SNAPSHOTS = 24
LEAST_MEMBERS = 4
"""Families smaller than this are solved one by one."""

_TRAINING = 12
"""Members among which snapshots are chosen; every member is certified when it is asked for."""

_SLOPES = 3
"""Derivatives by m that each snapshot adds: three solves cost less than half a factorisation."""

_INDEPENDENT = 1e-12
_FIXED_POINT_STEPS = 30


@dataclass(frozen=True)
class Permittivities:
    """Permittivity of each class of cells, across and along the optical axis (None where all media are isotropic)."""

    across: Array
    along: Array | None = None

    def same_as(self, other: Permittivities) -> bool:
        """Whether two sets agree to rounding."""
        pairs = [(self.across, other.across)]
        if self.along is not None and other.along is not None:
            pairs.append((self.along, other.along))
        return all(bool(np.all(np.abs(a - b) <= 4e-15 * np.abs(b))) for a, b in pairs)


@dataclass(frozen=True)
class ReducedPair:
    """An eigenpair in the coordinates of a basis, with its residual at full size."""

    value: complex
    coordinates: Array
    residual: float


class ReducedBasis:
    """Vectors, their images under each term of the pencil, and the projected terms.

    Parameters
    ----------
    matrices
        Cell matrices of a space.
    numbering
        Free unknowns.
    classes
        Class of each cell: cells of one class always share their permittivity, shape (cells,).

    Attributes
    ----------
    vectors
        The basis, orthonormal, shape (size, N).
    images
        Products of K0, K1, K2, then of the M of each class, then of its part along the optical axis, with the vectors,
        shape (terms, size, N).
    """

    def __init__(self, matrices: CellMatrices, numbering: Numbering, classes: IntArray) -> None:
        self.matrices, self.numbering = matrices, numbering
        self.members = [np.flatnonzero(classes == i) for i in range(int(classes.max()) + 1)]
        self.terms = 3 + len(self.members) * (1 if matrices.axial is None else 2)
        self.vectors = np.zeros((numbering.size, 0))
        self.images = np.zeros((self.terms, numbering.size, 0))
        self._small = np.zeros((self.terms, 0, 0))
        self._flat = np.zeros((numbering.size, 0))

    def __len__(self) -> int:
        return int(self.vectors.shape[1])

    def add(self, x: Array) -> bool:
        """Take a vector in; False if it already lies in the span."""
        x = x / np.linalg.norm(x)
        for _ in range(2):
            x = x - self.vectors @ (self.vectors.conj().T @ x)
        size = float(np.linalg.norm(x))
        if size < _INDEPENDENT:
            return False
        x = (x / size)[:, None]
        self.vectors = np.concatenate([self.vectors, x], axis=1)
        self.images = np.concatenate([self.images, self._images(x)], axis=2)
        self._flat = np.ascontiguousarray(self.images.transpose(1, 0, 2)).reshape(self.numbering.size, -1)
        small = np.matmul(self.vectors.T, self.images)
        self._small = 0.5 * (small + small.transpose(0, 2, 1))
        return True

    def _images(self, x: Array) -> Array:
        cm, num = self.matrices, self.numbering
        local = num.gather(x)
        u, v = local[:, cm.space.from_curl], local[:, cm.space.from_scalar]
        nothing = np.zeros_like(v)
        products = [
            (cm.C @ u, cm.DGD @ v),
            (-(cm.GD @ v), -(np.swapaxes(cm.GD, 1, 2) @ u)),
            (cm.G @ u, nothing),
        ]
        masses = [(cm.T @ u, cm.S @ v)] + ([] if cm.axial is None else [(cm.axial @ u, nothing)])
        for first, second in masses:
            for cells in self.members:
                on = np.zeros((len(local), 1, 1))
                on[cells] = 1.0
                products.append((on * first, on * second))
        out = []
        for first, second in products:
            both = np.empty_like(local, dtype=first.dtype)
            both[:, cm.space.from_curl], both[:, cm.space.from_scalar] = first, second
            out.append(num.assemble_vectors(both))
        return np.array(out)

    def weights(self, m: float, eps: Permittivities) -> tuple[Array, Array]:
        """Weights of the terms in K(m) and in M, shape (terms,) each."""
        mass = [eps.across]
        if self.matrices.axial is not None:
            mass.append((eps.across if eps.along is None else eps.along) - eps.across)
        in_M = np.concatenate([np.zeros(3), *mass])
        in_K = np.zeros(self.terms)
        in_K[:3] = 1.0, m, m * m
        return in_K, in_M

    def _points(self, points: Sequence[tuple[float, Permittivities, complex]]) -> tuple[Array, Array, Array]:
        """Weights in K and in M, and targets, of points (m, permittivities, target k0^2)."""
        weights = [self.weights(m, eps) for m, eps, _ in points]
        in_K, in_M = (np.array(w) for w in zip(*weights, strict=True))
        return in_K, in_M, np.array([target for _, _, target in points])

    def values(self, points: Sequence[tuple[float, Permittivities, complex]]) -> list[complex]:
        """The values that `solve` gives, without what certifies them."""
        return [complex(value) for value in self.solve_weighted(*self._points(points))[0]]

    def solve(self, points: Sequence[tuple[float, Permittivities, complex]]) -> list[ReducedPair]:
        """For each point (m, permittivities, target k0^2) the pair of the projected pencil nearest to the target, certified."""
        in_K, in_M, target = self._points(points)
        value, c = self.solve_weighted(in_K, in_M, target)
        residual = self.residuals(in_K, in_M, value, c)
        return [ReducedPair(complex(v), x, float(e)) for v, x, e in zip(value, c, residual, strict=True)]

    def solve_weighted(self, in_K: Array, in_M: Array, target: Array) -> tuple[Array, Array]:
        """Eigenvalues (points,) nearest to the targets and coordinates (points, N), for weights of shape (points, terms)."""
        flat, shape = self._small.reshape(self.terms, -1), (-1, *self._small.shape[1:])
        values, vectors = _small_eigenpairs((in_K @ flat).reshape(shape), (in_M @ flat).reshape(shape))
        nearest = np.argmin(np.abs(values - target[:, None]), axis=1)
        each = np.arange(len(target))
        return values[each, nearest], vectors[each, :, nearest]

    def residuals(self, in_K: Array, in_M: Array, value: Array, c: Array) -> Array:
        """Relative residuals at full size: norm(K x - value M x) / (|value| norm(M x))."""
        r = self._flat @ _products(in_K - value[:, None] * in_M, c)
        Mx = self._flat @ _products(in_M, c)
        return np.asarray(np.linalg.norm(r, axis=0) / (np.abs(value) * np.linalg.norm(Mx, axis=0)))

    def image(self, weights: Array, x: Array) -> Array:
        """Weighted sum of the terms applied to a vector of the span, shape (size,)."""
        return np.asarray(self._flat @ _products(weights[None], (self.vectors.conj().T @ x)[None])[:, 0])

    def lift(self, coordinates: Array) -> Array:
        """The vector at full size."""
        return np.asarray(self.vectors @ coordinates)


def ritz_pair(KV: Array, MV: Array, basis: Array, target: complex) -> tuple[complex, Array, float]:
    """Value, vector and full-size residual of the pair nearest to `target` in the span of a basis (size, N), from its images."""
    K, M = basis.T @ KV, basis.T @ MV
    values, vectors = _small_eigenpairs(0.5 * (K + K.T)[None], 0.5 * (M + M.T)[None])
    j = int(np.argmin(np.abs(values[0] - target)))
    value, c = values[0, j], vectors[0, :, j]
    Mx = MV @ c
    residual = float(np.linalg.norm(KV @ c - value * Mx) / (abs(value) * np.linalg.norm(Mx)))
    return complex(value), basis @ c, residual


def _products(weights: Array, c: Array) -> Array:
    """Weight times coordinate for each term and vector, (terms N, points): what combines the images."""
    return np.asarray((weights[:, :, None] * c[:, None, :]).reshape(len(c), -1).T)


def _small_eigenpairs(K: Array, M: Array) -> tuple[Array, Array]:
    """Eigenvalues (points, N) and vectors (points, N, N) of small pencils, M positive definite where it is real."""
    if np.iscomplexobj(K) or np.iscomplexobj(M):
        return np.linalg.eig(np.linalg.solve(M, K))
    L = np.linalg.cholesky(M)
    half = np.linalg.solve(L, K)
    standard = np.linalg.solve(L, half.transpose(0, 2, 1))
    values, y = np.linalg.eigh(0.5 * (standard + standard.transpose(0, 2, 1)))
    return values, np.linalg.solve(L.transpose(0, 2, 1), y)


def add_slopes(
    basis: ReducedBasis, m: float, eps: Permittivities, x: Array, solve: Callable[[Array], Array], count: int
) -> None:
    """Add the derivatives of an eigenvector by m, each for one solve with the factorisation that the eigenvector came from.

    Differentiating (K(m) - value(m) M) x(m) = 0 n times, with K quadratic in m, gives for x_n = d^n x / d m^n

        (K - value M) x_n = - sum over j >= 1 of binom(n, j) (K_j - value_j M) x_(n-j),     K_1 = K1 + 2 m K2,  K_2 = 2 K2,

    whose right-hand side is orthogonal to x; that fixes value_n. The solver's shift is a little off the eigenvalue, which adds a
    multiple of x: nothing that the basis does not hold.
    """
    _, in_M = basis.weights(m, eps)
    known, values = [x], [0.0 + 0.0j]  # value_0 cancels: it stands in the solver
    norm = x @ basis.image(in_M, x)
    first, second = np.zeros(basis.terms), np.zeros(basis.terms)
    first[1:3], second[2] = (1.0, 2.0 * m), 2.0
    for n in range(1, count + 1):
        rhs = n * basis.image(first, known[n - 1])
        if n > 1:
            rhs = rhs + comb(n, 2) * basis.image(second, known[n - 2])
        for j in range(1, n):
            rhs = rhs - comb(n, j) * values[j] * basis.image(in_M, known[n - j])
        values.append((x @ rhs) / norm)
        rhs = rhs - values[n] * basis.image(in_M, x)
        if not np.iscomplexobj(known[0]):
            rhs = rhs.real
        known.append(-solve(rhs[:, None])[:, 0])
        if not basis.add(known[n]):
            break


@dataclass(frozen=True)
class Member:
    """One mode of a family: azimuthal order and expected wavenumber k0 (rad/um)."""

    m: int
    k0: complex


@dataclass(frozen=True)
class Snapshot:
    """An eigenvector solved at full size, and the solver of the pencil factorised next to its eigenvalue, if it is at hand."""

    vector: Array
    solve: Callable[[Array], Array] | None = None


Snapshots = Callable[[Member, complex, "Array | None"], Snapshot]
"""Solves at full size: member, wavenumber to look near, and a vector to start from or None."""


class ReducedFamily:
    """All members of a family of modes, from snapshots chosen by the full residual.

    Parameters
    ----------
    basis
        An empty basis.
    members
        The modes wanted.
    permittivities
        Permittivities of the classes of cells at a wavenumber.
    snapshot
        Solves at full size.
    limit
        Residual at full size below which a pair counts.
    """

    def __init__(
        self,
        basis: ReducedBasis,
        members: Sequence[Member],
        permittivities: Callable[[complex], Permittivities],
        snapshot: Snapshots,
        limit: float = RESIDUAL_LIMIT,
    ) -> None:
        self.limit = limit
        self.basis, self.members, self.permittivities = basis, list(members), permittivities
        self.snapshots = 0
        self._train(snapshot)

    def _train(self, snapshot: Snapshots) -> None:
        by_order = sorted(self.members, key=lambda member: member.m)
        by_order = [by_order[i] for i in np.unique(np.linspace(0, len(by_order) - 1, _TRAINING).astype(int))]
        worst, start, k = by_order[len(by_order) // 2], None, by_order[len(by_order) // 2].k0
        while self.snapshots < MOST_SNAPSHOTS:
            solved = snapshot(worst, k, start)
            if not self.basis.add(solved.vector):
                break
            self.snapshots += 1
            if solved.solve is not None:
                eps = self.permittivities(k)
                add_slopes(self.basis, worst.m, eps, solved.vector, solved.solve, _SLOPES)
            found = dict(zip(by_order, self._settled(by_order), strict=True))
            worst = max(by_order, key=lambda member: found[member][1].residual)
            k, pair = found[worst]
            if pair.residual <= self.limit:
                break
            start = self.basis.lift(pair.coordinates) if pair.residual < _FOLLOWED else None
            k = worst.k0 if start is None else k

    def _settled(self, members: Sequence[Member]) -> list[tuple[complex, ReducedPair]]:
        """Wavenumber and pair of each member, self-consistent where the permittivities depend on the wavenumber."""
        k = [member.k0 for member in members]
        eps = [self.permittivities(x) for x in k]
        for _ in range(_FIXED_POINT_STEPS):
            points = [(item.m, e, x * x) for item, e, x in zip(members, eps, k, strict=True)]
            k = [complex(np.sqrt(value)) for value in self.basis.values(points)]
            now = [self.permittivities(x) for x in k]
            if all(a.same_as(b) for a, b in zip(eps, now, strict=True)):
                break
            eps = now
        pairs = self.basis.solve([(item.m, e, x * x) for item, e, x in zip(members, eps, k, strict=True)])
        return [(complex(np.sqrt(pair.value)), pair) for pair in pairs]

    def solve(self, m: int) -> tuple[complex, Array, float] | None:
        """Wavenumber, eigenvector at full size and residual of a member; None where the basis does not reach it."""
        member = next((member for member in self.members if member.m == m), None)
        if member is None or not len(self.basis):
            return None
        ((k, pair),) = self._settled([member])
        if not pair.residual <= self.limit or abs(k - member.k0) > _FOLLOWED * abs(k):
            return None
        return k, self.basis.lift(pair.coordinates), pair.residual


_FOLLOWED = 1e-3
"""Residual, and relative shift of the wavenumber, up to which a reduced pair is taken for the member that was asked for."""
