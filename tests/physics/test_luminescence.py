"""Emission of dipoles in a layer: power balance, a sphere that is not there, reciprocity with absorption, areas of lines."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import spherical_jn, spherical_yn

from femwgm.analytic import LayeredSphere
from femwgm.experiment.lasing.mie import efficiencies
from femwgm.experiment.luminescence.channels import channels, degrees, purcell, radiated, total
from femwgm.experiment.luminescence.spectrum import Settings, emission, line_area, plane_wave
from tests.support.coated_twin import absorption_efficiency

K = 2.0 * np.pi / 0.655
COATED = LayeredSphere((1.5, 1.99), [1.45, 1.768, 1.0])


def test_without_a_sphere_dipoles_radiate_as_in_the_ambient() -> None:
    nothing = LayeredSphere((1.5, 2.0), [1.33, 1.33, 1.33])
    for layer in (0, 1):
        for in_plane in (False, True):
            assert sum(radiated(nothing, layer, K, in_plane=in_plane)) == pytest.approx(1.0, abs=1e-12)


def test_the_power_that_leaves_is_the_power_that_the_dipoles_give_off() -> None:
    for k in np.linspace(0.98, 1.02, 5) * K:
        for layer in (0, 1):
            for tm in (False, True):
                l = degrees(COATED, k)
                away, given = channels(COATED, layer, k, tm, l), total(COATED, layer, k, tm, l)
                assert (away.across + away.along).sum() == pytest.approx(
                    (given.across + given.along).sum(), rel=1e-9
                )


def test_emission_is_absorption_run_backwards() -> None:
    """A trace of absorption in the layer, by an unrelated code: Q_abs pi R^2 = k eps'' V <|E|^2>, and <|E|^2> is the emission."""
    trace, volume = 1e-6, 4.0 * np.pi / 3.0 * (1.99**3 - 1.5**3)
    absorbed = absorption_efficiency((1.5, 1.99), (1.45, 1.768 + 1j * trace, 1.0), 0.655)
    backwards = absorbed * np.pi * 1.99**2 / (K * 2.0 * 1.768 * trace * volume)
    assert sum(radiated(COATED, 1, K)) == pytest.approx(backwards, rel=1e-4)


def test_a_line_has_the_area_of_its_mode() -> None:
    for pol in ("TE", "TM"):
        mode = COATED.mode(pol, 20)
        k, half = mode.k0.real, -mode.k0.imag
        angle = np.linspace(-0.5 * np.pi, 0.5 * np.pi, 302)[1:-1]
        at = k + half * np.tan(angle)
        line = np.array(
            [channels(COATED, 1, q, pol == "TM", np.array([20.0])).strength(in_plane=False)[0] for q in at]
        )
        # Summed over the angle, so that the tails are whole: dk = half / cos^2.
        area = (line / np.cos(angle) ** 2).sum() * half * (angle[1] - angle[0])
        assert area == pytest.approx(line_area(mode, 1), rel=5e-3)


@pytest.mark.slow
@pytest.mark.parametrize("in_plane", [False, True])
def test_lines_taken_off_and_put_back_leave_the_spectrum_that_a_fine_grid_gives(in_plane: bool) -> None:
    settings = Settings((649.0, 653.0), 0.4, layer=1, in_plane=in_plane)
    made = emission(COATED, settings)
    fine = np.linspace(647.0, 655.0, 1601)
    values = np.array([radiated(COATED, 1, 2e3 * np.pi / v, in_plane=in_plane) for v in fine])
    for column, part in enumerate((made.te, made.tm)):
        for i in (10, part.size // 2, part.size - 10):
            weight = np.exp(-4.0 * np.log(2.0) * ((fine - made.wavelength_nm[i]) / 0.4) ** 2)
            assert part[i] == pytest.approx((weight @ values[:, column]) / weight.sum(), rel=0.02)


def test_a_plane_wave_far_from_lines_is_scattered_as_without_an_instrument() -> None:
    made = plane_wave(COATED, Settings((640.0, 640.5), 0.05))
    plain = efficiencies(COATED, 1e-3 * float(made.wavelength_nm[5]))
    assert made.extinction[5] == pytest.approx(plain.extinction, rel=1e-3)
    assert made.scattering == pytest.approx(made.extinction, rel=1e-9)


def test_a_lens_collects_its_solid_angle() -> None:
    assert Settings((1.0, 2.0), aperture=1.0).collected == pytest.approx(0.5)
    assert Settings((1.0, 2.0), aperture=0.6).collected == pytest.approx(0.1)


def test_a_dipole_at_the_centre_has_the_purcell_factor_of_one_spherical_wave() -> None:
    """Only l = 1, TM: what is sent out is partly thrown back, C the wave outside: n^2 |C|^2 (textbook matching)."""
    n, radius, k = 1.6, 0.8, 2.0 * np.pi / 0.7

    def riccati(z: float) -> tuple[float, float, complex, complex]:
        j, dj = spherical_jn(1, z), spherical_jn(1, z, derivative=True)
        h, dh = j + 1j * spherical_yn(1, z), dj + 1j * spherical_yn(1, z, derivative=True)
        return z * j, j + z * dj, z * h, h + z * dh

    outside, inside = riccati(k * radius), riccati(n * k * radius)
    matrix = np.array([[inside[0], -outside[2]], [inside[1] / n, -outside[3]]])
    _, sent = np.linalg.solve(matrix, -np.array([inside[2], inside[3] / n]))
    along, across = purcell(LayeredSphere([radius], [n, 1.0]), k, np.array([1e-4 * radius]))
    assert along[0] == pytest.approx(n**2 * abs(sent) ** 2, rel=1e-6)
    assert across[0] == pytest.approx(n**2 * abs(sent) ** 2, rel=1e-6)


def test_the_mean_purcell_factor_of_a_layer_is_its_emission() -> None:
    sphere, k = LayeredSphere([2.0, 2.4], [1.45, 1.77, 1.0]), 2.0 * np.pi / 0.66
    nodes, weights = np.polynomial.legendre.leggauss(24)
    r = 2.2 + 0.2 * nodes
    along, across = purcell(sphere, k, r)
    mean = float((along + 2.0 * across) / 3.0 @ (weights * r**2) / (weights @ r**2))
    assert mean == pytest.approx(sum(radiated(sphere, 1, k)), rel=1e-9)
