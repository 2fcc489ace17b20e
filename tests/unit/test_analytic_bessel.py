"""Scaled radial waves against recurrences with hundreds of digits, and against what they must satisfy."""

from __future__ import annotations

import mpmath as mp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special
from support.mie_twin import spherical

from femwgm.analytic import bessel

# AMOS and the Debye series lose about log10(order) digits of 16, and a little more next to a turning point.
AMPLITUDE = 3e-12
LARGE = 1e-15


def relative(value: complex, exact: mp.mpc) -> float:
    return float(abs(mp.mpmathify(complex(value)) / exact - 1))


@pytest.mark.parametrize(
    ("l", "z"),
    [
        (1, 0.3), (1, 40.0), (7, 2.0), (39, 8.0), (39, 35.0), (165, 60.0), (165, 97.4), (165, 97.9), (165, 140.0),
        (165, 165.5), (165, 171.0), (800, 561.0), (800, 812.0), (3000, 2000.0), (3000, 3050.0),
        pytest.param(12000, 7000.0, marks=pytest.mark.slow), pytest.param(12000, 12090.0, marks=pytest.mark.slow),
    ],
)  # fmt: skip
def test_real_waves(l: int, z: float) -> None:
    with mp.workdps(80 + l):
        psi, dpsi, chi, dchi = spherical(l, mp.mpf(z))
        pair = bessel.real_pair(l + 0.5, np.array(z))
        up = mp.exp(mp.mpf(float(pair.s)))
        # The amplitude of an oscillating wave, not its momentary value, sets the scale of a fair error.
        fair = AMPLITUDE + LARGE * l
        size, slope = (mp.sqrt((a * up**-1) ** 2 + (b * up) ** 2) for a, b in ((psi, chi), (dpsi, dchi)))
        assert abs(pair.p - psi / up) <= fair * min(size, 10 * abs(psi / up) + (0 if z < l else size))
        assert abs(pair.x - chi * up) <= fair * size
        assert abs(pair.dp - dpsi / up) <= fair * min(slope, 10 * abs(dpsi / up) + (0 if z < l else slope))
        assert abs(pair.dx - dchi * up) <= fair * slope


@pytest.mark.parametrize(
    "z", [60 + 1j, 100 - 1j, 110 - 0.2j, 170 + 20j, 170 - 20j, 3 + 200j, 400 - 30j, 165 - 150j]
)
@pytest.mark.parametrize("outgoing", [None, True, False])
def test_complex_waves(z: complex, outgoing: bool | None) -> None:
    l = 165
    with mp.workdps(400):
        psi, dpsi, chi, dchi = spherical(l, mp.mpmathify(z))
        plus = z.imag >= 0.0 if outgoing is None else outgoing
        sign = mp.mpc(0, 1) if plus else mp.mpc(0, -1)
        pair = bessel.complex_pair(l + 0.5, np.array(z), outgoing)
        up = mp.exp(mp.mpf(float(pair.s)))
        assert relative(pair.p, psi / up) < AMPLITUDE
        assert relative(pair.dp, dpsi / up) < AMPLITUDE
        assert relative(pair.x, (chi * sign + psi) * up) < AMPLITUDE
        assert relative(pair.dx, (dchi * sign + dpsi) * up) < AMPLITUDE


@pytest.mark.parametrize(
    ("order", "z", "tolerance"),
    [
        (40.3 + 0.1j, 35 + 0.2j, 1e-12), (40.3 + 0.7j, 35 + 0.2j, 1e-11), (40.3 - 2.5j, 35 + 0.2j, 2e-9),
        (165.3 + 0.02j, 150 + 0.1j, 1e-12), (165.5 + 2j, 190 - 2j, 1e-8), (165.3 + 1.7j, 80 + 0.1j, 1e-12),
    ],
)  # fmt: skip
def test_complex_order(order: complex, z: complex, tolerance: float) -> None:
    pair = bessel.complex_pair(order, z)
    with mp.workdps(50):
        mu, x = mp.mpmathify(order), mp.mpmathify(z)
        hankel = mp.hankel1 if z.imag >= 0.0 else mp.hankel2
        root, up = mp.sqrt(mp.pi * x / 2), mp.exp(mp.mpf(float(pair.s)))
        assert relative(pair.p, root * mp.besselj(mu, x) / up) < tolerance
        assert relative(pair.x, root * hankel(mu, x) * up) < tolerance


@given(
    order=st.floats(1.5, 3e4),
    ratio=st.floats(0.05, 3.0),
    slant=st.floats(-0.4, 0.4),
    plus=st.sampled_from([None, True, False]),
)
def test_wronskian_survives_everywhere(order: float, ratio: float, slant: float, plus: bool | None) -> None:
    real = bessel.real_pair(order, np.array(order * ratio))
    assert abs(real.p * real.dx - real.dp * real.x - 1.0) < 1e-11 + 1e-15 * order
    z = np.array(order * ratio * (1.0 + 1j * slant / np.sqrt(order)))
    pair = bessel.complex_pair(order, z, plus)
    size = abs(pair.p * pair.dx) + abs(pair.dp * pair.x)
    assert abs(pair.p * pair.dx - pair.dp * pair.x - pair.wronskian) < (1e-11 + 1e-15 * order) * size


def test_the_two_methods_meet() -> None:
    """AMOS on one side of the switch and the Debye series on the other give one log-derivative."""
    order = np.array([40.5, 165.5, 1000.5, 1e4 + 0.5])
    z = np.array([_switch(mu) for mu in order])
    pairs = [bessel.real_pair(order, z * (1.0 + step)) for step in (-1e-13, 1e-13)]
    assert np.all(pairs[0].s < -49.0)
    assert np.all(pairs[1].s == 0.0)
    assert np.allclose(pairs[0].dx / pairs[0].x, pairs[1].dx / pairs[1].x, rtol=1e-11, atol=0)
    assert np.allclose(pairs[0].dp / pairs[0].p, pairs[1].dp / pairs[1].p, rtol=1e-11, atol=0)


def _switch(order: float) -> float:
    """Argument where the barrier is 50 nepers deep."""
    lo, hi = 1e-3 * order, order
    for _ in range(200):
        middle = 0.5 * (lo + hi)
        lo, hi = (middle, hi) if bessel.barrier(order, middle) > bessel.DEBYE_FROM else (lo, middle)
    return lo


@pytest.mark.parametrize("order", [2, 17, 60])
def test_phase_counts_zeros(order: int) -> None:
    zeros = special.jn_zeros(order, 40)
    z = np.linspace(0.5 * order, zeros[-1] - 0.5, 4001)
    theta = bessel.phase(order, z, bessel.real_pair(order, z))
    assert np.all(np.diff(theta) > -1e-12)
    assert np.array_equal(np.floor(theta / np.pi + 0.5), np.searchsorted(zeros, z))
