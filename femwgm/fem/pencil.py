"""The pencil K - lambda M by cell matrices: applied, factorised, and its eigenpairs checked by their residuals.

Vectors are normalised bilinearly, x^T M x = 1 without conjugation, which is what complex-symmetric pencils ask for. The residual
of a pair is norm(K x - lambda M x) / (abs(lambda) norm(M x)).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from femwgm.fem.condense import FactoredPencil, Numbering
from femwgm.ground.typing import Array

RESIDUAL_LIMIT = 1e-7
"""A pair with a larger residual is not returned: it did not converge, unless rounding explains all of it (`ROUNDING`).

An eigenvalue errs by the square of its residual.
"""
ROUNDING = 1e3 * float(np.finfo(float).eps)
"""Residual, relative to the size of the terms that cancel in K x - lambda M x, that rounding alone may leave.

In the small cells of a mesh graded towards a corner these terms are larger than lambda M x by many orders of magnitude.
"""


@dataclass(frozen=True)
class Eigenpairs:
    """Eigenvalues (count,), vectors (size, count) and residuals (count,), nearest to the shift first."""

    values: Array
    vectors: Array
    residuals: Array

    def __len__(self) -> int:
        return len(self.values)

    def select(self, index: Array) -> Eigenpairs:
        """The pairs at the given positions."""
        return Eigenpairs(self.values[index], self.vectors[:, index], self.residuals[index])


class Pencil:
    """K - lambda M by cell matrices over a numbering of free unknowns.

    Parameters
    ----------
    numbering
        Free unknowns.
    K, M
        Cell matrices, or functions that make them when they are first needed.
    """

    def __init__(
        self, numbering: Numbering, K: Array | Callable[[], Array], M: Array | Callable[[], Array]
    ) -> None:
        self.numbering, self._K, self._M = numbering, K, M

    @cached_property
    def K(self) -> Array:
        """Cell matrices of K."""
        return self._K() if callable(self._K) else self._K

    @cached_property
    def M(self) -> Array:
        """Cell matrices of M."""
        return self._M() if callable(self._M) else self._M

    @cached_property
    def definite(self) -> bool:
        """Whether the pencil is real; positive definiteness of M follows from positive permittivities."""
        return not (np.iscomplexobj(self.K) or np.iscomplexobj(self.M)) and bool(
            (np.einsum("eii->ei", self.M) >= 0.0).all()
        )

    @property
    def size(self) -> int:
        """Number of free unknowns."""
        return self.numbering.size

    def apply_K(self, x: Array) -> Array:
        """K x for x of shape (size, columns)."""
        return self.numbering.apply(self.K, x)

    def apply_M(self, x: Array) -> Array:
        """M x for x of shape (size, columns)."""
        return self.numbering.apply(self.M, x)

    def factor(self, shift: complex) -> FactoredPencil:
        """Factorisation of K - shift M."""
        s = shift.real if self.definite and complex(shift).imag == 0.0 else shift
        A = (-s) * self.M
        A += self.K
        return FactoredPencil(self.numbering, A)

    def converged(self, pairs: Eigenpairs) -> Array:
        """Which pairs have a residual below `RESIDUAL_LIMIT`, or one that is nothing but rounding (count,)."""
        good = pairs.residuals < RESIDUAL_LIMIT
        if not good.all():
            x, size = np.abs(pairs.vectors), np.abs(pairs.values)
            Mx = np.linalg.norm(self.apply_M(pairs.vectors), axis=0)
            terms = self.numbering.apply(np.abs(self.K), x) + size * self.numbering.apply(np.abs(self.M), x)
            good |= pairs.residuals * size * Mx < ROUNDING * np.linalg.norm(terms, axis=0)
        return np.asarray(good)

    def check(self, values: Array, vectors: Array) -> Eigenpairs:
        """Rayleigh quotients, bilinear normalisation and residuals of approximate pairs."""
        Mx = self.apply_M(vectors)
        norm = np.sqrt(np.einsum("ij,ij->j", vectors, Mx) + (0.0 if self.definite else 0j))
        x, Mx = vectors / norm, Mx / norm
        Kx = self.apply_K(x)
        values = np.einsum("ij,ij->j", x, Kx)
        residual = np.linalg.norm(Kx - Mx * values, axis=0) / (
            np.abs(values) * np.linalg.norm(Mx, axis=0) + 1e-300
        )
        return Eigenpairs(values, x, residual)
