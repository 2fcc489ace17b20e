"""A coated sphere from scipy's Bessel functions of real order and textbook formulas: a second way to every number of the study.

Real wavenumbers only: outside, the wave that decays (chi) stands for the outgoing one, and what leaks follows to first order.
No code of femwgm.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from scipy.integrate import quad
from scipy.optimize import brentq
from scipy.special import jv, jvp, yv, yvp

Array = Any
GLASS = (1.45, 1.768, 1.0)
SHELL_UM = 0.49


def riccati(l: float, x: Array) -> tuple[Array, Array, Array, Array]:
    """x j_l, its derivative, x y_l, its derivative; any real degree, real or complex argument."""
    nu, root = l + 0.5, np.sqrt(0.5 * np.pi * x)
    out = []
    for value, slope in ((jv(nu, x), jvp(nu, x)), (yv(nu, x), yvp(nu, x))):
        out += [root * value, root * (slope + 0.5 * value / x)]
    return out[0], out[1], out[2], out[3]


@dataclass(frozen=True)
class Coated:
    """One mode (pol, l, q = 1) of a sphere of diameter D with a shell."""

    pol: str
    l: float
    diameter: float
    n: tuple[float, ...] = GLASS
    shell: float = SHELL_UM

    @property
    def radii(self) -> tuple[float, float]:
        return 0.5 * self.diameter, 0.5 * self.diameter + self.shell

    def p(self, i: int) -> float:
        return 1.0 / self.n[i] ** 2 if self.pol == "TM" else 1.0

    def inside(self, k: Array) -> tuple[Array, Array, Array, Array]:
        """Coefficients of psi and chi in the shell, and u, p u' at the outer radius, for psi(n k r) in the core."""
        (n1, n2, _), (r1, r2) = self.n, self.radii
        u, du, _, _ = riccati(self.l, n1 * k * r1)
        w = self.p(0) * n1 * k * du / (self.p(1) * n2 * k)
        a0, a1, b0, b1 = riccati(self.l, n2 * k * r1)
        a, b = u * b1 - w * b0, w * a0 - u * a1
        a0, a1, b0, b1 = riccati(self.l, n2 * k * r2)
        return a, b, a * a0 + b * b0, self.p(1) * n2 * k * (a * a1 + b * b1)

    def mismatch(self, k: Array) -> Array:
        _, _, u, w = self.inside(k)
        n3 = self.n[2]
        _, _, chi, dchi = riccati(self.l, n3 * k * self.radii[1])
        return w / k - u * self.p(2) * n3 * dchi / chi

    def k0(self) -> float:
        """The lowest zero: q = 1."""
        return _first_zero(self)

    @property
    def wavelength_nm(self) -> float:
        return 2e3 * np.pi / self.k0()

    @property
    def n_g(self) -> float:
        """(1/R) dl/dk0, the degree taken as a real number."""
        h = 0.05
        ahead, behind = (
            Coated(self.pol, self.l + s * h, self.diameter, self.n, self.shell).k0() for s in (1, -1)
        )
        return 2.0 * h / (ahead - behind) / self.radii[1]

    @property
    def fsr_nm(self) -> float:
        return self.wavelength_nm**2 / (self.n_g * 2e3 * np.pi * self.radii[1])

    @property
    def n_eff(self) -> float:
        return self.l / (self.k0() * self.radii[1])

    @property
    def q_rad(self) -> float:
        """Re k / (2 |Im k|): the outgoing wave's small imaginary part moves the zero of the real problem."""
        k, h = self.k0(), 1e-6
        n3 = self.n[2]
        psi, _, chi, _ = riccati(self.l, n3 * k * self.radii[1])
        ratio = [w / u for _, _, u, w in (self.inside(k * (1.0 + s * h)) for s in (1, -1))]
        outer = []
        for s in (1, -1):
            _, _, c, d = riccati(self.l, n3 * k * (1.0 + s * h) * self.radii[1])
            outer.append(self.p(2) * n3 * k * (1.0 + s * h) * d / c)
        slope = ((ratio[0] - outer[0]) - (ratio[1] - outer[1])) / (2.0 * h * k)
        return float(0.5 * k / abs(self.p(2) * n3 * k / (psi**2 + chi**2) / slope))

    def wave(self, k: float) -> list[tuple[float, float, Callable[[Array], tuple[Array, Array]]]]:
        """(from, to, r -> (u, du/dr)) of the core, the shell and the outside, one scale throughout."""
        n, (r1, r2) = self.n, self.radii
        a, b, u2, _ = self.inside(k)
        top = float(np.abs(u2))

        def core(r: Array) -> tuple[Array, Array]:
            u, du, _, _ = riccati(self.l, n[0] * k * r)
            return u / top, n[0] * k * du / top

        def shell(r: Array) -> tuple[Array, Array]:
            f, df, g, dg = riccati(self.l, n[1] * k * r)
            return (a * f + b * g) / top, n[1] * k * (a * df + b * dg) / top

        chi_there = riccati(self.l, n[2] * k * r2)[2]

        def outside(r: Array) -> tuple[Array, Array]:
            _, _, g, dg = riccati(self.l, n[2] * k * r)
            return g / chi_there * np.sign(u2), n[2] * k * dg / chi_there * np.sign(u2)

        return [(r1 - 2.5, r1, core), (r1, r2, shell), (r2, r2 + 2.0, outside)]

    def shares(self, measure: str) -> Array:
        """Shares of core, shell and outside: "energy", "e2" over the volume, "line" of |E|^2 along the equatorial radius."""
        ll = self.l * (self.l + 1.0)
        total = []
        for i, (lo, hi, wave) in enumerate(self.wave(self.k0())):
            eps = self.n[i] ** 2

            def density(r: float, wave: Any = wave, eps: float = eps) -> float:
                u, du = wave(r)
                if self.pol == "TE":
                    return float({"energy": eps * u**2, "e2": u**2, "line": (u / r) ** 2}[measure])
                radial, along = ll * u**2 / r**2, du**2
                return float(
                    {
                        "energy": (radial + along) / eps,
                        "e2": (radial + along) / eps**2,
                        "line": ((ll * u / r**2) ** 2 + (self.l * du / r) ** 2) / eps**2,
                    }[measure]
                )

            total.append(quad(density, lo, hi, epsabs=0.0, epsrel=1e-10, limit=400)[0])
        return np.array(total) / sum(total)

    def tangential_share(self) -> float:
        """Share of the energy that is the tangential field's in the shell."""
        if self.pol == "TE":
            return float(self.shares("energy")[1])
        lo, hi, wave = self.wave(self.k0())[1]
        ll = self.l * (self.l + 1.0)
        along = quad(lambda r: wave(r)[1] ** 2, lo, hi, epsrel=1e-10)[0]
        radial = quad(lambda r: ll * wave(r)[0] ** 2 / r**2, lo, hi, epsrel=1e-10)[0]
        return float(self.shares("energy")[1] * along / (along + radial))

    def gain_per_cm(self, q: float, *, in_plane: bool = False) -> float:
        """2 pi n / (lambda Q Gamma)."""
        share = self.tangential_share() if in_plane else self.shares("energy")[1]
        return float(2.0 * np.pi * self.n[1] / (self.wavelength_nm * 1e-7 * q * share))

    def intensity(self, r: Array, z: Array, *, in_plane: bool = False) -> Array:
        """|E|^2 (or that of the tangential field) of the mode m = l in the shell at radius r and cos(theta) z."""
        k, l = self.k0(), self.l
        u, du = self.wave(k)[1][2](r)
        sine2 = 1.0 - z**2
        across = l**2 * sine2 ** (l - 1.0) * (1.0 + z**2)
        if self.pol == "TE":
            return np.outer((u / r) ** 2, across)
        tangential = np.outer((du / (self.n[1] ** 2 * k * r)) ** 2, across)
        if in_plane:
            return tangential
        return tangential + np.outer((l * (l + 1.0) * u / (self.n[1] ** 2 * k * r**2)) ** 2, sine2**l)


@lru_cache(maxsize=4096)
def _first_zero(mode: Coated) -> float:
    lowest = (mode.l + 0.5) / (max(mode.n) * mode.radii[1])
    grid = lowest * np.linspace(1.0, 1.12, 100)
    values = mode.mismatch(grid)
    i = int(np.flatnonzero(values[:-1] * values[1:] < 0.0)[0])
    return float(brentq(mode.mismatch, grid[i], grid[i + 1], xtol=1e-14, rtol=1e-14))


def comb(pol: str, diameter: float, window_nm: tuple[float, float], **more: Any) -> dict[int, float]:
    """Wavelengths by l of all q = 1 modes in a window."""
    guess = Coated(pol, 10.0, diameter, **more)
    around = 2e3 * np.pi / np.array(window_nm) * guess.radii[1] * 1.66
    lines = {}
    for l in range(int(0.93 * around.min()), int(1.07 * around.max()) + 1):
        found = Coated(pol, l, diameter, **more).wavelength_nm
        if window_nm[0] <= found <= window_nm[1]:
            lines[l] = found
    return lines


def absorption_efficiency(radii: Sequence[float], n: Sequence[complex], wavelength_um: float) -> float:
    """Q_ext - Q_sca of a coated sphere in vacuum from the amplitudes a_l and b_l of the scattered waves."""
    k = 2.0 * np.pi / wavelength_um
    x = k * radii[1]
    total = 0.0
    for l in range(1, int(x + 4.05 * x ** (1 / 3) + 3)):
        for tm in (False, True):
            p = [1.0 / complex(i) ** 2 if tm else 1.0 for i in n]
            u, du, _, _ = riccati(l, n[0] * k * radii[0] + 0j)
            w = p[0] * n[0] * du / (p[1] * n[1])
            a0, a1, b0, b1 = riccati(l, n[1] * k * radii[0] + 0j)
            a, b = u * b1 - w * b0, w * a0 - u * a1
            a0, a1, b0, b1 = riccati(l, n[1] * k * radii[1] + 0j)
            u, w = a * a0 + b * b0, p[1] * n[1] * (a * a1 + b * b1)
            f, df, g, dg = riccati(l, x)
            # Outgoing wave psi - i chi' with chi = x y_l: xi = psi + i chi.
            amplitude = (w * f - u * df) / (w * (f + 1j * g) - u * (df + 1j * dg))
            total += 2.0 * (2 * l + 1) / x**2 * (amplitude.real - abs(amplitude) ** 2)
    return float(total)
