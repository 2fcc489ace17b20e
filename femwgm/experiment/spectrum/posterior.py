"""The posterior along its widest direction, where it bends: means and covariances beyond the quadratic approximation.

Diameter and index move a comb almost alike, so a spectrum often leaves one direction to the prior: a long valley, a thousand
times longer than wide, and curved. There the inverse Hessian at the best point says too little about the parameters across it.
The valley is walked in both directions, the other parameters fitted anew at each step, and the posterior summed along it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from femwgm.errors import SolveError
from femwgm.experiment.spectrum.lines import Lines
from femwgm.experiment.spectrum.peaks import Peaks
from femwgm.experiment.spectrum.prior import Prior
from femwgm.ground.typing import Array

__all__ = ["Posterior", "gaussian_posterior", "walk"]

STEP = 0.5
"""Distance between stations in standard deviations of the quadratic approximation."""
FAR = 5.0
"""Farthest station."""
FADED = 12.0
"""Where the logarithm of the posterior has fallen by so much, the walk ends."""


@dataclass(frozen=True)
class Posterior:
    """Mean and covariance of the four parameters (zero rows for those held), and the logarithm of the evidence.

    `log_evidence` is that of the likelihood of the matched residuals (without its normalising constants) times the prior.
    """

    mean: Array
    covariance: Array
    log_volume: float


def normal_equations(lines: Lines, mode: Array, peaks: Peaks, prior: Prior) -> tuple[Array, Array, float]:
    """Hessian and downhill gradient of -log posterior in units of the prior's deviations, and -log posterior itself.

    Parameters
    ----------
    lines
        Lines at the point in question.
    mode
        For each peak the line that it is, or -1.
    peaks, prior
        Data and prior.
    """
    free = prior.free
    chosen = np.flatnonzero(mode >= 0)
    residual = (peaks.wavelength_nm[chosen] - lines.wavelength_nm[mode[chosen]]) / peaks.error_nm[chosen]
    slope = lines.slope[np.ix_(mode[chosen], free)] * prior.deviation[free] / peaks.error_nm[chosen][:, None]
    offset = ((lines.x - prior.mean)[free]) / prior.deviation[free]
    hessian = slope.T @ slope + np.eye(free.size)
    return hessian, slope.T @ residual - offset, float(0.5 * (residual @ residual + offset @ offset))


def gaussian_posterior(lines: Lines, mode: Array, peaks: Peaks, prior: Prior) -> Posterior:
    """The quadratic approximation at the best point."""
    free = prior.free
    hessian, _, _ = normal_equations(lines, mode, peaks, prior)
    covariance = np.zeros((4, 4))
    scale = prior.deviation[free]
    covariance[np.ix_(free, free)] = np.linalg.inv(hessian) * np.outer(scale, scale)
    volume = 0.5 * free.size * np.log(2.0 * np.pi) - 0.5 * np.linalg.slogdet(hessian)[1] + np.log(scale).sum()
    return Posterior(lines.x, covariance, float(volume))


def walk(
    at: Callable[[Array, Lines], Lines], lines: Lines, mode: Array, peaks: Peaks, prior: Prior
) -> Posterior:
    """The posterior around the best point, its widest direction followed wherever it bends.

    Parameters
    ----------
    at
        Lines at a parameter vector, from those at one nearby.
    lines
        Lines at the best point.
    mode, peaks, prior
        See :func:`normal_equations`.
    """
    free = prior.free
    if free.size < 2:
        return gaussian_posterior(lines, mode, peaks, prior)
    hessian, _, best = normal_equations(lines, mode, peaks, prior)
    values, vectors = np.linalg.eigh(hessian)
    along, across = vectors[:, 0], vectors[:, 1:]
    length = 1.0 / np.sqrt(values[0])
    stations = [_station(lines, mode, peaks, prior, across, best)]
    for sign in (1.0, -1.0):
        here = lines
        for _ in range(int(FAR / STEP)):
            try:
                here = _onward(at, here, sign * STEP * length * along, across, mode, peaks, prior)
            except SolveError:
                break
            stations.append(_station(here, mode, peaks, prior, across, best))
            if stations[-1][0] < stations[0][0] - FADED:
                break
    height = np.array([s[0] for s in stations])
    weight = np.exp(height - height.max())
    total = weight.sum()
    points = np.array([s[1] for s in stations])
    mean = weight @ points / total
    spread = (
        sum(
            w * (np.outer(p - mean, p - mean) + s[2])
            for w, p, s in zip(weight, points, stations, strict=True)
        )
        / total
    )
    covariance = np.zeros((4, 4))
    covariance[np.ix_(free, free)] = np.asarray(spread)[np.ix_(free, free)]
    scale = np.log(prior.deviation[free]).sum() + 0.5 * (free.size - 1) * np.log(2.0 * np.pi)
    return Posterior(mean, covariance, float(np.log(total * STEP * length) + height.max() + scale))


def _station(
    lines: Lines, mode: Array, peaks: Peaks, prior: Prior, across: Array, best: float
) -> tuple[float, Array, Array]:
    """Log posterior integrated across the valley (relative to the best point), the point, and the covariance across."""
    hessian, _, value = normal_equations(lines, mode, peaks, prior)
    narrow = across.T @ hessian @ across
    scale = prior.deviation[prior.free]
    covariance = np.zeros((4, 4))
    covariance[np.ix_(prior.free, prior.free)] = (
        across @ np.linalg.inv(narrow) @ across.T * np.outer(scale, scale)
    )
    return best - value - 0.5 * float(np.linalg.slogdet(narrow)[1]), lines.x, covariance


def _onward(
    at: Callable[[Array, Lines], Lines],
    lines: Lines,
    step: Array,
    across: Array,
    mode: Array,
    peaks: Peaks,
    prior: Prior,
) -> Lines:
    """One step along the valley, then down to its floor."""
    free, scale = prior.free, prior.deviation[prior.free]
    for attempt in range(4):
        hessian, gradient, _ = normal_equations(lines, mode, peaks, prior)
        ahead = step if attempt == 0 else np.zeros_like(step)
        down = across @ np.linalg.solve(across.T @ hessian @ across, across.T @ (gradient - hessian @ ahead))
        x = lines.x.copy()
        x[free] += scale * (ahead + down)
        lines = at(x, lines)
        if attempt and down @ hessian @ down < 1e-3:
            break
    return lines
