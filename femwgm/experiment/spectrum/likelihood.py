"""How probable a set of peaks is, given a comb of lines: matched, missed and spurious, as one Poisson-style likelihood.

A mode shows up with probability p (less for higher radial orders), and then at its wavelength plus a Gaussian error. Peaks of no
mode fall anywhere in the spectrum at a small rate s per nm. For peaks i matched to modes j,

    log L = sum over matches log [p_j N(r_ij; sigma_i)] + sum over missed modes log (1 - p_j) + sum over spurious peaks log s,

which is a sum over pairs up to a constant, so that the best matching is a linear assignment problem. A mode hidden under the line
of a matched peak does not count as missed, nor does one outside the range of the peaks.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment

from femwgm.experiment.spectrum.lines import Labels
from femwgm.experiment.spectrum.peaks import Peaks
from femwgm.ground.typing import Array

__all__ = ["Matching", "Odds", "best_matching", "pair_gains"]


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


def best_matching(
    peaks: Peaks, wavelength_nm: Array, labels: Labels, odds: Odds, sigma_nm: Array
) -> Matching:
    """The matching of highest likelihood, one mode to a peak at most."""
    gains, missed, spurious = pair_gains(peaks, wavelength_nm, labels, odds, sigma_nm)
    rows, columns = linear_sum_assignment(np.maximum(gains, 0.0), maximize=True)
    mode = np.full(len(peaks), -1)
    for i, j in zip(rows, columns, strict=True):
        if gains[i, j] > 0.0:
            mode[i] = j
    matched = mode >= 0
    absent = np.ones(len(labels), dtype=bool)
    absent[mode[matched]] = False
    absent &= missed < 0.0
    hidden = absent & _under_a_line(peaks, wavelength_nm, matched)
    value = (
        missed.sum()
        + spurious.sum()
        + gains[np.flatnonzero(matched), mode[matched]].sum()
        - missed[hidden].sum()
    )
    return Matching(mode, float(value), np.flatnonzero(absent & ~hidden))


def _under_a_line(peaks: Peaks, wavelength_nm: Array, matched: Array) -> Array:
    """Modes within 0.6 widths of a matched peak: two lines that close are seen as one."""
    width = np.where(np.isfinite(peaks.width_nm), peaks.width_nm, 0.0)[:, None]
    near = np.abs(peaks.wavelength_nm[:, None] - wavelength_nm) < 0.6 * width
    return np.asarray((near & matched[:, None]).any(axis=0))
