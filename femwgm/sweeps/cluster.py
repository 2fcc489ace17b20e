"""The same points on a dask.distributed cluster."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from femwgm.errors import MissingExtraError, SolveError
from femwgm.sweeps.local import Outcome, Task
from femwgm.sweeps.points import failure, work

__all__ = ["run_on_cluster"]

_AHEAD = 4
"""Points in flight per worker thread: enough to keep workers busy, few enough to keep memory flat."""
_TIMEOUT = "20s"


def run_on_cluster(
    setup: bytes, tasks: Iterable[Task], scheduler: str, workers: int | None = None
) -> Iterator[Outcome]:
    """Solve the points on the workers of a dask scheduler; outcomes come as they are ready.

    A worker that dies gives its points back to the others; a point on which workers keep dying is recorded as failed.

    Parameters
    ----------
    setup, tasks
        What all points share, and the points.
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
        queue = iter(tasks)
        task_of: dict[str, Task] = {}

        def submit() -> Any:
            task = next(queue, None)
            if task is None:
                return None
            future = client.submit(
                work,
                setup,
                task.key,
                list(task.entries),
                task.attempt,
                key=f"femwgm-{task.key}",
                pure=True,
                retries=0,
            )
            task_of[future.key] = task
            return future

        threads = max(1, sum(client.nthreads().values()))
        first = [future for _ in range(_AHEAD * threads) if (future := submit()) is not None]
        running: Any = as_completed(first, loop=client.loop, raise_errors=False)  # type: ignore[no-untyped-call]
        for future in running:
            yield _outcome(task_of.pop(future.key), future)
            future.release()
            another = submit()
            if another is not None:
                running.add(another)
    except (OSError, TimeoutError) as error:
        raise SolveError(f"the scheduler {scheduler} was lost ({error}); rerun to resume") from None
    finally:
        client.close(timeout=5)


def _connect(factory: Any, scheduler: str) -> Any:
    try:
        return factory(scheduler, timeout=_TIMEOUT, set_as_default=False)
    except (OSError, ValueError) as error:
        raise SolveError(f"no dask scheduler answers at {scheduler!r} ({error})") from None


def _outcome(task: Task, future: Any) -> Outcome:
    if future.status == "finished":
        status, record = future.result()
        return task, status, record
    if future.status == "cancelled":
        raise OSError("its tasks were cancelled")
    error = future.exception()
    return (
        task,
        *failure(task.key, f"{type(error).__name__}: {' '.join(str(error).split())[:300]}", task.attempt),
    )
