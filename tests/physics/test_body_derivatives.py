"""Derivatives for bodies of any outline: Euler's identity, the integral over the moving interface, finite differences."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import numpy as np
import pytest

from femwgm.fem.problem import MeridianProblem
from femwgm.materials import media_of
from femwgm.modes.mode import Mode
from femwgm.observables.sensitivity import bilinear_norm
from femwgm.observables.surface import interface
from femwgm.runs.loop import RunResult, run

pytestmark = pytest.mark.gmsh

TORUS: dict[str, Any] = {
    "schema": 1,
    "geometry": {"kind": "torus", "material": "glass", "diameter": "8 um", "minor_diameter": "2 um", "ambient": "air"},
    "materials": {"glass": {"n": 1.45}, "air": {"n": 1.0}},
    "modes": {"window": ["0.98 um", "1.02 um"], "polarizations": ["TE"], "azimuthal_orders": [39]},
    "accuracy": {"wavelength": 1e-6},
}  # fmt: skip
SPHEROID = {
    **TORUS,
    "geometry": {
        "kind": "spheroid", "ambient": "air",
        "layers": [{"name": "body", "material": "glass", "equatorial_radius": "4 um", "polar_radius": "4.4 um"}],
    },
    "modes": {"window": ["0.9 um", "1.05 um"], "polarizations": ["TM"], "azimuthal_orders": [32]},
}  # fmt: skip
DISK = {
    **TORUS,
    "geometry": {
        "kind": "disk", "material": "glass", "radius": "5 um", "thickness": "1 um", "ambient": "air",
        "background": [{"name": "chip", "material": "air", "top": "-0.9 um"}],
    },
    "materials": {"glass": {"n": 2.0}, "air": {"n": 1.0}},
    "modes": {"window": ["1.16 um", "1.22 um"], "polarizations": ["TE"], "azimuthal_orders": [45]},
}  # fmt: skip


def solved(config: dict[str, Any], **changes: Any) -> RunResult:
    """The run of a configuration with some of its keys changed, by their dotted paths."""
    data = deepcopy(config)
    for path, value in changes.items():
        *above, last = path.split("__")
        here = data
        for part in above:
            here = here[int(part)] if isinstance(here, list) else here[part]
        here[last] = value
    return run(data)


def over_the_interface(result: RunResult, mode: Mode) -> complex:
    """d k0 for the whole surface moved along its normal by a unit: Johnson et al., PRE 65, 066611 (2002), equation (12).

    Without conjugation, so that it holds for decaying modes too: E_phi counts with a minus sign, for the mode of order -m.
    """
    field = mode.field_data
    assert field is not None
    problem = MeridianProblem(result.domains[0][1], media_of(result.config), "air")
    samples, outer, inner = interface(field, ["air"], 40)
    media = problem.media(mode.k0)
    eps_in, eps_out = media.eps[inner], media.eps[outer]
    n_r, n_z = samples.normal
    E_r, E_phi, E_z = samples.E
    normal, along = eps_out * (n_r * E_r + n_z * E_z), n_r * E_z - n_z * E_r
    jump = (eps_in - eps_out) * (along**2 - E_phi**2) - (1.0 / eps_in - 1.0 / eps_out) * normal**2
    integral = (samples.r * samples.weights * jump).sum()
    local = field.coefficients * field.space.signs
    halves = 2.0 if field.mirror else 1.0
    norm = halves * bilinear_norm(local, problem.matrices(field.space.degree), mode.k0, media)
    return complex(-0.5 * mode.k0 * integral / norm)


def test_a_torus_obeys_euler_and_the_integral_over_its_surface() -> None:
    """Lengths and wavelength scale together; both diameters of a torus move its surface by parts of the normal."""
    result = solved(TORUS)
    (mode,) = result.modes
    slopes = mode.derivatives
    scaled = 8.0 * slopes.wavelength_nm["diameter"] + 2.0 * slopes.wavelength_nm["minor_diameter"]
    assert scaled == pytest.approx(mode.wavelength_nm, rel=3e-6)
    assert 8.0 * slopes.ln_q_rad["diameter"] + 2.0 * slopes.ln_q_rad["minor_diameter"] == pytest.approx(
        0.0, abs=1e-3
    )
    # A wider minor diameter moves the surface by half of that along its normal everywhere; fields err by more than eigenvalues.
    whole = over_the_interface(result, mode)
    assert 0.5 * whole.real == pytest.approx(slopes.k0["minor_diameter"].real, rel=1e-3)


@pytest.mark.slow
def test_an_imaginary_index_absorbs() -> None:
    """The slope with the imaginary part of an index gives the absorption that a small one has."""
    (mode,) = solved(TORUS).modes
    (lossy,) = solved(TORUS, materials__glass={"n": 1.45, "k": 1e-7}).modes
    assert lossy.q_abs is not None
    assert mode.q_total is not None
    rate = -mode.derivatives.ln_q_total["k_body"] / mode.q_total
    assert 1e-7 * rate == pytest.approx(1.0 / lossy.q_abs, rel=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("config", "path", "value", "name"),
    [
        (TORUS, "geometry__diameter", 8.0, "diameter"),
        (TORUS, "geometry__minor_diameter", 2.0, "minor_diameter"),
        (SPHEROID, "geometry__layers__0__equatorial_radius", 4.0, "equatorial_body"),
        (SPHEROID, "geometry__layers__0__polar_radius", 4.4, "polar_body"),
    ],
)
def test_finite_differences_of_smooth_bodies(
    config: dict[str, Any], path: str, value: float, name: str
) -> None:
    step = 2e-4 * value
    config = {**config, "accuracy": {"wavelength": 1e-10}}
    (mode,) = solved(config).modes
    (above,), (below,) = (
        solved(config, **{path: f"{value + sign * step!r} um"}).modes for sign in (1.0, -1.0)
    )
    slope = (above.wavelength_nm - below.wavelength_nm) / (2.0 * step)
    assert mode.derivatives.wavelength_nm[name] == pytest.approx(slope, rel=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("path", "value", "name"),
    [("geometry__radius", 5.0, "radius"), ("geometry__thickness", 1.0, "thickness")],
)
def test_finite_differences_of_a_disk(path: str, value: float, name: str) -> None:
    """At edges the field is singular: eigenvalues and their slopes are known to the square of what the field is."""
    step = 2e-3 * value
    config = {**DISK, "accuracy": {"wavelength": 1e-7}}
    (mode,) = solved(config).modes
    (above,), (below,) = (
        solved(config, **{path: f"{value + sign * step!r} um"}).modes for sign in (1.0, -1.0)
    )
    slope = (above.wavelength_nm - below.wavelength_nm) / (2.0 * step)
    assert mode.derivatives.wavelength_nm[name] == pytest.approx(slope, rel=1e-5)
    assert mode.derivatives.wavelength_nm["top_chip"] == pytest.approx(0.0, abs=1e-4)  # the chip is of air
    assert np.isfinite(list(mode.derivatives.wavelength_nm.values())).all()
