"""How wrong a wavenumber may be: its change to a richer solution, split into resolution and end of the domain.

The second solution has more degrees and the other condition where the domain ends. Each of the two changes has its sign, and
where they cancel, their sum says nothing. With x1, x2 the two eigenvectors, x1 written in the richer space, K and M its matrices,

    (k2^2 - k1^2) x2^T M x1 = x2^T (K - k1^2 M) x1,

and the unknowns that only the second solution has at the end of the domain contribute what the condition there changes (Green's
identity: the flux of the first field through the end, weighted by the second); the others contribute the resolution.
"""

from __future__ import annotations

import numpy as np

from femwgm.eigen.iterations import Eigenmode
from femwgm.fem.problem import MeridianProblem, prolong


def wavenumber_error(
    problem: MeridianProblem, primary: Eigenmode, check: Eigenmode, m: int, mirror: str | None
) -> float:
    """Estimated relative error of the real wavenumber of a mode, not below rounding.

    The change to the richer solution, or what the resolution changes and half of what the end of the domain does, whichever is
    more: the true wavenumber lies half-way between the two conditions there. A leaky mode's complex change counts, by its
    modulus: its real part alone passes through zero where parts of the error cancel.

    Parameters
    ----------
    primary
        The mode, on a domain that ends at a conductor.
    check
        The richer solution, with the natural condition there.
    m, mirror
        Azimuthal order and condition at z = 0.
    """
    change = (check.k0 - primary.k0) / primary.k0.real
    end = change_by_end(problem, primary, check, m, mirror)
    rounding = 4.0 * np.finfo(float).eps * np.sqrt(primary.pencil.size)
    return float(max(abs(change), abs(change - end) + 0.5 * abs(end), rounding))


def change_by_end(
    problem: MeridianProblem, primary: Eigenmode, check: Eigenmode, m: int, mirror: str | None
) -> complex:
    """The part of k2 / k1 - 1 that the other condition at the end of the domain brings about."""
    numbering = check.pencil.numbering
    matrices, media = problem.matrices(check.degree), problem.media(check.k0)
    if media.eps_axial is not None:
        return 0.0
    closed = problem.numbering(check.degree, m, mirror)
    end = (closed.boundary == closed.skeleton_size) & (numbering.boundary < numbering.skeleton_size)
    if not end.any():
        return 0.0
    x = numbering.gather(prolong(primary.pencil.numbering, numbering, primary.x[:, None]))
    Mx = matrices.apply_mass(media.eps, x)
    residual = matrices.apply_stiffness(m, x) - primary.k0**2 * Mx
    weight = numbering.gather(check.x[:, None])
    at_end = (weight[:, : end.shape[1]] * residual[:, : end.shape[1]])[end].sum()
    return complex(at_end / (2.0 * primary.k0**2 * (weight * Mx).sum()))
