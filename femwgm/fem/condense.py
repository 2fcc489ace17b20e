"""A factorised pencil A - s B of cell matrices: interiors condensed cell by cell, the skeleton factorised directly.

The interior unknowns of a cell couple to nobody else: a small dense factorisation eliminates them (static condensation), and
only the vertices and edges reach the global factorisation: dense for a few large cells of high degree, sparse beyond that.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import scipy.linalg as sla
import scipy.sparse as sp
from scipy.sparse.linalg import splu

from femwgm.errors import SolveError
from femwgm.fem.dissect import Dissection
from femwgm.fem.spaces import Space
from femwgm.fem.sparse import MANY_CELLS, WORTHWHILE, pardiso_installed, sparse_solver
from femwgm.ground.typing import Array

DENSE_SKELETON = 900
"""Skeletons up to this size are factorised as dense matrices, which is faster there than any sparse ordering."""


class Numbering:
    """Free unknowns of a space under its essential conditions: skeleton first, then the interiors cell by cell.

    Attributes
    ----------
    skeleton_size, size
        Number of free unknowns on the skeleton, and in all.
    boundary
        Skeleton number of each boundary unknown of each cell, `skeleton_size` where it is fixed, shape (cells, boundary).
    """

    def __init__(self, space: Space, fixed: Array) -> None:
        nb = space.boundary_size
        on_skeleton = np.zeros(space.size, dtype=bool)
        on_skeleton[space.dofs[:, :nb]] = True
        free = on_skeleton & ~fixed
        self.skeleton_size = int(free.sum())
        number = np.full(space.size, self.skeleton_size)
        number[free] = np.arange(self.skeleton_size)
        self.space = space
        self.boundary = number[space.dofs[:, :nb]]
        self.cells, self.interior_size = space.dofs.shape[0], space.interior_size
        self._sum = sp.csr_matrix(
            (np.ones(self.boundary.size), self.boundary.ravel(), np.arange(self.boundary.size + 1)),
            shape=(self.boundary.size, self.skeleton_size + 1),
        ).T.tocsr()
        self.size = self.skeleton_size + self.cells * self.interior_size

    def gather(self, x: Array) -> Array:
        """Cell vectors (cells, n, ...) of a vector of free unknowns (size, ...); fixed unknowns are zero."""
        padded = np.concatenate([x[: self.skeleton_size], np.zeros((1, *x.shape[1:]), dtype=x.dtype)])
        interior = x[self.skeleton_size :].reshape(self.cells, self.interior_size, *x.shape[1:])
        return np.concatenate([padded[self.boundary], interior], axis=1)

    def scatter_boundary(self, values: Array) -> Array:
        """Sum of cell vectors (cells, boundary, columns) over the cells that share an unknown, shape (skeleton, columns)."""
        return np.asarray((self._sum @ values.reshape(-1, values.shape[2]))[:-1])

    def apply(self, matrices: Array, x: Array) -> Array:
        """Product of the assembled operator of cell matrices with vectors (size, columns)."""
        return self.assemble_vectors(np.matmul(matrices, self.gather(x)))

    def assemble_vectors(self, y: Array) -> Array:
        """Vectors of free unknowns (size, columns) from cell contributions (cells, n, columns)."""
        nb = self.boundary.shape[1]
        return np.concatenate([self.scatter_boundary(y[:, :nb]), y[:, nb:].reshape(-1, y.shape[2])])

    def averaged(self, local: Array) -> Array:
        """Vector of free unknowns (size,) of cell vectors (cells, n) that agree on what they share: the inverse of `gather`."""
        ones = np.ones((*local.shape, 1))
        return np.asarray((self.assemble_vectors(local[..., None]) / self.assemble_vectors(ones))[:, 0])

    def to_space(self, x: Array) -> Array:
        """Coefficients in the local order of the space with signs applied, shape (cells, n): what evaluates a field."""
        return np.asarray(self.gather(x[:, None])[..., 0] * self.space.signs)


class CondensedCells:
    """Interiors of the cell matrices A (cells, n, n) eliminated; conditions and neighbours play no part yet.

    Attributes
    ----------
    schur
        What is left on the boundary of each cell, shape (cells, boundary, boundary).
    reduction
        Interior response to the boundary, A_ii^-1 A_ib, shape (cells, interior, boundary).

    Raises
    ------
    SolveError
        If a cell's interior is singular to working precision.
    """

    def __init__(self, A: Array, boundary: int) -> None:
        interior, coupling = A[:, boundary:, boundary:], A[:, boundary:, :boundary]
        small = 0 < interior.shape[1] <= _SMALL_INTERIOR
        self._blocks = _BlockSolver(interior) if small else None
        self._factors = []
        self.reduction = np.empty(coupling.shape, dtype=A.dtype)
        if self._blocks is not None:
            self.reduction = self._blocks(coupling)
        elif self.reduction.size:
            factorise, self._substitute = sla.get_lapack_funcs(("getrf", "getrs"), (A,))
            for cell, right in enumerate(coupling):
                lu, pivots, info = factorise(interior[cell].T, overwrite_a=True)
                if info:
                    raise SolveError(_SINGULAR)
                self._factors.append((lu, pivots))
                self.reduction[cell] = self._substitute(lu, pivots, right)[0]
        self.schur = A[:, :boundary, :boundary] - np.matmul(np.swapaxes(coupling, 1, 2), self.reduction)

    def solve_interiors(self, b: Array) -> Array:
        """A_ii^-1 b for b of shape (cells, interior, columns)."""
        if self._blocks is not None:
            return self._blocks(b)
        out = np.empty(b.shape, dtype=np.result_type(b, self.reduction))
        for cell, (lu, pivots) in enumerate(self._factors):
            out[cell] = self._substitute(lu, pivots, b[cell])[0]
        return out


class _BlockSolver:
    """Solver of many small dense matrices (cells, n, n) as one sparse one: substitutions in a single call.

    Their inverses would be no good: in the small cells at a corner they lose all digits.
    """

    def __init__(self, blocks: Array) -> None:
        cells, n, _ = blocks.shape
        rows = np.repeat(np.arange(cells * n).reshape(cells, n), n, axis=0)
        columns = np.swapaxes(blocks, 1, 2).ravel()
        matrix = sp.csc_matrix((columns, rows.ravel(), np.arange(0, cells * n * n + 1, n)))
        try:
            self._factor = splu(matrix, permc_spec="NATURAL")
        except RuntimeError:
            raise SolveError(_SINGULAR) from None
        self._dtype = blocks.dtype

    def __call__(self, b: Array) -> Array:
        flat = np.asarray(b.reshape(-1, b.shape[2]), dtype=np.result_type(self._dtype, b))
        if np.iscomplexobj(flat) and self._dtype.kind != "c":
            x = self._factor.solve(flat.real) + 1j * self._factor.solve(flat.imag)
        else:
            x = self._factor.solve(flat)
        return np.asarray(x).reshape(b.shape)


_SINGULAR = "the shift hits an eigenvalue of a cell's interior; another shift is needed"
_SMALL_INTERIOR = 20
"""Interiors up to this size are factorised together; beyond, dense substitutions cell by cell cost less."""


class FactoredPencil:
    """Solver for the assembled operator of the cell matrices A (cells, n, n), real or complex symmetric.

    Parameters
    ----------
    numbering
        Free unknowns.
    A
        Cell matrices, or their `CondensedCells` where several numberings share them.

    Raises
    ------
    SolveError
        If a cell's interior or the skeleton is singular to working precision: the shift is an eigenvalue; move it.
    """

    def __init__(self, numbering: Numbering, A: Array | CondensedCells) -> None:
        self.numbering = numbering
        self.cells = A if isinstance(A, CondensedCells) else CondensedCells(A, numbering.boundary.shape[1])
        self._solve_skeleton = skeleton_solver(numbering, self.cells.schur)

    def solve(self, b: Array) -> Array:
        """Solution of A x = b for b of shape (size, columns)."""
        if np.iscomplexobj(b) and not np.iscomplexobj(self.cells.schur):
            return self.solve(b.real) + 1j * self.solve(b.imag)
        num = self.numbering
        ns = num.skeleton_size
        inner = b[ns:].reshape(num.cells, num.interior_size, b.shape[1])
        reduction = self.cells.reduction
        condensed = b[:ns] - num.scatter_boundary(np.matmul(np.swapaxes(reduction, 1, 2), inner))
        x = self._solve_skeleton(condensed)
        padded = np.concatenate([x, np.zeros((1, x.shape[1]), dtype=x.dtype)])
        interior = self.cells.solve_interiors(inner) - np.matmul(reduction, padded[num.boundary])
        return np.concatenate([x, interior.reshape(-1, x.shape[1])])


def skeleton_solver(numbering: Numbering, schur: Array) -> Callable[[Array], Array]:
    """Solver for the assembled skeleton of condensed cell matrices `schur` (cells, boundary, boundary).

    Raises
    ------
    SolveError
        If the skeleton is singular to working precision.
    """
    number, n = numbering.boundary, numbering.skeleton_size
    if n == 0:
        return lambda b: b
    rows = np.broadcast_to(number[:, :, None], schur.shape)
    cols = np.broadcast_to(number[:, None, :], schur.shape)
    if n <= DENSE_SKELETON:
        flat = (rows * (n + 1) + cols).ravel()
        S = _accumulate(flat, schur.ravel(), (n + 1) ** 2).reshape(n + 1, n + 1)[:-1, :-1]
        (factorise,) = sla.get_lapack_funcs(("getrf",), (S,))
        lu, pivots, info = factorise(S, overwrite_a=True)
        if info:
            raise SolveError("the shift is an eigenvalue to working precision; another shift is needed")
        return lambda b: sla.lu_solve((lu, pivots), b, check_finite=False)
    pardiso = n >= WORTHWHILE and pardiso_installed()
    if pardiso or len(schur) >= MANY_CELLS:
        return sparse_solver(number, schur, n, pardiso=pardiso)
    centres = numbering.space.mesh.nodes.real.mean(axis=1)
    return Dissection(number, schur, n, centres).solve


def _accumulate(index: Array, values: Array, size: int) -> Array:
    if np.iscomplexobj(values):
        return np.bincount(index, values.real, size) + 1j * np.bincount(index, values.imag, size)
    return np.bincount(index, values, size)
