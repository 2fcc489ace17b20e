"""Exact fields: continuity, integrals over them done again by brute force, and the power that arrives far away."""

from __future__ import annotations

import math

import numpy as np
import pytest

from femwgm.analytic import ExactMode, LayeredSphere

COATED = ([10.0, 10.49], [1.45, 1.768, 1.0])
SMALL = ([1.5, 1.99], [1.45, 1.768, 1.0])
UNIAXIAL = ([1.5, 1.99], [1.45, 1.768, 1.0], [None, 1.7, None])


def spherical(mode: ExactMode, rho: np.ndarray, theta: np.ndarray, magnetic: bool = False) -> np.ndarray:
    """Spherical components of the field at (rho, theta), shape (3, ...)."""
    r, z = rho * np.sin(theta), rho * np.cos(theta)
    along_r, azimuthal, along_z = mode.magnetic_field(r, z) if magnetic else mode.field(r, z)
    sine, cosine = np.sin(theta), np.cos(theta)
    return np.stack([sine * along_r + cosine * along_z, cosine * along_r - sine * along_z, azimuthal])


@pytest.mark.parametrize("body", [COATED, SMALL, UNIAXIAL, ([0.5, 0.8], [1.0, 1.6 + 0.02j, 1.33])])
@pytest.mark.parametrize("pol", ["TE", "TM"])
@pytest.mark.parametrize("p", [0, 1, 3])
def test_interfaces(body: tuple[list[complex], ...], pol: str, p: int) -> None:
    """Tangential E and H and normal eps E and H go through every interface."""
    sphere = LayeredSphere(*body)
    l = 163 if body is COATED else 22
    mode = sphere.mode(pol, l).with_m(l - p)
    theta = 0.5 * np.pi + np.linspace(-1.0, 0.7, 5) / np.sqrt(l)
    axial = body[2] if len(body) > 2 else [None] * len(body[1])
    eps = [complex(a if a is not None else n) ** 2 for n, a in zip(body[1], axial, strict=True)]
    for i, radius in enumerate(sphere.radii_um):
        sides = [np.full(theta.shape, radius * (1.0 + s * 1e-13)) for s in (-1.0, 1.0)]
        inner, outer = (spherical(mode, rho, theta) for rho in sides)
        inner[0], outer[0] = inner[0] * eps[i], outer[0] * eps[i + 1]
        assert np.allclose(inner, outer, rtol=1e-9, atol=1e-9 * np.abs(outer).max())
        inner, outer = (spherical(mode, rho, theta, magnetic=True) for rho in sides)
        assert np.allclose(inner, outer, rtol=1e-9, atol=1e-9 * np.abs(outer).max())


@pytest.mark.parametrize("pol", ["TE", "TM"])
@pytest.mark.parametrize("p", [0, 1, 2])
def test_integrals_again(pol: str, p: int) -> None:
    """Shares and mode volume from the sampled field alone: a product rule in (rho, theta), a fine grid for the maximum."""
    mode = LayeredSphere(*SMALL).mode(pol, 30).with_m(30 - p)
    x, weight = np.polynomial.legendre.leggauss(40)
    theta, angle = np.arccos(x), weight
    turning = 30.5 / mode.k0.real
    edges = [0.6, 1.5, 1.99, turning]
    energy, intensity, line, peak = [], [], [], 0.0
    for a, b, n in zip(edges, edges[1:], SMALL[1], strict=False):
        rho, step = 0.5 * (b - a) * x + 0.5 * (a + b), 0.5 * (b - a) * weight
        square = np.abs(spherical(mode, rho[:, None], theta[None, :])) ** 2
        total = 2.0 * np.pi * np.einsum("i,j,kij->", rho**2 * step, angle, square)
        intensity.append(total)
        energy.append(n**2 * total)
        equator = np.abs(spherical(mode, rho, np.full(rho.shape, 0.5 * np.pi))) ** 2
        line.append(np.sum(step * equator.sum(axis=0)))
        fine = (
            np.linspace(a * (1 + 1e-12), b * (1 - 1e-12), 61)[:, None],
            np.linspace(1.1, 0.5 * np.pi, 61)[None, :],
        )
        peak = max(peak, n**2 * float((np.abs(spherical(mode, *fine)) ** 2).sum(axis=0).max()))
    for shares, values in ((mode.energy, energy), (mode.e2, intensity), (mode.radial_e2, line)):
        assert list(shares.values()) == pytest.approx(list(np.array(values) / sum(values)), abs=1e-9)
    assert mode.mode_volume_um3 == pytest.approx(sum(energy) / peak, rel=1e-3)
    assert mode.mode_volume_um3 <= sum(energy) / peak * (1.0 + 1e-12)


@pytest.mark.parametrize(("body", "l"), [(SMALL, 15), (SMALL, 30), (COATED, 60), (COATED, 163)])
@pytest.mark.parametrize("pol", ["TE", "TM"])
def test_power_that_arrives_far_away(body: tuple[list[complex], ...], l: int, pol: str) -> None:
    """Q = k0 int eps |E|^2 / (flux through a large sphere), from Q of 1e3 to 1e43: the outgoing wave is really in the field."""
    mode = LayeredSphere(*body).mode(pol, l)
    energy = float(np.nansum(mode.fields.volumes[0]))
    rho = 4.0 * l / mode.k0.real
    x, weight = np.polynomial.legendre.leggauss(2 * l + 40)
    theta = np.arccos(x)
    electric, magnetic = (spherical(mode, np.full(x.shape, rho), theta, magnetic=h) for h in (False, True))
    poynting = (electric[1] * magnetic[2].conj() - electric[2] * magnetic[1].conj()).real
    power = 2.0 * np.pi * rho**2 * np.sum(weight * poynting)
    # What energy outside belongs to the mode is open to order 1 / Q. The wave that arrives left the turning point earlier,
    # when the mode was stronger.
    retarded = math.exp(2.0 * mode.k0.imag * (rho - math.sqrt(l * (l + 1.0)) / mode.k0.real))
    assert mode.k0.real * energy / (power * retarded) == pytest.approx(
        mode.q_rad, rel=1e-8 + 30.0 / mode.q_rad
    )


@pytest.mark.parametrize("pol", ["TE", "TM"])
def test_shares_do_not_depend_on_m(pol: str) -> None:
    mode = LayeredSphere(*SMALL).mode(pol, 12)
    for m in (12, 5, 1, 0, -7):
        other = mode.with_m(m)
        assert other.k0 == mode.k0
        assert list(other.energy.values()) == pytest.approx(list(mode.energy.values()), rel=1e-13)
        assert other.mode_volume_um3 > 0.0
        assert all(share > 0.0 for share in other.radial_e2.values())
    east, west = (abs(mode.with_m(m).field(1.4, 0.9)) for m in (7, -7))
    assert east == pytest.approx(west, rel=1e-13)


@pytest.mark.parametrize("m", [0, 1, 2, 3])
@pytest.mark.parametrize("pol", ["TE", "TM"])
def test_axis_and_centre(pol: str, m: int) -> None:
    """Finite on the axis; the transverse field there only for m = 1, the axial one only for m = 0; and smooth into it."""
    mode = LayeredSphere(*SMALL).mode(pol, 3).with_m(m)
    z = np.array([-2.5, -1.7, -0.3, 0.0, 0.4, 1.8])
    for on, near in (
        (mode.field(0.0, z), mode.field(1e-7, z)),
        (mode.magnetic_field(0.0, z), mode.magnetic_field(1e-7, z)),
    ):
        assert np.all(np.isfinite(on))
        size = np.abs(mode.field(np.linspace(0.0, 2.0, 50), 0.3)).max()
        assert np.allclose(on, near, atol=1e-5 * size)
        if m != 1:
            assert np.abs(on[:2]).max() < 1e-12 * size
        if m != 0:
            assert np.abs(on[2]).max() < 1e-12 * size


def test_a_millimetre() -> None:
    """l = m = 8000: the field is finite everywhere, sits at the surface, and is as thin as it should be."""
    mode = LayeredSphere([575.0], [1.45, 1.0]).mode("TE", 8000)
    assert 640.0 < mode.wavelength_nm < 680.0
    r, z = np.linspace(0.0, 700.0, 1401), np.linspace(-20.0, 20.0, 41)
    with np.errstate(all="raise", under="ignore"):
        field = mode.field(r[:, None], z[None, :])
    intensity = (np.abs(field) ** 2).sum(axis=0)
    assert np.all(np.isfinite(intensity))
    i, j = np.unravel_index(np.argmax(intensity), intensity.shape)
    assert 570.0 < r[i] < 575.0
    assert z[j] == 0.0
    width = intensity[i, :] / intensity[i, j]
    # |E|^2 of the equatorial belt is exp(-m theta^2) up to corrections of order 1 / m and of the sampled radius.
    assert width[20 + 6] == pytest.approx(math.exp(-8000 * (6.0 / r[i]) ** 2), rel=0.05)
    assert mode.energy[0] > 0.99
    assert sum(mode.energy.values()) == pytest.approx(1.0, rel=1e-12)


def test_the_strongest_point_may_be_a_surface() -> None:
    """TM across a 30 nm gap: eps |E_r|^2 jumps by n^2 into the gap and falls from there, so the maximum is its inner face."""
    mode = LayeredSphere([1.5, 1.53, 1.73], [1.9, 1.0, 1.9, 1.0]).mode("TM", 20)
    value, rho, theta = mode.fields.peak()
    assert rho == 1.5
    assert theta == pytest.approx(0.5 * np.pi)
    outside, inside = ((np.abs(mode.field(1.5 * (1.0 + s), 0.0)) ** 2).sum() for s in (1e-12, -1e-12))
    assert value == pytest.approx(outside, rel=1e-9)
    assert outside > 1.9**2 * inside
    assert mode.mode_volume_um3 == pytest.approx(np.nansum(mode.fields.volumes[0]) / outside, rel=1e-9)


def test_a_mode_above_the_barrier_has_no_ambient_share() -> None:
    mode = LayeredSphere([1.0], [2.0, 1.0]).mode("TE", 1, 3)
    assert math.isnan(mode.energy[1])
    assert mode.energy[0] == 1.0
    assert mode.mode_volume_um3 > 0.0
