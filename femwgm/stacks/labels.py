"""What a mode of a stack is made of: the share of each sphere, and the single-sphere mode that it resembles there."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import gammaln

from femwgm.fem.field import CellField
from femwgm.ground.typing import Array, ComplexArray
from femwgm.modes.expected import Expected
from femwgm.stacks.domain import Ball

_HYBRID = 0.02
"""Share of a sphere from which a mode counts as spread over it too."""


@dataclass(frozen=True)
class StackLabel:
    """Labels of a mode of a stack.

    Attributes
    ----------
    ball
        Number of the sphere with the largest share of the energy.
    pol, l
        Polarization and polar degree of the mode there.
    te_fraction
        1 for TE, 0 for TM.
    purity
        Share of that degree in the field on the surface.
    single
        The mode of the single sphere with these labels that lies nearest, if it was asked for.
    parity
        "even" or "odd" as the tangential electric field agrees or disagrees across the contact of the two spheres with the
        largest shares; empty for a mode of one sphere.
    """

    ball: int
    pol: str
    l: int
    te_fraction: float
    purity: float
    single: Expected | None
    parity: str


def label_stack(
    field: CellField, balls: Sequence[Ball], shares: Sequence[float], index: Sequence[float]
) -> StackLabel:
    """Labels of a mode.

    Parameters
    ----------
    field
        The mode.
    balls
        The spheres from below upwards.
    shares
        Share of the electric energy in each.
    index
        Real index of the outermost layer of each.
    """
    home = int(np.argmax(shares))
    ball = balls[home]
    radius = ball.radii[-1] * (1.0 - 1e-6)
    top = max((mode.l for mode in ball.modes), default=10) + 20
    x, w = np.polynomial.legendre.leggauss(2 * top + 20)
    r, z = radius * np.sqrt(1.0 - x * x), radius * x
    E, H = field(r, ball.centre + z)
    normal = np.stack([r, z]) / radius
    h, e = (H[0] * normal[0] + H[2] * normal[1]), index[home] * (E[0] * normal[0] + E[2] * normal[1])
    strength = [float((w * np.abs(f) ** 2).sum()) for f in (h, e)]
    te_fraction = strength[0] / max(sum(strength), 1e-300)
    pol, f = ("TE", h) if te_fraction > 0.5 else ("TM", e)
    amplitudes = np.abs(_harmonics(round(field.m), top, x) @ (w * f)) ** 2
    l = int(np.argmax(amplitudes))
    purity = float(amplitudes[l] / max(amplitudes.sum(), 1e-300))
    candidates = [mode for mode in ball.modes if (mode.pol, mode.l) == (pol, l)]
    single = min(candidates, key=lambda mode: abs(mode.k0 - field.k0), default=None)
    return StackLabel(home, pol, l, te_fraction, purity, single, contact_parity(field, balls, shares))


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


def _harmonics(m: int, top: int, x: Array) -> Array:
    """Normalised associated Legendre functions of order m, rows l = 0 .. top (zero below m)."""
    out = np.zeros((top + 1, len(x)))
    log_seed = 0.5 * (np.log(m + 0.5) + gammaln(2 * m + 1.0)) - m * np.log(2.0) - gammaln(m + 1.0)
    out[m] = np.exp(log_seed + 0.5 * m * np.log(1.0 - x * x))
    for l in range(m + 1, top + 1):
        a = np.sqrt((4.0 * l * l - 1.0) / (l * l - m * m))
        b = np.sqrt(((l - 1.0) ** 2 - m * m) / (4.0 * (l - 1.0) ** 2 - 1.0))
        out[l] = a * (x * out[l - 1] - b * out[l - 2])
    return out


def ball_shares(energy: Mapping[str, float], prefixes: Sequence[str]) -> list[float]:
    """Energy shares of the spheres from those of their regions (named sphere_layer)."""
    return [sum(v for name, v in energy.items() if name.startswith(prefix + "_")) for prefix in prefixes]
