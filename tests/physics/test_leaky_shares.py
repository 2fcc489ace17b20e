"""Shares and volumes of leaky modes: what belongs to a mode does not depend on where its domain ends."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import hankel1, jv, jvp, yv, yvp
from support.accuracy import LIMIT, true_over_stated
from support.spheres import mode_of

from femwgm import analytic
from femwgm.config import load_config
from femwgm.modes.mode import Mode
from femwgm.runs.loop import run

pytestmark = pytest.mark.gmsh

ROOT = Path(__file__).parents[2]


def spheroid(polar: float, distance: float | None) -> Mode:
    """TE l = m = 10 of a small body of index 2 (Q 1e3), its absorbing layer at a distance (um)."""
    layer = {
        "name": "body",
        "material": "glass",
        "equatorial_radius": "0.7 um",
        "polar_radius": f"{polar} um",
    }
    config: dict[str, Any] = {
        "schema": 1,
        "geometry": {"kind": "spheroid", "layers": [layer], "ambient": "air"},
        "materials": {"glass": {"n": 2.0}, "air": {"n": 1.0}},
        "modes": {
            "window": ["0.6 um", "0.68 um"],
            "polarizations": ["TE"],
            "radial_orders": [1],
            "polar_orders": [0],
        },
        "accuracy": {"wavelength": 1e-6},
        "discretization": {} if distance is None else {"pml": {"distance": f"{distance} um"}},
    }
    (mode,) = run(config).modes
    assert mode.m == 10
    return mode


def assert_agree(one: Mode, two: Mode) -> None:
    """The shares and volumes of two computations of a mode, within the errors that they state."""
    for kind, error in (("energy", "share_error"), ("e2", "e2_error"), ("radial_e2", "radial_e2_error")):
        a, b = getattr(one, kind), getattr(two, kind)
        apart = max(abs(a[name] - b[name]) for name in a)
        assert apart <= getattr(one, error) + getattr(two, error), kind
    errors = [mode.row()["mode_volume_error"] for mode in (one, two)]
    assert abs(one.mode_volume_um3 / two.mode_volume_um3 - 1.0) <= sum(errors)


def test_two_boxes_and_the_sphere_agree() -> None:
    exact = analytic.layered_sphere([0.7], [2.0, 1.0]).modes(
        (0.6, 0.68), radial_orders=[1], polarizations=["TE"]
    )[0]
    near, far = (spheroid(0.7, d) for d in (0.3, None))
    assert_agree(near, far)
    for mode in (near, far):
        assert mode.share_error < 1e-5
        assert mode.energy["air"] == pytest.approx(exact.energy[1], abs=2.0 * mode.share_error)
        assert mode.e2["air"] == pytest.approx(exact.e2[1], abs=2.0 * mode.e2_error)
        assert mode.radial_e2["air"] == pytest.approx(exact.radial_e2[1], abs=2.0 * mode.radial_e2_error)


@pytest.mark.slow
def test_two_boxes_over_a_substrate() -> None:
    one, two = (
        run(
            load_config(
                ROOT / "configs" / "hemisphere.yaml",
                ["modes.polarizations=[TE]", "modes.azimuthal_orders=[20]", *more],
            )
        ).modes[0]
        for more in ([], ["discretization.pml.distance=1.2 um"])
    )
    assert_agree(one, two)
    assert one.share_error < 1e-4


def torus(distance: float | None) -> Mode:
    """TE l = 12, m = 11 of a small torus (Q 170): much of its field lies between the domain and the sphere around the body."""
    config: dict[str, Any] = {
        "schema": 1,
        "geometry": {
            "kind": "torus",
            "material": "glass",
            "diameter": "2.115733 um",
            "minor_diameter": "0.615554 um",
            "ambient": "air",
        },
        "materials": {"glass": {"n": 2.047}, "air": {"n": 1.0}},
        "modes": {
            "window": ["0.83 um", "0.91 um"],
            "polarizations": ["TE"],
            "radial_orders": [1],
            "polar_orders": [1],
            "azimuthal_orders": [11],
        },
        "accuracy": {"wavelength": 1e-6, "q": 1e-5},
        "discretization": {} if distance is None else {"pml": {"distance": f"{distance} um"}},
    }
    (mode,) = run(config).modes
    return mode


@pytest.mark.slow
@pytest.mark.parametrize("distance", [None, 1.0, 1.5])
def test_a_domain_around_a_tube_and_one_too_large_for_its_cells(distance: float | None) -> None:
    best, mode = torus(0.5), torus(distance)
    assert best.e2_error < 3e-6
    assert max(true_over_stated(mode, best).values()) < LIMIT


def test_field_on_the_axis() -> None:
    radii, media = [0.4], [2.0, 1.0]
    sphere = analytic.layered_sphere(radii, media)
    exact = next(e for e in sphere.modes((0.55, 0.65), radial_orders=[2]) if e.pol == "TM").with_m(0)
    mode = mode_of(radii, media, "TM", exact.l, 1e-3 * exact.wavelength_nm, q=exact.q, m=0, accuracy=1e-6)
    z = np.linspace(0.05, 0.35, 7)
    r = np.array([0.0, 1e-4, 1e-3, 3e-3])[:, None]
    true, found = exact.field(r + 0.0 * z, 0.0 * r + z), mode.field(r + 0.0 * z, 0.0 * r + z)
    found = found * (np.vdot(found, true) / np.vdot(found, found))
    assert np.abs(found - true).max() < 1e-4 * np.abs(true).max()


def test_nothing_lies_behind_a_plate() -> None:
    """The ring of the Meep tutorial between plates: its field is known, and its share up to the end of the mode an integral."""
    m, n, half = 4, 3.4, 0.2
    mode = run(load_config(ROOT / "configs" / "ring-meep.yaml", ["modes.azimuthal_orders=[4]"])).modes[0]
    k = mode.k0
    inside = np.linalg.solve(
        [[jv(m, n * k), yv(m, n * k)], [n * jvp(m, n * k), n * yvp(m, n * k)]], [jv(m, k), jvp(m, k)]
    )
    at_rim = inside @ [jv(m, 2.0 * n * k), yv(m, 2.0 * n * k)]
    end = (m + 0.5) / k.real

    def integral(low: float, high: float, field: object) -> float:
        height = lambda r: min(half, float(np.sqrt(max(end**2 - r**2, 0.0))))  # noqa: E731
        bend = [float(np.sqrt(end**2 - half**2))]
        return quad(
            lambda r: abs(field(r)) ** 2 * r * height(r),
            low,
            high,
            limit=200,
            points=bend if high == end else None,
        )[0]

    ring = integral(1.0, 2.0, lambda r: inside @ [jv(m, n * k * r), yv(m, n * k * r)])
    around = integral(0.0, 1.0, lambda r: jv(m, k * r))
    around += integral(2.0, end, lambda r: at_rim * hankel1(m, k * r) / hankel1(m, 2.0 * k))
    assert mode.e2["ring"] == pytest.approx(
        ring / (ring + around), rel=5e-5
    )  # 4e-4 off with what lies behind
