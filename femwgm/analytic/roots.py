"""Every mode of a layered sphere, from its real resonance to its complex pole.

The pole is k0 + i k1, k1 from the outgoing flux over the stored energy (any Q, in logarithms), or Newton's iteration where
1/Q^2 is not negligible. For very low Q the outgoing condition is switched on gradually so that q keeps its meaning.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from femwgm.analytic.layered import Stack
from femwgm.analytic.levels import Bool, Levels, slope_scale
from femwgm.analytic.matching import Match, match
from femwgm.analytic.radial import RadialMode
from femwgm.analytic.sensitivity import Sensitivity
from femwgm.errors import MaterialError
from femwgm.ground.typing import Array

Q_NEWTON = 1e8
"""Below this quality factor the real part of the pole comes from complex Newton iteration."""
Q_NEWTON_IMAG = 1e6
"""Below this one the imaginary part does too; above, first order (off by some 300 / Q^2) is the more accurate."""
_STANDING = 1e-12
"""Flux of the ambient wave over its slope below which the layers hold a standing wave, to the accuracy of Q."""
Q_FOLLOW = 100.0
"""Below this one the pole is followed from the closed problem."""
FOLLOW_STEPS = 16
_RAMPS = ((3000.0, 100.0, 8), (100.0, 0.0, 32))
"""Quality factors of absorption alone, from and down to which a pole is followed from its lossless twin in so many steps."""
_ROUNDING = 1e-15
"""Of an imaginary part that Newton's iteration gives, relative to the wavenumber."""
_PULLS = 5
"""Times that a step beyond the data of a medium is halved before its pole is given up."""


@dataclass(frozen=True)
class Poles:
    """A batch of modes.

    Attributes
    ----------
    k0
        Complex wavenumber (rad/um); the imaginary part underflows to -0 beyond Q of about 1e308.
    k_real
        Real resonance of the lossless twin (rad/um).
    log_q_rad
        Natural logarithm of the radiation quality factor of the lossless twin.
    k_twin
        Complex wavenumber of the lossless twin (rad/um).
    """

    tm: Bool
    l: Array
    q: Array
    k0: Array
    k_real: Array
    log_q_rad: Array
    k_twin: Array

    def take(self, index: Array) -> Poles:
        """A subset or reordering."""
        return Poles(*(getattr(self, item.name)[index] for item in fields(self)))


class Resonator(Levels):
    """Real resonances and the poles that belong to them, in batches."""

    def real_roots(self, lo: Array, hi: Array, l: Array, tm: Bool, q: Array) -> Array:
        """Real resonances of order q, one inside each bracket [lo, hi] (which :meth:`count` has confirmed)."""
        return self._polish_real(self.crossing(lo, hi, l, tm, q), lo, hi, l, tm)

    def _polish_real(self, k: Array, lo: Array, hi: Array, l: Array, tm: Bool) -> Array:
        for _ in range(4):
            stack = self.stack(k, l, tm, lossless=True)
            step = self._newton(stack, match(stack))
            moved = np.clip(k + step, lo - 1e-7 * k, hi + 1e-7 * k)
            step, k = moved - k, moved
            if np.all(np.abs(step) < 1e-13 * k):
                break
        return k

    def _newton(self, stack: Stack, matched: Match, loss: float = 1.0) -> Array:
        slope = self.media.slope(stack.k, not stack.is_complex, loss)[0]
        return matched.step(stack, slope, slope_scale(stack), self.media.tabulated)

    def poles(self, tm: Bool, l: Array, q: Array, k_real: Array) -> Poles:
        """Complex poles that belong to real resonances."""
        stack = self.stack(k_real, l, tm, lossless=True)
        matched = match(stack)
        total = self._total(stack, matched)
        assert matched.exterior.log_flux is not None
        log_flux = matched.exterior.log_flux + 2.0 * (np.log(np.abs(matched.u[-1])) + matched.log[-1])
        log_q = np.log(total) - log_flux
        # Where the ambient wave hardly decays beyond the surface, what lies between it and the mode is no standing wave.
        shift = np.zeros_like(k_real)
        near = matched.exterior.log_flux - np.log(slope_scale(stack)) > np.log(_STANDING)
        near = np.flatnonzero(near & (log_q > np.log(Q_NEWTON_IMAG)))
        if near.size:
            flux = matched.exterior.log_flux[near]
            log_q[near], shift[near] = self._with_flux(k_real[near], l[near], tm[near], flux)
        radiated = -0.5 * k_real * np.exp(-log_q)
        k_twin = k_real + shift + 1j * radiated
        leaky = np.flatnonzero(log_q < np.log(Q_NEWTON))
        if leaky.size:
            path = self._path_start(stack, matched, q, log_q)
            alone = self._newton_poles(tm[leaky], l[leaky], k_twin[leaky], path[leaky])
            keep = log_q[leaky] < np.log(Q_NEWTON_IMAG)
            k_twin[leaky] = alone.real + 1j * np.where(keep, alone.imag, k_twin[leaky].imag)
            log_q[leaky[keep]] = np.log(-0.5 * alone[keep].real / alone[keep].imag)
        if self.media.lossless:
            return Poles(tm, l, q, k_twin, k_real, log_q, k_twin)
        absorbed = self._absorbed(stack, matched, total)
        k0 = k_twin + 1j * absorbed.sum(axis=0)
        # Gain may balance loss: what counts is not their sum but their size.
        with np.errstate(divide="ignore", over="ignore"):
            quality = 0.5 * k_real / (np.abs(radiated) + np.abs(absorbed).sum(axis=0))
        # First order lacks the square of the phase that absorption adds across the body; Newton's iteration rounding.
        phase = k_real * self.radii[-1] * np.abs(np.sqrt(self.media.at(k_real).t).imag).max(axis=0)
        resolved = np.minimum(phase, 1.0) ** 2 / _ROUNDING
        low = np.flatnonzero(quality < np.maximum(Q_NEWTON, resolved))
        if low.size:
            opened = self._with_loss(tm[low], l[low], k_twin[low], absorbed.sum(axis=0)[low])
            keep = quality[low] < np.maximum(Q_NEWTON_IMAG, resolved[low])
            k0[low] = opened.real + 1j * np.where(keep, opened.imag, k0[low].imag)
        return Poles(tm, l, q, k0, k_real, log_q, k_twin)

    def _with_flux(self, k: Array, l: Array, tm: Bool, log_flux: Array) -> tuple[Array, Array]:
        """ln Q_rad of real resonances, and what their poles have more of Re k0, by the outgoing wave carried inwards to the mode.

        `log_flux` is that of the ambient.
        """
        stack = self.stack(k.astype(np.complex128), l, tm, lossless=True)
        matched = match(stack)
        total = self._total(stack, matched).real
        log_q = np.log(total) - log_flux - 2.0 * (np.log(np.abs(matched.u[-1])) + matched.log[-1])
        return log_q, self._newton(stack, matched).real

    def _total(self, stack: Stack, matched: Match) -> Array:
        """Sum of the energies with the dispersive part of resonances of the lossless twin, in the units of `matched`."""
        slopes = self.media.slope(stack.k.real, lossless=True)
        total = matched.total(stack.k, stack.media.t, slopes[0])
        if any(self.media.uniaxial):
            for i in np.flatnonzero(stack.tm):  # the radial field answers to the other index
                one = slice(i, i + 1)
                alone = self.stack(stack.k[one], stack.l[one], stack.tm[one], lossless=True)
                stored = Sensitivity(RadialMode(alone), slopes[0][:, i], slopes[1][:, i]).stored
                total[i] = stored if stack.is_complex else stored.real
        return total

    def _with_loss(self, tm: Bool, l: Array, k_twin: Array, absorbed: Array) -> Array:
        """Poles of the absorbing sphere from those of its lossless twin, NaN where one is lost.

        Strong absorption moves a pole further than its neighbours are away: it is turned on gradually, and the pole followed.
        """
        k = k_twin + 1j * absorbed
        with np.errstate(all="ignore"):  # a twin that is lost is NaN, and stays so
            quality = 0.5 * k_twin.real / np.abs(absorbed)
        for below, least, steps in _RAMPS:
            ramp = np.flatnonzero((quality < below) & (quality >= least))
            if ramp.size == 0:
                continue
            here, step = k_twin[ramp], 1j * absorbed[ramp] / steps
            for part in np.linspace(0.0, 1.0, steps + 1)[1:]:
                there = self._newton_loop(
                    here + step, tm[ramp], l[ramp], lossless=False, tolerance=1e-9, loss=float(part)
                )
                here, step = there, there - here
            k[ramp] = here
        return self._newton_loop(k, tm, l, lossless=False, tolerance=4e-15)

    def _absorbed(self, stack: Stack, matched: Match, total: Array) -> Array:
        """What the loss of each layer adds to Im k0, to first order, shape (layers + 1, batch)."""
        if self.media.lossless:
            return np.zeros_like(matched.energies)
        eps = self.media.at(stack.k)
        if not any(self.media.uniaxial):
            return np.asarray(-0.5 * stack.k * matched.energies * eps.t.imag / eps.t.real / total)
        slopes = self.media.slope(stack.k, lossless=True)
        columns = []
        for i in range(stack.k.size):  # the radial field's part of the energy takes an integral for each mode
            alone = self.stack(stack.k[i : i + 1], stack.l[i : i + 1], stack.tm[i : i + 1], lossless=True)
            t, r = Sensitivity(RadialMode(alone), slopes[0][:, i], slopes[1][:, i]).by_permittivity()
            columns.append(t * eps.t.imag[:, i] + r * eps.r.imag[:, i])
        return np.stack(columns, axis=1)

    def _path_start(self, stack: Stack, matched: Match, q: Array, log_q: Array) -> Array:
        """Where the path to a very leaky pole starts: 0 (no path needed), +k at the real resonance, -k at the node of u at R.

        A wave leaving through a boundary of lower admittance than its own (soft: TM out of a denser body, beyond Brewster's
        angle) resonates near u(R) = 0, half a level above the real resonance; else near the real resonance itself.
        """
        start = np.zeros_like(stack.k)
        follow = np.flatnonzero(log_q < np.log(Q_FOLLOW))
        if follow.size == 0:
            return start
        start[follow] = stack.k[follow]
        assert matched.exterior.log_flux is not None
        soft = follow[np.exp(matched.exterior.log_flux[follow]) > slope_scale(stack)[follow]]
        if soft.size:
            lo, l, tm, target = stack.k[soft], stack.l[soft], stack.tm[soft], q[soft] + 0.5
            hi = lo.copy()
            try:
                while (short := self.level(hi, l, tm)[0] <= target).any():
                    hi = np.where(short, 1.1 * hi, hi)
            except (
                MaterialError
            ):  # no data where such a path would begin: the real resonance is the start that is left
                return start
            start[soft] = -self.crossing(lo, hi, l, tm, target) * (1.0 - 1e-6)  # off the node itself
        return start

    def _newton_poles(self, tm: Bool, l: Array, start: Array, path: Array) -> Array:
        """Poles of the lossless twin by Newton's iteration, NaN where one is lost.

        Where Q is very low, along a path from the closed problem to the open one.
        """
        k = np.array(start, dtype=np.complex128)
        for wall, follow in (
            ("openness", np.flatnonzero(path > 0.0)),
            ("softness", np.flatnonzero(path < 0.0)),
        ):
            if follow.size:
                moving = np.abs(path[follow]).astype(np.complex128)
                for part in np.linspace(0.0, 1.0, FOLLOW_STEPS + 1)[1:-1]:
                    moving = self._newton_loop(
                        moving, tm[follow], l[follow], True, 1e-6, outermost=True, **{wall: float(part)}
                    )
                k[follow] = self._newton_loop(moving, tm[follow], l[follow], True, 1e-9, outermost=True)
        return self._newton_loop(k, tm, l, True, 4e-15)

    def newton(self, start: Array, l: Array, tm: Bool) -> Array:
        """Poles by Newton's iteration from start values, NaN where it does not settle."""
        return self._newton_loop(np.asarray(start, dtype=np.complex128), tm, l, False, 4e-15)

    def _with_data(self, k: Array, safe: Array) -> Array:
        """Wavenumbers, each pulled back towards a safe one until all media have data there; NaN where that does not help.

        A table is asked within its range only: a step of Newton's iteration may overshoot its end.
        """
        if not self.media.dispersive:
            return k
        try:
            self.media.at(k.real)
        except MaterialError:
            pass
        else:
            return k
        k = np.array(k)
        for i in range(k.size):
            for _ in range(_PULLS):
                try:
                    self.media.at(k[i : i + 1].real)
                    break
                except MaterialError:
                    k[i] = 0.5 * (k[i] + safe[i])
            else:
                k[i] = np.nan
        return k

    def _newton_loop(
        self,
        k: Array,
        tm: Bool,
        l: Array,
        lossless: bool,
        tolerance: float,
        outermost: bool = False,
        loss: float = 1.0,
        **wall: float,
    ) -> Array:
        k, last = np.array(k), np.full(k.shape, np.inf)
        safe = k.copy()
        open_ = np.flatnonzero(np.isfinite(k))
        for _ in range(30):
            k[open_] = self._with_data(k[open_], safe[open_])
            open_ = open_[np.isfinite(k[open_])]
            if open_.size == 0:
                break
            safe[open_] = k[open_]
            stack = self.stack(k[open_], l[open_], tm[open_], lossless, loss)
            with np.errstate(all="ignore"):  # a path that is lost becomes NaN, and is dropped below
                step = self._newton(stack, match(stack, outermost=outermost, **wall), loss)
                size = np.abs(step) / np.abs(k[open_])
            k[open_] += step * np.minimum(1.0, 0.1 / np.maximum(size, 0.1))
            # Quadratic convergence ends where rounding takes over: stop there rather than at a number it cannot reach.
            done = (size < tolerance) | ((size < 1e-11) & (size >= 0.25 * last[open_]))
            last[open_] = size
            lost = ~(k[open_].real > 0.0)
            k[open_[lost]] = np.nan
            open_ = open_[~(done | lost)]
            if open_.size == 0:
                break
        k[open_] = np.nan
        return k
