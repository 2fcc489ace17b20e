"""The line that a spectrometer shows: a Lorentz line convolved with the instrument's Gauss response, of unit area."""

from __future__ import annotations

import math

import numpy as np
from scipy.special import wofz

from femwgm.ground.typing import Array

__all__ = ["GAUSS", "lopsided", "voigt"]

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
