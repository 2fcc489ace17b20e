"""Splines and monotone cubics beside SciPy's."""

import numpy as np
import pytest
from scipy.interpolate import CubicSpline, PchipInterpolator

from femwgm.ground.cubics import monotone, spline


def points(seed: int, count: int) -> tuple:
    rng = np.random.default_rng(seed)
    return np.cumsum(rng.uniform(0.1, 3.0, count)), rng


@pytest.mark.parametrize(("seed", "count"), list(enumerate((2, 3, 4, 9, 30, 3, 4, 9))))
def test_monotone_cubics_are_those_of_scipy(seed, count) -> None:
    x, rng = points(seed, count)
    y = np.round(rng.standard_normal(count), seed % 3)  # rounded values make plateaus
    where, theirs = np.linspace(x[0], x[-1], 200), PchipInterpolator(x, y)
    np.testing.assert_allclose(monotone(x, y).c, theirs.c, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(monotone(x, y)(where), theirs(where), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(
    "ends", [(None, None), ((1.0, -2.0), None), (None, (0.5, 3.0)), ((0.1, 0.2), (3.0, 4.0))]
)
@pytest.mark.parametrize("count", [3, 4, 17])
def test_splines_are_those_of_scipy(ends, count) -> None:
    x, rng = points(count, count)
    y = rng.standard_normal((count, 2))
    theirs = CubicSpline(
        x, y, bc_type=tuple((2, np.zeros(2)) if e is None else (1, np.array(e)) for e in ends)
    )
    ours = spline(x, y, *(None if e is None else np.array(e) for e in ends))
    where = np.linspace(x[0], x[-1], 100)
    for derivative in range(3):
        np.testing.assert_allclose(ours(where, derivative), theirs(where, derivative), rtol=1e-10, atol=1e-10)
