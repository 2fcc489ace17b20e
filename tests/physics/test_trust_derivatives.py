"""Derivatives with respect to indices and sizes: the published values, Euler's identity, the exact solution, differences."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from support.marks import thinned
from support.spheres import config, mode_of

from femwgm import analytic
from femwgm.materials import PRESETS, Material
from femwgm.materials.dispersion import Constant, Shifted
from femwgm.modes.mode import Mode
from femwgm.runs.loop import run

pytestmark = pytest.mark.gmsh

COATED, FILM = [10.0, 10.49], [1.45, 1.768, 1.0]

# d lambda / dn of core, shell and ambient (nm per unit), d lambda / dt at fixed core, d lambda / dR_core at fixed t (nm / um):
# table B5 of the project's numbers, computed apart from femwgm.
B5 = {
    ("TM", 163, 659.121005): ([17.57690528, 353.1041631, 9.346331961], 141.624, 58.9725),
    ("TE", 165, 659.995209): ([7.566908, 364.718745, 4.200451], 110.990, 60.5610),
}


def test_a_group_index_on_which_two_solutions_agree_by_chance_has_an_error() -> None:
    """Its two solutions differ by a tenth of what both lack."""
    radii = [1.7533547716465696, 1.7998333983140118, 2.0559282899843057]
    media = [
        1.4395811048108411,
        1.2774820786701495,
        1.8812985200612486 - 0.003114129272056937j,
        1.0 + 3.989114641675698e-5j,
    ]
    exact = analytic.layered_sphere(radii, media).mode("TE", 25, 2)
    mode = mode_of(radii, media, "TE", 25, 1e-3 * exact.wavelength_nm, q=2, accuracy=1e-5, width=1e-6)
    assert abs(mode.n_g / exact.n_g - 1.0) < 3.0 * mode.n_g_error < 1e-7


@pytest.mark.parametrize("label", thinned(list(B5), list(B5)[:1]), ids=lambda label: f"{label[0]}{label[1]}")
def test_published_sensitivities(label: tuple[str, int, float]) -> None:
    by_index, by_thickness, by_core = B5[label]
    mode = mode_of(COATED, FILM, label[0], label[1], 1e-3 * label[2])
    assert not [name for name in mode.row() if name.startswith("dl")]  # columns are for those who ask
    slopes = mode.derivatives.wavelength_nm
    assert [slopes[f"n_{r}"] for r in ("l0", "l1", "out")] == pytest.approx(by_index, rel=1e-6)
    assert slopes["thickness_l1"] == pytest.approx(by_thickness, abs=1e-3)
    assert slopes["thickness_l0"] == pytest.approx(
        by_core, abs=1e-4
    )  # the core grows, the shell keeps its thickness
    # Euler: lengths and wavelength scale together.
    assert 10.0 * slopes["radius_l0"] + 10.49 * slopes["radius_l1"] == pytest.approx(
        mode.wavelength_nm, rel=1e-8
    )
    # The share of the energy is the logarithmic derivative, and they add up to one.
    for region, n in zip(("l0", "l1", "out"), FILM, strict=True):
        assert n * slopes[f"n_{region}"] / mode.wavelength_nm == pytest.approx(mode.energy[region], abs=1e-9)


def logarithms(radii: list[float], indices: list[Any], pol: str, l: int) -> np.ndarray:
    exact = analytic.layered_sphere(radii, indices).mode(pol, l)
    absorbed = np.log(exact.q_abs) if np.isfinite(exact.q_abs) else 0.0
    return np.array([exact.log_q_rad, absorbed, np.log(exact.q_total)])


CASES = {
    "closed": (COATED, FILM, "TM", 163, 0.659121),
    "leaky": ([2.0, 2.3], [1.45, 1.7, 1.33], "TE", 40, 0.5407),
    "leaky-lossy": ([1.0, 1.15], [1.45, 1.7 + 1e-3j, 1.0], "TM", 16, 0.5541),
}


@pytest.mark.parametrize("case", thinned(list(CASES), ["closed", "leaky-lossy"]))
def test_against_the_exact_solution(case: str) -> None:
    """Complex derivatives of k0, and those of ln Q by differences of the exact quality factors."""
    radii, indices, pol, l, near = CASES[case]
    found = mode_of(radii, indices, pol, l, near, width=2e-3).derivatives
    exact = analytic.layered_sphere(radii, indices).mode(pol, l)
    regions = ["l0", "l1", "out"]
    closed = case == "closed"  # without radiation in the eigenvalue
    for i, region in enumerate(regions):
        want = exact.dk0_dn[i].real if closed else exact.dk0_dn[i]
        assert found.k0[f"n_{region}"] == pytest.approx(want, rel=1e-6)
    for i in range(2):
        want = exact.dk0_dradius[i].real if closed else exact.dk0_dradius[i]
        assert found.k0[f"radius_l{i}"] == pytest.approx(want, rel=1e-6)
    h, apart = 2e-5, []
    for group, values in (("n", indices), ("radius", radii)):
        for i, region in enumerate(regions[: len(values)]):
            pair = []
            for sign in (1.0, -1.0):
                moved = [v + sign * h * (j == i) for j, v in enumerate(values)]
                pair.append(
                    logarithms(radii if group == "n" else moved, moved if group == "n" else indices, pol, l)
                )
            rad, absorbed, total = (pair[0] - pair[1]) / (2.0 * h)
            name = f"{group}_{region}"
            assert found.ln_q_rad[name] == pytest.approx(rad, rel=2e-5, abs=1e-5)
            assert found.ln_q_total[name] == pytest.approx(total, rel=2e-5, abs=1e-5)
            apart.append(
                abs(found.ln_q_total[name] - total) * (radii[-1] if group == "radius" else abs(values[i]))
            )
            assert (name in found.ln_q_abs) == (case == "leaky-lossy")
            if case == "leaky-lossy":
                assert found.ln_q_abs[name] == pytest.approx(absorbed, rel=2e-5, abs=1e-5)
    assert max(apart) < found.ln_q_error < 60.0 * max(apart)
    assert found.ln_q_rad["thickness_l0"] == pytest.approx(
        found.ln_q_rad["radius_l0"] + found.ln_q_rad["radius_l1"]
    )


def test_dispersive_shell() -> None:
    """An index raised at every wavelength moves a mode less where the index falls with the wavelength."""
    silica = Material("silica", PRESETS["fused_silica"].law)
    exact = analytic.layered_sphere([20.0, 20.4], [silica, 1.8, 1.0])
    twin = exact.mode("TE", 320)
    mode = mode_of([20.0, 20.4], [{"preset": "fused_silica"}, 1.8, 1.0], "TE", 320, 1e-3 * twin.wavelength_nm)
    found = mode.derivatives.k0
    assert [found[f"n_{r}"].real for r in ("l0", "l1", "out")] == pytest.approx(
        [twin.dk0_dn[i].real for i in range(3)], rel=1e-6
    )
    assert found["radius_l1"].real == pytest.approx(twin.dk0_dradius[1].real, rel=1e-6)


def test_radially_uniaxial_core() -> None:
    """Both axes of the core shift by the same factor."""
    medium = {"n_ordinary": 1.5, "n_extraordinary": float(np.sqrt(2.2)), "axis": "radial"}
    exact = analytic.layered_sphere([1.0], [1.5, 1.0], [float(np.sqrt(2.2)), None]).mode("TM", 39)
    mode = mode_of([1.0], [medium, 1.0], "TM", 39, 1e-3 * exact.wavelength_nm)
    found = mode.derivatives.k0
    assert found["n_l0"] == pytest.approx(exact.dk0_dn[0], rel=1e-6)
    assert found["radius_l0"] == pytest.approx(exact.dk0_dradius[0], rel=1e-6)
    assert found["radius_l0"] == pytest.approx(-mode.k0, rel=1e-6)  # Euler, complex


def test_raised_index() -> None:
    """n + dn at any wavenumber, its slope by differences, the axis along by the same factor."""
    silica = PRESETS["fused_silica"].law
    medium = Material("x", silica, Constant(2.0 + 0.1j), "z")
    moved = medium.raised(1e-2)
    assert moved.index(9.5) == pytest.approx(medium.index(9.5) + 1e-2, rel=1e-12)
    assert moved.index_axial(9.5) / medium.index_axial(9.5) == pytest.approx(
        moved.index(9.5) / medium.index(9.5)
    )
    assert isinstance(moved.law, Shifted)
    for law in (moved.law, moved.axial_law):
        slope = (law.eps(9.5 + 1e-4) - law.eps(9.5 - 1e-4)) / 2e-4
        assert law.slope(9.5) == pytest.approx(slope, rel=1e-6)
    assert not Material("y", Constant(2.25 + 0j)).raised(0.1).dispersive


def test_columns_on_request() -> None:
    settings = config(
        COATED, FILM, (0.6590, 0.6592), outputs={"derivatives": True, "fields": False, "plots": False}
    )
    (row,) = run(settings).rows
    assert row["dlambda_nm_d_n_l1"] == pytest.approx(353.1041631, rel=1e-6)
    assert row["dlambda_nm_d_thickness_l1"] == pytest.approx(141.624, abs=1e-3)
    assert row["dlnq_d_n_l1"] == pytest.approx(139.2018, rel=1e-5)


def spheroid(a: float, b: float) -> Mode:
    layers = [
        {
            "name": "core",
            "material": "glass",
            "equatorial_radius": f"{0.9 * a!r} um",
            "polar_radius": f"{0.9 * b!r} um",
        },
        {"name": "shell", "material": "film", "equatorial_radius": f"{a!r} um", "polar_radius": f"{b!r} um"},
    ]
    settings = {
        "schema": 1,
        "geometry": {"kind": "spheroid", "ambient": "air", "layers": layers},
        "materials": {"glass": {"n": 1.45}, "film": {"n": 1.7}, "air": {"n": 1.0}},
        "modes": {"window": ["0.9 um", "1.1 um"], "azimuthal_orders": [36], "polarizations": ["TM"]},
        "accuracy": {"wavelength": 1e-9},
    }
    (mode,) = run(settings).modes
    return mode


@pytest.mark.slow
def test_spheroid() -> None:
    """The equatorial axes of a coated spheroid against runs at other sizes, and by Euler's identity all four."""
    mode = spheroid(4.0, 3.2)
    slopes = mode.derivatives.wavelength_nm
    sizes = {"equatorial_core": 3.6, "polar_core": 2.88, "equatorial_shell": 4.0, "polar_shell": 3.2}
    assert sum(size * slopes[name] for name, size in sizes.items()) == pytest.approx(
        mode.wavelength_nm, rel=1e-7
    )
    h = 1e-3
    up, down = spheroid(4.0 + h, 3.2), spheroid(4.0 - h, 3.2)
    difference = (up.wavelength_nm - down.wavelength_nm) / (2.0 * h)
    assert slopes["equatorial_shell"] + 0.9 * slopes["equatorial_core"] == pytest.approx(difference, rel=1e-4)


@pytest.mark.parametrize("pol", thinned(["TE", "TM"], ["TM"]))
def test_group_index_of_an_absorbing_table_is_the_spacing_of_the_lines(pol: str) -> None:
    """A table follows the real wavelength alone; taken for an analytic function of k0 it would be off by 1.7 %.

    The lines of l - 1 and l + 1 are exact poles of the same media; their middle differs from the slope at l by the third
    derivative and by the kinks of the table's second derivative, 3e-3 at most.
    """
    preset = PRESETS["cdse_zncds_film"]
    film = Material("film", preset.law, validity_um=preset.validity_um)
    assert film.tabulated
    sphere = analytic.LayeredSphere(COATED, [1.456, film, 1.0])
    below, middle, above = (sphere.mode(pol, l, 1, (0.63, 0.69)) for l in (154, 155, 156))
    spacing = 2.0 / (COATED[-1] * (above.k0.real - below.k0.real))
    assert middle.n_g == pytest.approx(spacing, rel=3e-3)
    media = [1.456, {"preset": "cdse_zncds_film"}, 1.0]
    found = mode_of(COATED, media, pol, 155, 1e-3 * middle.wavelength_nm, accuracy=1e-7)
    assert found.n_g == pytest.approx(middle.n_g, rel=1e-6)
