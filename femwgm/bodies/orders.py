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

from femwgm.eigen import Eigenpairs, Pencil
from femwgm.fem.condense import FactoredPencil
from femwgm.fem.field import CellField
from femwgm.problem import MeridianProblem
from femwgm.typing import Array

_CONVERGED = 1e-6
"""Relative residual up to which a solution of the search counts; the modes are solved for afterwards."""


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
    """

    order: complex
    slope: float
    field: CellField


class Orders:
    """The eigenproblem for m^2 of a problem at a real wavenumber k0 (rad/um), degree and mirror condition."""

    def __init__(self, problem: MeridianProblem, degree: int, k0: float, mirror: str | None) -> None:
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
        numbering = problem.numbering(degree, 1, mirror)
        self.pencil = Pencil(numbering, fixed, -growing)

    def near(self, order: float, count: int) -> tuple[list[Family], float]:
        """The families whose m^2 lies nearest to that of an order, and the radius (in m^2) within which they are all."""
        shift = order**2 * (1.0 + 1e-7)
        factor = FactoredPencil(self.pencil.numbering, self.pencil.K - shift * self.pencil.M)
        pairs, reach = around(self.pencil, complex(shift), count, factor)
        return [
            self._family(complex(value), x) for value, x in zip(pairs.values, pairs.vectors.T, strict=True)
        ], reach

    def _family(self, square: complex, vector: Array) -> Family:
        order = complex(np.sqrt(square))
        numbering, space = self.pencil.numbering, self.matrices.space
        local: Array = numbering.gather(vector[:, None])[..., 0].astype(np.complex128)
        local[:, space.from_scalar] *= order
        # The forms and the field take any real order; their signatures speak of the integers that modes have.
        m: Any = order.real
        change = np.einsum("ei,eij,ej->", local, self.matrices.stiffness_slope(m), local, optimize=True)
        norm = np.einsum("ei,eij,ej->", local, self.mass, local, optimize=True)
        slope = complex(2.0 * self.k0 * norm / change)
        field = CellField(space, local * space.signs, m, complex(self.k0), self.mirror)
        return Family(order, slope.real, field)


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
    basis, H = _arnoldi(lambda x: solver.solve(pencil.apply_M(x)), pencil.size, steps)
    inverted, y = np.linalg.eig(H)
    order = np.argsort(-np.abs(inverted))[: count + 1]
    values, vectors = shift + 1.0 / inverted[order], basis @ y[:, order]
    Mx = pencil.apply_M(vectors)
    residuals = np.linalg.norm(pencil.apply_K(vectors) - values * Mx, axis=0) / (
        np.abs(values) * np.linalg.norm(Mx, axis=0)
    )
    bad = np.flatnonzero(residuals > _CONVERGED)
    sure = int(bad[0]) if len(bad) else len(values) - 1
    reach = float(abs(values[min(sure, len(values) - 1)] - shift))
    return Eigenpairs(values[:sure], vectors[:, :sure], residuals[:sure]), reach


def _arnoldi(apply: Callable[[Array], Array], size: int, steps: int) -> tuple[Array, Array]:
    """Orthonormal basis (size, k) of a Krylov space and the operator's matrix in it; k < steps if the space is exhausted."""
    rng = np.random.default_rng(0)
    Q = np.zeros((size, steps + 1), dtype=np.complex128)
    H = np.zeros((steps + 1, steps), dtype=np.complex128)
    first = rng.standard_normal(size)
    Q[:, 0] = first / np.linalg.norm(first)
    for j in range(steps):
        w = apply(Q[:, [j]])[:, 0]
        scale = np.linalg.norm(w)
        for _ in range(2):
            part = Q[:, : j + 1].conj().T @ w
            w = w - Q[:, : j + 1] @ part
            H[: j + 1, j] += part
        H[j + 1, j] = np.linalg.norm(w)
        if abs(H[j + 1, j]) < 1e-13 * scale:
            return Q[:, : j + 1], H[: j + 1, : j + 1]
        Q[:, j + 1] = w / H[j + 1, j]
    return Q[:, :steps], H[:steps, :steps]


def sweep_down(
    orders: Orders, highest: float, lowest: float, count: int = 10, most: int = 40
) -> list[Family]:
    """All families with an order between two bounds, highest first, by shifts whose discs of certainty overlap.

    Each solve is complete within the distance (in m^2) of its farthest eigenvalue; the next shift lies so that the discs touch.
    Generates nothing above `highest` or below `lowest`.

    Raises
    ------
    SolveError
        If a solve does not converge.
    """
    found: list[Family] = []
    shift = highest
    for _ in range(most):
        batch, reach = orders.near(shift, count)
        for family in batch:
            known = any(abs(family.order - other.order) < 1e-6 * abs(family.order) for other in found)
            if not known and lowest <= family.order.real <= highest * (1.0 + 1e-9):
                found.append(family)
        covered = shift**2 - reach
        if covered <= lowest**2:
            break
        shift = float(np.sqrt(max(covered - 0.8 * reach, lowest**2)))
    return sorted(found, key=lambda f: -f.order.real)
