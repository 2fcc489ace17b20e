"""What a mode of a stack is made of: the share of each sphere, and its parity across their contact."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from femwgm.ground.typing import Array, ComplexArray
from femwgm.stacks.domain import Ball

_HYBRID = 0.02
"""Share of a sphere from which a mode counts as spread over it too."""


def contact_parity(
    field: Callable[[Array, Array], tuple[ComplexArray, ComplexArray]],
    balls: Sequence[Ball],
    shares: Sequence[float],
) -> str:
    """Whether the tangential electric field agrees ("even") or not ("odd") across the contact of the two fullest spheres."""
    order = np.argsort(shares)[::-1]
    if len(shares) < 2 or shares[order[1]] < _HYBRID or abs(order[0] - order[1]) != 1:
        return ""
    low, high = balls[min(order[:2])], balls[max(order[:2])]
    r = np.linspace(0.002, 0.06, 30) * min(low.radii[-1], high.radii[-1])
    below = field(r, low.centre + 0.999 * np.sqrt(low.radii[-1] ** 2 - r * r))[0][:2]
    above = field(r, high.centre - 0.999 * np.sqrt(high.radii[-1] ** 2 - r * r))[0][:2]
    return "even" if float((np.conj(below) * above).real.sum()) > 0.0 else "odd"


def ball_shares(energy: Mapping[str, float], prefixes: Sequence[str]) -> list[float]:
    """Energy shares of the spheres from those of their regions (named sphere_layer)."""
    return [sum(v for name, v in energy.items() if name.startswith(prefix + "_")) for prefix in prefixes]
