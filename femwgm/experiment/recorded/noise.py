"""What lies under the lines, a smooth baseline, and how much it scatters.

The baseline is a cubic spline through the points that no line lifts; how fine its knots are the points decide themselves. The
scatter of counts grows with their square root; its size is measured, since counts are seldom photons: variance = r^2 + g * level.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.interpolate import BSpline
from scipy.optimize import nnls
from scipy.special import erfinv

from femwgm.ground.typing import Array

PIECES = (2, 4, 6, 9, 13, 19, 28, 42)
"""Numbers of pieces that are tried."""
LIFTED = 3.0
"""Standard deviations above the baseline from which a point counts as lifted by a line."""
_MAD = float(1.0 / (np.sqrt(2.0) * erfinv(0.5)))


@dataclass(frozen=True)
class Noise:
    """Variance of a point: `floor` + `gain` * level.

    Attributes
    ----------
    floor
        Variance without light.
    gain
        Variance per count, 1 where counts are photons.
    """

    floor: float
    gain: float

    def variance(self, level: Array) -> Array:
        """Variance at an expected number of counts."""
        return np.asarray(
            np.maximum(
                self.floor + self.gain * np.maximum(level, 0.0), 1e-12 * (1.0 + np.abs(level).max()) ** 2
            )
        )


@dataclass(frozen=True)
class Baseline:
    """A cubic spline under the lines.

    Attributes
    ----------
    basis
        Its B-splines at the points, shape (points, pieces + 3).
    coefficients
        Their coefficients.
    clear
        Whether each point is free of lines.
    piece_nm
        Length of a piece (nm).
    """

    basis: Array
    coefficients: Array
    clear: Array
    piece_nm: float

    @property
    def level(self) -> Array:
        """Counts at each point."""
        return np.asarray(self.basis @ self.coefficients)


def spline_basis(x: Array, pieces: int) -> Array:
    """Cubic B-splines over equal pieces, at the points."""
    lo, hi = float(x[0]), float(x[-1])
    inner = np.linspace(lo, hi, pieces + 1)
    knots = np.concatenate([[lo] * 3, inner, [hi] * 3])
    return np.asarray(BSpline.design_matrix(np.clip(x, lo, hi), knots, 3).toarray())


def baseline(x: Array, y: Array, used: Array, shortest_nm: float, length_nm: float | None = None) -> Baseline:
    """Baseline of a spectrum.

    Parameters
    ----------
    x, y
        Wavelengths (nm) and counts.
    used
        Points that count.
    shortest_nm
        Shortest piece allowed: several line widths.
    length_nm
        Length of a piece, where it is given.
    """
    span = float(x[-1] - x[0])
    most = max(int(span / shortest_nm), PIECES[0])
    choices = [n for n in PIECES if n <= most] or [PIECES[0]]
    if length_nm is not None:
        choices = [max(round(span / length_nm), 1)]
    fits = [_under(x, y, used, n) for n in choices]
    clear = fits[-1].clear
    scores = []
    for n, fit in zip(choices, fits, strict=True):
        # One set of points for all, fitted anew, so that the scores can be compared.
        coefficients = np.linalg.lstsq(fit.basis[clear], y[clear], rcond=None)[0]
        rest = y[clear] - fit.basis[clear] @ coefficients
        scores.append(clear.sum() * np.log(np.mean(rest**2) + 1e-300) + (n + 3) * np.log(clear.sum()))
    return fits[int(np.argmin(scores))]


def _under(x: Array, y: Array, used: Array, pieces: int) -> Baseline:
    """A spline that points above it stop to lift."""
    basis = spline_basis(x, pieces)
    clear = used.copy()
    for _ in range(40):
        coefficients = np.linalg.lstsq(basis[clear], y[clear], rcond=None)[0]
        rest = y - basis @ coefficients
        below = rest[used & (rest < 0.0)]
        scatter = _MAD * float(np.median(-below)) if below.size else 0.0
        new = used & (rest < LIFTED * scatter)
        if new.sum() < basis.shape[1] + 5 or (new == clear).all():
            break
        clear = new
    return Baseline(basis, coefficients, clear, float(x[-1] - x[0]) / pieces)


def noise(y: Array, level: Array, clear: Array, lines: Array | float = 0.0) -> Noise:
    """Scatter of the points, from each one's distance to the mean of its neighbours.

    Parameters
    ----------
    y
        Counts.
    level
        Expected counts.
    clear
        Points that count: those without lines, or all once the lines are part of what is expected.
    lines
        Counts of the lines, part of the level, that are taken off first.
    """
    y = y - lines
    whole = clear[1:-1] & clear[:-2] & clear[2:]
    apart = (y[1:-1] - 0.5 * (y[:-2] + y[2:]))[whole] / np.sqrt(1.5)
    at = np.maximum(level[1:-1][whole], 0.0)
    if apart.size < 24:
        apart, at = (y - level)[clear], np.maximum(level[clear], 0.0)
    bins = np.array_split(np.argsort(at), int(np.clip(apart.size // 60, 1, 8)))
    mean = np.array([at[i].mean() for i in bins])
    variance = np.array([_clipped_variance(apart[i]) for i in bins])
    if mean.max() > 0.0:
        # Weights from the measured variances themselves would favour bins that happen to scatter little.
        size = np.array([len(i) for i in bins])
        gain = float((size @ variance) / (size @ mean))
        sure = np.sqrt(size) / np.maximum(gain * mean, 1e-3 * gain * mean.max())
        # A variance from n differences of neighbours has a relative error of 2 / sqrt(n).
        misfit = float((((variance - gain * mean) * sure / 2.0) ** 2).sum())
        if misfit < len(bins) + 4.0 * np.sqrt(2.0 * len(bins)):
            return Noise(0.0, gain)
        both = nnls(np.column_stack([sure, sure * mean]), sure * variance)[0]
        return Noise(float(both[0]), float(both[1]))
    return Noise(float(np.median(variance)), 0.0)


def _clipped_variance(values: Array) -> float:
    """Mean square without what lies four standard deviations out."""
    scatter = _MAD * float(np.median(np.abs(values)))
    return (
        float(np.mean(values[np.abs(values) <= 4.0 * scatter] ** 2))
        if scatter > 0.0
        else float(np.mean(values**2))
    )
