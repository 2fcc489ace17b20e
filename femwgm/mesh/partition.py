"""Where to cut an interval into cells: equal errors, judged by the complex action of the wave (WKB).

Along a coordinate the field behaves like exp(-S) with the action S = integral of kappa, complex: real where it decays, imaginary
where it oscillates. The k-th Chebyshev coefficient of exp(-S) over a cell where S grows by dS is 2 exp(-dS/2) I_k(dS/2), and an
eigenvalue's error is its square; the amplitude at the start of the cell weighs it.
"""

from __future__ import annotations

import numpy as np

from femwgm.ground.typing import Array

_ENDS = 120
"""Positions along an interval at which a cell may end."""
_EVENING_STEPS = 10


def log_chebyshev(degree: int, half: Array) -> Array:
    """log |2 exp(-Re z) I_k(z)| for z in the right half plane, by the uniform expansion for large orders (DLMF 10.41.3).

    Good to 1 / (12 k) away from z = i k, where a cell would hold a wave that its degree k does not resolve.

    >>> from scipy.special import ive
    >>> z = np.array([0.5 + 2.0j, 3.0, 4.0j])
    >>> bool(np.allclose(log_chebyshev(8, z), np.log(2.0 * abs(ive(8, z))), atol=0.03))
    True
    """
    z = half / degree
    root = np.sqrt(1.0 + z * z)
    eta = (root + np.log(z / (1.0 + root))).real
    return np.asarray(degree * (eta - z.real) - 0.5 * np.log(0.5 * np.pi * degree * np.abs(root)))


class Action:
    """Action and amplitude along a coordinate, sampled; several waves at once.

    Parameters
    ----------
    x
        Ascending samples, shape (n,).
    kappa
        Local complex wavenumber d S / d x with non-negative real part, shape (waves, n).
    amplitude
        Relative amplitude at the samples, shape (waves, n).
    """

    def __init__(self, x: Array, kappa: Array, amplitude: Array) -> None:
        self.x, self.amplitude = x, amplitude
        steps = 0.5 * (kappa[:, 1:] + kappa[:, :-1]) * np.diff(x)
        zero = np.zeros((len(kappa), 1), dtype=np.complex128)
        self.S = np.concatenate([zero, np.cumsum(steps, axis=1)], axis=1)

    def count(self, lo: float, hi: float, degree: int, limit: float) -> int:
        """Number of cells from lo to hi (as in `partition`)."""
        return len(self._interval(lo, hi, degree).march(limit)) - 1

    def partition(self, lo: float, hi: float, degree: int, limit: float) -> list[float]:
        """Ends of the fewest cells from lo to hi whose indicators stay below `limit`, evened out (both ends included)."""
        interval = self._interval(lo, hi, degree)
        cuts = interval.march(limit)
        low, high = 0.0, 1.0
        for _ in range(_EVENING_STEPS if len(cuts) > 2 else 0):
            trial = 0.5 * (low + high)
            attempt = interval.march(limit * trial)
            if len(attempt) == len(cuts):
                high, cuts = trial, attempt
            else:
                low = trial
        return [lo, *(float(interval.x[c]) for c in cuts[1:-1]), hi]

    def _interval(self, lo: float, hi: float, degree: int) -> _Interval:
        last = len(self.x) - 1
        i, j = (int(n) for n in np.searchsorted(self.x, [lo * (1 + 1e-14), hi * (1 - 1e-14)]))
        i, j = max(i - int(self.x[min(i, last)] > lo), 0), min(j, last)
        ends = np.unique(np.linspace(i, j, _ENDS).astype(int))
        return _Interval(self.x[ends], self.S[:, ends], self.amplitude[:, ends], degree)


class _Interval:
    """The indicators of all cells of an interval, row by row as they are asked for."""

    def __init__(self, x: Array, S: Array, amplitude: Array, degree: int) -> None:
        self.x, self.S, self.amplitude, self.degree = x, S, amplitude, degree
        self._rows: dict[int, Array] = {}

    def _row(self, start: int) -> Array:
        """Indicators of the cells that begin at a sample, by their end, ascending."""
        if start not in self._rows:
            half = 0.5 * (self.S[:, start + 1 :] - self.S[:, start : start + 1])
            peak = np.maximum.accumulate(self.amplitude[:, start:], axis=1)[:, 1:]
            error = np.log(peak + 1e-300) + log_chebyshev(self.degree, half)
            self._rows[start] = np.maximum.accumulate(error.max(axis=0))
        return self._rows[start]

    def march(self, limit: float) -> list[int]:
        """Samples where cells end, each cell as long as the limit allows but at least one sample."""
        cuts, last = [0], len(self.x) - 1
        while cuts[-1] < last:
            reach = int(np.searchsorted(self._row(cuts[-1]), np.log(limit), side="right"))
            cuts.append(cuts[-1] + max(reach, 1))
        return cuts
