"""The shifted pencil of a large closed problem, assembled and condensed a few cells at a time.

A pencil that keeps K and M, what they were made of and its factors takes several matrices of full size a cell. The shifted
inverse needs less: the inverse of each interior, its response to the boundary, the blocks of M, and the skeleton's factors.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import scipy.linalg as sla
import scipy.sparse.linalg as spla

from femwgm.errors import SolveError
from femwgm.fem.assemble import CellMatrices
from femwgm.fem.condense import Numbering, skeleton_solver
from femwgm.fem.dissect import Dissection
from femwgm.ground.typing import Array, IntArray

CHUNK = 400
"""Cells that are assembled at once."""

Maker = Callable[[IntArray], CellMatrices]
"""Makes the cell matrices of some cells."""


class LeanPencil:
    """(K - shift M)^-1 and M of real symmetric cell matrices.

    Parameters
    ----------
    numbering
        Free unknowns.
    make
        Cell matrices of the cells it is given.
    m, eps
        Azimuthal order, and the real permittivity of each cell.
    shift
        The shift.

    Raises
    ------
    SolveError
        If the shift is an eigenvalue of the problem or of a cell's interior.
    """

    def __init__(self, numbering: Numbering, make: Maker, m: int, eps: Array, shift: float) -> None:
        self.numbering, self.make, self.m, self.eps, self.shift = numbering, make, m, eps, shift
        cells, b, i = numbering.cells, numbering.boundary.shape[1], numbering.interior_size
        curl, scalar = numbering.space.from_curl, numbering.space.from_scalar
        self._across, self._along = (
            np.empty((cells, len(curl), len(curl))),
            np.empty((cells, len(scalar), len(scalar))),
        )
        self._inverse, self._response, schur = (
            np.empty((cells, i, i)),
            np.empty((cells, i, b)),
            np.empty((cells, b, b)),
        )
        for part in self._parts():
            matrices = make(part)
            A = matrices.stiffness(m) - shift * matrices.mass(eps[part])
            schur[part], self._inverse[part], self._response[part] = _condensed(A, b)
            self._across[part] = eps[part, None, None] * matrices.T
            self._along[part] = eps[part, None, None] * matrices.S
        self._solve_skeleton = skeleton_solver(numbering, schur)

    def _parts(self) -> list[IntArray]:
        cells = self.numbering.cells
        return [np.arange(first, min(first + CHUNK, cells)) for first in range(0, cells, CHUNK)]

    def apply_M(self, x: Array) -> Array:
        """M x for x of shape (size, columns)."""
        num = self.numbering
        local = num.gather(x)
        i, j = num.space.from_curl, num.space.from_scalar
        out = np.empty_like(local)
        out[:, i], out[:, j] = self._across @ local[:, i], self._along @ local[:, j]
        return num.assemble_vectors(out)

    def solve(self, b: Array) -> Array:
        """(K - shift M)^-1 b for b of shape (size, columns)."""
        num, ns = self.numbering, self.numbering.skeleton_size
        inner = b[ns:].reshape(num.cells, num.interior_size, b.shape[1])
        x = self._solve_skeleton(b[:ns] - num.scatter_boundary(np.swapaxes(self._response, 1, 2) @ inner))
        padded = np.concatenate([x, np.zeros((1, x.shape[1]))])
        interior = self._inverse @ inner - self._response @ padded[num.boundary]
        return np.concatenate([x, interior.reshape(-1, x.shape[1])])

    def between(self, low: float, high: float, guess: int = 20) -> tuple[Array, Array]:
        """Every eigenvalue between two numbers on either side of the shift, ascending, and their vectors (size, n).

        Raises
        ------
        SolveError
            If the iteration does not converge.
        """
        n, count = self.numbering.size, guess

        def operator(apply: Callable[[Array], Array]) -> spla.LinearOperator:
            return spla.LinearOperator(
                (n, n), matvec=lambda x: apply(x.reshape(-1, 1)).ravel(), dtype=np.float64
            )

        mass, inverse = operator(self.apply_M), operator(self.solve)
        start = np.random.default_rng(0).standard_normal(n)
        while True:
            try:
                values, vectors = spla.eigsh(
                    mass, k=count, M=mass, sigma=self.shift, OPinv=inverse, ncv=2 * count + 8, v0=start
                )
            except spla.ArpackError as error:
                raise SolveError(
                    f"the eigen-solver did not converge near {self.shift:.6g}: {error}"
                ) from None
            if np.abs(values - self.shift).max() > max(self.shift - low, high - self.shift):
                break
            count *= 2
        order = np.argsort(values)
        order = order[(values[order] >= low) & (values[order] <= high)]
        return values[order], vectors[:, order]

    def ritz(self, start: Array, blocks: int = 3) -> tuple[Array, Array]:
        """Eigenvalues of the pencil in the block Krylov space that vectors (size, n) begin, and their overlaps with the start.

        The overlaps have the shape (n, eigenvalues). Rayleigh-Ritz for (K - shift M)^-1 M, symmetric in the product of M.
        """
        powers = [start / np.linalg.norm(start, axis=0)]
        for _ in range(blocks):
            fresh = self.solve(self.apply_M(powers[-1]))
            powers.append(fresh / np.linalg.norm(fresh, axis=0))
        x, _ = np.linalg.qr(np.concatenate(powers, axis=1))
        Mx = self.apply_M(x)
        H, N = Mx.T @ self.solve(Mx), x.T @ Mx
        inverted, y = sla.eigh(0.5 * (H + H.T), 0.5 * (N + N.T))
        return self.shift + 1.0 / inverted, np.abs((Mx.T @ start).T @ y)

    def count(self, low: float, high: float) -> int:
        """Number of eigenvalues between two numbers, by inertia (`femwgm.eigen.inertia`)."""
        return self._below(high) - self._below(low)

    def _below(self, value: float) -> int:
        num = self.numbering
        b = num.boundary.shape[1]
        schur = np.empty((num.cells, b, b))
        inside = 0
        for part in self._parts():
            matrices = self.make(part)
            A = matrices.stiffness(self.m) - value * matrices.mass(self.eps[part])
            inside += int((np.linalg.eigvalsh(A[:, b:, b:]) < 0.0).sum())
            schur[part] = _condensed(A, b)[0]
        centres = num.space.mesh.nodes.real.mean(axis=1)
        return inside + Dissection(num.boundary, schur, num.skeleton_size, centres, signs=True).negative


def _condensed(A: Array, boundary: int) -> tuple[Array, Array, Array]:
    """What is left on the boundary, the inverse of the interior, and its response to the boundary."""
    try:
        inverse = np.linalg.inv(A[:, boundary:, boundary:])
    except np.linalg.LinAlgError:
        raise SolveError(
            "the shift hits an eigenvalue of a cell's interior; another shift is needed"
        ) from None
    inverse = 0.5 * (inverse + np.swapaxes(inverse, 1, 2))
    coupling = A[:, boundary:, :boundary]
    response = inverse @ coupling
    schur = A[:, :boundary, :boundary] - np.swapaxes(coupling, 1, 2) @ response
    return 0.5 * (schur + np.swapaxes(schur, 1, 2)), inverse, response
