"""Threads and the numerical version: what results may and may not depend on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache

import numpy as np

from femwgm.ground.typing import RealArray

NUMERICAL_VERSION = 3
"""Raised whenever the numbers of a run may change beyond its stated errors; part of every result's key."""


@contextmanager
def one_thread() -> Iterator[None]:
    """Bound the BLAS to one thread: many small factorisations on a shared machine are faster and reproducible that way."""
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=1):
        yield


@lru_cache(maxsize=128)
def unit_gauss(points: int) -> tuple[RealArray, RealArray]:
    """Gauss-Legendre points and weights on [0, 1].

    >>> t, w = unit_gauss(3)
    >>> round(float(w @ t**5), 12)
    0.166666666667
    """
    t, w = np.polynomial.legendre.leggauss(points)
    t, w = 0.5 * (t + 1.0), 0.5 * w
    for array in (t, w):
        array.flags.writeable = False
    return t, w
