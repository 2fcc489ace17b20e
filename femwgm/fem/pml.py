"""Perfectly matched layers as complex positions.

A field that solves Maxwell's equations continues analytically to complex positions, and an outgoing wave decays there (Chew and
Weedon, Microw. Opt. Technol. Lett. 7, 599 (1994); Teixeira and Chew, ibid. 17, 231 (1998)). The element map takes the
complex positions of its nodes as they are, so the weak form, the assembly and the exact kernel of the curl need no tensors, and
the discrete problem is consistent for any stretch that is polynomial on each cell. The stretch is free of k0: the eigenproblem
stays linear.
"""

from __future__ import annotations

import numpy as np

from femwgm.mesh.curved import CurvedMesh


def stretch_radially(mesh: CurvedMesh, start: float, strength: float, region: str) -> CurvedMesh:
    """Mesh with rho -> start + (1 + i strength) (rho - start) in the cells of a region, rho the distance from the centre (um)."""
    cells = mesh.region_cells(region)
    nodes = mesh.nodes.astype(np.complex128)
    rho = np.hypot(mesh.nodes[cells, :, 0], mesh.nodes[cells, :, 1])
    factor = 1.0 + 1j * strength * np.maximum(rho - start, 0.0) / rho
    nodes[cells] = mesh.nodes[cells] * factor[..., None]
    return mesh.with_nodes(nodes)


def stretch_box(
    mesh: CurvedMesh, start: tuple[float, float, float], strength: float, region: str
) -> CurvedMesh:
    """Mesh with r and z stretched separately beyond a box r < start[0], start[1] < z < start[2], in the cells of a region."""
    cells = mesh.region_cells(region)
    nodes = mesh.nodes.astype(np.complex128)
    r, z = mesh.nodes[cells, :, 0], mesh.nodes[cells, :, 1]
    depth_r = np.maximum(r - start[0], 0.0)
    depth_z = np.maximum(z - start[2], 0.0) + np.minimum(z - start[1], 0.0)
    nodes[cells] = np.stack([r + 1j * strength * depth_r, z + 1j * strength * depth_z], axis=-1)
    return mesh.with_nodes(nodes)
