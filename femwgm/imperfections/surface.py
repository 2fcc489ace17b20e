"""A line of a multiplet on the surface of its sphere: where its field sits."""

from __future__ import annotations

import numpy as np
from scipy import fft

from femwgm.ground.typing import Array
from femwgm.imperfections.coupling import all_orders
from femwgm.imperfections.harmonics import polar_functions, polar_slopes
from femwgm.imperfections.multiplet import Multiplet


def intensity(lines: Multiplet, number: int, theta: Array, points: int) -> Array:
    """|E|^2 of a line just outside the outermost surface, its maximum 1, on a grid of theta and `points` equidistant phi from 0.

    Parameters
    ----------
    lines, number
        The multiplet, and the place of the line in it from 0.
    theta, points
        Polar angles (rad) without the poles, and the number of azimuthal ones: more than 2 l.
    """
    mode, radial = lines.mode, lines.mode.radial
    l, R = mode.l, radial.radii[-1]
    u, w = (complex(x[-1, 0] * np.exp(radial.match.log[-1, 0])) for x in (radial.match.u, radial.match.w))
    *_, (_, functions) = polar_functions(l, np.cos(theta))
    p, slope = all_orders(functions), all_orders(polar_slopes(functions))
    m = np.arange(-l, l + 1)
    over = 1j * m[:, None] * p / np.sin(theta)
    if mode.pol == "TE":
        parts = [u * over, -u * slope]
    else:
        eps = complex(radial.media.r[-1, 0])
        parts = [l * (l + 1.0) * u / (eps * R) * p, w * slope, w * over]
    total = np.zeros((theta.size, points))
    for part in parts:
        spectrum = np.zeros((theta.size, points), dtype=np.complex128)
        spectrum[:, m % points] = (lines.states[:, [number]] * part).T
        total += np.abs(fft.ifft(spectrum, axis=1)) ** 2
    return np.asarray(total / np.max(total))


def rms_order(lines: Multiplet) -> Array:
    """Root mean square of m in the composition of each line."""
    return np.hypot(lines.m_mean, lines.m_std)


def equatorial_pair(lines: Multiplet) -> tuple[int, int]:
    """The two standing waves most like the equatorial mode: the line of the largest m, and the one of most similar |m|."""
    weights = np.abs(lines.states) ** 2
    even = np.sqrt(weights + weights[::-1])
    first = int(np.argmax(rms_order(lines)))
    alike = even[:, first] @ even
    alike[first] = 0.0
    return first, int(np.argmax(alike))
