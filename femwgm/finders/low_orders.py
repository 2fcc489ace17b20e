"""Modes of the lowest azimuthal orders: the wavenumber is the eigenvalue where the order cannot be.

A family has orders m in between the integers, and its field is r^(m - 1) next to the axis: below m = 1 it is singular, and m = 0
has conditions of its own there. So these orders are searched one by one over the window.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from femwgm.fem.condense import FactoredPencil
from femwgm.fem.pencil import Pencil
from femwgm.fem.problem import MeridianProblem
from femwgm.finders.orders import Family
from femwgm.ground.typing import Array


@dataclass(frozen=True)
class Wavenumbers:
    """The eigenproblem for k0^2 of a problem at an order m, with media as they are at a real wavenumber `k0` (rad/um)."""

    problem: MeridianProblem
    degree: int
    m: int
    k0: float
    mirror: str | None

    @property
    def pencil(self) -> Pencil:
        return self.problem.pencil(self.degree, self.m, self.mirror, complex(self.k0))

    @property
    def real(self) -> bool:
        """Whether nothing radiates, absorbs or amplifies."""
        return self.pencil.definite

    def factor(self, shift: complex) -> FactoredPencil:
        """Factorisation at a shift in k0^2; real where the shift and the media are."""
        return self.pencil.factor(shift if complex(shift).imag else complex(shift).real)

    def family(self, square: complex, vector: Array) -> Family:
        """The mode of an eigenpair of k0^2, as a family of one."""
        k0 = complex(np.sqrt(complex(square)))
        return Family(
            float(self.m), 0.0, self.problem.field(self.pencil, vector, self.m, k0, self.mirror), vector
        )


def one_by_one(orders: Sequence[int] | None, drift: float, lowest: float = np.inf) -> tuple[int, ...]:
    """The orders to search one by one: those that a family may have where its order in the middle of the window is below 1.

    Parameters
    ----------
    orders
        Azimuthal orders that were asked for; None for all there are.
    drift
        How far the order of a family may lie in the middle of the window from those within it.
    lowest
        The lowest order in the middle of the window that was looked at, or found.
    """
    low = range(int(np.ceil(1.0 + drift)))
    if orders is not None:
        return tuple(m for m in orders if m in low)
    return tuple(low) if lowest < 1.0 + drift else ()
