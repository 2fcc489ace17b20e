"""Threads and the numerical version: what results may and may not depend on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

NUMERICAL_VERSION = 1
"""Raised whenever the numbers of a run may change beyond its stated errors; part of every result's key."""


@contextmanager
def one_thread() -> Iterator[None]:
    """Bound the BLAS to one thread: many small factorisations on a shared machine are faster and reproducible that way."""
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=1):
        yield
