"""Emission of bodies as a sum over modes: the exact sphere, poles moved by their index, volumes in closed form."""

from __future__ import annotations

import numpy as np
import pytest

import femwgm
from femwgm import analytic
from femwgm.analytic import LayeredSphere
from femwgm.config import load_config
from femwgm.experiment.luminescence.channels import total
from femwgm.experiment.luminescence.quasinormal import complex_shares, region_volume, resonances, sum_of_modes
from femwgm.experiment.luminescence.spectrum import Settings
from femwgm.fem.problem import MeridianProblem
from femwgm.geometry.build import section_of
from femwgm.materials import media_of
from tests.support.spheres import run_for

pytestmark = pytest.mark.gmsh

RADII, INDICES = [0.8, 1.0], [1.5, 2.0, 1.0]


@pytest.mark.parametrize(("pol", "l"), [pytest.param("TE", 6, marks=pytest.mark.slow), ("TM", 9)])
def test_a_sum_over_the_modes_of_a_sphere_is_its_exact_spectrum(pol: str, l: int) -> None:
    """Every m has the same share of a line: 2 l + 1 of them, of which the run has m = l and -l."""
    exact = analytic.layered_sphere(RADII, INDICES).mode(pol, l)
    result = run_for(RADII, INDICES, pol, l, 1e-3 * exact.wavelength_nm)
    name = result.modes[0].field_data.space.mesh.regions[1]
    found = resonances(result, name)
    width = exact.wavelength_nm / exact.q_total
    at = exact.wavelength_nm + width * np.linspace(-1.0, 1.0, 9)
    made = sum_of_modes(found, Settings((at[0], at[-1]), resolution_nm=0.01 * width))
    sphere = LayeredSphere(RADII, INDICES)
    whole = np.array([
        total(sphere, 1, 2e3 * np.pi / v, pol == "TM", np.array([float(l)])).strength(in_plane=False)[0] for v in at
    ])  # fmt: skip
    mine = np.interp(at, made.wavelength_nm, made.te + made.tm) * (2 * l + 1) / 2.0
    assert mine == pytest.approx(whole, rel=2.0 / exact.q_total, abs=3.0 / exact.q_total * whole.max())


def test_the_share_of_a_region_is_how_its_index_moves_the_pole() -> None:
    """Complex, at Q = 12: Gamma = -(n / k0) dk0/dn of the exact pole."""
    sphere = analytic.layered_sphere(RADII, INDICES)
    exact = sphere.mode("TM", 4)
    result = run_for(RADII, INDICES, "TM", 4, 1e-3 * exact.wavelength_nm)
    (mode,), media = result.modes, media_of(result.config)
    field = mode.field_data
    shares = list(
        complex_shares(
            field, MeridianProblem(field.space.mesh, media, result.config.geometry.ambient)
        ).values()
    )
    step = 1e-4
    for i in range(2):
        k = []
        for sign in (1.0, -1.0):
            moved = [n + sign * step * (i == j) for j, n in enumerate(INDICES)]
            k.append(analytic.layered_sphere(RADII, moved).mode("TM", 4).k0)
        slope = -INDICES[i] / exact.k0 * (k[0] - k[1]) / (2.0 * step)
        assert shares[i] == pytest.approx(slope, rel=1e-5)
    assert abs(shares[1].imag) > 1e-3
    assert sum(shares) == pytest.approx(1.0, abs=1e-12)


def test_volumes_of_regions() -> None:
    def volume(geometry: dict, name: str) -> float:
        materials = {"glass": {"n": 1.45}, "film": {"n": 1.8}, "air": {"n": 1.0}}
        modes = {"window": ["1 um", "1.1 um"]}
        config = load_config(
            {"schema": 1, "name": "v", "geometry": geometry, "materials": materials, "modes": modes}
        )
        return region_volume(section_of(config.geometry), name)

    layers = [
        {"name": "core", "material": "glass", "equatorial_radius": "5 um", "polar_radius": "4 um"},
        {"name": "shell", "material": "film", "equatorial_radius": "5.3 um", "polar_radius": "4.2 um"},
    ]
    spheroid = {"kind": "spheroid", "layers": layers, "ambient": "air"}
    outer, inner = (4.0 * np.pi / 3.0 * a * a * c for a, c in ((5.3, 4.2), (5.0, 4.0)))
    assert volume(spheroid, "shell") == pytest.approx(outer - inner, rel=1e-4)
    ring = {
        "kind": "ring", "name": "ring", "material": "glass", "inner_radius": "1 um", "outer_radius": "2 um",
        "thickness": "400 nm", "ambient": "air",
    }  # fmt: skip
    assert volume(ring, "ring") == pytest.approx(np.pi * 3.0 * 0.4, rel=1e-4)


@pytest.mark.slow
def test_two_equal_bodies_emit_alike_whatever_else_is_asked_for() -> None:
    """Solved by halves, of which the mesh holds the upper one: the complex share of either is about its share of the energy."""
    disk = {"kind": "disk", "material": "glass", "radius": "1.2 um", "thickness": "0.3 um"}
    result = femwgm.run({
        "schema": 1,
        "geometry": {"kind": "stack", "bodies": [{**disk, "name": n} for n in "ab"], "gaps": ["0.1 um"], "ambient": "air"},
        "materials": {"glass": {"n": 2.6}, "air": {"n": 1.0}},
        "modes": {"window": ["1.2 um", "1.8 um"], "azimuthal_orders": [8], "polar_orders": [0, 1]},
        "accuracy": {"wavelength": 1e-3},
        "tolerances": {"materials.glass.n": 0.01},
    })  # fmt: skip
    lower, upper = (resonances(result, name) for name in "ab")
    assert [one.area for one in lower] == [one.area for one in upper]
    for one in lower:
        per_share = 2.0 * np.pi**2 / (2.6**2 * np.pi * 1.2**2 * 0.3 * one.mode.k0.real**2)
        assert (one.area / per_share).real == pytest.approx(one.mode.energy["a"], rel=0.1)
