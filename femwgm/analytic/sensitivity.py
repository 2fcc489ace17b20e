"""How the wavenumber of a mode answers to degree, permittivities and radii: exact first derivatives.

With u scaled at will, E_i the electric energy of layer i (bilinear, the ambient regularised) and S their sum with the dispersive
part, S = sum of E_i (1 + (k0 / 2) d ln eps_i / dk0):

    dk0 / d eps_i = -(k0 / 2) (E_i / eps_i) / S
    dk0 / d R_i   = -(k0 / 2) [k0^2 (eps_i - eps_j) u^2] / S                                     TE
                  = -(k0 / 2) [(eps_i - eps_j) w^2 - (1 / eps_i - 1 / eps_j) L u^2 / R_i^2] / S  TM,  j = i + 1
    dk0 / d L     = (k0 / 2) [sum of int p u^2 / rho^2 over the layers - u^2 d(w / u)_ambient / dL] / S

the Hellmann-Feynman formulas of the radial equation; complex for a complex mode.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from femwgm.analytic.layered import Stack
from femwgm.analytic.radial import RadialMode
from femwgm.ground.tabulated import settled
from femwgm.ground.typing import Array

_OFFSETS = np.array([1.0, 2.0, 3.0, 4.0])
_CENTRAL = np.array([4.0 / 5.0, -1.0 / 5.0, 4.0 / 105.0, -1.0 / 280.0])
_STEP = 0.05


@dataclass(frozen=True)
class Sensitivity:
    """First derivatives of k0.

    Parameters
    ----------
    radial
        Radial function of the mode.
    slope_t, slope_r
        d eps / d k0 (um) of the layers, the ambient last.
    """

    radial: RadialMode
    slope_t: Array
    slope_r: Array

    @cached_property
    def _degree_integrals(self) -> Array:
        """int p_r u^2 / rho^2 over the layers inside R (bilinear), p_r = 1 (TE) or 1 / eps_r (TM)."""
        media = self.radial.media
        values = [s.integral((s.u / s.r) ** 2) if s.r.size else 0.0 for s in self.radial.samples[:-1]]
        integrals = np.array(values) if self.radial.stack.is_complex else np.real(values)
        return np.asarray(integrals / (media.r[:-1, 0] if self.radial.tm else 1.0))

    @cached_property
    def _ambient_degree(self) -> complex:
        """-u(R)^2 d(w / u)/dL of the ambient wave, the regularised int p_r u^2 / rho^2; a difference formula of order eight."""
        stack, match = self.radial.stack, self.radial.match
        step = _STEP * stack.l[0] ** (1.0 / 3.0)
        l = stack.l[0] + step * np.concatenate([_OFFSETS, -_OFFSETS])
        ones = np.ones(l.shape)
        media = type(stack.media)(stack.media.t * ones, stack.media.r * ones, stack.media.uniaxial)
        batch = Stack(stack.k[0] * ones, l, np.repeat(stack.tm, l.size), media, stack.radii)
        m = batch.exterior().m
        slope = np.sum(_CENTRAL * (m[:4] - m[4:])) / step
        return complex(-((match.u[-1, 0] * np.exp(match.log[-1, 0])) ** 2) * slope / (2.0 * stack.l[0] + 1.0))

    @cached_property
    def _energies(self) -> tuple[Array, Array]:
        """Electric energies of the tangential and of the radial field in each layer."""
        total = self.radial.match.energies[:, 0]
        across = np.zeros_like(total)
        if self.radial.tm:
            degree = self.radial.stack.l[0] * (self.radial.stack.l[0] + 1.0)
            ambient = self._ambient_degree if self.radial.stack.is_complex else self._ambient_degree.real
            across = degree * np.append(self._degree_integrals, ambient)
        return total - across, across

    @cached_property
    def stored(self) -> complex:
        """S."""
        media, half = self.radial.media, 0.5 * self.radial.k
        if not any(media.uniaxial):
            return complex(
                np.sum(self.radial.match.energies[:, 0] * (1.0 + half * self.slope_t / media.t[:, 0]))
            )
        tangential, across = self._energies
        weights = 1.0 + half * self.slope_t / media.t[:, 0], 1.0 + half * self.slope_r / media.r[:, 0]
        return complex(np.sum(tangential * weights[0] + across * weights[1]))

    @cached_property
    def shares(self) -> Array:
        """E_i over their sum: share of the electric energy, equal to (n_i / lambda) d lambda / d n_i without dispersion."""
        energies = self.radial.match.energies[:, 0]
        return np.asarray(energies / energies.sum())

    def by_permittivity(self) -> tuple[Array, Array]:
        """dk0/d eps_t and dk0/d eps_r of each layer, the ambient last (rad/um); isotropic changes take their sum."""
        media = self.radial.media
        tangential, across = self._energies
        factor = -0.5 * self.radial.k / self.stored
        return factor * tangential / media.t[:, 0], factor * across / media.r[:, 0]

    def by_index(self) -> Array:
        """dk0/dn of each layer (both indices of a uniaxial one scaled alike), the ambient last (rad/um)."""
        energies = self.radial.match.energies[:, 0]
        return np.asarray(-self.radial.k * energies / np.sqrt(self.radial.media.t[:, 0]) / self.stored)

    def by_radius(self) -> Array:
        """dk0/dR of each interface, the others held (rad/um^2)."""
        match, media, k = self.radial.match, self.radial.media, self.radial.k
        scale = np.exp(2.0 * match.log[:, 0])
        u2, w2 = match.u[:, 0] ** 2 * scale, match.w[:, 0] ** 2 * scale
        jump = media.t[:-1, 0] - media.t[1:, 0]
        if self.radial.tm:
            degree = self.radial.stack.l[0] * (self.radial.stack.l[0] + 1.0)
            inverse = 1.0 / media.r[:-1, 0] - 1.0 / media.r[1:, 0]
            change = jump * w2 - inverse * degree * u2 / np.square(self.radial.radii)
        else:
            change = jump * k**2 * u2
        return np.asarray(-0.5 * k * change / self.stored)

    def by_degree(self) -> complex:
        """dk0/dl in continuous l (rad/um)."""
        total = self._degree_integrals.sum() + self._ambient_degree
        return complex(0.5 * self.radial.k * (2.0 * self.radial.stack.l[0] + 1.0) * total / self.stored)

    def real_by_degree(self, tabulated: Array) -> float:
        """d Re k0 / dl where some media are known at real wavelengths only (`femwgm.ground.tabulated`)."""
        change = complex(self.by_degree())
        if not tabulated.any():
            return change.real
        across, along = self.by_permittivity()
        D = complex((across * self.slope_t + along * self.slope_r)[tabulated].sum())
        return settled(change, D, complex(self.radial.k)).real
