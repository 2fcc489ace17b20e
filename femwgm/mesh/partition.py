"""Where to cut an interval into cells: equal errors, judged by the complex action of the wave (WKB).

Along a coordinate the field behaves like exp(-S) with the action S = integral of kappa, complex: real where it decays, imaginary
where it oscillates. The k-th Chebyshev coefficient of exp(-S) over a cell where S grows by dS is 2 exp(-dS/2) I_k(dS/2), and an
eigenvalue's error is its square; the amplitude at the start of the cell weighs it.
"""

from __future__ import annotations

import numpy as np
from scipy.special import ive

from femwgm.typing import Array


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

    def error(self, i: int, j: int, degree: int) -> float:
        """Error indicator of one cell between the samples i and j."""
        half = 0.5 * (self.S[:, j] - self.S[:, i])
        peak = self.amplitude[:, i : j + 1].max(axis=1)
        return float((2.0 * peak * np.abs(ive(degree, half))).max())

    def partition(self, lo: float, hi: float, degree: int, limit: float, most: int = 400) -> list[float]:
        """Ends of the fewest cells from lo to hi whose indicators stay below `limit`, evened out (both ends included)."""
        i, j = np.searchsorted(self.x, lo * (1 + 1e-14)), np.searchsorted(self.x, hi * (1 - 1e-14))
        i, j = max(int(i) - (self.x[min(int(i), len(self.x) - 1)] > lo), 0), min(int(j), len(self.x) - 1)
        cuts = self._march(i, j, degree, limit, most)
        low, high = 0.0, limit
        for _ in range(12):
            trial = 0.5 * (low + high)
            attempt = self._march(i, j, degree, trial, most)
            if len(attempt) == len(cuts):
                high, cuts = trial, attempt
            else:
                low = trial
        return [lo, *(float(self.x[c]) for c in cuts[1:-1]), hi]

    def _march(self, i: int, j: int, degree: int, limit: float, most: int) -> list[int]:
        cuts = [i]
        while cuts[-1] < j and len(cuts) < most:
            a, b = cuts[-1] + 1, j
            if self.error(cuts[-1], b, degree) > limit:
                while b - a > 1:
                    middle = (a + b) // 2
                    if self.error(cuts[-1], middle, degree) > limit:
                        b = middle
                    else:
                        a = middle
                b = a
            cuts.append(b)
        cuts[-1] = j
        return cuts
