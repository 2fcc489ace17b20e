r"""How a mode of a stack answers to a small change of its spheres.

With M(k, p) x = 0 for a parameter p, wavenumber and amplitudes change by

    M dx + M' x dk = -(dM/dp) x,        x* dx = 0,

one factorisation for all parameters. dM/dp comes from central differences of M x, in which waves keep the units that they have in
the unchanged stack. The rates at which light leaves follow the changed mode to either side.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property

import numpy as np
import scipy.linalg as sla

from femwgm.analytic.multipoles.mode import StackMode, absorption, by_sphere, normalised, radiated, slope
from femwgm.analytic.multipoles.system import Sphere, System
from femwgm.ground.typing import Array, ComplexArray

PHASE = 1e-4
"""Step of the differences, as a change of phase across the largest sphere (rad)."""


class Response:
    """The answers of one mode.

    Parameters
    ----------
    mode
        A converged mode.
    lossy
        Whether any medium absorbs or amplifies.
    """

    def __init__(self, mode: StackMode, lossy: bool) -> None:
        self.mode, self.lossy = mode, lossy

    def __call__(
        self, changed: Callable[[float], Sequence[Sphere]], scale: float, phase: float = PHASE
    ) -> tuple[complex, Array]:
        """d k0 / dp (rad/um per unit of p), and d/dp of (1/Q_rad, 1/Q_abs); NaN where a Q does not apply.

        Parameters
        ----------
        changed
            The spheres when p is raised by an amount.
        scale
            Phase (rad) across the largest sphere that one unit of p makes.
        phase
            Step of the differences, as such a phase (rad).
        """
        k, x, step = self.mode.k0, self.mode.amplitudes, phase / scale
        ends = [self.mode.system.with_spheres(changed(sign * step)) for sign in (1.0, -1.0)]
        pull = (ends[0].apply(k, x) - ends[1].apply(k, x)) / (2.0 * step)
        answer = sla.lu_solve(self._factor, np.append(-pull, 0.0), check_finite=False)
        dx, dk = answer[:-1], complex(answer[-1])
        if not self.lossy and self.mode.source == "eigenvalue":
            return dk, np.array([self._eigenvalue_rate_slope(dk), np.nan])
        upper, lower = (
            self._rates(end, k + sign * step * dk, x + sign * step * dx)
            for end, sign in zip(ends, (1.0, -1.0), strict=True)
        )
        rates = (upper - lower) / (2.0 * step)
        if self.mode.source == "eigenvalue":
            rates[0] = self._eigenvalue_rate_slope(dk) - rates[1]
        return dk, rates

    @cached_property
    def rates(self) -> Array:
        """(1/Q_rad, 1/Q_abs) of the mode, NaN where one does not apply."""
        absorbed = absorption(self.mode.system, self.mode.k0, self.mode.energy) if self.lossy else np.nan
        leak = np.nan if self.mode.log10_q is None else 10.0**-self.mode.log10_q
        return np.array([leak, absorbed])

    def _eigenvalue_rate_slope(self, dk: complex) -> float:
        """d/dp of -2 Im k / Re k."""
        k = self.mode.k0
        return -2.0 * (dk.imag / k.real - k.imag * dk.real / k.real**2)

    @cached_property
    def _factor(self) -> tuple[Array, Array]:
        """Factors of M bordered by M' x and x*."""
        system, k, x = self.mode.system, self.mode.k0, self.mode.amplitudes
        bordered = np.zeros((system.size + 1, system.size + 1), dtype=np.complex128)
        bordered[:-1, :-1] = system.matrix(k)
        bordered[:-1, -1], bordered[-1, :-1] = slope(system, k, x), x.conj()
        return sla.lu_factor(bordered, overwrite_a=True, check_finite=False)

    def _rates(self, system: System, k: complex, x: ComplexArray) -> Array:
        """1/Q of what is radiated far away and of the absorption."""
        x, layers, _ = normalised(system, k, x)
        leak = np.nan if self.mode.log10_q is None else radiated(system, k, x)
        return np.array([leak, absorption(system, k, by_sphere(layers)) if self.lossy else np.nan])
