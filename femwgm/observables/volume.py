"""Mode volume (um^3) and what follows from it."""

from __future__ import annotations

from femwgm.observables.energy import RegionIntegrals
from femwgm.observables.peak import Crest


def volume_max(integrals: RegionIntegrals, peak: Crest) -> float:
    """int Re(eps) |E|^2 dV / max(Re(eps) |E|^2) of the travelling wave, the absorbing layer left out.

    A standing wave cos(m phi) has half of it (Vahala, Nature 424, 839 (2003), uses the standing wave).
    """
    return float(integrals.electric.sum() / peak.density)
