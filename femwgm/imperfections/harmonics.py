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

_BLOCK = 32
"""Degrees in a block of `polar_tables`."""


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


def polar_tables(top: int, x: Array, bottom: int = 0) -> Iterator[tuple[int, Array]]:
    """(first L, P_LM(x) as (orders, degrees, points)) in blocks of degrees from `bottom` to `top`; zero where M > L.

    A block of degrees lets sums over L or over the points be matrix products, one for each order. The next block overwrites it.
    """
    orders = np.arange(top + 1, dtype=np.float64)
    sine = np.sqrt((1.0 - x) * (1.0 + x))
    # degree L lies in column L modulo the block: the two before it are still there
    ring = np.zeros((top + 1, min(_BLOCK, top + 1), x.size))
    size = ring.shape[1]
    diagonal = np.full(x.size, np.sqrt(0.25 / np.pi))
    for L in range(top + 1):
        column = ring[:, L % size]
        if L:
            m2 = orders[:L] ** 2
            a = np.sqrt((4.0 * L * L - 1.0) / (L * L - m2))[:, None]
            b = np.sqrt(np.maximum((L - 1.0) ** 2 - m2, 0.0) / (4.0 * (L - 1.0) ** 2 - 1.0))[:, None]
            value = x * ring[:L, (L - 1) % size]
            value -= b * ring[:L, (L - 2) % size]
            np.multiply(a, value, out=column[:L])
            diagonal = diagonal * (np.sqrt((2.0 * L + 1.0) / (2.0 * L)) * sine)
        column[L] = diagonal
        if L >= bottom and (L == top or (L + 1) % size == 0):
            first = max(bottom, L - L % size)
            yield first, ring[: L + 1, first % size : L % size + 1]


def polar_functions(top: int, x: Array) -> Iterator[tuple[int, Array]]:
    """(L, P_LM(x) for M = 0 to L as an array (L + 1, points)) for L = 0 to `top`."""
    for first, table in polar_tables(top, x):
        for place in range(table.shape[1]):
            yield first + place, table[: first + place + 1, place]


def polar_slopes(functions: Array) -> Array:
    """dP_LM / dtheta, M = 0 to L, from all the P_LM of one degree."""
    L = len(functions) - 1
    m = np.arange(1, L + 1, dtype=np.float64)
    slope = np.empty_like(functions)
    slope[0] = -np.sqrt(L * (L + 1.0)) * functions[1] if L else 0.0
    slope[1:] = 0.5 * np.sqrt((L + m) * (L - m + 1.0))[:, None] * functions[:-1]
    slope[1:-1] -= 0.5 * np.sqrt((L - m[:-1]) * (L + m[:-1] + 1.0))[:, None] * functions[2:]
    return slope


def profiles(coefficients: Array, nodes: Hemisphere) -> Array:
    """What multiplies exp(i M phi) in maps, at the nodes: parts even and odd in theta -> pi - theta.

    Parameters
    ----------
    coefficients
        h_LM of any number of maps, shape (..., M + 1, L + 1).

    Returns
    -------
    array
        Shape (2, ..., M + 1, nodes), the even part first.
    """
    maps = coefficients.reshape(-1, *coefficients.shape[-2:])
    count, orders, degrees = maps.shape
    # (orders, 2 count, degrees): real products only
    pairs = np.concatenate([maps.real, maps.imag]).transpose(1, 0, 2)
    total = np.zeros((2, orders, 2 * count, nodes.x.size))
    for first, table in polar_tables(degrees - 1, nodes.x):
        kept = min(orders, table.shape[0])
        for parity, odd, even in np.ndindex(2, 2, 2):
            if (first + odd + even + parity) % 2 == 0:
                m, L = slice(even, kept, 2), slice(first + odd, first + table.shape[1], 2)
                total[parity, m] += np.matmul(pairs[m, :, L], table[m, odd::2])
    swapped = total.transpose(0, 2, 1, 3)
    parts = swapped[:, :count] + 1j * swapped[:, count:]
    return np.asarray(parts.reshape(2, *coefficients.shape[:-1], nodes.x.size))


@dataclass(frozen=True)
class Terrain:
    """A real map with its derivatives, as what multiplies exp(i M phi) at the nodes: each (2, M + 1, nodes), even part first.

    Attributes
    ----------
    height, laplacian
        h and the surface Laplacian of h.
    slope
        dh / dtheta over sin(theta).
    """

    height: Array
    laplacian: Array
    slope: Array

    @classmethod
    def of(cls, coefficients: Array, nodes: Hemisphere) -> Terrain:
        """From the coefficients h_LM (M + 1, L + 1)."""
        M, L = np.ogrid[: coefficients.shape[0], : coefficients.shape[1]]
        # sin(theta) dP_L / dtheta = L cos(theta) P_L - c P_L-1
        c = np.sqrt(np.maximum((2.0 * L + 1.0) / np.maximum(2.0 * L - 1.0, 1.0) * (L**2 - M**2), 0.0))
        lower = np.zeros_like(coefficients)
        lower[:, :-1] = (c * coefficients)[:, 1:]
        maps = profiles(
            np.stack([coefficients, -L * (L + 1.0) * coefficients, L * coefficients, lower]), nodes
        )
        height, laplacian, own, below = maps.transpose(1, 0, 2, 3)
        # the derivative of an even function is odd
        return cls(height, laplacian, (nodes.x * own - below[::-1])[::-1] / nodes.sine**2)


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
    parts = nodes.fold(*(fft.rfft(values, axis=-1, norm="forward")[:, :kept].T for values in (north, south)))
    weighted = 4.0 * np.pi * nodes.weight * np.stack(parts)
    coefficients = np.zeros((top + 1, top + 1), dtype=np.complex128)
    for first, table in polar_tables(top, nodes.x):
        here = min(kept, table.shape[0])
        for odd, even in np.ndindex(2, 2):
            m, L = slice(even, here, 2), slice(first + odd, first + table.shape[1], 2)
            column = weighted[(first + odd + even) % 2, m]
            both = np.stack([column.real, column.imag], axis=-1)
            coefficients[m, L] = np.matmul(table[m, odd::2], both).view(np.complex128)[..., 0]
    return coefficients
