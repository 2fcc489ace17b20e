"""Small matrix pencils of the discretised problem, and the dense matrices that they stand for."""

from __future__ import annotations

import numpy as np
from support.meshes import blocks_mesh, wavy

from femwgm.fem.assemble import CellMatrices, assemble
from femwgm.fem.condense import Numbering
from femwgm.fem.pencil import Pencil
from femwgm.fem.spaces import Space
from femwgm.ground.typing import Array


def example(
    corners: int = 4, degree: int = 3, m: int = 2, *, stretch: float = 0.0, loss: float = 0.0, n: int = 2
) -> tuple[Pencil, CellMatrices]:
    """Bent cells with the axis inside, two permittivities; complex positions with `stretch`, complex permittivity with `loss`."""
    mesh = blocks_mesh([wavy((0.0, 1.0), (0.0, 0.9), 0.05)], corners, 3, n, shuffle=degree)
    if stretch:
        r, z = np.moveaxis(mesh.nodes, -1, 0)
        mesh = mesh.with_nodes(
            np.stack([r * (1.0 + 1j * stretch * r), z * (1.0 - 0.5j * stretch * r)], axis=-1)
        )
    space = Space(mesh, degree)
    matrices = assemble(space)
    eps = np.where(np.arange(mesh.cells) % 2, 1.0, 2.1) * (1.0 + 1j * loss if loss else 1.0)
    numbering = Numbering(space, space.fixed(m, ["outer"]))
    return Pencil(numbering, matrices.stiffness(m), matrices.mass(eps)), matrices


def dense(numbering: Numbering, cells: Array) -> Array:
    """The assembled matrix over the free unknowns in the order of the numbering, entry by entry from `space.dofs`."""
    space = numbering.space
    whole = np.zeros((space.size, space.size), dtype=cells.dtype)
    for dofs, block in zip(space.dofs, cells, strict=True):
        whole[np.ix_(dofs, dofs)] += block
    order = free_unknowns(numbering)
    return whole[np.ix_(order, order)]


def free_unknowns(numbering: Numbering) -> Array:
    """Global numbers of the free unknowns in the order of the numbering: skeleton first, then the interiors cell by cell."""
    nb = numbering.space.boundary_size
    skeleton = np.full(numbering.skeleton_size + 1, -1)
    skeleton[numbering.boundary] = numbering.space.dofs[:, :nb]
    return np.concatenate([skeleton[:-1], numbering.space.dofs[:, nb:].ravel()])
