"""All lines and the baseline fitted together: overlapping lines, and tails of far ones, need no thought then."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from scipy.optimize import least_squares

from femwgm.experiment.recorded.counts import step_nm
from femwgm.experiment.recorded.noise import Noise
from femwgm.experiment.recorded.voigt import multiplet, voigt
from femwgm.ground.typing import Array

ROUNDS = 3
"""Times that the weights are taken from the model anew: from the counts themselves they would be biased."""
STEPS = 60


@dataclass(frozen=True)
class Points:
    """What is fitted.

    Attributes
    ----------
    x, y, used
        Wavelengths (nm), counts, and the points that count.
    basis
        B-splines of the baseline at all points.
    noise
        Variance of the points.
    """

    x: Array
    y: Array
    used: Array
    basis: Array
    noise: Noise

    def misfit(self, model: Array, variance: Array) -> float:
        """Sum of squares over the points that count."""
        return float((((self.y - model) ** 2 / variance)[self.used]).sum())


@dataclass(frozen=True)
class Shape:
    """What all lines have in common.

    Attributes
    ----------
    response
        Full width at half maximum (nm) of the instrument's Gauss response.
    widest
        Largest Lorentz width allowed (nm).
    split
        Shift of the polar modes of a deformed sphere over the wavelength (:func:`femwgm.experiment.recorded.voigt.multiplet`).
    splits
        Whether `split` is fitted; where it is not it is zero.
    """

    response: float
    widest: float
    split: float = 0.0
    splits: bool = False


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
        Of centres, widths, areas and coefficients, in this order; of the shape's split last, where it is fitted.
    shape
        What the lines have in common, as fitted.
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
    shape: Shape
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

    def split_error(self, points: Points) -> float:
        """Standard error of the shape's split.

        A small split changes the lines in proportion to its square, so that the slope at zero says nothing: there the error is
        the split at which the two are equal.
        """
        error = float(np.sqrt(self.covariance[-1, -1]))
        if error < 0.5 * abs(self.shape.split):
            return error
        at = 0.1 * float(np.median((self.width + self.shape.response) / self.centre))
        start = self.centre, self.width, self.area, self.coefficients
        there = fit_lines(points, start, replace(self.shape, split=at), steps=1)
        return float(np.sqrt(abs(there.shape.split) * np.sqrt(there.covariance[-1, -1])))

    def again(self, points: Points, shape: Shape | None = None, keep: Array | None = None) -> Fit:
        """The fit from here, of the lines kept, and with another shape."""
        kept = np.ones(len(self), dtype=bool) if keep is None else keep
        start = self.centre[kept], self.width[kept], self.area[kept], self.coefficients
        return fit_lines(points, start, shape or self.shape)


def fit_lines(
    points: Points, start: tuple[Array, Array, Array, Array], shape: Shape, steps: int = STEPS
) -> Fit:
    """Least squares with weights from the model.

    Parameters
    ----------
    points
        What is fitted.
    start
        Centres, widths, areas, and coefficients of the baseline.
    shape
        What the lines have in common; its split is where the search for it begins.
    steps
        Of the search; with fewer than usual the weights stay those of its beginning.
    """
    x, y, used, basis = points.x, points.y, points.used, points.basis
    centre, width, area, coefficients = (np.array(part, dtype=float) for part in start)
    n, response, end = centre.size, shape.response, 3 * centre.size + coefficients.size
    step = step_nm(x)
    narrowest = 0.0 if response > 0.0 else 0.2 * step
    splits = bool(shape.splits and n)
    # A line is found at a point; it cannot be further away than it is wide.
    room = np.maximum(2.0 * np.hypot(np.clip(width, step, None), response), 2.0 * step)
    if splits:
        room += 3.0 * abs(shape.split) * centre
    unbounded = np.full(end - 2 * n, np.inf)
    most = shape.widest / float(np.mean(x))
    lower = np.concatenate([centre - room, np.full(n, narrowest), -unbounded, [-most] * splits])
    upper = np.concatenate([centre + room, np.full(n, shape.widest), unbounded, [most] * splits])
    width = np.clip(width, narrowest + 1e-3 * step, 0.999 * shape.widest)
    z = np.concatenate(
        [centre, width, area, coefficients, [np.clip(shape.split, -0.99 * most, 0.99 * most)] * splits]
    )

    @lru_cache(maxsize=2)
    def model(at: bytes) -> tuple[Array, Array]:
        """Baseline, and slopes of baseline and lines."""
        p = np.frombuffer(at)
        away, areas = x[:, None] - p[None, :n], p[2 * n : 3 * n]
        if not splits:
            unit, by_x, by_width = voigt(away, p[None, n : 2 * n], response)
            return basis @ p[3 * n :], np.concatenate([-by_x * areas, by_width * areas, unit, basis], axis=1)
        unit, by_x, by_width, by_split = multiplet(away, p[None, n : 2 * n], response, p[-1] * p[None, :n])
        last = (by_split @ (areas * p[:n]))[:, None]
        return basis @ p[3 * n : end], np.concatenate(
            [-by_x * areas, by_width * areas, unit, basis, last], axis=1
        )

    def counts() -> tuple[Array, Array, Array]:
        level, slope = model(z.tobytes())
        return level, slope, slope[:, 2 * n : 3 * n] @ z[2 * n : 3 * n]

    level, slope, lines = counts()
    for _ in range(ROUNDS if n and steps == STEPS else 1):
        weight = 1.0 / np.sqrt(points.noise.variance(level + lines)[used])

        def residual(at: Array, weight: Array = weight) -> Array:
            base, matrix = model(at.tobytes())
            return np.asarray(weight * (base + matrix[:, 2 * n : 3 * n] @ at[2 * n : 3 * n] - y)[used])

        def jacobian(at: Array, weight: Array = weight) -> Array:
            return np.asarray(weight[:, None] * model(at.tobytes())[1][used])

        z = least_squares(
            residual,
            z,
            jacobian,
            bounds=(lower, upper),
            x_scale="jac",
            ftol=1e-9,
            xtol=1e-9,
            max_nfev=steps,
        ).x
        level, slope, lines = counts()
    variance = points.noise.variance(level + lines)
    matrix = slope[used] / np.sqrt(variance[used])[:, None]
    scale = np.maximum(np.linalg.norm(matrix, axis=0), 1e-300)
    covariance = np.linalg.pinv((matrix / scale).T @ (matrix / scale), rcond=1e-13) / np.outer(scale, scale)
    fitted = replace(shape, split=float(z[-1])) if splits else replace(shape, splits=False)
    return Fit(
        z[:n], z[n : 2 * n], z[2 * n : 3 * n], z[3 * n : end], covariance, fitted, level, lines, variance
    )
