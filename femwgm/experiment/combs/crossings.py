"""Avoided crossings: lines pushed off the smooth curve of their family by a mode of another family.

Two modes with a detuning Delta = slope (mu - centre) and the coupling rate g repel each other: the line of the family is off by
sgn(Delta) (sqrt(Delta^2/4 + g^2) - |Delta|/2). The curve of the family and the three numbers of a crossing are fitted at once,
so the far tails of the crossing are neither taken for dispersion nor lost. Next to the centre both modes are half of either
family, and a list of lines may leave one branch for the other an order early or late: where it does is fitted with the rest.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.polynomial import chebyshev

from femwgm.experiment.combs.series import Series, taylor
from femwgm.ground.typing import Array

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
_STOPS = 3e-4
"""Relative error of a coupling rate by where the search for the best fit stops."""
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
        Coupling rate g (Hz), half of the least splitting, and its error: scatter, a curve of lower degree, a curved detuning.
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
    unsure = np.zeros_like(f)
    crossings: list[Crossing] = []
    while len(crossings) < _MOST:
        spike = _spike(mu, left, kept, rounding)
        if spike is None:
            break
        if any(c.centre is not None and abs(c.centre - spike) < _SAME for c in crossings):
            kept[np.abs(mu - spike) <= 2.0] = False  # what the fit of a crossing left
            continue
        found, push, other = _fitted(mu, left, kept, spike)
        if push is None or other is None:  # no two modes explain it: the lines there are left out
            kept[np.abs(mu - spike) <= 2.0] = False
            if kept.sum() < 0.6 * len(mu):
                break
        else:
            left = left - push
            unsure = unsure + other - push
        crossings.append(found)
    series = taylor(mu, left, rounding, kept, known)
    if unsure.any():
        with_others = taylor(mu, left - unsure, rounding, kept)
        change = np.abs(np.subtract(series.D, with_others.D))
        series = replace(series, errors=tuple(float(e) for e in series.errors + change))
    return series, crossings


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


def _push(mu: Array, centre: float, slope: float, g: float, switch: float, bend: float = 0.0) -> Array:
    """How far the lines are off: on one branch up to the order `switch`, on the other beyond it; the slope grows by `bend`."""
    detuning = slope * (mu - centre) * (1.0 + bend * (mu - centre))
    branch = np.where(mu > switch, 1.0, -1.0) * np.sign(slope)
    return np.asarray(branch * np.sqrt(0.25 * detuning**2 + g * g) - 0.5 * detuning)


def _fitted(mu: Array, f: Array, kept: Array, spike: float) -> tuple[Crossing, Array | None, Array | None]:
    """The crossing next to an order and how far it pushes every line (Hz), and by a curved detuning; None where none fits."""
    from scipy.optimize import least_squares

    x, y = mu[kept], f[kept] - f[kept].mean()
    degree = min(_DEGREE, len(x) // 3)

    def off_curve(values: Array, degree: int = degree) -> Array:
        V = curves[degree]
        return np.asarray(values - V @ (V.T @ values))

    curves = {d: np.linalg.qr(chebyshev.chebvander(x / np.abs(mu).max(), d))[0] for d in (degree, degree - 2)}
    bare = off_curve(y)
    size = float(np.abs(bare).max())

    def fit(start: Array, side: float, switch: float, degree: int = degree) -> Any:
        def miss(v: Array) -> Array:
            pushed = _push(x, v[0], side * size * np.exp(v[1]), size * np.exp(v[2]), switch, *v[3:])
            return off_curve(y - pushed, degree) / size

        return least_squares(miss, start, x_scale=[0.3, 1.0, 1.0, 0.01][: len(start)], xtol=1e-12, ftol=1e-14)

    trials = [
        (fit(np.array([switch, np.log(slope), np.log(2.0)]), side, switch), side, switch)
        for side in (1.0, -1.0)
        for switch in spike + np.arange(-2.5, 2.0)
        for slope in (1.5, 12.0)
    ]
    best, side, switch = min(trials, key=lambda trial: trial[0].cost)
    for _ in range(2):  # steps of different sizes can stop early
        best = fit(best.x, side, switch)
    near = tuple(int(m) for m in mu[np.abs(mu - spike) <= 2.0])
    if np.linalg.norm(best.fun) * size > _BETTER * np.linalg.norm(bare):
        return Crossing(near), None, None
    centre, slope, g = best.x[0], side * size * np.exp(best.x[1]), size * np.exp(best.x[2])
    covariance = np.linalg.pinv(best.jac.T @ best.jac) * 2.0 * best.cost / max(len(x) - degree - 4, 1)
    stiffer, curved = fit(best.x, side, switch, degree - 2), fit(np.append(best.x, 0.0), side, switch)
    error = g * (
        _STOPS + np.sqrt(covariance[2, 2]) + sum(abs(np.expm1(o.x[2] - best.x[2])) for o in (stiffer, curved))
    )
    at, steep, rate, bend = curved.x
    other = _push(mu, at, side * size * np.exp(steep), size * np.exp(rate), switch, bend)
    push = _push(mu, centre, slope, g, switch)
    pushed = tuple(int(m) for m in mu[np.abs(push) > _PUSHED * np.abs(push).max()])
    return Crossing(pushed, float(centre), float(g), float(error), float(slope)), push, other
