"""Spheroids as moved polar meshes: ellipses where the circles were, nothing else changed."""

from __future__ import annotations

import numpy as np
import pytest

from femwgm.errors import GeometryError
from femwgm.fem.assemble import gauss_points
from femwgm.fem.mapping import CurvedMapping
from femwgm.fem.pml import stretch_radially
from femwgm.mesh.polar import PolarPlan, build_polar
from femwgm.mesh.spheroidal import polar_semi_axis, to_spheroid

AXES = [(1.0, 0.7), (1.3, 1.1)]
PLAN = PolarPlan(
    (0.0, 0.5, 1.0, 1.3, 2.0), ("core", "core", "shell", "air"), tuple(np.linspace(0.0, np.pi / 2, 5)), 10
)
CLOSED = PolarPlan((0.0, 1.0, 1.3), ("core", "shell"), tuple(np.linspace(0.0, np.pi / 2, 3)), 9)


@pytest.mark.gmsh
def test_volume_of_each_layer() -> None:
    mesh = to_spheroid(build_polar(CLOSED), AXES)
    X, weights = gauss_points(4, 14)
    mapping = CurvedMapping(mesh)
    volume = 2.0 * np.pi * (mapping.detDF(X) * mapping.F(X)[0] * weights).sum(axis=1)  # of the upper half
    core, both = (2.0 * np.pi / 3.0 * a * a * b for a, b in AXES)
    assert volume[mesh.region_cells("core")].sum() == pytest.approx(core, rel=1e-8)
    assert volume[mesh.region_cells("shell")].sum() == pytest.approx(both - core, rel=1e-8)


@pytest.mark.gmsh
def test_the_layer_keeps_its_stretch() -> None:
    real = build_polar(PolarPlan((0.5, 1.0, 1.3, 2.0), ("core", "shell", "pml"), (0.0, 0.3, 0.6), 4))
    stretched = stretch_radially(real, 1.3, 1.5, "pml")
    moved, unstretched = to_spheroid(stretched, AXES, real), to_spheroid(real, AXES)
    assert moved.nodes.real == pytest.approx(unstretched.nodes, abs=1e-14)
    cells = real.region_cells("pml")
    lifted = unstretched.nodes[cells][..., 1] > 0.0
    factor = moved.nodes[cells] / np.where(unstretched.nodes[cells] > 0.0, unstretched.nodes[cells], 1.0)
    rho = np.hypot(*np.moveaxis(real.nodes[cells], -1, 0))
    assert factor[..., 0] == pytest.approx(1.0 + 1.5j * np.maximum(rho - 1.3, 0.0) / rho, abs=1e-14)
    assert factor[..., 1][lifted] == pytest.approx(factor[..., 0][lifted], abs=1e-14)


def test_semi_axes_between_and_beyond_the_interfaces() -> None:
    rho = np.array([0.5, 1.0, 1.15, 1.3, 2.6])
    assert polar_semi_axis(rho, AXES) == pytest.approx([0.35, 0.7, 0.9, 1.1, 2.2])


@pytest.mark.gmsh
def test_semi_axes_must_ascend() -> None:
    with pytest.raises(GeometryError, match="ascend"):
        to_spheroid(build_polar(CLOSED), [(1.0, 1.2), (1.3, 1.1)])
