"""From Gmsh, or from a .msh file through meshio, to a `CurvedMesh`."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from skfem import MeshQuad, MeshTri

from femwgm.errors import MeshError
from femwgm.geometry.mesh_file import half_plane, plane_cells, read_plane_mesh
from femwgm.ground.typing import Array, IntArray
from femwgm.mesh.curved import CurvedMesh

_LINE, _TRIANGLE, _QUADRILATERAL = 1, 2, 3


def from_model(model: Any, order: int, regions: tuple[str, ...]) -> CurvedMesh:
    """Curved mesh of the current Gmsh model, regions and boundaries by the names of its physical groups."""
    tags, coordinates, _ = model.mesh.getNodes()
    position = np.empty((int(tags.max()) + 1, 2))
    position[tags] = coordinates.reshape(-1, 3)[:, :2]
    cells, labels, corners = [], [], set()
    groups = {model.getPhysicalName(dim, tag): (dim, tag) for dim, tag in model.getPhysicalGroups()}
    for label, name in enumerate(regions):
        for entity in model.getEntitiesForPhysicalGroup(*groups[name]):
            for kind, _, nodes in zip(*model.mesh.getElements(2, entity), strict=True):
                count = _nodes_per_cell(kind)
                corners.add(4 if count[1] == _QUADRILATERAL else 3)
                cells.append(nodes.reshape(-1, count[0]).astype(np.int64))
                labels.append(np.full(len(cells[-1]), label))
    if len(corners) != 1:
        raise MeshError("a mesh must consist of triangles only or of quadrilaterals only")
    lines = {}
    for name, (dim, tag) in groups.items():
        if dim == 1:
            ends = [
                nodes.reshape(-1, order + 1)[:, :2]
                for entity in model.getEntitiesForPhysicalGroup(dim, tag)
                for _, _, nodes in zip(*model.mesh.getElements(1, entity), strict=True)
            ]
            lines[name] = np.concatenate(ends).astype(np.int64)
    return assemble_mesh(
        position, np.concatenate(cells), np.concatenate(labels), regions, lines, order, corners.pop()
    )


@lru_cache(maxsize=64)
def _nodes_per_cell(kind: int) -> tuple[int, int]:
    from gmsh import model

    _, _, _, count, _, primary = model.mesh.getElementProperties(kind)
    return int(count), _QUADRILATERAL if primary == 4 else _TRIANGLE


def assemble_mesh(
    position: Array,
    cells: IntArray,
    region: IntArray,
    regions: tuple[str, ...],
    lines: dict[str, IntArray],
    order: int,
    corners: int,
) -> CurvedMesh:
    """Curved mesh from node positions (nodes, 2), cells (cells, nodes per cell) and boundary edges by their end nodes (edges, 2).

    Raises
    ------
    MeshError
        If a cell is folded or flat, or a boundary edge is not the edge of a cell.
    """
    vertices, renumbered = np.unique(cells[:, :corners], return_inverse=True)
    t = np.ascontiguousarray(renumbered.reshape(-1, corners).T)
    nodes = position[cells]
    flipped = _signed_area(nodes[:, :corners]) < 0.0
    if flipped.any():
        nodes, t = nodes.copy(), t.copy()
        mirror = _mirrored_numbering(corners, order)
        nodes[flipped] = nodes[flipped][:, mirror]
        t[:, flipped] = t[:, flipped][mirror[:corners]]
    if not (_corner_areas(nodes[:, :corners]) > 0.0).all():
        raise MeshError(
            "a cell is folded or flat: two of its sides cross, or three of its corners lie on one line"
        )
    topology = topology_of(np.ascontiguousarray(position[vertices].T), t)
    number = {int(v): i for i, v in enumerate(vertices)}
    facet = {(int(a), int(b)): i for i, (a, b) in enumerate(np.sort(topology.facets, axis=0).T)}
    boundaries = {}
    for name, edges in lines.items():
        pairs = [sorted((number.get(int(a), -1), number.get(int(b), -1))) for a, b in edges]
        if any((a, b) not in facet for a, b in pairs):
            raise MeshError(f"the boundary {name!r} has a line that is not the edge of a cell")
        boundaries[name] = np.array([facet[a, b] for a, b in pairs], dtype=np.int64)
    return CurvedMesh(topology, nodes, order, region.astype(np.int64), regions, boundaries)


def topology_of(points: Array, cells: IntArray) -> MeshQuad | MeshTri:
    """The scikit-fem mesh of vertices (2, points) and cells (corners, cells), in which the order of the corners is kept."""
    points, cells = np.ascontiguousarray(points), np.ascontiguousarray(cells)
    return MeshQuad(points, cells) if len(cells) == 4 else MeshTri(points, cells, sort_t=False)


def _signed_area(corner: Array) -> Array:
    x, y = corner[..., 0], corner[..., 1]
    return 0.5 * np.sum(x * np.roll(y, -1, axis=1) - y * np.roll(x, -1, axis=1), axis=1)


def _corner_areas(corner: Array) -> Array:
    """Signed area between the two sides at each corner, shape (cells, corners); at most zero where a cell is folded or flat."""
    ahead, back = np.roll(corner, -1, axis=1) - corner, np.roll(corner, 1, axis=1) - corner
    area = ahead[..., 0] * back[..., 1] - ahead[..., 1] * back[..., 0]
    size = np.linalg.norm(ahead, axis=-1) * np.linalg.norm(back, axis=-1)
    return np.where(area > 1e-9 * size, area, 0.0)


def _mirrored_numbering(corners: int, order: int) -> IntArray:
    """Renumbering of a cell's nodes that swaps the two reference directions, which reverses its orientation."""
    from femwgm.mesh.curved import reference_nodes

    X = np.rint(reference_nodes(corners, order) * order).astype(int)
    where = {(int(x), int(y)): i for i, (x, y) in enumerate(X.T)}
    return np.array([where[int(y), int(x)] for x, y in X.T])


def read_mesh(path: Path) -> CurvedMesh:
    """Read a .msh file (or any file that meshio reads) with named physical groups.

    Raises
    ------
    MeshError
        If the file cannot be read, mixes cell types, has unnamed regions, folded cells, or positions off the half plane r >= 0.
    """
    try:
        return _from_meshio(read_plane_mesh(Path(path)))
    except MeshError as error:
        raise MeshError(f"{path}: {error}") from None


def _from_meshio(mesh: Any) -> CurvedMesh:
    names = {(int(tag), int(dim)): name for name, (tag, dim) in mesh.field_data.items()}
    blocks, kind = plane_cells(mesh)
    physical = mesh.cell_data.get("gmsh:physical")
    tag = None if physical is None else np.concatenate([physical[i] for i, _ in blocks])
    if tag is None or any((int(t), 2) not in names for t in tag):
        raise MeshError("a region has no name; define named physical groups for all surfaces and boundaries")
    regions = tuple(dict.fromkeys(names[int(t), 2] for t in tag))
    region = np.array([regions.index(names[int(t), 2]) for t in tag])
    cells = np.concatenate([b.data for _, b in blocks]).astype(np.int64)
    corners, order = _shape(kind, cells.shape[1])
    lines: dict[str, list[IntArray]] = {}
    for i, block in enumerate(mesh.cells):
        if block.dim == 1:
            for t in np.unique(physical[i]):
                edges = block.data[physical[i] == t][:, :2].astype(np.int64)
                lines.setdefault(names.get((int(t), 1), "outer"), []).append(edges)
    merged = {name: np.concatenate(edges) for name, edges in lines.items()}
    return assemble_mesh(half_plane(mesh.points), cells, region, regions, merged, order, corners)


def _shape(kind: str, count: int) -> tuple[int, int]:
    """Corners and order of a cell type of meshio with its number of nodes."""
    corners = 4 if kind.startswith("quad") else 3
    for order in range(1, 20):
        if count == ((order + 1) ** 2 if corners == 4 else (order + 1) * (order + 2) // 2):
            return corners, order
    raise MeshError(
        f"cells of type {kind!r} lack inner nodes; save complete ones (Gmsh: Mesh.SecondOrderIncomplete = 0)"
    )
