"""The error that the points of an outline leave is stated: chords and meshes of straight cells, against exact balls."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from support.spheres import around, write_half_discs

from femwgm import analytic
from femwgm.geometry.drawn import doubtful, radius_through
from femwgm.runs.loop import run

pytestmark = pytest.mark.gmsh


def half_circle(n: int, radius: float = 2.0) -> list[tuple[float, float]]:
    t = np.linspace(-0.5 * np.pi, 0.5 * np.pi, n + 1)
    r = radius * np.cos(t)
    r[[0, -1]] = 0.0
    return list(zip(r.tolist(), (radius * np.sin(t)).tolist(), strict=True))


def one_mode(geometry: dict, indices: tuple[float, ...], radii: tuple[float, ...], pol: str, l: int):
    exact = analytic.layered_sphere(radii, indices).mode(pol, l, 1)
    lo, hi = around(1e-3 * exact.wavelength_nm, 3e-3)
    names = [*geometry.pop("names"), "air"]
    (mode,) = run({
        "schema": 1, "geometry": {**geometry, "ambient": "air"},
        "materials": {name: {"n": n} for name, n in zip(names, indices, strict=True)},
        "modes": {"window": [f"{lo!r} um", f"{hi!r} um"], "polarizations": [pol], "azimuthal_orders": [l]},
        "accuracy": {"wavelength": 1e-6},
    }).modes  # fmt: skip
    return mode, abs(mode.k0.real / exact.k0.real - 1.0), exact


def test_chords_of_a_circle_state_what_they_cut_off() -> None:
    points = [[f"{r!r} um", f"{z!r} um"] for r, z in half_circle(25)]
    geometry = {"kind": "profile", "name": "b", "material": "s", "points": points, "names": ["s"]}
    mode, off, exact = one_mode(geometry, (1.45, 1.0), (2.0,), "TE", 24)
    assert 1e-3 < off < mode.wavelength_error < 1.3 * off
    _within_errors(mode, exact)


def _within_errors(mode, exact) -> None:
    """Every number that the outline moves; without the outline's part the share on the equator is 100 of its errors off."""
    for mine, error, true in (
        (mode.energy["air"], mode.share_error, list(exact.energy.values())[-1]),
        (mode.e2["air"], mode.e2_error, list(exact.e2.values())[-1]),
        (mode.radial_e2["air"], mode.radial_e2_error, list(exact.radial_e2.values())[-1]),
        (np.log(mode.q_rad / exact.q_rad), mode.q_error, 0.0),
        (np.log(mode.mode_volume_um3 / exact.mode_volume_um3), mode.extra["mode_volume_error"], 0.0),
        (np.log(mode.n_g / exact.n_g), mode.n_g_error, 0.0),
    ):
        assert abs(mine - true) < 3.0 * error


@pytest.mark.parametrize(
    "size", [pytest.param(0.25, marks=pytest.mark.slow), 0.5, pytest.param(1.0, marks=pytest.mark.slow)]
)
def test_straight_triangles_state_what_they_leave_out(size: float, tmp_path: Path) -> None:
    radii = (4.0, 4.49)
    write_half_discs(tmp_path / "body.msh", radii, ("core", "film"), order=1, size=size)
    geometry = {
        "kind": "mesh", "file": str(tmp_path / "body.msh"), "materials": {"core": "silica", "film": "npl"},
        "names": ["silica", "npl"],
    }  # fmt: skip
    mode, off, exact = one_mode(geometry, (1.45, 1.768, 1.0), radii, "TM", 68)
    assert off < mode.wavelength_error < 30.0 * off
    assert mode.extra["outline_error"] < mode.wavelength_error
    _within_errors(mode, exact)


def test_the_radius_is_that_of_the_curve() -> None:
    """An even number of points has none on the equator: n_eff and n_g take the radius of the spline through them."""
    assert radius_through(tuple(half_circle(19)), True) == pytest.approx(2.0, rel=1e-4)
    assert radius_through(tuple(half_circle(19)), False) == pytest.approx(2.0 * np.cos(np.pi / 38), rel=1e-12)


def test_what_is_meant_to_be_straight_has_no_error() -> None:
    box = [(2.0, -1.0), (4.0, -1.0), (4.0, 1.0), (2.0, 1.0), (2.0, -1.0)]
    assert not doubtful(box, 30.0, straight=True)[2].any()
    a = np.linspace(0.0, 0.5 * np.pi, 31)
    corner = [(3.5 + 0.5 * np.sin(t), -0.5 - 0.5 * np.cos(t)) for t in a]
    round_box = [(2.0, -1.0), *corner, (4.0, 1.0), (2.0, 1.0), (2.0, -1.0)]
    place, normal, doubt = doubtful(round_box, 30.0, straight=True)
    sagitta = 0.5 * (1.0 - np.cos(0.25 * np.pi / 30.0))
    assert np.abs(doubt).max() == pytest.approx(1.1 * sagitta, rel=0.15)
    assert not doubt[(place[:, 0] < 3.5 - 1e-6) | (place[:, 1] > -0.5 + 1e-6)].any()
    # Chords lie within the circle: the curve through their ends leaves them inwards of its own right-hand normal.
    assert (doubt <= 1e-12).all()
    assert normal[np.argmin(doubt)] @ np.array([1.0, -1.0]) > 0.0


def test_a_curve_through_points_is_off_less_than_stated() -> None:
    place, _, doubt = doubtful(half_circle(20), 30.0, straight=False)
    off = np.abs(np.hypot(*place.T) - 2.0).max()
    assert off < np.abs(doubt).max() < 30.0 * off
