r"""Scalar harmonics of all orders at once: polar functions by degree, and real maps on a sphere as their sums.

P_LM(theta) is normalised so that P_LM exp(i M phi) has unit norm on the unit sphere, without the Condon-Shortley sign, and
Y_L,-M = P_LM exp(-i M phi). A real map is

    h(theta, phi) = sum over L of [ h_L0 P_L0 + 2 Re sum over M > 0 of h_LM P_LM exp(i M phi) ].

All quadrature is Gauss-Legendre in cos(theta) on one hemisphere: functions are split into their parts even and odd in
theta -> pi - theta, under which P_LM has the sign (-1)^(L + M).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import fft

from femwgm.ground.typing import Array

MAX_DEGREE = 1900
"""Degree beyond which sin(theta)^M underflows where P_LM does not."""


@dataclass(frozen=True)
class Hemisphere:
    """Gauss-Legendre nodes on the northern hemisphere that integrate polynomials in cos(theta) of a degree exactly.

    Attributes
    ----------
    degree
        Highest degree of the integrands.
    """

    degree: int

    @cached_property
    def _rule(self) -> tuple[Array, Array]:
        count = 2 * (self.degree // 4 + 1)
        x, weight = np.polynomial.legendre.leggauss(count)
        return x[count // 2 :], weight[count // 2 :]

    @property
    def x(self) -> Array:
        """cos(theta) of the nodes, ascending from the equator."""
        return self._rule[0]

    @property
    def weight(self) -> Array:
        """Weights: their sum is 1."""
        return self._rule[1]

    @cached_property
    def sine(self) -> Array:
        """sin(theta) of the nodes."""
        return np.sqrt((1.0 - self.x) * (1.0 + self.x))

    def fold(self, north: Array, south: Array) -> tuple[Array, Array]:
        """Even and odd parts of a function given at the nodes and at their mirror images (last axis)."""
        return 0.5 * (north + south), 0.5 * (north - south)


def polar_functions(top: int, x: Array) -> Iterator[tuple[int, Array]]:
    """(L, P_LM(x) for M = 0 to L as an array (L + 1, points)) for L = 0 to `top`, by the recurrence in degree."""
    orders = np.arange(top + 1, dtype=np.float64)
    sine = np.sqrt((1.0 - x) * (1.0 + x))
    before, value = np.zeros((top + 1, x.size)), np.zeros((top + 1, x.size))
    diagonal = np.full(x.size, np.sqrt(0.25 / np.pi))
    value[0] = diagonal
    yield 0, value[:1]
    for L in range(1, top + 1):
        m2 = orders[:L] ** 2
        a = np.sqrt((4.0 * L * L - 1.0) / (L * L - m2))[:, None]
        b = np.sqrt(np.maximum((L - 1.0) ** 2 - m2, 0.0) / (4.0 * (L - 1.0) ** 2 - 1.0))[:, None]
        before[:L] = a * (x * value[:L] - b * before[:L])
        diagonal = diagonal * (np.sqrt((2.0 * L + 1.0) / (2.0 * L)) * sine)
        before[L] = diagonal
        before, value = value, before
        yield L, value[: L + 1]


def polar_slopes(functions: Array) -> Array:
    """dP_LM / dtheta, M = 0 to L, from all the P_LM of one degree."""
    L = len(functions) - 1
    m = np.arange(1, L + 1, dtype=np.float64)
    slope = np.empty_like(functions)
    slope[0] = -np.sqrt(L * (L + 1.0)) * functions[1] if L else 0.0
    slope[1:] = 0.5 * np.sqrt((L + m) * (L - m + 1.0))[:, None] * functions[:-1]
    slope[1:-1] -= 0.5 * np.sqrt((L - m[:-1]) * (L + m[:-1] + 1.0))[:, None] * functions[2:]
    return slope


def profiles(coefficients: Array, nodes: Hemisphere) -> tuple[Array, Array, Array]:
    """What multiplies exp(i M phi) in a map, at the nodes.

    Parameters
    ----------
    coefficients
        h_LM, shape (M + 1, L + 1).

    Returns
    -------
    even, odd, slope
        Even and odd part, and the derivative in theta of the even part then the odd one as shape (2, M + 1, nodes).
    """
    shape = (coefficients.shape[0], nodes.x.size)
    parts = np.zeros((2, *shape), dtype=np.complex128)
    slope = np.zeros((2, *shape), dtype=np.complex128)
    orders = np.arange(shape[0])
    for L, functions in polar_functions(coefficients.shape[1] - 1, nodes.x):
        column = coefficients[: L + 1, L]
        if not column.any():
            continue
        count = column.size
        values = column[:, None] * functions[:count]
        derivative = column[:, None] * polar_slopes(functions)[:count]
        odd = (L + orders[:count]) % 2 == 1
        for parity, here in enumerate((~odd, odd)):
            parts[parity, :count][here] += values[here]
            slope[parity, :count][here] += derivative[here]
    return parts[0], parts[1], slope


def on_grid(even: Array, odd: Array, points: int) -> tuple[Array, Array]:
    """Real maps (nodes, points) on the northern nodes and on their mirror images, from their profiles."""
    north, south = (
        fft.irfft((even + sign * odd).T, n=points, axis=-1, norm="forward") for sign in (1.0, -1.0)
    )
    return north, south


def analyse(north: Array, south: Array, nodes: Hemisphere, top: int) -> Array:
    """h_LM (top + 1, top + 1) of a real map given on the grid (nodes, points) of both hemispheres."""
    points = north.shape[1]
    kept = min(top + 1, points // 2 + 1)
    both = [fft.rfft(values, axis=-1, norm="forward")[:, :kept].T for values in (north, south)]
    parts = nodes.fold(*both)
    weighted = [2.0 * np.pi * 2.0 * nodes.weight * part for part in parts]
    coefficients = np.zeros((top + 1, top + 1), dtype=np.complex128)
    for L, functions in polar_functions(top, nodes.x):
        count = min(L + 1, kept)
        for parity in (0, 1):
            here = np.arange((L + parity) % 2, count, 2)
            coefficients[here, L] = np.einsum("mx,mx->m", functions[here], weighted[parity][here])
    return coefficients
