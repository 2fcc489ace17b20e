r"""Steady-state light against pump of many modes that share one gain: rate equations with the modes' own overlaps.

Inversion N(x) in the shell and photon numbers S_j, four-level gain, one emission time tau:

    dN/dt   = P p(x) - N / tau - (N / tau) sum_j beta_j u_j(x) S_j,
    dS_j/dt = -kappa_j S_j + (beta_j / tau) V <N u_j> (S_j + 1),

u_j the intensity of the mode with mean one over the shell (volume V), beta_j the share of the spontaneous emission of a uniform
shell that goes into mode j. The same beta_j couples spontaneous and stimulated emission, so S_j + 1 is all that distinguishes
them. With N scaled by its threshold value for the best mode (n), and a_j <= 1 the strength of mode j (unsaturated gain over loss
relative to the best mode), the steady state is

    S_j (1 - a_j <n u_j>) = a_j <n u_j>,        n (1 + sum_j beta_j u_j S_j) = P p(x),

solved here in log S by Newton's iteration, upwards in pump. Where modes burn holes into the same places they compete; how much
is in <u_i u_j>. Mean-field rate equations of this kind: Haken and Sauermann, Z. Phys. 173, 261 (1963) for spatial hole burning;
Bjork and Yamamoto, IEEE J. Quantum Electron. 27, 2386 (1991) for the photon number with S + 1.

Limits: no diffusion of the inversion, no Auger or heating, no transparency density (a film that absorbs where it is not inverted
needs the extra inversion), modes as in the passive sphere, no coherence between modes, and steady state, which nanosecond pumping
approaches and femtosecond pumping does not.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from femwgm.errors import GeometryError, SolveError
from femwgm.experiment.lasing.gain import GainSpectrum
from femwgm.experiment.lasing.overlap import ShellIntensities
from femwgm.ground.typing import Array

_SEEN = 1e-3
"""Share of the inversion at threshold that a mode must take by stimulated emission to count as lasing."""
_NO_SPONTANEOUS = 1e-7
"""Spontaneous share that blurs no threshold."""


@dataclass(frozen=True)
class LightCurve:
    """Light in, light out.

    Attributes
    ----------
    pump
        Pump over the pump at which the first mode's unsaturated gain equals its loss, shape (points,).
    photons
        Photon number of each mode, shape (points, modes).
    inversion
        Mean inversion over the threshold inversion of the first mode, shape (points,): over the whole layer, whose part that no
        mode reaches keeps all that the pump gives it.
    strength
        Unsaturated gain over loss of each mode, the best is 1.
    beta
        Share of the spontaneous emission of a uniform shell that goes into each mode.
    lasing
        Whether a mode lases, shape (points, modes): told in the limit of no spontaneous emission, where a threshold is a point. A
        mode that is clamped below it may hold many photons too.
    """

    pump: Array
    photons: Array
    inversion: Array
    strength: Array
    beta: Array
    lasing: Array

    @property
    def count(self) -> Array:
        """Number of lasing modes at each pump."""
        return np.asarray(self.lasing.sum(axis=1))


def spontaneous_share(
    wavelength_um: float, index: float, share: float, volume_um3: float, band: GainSpectrum
) -> float:
    """Mean share beta of the spontaneous emission of a part of the layer that goes into one mode.

    lambda^4 g / (8 pi n^3) * Gamma / V: Purcell's factor of a line far narrower than the emission band of density g, averaged
    over the directions of the dipoles and over the same volume as the intensities u of the rate equations. Then beta u is what
    the mode's own intensity says at each place, wherever that volume ends.

    Parameters
    ----------
    wavelength_um
        Wavelength (um).
    index
        Index where the emitters are.
    share
        Share of the mode's energy in the part of the layer.
    volume_um3
        Volume of the part (um^3), `ShellIntensities.volume_um3`.
    band
        Luminescence.
    """
    density = 1e3 * band.density(1e3 * wavelength_um)
    return float(wavelength_um**4 * density * share / (8.0 * np.pi * index**3 * volume_um3))


def light_curve(
    sampled: ShellIntensities, strength: Sequence[float] | Array, pump: Sequence[float] | Array, *, beta: float = 1e-3,
    losses: Sequence[float] | Array | None = None, profile: Array | None = None, copies: Sequence[float] | Array | None = None,
) -> LightCurve:  # fmt: skip
    """Photon numbers of all modes against pump.

    Parameters
    ----------
    sampled
        Intensities in the shell (:func:`femwgm.experiment.lasing.overlap.shell_intensities`).
    strength
        Unsaturated gain over loss of each mode relative to the best (`thresholds.relative_strengths`).
    pump
        Ascending pump powers in units of the first threshold.
    beta
        Spontaneous share of the best mode.
    losses
        Loss rate of each mode relative to the best one; all alike by default.
    profile
        Pump on the points of the shell, mean one; uniform by default.
    copies
        Number of modes that share each line and its intensity, one by default (`overlap.degree_intensities`); photon numbers
        are those of one of them, `beta` too.

    Raises
    ------
    GeometryError
        If the pump does not ascend from above zero.
    SolveError
        If the iteration does not converge.
    """
    powers = np.asarray(pump, dtype=float)
    if powers.size == 0 or powers[0] <= 0.0 or (np.diff(powers) <= 0.0).any():
        raise GeometryError("pump powers must ascend from above zero")
    a = np.asarray(strength, dtype=float) / np.max(strength)
    loss = np.ones_like(a) if losses is None else np.asarray(losses, dtype=float)
    # Gain and spontaneous rate are one coefficient: strength times loss.
    coupling = beta * a * loss / (a * loss)[int(np.argmax(a))]
    coupling = coupling if copies is None else coupling * np.asarray(copies, dtype=float)
    shape = np.ones(sampled.weight.size) if profile is None else profile / sampled.mean(profile)
    photons, inversion = _climb(sampled, a, coupling, powers, shape)
    # A threshold is a point where the whole line, all its copies, takes no spontaneous emission worth the name.
    sharp = coupling * (_NO_SPONTANEOUS / coupling.max())
    few = photons if beta <= _NO_SPONTANEOUS else _climb(sampled, a, sharp, powers, shape)[0]
    lasing = few * (coupling if beta <= _NO_SPONTANEOUS else sharp) > _SEEN
    return LightCurve(powers, photons, inversion, a, coupling, lasing)


def _climb(
    sampled: ShellIntensities, a: Array, coupling: Array, powers: Array, shape: Array
) -> tuple[Array, Array]:
    """Photon numbers and mean inversion at ascending pumps, each the start of the next."""
    logs = np.log(np.maximum(a * powers[0], 1e-12))
    photons, inversion = [], []
    for power in powers:
        found = _polished(sampled, a, coupling, power * shape, logs)
        if found is None:
            start = _along_the_path(sampled, a, coupling, power * shape)
            found = _polished(sampled, a, coupling, power * shape, start)
        if found is None:
            raise SolveError("the rate equations did not settle")
        logs, n = found
        photons.append(np.exp(logs))
        inversion.append(sampled.reach * sampled.mean(n) + (1.0 - sampled.reach) * power)
    return np.array(photons), np.array(inversion)


def _polished(
    sampled: ShellIntensities, a: Array, coupling: Array, source: Array, logs: Array
) -> tuple[Array, Array] | None:
    """log S and n at one pump: log(a <n u>) + log(1 + 1/S) = 0 for every mode, by damped Newton steps; None where they stall."""
    u, weight = sampled.u, sampled.weight

    def state(y: Array) -> tuple[Array, Array, Array]:
        s = np.exp(y)
        clamp = 1.0 + (coupling * s) @ u
        n = source / clamp
        mean = (u * weight) @ n
        return np.log(a * mean) + np.log1p(np.exp(-y)), n, clamp

    y = logs.copy()
    value, n, clamp = state(y)
    for _ in range(60):
        mean = (u * weight) @ n
        answer = -((u * (weight * n / clamp)) @ u.T) * (coupling * np.exp(y)) / mean[:, None]
        jacobian = answer - np.diag(1.0 / (1.0 + np.exp(y)))
        step = np.clip(np.linalg.solve(jacobian, -value), -3.0, 3.0)
        part = 1.0
        while True:
            ahead, n, clamp = state(y + part * step)
            if np.abs(ahead).sum() < np.abs(value).sum() * (1.0 - 1e-4 * part) or np.abs(step).max() < 1e-9:
                break
            part *= 0.5
            if part < 1e-3:
                return None
        y, value = y + part * step, ahead
        if np.abs(value).max() < 1e-12 or np.abs(part * step).max() < 1e-11:
            return y, n
    return None


def _along_the_path(sampled: ShellIntensities, a: Array, coupling: Array, source: Array) -> Array:
    """log S at one pump from no start: the central path of a concave maximum.

    With t = coupling S the steady state maximises

        <source log(1 + sum_j u_j t_j)> - sum_j (t_j - c_j log(1 + t_j / c_j)) / a_j

    over t > 0, which is concave, so there is one state and c, the spontaneous share, is the barrier: it falls from near one to
    its value while t and z = 1 - a <n u> follow by Newton's steps for z + a <n u> = 1 and (t + c) z = c, kept positive.
    """
    u, weight = sampled.u, sampled.weight
    t, z = np.ones(a.size), np.full(a.size, 0.5)
    for factor in 10.0 ** np.arange(max(0, math.ceil(-math.log10(coupling.max()))), -1.0, -1.0):
        c = coupling * factor
        for _ in range(60):
            clamp = 1.0 + t @ u
            n = source / clamp
            balance = 1.0 - z - a * ((u * weight) @ n)
            product = c - (t + c) * z
            if np.abs(balance).max() < 1e-8 and (np.abs(product) < 1e-4 * c).all():
                break
            curve = (u * (weight * n / clamp)) @ u.T
            matrix = ((t + c) * a)[:, None] * curve + np.diag(z)
            dt = np.linalg.solve(matrix, product - (t + c) * balance)
            dz = balance + a * (curve @ dt)
            shrink = np.max(np.concatenate([-dt / t, -dz / z]))
            part = min(1.0, 0.95 / shrink) if shrink > 0.0 else 1.0
            t, z = t + part * dt, z + part * dz
    return np.asarray(np.log(t / coupling))
