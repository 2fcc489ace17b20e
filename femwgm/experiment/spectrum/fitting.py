"""From a start to the nearest best fit: matching and Gauss-Newton in turn, the errors annealed from blunt to true."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from femwgm.errors import SolveError
from femwgm.experiment.spectrum.grid import BLUNT, Start
from femwgm.experiment.spectrum.likelihood import Matching, Odds, best_matching, pair_gains
from femwgm.experiment.spectrum.line_fits import Atlas
from femwgm.experiment.spectrum.lines import Labels, Lines, solve, track
from femwgm.experiment.spectrum.peaks import Peaks
from femwgm.experiment.spectrum.posterior import Posterior, gaussian_posterior, walk
from femwgm.experiment.spectrum.prior import Prior
from femwgm.ground.typing import Array

__all__ = ["Approach", "Fit", "Name", "approach", "exactly", "finish", "shifted", "widen"]

Name = tuple[str, int, int] | None
"""(pol, l, q) of a mode, None for a spurious peak."""
STEPS = 12
"""Most Gauss-Newton steps at the true errors."""
SHARPER = (1.0, 0.6, 0.36, 0.2, 0.1, 0.05, 0.02, 0.0)
SOFT_STEPS = 4
"""Errors of an approach, in units of those of the scan, and most steps at each."""
BATCH = 64
"""Starts that are moved together."""
FINE = 0.35
"""Share of the peaks' errors up to which the lines of the atlas stand for the exact ones."""
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
    def names(self) -> tuple[Name, ...]:
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
    def names(self) -> tuple[Name, ...]:
        """(pol, l, q) of each peak, None for a spurious one."""
        return _names(self.lines, self.matching)

    @property
    def matched(self) -> int:
        """Number of peaks that are modes."""
        return int((self.matching.mode >= 0).sum())


def _names(lines: Lines, matching: Matching) -> tuple[Name, ...]:
    return tuple(lines.labels.name(j) if j >= 0 else None for j in matching.mode)


def approach(atlas: Atlas, peaks: Peaks, starts: Sequence[Start], odds: Odds, keep: int) -> list[Approach]:
    """Follow starts on approximate lines, the errors growing sharper, all at once; then the best of them with one mode to a peak.

    Parameters
    ----------
    atlas
        Lines over the prior.
    peaks, odds
        See :func:`femwgm.experiment.spectrum.assign.assign`.
    starts
        Where to begin.
    keep
        How many to return at most; no two of them read the peaks alike.
    """
    prior = atlas.prior
    x = np.array([start.x for start in starts])
    for part in SHARPER:
        # The polynomial's own error must not cost a match.
        sigma = np.hypot(np.hypot(peaks.error_nm, atlas.error_nm), part * BLUNT * atlas.spacing_nm)
        moving = np.ones(len(x), dtype=bool)
        for _ in range(SOFT_STEPS):
            step, size = _soft_steps(atlas, x[moving], peaks, odds, sigma)
            x[moving] += step
            moving[moving] = size >= 0.02
            if not moving.any():
                break
        x = x[(np.abs(x - prior.mean)[:, prior.free] <= EDGE * prior.deviation[prior.free]).all(axis=1)]
        if not len(x):
            return []
    best: dict[tuple[Name, ...], Approach] = {}
    for at, _ in _distinct(atlas, x, peaks, odds, sigma)[: 2 * keep]:
        try:
            lines = _descend(lambda v, _: atlas.lines(v), atlas.lines(at), peaks, prior, odds, sigma)
        except SolveError:
            continue
        matching = best_matching(peaks, lines.wavelength_nm, lines.labels, odds, sigma)
        near = Approach(lines, matching.log_likelihood + prior.log_density(lines.x), matching, atlas.error_nm)
        if near.names not in best or best[near.names].score < near.score:
            best[near.names] = near
    return sorted(best.values(), key=lambda a: -a.score)[:keep]


def shifted(atlas: Atlas, peaks: Peaks, result: Fit, by: int, odds: Odds) -> Approach | None:
    """A fit with all its degrees moved by an integer: the next rung of the ladder that a comb climbs; None where there is none.

    Parameters
    ----------
    atlas, peaks, odds
        See :func:`femwgm.experiment.spectrum.assign.read`.
    result
        Where to start from.
    by
        Added to every l.
    """
    prior = atlas.prior
    every = {atlas.labels.name(i): i for i in range(len(atlas.labels))}
    moved = [-1 if name is None else every.get((name[0], name[1] + by, name[2]), -1) for name in result.names]
    matching = Matching(np.array(moved), 0.0, np.zeros(0, dtype=int))
    sigma = np.hypot(peaks.error_nm, atlas.error_nm)
    lines = atlas.lines(result.x)
    try:
        for _ in range(SOFT_STEPS):
            x = lines.x + _step(lines, matching, peaks, prior, sigma)[0]
            if (np.abs(x - prior.mean)[prior.free] > EDGE * prior.deviation[prior.free]).any():
                return None
            lines = atlas.lines(x)
        lines = _descend(lambda at, _: atlas.lines(at), lines, peaks, prior, odds, sigma)
    except SolveError:
        return None
    matching = best_matching(peaks, lines.wavelength_nm, lines.labels, odds, sigma)
    return Approach(lines, matching.log_likelihood + prior.log_density(lines.x), matching, atlas.error_nm)


def _distinct(atlas: Atlas, x: Array, peaks: Peaks, odds: Odds, sigma: Array) -> list[tuple[Array, float]]:
    """Points and their scores, the best first; of those that give each peak its most likely mode alike only the best."""
    found: dict[bytes, tuple[Array, float]] = {}
    z = (x - atlas.prior.mean)[:, atlas.free] / atlas.prior.deviation[atlas.free]
    for block in np.array_split(np.arange(len(x)), max(len(x) // BATCH, 1)):
        gains, missed, _ = pair_gains(peaks, atlas.wavelengths(x[block]), atlas.labels, odds, sigma)
        top = gains.max(axis=2)
        score = np.maximum(top, 0.0).sum(axis=1) + missed.sum(axis=1) - 0.5 * (z[block] ** 2).sum(axis=1)
        names = np.where(top > 0.0, gains.argmax(axis=2), -1)
        for i, value, key in zip(block, score, names, strict=True):
            name = key.tobytes()
            if name not in found or found[name][1] < value:
                found[name] = x[i], float(value)
    return sorted(found.values(), key=lambda pair: -pair[1])


def _soft_steps(atlas: Atlas, x: Array, peaks: Peaks, odds: Odds, sigma: Array) -> tuple[Array, Array]:
    """Gauss-Newton steps in which each peak belongs to every line in proportion to its odds; their sizes in deviations."""
    prior, free = atlas.prior, atlas.free
    steps, sizes = np.zeros(x.shape), np.zeros(len(x))
    if free.size == 0:
        return steps, sizes
    deviation = prior.deviation[free]
    for block in np.array_split(np.arange(len(x)), max(len(x) // BATCH, 1)):
        lines = atlas.wavelengths(x[block])
        slope = atlas.slopes(x[block]) * deviation
        share, _, _ = pair_gains(peaks, lines, atlas.labels, odds, sigma)
        top = np.maximum(share.max(axis=2, keepdims=True), 0.0)
        share = np.exp(share - top)
        share /= (share.sum(axis=2, keepdims=True) + np.exp(-top)) * sigma[:, None] ** 2
        weight = share.sum(axis=1)
        residual = np.einsum("spm,p->sm", share, peaks.wavelength_nm) - weight * lines
        hessian = np.swapaxes(slope, 1, 2) @ (weight[:, :, None] * slope) + np.eye(free.size)
        gradient = np.einsum("smd,sm->sd", slope, residual) + (prior.mean - x[block])[:, free] / deviation
        move = np.linalg.solve(hessian, gradient[:, :, None])[:, :, 0]
        steps[np.ix_(block, free)] = deviation * move
        sizes[block] = np.einsum("sd,sde,se->s", move, hessian, move)
    return steps, sizes


def lines_at(atlas: Atlas, labels: Labels, peaks: Peaks) -> Callable[[Array, Lines], Lines]:
    """Lines of a batch of labels at a parameter vector: from the atlas where it errs far less than the peaks, else exact."""
    if atlas.error_nm > FINE * peaks.error_nm.min():
        return lambda x, near: track(atlas.body, x, near, 1e-5)
    every = {atlas.labels.name(i): i for i in range(len(atlas.labels))}
    index = np.array([every[labels.name(i)] for i in range(len(labels))])

    def approximate(x: Array, _: Lines) -> Lines:
        if not atlas.holds(x):
            raise SolveError("the fit leaves the range of its prior")
        return atlas.lines(x).take(index)

    return approximate


def finish(atlas: Atlas, peaks: Peaks, near: Approach, odds: Odds) -> Fit | None:
    """The best fit at the true errors, from where an approach ended; None where there is none.

    Parameters
    ----------
    atlas, peaks, odds
        See :func:`femwgm.experiment.spectrum.assign.read`.
    near
        End of the approach.
    """
    prior = atlas.prior
    lo, hi = peaks.wavelength_nm[0], peaks.wavelength_nm[-1]
    room = 0.3 * (hi - lo) / max(len(peaks) - 1, 1) + 10.0 * peaks.error_nm.max() + 1e-3 * lo
    here = near.lines.wavelength_nm
    lines = near.lines.take(np.flatnonzero((here > lo - room) & (here < hi + room)))

    at = lines_at(atlas, lines.labels, peaks)
    try:
        lines = at(lines.x, lines)
        lines = _descend(at, lines, peaks, prior, odds, np.hypot(peaks.error_nm, near.error_nm), 3)
        lines = _descend(at, lines, peaks, prior, odds, peaks.error_nm, STEPS, 1e-4)
    except SolveError:
        return None
    return _fitted(lines, peaks, prior, odds)


def exactly(atlas: Atlas, peaks: Peaks, result: Fit, odds: Odds) -> Fit:
    """A fit with the lines of the exact sphere."""

    def at(x: Array, near: Lines) -> Lines:
        return track(atlas.body, x, near)

    try:
        lines = _descend(at, at(result.x, result.lines), peaks, atlas.prior, odds, peaks.error_nm, 2, 1e-4)
    except SolveError:
        lines = solve(atlas.body, result.x, result.lines.labels)
    exact = _fitted(lines, peaks, atlas.prior, odds)
    return result if exact is None else replace(exact, posterior=result.posterior)


def _fitted(lines: Lines, peaks: Peaks, prior: Prior, odds: Odds) -> Fit | None:
    """What a fit is at its lines; None where no peak is one of them."""
    matching = best_matching(peaks, lines.wavelength_nm, lines.labels, odds, peaks.error_nm)
    chosen = matching.mode >= 0
    if not chosen.any():
        return None
    posterior = gaussian_posterior(lines, matching.mode, peaks, prior)
    residual = peaks.wavelength_nm[chosen] - lines.wavelength_nm[matching.mode[chosen]]
    chi2 = float(((residual / peaks.error_nm[chosen]) ** 2).sum())
    return Fit(lines, matching, posterior, prior.log_density(lines.x), chi2)


def widen(atlas: Atlas, peaks: Peaks, result: Fit) -> Fit:
    """The same fit with its posterior followed along the widest direction."""
    at = lines_at(atlas, result.lines.labels, peaks)
    return replace(result, posterior=walk(at, result.lines, result.matching.mode, peaks, atlas.prior))


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
