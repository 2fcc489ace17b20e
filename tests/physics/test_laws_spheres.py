"""Laws that modes of spheres obey: loss and gain, scaling, degeneracy in m, the absorbing layer, dispersion, anisotropy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.constants import c
from support.spheres import mode_of, run_for

from femwgm import analytic
from femwgm.config import load_config
from femwgm.errors import ConfigError
from femwgm.fem.problem import MeridianProblem
from femwgm.ground.expected import Expected
from femwgm.materials import PRESETS, Material
from femwgm.modes.mode import Mode
from femwgm.solver.eigenmode import mirror_condition, solve_eigenmode

pytestmark = pytest.mark.gmsh

COATED = [10.0, 10.49]
TM163, TE163 = 0.659121005, 0.66758045


def film(kappa: float) -> list[complex]:
    return [1.45, 1.768 + 1j * kappa, 1.0]


# -- loss and gain ------------------------------------------------------------------------------------------------------------


def test_absorbing_shell_and_its_mirror_image_with_gain() -> None:
    """Table B5: kappa = 1e-4 gives Q = n / (2 kappa Gamma); gain of the same size gives the conjugate wavenumber."""
    loss, gain = (mode_of(COATED, film(k), "TM", 163, TM163) for k in (1e-4, -1e-4))
    assert loss.k0.real == pytest.approx(9.5326734301343, rel=1e-8)
    assert loss.k0.imag == pytest.approx(-5.106841767e-4, rel=1e-8)
    assert loss.q_total == pytest.approx(9333.237513, rel=1e-8)
    assert loss.q_abs == pytest.approx(9333.237513, rel=1e-8)
    assert loss.energy["l1"] == pytest.approx(0.947152581, abs=1e-8)
    assert loss.q_abs == pytest.approx(1.768 / (2e-4 * loss.energy["l1"]), rel=1e-7)
    assert gain.k0 == pytest.approx(loss.k0.conjugate(), rel=1e-12)
    assert gain.q_abs == pytest.approx(-loss.q_abs, rel=1e-9)
    assert gain.q_total is not None
    assert gain.q_total < 0.0
    assert gain.log10_q_rad == pytest.approx(loss.log10_q_rad, abs=1e-9)
    other = mode_of(COATED, film(1e-4), "TE", 163, TE163)
    assert other.q_total == pytest.approx(9054.396623, rel=1e-8)
    assert other.energy["l1"] == pytest.approx(0.976321269, abs=1e-8)


def test_absorption_far_below_rounding() -> None:
    """Q_abs scales as 1 / kappa down to kappa = 1e-13, where Im k0 has lost its digits in the eigenvalue."""
    faint = mode_of(COATED, film(1e-13), "TM", 163, TM163)
    assert faint.q_abs == pytest.approx(9333.237513e9, rel=1e-6)
    assert faint.k0.imag == pytest.approx(-5.106841767e-13, rel=1e-6)


@pytest.mark.parametrize(
    ("pol", "x", "kappa", "confined"),
    [
        pytest.param("TE", 29.757177025, 1.1328014e-6, 0.965618, marks=pytest.mark.slow),
        ("TM", 30.2210852436, 1.7393695e-6, 0.944322),
    ],
)
def test_laser_threshold(pol: str, x: float, kappa: float, confined: float) -> None:
    """Table B5: at the threshold gain of n = 1.5, l = 39 gain and radiation cancel; n / (2 Q kappa) is the confinement."""
    mode = mode_of([1.0], [1.5 - 1j * kappa, 1.0], pol, 39, 2.0 * np.pi / x)
    assert abs(mode.k0.imag) < 1e-6 * mode.k0.real / (2.0 * mode.q_rad)
    assert mode.k0.real == pytest.approx(x, rel=1e-8)
    assert 1.5 / (2.0 * mode.q_rad) / kappa == pytest.approx(confined, abs=1e-5)
    assert mode.energy["l0"] == pytest.approx(
        confined, abs=2e-4
    )  # the shares of a mode of Q = 5e5 are real to about that


@pytest.mark.parametrize(
    ("radii", "indices", "pol", "l", "near"),
    [
        ([2.0], [1.45 + 1e-3j, 1.0], "TE", 15, 0.9704),
        ([2.0, 2.3], [1.45, 1.7, 1.33 + 1e-4j], "TE", 40, 0.5407),
    ],
    ids=["lossy-leaky", "lossy-water"],
)
def test_loss_of_leaky_spheres(
    radii: list[float], indices: list[complex], pol: str, l: int, near: float
) -> None:
    """Radiation and absorption together: the three quality factors mean what they mean on the exact side."""
    exact = analytic.layered_sphere(radii, indices).mode(pol, l, 1)
    mode = mode_of(radii, indices, pol, l, near)
    assert mode.k0 == pytest.approx(exact.k0, rel=1e-8)
    assert mode.q_total == pytest.approx(exact.q_total, rel=1e-6)
    assert mode.q_rad == pytest.approx(exact.q_rad, rel=1e-6)
    assert mode.q_abs == pytest.approx(exact.q_abs, rel=1e-5)


def test_faint_loss_of_a_very_leaky_sphere() -> None:
    """Far below the leak (Q = 66) the first order in the loss: a ten-thousandth of what ten thousand times the loss does."""
    exact = analytic.layered_sphere([2.0], [1.45 + 1e-3j, 1.0]).mode("TM", 15, 1)
    mode = mode_of([2.0], [1.45 + 1e-7j, 1.0], "TM", 15, 0.9449)
    assert mode.q_abs == pytest.approx(1e4 * exact.q_abs, rel=1e-3)


# -- dispersion ---------------------------------------------------------------------------------------------------------------


def test_dispersive_silica() -> None:
    """The index is that of the mode's own wavelength, and the group index has the material's part."""
    medium = Material("silica", PRESETS["fused_silica"].law)
    (exact,) = analytic.layered_sphere([30.0], [medium, 1.0]).modes((0.64, 0.66), ["TE"], [1], (410, 410))
    mode = mode_of([30.0], [{"preset": "fused_silica"}, 1.0], "TE", 410, 0.649, width=1e-2)
    assert mode.k0.real == pytest.approx(exact.k0.real, rel=1e-8)
    assert mode.n_g == pytest.approx(exact.n_g, rel=1e-6)
    assert mode.log10_q_rad == pytest.approx(exact.log10_q_rad, abs=1e-4)
    frozen = mode_of([30.0], [float(medium.index(mode.k0.real).real), 1.0], "TE", 410, 0.649, width=1e-2)
    assert frozen.k0.real == pytest.approx(mode.k0.real, rel=1e-8)
    assert frozen.n_g == pytest.approx(mode.n_g, rel=2e-2)
    assert mode.n_g > frozen.n_g + 5e-3  # normal dispersion slows light


def test_dispersive_absorbing_film() -> None:
    silica, dots = (Material(name, PRESETS[name].law) for name in ("fused_silica", "cdse_zncds_film"))
    (exact,) = analytic.layered_sphere(COATED, [silica, dots, 1.0]).modes(
        (0.637, 0.663), ["TE"], [1], (160, 160)
    )
    mode = mode_of(
        COATED, [{"preset": "fused_silica"}, {"preset": "cdse_zncds_film"}, 1.0], "TE", 160, 0.65, width=2e-2
    )
    assert mode.k0 == pytest.approx(exact.k0, rel=1e-8)
    assert mode.q_abs == pytest.approx(exact.q_abs, rel=1e-6)


# -- geometry -----------------------------------------------------------------------------------------------------------------


def test_scaling_all_lengths() -> None:
    """Lengths times s: k0 over s, same Q, same shares, volume times s^3; here from 2 um to 60 nm."""
    big = mode_of([2.0], [1.45, 1.0], "TE", 24, 0.636918)
    small = mode_of([0.06], [1.45, 1.0], "TE", 24, 0.636918 * 0.03)
    assert 0.03 * small.k0 == pytest.approx(big.k0, rel=1e-9)
    assert small.q_rad == pytest.approx(big.q_rad, rel=1e-6)
    assert small.mode_volume_um3 / 0.03**3 == pytest.approx(big.mode_volume_um3, rel=1e-6)
    assert small.n_eff == pytest.approx(big.n_eff, rel=1e-9)
    assert small.n_g == pytest.approx(big.n_g, rel=1e-7)


POLES = {
    (10, "TE"): (2.0, 6.82626407198, 1346.07),
    (10, "TM"): (2.0, 7.24790097588, 837.856),
    (39, "TE"): (1.5, 29.757177024195, 685649.4),
    (39, "TM"): (1.5, 30.221085241703, 456614.1),
}
"""Index, Re kR and Q of table B1."""


def from_order(l: int, pol: str, m: int) -> None:
    n, x, quality = POLES[l, pol]
    mode = mode_of([1.0], [n, 1.0], pol, l, 2.0 * np.pi / x, m=m)
    assert mode.k0.real == pytest.approx(x, rel=1e-8)
    assert mode.q_rad == pytest.approx(quality, rel=1e-5)
    assert mode.wavelength_error < 1e-8
    assert mode.confidence > 0.9


@pytest.mark.parametrize(("pol", "m"), [("TE", 10), ("TE", 1), ("TM", 9), ("TM", 0)])
def test_one_pole_from_every_order(pol: str, m: int) -> None:
    from_order(10, pol, m)


@pytest.mark.slow
@pytest.mark.parametrize("m", [39, 38, 30, 20, 10, 5, 2, 1, 0])
@pytest.mark.parametrize("pol", ["TE", "TM"])
def test_one_pole_from_every_order_l39(pol: str, m: int) -> None:
    from_order(39, pol, m)


@pytest.mark.slow
@pytest.mark.parametrize("m", range(11))
@pytest.mark.parametrize("pol", ["TE", "TM"])
def test_one_pole_from_the_other_orders(pol: str, m: int) -> None:
    from_order(10, pol, m)


def problem_of(*args: Any, **more: Any) -> tuple[MeridianProblem, Mode, int]:
    """The problem behind a run for one mode, the mode, and its degree."""
    result = run_for(*args, **more)
    (mode,) = result.modes
    from femwgm.materials import materials_from_config

    materials = materials_from_config(load_config(result.config))
    media = {region: materials[name] for region, name in result.config.geometry.region_materials.items()}
    assert mode.field_data is not None
    return MeridianProblem(result.domains[0][1], media, "out"), mode, mode.field_data.space.degree


def test_opposite_orders_agree() -> None:
    """exp(i m phi) and exp(-i m phi): one wavenumber, E_phi and v of opposite sign."""
    problem, mode, degree = problem_of([2.0], [1.45, 1.0], "TM", 15, 0.9449, m=13, accuracy=1e-5)
    mirror = mirror_condition("TM", 2)
    plus, minus = (
        solve_eigenmode(problem, Expected("TM", 1, 15, m, mode.k0), degree, mirror) for m in (13, -13)
    )
    assert minus.k0 == pytest.approx(plus.k0, rel=1e-12)
    fields = [problem.field(s.pencil, s.x, m, s.k0, mirror) for s, m in ((plus, 13), (minus, -13))]
    (r, z) = np.array([[1.2, 1.7, 1.9], [0.1, 0.4, 0.3]])
    (E, H), (F, G) = (field(r, z) for field in fields)
    sign = np.vdot(F[0], E[0]) / abs(np.vdot(F[0], E[0]))
    assert sign * F * np.array([[1.0], [-1.0], [1.0]]) == pytest.approx(E, abs=1e-7 * np.abs(E).max())
    assert sign * G * np.array([[-1.0], [1.0], [-1.0]]) == pytest.approx(H, abs=1e-7 * np.abs(H).max())


@pytest.mark.parametrize(
    ("radius", "l", "index"),
    [(0.5, 5, 2.0), pytest.param(1000.0, 13972, 1.45, marks=pytest.mark.slow)],
    ids=["0.5um", "1mm"],
)
def test_sizes(radius: float, l: int, index: float) -> None:
    """From half a micrometre to a millimetre."""
    exact = analytic.layered_sphere([radius], [index, 1.0]).mode("TM", l, 1)
    mode = mode_of([radius], [index, 1.0], "TM", l, 1e-3 * exact.wavelength_nm, width=1e-6)
    assert mode.k0.real == pytest.approx(exact.k0.real, rel=1e-8)
    assert mode.log10_q_rad == pytest.approx(exact.log10_q_rad, abs=1e-4)
    assert mode.n_g == pytest.approx(exact.n_g, rel=1e-6)
    assert mode.seconds < 60.0


def test_shares_sum_to_one() -> None:
    for mode in (
        mode_of(COATED, film(0.0), "TE", 163, TE163),
        mode_of([1.5, 1.99], [1.45, 1.768, 1.0], "TM", 20, 0.865735),
    ):
        for shares in (mode.energy, mode.e2, mode.radial_e2):
            values = [v for v in shares.values() if v is not None]
            assert sum(values) == pytest.approx(1.0, abs=1e-13)
            assert all(0.0 < v < 1.0 for v in values)


def test_shares_of_the_published_sphere() -> None:
    """Table B5: TM l = 163 from the derivatives of the exact wavelength, (n / lambda) d lambda / dn."""
    mode = mode_of(COATED, film(0.0), "TM", 163, TM163)
    assert list(mode.energy.values()) == pytest.approx([0.0386674, 0.9471526, 0.0141800], abs=1e-7)
    mode = mode_of(COATED, film(0.0), "TE", 165, 0.6599952)
    assert list(mode.energy.values()) == pytest.approx([0.0166244, 0.9770112, 0.0063644], abs=1e-7)


# -- the absorbing layer ------------------------------------------------------------------------------------------------------

LAYER = ("strength", "depth", "distance")


def layer_moves(radii: list[float], indices: list[float], pol: str, l: int, near: float) -> None:
    """Q moves by less than 1e-4 when any of the layer's three parameters is halved or doubled, the others held."""
    result = run_for(radii, indices, pol, l, near, width=2e-3)
    domain, (mode,) = result.domains[0][0], result.modes
    assert domain.pml_start is not None
    given = {
        "strength": domain.pml_strength,
        "depth": domain.plan.radii[-1] - domain.pml_start,
        "distance": domain.pml_start - radii[-1],
    }
    for name in LAYER:
        for factor in (0.5, 2.0):
            changed = {**given, name: factor * given[name]}
            pml = {
                "kind": "radial",
                **{k: v if k == "strength" else f"{float(v)!r} um" for k, v in changed.items()},
            }
            (moved,) = run_for(radii, indices, pol, l, near, width=2e-3, discretization={"pml": pml}).modes
            assert moved.q_rad == pytest.approx(mode.q_rad, rel=1e-4), (name, factor)
            assert abs(moved.k0.real / mode.k0.real - 1.0) < 2.0 * (
                moved.wavelength_error + mode.wavelength_error
            )
            if factor == 2.0:
                assert moved.met


@pytest.mark.slow
def test_absorbing_layer_does_not_matter() -> None:
    layer_moves([2.0], [1.45, 1.0], "TE", 15, 0.97039805)


@pytest.mark.slow
@pytest.mark.parametrize(
    "case",
    [
        ([2.0], [1.45, 1.0], "TM", 15, 0.94487922),
        ([2.0, 2.3], [1.45, 1.7, 1.33], "TE", 40, 0.5407073),
        ([1.0], [2.0, 1.0], "TE", 1, 4.3692),
    ],
    ids=["TM15", "water", "dipole"],
)  # fmt: skip
def test_absorbing_layer_does_not_matter_either(case: Any) -> None:
    layer_moves(*case)


# -- anisotropy ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("eps_r", "k", "quality"),
    [
        pytest.param(2.2, 30.520529926439, 274986.0, marks=pytest.mark.slow),
        (2.0, 31.819077133636, 34908.6),
    ],
)
def test_radially_uniaxial_sphere(eps_r: float, k: float, quality: float) -> None:
    """Table B9, R = 1, l = 39, eps_t = 2.25: TM sees eps_r through its order, TE does not."""
    medium = {"n_ordinary": 1.5, "n_extraordinary": float(np.sqrt(eps_r)), "axis": "radial"}
    mode = mode_of([1.0], [medium, 1.0], "TM", 39, 2.0 * np.pi / k)
    assert mode.k0.real == pytest.approx(k, rel=1e-8)
    assert mode.q_rad == pytest.approx(quality, rel=1e-5)
    other = mode_of([1.0], [medium, 1.0], "TE", 39, 2.0 * np.pi / 29.757177024195)
    assert other.k0.real == pytest.approx(29.757177024195, rel=1e-8)


@pytest.mark.slow
def test_uniaxial_along_z_to_first_order() -> None:
    """dk0 / d eps_z = -(k0 / 2) int |E_z|^2 dV over the core / int eps |E|^2 dV, with the exact field of the isotropic sphere."""
    step = 3e-4
    for pol, m in (("TE", 40), ("TM", 39)):
        exact = analytic.layered_sphere([3.0], [1.6, 1.0]).mode(pol, 40).with_m(m)
        x, w = np.polynomial.legendre.leggauss(200)
        rho = 1.5 + 0.75 * (x + 1.0)
        R, X = np.meshgrid(rho, x, indexing="ij")
        E_z = exact.field(R * np.sqrt(1.0 - X * X), R * X)[2]
        along = 2.0 * np.pi * float(np.einsum("i,j,ij->", 0.75 * w * rho**2, w, np.abs(E_z) ** 2))
        slope = -0.5 * exact.k0.real * along / float(np.nansum(exact.fields.volumes[0]))
        pair = []
        for eps_z in (2.56 + step, 2.56 - step):
            medium = {"n_ordinary": 1.6, "n_extraordinary": float(np.sqrt(eps_z)), "axis": "z"}
            mode = mode_of(
                [3.0], [medium, 1.0], pol, 40, 1e-3 * exact.wavelength_nm, m=m, width=5e-3, accuracy=1e-9
            )
            pair.append(mode.k0.real)
        assert (pair[0] - pair[1]) / (2.0 * step) == pytest.approx(slope, rel=2e-4)


def test_axis_along_z_where_it_does_not_matter() -> None:
    """Equal indices along and across: the isotropic sphere, from either end of the code."""
    medium = {"n_ordinary": 1.6, "n_extraordinary": 1.6, "axis": "z"}
    exact = analytic.layered_sphere([3.0], [1.6, 1.0]).mode("TE", 40)
    mode = mode_of([3.0], [medium, 1.0], "TE", 40, 1e-3 * exact.wavelength_nm)
    assert mode.k0 == pytest.approx(exact.k0, rel=1e-8)


# -- metals -------------------------------------------------------------------------------------------------------------------

# Silver sphere of radius 40 nm, Drude metal with wp = 1.3659e16 / s and damping 0.0023 wp: frequencies (Hz) of the dipole and of
# the quadrupole plasmon, exact to the digits given (table B10; the permittivity is held at its value at the mode).
SILVER = {1: 9.1946631e14 - 1.4965682e14j, 2: 1.2361051e15 - 2.252367e13j}


@pytest.mark.parametrize(("l", "m"), [*(pytest.param(1, m, marks=pytest.mark.slow) for m in (0, 1)), (2, 1)])
def test_silver_sphere(l: int, m: int) -> None:
    omega = 2.0 * np.pi * SILVER[l]
    plasma = 1.3659e16
    eps = 1.0 - plasma**2 / (omega**2 + 1j * omega * 0.0023 * plasma)
    k = omega / c * 1e-6
    metal = {"eps": f"{eps.real!r}{eps.imag:+.17g}j"}
    mode = mode_of([0.04], [metal, 1.0], "TM", l, 2.0 * np.pi / k.real, m=m, width=2e-2)
    exact = analytic.layered_sphere([0.04], [np.sqrt(eps), 1.0]).pole("TM", l, k).k0
    assert exact == pytest.approx(k, rel=2e-7)
    assert mode.k0 == pytest.approx(exact, rel=1e-8)
    assert mode.met


def test_metal_without_modes_says_so() -> None:
    with pytest.raises(ConfigError, match="poles of a sphere with metal are counted"):
        run_for([0.04], [{"eps": "-30"}, 1.0], "TE", 1, 0.5)
