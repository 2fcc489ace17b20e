r"""Normalised associated Legendre functions of any degree and order, with their logarithm kept apart.

Theta(theta) is real and 2 pi int Theta^2 sin(theta) dtheta = 1, so that Theta exp(i m phi) is a spherical harmonic of unit norm
(without the Condon-Shortley sign). For m = 8000 it is 1e-1000 a few degrees off the equator: the recurrence in degree runs on
mantissas, and the power of sin(theta) that it starts from is a logarithm.

Examples
--------
>>> angular(1, 0, np.array([0.0])).theta.round(6)                    # sqrt(3 / 4 pi)
array([0.488603])
>>> shape = angular(8000, 8000, np.array([0.5 * np.pi]))
>>> round(float(shape.over_sin[0] ** 2 * np.pi**1.5 / np.sqrt(8000.0)), 4)   # a Gaussian around the equator
0.5
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from scipy import special

from femwgm.ground.typing import Array

_LARGE = 1e150


class Angular(NamedTuple):
    """Theta, Theta / sin(theta) (0 where m = 0) and dTheta / dtheta."""

    theta: Array
    over_sin: Array
    slope: Array


def angular(l: int, m: int, theta: Array) -> Angular:
    """Polar part of the spherical harmonic (l, |m|).

    Parameters
    ----------
    l, m
        Degree and order, |m| <= l.
    theta
        Polar angles (rad).
    """
    theta = np.asarray(theta, dtype=np.float64)
    order = abs(m)
    sine, cosine = np.sin(theta), np.cos(theta)
    if order == 0:
        value, _ = _pair(l, 0, 0, cosine, sine)
        first, _ = _pair(l, 1, 1, cosine, sine)
        return Angular(value, np.zeros_like(value), -math.sqrt(l * (l + 1.0)) * first)
    over_sin, before = _pair(l, order, order - 1, cosine, sine)
    ratio = math.sqrt((2.0 * l + 1.0) * (l * l - order * order) / (2.0 * l - 1.0))
    return Angular(over_sin * sine, over_sin, l * cosine * over_sin - ratio * before)


def _pair(l: int, m: int, power: int, x: Array, sine: Array) -> tuple[Array, Array]:
    """Theta_l^m and Theta_(l-1)^m with sin^m replaced by sin^power."""
    # Theta_m^m = sqrt((2m + 1) / (4 pi) (2m)! / (4^m m!^2)) sin^m, the factorials as Gamma(m + 1/2) / (sqrt(pi) Gamma(m + 1)).
    start = math.sqrt((2.0 * m + 1.0) / (4.0 * math.pi**1.5 * special.poch(m + 0.5, 0.5)))
    with np.errstate(divide="ignore"):
        log = math.log(start) + (power * np.log(np.abs(sine)) if power else np.zeros_like(x))
    before, value = np.zeros_like(x), np.ones_like(x)
    for degree in range(m + 1, l + 1):
        a = math.sqrt((4.0 * degree * degree - 1.0) / (degree * degree - m * m))
        b = math.sqrt(((degree - 1.0) ** 2 - m * m) / (4.0 * (degree - 1.0) ** 2 - 1.0))
        before, value = value, a * (x * value - b * before)
        if degree % 64 == 0 or degree == l:
            size = np.maximum(np.abs(value), np.abs(before))
            grown = size > _LARGE
            if grown.any():
                scale = np.where(grown, size, 1.0)
                before, value, log = before / scale, value / scale, log + np.log(scale)
    factor = np.exp(log)
    return value * factor, before * factor
