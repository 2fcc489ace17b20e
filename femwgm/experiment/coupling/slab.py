r"""A bus waveguide of known phase index: the mode of a slab across, the profile of the resonator's mode upwards.

Width and phase index determine the slab: h tan(h w/2) = kappa for E along the axis of the resonator, h tan(h w/2)/eps_core =
kappa/eps for E across, with kappa^2 = k0^2 (n_eff^2 - eps) beside it and eps_core = n_eff^2 + (h/k0)^2 inside (the
effective-index picture: K. S. Chiang, Appl. Opt. 25, 2169 (1986)). The upward profile g(z) at the face is that of the resonator
at its own surface; each of its waves exp(i k_z z) decays by itself, kappa^2 = beta^2 + k_z^2 - eps k0^2.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq

from femwgm.errors import ConfigError
from femwgm.experiment.coupling.plane import Plane
from femwgm.ground.typing import Array, ComplexArray

_PADDED = 4
"""Length of the transformed profile in lengths of the plane."""


@dataclass(frozen=True)
class Slab:
    """The mode in front of its face x = 0, from its upward spectrum there.

    Attributes
    ----------
    pol
        "TE" for E along the axis of the resonator, "TM" for E across.
    k0, beta
        Wavenumbers (rad/um) in vacuum and along the guide.
    outside
        Permittivity of the ambient.
    kz, decay, spectrum
        Upward wavenumbers, the decay (1/um) of each wave, and its amplitude at the face, on the grid `z`.
    power
        Half the integral of Re (E x H*) over the cross-section.
    """

    pol: str
    k0: float
    beta: float
    outside: float
    z: Array
    kz: Array
    decay: Array
    spectrum: ComplexArray
    power: float

    def fields(self, x: Array, z: Array) -> tuple[ComplexArray, ComplexArray]:
        """(E, H) at points (x, z) of one x, shapes (3, ...): what a plane between the two needs of them."""
        there = self.spectrum * np.exp(self.decay * x[0])
        f, slope = (self._at(z, wave) for wave in (there, self.decay * there))
        none = np.zeros_like(f)
        if self.pol == "TE":
            return np.stack([none, none, f]), np.stack([self.beta * f, 1j * slope, none]) / self.k0
        return np.stack([-self.beta * f, -1j * slope, none]) / (self.k0 * self.outside), np.stack(
            [none, none, f]
        )

    def _at(self, z: Array, spectrum: ComplexArray) -> ComplexArray:
        real = np.fft.ifft(spectrum).real[: len(self.z)]
        return np.interp(z, self.z, real).astype(np.complex128)


def slab_like(pol: str, surface: Plane, k0: float, width: float, n_eff: float, outside: float) -> Slab:
    """The guide of a width (um) and phase index, with the upward profile of a resonator's field on its surface.

    Raises
    ------
    ConfigError
        If the index does not exceed that of the ambient.
    """
    if n_eff**2 <= outside:
        raise ConfigError(
            f"does not exceed the index of the ambient, {np.sqrt(outside):.4g}, so nothing is guided",
            key="coupler.n_eff", value=f"{n_eff:g}", remedy="give the phase index of a guided mode",
        )  # fmt: skip
    cell = surface.z[1] - surface.z[0]
    main = (surface.E if pol == "TE" else surface.H)[2]
    profile = np.abs(main[len(surface.y) // 2])
    profile /= np.sqrt((profile**2).sum() * cell)
    spectrum = np.fft.fft(profile, _PADDED * len(profile))
    kz = 2.0 * np.pi * np.fft.fftfreq(len(spectrum), cell)
    decay = k0 * np.sqrt(n_eff**2 - outside)

    def core(h: float) -> float:
        return n_eff**2 + (h / k0) ** 2

    def excess(h: float) -> float:
        ratio = 1.0 if pol == "TE" else outside / core(h)
        return float(ratio * h * np.tan(0.5 * h * width) - decay)

    h = brentq(excess, 1e-9 / width, np.pi / width * (1.0 - 1e-12), xtol=1e-14)
    within = 0.5 * (width + np.sin(h * width) / h) / np.cos(0.5 * h * width) ** 2
    beside = 1.0 / decay
    flux = within + beside if pol == "TE" else within / core(h) + beside / outside
    falls = np.sqrt(decay**2 + kz**2)
    return Slab(pol, k0, k0 * n_eff, outside, surface.z, kz, falls, spectrum, 0.5 * n_eff * flux)
