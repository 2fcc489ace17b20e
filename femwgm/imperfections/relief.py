"""A relief: how far a surface lies outside the perfect sphere, h(theta, phi), as harmonics."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import fft, special

from femwgm.ground.typing import Array
from femwgm.imperfections.harmonics import MAX_DEGREE, Hemisphere, analyse, on_grid, polar_functions, profiles

_TAIL = 1e-7
"""Share of the variance of a random relief that its highest harmonics may hold before they are left out."""
_SMALL = 1e-13
"""Coefficients below this share of the largest count as zero."""


@dataclass(frozen=True)
class Relief:
    """A real map on a sphere.

    Attributes
    ----------
    coefficients
        h_LM (um) for M = 0 to its highest order (rows) and L = 0 to its highest degree (columns).
    left_out
        Variance (um^2) of harmonics beyond the highest degree kept.
    """

    coefficients: Array
    left_out: float = 0.0

    @property
    def degree(self) -> int:
        """Highest degree L."""
        return self.coefficients.shape[1] - 1

    @cached_property
    def orders(self) -> Array:
        """The orders M >= 0 that occur."""
        size = np.abs(self.coefficients).max(axis=1)
        return np.flatnonzero(size > _SMALL * size.max()) if size.any() else np.zeros(0, dtype=np.int64)

    @property
    def variance(self) -> Array:
        """Mean square over the sphere of each degree (um^2); L = 0 is the square of the mean."""
        square = np.abs(self.coefficients) ** 2
        return np.asarray((square[0] + 2.0 * square[1:].sum(axis=0)) / (4.0 * math.pi))

    @property
    def rms(self) -> float:
        """Root mean square over the sphere (um)."""
        return float(np.sqrt(self.variance.sum() + self.left_out))

    def __add__(self, other: Relief) -> Relief:
        shape = tuple(np.maximum(self.coefficients.shape, other.coefficients.shape))
        total = np.zeros(shape, dtype=np.complex128)
        for part in (self.coefficients, other.coefficients):
            total[: part.shape[0], : part.shape[1]] += part
        return Relief(total, self.left_out + other.left_out)

    def filtered(self, factor: Array) -> Relief:
        """Each degree multiplied by a real factor, those beyond the factor's length dropped."""
        count = min(len(factor), self.coefficients.shape[1])
        return Relief(self.coefficients[:, :count] * factor[:count], self.left_out)

    def truncated(self, degree: int) -> Relief:
        """Without the degrees above one; their variance is added to what was left out."""
        if degree >= self.degree:
            return self
        lost = float(self.variance[degree + 1 :].sum())
        return Relief(self.coefficients[: degree + 1, : degree + 1], self.left_out + lost)

    def squared(self) -> Relief:
        """h^2 / 2."""
        top = 2 * self.degree
        nodes = Hemisphere(2 * top)
        even, odd = profiles(self.coefficients, nodes)
        north, south = on_grid(even, odd, fft.next_fast_len(2 * top + 2, real=True))
        return Relief(analyse(0.5 * north**2, 0.5 * south**2, nodes, top))

    def at(self, theta: Array, phi: Array) -> Array:
        """h (um) on the grid theta x phi."""
        across = np.zeros((self.coefficients.shape[0], theta.size), dtype=np.complex128)
        for L, functions in polar_functions(self.degree, np.cos(theta)):
            column = self.coefficients[: L + 1, L]
            across[: column.size] += column[:, None] * functions[: column.size]
        m = np.arange(across.shape[0])
        across[1:] *= 2.0
        return np.asarray((across.T @ np.exp(1j * np.outer(m, phi))).real)


def from_function(height: Callable[[Array], Array], degree: int) -> Relief:
    """The relief of a function h(direction) of unit vectors (3, ...), whose harmonics up to a degree are kept."""
    nodes = Hemisphere(4 * degree + 32)
    phi = 2.0 * np.pi * np.arange(fft.next_fast_len(2 * degree + 16)) / fft.next_fast_len(2 * degree + 16)
    halves = []
    for sign in (1.0, -1.0):
        sine, cosine = nodes.sine[:, None], sign * nodes.x[:, None]
        unit = np.stack(np.broadcast_arrays(sine * np.cos(phi), sine * np.sin(phi), cosine))
        halves.append(height(unit))
    kept = Relief(analyse(halves[0], halves[1], nodes, degree))
    size = np.sqrt(kept.variance)
    needed = np.flatnonzero(size > 1e-12 * size.max())
    return kept.truncated(int(needed[-1]) if needed.size else 0)


def harmonics(terms: Sequence[tuple[int, int, float]]) -> Relief:
    """Sum of amplitude x sqrt(4 pi) x real orthonormal harmonic (L, M), M < 0 for the sine: amplitudes (um) are rms values."""
    degree = max(L for L, _, _ in terms)
    h = np.zeros((degree + 1, degree + 1), dtype=np.complex128)
    for L, M, amplitude in terms:
        size = amplitude * math.sqrt(4.0 * math.pi)
        h[abs(M), L] += size if M == 0 else size / math.sqrt(2.0) * (1.0 if M > 0 else -1j)
    return Relief(h)


def sectoral(order: int, amplitude: float) -> Relief:
    """amplitude (um) x sin(theta)^order cos(order phi): a grating of `order` periods around the equator."""
    sines = 0.5 * (math.lgamma(order + 0.5) - math.lgamma(order + 1.0))
    at_equator = math.sqrt((2.0 * order + 1.0) / (4.0 * math.pi**1.5)) * math.exp(-sines)
    # |P_MM|^2 = (2 M + 1) / (4 pi) (2 M)! / (4^M M!^2) at the equator
    at_equator *= math.exp(2.0 * sines)
    h = np.zeros((order + 1, order + 1), dtype=np.complex128)
    h[order, order] = 0.5 * amplitude / at_equator
    return Relief(h)


def bump(height: float, width: float, direction: Sequence[float], radius: float) -> Relief:
    """height (um) x exp(-4 ln 2 (d / width)^2), d the chord from a direction, as far as harmonics go."""
    legendre = height * spectrum("gaussian", width / (2.0 * math.sqrt(math.log(2.0))), radius, MAX_DEGREE)
    left = np.cumsum(legendre[::-1] ** 2 / (2.0 * np.arange(MAX_DEGREE, -1, -1) + 1.0))[::-1]
    top = max(1, int(np.argmax(left <= _TAIL**2 * left[0])) or MAX_DEGREE)
    x, y, z = np.asarray(direction, dtype=np.float64) / np.linalg.norm(direction)
    h = np.zeros((top + 1, top + 1), dtype=np.complex128)
    turn = np.exp(-1j * np.arange(top + 1) * math.atan2(y, x))
    # P_L(cos gamma) = 4 pi / (2 L + 1) sum over M of Y_LM(direction)* Y_LM
    for L, functions in polar_functions(top, np.array([z])):
        h[: L + 1, L] = legendre[L] * 4.0 * np.pi / (2.0 * L + 1.0) * functions[:, 0] * turn[: L + 1]
    return Relief(h, float(left[top + 1]) if top < MAX_DEGREE else 0.0)


def offset(distance: float, direction: Sequence[float], radius: float) -> Relief:
    """The relief of a sphere of a radius moved by a distance (um): r = d c + sqrt(R^2 - d^2 (1 - c^2)), c the cosine."""
    axis = np.asarray(direction, dtype=np.float64)
    axis = axis / np.linalg.norm(axis)

    def height(unit: Array) -> Array:
        c = np.tensordot(axis, unit, axes=1)
        return np.asarray(
            distance * c
            - distance**2 * (1.0 - c * c) / (radius + np.sqrt(radius**2 - distance**2 * (1.0 - c * c)))
        )

    return from_function(height, 12)


def ellipsoid(stretches: Sequence[float], axes: Array, radius: float) -> Relief:
    """The relief of an ellipsoid with semi-axes radius + stretch along three orthonormal axes (rows), in um."""
    semi = radius + np.asarray(stretches, dtype=np.float64)

    def height(unit: Array) -> Array:
        along = np.tensordot(axes, unit, axes=1)
        inverse = np.tensordot(1.0 / semi**2 - 1.0 / radius**2, along**2, axes=1)
        # 1 / sqrt(1/R^2 + d) - R without cancellation
        return np.asarray(
            -radius
            * (radius**2 * inverse)
            / (np.sqrt(1.0 + radius**2 * inverse) * (1.0 + np.sqrt(1.0 + radius**2 * inverse)))
        )

    return from_function(height, 24)


def spectrum(kind: str, length: float, radius: float, top: int) -> Array:
    """Variance of each degree L = 0 to `top` of a random map of unit variance with the correlation of a chord d.

    "gaussian" is exp(-d^2 / length^2), "exponential" is exp(-d / length); both are positive on a sphere of any size.
    """
    L = np.arange(top + 1)
    if kind == "gaussian":
        beta = 2.0 * (radius / length) ** 2
        # int of exp(beta (x - 1)) P_L(x) dx = 2 exp(-beta) i_L(beta)
        share = np.sqrt(0.5 * np.pi / beta) * special.ive(L + 0.5, beta)
    else:
        # x = 1 - 2 t^2 with t = sin(gamma / 2) makes the kink at zero distance smooth
        t, weight = np.polynomial.legendre.leggauss(2 * top + 64 + int(8.0 * np.sqrt(radius / length)))
        t, weight = 0.5 * (t + 1.0), 0.5 * weight
        density = 2.0 * t * np.exp(-2.0 * radius * t / length) * weight
        before, value, share = np.zeros_like(t), np.ones_like(t), np.empty(top + 1)
        x = 1.0 - 2.0 * t * t
        for degree in range(top + 1):
            share[degree] = density @ value
            before, value = value, ((2 * degree + 1) * x * value - degree * before) / (degree + 1)
    return np.asarray((2 * L + 1) * np.maximum(share, 0.0))


def measured(q: Array, density: Array, radius: float, top: int) -> Array:
    """Variance (um^2) of each degree from a power spectral density S(q) of a flat scan (um^4 against rad/um).

    sigma^2 = int S(q) q dq / (2 pi): the band of degree L is as wide as one step of q = sqrt(L (L + 1)) / R.
    """
    L = np.arange(top + 1)
    at = np.sqrt(L * (L + 1.0)) / radius
    values = np.interp(at, q, density, left=density[0], right=0.0)
    return np.asarray((2 * L + 1) * values / (4.0 * np.pi * radius**2))


def random(variance: Array, seed: int, degree: int) -> Relief:
    """One sample of a random map with a given variance (um^2) in each degree; L = 0, a change of size, is left out.

    The same seed gives the same harmonics whatever the correlation: maps of growing length are smoothings of one another.
    """
    variance = variance.copy()
    variance[0] = 0.0
    total = variance.sum()
    missing = total - np.cumsum(variance)
    top = min(int(np.argmax(missing <= _TAIL * total)), degree)
    generator = np.random.default_rng(seed)
    h = np.zeros((top + 1, top + 1), dtype=np.complex128)
    for L in range(1, top + 1):
        normal = generator.standard_normal(2 * L + 1)
        size = math.sqrt(4.0 * math.pi * variance[L] / (2 * L + 1))
        h[0, L] = size * normal[0]
        h[1 : L + 1, L] = size / math.sqrt(2.0) * (normal[1::2] + 1j * normal[2::2])
    return Relief(h, float(missing[top]) if missing[top] > _TAIL * total else 0.0)
