"""The posterior by importance sampling: points drawn around every maximum and weighted with what the peaks say of them.

Diameter and index move a comb almost alike, so a spectrum often leaves a direction or two to the prior: long, curved valleys, a
thousand times longer than wide. Kernels are therefore laid along the floor of each valley, each with the shape that the valley
has there, and the points of all kernels are weighted with the posterior over the density of the whole mixture (deterministic
mixture weights, Owen and Zhou, JASA 95, 135, 2000). The likelihood is summed over all matchings of peaks and lines. Every further
draw follows the weights of those before, with new kernels where a point weighs too much.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import logsumexp, softmax
from scipy.stats import norm, qmc

from femwgm.experiment.spectrum.fitting import Maxima, fixed_terms, modes_at, settle
from femwgm.experiment.spectrum.likelihood import Odds, all_matchings, pair_gains, under_a_line
from femwgm.experiment.spectrum.line_fits import REACH, Atlas
from femwgm.experiment.spectrum.peaks import Peaks
from femwgm.ground.typing import Array

KERNELS, EACH = 500, (3, 32)
"""Kernels in all, and fewest and most for a maximum."""
FIRST, POINTS, DRAWS = 6, 8_000, 4
"""Points a kernel in the first draw, points in all in each further one, and most draws."""
ENOUGH = 3000.0
"""Number of independent points at which drawing ends."""
HEAVY = 40
"""Points of great weight that get kernels of their own after a draw."""
WIDE = 9.0
"""Directions in which the posterior is wider than a third of the prior are followed along their floor."""
FLOOR_STEPS = 3
BANDWIDTH = (1.0, 0.5, 0.6, 0.7, 0.8)
"""Width of a kernel along the wide directions, in standard deviations there, by their number."""
BLUNTED = 1.3
"""Width of a kernel across the valley in standard deviations of the quadratic approximation."""
TAIL = 8.0
"""Degrees of freedom of Student's t: kernels fall off more slowly than what they stand for."""
LEAST_GAIN = -12.0
"""Pairs that are never likelier than this play no part."""
TOGETHER = 400_000
"""Numbers (points times pairs) worked on at once."""


@dataclass(frozen=True)
class Cloud:
    """Weighted points of the posterior.

    Attributes
    ----------
    x
        Parameters, shape (points, 4).
    weight
        Their weights; they sum to one.
    origin
        The maximum that each belongs to.
    labels
        For each maximum the weight with which each peak (row) is each mode of the atlas (column); the last column is none.
    effective
        Number of independent points that would say as much.
    """

    x: Array
    weight: Array
    origin: Array
    labels: Array
    effective: float

    def moments(self, chosen: Array) -> tuple[Array, Array]:
        """Mean and covariance over some of the points."""
        share = self.weight[chosen] / self.weight[chosen].sum()
        mean = share @ self.x[chosen]
        away = self.x[chosen] - mean
        return mean, away.T @ (share[:, None] * away)

    def quantiles(self, parameter: int, levels: tuple[float, ...]) -> Array:
        """Values of a parameter below which the posterior has given shares."""
        order = np.argsort(self.x[:, parameter])
        below = np.cumsum(self.weight[order]) - 0.5 * self.weight[order]
        return np.interp(levels, below, self.x[order, parameter])


@dataclass(frozen=True)
class _Kernels:
    """A mixture of Student distributions in deviations of the prior.

    Attributes
    ----------
    centre, root, origin
        Centres (kernels, d); lower roots of their precisions (kernels, d, d); the maximum that each was laid for.
    """

    centre: Array
    root: Array
    origin: Array

    def draw(self, counts: Array, rng: np.random.Generator) -> Array:
        """Points (points, d), `counts` of each kernel."""
        which, d = np.repeat(np.arange(len(counts)), counts), self.centre.shape[1]
        stretch = np.sqrt(TAIL / rng.chisquare(TAIL, which.size))[:, None]
        normal = rng.standard_normal((which.size, d)) * stretch
        upper = np.swapaxes(self.root[which], 1, 2)
        return np.asarray(self.centre[which] + np.linalg.solve(upper, normal[:, :, None])[:, :, 0])

    def log_density(self, z: Array) -> Array:
        """Logarithm of each kernel's density up to a constant, shape (points, kernels)."""
        d = z.shape[1]
        precision = self.root @ np.swapaxes(self.root, 1, 2)
        linear = np.einsum("kde,ke->kd", precision, self.centre)
        offset = np.einsum("kd,kd->k", linear, self.centre)
        squares = (z[:, :, None] * z[:, None, :]).reshape(len(z), -1)
        distance = squares @ precision.reshape(len(precision), -1).T - 2.0 * z @ linear.T + offset
        height = np.log(np.diagonal(self.root, axis1=1, axis2=2)).sum(axis=1)
        return np.asarray(height - 0.5 * (TAIL + d) * np.log1p(np.maximum(distance, 0.0) / TAIL))

    def joined(self, other: _Kernels) -> _Kernels:
        """Both mixtures."""
        return _Kernels(
            *(np.concatenate([getattr(k, n) for k in (self, other)]) for n in ("centre", "root", "origin"))
        )

    def trust(self, z: Array, weight: Array) -> Array:
        """The weight of the points shared among the kernels that could have drawn them, one a kernel."""
        total = np.zeros(len(self.centre))
        for block in np.array_split(np.arange(len(z)), max(z.size * len(total) // TOGETHER, 1)):
            total += weight[block] @ softmax(self.log_density(z[block]), axis=1)
        return total

    def mixture(self, z: Array, counts: Array) -> tuple[Array, Array]:
        """Logarithm of the density from which `counts` points a kernel are drawn, and the maximum nearest to each point."""
        total, origin = np.empty(len(z)), np.empty(len(z), dtype=int)
        for block in np.array_split(np.arange(len(z)), max(len(z) * len(counts) // TOGETHER, 1)):
            density = self.log_density(z[block])
            origin[block] = self.origin[density.argmax(axis=1)]
            total[block] = logsumexp(density, axis=1, b=counts)
        return total, origin


def sample(atlas: Atlas, peaks: Peaks, odds: Odds, maxima: Maxima, seed: int = 1) -> tuple[Cloud, Maxima]:
    """Draw the posterior; maxima that the points come upon join those given.

    Parameters
    ----------
    atlas, peaks, odds
        See :func:`femwgm.experiment.spectrum.assign.read`.
    maxima
        Where it is large; what lies around none of them is missed.
    seed
        Of the random numbers.
    """
    rng = np.random.default_rng(seed)
    if atlas.free.size == 0:
        z, weight, origin = np.zeros((1, 0)), np.ones(1), np.zeros(1, dtype=int)
        labels = _Values(atlas, peaks, odds, z, origin).labels(weight)
        return Cloud(_place(atlas, z), weight, origin, labels, 1.0), maxima
    kernels = _along_the_valleys(atlas, peaks, maxima, 0, rng)
    counts = np.full(len(kernels.centre), FIRST)
    z = kernels.draw(counts, rng)
    for turn in range(DRAWS):
        spread, origin = kernels.mixture(z, counts)
        values = _Values(atlas, peaks, odds, z, origin)
        weight = softmax(values.log_posterior - spread)
        effective = float(1.0 / (weight**2).sum())
        if effective > ENOUGH or turn == DRAWS - 1:
            break
        # A point of great weight lies where no kernel does: give it its own, and the maximum below it too.
        heavy = np.argsort(-weight)[:HEAVY]
        heavy = heavy[weight[heavy] > 10.0 / len(z)]
        if heavy.size:
            x = _place(atlas, z[heavy])
            fresh = settle(atlas, peaks, odds, x, peaks.error_nm).unlike(maxima)
            own = _kernels_at(atlas, peaks, x, modes_at(atlas, peaks, odds, x), origin[heavy])
            kernels = kernels.joined(own)
            if len(fresh):
                kernels = kernels.joined(_along_the_valleys(atlas, peaks, fresh, len(maxima), rng))
                maxima = maxima.followed_by(fresh)
        counts = np.append(counts, np.zeros(len(kernels.centre) - len(counts), dtype=int))
        # Each point speaks for the kernels that could have drawn it.
        trust = kernels.trust(z, np.minimum(weight, 10.0 * weight.mean()))
        drawn = rng.multinomial(POINTS, 0.8 * trust / trust.sum() + 0.2 / len(trust))
        z, counts = np.concatenate([z, kernels.draw(drawn, rng)]), counts + drawn
    return Cloud(_place(atlas, z), weight, origin, values.labels(weight), effective), maxima


def _place(atlas: Atlas, z: Array) -> Array:
    """Parameters from deviations of the prior."""
    x = np.tile(atlas.prior.mean, (len(z), 1))
    x[:, atlas.free] += z * atlas.prior.deviation[atlas.free]
    return x


def _along_the_valleys(
    atlas: Atlas, peaks: Peaks, maxima: Maxima, first: int, rng: np.random.Generator
) -> _Kernels:
    """Kernels on the floor of the valley through each maximum: drawn along it, then moved across it to the best fit."""
    d, each = atlas.free.size, int(np.clip(KERNELS // len(maxima), *EACH))
    x, mode, origin = (np.repeat(v, each, axis=0) for v in (maxima.x, maxima.mode, np.arange(len(maxima))))
    values, vectors = np.linalg.eigh(fixed_terms(atlas, peaks, x, mode)[2])
    cloud = norm.ppf(qmc.Halton(d, seed=rng).random(each))
    cloud[0] = 0.0
    wide = values < WIDE
    along = np.tile(cloud, (len(maxima), 1)) * np.where(wide, 1.1 / np.sqrt(values), 0.0)
    deviation = atlas.prior.deviation[atlas.free]
    x[:, atlas.free] += np.einsum("kde,ke->kd", vectors, along) * deviation
    for _ in range(FLOOR_STEPS):
        _, gradient, hessian = fixed_terms(atlas, peaks, x, mode)
        own = np.swapaxes(vectors, 1, 2) @ hessian @ vectors
        slope = np.where(wide, 0.0, np.einsum("kde,kd->ke", vectors, gradient))
        across = np.where(wide[:, :, None] | wide[:, None, :], np.eye(d), own)
        down = np.linalg.solve(across, slope[:, :, None])[:, :, 0]
        x[:, atlas.free] += np.einsum("kde,ke->kd", vectors, down) * deviation
    return _kernels_at(atlas, peaks, x, mode, first + origin)


def _kernels_at(atlas: Atlas, peaks: Peaks, x: Array, mode: Array, origin: Array) -> _Kernels:
    """Kernels with the shape that the posterior has at points of given matchings: shorter along its wide directions."""
    values, vectors = np.linalg.eigh(fixed_terms(atlas, peaks, x, mode)[2])
    wide = values < WIDE
    share = np.array(BANDWIDTH)[wide.sum(axis=1)][:, None]
    precision = (vectors * (values / np.where(wide, share, BLUNTED) ** 2)[:, None, :]) @ np.swapaxes(
        vectors, 1, 2
    )
    z = (x - atlas.prior.mean)[:, atlas.free] / atlas.prior.deviation[atlas.free]
    kept = (z**2).sum(axis=1) <= (1.1 * REACH) ** 2
    return _Kernels(z[kept], np.linalg.cholesky(precision[kept]), origin[kept])


class _Values:
    """The posterior at points, and what each peak is there.

    Attributes
    ----------
    log_posterior
        Its logarithm up to a constant, one a point.
    """

    def __init__(self, atlas: Atlas, peaks: Peaks, odds: Odds, z: Array, origin: Array) -> None:
        self.shape = int(origin.max()) + 1, len(peaks), len(atlas.labels) + 1
        self.log_posterior = -0.5 * (z**2).sum(axis=1)
        self._parts: list[tuple[int, Array, Array, Array, Array]] = []
        x = _place(atlas, z)
        for maximum in np.unique(origin):
            points = np.flatnonzero(origin == maximum)
            index = atlas.near(x[points], peaks.wavelength_nm[0], peaks.wavelength_nm[-1])
            for block in np.array_split(points, max(points.size * len(peaks) * index.size // TOGETHER, 1)):
                value, peak, mode, chance = _matched(atlas, peaks, odds, x[block], index)
                self.log_posterior[block] += value
                self._parts.append((int(maximum), block, peak, mode, chance))
        self.log_posterior[(z**2).sum(axis=1) > (1.15 * REACH) ** 2] = -np.inf

    def labels(self, weight: Array) -> Array:
        """See :class:`Cloud`."""
        total = np.zeros(self.shape)
        for maximum, block, peak, mode, chance in self._parts:
            np.add.at(total[maximum], (peak, mode), weight[block] @ chance)
            total[maximum, :, -1] += weight[block].sum()
        total[:, :, -1] -= total[:, :, :-1].sum(axis=2)
        return total


def _matched(
    atlas: Atlas, peaks: Peaks, odds: Odds, x: Array, index: Array
) -> tuple[Array, Array, Array, Array]:
    """Log likelihood summed over all matchings; peaks and modes of the pairs that matter, and the probability of each."""
    lines, labels = atlas.wavelengths(x, index), atlas.labels.take(index)
    gains, missed, _ = pair_gains(peaks, lines, labels, odds, peaks.error_nm)
    peak, mode = np.nonzero(gains.max(axis=0) > LEAST_GAIN)
    value = missed.sum(axis=1)
    if not peak.size:
        return value, peak, mode, np.zeros((len(x), 0))
    total, chance = all_matchings(gains[:, peak, mode], peak, mode)
    value = value + total
    if np.isfinite(peaks.width_nm).any():
        # A mode under the line of a peak that is another's is not missed.
        whole = np.zeros((len(x), len(peaks), len(labels)))
        whole[:, peak, mode] = chance
        other = whole.sum(axis=2, keepdims=True) - whole
        hidden = np.where(under_a_line(peaks, lines), other, 0.0).max(axis=1)
        free = hidden * (1.0 - whole.sum(axis=1))
        value = value + np.log1p(free * np.expm1(-missed)).sum(axis=1)
    return value, peak, index[mode], chance
