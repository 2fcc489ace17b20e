"""Direct factorisation of a skeleton by nested dissection: dense elimination along a tree of halved cell sets.

The cells are halved along their longer extent again and again. Unknowns that belong to one side only are eliminated there, from
the leaves up (George, SIAM J. Numer. Anal. 10, 345 (1973); the multifrontal method of Duff and Reid, ACM Trans. Math. Softw. 9,
302 (1983)), so that all the work is dense linear algebra on small fronts. For unknowns in large blocks, which is what high
degrees give, this is several times faster than a general sparse LU, and the signs of the eliminated blocks count eigenvalues
(Haynsworth, Linear Algebra Appl. 1, 73 (1968)).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.linalg as sla

from femwgm.errors import SolveError
from femwgm.ground.typing import Array, IntArray

_LEAF = 6
"""Cells that are merged at once at the bottom of the tree."""


@dataclass
class _Front:
    """One elimination: unknowns that go, unknowns that stay, and where the children's staying unknowns lie among both."""

    gone: IntArray
    stay: IntArray
    factors: Any = None
    response: Array | None = None


class Dissection:
    """Factorisation of the sum of cell matrices over shared unknowns, symmetric (real or complex).

    Parameters
    ----------
    number
        Unknown of each row of each cell matrix, `size` where it is fixed, shape (cells, rows).
    matrices
        Symmetric cell matrices, shape (cells, rows, rows).
    size
        Number of unknowns.
    centres
        A position for each cell (cells, 2), by which the cells are halved.
    signs
        Whether to count negative eigenvalues (real matrices).

    Raises
    ------
    SolveError
        If a block is singular to working precision.
    """

    def __init__(
        self, number: IntArray, matrices: Array, size: int, centres: Array, *, signs: bool = False
    ) -> None:
        self.size, self.dtype = size, matrices.dtype
        order = _halved(centres)
        place = np.empty(len(order), dtype=np.int64)
        place[order] = np.arange(len(order))
        first, last = np.full(size + 1, len(order)), np.full(size + 1, -1)
        np.minimum.at(first, number, place[:, None])
        np.maximum.at(last, number, place[:, None])
        self._first, self._last = first, last
        self._number, self._matrices, self._order = number, matrices, order
        (self._factorise, self._substitute) = sla.get_lapack_funcs(("getrf", "getrs"), (matrices,))
        self._where = np.full(size + 1, -1)
        self._fronts: list[_Front] = []
        self.negative = 0
        self._signs = signs
        self._eliminate(0, len(order))
        del self._matrices

    def _eliminate(self, lo: int, hi: int) -> tuple[IntArray, Array]:
        """Eliminate what lies inside the cells order[lo:hi]; the unknowns that stay, and their matrix."""
        if hi - lo <= _LEAF:
            cells = self._order[lo:hi]
            parts = [(self._number[c], self._matrices[c]) for c in cells]
        else:
            middle = (lo + hi) // 2
            parts = [self._eliminate(lo, middle), self._eliminate(middle, hi)]
        unknowns = np.unique(np.concatenate([index for index, _ in parts]))
        if unknowns[-1] == self.size:
            unknowns = unknowns[:-1]
        inside = (self._first[unknowns] >= lo) & (self._last[unknowns] < hi)
        gone, stay = unknowns[inside], unknowns[~inside]
        both = np.concatenate([gone, stay])
        self._where[both] = np.arange(len(both))
        self._where[self.size] = len(both)
        F = np.zeros((len(both) + 1, len(both) + 1), dtype=self.dtype)
        for index, block in parts:
            local = self._where[index]
            F[local[:, None], local] += block
        F = F[:-1, :-1]
        n = len(gone)
        front = _Front(gone, stay)
        self._fronts.append(front)
        if not n:
            return stay, F
        block = F[:n, :n]
        if self._signs:
            self.negative += int((np.linalg.eigvalsh(block) < 0.0).sum())
        lu, pivots, info = self._factorise(block)
        if info:
            raise SolveError("the shift is an eigenvalue to working precision; another shift is needed")
        front.factors = (lu, pivots)
        front.response = (
            self._substitute(lu, pivots, F[:n, n:])[0] if len(stay) else np.zeros((n, 0), dtype=self.dtype)
        )
        return stay, F[n:, n:] - F[n:, :n] @ front.response

    def solve(self, b: Array) -> Array:
        """Solution x of A x = b for b of shape (size, columns)."""
        x = np.array(b, dtype=np.result_type(b, self.dtype))
        for front in self._fronts:
            if front.response is None:
                continue
            own = x[front.gone]
            x[front.stay] -= front.response.T @ own
            x[front.gone] = self._substitute(*front.factors, own)[0]
        for front in reversed(self._fronts):
            if front.response is not None:
                x[front.gone] -= front.response @ x[front.stay]
        return x


def _halved(centres: Array) -> IntArray:
    """Order of the cells in which every node of the tree is a contiguous range."""
    order: IntArray = np.arange(len(centres))

    def split(lo: int, hi: int) -> None:
        if hi - lo <= _LEAF:
            return
        part = order[lo:hi]
        x = centres[part]
        axis = int(np.argmax(np.ptp(x, axis=0)))
        middle = (hi - lo) // 2
        order[lo:hi] = part[np.argpartition(x[:, axis], middle)]
        split(lo, lo + middle)
        split(lo + middle, hi)

    split(0, len(order))
    return order
