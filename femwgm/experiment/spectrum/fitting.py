"""From a start to the nearest best fit: matching and Gauss-Newton in turn, the errors annealed from blunt to true."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from femwgm.errors import SolveError
from femwgm.experiment.spectrum.grid import BLUNT, Start
from femwgm.experiment.spectrum.likelihood import Matching, Odds, best_matching, pair_gains
from femwgm.experiment.spectrum.line_fits import Atlas
from femwgm.experiment.spectrum.lines import Lines, track
from femwgm.experiment.spectrum.model import CoatedSphere
from femwgm.experiment.spectrum.peaks import Peaks
from femwgm.experiment.spectrum.posterior import Posterior, gaussian_posterior, walk
from femwgm.experiment.spectrum.prior import Prior
from femwgm.ground.typing import Array

__all__ = ["Approach", "Fit", "approach", "finish", "widen"]

STEPS = 12
"""Most Gauss-Newton steps at the true errors."""
SHARPER = (1.0, 0.6, 0.36, 0.2, 0.1, 0.05, 0.02, 0.0)
SOFT_STEPS = 4
"""Errors of an approach, in units of those of the scan, and most steps at each."""
EDGE = 4.5
"""Standard deviations of the prior beyond which a fit is given up."""


@dataclass(frozen=True)
class Approach:
    """A start followed half way: its lines, how good it looks, what it takes the peaks for, and how exact its lines are."""

    lines: Lines
    score: float
    matching: Matching
    error_nm: float

    @property
    def names(self) -> tuple[tuple[str, int, int] | None, ...]:
        """(pol, l, q) of each peak, None for a spurious one."""
        return _names(self.lines, self.matching)


@dataclass(frozen=True)
class Fit:
    """One way to read a spectrum.

    Attributes
    ----------
    lines
        Exact lines at the fitted parameters.
    matching
        Which of them each peak is.
    posterior
        Mean and covariance of the parameters.
    log_prior
        Logarithm of the prior's density at the best parameters.
    chi2
        Sum of squared residuals over their errors, prior excluded.
    """

    lines: Lines
    matching: Matching
    posterior: Posterior
    log_prior: float
    chi2: float

    @property
    def x(self) -> Array:
        """Most probable parameters."""
        return self.lines.x

    @property
    def covariance(self) -> Array:
        """Covariance of the four parameters; zero rows for those held."""
        return self.posterior.covariance

    @property
    def log_evidence(self) -> float:
        """Logarithm of the integral of likelihood times prior over the parameters."""
        return self.matching.log_likelihood + self.log_prior + self.posterior.log_volume

    @property
    def names(self) -> tuple[tuple[str, int, int] | None, ...]:
        """(pol, l, q) of each peak, None for a spurious one."""
        return _names(self.lines, self.matching)

    @property
    def matched(self) -> int:
        """Number of peaks that are modes."""
        return int((self.matching.mode >= 0).sum())


def _names(lines: Lines, matching: Matching) -> tuple[tuple[str, int, int] | None, ...]:
    return tuple(lines.labels.name(j) if j >= 0 else None for j in matching.mode)


def approach(atlas: Atlas, peaks: Peaks, start: Start, odds: Odds) -> Approach | None:
    """Follow a start on approximate lines, the errors growing sharper; None where that leaves the prior's range.

    Parameters
    ----------
    atlas
        Lines over the prior.
    peaks, odds
        See :func:`femwgm.experiment.spectrum.assign.assign`.
    start
        Where to begin.
    """
    x = start.x
    prior = atlas.prior
    for part in SHARPER:
        # The polynomial's own error must not cost a match.
        sigma = np.hypot(np.hypot(peaks.error_nm, atlas.error_nm), part * BLUNT * atlas.spacing_nm)
        for _ in range(SOFT_STEPS):
            step, size = _soft_step(atlas.lines(x), peaks, prior, odds, sigma)
            x = x + step
            if (np.abs(x - prior.mean)[prior.free] > EDGE * prior.deviation[prior.free]).any():
                return None
            if size < 0.02:
                break
    try:
        lines = _descend(lambda at, _: atlas.lines(at), atlas.lines(x), peaks, prior, odds, sigma)
    except SolveError:
        return None
    matching = best_matching(peaks, lines.wavelength_nm, lines.labels, odds, sigma)
    return Approach(lines, matching.log_likelihood + prior.log_density(lines.x), matching, atlas.error_nm)


def _soft_step(lines: Lines, peaks: Peaks, prior: Prior, odds: Odds, sigma: Array) -> tuple[Array, float]:
    """Gauss-Newton step in which each peak belongs to every line in proportion to its odds; its size in standard deviations."""
    gains, _, _ = pair_gains(peaks, lines.wavelength_nm, lines.labels, odds, sigma)
    top = np.maximum(gains.max(axis=1, keepdims=True), 0.0)
    share = np.exp(gains - top)
    share /= share.sum(axis=1, keepdims=True) + np.exp(-top)
    free, deviation = prior.free, prior.deviation[prior.free]
    step = np.zeros(4)
    if free.size == 0:
        return step, 0.0
    weight = share / sigma[:, None] ** 2
    slope = lines.slope[:, free] * deviation
    residual = (weight * (peaks.wavelength_nm[:, None] - lines.wavelength_nm)).sum(axis=0)
    hessian = slope.T @ (weight.sum(axis=0)[:, None] * slope) + np.eye(free.size)
    gradient = slope.T @ residual + (prior.mean - lines.x)[free] / deviation
    move = np.linalg.solve(hessian, gradient)
    step[free] = deviation * move
    return step, float(move @ hessian @ move)


def finish(body: CoatedSphere, peaks: Peaks, prior: Prior, near: Approach, odds: Odds) -> Fit | None:
    """The best fit of the exact sphere at the true errors, from where an approach ended; None where there is none.

    Parameters
    ----------
    body, peaks, prior, odds
        See :func:`femwgm.experiment.spectrum.assign.assign`.
    near
        End of the approach.
    """
    lo, hi = peaks.wavelength_nm[0], peaks.wavelength_nm[-1]
    room = 0.3 * (hi - lo) / max(len(peaks) - 1, 1) + 10.0 * peaks.error_nm.max() + 1e-3 * lo
    here = near.lines.wavelength_nm
    lines = near.lines.take(np.flatnonzero((here > lo - room) & (here < hi + room)))

    def exact(x: Array, last: Lines) -> Lines:
        return track(body, x, last, 1e-5)

    try:
        lines = exact(lines.x, lines)
        lines = _descend(exact, lines, peaks, prior, odds, np.hypot(peaks.error_nm, near.error_nm), 3)
        lines = _descend(exact, lines, peaks, prior, odds, peaks.error_nm, STEPS, 1e-4)
        lines = track(body, lines.x, lines)
    except SolveError:
        return None
    matching = best_matching(peaks, lines.wavelength_nm, lines.labels, odds, peaks.error_nm)
    chosen = matching.mode >= 0
    if not chosen.any():
        return None
    posterior = gaussian_posterior(lines, matching.mode, peaks, prior)
    residual = peaks.wavelength_nm[chosen] - lines.wavelength_nm[matching.mode[chosen]]
    chi2 = float(((residual / peaks.error_nm[chosen]) ** 2).sum())
    return Fit(lines, matching, posterior, prior.log_density(lines.x), chi2)


def widen(body: CoatedSphere, peaks: Peaks, prior: Prior, result: Fit) -> Fit:
    """The same fit with its posterior followed along the widest direction."""
    return replace(result, posterior=walk(body, result.lines, result.matching.mode, peaks, prior))


def _descend(
    at: Callable[[Array, Lines], Lines], lines: Lines, peaks: Peaks, prior: Prior, odds: Odds, sigma: Array, steps: int = 5,
    still: float = 0.02,
) -> Lines:  # fmt: skip
    """Matching and Gauss-Newton in turn at given errors, until the step is below `still` standard deviations squared.

    Raises
    ------
    SolveError
        If the parameters leave the prior's range.
    """
    for _ in range(steps):
        matching = best_matching(peaks, lines.wavelength_nm, lines.labels, odds, sigma)
        step, hessian = _step(lines, matching, peaks, prior, sigma)
        before = _misfit(lines, matching, peaks, prior, sigma)
        # Valleys of the posterior bend: a full step along one may end far up its side.
        for part in (1.0, 0.5, 0.25, 0.125, 0.0625):
            x = lines.x + part * step
            if (np.abs(x - prior.mean)[prior.free] > EDGE * prior.deviation[prior.free]).any():
                raise SolveError("the fit leaves the range of its prior")
            ahead = at(x, lines)
            if _misfit(ahead, matching, peaks, prior, sigma) <= before:
                break
        lines = ahead
        if part * (step[prior.free] @ hessian @ step[prior.free]) < still:
            break
    return lines


def _misfit(lines: Lines, matching: Matching, peaks: Peaks, prior: Prior, sigma: Array) -> float:
    """Sum of squares that a Gauss-Newton step lowers, the prior's among them."""
    chosen = np.flatnonzero(matching.mode >= 0)
    residual = (peaks.wavelength_nm[chosen] - lines.wavelength_nm[matching.mode[chosen]]) / sigma[chosen]
    offset = (lines.x - prior.mean)[prior.free] / prior.deviation[prior.free]
    return float(residual @ residual + offset @ offset)


def _step(lines: Lines, matching: Matching, peaks: Peaks, prior: Prior, sigma: Array) -> tuple[Array, Array]:
    """Gauss-Newton step of the four parameters and the Hessian of the free ones."""
    chosen = np.flatnonzero(matching.mode >= 0)
    mode = matching.mode[chosen]
    free = prior.free
    weight = 1.0 / sigma[chosen] ** 2
    slope = lines.slope[np.ix_(mode, free)]
    residual = peaks.wavelength_nm[chosen] - lines.wavelength_nm[mode]
    strength = 1.0 / prior.deviation[free] ** 2
    hessian = slope.T @ (weight[:, None] * slope) + np.diag(strength)
    gradient = slope.T @ (weight * residual) + strength * (prior.mean - lines.x)[free]
    step = np.zeros(4)
    if free.size:
        step[free] = np.linalg.solve(hessian, gradient)
    return step, hessian
