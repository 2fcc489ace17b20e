"""Formulas that turn mode spectra into what the laboratory quotes: spacings, Vernier period, absorption.

Equation numbers are those of the published study of nanoplatelet-coated microspheres; lengths and wavelengths in one unit each
(a spacing comes out in the unit of the wavelength where the diameter is in that unit too).
"""

from __future__ import annotations

import math


def free_spectral_range(wavelength: float, n_g: float, diameter: float) -> float:
    """Eq. 1: FSR = lambda^2 / (n_g pi D), with the group index n_g.

    >>> round(free_spectral_range(660.0, 1.76, 20e3), 3)      # nm
    3.939
    """
    return wavelength**2 / (n_g * math.pi * diameter)


def index_from_spacing(wavelength: float, spacing: float, diameter: float) -> float:
    """Eq. 1 read the other way: the group index that a measured spacing means (not the phase index)."""
    return wavelength**2 / (spacing * math.pi * diameter)


def vernier_range(first: float, second: float) -> float:
    """Eq. 3: FSR_1 FSR_2 / |FSR_1 - FSR_2|, the distance between coincidences of two combs; infinite for equal ones.

    >>> fsr = [free_spectral_range(663.28, 1.76, d * 1e3) for d in (48.0, 44.0)]
    >>> round(vernier_range(*fsr), 3)                         # nm
    19.892
    """
    return first * second / abs(first - second) if first != second else math.inf


def line_width(wavelength: float, q: float) -> float:
    """Full width at half maximum lambda / Q."""
    return wavelength / q


def extinction_for_q(n: float, q: float, confinement: float) -> float:
    """Im n of a layer with index n and energy share `confinement` that alone gives Q: n / (2 Q Gamma), weak loss.

    The same number with the other sign is the gain that balances a total Q: the threshold.
    """
    return n / (2.0 * q * confinement)


def absorption_for_q(n: float, q: float, confinement: float, wavelength_um: float) -> float:
    """Absorption (or threshold gain) in cm^-1 that goes with Q: 2 pi n / (lambda Q Gamma).

    >>> round(absorption_for_q(1.768, 4200.0, 0.947, 0.66), 1)
    42.3
    """
    return 4.0 * math.pi * extinction_for_q(n, q, confinement) / (wavelength_um * 1e-4)
