"""Random bodies, small and cheap: every stated number within its stated error of a refined solve on another domain and mesh."""

from __future__ import annotations

from itertools import count
from typing import Any

import numpy as np
import pytest
from support.accuracy import LIMIT, Compared, compare

from femwgm.errors import ConfigError
from femwgm.modes.mode import Mode
from femwgm.runs.loop import run

pytestmark = [pytest.mark.gmsh, pytest.mark.slow]

SEEDS = range(30)
FINER = 0.02
"""Accuracy of the reference in units of that of the mode."""


def um(length: float) -> str:
    return f"{length:.6f} um"


def drawn(seed: int) -> dict[str, Any]:
    """A configuration: spheroid with a film, torus, wedge, dome or half a ball on a chip, or two disks above each other."""
    rng = np.random.default_rng(1000 + seed)
    size = rng.uniform(0.8, 1.6)
    index, low = rng.uniform(1.8, 2.6), 1.45
    materials: dict[str, Any] = {"body": {"n": round(index, 3)}, "low": {"n": low}, "air": {"n": 1.0}}
    if rng.random() < 0.5:
        materials["body"]["k"] = float(f"{10.0 ** rng.uniform(-7.0, -3.5):.3g}")
    kind = ("spheroid", "torus", "wedge", "dome", "hemisphere", "stack")[seed % 6]
    chip = {"background": [{"name": "chip", "material": "low", "top": "0 um"}]}
    if kind == "spheroid":
        film = 0.001 * 20.0 ** rng.random()
        ratio = rng.uniform(0.75, 1.2)
        radii = {"equatorial_radius": um(size), "polar_radius": um(ratio * size)}
        geometry: dict[str, Any] = {
            "kind": "spheroid",
            "layers": [
                {"name": "core", "material": "body", **radii},
                {"name": "film", "material": "low", "thickness": um(film)},
            ],
        }
    elif kind == "torus":
        geometry = {
            "kind": "torus",
            "material": "body",
            "diameter": um(2.0 * size),
            "minor_diameter": um(size * rng.uniform(0.4, 0.8)),
        }
    elif kind == "wedge":
        geometry = {
            "kind": "disk",
            "material": "body",
            "radius": um(size),
            "thickness": um(rng.uniform(0.3, 0.6)),
            "sidewall_angle_deg": round(rng.uniform(30.0, 80.0), 1),
        }
    elif kind in ("dome", "hemisphere"):
        height = size * (rng.uniform(0.4, 0.8) if kind == "dome" else 1.0)
        geometry = {
            "kind": "hemisphere",
            "material": "body",
            "radius": um(size),
            "height": um(height),
            **chip,
        }
    else:
        thickness, gap = rng.uniform(0.3, 0.5), rng.uniform(0.1, 0.4)
        disk = {"kind": "disk", "material": "body", "thickness": um(thickness)}
        geometry = {
            "kind": "stack",
            "gaps": [um(gap)],
            "bodies": [
                {"name": "lower", **disk, "radius": um(size)},
                {"name": "upper", **disk, "radius": um(size * rng.uniform(0.9, 1.0))},
            ],
        }
    used = {
        name: materials[name]
        for name in ("body", "air", *(["low"] if kind not in ("torus", "wedge", "stack") else []))
    }
    middle = rng.uniform(0.75, 0.95)
    return {
        "schema": 1,
        "geometry": {**geometry, "ambient": "air"},
        "materials": used,
        "modes": {
            "window": [um(0.95 * middle), um(1.05 * middle)],
            "polarizations": [str(rng.choice(["TE", "TM"]))],
            "radial_orders": [1],
            "polar_orders": [int(rng.choice([0, 0, 1]))],
        },
        "accuracy": {"wavelength": 1e-4},
    }


def refined(config: dict[str, Any], mode: Mode) -> Mode:
    """The mode again: far more accurate, and on a domain that ends a wavelength from the body."""
    near = 1e-3 * mode.wavelength_nm
    modes = {**config["modes"], "azimuthal_orders": [mode.m]}
    accuracy = {"wavelength": FINER * config["accuracy"]["wavelength"], "q": 1e-4}
    again = {
        **config,
        "modes": modes,
        "accuracy": accuracy,
        "discretization": {"pml": {"distance": um(near)}},
    }
    found = [m for m in run(again).modes if m.m == mode.m and m.pol == mode.pol]
    return min(found, key=lambda m: abs(m.wavelength_nm - mode.wavelength_nm))


def compared(seed: int) -> dict[str, Compared]:
    """Every number against the refined one, of the mode in the middle of what is found, by the first draw that has any."""
    for draw in count(seed, len(SEEDS)):
        config = drawn(draw)
        try:
            modes = list(run(config).modes)
        except ConfigError:  # no mode of the kind in the window
            continue
        mode = modes[len(modes) // 2]
        return compare(mode, refined(config, mode))
    raise AssertionError("counts for ever")


@pytest.mark.parametrize("seed", SEEDS)
def test_every_number_within_its_error(seed: int) -> None:
    assert not {name: number for name, number in compared(seed).items() if number.ratio > LIMIT}
