"""Skeletons of many cells through compiled sparse factorisations of the symmetric matrices they are.

SuperLU beats nested dissection in Python as soon as there are hundreds of fronts: 1.2 to 2 times in the factorisation, two to
five times in each solve. With fewer, larger cells dense fronts win (`femwgm.fem.dissect`). PARDISO (the optional extra `fast`)
pays from some thousand skeleton unknowns on: up to 1.6 times for complex factorisations and several times for solves with many
right-hand sides. All three agree to rounding.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib.util import find_spec

import numpy as np
import scipy.sparse as sp
from scipy.sparse.linalg import splu

from femwgm.errors import SolveError
from femwgm.ground.typing import Array, IntArray

MANY_CELLS = 150
"""Cells from which SuperLU is preferred to dense fronts."""
WORTHWHILE = 3000
"""Skeleton unknowns from which PARDISO is preferred to either."""
_PIVOT = 1e-3
"""A diagonal entry is the pivot unless one below it is larger by more than this: the order found beforehand then holds."""


@cache
def pardiso_installed() -> bool:
    """Whether the extra `fast` is there."""
    return find_spec("pymklpardiso") is not None


def sparse_solver(
    number: IntArray, schur: Array, size: int, *, pardiso: bool = False
) -> Callable[[Array], Array]:
    """Solver for the assembled symmetric matrix of cell matrices `schur` (cells, b, b).

    Parameters
    ----------
    number
        Skeleton number of each row, `size` where it is fixed, shape (cells, b).
    pardiso
        Whether PARDISO factors it.

    Raises
    ------
    SolveError
        If the matrix is singular to working precision.
    """
    rows = np.broadcast_to(number[:, :, None], schur.shape).ravel()
    cols = np.broadcast_to(number[:, None, :], schur.shape).ravel()
    kept = (rows < size) & (cols < size) & ((rows <= cols) | (not pardiso))
    matrix = sp.coo_matrix((schur.ravel()[kept], (rows[kept], cols[kept])), shape=(size, size))
    try:
        solve = (_pardiso if pardiso else _superlu)(matrix)
    except RuntimeError as error:
        raise SolveError(f"the shift is an eigenvalue to working precision ({error}); move it") from None
    return lambda b: np.asarray(solve(np.ascontiguousarray(b, dtype=schur.dtype)))


def _superlu(matrix: sp.coo_matrix) -> Callable[[Array], Array]:
    factor = splu(
        matrix.tocsc(), permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=_PIVOT, options={"SymmetricMode": True}
    )
    return factor.solve


def _pardiso(upper: sp.coo_matrix) -> Callable[[Array], Array]:
    from pymklpardiso import MTYPE_COMPLEX_SYM, MTYPE_REAL_SYM_INDEF, PardisoSolver

    kind = MTYPE_COMPLEX_SYM if np.iscomplexobj(upper.data) else MTYPE_REAL_SYM_INDEF
    return PardisoSolver(upper.tocsr(), kind).solve
