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


SPECTRAL_UNITS: dict[str, float] = {
    "Hz": 1e-12,
    "kHz": 1e-9,
    "MHz": 1e-6,
    "GHz": 1e-3,
    "THz": 1.0,
    "PHz": 1e3,
    "meV": 1e-3 * C_UM_THZ / HC_UM_EV,
    "eV": C_UM_THZ / HC_UM_EV,
    "1/cm": 1e-4 * C_UM_THZ,
}
"""Units in which a line may be given instead of its wavelength, in THz."""
SPECTRAL_ALIASES = {"cm^-1": "1/cm", "cm-1": "1/cm", "cm⁻¹": "1/cm"}
"""Other spellings of these."""


def in_spectral_unit(wavelength_nm: float, unit: str | None) -> float:
    """A line given by its vacuum wavelength (nm) in one of `SPECTRAL_UNITS`; in nm for None.

    >>> round(in_spectral_unit(1550.0, "THz"), 4), round(in_spectral_unit(1550.0, "1/cm"), 3)
    (193.4145, 6451.613)
    """
    return wavelength_nm if unit is None else 1e3 * C_UM_THZ / wavelength_nm / SPECTRAL_UNITS[unit]


def spectral_axis(unit: str | None) -> str:
    """What a figure writes along an axis of lines in a unit; wavelength in nm for None."""
    if unit is None:
        return "vacuum wavelength / nm"
    name = "photon energy" if unit.endswith("eV") else "wavenumber" if unit == "1/cm" else "frequency"
    return f"{name} / {unit.replace('1/cm', 'cm⁻¹')}"


def k0_from_wavelength(wavelength_um: float) -> float:
    """Vacuum wavenumber (rad/um) of a vacuum wavelength (um)."""
    return 2.0 * math.pi / wavelength_um


def wavelength_um(k0: complex) -> float:
    """Vacuum wavelength 2 pi / Re k0 (um)."""
    return 2.0 * math.pi / complex(k0).real


def frequency_thz(k0: complex) -> float:
    """Frequency c Re k0 / 2 pi (THz)."""
    return C_UM_THZ * complex(k0).real / (2.0 * math.pi)
