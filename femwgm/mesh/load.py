"""From Gmsh, or from a .msh file through meshio, to a `CurvedMesh`."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from skfem import MeshQuad, MeshTri

from femwgm.errors import MeshError
from femwgm.mesh.curved import CurvedMesh
from femwgm.typing import Array, IntArray

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
                count = _nodes_per_cell(kind, order)
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
    return assemble_mesh(position, np.concatenate(cells), np.concatenate(labels), regions, lines, order, corners.pop())


@lru_cache(maxsize=64)
def _nodes_per_cell(kind: int, order: int) -> tuple[int, int]:
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
    """Curved mesh from node positions (nodes, 2), cells (cells, nodes per cell) and boundary edges by their end nodes (edges, 2)."""
    vertices, renumbered = np.unique(cells[:, :corners], return_inverse=True)
    t = renumbered.reshape(-1, corners).T
    nodes = position[cells]
    flipped = _signed_area(nodes[:, :corners]) < 0.0
    if flipped.any():
        nodes, t = nodes.copy(), t.copy()
        mirror = _mirrored_numbering(corners, order)
        nodes[flipped] = nodes[flipped][:, mirror]
        t[:, flipped] = t[:, flipped][mirror[:corners]]
    cls = MeshQuad if corners == 4 else MeshTri
    points = np.ascontiguousarray(position[vertices].T)
    topology = cls(points, t) if corners == 4 else cls(points, t, sort_t=False)
    number = {int(v): i for i, v in enumerate(vertices)}
    facet = {(int(a), int(b)): i for i, (a, b) in enumerate(np.sort(topology.facets, axis=0).T)}
    boundaries = {}
    for name, edges in lines.items():
        pairs = [sorted((number[int(a)], number[int(b)])) for a, b in edges]
        boundaries[name] = np.array([facet[a, b] for a, b in pairs], dtype=np.int64)
    return CurvedMesh(topology, nodes, order, region.astype(np.int64), regions, boundaries)


def _signed_area(corner: Array) -> Array:
    x, y = corner[..., 0], corner[..., 1]
    return 0.5 * np.sum(x * np.roll(y, -1, axis=1) - y * np.roll(x, -1, axis=1), axis=1)


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
        If the file cannot be read, mixes cell types, or has unnamed regions.
    """
    import meshio

    try:
        mesh = meshio.read(path)
    except (Exception, SystemExit) as error:  # meshio leaves the process on unknown formats
        raise MeshError(f"{path}: not a mesh that meshio can read ({error})") from None
    names = {(int(tag), int(dim)): name for name, (tag, dim) in mesh.field_data.items()}
    blocks = [(i, b) for i, b in enumerate(mesh.cells) if b.dim == 2]
    kinds = {b.type for _, b in blocks}
    if len(kinds) != 1:
        raise MeshError(f"{path}: a mesh must consist of one type of cell, found {sorted(kinds) or 'none'}")
    corners = 4 if next(iter(kinds)).startswith("quad") else 3
    physical = mesh.cell_data.get("gmsh:physical")
    if physical is None or not names:
        raise MeshError(f"{path}: the regions have no names; define named physical groups for surfaces and boundaries")
    cells = np.concatenate([b.data for _, b in blocks]).astype(np.int64)
    tag = np.concatenate([physical[i] for i, _ in blocks])
    regions = tuple(dict.fromkeys(names[int(t), 2] for t in tag))
    region = np.array([regions.index(names[int(t), 2]) for t in tag])
    count = cells.shape[1]
    order = int(round(np.sqrt(count))) - 1 if corners == 4 else int(round((np.sqrt(8 * count + 1) - 3) / 2))
    lines: dict[str, list[IntArray]] = {}
    for i, block in enumerate(mesh.cells):
        if block.dim == 1:
            for t in np.unique(physical[i]):
                edges = block.data[physical[i] == t][:, :2].astype(np.int64)
                lines.setdefault(names.get((int(t), 1), "outer"), []).append(edges)
    merged = {name: np.concatenate(edges) for name, edges in lines.items()}
    return assemble_mesh(mesh.points[:, :2], cells, region, regions, merged, order, corners)
