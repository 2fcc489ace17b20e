"""From a `CurvedMesh` to a .msh file with named physical groups, through meshio."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from femwgm.ground.typing import Array, IntArray
from femwgm.mesh.curved import CurvedMesh, reference_nodes

_QUADS = {1: "quad", 2: "quad9", 3: "quad16", 4: "quad25", 5: "quad36", 6: "quad49", 7: "quad64", 8: "quad81"}
_QUADS |= {9: "quad100", 10: "quad121"}
_TRIANGLES = {
    1: "triangle",
    2: "triangle6",
    3: "triangle10",
    4: "triangle15",
    5: "triangle21",
    6: "triangle28",
}
_TRIANGLES |= {7: "triangle36", 8: "triangle45", 9: "triangle55", 10: "triangle66"}
_LINES = {1: "line", 2: "line3", **{n: f"line{n + 1}" for n in range(3, 11)}}


def write_mesh(mesh: CurvedMesh, path: Path) -> None:
    """Write positions in um (their real parts: an absorbing layer is a stretch of them), regions and boundaries by name."""
    import meshio

    corners, order = mesh.corners, mesh.order
    flat = mesh.nodes.real.reshape(-1, 2)
    size = float(np.abs(flat).max())
    _, first, number = np.unique(
        np.rint(flat / (1e-9 * size)), axis=0, return_index=True, return_inverse=True
    )
    cells = number.reshape(mesh.cells, -1)
    points = np.column_stack([flat[first], np.zeros(len(first))])
    field_data = {name: np.array([tag, 2]) for tag, name in enumerate(mesh.regions, start=1)}
    blocks = [((_QUADS if corners == 4 else _TRIANGLES)[order], cells)]
    tags = [mesh.region + 1]
    for tag, (name, facets) in enumerate(sorted(mesh.boundaries.items()), start=1):
        if len(facets):
            blocks.append((_LINES[order], _edge_nodes(mesh, cells, facets)))
            tags.append(np.full(len(facets), tag))
            field_data[name] = np.array([tag, 1])
    out = meshio.Mesh(
        points, blocks, cell_data={"gmsh:physical": tags, "gmsh:geometrical": tags}, field_data=field_data
    )
    meshio.write(path, out, file_format="gmsh22", binary=False)


def _edge_nodes(mesh: CurvedMesh, cells: Array, facets: IntArray) -> IntArray:
    """Node numbers of boundary edges, ends first, then along the edge."""
    topology = mesh.topology
    X = np.rint(reference_nodes(mesh.corners, mesh.order) * mesh.order).astype(int).T
    where = {(int(x), int(y)): i for i, (x, y) in enumerate(X)}
    corner = X[: mesh.corners]
    rows = []
    for facet in facets:
        cell = topology.f2t[0, facet]
        a, b = (int(np.flatnonzero(topology.t[:, cell] == v)[0]) for v in topology.facets[:, facet])
        step = (corner[b] - corner[a]) // mesh.order
        along = [where[tuple((corner[a] + i * step).tolist())] for i in range(mesh.order + 1)]
        rows.append(cells[cell, [along[0], along[-1], *along[1:-1]]])
    return np.array(rows)
