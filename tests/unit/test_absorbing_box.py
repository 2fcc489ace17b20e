"""The absorbing box: waves die in it on all its sides, and under a substrate it is made of the substrate."""

from __future__ import annotations

import numpy as np
import pytest
from support.meshes import blocks_mesh, rectangle

from femwgm.config import load_config
from femwgm.fem.pml import stretch_box
from femwgm.finders.body_search import BodySearch
from femwgm.geometry.build import section_of
from femwgm.materials import materials_from_config
from femwgm.mesh.body_domain import design_general
from femwgm.mesh.domain import PML, Choices
from femwgm.mesh.landscape import Wave
from femwgm.runs.loop import run


def test_outgoing_waves_die_above_below_and_outside() -> None:
    """A layer on every side of the box r < 1, -0.5 < z < 0.5: exp(i k s) falls along each outward path s."""
    mesh = stretch_box(
        blocks_mesh([rectangle((0.0, 2.0), (-1.0, 1.0))], 4, 2, 4), (1.0, -0.5, 0.5), 1.5, "all"
    )
    r, z = mesh.nodes[..., 0], mesh.nodes[..., 1]
    for path, depth in ((r, r.real - 1.0), (z, z.real - 0.5), (-z, -z.real - 0.5)):
        assert (depth > 0.0).any()
        fall = -np.log(np.abs(np.exp(3.0j * path)))
        np.testing.assert_allclose(fall[depth > 0.0], 3.0 * 1.5 * depth[depth > 0.0])
    inside = (r.real <= 1.0) & (np.abs(z.real) <= 0.5)
    assert not r[inside].imag.any()
    assert not z[inside].imag.any()


@pytest.mark.gmsh
def test_the_layer_continues_what_it_touches() -> None:
    config = load_config({
        "schema": 1,
        "geometry": {"kind": "disk", "material": "g", "radius": "1 um", "thickness": "0.4 um", "ambient": "air",
                     "background": [{"name": "wafer", "material": "w", "top": "-0.5 um"}]},
        "materials": {"g": {"n": 2.2}, "w": {"n": 1.4}, "air": {"n": 1.0}},
        "modes": {"window": ["0.95 um", "1.05 um"]},
    })  # fmt: skip
    media = materials_from_config(config)
    search = BodySearch(
        config,
        section_of(config.geometry),
        {r: media[m] for r, m in config.geometry.region_materials.items()},
    )
    mesh = search.coarse(5.0).problem.mesh
    layer = mesh.region == mesh.regions.index(PML)
    height = mesh.nodes[layer].real[..., 1].mean(axis=1)
    names = np.array(mesh.regions)[mesh.medium[layer]]
    assert set(names[height < -0.5]) == {"wafer"}
    assert set(names[height > -0.5]) == {"air"}
    z, imaginary = mesh.nodes[layer][..., 1].real, mesh.nodes[layer][..., 1].imag
    start = search.coarse(5.0).domain.start
    assert (imaginary[z < start[1] - 1e-9] < 0.0).all()
    assert (imaginary[z > start[2] + 1e-9] > 0.0).all()


@pytest.mark.parametrize("distance", [0.4, 0.9, 2.0])
def test_a_leaky_body_has_a_layer_on_every_side_however_far_it_is_asked_for(distance: float) -> None:
    """Also where the coarse field ends, in a layer of its own, before the asked one begins: the wafer's waves go on."""
    geometry = load_config({
        "schema": 1,
        "geometry": {"kind": "disk", "material": "g", "radius": "0.8 um", "thickness": "0.4 um", "ambient": "air",
                     "background": [{"name": "wafer", "material": "w", "top": "-0.4 um"}]},
        "materials": {"g": {"n": 2.2}, "w": {"n": 3.4}, "air": {"n": 1.0}},
        "modes": {"window": ["0.95 um", "1 um"]},
    }).geometry  # fmt: skip
    section = section_of(geometry)
    n = {"g": 2.2, "w": 3.4, "air": 1.0}
    indices = {region: n[medium] for region, medium in geometry.region_materials.items()}

    def known(points: np.ndarray) -> np.ndarray:
        """A field that falls e-fold in 0.1 um around the disk and is known to 0.3 um from it."""
        out = np.hypot(np.maximum(points[:, 0] - 0.8, 0.0), np.maximum(np.abs(points[:, 1]) - 0.2, 0.0))
        return np.where(out < 0.3, out / 0.1, np.nan)

    domain = design_general(section, indices, [Wave(7.0, 6.42)], 2e-4, Choices(pml_distance=distance), known)
    assert domain.start == pytest.approx((0.8 + distance, -0.2 - distance, 0.2 + distance))
    assert min(domain.frame.outside, domain.frame.below, domain.frame.above) > 0.25


@pytest.mark.gmsh
def test_a_disk_over_a_denser_wafer_leaks_into_it_whatever_the_box() -> None:
    """Q of a disk whose light tunnels into silicon below, with the layer at two distances from it."""
    found = []
    for distance in ("0.4 um", "0.9 um"):
        (mode,) = run({
            "schema": 1,
            "geometry": {"kind": "disk", "material": "g", "radius": "0.8 um", "thickness": "0.4 um", "ambient": "air",
                         "background": [{"name": "wafer", "material": "w", "top": "-0.4 um"}]},
            "materials": {"g": {"n": 2.2}, "w": {"n": 3.4}, "air": {"n": 1.0}},
            "modes": {"window": ["0.95 um", "1 um"], "polarizations": ["TE"], "azimuthal_orders": [7]},
            "accuracy": {"wavelength": 1e-3, "q": 3e-2},
            "discretization": {"pml": {"distance": distance}},
        }).modes  # fmt: skip
        found.append(mode)
    one, two = found
    assert 50.0 < one.q_rad < 5000.0
    assert abs(one.q_rad / two.q_rad - 1.0) < 3.0 * (one.q_error + two.q_error) < 0.1
    assert abs(one.k0.real / two.k0.real - 1.0) < 3.0 * (one.wavelength_error + two.wavelength_error)
