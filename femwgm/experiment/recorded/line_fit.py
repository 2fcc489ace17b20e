"""All lines and the baseline fitted together: overlapping lines, and tails of far ones, need no thought then."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.optimize import least_squares

from femwgm.experiment.recorded.noise import Noise
from femwgm.experiment.recorded.voigt import voigt
from femwgm.ground.typing import Array

__all__ = ["Fit", "fit_lines"]

ROUNDS = 3
"""Times that the weights are taken from the model anew: from the counts themselves they would be biased."""


@dataclass(frozen=True)
class Fit:
    """Lines over a baseline.

    Attributes
    ----------
    centre, width, area
        Of each line: position, Lorentz full width at half maximum (nm), and counts times nm.
    coefficients
        Of the baseline's splines.
    covariance
        Of centres, widths, areas and coefficients, in this order.
    level, lines
        Counts of the baseline and of all lines together, at every point.
    variance
        Variance of every point.
    """

    centre: Array
    width: Array
    area: Array
    coefficients: Array
    covariance: Array
    level: Array
    lines: Array
    variance: Array

    def __len__(self) -> int:
        return int(self.centre.size)

    @property
    def model(self) -> Array:
        """Expected counts."""
        return self.level + self.lines

    def errors(self, kind: int) -> Array:
        """Standard errors of the centres (0), widths (1) or areas (2)."""
        n = len(self)
        return np.asarray(np.sqrt(np.diag(self.covariance)[kind * n : (kind + 1) * n]))

    @property
    def significance(self) -> Array:
        """Area of each line over its error at a given centre and width, all other lines and the baseline free."""
        n = len(self)
        own = [
            np.linalg.pinv(self.covariance[np.ix_(i, i)])
            for i in (np.array([j, n + j, 2 * n + j]) for j in range(n))
        ]
        return self.area * np.sqrt(np.array([max(precision[2, 2], 0.0) for precision in own]))


def fit_lines(
    x: Array, y: Array, used: Array, basis: Array, noise: Noise, start: tuple[Array, Array, Array, Array], resolution: float,
    widest: float,
) -> Fit:  # fmt: skip
    """Least squares with weights from the model.

    Parameters
    ----------
    x, y, used
        Wavelengths (nm), counts, and the points that count.
    basis
        B-splines of the baseline at all points.
    noise
        Variance of the points.
    start
        Centres, widths, areas, and coefficients of the baseline.
    resolution
        Full width at half maximum of the instrument's response (nm).
    widest
        Largest width allowed (nm).
    """
    centre, width, area, coefficients = (np.array(part, dtype=float) for part in start)
    n = centre.size
    step = float(np.median(np.diff(x)))
    narrowest = 0.0 if resolution > 0.0 else 0.2 * step
    # A line is found at a point; it cannot be further away than it is wide.
    room = np.maximum(2.0 * np.hypot(np.clip(width, step, None), resolution), 2.0 * step)
    lower = np.concatenate(
        [centre - room, np.full(n, narrowest), np.full(n, -np.inf), np.full(coefficients.size, -np.inf)]
    )
    upper = np.concatenate(
        [centre + room, np.full(n, widest), np.full(n, np.inf), np.full(coefficients.size, np.inf)]
    )
    z = np.concatenate([centre, np.clip(width, narrowest + 1e-3 * step, 0.999 * widest), area, coefficients])

    @lru_cache(maxsize=2)
    def shapes(at: bytes) -> tuple[Array, Array]:
        return model(np.frombuffer(at))

    def model(at: Array) -> tuple[Array, Array]:
        away = x[:, None] - at[None, :n]
        shape, by_x, by_width = voigt(away, at[None, n : 2 * n], resolution)
        areas = at[2 * n : 3 * n]
        return basis @ at[3 * n :], np.concatenate([-by_x * areas, by_width * areas, shape, basis], axis=1)

    level, slope = model(z)
    lines = slope[:, 2 * n : 3 * n] @ z[2 * n : 3 * n]
    for _ in range(ROUNDS if n else 1):
        variance = noise.variance(level + lines)
        weight = 1.0 / np.sqrt(variance[used])

        def residual(at: Array, weight: Array = weight) -> Array:
            base, matrix = shapes(at.tobytes())
            return np.asarray(weight * (base + matrix[:, 2 * n : 3 * n] @ at[2 * n : 3 * n] - y)[used])

        def jacobian(at: Array, weight: Array = weight) -> Array:
            return np.asarray(weight[:, None] * shapes(at.tobytes())[1][used])

        found = least_squares(
            residual, z, jacobian, bounds=(lower, upper), x_scale="jac", ftol=1e-9, xtol=1e-9, max_nfev=60
        )
        z = found.x
        level, slope = model(z)
        lines = slope[:, 2 * n : 3 * n] @ z[2 * n : 3 * n]
    matrix = slope[used] / np.sqrt(noise.variance(level + lines)[used])[:, None]
    scale = np.maximum(np.linalg.norm(matrix, axis=0), 1e-300)
    covariance = np.linalg.pinv((matrix / scale).T @ (matrix / scale), rcond=1e-13) / np.outer(scale, scale)
    return Fit(
        z[:n],
        z[n : 2 * n],
        z[2 * n : 3 * n],
        z[3 * n :],
        covariance,
        level,
        lines,
        noise.variance(level + lines),
    )
