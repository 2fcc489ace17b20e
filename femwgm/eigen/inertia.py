"""Counting eigenvalues without computing them: Sylvester's law of inertia on the condensed matrices.

The number of negative eigenvalues of K - s M is the number of eigenvalues of the pencil below s (M positive definite), and it is
the sum over all eliminated blocks of their own negative eigenvalues (Haynsworth, Linear Algebra Appl. 1, 73 (1968)). The
difference of two counts proves that no mode between two shifts is missing; the kernel of K cancels in it.
"""

from __future__ import annotations

import numpy as np

from femwgm.errors import SolveError
from femwgm.fem.condense import CondensedCells, Numbering
from femwgm.fem.dissect import Dissection
from femwgm.ground.typing import Array


def count_negative(numbering: Numbering, A: Array) -> int:
    """Number of negative eigenvalues of the assembled operator of real symmetric cell matrices A (cells, n, n).

    Raises
    ------
    SolveError
        If the matrices are complex: open and lossy problems have no inertia.
    """
    if np.iscomplexobj(A):
        raise SolveError("eigenvalues can be counted in lossless closed problems only")
    nb = numbering.boundary.shape[1]
    inside = int((np.linalg.eigvalsh(A[:, nb:, nb:]) < 0.0).sum()) if A.shape[1] > nb else 0
    cells = CondensedCells(A, nb)
    centres = numbering.space.mesh.nodes.real.mean(axis=1)
    skeleton = Dissection(numbering.boundary, cells.schur, numbering.skeleton_size, centres, signs=True)
    return inside + skeleton.negative


def count_between(numbering: Numbering, K: Array, M: Array, low: float, high: float) -> int:
    """Number of eigenvalues of K - s M with low < s < high, for cell matrices of a real symmetric pencil."""
    return count_negative(numbering, K - high * M) - count_negative(numbering, K - low * M)
