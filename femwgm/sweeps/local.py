"""Worker processes on this machine, each solving one point at a time.

`concurrent.futures` gives up its whole pool when one process dies and does not tell which task killed it; a dask cluster opens
ports and takes seconds to start. Both also start processes that import the caller's main module, which a script without a main
guard does not survive. Here a worker is `python -m femwgm.sweeps.worker` at the end of a socket: when it dies its point alone is
lost, is tried once more in a fresh process, and is recorded as failed if that dies too.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, Pipe, wait
from typing import Any

from femwgm.errors import SolveError
from femwgm.sweeps.points import failure, work

__all__ = ["Task", "run_here", "run_in_processes", "usable_cores"]

ATTEMPTS = 2
"""Processes a point may kill before it is recorded as failed."""
_ONE_THREAD = {f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "MKL", "NUMEXPR", "VECLIB_MAXIMUM")}


@dataclass(frozen=True)
class Task:
    """A point to solve: its number, its key, and the entries for its configuration."""

    point: int
    key: str
    entries: Sequence[Any]
    attempt: int = 1


Outcome = tuple[Task, str, bytes]
"""A task, the status of its point, and the encoded record."""


def usable_cores() -> int:
    """Processor cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def run_here(setup: bytes, tasks: Iterable[Task]) -> Iterator[Outcome]:
    """Solve the points one after another in this process."""
    for task in tasks:
        yield (task, *work(setup, task.key, task.entries, task.attempt))


class _Worker:
    """A process with a socket, and the task it has in hand."""

    def __init__(self, setup: bytes) -> None:
        self.link, theirs = Pipe()
        environment = {
            **os.environ,
            **_ONE_THREAD,
            "PYTHONPATH": os.pathsep.join(p or os.curdir for p in sys.path),
        }
        try:
            self.process = subprocess.Popen(  # noqa: S603  our own module, an inherited socket
                [sys.executable, "-m", "femwgm.sweeps.worker", str(theirs.fileno())],
                pass_fds=[theirs.fileno()], env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            )  # fmt: skip
        except OSError as error:
            raise SolveError(f"a worker process cannot be started ({error.strerror or error})") from None
        finally:
            theirs.close()
        self.task: Task | None = None
        self.ready = False
        self.setup = setup

    def give(self, task: Task) -> None:
        self.task = task
        with contextlib.suppress(OSError):
            self.link.send((task.key, list(task.entries), task.attempt))

    def hear(self) -> tuple[str, bytes] | None:
        """Outcome of the task in hand; None for the greeting of a new worker. EOFError when the process is gone."""
        try:
            message = self.link.recv()
            if message == "ready":
                self.ready = True
                self.link.send(self.setup)
                return None
        except OSError:
            raise EOFError from None
        status, record = message
        return status, record

    def stop(self) -> int:
        """End the process; its exit status, negative for a signal."""
        self.link.close()
        if self.process.poll() is None:
            self.process.kill()
        return self.process.wait()

    def end(self) -> str:
        """How the process ended by itself, in words."""
        self.link.close()
        try:
            status = self.process.wait(timeout=5.0)
        except subprocess.TimeoutExpired:
            self.process.kill()
            status = self.process.wait()
        if status < 0:
            with contextlib.suppress(ValueError):
                return f"killed by {signal.Signals(-status).name}"
        return f"exit status {status}"


def run_in_processes(setup: bytes, tasks: Iterable[Task], workers: int) -> Iterator[Outcome]:
    """Solve the points in `workers` processes; outcomes come as they are ready.

    Raises
    ------
    SolveError
        When no worker can be started.
    """
    queue = iter(tasks)
    again: deque[Task] = deque()
    pool: list[_Worker] = []
    pending = next(queue, None)
    heard: list[Outcome] = []
    try:
        while True:
            for worker in pool:
                if worker.ready and worker.task is None and (again or pending is not None):
                    if again:
                        worker.give(again.popleft())
                    elif pending is not None:
                        worker.give(pending)
                        pending = next(queue, None)
            # Only now: storing an outcome waits for the disk, and the workers need not.
            yield from heard
            heard = []
            waiting = len(again) + (pending is not None)
            idle = sum(worker.task is None for worker in pool)
            if waiting > idle and len(pool) < workers:
                pool.append(_Worker(setup))
                continue
            if not waiting and idle == len(pool):
                return
            heard = list(_hear(pool, again))
    finally:
        for worker in pool:
            worker.stop()


def _hear(pool: list[_Worker], again: deque[Task]) -> Iterator[Outcome]:
    """Wait for one or more workers, and handle what they say or that they died."""
    by_link = {worker.link: worker for worker in pool}
    for link in wait(list(by_link)):
        assert isinstance(link, Connection)
        worker = by_link[link]
        try:
            heard = worker.hear()
        except EOFError:
            pool.remove(worker)
            how = worker.end()
            if worker.task is None:
                if not worker.ready:
                    raise SolveError(
                        f"a worker process ended before it was ready ({how}); see its message above"
                    ) from None
                continue
            task = worker.task
            if task.attempt < ATTEMPTS:
                again.append(Task(task.point, task.key, task.entries, task.attempt + 1))
            else:
                reason = f"the worker process died on this point, {ATTEMPTS} times ({how})"
                yield (task, *failure(task.key, reason, task.attempt))
            continue
        if heard is not None:
            done, worker.task = worker.task, None
            assert done is not None
            yield (done, *heard)
