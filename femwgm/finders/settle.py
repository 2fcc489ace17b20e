"""Finding modes where no exact list says what to expect: eigenpairs around an estimate, told apart by their fields."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from femwgm.eigen.iterations import Eigenmode
from femwgm.eigen.krylov import around
from femwgm.errors import SolveError
from femwgm.fem.problem import MeridianProblem
from femwgm.ground.expected import Expected
from femwgm.modes.labels import Label, identify
from femwgm.observables.layer import STATE_OF_THE_LAYER, layer_share
from femwgm.solver.eigenmode import mirror_condition

_COUNTS = (3, 8, 24)
"""Numbers of eigenpairs to look through around an estimate, growing until the mode is among them."""


def settle(
    problem: MeridianProblem, expected: Expected, degree: int, *, mirrored: bool, radius: float
) -> tuple[Expected, Eigenmode]:
    """The mode expected, with the wavenumber of the eigenpair whose field bears its labels, and this.

    Parameters
    ----------
    problem
        Mesh and media.
    expected
        Labels and an estimate of the wavenumber.
    degree
        Degree of the elements to look with.
    mirrored
        Whether the domain ends at the mirror plane.
    radius
        Equatorial radius of the solid (um).

    Raises
    ------
    SolveError
        If no eigenpair near the estimate has these labels.
    """
    mirror = mirror_condition(expected.pol, expected.p) if mirrored else None
    pencil = problem.pencil(degree, expected.m, mirror, expected.k0)
    shift = complex(expected.k0) ** 2
    if pencil.definite:
        shift = complex(shift.real * (1.0 + 1e-9))
    factor = pencil.factor(shift.real if pencil.definite else shift)
    eps = problem.media(expected.k0).eps
    extent = problem.extent
    seen: list[str] = []
    for count in _COUNTS:
        pairs, _ = around(pencil, shift, count, factor)
        for j in range(len(seen), len(pairs)):
            k0 = complex(np.sqrt(complex(pairs.values[j])))
            field = problem.field(pencil, pairs.vectors[:, j], expected.m, k0, mirror)
            if layer_share(field, problem.matrices(degree)) > STATE_OF_THE_LAYER:
                seen.append("a state of the absorbing layer")
                continue
            label = identify(field, eps, extent[:2], radius, extent[2])
            if (label.pol, label.q, label.p) == (expected.pol, expected.q, expected.p):
                pair = Eigenmode(k0, pairs.vectors[:, j], float(pairs.residuals[j]), pencil, degree)
                return replace(expected, k0=k0), pair
            seen.append(_name(label))
    raise SolveError(
        f"no mode {expected.pol} q={expected.q} p={expected.p} m={expected.m} near {2e3 * np.pi / expected.k0.real:.3f} nm; "
        f"found {', '.join(seen[:6])}"
    )


def _name(label: Label) -> str:
    return f"{label.pol} q={label.q} p={label.p}"
