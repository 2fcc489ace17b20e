"""What a search could miss (lowest orders, families that leak least at the end of the window), and half balls on mirrors."""

from __future__ import annotations

import pytest
from support.mie_twin import pole
from support.spheres import around, config

from femwgm import analytic
from femwgm.config import load_config
from femwgm.errors import ConfigError
from femwgm.runs.loop import run

pytestmark = pytest.mark.gmsh

R, N = 0.5, 4.0


def test_axial_modes_are_all_there() -> None:
    """E normal to the mirror: TE with even p, TM with odd p; m = 0 and 2 here, nothing with m = 1."""
    result = run({
        "schema": 1, "geometry": {"kind": "hemisphere", "material": "a", "radius": f"{R} um", "ambient": "air",
                                  "enclosure": {"bottom": "0 um"}},
        "materials": {"a": {"n": N}, "air": {"n": 1.0}},
        "modes": {"window": ["1.79 um", "1.86 um"], "radial_orders": [1], "polar_orders": [0, 1, 2, 3, 4],
                  "azimuthal_orders": [0, 1, 2]},
        "accuracy": {"wavelength": 1e-4},
    })  # fmt: skip
    expected = {(pol, l, m) for pol, l in (("TE", 4), ("TM", 3)) for m in (0, 2)}
    assert {(mode.pol, mode.l, mode.m) for mode in result.modes} == expected
    assert len(result.modes) == len(expected)
    for mode in result.modes:
        exact = complex(pole(mode.pol, mode.l, [R], [N, 1.0], mode.k0, 40))
        assert abs(mode.k0.real / exact.real - 1.0) < 3.0 * mode.wavelength_error
        assert abs(mode.q_rad * -2.0 * exact.imag / exact.real - 1.0) < 3.0 * mode.q_error


def test_a_wide_window_holds_what_narrow_ones_hold() -> None:
    """A family whose Q is below 25 in the middle of a window and above it at the upper end: m = 15 has a Q of 41.5."""
    modes = run({
        "schema": 1, "geometry": {"kind": "disk", "material": "a", "radius": "2.5 um", "thickness": "2 um",
                                  "sidewall_angle_deg": 60, "ambient": "air"},
        "materials": {"a": {"n": 1.444}, "air": {"n": 1.0}},
        "modes": {"window": ["1.0 um", "1.4 um"], "polarizations": ["TE"], "radial_orders": [1], "polar_orders": [0],
                  "azimuthal_orders": [15]},
        "accuracy": {"wavelength": 1e-3},
    }).modes  # fmt: skip
    (mode,) = modes.sel(q=1, p=0)
    assert mode.wavelength_nm == pytest.approx(1043.952, abs=0.05)  # as in a window from 1.00 to 1.06 um
    assert mode.q_rad == pytest.approx(41.55, rel=0.01)


def test_half_a_ball_on_a_mirror_radiates_as_the_whole() -> None:
    """Q = 1.5e10, far below the rounding of the eigenvalue."""
    (mode,) = run({
        "schema": 1, "geometry": {"kind": "hemisphere", "material": "a", "radius": "4 um", "ambient": "air",
                                  "enclosure": {"bottom": "0 um"}},
        "materials": {"a": {"n": 1.59}, "air": {"n": 1.0}},
        "modes": {"window": ["660 nm", "663 nm"], "polarizations": ["TE"], "radial_orders": [1], "polar_orders": [0]},
        "accuracy": {"wavelength": 1e-6},
    }).modes  # fmt: skip
    exact = pole("TE", 54, [4.0], [1.59, 1.0], mode.k0, 60)
    assert abs(mode.q_rad * float(-2 * exact.imag / exact.real) - 1.0) < 3.0 * mode.q_error < 0.02


def test_a_window_as_narrow_as_rounding_holds_its_line() -> None:
    """The exact wavenumber decides whether a sphere's mode lies in the window, not that of the elements."""
    line = around(analytic.layered_sphere((2.0,), (1.5, 1.0)).mode("TE", 24, 1).wavelength_nm * 1e-3, 1e-12)
    modes = run(config((2.0,), (1.5, 1.0), line, modes={"polarizations": ["TE"]})).modes
    assert [(mode.pol, mode.l) for mode in modes] == [("TE", 24)]


def test_an_outline_far_from_its_equator_is_refused() -> None:
    points = [[f"{r} um", f"{z} um"] for r, z in ((0, 2), (2, 2), (2, 2.6), (0, 2.6))]
    with pytest.raises(ConfigError, match=r"lies at z = 2.3 .m, far from the equator"):
        load_config({
            "schema": 1, "geometry": {"kind": "profile", "material": "a", "points": points, "ambient": "air"},
            "materials": {"a": {"n": 2.0}, "air": {"n": 1.0}}, "modes": {"window": ["0.9 um", "1 um"]},
        })  # fmt: skip
