"""Meshes from files: orientation, names, and one clear line for every file that will not do."""

from __future__ import annotations

from pathlib import Path

import meshio
import numpy as np
import pytest
from support.meshes import blocks_mesh, half_disc, rectangle, wavy

from femwgm.errors import MeshError
from femwgm.fem.assemble import gauss_points
from femwgm.fem.mapping import CurvedMapping
from femwgm.ground.typing import Array
from femwgm.mesh.curved import CurvedMesh
from femwgm.mesh.load import assemble_mesh, read_mesh
from femwgm.mesh.save import write_mesh

SQUARE = np.array(
    [[0.0, 0.0, 0.0], [1.0, 0.0, 0.0], [1.0, 1.0, 0.0], [0.0, 1.0, 0.0], [2.0, 0.0, 0.0], [2.0, 1.0, 0.0]]
)
QUADS = [("quad", np.array([[0, 1, 2, 3], [1, 4, 5, 2]]))]
LINES = [("line", np.array([[3, 0]]))]
NAMES = {"glass": np.array([1, 2]), "air": np.array([2, 2]), "axis": np.array([1, 1])}


def write(
    path: Path,
    *,
    points: Array = SQUARE,
    blocks: list[tuple[str, Array]] | None = None,
    tags: list[list[int]] | None = None,
    names: dict[str, Array] | None = None,
    kind: str = "gmsh22",
) -> Path:
    """A .msh file of two squares side by side, one boundary, everything replaceable."""
    blocks = QUADS + LINES if blocks is None else blocks
    tags = [[1, 2], [1]] if tags is None else tags
    data = {"gmsh:physical": [np.array(t) for t in tags], "gmsh:geometrical": [np.array(t) for t in tags]}
    names = NAMES if names is None else names
    meshio.write(
        path, meshio.Mesh(points, blocks, cell_data=data, field_data=names), file_format=kind, binary=False
    )
    return path


def areas(mesh: CurvedMesh) -> Array:
    X, W = gauss_points(mesh.corners, 10)
    return CurvedMapping(mesh).detDF(X) @ W


def test_a_small_file_reads(tmp_path: Path) -> None:
    mesh = read_mesh(write(tmp_path / "two.msh"))
    assert mesh.regions == ("glass", "air")
    assert mesh.region.tolist() == [0, 1]
    assert (mesh.order, mesh.corners, mesh.cells) == (1, 4, 2)
    assert set(mesh.boundaries) == {"axis"}
    ends = mesh.topology.p[:, mesh.topology.facets[:, mesh.boundaries["axis"]]]
    assert np.array_equal(np.sort(ends.reshape(2, 2), axis=1), [[0.0, 0.0], [0.0, 1.0]])
    assert areas(mesh) == pytest.approx([1.0, 1.0])


@pytest.mark.parametrize("corners", [3, 4])
@pytest.mark.parametrize("order", [1, 2, 5, 8])
def test_writing_and_reading_gives_the_same_mesh(corners: int, order: int, tmp_path: Path) -> None:
    blocks = [wavy((0.0, 1.0), (0.0, 1.0), 0.1), rectangle((1.0, 1.5), (0.0, 1.0))]
    mesh = blocks_mesh(blocks, corners, order, 2, shuffle=order, names=["ball", "air"], mirror=True)
    write_mesh(mesh, tmp_path / "mesh.msh")
    back = read_mesh(tmp_path / "mesh.msh")
    assert (back.regions, back.order, back.corners) == (mesh.regions, order, corners)
    assert np.array_equal(back.region, mesh.region)
    assert np.allclose(back.nodes, mesh.nodes, atol=1e-12)
    assert {n: len(f) for n, f in back.boundaries.items()} == {n: len(f) for n, f in mesh.boundaries.items()}
    for name, facets in mesh.boundaries.items():
        middle, other = (
            np.sort(m.topology.p[:, m.topology.facets[:, f]].mean(axis=1), axis=1)
            for m, f in ((mesh, facets), (back, back.boundaries[name]))
        )
        assert np.allclose(middle, other)


@pytest.mark.parametrize("corners", [3, 4])
@pytest.mark.parametrize("order", [1, 2, 3, 6])
def test_clockwise_cells_are_turned(corners: int, order: int) -> None:
    """Shuffled cells, half of them clockwise: positive Jacobians, the same total area, neighbours still joined."""
    mesh = blocks_mesh(half_disc(2.0), corners, order, 2, shuffle=order)
    assert (CurvedMapping(mesh).detDF(gauss_points(corners, 8)[0]) > 0.0).all()
    plain = blocks_mesh(half_disc(2.0), corners, order, 2)
    assert areas(mesh).sum() == pytest.approx(areas(plain).sum(), rel=1e-12)
    assert mesh.topology.nfacets == plain.topology.nfacets
    assert mesh.topology.nvertices == plain.topology.nvertices
    assert np.array_equal(
        mesh.nodes[:, :corners], np.moveaxis(mesh.topology.p[:, mesh.topology.t], 0, -1).swapaxes(0, 1)
    )


def test_a_named_edge_that_is_no_edge_is_refused() -> None:
    cells = QUADS[0][1]
    with pytest.raises(MeshError, match="axis"):
        assemble_mesh(
            SQUARE[:, :2], cells, np.zeros(2, dtype=int), ("a",), {"axis": np.array([[0, 2]])}, 1, 4
        )


def refused(path: Path) -> str:
    with pytest.raises(MeshError) as error:
        read_mesh(path)
    message = str(error.value)
    assert "\n" not in message
    assert path.name in message
    return message


@pytest.mark.parametrize("name", ["none.msh", "none.vtu", "none.xyzzy", "none"])
def test_a_missing_file(name: str, tmp_path: Path) -> None:
    assert "no such file" in refused(tmp_path / name).lower()


@pytest.mark.parametrize(
    "text", ["", "hello\n", "$MeshFormat\n4.1 0 8\n$EndMeshFormat\n$Nodes\n1 4", "\x00\xff" * 50]
)
def test_a_file_that_is_no_mesh(text: str, tmp_path: Path) -> None:
    path = tmp_path / "broken.msh"
    path.write_text(text)
    assert "not a mesh" in refused(path)


@pytest.mark.parametrize("keep", [0.3, 0.6, 0.9])
def test_a_truncated_file(keep: float, tmp_path: Path) -> None:
    path = tmp_path / "cut.msh"
    write_mesh(blocks_mesh(half_disc(1.0), 4, 3, 1), path)
    text = path.read_text()
    path.write_text(text[: int(keep * len(text))])
    refused(path)


def test_a_folder_in_place_of_a_file(tmp_path: Path) -> None:
    folder = tmp_path / "folder.msh"
    folder.mkdir()
    refused(folder)


def test_an_unknown_format(tmp_path: Path) -> None:
    path = tmp_path / "mesh.xyzzy"
    path.write_text("1 2 3")
    assert "not a mesh" in refused(path)


def test_mixed_cells(tmp_path: Path) -> None:
    blocks = [("quad", np.array([[0, 1, 2, 3]])), ("triangle", np.array([[1, 4, 5], [1, 5, 2]]))]
    assert "one type of cell" in refused(write(tmp_path / "mixed.msh", blocks=blocks, tags=[[1], [1, 1]]))


def test_only_lines(tmp_path: Path) -> None:
    assert "one type of cell" in refused(write(tmp_path / "lines.msh", blocks=LINES, tags=[[1]]))


def test_unnamed_regions(tmp_path: Path) -> None:
    assert "named physical groups" in refused(write(tmp_path / "unnamed.msh", names={}))
    assert "named physical groups" in refused(
        write(tmp_path / "half.msh", names={"axis": NAMES["axis"], "air": NAMES["air"]})
    )
    path = tmp_path / "plain.vtk"
    meshio.write(path, meshio.Mesh(SQUARE, QUADS))
    assert "named physical groups" in refused(path)


def test_serendipity_cells(tmp_path: Path) -> None:
    """Eight nodes on a quadrilateral: no middle node, so not the full order that the elements need."""
    middle = 0.5 * (SQUARE[[0, 1, 2, 3]] + SQUARE[[1, 2, 3, 0]])
    points = np.concatenate([SQUARE[:4], middle])
    blocks = [("quad8", np.arange(8)[None, :])]
    assert "quad8" in refused(write(tmp_path / "eight.msh", points=points, blocks=blocks, tags=[[1]]))


def test_negative_radii(tmp_path: Path) -> None:
    """The meridian half plane has r >= 0: a mesh of the whole plane would count everything twice with singular integrals."""
    points = SQUARE - np.array([0.5, 0.0, 0.0])
    assert "r >= 0" in refused(write(tmp_path / "negative.msh", points=points))


def test_not_in_the_plane(tmp_path: Path) -> None:
    points = SQUARE[:, [2, 0, 1]]
    assert "plane" in refused(write(tmp_path / "yz.msh", points=points))


def test_nan_positions(tmp_path: Path) -> None:
    points = SQUARE.copy()
    points[2, 0] = np.nan
    assert "finite" in refused(write(tmp_path / "nan.msh", points=points))


def test_folded_cells(tmp_path: Path) -> None:
    """A quadrilateral whose sides cross has no inside."""
    blocks = [("quad", np.array([[0, 2, 1, 3], [1, 4, 5, 2]])), *LINES]
    assert "folded" in refused(write(tmp_path / "folded.msh", blocks=blocks))
