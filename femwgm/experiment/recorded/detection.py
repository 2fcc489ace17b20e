"""Where lines are: filters of several widths over what no line explains yet, with a threshold that states its false alarms.

Noise alone passes a filter's threshold u at a rate that Rice's formula gives, sqrt(-rho'') / (2 pi) exp(-u^2 / 2) a point, rho
being the filter's autocorrelation. Summed over the filters it sets u for the number of false lines allowed in a spectrum.
"""

from __future__ import annotations

import numpy as np
from scipy.signal import fftconvolve, find_peaks

from femwgm.ground.typing import Array

RATIO = 1.6
"""From one filter to the next wider one."""


def filter_widths(narrowest: float, widest: float) -> Array:
    """Full widths (points) of the filters."""
    count = max(int(np.ceil(np.log(max(widest / narrowest, 1.0)) / np.log(RATIO))), 0) + 1
    return np.asarray(narrowest * RATIO ** np.arange(count))


def threshold(points: int, widths: Array, false_alarms: float) -> float:
    """Standard deviations above which noise alone gives so many lines in a spectrum, on average."""
    sd = widths / 2.3548
    rate = (points / (2.0 * np.pi * np.sqrt(2.0) * sd)).sum()
    return float(np.sqrt(2.0 * np.log(max(rate / false_alarms, 1.0001))))


def candidates(
    rest: Array, variance: Array, used: Array, widths: Array, least: float
) -> list[tuple[int, float, float]]:
    """Maxima of the filtered spectrum as (point, full width in points, signal over noise), the strongest first, none close by.

    Parameters
    ----------
    rest, variance
        Counts beyond the model, and their variance.
    used
        Points that count.
    widths
        Of the filters (points).
    least
        Signal over noise from which a maximum counts.
    """
    weight = np.where(used, 1.0 / variance, 0.0)
    signal = np.where(used, rest, 0.0) * weight
    maps = np.empty((widths.size, rest.size))
    for i, width in enumerate(widths):
        sd = width / 2.3548
        reach = int(np.ceil(4.0 * sd))
        kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sd) ** 2)
        below = fftconvolve(weight, kernel**2, mode="same")
        # A line of which less than a third is recorded says nothing.
        full = fftconvolve(np.ones(rest.size), kernel**2, mode="same")
        seen = fftconvolve(used.astype(float), kernel**2, mode="same") / full
        maps[i] = np.where(
            seen > 0.33, fftconvolve(signal, kernel, mode="same") / np.sqrt(np.maximum(below, 1e-300)), 0.0
        )
    best = maps.max(axis=0)
    tops, _ = find_peaks(np.concatenate([[0.0], best, [0.0]]), height=least)
    tops = tops - 1
    kept: list[tuple[int, float, float]] = []
    for i in tops[np.argsort(-best[tops])]:
        width = float(widths[maps[:, i].argmax()])
        if all(abs(int(i) - j) > 0.8 * max(width, w) for j, w, _ in kept):
            kept.append((int(i), width, float(best[i])))
    return kept
