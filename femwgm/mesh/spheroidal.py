"""Layered spheroids as moved spheres: the polar mesh keeps its topology, its nodes go to the ellipsoids.

A node at the distance rho from the centre of the sphere moves along z only: (r, z) -> (r, z B(rho) / rho), where B is the polar
semi-axis of the surface whose equatorial semi-axis is rho. B is linear between the interfaces and proportional to rho inside the
first and outside the last one, so every surface is an exact ellipse at the nodes and the map is smooth inside each cell.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from femwgm.errors import GeometryError
from femwgm.ground.typing import Array
from femwgm.mesh.curved import CurvedMesh


def polar_semi_axis(rho: Array, semi_axes: Sequence[tuple[float, float]]) -> Array:
    """B(rho) in um for the interfaces' (equatorial, polar) semi-axes, ascending.

    >>> polar_semi_axis(np.array([5.0, 10.0, 20.0]), [(10.0, 8.0)])
    array([ 4.,  8., 16.])
    """
    a, b = np.array(semi_axes, dtype=float).T
    far = 1e3 * max(a[-1], float(np.max(rho, initial=0.0)))
    return np.interp(rho, np.r_[0.0, a, far], np.r_[0.0, b, far * b[-1] / a[-1]])


def to_spheroid(
    mesh: CurvedMesh, semi_axes: Sequence[tuple[float, float]], real: CurvedMesh | None = None
) -> CurvedMesh:
    """Polar mesh whose circles of the equatorial radii become the ellipses of a layered spheroid.

    Parameters
    ----------
    mesh
        Mesh of the sphere, possibly with an absorbing layer (complex nodes); the layer becomes a homothetic one.
    semi_axes
        Equatorial and polar semi-axis of each interface (um).
    real
        The mesh before the absorbing layer was stretched; by default `mesh` itself.

    Raises
    ------
    GeometryError
        If the semi-axes do not ascend.
    """
    if np.any(np.diff(np.array([(0.0, 0.0), *semi_axes]), axis=0) <= 0.0):
        raise GeometryError(
            f"the semi-axes of a layered spheroid must ascend from the centre, got {list(semi_axes)}"
        )
    nodes = (real or mesh).nodes.real
    rho = np.hypot(nodes[..., 0], nodes[..., 1])
    # Cells have their nodes on either side of no interface, so rounding must not push a node across one: B is continuous there.
    safe = np.maximum(rho, 1e-300)
    ratio = np.where(rho > 0.0, polar_semi_axis(safe, semi_axes) / safe, semi_axes[0][1] / semi_axes[0][0])
    moved = mesh.nodes.copy()
    moved[..., 1] *= ratio
    return mesh.with_nodes(moved)
