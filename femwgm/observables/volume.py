"""Mode volume (um^3) and what follows from it."""

from __future__ import annotations

import numpy as np

from femwgm.observables.energy import RegionIntegrals
from femwgm.observables.peak import Crest


def volume_max(integrals: RegionIntegrals, peak: Crest) -> float:
    """int Re(eps) |E|^2 dV / max(Re(eps) |E|^2) of the travelling wave, the absorbing layer left out.

    A standing wave cos(m phi) has half of it (Vahala, Nature 424, 839 (2003), uses the standing wave).
    """
    return float(integrals.electric.sum() / peak.density)


def purcell_factor(wavelength_um: float, index: float, q: float, volume_um3: float) -> float:
    """Purcell factor 3 / (4 pi^2) (lambda / n)^3 Q / V at the field maximum (Purcell, Phys. Rev. 69, 681 (1946))."""
    return 3.0 / (4.0 * np.pi**2) * (wavelength_um / index) ** 3 * q / volume_um3
