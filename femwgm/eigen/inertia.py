"""Counting eigenvalues without computing them: Sylvester's law of inertia on the condensed matrices.

The number of negative eigenvalues of K - s M is the number of eigenvalues of the pencil below s (M positive definite), and it is
the sum over all eliminated blocks of their own negative eigenvalues (Haynsworth, Linear Algebra Appl. 1, 73 (1968)). The
difference of two counts proves that no mode between two shifts is missing; the kernel of K cancels in it.
"""

from __future__ import annotations

import numpy as np

from femwgm.errors import SolveError
from femwgm.fem.condense import CondensedCells
from femwgm.fem.dissect import Dissection
from femwgm.fem.pencil import Pencil


def eigenvalues_below(pencil: Pencil, shift: float) -> int:
    """Number of eigenvalues (1/um^2) of a pencil below a shift, those of the kernel included.

    Raises
    ------
    SolveError
        If the pencil is complex (open and lossy problems have no inertia), or the shift is an eigenvalue.
    """
    if not pencil.definite:
        raise SolveError("eigenvalues can be counted in lossless closed problems only")
    numbering, A = pencil.numbering, pencil.K - shift * pencil.M
    nb = numbering.boundary.shape[1]
    inside = int((np.linalg.eigvalsh(A[:, nb:, nb:]) < 0.0).sum()) if A.shape[1] > nb else 0
    cells = CondensedCells(A, nb)
    centres = numbering.space.mesh.nodes.real.mean(axis=1)
    skeleton = Dissection(numbering.boundary, cells.schur, numbering.skeleton_size, centres, signs=True)
    return inside + skeleton.negative


def eigenvalues_between(pencil: Pencil, low: float, high: float) -> int:
    """Number of eigenvalues (1/um^2) of a pencil between two shifts, each as often as its multiplicity."""
    return eigenvalues_below(pencil, high) - eigenvalues_below(pencil, low)
