"""Vacuum wavenumber, wavelength, frequency; the only place where the speed of light appears.

Inside femwgm lengths are in um and wavenumbers in rad/um.

Examples
--------
>>> round(frequency_thz(k0_from_wavelength(0.299792458)), 9)
1000.0
"""

from __future__ import annotations

import math

C_UM_THZ: float = 299.792458
"""Speed of light in um THz (= um / ps); exact by the definition of the metre."""
HC_UM_EV: float = 6.62607015e-34 * C_UM_THZ / 1.602176634e-19 * 1e12
"""Planck's constant times the speed of light in um eV: the wavelength of a photon of 1 eV; exact by definition."""


def k0_from_wavelength(wavelength_um: float) -> float:
    """Vacuum wavenumber (rad/um) of a vacuum wavelength (um)."""
    return 2.0 * math.pi / wavelength_um


def wavelength_um(k0: complex) -> float:
    """Vacuum wavelength 2 pi / Re k0 (um)."""
    return 2.0 * math.pi / complex(k0).real


def frequency_thz(k0: complex) -> float:
    """Frequency c Re k0 / 2 pi (THz)."""
    return C_UM_THZ * complex(k0).real / (2.0 * math.pi)


def k0_from_frequency(frequency_thz: float) -> float:
    """Vacuum wavenumber (rad/um) of a frequency (THz)."""
    return 2.0 * math.pi * frequency_thz / C_UM_THZ
