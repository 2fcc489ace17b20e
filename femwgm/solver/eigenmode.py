"""The eigenpair of an expected mode at one degree: next to a wavenumber, self-consistent where the media disperse."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from femwgm.eigen.iterations import Eigenmode, closest
from femwgm.eigen.reduced import Snapshot
from femwgm.errors import SolveError
from femwgm.fem.condense import FactoredPencil
from femwgm.fem.pencil import Eigenpairs, Pencil
from femwgm.fem.problem import MeridianProblem, transfer
from femwgm.ground.expected import Expected
from femwgm.ground.typing import Array

_FIXED_POINT_STEPS = 12


def mirror_condition(pol: str, p: int) -> str:
    """Condition at z = 0 for a mode: its tangential E vanishes there for TE with even p and TM with odd p.

    >>> mirror_condition("TE", 0), mirror_condition("TM", 0)
    ('conductor', 'natural')
    """
    return "conductor" if (pol == "TE") == (p % 2 == 0) else "natural"


Pick = Callable[[Pencil, Eigenpairs], int]
"""Which of several eigenpairs next to each other is the mode that is meant."""


def solve_eigenmode(
    problem: MeridianProblem, expected: Expected, degree: int, mirror: str | None, *, outer: str = "conductor",
    near: Eigenmode | None = None, pick: Pick | None = None,
) -> Eigenmode:  # fmt: skip
    """Eigenpair next to the expected wavenumber, self-consistent in dispersive media.

    Where the problem knows the families of its modes (`MeridianProblem.families`), a certified reduced basis may answer. Pairs
    closer to each other than `CLUSTER` are solved for as a block, and `pick` tells them apart.

    Raises
    ------
    SolveError
        If nothing converges.
    """
    if problem.families is not None and (near is None or near.cluster is None):

        def snapshot(item: Expected, k: complex, start: Array | None) -> Snapshot:
            mode, factor = _solve_with_factor(problem, item, degree, mirror, outer, k, start, pick)
            return Snapshot(mode.x, factor.solve)

        known = problem.families.find(problem, expected, degree, mirror, outer, snapshot)
        if known is not None:
            k0, x, residual = known
            return Eigenmode(k0, x, residual, problem.pencil(degree, expected.m, mirror, k0, outer), degree)
    start, k = None, complex(expected.k0)
    if near is not None:
        vectors = near.x[:, None] if near.cluster is None else near.cluster
        numbering = problem.numbering(degree, expected.m, mirror, outer)
        start, k = transfer(near.pencil.numbering, numbering, vectors), near.k0
    return _solve_with_factor(problem, expected, degree, mirror, outer, k, start, pick)[0]


CLUSTER = 3e-4
"""Relative distance of wavenumbers below which the order of two modes is no evidence of which is which."""


def _solve_with_factor(
    problem: MeridianProblem, expected: Expected, degree: int, mirror: str | None, outer: str, k: complex,
    start: Array | None = None, pick: Pick | None = None,
) -> tuple[Eigenmode, FactoredPencil]:  # fmt: skip
    """The eigenpair next to a wavenumber, from start vectors (size, columns) if there are any, and the factorisation there."""
    if start is not None and start.ndim == 1:
        start = start[:, None]
    block = 3 if start is None else start.shape[1]
    before: tuple[complex, complex] | None = None
    last = np.inf
    real_only = any(medium.tabulated for medium in problem.materials)
    for _ in range(_FIXED_POINT_STEPS if problem.dispersive else 1):
        pencil = problem.pencil(degree, expected.m, mirror, k, outer)
        if start is not None and pencil.definite and np.iscomplexobj(start):
            largest = start[np.abs(start).argmax(axis=0), np.arange(start.shape[1])]
            start = (start * np.exp(-1j * np.angle(largest))).real
        if pencil.definite:
            k = complex(k.real, 0.0)
        shift = (k * (1.0 + 1e-9)) ** 2
        shift = shift.real if pencil.definite else shift
        factor = pencil.factor(shift)
        pairs = closest(
            pencil, shift, start=start, block=block, factor=factor, wanted=1 if block == 3 else block
        )
        pairs = _with_its_cluster(pencil, pairs, shift, factor, start)
        if len(pairs) > 1 and pick is not None:
            pairs = _first(pairs, pick(pencil, pairs))
        new = complex(np.sqrt(complex(pairs.values[0])))
        start, moved = pairs.vectors, abs(new - k) / abs(new)
        block = start.shape[1]
        # Beside the states of an absorbing layer rounding may leave more than the least of steps.
        settled = moved < 1e-13 or last < moved < 1e-10
        before, k, last = (k, new), new if settled else _next(before, (k, new), real_only), moved
        if settled:
            break
    else:
        if problem.dispersive:
            raise SolveError(
                f"the dispersive index near k0 = {k.real:.6g} rad/um did not settle in {_FIXED_POINT_STEPS} steps"
            )
    cluster = pairs.vectors if len(pairs) > 1 else None
    return Eigenmode(k, pairs.vectors[:, 0], float(pairs.residuals[0]), pencil, degree, cluster), factor


def _next(before: tuple[complex, complex] | None, now: tuple[complex, complex], real_only: bool) -> complex:
    """Where the wavenumber of a dispersive mode settles: by the secant through two pairs (media at k, wavenumber found).

    A table follows the real part of 1 / k alone (`real_only`), and so does the secant.
    """
    if before is None:
        return now[1]
    (k1, new1), (k2, new2) = before, now
    if real_only:
        k1, new1, k2, new2 = (1.0 / k for k in (k1, new1, k2, new2))
    rise = new2 - new1
    if real_only:
        miss = (new2 - k2).real
        change, run = miss - (new1 - k1).real, (k2 - k1).real
        ahead = -miss * run / change if abs(change) > 1e-14 * abs(k2) else miss
        found = complex(k2.real + ahead, new2.imag + (rise.imag * ahead / run if run else 0.0))
        return 1.0 / (found if abs(ahead) < 10.0 * abs(miss) else new2)
    turn = rise - (k2 - k1)
    step = -(new2 - k2) * (k2 - k1) / turn if abs(turn) > 1e-14 * abs(k2) else new2 - k2
    return k2 + step if abs(step) < 10.0 * abs(new2 - k2) else new2


def _with_its_cluster(
    pencil: Pencil, pairs: Eigenpairs, shift: complex, factor: FactoredPencil, start: Array | None
) -> Eigenpairs:
    """The pair that is followed (the first without a start), and after it those within `CLUSTER` of it, all converged."""
    if start is not None and start.shape[1] == 1:
        pairs = _first(pairs, int(np.argmax(np.abs(pencil.apply_M(start).T @ pairs.vectors)[0])))
    near = np.flatnonzero(np.abs(pairs.values - pairs.values[0]) <= 2.0 * CLUSTER * np.abs(pairs.values[0]))
    pairs = pairs.select(near)
    if len(pairs) == 1 or float(pairs.residuals.max()) < _CONVERGED:
        return pairs
    return closest(pencil, shift, start=pairs.vectors, block=len(pairs), factor=factor, wanted=len(pairs))


_CONVERGED = 1e-11
"""Residual up to which the pairs of a cluster need no further iteration."""


def _first(pairs: Eigenpairs, chosen: int) -> Eigenpairs:
    """The pairs with the chosen one in front."""
    return pairs.select(np.array([chosen, *(j for j in range(len(pairs)) if j != chosen)]))
