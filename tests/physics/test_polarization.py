"""Light through a lens and a polarizer, from the multipoles of a mode."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.special import lpmv, spherical_jn, spherical_yn

from femwgm.analytic import LayeredSphere
from femwgm.errors import GeometryError
from femwgm.experiment.far_field.emission import (
    Cone,
    Multipoles,
    coherence,
    exact_multipoles,
    far_field,
    field_multipoles,
    project,
)
from femwgm.experiment.far_field.polarization import Light, minority_share, mixture, through_lens


def single(pol: str, l: int, m: int) -> Multipoles:
    return Multipoles(m, {(pol, l): 1.0 + 0j})


@pytest.mark.parametrize(("pol", "l", "m"), [("TE", 5, 3), ("TM", 5, 5), ("TE", 4, 0), ("TM", 6, -2)])
def test_far_field_is_the_exact_field_far_away(pol: str, l: int, m: int) -> None:
    """Pattern and phase between the components, from the exact field at a hundred radii."""
    mode = LayeredSphere([1.0], [2.0, 1.0]).mode(pol, l).with_m(m)
    theta = np.linspace(0.2, 2.9, 9)
    rho = 3000.0
    field = mode.field(rho * np.sin(theta), rho * np.cos(theta))
    polar = field[0] * np.cos(theta) - field[2] * np.sin(theta)
    expected = np.stack([polar, field[1]])
    found = np.stack(far_field(exact_multipoles(mode), theta))
    at = np.unravel_index(np.abs(found).argmax(), found.shape)
    assert np.abs(found / found[at] - expected / expected[at]).max() < 5.0 * l * l / (rho * mode.k0.real)


@pytest.mark.parametrize(("pol", "l", "m"), [("TE", 7, 7), ("TM", 6, 2)])
def test_a_lens_of_aperture_one_takes_half_of_a_mode(pol: str, l: int, m: int) -> None:
    """|E|^2 of a single wave is even under inversion, so every hemisphere holds half."""
    for polar in (90.0, 25.0):
        assert np.trace(coherence(single(pol, l, m), Cone(polar, 1.0), 80)).real == pytest.approx(
            0.5, rel=2e-4
        )


def test_power_in_the_whole_sphere_is_that_of_the_amplitudes() -> None:
    source = Multipoles(2, {("TE", 3): 1.0, ("TM", 4): 0.7 - 0.4j, ("TM", 2): 0.2j})
    x, w = np.polynomial.legendre.leggauss(60)
    polar, azimuthal = far_field(source, np.arccos(x))
    assert 2.0 * np.pi * (w * (np.abs(polar) ** 2 + np.abs(azimuthal) ** 2)).sum() == pytest.approx(
        source.power, rel=1e-12
    )


@pytest.mark.parametrize("pol", ["TE", "TM"])
@pytest.mark.parametrize("cone", [Cone(90.0, 0.3), Cone(37.0, 0.7)])
def test_all_m_together_are_unpolarized_and_isotropic(pol: str, cone: Cone) -> None:
    """Unsold's theorem for vector harmonics: the 2 l + 1 modes of a level emit like a natural source."""
    l = 6
    total = sum(coherence(single(pol, l, m), cone, 40) for m in range(-l, l + 1))
    solid = 2.0 * np.pi * (1.0 - math.sqrt(1.0 - cone.aperture**2))
    expected = 0.5 * np.eye(2) * (2 * l + 1) * solid / (4.0 * np.pi)
    assert np.abs(total - expected).max() < 1e-10


def by_rotation(source: Multipoles, cone: Cone, rays: int) -> Light:
    """The lens literally: each random ray's field turned by Rodrigues' formula until the ray lies along the axis."""
    rng = np.random.default_rng(2)
    tilt = math.radians(cone.polar_deg)
    axis = np.array([math.sin(tilt), 0.0, math.cos(tilt)])
    up = np.array([-math.cos(tilt), 0.0, math.sin(tilt)])
    cosine = 1.0 - rng.random(rays) * (1.0 - math.sqrt(1.0 - cone.aperture**2))
    beta = 2.0 * np.pi * rng.random(rays)
    sine = np.sqrt(1.0 - cosine**2)
    side = np.cross(axis, up)
    ray = cosine[:, None] * axis + sine[:, None] * (np.cos(beta)[:, None] * up + np.sin(beta)[:, None] * side)
    theta, phi = np.arccos(ray[:, 2]), np.arctan2(ray[:, 1], ray[:, 0])
    polar, azimuthal = far_field(source, theta)
    e_theta = np.stack([np.cos(theta) * np.cos(phi), np.cos(theta) * np.sin(phi), -np.sin(theta)], axis=1)
    e_phi = np.stack([-np.sin(phi), np.cos(phi), 0.0 * phi], axis=1)
    field = (polar[:, None] * e_theta + azimuthal[:, None] * e_phi) * np.exp(1j * source.m * phi)[:, None]
    turn = np.cross(ray, axis)
    size = np.linalg.norm(turn, axis=1, keepdims=True)
    k = turn / size
    turned = (
        field * cosine[:, None]
        + np.cross(k, field) * size
        + k * (k * field).sum(axis=1)[:, None] * (1.0 - cosine[:, None])
    )
    assert np.abs((turned * axis).sum(axis=1)).max() < 1e-9
    v, h = (turned * up).sum(axis=1), (turned * np.cross(up, axis)).sum(axis=1)
    return Light(
        float((np.abs(v) ** 2 + np.abs(h) ** 2).mean()), float((np.abs(v) ** 2 - np.abs(h) ** 2).mean()),
        float(2.0 * (v * h.conj()).real.mean()),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("source", "cone"),
    [
        (single("TM", 1, 0), Cone(60.0, 0.9)), (single("TE", 3, 2), Cone(50.0, 0.8)), (single("TE", 20, 20), Cone(90.0, 0.6)),
        (Multipoles(1, {("TE", 2): 1.0, ("TM", 3): 0.5 + 0.5j}), Cone(30.0, 0.7)),
    ],
)  # fmt: skip
def test_the_lens_against_rays_turned_one_by_one(source: Multipoles, cone: Cone) -> None:
    found = through_lens(source, cone, 60)
    rays = by_rotation(source, cone, 60_000)
    assert found.s1 / found.s0 == pytest.approx(rays.s1 / rays.s0, abs=0.012)
    assert found.s2 / found.s0 == pytest.approx(rays.s2 / rays.s0, abs=0.012)


def test_seen_along_the_axis_of_revolution_nothing_is_linearly_polarized() -> None:
    for source in (single("TE", 4, 1), single("TM", 5, 0)):
        assert through_lens(source, Cone(0.0, 0.5), 60).factor < 1e-12


def test_a_narrow_view_of_the_equator_shows_pure_modes() -> None:
    """TE of l = m is polarized along z, TM across; what is missing to R = 1 is 1 / (2 l) and the aperture's own."""
    te, tm = (through_lens(single(pol, 165, 165), Cone(90.0, 0.05)) for pol in ("TE", "TM"))
    assert te.s1 > 0.0 > tm.s1
    assert te.factor == pytest.approx(1.0, abs=2e-3)
    assert tm.factor == pytest.approx(1.0, abs=2e-3)
    wide = through_lens(single("TE", 165, 165), Cone(90.0, 0.5))
    # Behind a wide lens all latitudes of the mode count: <cot^2 theta> = 1 / (2 l + 1) of the light is across.
    assert 1.0 - wide.factor == pytest.approx(2.0 / (2.0 * 165.0), rel=0.05)


def test_malus() -> None:
    light = Light(2.0, 1.0, 0.5)
    angle = np.linspace(0.0, 360.0, 7201)
    intensity = light.behind_polarizer(angle)
    assert (intensity.max() - intensity.min()) / (intensity.max() + intensity.min()) == pytest.approx(
        light.factor, abs=1e-6
    )
    # S1 > 0 is light along the image of z, which a polarizer at 0 degrees lets pass; S2 > 0 turns it towards 45 degrees.
    assert angle[intensity.argmax()] % 180.0 == pytest.approx(
        0.5 * math.degrees(math.atan2(0.5, 1.0)), abs=0.05
    )
    assert light.behind_polarizer(30.0) + light.behind_polarizer(120.0) == pytest.approx(light.s0)


def test_the_mixture_that_gives_the_published_factor() -> None:
    """Pure modes: R = 1 - 2 f, so 0.79 takes 10.5 % of the minor one; modes that are not quite pure take a little less."""
    assert minority_share(Light(1.0, 1.0, 0.0), Light(1.0, -1.0, 0.0), 0.79) == pytest.approx(
        0.105, abs=1e-12
    )
    sphere = LayeredSphere([10.0, 10.49], [1.45, 1.768, 1.0])
    modes = sphere.mode("TE", 165), sphere.mode("TM", 163)
    te, tm = (through_lens(exact_multipoles(mode), Cone(90.0, 0.4)) for mode in modes)
    share = minority_share(te, tm, 0.79)
    assert 0.10 < share < 0.105
    assert mixture([te, tm], [1.0 - share, share]).factor == pytest.approx(0.79, abs=1e-9)
    with pytest.raises(GeometryError, match="no mixture"):
        minority_share(te, tm, 0.9999)
    with pytest.raises(GeometryError, match="one power for each"):
        mixture([te], [1.0, 2.0])


def test_projection_finds_the_waves_of_a_field() -> None:
    """Two exact modes of one m, added with known amplitudes on a sphere outside."""
    sphere = LayeredSphere([1.0], [2.0, 1.0])
    k = sphere.mode("TE", 5).k0.real
    x, w = np.polynomial.legendre.leggauss(60)
    theta = np.arccos(x)
    radius = 1.4
    first, second = sphere.pole("TE", 5, sphere.mode("TE", 5).k0).with_m(3), sphere.mode("TM", 6).with_m(3)
    # Outside, only the ratio of the waves to their value at the radius matters, at the wavenumber of the projection.
    field = first.field(radius * np.sin(theta), radius * np.cos(theta))
    found = project(field, theta, w, 3, [3, 4, 5, 6], radius, k)
    main = abs(found.waves["TE", 5])
    assert all(abs(a) < 1e-9 * main for key, a in found.waves.items() if key != ("TE", 5))
    other = project(
        second.field(radius * np.sin(theta), radius * np.cos(theta)),
        theta,
        w,
        3,
        [3, 4, 5, 6],
        radius,
        second.k0.real,
    )
    assert all(
        abs(a) < 1e-9 * abs(other.waves["TM", 6]) for key, a in other.waves.items() if key != ("TM", 6)
    )


def test_projection_recovers_amplitudes_put_in() -> None:
    """A field built literally from spherical Hankel functions and scipy's Legendre functions, m = 2."""
    m, k, radius = 2, 7.0, 1.3
    waves = {("TE", 3): 1.0 + 0.5j, ("TM", 4): 0.3 - 0.8j, ("TM", 3): 0.6j}
    x, w = np.polynomial.legendre.leggauss(40)
    theta = np.arccos(x)

    def harmonic(l: int, at: np.ndarray) -> np.ndarray:
        scale = math.sqrt((2 * l + 1) / (4.0 * math.pi) * math.factorial(l - m) / math.factorial(l + m))
        return (-1) ** m * scale * lpmv(m, l, np.cos(at))  # without the Condon-Shortley sign

    polar, azimuthal = np.zeros(40, complex), np.zeros(40, complex)
    for (pol, l), amplitude in waves.items():
        z = k * radius
        h = spherical_jn(l, z) + 1j * spherical_yn(l, z)
        dh = spherical_jn(l, z, True) + 1j * spherical_yn(l, z, True)
        over = 1j * m * harmonic(l, theta) / np.sin(theta)
        slope = (harmonic(l, theta + 1e-6) - harmonic(l, theta - 1e-6)) / 2e-6
        # Far away z h -> (-i)^(l + 1) and (z h)' -> i (-i)^(l + 1), times exp(i z).
        factor = h / (-1j) ** (l + 1) if pol == "TE" else (h / z + dh) / (1j * (-1j) ** (l + 1))
        a = amplitude * factor / np.sqrt(l * (l + 1.0))
        polar += a * (over if pol == "TE" else slope)
        azimuthal += a * (-slope if pol == "TE" else over)
    field = np.stack([polar * np.cos(theta), azimuthal, -polar * np.sin(theta)])
    found = project(field, theta, w, m, [2, 3, 4, 5], radius, k)
    scale = found.waves["TE", 3] / waves["TE", 3]
    assert scale.imag == pytest.approx(0.0, abs=1e-8 * abs(scale))
    for key, amplitude in found.waves.items():
        assert amplitude / scale == pytest.approx(waves.get(key, 0.0), abs=1e-8)


def test_cones_that_are_none_are_refused() -> None:
    for polar, aperture in ((90.0, 0.0), (90.0, 1.2), (200.0, 0.5)):
        with pytest.raises(GeometryError):
            Cone(polar, aperture)


@pytest.mark.gmsh
def test_waves_of_a_finite_element_mode_are_those_that_carry_its_power() -> None:
    """A leaky spheroid: projection on a sphere around it against the reciprocity integral over its surface."""
    from femwgm.observables.radiation import log_radiated_power
    from femwgm.observables.surface import solid_surface
    from femwgm.runs.loop import run

    config = {
        "schema": 1,
        "geometry": {
            "kind": "spheroid", "aspect": 0.9, "ambient": "air",
            "layers": [{"name": "core", "material": "g", "radius": "2 um"}],
        },
        "materials": {"g": {"n": 1.6}, "air": {"n": 1.0}},
        "modes": {
            "window": ["1.1 um", "1.3 um"], "polarizations": ["TM"], "radial_orders": [1], "polar_orders": [0],
            "azimuthal_orders": [13],
        },
    }  # fmt: skip
    [mode] = run(config).modes
    degrees = list(range(13, 18))
    te, tm = log_radiated_power(
        solid_surface(mode.field_data, "air"), 13, mode.k0.real, 1.0, np.array(degrees)
    )
    power = {("TE", l): p for l, p in zip(degrees, np.exp(te - tm.max()), strict=True)}
    power |= {("TM", l): p for l, p in zip(degrees, np.exp(tm - tm.max()), strict=True)}
    waves = field_multipoles(mode, degrees, 2.03).waves
    scale = abs(waves["TM", 13]) ** 2
    for key in (("TM", 13), ("TE", 14), ("TM", 15)):
        assert power[key] > 1e-5
        assert abs(waves[key]) ** 2 / scale == pytest.approx(power[key], rel=0.03)
    assert all(abs(a) ** 2 < 1e-5 * scale for key, a in waves.items() if power[key] < 1e-6)
