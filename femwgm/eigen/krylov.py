"""Krylov spaces of a shifted inverse, grown step by step: all eigenpairs around a shift, or the one that resembles a vector."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from femwgm.fem.condense import FactoredPencil
from femwgm.fem.pencil import Eigenpairs, Pencil
from femwgm.ground.typing import Array

CONVERGED = 1e-6
"""Residual of the inverse, relative to its eigenvalue, up to which a solution of the search counts; it is solved anew."""
_SURE = 1e-4
"""Residual up to which a solution next to the one that was followed is one."""
_NEAR = 2.0
"""Distance of the shift from zero over that of a value, below which this is no mode: gradients have the eigenvalue zero."""
_STEPS, _MOST_STEPS = 5, 60


def around(
    pencil: Pencil, shift: complex, count: int, factor: FactoredPencil | None = None
) -> tuple[Eigenpairs, float]:
    """Up to `count` eigenpairs around a shift, the nearest first, and the radius within which they are all.

    An Arnoldi process without restarts: pairs that have not converged after its fixed number of steps, and whatever lies beyond
    them, are left out. So a pencil with fewer eigenvalues nearby than asked for (the next ones far away, or the kernel of the
    curl) costs no more than any other.
    """
    solver = factor or pencil.factor(shift)
    steps = min(3 * count + 20, pencil.size)
    start = np.random.default_rng(0).standard_normal(pencil.size)
    krylov = Krylov(lambda x: solver.solve(pencil.apply_M(x)), start, steps)
    krylov.grow(steps)
    inverted, y = np.linalg.eig(krylov.matrix)
    order = np.argsort(-np.abs(inverted))[: count + 1]
    values, vectors = shift + 1.0 / inverted[order], krylov.basis @ y[:, order]
    Mx = pencil.apply_M(vectors)
    residuals = np.linalg.norm(pencil.apply_K(vectors) - values * Mx, axis=0) / (
        np.abs(values) * np.linalg.norm(Mx, axis=0)
    )
    bad = np.flatnonzero(residuals > CONVERGED)
    sure = int(bad[0]) if len(bad) else len(values) - 1
    reach = float(abs(values[min(sure, len(values) - 1)] - shift))
    return Eigenpairs(values[:sure], vectors[:, :sure], residuals[:sure]), reach


def resembling(
    pencil: Pencil, solver: FactoredPencil, shift: complex, start: Array, image: Array
) -> tuple[Array, Array]:
    """Eigenvalues and vectors (size, n) from the Krylov space that a vector begins, by their overlap with M times a field."""
    krylov = Krylov(lambda x: solver.solve(pencil.apply_M(x)), start, min(_MOST_STEPS, pencil.size))
    while True:
        before = krylov.steps
        krylov.grow(_STEPS)
        inverted, y = np.linalg.eig(krylov.matrix)
        vectors = krylov.basis @ y
        size = np.einsum("ij,ij->j", vectors.conj(), pencil.apply_M(vectors))
        likeness = np.abs(image.conj() @ vectors) / np.sqrt(np.abs(size))
        order = np.argsort(-likeness * (np.abs(inverted * shift) > _NEAR))
        best = order[0]
        left = krylov.remainder * abs(y[-1, best]) / abs(inverted[best])
        if left < CONVERGED or krylov.steps == before:
            return shift + 1.0 / inverted[order], vectors[:, order]


def resembling_ones(
    pencil: Pencil, solver: FactoredPencil, shift: complex, start: Array, image: Array, width: float
) -> Eigenpairs:
    """The eigenpair that resembles a field most, of which M times it is the image, and those within a relative width of it."""
    squares, vectors = resembling(pencil, solver, shift, start, image)
    close = np.flatnonzero(np.abs(squares - squares[0]) <= width * np.abs(squares[0]))
    x = vectors[:, close]
    if pencil.definite:
        x = (x * np.exp(-1j * np.angle(x[np.abs(x).argmax(axis=0), np.arange(len(close))]))).real
    pairs = pencil.check(squares[close], x)
    sure = pairs.residuals < _SURE
    sure[0] = True  # it may be refined, another one may be a copy of it
    return pairs.select(np.flatnonzero(sure))


class Krylov:
    """Krylov space of an operator, grown step by step: orthonormal rows of `basis` and the operator's matrix in it.

    Parameters
    ----------
    apply
        The operator, on columns (size, 1).
    start
        Vector to begin with.
    most
        Steps at most.
    """

    def __init__(self, apply: Callable[[Array], Array], start: Array, most: int) -> None:
        self._apply, self.steps, self.exhausted = apply, 0, False
        first = apply(start[:, None])[:, 0]
        dtype = np.result_type(first, start)
        self._rows = np.zeros((most + 1, len(start)), dtype=dtype)
        self._H = np.zeros((most + 1, most), dtype=dtype)
        self._rows[0] = start / np.linalg.norm(start)
        self._next: Array | None = first / np.linalg.norm(start)

    @property
    def basis(self) -> Array:
        """Orthonormal columns (size, steps)."""
        return self._rows[: self.steps].T

    @property
    def matrix(self) -> Array:
        """The operator in the basis, shape (steps, steps)."""
        return self._H[: self.steps, : self.steps]

    @property
    def remainder(self) -> float:
        """Size of what the last step has outside the space: times the last entry of an eigenvector it is its residual."""
        return 0.0 if self.exhausted else float(abs(self._H[self.steps, self.steps - 1]))

    def grow(self, steps: int) -> None:
        """Take steps, unless the space is exhausted or full."""
        rows, H = self._rows, self._H
        for j in range(self.steps, min(self.steps + steps, len(rows) - 1)):
            if self.exhausted:
                return
            w = self._apply(rows[j][:, None])[:, 0] if self._next is None else self._next
            self._next = None
            scale = np.linalg.norm(w)
            known = rows[: j + 1]
            for _ in range(2):
                part = (known @ w.conj()).conj()
                w = w - part @ known
                H[: j + 1, j] += part
            H[j + 1, j] = np.linalg.norm(w)
            self.steps, self.exhausted = j + 1, bool(abs(H[j + 1, j]) < 1e-13 * scale)
            if not self.exhausted:
                rows[j + 1] = w / H[j + 1, j]
