"""Scattering and absorption of a plane wave by a layered sphere: how much of the pump the shell takes.

The waves inside are those of :mod:`femwgm.analytic.layered`; outside, the regular wave psi and the outgoing xi = psi + i chi of
the ambient meet them at R. With D the w / u of the inside, for each l and both polarizations

    a_l = (D psi - p psi') / (D xi - p xi'),    Q_ext = (2 / x^2) sum (2 l + 1) Re(a_l + b_l),    Q_sca likewise of |a|^2 + |b|^2

(Bohren and Huffman, Absorption and Scattering of Light by Small Particles (1983), section 4.4 and 8.1).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from femwgm.analytic import LayeredSphere
from femwgm.analytic.bessel import complex_pair
from femwgm.analytic.layered import weight_p


@dataclass(frozen=True)
class Efficiencies:
    """Cross-sections over pi R^2."""

    extinction: float
    scattering: float

    @property
    def absorption(self) -> float:
        """What is neither scattered nor passes."""
        return self.extinction - self.scattering


def efficiencies(sphere: LayeredSphere, wavelength_um: float) -> Efficiencies:
    """Efficiencies of a layered sphere for a plane wave.

    Parameters
    ----------
    sphere
        The sphere; Im n > 0 absorbs.
    wavelength_um
        Vacuum wavelength (um).
    """
    k = 2.0 * np.pi / wavelength_um
    ambient = float(np.sqrt(sphere.media.at(np.array([k])).t[-1, 0]).real)
    x = ambient * k * sphere.outer_radius_um
    top = int(x + 4.05 * x ** (1.0 / 3.0) + 10.0)
    degree = np.arange(1.0, top + 1.0)
    extinction = scattering = 0.0
    for polarization in (False, True):
        tm = np.full(degree.shape, polarization)
        stack = sphere.resonator.stack(np.full(degree.shape, k, dtype=complex), degree, tm, lossless=False)
        wave = stack.outward()
        inside = wave.w[-1] / wave.u[-1]
        z = np.full(degree.shape, x, dtype=complex)
        pair = complex_pair(degree + 0.5, z, outgoing=True)
        slope = weight_p(tm, stack.media, -1) * ambient * k
        # psi = p exp(s) and xi = x exp(-s): the ratio carries exp(2 s), tiny for waves that pass the sphere by.
        ratio = (
            (inside * pair.p - slope * pair.dp) / (inside * pair.x - slope * pair.dx) * np.exp(2.0 * pair.s)
        )
        weight = 2.0 * (2.0 * degree + 1.0) / x**2
        extinction += float((weight * ratio.real).sum())
        scattering += float((weight * np.abs(ratio) ** 2).sum())
    return Efficiencies(extinction, scattering)
