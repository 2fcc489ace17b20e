"""Angular functions against scipy at moderate degree, and against laws at any."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import sph_harm_y

from femwgm.analytic.legendre import angular

GAUSS = np.polynomial.legendre.leggauss(400)


@given(l=st.integers(1, 80), data=st.data(), theta=st.floats(0.01, np.pi - 0.01))
def test_scipy(l: int, data: st.DataObject, theta: float) -> None:
    m = data.draw(st.integers(-l, l))
    shape = angular(l, m, np.array([theta]))
    expected = (abs(m) % 2 and -1.0) or 1.0  # scipy has the Condon-Shortley sign
    value = expected * sph_harm_y(l, abs(m), theta, 0.0).real
    assert shape.theta[0] == pytest.approx(value, rel=1e-9, abs=1e-12)
    if m:
        assert shape.over_sin[0] * np.sin(theta) == pytest.approx(value, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize(("l", "m"), [(1, 0), (1, 1), (7, 3), (165, 165), (165, 160), (180, 20), (200, 0)])
def test_norms(l: int, m: int) -> None:
    x, weight = GAUSS
    shape = angular(l, m, np.arccos(x))
    assert 2.0 * np.pi * np.sum(weight * shape.theta**2) == pytest.approx(1.0, rel=1e-11)
    gradient = shape.slope**2 + (m * shape.over_sin) ** 2
    assert 2.0 * np.pi * np.sum(weight * gradient) == pytest.approx(l * (l + 1.0), rel=1e-11)


@pytest.mark.parametrize(
    ("l", "m"), [(1, 0), (4, 0), (9, 1), (12, 2), (165, 165), (165, 163), (8000, 8000), (8003, 8000)]
)
def test_slope(l: int, m: int) -> None:
    theta = 0.5 * np.pi + np.array([-1.3, -0.4, 0.0, 0.2, 0.9]) / np.sqrt(max(m, 1.0))
    h = 1e-3 / l
    near, far = (angular(l, m, theta + s * h).theta - angular(l, m, theta - s * h).theta for s in (1.0, 2.0))
    shape = angular(l, m, theta)
    assert shape.slope == pytest.approx((8.0 * near - far) / (12.0 * h), rel=1e-6, abs=1e-6 * l)


def test_a_belt_of_light() -> None:
    """m = 8000: a Gaussian of width 1 / sqrt(m) around the equator, and 1e-1000 well before the pole, without a warning."""
    m = 8000
    theta = 0.5 * np.pi + np.array([0.0, 1.0, 3.0]) / np.sqrt(m)
    shape = angular(m, m, theta).theta
    assert shape / shape[0] == pytest.approx(np.exp([0.0, -0.5, -4.5]), rel=3e-3)
    assert shape[0] ** 2 == pytest.approx(np.sqrt(m) / (2.0 * np.pi**1.5), rel=1e-4)
    with np.errstate(all="raise", under="ignore"):
        assert np.all(angular(m, m, np.array([0.0, 0.5, 1.0])).theta == 0.0)


@pytest.mark.parametrize("m", [0, 1, 2, 5])
def test_the_axis(m: int) -> None:
    """On the axis only m = 0 has a value and only m = 1 a slope; nothing is infinite."""
    shape = angular(6, m, np.array([0.0, np.pi]))
    assert np.all(np.isfinite(shape))
    assert (np.abs(shape.theta) > 0.1).all() == (m == 0)
    assert (np.abs(shape.slope) > 0.1).all() == (m == 1)
    assert (np.abs(shape.over_sin) > 0.1).all() == (m == 1)
