"""Avoided crossings: lines pushed off the smooth curve of their family by a mode of another family.

Two modes with a detuning Delta = slope (mu - centre) and the coupling rate g repel each other: the line of the family is off by
sgn(Delta) (sqrt(Delta^2/4 + g^2) - |Delta|/2). The curve of the family and the three numbers of a crossing are fitted at once,
so the far tails of the crossing are neither taken for dispersion nor lost.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.polynomial import chebyshev

from femwgm.experiment.combs.series import Series, taylor
from femwgm.ground.typing import Array

__all__ = ["Crossing", "smooth_series"]

_SPIKE = 30.0
"""A fourth difference of the lines this much larger than the median one, and than rounding, is the mark of a crossing."""
_FLOOR = 1e-9
"""No spike below this share of the line spacing counts."""
_MOST = 6
_SAME = 4.0
"""Orders within which two spikes belong to one crossing."""
_BETTER = 0.3
"""Share of the scatter that a fitted crossing must leave, to count as explained."""
_DEGREE = 10
_PUSHED = 0.1
"""Share of the largest push from which a line counts as pushed."""


@dataclass(frozen=True)
class Crossing:
    """An avoided crossing of the family with another.

    Attributes
    ----------
    mu
        Orders of the lines that are pushed.
    centre
        Order where the uncoupled lines would meet; None where no two modes explain the push.
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
    """The dispersion of a family without what its crossings do to it, and the crossings."""
    left, kept = f.copy(), np.ones(len(mu), dtype=bool)
    crossings: list[Crossing] = []
    while len(crossings) < _MOST:
        spike = _spike(mu, left, kept, rounding)
        if spike is None:
            break
        if any(c.centre is not None and abs(c.centre - spike) < _SAME for c in crossings):
            kept[np.abs(mu - spike) <= 2.0] = False  # what the fit of a crossing left
            continue
        found, push = _fitted(mu, left, kept, spike)
        if push is None:  # no two modes explain it: the lines there are left out
            kept[np.abs(mu - spike) <= 2.0] = False
            if kept.sum() < 0.6 * len(mu):
                break
        else:
            left = left - push
        crossings.append(found)
    return taylor(mu, left, rounding, kept, known), crossings


def _spike(mu: Array, f: Array, kept: Array, rounding: float) -> float | None:
    """Order of the largest fourth difference, if it is far above all the others."""
    if len(f) < 12:
        return None
    rough = np.abs(np.diff(f, 4))
    clear = np.array([kept[i : i + 5].all() for i in range(len(rough))])
    if not clear.any():
        return None
    rough = np.where(clear, rough, 0.0)
    spacing = abs(float(np.median(np.diff(f))))
    limit = max(_SPIKE * float(np.median(rough[clear])), _FLOOR * spacing, 100.0 * rounding)
    return float(mu[int(np.argmax(rough)) + 2]) if rough.max() > limit else None


def _push(mu: Array, centre: float, slope: float, g: float) -> Array:
    detuning = slope * (mu - centre)
    side = np.where(detuning >= 0.0, 1.0, -1.0)
    return np.asarray(side * (np.sqrt(0.25 * detuning**2 + g * g) - 0.5 * np.abs(detuning)))


def _fitted(mu: Array, f: Array, kept: Array, spike: float) -> tuple[Crossing, Array | None]:
    """The crossing next to an order and how far it pushes every line (Hz); None where the formula does not fit."""
    from scipy.optimize import least_squares

    x, y = mu[kept], f[kept] - f[kept].mean()
    V = np.linalg.qr(chebyshev.chebvander(x / np.abs(mu).max(), min(_DEGREE, len(x) // 3)))[0]

    def off_curve(values: Array) -> Array:
        return np.asarray(values - V @ (V.T @ values))

    bare = off_curve(y)
    size = float(np.abs(bare).max())
    best, sign = None, 1.0
    for side in (1.0, -1.0):
        for centre in (spike - 0.6, spike - 0.1, spike + 0.4):
            for slope in (1.5, 12.0):

                def miss(v: Array, side: float = side) -> Array:
                    return (
                        off_curve(y - _push(x, v[0], side * size * np.exp(v[1]), size * np.exp(v[2]))) / size
                    )

                trial = least_squares(
                    miss,
                    [centre, np.log(slope), np.log(2.0)],
                    x_scale=[0.3, 1.0, 1.0],
                    xtol=1e-12,
                    ftol=1e-14,
                )
                if best is None or trial.cost < best.cost:
                    best, sign = trial, side
    assert best is not None
    near = tuple(int(m) for m in mu[np.abs(mu - spike) <= 2.0])
    if np.linalg.norm(best.fun) * size > _BETTER * np.linalg.norm(bare):
        return Crossing(near), None
    centre, slope, g = best.x[0], sign * size * np.exp(best.x[1]), size * np.exp(best.x[2])
    covariance = np.linalg.pinv(best.jac.T @ best.jac) * 2.0 * best.cost / max(len(x) - V.shape[1] - 3, 1)
    push = _push(mu, centre, slope, g)
    pushed = tuple(int(m) for m in mu[np.abs(push) > _PUSHED * np.abs(push).max()])
    return Crossing(
        pushed, float(centre), float(g), float(np.sqrt(covariance[2, 2])) * size, float(slope)
    ), push
