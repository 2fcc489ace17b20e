"""Skeletons of many cells through SuperLU, ordered as the symmetric matrices they are.

Compiled code beats nested dissection in Python as soon as there are hundreds of fronts: 1.2 to 2 times in the factorisation,
two to five times in each solve. With fewer, larger cells dense fronts win (`femwgm.fem.dissect`).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import scipy.sparse as sp
from scipy.sparse.linalg import splu

from femwgm.errors import SolveError
from femwgm.ground.typing import Array, IntArray

MANY_CELLS = 150
"""Cells from which SuperLU is preferred."""
_PIVOT = 1e-3
"""A diagonal entry is the pivot unless one below it is larger by more than this: the order found beforehand then holds."""


def sparse_solver(number: IntArray, schur: Array, size: int) -> Callable[[Array], Array]:
    """Solver for the assembled symmetric matrix of cell matrices `schur` (cells, b, b).

    Parameters
    ----------
    number
        Skeleton number of each row, `size` where it is fixed, shape (cells, b).

    Raises
    ------
    SolveError
        If the matrix is singular to working precision.
    """
    rows = np.broadcast_to(number[:, :, None], schur.shape).ravel()
    cols = np.broadcast_to(number[:, None, :], schur.shape).ravel()
    free = (rows < size) & (cols < size)
    matrix = sp.csc_matrix((schur.ravel()[free], (rows[free], cols[free])), shape=(size, size))
    try:
        factor = splu(
            matrix, permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=_PIVOT, options={"SymmetricMode": True}
        )
    except RuntimeError as error:
        raise SolveError(f"the shift is an eigenvalue to working precision ({error}); move it") from None

    def solve(b: Array) -> Array:
        return np.asarray(factor.solve(np.asarray(b, dtype=schur.dtype)))

    return solve
