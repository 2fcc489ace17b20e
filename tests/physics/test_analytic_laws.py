"""Laws that exact modes obey whatever the sphere: scaling, Euler, Maxwell's equations, identities of the norm."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from femwgm.analytic import ExactMode, LayeredSphere

Body = tuple[tuple[float, ...], tuple[complex, ...], str, int, int]


@st.composite
def bodies(draw: st.DrawFn, *, loss: bool = False) -> Body:
    """A core with a denser film, one or two layers more or less, and a mode that it holds well."""
    count = draw(st.integers(1, 3))
    thickness = [draw(st.floats(0.3, 1.5)) for _ in range(count)]
    indices: list[complex] = [draw(st.floats(1.3, 2.2)) for _ in range(count)]
    if loss:
        indices = [n + 1j * draw(st.floats(-1e-3, 1e-3)) for n in indices]
    pol, l, q = draw(st.sampled_from(["TE", "TM"])), draw(st.integers(4, 200)), draw(st.integers(1, 3))
    return tuple(np.cumsum(thickness)), (*indices, 1.0), pol, l, q


def mode_of(body: Body) -> ExactMode:
    radii, indices, pol, l, q = body
    return LayeredSphere(radii, indices).mode(pol, l, q)


@given(body=bodies(), scale=st.floats(1e-3, 1e3))
def test_lengths_scale(body: Body, scale: float) -> None:
    radii, indices, pol, l, q = body
    one = mode_of(body)
    other = mode_of((tuple(scale * r for r in radii), indices, pol, l, q))
    assert other.k0.real * scale == pytest.approx(one.k0.real, rel=1e-12)
    assert other.log_q_rad == pytest.approx(one.log_q_rad, rel=1e-9, abs=1e-6)


@given(body=bodies(loss=True))
def test_indices_scale(body: Body) -> None:
    """All indices twice as large: every wavelength inside is the same at half k0."""
    radii, indices, pol, l, q = body
    one = mode_of(body)
    other = mode_of((radii, tuple(2.0 * n for n in indices), pol, l, q))
    assert other.k0 == pytest.approx(0.5 * one.k0, rel=1e-11)


@given(body=bodies(loss=True))
def test_euler(body: Body) -> None:
    """k0 is homogeneous of degree -1 in the radii and in the indices together: sum R dk/dR = sum n dk/dn = -k0, complex."""
    mode = mode_of(body)
    by_radius = sum(
        r * slope for r, slope in zip(mode.sphere.radii_um, mode.dk0_dradius.values(), strict=True)
    )
    by_index = sum(complex(n) * slope for n, slope in zip(body[1], mode.dk0_dn.values(), strict=True))
    assert by_radius == pytest.approx(-mode.radial.k, rel=1e-9)
    assert by_index == pytest.approx(-mode.radial.k, rel=1e-9)


@settings(max_examples=10)
@given(body=bodies(loss=True), which=st.integers(0, 5))
def test_derivatives_are_differences(body: Body, which: int) -> None:
    radii, indices, pol, l, q = body
    mode = mode_of(body)
    step = 1e-4

    def at(change: float) -> complex:
        r, n = list(radii), list(indices)
        if which % 2:
            r[index] *= 1.0 + change
        else:
            n[index] *= 1.0 + change
        return complex(LayeredSphere(r, n).mode(pol, l, q).k0)

    index = (which // 2) % (len(radii) if which % 2 else len(indices))
    values = [at(s * step) for s in (-2.0, -1.0, 1.0, 2.0)]
    slope = (8.0 * (values[2] - values[1]) - (values[3] - values[0])) / (12.0 * step)
    exact = radii[index] * mode.dk0_dradius[index] if which % 2 else indices[index] * mode.dk0_dn[index]
    assert slope.real == pytest.approx(exact.real, rel=1e-5, abs=1e-8 * abs(mode.k0))
    if mode.radial.stack.is_complex:
        assert slope.imag == pytest.approx(exact.imag, rel=1e-5, abs=1e-8 * abs(mode.k0))


@given(body=bodies())
def test_group_index_is_a_slope_in_l(body: Body) -> None:
    radii, _, pol, l, q = body
    mode = mode_of(body)
    sphere = mode.sphere
    step = 0.01
    near = l + step * np.array([-2.0, -1.0, 1.0, 2.0])
    tm, orders = np.full(4, pol == "TM"), np.full(4, q)
    lo, hi = np.full(4, 0.9 * mode.k_real), np.full(4, 1.1 * mode.k_real)
    found = sphere.resonator.poles(
        tm, near, orders, sphere.resonator.real_roots(lo, hi, near, tm, orders)
    ).k0.real
    slope = (8.0 * (found[2] - found[1]) - (found[3] - found[0])) / (12.0 * step)
    assert mode.n_g == pytest.approx(1.0 / (radii[-1] * slope), rel=2e-7 if l > 20 else 1e-5)
    assert mode.fsr_nm == pytest.approx(mode.wavelength_nm * slope / mode.k0.real, rel=1e-4)


@given(body=bodies())
def test_shares(body: Body) -> None:
    """Three ways to the energy shares: quadrature of |E|^2, closed Lommel integrals, (n / lambda) d lambda / dn."""
    mode = mode_of(body)
    for shares in (mode.energy, mode.e2, mode.radial_e2):
        values = np.array(list(shares.values()))
        assert np.nansum(values) == pytest.approx(1.0, rel=1e-12)
        assert np.all(np.isnan(values) | (values >= 0.0))
    if mode.q_rad < 1e10:  # below, the evanescent part is cut off where the radiated wave begins
        return
    assert list(mode.energy.values()) == pytest.approx(
        mode.sensitivity.shares.real, abs=1e-9 + 100.0 / mode.q_rad
    )
    by_index = [
        n * slope / mode.wavelength_nm for n, slope in zip(body[1], mode.dlambda_dn_nm.values(), strict=True)
    ]
    assert list(mode.energy.values()) == pytest.approx(by_index, abs=1e-9 + 100.0 / mode.q_rad)


@given(n=st.floats(1.3, 3.0), l=st.integers(5, 300), q=st.integers(1, 3))
def test_polarizations_in_order(n: float, l: int, q: int) -> None:
    """At equal (l, q) TE lies at the longer wavelength, by less than the spacing in l."""
    te, tm = (LayeredSphere([1.0], [n, 1.0]).mode(pol, l, q) for pol in ("TE", "TM"))
    if min(te.q_rad, tm.q_rad) > 1e4:
        spacing = 1.0 / te.n_g
        assert 0.0 < tm.k0.real - te.k0.real < spacing


@pytest.mark.parametrize(("n", "l", "norm"), [(1.5, 39, 0.625), (2.0, 5, 1.5)])
def test_norm_of_a_resonant_state(n: float, l: int, norm: float) -> None:
    """TE: the regularised integral of eps f^2 r^2 over all space is (n^2 - 1) R^3 / 2 f(R)^2 (Muljarov and Langbein)."""
    mode = LayeredSphere([1.0], [n, 1.0]).mode("TE", l)
    match = mode.radial.match
    assert match.energies.sum() / mode.k0**2 / match.u[0, 0] ** 2 == pytest.approx(norm, rel=1e-10)


@pytest.mark.parametrize("loss", [0.0, 3e-7, 1e-3])
def test_loss_adds_up(loss: float) -> None:
    sphere = LayeredSphere([1.5, 1.99], [1.45 + 0.3j * loss, 1.768 + 1j * loss, 1.0])
    for pol in ("TE", "TM"):
        mode = sphere.mode(pol, 30)
        lossless = LayeredSphere([1.5, 1.99], [1.45, 1.768, 1.0]).mode(pol, 30)  # without k, the same n
        assert mode.q_rad == pytest.approx(lossless.q_rad, rel=1e-9)
        assert 1.0 / mode.q_total == pytest.approx(1.0 / mode.q_rad + 1.0 / mode.q_abs, rel=1e-9)
        if loss:
            weak = sum(
                share * 2.0 * k / n
                for share, k, n in zip(
                    list(lossless.energy.values())[:2], (0.3 * loss, loss), (1.45, 1.768), strict=True
                )
            )
            assert 1.0 / mode.q_abs == pytest.approx(weak, rel=1e-5)


def test_loss_far_below_rounding() -> None:
    """Absorption that changes k0 in its 22nd digit still has its Q_abs."""
    bare = LayeredSphere([1.5, 1.99], [1.45, 1.768, 1.0]).mode("TE", 20)
    mode = LayeredSphere([1.5, 1.99], [1.45, 1.768 + 1e-21j, 1.0]).mode("TE", 20)
    assert mode.q_total == pytest.approx(bare.q_total, rel=1e-10)
    assert mode.q_abs == pytest.approx(1.768 / (2e-21 * bare.energy[1]), rel=1e-3)


@pytest.mark.parametrize("pol", ["TE", "TM"])
@pytest.mark.parametrize("loss", [1e-9, 1e-5])
def test_loss_of_a_uniaxial_film(pol: str, loss: float) -> None:
    """Loss along the radius is TM's alone; weak loss (first order) and stronger loss (complex orders) lie on one line."""
    radii, real, axial = [10.0, 10.49], [1.45, 1.768, 1.0], [None, 1.75, None]
    rates = []
    for t, r in ((loss, 0.0), (0.0, loss), (loss, loss)):
        mode = LayeredSphere(radii, [1.45, 1.768 + 1j * t, 1.0], [None, 1.75 + 1j * r, None]).mode(pol, 163)
        rates.append(-mode.k0.imag / loss)
    assert rates[2] == pytest.approx(rates[0] + rates[1], rel=1e-6)
    assert (abs(rates[1]) < 1e-9) == (pol == "TE")
    t, r = LayeredSphere(radii, real, axial).mode(pol, 163).sensitivity.by_permittivity()
    assert rates[0] == pytest.approx(-2.0 * 1.768 * t[1].real, rel=1e-6)
    assert rates[1] == pytest.approx(-2.0 * 1.75 * r[1].real, rel=1e-6, abs=1e-9)


def test_gain_that_balances_loss_does_not_hide_it() -> None:
    """Near threshold the total Q is huge, but the mode is as leaky as before and needs complex arithmetic."""
    sphere = LayeredSphere([1.5, 1.99], [1.45, 1.768 - 3.2057748526776154e-05j, 1.0])
    mode = sphere.mode("TM", 20)
    assert abs(mode.q_total) > 1e10
    newton = sphere.pole("TM", 20, mode.k0.real * (1.0 + 1e-6))
    assert mode.k0.real == pytest.approx(newton.k0.real, rel=1e-14)
    assert mode.q_rad == pytest.approx(30496.87, rel=1e-5)


def test_q_is_one_number_whichever_way_it_is_found() -> None:
    """Flux over stored energy against Newton's complex root, where both hold."""
    sphere = LayeredSphere([2.0], [1.6, 1.0])
    compared = 0
    for pol in ("TE", "TM"):
        for mode in sphere.comb(pol, np.arange(22, 60)):
            if 1e6 < mode.q_rad < 1e8:
                newton = sphere.pole(pol, mode.l, mode.k0).k0
                # First order in 1/Q against a difference of two numbers of order one.
                fair = 1e3 / mode.q_rad**2 + 1e-15 * mode.q_rad
                assert mode.q_rad == pytest.approx(-0.5 * newton.real / newton.imag, rel=fair)
                compared += 1
    assert compared > 8


@given(body=bodies(loss=True), m=st.integers(0, 3), seed=st.integers(0, 2**32 - 1))
@settings(max_examples=15)
def test_maxwell(body: Body, m: int, seed: int) -> None:
    """curl E = i k0 H and curl H = -i k0 eps E by differences, at random points off the interfaces."""
    mode = mode_of(body).with_m(m if seed % 2 else body[3] - m)
    k, order = mode.radial.k, mode.m
    rng = np.random.default_rng(seed)
    rho = mode.sphere.radii_um[-1] * rng.uniform(0.7, 1.1, 6)
    radii = np.array(mode.sphere.radii_um)
    h = 1e-4 * radii[-1] / max(body[3], 20)
    rho = rho[np.min(np.abs(rho[:, None] - radii), axis=1) > 5.0 * h]
    theta = 0.5 * np.pi + rng.uniform(-1.0, 1.0, rho.size) / np.sqrt(body[3])
    r, z = rho * np.sin(theta), rho * np.cos(theta)

    def curl(field: object) -> np.ndarray:
        def slope(dr: float, dz: float) -> np.ndarray:
            ahead, behind = (field(r + s * h * dr, z + s * h * dz) for s in (1.0, -1.0))
            far, near = (field(r + 2.0 * s * h * dr, z + 2.0 * s * h * dz) for s in (1.0, -1.0))
            return (8.0 * (ahead - behind) - (far - near)) / (12.0 * h)

        value, by_r, by_z = field(r, z), slope(1.0, 0.0), slope(0.0, 1.0)
        return np.stack(
            [
                1j * order / r * value[2] - by_z[1],
                by_z[0] - by_r[2],
                value[1] / r + by_r[1] - 1j * order / r * value[0],
            ]
        )

    electric, magnetic = mode.field(r, z), mode.magnetic_field(r, z)
    eps = np.array(body[1])[np.searchsorted(radii, rho)] ** 2
    for left, right in (
        (curl(mode.field), 1j * k * magnetic),
        (curl(mode.magnetic_field), -1j * k * eps * electric),
    ):
        size = np.abs(right).max(axis=0) + np.abs(left).max(axis=0)
        assert np.all(np.abs(left - right) < 2e-6 * size)


@given(body=bodies(loss=True), where=st.floats(0.05, 0.95))
def test_equal_media_have_no_interface(body: Body, where: float) -> None:
    """A layer cut in two is the same layer, leaky modes included."""
    radii, indices, pol, l, q = body
    inner = radii[-2] if len(radii) > 1 else 0.0
    cut = inner + where * (radii[-1] - inner)
    other = mode_of(((*radii[:-1], cut, radii[-1]), (*indices[:-1], indices[-2], 1.0), pol, l, q))
    assert other.k0 == pytest.approx(mode_of(body).k0, rel=1e-10)
