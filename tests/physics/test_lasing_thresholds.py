"""Thresholds against multiple-precision numbers, an independent characteristic function, and the laws they obey."""

from __future__ import annotations

import math

import mpmath as mp
import numpy as np
import pytest

from femwgm.analytic import ExactMode, LayeredSphere
from femwgm.experiment.lasing.gain import GainSpectrum
from femwgm.experiment.lasing.thresholds import (
    IN_PLANE_STRENGTH,
    Threshold,
    first_to_lase,
    per_cm,
    relative_strengths,
    tangential_share,
    threshold,
    total_loss,
)
from femwgm.materials import Material
from femwgm.materials.dispersion import Constant


def medium(n: complex, radial: complex | None = None) -> Material:
    axial = None if radial is None else Constant(complex(radial) ** 2)
    return Material("m", Constant(complex(n) ** 2), axial, None if radial is None else "radial")


def published(k: float = 0.0) -> tuple[LayeredSphere, list[Material]]:
    media = [medium(1.45), medium(complex(1.768, k)), medium(1.0)]
    return LayeredSphere([10.0, 10.49], media), media


@pytest.mark.parametrize(
    ("pol", "x", "n2", "share"),
    [("TE", 29.757177025, 1.1328014e-6, 0.965618), ("TM", 30.2210852436, 1.7393695e-6, 0.944322)],
)
def test_threshold_of_a_bare_sphere_is_the_tabulated_one(pol: str, x: float, n2: float, share: float) -> None:
    """n = 1.5, l = 39: real size parameter and n'' by multiple precision (8 digits)."""
    media = [medium(1.5), medium(1.0)]
    mode = LayeredSphere([1.0], media).mode(pol, 39)
    found = threshold(mode, media, 0)
    assert found.n2_exact == pytest.approx(n2, rel=5e-8)
    assert 2e3 * math.pi / (mode.wavelength_nm + found.shift_nm) == pytest.approx(x, rel=1e-10)
    assert 1.5 / (2.0 * mode.q_rad) / found.n2_exact == pytest.approx(share, abs=1e-6)
    # The weighted threshold is the exact one to first order in 1 / Q.
    assert found.n2_weighted == pytest.approx(found.n2_exact, rel=1e-4)
    assert found.n2_weighted != found.n2_exact


def _mismatch(n_t: complex, n_r: float, x: float, l: int, pol: str) -> complex:
    """Characteristic function of a radially uniaxial sphere of radius 1 in vacuum, in multiple precision."""
    mp.mp.dps = 30
    n, x = mp.mpc(n_t), mp.mpf(x)
    nu = mp.sqrt(mp.mpf(1) / 4 + l * (l + 1) * (n / n_r) ** 2) if pol == "TM" else mp.mpf(l) + mp.mpf(1) / 2
    z = n * x

    def riccati(order: mp.mpc, at: mp.mpc) -> mp.mpc:
        return mp.sqrt(at) * mp.besselj(order, at)

    def outgoing(at: mp.mpf) -> mp.mpc:
        return mp.sqrt(at) * mp.hankel1(l + mp.mpf(1) / 2, at)

    inside = mp.diff(lambda at: riccati(nu, at), z) / riccati(nu, z) * (n if pol == "TE" else 1 / n)
    outside = mp.diff(outgoing, x) / outgoing(x)
    return complex(inside / outside - 1)


@pytest.mark.parametrize(("pol", "in_plane"), [("TE", True), ("TM", False), ("TM", True)])
def test_the_exact_threshold_solves_the_problem_at_real_frequency(pol: str, in_plane: bool) -> None:
    """Real k0 and complex index satisfy the outgoing condition, evaluated with other functions; the weighted value does not."""
    l, index = 15, 1.6
    media = [medium(index), medium(1.0)]
    mode = LayeredSphere([1.0], media).mode(pol, l)
    found = threshold(mode, media, 0, in_plane=in_plane)
    x = 2e3 * math.pi / (mode.wavelength_nm + found.shift_nm)
    radial = index if in_plane else index - 1j * found.n2_exact
    good = abs(_mismatch(index - 1j * found.n2_exact, radial, x, l, pol))
    weighted = index - 1j * found.n2_weighted
    bad = abs(_mismatch(weighted, index if in_plane else weighted, x, l, pol))
    assert good < 1e-9
    assert bad > 100.0 * good


def test_gain_mirrors_loss() -> None:
    """A shell that absorbs k needs the gain k, and the pole of gain is the mirror image of that of loss."""
    _, media = published(1e-4)
    for pol, l in (("TE", 163), ("TM", 163)):
        lossy = LayeredSphere([10.0, 10.49], [1.45, 1.768 + 1e-4j, 1.0]).mode(pol, l)
        active = LayeredSphere([10.0, 10.49], [1.45, 1.768 - 1e-4j, 1.0]).mode(pol, l)
        assert active.k0 == pytest.approx(lossy.k0.conjugate(), abs=1e-12)
        found = threshold(lossy, media, 1)
        assert found.n2_exact == pytest.approx(1e-4, rel=1e-7)
    assert lossy.q_total == pytest.approx(9333.237513, rel=1e-8)


@pytest.mark.parametrize("in_plane", [False, True])
def test_the_published_q_as_line_width_and_as_absorption_cost_the_same_gain(in_plane: bool) -> None:
    sphere, media = published()
    mode = sphere.mode("TE", 165)
    as_width = threshold(mode, media, 1, q_other=4200.0, in_plane=in_plane)
    k = as_width.n2_weighted
    lossy, absorbing = published(k)
    as_absorption = threshold(lossy.mode("TE", 165), absorbing, 1, in_plane=in_plane)
    assert as_width.n2_exact == pytest.approx(as_absorption.n2_exact, rel=1e-6)
    assert as_width.gain_per_cm == pytest.approx(41.0, abs=0.1)


def test_gain_of_the_published_estimate() -> None:
    """g = 2 pi n / (lambda Q Gamma) with n = 1.768, Q = 4200, Gamma = 0.947: 42.1 at 663.28 nm, 42.3 at 660 nm."""
    n2 = 1.768 / (2.0 * 4200.0 * 0.947)
    assert per_cm(n2, 663.28) == pytest.approx(42.1, abs=0.05)
    assert per_cm(n2, 660.0) == pytest.approx(42.3, abs=0.05)


@pytest.mark.parametrize(
    ("radii", "layer", "l"), [([10.0, 10.49], 1, 163), ([1.5, 1.99], 1, 20), ([2.0], 0, 25)]
)
def test_tangential_share_is_the_answer_to_a_tangential_index(radii: list[float], layer: int, l: int) -> None:
    """(n / lambda) d lambda / d n_t with n_r held, from two exact spheres: what a small gain for E_t can do."""
    indices = [1.45, 1.768, 1.0][-len(radii) - 1 :]
    step = 1e-5

    def mode(shift: float) -> ExactMode:
        moved = list(indices)
        moved[layer] += shift
        radial: list[complex | None] = [None] * len(indices)
        radial[layer] = indices[layer]
        return LayeredSphere(radii, moved, radial).mode("TM", l)

    up, down = mode(step), mode(-step)
    derivative = -(up.k_real - down.k_real) / (2.0 * step) / mode(0.0).k_real * indices[layer]
    plain = LayeredSphere(radii, indices)
    assert tangential_share(plain.mode("TM", l), layer) == pytest.approx(derivative, rel=2e-3)
    te = plain.mode("TE", l)
    assert tangential_share(te, layer) == te.energy[layer]


def test_face_down_emitters_favour_te() -> None:
    sphere, media = published()
    te, tm = (
        threshold(sphere.mode(p, l), media, 1, q_other=4200.0, in_plane=True)
        for p, l in (("TE", 165), ("TM", 163))
    )
    assert tm.gain_per_cm > 10.0 * te.gain_per_cm
    isotropic = [
        threshold(sphere.mode(p, l), media, 1, q_other=4200.0) for p, l in (("TE", 165), ("TM", 163))
    ]
    assert isotropic[0].gain_per_cm == pytest.approx(te.gain_per_cm, rel=1e-8)
    assert isotropic[1].gain_per_cm < 1.05 * isotropic[0].gain_per_cm


def test_emitters_in_the_surface_give_half_as_much_again_to_a_tangential_field() -> None:
    """Mean square of the cosine between a dipole and a tangential axis: random in the surface over random in space."""
    x, w = np.polynomial.legendre.leggauss(20)
    turn = np.cos(2.0 * np.pi * np.arange(8) / 8.0) ** 2
    space = float(w @ (1.0 - x**2)) / 2.0 * turn.mean()
    assert turn.mean() / space == pytest.approx(IN_PLANE_STRENGTH, rel=1e-12)


def test_radiation_alone_is_balanced_at_any_q() -> None:
    """Q = 1e46: the threshold is 1e-45, not rounding."""
    sphere, media = published()
    mode = sphere.mode("TE", 165)
    found = threshold(mode, media, 1)
    expected = math.log10(1.768 / (2.0 * mode.energy[1])) - mode.log10_q_rad
    assert math.log10(found.n2_exact) == pytest.approx(expected, abs=1e-9)
    assert total_loss(mode, 4200.0) == pytest.approx(1.0 / 4200.0, rel=1e-12)


def test_dispersion_raises_the_threshold_by_the_stored_energy() -> None:
    """With dispersive media a given line width stores more energy: the exact pole says how much, the weighted value agrees."""

    class Sloped:
        """n = 1.768 + s (lambda - 0.66): an analytic law for complex k0."""

        dispersive, axis = True, None

        def _n(self, k0: complex) -> complex:
            return 1.768 - 0.4 * (2.0 * math.pi / k0 - 0.66)

        def permittivity(self, k0: complex) -> complex:
            return self._n(k0) ** 2

        def permittivity_slope(self, k0: complex) -> complex:
            return 2.0 * self._n(k0) * 0.4 * 2.0 * math.pi / k0**2

        permittivity_axial = permittivity
        permittivity_axial_slope = permittivity_slope

    media = [medium(1.45), Sloped(), medium(1.0)]
    mode = LayeredSphere([10.0, 10.49], media).comb("TE", [165], [1], (0.6, 0.75))[0]
    found = threshold(mode, media, 1, q_other=4200.0)  # type: ignore[arg-type]
    flat, plain = published()
    reference = threshold(flat.mode("TE", 165), plain, 1, q_other=4200.0)
    assert found.n2_weighted == pytest.approx(found.n2_exact, rel=1e-6)
    assert found.n2_exact > 1.1 * reference.n2_exact


def _fake(wavelength: float, n2: float) -> Threshold:
    return Threshold("TE", 1, 1, wavelength, 4200.0, 1.0, False, n2, n2, 0.0)


def test_the_gain_spectrum_orders_the_modes() -> None:
    modes = [_fake(655.0, 2.0e-4), _fake(658.0, 1.9e-4), _fake(664.0, 1.0e-4), _fake(700.0, 1.0e-5)]
    ranked = first_to_lase(modes, GainSpectrum(655.0, 18.0))
    assert [t.wavelength_nm for t, _ in ranked] == [664.0, 655.0, 658.0]
    for one, needed in ranked:
        z = (one.wavelength_nm - 655.0) / (18.0 / (2.0 * math.sqrt(2.0 * math.log(2.0))))
        assert needed == pytest.approx(one.gain_per_cm * math.exp(0.5 * z * z), rel=1e-12)
    strengths = relative_strengths(modes[:3], GainSpectrum(655.0, 18.0))
    assert strengths.max() == 1.0
    assert [modes[:3][i] for i in np.argsort(-strengths)] == [t for t, _ in ranked[:3]]


def test_gain_spectra_have_their_width() -> None:
    for shape in ("gauss", "lorentz"):
        band = GainSpectrum(655.0, 18.0, shape)  # type: ignore[arg-type]
        assert band(np.array([646.0, 655.0, 664.0])) == pytest.approx([0.5, 1.0, 0.5])
    table = GainSpectrum.from_table([640.0, 650.0, 660.0, 670.0], [-5.0, 10.0, 20.0, 0.0])
    assert table(np.array([600.0, 640.0, 655.0, 660.0, 680.0])) == pytest.approx([0.0, 0.0, 0.75, 1.0, 0.0])
    assert table.centre_nm == 660.0
