"""Every mode family of a body at one wavenumber: the azimuthal order as the eigenvalue.

With v = m v' the curl-curl problem of `femwgm.fem.forms` reads (C - k^2 T) u = -m^2 (G u - G D v') and so on: at a fixed
wavenumber it is a linear eigenproblem for m^2. Its solutions are real orders m, one for each family (polarization, q, p); the
integer orders in a window follow from the slope d m / d k. One factorisation shows all families near an order, at any shape,
without a list of what to expect.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from femwgm.eigen import Eigenpairs, Pencil, nearest
from femwgm.fem.condense import FactoredPencil
from femwgm.fem.field import CellField
from femwgm.problem import MeridianProblem
from femwgm.typing import Array


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

    def near(self, order: float, count: int) -> list[Family]:
        """The families whose m^2 lies nearest to that of an order, the nearest first.

        Raises
        ------
        SolveError
            If nothing converges.
        """
        shift = order**2 * (1.0 + 1e-7)
        factor = FactoredPencil(self.pencil.numbering, self.pencil.K - shift * self.pencil.M)
        pairs = nearest(self.pencil, complex(shift), count, factor=factor)
        return [self._family(pairs, j) for j in range(len(pairs))]

    def _family(self, pairs: Eigenpairs, j: int) -> Family:
        order = complex(np.sqrt(complex(pairs.values[j])))
        numbering, space = self.pencil.numbering, self.matrices.space
        local: Array = numbering.gather(pairs.vectors[:, [j]])[..., 0].astype(np.complex128)
        local[:, space.from_scalar] *= order
        # The forms and the field take any real order; their signatures speak of the integers that modes have.
        m: Any = order.real
        change = np.einsum("ei,eij,ej->", local, self.matrices.stiffness_slope(m), local, optimize=True)
        norm = np.einsum("ei,eij,ej->", local, self.mass, local, optimize=True)
        slope = complex(2.0 * self.k0 * norm / change)
        field = CellField(space, local * space.signs, m, complex(self.k0), self.mirror)
        return Family(order, slope.real, field)


def sweep_down(orders: Orders, highest: float, lowest: float, count: int = 10, most: int = 40) -> list[Family]:
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
        batch = orders.near(shift, count)
        reach = max(abs(f.order**2 - shift**2) for f in batch)
        for family in batch:
            known = any(abs(family.order - other.order) < 1e-6 * abs(family.order) for other in found)
            if not known and lowest <= family.order.real <= highest * (1.0 + 1e-9):
                found.append(family)
        covered = np.sqrt(max(shift**2 - reach, 0.0))
        if covered <= lowest:
            break
        following = np.sqrt(max(covered**2 - 0.8 * reach, lowest**2))
        shift = float(following)
    return sorted(found, key=lambda f: -f.order.real)
