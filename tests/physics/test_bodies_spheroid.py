"""Spheroids against an unrelated finite-element code, against the sphere, and against themselves on finer meshes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from support.marks import thinned

from femwgm.config import load_config
from femwgm.fem.problem import MeridianProblem
from femwgm.finders import exact_list, nested
from femwgm.finders.exact_list import expected_modes
from femwgm.finders.settle import settle
from femwgm.ground.expected import Expected
from femwgm.materials import materials_from_config
from femwgm.mesh.polar import PolarPlan, build_polar
from femwgm.mesh.spheroidal import to_spheroid
from femwgm.runs.loop import run
from femwgm.solver.eigenmode import solve_eigenmode

pytestmark = pytest.mark.gmsh

# k0 (rad/um) of a spheroid n = 1.4534, a = 10 um, b = 8 um, m = 80, q = 1: another program (errors below 1e-8).
B7 = {
    ("TE", 0): 6.0148901462, ("TM", 0): 6.0625031555,
    ("TE", 1): 6.1047933264, ("TM", 1): 6.1521993586,
    ("TE", 2): 6.1941978880, ("TM", 2): 6.2414372662,
}  # fmt: skip


def spheroid(polar: str, **modes: Any) -> dict[str, Any]:
    return {
        "schema": 1,
        "geometry": {
            "kind": "spheroid", "ambient": "air",
            "layers": [{"name": "core", "material": "glass", "equatorial_radius": "10 um", "polar_radius": polar}],
        },
        "materials": {"glass": {"n": 1.4534}, "air": {"n": 1.0}},
        "modes": {"window": ["1.0 um", "1.05 um"], "azimuthal_orders": [80], **modes},
        "accuracy": {"wavelength": 3e-9, "q": 1e-1},
    }  # fmt: skip


@pytest.mark.parametrize("p", thinned([0, 1, 2], [0, 1]))
def test_published_wavenumbers(p: int) -> None:
    result = run(spheroid("8 um", polar_orders=[p]))
    found = {(mode.pol, mode.p): mode.k0.real for mode in result.modes}
    wanted = {key: k for key, k in B7.items() if key[1] == p}
    assert found == pytest.approx(wanted, rel=1e-8 + 3e-9)
    assert result.met
    for mode in result.modes:
        assert (mode.q, mode.m, mode.l) == (1, 80, 80 + p)
        assert mode.confidence > 0.9
        assert mode.q_rad is not None
        assert 1e10 < mode.q_rad < 1e12  # flatter or not, the leak of a barrier of this depth


def test_the_sphere_is_a_spheroid() -> None:
    """All polar orders fall together at the exact wavenumber of l = 80 + p, and the multipoles give the exact Q."""
    ball = spheroid("10 um", polar_orders=[1], polarizations=["TE"])
    mode = run(ball).modes[0]
    exact = 6.0763272562  # table B7, sphere
    assert mode.k0.real == pytest.approx(exact, rel=3e-9)
    assert np.log10(mode.q_rad) == pytest.approx(
        np.log10(6.076327256222988 / (2 * 1.3789732884071784e-11)), abs=1e-3
    )


def coated(n: int, degree: int) -> float:
    """k0 of the TE mode of a prolate coated spheroid on a uniformly refined mesh."""
    radii = np.concatenate(
        [
            np.linspace(3.0, 4.0, 2 * n + 1),
            np.linspace(4.0, 4.4, n + 1)[1:],
            np.linspace(4.4, 5.6, 2 * n + 1)[1:],
        ]
    )
    names = ("core",) * (2 * n) + ("shell",) * n + ("air",) * (2 * n)
    plan = PolarPlan(tuple(radii), names, tuple(np.linspace(0.0, 0.9, 3 * n + 1)), 10)
    mesh = to_spheroid(build_polar(plan), [(4.0, 5.0), (4.4, 5.5)])
    config = load_config({
        "schema": 1,
        "geometry": {
            "kind": "spheroid", "ambient": "air", "aspect": 1.25,
            "layers": [
                {"name": "core", "material": "glass", "radius": "4 um"},
                {"name": "shell", "material": "film", "radius": "4.4 um"},
            ],
        },
        "materials": {"glass": {"n": 1.45}, "film": {"n": 1.75}, "air": {"n": 1.0}},
        "modes": {"window": ["0.95 um", "1.15 um"], "polarizations": ["TE"], "azimuthal_orders": [40]},
    })  # fmt: skip
    media = {
        region: materials_from_config(config)[name]
        for region, name in config.geometry.region_materials.items()
    }
    expected = expected_modes(config, materials_from_config(config))[0]
    problem = MeridianProblem(mesh, media, "air")
    return solve_eigenmode(problem, expected, degree, "conductor").k0.real


@pytest.mark.parametrize("degree", thinned([3, 4], [4]))
def test_order_of_a_coated_spheroid(degree: int) -> None:
    """The eigenvalue converges as h^(2 k), neither slower nor faster."""
    exact = coated(2, 9)
    coarse, fine = (abs(coated(n, degree) - exact) for n in (2, 3))
    assert np.log(coarse / fine) / np.log(1.5) == pytest.approx(2 * degree, abs=1.0)


def test_a_family_in_one_basis_is_that_of_its_modes_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where the estimates are too uneven for a parabola, as they never are on their own: all are settled then."""
    settled: list[int] = []

    def counted(problem: MeridianProblem, expected: Expected, *args: Any, **options: Any) -> Any:
        settled.append(expected.m)
        return settle(problem, expected, *args, **options)

    monkeypatch.setattr(nested, "settle", counted)
    comb = spheroid("8 um", azimuthal_orders=None, polar_orders=[0], polarizations=["TE"], radial_orders=[1])
    comb["materials"]["glass"] = {"preset": "fused_silica"}
    comb["accuracy"] = {"wavelength": 1e-5}
    comb["modes"]["window"] = ["1.0 um", "1.065 um"]
    together = run(comb)
    assert len(settled) <= 3
    monkeypatch.setattr(exact_list, "_spheroidal_shift", lambda l, *_: 1e-4 * (l % 3))
    settled.clear()
    apart = run(comb)
    assert len(settled) >= len(apart.modes) > nested.LEAST_MEMBERS
    assert [mode.m for mode in together.modes] == [mode.m for mode in apart.modes]
    for one, other in zip(together.modes, apart.modes, strict=True):
        assert one.met
        assert abs(one.wavelength_nm / other.wavelength_nm - 1.0) < 1e-2 * one.wavelength_error + 1e-12
        assert abs(one.n_g / other.n_g - 1.0) < one.n_g_error + other.n_g_error
        assert abs(one.log10_q_rad - other.log10_q_rad) < one.q_error + other.q_error
