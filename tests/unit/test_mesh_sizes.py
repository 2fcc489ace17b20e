"""Edge lengths that Gmsh takes from a table: the cells have them, and they are smaller only where a cell would fold."""

from __future__ import annotations

import numpy as np
import pytest

from femwgm.config import load_config
from femwgm.geometry.build import section_of
from femwgm.geometry.section import Section
from femwgm.ground.typing import Array
from femwgm.mesh.planar import Box, build_planar
from femwgm.mesh.sizes import Sizes

pytestmark = pytest.mark.gmsh
BOX = Box(0.0, 4.0, -3.0, 3.0)
R, Z = np.linspace(0.0, 4.0, 81), np.linspace(-3.0, 3.0, 121)


def coated(thickness: str) -> Section:
    settings = load_config({
        "schema": 1, "materials": {"glass": {"n": 1.45}, "film": {"n": 1.6}, "air": {"n": 1.0}},
        "modes": {"window": ["1 um", "1.1 um"]},
        "geometry": {
            "kind": "toroid", "material": "glass", "diameter": "6 um", "minor_diameter": "2 um", "web_thickness": "0.5 um",
            "coatings": [{"name": "film", "material": "film", "thickness": thickness}], "ambient": "air",
        },
    })  # fmt: skip
    return section_of(settings.geometry)


def edges(nodes: Array) -> tuple[Array, Array]:
    """Middle of each cell, and the mean length of its edges."""
    corners = nodes[:, :3]
    return corners.mean(axis=1), np.linalg.norm(corners - np.roll(corners, 1, axis=1), axis=2).mean(axis=1)


def test_cells_are_as_large_as_the_table_says_and_finer_towards_points() -> None:
    wanted = 0.2 + 0.1 * np.broadcast_to(R[:, None], (len(R), len(Z)))
    mesh = build_planar(coated("200 nm"), BOX, Sizes(0.5, R, Z, wanted, ((3.5, 2.0, 0.02),)), 2)
    middle, length = edges(mesh.nodes)
    far = np.hypot(middle[:, 0] - 3.5, middle[:, 1] - 2.0)
    free = (far > 1.0) & (np.abs(middle[:, 1]) > 1.5)
    ratio = length[free] / (0.2 + 0.1 * middle[free, 0])
    assert 0.8 < np.median(ratio) < 1.2
    assert length[np.argmin(far)] < 0.05


def test_a_thin_film_that_turns_makes_cells_small_about_itself_only() -> None:
    sizes = Sizes(0.8, R, Z, np.full((len(R), len(Z)), 0.8))
    mesh = build_planar(coated("15 nm"), BOX, sizes, 4)
    middle, length = edges(mesh.nodes)
    rim = np.hypot(middle[:, 0] - 2.0, middle[:, 1]) < 1.2
    away = np.abs(middle[:, 1]) > 2.0
    assert np.median(length[away]) > 1.5 * np.median(length[rim])


def test_points_of_an_outline_are_where_it_says() -> None:
    """To rounding of floats: combs show 1e-12 of a radius, which all solutions on a mesh have in common."""
    settings = load_config({
        "schema": 1, "materials": {"glass": {"n": 1.45}, "air": {"n": 1.0}}, "modes": {"window": ["1 um", "1.1 um"]},
        "geometry": {"kind": "disk", "material": "glass", "radius": "2.718281828459 um", "thickness": "1 um", "ambient": "air"},
    })  # fmt: skip
    mesh = build_planar(
        section_of(settings.geometry), BOX, Sizes(0.8, R, Z, np.full((len(R), len(Z)), 0.8)), 2
    )
    r = mesh.nodes.real[..., 0]
    rim = r[np.abs(r - 2.718281828459) < 1e-6]
    assert rim.size
    assert np.abs(rim - 2.718281828459).max() < 1e-14
