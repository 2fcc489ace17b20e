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
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from multiprocessing.connection import Connection, Pipe, wait

from femwgm.errors import SolveError
from femwgm.sweeps.jobs import LEFT, Batch, Job, Outcome, Task, perform
from femwgm.sweeps.points import failure

ATTEMPTS = 2
"""Processes a point may kill before it is recorded as failed."""
_ONE_THREAD = {f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "MKL", "NUMEXPR", "VECLIB_MAXIMUM")}


Jobs = Callable[[], Job | None]
"""The next job; None while there is none, which the outcomes of others may change."""


def usable_cores() -> int:
    """Processor cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def run_here(setup: bytes, jobs: Jobs) -> Iterator[Outcome]:
    """Solve the points one after another in this process."""
    while (job := jobs()) is not None:
        yield from _outcomes(job, perform(setup, job))


def _outcomes(job: Job, answers: Sequence[tuple[str, bytes]]) -> Iterator[Outcome]:
    for task, answer in zip(job.tasks, answers, strict=True):
        yield (task, *answer)


class _Worker:
    """A process with a socket, and the job it has in hand."""

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
        self.job: Job | None = None
        self.ready = False
        self.setup = setup

    def give(self, job: Job) -> None:
        self.job = job
        with contextlib.suppress(OSError):
            self.link.send(job)

    def hear(self) -> list[tuple[str, bytes]] | None:
        """Answers to the job in hand; None for the greeting of a new worker. EOFError when the process is gone."""
        try:
            message = self.link.recv()
            if message == "ready":
                self.ready = True
                self.link.send(self.setup)
                return None
        except OSError:
            raise EOFError from None
        answers: list[tuple[str, bytes]] = message
        return answers

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


def run_in_processes(setup: bytes, jobs: Jobs, workers: int) -> Iterator[Outcome]:
    """Solve the points in `workers` processes; outcomes come as they are ready.

    Raises
    ------
    SolveError
        When no worker can be started.
    """
    again: deque[Task] = deque()
    pool: list[_Worker] = []
    heard: list[Outcome] = []

    def next_job() -> Job | None:
        return again.popleft() if again else jobs()

    waiting = next_job()
    try:
        while True:
            for worker in pool:
                if worker.ready and worker.job is None and waiting is not None:
                    worker.give(waiting)
                    waiting = next_job()
            # Only now: storing an outcome waits for the disk, and the workers need not.
            yield from heard
            waiting = waiting or next_job()
            while waiting is not None and len(pool) < workers:
                pool.append(_Worker(setup))
            if waiting is None and all(worker.job is None for worker in pool):
                return
            if waiting is not None and any(worker.ready and worker.job is None for worker in pool):
                heard = []
                continue
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
            answers = worker.hear()
        except EOFError:
            pool.remove(worker)
            how = worker.end()
            if worker.job is None:
                if not worker.ready:
                    raise SolveError(
                        f"a worker process ended before it was ready ({how}); see its message above"
                    ) from None
                continue
            yield from _lost(worker.job, how, again)
            continue
        if answers is not None:
            done, worker.job = worker.job, None
            assert done is not None
            yield from _outcomes(done, answers)


def _lost(job: Job, how: str, again: deque[Task]) -> Iterator[Outcome]:
    """What becomes of the points that a worker died on."""
    if isinstance(job, Batch):
        yield from _outcomes(job, [(LEFT, b"")] * len(job.tasks))
    elif job.attempt < ATTEMPTS:
        again.append(replace(job, attempt=job.attempt + 1))
    else:
        reason = f"the worker process died on this point, {ATTEMPTS} times ({how})"
        yield (job, *failure(job.key, reason, job.attempt))
