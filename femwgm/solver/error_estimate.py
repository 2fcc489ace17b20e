"""How wrong a wavenumber may be: its change to a richer solution, split into resolution and end of the domain.

The second solution has more degrees and the other condition where the domain ends. Each of the two changes has its sign, and
where they cancel, their sum says nothing. With x1, x2 the two eigenvectors, x1 written in the richer space, K and M its matrices,

    (k2^2 - k1^2) x2^T M x1 = x2^T (K - k1^2 M) x1,

and the unknowns that only the second solution has at the end of the domain contribute what the condition there changes (Green's
identity: the flux of the first field through the end, weighted by the second); the others contribute the resolution.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from femwgm.eigen.iterations import Eigenmode
from femwgm.fem.problem import MeridianProblem, transfer


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
    return float(max(abs(change), abs(change - end) + 0.5 * abs(end), rounding(primary)))


def rounding(mode: Eigenmode) -> float:
    """Relative error of a wavenumber that rounding alone makes."""
    return float(4.0 * np.finfo(float).eps * np.sqrt(mode.pencil.size))


_FASTEST = 0.01
"""Factor on the error for each degree that is believed: a smaller change is chance."""
_ONWARDS = 0.03
"""Factor for the next degree at best: at a sharp edge the first three degrees may fall by 0.01 each, the next ones by 0.2."""
END_MATTERS = 0.6
"""What the end of the domain changes, over the error of a wavenumber beyond which no degree lessens it much."""
_SLOWING = 6.0
"""Towards corners the error falls more slowly the smaller it is."""


@dataclass(frozen=True)
class Remainder:
    """What a solution lacks.

    Attributes
    ----------
    error
        Relative error of its wavenumber.
    share
        Error of a number that errs as the field does, over its distance from the other solution.
    rate
        Factor on the error that one more degree makes.
    """

    error: float
    share: float = 1.0
    rate: float = 1.0 / 30.0


def remainder(degrees: Sequence[int], changes: Sequence[complex], end: complex, least: float) -> Remainder:
    """What the last of three solutions lacks, from the rate at which the changes of the wavenumber fall.

    Parameters
    ----------
    degrees
        Their degrees, ascending.
    changes
        Relative changes of the wavenumber from each to the next by the resolution alone.
    end
        What the condition at the end of the domain changes; half of it is in the error of either condition.
    least
        Relative error that no degree mends.
    """
    span, step = degrees[1] - degrees[0], degrees[2] - degrees[1]
    before = abs(changes[0])
    change = max(abs(changes[1]), before * _FASTEST**span)
    rate = min(change / before, 1.0) ** (1.0 / span) if before > 0.0 else 1.0
    onwards = max(rate, _ONWARDS) ** step
    error = change * min(1.0, _SLOWING * onwards) + 0.75 * abs(end)
    share = 1.0 if abs(end) > END_MATTERS * error else min(1.0, 2.0 * np.sqrt(onwards))
    return Remainder(float(max(error, least)), float(share), float(max(rate, _FASTEST)))


def change_by_end(
    problem: MeridianProblem, primary: Eigenmode, check: Eigenmode, m: int, mirror: str | None
) -> complex:
    """The part of k2 / k1 - 1 that the other condition at the end of the domain brings about."""
    numbering = check.pencil.numbering
    matrices, media = problem.matrices(check.degree), problem.media(check.k0)
    closed = problem.numbering(check.degree, m, mirror)
    end = (closed.boundary == closed.skeleton_size) & (numbering.boundary < numbering.skeleton_size)
    if not end.any():
        return 0.0
    x = numbering.gather(transfer(primary.pencil.numbering, numbering, primary.x[:, None]))
    Mx = matrices.apply_mass(media.eps, x, media.eps_axial)
    residual = matrices.apply_stiffness(m, x) - primary.k0**2 * Mx
    weight = numbering.gather(check.x[:, None])
    at_end = (weight[:, : end.shape[1]] * residual[:, : end.shape[1]])[end].sum()
    return complex(at_end / (2.0 * primary.k0**2 * (weight * Mx).sum()))
