"""The signs of the conventions page against the wave equation itself."""

from __future__ import annotations

import cmath

import pytest

from femwgm.conventions import OUTGOING_SIGN, TIME_SIGN, polar_order, quality_factor


def test_a_decaying_mode_has_positive_q() -> None:
    k0 = 9.5 - 1e-3j
    amplitudes = [abs(cmath.exp(TIME_SIGN * 1j * k0 * ct)) for ct in (0.0, 10.0)]
    assert amplitudes[1] < amplitudes[0]
    assert quality_factor(k0) > 0.0
    energy_lifetime = -10.0 / (2.0 * cmath.log(amplitudes[1] / amplitudes[0]).real)
    assert quality_factor(k0) == pytest.approx(k0.real * energy_lifetime, rel=1e-12)


def test_an_outgoing_stretch_absorbs() -> None:
    k, stretch = 9.5, 1.0 + OUTGOING_SIGN * 0.5j
    assert abs(cmath.exp(OUTGOING_SIGN * 1j * k * stretch * 2.0)) < 1.0


def test_phase_fronts_of_an_outgoing_wave_move_outwards() -> None:
    k = 9.5
    phase = lambda rho, ct: OUTGOING_SIGN * k * rho + TIME_SIGN * k * ct  # noqa: E731
    assert phase(1.5, 0.5) == pytest.approx(phase(1.0, 0.0))


def test_polar_order_ignores_the_sense_of_rotation() -> None:
    assert polar_order(l=40, m=-39) == polar_order(l=40, m=39) == 1
