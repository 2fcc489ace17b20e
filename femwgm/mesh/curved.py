"""Curved meshes: a scikit-fem mesh for the topology, high-order nodes for the shape, names for regions and boundaries."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from typing import Any

import numpy as np

from femwgm.ground.typing import Array, IntArray


@lru_cache(maxsize=64)
def reference_nodes(corners: int, order: int) -> Array:
    """Reference coordinates of the Lagrange nodes of a cell in the order of the .msh format, shape (2, nodes).

    Vertices first, then the nodes of each edge in turn, then the interior as a cell of lower order (Gmsh manual, "Node order").
    The unit square has the vertices (0,0), (1,0), (1,1), (0,1); the unit triangle (0,0), (1,0), (0,1).

    >>> reference_nodes(4, 2).T[-1]
    array([0.5, 0.5])
    """
    shape = np.array([[0, 0], [1, 0], [1, 1], [0, 1]] if corners == 4 else [[0, 0], [1, 0], [0, 1]])
    layer, inset = order, 0
    points: list[Array] = []
    while layer > 0:
        points += list(inset + layer * shape)
        for a, b in zip(shape, np.roll(shape, -1, axis=0), strict=True):
            points += [inset + layer * a + i * (b - a) for i in range(1, layer)]
        inset, layer = inset + 1, layer - (2 if corners == 4 else 3)
    if layer == 0:
        points.append(np.array([inset, inset]))
    return np.array(points, dtype=float).T / order


@dataclass(frozen=True)
class CurvedMesh:
    """Cells of the meridian half plane with polynomial maps of any order.

    Attributes
    ----------
    topology
        `skfem.MeshQuad` or `skfem.MeshTri` of the vertices (not sorted: orientation is the elements' own business).
    nodes
        Positions (r, z) in um of the Lagrange nodes of each cell, shape (cells, nodes, 2), ordered as `reference_nodes`;
        complex where a perfectly matched layer stretches them.
    order
        Polynomial order of the map from the reference cell.
    region
        Index into `regions` of each cell, shape (cells,).
    regions
        Names of the regions.
    boundaries
        Facet numbers of each named boundary ("axis", "mirror", "outer").
    medium
        Index into `regions` of the region whose medium fills each cell, where an absorbing layer continues several of them; None
        if every cell has the medium of its region, and an absorbing layer that of the ambient.
    """

    topology: Any
    nodes: Array
    order: int
    region: IntArray
    regions: tuple[str, ...]
    boundaries: dict[str, IntArray] = field(default_factory=dict)
    medium: IntArray | None = None

    @property
    def corners(self) -> int:
        """4 for quadrilaterals, 3 for triangles."""
        return int(self.topology.t.shape[0])

    @property
    def cells(self) -> int:
        """Number of cells."""
        return int(self.nodes.shape[0])

    def region_cells(self, name: str) -> IntArray:
        """Numbers of the cells of a region."""
        return np.flatnonzero(self.region == self.regions.index(name))

    def with_nodes(self, nodes: Array) -> CurvedMesh:
        """The same topology with other node positions: a stretched, moved or rescaled mesh."""
        return replace(self, nodes=nodes)

    @cached_property
    def bounds(self) -> tuple[Array, Array]:
        """Corners (lower, upper) of the box around each cell, each of shape (cells, 2), of the real positions."""
        real = self.nodes.real
        return real.min(axis=1), real.max(axis=1)

    @cached_property
    def axis_distance(self) -> float:
        """Distance (um) from the axis below which fields follow their power law in r: a hundredth of the cells there, or zero."""
        lower, upper = self.bounds
        touching = lower[:, 0] <= 1e-9 * upper[:, 0].max()
        return 0.01 * float((upper - lower)[touching, 0].min()) if touching.any() else 0.0
