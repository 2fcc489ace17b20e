"""Labels of bodies longer than they are wide: polar lobes lie along the surface, not on a circle about the origin."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from femwgm.config import load_config
from femwgm.finders.body_search import BodySearch
from femwgm.geometry.build import section_of
from femwgm.geometry.profile import Profile
from femwgm.materials import materials_from_config
from femwgm.runs.loop import run

pytestmark = pytest.mark.gmsh


def search_of(geometry: dict[str, object]) -> BodySearch:
    config = load_config({
        "schema": 1, "geometry": {"material": "silica", "ambient": "air", **geometry},
        "materials": {"silica": {"n": 1.45}, "air": {"n": 1.0}},
        "modes": {"window": ["0.98 um", "1.0 um"], "polarizations": ["TE"], "radial_orders": [1], "polar_orders": [0, 1, 2, 3]},
    })  # fmt: skip
    media = materials_from_config(config)
    return BodySearch(
        config,
        section_of(config.geometry),
        {region: media[name] for region, name in config.geometry.region_materials.items()},
    )


@pytest.mark.parametrize(
    "length", [pytest.param(4, marks=pytest.mark.slow), 8, pytest.param(12, marks=pytest.mark.slow)]
)
def test_axial_orders_of_a_bottle(length: int) -> None:
    """Every polar order once, in the order of Sumetsky, Opt. Lett. 29, 8 (2004).

    At one wavenumber m^2 = U^2 - (p + 1/2) 2 m c R in R / sqrt(1 + (c z)^2), with U of an endless fibre: the lobe of p = 0 is far
    shorter than any of these bottles, those of higher ones reach beyond a radius of 2 um, where the circle is in the air.
    """
    radius, curvature = 2.0, 0.05
    search = search_of(
        {"kind": "bottle", "radius": f"{radius} um", "curvature_per_um": curvature, "length": f"{length} um"}
    )
    search.families()
    found = sorted((f for f in search.seen if f.key[:2] == ("TE", 1)), key=lambda f: -f.family.order.real)
    assert [f.label.p for f in found[:4]] == [0, 1, 2, 3]
    if length > 4:  # the lobes of p = 1 reach the faces of the shortest one
        squares = np.array([f.family.order.real**2 for f in found[:3]])
        expected = 2.0 * found[0].family.order.real * curvature * radius
        assert -np.diff(squares) == pytest.approx(expected, rel=0.2)


def test_the_profile_of_a_ball_is_a_circle() -> None:
    """Scaled about the origin it is the circle through a point, and its normals are radial: nothing changes for balls."""
    t = np.pi * ((np.arange(257) + 0.5) / 257 - 0.5)
    profile = Profile(2.0 * np.cos(t), 2.0 * np.sin(t))
    beta = np.linspace(-1.5, 1.5, 41)
    r, z = 1.7 * np.cos(beta), 1.7 * np.sin(beta)
    assert profile.scale(r, z) == pytest.approx(np.full(41, 0.85), rel=1e-12)
    assert profile.normal(r, z) == pytest.approx(np.stack([r, z]) / 1.7, abs=1e-3)
    path = profile.along(0.85, 1.2, False, 101)
    assert np.hypot(*path) == pytest.approx(np.full(101, 1.7), rel=1e-4)
    assert np.abs(np.arctan2(path[1], path[0])).max() < 1.2


@pytest.mark.slow
@pytest.mark.parametrize(
    "change",
    [
        {},
        {"coatings": [{"name": "film", "material": "npl", "thickness": "50 nm"}]},
        {"coatings": [{"name": "film", "material": "npl", "thickness": "120 nm"}]},
        {"coatings": [{"name": "film", "material": "npl", "thickness": "160 nm"}]},
        {"coatings": [{"name": "film", "material": "dense", "thickness": "160 nm"}]},
        {
            "coatings": [{"name": "film", "material": "npl", "thickness": "160 nm"}],
            "sidewall_angle_deg": 40,
        },
        {"sidewall_angle_deg": 90},
        {"radius": "7 um"},
        {"thickness": "600 nm"},
    ],
    ids=["100 nm", "50 nm", "120 nm", "160 nm", "dense", "flat", "upright", "small", "thin"],
)
def test_both_fundamental_families_of_a_coated_disk(change: dict[str, Any]) -> None:
    """One family of each polarization, however mixed, and no field turns round where it is strong."""
    disk = {
        "kind": "disk",
        "name": "disk",
        "material": "silica",
        "radius": "10 um",
        "thickness": "1 um",
        "sidewall_angle_deg": 60,
        "coatings": [{"name": "film", "material": "npl", "thickness": "100 nm"}],
        "ambient": "air",
    }
    coatings: list[dict[str, Any]] = {**disk, **change}["coatings"]
    modes = run(
        {
            "schema": 1,
            "geometry": {**disk, **change},
            "materials": {
                "silica": {"n": 1.45},
                "air": {"n": 1.0},
                **{c["material"]: {"n": {"npl": 1.768, "dense": 2.0}[c["material"]]} for c in coatings},
            },
            "modes": {"window": ["654 nm", "660 nm"], "polarizations": ["TE", "TM"]},
            "accuracy": {"wavelength": 1e-5},
        }
    ).modes
    assert {mode.pol for mode in modes} == {"TE", "TM"}
    assert len({(mode.pol, mode.family) for mode in modes}) == 2
    for mode in modes:
        radius = mode.radius
        r, z = np.meshgrid(np.linspace(0.85, 1.0, 60) * radius, np.linspace(-0.5, 0.5, 50))
        E = mode.field(r.ravel(), z.ravel())
        weight = np.abs(E[[0, 2]]) ** 2
        strongest = E[[0, 2]][int(weight.sum(axis=1).argmax() == 1)]
        phase = np.exp(-1j * np.angle(strongest[np.abs(strongest).argmax()]))
        real = np.real(strongest * phase)
        assert -real.min() < 0.2 * real.max(), mode.label
