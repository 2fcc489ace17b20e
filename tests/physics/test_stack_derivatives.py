"""Derivatives of the modes of a stack of spheres: laws that hold for any body, and whole solves of changed stacks."""

from __future__ import annotations

import math

import pytest

import femwgm
from femwgm import Mode, RunConfig, load_config
from femwgm.analytic.multipoles import stack_modes
from femwgm.materials import media_of
from femwgm.stacks.derivatives import spheres_of

INDEX_ERROR, GAP_ERROR = 1e-3, 5e-3
WINDOW = (0.900, 0.906)


def settings(gap: float = 0.1, film: float = 1.7) -> RunConfig:
    """Two unequal coated balls, the film of one slightly lossy."""
    return load_config({
        "schema": 1, "name": "pair",
        "geometry": {
            "kind": "axial_stack", "gaps": [f"{gap!r} um"], "ambient": "air",
            "spheres": [
                {"name": name, "layers": [
                    {"name": "core", "material": "glass", "radius": f"{radius!r} um"},
                    {"name": "film", "material": f"film_{name}", "thickness": "0.2 um"},
                ]}
                for name, radius in (("lower", 0.8), ("upper", 0.75))
            ],
        },
        "materials": {
            "glass": {"n": 2.0}, "film_lower": {"n": film, "k": 2e-4}, "film_upper": {"n": 1.8}, "air": {"n": 1.0}
        },
        "modes": {
            "window": [f"{end} um" for end in WINDOW], "azimuthal_orders": [1], "radial_orders": [1], "polarizations": ["TE"],
        },
        "tolerances": {"geometry.gaps.0": f"{GAP_ERROR} um", "materials.glass.n": INDEX_ERROR},
        "outputs": {"fields": False, "plots": False, "derivatives": True},
    })  # fmt: skip


@pytest.fixture(scope="module")
def mode() -> Mode:
    [found] = femwgm.run(settings()).modes
    return found


def test_scaling_and_energy(mode: Mode) -> None:
    """All lengths larger by a factor: so is the wavelength, and Q stays. All indices larger: the same."""
    slopes, lengths = mode.derivatives, {"gap_1": 0.1}
    for name, radius in (("lower", 0.8), ("upper", 0.75)):
        lengths |= {f"radius_{name}_core": radius, f"radius_{name}_film": radius + 0.2}
    indices = {
        "n_lower_core": 2.0,
        "n_upper_core": 2.0,
        "n_lower_film": 1.7 + 2e-4j,
        "n_upper_film": 1.8,
        "n_air": 1.0,
    }
    for values in (lengths, indices):
        total = sum(value * slopes.k0[name] for name, value in values.items())
        assert abs(total / mode.k0 + 1.0) < slopes.error < 1e-8
    still = sum(value * slopes.ln_q_total[name] for name, value in lengths.items())
    size = max(abs(value * slopes.ln_q_total[name]) for name, value in lengths.items())
    assert abs(still) < min(slopes.ln_q_error, 1e-5 * size)
    outer = [f"radius_lower_{layer}" for layer in ("core", "film")]
    thick = sum(slopes.wavelength_nm[name] for name in outer)
    assert slopes.wavelength_nm["thickness_lower_core"] == pytest.approx(thick, rel=1e-12)


@pytest.mark.parametrize(("key", "name", "value"), [("gap", "gap_1", 0.1), ("film", "n_lower_film", 1.7)])
def test_whole_solves_of_changed_stacks(mode: Mode, key: str, name: str, value: float) -> None:
    h, ends = 1e-4, []
    for sign in (1.0, -1.0):
        config = settings(**{key: value + sign * h})
        spheres = spheres_of(config.geometry, media_of(config))
        near = (mode.k0.real * 0.999, mode.k0.real * 1.001)
        found = stack_modes(spheres, 1, near, wanted=lambda k, *_: abs(k - mode.k0) < 1e-3)
        ends.append(min(found, key=lambda one: abs(one.k0 - mode.k0)).k0)
    up, down = ends
    assert mode.derivatives.k0[name] == pytest.approx((up - down) / (2.0 * h), rel=1e-6)
    ln_q = (math.log(up.real / -up.imag) - math.log(down.real / -down.imag)) / (2.0 * h)
    assert mode.derivatives.ln_q_total[name] == pytest.approx(
        ln_q, rel=1e-2
    )  # shares miss some of the loss where Q is 200


def test_tolerances(mode: Mode) -> None:
    slopes = mode.derivatives.wavelength_nm
    by_index = INDEX_ERROR * (slopes["n_lower_core"] + slopes["n_upper_core"])
    expected = math.hypot(GAP_ERROR * slopes["gap_1"], by_index) / mode.wavelength_nm
    assert mode.row()["wavelength_input_error"] == pytest.approx(expected, rel=1e-9)
