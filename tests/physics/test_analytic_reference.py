"""The exact side against numbers from outside: a table of 30-digit poles, single values, and a literal twin."""

from __future__ import annotations

import cmath
import json
import math
from pathlib import Path
from typing import Any

import mpmath as mp
import numpy as np
import pytest
from support import mie_twin

from femwgm.analytic import ExactMode, LayeredSphere

TABLE: list[dict[str, Any]] = json.loads(
    (Path(__file__).parents[1] / "reference" / "layered_sphere.json").read_text()
)
COATED = ([10.0, 10.49], [1.45, 1.768, 1.0])
"""The published sphere with the film index that puts TM l = 163 at 659.121 nm."""


def number(text: str | list[str]) -> complex:
    return complex(*map(float, text)) if isinstance(text, list) else float(text)


@pytest.mark.parametrize("row", TABLE, ids=lambda r: f"{r['name']} {r['pol']} {r['l']} {r['q']}")
def test_table(row: dict[str, Any]) -> None:
    sphere = LayeredSphere([float(r) for r in row["radii_um"]], [number(n) for n in row["n"]])
    mode = sphere.mode(row["pol"], row["l"], row["q"])
    assert mode.k0.real == pytest.approx(float(row["k0_re_per_um"]), rel=2e-14)
    assert mode.wavelength_nm == pytest.approx(1e3 * float(row["wavelength_um"]), rel=2e-14)
    # Im k0 by perturbation keeps ten digits; by Newton's iteration it keeps 16 - log10(Q).
    assert mode.k0.imag == pytest.approx(float(row["k0_im_per_um"]), rel=1e-9)
    assert mode.q_total == pytest.approx(float(row["q_total"]), rel=1e-9)
    if row["q_kind"] == "radiation":
        assert mode.q_rad == mode.q_total
        assert math.isinf(mode.q_abs)


# (n, pol, l, q, Re kR, Im kR): homogeneous spheres in air, computed for this project with mpmath to 30 digits; n = 1.47,
# l = 40 is the worked case of Johnson, JOSA A 10, 343 (1993), n = 2 the unperturbed sphere of the papers on resonant states.
POLES = [
    (1.5, "TE", 39, 1, 29.757177024195, -2.1699995e-5),
    (1.5, "TM", 39, 1, 30.221085241703, -3.3092587e-5),
    (1.5, "TE", 39, 2, 33.224532233467, -2.9254578e-3),
    (1.5, "TM", 39, 2, 33.623073656376, -5.0179566e-3),
    (1.5, "TE", 39, 3, 36.188687294394, -4.4222830e-2),
    (1.47, "TE", 40, 1, 31.058853983442, -4.3910445e-5),
    (1.47, "TM", 40, 1, 31.519209941763, -6.6826509e-5),
    (1.47, "TE", 40, 2, 34.61115506286, -5.116228e-3),
    (1.4, "TE", 39, 1, 31.789229674005, -6.1788181e-4),
    (2.0, "TE", 1, 1, 1.43806059299, -0.205606995066),
    (2.0, "TM", 1, 1, 2.23142723416, -0.352513936601),
    (2.0, "TE", 5, 1, 3.91423335017, -0.0419158103724),
    (2.0, "TM", 5, 1, 4.27631339933, -0.0942326150769),
    (2.0, "TE", 10, 1, 6.82626407198, -2.53563240e-3),
    (2.0, "TM", 10, 1, 7.24790097588, -4.32526493e-3),
    (2.0, "TE", 20, 1, 12.3340494227, -2.27250516e-6),
]


@pytest.mark.parametrize(("n", "pol", "l", "q", "re", "im"), POLES)
def test_homogeneous_spheres(n: float, pol: str, l: int, q: int, re: float, im: float) -> None:
    mode = LayeredSphere([1.0], [n, 1.0]).mode(pol, l, q)
    assert mode.k0.real == pytest.approx(re, rel=1e-11 if l <= 20 or (n, q) == (1.47, 2) else 4e-14)
    assert mode.k0.imag == pytest.approx(im, rel=1e-7)


@pytest.mark.parametrize(
    ("pol", "q", "x"),
    [
        ("TE", 1, 152.9763820799936),
        ("TM", 1, 153.4671450964946),
        ("TE", 2, 158.8800190157459),
        ("TM", 2, 159.3623568863045),
    ],
)
def test_freefem_sphere(pol: str, q: int, x: float) -> None:
    """The sphere of the FreeFem documentation (R = 36, n = 1.46, m = 213); exact values by mpmath."""
    mode = LayeredSphere([36.0], [1.46, 1.0]).mode(pol, 213, q)
    assert mode.k0.real * 36.0 == pytest.approx(x, rel=1e-14)
    if (pol, q) == ("TE", 1):
        assert mode.wavelength_nm == pytest.approx(1478.6247915, abs=1e-7)
        assert mode.q_rad == pytest.approx(3.5e32, rel=0.02)


# (n_core, n_shell, n_ambient, pol, l, q, wavelength in nm): mpmath, core radius 10, shell 0.49.
COATED_LINES = [
    (1.45, 1.768, 1.0, "TM", 163, 1, 659.12100491059), (1.45, 1.768, 1.0, "TE", 163, 1, 667.58045086622),
    (1.45, 1.768, 1.0, "TM", 165, 1, 651.82410695636), (1.45, 1.768, 1.0, "TE", 165, 1, 659.9952093089),
    (1.45, 1.768, 1.0, "TE", 166, 1, 656.26662407229), (1.45, 1.768, 1.0, "TE", 163, 2, 599.005535522),
    (1.45, 1.768, 1.0, "TM", 163, 2, 583.12751803), (1.45, 1.768, 1.0, "TE", 163, 3, 532.639661666),
    (1.45, 1.768, 1.0, "TM", 163, 3, 529.565021787), (1.45, 1.74, 1.0, "TM", 163, 1, 649.24803125),
    (1.45, 1.74, 1.0, "TE", 163, 1, 657.26759819), (1.45, 1.76, 1.0, "TM", 163, 1, 656.29726692),
    (1.45, 1.76, 1.0, "TE", 163, 1, 664.63198257), (1.45, 1.80, 1.0, "TM", 163, 1, 670.43665531),
    (1.45, 1.80, 1.0, "TE", 163, 1, 679.38804221), (1.45, 1.768, 1.33, "TE", 165, 1, 662.265951513),
    (1.0, 1.768, 1.0, "TE", 165, 1, 658.173296329),
]  # fmt: skip


@pytest.mark.parametrize(("core", "shell", "ambient", "pol", "l", "q", "wavelength"), COATED_LINES)
def test_coated_sphere(
    core: float, shell: float, ambient: float, pol: str, l: int, q: int, wavelength: float
) -> None:
    mode = LayeredSphere([10.0, 10.49], [core, shell, ambient]).mode(pol, l, q)
    assert mode.wavelength_nm == pytest.approx(wavelength, abs=1e-8)
    if ambient == 1.33:
        assert mode.q_rad == pytest.approx(1.06e15, rel=0.005)


def test_comb_of_the_published_sphere() -> None:
    modes = LayeredSphere(*COATED).modes((0.64, 0.67), radial_orders=[1])
    lines = {(m.pol, m.l): round(m.wavelength_nm, 4) for m in modes}
    assert [lines["TE", l] for l in range(163, 167)] == [667.5805, 663.7662, 659.9952, 656.2666]
    assert [lines["TM", l] for l in range(163, 167)] == [659.1210, 655.4526, 651.8241, 648.2350]


# (pol, l, wavelength in nm, Re k, Im k, Q, mode volume of a finite-element run with 4 digits)
SMALL = [
    ("TE", 20, 897.928540332, 6.9974224283551, -6.1194574e-5, 57173.55, None),
    ("TM", 20, 865.735166393, 7.2576297591785, -1.18989750e-4, 30496.87, None),
    ("TE", 30, 626.176703664, 10.034204834539, -2.0827466e-7, 24088875, 1.7327),
    ("TM", 30, 611.585163945, 10.27360648621, -3.2570685e-7, 15771247, 1.8376),
]


@pytest.mark.parametrize(("pol", "l", "wavelength", "re", "im", "q", "volume"), SMALL)
def test_small_coated_sphere(
    pol: str, l: int, wavelength: float, re: float, im: float, q: float, volume: float | None
) -> None:
    mode = LayeredSphere([1.5, 1.99], [1.45, 1.768, 1.0]).mode(pol, l)
    assert mode.wavelength_nm == pytest.approx(wavelength, rel=1e-12)
    assert mode.k0.real == pytest.approx(re, rel=1e-12)
    assert mode.k0.imag == pytest.approx(im, rel=1e-7)
    assert mode.q_total == pytest.approx(q, rel=1e-6)
    if volume is not None:
        assert mode.mode_volume_um3 == pytest.approx(volume, abs=5e-5)
    if (pol, l) == ("TE", 30):  # shares of the same finite-element run
        assert list(mode.energy.values()) == pytest.approx([0.000690, 0.976894, 0.022416], abs=7e-6)


SLOPES = {"TM": (163, (17.57690528, 353.1041631, 9.346331961)), "TE": (165, (7.566908, 364.718745, 4.200451))}
SHARES = {"TM": (0.0386674, 0.9471526, 0.0141800), "TE": (0.0166244, 0.9770112, 0.0063644)}


@pytest.mark.parametrize("pol", ["TE", "TM"])
def test_sensitivities_and_shares(pol: str) -> None:
    """Computed with finite differences of 30-digit poles."""
    l, slopes = SLOPES[pol]
    mode = LayeredSphere(*COATED).mode(pol, l)
    assert list(mode.dlambda_dn_nm.values()) == pytest.approx(slopes, rel=1e-7)
    assert list(mode.energy.values()) == pytest.approx(SHARES[pol], abs=6e-8)
    shell, both = {"TM": (141.624, 58.9725), "TE": (110.990, 60.5610)}[pol]
    by_core, by_outer = mode.dlambda_dradius_nm_per_um.values()
    assert by_outer == pytest.approx(shell, abs=6e-4)
    assert by_core + by_outer == pytest.approx(both, abs=6e-5)


def test_volume_and_line_shares_of_the_published_mode() -> None:
    """TM l = 163: volume of a finite-element run (three digits), shares along the radius (core, then air)."""
    mode = LayeredSphere(*COATED).mode("TM", 163)
    assert mode.mode_volume_um3 == pytest.approx(30.13, abs=0.02)
    assert mode.radial_e2[0] == pytest.approx(0.0580, abs=1e-4)
    assert mode.radial_e2[2] == pytest.approx(0.0399, abs=1.5e-4)
    other = LayeredSphere(*COATED).mode("TE", 163)
    assert (other.radial_e2[0], other.radial_e2[2]) == pytest.approx((0.0266, 0.0189), abs=1e-4)


@pytest.mark.parametrize("sign", [1, -1])
def test_absorption_and_gain_mirror(sign: int) -> None:
    sphere = LayeredSphere([10.0, 10.49], [1.45, 1.768 + sign * 1e-4j, 1.0])
    tm, te = sphere.mode("TM", 163), sphere.mode("TE", 163)
    assert tm.k0.real == pytest.approx(9.5326734301343, rel=1e-13)
    assert tm.k0.imag == pytest.approx(-sign * 5.106841767e-4, rel=1e-9)
    assert tm.q_total == pytest.approx(sign * 9333.237513, rel=1e-9)
    assert te.q_total == pytest.approx(sign * 9054.396623, rel=1e-9)
    assert tm.q_abs == pytest.approx(tm.q_total, rel=1e-12)
    assert tm.q_abs_by_layer[1] == pytest.approx(tm.q_total, rel=1e-8)
    for mode, gamma in ((tm, 0.947152581), (te, 0.976321269)):
        assert sign * 1.768 / (2.0 * 1e-4 * mode.q_total) == pytest.approx(gamma, abs=4e-9)
        assert mode.energy[1] == pytest.approx(gamma, abs=1e-8)


@pytest.mark.parametrize(
    ("radial", "re", "im", "q"),
    [(2.2, 30.520529926439, -5.5494625e-5, 274986), (2.0, 31.819077133636, -4.5574842e-4, 34908.6)],
)
def test_radially_uniaxial_sphere(radial: float, re: float, im: float, q: float) -> None:
    """eps_t = 2.25; TM has Bessel order from v (v + 1) = l (l + 1) eps_t / eps_r, TE does not see eps_r."""
    sphere = LayeredSphere([1.0], [1.5, 1.0], [math.sqrt(radial), None])
    tm, te = sphere.mode("TM", 39), sphere.mode("TE", 39)
    assert tm.k0.real == pytest.approx(re, rel=4e-14)
    assert tm.k0.imag == pytest.approx(im, rel=1e-7)
    assert tm.q_total == pytest.approx(q, rel=2e-6)
    assert te.k0 == pytest.approx(LayeredSphere([1.0], [1.5, 1.0]).mode("TE", 39).k0, rel=1e-14)


@pytest.mark.parametrize(
    ("l", "start", "exact"),
    [
        (1, 9.19e14 - 1.5e14j, 9.1946631e14 - 1.4965682e14j),
        (2, 1.236e15 - 2.25e13j, 1.2361051e15 - 2.252367e13j),
    ],
)
def test_silver_sphere(l: int, start: complex, exact: complex) -> None:
    """R = 40 nm, Drude metal, complex frequency in Hz; dispersion solved at the complex frequency itself."""
    light = 299.792458e12
    plasma, damping = 1.3659e16, 0.0023 * 1.3659e16

    def index(k0: complex) -> complex:
        omega = k0 * light
        return cmath.sqrt(1.0 - plasma**2 / (omega * omega + 1j * omega * damping))

    mode = LayeredSphere([0.04], [index, 1.0]).pole("TM", l, 2.0 * math.pi * start / light)
    frequency = mode.k0 * light / (2.0 * math.pi)
    assert frequency.real == pytest.approx(exact.real, rel=1e-7)
    assert frequency.imag == pytest.approx(exact.imag, rel=1e-7)


def twin_error(mode: ExactMode, indices: list[complex], digits: int) -> complex:
    """Relative errors of Re k0 and Im k0 of a mode."""
    exact = mie_twin.pole(mode.pol, mode.l, mode.sphere.radii_um, indices, mode.k0, digits)
    with mp.workdps(digits):
        return complex(float(mode.k0.real / exact.real - 1), float(mode.k0.imag / exact.imag - 1))


@pytest.mark.parametrize(
    ("radii", "indices", "pol", "l", "q", "digits"),
    [
        ([1.0], [1.33, 1.0], "TM", 3, 2, 60),
        ([0.7, 1.1, 1.6], [1.0, 1.9, 1.5, 1.33], "TM", 18, 2, 80),
        ([0.7, 1.1, 1.6], [2.1, 1.2, 1.7, 1.0], "TE", 14, 1, 80),
        ([1.0, 1.3], [1.5 + 0.01j, 1.8 - 0.002j, 1.0], "TM", 12, 1, 80),
        ([5.0, 5.4, 5.8], [1.457, 1.7, 1.9, 1.0], "TM", 80, 2, 160),
        ([5.0, 9.0], [1.9, 1.3, 1.0], "TE", 80, 1, 240),
        ([3.0, 3.4], [1.45, 1.75, 1.33], "TM", 75, 1, 140),
        ([10.0, 10.49], [1.45, 1.768 + 1e-6j, 1.0], "TE", 165, 1, 200),
        ([4.0, 6.0, 6.1], [2.4, 1.0, 2.6, 1.5], "TE", 60, 2, 140),
        ([4.0, 6.0, 6.1], [2.4, 1.0, 2.6, 1.5], "TM", 58, 2, 140),
        ([4.0, 4.8, 4.9], [2.4, 1.0, 3.4, 1.4], "TM", 57, 2, 140),
        ([4.0, 4.6, 4.7, 9.0], [2.4, 1.0, 2.6, 1.3, 1.5], "TE", 58, 4, 140),
    ],
)
def test_twin(radii: list[float], indices: list[complex], pol: str, l: int, q: int, digits: int) -> None:
    """Hollow, buried, absorbing and amplifying layers, a resonance 4 um below a thick rarer coat, and prisms around a gap."""
    error = twin_error(LayeredSphere(radii, indices).mode(pol, l, q), indices, digits)
    assert abs(error.real) < 3e-14
    assert abs(error.imag) < 1e-8


@pytest.mark.slow
@pytest.mark.parametrize(
    ("radii", "indices", "l"), [([60.0], [1.456, 1.0], 800), ([190.0], [1.45, 1.0], 3000)]
)
def test_twin_of_large_spheres(radii: list[float], indices: list[complex], l: int) -> None:
    mode = LayeredSphere(radii, indices).mode("TM", l)
    exact = mie_twin.pole("TM", l, radii, indices, complex(mode.k0.real), l // 3 + 200)
    assert float(abs(mode.k0.real / exact.real - 1)) < 3e-14
    log10_q = float(mp.log10(-exact.real / (2 * exact.imag)))
    assert mode.log10_q_rad == pytest.approx(log10_q, abs=1e-9 + 1e-15 * l)


def test_dispersion_is_solved_self_consistently() -> None:
    """The pole of a dispersive sphere is that of a sphere with the index frozen at the pole; n_g takes the slope in."""

    def glass(k0: complex) -> complex:
        return 1.45 + 0.003 * k0 * k0 / 100.0

    sphere = LayeredSphere([10.0, 10.49], [glass, lambda k0: 1.6 + 0.015 * k0, 1.0])
    (mode,) = sphere.comb("TE", [165], [1])
    frozen = LayeredSphere([10.0, 10.49], [glass(mode.k0), 1.6 + 0.015 * mode.k0.real, 1.0])
    assert mode.k0.real == pytest.approx(frozen.mode("TE", 165).k0.real, rel=1e-13)
    k = [neighbour.k0.real for neighbour in sphere.comb("TE", [163, 164, 166, 167])]
    slope = (8.0 * (k[2] - k[1]) - (k[3] - k[0])) / 12.0
    assert mode.n_g == pytest.approx(1.0 / (10.49 * slope), rel=2e-9)
    assert mode.n_g > frozen.mode("TE", 165).n_g + 0.1
    assert np.isclose(mode.fsr_nm, mode.wavelength_nm * slope / mode.k0.real, rtol=1e-8)


@pytest.mark.parametrize("pol", ["TE", "TM"])
def test_group_index_of_a_dispersive_uniaxial_film(pol: str) -> None:
    """Only the index along the radius disperses: TM feels it, TE does not."""
    film = [None, lambda k0: 1.6 + 0.015 * k0, None]
    sphere = LayeredSphere([10.0, 10.49], [1.45, 1.768, 1.0], film)
    mode = sphere.mode(pol, 165)
    k = [neighbour.k0.real for neighbour in sphere.comb(pol, [163, 164, 166, 167])]
    slope = (8.0 * (k[2] - k[1]) - (k[3] - k[0])) / 12.0
    assert mode.n_g == pytest.approx(1.0 / (10.49 * slope), rel=2e-9)
    frozen = LayeredSphere([10.0, 10.49], [1.45, 1.768, 1.0], [None, 1.6 + 0.015 * mode.k0.real, None]).mode(
        pol, 165
    )
    assert (mode.n_g > frozen.n_g + 0.05) == (pol == "TM")
