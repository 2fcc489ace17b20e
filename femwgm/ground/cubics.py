"""Curves of piecewise cubics through points: smooth splines, and monotone ones without overshoot.

SciPy has the same interpolants (`CubicSpline`, `PchipInterpolator`), but their import takes a third of a second, as long as many
a run; a test compares the two.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from femwgm.ground.typing import RealArray

Numbers = RealArray | Sequence[float]


@dataclass(frozen=True)
class Cubics:
    """Cubics between ascending points x.

    Attributes
    ----------
    x
        The points (n,).
    c
        Coefficients, shape (4, n - 1, ...), the highest power of the distance from the lower point first.
    """

    x: RealArray
    c: RealArray

    def __call__(self, where: RealArray, derivative: int = 0) -> RealArray:
        """Values or derivatives at positions (m,), shape (m, ...); the first and the last cubic go on beyond the points."""
        i = np.clip(np.searchsorted(self.x, where, side="right") - 1, 0, len(self.x) - 2)
        t = (where - self.x[i]).reshape(-1, *(1,) * (self.c.ndim - 2))
        a, b, c, d = self.c[:, i]
        return np.asarray(
            (((a * t + b) * t + c) * t + d, (3.0 * a * t + 2.0 * b) * t + c, 6.0 * a * t + 2.0 * b)[
                derivative
            ]
        )


def spline(x: Numbers, y: RealArray, first: RealArray | None = None, last: RealArray | None = None) -> Cubics:
    """The spline through y (n, ...) at x (n,): continuous in two derivatives, of given slopes at the ends or straight there."""
    from scipy.linalg import solve_banded

    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    h = np.diff(x).reshape(-1, *(1,) * (y.ndim - 1))
    rise, step = np.diff(y, axis=0) / h, np.diff(x)
    band, right = np.zeros((3, len(x))), np.empty_like(y)
    band[0, 2:], band[1, 1:-1], band[2, :-2] = step[:-1], 2.0 * (step[:-1] + step[1:]), step[1:]
    right[1:-1] = 3.0 * (h[1:] * rise[:-1] + h[:-1] * rise[1:])
    band[1, [0, -1]] = [2.0 if slope is None else 1.0 for slope in (first, last)]
    band[0, 1], band[2, -2] = float(first is None), float(last is None)
    right[0] = 3.0 * rise[0] if first is None else first
    right[-1] = 3.0 * rise[-1] if last is None else last
    return _hermite(x, y, rise, solve_banded((1, 1), band, right))


def monotone(x: Numbers, y: Numbers) -> Cubics:
    """Cubics through y (n,) at x (n,) that rise and fall with the points alone, without a jump in slope.

    The slope at a point is a weighted harmonic mean of those beside it, zero at an extremum (Fritsch and Butland, SIAM J. Sci.
    Stat. Comput. 5, 300 (1984)).
    """
    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    h = np.diff(x)
    rise = np.diff(y) / h
    slope = np.empty_like(x)
    slope[[0, -1]] = rise[[0, -1]] if len(x) == 2 else (_at_end(h, rise), _at_end(h[::-1], rise[::-1]))
    before, after = rise[:-1], rise[1:]
    w, v = 2.0 * h[1:] + h[:-1], h[1:] + 2.0 * h[:-1]
    same = before * after > 0.0
    mean = (w + v) / (w / np.where(same, before, 1.0) + v / np.where(same, after, 1.0))
    slope[1:-1] = np.where(same, mean, 0.0)
    return _hermite(x, y, rise, slope)


def _at_end(h: RealArray, rise: RealArray) -> float:
    """Slope at the first point: that of a parabola through three points, unless it would overshoot."""
    slope = ((2.0 * h[0] + h[1]) * rise[0] - h[0] * rise[1]) / (h[0] + h[1])
    if slope * rise[0] <= 0.0:
        return 0.0
    turns = rise[0] * rise[1] <= 0.0 and abs(slope) > 3.0 * abs(rise[0])
    return float(3.0 * rise[0] if turns else slope)


def _hermite(x: RealArray, y: RealArray, rise: RealArray, slope: RealArray) -> Cubics:
    h = np.diff(x).reshape(-1, *(1,) * (y.ndim - 1))
    bend = (slope[:-1] + slope[1:] - 2.0 * rise) / h
    return Cubics(x, np.stack([bend / h, (rise - slope[:-1]) / h - bend, slope[:-1], y[:-1]]))
