"""Any bodies on a common axis: against spherical waves, and against the one body that touching ones make."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from femwgm.config import load_config
from femwgm.errors import ConfigError
from femwgm.geometry.build import section_of
from femwgm.geometry.lengths import named_lengths, with_length
from femwgm.modes.mode import Mode
from femwgm.runs.loop import run

pytestmark = pytest.mark.gmsh

BALL = [{"name": "ball", "material": "glass", "radius": "1 um"}]
COMMON: dict[str, Any] = {
    "schema": 1,
    "materials": {"glass": {"eps": 4.0}, "air": {"n": 1.0}},
    "modes": {"window": ["0.912 um", "0.928 um"], "polarizations": ["TE"], "azimuthal_orders": [10], "polar_orders": [0, 1]},
    "accuracy": {"wavelength": 1e-6},
}  # fmt: skip


def stack(*names: str, gap: str = "0.1 um", **body: Any) -> dict[str, Any]:
    bodies = [{"name": name, "material": "glass", **body} for name in names]
    return {"kind": "stack", "bodies": bodies, "gaps": [gap] * (len(names) - 1), "ambient": "air"}


@pytest.mark.slow
def test_two_balls_by_finite_elements_and_by_spherical_waves() -> None:
    """Modes along the equators of a pair, even and odd, 9e-7 apart: two methods that share nothing."""
    geometry = stack("lower", "upper", kind="pedestal_sphere", radius="1 um")
    elements = run({**COMMON, "geometry": geometry})
    waves = run(
        {
            **COMMON,
            "modes": {**COMMON["modes"], "polar_orders": [0]},
            "geometry": {
                "kind": "axial_stack", "gaps": ["0.1 um"], "ambient": "air",
                "spheres": [{"name": "lower", "layers": BALL}, {"name": "upper", "layers": BALL}],
            },
        }
    )  # fmt: skip
    assert len(elements.modes) == len(waves.modes) == 2
    for mode, exact in zip(elements.modes, waves.modes, strict=True):
        assert mode.k0.real == pytest.approx(exact.k0.real, rel=2.0 * mode.wavelength_error)
        assert mode.q_error < 4e-6
        assert mode.q_rad == pytest.approx(exact.q_rad, rel=2.0 * mode.q_error)
        assert mode.share_error + exact.share_error < 1e-3
        for region, name in (("lower", "lower_ball"), ("upper", "upper_ball"), ("air", "air")):
            within = 2.0 * mode.share_error + exact.share_error
            assert mode.energy[region] == pytest.approx(exact.energy[name], abs=within)
            assert mode.e2[region] == pytest.approx(exact.e2[name], abs=2.0 * mode.e2_error + exact.e2_error)
    assert [mode.p for mode in elements.modes] == [0, 1]  # even and odd about the plane between them


def test_touching_halves_make_the_whole() -> None:
    """The cross-section of two thin disks without a gap is that of one disk twice as thick."""
    halves = load_config(
        {**COMMON, "geometry": stack("a", "b", gap="0 um", kind="disk", radius="5 um", thickness="0.5 um")}
    )
    whole = load_config({**COMMON, "geometry": {
        "kind": "disk", "material": "glass", "radius": "5 um", "thickness": "1 um", "ambient": "air",
    }})  # fmt: skip
    points = np.random.default_rng(0).uniform((0.0, -1.0), (6.0, 1.0), (2000, 2))
    solid = [section_of(c.geometry).region_at(points) < len(c.geometry.solid) for c in (halves, whole)]
    assert (solid[0] == solid[1]).all()
    assert section_of(halves.geometry).symmetric


def test_bodies_of_two_media_have_no_mirror_plane() -> None:
    geometry = stack("a", "b", kind="disk", radius="5 um", thickness="0.5 um")
    geometry["bodies"][0]["material"] = "air"
    assert not section_of(load_config({**COMMON, "geometry": geometry}).geometry).symmetric


def test_lengths_of_a_stack() -> None:
    """Every length has its name, and a wider gap moves both bodies apart by half of it."""
    geometry = load_config(
        {**COMMON, "geometry": stack("a", "b", kind="disk", radius="5 um", thickness="0.5 um")}
    ).geometry
    lengths = named_lengths(geometry)
    assert set(lengths) == {"radius_a", "thickness_a", "radius_b", "thickness_b", "gap_1"}
    before, after = section_of(geometry), section_of(with_length(geometry, lengths["gap_1"], 0.02))
    shifts = [
        float(b.outline.polygon[:, 1].mean() - a.outline.polygon[:, 1].mean())
        for a, b in zip(before.pieces, after.pieces, strict=True)
    ]
    assert shifts == pytest.approx([-0.01, 0.01])


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        (lambda g: g.update(gaps=[]), "2 bodies have 1 gap, not 0"),
        (lambda g: g.update(gaps=["-1 nm"]), "overlap"),
        (lambda g: g["bodies"][1].update(name="a"), "two regions share a name"),
        (lambda g: g["bodies"][0].update(enclosure={"top": "9 um"}), "belongs to the stack as a whole"),
    ],
)
def test_what_cannot_be_stacked(change: Any, rule: str) -> None:
    geometry = stack("a", "b", kind="disk", radius="5 um", thickness="0.5 um")
    change(geometry)
    with pytest.raises(ConfigError, match=rule):
        load_config({**COMMON, "geometry": geometry})


@pytest.mark.slow
def test_a_mode_that_only_climbs_towards_an_edge_has_no_volume_to_speak_of() -> None:
    """Where two disks of unequal size touch, the field grows without bound in a corner of dielectric on three sides."""
    bodies = [
        {"kind": "disk", "name": name, "material": "glass", "radius": radius, "thickness": "0.3 um"}
        for name, radius in (("lower", "1 um"), ("upper", "0.8 um"))
    ]
    result = run({
        "schema": 1, "geometry": {"kind": "stack", "bodies": bodies, "gaps": ["0 um"], "ambient": "air"},
        "materials": {"glass": {"n": 2.2}, "air": {"n": 1.0}}, "accuracy": {"wavelength": 1e-3},
        "modes": {"window": ["0.95 um", "0.97 um"], "polarizations": ["TM"], "azimuthal_orders": [9]},
    })  # fmt: skip
    (mode,) = result.modes
    assert (mode.crest.r, mode.crest.z) == pytest.approx((0.8, 0.0), abs=1e-6)
    assert mode.row()["mode_volume_at"] == "edge"
    assert mode.row()["mode_volume_error"] >= 1.0
    assert any("depend on the mesh" in note for note in result.warnings)


@pytest.mark.slow
@pytest.mark.parametrize(("gap", "second_order"), [(0.3, 2e-3), (0.4, 3e-4)])
def test_two_disks_far_apart_are_coupled_modes(gap: float, second_order: float) -> None:
    """The splitting over k0 is the integral of (eps - 1) E_1 . E_2* over one disk, of the field of one disk by itself."""
    radius, thickness, index = 1.2, 0.4, 2.6

    def solved(shape: dict[str, Any], orders: list[int]) -> list[Mode]:
        return list(
            run(
                {
                    "schema": 1,
                    "geometry": {**shape, "ambient": "air"},
                    "materials": {"body": {"n": index}, "air": {"n": 1.0}},
                    "modes": {
                        "window": ["0.88 um", "0.91 um"], "polarizations": ["TE"], "radial_orders": [1],
                        "azimuthal_orders": [16], "polar_orders": orders,
                    },
                    "accuracy": {"wavelength": 1e-6},
                    "discretization": {"pml": {"distance": "0.8 um"}},
                }
            ).modes
        )  # fmt: skip

    disk = {"kind": "disk", "material": "body", "radius": f"{radius} um", "thickness": f"{thickness} um"}
    (alone,) = solved(disk, [0])
    x, w = np.polynomial.legendre.leggauss(40)
    r, z = (
        a.ravel() for a in np.meshgrid(0.5 * (radius + 0.3) + 0.5 * (radius - 0.3) * x, 0.5 * thickness * x)
    )
    weight = np.outer(w, w).ravel() * 0.25 * (radius - 0.3) * thickness * r
    own, other = alone.field(r, z), alone.field(r, z + thickness + gap)
    coupling = 2.0 * np.pi * (index**2 - 1.0) * abs(((other * own.conj()).sum(axis=0) * weight).sum())
    bodies = [{"name": "lower", **disk}, {"name": "upper", **disk}]
    even, odd = solved({"kind": "stack", "gaps": [f"{gap} um"], "bodies": bodies}, [0, 1])
    assert {even.p, odd.p} == {0, 1}
    assert abs(even.k0.real - odd.k0.real) / alone.k0.real == pytest.approx(coupling, rel=second_order)
