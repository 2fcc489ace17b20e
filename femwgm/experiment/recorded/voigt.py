"""The line that a spectrometer shows: a Lorentz line convolved with the instrument's Gauss response, of unit area."""

from __future__ import annotations

import math

import numpy as np
from scipy.special import wofz

from femwgm.ground.typing import Array

GAUSS = 2.0 * math.sqrt(2.0 * math.log(2.0))
"""Full width at half maximum of a Gauss curve over its standard deviation."""


def voigt(x: Array, width: Array | float, resolution: float) -> tuple[Array, Array, Array]:
    """Profile and its derivatives with respect to x and to the width.

    Parameters
    ----------
    x
        Distance from the centre.
    width
        Full width at half maximum of the Lorentz line, >= 0; > 0 where the resolution is 0.
    resolution
        Full width at half maximum of the instrument's response; 0 leaves the line as it is.

    Examples
    --------
    >>> profile, _, _ = voigt(np.array([0.0, 0.5]), 1.0, 0.0)
    >>> (profile * np.pi).round(12).tolist()
    [2.0, 1.0]
    """
    half = 0.5 * np.asarray(width, dtype=float)
    if resolution <= 0.0:
        below = x**2 + half**2
        value = half / (np.pi * below)
        return value, -2.0 * x * value / below, 0.5 * (x**2 - half**2) / (np.pi * below**2)
    scale = math.sqrt(2.0) * resolution / GAUSS
    z = (x + 1j * half) / scale
    w = wofz(z)
    slope = (2j / math.sqrt(np.pi) - 2.0 * z * w) / scale
    unit = 1.0 / (scale * math.sqrt(np.pi))
    return w.real * unit, slope.real * unit, -0.5 * slope.imag * unit


def lopsided(x: Array, width: float, resolution: float, area: complex) -> Array:
    """The line of a complex area: (Re area w/2 + Im area x) / pi (x^2 + w^2/4), convolved with the instrument's response.

    Parameters
    ----------
    x, width, resolution
        See :func:`voigt`.
    area
        Its real part is the area; the imaginary part lifts one side of the line and lowers the other.
    """
    if resolution <= 0.0:
        return np.asarray((area / (x - 0.5j * width)).imag / np.pi)
    scale = math.sqrt(2.0) * resolution / GAUSS
    return np.asarray((area * wofz((x + 0.5j * width) / scale).conj()).real / (scale * math.sqrt(np.pi)))


NODES, PER_WIDTH = 10, 3
"""Points of the integral over m: least number, and more for each half width that the split line spans."""
FAR = 4.0
"""Distance, in spans and widths, from which on a split line is taken for a plain one."""


def multiplet(x: Array, width: Array, resolution: float, split: Array) -> tuple[Array, Array, Array, Array]:
    """The line of a slightly deformed sphere, its 2 l + 1 components not resolved: voigt averaged over shifts split (1 - 3 u^2).

    u = |m| / (l + 1/2) is uniform between 0 and 1: the polar modes gather at one edge of the line, the equatorial ones end at the
    other, twice as far from the middle.

    Parameters
    ----------
    x
        Distance (points, lines) from the mean of the components.
    width, resolution
        See :func:`voigt`, one width for each line.
    split
        Shift of the polar modes, of either sign, for each line.

    Returns
    -------
    profile, by_x, by_width, by_split
        The profile of unit area and its derivatives.
    """
    width, split = (np.broadcast_to(v, x.shape) for v in (width, split))
    value, by_x, by_width = voigt(x, width, resolution)
    by_split = np.zeros(x.shape)
    span = 3.0 * np.abs(split)
    near = np.abs(x) < FAR * (span + width + resolution)
    if not near.any():
        return value, by_x, by_width, by_split
    halves = float((span / np.hypot(0.5 * width, 0.5 * resolution)).max())
    nodes, weights = np.polynomial.legendre.leggauss(NODES + int(PER_WIDTH * min(halves, 60.0)))
    shift = 1.0 - 3.0 * (0.5 * (nodes + 1.0)) ** 2
    parts = voigt(x[near][:, None] - split[near][:, None] * shift, width[near][:, None], resolution)
    for whole, part in zip((value, by_x, by_width), parts, strict=True):
        whole[near] = part @ (0.5 * weights)
    by_split[near] = -parts[1] @ (0.5 * weights * shift)
    return value, by_x, by_width, by_split
