"""Spheres on a common axis by spherical waves: against the T-matrix, single spheres, direct sums, laws, and finite elements."""

from __future__ import annotations

from functools import cache
from itertools import pairwise

import numpy as np
import pytest
from numpy.polynomial.legendre import leggauss
from scipy import special
from support.marks import thinned

from femwgm.analytic import ExactMode, LayeredSphere
from femwgm.analytic.media import MediaModel
from femwgm.analytic.multipoles import (
    Sphere,
    StackField,
    StackMode,
    mode_volume,
    search,
    stack_modes,
    up_to_its_end,
)
from femwgm.analytic.multipoles.mode import radiated, spread
from femwgm.analytic.multipoles.system import Couplings
from femwgm.analytic.multipoles.translation import translation
from femwgm.errors import SolveError

INDICES = (1.45, 1.768, 1.0)


def equal_pair(gap: float, n: float = 2.0) -> list[Sphere]:
    media = MediaModel([n, 1.0])
    return [Sphere(side * (1.0 + 0.5 * gap), (1.0,), media) for side in (-1.0, 1.0)]


def coated(
    gap: float, shells: tuple[float, float] = (0.3, 0.3), indices: tuple[float, ...] = INDICES
) -> list[Sphere]:
    """Cores of 3 and 2.6 um in shells."""
    media = MediaModel(list(indices))
    low, high = 3.0 + shells[0], 2.6 + shells[1]
    return [Sphere(-low, (3.0, low), media), Sphere(high + gap, (2.6, high), media)]


@cache
def small_pair(m: int) -> tuple[StackMode, ...]:
    """Modes of Q above 2000 of two coated spheres, nearly touching."""
    return tuple(stack_modes(coated(0.05), m, (9.40, 9.52), wanted=lambda k, *_: k.imag > -0.0025))


# k R of the TE l = 10 pair, eps = 4: T-matrix of another program, digits as printed there. The first pair was cut at L = 22.
@pytest.mark.parametrize(
    ("gap", "m", "upper", "lower", "digits"),
    [
        (0.1, 0, 6.8574174 - 0.0065725j, 6.7930414 - 0.0033287j, 1e-7),
        (0.5, 0, 6.829754352 - 0.002456604j, 6.823092184 - 0.003279065j, 6e-10),
        (0.5, 1, 6.830152575 - 0.002725554j, 6.823349848 - 0.001978701j, 9e-10),
    ],
)
def test_the_bisphere(gap: float, m: int, upper: complex, lower: complex, digits: float) -> None:
    """Both supermodes to the digits of the T-matrix, in stated errors far below those."""
    found = stack_modes(equal_pair(gap), m, (6.78, 6.87), (False,), lambda k, *_: k.imag > -0.01)
    assert [mode.k0 for mode in found] == pytest.approx([lower, upper], abs=digits)
    for mode in found:
        assert mode.error < 1e-9
        assert mode.residual < 1e-12
        assert mode.energy[0][0] == pytest.approx(mode.energy[1][0], rel=1e-10)
        assert mode.te_fraction > 0.99


@pytest.mark.parametrize("m", thinned([0, 1, 7], [1]))
def test_one_sphere_alone(m: int) -> None:
    """A stack of one sphere is that sphere: wavenumbers to rounding, Q and shares; the same for every order."""
    exact = {
        (e.pol, e.l): e
        for e in LayeredSphere([3.0, 3.3], INDICES).modes((0.62, 0.68), radial_orders=list(range(1, 9)))
        if e.q_rad > 1e3
    }
    media = MediaModel(list(INDICES))
    window = 2.0 * np.pi / 0.68, 2.0 * np.pi / 0.62
    found = stack_modes(
        [Sphere(0.4, (3.0, 3.3), media)], m, window, wanted=lambda k, *_: -2e3 * k.imag < k.real
    )
    assert len(found) == len(exact) > 5
    for mode in found:
        twin = min(exact.values(), key=lambda e: abs(e.k0.real - mode.k0.real))
        assert mode.k0.real == pytest.approx(twin.k0.real, rel=1e-12)
        assert mode.log10_q == pytest.approx(twin.log10_q_rad, abs=1e-5)
        assert sum(map(sum, mode.energy)) == pytest.approx(1.0 - _outside(twin), abs=30.0 / twin.q_rad + 1e-9)
        volume = mode_volume(up_to_its_end(mode, twin.l))
        exact_volume = twin.with_m(m).mode_volume_um3
        assert abs(volume.um3 / exact_volume - 1.0) < 3.0 * volume.error
        assert volume.error < 100.0 / twin.q_rad + 1e-7


def _outside(mode: ExactMode) -> float:
    """Share of the energy in the ambient, to the turning point."""
    energy = mode.fields.volumes[0]
    return float(energy[-1] / energy.sum())


def test_what_one_sphere_sends_the_other_receives() -> None:
    """The outgoing waves of one centre summed as regular waves about the other, at points inside the other, for E and curl E."""
    m, k = 2, 9.0 + 0.0j
    couplings = Couplings([*coated(0.1)], m, (40, 60), (8.99, 9.01))
    source, target = couplings.waves
    same, turned = translation(source, target, m, k)
    assert turned is not None
    r = np.array([0.3, 0.9, 1.4, 0.05])
    z = target.centre + np.array([-0.9, 0.5, -0.2, 1.1])

    def radial(centre: float, l: int, outgoing: bool, r_out: np.ndarray, z_out: np.ndarray) -> np.ndarray:
        """u = h or j times P, normalised as the waves are."""
        rho = np.hypot(r_out, z_out - centre)
        bessel = special.spherical_jn(l, k.real * rho) + (
            1j * special.spherical_yn(l, k.real * rho) if outgoing else 0.0
        )
        norm = np.sqrt((2 * l + 1) / 2.0 * special.poch(l + m + 1, -2 * m)) * (-1.0) ** m
        return np.asarray(bessel * special.lpmv(m, l, (z_out - centre) / rho) * norm / np.sqrt(l * (l + 1.0)))

    # z . M = -i m u for every centre, so a TE wave of the source must be that plus what its TM part adds: N_z = (z . curl M) / k.
    step = 1e-4
    for n, l in ((0, 2), (5, 7), (12, 14)):
        unit = np.exp(-source.scale[n])
        into = [np.exp(target.scale), np.exp(target.scale)]
        sent = -1j * m * radial(source.centre, l, True, r, z) / unit
        amplitudes = [same[:, n] / into[0], turned[:, n] / into[1]]
        received = np.zeros(len(r), dtype=complex)
        for i, degree in enumerate(target.degrees.astype(int)):
            u = radial(target.centre, degree, False, r, z)
            if not np.isfinite(amplitudes[0][i]) or not np.abs(u).max():
                continue
            received += amplitudes[0][i] * -1j * m * u
            received += amplitudes[1][i] * _axial_n(
                lambda a, b, d=degree: radial(target.centre, d, False, a, b),
                r,
                z,
                target.centre,
                k.real,
                step,
            )
        assert received == pytest.approx(sent, rel=2e-5)


def _axial_n(u, r, z, centre, k, h):  # type: ignore[no-untyped-def]
    """z component of curl curl (r u) / k = (d/dz (d/drho (rho u)) + k^2 z u) / k, by differences."""

    def stretched(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        x, y = a, b - centre
        plus, minus = u((1 + h) * x, centre + (1 + h) * y), u((1 - h) * x, centre + (1 - h) * y)
        return np.asarray(u(a, b) + (plus - minus) / (2 * h))

    slope = (stretched(r, z + h) - stretched(r, z - h)) / (2 * h)
    return (slope + k**2 * (z - centre) * u(r, z)) / k


@pytest.mark.parametrize("m", thinned([0, 1], [1]))
def test_the_far_field_is_the_field_far_away(m: int) -> None:
    """Times rho exp(-i k rho), to first order in 1 / rho from two distances; all directions together send the power 1."""
    (mode, *_) = stack_modes(equal_pair(0.2, 1.8), m, (6.6, 6.7))
    field = StackField(mode)
    nodes, weights = leggauss(200)
    theta = np.arccos(nodes)
    pattern = field.far(theta)
    assert 2.0 * np.pi * (np.abs(pattern) ** 2).sum(axis=0) @ weights == pytest.approx(1.0, abs=1e-12)
    seen = []
    for rho in (700.0, 1400.0):
        E, _ = field(rho * np.sin(theta), rho * np.cos(theta))
        E = E * rho * np.exp(-1j * mode.k0 * rho)
        seen.append(np.stack([E[0] * np.cos(theta) - E[2] * np.sin(theta), E[1]]))
    far = 2.0 * seen[1] - seen[0]
    factor = np.vdot(far, pattern) / np.vdot(far, far)
    assert np.abs(factor * far - pattern).max() < 2e-4 * np.abs(pattern).max()


@pytest.mark.parametrize("m", thinned([0, 1, 2], [0]))
def test_fields_fit_together(m: int) -> None:
    """Tangential E and H are continuous on every surface, and the integrals of the field are the stated shares."""
    for mode in small_pair(m)[:2]:
        field = StackField(mode)
        theta = np.linspace(0.01, np.pi - 0.01, 300)
        sine, cosine = np.sin(theta), np.cos(theta)
        for sphere in mode.system.spheres:
            for radius in sphere.radii:
                sides = [field(R * sine, sphere.centre + R * cosine) for R in (radius - 1e-9, radius + 1e-9)]
                for inner, outer in zip(*sides, strict=True):
                    jump = np.stack(
                        [(inner - outer)[0] * cosine - (inner - outer)[2] * sine, (inner - outer)[1]]
                    )
                    assert np.abs(jump).max() < 1e-3 * np.abs(inner).max()
        for sphere, shares in zip(mode.system.spheres, mode.energy, strict=True):
            for (lo, hi), n, share in zip(pairwise([0.0, *sphere.radii]), INDICES, shares, strict=False):
                assert _integral(field, sphere.centre, lo, hi, n) == pytest.approx(
                    share, abs=3.0 * mode.share_error
                )


def _integral(field: StackField, centre: float, lo: float, hi: float, n: float) -> float:
    (x, w), (c, v) = leggauss(120), leggauss(220)
    rho = lo + 0.5 * (hi - lo) * (x + 1.0)
    E, _ = field(np.outer(rho, np.sqrt(1.0 - c * c)), centre + np.outer(rho, c))
    weight = np.outer(0.5 * (hi - lo) * w * rho**2, 2.0 * np.pi * v)
    return float((weight * n**2 * (np.abs(E) ** 2).sum(axis=0)).sum())


@pytest.mark.parametrize("m", thinned([0, 1], [0]))
def test_shares_are_slopes(m: int) -> None:
    """d ln k / d ln n of each medium is minus its share (Hellmann and Feynman), the ambient's included."""
    window = (9.40, 9.52)
    mode = max(
        stack_modes(coated(0.4), m, window, wanted=lambda k, *_: k.imag > -1e-4), key=lambda one: one.k0.imag
    )
    inside = [sum(sphere[i] for sphere in mode.energy) for i in (0, 1)]
    mixing = spread(mode.system, mode.k0, mode.amplitudes) - 1.0  # the slope weighs E . E, a share |E|^2
    assert mixing < 1e-4
    for i, share in enumerate([*inside, 1.0 - sum(inside)]):
        h, k = 1e-5, []
        for sign in (-1.0, 1.0):
            changed = [n * (1.0 + sign * h * (i == j)) for j, n in enumerate(INDICES)]
            near = stack_modes(
                coated(0.4, indices=tuple(changed)), m, (mode.k0.real - 3e-4, mode.k0.real + 3e-4)
            )
            k.append(min((other.k0 for other in near), key=lambda value: abs(value - mode.k0)))
        slope = (k[1] - k[0]).real / (2.0 * h * mode.k0.real)
        assert slope == pytest.approx(-share, abs=1e-7 + mode.share_error + 3.0 * mixing)


@pytest.mark.parametrize("m", [0, 1])
def test_q_by_the_far_field_and_by_the_eigenvalue(m: int) -> None:
    """Power far away over stored energy is -2 Im k / Re k, the closer the higher Q."""
    for mode in small_pair(m):
        rate = -2.0 * mode.k0.imag / mode.k0.real
        if rate < 1e-3:
            assert radiated(mode.system, mode.k0, mode.amplitudes) == pytest.approx(
                rate, rel=30.0 * rate + 1e-9
            )


def test_the_order_of_the_spheres_does_not_matter() -> None:
    """The stack upside down has the same modes."""
    spheres = coated(0.05)
    turned = [Sphere(-s.centre, s.radii, s.media) for s in reversed(spheres)]
    found = [
        stack_modes(s, 1, (9.42, 9.46), wanted=lambda k, *_: k.imag > -0.0025) for s in (spheres, turned)
    ]
    assert [a.k0 for a in found[0]] == pytest.approx([b.k0 for b in found[1]], rel=1e-12)
    assert len(found[0]) > 0


def test_far_apart_they_forget_each_other() -> None:
    """The splitting of equal spheres falls as the field outside does, and the pair's middle is the single sphere's."""
    single = 6.826264072 - 0.002535632j  # the sphere alone: exact
    splits = []
    for gap in (0.4, 0.6, 0.8):
        found = stack_modes(equal_pair(gap), 0, (6.8, 6.85), (False,), lambda k, *_: k.imag > -0.01)
        splits.append(found[1].k0.real - found[0].k0.real)
        assert abs(sum(mode.k0 for mode in found) / 2.0 - single) < splits[-1]
    assert splits[0] > 1.5 * splits[1] > 2.25 * splits[2] > 0.0


@pytest.mark.parametrize("gap", thinned([0.0, 0.02], [0.0]))
def test_stated_errors_hold_where_spheres_touch(gap: float) -> None:
    """Against many more degrees: the stated error holds, within a factor of three, and is not idle."""
    rough = stack_modes(coated(gap), 0, (9.40, 9.47), wanted=lambda k, *_: k.imag > -0.0025, tolerance=1e-3)
    fine = stack_modes(coated(gap), 0, (9.40, 9.47), wanted=lambda k, *_: k.imag > -0.0025, tolerance=1e-13)
    assert len(rough) == len(fine) > 2
    for a, b in zip(rough, fine, strict=True):
        assert abs(a.k0 - b.k0) < 3.0 * a.error * abs(b.k0) + 1e-13
        power = [radiated(mode.system, mode.k0, mode.amplitudes) for mode in (a, b)]
        assert (
            abs(power[0] / power[1] - 1.0) < 8.0 * np.sqrt(a.error) + 1e-8
        )  # what the stated error of Q rests on
        assert a.error < 1e-5


def test_three_spheres() -> None:
    """A chain: three supermodes of the single resonance, the outer spheres alike, the shares as weak coupling has them."""
    media = MediaModel([2.0, 1.0])
    chain = [Sphere(z, (1.0,), media) for z in (-2.6, 0.0, 2.6)]
    found = stack_modes(chain, 1, (6.81, 6.845), wanted=lambda k, *_: k.imag > -0.008)
    assert len(found) == 3
    parts = np.array([[sphere[0] for sphere in mode.energy] for mode in found])
    assert parts[:, 0] == pytest.approx(parts[:, 2], rel=1e-8)
    middle = parts[:, 1] / parts.sum(axis=1)
    assert sorted(middle) == pytest.approx([0.0, 0.5, 0.5], abs=0.12)  # (1, 0, -1) and (1, +-sqrt 2, 1)


@pytest.mark.parametrize("m", thinned([0, 1], [1]))
def test_the_brightest_point(m: int) -> None:
    """No point of a fine grid, on either side of a surface, is brighter; the centres, where most waves end, are dark."""
    mode = max(small_pair(m), key=lambda one: one.log10_q or 0.0)
    field, volume = StackField(mode), mode_volume(mode)
    peak = 1.0 / volume.um3
    near = [np.hypot(volume.r, volume.z - s.centre) - s.radii[0] for s in mode.system.spheres]
    eps = INDICES[1] ** 2 if any(-1e-6 < d < 0.3 for d in near) else INDICES[0] ** 2
    at = np.array([volume.r]), np.array([volume.z])
    assert eps * (np.abs(field(*at)[0]) ** 2).sum() == pytest.approx(peak, rel=1e-6)
    for sphere, other in zip(mode.system.spheres, mode.system.spheres[::-1], strict=True):
        rho, theta = np.linspace(0.5, 1.01, 90) * sphere.radii[-1], np.linspace(0.0, np.pi, 400)
        r, z = np.outer(rho, np.sin(theta)), sphere.centre + np.outer(rho, np.cos(theta))
        n2 = np.array(INDICES)[np.searchsorted(sphere.radii, rho)][:, None] ** 2
        own = np.hypot(r, z - other.centre) > other.radii[-1]
        assert (n2 * (np.abs(field(r, z)[0]) ** 2).sum(axis=0))[own].max() <= peak * (1.0 + 1e-9)
        assert (np.abs(field(np.zeros(1), np.full(1, sphere.centre))[0]) ** 2).sum() < 1e-2 * peak


def random_stack(seed: int) -> tuple[list[Sphere], int, float]:
    """One to three spheres, bare or coated, touching or not, in air or water; an azimuthal order and a wavenumber."""
    rng = np.random.default_rng(seed)
    ambient, top, spheres = float(rng.choice([1.0, 1.0, 1.33])), 0.0, []
    for _ in range(int(rng.integers(1, 4))):
        core, shell = float(rng.uniform(0.8, 2.5)), float(rng.uniform(0.05, 0.5))
        radii = (core, core + shell) if rng.random() < 0.6 else (core,)
        indices = [*rng.uniform(1.45, 2.3, len(radii)).tolist(), ambient]
        spheres.append(Sphere(top + radii[-1], radii, MediaModel(indices)))
        top += 2.0 * radii[-1] + float(rng.choice([0.0, rng.uniform(0.0, 0.3)]))
    return spheres, int(rng.choice([0, 1, 2, 5])), float(rng.uniform(8.5, 10.0))


@pytest.mark.parametrize("seed", thinned([3, 4, *range(10, 30)], [3]))
def test_random_stacks(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Other discs and more waves find the same modes, none more and none less, within the stated errors of k and Q."""
    spheres, m, k = random_stack(seed)
    window = (k, 1.012 * k)
    slowest = 0.7 * search.disc_radius(spheres, window)
    found = []
    for phase, tolerance in ((0.25, 1e-9), (0.35, 1e-11)):
        monkeypatch.setattr(search, "_PHASE", phase)
        found.append(
            stack_modes(spheres, m, window, wanted=lambda k, *_: k.imag > -slowest, tolerance=tolerance)
        )
    assert len(found[0]) == len(found[1])
    for mode in found[0]:
        twin = min(found[1], key=lambda other: abs(other.k0 - mode.k0))
        assert abs(mode.k0 - twin.k0) < 3.0 * (mode.error + twin.error) * abs(mode.k0)
        if mode.log10_q is not None and twin.log10_q is not None:
            assert mode.q_error is not None
            assert twin.q_error is not None
            assert abs(10.0 ** (mode.log10_q - twin.log10_q) - 1.0) < 3.0 * (mode.q_error + twin.q_error)


def test_an_order_beyond_every_degree() -> None:
    """m = 50 has no mode on spheres this small: an empty list, nothing worse."""
    assert stack_modes(equal_pair(0.1), 50, (6.8, 6.9), wanted=lambda k, *_: k.imag > -0.05) == []


def test_an_ambient_that_absorbs() -> None:
    """k is that of the lossy problem, and no radiation Q is claimed where the far field is absorbed."""
    media = MediaModel([2.0, 1.0 + 1e-3j])
    pair = [Sphere(side * 1.05, (1.0,), media) for side in (-1.0, 1.0)]
    found = stack_modes(pair, 0, (6.78, 6.87), (False,), lambda k, *_: k.imag > -0.02)
    assert [mode.log10_q for mode in found] == [None, None]
    assert found[0].k0.imag < -0.0033286


def test_a_stack_too_large_is_refused() -> None:
    """Not hours later by the memory."""
    media = MediaModel([1.5, 1.0])
    with pytest.raises(SolveError, match="spherical waves"):
        stack_modes([Sphere(z, (100.0,), media) for z in (-400.0, -200.0, 0.0, 200.0)], 1, (9.4, 9.5))
