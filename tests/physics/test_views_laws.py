"""What the pictures are drawn from obeys the physics: interpolation, shares, continuity at interfaces, Maxwell's equations."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from support.pictures import PUBLISHED, small_run, small_view

from femwgm.views.fields.patches import Medium, Patches, from_field
from femwgm.views.fields.quantities import Wave, energy_density, quantity, rotated

pytestmark = pytest.mark.gmsh
MODES = ["TE163", "TM163"]


@pytest.mark.parametrize("label", MODES)
def test_patches_are_the_field(label: str) -> None:
    mode = small_view().find(label)
    [own] = small_run().modes.sel(pol=mode.pol)
    rng = np.random.default_rng(3)
    rho, beta = rng.uniform(9.2, 11.2, 300), rng.uniform(-0.3, 0.3, 300)
    r, z = rho * np.cos(beta), rho * np.sin(beta)
    E, H = mode.patches(r, z)
    np.testing.assert_allclose(E, own.field(r, z), atol=1e-9 * np.abs(E).max())
    np.testing.assert_allclose(H, own.magnetic_field(r, z), atol=1e-9 * np.abs(H).max())


@pytest.mark.parametrize("label", MODES)
def test_shares_by_quadrature_are_those_of_the_table(label: str) -> None:
    mode = small_view().find(label)
    e2 = mode.patches.integrals((np.abs(mode.patches.E) ** 2).sum(axis=0))
    energy = mode.patches.integrals(energy_density(mode.patches))
    for region in mode.regions:
        assert e2[region] / sum(e2.values()) == pytest.approx(mode.shares("e2")[region], rel=1e-7)
        assert energy[region] == pytest.approx(mode.shares("energy")[region], rel=1e-7)
        if label == "TM163":
            assert energy[region] == pytest.approx(PUBLISHED[region], abs=2e-6)


@pytest.mark.parametrize("label", MODES)
@pytest.mark.parametrize(("radius", "inside", "outside"), [(10.0, "core", "shell"), (10.49, "shell", "air")])
def test_fields_meet_at_the_interfaces(label: str, radius: float, inside: str, outside: str) -> None:
    """Tangential E, normal D and all of H are continuous; normal E is not, by the ratio of the permittivities."""
    patches = small_view().find(label).patches
    beta = np.linspace(-0.25, 0.25, 31)
    r, z = radius * np.cos(beta), radius * np.sin(beta)
    rho = np.array([np.cos(beta), np.zeros_like(beta), np.sin(beta)])
    theta = np.array([np.sin(beta), np.zeros_like(beta), -np.cos(beta)])
    (E1, H1), (E2, H2) = (patches(r, z, region) for region in (inside, outside))
    eps1, eps2 = (patches.media[region].eps.real for region in (inside, outside))
    size, sizeH = np.abs(patches.E).max(), np.abs(patches.H).max()
    assert np.abs(E1).max() > 0.01 * size
    np.testing.assert_allclose(E1[1], E2[1], atol=2e-5 * size)
    np.testing.assert_allclose((E1 * theta).sum(0), (E2 * theta).sum(0), atol=2e-5 * size)
    np.testing.assert_allclose(eps1 * (E1 * rho).sum(0), eps2 * (E2 * rho).sum(0), atol=2e-4 * size)
    np.testing.assert_allclose(H1, H2, atol=2e-4 * sizeH)
    if label == "TM163":
        assert np.abs((E1 * rho).sum(0)).max() / np.abs((E2 * rho).sum(0)).max() == pytest.approx(
            eps2 / eps1, rel=1e-3
        )


def _cartesian(patches: Patches, point: np.ndarray, field: str, wave: Wave) -> np.ndarray:
    """Complex Cartesian components at a point of space, by the pictures' own rotation."""
    x, y, z = point
    r, phi = np.array([[[np.hypot(x, y)]]]), float(np.arctan2(y, x))
    E, H = patches(r, np.full_like(r, z))
    at = replace(patches, r=r, z=np.full_like(r, z), E=E, H=H)
    F = rotated(at, field, phi, wave)[:, 0, 0, 0]
    return np.array([F[0] * np.cos(phi) - F[1] * np.sin(phi), F[0] * np.sin(phi) + F[1] * np.cos(phi), F[2]])


@pytest.mark.parametrize("standing", [False, True])
@pytest.mark.parametrize("label", MODES)
def test_h_is_the_curl_of_e_in_space(label: str, standing: bool) -> None:
    """By differences in x, y, z: signs and phases of every component of the travelling and of the standing wave."""
    patches = small_view().find(label).patches
    wave, h = Wave(0.4, standing), 1e-4
    point = np.array([10.25 * np.cos(0.3), 10.25 * np.sin(0.3), 0.35])
    steps = np.eye(3) * h
    gradient = np.array(
        [
            (_cartesian(patches, point + s, "E", wave) - _cartesian(patches, point - s, "E", wave)) / (2 * h)
            for s in steps
        ]
    )
    curl = np.array(
        [gradient[1, 2] - gradient[2, 1], gradient[2, 0] - gradient[0, 2], gradient[0, 1] - gradient[1, 0]]
    )
    H = _cartesian(patches, point, "H", wave)
    assert np.abs(H).max() > 0.1 * np.abs(patches.H).max()
    np.testing.assert_allclose(curl / (1j * patches.k0), H, atol=2e-5 * np.abs(patches.H).max())


def test_components_of_every_frame_have_one_length() -> None:
    patches = small_view().find("TM163").patches
    phi, wave = 0.77, Wave(0.3)
    square = [
        sum(quantity(f"E_{name}")(patches, phi, wave) ** 2 for name in names)
        for names in (("r", "phi", "z"), ("x", "y", "z"), ("rho", "theta", "phi"))
    ]
    np.testing.assert_allclose(square[1], square[0], rtol=1e-9, atol=1e-12 * square[0].max())
    np.testing.assert_allclose(square[2], square[0], rtol=1e-9, atol=1e-12 * square[0].max())


def test_a_standing_wave_holds_half_the_energy() -> None:
    """The mean around the ring of |E|^2 of (mode m + mode -m) / 2 is half of the travelling wave's."""
    patches = small_view().find("TM163").patches
    turns = 2.0 * np.pi * np.arange(16) / 16 / patches.m
    mean = np.mean([quantity("E2")(patches, float(phi), Wave(standing=True)) for phi in turns], axis=0)
    np.testing.assert_allclose(mean, 0.5 * quantity("E2")(patches), rtol=1e-9, atol=1e-12)


def test_energy_runs_forwards() -> None:
    """exp(i m phi - i omega t) with m > 0 carries energy along +phi where the mode is."""
    for label in MODES:
        patches = small_view().find(label).patches
        flow, e2 = quantity("flow")(patches), quantity("E2")(patches)
        assert flow[e2 > 0.1 * e2.max()].min() > 0.0


def test_an_axial_permittivity_weighs_its_component() -> None:
    patches = small_view().find("TE163").patches
    media = {name: Medium(m.eps, 2.0 * m.eps, "z") for name, m in patches.media.items()}
    shares = patches.integrals(energy_density(replace(patches, media=media)))
    expected = patches.integrals(
        patches.permittivity().real * (np.abs(patches.E[:2]) ** 2).sum(axis=0)
        + 2 * patches.permittivity().real * np.abs(patches.E[2]) ** 2
    )
    for region, share in shares.items():
        assert share == pytest.approx(expected[region] / sum(expected.values()), rel=1e-9)


def test_the_budget_of_points_bounds_the_patches() -> None:
    cells = small_run().modes[0].field_data
    assert from_field(cells).r.size <= 60_000
    assert from_field(cells, points=9).r.shape[1:] == (9, 9)
