r"""One interface as one mode of the perfect sphere meets it: what its fields jump by where the interface is displaced.

With u and w the radial function and the weighted slope of a wave (:mod:`femwgm.analytic.layered`), X = grad Y x r_hat, a TE wave
has r E_t = u X, r H_t = -(i / k) w grad Y; a TM wave r H_t = u X, r E_t = (i / k) w grad Y, eps_r r^2 E_r = (i / k) lambda u Y.
The jumps of the tangential fields of a displaced interface (:mod:`femwgm.imperfections.series`) are then

    TE to TE:  s_w = k^2 [eps u] D,                            s_u = -[u'']* D,
    TE to TM:  s_u = -i k [eps u] C,                           s_w = -i k [u'']* C,
    TM to TM:  s_u = -[u'] D,  s_w = -lambda [u / (eps_r r^2)] S + k^2 [u]* D,
    TM to TE:  s_w = i k [u'] C,                               s_u = i k [u]* C,

D and C over lambda of the wave that is excited; the forms are those of h, and in second order those of h^2 / 2 with a derivative
in r on what jumps. What carries a star has no first order, and is written as that derivative already. Amplitudes are those of
waves of unit norm, X and grad Y over the root of lambda, so that coupling is mutual.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from femwgm.ground.typing import Array
from femwgm.imperfections.coupling import C, D, S


@dataclass(frozen=True)
class Port:
    """The fields of one mode at one interface, and the permittivities inside and outside.

    Attributes
    ----------
    member, interface, place
        Which mode of a group, which interface from the centre outwards, and the key of its relief.
    tm
        Polarization of the mode.
    weight
        l (l + 1) of the mode.
    radius
        Radius of the interface (um).
    u, w
        Radial function and slope of the mode, over the root of its norm.
    t, r
        Tangential and radial permittivity inside and outside.
    """

    member: int
    interface: int
    place: Any
    tm: bool
    weight: float
    radius: float
    u: complex
    w: complex
    t: tuple[complex, complex]
    r: tuple[complex, complex]

    @property
    def step(self) -> complex:
        """[eps_t]."""
        return self.t[1] - self.t[0]

    @property
    def step_inverse(self) -> complex:
        """[1 / eps_r]."""
        return 1.0 / self.r[1] - 1.0 / self.r[0]

    def source(self, k: complex, tm: bool, across: Array) -> Array:
        """Jumps (s_u, s_w) by which the mode excites waves, for each form of h: (degrees, form, 2).

        Parameters
        ----------
        k
            Wavenumber (rad/um).
        tm, across
            Polarization and l' (l' + 1) of the waves.
        """
        jumps = np.zeros((across.size, 3, 2), dtype=np.complex128)
        if self.tm and tm:
            jumps[:, D, 0] = -self.step * self.w / across
            jumps[:, S, 1] = -self.weight * self.step_inverse * self.u / self.radius**2
        elif self.tm:
            jumps[:, C, 1] = 1j * k * self.step * self.w / across
        elif tm:
            jumps[:, C, 0] = -1j * k * self.step * self.u / across
        else:
            jumps[:, D, 1] = k**2 * self.step * self.u / across
        return jumps / math.sqrt(self.weight)

    def source_of_square(self, k: complex, tm: bool, across: Array) -> Array:
        """The same in second order, for each form of h^2 / 2."""
        jumps = np.zeros((across.size, 3, 2), dtype=np.complex128)
        bend = (self.t[1] / self.r[1] - self.t[0] / self.r[0]) / self.radius**2
        # [u''] of either polarization
        curved = -(k**2) * self.step * self.u + (self.weight * bend * self.u if self.tm else 0.0)
        if self.tm and tm:
            jumps[:, D, 0] = -curved / across
            jumps[:, D, 1] = k**2 * self.step * self.w / across
            sharp = 2.0 * self.step_inverse * self.u / self.radius**3
            jumps[:, S, 1] = self.weight * (sharp - bend * self.w)
        elif self.tm:
            jumps[:, C, 1] = 1j * k * curved / across
            jumps[:, C, 0] = 1j * k * self.step * self.w / across
        elif tm:
            jumps[:, C, 0] = -1j * k * self.step * self.w / across
            jumps[:, C, 1] = -1j * k * curved / across
        else:
            jumps[:, D, 1] = k**2 * self.step * self.w / across
            jumps[:, D, 0] = -curved / across
        return jumps / math.sqrt(self.weight)

    def met_by(self, jumps: Array) -> Array:
        """What the mode picks up from jumps (..., 2) of its own degree: u s_w - w s_u."""
        return np.asarray(math.sqrt(self.weight) * (self.u * jumps[..., 1] - self.w * jumps[..., 0]))

    def back(self, k: complex, tm: bool, across: Array) -> Array:
        """What the mode picks up from (u, w) of a wave inside and outside the interface, for each (conjugated) form of h.

        Shape (degrees, form, side, field). C of the way back is minus the conjugate of C.
        """
        back = np.zeros((across.size, 3, 2, 2), dtype=np.complex128)
        for side, sign in ((0, -1.0), (1, 1.0)):
            t, r = self.t[side], self.r[side]
            if self.tm and tm:
                back[:, D, side, 1] = sign * self.w * t / self.weight
                back[:, D, side, 0] = sign * self.u * k**2 / self.weight
                back[:, S, side, 0] = -sign * self.u * across / (r * self.radius**2)
            elif self.tm:
                back[:, C, side, 1] = sign * self.u * 1j * k / self.weight
                back[:, C, side, 0] = -sign * self.w * 1j * k * t / self.weight
            elif tm:
                back[:, C, side, 1] = -sign * self.u * 1j * k * t / self.weight
                back[:, C, side, 0] = sign * self.w * 1j * k / self.weight
            else:
                back[:, D, side, 1] = sign * self.w / self.weight
                back[:, D, side, 0] = sign * self.u * k**2 * t / self.weight
                back[:, S, side, 0] = -sign * self.u * across / self.radius**2
        return back * math.sqrt(self.weight)


def between(bra: Port, ket: Port, k: complex, squared: bool) -> Array:
    """What multiplies each form of an interface's relief (of half its square) between the lines of two modes, shape (3,)."""
    source = ket.source_of_square if squared else ket.source
    return bra.met_by(source(k, bra.tm, np.array([bra.weight]))[0])
