r"""Light after a short pump pulse: the rate equations of :mod:`femwgm.experiment.lasing.rates` in time.

With the inversion n in units of its threshold value, tau its lifetime, tau_j = Q_j / omega the photons' own,

    tau dn/dt = P(t) - n - n sum_j g_j beta_j u_j S_j,        tau_j dS_j/dt = a_j <n u_j> (S_j + 1) - S_j.

Pulses of a nanosecond are shorter than the few nanoseconds that an inversion lives, so the steady state at the peak overstates
the gain: what counts is the energy stored at the time. Photons live picoseconds and follow at once; the equations are stiff. The
g_j modes of a line hold equal numbers of photons S_j.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.integrate import solve_ivp
from scipy.special import erfcx

from femwgm.errors import GeometryError, SolveError
from femwgm.experiment.lasing.overlap import ShellIntensities
from femwgm.ground.typing import Array

SEEN = 1e-3
"""Share of the inversion at threshold that a line must take by stimulated emission to count as lasing."""
PULSES = 4.0
"""Full widths of the pump before and after its top that are followed."""
LIVES = 6.0
"""Lifetimes of the inversion that are followed after it."""


@dataclass(frozen=True)
class Flash:
    """What follows a pulse.

    Attributes
    ----------
    time_ns
        From the top of the pump.
    photons
        Photon number of each mode, shape (times, modes).
    inversion
        Mean inversion where the modes are, over the threshold inversion.
    emitted
        Photons that leave in each mode: integral of S dt / tau_j.
    lasing
        Whether the gain of each line exceeds its loss at some time, and the line then takes a part of the inversion.
    """

    time_ns: Array
    photons: Array
    inversion: Array
    emitted: Array
    lasing: Array


def stored(pulse_ns: float, life_ns: float) -> float:
    """Largest inversion after a weak pulse over the steady state at its top: how far a short pulse falls short of it."""
    sigma = pulse_ns / math.sqrt(8.0 * math.log(2.0))
    t = np.linspace(-PULSES, PULSES, 4001) * pulse_ns
    grown = np.exp(-0.5 * (t / sigma) ** 2) * erfcx((sigma / life_ns - t / sigma) / math.sqrt(2.0))
    return float(math.sqrt(0.5 * math.pi) * sigma / life_ns * grown.max())


def flash(
    sampled: ShellIntensities, strength: Sequence[float] | Array, peak: float, *, pulse_ns: float, life_ns: float,
    photon_ps: float, beta: float, copies: Sequence[float] | Array | None = None,
) -> Flash:  # fmt: skip
    """Follow a Gauss pulse.

    Parameters
    ----------
    sampled
        Intensities in the shell.
    strength
        Unsaturated gain over loss of each mode relative to the best.
    peak
        Pump at its top, in units of the threshold of the steady state.
    pulse_ns
        Full width at half maximum of the pump.
    life_ns
        Lifetime of the inversion.
    photon_ps
        Lifetime of photons in a mode, Q / omega.
    beta
        Spontaneous share of the best mode.
    copies
        Number of modes that share each line, one by default.

    Raises
    ------
    GeometryError
        If a time is not positive.
    SolveError
        If the integration fails.
    """
    if min(pulse_ns, life_ns, photon_ps, peak) <= 0.0:
        raise GeometryError("pump, pulse and lifetimes must be positive")
    u, weight = sampled.u, sampled.weight
    a = np.asarray(strength, dtype=float) / np.max(strength)
    coupling = beta * a if copies is None else beta * a * np.asarray(copies, dtype=float)
    modes, photon_ns = a.size, 1e-3 * photon_ps

    def pump(t: float) -> float:
        return float(peak * np.exp(-4.0 * np.log(2.0) * (t / pulse_ns) ** 2))

    def rate(t: float, y: Array) -> Array:
        s, n = y[:modes], y[modes:]
        gain = a * ((u * weight) @ n)
        return np.concatenate(
            [(gain * (s + 1.0) - s) / photon_ns, (pump(t) - n * (1.0 + (coupling * s) @ u)) / life_ns]
        )

    def jacobian(_: float, y: Array) -> Array:
        s, n = y[:modes], y[modes:]
        gain = a * ((u * weight) @ n)
        top = np.hstack([np.diag(gain - 1.0), (s + 1.0)[:, None] * a[:, None] * u * weight]) / photon_ns
        below = (
            np.hstack([-n[:, None] * (coupling[:, None] * u).T, -np.diag(1.0 + (coupling * s) @ u)]) / life_ns
        )
        return np.vstack([top, below])

    span = -PULSES * pulse_ns, PULSES * pulse_ns + LIVES * life_ns
    start = np.concatenate([np.full(modes, 1e-12), np.full(weight.size, 1e-12)])
    found = solve_ivp(
        rate,
        span,
        start,
        method="LSODA",
        jac=jacobian,
        rtol=1e-8,
        atol=1e-12,
        max_step=0.25 * pulse_ns,
        dense_output=False,
    )
    if not found.success:
        raise SolveError(f"the rate equations could not be followed in time ({found.message})")
    s, n = found.y[:modes], found.y[modes:]
    emitted = np.trapezoid(s, found.t, axis=1) / photon_ns
    taken, gain = (coupling[:, None] * s).max(axis=1), (a[:, None] * ((u * weight) @ n)).max(axis=1)
    return Flash(found.t, s.T, weight @ n, emitted, (gain > 1.0) & (taken > SEEN))
