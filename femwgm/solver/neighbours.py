"""How much a mode may hold of another one next to it, which elements mix with it.

Elements that err by e in the wavenumber turn two modes that lie g apart into each other by an angle of about e / g. As long as e
is not small beside g this angle hardly changes from degree to degree, so that two solutions agree on a mixture: such modes are
solved until e is well below g (`wanted`). From then on the angle falls as e does, and the overlap of one solution with the
neighbour of the other tells what is left of it.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from femwgm.eigen.iterations import Eigenmode
from femwgm.fem.assemble import gauss_points
from femwgm.fem.field import CellField
from femwgm.fem.problem import MeridianProblem, transfer
from femwgm.observables.peak import outside_layer
from femwgm.solver.error_estimate import Remainder

SAME = 0.7
"""Overlap from which two solutions are one mode: 0 for two, 1 for one; neighbours that elements mix stay orthogonal."""
_RESOLVED = 0.05
"""Error of a wavenumber over the distance of the next one up to which the two modes are apart."""
_FINEST = 1e-10
"""Relative error below which modes are not told apart."""


def wanted(mode: Eigenmode, goal: float) -> float:
    """Relative error of the wavenumber with which a mode meets a goal and is apart from those next to it."""
    return min(goal, max(_RESOLVED * mode.apart, _FINEST))


def mixed(other: Eigenmode, mode: Eigenmode, left: Remainder) -> Eigenmode:
    """The solution beside a mode, holding so much of the neighbours that its distance from the mode tells what this may hold.

    Where the two differ by the end of the domain, the truth lies between them: the other one is reflected at the mode, as numbers
    of second order would agree. What is not resolved is added.
    """
    if mode.cluster is None:
        return other
    numbering = other.pencil.numbering
    neighbours = transfer(mode.pencil.numbering, numbering, mode.cluster[:, 1:])
    held = neighbours.T @ other.pencil.apply_M(other.x[:, None])[:, 0]
    unresolved = min(1.0, left.error / mode.apart) if left.error > _RESOLVED * mode.apart else 0.0
    more = -2.0 * held if left.share == 1.0 else np.zeros_like(held)
    sign = np.where(held == 0.0, 1.0, held / np.maximum(np.abs(held), 1e-300))
    more = more + np.where(left.share == 1.0, -sign, sign) * unresolved / left.share
    return replace(other, x=other.x + neighbours @ more, cluster=None)


def overlap(problem: MeridianProblem, one: CellField, other: CellField) -> float:
    """|<a, b>| / sqrt(|<a, a>| |<b, b>|) with the bilinear product int eps (E_r E_r' + E_z E_z' - E_phi E_phi') dV of order m.

    It vanishes for two modes of one problem with different wavenumbers, the absorbing layer aside (Sauvan et al., Phys. Rev.
    Lett. 110, 237401 (2013)), and here for fields of two symmetries or on two meshes.
    """
    mesh = problem.mesh
    if one.m != other.m or one.mirror != other.mirror or not one.space.mesh is other.space.mesh is mesh:
        return 0.0
    points, weights = gauss_points(mesh.corners, max(one.space.degree, other.space.degree) + 2)
    cells = outside_layer(mesh)
    eps = problem.media(complex(one.k0.real)).eps[cells][:, None]
    (a, x), (b, _) = (field.electric(points, cells, keep=True) for field in (one, other))
    measure = eps * x[0] * one.determinant(points, cells) * weights
    product, first, second = (
        abs((measure * (u[0] * v[0] + u[2] * v[2] - u[1] * v[1])).sum()) for u, v in ((a, b), (a, a), (b, b))
    )
    return float(product / np.sqrt(first * second))
