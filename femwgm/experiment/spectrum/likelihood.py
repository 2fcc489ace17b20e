"""How probable a set of peaks is, given a comb of lines: matched, missed and spurious, as one Poisson-style likelihood.

A mode shows up with probability p (less for higher radial orders), and then at its wavelength plus a Gaussian error. Peaks of no
mode fall anywhere in the spectrum at a small rate s per nm. For peaks i matched to modes j,

    log L = sum over matches log [p_j N(r_ij; sigma_i)] + sum over missed modes log (1 - p_j) + sum over spurious peaks log s,

which is a sum over pairs up to a constant, so that the best matching is a linear assignment problem. A mode hidden under the line
of a matched peak does not count as missed, nor does one outside the range of the peaks.

What the peaks say of the sphere is the sum over all matchings, the partition function of monomers and dimers on the graph of
pairs. Belief propagation gives it, and the probability of each pair: exactly where no two peaks compete for the same two modes
(the graph has no loop), and by Bethe's approximation elsewhere (Bayati et al., ACM STOC 2007).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment

from femwgm.experiment.spectrum.lines import Labels
from femwgm.experiment.spectrum.peaks import Peaks
from femwgm.ground.typing import Array

LARGEST = 60.0
"""Logarithm at which the weight of a pair is cut off."""
SWEEPS = 8
"""Rounds of belief propagation; a chain of n peaks and modes that compete needs n."""


@dataclass(frozen=True)
class Odds:
    """What is expected of a spectrum before it is looked at.

    Attributes
    ----------
    detected
        Probability that a mode of radial order 1 in the range of the peaks is among them.
    higher
        The same for q = 2; each further order has half of the one before.
    spurious
        Expected share of peaks that belong to no mode.
    polarization
        Probability that a stated polarization is right.
    """

    detected: float = 0.8
    higher: float = 0.3
    spurious: float = 0.1
    polarization: float = 0.97

    def of_order(self, q: Array) -> Array:
        """Probability to see a mode of radial order q."""
        return np.where(q <= 1, self.detected, self.higher * 0.5 ** np.maximum(q - 2.0, 0.0))


@dataclass(frozen=True)
class Matching:
    """Which mode each peak is.

    Attributes
    ----------
    mode
        Index of the mode for each peak, -1 for a spurious one.
    log_likelihood
        log L of the matching.
    missed
        Indices of the modes that should have been seen and were not.
    """

    mode: Array
    log_likelihood: float
    missed: Array


def pair_gains(
    peaks: Peaks, wavelength_nm: Array, labels: Labels, odds: Odds, sigma_nm: Array
) -> tuple[Array, Array, Array]:
    """Gain in log L of each pair over "spurious and missed", and what the unmatched cost.

    Parameters
    ----------
    peaks
        The peaks.
    wavelength_nm
        Lines of the modes, shape (..., modes).
    labels
        Their labels.
    odds
        See :class:`Odds`.
    sigma_nm
        Standard error of each peak (nm).

    Returns
    -------
    gains
        Shape (..., peaks, modes).
    cost_missed
        log(1 - p) of each mode within the range of the peaks, 0 outside, shape (..., modes).
    cost_spurious
        log s of each peak.
    """
    seen = odds.of_order(labels.q)
    edge = 3.0 * sigma_nm.max() + 1e-9
    lo, hi = peaks.wavelength_nm[0] - edge, peaks.wavelength_nm[-1] + edge
    rate = odds.spurious * len(peaks) / (hi - lo + 1.0)
    cost_spurious = np.log(rate) + _weakness(peaks)
    inside = (wavelength_nm >= lo) & (wavelength_nm <= hi)
    cost_missed = np.where(inside, np.log1p(-seen), 0.0)
    away = (peaks.wavelength_nm[:, None] - wavelength_nm[..., None, :]) / sigma_nm[:, None]
    normal = -0.5 * away**2 - np.log(np.sqrt(2.0 * np.pi) * sigma_nm)[:, None]
    gains = (
        np.log(seen)
        + normal
        + _agreement(peaks, labels, odds)
        - cost_missed[..., None, :]
        - cost_spurious[:, None]
    )
    return gains, cost_missed, cost_spurious


def _weakness(peaks: Peaks) -> Array:
    """Low peaks are more likely to be spurious than high ones: half a power of the height, at most a factor of three."""
    known = np.isfinite(peaks.height)
    if not known.any():
        return np.zeros(len(peaks))
    ratio = np.where(known, peaks.height, np.nan) / np.nanmedian(peaks.height)
    return np.where(known, -0.5 * np.clip(np.log(ratio), -2.2, 2.2), 0.0)


def _agreement(peaks: Peaks, labels: Labels, odds: Odds) -> Array:
    """log probability of the stated polarization, 0 where none is stated; shape (peaks, modes)."""
    stated = np.array([{"TE": 0, "TM": 1}.get(pol, -1) for pol in peaks.pol])[:, None]
    right = stated == labels.tm.astype(int)
    return np.where(stated < 0, 0.0, np.where(right, np.log(odds.polarization), np.log1p(-odds.polarization)))


class Neighbours:
    """The lines next to each peak, two of each polarization and radial order: all that a peak can be in a comb.

    Parameters
    ----------
    peaks, odds, sigma_nm
        See :func:`pair_gains`.
    labels
        Modes, ascending in l without gaps within each polarization and radial order.
    """

    def __init__(self, peaks: Peaks, labels: Labels, odds: Odds, sigma_nm: Array) -> None:
        self.peaks, self.sigma = peaks, sigma_nm
        edge = 3.0 * sigma_nm.max() + 1e-9
        self.lo, self.hi = peaks.wavelength_nm[0] - edge, peaks.wavelength_nm[-1] + edge
        at_middle = np.full(len(labels), 0.5 * (self.lo + self.hi))
        gains, self.missed, _ = pair_gains(peaks, at_middle, labels, odds, sigma_nm)
        away = (peaks.wavelength_nm - at_middle[0]) / sigma_nm
        self.own = gains + (0.5 * away**2)[:, None] + self.missed
        change = np.flatnonzero((np.diff(labels.tm.astype(int)) != 0) | (np.diff(labels.q) != 0))
        self.groups = np.split(np.arange(len(labels)), change + 1)

    def __call__(self, lines: Array) -> tuple[Array, Array, Array]:
        """Neighbours at lines of shape (points, modes).

        Returns
        -------
        mode, gains
            Indices and gains, shape (points, peaks, neighbours).
        missed
            Sum of log(1 - p) of the modes in the range of the peaks, one a point.
        """
        mode = np.concatenate([self._beside(lines, group) for group in self.groups if group.size], axis=2)
        inside = (lines >= self.lo) & (lines <= self.hi)
        missed = np.where(inside, self.missed, 0.0)
        flat = mode.reshape(len(lines), -1)
        there = np.take_along_axis(lines, flat, axis=1).reshape(mode.shape)
        unseen = np.take_along_axis(missed, flat, axis=1).reshape(mode.shape)
        away = (self.peaks.wavelength_nm[:, None] - there) / self.sigma[:, None]
        own = np.take_along_axis(self.own[None], mode, axis=2)
        return mode, own - 0.5 * away**2 - unseen, missed.sum(axis=1)

    def _beside(self, lines: Array, group: Array) -> Array:
        """The lines of one polarization and order on both sides of each peak: wavenumbers are all but even in l."""
        if group.size == 1:
            return np.full((len(lines), len(self.peaks), 1), group[0])
        k, wanted = 1.0 / lines[:, group], 1.0 / self.peaks.wavelength_nm
        first, last, half = k[:, :1], k[:, -1:], group.size // 2
        share = (wanted - first) / (last - first)
        bend = (k[:, half : half + 1] - first) / (last - first) - half / (group.size - 1)
        place = (group.size - 1) * (share - 4.0 * bend * share * (1.0 - share))
        below = np.clip(np.floor(place), 0, group.size - 2).astype(int)
        return group[np.stack([below, below + 1], axis=2)]


def all_matchings(gains: Array, peak: Array, mode: Array) -> tuple[Array, Array]:
    """Logarithm of the sum over all matchings of exp(gains of their pairs), and the probability of each pair.

    Parameters
    ----------
    gains
        Shape (points, pairs).
    peak, mode
        Ends of each pair.
    """
    weight = np.exp(np.minimum(gains, LARGEST))
    of_peak, of_mode = _Bundles(peak), _Bundles(mode)
    to_peak = np.ones_like(weight)
    for _ in range(SWEEPS):
        offered = weight * to_peak
        to_mode = 1.0 / (1.0 + np.maximum(of_peak.spread(of_peak.sums(offered)) - offered, 0.0))
        asked = weight * to_mode
        to_peak = 1.0 / (1.0 + np.maximum(of_mode.spread(of_mode.sums(asked)) - asked, 0.0))
    pair = weight * to_mode * to_peak
    total = np.log1p(of_peak.sums(weight * to_peak)).sum(axis=1) + np.log1p(of_mode.sums(asked)).sum(axis=1)
    return total - np.log1p(pair).sum(axis=1), pair / (1.0 + pair)


class _Bundles:
    """Sums over the pairs that share an end."""

    def __init__(self, end: Array) -> None:
        self.order = np.argsort(end, kind="stable")
        _, self.start, self.inverse = np.unique(end[self.order], return_index=True, return_inverse=True)

    def sums(self, values: Array) -> Array:
        """One sum an end."""
        return np.add.reduceat(values[:, self.order], self.start, axis=1)

    def spread(self, sums: Array) -> Array:
        """The sum of its end for each pair."""
        result = np.empty((len(sums), len(self.order)))
        result[:, self.order] = sums[:, self.inverse]
        return result


def as_matched(
    peaks: Peaks, wavelength_nm: Array, labels: Labels, odds: Odds, sigma_nm: Array, mode: Array
) -> Matching:
    """A matching given by the mode of each peak (-1 for none): its likelihood, and the modes that it misses."""
    gains, missed, spurious = pair_gains(peaks, wavelength_nm, labels, odds, sigma_nm)
    matched = mode >= 0
    absent = np.ones(len(labels), dtype=bool)
    absent[mode[matched]] = False
    absent &= missed < 0.0
    hidden = absent & under_a_line(peaks, wavelength_nm)[matched].any(axis=0)
    pairs = gains[np.flatnonzero(matched), mode[matched]].sum()
    value = missed.sum() + spurious.sum() + pairs - missed[hidden].sum()
    return Matching(mode, float(value), np.flatnonzero(absent & ~hidden))


def likeliest(gains: Array) -> Array:
    """For each peak the mode, or -1, that makes the sum of gains (peaks, modes) largest, one peak to a mode at most."""
    rows, columns = linear_sum_assignment(np.maximum(gains, 0.0), maximize=True)
    mode = np.full(len(gains), -1)
    good = gains[rows, columns] > 0.0
    mode[rows[good]] = columns[good]
    return mode


def under_a_line(peaks: Peaks, wavelength_nm: Array) -> Array:
    """Modes within 0.6 widths of a peak, shape (..., peaks, modes): two lines that close are seen as one."""
    width = np.where(np.isfinite(peaks.width_nm), peaks.width_nm, 0.0)[:, None]
    return np.asarray(np.abs(peaks.wavelength_nm[:, None] - wavelength_nm[..., None, :]) < 0.6 * width)
