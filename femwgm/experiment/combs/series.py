"""Taylor coefficients D1, D2, ... of the frequencies of a family, each with its error.

f(mu) = f0 + D1 mu + D2 mu^2/2 + D3 mu^3/6 + ... in cycles (Hz), mu the azimuthal order counted from the pumped line. The
coefficients are derivatives of the smooth curve through all lines, not differences of neighbouring ones: f(1) - 2 f(0) + f(-1)
is D2 + D4/12.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.polynomial import chebyshev

from femwgm.ground.typing import Array

MOST = 4
"""The highest coefficient that is stated."""
_DEGREES = range(4, 25, 2)
_ROOM = 1.25
"""Room for what a few orders do not tell of a shift between them."""
_GAIN = 0.7
"""A fit of two degrees more must bring the scatter below this share to be worth it."""


@dataclass(frozen=True)
class Series:
    """Coefficients D_k and their errors (Hz), k = 1, 2, ...; and the smooth curve itself at every line (Hz)."""

    D: tuple[float, ...]
    errors: tuple[float, ...]
    smooth: Array
    scatter: float

    def integrated(self, mu: Array, f: Array, f0: float) -> Array:
        """D_int = f - f0 - D1 mu (Hz)."""
        return f - f0 - self.D[0] * mu


def taylor(
    mu: Array, f: Array, rounding: float, kept: Array | None = None, known: tuple[Array, Array] | None = None
) -> Series:
    """Coefficients at mu = 0 from frequencies (Hz) at any orders.

    Parameters
    ----------
    mu, f
        Orders from the pumped line, and the frequencies.
    rounding
        Scatter of a frequency that comes from arithmetic alone (Hz).
    kept
        Which lines the curve goes through; all by default.
    known
        A few orders, and how far a richer solution lies there (Hz): a smooth curve, whose coefficients are errors of these.

    Notes
    -----
    The error of a coefficient is its change from the fit of two degrees fewer, the scatter of the lines carried through the fit,
    and the coefficient of `known`, added.
    """
    kept = np.ones(len(mu), dtype=bool) if kept is None else kept
    span = max(float(np.abs(mu).max()), 1.0)
    x = mu / span
    offset = float(f[np.argmin(np.abs(mu))])
    y = f - offset
    fits: list[tuple[Array, float, Array]] = []
    for degree in _DEGREES:
        if degree > kept.sum() - 2:
            break
        V = chebyshev.chebvander(x[kept], degree)
        c = np.linalg.lstsq(V, y[kept], rcond=None)[0]
        scatter = max(float(np.sqrt(np.mean((V @ c - y[kept]) ** 2))), rounding)
        fits.append((c, scatter, np.linalg.pinv(V)))
        if len(fits) > 2 and scatter > _GAIN * fits[-2][1] and fits[-2][1] > _GAIN * fits[-3][1]:
            break
    if len(fits) < 2:
        raise ValueError("a family of at least eight lines is needed for its dispersion")
    best = next(
        (i for i in range(1, len(fits)) if fits[i][1] > _GAIN * fits[i - 1][1]),
        len(fits) - 1,
    )
    c, scatter, inverse = fits[best]
    D, errors = [], []
    for k in range(1, MOST + 1):
        at = _derivative(len(c), k) / span**k
        fewer = fits[best - 1][0]
        change = abs(at @ c - _derivative(len(fewer), k) @ fewer / span**k)
        error = change + scatter * float(np.linalg.norm(at @ inverse))
        if known is not None:
            nodes, shift = known
            error += _ROOM * abs(_through(nodes / span, shift, k)) / span**k
        D.append(float(at @ c))
        errors.append(float(error))
    return Series(tuple(D), tuple(errors), offset + chebyshev.chebval(x, c), scatter)


def _derivative(size: int, k: int) -> Array:
    """The k-th derivative at 0 of each Chebyshev polynomial, shape (size,)."""
    return np.array(
        [chebyshev.chebval(0.0, chebyshev.chebder(unit, k)) if k < size else 0.0 for unit in np.eye(size)]
    )


def _through(x: Array, y: Array, k: int) -> float:
    """The k-th derivative at 0 of the polynomial through a few points."""
    c = chebyshev.chebfit(x, y, len(x) - 1)
    return float(_derivative(len(c), k) @ c)
