"""Where two branches meet: avoided crossings by their hyperbola and the turn of their fields, crossings within a step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from femwgm.ground.typing import Array

_ROTATION = 0.3
"""Angle (rad) by which fields must turn into each other across a closest approach; pi/2 is a complete exchange."""


@dataclass(frozen=True)
class Crossing:
    """Two branches meeting.

    Attributes
    ----------
    kind
        "avoided" where the fields turn into each other and the gap stays open; "crossed" where the gap closes within a step.
    first, second
        Numbers of the branches.
    at
        Where on the axis the gap is smallest.
    k0
        Mean Re k0 of the two there (rad/um).
    gap
        Smallest distance of the two Re k0 (rad/um): fitted for an avoided crossing, 0 for one that closes.
    width
        Distance from `at` over which the gap grows by sqrt(2); None for one that closes.
    rotation
        Angle (rad) by which the fields have turned into each other.
    steps
        Points that the crossing concerns, by number.
    """

    kind: str
    first: int
    second: int
    at: float
    k0: float
    gap: float
    width: float | None
    rotation: float
    steps: tuple[int, ...]


@dataclass(frozen=True)
class Approach:
    """Two branches over the points that both have.

    Attributes
    ----------
    first, second
        Numbers of the branches.
    steps
        Numbers of the points.
    x
        Their places on the axis.
    k_first, k_second
        Re k0 of the two (rad/um).
    turns
        By step, the angle (rad) by which the two fields turned into each other on the way there.
    """

    first: int
    second: int
    steps: list[int]
    x: Array
    k_first: Array
    k_second: Array
    turns: Mapping[int, float]

    def crossing(
        self, kind: str, at: float, gap: float, width: float | None, rotation: float, steps: tuple[int, ...]
    ) -> Crossing:
        """A meeting of the two."""
        k0 = float(np.interp(at, self.x, 0.5 * (self.k_first + self.k_second)))
        return Crossing(kind, self.first, self.second, at, k0, gap, width, rotation, steps)


def meetings(pair: Approach) -> list[Crossing]:
    """Every meeting of two branches.

    A gap that changes its sign has closed within that step. A gap that is smallest at a point is an avoided crossing if the
    fields turn into each other there.
    """
    x, steps = pair.x, pair.steps
    gap = pair.k_first - pair.k_second
    found = []
    for i in np.flatnonzero(np.sign(gap[:-1]) * np.sign(gap[1:]) < 0):
        where = float(x[i] - gap[i] * (x[i + 1] - x[i]) / (gap[i + 1] - gap[i]))
        turn = pair.turns.get(steps[i + 1], 0.0)
        found.append(pair.crossing("crossed", where, 0.0, None, turn, (steps[i], steps[i + 1])))
    found += [
        pair.crossing("crossed", float(x[i]), 0.0, None, pair.turns.get(steps[i], 0.0), (steps[i],))
        for i in np.flatnonzero(gap == 0.0)
    ]
    for j in range(1, len(steps) - 1):
        before, here, after = gap[j - 1 : j + 2]
        if before * here > 0.0 and here * after > 0.0 and abs(before) >= abs(here) < abs(after):
            found += _avoided(pair, np.abs(gap), j)
    return found


def _avoided(pair: Approach, size: Array, i: int) -> list[Crossing]:
    """The avoided crossing at a smallest gap, if the fields turn into each other there.

    Of two coupled modes gap^2 = g^2 (1 + ((x - x0) / w)^2), a parabola.
    """
    x, steps = pair.x, pair.steps
    near = slice(i - 1, i + 2)
    c2, c1, c0 = np.polyfit(x[near] - x[i], size[near] ** 2, 2)
    x0 = float(np.clip(-0.5 * c1 / c2, x[i - 1] - x[i], x[i + 1] - x[i])) if c2 > 0.0 else 0.0
    squared = float(c0 + c1 * x0 + c2 * x0**2)
    gap = float(np.sqrt(squared)) if 0.0 < squared <= size[i] ** 2 else float(size[i])
    width = gap / float(np.sqrt(c2)) if c2 > 0.0 else None
    lo, hi = i, i
    while lo > 0 and size[lo] < 4.0 * gap:
        lo -= 1
    while hi < len(steps) - 1 and size[hi] < 4.0 * gap:
        hi += 1
    rotation = sum(angle for step, angle in pair.turns.items() if steps[lo] < step <= steps[hi])
    if abs(rotation) < _ROTATION:
        return []
    touched = tuple(s for j, s in enumerate(steps) if j == i or size[j] <= np.sqrt(2.0) * gap)
    return [pair.crossing("avoided", float(x[i]) + x0, gap, width, float(rotation), touched)]
