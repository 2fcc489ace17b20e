"""What a sweep still has to solve, and in which order: the knots of its stretches, the points between them, all others."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from femwgm.config import RunConfig
from femwgm.errors import ConfigError
from femwgm.sweeps.axes import Plan
from femwgm.sweeps.between import Curves
from femwgm.sweeps.jobs import LEFT, Batch, Job, Knot, Task

LEVELS = (9, 17, 33)
"""Numbers of knots that are tried in turn; each holds those before it."""
LEAST_POINTS = 20
"""Stretches shorter than this are solved point by point."""
MOST_POINTS = 256
_BATCH = 32
"""Points between knots that are sent together."""


@dataclass(frozen=True)
class Stretch:
    """Neighbouring points along one axis of numbers: their numbers, and the places of the points, ascending from 0 to 1."""

    points: Sequence[int]
    x: Sequence[float]

    def knots(self, level: int) -> list[int]:
        """Positions of the knots of a level: the points next to Chebyshev's."""
        at = 0.5 - 0.5 * np.cos(np.pi * np.linspace(0.0, 1.0, LEVELS[level]))
        return sorted({int(np.argmin(np.abs(np.array(self.x) - a))) for a in at})


def stretches(plan: Plan, config: Callable[[int], RunConfig]) -> list[Stretch]:
    """The stretches of a sweep over lengths and indices of layered spheres; they follow from its axes alone.

    Parameters
    ----------
    plan
        The points.
    config
        Configuration of a point; raises ConfigError where there is none.
    """
    direction = _direction(plan) if plan.basis else None
    if direction is None:
        return []
    size, stride = plan.shape[direction], int(np.prod(plan.shape[direction + 1 :], dtype=int))
    try:
        first, last = config(0), config((size - 1) * stride)
    except ConfigError:
        return []
    if not (_fit(first) and _fit(last) and _alike(first, last)):
        return []
    column = next(c for c, d in zip(plan.columns, plan.grid, strict=True) if d == direction)
    order = sorted(range(size), key=lambda i: column.values[i])
    values = np.array([float(column.values[i]) for i in order])
    if np.any(np.diff(values) <= 0.0):
        return []
    parts = np.array_split(np.arange(size), -(-size // MOST_POINTS))
    places = [((values[p] - values[p[0]]) / (values[p[-1]] - values[p[0]])).tolist() for p in parts]
    return [
        Stretch([start + order[i] * stride for i in part], x)
        for start in range(plan.count)
        if start % (stride * size) < stride
        for part, x in zip(parts, places, strict=True)
    ]


def _direction(plan: Plan) -> int | None:
    """The direction of a plan with most points, if all that varies along it is numbers."""
    listed = [
        d
        for d in sorted(set(plan.grid))
        if all(c.numeric for c, g in zip(plan.columns, plan.grid, strict=True) if g == d)
    ]
    longest = max(listed, key=lambda d: plan.shape[d], default=None)
    return longest if longest is not None and plan.shape[longest] >= LEAST_POINTS else None


def _fit(config: RunConfig) -> bool:
    """Whether the modes of a configuration may be followed by a basis."""
    return config.geometry.kind == "layered_sphere" and not (
        config.imperfections or config.tolerances or config.outputs.derivatives
    )


def _alike(first: RunConfig, last: RunConfig) -> bool:
    """Whether two configurations differ in bodies, media and temperature alone."""
    one, two = (c.model_dump(exclude={"geometry", "materials", "temperature"}) for c in (first, last))
    return one == two


class _Progress:
    """How far a stretch is: the level of its knots, and the knots with their records."""

    def __init__(self, stretch: Stretch) -> None:
        self.stretch, self.level = stretch, 0
        self.records: dict[int, bytes] = {}
        self.missing: set[int] = set()

    @property
    def knots(self) -> list[int]:
        """Positions of the knots."""
        return self.stretch.knots(self.level)


class Agenda:
    """Jobs, some of which depend on the outcomes of others.

    Parameters
    ----------
    points
        The points to solve.
    parts
        The stretches among all points.
    stored
        Encoded record of a point that was solved in full before; None if there is none.
    task
        The task of any point.
    accuracy
        Relative error of the wavelength that is asked for.
    """

    def __init__(
        self, points: Sequence[int], parts: Sequence[Stretch], stored: Callable[[int], bytes | None],
        task: Callable[[int], Task], accuracy: float,
    ) -> None:  # fmt: skip
        self.left, self.stored, self.task, self.accuracy = set(points), stored, task, accuracy
        self.queue: deque[int | Task | Batch] = deque()
        self.by_knot: dict[int, _Progress] = {}
        inside: set[int] = set()
        for part in parts:
            if not self.left.isdisjoint(part.points):
                inside.update(part.points)
                self._refine(_Progress(part))
        self.queue.extend(point for point in points if point not in inside)

    def take(self) -> Job | None:
        """The next job; None while there is none."""
        if not self.queue:
            return None
        job = self.queue.popleft()
        return self.task(job) if isinstance(job, int) else job

    def heard(self, task: Task, status: str, record: bytes) -> None:
        """Take note of an outcome, which may bring new jobs."""
        if status == LEFT:
            self.queue.append(task)
            return
        state = self.by_knot.pop(task.point, None)
        if state is not None:
            state.records[task.point] = record
            state.missing.discard(task.point)
            if not state.missing:
                self._judge(state)

    def _refine(self, state: _Progress) -> None:
        """See to the knots of a level."""
        for point in (state.stretch.points[i] for i in state.knots):
            if point not in state.records:
                record = self.stored(point)
                if record is not None:
                    state.records[point] = record
                else:
                    state.missing.add(point)
                    self.by_knot[point] = state
                    self.queue.append(point)
        if not state.missing:
            self._judge(state)

    def _judge(self, state: _Progress) -> None:
        """With all knots known: batches where their polynomials hold, more knots where not, single points at last."""
        part, at = state.stretch, state.knots
        knots = tuple(Knot(self.task(part.points[i]), part.x[i], state.records[part.points[i]]) for i in at)
        described = Curves([k.x for k in knots], [k.solved for k in knots], self.accuracy).steps()
        between: list[int] = []
        beyond: list[int] = []
        for step, (a, b) in enumerate(pairwise(at)):
            (between if described[step] else beyond).extend(
                i
                for i in range(a + 1, b)
                if part.points[i] in self.left and part.points[i] not in state.records
            )
        if beyond and state.level + 1 < len(LEVELS):
            state.level += 1
            self._refine(state)
            return
        self.queue.extend(part.points[i] for i in beyond)
        for begin in range(0, len(between), _BATCH):
            chosen = between[begin : begin + _BATCH]
            tasks = tuple(self.task(part.points[i]) for i in chosen)
            self.queue.append(Batch(tasks, tuple(part.x[i] for i in chosen), knots))
