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

from femwgm.fem.condense import FactoredPencil
from femwgm.fem.field import CellField
from femwgm.fem.pencil import Pencil
from femwgm.fem.problem import MeridianProblem
from femwgm.ground.typing import Array


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
