"""What is sent to whoever solves: a point, or the points between knots of a stretch."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from femwgm.errors import FemwgmError
from femwgm.ground.numerics import one_thread
from femwgm.sweeps.points import ONE_AT_A_TIME, Record, Solved, setup_of, work, worker_name

if TYPE_CHECKING:
    from femwgm.sweeps.between import Between

LEFT = "left"
"""Status of a point of a batch that has to be solved in full; it has no record."""


@dataclass(frozen=True)
class Task:
    """A point to solve: its number, its key, and the entries for its configuration."""

    point: int
    key: str
    entries: tuple[Any, ...]
    attempt: int = 1

    @property
    def tasks(self) -> Sequence[Task]:
        """The points of the job."""
        return (self,)


@dataclass(frozen=True)
class Knot:
    """A point of a stretch that was solved in full: its place and its record."""

    task: Task
    x: float
    record: bytes

    @property
    def solved(self) -> Solved | None:
        """What was found there; None where that fell short."""
        record = Record.decode(self.record, self.task.key)
        return record.solved if record is not None and record.status == "done" else None


@dataclass(frozen=True)
class Batch:
    """Points between the knots of a stretch.

    Attributes
    ----------
    tasks, x
        The points, and their places along the stretch.
    knots
        The knots with their places and encoded records.
    """

    tasks: Sequence[Task]
    x: Sequence[float]
    knots: tuple[Knot, ...]


Job = Task | Batch
Outcome = tuple[Task, str, bytes]
"""A task, the status of its point, and the encoded record."""


def perform(setup: bytes, job: Job) -> list[tuple[str, bytes]]:
    """Status and encoded record of each point of a job, wherever this runs."""
    if isinstance(job, Task):
        return [work(setup, job.key, job.entries, job.attempt)]
    with ONE_AT_A_TIME, one_thread():
        return [_between(setup, job, task, x) for task, x in zip(job.tasks, job.x, strict=True)]


def _between(setup: bytes, batch: Batch, task: Task, x: float) -> tuple[str, bytes]:
    begin = time.perf_counter()
    with contextlib.suppress(FemwgmError, np.linalg.LinAlgError):
        solved = _solver(setup, batch.knots).solve(setup_of(setup).config(task.entries), x)
        if solved is not None:
            record = Record(
                task.key, "done", None, solved, time.perf_counter() - begin, task.attempt, worker_name()
            )
            return record.status, record.encode()
    return LEFT, b""


@lru_cache(maxsize=2)
def _solver(setup: bytes, knots: tuple[Knot, ...]) -> Between:
    from femwgm.sweeps.between import Between, Curves

    configs = [setup_of(setup).config(knot.task.entries) for knot in knots]
    curves = Curves(
        [knot.x for knot in knots], [knot.solved for knot in knots], configs[0].accuracy.wavelength
    )
    return Between(curves, configs)
