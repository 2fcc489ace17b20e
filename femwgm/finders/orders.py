"""Every mode family of a body at one wavenumber: the azimuthal order as the eigenvalue.

With v = m v' the curl-curl problem of `femwgm.fem.forms` reads (C - k^2 T) u = -m^2 (G u - G D v') and so on: at a fixed
wavenumber it is a linear eigenproblem for m^2. Its solutions are real orders m, one for each family (polarization, q, p); the
integer orders in a window follow from the slope d m / d k. One factorisation shows all families near an order, at any shape,
without a list of what to expect.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from femwgm.fem.condense import FactoredPencil
from femwgm.fem.field import CellField
from femwgm.fem.pencil import Eigenpairs, Pencil
from femwgm.fem.problem import MeridianProblem
from femwgm.ground.typing import Array

CONVERGED = 1e-6
"""Residual of the inverse, relative to its eigenvalue, up to which a solution of the search counts; it is solved anew."""


@dataclass(frozen=True)
class Family:
    """A family of modes at one wavenumber.

    Attributes
    ----------
    order
        Azimuthal order m, any complex number with a small imaginary part (radiation).
    slope
        d m / d k0 along the family (um).
    field
        Its field at that order.
    vector
        The same as a vector of the free unknowns.
    """

    order: complex
    slope: float
    field: CellField
    vector: Array


class Orders:
    """The eigenproblem for m^2 of a problem at a real wavenumber k0 (rad/um), degree and conditions at the mirror and the end."""

    def __init__(
        self, problem: MeridianProblem, degree: int, k0: float, mirror: str | None, outer: str = "conductor"
    ) -> None:
        self.problem, self.k0, self.mirror = problem, k0, mirror
        self.matrices = problem.matrices(degree)
        media = problem.media(complex(k0))
        self.mass = self.matrices.mass(media.eps, media.eps_axial)
        scalar = self.matrices.space.from_scalar
        block = np.ix_(np.arange(len(self.mass)), scalar, scalar)
        at_zero, at_one = self.matrices.stiffness(0), self.matrices.stiffness(1)
        fixed, growing = at_zero - k0**2 * self.mass, at_one - at_zero
        growing = growing + np.zeros_like(fixed)
        growing[block] += fixed[block]
        fixed[block] = 0.0
        numbering = problem.numbering(degree, 1, mirror, outer)
        self.pencil = Pencil(numbering, fixed, -growing)
        self.real = not np.iscomplexobj(fixed)

    def factor(self, shift: complex) -> FactoredPencil:
        """Factorisation at a shift in m^2; real where the shift and the media are."""
        s = shift if complex(shift).imag else complex(shift).real
        return FactoredPencil(self.pencil.numbering, self.pencil.K - s * self.pencil.M)

    def family(self, square: complex, vector: Array) -> Family:
        """The family of an eigenpair of m^2."""
        order = complex(np.sqrt(square))
        numbering, space = self.pencil.numbering, self.matrices.space
        local: Array = numbering.gather(vector[:, None])[..., 0].astype(np.complex128)
        local[:, space.from_scalar] *= order
        # The forms and the field take any real order; their signatures speak of the integers that modes have.
        m: Any = order.real
        change = self.matrices.slope_form(m, local, local).sum()
        norm = (local * np.matmul(self.mass, local[:, :, None])[:, :, 0]).sum()
        slope = complex(2.0 * self.k0 * norm / change)
        field = CellField(space, local * space.signs, m, complex(self.k0), self.mirror)
        return Family(order, slope.real, field, numbering.averaged(local))


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
