"""Layers of cells about a sharp edge: the same domain, cut where it was not, with its boundaries and media kept."""

from __future__ import annotations

import numpy as np
import pytest

from femwgm.mesh.corners import RATIO, towards_corners
from femwgm.mesh.curved import CurvedMesh, reference_nodes
from femwgm.mesh.load import assemble_mesh

FINEST = 1e-3


def bent(x: np.ndarray) -> np.ndarray:
    """A smooth map that bends the lines of a square without moving its sides r = 1 and z = 0."""
    r, z = np.moveaxis(x, -1, 0)
    return np.stack([r + 0.1 * (r - 1.0) * z, z], axis=-1)


@pytest.fixture(scope="module")
def square() -> CurvedMesh:
    """Four curved triangles about (1.5, 0.5) in 1 < r < 2, 0 < z < 1; the lowest has a medium of its own."""
    corners = np.array([[1.0, 0.0], [2.0, 0.0], [2.0, 1.0], [1.0, 1.0], [1.5, 0.5]])
    X = reference_nodes(3, 2)
    weights = np.stack([1.0 - X[0] - X[1], X[0], X[1]])
    positions, cells, known = [], [], {}
    for a in range(4):
        cell = []
        for point in weights.T @ corners[[a, (a + 1) % 4, 4]]:
            key = tuple(np.round(point, 9))
            if key not in known:
                known[key] = len(positions)
                positions.append(point)
            cell.append(known[key])
        cells.append(cell)
    number = [known[tuple(p)] for p in corners[:4]]
    lines = {"axis": np.array([[number[3], number[0]]]), "mirror": np.array([number[:2]])}
    return assemble_mesh(
        bent(np.array(positions)), np.array(cells), np.array([1, 0, 0, 0]), ("air", "glass"), lines, 2, 3
    )


def area(mesh: CurvedMesh, region: int) -> float:
    from femwgm.fem.assemble import gauss_points
    from femwgm.fem.mapping import CurvedMapping

    X, w = gauss_points(3, 4)
    (a, b), (c, d) = CurvedMapping(mesh).DF(X)
    return float(((a * d - b * c) * w).sum(axis=1)[mesh.region == region].sum())


@pytest.mark.parametrize("point", [(1.0, 0.0), (1.525, 0.5)], ids=["rim", "inside"])
def test_layers_about_a_vertex(square: CurvedMesh, point: tuple[float, float]) -> None:
    mesh = towards_corners(square, [(*point, FINEST)])
    for region in (0, 1):
        assert area(mesh, region) == pytest.approx(area(square, region), rel=1e-12)
    vertex = int(np.argmin(np.hypot(mesh.topology.p[0] - point[0], mesh.topology.p[1] - point[1])))
    about = mesh.nodes[(mesh.topology.t == vertex).any(axis=0), :3]
    size = np.ptp(about, axis=1).max()
    assert RATIO * FINEST < size < 2.0 * FINEST
    owners = (mesh.topology.f2t >= 0).sum(axis=0)
    assert (owners == 1).sum() == 4 + 2 * (mesh.boundaries["axis"].size - 1 if point[0] == 1.0 else 0)


def test_boundaries_keep_their_names(square: CurvedMesh) -> None:
    mesh = towards_corners(square, [(1.0, 0.0, FINEST)])
    for name, axis, value in (("axis", 0, 1.0), ("mirror", 1, 0.0)):
        ends = mesh.topology.p[:, mesh.topology.facets[:, mesh.boundaries[name]]]
        assert np.abs(ends[axis] - value).max() < 0.1
        assert np.abs(np.diff(ends[1 - axis], axis=0)).sum() == pytest.approx(1.0)


def test_a_point_that_is_no_vertex_changes_nothing(square: CurvedMesh) -> None:
    assert towards_corners(square, [(1.3, 0.6, FINEST), (1.0, 0.0, 10.0)]) is square
