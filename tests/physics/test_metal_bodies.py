"""Bodies other than layered spheres with metal or near zero permittivity: balls drawn as such, against the exact sphere."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from support.accuracy import LIMIT

from femwgm.analytic import layered_sphere
from femwgm.config import load_config
from femwgm.finders.exact_list import expected_modes
from femwgm.materials import materials_from_config
from femwgm.modes.mode import Mode
from femwgm.runs.loop import run

GOLD, GLASS, NEAR_ZERO, SILVER = -10.0 + 1.0j, 3.24, 0.02 + 0.1j, -4.4 + 0.03j


def spheroid(
    polar: float, window: tuple[float, float] = (640.0, 670.0), film: complex = NEAR_ZERO
) -> dict[str, Any]:
    """Glass of equatorial radius 1.3 um under a film of 50 nm."""
    core = {"equatorial_radius": "1.3 um", "polar_radius": f"{polar!r} um"}
    return {
        "schema": 1,
        "geometry": {
            "kind": "spheroid",
            "layers": [
                {"name": "core", "material": "glass", **core},
                {"name": "film", "material": "film", "thickness": "50 nm"},
            ],
            "ambient": "air",
        },
        "materials": {"glass": {"eps": GLASS}, "film": {"eps": str(film)}, "air": {"n": 1.0}},
        "modes": {
            "window": [f"{end} nm" for end in window],
            "polarizations": ["TE", "TM"],
            "radial_orders": [1],
            "polar_orders": [0],
        },
        "accuracy": {"wavelength": 1e-4},
    }


def ball(window: tuple[float, float], body: complex, ambient: float, **parts: Any) -> dict[str, Any]:
    """A ball of 1.3 um as an outline; `core` (radius, permittivity) within and `film` (thickness, permittivity) upon it."""
    angles = np.linspace(-0.5 * np.pi, 0.5 * np.pi, 121)

    def circle(radius: float) -> list[list[str]]:
        return [[f"{radius * abs(np.cos(a)):.9f} um", f"{radius * np.sin(a):.9f} um"] for a in angles]

    geometry: dict[str, Any] = {"kind": "profile", "material": "body", "points": circle(1.3), "smooth": True}
    materials = {"body": {"eps": str(body)}, "out": {"eps": ambient}}
    if "core" in parts:
        radius, materials["core"] = parts["core"][0], {"eps": str(parts["core"][1])}
        geometry["inside"] = [{"name": "core", "material": "core", "points": circle(radius), "smooth": True}]
    if "film" in parts:
        materials["film"] = {"eps": str(parts["film"][1])}
        geometry["coatings"] = [{"name": "film", "material": "film", "thickness": f"{parts['film'][0]} um"}]
    return {
        "schema": 1,
        "geometry": {**geometry, "ambient": "out"},
        "materials": materials,
        "modes": {"window": [f"{end} nm" for end in window], "radial_orders": [1], "polar_orders": [0]},
        "accuracy": {"wavelength": 1e-4},
    }


def holds(mode: Mode, radii: list[float], eps: list[complex]) -> None:
    """Wavelength and Q of a mode within three stated errors of the exact pole with its labels."""
    sphere = layered_sphere(radii, [complex(value) ** 0.5 for value in eps])
    wavelength = 1e-3 * mode.wavelength_nm
    near = sphere.modes((0.99 * wavelength, 1.01 * wavelength), [mode.pol], l_range=(mode.l, mode.l))
    true = min(near, key=lambda other: abs(other.wavelength_nm - mode.wavelength_nm))
    assert true.q == mode.q
    row = mode.row()
    assert abs(mode.wavelength_nm / true.wavelength_nm - 1.0) < LIMIT * row["wavelength_error"]
    assert abs(row["q_total"] / true.q_total - 1.0) < LIMIT * row["q_total_error"]


def test_a_round_spheroid_expects_the_poles_of_the_sphere() -> None:
    config = load_config(spheroid(1.3))
    found = expected_modes(config, materials_from_config(config))
    exact = layered_sphere([1.3, 1.35], [GLASS**0.5, NEAR_ZERO**0.5, 1.0]).modes((0.64, 0.67))
    first = [e for e in exact if e.q == 1]
    assert len(found) == len(first) == 4
    for mode in first:
        assert min(abs(e.k0 - mode.k0) for e in found if (e.pol, e.m) == (mode.pol, mode.l)) < 1e-9


def test_a_pole_of_a_real_degree_lies_on_the_way_to_the_next() -> None:
    """Followed up half a degree, from either neighbour, a pole is the same."""
    sphere = layered_sphere([1.3, 1.35], [GLASS**0.5, GOLD**0.5, 1.0])
    family = {e.l: e for e in sphere.modes((0.60, 0.70), ["TE"], [1])}
    assert {17, 18} <= set(family)
    from_below, from_above = (sphere.of_degree([family[l]], 17.5) for l in (17, 18))
    assert from_below is not None
    assert from_above is not None
    assert abs(from_below.k0 - from_above.k0) < 1e-12
    assert family[17].k0.real < from_below.k0.real < family[18].k0.real


@pytest.mark.slow
@pytest.mark.gmsh
@pytest.mark.parametrize(
    ("config", "radii", "eps", "labels"),
    [
        (spheroid(1.3), [1.3, 1.35], [GLASS, NEAR_ZERO, 1.0], {("TE", 18), ("TM", 17)}),
        (ball((640.0, 670.0), GLASS, 1.0, film=(0.03, GOLD)), [1.3, 1.33], [GLASS, GOLD, 1.0], {("TE", 17)}),
        (
            ball((640.0, 670.0), GLASS, 1.0, film=(0.05, NEAR_ZERO)),
            [1.3, 1.35], [GLASS, NEAR_ZERO, 1.0], {("TE", 18), ("TM", 17)},
        ),
        (ball((640.0, 670.0), GLASS, 1.0, core=(0.8, GOLD)), [0.8, 1.3], [GOLD, GLASS, 1.0], {("TE", 18)}),
        (ball((402.0, 405.0), SILVER, 2.25), [1.3], [SILVER, 2.25], {("TM", 44)}),
    ],
    ids=["spheroid", "gold film", "near zero", "gold core", "silver ball"],
)  # fmt: skip
def test_metal_in_a_body(
    config: dict[str, Any], radii: list[float], eps: list[complex], labels: set[tuple[str, int]]
) -> None:
    modes = list(run(config).modes)
    assert {(mode.pol, mode.m) for mode in modes} == labels
    for mode in modes:
        holds(mode, radii, eps)
