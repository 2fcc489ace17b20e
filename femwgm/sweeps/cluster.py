"""The same points on a dask.distributed cluster."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Iterator
from functools import cache
from typing import Any

from femwgm.errors import MissingExtraError, SolveError
from femwgm.sweeps.jobs import LEFT, Batch, Job, Outcome, perform
from femwgm.sweeps.local import Jobs
from femwgm.sweeps.points import failure

_AHEAD = 4
"""Points in flight per worker thread: enough to keep workers busy, few enough to keep memory flat."""
_TIMEOUT = "20s"


def run_on_cluster(setup: bytes, jobs: Jobs, scheduler: str, workers: int | None = None) -> Iterator[Outcome]:
    """Solve the points on the workers of a dask scheduler; outcomes come as they are ready.

    A worker that dies gives its points back to the others; a point on which workers keep dying is recorded as failed.

    Parameters
    ----------
    setup, jobs
        What all points share, and what there is to solve.
    scheduler
        Address, as tcp://host:8786.
    workers
        How many workers to wait for before the first point is sent; by default one.

    Raises
    ------
    SolveError
        When the scheduler cannot be reached, or is lost on the way.
    """
    try:
        from distributed import Client, as_completed
    except ImportError as error:
        raise MissingExtraError(f"--scheduler needs dask.distributed ({error})") from None
    client = _connect(Client, scheduler)
    try:
        client.wait_for_workers(workers or 1, timeout=600)
        job_of: dict[str, Job] = {}
        running: Any = as_completed(loop=client.loop, raise_errors=False)  # type: ignore[no-untyped-call]
        most = _AHEAD * max(1, sum(client.nthreads().values()))

        def submit() -> None:
            while len(job_of) < most and (job := jobs()) is not None:
                name = f"femwgm-{type(job).__name__.lower()}-{job.tasks[0].key}"
                future = client.submit(_perform_there, setup, job, key=name, pure=True, retries=0)
                job_of[future.key] = job
                running.add(future)

        submit()
        for future in running:
            yield from _outcomes(job_of.pop(future.key), future)
            future.release()
            submit()
    except (OSError, TimeoutError) as error:
        raise SolveError(f"the scheduler {scheduler} was lost ({error}); rerun to resume") from None
    finally:
        client.close(timeout=5)


def _perform_there(setup: bytes, job: Job) -> list[tuple[str, bytes]]:
    """`perform`, in a worker."""
    _keep_memory()
    return perform(setup, job)


@cache
def _keep_memory() -> None:
    """Let the C library keep freed memory for the next array, as it does unless told otherwise.

    Dask tells its workers to give it back at once; to have it zeroed and mapped anew takes as long as what we compute in it.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    if mallopt is not None:  # the numbers are those of M_MMAP_THRESHOLD and M_TRIM_THRESHOLD in malloc.h
        mallopt(-3, 32 * 2**20)
        mallopt(-1, 128 * 2**20)


def _connect(factory: Any, scheduler: str) -> Any:
    try:
        return factory(scheduler, timeout=_TIMEOUT, set_as_default=False)
    except (OSError, ValueError) as error:
        raise SolveError(f"no dask scheduler answers at {scheduler!r} ({error})") from None


def _outcomes(job: Job, future: Any) -> Iterator[Outcome]:
    if future.status == "cancelled":
        raise OSError("its tasks were cancelled")
    if future.status == "finished":
        answers = future.result()
    elif isinstance(job, Batch):
        answers = [(LEFT, b"")] * len(job.tasks)
    else:
        error = future.exception()
        reason = f"{type(error).__name__}: {' '.join(str(error).split())[:300]}"
        answers = [failure(job.key, reason, job.attempt)]
    for task, answer in zip(job.tasks, answers, strict=True):
        yield (task, *answer)
