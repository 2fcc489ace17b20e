"""Closed cavities with perfectly conducting walls: their exact modes, and the finite-element answer to compare with."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import scipy.linalg as sla
from scipy.optimize import brentq
from scipy.special import jn_zeros, jnp_zeros, spherical_jn

from femwgm.eigen.iterations import nearest
from femwgm.fem.assemble import assemble
from femwgm.fem.condense import Numbering
from femwgm.fem.pencil import Pencil
from femwgm.fem.spaces import Space
from femwgm.ground.typing import Array
from femwgm.mesh.curved import CurvedMesh


def sphere_modes(m: int, below: float) -> Array:
    """k R of all modes of the empty sphere with azimuthal order m, ascending (Jackson, Classical Electrodynamics, section 9.7).

    TE: j_l(x) = 0; TM: (x j_l(x))' = 0; l >= max(1, m), each once for every m.
    """
    x = np.linspace(1e-3, below, 4000)
    found: list[float] = []
    for l in range(max(1, m), int(below) + 2):
        found += roots(lambda t, l=l: spherical_jn(l, t), x)
        found += roots(lambda t, l=l: spherical_jn(l, t) + t * spherical_jn(l, t, derivative=True), x)
    return np.sort(found)


def roots(f: Callable[[Array], Array], x: Array) -> list[float]:
    y = f(x)
    return [brentq(f, x[i], x[i + 1], xtol=1e-15, rtol=1e-15) for i in np.flatnonzero(y[:-1] * y[1:] < 0.0)]


def cylinder_mode(
    kind: str,
    n: int,
    m: int,
    p: int,
    *,
    radius: float,
    length: float,
    eps: complex,
    eps_z: complex | None = None,
) -> complex:
    """k0 of the mode TE_nmp or TM_nmp of a cylinder, uniaxial along its axis if `eps_z` is given.

    (Pozar, Microwave Engineering, section 6.4; n counts azimuthal periods, m radial and p axial half waves.)
    """
    axial = (p * np.pi / length) ** 2
    if kind == "TM":
        square = (jn_zeros(n, m)[-1] / radius) ** 2 / (eps if eps_z is None else eps_z) + axial / eps
    else:
        square = ((jnp_zeros(n, m)[-1] / radius) ** 2 + axial) / eps
    return np.sqrt(square)


def cylinder_modes(m: int, below: float, *, radius: float, length: float, eps: float, eps_z: float) -> Array:
    """k0 of all modes of a cylinder with azimuthal order m, ascending."""
    medium = {"radius": radius, "length": length, "eps": eps, "eps_z": eps_z}
    found = [cylinder_mode("TM", m, i, p, **medium) for i in range(1, 9) for p in range(9)]
    found += [cylinder_mode("TE", m, i, p, **medium) for i in range(1, 9) for p in range(1, 9)]
    return np.sort([k for k in np.real(found) if k < below])


def pencil(
    mesh: CurvedMesh,
    degree: int,
    m: int,
    eps: complex | Array = 1.0,
    *,
    eps_axial: complex | Array | None = None,
    axis: str | None = None,
    conductors: tuple[str, ...] = ("outer",),
) -> Pencil:
    """K - k0^2 M of a cavity."""
    space = Space(mesh, degree)
    matrices = assemble(space, axis=axis)
    numbering = Numbering(space, space.fixed(m, conductors))
    along = None if eps_axial is None else np.broadcast_to(eps_axial, mesh.cells)
    return Pencil(numbering, matrices.stiffness(m), matrices.mass(np.broadcast_to(eps, mesh.cells), along))


def spectrum(problem: Pencil) -> Array:
    """All eigenvalues k0^2 of a real pencil, ascending, by dense linear algebra."""
    identity = np.eye(problem.size)
    K, M = problem.apply_K(identity), problem.apply_M(identity)
    return sla.eigh(0.5 * (K + K.T), 0.5 * (M + M.T), eigvals_only=True)


def mode_near(problem: Pencil, k0: complex) -> complex:
    """The eigenvalue nearest to a known k0, found from a shift a little beside it."""
    value = nearest(problem, k0**2 * (1.0 + 1e-3), 1).values[0]
    return np.sqrt(value + 0j)
