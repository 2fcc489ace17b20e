"""From starts to the maxima of the posterior: many at once, each peak shared among the lines that it may be.

Gauss-Newton steps on the logarithm of the likelihood summed over what every peak could be; the errors are annealed from blunt to
true, so that a start falls into the comb that lies around it. Every maximum is then moved by one in all degrees, and so on, since
a comb repeats: what a scan happens to miss is found from its neighbours.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np

from femwgm.experiment.spectrum.grid import BLUNT
from femwgm.experiment.spectrum.likelihood import Neighbours, Odds
from femwgm.experiment.spectrum.line_fits import REACH, Atlas
from femwgm.experiment.spectrum.peaks import Peaks
from femwgm.ground.typing import Array

SHARPER = (1.0, 0.7, 0.5, 0.36, 0.2, 0.1, 0.05, 0.02)
"""Errors of the annealing in units of those of the scan."""
SOFT_STEPS = 4
SETTLING_STEPS = 14
STILL = 1e-3
"""Squared size of a step, in standard deviations, at which a point stands still."""
BATCH = 48
"""Points moved together."""
NEIGHBOURS = 30
"""Maxima whose neighbours are looked for together."""
ROUNDS = 8
MOST_STARTS = 160
LOST, HOPELESS = 5.0, 40.0
"""What a peak costs whose mode is not there after a move, and how much worse than the best a start may be, in nats."""


@dataclass(frozen=True)
class Maxima:
    """Maxima of the posterior.

    Attributes
    ----------
    x
        Parameters, shape (maxima, 4).
    mode
        For each peak the mode of the atlas that it most likely is, -1 for none; shape (maxima, peaks).
    log_evidence
        Logarithm of the integral of likelihood times prior around each, in the quadratic approximation.
    """

    x: Array
    mode: Array
    log_evidence: Array

    def __len__(self) -> int:
        return len(self.x)

    def take(self, index: Array) -> Maxima:
        """Some of them."""
        return Maxima(self.x[index], self.mode[index], self.log_evidence[index])

    def distinct(self) -> Maxima:
        """In descending order of evidence; of those that read the peaks alike the best."""
        ranked = self.take(np.argsort(-self.log_evidence, kind="stable"))
        return ranked.take(np.sort(np.unique(ranked.mode, axis=0, return_index=True)[1]))

    def joined(self, other: Maxima) -> Maxima:
        """Both, each reading once."""
        return self.followed_by(other).distinct()

    def unlike(self, other: Maxima) -> Maxima:
        """Those that read the peaks as none of the others does."""
        known = {mode.tobytes() for mode in other.mode}
        fresh = self.distinct()
        return fresh.take(np.flatnonzero([mode.tobytes() not in known for mode in fresh.mode]))

    def followed_by(self, other: Maxima) -> Maxima:
        """Both, in their order."""
        pairs = ((self.x, other.x), (self.mode, other.mode), (self.log_evidence, other.log_evidence))
        return Maxima(*(np.concatenate(pair) for pair in pairs))

    def within(self, nats: float) -> Maxima:
        """Those whose evidence is smaller than the best by exp of this at most."""
        return self.take(np.flatnonzero(self.log_evidence > self.log_evidence.max() - nats))


@dataclass(frozen=True)
class _Terms:
    """Logarithm of the posterior at points, its gradient and Hessian (with a minus) in deviations of the prior."""

    value: Array
    gradient: Array
    hessian: Array
    mode: Array


def _terms(atlas: Atlas, peaks: Peaks, odds: Odds, x: Array, sigma: Array) -> _Terms:
    """Each peak belongs to every line in proportion to its odds."""
    prior, free = atlas.prior, atlas.free
    deviation = prior.deviation[free]
    index = atlas.near(x, peaks.wavelength_nm[0], peaks.wavelength_nm[-1])
    lines, slope = atlas.slopes(x, index)
    near, gains, missed = Neighbours(peaks, atlas.labels.take(index), odds, sigma)(lines)
    top = gains.max(axis=2)
    best = np.take_along_axis(near, gains.argmax(axis=2)[:, :, None], axis=2)[:, :, 0]
    floor = np.maximum(top, 0.0)[:, :, None]
    share = np.exp(gains - floor)
    whole = share.sum(axis=2, keepdims=True) + np.exp(-floor)
    share /= whole * sigma[:, None] ** 2
    point = np.arange(len(x))[:, None, None]
    residual = share * (peaks.wavelength_nm[:, None] - lines[point, near])
    steep = slope[point, near] * deviation
    z = (x - prior.mean)[:, free] / deviation
    value = (np.log(whole) + floor)[:, :, 0].sum(axis=1) + missed - 0.5 * (z**2).sum(axis=1)
    flat = steep.reshape(len(x), -1, free.size)
    hessian = np.swapaxes(flat, 1, 2) @ (share.reshape(len(x), -1, 1) * flat) + np.eye(free.size)
    gradient = np.einsum("sad,sa->sd", flat, residual.reshape(len(x), -1)) - z
    return _Terms(value, gradient, hessian, np.where(top > 0.0, index[best], -1))


def settle(
    atlas: Atlas, peaks: Peaks, odds: Odds, x: Array, sigma: Array, steps: int = SETTLING_STEPS
) -> Maxima:
    """The maxima at given errors nearest to starting points; those that leave the range of the prior are dropped."""
    if not len(x):
        return Maxima(x, np.zeros((0, len(peaks)), dtype=int), np.zeros(0))
    x = x[np.lexsort(x.T[::-1])]
    blocks = np.array_split(x, max(len(x) // BATCH, 1))
    parts = [_settle(atlas, peaks, odds, block, sigma, steps) for block in blocks]
    found = Maxima(*(np.concatenate([getattr(p, n) for p in parts]) for n in ("x", "mode", "log_evidence")))
    return found.take(np.flatnonzero(_inside(atlas, found.x)))


def modes_at(atlas: Atlas, peaks: Peaks, odds: Odds, x: Array) -> Array:
    """For each peak the mode that it most likely is at points (points, 4), -1 for none."""
    return _settle(atlas, peaks, odds, x, peaks.error_nm, 0).mode


def _settle(atlas: Atlas, peaks: Peaks, odds: Odds, x: Array, sigma: Array, steps: int) -> Maxima:
    free, x = atlas.free, x.copy()
    mode, evidence = np.zeros((len(x), len(peaks)), dtype=int), np.zeros(len(x))
    moving = np.arange(len(x))
    ahead, step = x.copy(), np.zeros((len(x), free.size))
    before = np.full(len(x), -np.inf)
    for turn in range(steps + 1):
        terms = _terms(atlas, peaks, odds, ahead[moving], sigma)
        # Valleys of the posterior bend: a step that ends up their side is halved.
        good = (terms.value >= before[moving] - 1e-9) | (turn == 0)
        taken = moving[good]
        x[taken], before[taken], mode[taken] = ahead[taken], terms.value[good], terms.mode[good]
        evidence[taken] = terms.value[good] - 0.5 * np.linalg.slogdet(terms.hessian[good])[1]
        move = np.linalg.solve(terms.hessian[good], terms.gradient[good][:, :, None])[:, :, 0]
        step[taken] = move
        step[moving[~good]] *= 0.5
        size = np.full(len(x), np.inf)
        size[taken] = np.einsum("sd,sde,se->s", move, terms.hessian[good], move)
        size[moving[~good]] = (step[moving[~good]] ** 2).sum(axis=1) * 1e4
        moving = moving[size[moving] > STILL]
        if not free.size:
            break
        ahead[np.ix_(moving, free)] = x[np.ix_(moving, free)] + step[moving] * atlas.prior.deviation[free]
        moving = moving[_inside(atlas, ahead[moving], 1.15)]
        if not moving.size:
            break
    return Maxima(x, mode, evidence)


def _inside(atlas: Atlas, x: Array, factor: float = 1.0) -> Array:
    z = (x - atlas.prior.mean)[:, atlas.free] / atlas.prior.deviation[atlas.free]
    return np.asarray((z**2).sum(axis=1) <= (factor * REACH) ** 2)


def anneal(atlas: Atlas, peaks: Peaks, odds: Odds, x: Array, nats: float, blunt: float = BLUNT) -> Maxima:
    """The maxima that starts fall into when the errors shrink from blunt to true; hopeless ones are left behind on the way."""
    for part in SHARPER:
        sigma = np.hypot(peaks.error_nm, part * blunt * atlas.spacing_nm)
        found = settle(atlas, peaks, odds, x, sigma, SOFT_STEPS)
        if not len(found):
            return found
        x = found.within(3.0 * nats).distinct().x
    return settle(atlas, peaks, odds, x, peaks.error_nm).distinct()


def climb(atlas: Atlas, peaks: Peaks, odds: Odds, found: Maxima, nats: float) -> Maxima:
    """The maxima with all their neighbours: degrees of each polarization and radial order one up, one down, or kept.

    Goes on from every maximum that is smaller than the best by exp of `nats` at most.
    """
    done: set[bytes] = set()
    tried: set[bytes] = set()
    for _ in range(ROUNDS):
        found = found.within(2.0 * nats)
        fresh = [i for i in range(len(found.within(nats))) if found.mode[i].tobytes() not in done]
        if not fresh:
            break
        chosen = found.take(np.array(fresh[:NEIGHBOURS]))
        done.update(mode.tobytes() for mode in chosen.mode)
        tried.update(mode.tobytes() for mode in found.mode)
        starts = _shifted(atlas, peaks, chosen, tried)
        if len(starts):
            found = found.joined(settle(atlas, peaks, odds, starts, peaks.error_nm))
    return found


def _shifted(atlas: Atlas, peaks: Peaks, found: Maxima, tried: set[bytes]) -> Array:
    """Where the peaks fit when the degrees of whole combs (polarization and radial order) are moved by one.

    Labels in `tried` are left out, and those returned join them: a comb has many neighbours, most of them shared.
    """
    labels = atlas.labels
    names = [labels.name(i) for i in range(len(labels))]
    every = {name: i for i, name in enumerate(names)}
    beside = np.array([[every.get((pol, l + by, q), -1) for pol, l, q in names] + [-1] for by in (-1, 0, 1)])
    combs, comb = np.unique([(pol, q) for pol, _, q in names], axis=0, return_inverse=True)
    comb = np.append(comb.ravel(), 0)
    moves = np.array([m for m in itertools.product((0, 1, 2), repeat=len(combs)) if any(i != 1 for i in m)])
    mode = beside[moves[:, comb[found.mode]], found.mode].reshape(-1, len(peaks))
    lost = LOST * ((mode < 0) & np.tile(found.mode >= 0, (len(moves), 1))).sum(axis=1)
    x = np.tile(found.x, (len(moves), 1))
    kept = np.unique(mode, axis=0, return_index=True)[1]
    kept = kept[[mode[i].tobytes() not in tried for i in kept]]
    x, mode, lost = x[kept], mode[kept], lost[kept]
    for _ in range(SOFT_STEPS):
        value, gradient, hessian = fixed_terms(atlas, peaks, x, mode)
        move = np.linalg.solve(hessian, gradient[:, :, None])[:, :, 0]
        x[:, atlas.free] += move * atlas.prior.deviation[atlas.free]
        kept = _inside(atlas, x)
        x, mode, lost = x[kept], mode[kept], lost[kept]
    if not len(x):
        return x
    value = fixed_terms(atlas, peaks, x, mode)[0] - lost
    there = fixed_terms(atlas, peaks, found.x, found.mode)[0].max()
    kept = np.argsort(-value)[:MOST_STARTS]
    kept = kept[value[kept] > there - HOPELESS]
    tried.update(one.tobytes() for one in mode[kept])
    return x[kept]


def fixed_terms(atlas: Atlas, peaks: Peaks, x: Array, mode: Array) -> tuple[Array, Array, Array]:
    """Log posterior of the matched residuals, its gradient and Hessian (with a minus), in deviations of the prior.

    Parameters
    ----------
    x, mode
        Points (points, 4), and for each the mode of every peak, -1 for none.
    """
    prior, free = atlas.prior, atlas.free
    index, local = np.unique(np.maximum(mode, 0), return_inverse=True)
    lines, slope = atlas.slopes(x, index)
    local = local.reshape(mode.shape)
    weight = np.where(mode >= 0, 1.0 / peaks.error_nm, 0.0)
    residual = weight * (peaks.wavelength_nm - np.take_along_axis(lines, local, axis=1))
    slope = np.take_along_axis(slope, local[:, :, None], axis=1) * prior.deviation[free] * weight[:, :, None]
    z = (x - prior.mean)[:, free] / prior.deviation[free]
    hessian = np.swapaxes(slope, 1, 2) @ slope + np.eye(free.size)
    value = -0.5 * ((residual**2).sum(axis=1) + (z**2).sum(axis=1))
    return value, np.einsum("spd,sp->sd", slope, residual) - z, hessian
