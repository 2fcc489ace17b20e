"""Heights on the surface of a body of revolution, order by order around it: h(s, phi) = sum over M of h_M(s) exp(i M phi)."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy import special

from femwgm.config.imperfections import Imperfection
from femwgm.ground.typing import Array
from femwgm.imperfections.build import from_map

_FALL = 1e-12
"""Eigenvalues of a covariance below this share of the largest are rounding."""


@dataclass(frozen=True)
class Curve:
    """Points (r, z) of an interface in the meridian plane (um)."""

    r: Array
    z: Array


@dataclass(frozen=True)
class Heights:
    """h_M at the points for M >= 0, the mean square of h around each, and how steep h is: one over its length (1/um).

    For a random map also its covariance in a low order M, which says how much of it adds up over the surface.
    """

    orders: Callable[[int], Array]
    mean_square: Array
    steep: float = 0.0
    covariance: Callable[[], Array] | None = None

    def shift_squared(self, density: Array) -> float:
        """Square of the shift that h gives at its rms: of density x h summed over the points."""
        if self.covariance is None:
            return float(density @ np.sqrt(self.mean_square)) ** 2
        return float(density @ self.covariance() @ density)

    def component(self, M: int) -> Array:
        """h_M, the conjugate of h_-M."""
        return self.orders(M) if M >= 0 else self.orders(-M).conj()


def heights(entry: Imperfection, curve: Curve) -> Heights:
    """The heights (um) that an imperfection gives an interface; the thickness of a patch."""
    if entry.grating is not None:
        order, amplitude = entry.grating.order, entry.grating.amplitude_um
        ones = np.ones(curve.r.size)
        return Heights(
            lambda M: ones * (0.5 * amplitude if order == M else 0.0),
            ones * 0.5 * amplitude**2,
            order / float(curve.r.max()),
        )
    if entry.notch is not None:
        return _bump(-entry.notch.depth_um, entry.notch.width_um, entry.direction or (0.0, 0.0, 1.0), curve)
    if entry.patch is not None:
        return _bump(
            entry.patch.thickness_um, entry.patch.width_um, entry.direction or (0.0, 0.0, 1.0), curve
        )
    if entry.map is not None:
        relief = from_map(entry.map)
        points = 2 * relief.degree + 2
        values = relief.at(np.arctan2(curve.r, curve.z), 2.0 * np.pi * np.arange(points) / points) * 1e-3
        spectrum = np.fft.fft(values, axis=1) / points
        return Heights(
            lambda M: spectrum[:, M] if points // 2 > M else np.zeros(curve.r.size),
            (values**2).mean(axis=1),
            relief.degree / float(np.hypot(curve.r, curve.z).min()),
        )
    assert entry.rms_um is not None
    assert entry.correlation_length_um is not None
    return _random(
        entry.rms_um, entry.correlation_length_um, str(entry.spectrum or "gaussian"), entry.seed or 0, curve
    )


def _bump(height: float, width: float, direction: tuple[float, float, float], curve: Curve) -> Heights:
    """height x exp(-4 ln 2 (chord / width)^2) about the outermost point of the curve in a direction from the origin."""
    x, y, z = direction
    away = np.abs(np.arctan2(curve.r, curve.z) - math.atan2(math.hypot(x, y), z))
    middle = int(np.lexsort((-np.hypot(curve.r, curve.z), np.round(away - away.min(), 2)))[0])
    r0, z0, phi0 = curve.r[middle], curve.z[middle], math.atan2(y, x)

    def order(M: int, beta: float) -> Array:
        gap = (curve.r - r0) ** 2 + (curve.z - z0) ** 2
        return np.asarray(np.exp(-beta * gap) * special.ive(M, 2.0 * beta * curve.r * r0))

    beta = 4.0 * math.log(2.0) / width**2
    return Heights(
        lambda M: height * order(M, beta) * np.exp(-1j * M * phi0),
        height**2 * order(0, 2.0 * beta),
        2.0 / width,
    )


def _random(rms: float, length: float, kind: str, seed: int, curve: Curve) -> Heights:
    """A sample of a random map whose correlation is that of chords, exp(-d^2 / length^2) or exp(-d / length)."""
    r, z = curve.r, curve.z
    gap = (r[:, None] - r) ** 2 + (z[:, None] - z) ** 2
    product = 2.0 * np.outer(r, r)

    def covariance(M: int) -> Array:
        if kind == "gaussian":
            return np.asarray(np.exp(-gap / length**2) * special.ive(M, product / length**2))
        points = 4 * M + 16 * math.ceil(r.max() / length) + 64
        total = np.zeros_like(gap)
        for phi in 2.0 * np.pi * (np.arange(points) + 0.5) / points:
            total += math.cos(M * phi) * np.exp(-np.sqrt(gap + product * (1.0 - math.cos(phi))) / length)
        return total / points

    @cache
    def component(M: int) -> Array:
        values, vectors = np.linalg.eigh(covariance(M))
        size = np.sqrt(np.where(values > _FALL * values[-1], values, 0.0))
        draw = np.random.default_rng([seed, M]).standard_normal((2, size.size))
        # orders above 0 are complex, half of the variance in each part
        drawn = draw[0] if M == 0 else (draw[0] + 1j * draw[1]) / math.sqrt(2.0)
        return np.asarray(rms * (vectors @ (size * drawn)))

    return Heights(component, np.full(r.size, rms**2), 1.0 / length, lambda: rms**2 * covariance(1))
