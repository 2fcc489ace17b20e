"""Which other modes of the sphere lie so near to a multiplet that they are diagonalized with it.

A near pole shows in the second order as a channel, waves of one polarization and degree, that has a large amplitude in the lines.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from femwgm.analytic import ExactMode

_AMPLITUDE = 0.05
"""Root mean square amplitude of a channel in the lines from which its nearest mode is near."""
_MOST, _MOST_LINES = 3, 1500
"""Modes that join one, and lines that are diagonalized together, at most; further modes stay in second order."""
_REACH = 0.5
"""Distance within which modes are looked for, in units of that between neighbouring degrees."""


def near(mode: ExactMode, channels: Mapping[tuple[bool, int], float]) -> list[ExactMode]:
    """Modes to diagonalize together with one, the most strongly mixed first.

    Parameters
    ----------
    mode
        The mode.
    channels
        Mean square amplitude, over the lines, of the waves of each polarization (TM or not) and degree.
    """
    found: list[ExactMode] = []
    lines = 2 * mode.l + 1
    reach = _REACH * abs(mode.sensitivity.by_degree())
    window = (2.0 * math.pi / (mode.k0.real + reach), 2.0 * math.pi / (mode.k0.real - reach))
    for (tm, l), square in sorted(channels.items(), key=lambda item: -item[1]):
        lines += 2 * l + 1
        if square < _AMPLITUDE**2 or lines > _MOST_LINES or len(found) == _MOST:
            break
        others = [
            other
            for other in mode.sphere.modes(window, ["TM" if tm else "TE"], l_range=(l, l))
            if (other.pol, other.q, other.l) != (mode.pol, mode.q, mode.l)
        ]
        found += sorted(others, key=lambda other: abs(other.k0 - mode.k0))[:1]
    return found
