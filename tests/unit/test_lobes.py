"""Lobes of a whole cross-section: those beside both lines are counted, and none twice."""

from __future__ import annotations

import numpy as np
import pytest

from femwgm.finders.metals import plasmon_index, signed_index
from femwgm.modes.lobes import Lobes, grid_over
from femwgm.modes.turns import Turns

GRID = grid_over(np.array([[[0.0, -1.0], [2.0, 1.0]]]))
BOTTOM, CORNER, TOP = (0.6, -0.8), (1.6, -0.7), (0.6, 0.8)
ONE = Turns(0, 1.0, 0, 0)


def lobes(*tops: tuple[tuple[float, float], float]) -> Lobes:
    """A function with lobes of some heights, and where it is looked at first."""
    r, z = GRID
    u = sum(height * np.exp(-((r - a) ** 2 + (z - b) ** 2) / 0.03) for (a, b), height in tops)
    return Lobes.of(np.exp(0.3j) * u, GRID, tops[0][0], 0.0)


def test_a_lobe_beside_both_lines_is_another_order() -> None:
    """Three lobes along a film around a disk; the strongest is met by both lines, and the other of its sign by one."""
    seen = lobes((BOTTOM, 1.0), (CORNER, -0.6), (TOP, 0.9))
    line, arc = np.array(BOTTOM)[:, None], np.array([BOTTOM, TOP]).T
    assert [t.count for t in seen.reconciled(ONE, ONE, line, arc)] == [0, 2]


def test_a_lobe_on_both_lines_counts_once() -> None:
    """The corner and the top are one lobe, which the line meets at the one and the arc at the other."""
    bent = [((1.6, z), -0.7) for z in np.linspace(-0.7, 0.8, 9)] + [
        ((r, 0.8), -0.7) for r in np.linspace(0.6, 1.5, 6)
    ]
    seen = lobes((BOTTOM, 1.0), *bent)
    line, arc = np.array([BOTTOM, CORNER]).T, np.array([BOTTOM, TOP]).T
    turned = Turns(1, 1.0, 1, 1)
    assert [t.count for t in seen.reconciled(turned, turned, line, arc)] == [0, 1]


def test_separable_lobes_are_left_as_they_are() -> None:
    """Two by two lobes, q = 2 and p = 1."""
    seen = lobes(((0.6, -0.5), 1.0), ((1.4, -0.5), -0.8), ((0.6, 0.5), -0.9), ((1.4, 0.5), 0.7))
    line, arc = np.array([(0.6, -0.5), (1.4, -0.5)]).T, np.array([(0.6, -0.5), (0.6, 0.5)]).T
    turned = Turns(1, 1.0, 1, 1)
    assert seen.reconciled(turned, turned, line, arc) == (turned, turned)


def test_a_hybrid_mode_of_many_lobes_is_not_the_fundamental_one() -> None:
    seen = lobes((BOTTOM, 1.0), (CORNER, -0.6), (TOP, 0.9))
    unsure = Turns(0, 0.01, 0, 1)
    assert [t.count for t in seen.at_least(unsure, unsure)] == [0, 2]
    assert seen.at_least(unsure, unsure)[1].least == 2
    assert lobes((BOTTOM, 1.0), (TOP, 0.9)).at_least(unsure, unsure) == (unsure, unsure)


def test_lobes_of_another_body_do_not_count() -> None:
    r, _ = GRID
    u = np.where(np.abs(r - 1.0) < 0.1, 0.0, np.sign(r - 1.0))
    assert len(Lobes.of(u, GRID, (0.5, 0.0), 0.0).signs) == 1


def test_how_fast_a_plasmon_may_turn() -> None:
    """The textbook value between silver and glass, and none beyond the resonance."""
    assert plasmon_index([-17.64 + 0.42j, 2.25]) == pytest.approx(np.sqrt(17.64 * 2.25 / 15.39), rel=1e-3)
    assert plasmon_index([-2.0, 2.25, 1.0]) == pytest.approx(np.sqrt(2.0))
    assert plasmon_index([2.25, 1.0]) == 0.0
    assert signed_index(2.25) == 1.5
    assert signed_index(-4.0) == -2.0
