"""Where the time of a run goes: named stages, the inner ones not counted in the outer."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_collected: ContextVar[dict[str, float] | None] = ContextVar("collected", default=None)
_running: ContextVar[list[float] | None] = ContextVar("running", default=None)


@contextmanager
def stopwatch() -> Iterator[dict[str, float]]:
    """Collect the seconds of all stages inside.

    >>> with stopwatch() as seconds:
    ...     with stage("outer"), stage("inner"):
    ...         pass
    >>> sorted(seconds)
    ['inner', 'outer']
    """
    seconds: dict[str, float] = {}
    tokens = _collected.set(seconds), _running.set([])
    try:
        yield seconds
    finally:
        _collected.reset(tokens[0])
        _running.reset(tokens[1])


@contextmanager
def stage(name: str) -> Iterator[None]:
    """Count the time inside under a name, where a stopwatch runs."""
    seconds, running = _collected.get(), _running.get()
    if seconds is None or running is None:
        yield
        return
    running.append(0.0)
    begin = time.perf_counter()
    try:
        yield
    finally:
        whole = time.perf_counter() - begin
        inner = running.pop()
        seconds[name] = seconds.get(name, 0.0) + whole - inner
        if running:
            running[-1] += whole
