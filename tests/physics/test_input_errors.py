"""Error bars of the input and families along m."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy.stats import norm, qmc
from support.spheres import config

from femwgm import analytic
from femwgm.config import load_config
from femwgm.errors import ConfigError
from femwgm.modes.family import with_families
from femwgm.runs.loop import run

pytestmark = pytest.mark.gmsh

TOLERANCES = {
    "geometry.layers.l0.radius": "10 nm",
    "geometry.layers.l1.thickness": "3 nm",
    "materials.m1.n": 0.005,
}


def coated(tolerances: dict[str, Any]) -> dict[str, Any]:
    """A coated sphere whose core's radius carries the film with it."""
    modes = {"radial_orders": [1], "polar_orders": [0], "polarizations": ["TE"]}
    case = config([2.0, 2.3], [1.45, 1.7, 1.0], (0.60, 0.61), modes=modes, tolerances=tolerances)
    case["geometry"]["layers"][1] = {"name": "l1", "material": "m1", "thickness": "300 nm"}
    return case


def test_tolerances_against_a_monte_carlo() -> None:
    """64 spheres drawn evenly from the stated tolerances (Sobol points) scatter as stated: wavelength, Q, FSR, shares."""
    (mode,) = run(coated(TOLERANCES)).modes
    drawn = []
    for deviation in norm.ppf(qmc.Sobol(3, rng=7).random(64)):
        radius, film, index = (2.0, 0.3, 1.7) + np.array([0.01, 0.003, 0.005]) * deviation
        e = analytic.layered_sphere([radius, radius + film], [1.45, index, 1.0]).mode("TE", mode.l)
        drawn.append([np.log(e.wavelength_nm), np.log(e.fsr_nm), np.log(e.q_rad), *e.energy.values()])
    scatter = np.std(drawn, axis=0)
    row = mode.row()
    names = ("wavelength_input_error", "fsr_input_error", "q_total_input_error")
    assert [row[name] for name in names] == pytest.approx(scatter[:3].tolist(), rel=0.1)
    assert row["share_input_error"] == pytest.approx(scatter[3:].max(), rel=0.1)


def test_tolerances_are_checked() -> None:
    for key, size in (("materials.m1.n", "5 nm"), ("geometry.layers.l0.radius", 0.01), ("modes.window", 0.1)):
        with pytest.raises(ConfigError, match="tolerances"):
            load_config(coated({key: size}))


def test_a_family_has_one_label() -> None:
    """A label that slipped along a family is overruled by its neighbours; families are numbered, the same for every m."""
    case = config(
        [1.5],
        [1.6, 1.0],
        (0.54, 0.62),
        accuracy={"wavelength": 1e-4},
        modes={"radial_orders": [1], "polar_orders": [0]},
    )
    modes = list(run(case).modes)
    assert len({(m.pol, m.family) for m in modes}) == 2
    te = [i for i, mode in enumerate(modes) if mode.pol == "TE"]
    slipped = [
        replace(m, q=3, confidence=0.3) if i == te[1] else replace(m, confidence=0.8)
        for i, m in enumerate(modes)
    ]
    mended = with_families(slipped, exact=False)
    assert [(m.pol, m.q, m.p) for m in mended] == [(m.pol, 1, 0) for m in modes]
    assert [m.family for m in mended] == [m.family for m in modes]


@pytest.mark.slow
def test_tolerances_of_a_torus_against_a_monte_carlo() -> None:
    """32 tori drawn evenly from the stated tolerances scatter as stated: wavelength and free spectral range."""

    def solved(diameter: float, index: float, **more: Any) -> dict[int, Any]:
        shape = {
            "kind": "torus",
            "material": "glass",
            "diameter": f"{diameter} um",
            "minor_diameter": "0.8 um",
        }
        modes = {
            "window": ["0.8 um", "1.1 um"],
            "polarizations": ["TM"],
            "azimuthal_orders": [12, 13, 14],
        }
        case = {
            "schema": 1,
            "geometry": {**shape, "ambient": "air"},
            "materials": {"glass": {"n": index}, "air": {"n": 1.0}},
            "modes": modes,
            "accuracy": {"wavelength": 1e-4},
        }
        return {mode.m: mode for mode in run({**case, **more}).modes if mode.q == 1 and mode.p == 0}

    row = solved(2.0, 2.0, tolerances={"geometry.diameter": "20 nm", "materials.glass.n": 0.01})[13].row()
    drawn = []
    for deviation in norm.ppf(qmc.Sobol(2, rng=3).random(32)):
        diameter, index = np.array([2.0, 2.0]) + np.array([0.02, 0.01]) * deviation
        longest, middle, shortest = (1e-3 * solved(diameter, index)[m].wavelength_nm for m in (12, 13, 14))
        drawn.append([np.log(middle), np.log(longest - shortest)])
    stated = [row["wavelength_input_error"], row["fsr_input_error"]]
    assert stated == pytest.approx(np.std(drawn, axis=0).tolist(), rel=0.15)
    assert "share_input_error" not in row
