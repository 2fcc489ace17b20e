"""All families of a body within a range of orders, and what of the range could not be searched.

A Krylov space of the shifted inverse finds the eigenvalues around its shift from the nearest outwards: those it has converged
to are all there are within the distance of the farthest one. The range is covered by such discs of certainty; where a disc turns
out smaller than the step to it, the gap that it leaves is covered by further ones.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from femwgm.eigen.krylov import Krylov
from femwgm.finders.low_orders import Wavenumbers
from femwgm.finders.orders import Family, Orders
from femwgm.ground.typing import Array

LEAST_Q = 5.0
"""Q above which a solution is a family, not a wave of the surroundings; its modes elsewhere in the window may radiate less."""
_ENOUGH = 12
_STEPS = 16
_MOST_STEPS = 112
_MOST_SHIFTS = 60
_SAME = 1e-5
_FINEST = 5e-4
"""Half the length of the smallest piece of the range, relative to m^2."""
_OVERLAP = 0.9
"""Share of a disc that the next shift counts on."""


@dataclass(frozen=True)
class Disc:
    """Families that a disc of certainty adds, highest order first, and parts (low, high) where some may be missing.

    `beyond` are those that it shows below the range: a hint where to look next, on a domain made for them.
    """

    families: Sequence[Family] = ()
    gaps: Sequence[tuple[float, float]] = ()
    beyond: Sequence[Family] = ()


def discs(
    orders: Orders | Wavenumbers,
    highest: float,
    lowest: float,
    *,
    side: float = 1.0,
    least_q: float = LEAST_Q,
) -> Iterator[Disc]:
    """All families with an order between two bounds whose Q is at least `least_q`, from the highest downwards.

    The same for the wavenumbers of an order.

    Parameters
    ----------
    orders
        The eigenproblem.
    highest, lowest
        Bounds of the order.
    side
        Sign of the imaginary parts where no medium amplifies, by default 1 as for orders: discs centred on that side of the real
        axis waste nothing on the other one. 0 where they may have either sign.
    """
    radiating = 0.5 / least_q  # as the relative imaginary part of an order at a real wavenumber
    known: list[complex] = []
    missing = [(lowest**2, highest**2)]
    step = 0.15 * highest**2
    for _ in range(_MOST_SHIFTS):
        if not missing:
            break
        low, high = missing[-1]
        centre = high - min(step, 0.5 * (high - low))
        half = 0.0 if orders.real else radiating * high * (1.0 if side else 2.0)
        reach = float(np.hypot(max(high - centre, centre - low), half))
        squares, vectors, radius = _disc(orders, complex(centre, side * half), half, reach)
        new: list[tuple[complex, Array]] = []
        beyond: list[tuple[complex, Array]] = []
        for square, vector in zip(squares, vectors.T, strict=True):
            order = complex(np.sqrt(square))
            seen = any(abs(order - other) < _SAME * abs(order) for other in known)
            if not seen and order.real <= highest * (1.0 + 1e-9) and abs(order.imag) < radiating * order.real:
                (new if order.real >= lowest else beyond).append((square, vector))
        known += [complex(np.sqrt(square)) for square, _ in new]
        chord, gaps = float(np.sqrt(max(radius**2 - half**2, 0.0))), []
        if chord < _FINEST * centre:  # too many at once to tell apart: go on beyond them
            chord = _FINEST * centre
            gaps.append(_bounds(max(low, centre - chord), min(high, centre + chord)))
        families, hints = (
            sorted(
                (orders.family(complex(square), vector) for square, vector in found),
                key=lambda f: -f.order.real,
            )
            for found in (new, beyond)
        )
        yield Disc(families, gaps, hints)
        missing = [part for a, b in missing for part in _without(a, b, centre - chord, centre + chord)]
        step = _OVERLAP * chord
    yield Disc(gaps=[_bounds(*part) for part in missing])


def _bounds(low: float, high: float) -> tuple[float, float]:
    return float(np.sqrt(low)), float(np.sqrt(high))


def _without(low: float, high: float, start: float, end: float) -> list[tuple[float, float]]:
    """What of an interval lies outside another one."""
    slack = 1e-9 * high
    parts = ((low, min(high, start)), (max(low, end), high))
    return [(a, b) for a, b in parts if b - a > slack]


def _disc(
    orders: Orders | Wavenumbers, shift: complex, least: float, reach: float
) -> tuple[Array, Array, float]:
    """Eigenvalues m^2 (n,) around a shift, their vectors (size, n), and the radius within which they are all.

    The space grows until its radius is `reach`, or well above `least` with enough of them, or to its largest size.
    """
    pencil = orders.pencil
    solver = orders.factor(shift)
    start = np.random.default_rng(0).standard_normal(pencil.size)
    krylov = Krylov(lambda x: solver.solve(pencil.apply_M(x)), start, min(_MOST_STEPS, pencil.size))
    sure, radius = 0, 0.0
    while True:
        before = krylov.steps
        krylov.grow(_STEPS)
        inverted, y = np.linalg.eig(krylov.matrix)
        by_size = np.argsort(-np.abs(inverted))
        inverted, y = inverted[by_size], y[:, by_size]
        left = krylov.remainder * np.abs(y[-1]) / np.abs(inverted)
        bad = np.flatnonzero(left > _CONVERGED)
        sure = int(bad[0]) if len(bad) else len(inverted)
        radius = certain = float(1.0 / abs(inverted[sure - 1])) if sure else 0.0
        if len(
            bad
        ):  # a Ritz value that is still on its way is much closer to where it goes than to the shift
            radius = max(radius, float(0.5 / abs(inverted[sure])))
        if krylov.steps == before or certain > reach or (sure >= _ENOUGH and radius > 1.5 * least):
            break
    return shift + 1.0 / inverted[:sure], krylov.basis @ y[:, :sure], radius


_CONVERGED = 1e-8
"""Residual of the inverse, relative to its eigenvalue, up to which one counts as found: looser, a crowd leaves gaps."""
