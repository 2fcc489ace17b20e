"""Spheres on a common axis by spherical waves: against the T-matrix and coupled-mode theory."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from femwgm.analytic import LayeredSphere
from femwgm.config import load_config
from femwgm.errors import ConfigError
from femwgm.fem.field import CellField
from femwgm.fem.formula_field import SampledField
from femwgm.materials import materials_from_config
from femwgm.runs.loop import RunResult, run
from femwgm.stacks.coupled_modes import coupled_supermodes

pytestmark = pytest.mark.gmsh


def stack(gap: str, m: int, accuracy: float, gain: float = 0.0) -> dict[str, Any]:
    ball = [{"name": "ball", "material": "dielectric", "radius": "1 um"}]
    return {
        "schema": 1,
        "geometry": {
            "kind": "axial_stack", "gaps": [gap], "ambient": "air",
            "spheres": [{"name": "lower", "layers": ball}, {"name": "upper", "layers": ball}],
        },
        "materials": {"dielectric": {"n": 2.0, "k": -gain} if gain else {"eps": 4.0}, "air": {"n": 1.0}},
        "modes": {"window": ["0.912 um", "0.928 um"], "polarizations": ["TE"], "azimuthal_orders": [m]},
        "accuracy": {"wavelength": accuracy},
    }  # fmt: skip


def pair(gap: str, m: int, accuracy: float, gain: float = 0.0) -> RunResult:
    return run(stack(gap, m, accuracy, gain))


# k R of the TE l = 10 pair, eps = 4: T-matrix of another program, digits as printed there.
CASES = [
    ("0.1 um", 0, 6.8574174 - 0.0065725j, 6.7930414 - 0.0033287j),
    ("0.5 um", 0, 6.829754352 - 0.002456604j, 6.823092184 - 0.003279065j),
    ("0.5 um", 1, 6.830152575 - 0.002725554j, 6.823349848 - 0.001978701j),
]


@pytest.mark.parametrize(("gap", "m", "upper", "lower"), CASES)
def test_the_bisphere(gap: str, m: int, upper: complex, lower: complex) -> None:
    """Both supermodes to 1e-6 with their widths, and the two spheres share each of them equally."""
    result = pair(gap, m, 1e-6)
    assert len(result.modes) == 2
    found = sorted((mode.k0 for mode in result.modes), key=lambda k: -k.real)
    for k, exact in zip(found, (upper, lower), strict=True):
        assert abs(k - exact) < 1e-6 * abs(exact)
    for mode in result.modes:
        assert (mode.pol, mode.q, mode.l, mode.m) == ("TE", 1, 10, m)
        assert mode.extra["share_lower"] == pytest.approx(mode.extra["share_upper"], rel=1e-4)
        assert mode.wavelength_error < 2e-6
    assert {mode.extra["parity"] for mode in result.modes} == {"even", "odd"}


def test_cells_hold_the_formula() -> None:
    """The coefficients on cells evaluate to the field by spherical waves, on either side of a surface, and have its energy."""
    result = pair("0.1 um", 0, 1e-6)
    mode = result.modes[0]
    exact = mode.field_data
    assert isinstance(exact, SampledField)
    cells = CellField(exact.space, exact.coefficients, exact.m, exact.k0)
    r, z = np.array([0.2, 0.5, 0.05, 0.31, 0.8]), np.array([-0.2, 1.2, 0.0, 0.4, -1.9])
    for by_formula, by_cells in zip(exact(r, z), cells(r, z), strict=True):
        assert by_cells == pytest.approx(by_formula, abs=3e-2 * np.abs(by_formula).max())
    for step in (-1e-6, 1e-6):
        ball = 1.0 + step
        values = [field(np.array([0.6 * ball]), np.array([1.05 + 0.8 * ball]))[0] for field in (exact, cells)]
        assert values[1] == pytest.approx(values[0], abs=3e-2 * np.abs(values[0]).max())


def test_gain_at_the_stated_threshold() -> None:
    """With the gain that its energy shares name, a leaky supermode stands still: what remains of its width is second order."""
    cold = pair("0.1 um", 0, 1e-5)
    mode = cold.modes[-1]
    assert mode.extra["threshold_per_cm_times_q"] == pytest.approx(
        2e4 * mode.k0.real * mode.extra["threshold_n2_times_q"], rel=1e-12
    )
    gain = mode.extra["threshold_n2_times_q"] / mode.q_rad
    hot = pair("0.1 um", 0, 1e-5, gain)
    lasing = min(hot.modes, key=lambda other: abs(other.k0.real - mode.k0.real))
    assert abs(lasing.k0.imag) < 0.1 * abs(
        mode.k0.imag
    )  # Q = 1020: the leaking field counts in the share, too


def test_coupled_mode_theory_beside_the_t_matrix() -> None:
    """The splitting at two gaps, which differ by a factor of ten in it: within the leak that the theory leaves out."""
    for gap, upper, lower in ((case[0], case[2], case[3]) for case in CASES[:2]):
        config = load_config(stack(gap, 0, 1e-6))
        found = coupled_supermodes(config, materials_from_config(config), 0, 1e-3)
        assert [mode.share("lower") for mode in found] == pytest.approx([0.5, 0.5])
        splitting = found[-1].k0.real - found[0].k0.real
        leak = -(upper + lower).imag
        assert abs(splitting - (upper - lower).real) < 0.6 * leak
        assert splitting == pytest.approx((upper - lower).real, rel=0.2)


def test_uniaxial_spheres_are_refused() -> None:
    """Their axis would be that of the middle of the stack, not of each sphere."""
    config = stack("0.1 um", 0, 1e-4)
    config["materials"]["dielectric"] = {"n_ordinary": 2.0, "n_extraordinary": 1.9, "axis": "radial"}
    with pytest.raises(ConfigError, match="uniaxial"):
        run(config)


def test_coupled_modes_that_turn_about_the_axis() -> None:
    """TM and m = 1: E along phi is out of phase with the rest, and the coupling is with the conjugate of one of the two."""
    case = stack("0.1 um", 1, 1e-5)
    alone = 1e-3 * LayeredSphere([1.0], [2.0, 1.0]).mode("TM", 18).wavelength_nm
    case["modes"] |= {"window": [f"{0.98 * alone!r} um", f"{1.02 * alone!r} um"], "polarizations": ["TM"]}
    config = load_config(case)
    found = coupled_supermodes(config, materials_from_config(config), 1, 1e-3)
    exact = sorted(mode.k0.real for mode in run(config).modes)
    assert len(found) == len(exact) == 2
    assert found[-1].k0.real - found[0].k0.real == pytest.approx(exact[1] - exact[0], rel=0.06)


def test_dispersion_in_a_stack() -> None:
    """Far apart each ball has its own mode: the wavenumber of the dispersive sphere, and its share of the electric energy."""
    law = {"B": [2.8], "C_um2": [0.05]}
    case = stack("3 um", 0, 1e-6)
    case["materials"]["dielectric"] = {"sellmeier": law, "range": ["0.5 um", "2 um"]}
    case["modes"]["window"] = ["0.91 um", "0.95 um"]
    mode = run(case).modes[0]

    def index(k0: complex) -> complex:
        square = (2.0 * np.pi / k0) ** 2
        return complex(np.sqrt(1.0 + 2.8 * square / (square - 0.05)))

    alone = LayeredSphere([1.0], [index, 1.0]).mode("TE", mode.l, 1, (0.8, 1.1))
    assert abs(mode.k0.real / alone.k0.real - 1.0) < 1e-4
    inside = sum(share for name, share in mode.energy.items() if name != "air")
    assert inside == pytest.approx(alone.energy[0], abs=5e-3)
