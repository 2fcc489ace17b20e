"""Avoided crossings: lines pushed off the smooth curve of their family by a mode of another family."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from femwgm.experiment.combs.series import Series, taylor
from femwgm.ground.typing import Array

__all__ = ["Crossing", "smooth_series"]

_OFF = 8.0
"""Deviations from the curve, in robust standard deviations, from which a line counts as pushed."""
_FLOOR = 1e-9
"""No deviation below this share of the line spacing counts."""
_ROUNDS = 8
_REACH = 6


@dataclass(frozen=True)
class Crossing:
    """An avoided crossing of the family with another.

    Two modes with a detuning Delta = slope (mu - centre) and the coupling g have frequencies off by
    sgn(Delta) (sqrt(Delta^2/4 + g^2) - |Delta|/2); fitted to the lines off the curve.

    Attributes
    ----------
    mu
        Orders of the lines that are pushed.
    centre
        Order where the uncoupled lines would meet; None where there are too few lines to tell.
    coupling, coupling_error
        Coupling rate g (Hz), half of the least splitting, and its error from the fit.
    slope
        How fast the detuning changes (Hz per order).
    """

    mu: tuple[int, ...]
    centre: float | None = None
    coupling: float | None = None
    coupling_error: float | None = None
    slope: float | None = None


def smooth_series(
    mu: Array, f: Array, rounding: float, known: tuple[Array, Array] | None = None
) -> tuple[Series, list[Crossing]]:
    """The dispersion of a family from its undisturbed lines, and the crossings that disturb the others."""
    kept = np.ones(len(mu), dtype=bool)
    series = taylor(mu, f, rounding, kept, known)
    for _ in range(_ROUNDS):
        off = f - series.smooth
        centre = np.median(off[kept])
        spread = 1.4826 * float(np.median(np.abs(off[kept] - centre)))
        limit = max(_OFF * spread, _FLOOR * abs(series.D[0]), 3.0 * rounding)
        worst = kept & (np.abs(off - centre) > limit)
        now = kept & ~worst
        if not worst.any() or now.sum() < 0.6 * len(mu):
            break
        kept = now
        series = taylor(mu, f, rounding, kept, known)
    return series, [_fitted(mu, f - series.smooth, group) for group in _runs(~kept, mu)]


def _runs(off: Array, mu: Array) -> list[Array]:
    """Runs of lines off the curve, those at most two orders apart together."""
    where = np.flatnonzero(off)
    if not len(where):
        return []
    breaks = np.flatnonzero(np.diff(mu[where]) > 3) + 1
    return [np.asarray(part) for part in np.split(where, breaks)]


def _shift(mu: Array, centre: float, slope: float, g: float) -> Array:
    detuning = slope * (mu - centre)
    side = np.where(detuning >= 0.0, 1.0, -1.0)
    return np.asarray(side * (np.sqrt(0.25 * detuning**2 + g * g) - 0.5 * np.abs(detuning)))


def _fitted(mu: Array, off: Array, group: Array) -> Crossing:
    """The two-mode formula through the lines around a crossing."""
    from scipy.optimize import least_squares

    pushed = tuple(int(x) for x in mu[group])
    near = np.flatnonzero((mu >= mu[group[0]] - _REACH) & (mu <= mu[group[-1]] + _REACH))
    if len(near) < 5 or len(group) < 2:
        return Crossing(pushed)
    x, y = mu[near], off[near]
    largest = float(np.abs(y).max())
    best = None
    for centre in np.arange(mu[group[0]] - 0.5, mu[group[-1]] + 1.0, 0.5):
        for sign in (1.0, -1.0):
            trial = least_squares(
                lambda v: (_shift(x, v[0], v[1] * largest, v[2] * largest) - y) / largest, [centre, sign, 1.0]
            )
            if best is None or trial.cost < best.cost:
                best = trial
    assert best is not None
    centre, slope, g = best.x[0], best.x[1] * largest, abs(best.x[2]) * largest
    freedom = max(len(x) - 3, 1)
    covariance = np.linalg.pinv(best.jac.T @ best.jac) * 2.0 * best.cost / freedom
    return Crossing(pushed, float(centre), float(g), float(np.sqrt(covariance[2, 2])) * largest, float(slope))
