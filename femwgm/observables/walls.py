"""Loss in walls that conduct well but not perfectly, by perturbation from the field of the perfect cavity.

A wall of surface resistance R_s absorbs R_s/2 of the square of the tangential magnetic field on each unit of its area, so
Q = omega mu_0 int |H|^2 dV / (R_s oint |H_t|^2 dS) (Pozar, Microwave Engineering, section 6.3).
"""

from __future__ import annotations

import numpy as np

from femwgm.fem.field import CellField
from femwgm.fem.mapping import CurvedMapping
from femwgm.ground.numerics import unit_gauss
from femwgm.ground.typing import Array
from femwgm.observables.energy import RegionIntegrals

VACUUM_IMPEDANCE_OHM = 376.730313412
"""Impedance of vacuum (CODATA 2018)."""


def wall_q(
    field: CellField, integrals: RegionIntegrals, resistance_ohm: float, boundary: str = "wall"
) -> float | None:
    """Quality factor of the loss in the facets of a named boundary; None where there are none.

    Parameters
    ----------
    field, integrals
        The mode and its region integrals (both halves, where the domain ends at a mirror plane).
    resistance_ohm
        Surface resistance R_s.
    boundary
        Name of the walls in the mesh.
    """
    mesh = field.space.mesh
    facets = mesh.boundaries.get(boundary, np.zeros(0, dtype=np.int64))
    if not len(facets):
        return None
    cells = mesh.topology.f2t[0, facets]
    X, along, weights = _points(field, facets, cells)
    _, H, x = field.at_reference(X, cells)
    tangent = np.einsum("ijep,jep->iep", CurvedMapping(mesh).DF(X, cells), along).real
    length = np.hypot(tangent[0], tangent[1])
    parallel = (H[0] * tangent[0] + H[2] * tangent[1]) / length
    density = np.abs(H[1]) ** 2 + np.abs(parallel) ** 2
    both = 2.0 if field.mirror else 1.0
    lost = both * 2.0 * np.pi * float((x[0].real * density * length * weights).sum())
    return float(field.k0.real * VACUUM_IMPEDANCE_OHM * integrals.magnetic.sum() / (resistance_ohm * lost))


def _points(field: CellField, facets: Array, cells: Array) -> tuple[Array, Array, Array]:
    """Reference points on a facet of each cell (2, cells, points), the tangents d X / d t, and the weights (points,)."""
    mesh = field.space.mesh
    t, w = unit_gauss(field.space.degree + 4)
    corner = np.array(
        [[0, 0], [1, 0], [1, 1], [0, 1]] if mesh.corners == 4 else [[0, 0], [1, 0], [0, 1]], dtype=float
    )
    ends, local = mesh.topology.facets[:, facets], mesh.topology.t[:, cells]
    start, stop = np.argmax(local == ends[0], axis=0), np.argmax(local == ends[1], axis=0)
    along = (corner[stop] - corner[start]).T[:, :, None] + np.zeros(len(t))
    return corner[start].T[:, :, None] + along * t, along, w
