"""Walls that conduct well but not perfectly, around bodies that are open elsewhere."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.constants import c
from scipy.integrate import quad
from scipy.special import jn_zeros, jnp_zeros, jv, jvp

from femwgm.analytic import layered_sphere
from femwgm.errors import ConfigError
from femwgm.observables.walls import VACUUM_IMPEDANCE_OHM
from femwgm.runs.loop import run

COPPER_OHM = 0.05


@pytest.mark.slow
def test_half_a_ball_on_a_metal_plane() -> None:
    """Against NGSolve, refined until it stands still: the line at 36.35 GHz has Q 30218 from the plane and 3960 in all."""
    result = run(
        {
            "schema": 1,
            "geometry": {
                "kind": "hemisphere", "material": "teflon", "radius": "39 mm", "ambient": "air",
                "enclosure": {"bottom": "0 mm", "wall_resistance_ohm": COPPER_OHM},
            },
            "materials": {"teflon": {"eps": [2.04, 4.1e-4]}, "air": {"n": 1.0}},
            "modes": {"window": ["36.3 GHz", "36.4 GHz"], "polarizations": ["TE"], "azimuthal_orders": [37]},
            "accuracy": {"wavelength": 1e-6},
        }
    )  # fmt: skip
    (mode,) = result.modes
    assert mode.q_wall == pytest.approx(30218.0, rel=2.0 * (mode.q_wall_error or 0.0))
    assert mode.q_total == pytest.approx(3960.0, rel=3e-4)
    assert mode.k0.imag == pytest.approx(-0.5 * mode.k0.real / mode.q_total, rel=1e-9)


@pytest.mark.slow
def test_a_plate_far_away_costs_little() -> None:
    """The loss in a plate falls with its distance as the field does, and grows with its resistance."""

    def rate(gap: float, ohm: float) -> float:
        result = run(
            {
                "schema": 1,
                "geometry": {
                    "kind": "torus", "material": "silica", "diameter": "8 um", "minor_diameter": "2 um", "ambient": "air",
                    "enclosure": {"bottom": f"{-1.0 - gap} um", "wall_resistance_ohm": ohm},
                },
                "materials": {"silica": {"n": 1.45}, "air": {"n": 1.0}},
                "modes": {"window": ["0.98 um", "1.02 um"], "polarizations": ["TE"], "azimuthal_orders": [39]},
                "accuracy": {"wavelength": 1e-4},
            }
        )  # fmt: skip
        (mode,) = result.modes
        assert mode.q_wall is not None
        assert mode.row()["q_wall"] == mode.q_wall
        return 1.0 / mode.q_wall

    near, far = rate(0.3, 5.0), rate(0.6, 5.0)
    assert rate(0.3, 10.0) == pytest.approx(2.0 * near, rel=1e-9)
    assert 1.0 < np.log(near / far) < 4.0


def cylinder_q(tm: bool, radius: float, height: float) -> tuple[float, float]:
    """Wavenumber of TE_111 or TM_110 in an empty cylinder, and Q times R_s, from the closed fields (Pozar, section 6.4)."""
    root = float((jn_zeros if tm else jnp_zeros)(1, 1)[0])
    kc, beta = root / radius, 0.0 if tm else np.pi / height
    k = float(np.hypot(kc, beta))

    def disc(f):
        return quad(lambda r: f(r) * r, 0.0, radius)[0]

    if tm:  # E_z = J_1; H across it, the same at every height
        across = disc(lambda r: (k / kc) ** 2 * (jvp(1, kc * r) ** 2 + (jv(1, kc * r) / (kc * r)) ** 2))
        wall = (k / kc * jvp(1, root)) ** 2 * radius * height
        return k, k * VACUUM_IMPEDANCE_OHM * across * height / (wall + 2.0 * across)
    along = disc(lambda r: jv(1, kc * r) ** 2)  # H_z = J_1 sin(beta z), the others go as its cosine
    across = disc(lambda r: (beta / kc) ** 2 * (jvp(1, kc * r) ** 2 + (jv(1, kc * r) / (kc * r)) ** 2))
    wall = (1.0 + (beta / (kc * root)) ** 2) * jv(1, root) ** 2 * radius * 0.5 * height
    return k, k * VACUUM_IMPEDANCE_OHM * 0.5 * height * (along + across) / (wall + 2.0 * across)


@pytest.mark.parametrize("pol", ["TE", "TM"])
def test_an_empty_can_with_one_turn_about_its_axis(pol: str) -> None:
    """TE_111 and TM_110: with m = 1 the azimuthal magnetic field, too, heats the side wall."""
    k, q_ohm = cylinder_q(pol == "TM", 1e4, 0.8e4)
    ghz = 1e-9 * c * 1e6 * k / (2.0 * np.pi)
    result = run(
        {
            "schema": 1,
            "geometry": {"kind": "cavity", "radius": "10 mm", "height": "8 mm", "ambient": "air", "wall_resistance_ohm": 0.03},
            "materials": {"air": {"n": 1.0}},
            "modes": {"window": [f"{0.999 * ghz!r} GHz", f"{1.001 * ghz!r} GHz"], "azimuthal_orders": [1],
                      "radial_orders": "all", "polar_orders": "all"},
            "accuracy": {"wavelength": 1e-6},
        }
    )  # fmt: skip
    (mode,) = result.modes
    off = abs(mode.q_wall * 0.03 / q_ohm - 1.0)
    assert off < 3.0 * mode.q_wall_error < 4e-3


def test_half_a_ball_on_a_conductor_is_the_whole_ball() -> None:
    """Modes of the exact ball with E normal to the plane, l and p counted over all latitudes; what it excludes is named."""
    ball = layered_sphere([1.0], [2.0, 1.0])
    exact = {"TE": ball.mode("TE", 9), "TM": ball.mode("TM", 10)}
    lo, hi = sorted(mode.wavelength_nm for mode in exact.values())
    result = run(
        {
            "schema": 1,
            "geometry": {"kind": "hemisphere", "material": "g", "radius": "1 um", "ambient": "air",
                         "enclosure": {"bottom": "0 um", "wall_resistance_ohm": 5}},
            "materials": {"g": {"n": 2.0}, "air": {"n": 1.0}},
            "modes": {"window": [f"{0.995 * lo} nm", f"{1.005 * hi} nm"], "azimuthal_orders": [9], "polar_orders": [0, 1]},
            "accuracy": {"wavelength": 1e-4},
        }
    )  # fmt: skip
    assert sorted((mode.pol, mode.q, mode.l, mode.m, mode.p) for mode in result.modes) == [
        ("TE", 1, 9, 9, 0),
        ("TM", 1, 10, 9, 1),
    ]
    for mode in result.modes:
        twin = exact[mode.pol]
        assert abs(mode.wavelength_nm / twin.wavelength_nm - 1.0) < 3.0 * mode.wavelength_error
        assert abs(mode.q_rad / twin.q_rad - 1.0) < 3.0 * mode.q_error
        assert 1.0 / mode.q_total == pytest.approx(1.0 / mode.q_rad + 1.0 / mode.q_wall, rel=1e-9)
    said = [note for note in result.warnings if "conducting plane" in note]
    assert [note.split(":")[0] for note in said] == ["no TE q=1 p=1", "no TM q=1 p=0"]


def resonator_in_a_can(eps: float, window: list[str], **modes: Any) -> dict[str, Any]:
    return {
        "schema": 1, "materials": {"ceramic": {"eps": eps}, "air": {"n": 1.0}}, "accuracy": {"wavelength": 1e-4},
        "geometry": {
            "kind": "disk", "name": "puck", "material": "ceramic", "radius": "5 mm", "thickness": "4 mm", "ambient": "air",
            "enclosure": {"bottom": "-6 mm", "top": "6 mm", "radius": "12 mm", "wall_resistance_ohm": 0.05},
        },
        "modes": {"window": window, **modes}, "outputs": {"fields": False, "plots": False},
    }  # fmt: skip


def test_a_sharp_puck_in_a_can_has_the_modes_of_the_can_as_it_fades() -> None:
    """Every order of the window, counted: the small cells at the edges of the puck are no hindrance.

    A puck of eps = 1 + d lowers TM010 of the can by d / 2 times its share of the electric energy (first order).
    """
    (mode,) = run(resonator_in_a_can(1.001, ["9 GHz", "10 GHz"])).modes
    assert (mode.pol, mode.m) == ("TM", 0)
    can = 2.0 * np.pi * 12e6 / jn_zeros(0, 1)[0]
    assert mode.wavelength_nm == pytest.approx(can * (1.0 + 5e-4 * mode.energy["puck"]), rel=2e-6)
    with pytest.raises(ConfigError, match="1 of other orders do: TM q=1 p=1 m=0 at"):
        run(resonator_in_a_can(10.0, ["7 GHz", "9 GHz"], radial_orders=[1], polar_orders=[0]))
