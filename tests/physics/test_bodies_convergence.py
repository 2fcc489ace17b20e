"""Every kind of body converges: geometrically with the degree, corners and all, and smooth ones in the cell size at order 2 p.

The bodies stand in a conducting box, so that there are real eigenvalues and nothing but the cells to err. On cells that shrink
towards the corners errors fall by a factor with each degree (Babuska and Guo, SIAM J. Numer. Anal. 25, 837 (1988)), on smooth
bodies as h^(2 p). Both are bounded from two sides: too good a rate fails as well.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from support.marks import thinned
from threadpoolctl import threadpool_limits

from femwgm.config import load_config
from femwgm.eigen.iterations import nearest
from femwgm.fem.problem import MeridianProblem
from femwgm.geometry.build import section_of
from femwgm.geometry.section import Section
from femwgm.ground.expected import Expected
from femwgm.materials import materials_from_config
from femwgm.mesh.planar import Box, build_planar
from femwgm.mesh.sizes import Sizes
from femwgm.solver.eigenmode import solve_eigenmode

pytestmark = pytest.mark.gmsh

M, SHAPE, NEAR = 4, 6, 4.6
"""Azimuthal order of the modes, order of the curved cells, wavenumber (rad/um) around which modes are looked at."""
GRADE, FINEST = 0.7, 1e-4
INDICES = {"glass": 2.0, "silica": 1.45, "silicon": 3.0, "water": 1.33, "air": 1.0}
PILLAR = {"material": "silicon", "radius": "0.3 um", "height": "0.4 um"}
CHIP = [{"name": "chip", "material": "silica", "top": "0 um"}]

KINDS: dict[str, dict[str, Any]] = {
    "layered_sphere": {"layers": [
        {"name": "core", "material": "silica", "radius": "0.8 um"}, {"name": "shell", "material": "glass", "thickness": "0.2 um"},
    ], "ambient": "air"},
    "spheroid": {"layers": [{"name": "body", "material": "glass", "equatorial_radius": "1 um", "polar_radius": "0.8 um"}]},
    "hemisphere": {"radius": "1 um", "background": CHIP},
    "pedestal_sphere": {"radius": "0.8 um", "pillar": PILLAR},
    "disk": {"radius": "1 um", "thickness": "0.5 um", "sidewall_angle_deg": 60, "pillar": PILLAR},
    "ring": {"inner_radius": "0.5 um", "outer_radius": "1 um", "thickness": "0.4 um"},
    "torus": {"diameter": "1.4 um", "minor_diameter": "0.6 um"},
    "toroid": {"diameter": "2 um", "minor_diameter": "0.7 um", "web_thickness": "0.2 um"},
    "bottle": {"radius": "1 um", "curvature_per_um": 0.4, "length": "1 um"},
    "capillary": {"radius": "1 um", "curvature_per_um": 0.4, "length": "1 um", "wall": "0.3 um", "filling": "water"},
    "profile": {"points": [["0 um", "-0.6 um"], ["0.9 um", "-0.3 um"], ["0.7 um", "0.5 um"], ["0 um", "0.6 um"]]},
    "film": {"kind": "pedestal_sphere", "material": "silica", "radius": "0.8 um", "coatings": [
        {"name": "film", "material": "glass", "thickness": "0.2 um", "shares": [[-90, 0.5], [0, 1], [90, 0.5]]},
    ]},
}  # fmt: skip


@pytest.fixture(autouse=True, scope="module")
def _one_thread() -> Iterator[None]:
    with threadpool_limits(1):
        yield


class Boxed:
    """A body in a conducting box, 0.3 um away from it on every side."""

    def __init__(self, geometry: dict[str, Any]) -> None:
        text = str(geometry)
        settings = load_config({
            "schema": 1, "geometry": geometry, "modes": {"window": ["0.9 um", "1 um"]},
            "materials": {name: {"n": n} for name, n in INDICES.items() if f"'{name}'" in text},
        })  # fmt: skip
        media = materials_from_config(settings)
        self.media = {region: media[name] for region, name in settings.geometry.region_materials.items()}
        self.section: Section = section_of(settings.geometry)
        _, r1, z0, z1 = self.section.bounds
        self.box = Box(0.0, r1 + 0.3, z0 - 0.3, z1 + 0.3)

    def problem(self, h: float) -> MeridianProblem:
        """Cells of a size (um), that of a corner's neighbours by their distance."""
        corners = tuple((r, z, FINEST) for (r, z), _ in self.section.corners)
        mesh = build_planar(self.section, self.box, Sizes(h, points=corners, grade=GRADE), SHAPE)
        return MeridianProblem(mesh, self.media, self.section.ambient)


def geometry(kind: str) -> dict[str, Any]:
    common = {"ambient": "air"} if "layers" in KINDS[kind] else {"ambient": "air", "material": "glass"}
    return {"kind": kind, **common, **KINDS[kind]}


MANY_CORNERS = ("bottle", "disk", "ring", "capillary", "toroid", "pedestal_sphere", "profile")


@pytest.mark.parametrize(
    "kind", [pytest.param(kind, marks=[pytest.mark.slow] if kind in MANY_CORNERS else []) for kind in KINDS]
)
def test_every_degree_gains_a_factor(kind: str) -> None:
    problem = Boxed(geometry(kind)).problem(0.25)
    degrees, highest = (2, 3, 4, 5), 7
    errors = []
    pairs = nearest(problem.pencil(2, M, None, complex(NEAR)), NEAR**2, 3)
    for value in pairs.values.real:
        expected = Expected("TE", 1, M, M, complex(np.sqrt(value)))
        mode, found = None, []
        for degree in (*degrees, highest):
            mode = solve_eigenmode(problem, expected, degree, None, near=mode)
            found.append(mode.k0.real)
        errors.append([abs(k / found[-1] - 1.0) for k in found[:-1]])
    mean = np.exp(np.log(errors).mean(axis=0))
    gain = mean[:-1] / mean[1:]
    assert ((gain > 3.0) & (gain < 300.0)).all(), gain
    assert 10.0 < (mean[0] / mean[-1]) ** (1.0 / 3.0) < 130.0, mean


@pytest.mark.parametrize(
    "kind", thinned(["layered_sphere", "spheroid", "torus", "film"], ["spheroid", "torus"])
)
def test_order_in_the_cell_size(kind: str) -> None:
    """On irregular triangles a cell size is an average: an order is known to one unit."""
    body, degree = Boxed(geometry(kind)), 2
    fine = body.problem(0.1)
    exact = np.sqrt(nearest(fine.pencil(degree + 3, M, None, complex(NEAR)), NEAR**2, 3).values.real)
    errors, sizes = [], []
    for h in (0.3, 0.15, 0.1):
        problem = body.problem(h)
        found = np.sqrt(nearest(problem.pencil(degree, M, None, complex(NEAR)), NEAR**2, 5).values.real)
        errors.append([np.abs(found / k - 1.0).min() for k in exact])
        sizes.append(problem.mesh.cells**-0.5)
    slope = np.polyfit(np.log(sizes), np.log(errors).mean(axis=1), 1)[0]
    assert slope == pytest.approx(2.0 * degree, abs=1.0)
