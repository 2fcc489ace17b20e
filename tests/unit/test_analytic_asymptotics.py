"""Series for large l: coefficients against the printed ones, errors that fall at the order claimed and no faster."""

from __future__ import annotations

import numpy as np
import pytest
from support.marks import thinned

from femwgm.analytic import LayeredSphere
from femwgm.analytic.asymptotics import airy_zero, lam_leung_young, resonance_series, schiller, spheroid
from femwgm.errors import GeometryError

DEGREES = np.array([200, 1600, 3200])


def printed(k: int, n: float, zeta: float, p: float) -> float:
    """Schiller's d_k (Appl. Opt. 32, 2181), those below 4 for either polarization, the others for TE only."""
    s = n * n
    return [
        -p,
        2 ** (1 / 3) * 3 * (s - 1) * zeta**2 / (20 * n),
        -(2 ** (2 / 3)) * s * p * (2 * p * p - 3) * zeta / 6,
        (350 * s**2 * (1 - p) * p * (p * p + p - 1) + (s - 1) ** 2 * (10 + zeta**3)) / (700 * n),
        -(2 ** (1 / 3)) * s * zeta**2 * (4 - s) / 20,
        zeta
        * (40 * (-1 + 3 * s - 3 * s**2 + 351 * s**3) - 479 * (s - 1) ** 3 * zeta**3)
        / (2 ** (4 / 3) * 63000 * n),
        (5 * s * (-13 - 16 * s + 4 * s**2) + 2 * s * (128 - 4 * s + s**2) * zeta**3) / 1400,
    ][k]


@pytest.mark.parametrize("n", thinned([1.33, 1.46, 1.76, 2.4], [1.33, 2.4]))
@pytest.mark.parametrize("q", [1, 2, 5])
@pytest.mark.parametrize("pol", ["TE", "TM"])
def test_generated_coefficients_are_the_printed_ones(pol: str, q: int, n: float) -> None:
    series, zeta = resonance_series(pol, n, q), airy_zero(q)
    p = 1.0 if pol == "TE" else 1.0 / n**2
    assert series[0] == pytest.approx(1.0 / n)
    assert series[1] == 0.0
    assert series[2] == pytest.approx(-zeta / n / 2 ** (1 / 3))
    for k in range(7 if pol == "TE" else 4):
        assert series[k + 3] == pytest.approx(
            printed(k, n, zeta, p) / (n * n - 1) ** ((k + 1) / 2), rel=1e-10
        )


def exact(pol: str, n: float, q: int = 1) -> np.ndarray:
    return np.array([mode.k_real for mode in LayeredSphere([1.0], [n, 1.0]).comb(pol, DEGREES, q)])


@pytest.mark.parametrize("n", [1.46, 1.76])
@pytest.mark.parametrize("pol", ["TE", "TM"])
@pytest.mark.parametrize("terms", [0, 2, 3, 4, 5, 6, 7, 8])
def test_orders(pol: str, n: float, terms: int) -> None:
    """Cut after nu^(-k/3) the error falls as nu^(-(k + 1) / 3); k = 2 gains a third because the next coefficient is small."""
    error = np.abs(schiller(pol, n, DEGREES, 1, terms) - exact(pol, n))
    slopes = np.log2(error[:-1] / error[1:])
    order = (terms + 1) / 3 + (0.25 if terms == 2 else 0.0)
    assert order - 0.16 < slopes[-1] < order + 0.16  # the next order is a third higher
    assert error[0] < {0: 0.3, 2: 4e-3, 3: 3.1e-3, 4: 5e-4, 5: 3e-4, 6: 6e-5, 7: 3.2e-5, 8: 1e-5}[terms]


@pytest.mark.parametrize(("n", "error"), [(1.46, 5.5e-6), (1.76, 5.5e-7)])
def test_size_of_the_error(n: float, error: float) -> None:
    assert abs(schiller("TE", n, 200) - exact("TE", n)[0]) == pytest.approx(error, rel=0.02)


@pytest.mark.parametrize(
    ("pol", "n", "error"), [("TE", 1.46, 3.2e-3), ("TE", 1.76, 6.3e-4), ("TM", 1.76, 3.2e-3)]
)
def test_lam_leung_young(pol: str, n: float, error: float) -> None:
    mode = LayeredSphere([1.0], [n, 1.0]).mode(pol, 100)
    assert abs(lam_leung_young(pol, n, 100) - mode.k_real) == pytest.approx(error, rel=0.02)
    errors = np.abs(lam_leung_young(pol, n, DEGREES) - exact(pol, n))
    assert 1.0 < np.log2(errors[-2] / errors[-1]) < 1.4
    assert lam_leung_young(pol, n, DEGREES) == pytest.approx(schiller(pol, n, DEGREES, 1, 2), rel=1e-12)


def test_spheroid_numbers() -> None:
    """n = 1.4534, a = 10, m = 80, TE: the formula's own values at b = 8, and its distance from finite elements."""
    p = np.arange(3)
    k = spheroid("TE", 1.4534, 10.0, 8.0, 80 + p, p) / 10.0
    assert k == pytest.approx([6.015433, 6.105851, 6.196215], abs=6e-7)
    finite_elements = np.array([6.0148901462, 6.1047933264, 6.1941978880])
    assert k / finite_elements - 1.0 == pytest.approx([9e-5, 1.7e-4, 3.3e-4], rel=0.06)


@pytest.mark.parametrize("pol", ["TE", "TM"])
def test_a_round_spheroid_is_a_sphere(pol: str) -> None:
    """Expanded in l instead of l + 1/2 the sphere's series loses nothing up to its own order, and p drops out."""
    degrees = np.array([400, 800, 1600, 3200])
    gap = np.abs(spheroid(pol, 1.5, 3.0, 3.0, degrees, 0) - lam_leung_young(pol, 1.5, degrees))
    assert 0.85 < np.log2(gap[-2] / gap[-1]) < 1.5
    assert gap[-1] < 1e-3
    assert np.all(spheroid(pol, 1.5, 3.0, 3.0, degrees, 4) == spheroid(pol, 1.5, 3.0, 3.0, degrees, 0))


def test_bad_input() -> None:
    with pytest.raises(GeometryError, match="exceed 1"):
        resonance_series("TE", 1.0)
    with pytest.raises(GeometryError, match="'TE' or 'TM'"):
        lam_leung_young("te", 1.5, 100)
    with pytest.raises(GeometryError, match="between 0 and 8"):
        schiller("TE", 1.5, 100, terms=9)
