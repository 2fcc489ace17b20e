"""Outlines of the named groups of a finite-element mesh: what a drawing program meshed, as shapes to mesh anew."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from femwgm.config.base import refuse
from femwgm.errors import MeshError
from femwgm.geometry.mesh_file import half_plane, plane_cells, read_plane_mesh
from femwgm.ground.typing import Array, IntArray

_ORDERS = {3: {3: 1, 6: 2, 10: 3, 15: 4, 21: 5}, 4: {4: 1, 8: 2, 9: 2, 16: 3, 25: 4, 36: 5}}
"""Polynomial order of cells with three and four corners by their number of nodes."""
_FLAT = 1e-9

Chain = list[int]
Sides = dict[tuple[int, int], list[tuple[int, Chain]]]
"""Cells at each pair of neighbouring corners, with the nodes of their common side as each walks it."""


@dataclass(frozen=True)
class Traced:
    """Outline of a piece: its region, and points (n, 2) from axis to axis or closed, counterclockwise."""

    region: str
    points: Array

    @property
    def area(self) -> float:
        r, z = self.points.T
        return 0.5 * float(np.sum(r * np.roll(z, -1) - z * np.roll(r, -1)))


def trace(path: Path, name: str, regions: list[str], ambient: str, scale: float) -> list[Traced]:
    """The pieces of the named groups, smaller ones first; other groups belong to the ambient.

    Every connected part of a group is described by its outer outline only, since what lies inside it is a piece of its own. Holes
    without cells, and holes of the ambient, are pieces of the ambient.

    Parameters
    ----------
    path, name
        The file, and what the user calls it.
    regions
        Groups that make up the body.
    scale
        Factor from the file's unit to um.
    """
    points, cells, corners, labels = _read(path, name, regions, ambient)
    points = points * scale
    size = float(np.abs(points).max())
    sides: Sides = defaultdict(list)
    for i, cell in enumerate(cells):
        for chain in _sides(points, cell, corners):
            sides[min(chain[0], chain[-1]), max(chain[0], chain[-1])].append((i, chain))
    component = _components(labels, sides)
    rims = _rims(points[:, 0] < _FLAT * size, sides, component)
    found = []
    for number, chains in rims.items():
        label = labels[int(np.flatnonzero(component == number)[0])]
        if label == ambient and any(alone for _, alone in chains):
            continue  # it reaches the end of the mesh
        unshared = {(chain[0], chain[-1]) for chain, alone in chains if alone}
        for loop in _loops([chain for chain, _ in chains], name):
            piece = Traced(label, points[_joined(loop)])
            if piece.area > 0.0:
                found.append(piece)
            elif all((chain[0], chain[-1]) in unshared for chain in loop):
                found.append(Traced(ambient, piece.points[::-1]))
    return sorted(found, key=lambda piece: piece.area)


def _rims(on_axis: Array, sides: Sides, component: IntArray) -> dict[int, list[tuple[Chain, bool]]]:
    """Sides off the axis around each connected part, and whether no cell lies across."""
    rims: dict[int, list[tuple[Chain, bool]]] = defaultdict(list)
    for (a, b), owners in sides.items():
        inner = len(owners) == 2 and component[owners[0][0]] == component[owners[1][0]]
        if not inner and not (on_axis[a] and on_axis[b]):
            for i, chain in owners:
                rims[int(component[i])].append((chain, len(owners) == 1))
    return rims


def _read(path: Path, name: str, regions: list[str], ambient: str) -> tuple[Array, IntArray, int, list[str]]:
    """Positions (r, z), the cells' nodes, their number of corners, and the region of each cell."""
    try:
        mesh = read_plane_mesh(path)
        blocks, kind = plane_cells(mesh)
        points = half_plane(mesh.points)
    except MeshError as error:
        raise _refuse(str(error), name, "paths are relative to the YAML file") from None
    corners = 4 if kind.startswith("quad") else 3
    cells = np.concatenate([block.data for _, block in blocks]).astype(np.int64)
    if cells.shape[1] not in _ORDERS[corners]:
        raise _refuse(f"cells of {cells.shape[1]} nodes are not supported", name)
    names = _names(mesh, blocks)
    missing = [region for region in regions if region not in names]
    if missing:
        known = ", ".join(repr(n) for n in dict.fromkeys(names) if n)
        raise _refuse(
            f"the mesh has no group {missing[0]!r}", name, f"its groups are {known or 'without names'}"
        )
    return points, cells, corners, [n if n in regions else ambient for n in names]


def _names(mesh: Any, blocks: list[tuple[int, Any]]) -> list[str]:
    """Name of the group of each cell: physical groups of Gmsh, or the cell sets of other formats."""
    physical = mesh.cell_data.get("gmsh:physical")
    if physical is not None:
        names = {(int(tag), int(dim)): name for name, (tag, dim) in mesh.field_data.items()}
        return [names.get((int(t), 2), "") for i, _ in blocks for t in physical[i]]
    found = []
    for i, block in blocks:
        here = [""] * len(block.data)
        for group, members in mesh.cell_sets.items():
            for j in members[i] if members[i] is not None else ():
                here[int(j)] = group
        found += here
    return found


def _sides(points: Array, cell: IntArray, corners: int) -> list[Chain]:
    """The sides of a cell as chains of nodes, counterclockwise."""
    inner = _ORDERS[corners][len(cell)] - 1
    sides = []
    for side in range(corners):
        middle = cell[corners + side * inner : corners + (side + 1) * inner]
        sides.append([int(n) for n in (cell[side], *middle, cell[(side + 1) % corners])])
    r, z = points[cell[:corners]].T
    if np.sum(r * np.roll(z, -1) - z * np.roll(r, -1)) < 0.0:
        return [side[::-1] for side in sides]
    return sides


def _components(labels: list[str], sides: Sides) -> IntArray:
    """Number of the connected part of its region that each cell belongs to."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    pairs = [
        (owners[0][0], owners[1][0])
        for owners in sides.values()
        if len(owners) == 2 and labels[owners[0][0]] == labels[owners[1][0]]
    ]
    a, b = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    graph = coo_matrix((np.ones(len(a)), (a, b)), shape=(len(labels), len(labels)))
    return np.asarray(connected_components(graph, directed=False)[1])


def _loops(chains: list[Chain], name: str) -> list[list[Chain]]:
    """Chains put in order: from axis to axis first, then the closed ones."""
    following = {chain[0]: chain for chain in chains}
    if len(following) != len(chains):
        raise _refuse("parts of a group touch in a single point", name, "give them groups of their own")
    ends = {chain[-1] for chain in chains}
    loops = []
    for start in [*(node for node in following if node not in ends), *following]:
        loop = []
        node = start
        while node in following:
            chain = following.pop(node)
            loop.append(chain)
            node = chain[-1]
        if loop:
            loops.append(loop)
    return loops


def _joined(loop: list[Chain]) -> Chain:
    nodes = [loop[0][0]]
    for chain in loop:
        nodes += chain[1:]
    return nodes


def _refuse(rule: str, name: str, remedy: str | None = None) -> Exception:
    return refuse(rule, remedy=remedy, value=name, at=("file",))
