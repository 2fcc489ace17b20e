"""Shares of a leaky mode of a stack, its ambient integrated up to where the mode ends.

The bilinear norm gives the ambient what the spheres leave, up to some 1/Q times the path of a wave past them in radians: for a
leaky mode that is no share up to any end. Here int |E|^2 dV of the ambient is taken up to the sphere about the middle of the
stack through the outer turning point (l + 1/2) / (n k0), or around all spheres where that is larger, as for other bodies.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from femwgm.analytic.multipoles.fields import StackField
from femwgm.analytic.multipoles.mode import StackMode, middle_and_reach
from femwgm.analytic.multipoles.translation import gauss

_LEAKY = 6.0
"""Decimal logarithm of Q above which the norm gives the shares well enough."""
_LARGE = 100.0
"""Radius of the end in radians of the wave, beyond which the integral takes longer than it is worth."""
_POINTS, _FEWER = 20, 14
"""Points on a piece of a line, beyond one for each radian of the wave, of the rule and of the one that tells its error."""


def up_to_its_end(mode: StackMode, l: int) -> StackMode:
    """The mode, normalised to the energy up to its end, with shares of that; as it is where hardly anything leaves it.

    Parameters
    ----------
    mode
        The mode, normalised by its bilinear norm.
    l
        Degree that tells the outer turning point.
    """
    kappa = complex(mode.system.couplings.kappa(complex(mode.k0.real)))
    end = max((l + 0.5) / kappa.real, middle_and_reach(mode.system)[1])
    if mode.log10_q is None or mode.log10_q > _LEAKY or kappa.imag or kappa.real * end > _LARGE:
        return mode
    field, inside = StackField(mode), sum(map(sum, mode.energy))
    ambient, poorer = (
        (kappa.real / mode.k0.real) ** 2 * _outside(field, end, points) for points in (_POINTS, _FEWER)
    )
    whole = inside + ambient
    k = np.array([mode.k0])
    paths = [np.sqrt(np.abs(s.media.at(k).t)).max() * s.radii[-1] for s in mode.system.spheres]
    real = (
        mode.k0.imag * max(*paths, kappa.real / mode.k0.real * end)
    ) ** 2  # shares inside are those at a real k
    return replace(
        mode,
        amplitudes=mode.amplitudes / np.sqrt(whole),
        energy=[[share / whole for share in shares] for shares in mode.energy],
        share_error=mode.left_out + abs(ambient - poorer) / whole + float(real),
    )


def _outside(field: StackField, end: float, points: int) -> float:
    """int |E|^2 dV between the spheres and a sphere about the middle (radius in um)."""
    middle, kappa = middle_and_reach(field.system)[0], field.kappa.real
    places, weights = [], []
    for low, high, centre, radius in _slabs(field, middle, end):
        t, w = gauss(points + int(kappa * (high - low)))
        angle = 0.25 * np.pi * (t + 1.0)  # both ends of a slab may be poles, where lengths go as the root
        z = low + (high - low) * np.sin(angle) ** 2
        dz = 0.25 * np.pi * w * (high - low) * np.sin(2.0 * angle)
        begin = np.sqrt(np.maximum(radius**2 - (z - centre) ** 2, 0.0))
        length = np.maximum(np.sqrt(np.maximum(end**2 - (z - middle) ** 2, 0.0)) - begin, 0.0)
        t, w = gauss(points + int(kappa * length.max()))
        s = 0.5 * (t + 1.0)
        r = begin[:, None] + length[:, None] * s**2  # closer where the field is steep
        places.append(np.stack([r, z[:, None] + 0.0 * r]).reshape(2, -1))
        weights.append((2.0 * np.pi * r * (dz * length)[:, None] * (w * s)).ravel())
    E, _ = field(*np.concatenate(places, axis=1))
    return float(np.concatenate(weights) @ (np.abs(E) ** 2).sum(axis=0))


def _slabs(field: StackField, middle: float, end: float) -> Iterator[tuple[float, float, float, float]]:
    """Heights (um) between which the ambient has one shape; centre and radius (um) of the sphere it lies around, 0 for none."""
    at = middle - end
    for wave in sorted(field.system.waves, key=lambda wave: wave.centre):
        below, above = wave.centre - wave.radius, wave.centre + wave.radius
        pieces = ((at, below, 0.0), (below, wave.centre, wave.radius), (wave.centre, above, wave.radius))
        yield from ((low, high, wave.centre, radius) for low, high, radius in pieces if high > low)
        at = above
    if middle + end > at:
        yield at, middle + end, 0.0, 0.0
