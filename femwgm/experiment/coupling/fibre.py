"""The fundamental mode HE11 of a step-index fibre, exact (Snyder and Love, Optical Waveguide Theory, chapter 12)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq
from scipy.special import jv, jvp, kv, kve, kvp

from femwgm.errors import ConfigError
from femwgm.ground.typing import Array

_SECOND = 2.404825557695773
"""V from which a fibre guides more than HE11."""
_THICKEST = 100.0
"""V beyond which a fibre is no taper."""
_SPREAD = 1e-4
"""w/V of a mode so wide that the fibre no longer guides it in practice."""


@dataclass(frozen=True)
class Fibre:
    """HE11 of a fibre along y: E and H are those at a point times exp(i beta y).

    Attributes
    ----------
    radius
        Of the core (um).
    k0, beta
        Wavenumbers in vacuum and along the fibre (rad/um).
    core, outside
        Permittivities.
    ratio
        Longitudinal H over longitudinal E at the surface.
    """

    radius: float
    k0: float
    beta: float
    core: float
    outside: float
    ratio: float

    @property
    def v(self) -> float:
        """Normalised frequency."""
        return float(self.k0 * self.radius * np.sqrt(self.core - self.outside))

    @property
    def single(self) -> bool:
        """Whether it guides nothing else."""
        return self.v < _SECOND

    def fields(self, x: Array, z: Array, turn: float = 0.0) -> tuple[Array, Array]:
        """(E_x, E_y, E_z) and H times the impedance of vacuum at distances x, z (um) from the axis, shapes (3, ...).

        `turn` (rad) turns the polarization: E is mostly along z for 0, along x for pi/2.
        """
        rho, angle = np.hypot(x, z), np.arctan2(x, z) - turn
        rho = np.maximum(rho, 1e-9 * self.radius)
        inside = rho <= self.radius
        u, w = self._transverse
        s = rho / self.radius
        f = np.where(inside, jv(1, u * s) / jv(1, u), _k1(w * s, w))
        df = np.where(inside, u * jvp(1, u * s) / jv(1, u), _dk1(w, s)) / self.radius
        square = np.where(inside, (u / self.radius) ** 2, -((w / self.radius) ** 2))
        eps = np.where(inside, self.core, self.outside)
        b, k, g = self.beta, self.k0, self.ratio
        cos, sin = np.cos(angle), np.sin(angle)
        e_rho = 1j / square * (b * df + k * g * f / rho) * cos
        e_phi = -1j / square * (b * f / rho + k * g * df) * sin
        h_rho = 1j / square * (b * g * df + k * eps * f / rho) * sin
        h_phi = 1j / square * (b * g * f / rho + k * eps * df) * cos
        c, d = np.cos(angle + turn), np.sin(angle + turn)
        E = np.stack([e_rho * d + e_phi * c, f * cos + 0j, e_rho * c - e_phi * d])
        H = np.stack([h_rho * d + h_phi * c, g * f * sin + 0j, h_rho * c - h_phi * d])
        return E, H

    @property
    def _transverse(self) -> tuple[float, float]:
        u = self.radius * np.sqrt(self.core * self.k0**2 - self.beta**2)
        return float(u), float(self.radius * np.sqrt(self.beta**2 - self.outside * self.k0**2))

    @property
    def power(self) -> float:
        """Half the integral of Re (E x H*) along the fibre over its cross-section (um^2)."""
        t, weight = np.polynomial.legendre.leggauss(40)
        _, w = self._transverse
        total = 0.0
        reach = self.radius * (1.0 + 20.0 / w)
        edges = [0.0, self.radius, *np.geomspace(self.radius, reach, 8)[1:]]
        for a, b in zip(edges[:-1], edges[1:], strict=True):
            rho = 0.5 * (a + b) + 0.5 * (b - a) * t
            # The flux is a constant plus cos(2 angle): the mean over two angles a quarter turn apart is that over all.
            for x, z in ((rho, 0.0 * rho), (0.0 * rho, rho)):
                E, H = self.fields(x, z)
                flux = 0.5 * (E[2] * H[0].conj() - E[0] * H[2].conj()).real
                total += np.pi * 0.5 * (b - a) * float((weight * rho * flux).sum())
        return total


def _k1(x: Array, at: float) -> Array:
    """K1(x) / K1(at)."""
    x = np.maximum(x, 0.5 * at)
    return np.asarray(kve(1, x) / kve(1, at) * np.exp(at - x))


def _dk1(w: float, s: Array) -> Array:
    """Derivative of K1(w s) / K1(w) by s."""
    x = np.maximum(w * s, 0.5 * w)
    return np.asarray(-0.5 * w * (kve(0, x) + kve(2, x)) / kve(1, w) * np.exp(w - x))


def fundamental(radius: float, k0: float, core: float, outside: float) -> Fibre:
    """HE11 of a core of a radius (um) and permittivity in another medium.

    Raises
    ------
    ConfigError
        If the core has the smaller index, or is so thin that it hardly guides.
    """
    if not core > outside > 0.0:
        raise ConfigError(
            f"index {np.sqrt(complex(core)).real:.4g} does not exceed that of the ambient, so nothing is guided",
            key="coupler.material", remedy="take a denser one",
        )  # fmt: skip
    v = k0 * radius * np.sqrt(core - outside)
    if v > _THICKEST:
        raise ConfigError(
            f"V = {v:.3g}: a rod that guides hundreds of modes", key="coupler.diameter", value=f"{2 * radius:g} um",
            remedy=f"take V below {_THICKEST:g}",
        )  # fmt: skip

    def excess(log_w: float) -> float:
        """Difference of the two sides of the equation of HE modes; falls through zero at HE11."""
        w = np.exp(log_w)
        u = np.sqrt(v * v - w * w)
        mean, half = 0.5 * (core + outside) / core, 0.5 * (core - outside) / core
        decay = kvp(1, w) / (w * kv(1, w))
        n_eff = (core * w * w + outside * u * u) / (v * v)
        root = np.hypot(half * decay, np.sqrt(n_eff / core) * (1.0 / u**2 + 1.0 / w**2))
        return float(jv(0, u) / (u * jv(1, u)) + mean * decay - 1.0 / u**2 + root)

    least = np.sqrt(max(v * v - _SECOND**2, 0.0)) * (1.0 + 1e-12)
    low, high = np.log(max(least, _SPREAD * v)), np.log(v * (1.0 - 1e-12))
    if excess(low) * excess(high) > 0.0:
        raise ConfigError(
            f"too thin to guide: V = {v:.3g}", key="coupler.diameter", value=f"{2 * radius:g} um", remedy="take V above 0.8"
        )  # fmt: skip
    w = float(np.exp(brentq(excess, low, high, xtol=1e-14, rtol=1e-14)))
    u = float(np.sqrt(v * v - w * w))
    beta = float(np.sqrt(outside * k0**2 + (w / radius) ** 2))
    slope = jvp(1, u) / (u * jv(1, u)) + kvp(1, w) / (w * kv(1, w))
    return Fibre(radius, k0, beta, core, outside, float(-beta * (1 / u**2 + 1 / w**2) / (k0 * slope)))
