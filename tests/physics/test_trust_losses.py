"""Loss budget, mode volumes and Purcell factor against closed forms and exact fields."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import mpmath as mp
import numpy as np
import pytest
from scipy.integrate import dblquad
from scipy.special import gammaln
from support.accuracy import LIMIT, true_over_stated
from support.marks import thinned
from support.mie_twin import pole
from support.spheres import config, mode_of, run_for

from femwgm import analytic
from femwgm.analytic import LayeredSphere
from femwgm.config.load import validate
from femwgm.finders.exact_list import exact_sphere
from femwgm.ground.columns import columns
from femwgm.ground.rows import header
from femwgm.materials import materials_from_config
from femwgm.modes.mode import Mode
from femwgm.runs.loop import run

pytestmark = pytest.mark.gmsh

GLASS = ([10.0], [1.45, 1.0], "TE", 125, 0.6821978)


def rough(length: str, rms: str = "1 nm", **more: Any) -> dict[str, Any]:
    return {"losses": {"roughness": {"rms": rms, "correlation_length": length, **more}}}


# -- scattering ---------------------------------------------------------------------------------------------------------------


def test_short_correlation_scatters_as_dipoles() -> None:
    """Closed form for TE on a bare sphere: Q = 3 R / (k0^3 (n^2 - 1) sigma^2 L^2)."""
    mode = mode_of(*GLASS, **rough("0.5 nm"))
    expected = 3.0 * 10.0 / (mode.k0.real**3 * (1.45**2 - 1.0) * 1e-6 * 0.25e-6)
    assert mode.q_scattering == pytest.approx(expected, rel=1e-4)
    assert mode.q_total == pytest.approx(mode.q_scattering, rel=1e-6)  # radiation is far above
    assert mode_of(*GLASS, **rough("0.5 nm", "3 nm")).q_scattering == pytest.approx(expected / 9.0, rel=1e-4)
    assert mode_of(*GLASS).q_scattering is None


def test_long_correlation_radiates_less() -> None:
    """Against the double integral over directions of a dipole along the meridian, for a wave that travels along the equator."""
    length, k, beta = 0.1, 2.0 * np.pi / GLASS[-1], GLASS[3] / 10.0

    def density(phi: float, x: float) -> float:
        along, across = x, np.sqrt(1.0 - x * x) * np.sin(phi)
        spectrum = np.exp(-0.25 * length**2 * ((k * along - beta) ** 2 + (k * across) ** 2))
        return float((1.0 - across**2) * spectrum)

    integral, _ = dblquad(density, -1.0, 1.0, 0.0, 2.0 * np.pi, epsrel=1e-8)
    mode = mode_of(*GLASS, **rough("100 nm"))
    dipoles = 3.0 * 10.0 / (mode.k0.real**3 * (1.45**2 - 1.0) * 1e-6 * length**2)
    assert mode.q_scattering == pytest.approx(dipoles * (8.0 * np.pi / 3.0) / integral, rel=3e-3)
    assert mode.q_scattering > 1.5 * dipoles


def test_inner_surface_and_both() -> None:
    """The rough inner interface has its own field and step of the index; two rough interfaces add their rates."""
    sphere = ([10.0, 10.49], [1.45, 1.768, 1.0], "TE", 165, 0.6599952)
    outer, inner = mode_of(*sphere, **rough("1 nm")), mode_of(*sphere, **rough("1 nm", surface="l0"))
    exact = analytic.layered_sphere(sphere[0], sphere[1]).mode("TE", 165)
    amplitude = [abs(exact.field(r, 0.0)[2]) * r for r in sphere[0]]
    steps = [1.768**2 - 1.45**2, 1.768**2 - 1.0]
    ratio = (amplitude[1] * steps[1] / (amplitude[0] * steps[0])) ** 2
    assert inner.q_scattering / outer.q_scattering == pytest.approx(ratio, rel=1e-3)
    pair = [{"rms": "1 nm", "correlation_length": "1 nm", "surface": name} for name in ("l0", "l1")]
    both = mode_of(*sphere, losses={"roughness": pair})
    assert 1.0 / both.q_scattering == pytest.approx(
        1.0 / inner.q_scattering + 1.0 / outer.q_scattering, rel=1e-9
    )


def test_normal_field_of_tm() -> None:
    """TM: the normal polarization goes with the field inside, E_n eps_out / eps_in; checked with the exact surface field."""
    l, kappa = 60, 0.5e-3
    exact = analytic.layered_sphere([4.0], [1.6, 1.0]).mode("TM", l)
    mode = mode_of([4.0], [1.6, 1.0], "TM", l, 1e-3 * exact.wavelength_nm, **rough("0.5 nm"))
    x, w = np.polynomial.legendre.leggauss(200)
    E = exact.field(4.0 * (1.0 + 1e-12) * np.sqrt(1.0 - x * x), 4.0 * (1.0 + 1e-12) * x)
    normal = np.sqrt(1.0 - x * x) * E[0] + x * E[2]
    along = np.sqrt(1.0 - x * x) * E[2] - x * E[0]
    square = np.abs(normal / 1.6**2) ** 2 + np.abs(along) ** 2 + np.abs(E[1]) ** 2
    p2 = (1.6**2 - 1.0) ** 2 * 2.0 * np.pi * 16.0 * float(w @ square)
    k = exact.k0.real
    power = k**4 / (12.0 * np.pi) * np.pi * 1e-6 * kappa**2 * p2
    stored = 0.5 * float(np.nansum(exact.fields.volumes[0]))
    assert mode.q_scattering == pytest.approx(k * stored / power, rel=1e-3)


# -- absorption ---------------------------------------------------------------------------------------------------------------

PUBLISHED = ([10.0, 10.49], [1.45, 1.768, 1.0], "TM", 163, 0.659121005)


def test_absorption_that_gives_the_published_q() -> None:
    """42.1 per cm for Q = 4200, n = 1.768, Gamma = 0.947 at 663.28 nm; and back: a shell of that absorption has that Q."""
    mode = mode_of(*PUBLISHED)
    published = replace(mode, k0=complex(2.0 * np.pi / 0.66328), energy={"l1": 0.947})
    assert published.absorption_for(4200.0, "l1", 1.768) == pytest.approx(42.1, abs=0.05)
    per_cm = mode.absorption_for(4200.0, "l1", 1.768)
    kappa = per_cm * 1e-7 * mode.wavelength_nm / (4.0 * np.pi)
    lossy = mode_of(PUBLISHED[0], [1.45, 1.768 + 1j * kappa, 1.0], *PUBLISHED[2:])
    assert lossy.q_total == pytest.approx(4200.0, rel=1e-6)
    assert lossy.linewidth_nm == pytest.approx(0.1569, abs=1e-4)
    assert lossy.linewidth_ghz == pytest.approx(108.3, abs=0.1)
    assert lossy.lifetime_ps == pytest.approx(1.4696, abs=1e-3)
    assert lossy.linewidth_nm == pytest.approx(lossy.wavelength_nm / 4200.0, rel=1e-6)


def test_budget_by_region() -> None:
    """Core and ambient absorb, the shell amplifies: each region's Q is that of the region alone, the rates add up."""
    index = [1.45 + 1e-5j, 1.768 - 1e-6j, 1.0 + 1e-4j]
    mode = mode_of(PUBLISHED[0], index, *PUBLISHED[2:])
    assert set(mode.q_abs_by_region) == {"l0", "l1", "out"}
    assert sum(1.0 / q for q in mode.q_abs_by_region.values()) == pytest.approx(1.0 / mode.q_abs, rel=1e-4)
    for i, region in enumerate(("l0", "l1", "out")):
        alone = [n if j == i else n.real for j, n in enumerate(index)]
        single = mode_of(PUBLISHED[0], alone, *PUBLISHED[2:])
        assert mode.q_abs_by_region[region] == pytest.approx(single.q_abs, rel=1e-4)
        assert mode.row()[f"q_abs_{region}"] == mode.q_abs_by_region[region]
        gamma, n = mode.energy[region], index[i]
        assert mode.q_abs_by_region[region] == pytest.approx(n.real / (2.0 * n.imag * gamma), rel=1e-4)
    assert mode.q_abs_by_region["l1"] < 0.0


def test_extra_columns_follow_the_contract() -> None:
    result = run(config(PUBLISHED[0], [1.45 + 1e-6j, 1.768, 1.0], (0.659, 0.6592), **rough("5 nm")))
    (row,) = result.rows
    names = header(result.rows, result.regions)
    contract = columns(result.regions)
    assert names[: len(contract)] == contract
    for name in (
        "q_abs_l0", "linewidth_nm", "linewidth_ghz", "lifetime_ps", "volume_standing_um3", "purcell",
        "volume_kerr_l1_um3", "volume_qnm_re_um3", "volume_qnm_im_um3",
    ):  # fmt: skip
        assert name in names[len(contract) :]
        assert row[name] is not None
    assert "q_abs_l1" not in names
    total = 1.0 / row["q_abs"] + 1.0 / row["q_scattering"] + 1.0 / row["q_rad"]
    assert row["q_total"] == pytest.approx(1.0 / total, rel=1e-12)


# -- loss and leak together ----------------------------------------------------------------------------------------------------

MIXED = {
    "a leaky bubble that absorbs a little": ([3010.0, 3100.0], [1.0, 1.96 + 2e-3j, 1.0], "TM", 32),
    "a leaky ball in an absorber": ([1.5], [1.6, 1.33 + 1e-3j], "TM", 22),
    "a leaky ball in a weak absorber": ([1.5], [1.6, 1.33 + 1e-7j], "TM", 22),
    "a sharp mode, gain inside": ([2.0], [1.5 - 1e-9j, 1.0], "TE", 30),
}
"""Bodies of every proportion of radiation (1/Q from 4e-2 to 1e-9) and absorption."""


MIXED_BY_DEFAULT = [MIXED["a leaky bubble that absorbs a little"], MIXED["a sharp mode, gain inside"]]


@pytest.mark.parametrize("case", thinned(list(MIXED.values()), MIXED_BY_DEFAULT), ids=MIXED.keys())
def test_absorption_of_a_leaky_mode(case: tuple[list[float], list[complex], str, int]) -> None:
    """Against 40-digit poles with and without the imaginary parts of the indices: `run` and `exact`, in their stated errors."""
    radii, media, pol, l = case
    exact = analytic.layered_sphere(radii, media).mode(pol, l)
    with mp.workdps(50):
        lossy = pole(pol, l, radii, media, exact.k0, 40)
        bare = pole(pol, l, radii, [complex(n).real for n in media], exact.k_twin, 40)
        total, radiated = (-2 * k.imag / k.real for k in (lossy, bare))
        q_abs, q_rad, q_total = (float(1 / rate) for rate in (total - radiated, radiated, total))
    assert abs(exact.q_abs / q_abs - 1.0) <= exact.q_abs_error + 1e-14
    mode = mode_of(radii, media, pol, l, exact.wavelength_nm * 1e-3)
    assert mode.q_abs is not None
    assert mode.q_total is not None
    for value, true, error in (
        (mode.q_abs, q_abs, mode.q_abs_error),
        (mode.q_rad, q_rad, mode.q_rad_error),
        (mode.q_total, q_total, mode.q_total_error),
    ):
        assert error is not None
        assert abs(value / true - 1.0) <= error < 1e-3


def test_sign_of_a_balance_within_the_error_is_not_stated() -> None:
    """Gain that cancels the radiation to 4e-14 of omega (1/Q = 3.95e-14 by 40-digit poles): no sign, but a bound that holds."""
    mode = mode_of([1.0], [1.5 - 1.1328014e-6j, 1.0], "TE", 39, 0.21114857)
    assert mode.q_total is None
    assert mode.row()["q_total_error"] is None
    assert mode.q_total_floor is not None
    assert 1e11 < mode.q_total_floor < 2.53e13
    assert mode.q_rad == pytest.approx(685649.4, rel=1e-6)


# -- volumes ------------------------------------------------------------------------------------------------------------------


def test_volume_with_its_maximum_on_an_interface() -> None:
    """A TM mode is brightest on the film's own side of an interface: within the stated error of the exact field's volume."""
    radii, media = [2.0, 2.15], [1.5, 1.7, 1.0]
    exact = analytic.layered_sphere(radii, media).mode("TM", 30)
    mode = mode_of(radii, media, "TM", 30, 1e-3 * exact.wavelength_nm)
    error = mode.row()["mode_volume_error"]
    assert exact.mode_volume_um3 == pytest.approx(2.01495, abs=1e-5)
    assert abs(mode.mode_volume_um3 / exact.mode_volume_um3 - 1.0) <= error < 1e-4
    assert mode.row().get("mode_volume_at") is None


def exact_integrals(exact: analytic.ExactMode, regions: int) -> tuple[np.ndarray, np.ndarray]:
    """int |E|^2 dV and int |E|^4 dV over the layers inside the surface, by product quadrature of the exact field."""
    x, wx = np.polynomial.legendre.leggauss(160)
    t, wt = np.polynomial.legendre.leggauss(160)
    squares, fourths = [], []
    edges = [0.6 * exact.sphere.radii_um[0], *exact.sphere.radii_um]
    for a, b in zip(edges, edges[1:regions], strict=False):
        rho = 0.5 * (a + b) + 0.5 * (b - a) * t
        R, X = np.meshgrid(rho, x, indexing="ij")
        E = exact.field(R * np.sqrt(1.0 - X * X), R * X)
        weight = 2.0 * np.pi * np.outer(0.5 * (b - a) * wt * rho**2, wx)
        square = (np.abs(E) ** 2).sum(axis=0)
        squares.append(float((weight * square).sum()))
        fourths.append(float((weight * square**2).sum()))
    return np.array(squares), np.array(fourths)


@pytest.mark.parametrize("pol", ["TE", "TM"])
def test_volumes_of_a_coated_sphere(pol: str) -> None:
    exact = analytic.layered_sphere([2.5, 2.9], [1.45, 1.8, 1.0]).mode(pol, 42)
    mode = mode_of([2.5, 2.9], [1.45, 1.8, 1.0], pol, 42, 1e-3 * exact.wavelength_nm)
    squares, fourths = exact_integrals(exact, 3)
    kerr = [mode.extra[f"volume_kerr_l{i}_um3"] for i in (0, 1)]
    assert kerr == pytest.approx(squares**2 / fourths, rel=1e-4)
    assert mode.mode_volume_um3 == pytest.approx(exact.mode_volume_um3, rel=1e-4)
    assert mode.volume_standing_um3 == pytest.approx(0.5 * exact.mode_volume_um3, rel=1e-4)
    peak = mode.crest
    assert np.hypot(peak.r, peak.z) == pytest.approx(exact.fields.peak()[1], rel=1e-3)
    assert peak.eps in (1.45**2, 1.8**2, 1.0)
    if pol == "TE":  # E along z alone at the peak, real: the unconjugated volume is the conjugated one
        assert mode.extra["volume_qnm_re_um3"] == pytest.approx(mode.mode_volume_um3, rel=1e-4)
    assert mode.extra["volume_qnm_im_um3"] == pytest.approx(0.0, abs=1e-4 * mode.mode_volume_um3)


def qnm_norm(mode: Mode, index: float) -> complex:
    """int eps E.E dV without conjugation, regularised by the absorbing layer, from the quasinormal mode's volume."""
    volume = complex(mode.extra["volume_qnm_re_um3"], mode.extra["volume_qnm_im_um3"])
    E = mode.crest.E
    along = E[0] if abs(E[0]) > abs(E[2]) else E[2]
    return volume * mode.crest.eps * along**2


@pytest.mark.parametrize(
    ("index", "l", "x"), [(1.5, 39, 29.757177), (2.0, 5, 3.9142334)], ids=["Q7e5", "Q47"]
)
def test_norm_of_quasinormal_modes(index: float, l: int, x: float) -> None:
    """Table B5: the regularised int eps f^2 r^2 dr of a TE mode is (n^2 - 1) R^3 / 2 f(R)^2, complex and all, at any Q.

    With E_theta = i m f Y / sin(theta) and m = l the angles contribute l (l + 1), and E_z(R, equator)^2 = l^2 Y^2 f(R)^2.
    """
    mode = mode_of([1.0], [index, 1.0], "TE", l, 2.0 * np.pi / x)
    crest_field = mode.field_data
    assert crest_field is not None
    y2 = np.exp(gammaln(l + 1.5) - gammaln(l + 1.0)) / (2.0 * np.pi**1.5)  # |Y_ll|^2 on the equator
    # The volume is that of the richer of two solutions, whose phase and scale are its own: compare through its own field.
    E_peak, E_surface = mode.field(mode.crest.r, mode.crest.z)[2], mode.field(1.0, 0.0)[2]
    norm = qnm_norm(mode, index) * (E_peak / mode.crest.E[2]) ** 2
    expected = (l + 1.0) / l * (index**2 - 1.0) / 2.0 * E_surface**2 / y2
    assert norm == pytest.approx(expected, rel=2e-5)
    assert abs(expected.imag) > 1e-9 * abs(expected) or l == 39


def test_purcell_factor() -> None:
    """3 / (4 pi^2) (lambda / n)^3 Q / V with the standing wave's volume, at the peak in the shell."""
    (mode,) = run_for([2.5, 2.9], [1.45, 1.8 + 1e-4j, 1.0], "TE", 42, 0.6801556).modes
    assert mode.crest.eps.real == pytest.approx(1.8**2)
    cube = (1e-3 * mode.wavelength_nm / 1.8) ** 3
    assert mode.purcell == pytest.approx(
        3.0 / (4.0 * np.pi**2) * cube * mode.q_total / mode.volume_standing_um3, rel=1e-6
    )
    assert 10.0 < mode.purcell < 1e3


def test_an_absorbing_film_beyond_the_domain_leaves_a_floor() -> None:
    """The mode is 1e-13 in the film, where its domain has ended: its absorption is 1/1.6e15, and the radiation alone no total."""
    radii, media = [16.9908, 16.9942, 18.6655], [2.0940, 1.9731 + 0.0075j, 3.2457, 1.5]
    exact = analytic.layered_sphere(radii, media).mode("TE", 618)
    mode = mode_of(radii, media, "TE", 618, 1e-3 * exact.wavelength_nm, accuracy=1e-5, width=1e-6)
    assert mode.energy["l1"] == 0.0
    assert (mode.q_abs, mode.q_total) == (None, None)
    assert 1e6 < mode.q_abs_floor < exact.q_abs
    assert mode.derivatives.wavelength_nm["n_l0"] == 0.0
    assert mode.derivatives.error < 1e-3


@pytest.mark.parametrize(("pol", "q", "k"), [("TE", 4, 0.05), ("TM", 2, 0.08)])
def test_a_strong_absorber_inside_a_gap_and_a_prism(pol: str, q: int, k: float) -> None:
    """The wave leaves from the surface of the prism, and near the pole of the absorber lie poles of the prism's own.

    The domain once ended at the prism, without the ambient, and the lossless twin was another mode.
    """
    radii, indices = [5.0, 6.3, 6.35], [1.5 + 1j * k, 1.0, 3.3, 1.33]
    exact = LayeredSphere(radii, indices).mode(pol, 60, q)
    run = run_for(radii, indices, pol, 60, 1e-3 * exact.wavelength_nm, q=q, m=60, width=1e-6, accuracy=1e-6)
    (mode,) = [one for one in run.modes if (one.pol, one.q) == (pol, q)]
    ratios = true_over_stated(mode, exact)
    assert {"q_rad", "q_abs", "derivatives"} <= ratios.keys()
    assert max(ratios.values()) < LIMIT, ratios


@pytest.mark.parametrize(
    ("medium", "radius", "ambient", "pol", "q", "l"),
    [
        ({"preset": "sapphire", "axis": "radial"}, 2.5, 1.33, "TM", 1, 36),
        ({"preset": "cds", "axis": "radial"}, 2.0, 1.33, "TM", 1, 30),
        ({"sellmeier": {"B": [0.8775], "C_um2": [0.00825]}, "range": ["0.35 um", "3 um"]}, 2.0, 1.33, "TM", 2, 20),
    ],
)  # fmt: skip
def test_numbers_of_dispersive_crystals_and_glasses(
    medium: dict[str, Any], radius: float, ambient: float, pol: str, q: int, l: int
) -> None:
    """The radial field has the energy and dispersion of the extraordinary ray; what weighs is taken at the real wavelength."""
    settings: dict[str, Any] = {
        "schema": 1,
        "geometry": {"kind": "layered_sphere", "layers": [{"material": "ball", "name": "ball", "radius": f"{radius} um"}],
            "ambient": "out"},
        "materials": {"ball": medium, "out": {"n": ambient}},
        "modes": {"window": ["0.52 um", "1 um"], "polarizations": [pol], "radial_orders": [q], "polar_orders": [0],
            "azimuthal_orders": [l]},
        "accuracy": {"wavelength": 1e-6},
        "outputs": {"fields": False, "plots": False},
    }  # fmt: skip
    checked = validate(settings)
    exact = exact_sphere(checked, materials_from_config(checked)).mode(pol, l, q)
    (mode,) = run(settings).modes
    ratios = true_over_stated(mode, exact)
    assert {"volume", "q_rad"} <= ratios.keys()
    assert max(ratios.values()) < LIMIT, ratios
    assert exact.q_abs == float("inf")


@pytest.mark.parametrize(("n_o", "n_e"), [(1.4, 1.7), (1.7, 1.4)])
def test_volume_of_a_filled_can_whatever_its_crystal(n_o: float, n_e: float) -> None:
    """TM010 has E along the optic axis alone: V = pi R^2 h J_1(x)^2 with x the first zero of J_0, which no index enters."""
    x = float(mp.besseljzero(0, 1))
    (mode,) = run(
        {
            "schema": 1,
            "geometry": {"kind": "cavity", "radius": "1 um", "height": "1 um", "ambient": "filling"},
            "materials": {"filling": {"ordinary": {"n": n_o}, "extraordinary": {"n": n_e}, "axis": "z"}},
            "modes": {"window": [f"{2.0 * np.pi * n_e / x + d} um" for d in (-0.001, 0.001)], "azimuthal_orders": [0]},
            "accuracy": {"wavelength": 1e-8},
            "outputs": {"fields": False, "plots": False},
        }
    ).modes  # fmt: skip
    volume = np.pi * float(mp.besselj(1, x)) ** 2
    assert abs(mode.mode_volume_um3 / volume - 1.0) < LIMIT * mode.extra["mode_volume_error"] + 1e-9
    assert mode.mode_volume_um3 == pytest.approx(volume, rel=1e-5)
    assert mode.extra["volume_qnm_re_um3"] == pytest.approx(volume, rel=1e-5)
