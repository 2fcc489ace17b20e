"""Loss in walls that conduct well but not perfectly, by perturbation from the field of the perfect cavity.

A wall of surface resistance R_s absorbs R_s/2 of the square of the tangential magnetic field on each unit of its area, so
Q = omega mu_0 int |H|^2 dV / (R_s oint |H_t|^2 dS) (Pozar, Microwave Engineering, section 6.3).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from femwgm.config.schema import RunConfig
from femwgm.fem.field import CellField
from femwgm.fem.mapping import CurvedMapping
from femwgm.fem.problem import MeridianProblem
from femwgm.mesh.domain import PML
from femwgm.modes.mode import Mode
from femwgm.observables.energy import RegionIntegrals
from femwgm.observables.surface import facet_points

VACUUM_IMPEDANCE_OHM = 376.730313412
"""Impedance of vacuum (CODATA 2018)."""


def with_wall_loss(mode: Mode, problem: MeridianProblem | None, config: RunConfig) -> Mode:
    """The mode with the loss in its conducting walls, where they have a resistance.

    The error is the change to the richer solution, or that of first order, which is 1/Q of all losses together.
    """
    resistance = config.geometry.wall_resistance
    if not resistance or problem is None or mode.field_data is None:
        return mode
    q = wall_q(mode.field_data, mode.integrals, resistance)
    if q is None:
        return mode
    lossy = replace(mode, k0=complex(mode.k0.real, mode.k0.imag - 0.5 * mode.k0.real / q), q_wall=q)
    error = abs(1.0 / (lossy.q_total or q))
    if mode.other is not None:
        field, integrals = mode.other
        error = max(error, abs((wall_q(field, integrals, resistance) or q) / q - 1.0))
    return replace(lossy, q_wall_error=error)


def wall_q(
    field: CellField, integrals: RegionIntegrals, resistance_ohm: float, boundary: str = "wall"
) -> float | None:
    """Quality factor of the loss in the facets of a named boundary outside the absorbing layer; None where there are none.

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
    cells = mesh.topology.f2t[0, facets]
    if PML in mesh.regions:
        kept = mesh.region[cells] != mesh.regions.index(PML)
        facets, cells = facets[kept], cells[kept]
    if not len(facets):
        return None
    X, along, weights, _ = facet_points(mesh, facets, cells, field.space.degree + 4)
    _, H, x = field.at_reference(X, cells)
    tangent = np.einsum("ijep,jep->iep", CurvedMapping(mesh).DF(X, cells), along).real
    length = np.hypot(tangent[0], tangent[1])
    parallel = (H[0] * tangent[0] + H[2] * tangent[1]) / length
    density = np.abs(H[1]) ** 2 + np.abs(parallel) ** 2
    both = 2.0 if field.mirror else 1.0
    lost = both * 2.0 * np.pi * float((x[0].real * density * length * weights).sum())
    return float(field.k0.real * VACUUM_IMPEDANCE_OHM * integrals.stored / (resistance_ohm * lost))
