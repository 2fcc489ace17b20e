"""The slope of the total Q holds what rough surfaces scatter and walls absorb: against whole runs of changed bodies."""

from __future__ import annotations

import math

import pytest

import femwgm


def run(radius: float, slopes: bool = False) -> femwgm.Mode:
    [mode] = femwgm.run({
        "schema": 1, "name": "rough",
        "geometry": {
            "kind": "layered_sphere", "ambient": "air",
            "layers": [{"name": "ball", "material": "glass", "radius": f"{radius!r} um"}],
        },
        "materials": {"glass": {"n": 2.0}, "air": {"n": 1.0}},
        "modes": {
            "window": ["0.675 um", "0.700 um"], "azimuthal_orders": [14], "polarizations": ["TE"], "radial_orders": [1],
        },
        "losses": {"roughness": {"rms": "10 nm", "correlation_length": "80 nm"}},
        "outputs": {"fields": False, "plots": False, "derivatives": slopes},
    }).modes  # fmt: skip
    return mode


def test_roughness() -> None:
    h = 1e-3
    mode, up, down = run(1.0, slopes=True), run(1.0 + h), run(1.0 - h)
    assert mode.q_scattering is not None
    assert mode.q_total is not None
    assert mode.q_scattering < 2.0 * mode.q_total  # it counts
    slope = (math.log(up.q_total) - math.log(down.q_total)) / (2.0 * h)  # type: ignore[arg-type]
    assert mode.derivatives.ln_q_total["radius_ball"] == pytest.approx(slope, rel=1e-3)


def test_walls() -> None:
    """TM010 of an empty can: Q = 2.405 Z / (2 R_s (1 + R/h)) (Pozar, Microwave Engineering, section 6.4)."""
    R, h = 2.0, 3.0
    [mode] = femwgm.run({
        "schema": 1, "name": "can",
        "geometry": {
            "kind": "cavity", "radius": f"{R} um", "height": f"{h} um", "ambient": "air", "wall_resistance_ohm": 0.02
        },
        "materials": {"air": {"n": 1.0}},
        "modes": {"window": ["5.2 um", "5.25 um"], "azimuthal_orders": [0]},
        "accuracy": {"wavelength": 1e-10},
        "outputs": {"fields": False, "plots": False, "derivatives": True},
    }).modes  # fmt: skip
    slopes = mode.derivatives.ln_q_total
    assert mode.q_rad is None
    assert mode.q_rad_floor is None  # closed: nothing to bound
    assert mode.q_wall == pytest.approx(
        2.404825557695773 * 376.730313 / (2.0 * 0.02 * (1.0 + R / h)), rel=1e-5
    )
    # Fields err by the root of what wavelengths do, and a slope by that over the size of the cells that give way.
    assert slopes["radius"] == pytest.approx(-1.0 / (h + R), rel=5e-3)
    assert slopes["height"] == pytest.approx(R / (h * (h + R)), rel=5e-3)
