"""The optional extra `fast`: large skeletons through Intel's PARDISO, symmetric real or complex, where it is installed.

Against nested dissection it pays from some thousand skeleton unknowns on: up to 1.6 times for complex factorisations and several
times for solves with many right-hand sides. Results agree to rounding.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib.util import find_spec

import numpy as np
import scipy.sparse as sp

from femwgm.errors import SolveError
from femwgm.ground.typing import Array, IntArray

WORTHWHILE = 3000
"""Skeleton unknowns from which PARDISO is preferred."""


@cache
def installed() -> bool:
    """Whether the extra is there."""
    return find_spec("pymklpardiso") is not None


def pardiso_solver(number: IntArray, schur: Array, size: int) -> Callable[[Array], Array]:
    """Solver for the assembled symmetric matrix of cell matrices `schur` (cells, b, b).

    Parameters
    ----------
    number
        Skeleton number of each row, `size` where it is fixed, shape (cells, b).

    Raises
    ------
    SolveError
        If the factorisation fails.
    """
    from pymklpardiso import MTYPE_COMPLEX_SYM, MTYPE_REAL_SYM_INDEF, PardisoSolver

    rows = np.broadcast_to(number[:, :, None], schur.shape).ravel()
    cols = np.broadcast_to(number[:, None, :], schur.shape).ravel()
    upper = (rows <= cols) & (cols < size)
    S = sp.csr_matrix((schur.ravel()[upper], (rows[upper], cols[upper])), shape=(size, size))
    S.sum_duplicates()
    kind = MTYPE_COMPLEX_SYM if np.iscomplexobj(schur) else MTYPE_REAL_SYM_INDEF
    try:
        solver = PardisoSolver(S, kind)
    except RuntimeError as error:
        raise SolveError(f"the factorisation failed ({error}); another shift is needed") from None

    def solve(b: Array) -> Array:
        return np.asarray(solver.solve(np.ascontiguousarray(b, dtype=schur.dtype)))

    return solve
