"""Bodies without an exact solution, in cans, against scikit-fem as shipped: elements, meshes and forms of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import gmsh
import numpy as np
import pytest
from support.plain_elements import mesh_of, wavenumbers

from femwgm.runs.loop import run

pytestmark = pytest.mark.gmsh

M = 3
"""Azimuthal order."""
INDICES = {"glass": 2.0, "silica": 1.45, "silicon": 3.0, "air": 1.0}
Inside = Callable[[np.ndarray, np.ndarray], np.ndarray]


def polygon(*points: tuple[float, float]) -> int:
    """A surface of gmsh's own."""
    occ = gmsh.model.occ
    ends = [occ.addPoint(r, z, 0.0) for r, z in points]
    lines = [occ.addLine(a, b) for a, b in zip(ends, ends[1:] + ends[:1], strict=True)]
    return int(occ.addPlaneSurface([occ.addCurveLoop(lines)]))


@dataclass(frozen=True)
class Case:
    """A geometry for femwgm, and the same shapes drawn and told apart without it."""

    geometry: dict[str, Any]
    box: tuple[float, float, float, float]
    draw: Callable[[], Sequence[int]]
    index: Inside
    near: float


def toroid() -> Case:
    """A torus of 0.35 um that rims a web, 0.2 um thick."""
    return Case(
        {"kind": "toroid", "material": "glass", "diameter": "2 um", "minor_diameter": "0.7 um", "web_thickness": "0.2 um"},
        (0.0, 1.3, -0.65, 0.65),
        lambda: [gmsh.model.occ.addDisk(0.65, 0.0, 0.0, 0.35, 0.35), gmsh.model.occ.addRectangle(0.0, -0.1, 0.0, 0.5, 0.2)],
        lambda r, z: np.where((np.hypot(r - 0.65, z) < 0.35) | ((r < 0.65) & (np.abs(z) < 0.1)), 2.0, 1.0),
        4.3,
    )  # fmt: skip


def disk() -> Case:
    """A disk with walls at 60 degrees on a silicon pillar, down to the floor of the can."""
    lean = 0.5 / np.tan(np.radians(60.0))

    def index(r: np.ndarray, z: np.ndarray) -> np.ndarray:
        within = (np.abs(z) < 0.25) & (r < 1.0 - lean * (z + 0.25) / 0.5)
        return np.where(within, 2.0, np.where((z < -0.25) & (r < 0.3), 3.0, 1.0))

    return Case(
        {"kind": "disk", "material": "glass", "radius": "1 um", "thickness": "0.5 um", "sidewall_angle_deg": 60,
         "pillar": {"material": "silicon", "radius": "0.3 um", "height": "0.4 um"}},
        (0.0, 1.3, -0.65, 0.6),
        lambda: [polygon((0.0, -0.25), (1.0, -0.25), (1.0 - lean, 0.25), (0.0, 0.25)),
                 gmsh.model.occ.addRectangle(0.0, -0.65, 0.0, 0.3, 0.4)],
        index, 4.3,
    )  # fmt: skip


def profile() -> Case:
    """A polygon with corners of every kind."""
    corners = [(0.0, -0.6), (0.9, -0.3), (0.7, 0.5), (0.0, 0.6)]

    def index(r: np.ndarray, z: np.ndarray) -> np.ndarray:
        within = np.ones_like(r, dtype=bool)
        for (a, b), (c, d) in zip(corners, corners[1:], strict=False):
            within &= (c - a) * (z - b) - (d - b) * (r - a) > 0.0
        return np.where(within, 2.0, 1.0)

    return Case(
        {"kind": "profile", "material": "glass", "points": [[f"{r} um", f"{z} um"] for r, z in corners]},
        (0.0, 1.2, -0.9, 0.9), lambda: [polygon(*corners)], index, 4.3,
    )  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("case", [toroid(), disk(), profile()], ids=["toroid", "disk", "profile"])
def test_bodies_in_a_can(case: Case) -> None:
    """Every mode that either finds the other finds: within the stated error and what refining the plain elements changes."""
    coarse, fine = (
        wavenumbers(
            mesh_of(case.box, case.draw, h, h / 40.0), lambda r, z: case.index(r, z) ** 2, M, case.near, 8
        )
        for h in (0.08, 0.05)
    )
    lo, hi = fine[1] + 1e-3, fine[-2] - 1e-3
    used = {
        name: {"n": n} for name, n in INDICES.items() if f"'{name}'" in str(case.geometry) or name == "air"
    }
    _, radius, bottom, top = case.box
    result = run({
        "schema": 1, "materials": used, "accuracy": {"wavelength": 1e-6},
        "geometry": {**case.geometry, "ambient": "air",
                     "enclosure": {"radius": f"{radius} um", "bottom": f"{bottom} um", "top": f"{top} um"}},
        "modes": {"window": [f"{2 * np.pi / hi} um", f"{2 * np.pi / lo} um"], "azimuthal_orders": [M]},
    })  # fmt: skip
    found = np.sort([mode.k0.real for mode in result.modes])
    inside = (fine > lo) & (fine < hi)
    assert len(found) == inside.sum() >= 4
    assert max(mode.wavelength_error for mode in result.modes) < 3e-6
    plain = np.abs(fine - coarse)[inside] + 1e-6
    assert plain.max() < 2e-3
    assert np.all(np.abs(found - fine[inside]) < 2.0 * plain + 3e-6)
