"""The eigenpair of an expected mode at one degree: next to a wavenumber, self-consistent where the media disperse."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from femwgm.eigen.iterations import Eigenmode, closest
from femwgm.eigen.krylov import resembling_ones
from femwgm.eigen.reduced import Snapshot
from femwgm.errors import SolveError
from femwgm.fem.condense import FactoredPencil
from femwgm.fem.pencil import RESIDUAL_LIMIT, Eigenpairs, Pencil
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
        if moved < 1e-13 or last < moved < 1e-10 or not problem.dispersive:
            break
        if len(pairs) == 1 and moved < _NEAR:
            follow = _Following(problem, pencil, degree, expected.m, mirror, outer, factor)
            mode = follow(pairs.vectors[:, 0], k, new)
            if mode is not None:
                return mode, factor
        before, k, last = (k, new), _next(before, (k, new), problem.tabulated), moved
    else:
        raise SolveError(
            f"the dispersive index near k0 = {k.real:.6g} rad/um did not settle in {_FIXED_POINT_STEPS} steps"
        )
    return Eigenmode.of(pencil, pairs, degree), factor


_NEAR = 1e-3
"""Change of a wavenumber up to which the factorisation at hand corrects what the change of the media does to a vector."""


@dataclass(frozen=True)
class _Following:
    """An eigenpair taken to the wavenumber at which the media are its own, by a factorisation nearby.

    The wavenumber is that of the vector by its quotient, which errs by the square of what the vector does, and the vector is
    corrected by residual inverse iteration (Neumaier, SIAM J. Numer. Anal. 22, 914 (1985)).
    """

    problem: MeridianProblem
    pencil: Pencil
    degree: int
    m: int
    mirror: str | None
    outer: str
    factor: FactoredPencil

    def __call__(self, x: Array, k: complex, new: complex) -> Eigenmode | None:
        """The mode from a vector (size,), the wavenumber k of its media and the one found with them; None if it is lost."""
        best: Eigenmode | None = None
        problem, pencil = self.problem, self.pencil
        for _ in range(_FIXED_POINT_STEPS):
            k = self._wavenumber(x, k, new)
            pencil = problem.pencil(self.degree, self.m, self.mirror, k, self.outer)
            pair = pencil.check(np.zeros(1), x[:, None])
            new, x, residual = (
                complex(np.sqrt(complex(pair.values[0]))),
                pair.vectors[:, 0],
                float(pair.residuals[0]),
            )
            if best is not None and residual > 0.3 * best.residual:
                break
            best = Eigenmode(new, x, residual, pencil, self.degree)
            if residual < _CONVERGED:
                break
            rest = pencil.apply_K(x[:, None]) - new**2 * pencil.apply_M(x[:, None])
            x = x - self.factor.solve(rest)[:, 0]
        return best if best is not None and best.residual < RESIDUAL_LIMIT else None

    def _wavenumber(self, x: Array, k: complex, new: complex) -> complex:
        """Where the quotient of a vector is the wavenumber of its media, from a pair (media at k, quotient new)."""
        matrices, local = self.problem.matrices(self.degree), self.pencil.numbering.gather(x[:, None])[..., 0]
        whole, axial = matrices.mass_form(local, local), matrices.axial_form(local, local)

        def mass(k: complex) -> complex:
            media = self.problem.media(k)
            along = 0.0 if media.eps_axial is None else (media.eps_axial - media.eps) * axial
            return complex((media.eps * whole + along).sum())

        stiffness, before = new**2 * mass(k), None
        for _ in range(_FIXED_POINT_STEPS):
            now = (k, complex(np.sqrt(stiffness / mass(k))))
            k = _next(before, now, self.problem.tabulated)
            before = now
            if abs(now[1] - now[0]) < 1e-14 * abs(k):
                break
        return k


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
    """The pair that is followed (the first without a start), and after it those that it cannot be told from by its wavenumber.

    They are all converged. One vector alone goes to the pair nearest to the shift, or nowhere between two of them: then the pairs
    are sought that a Krylov space begun with it holds.
    """
    width = 2.0 * CLUSTER
    if start is not None and start.shape[1] == 1:
        image = pencil.apply_M(start)
        likeness = np.abs(image.T @ pairs.vectors)[0] / np.sqrt(np.abs(start[:, 0] @ image[:, 0]))
        pairs = _first(pairs, int(np.argmax(likeness)))
        if likeness.max() < _ALIKE or pairs.residuals[0] > _STRAY:
            width = max(width, _WITHIN * abs(pairs.values[0] / shift - 1.0))
            pairs = resembling_ones(pencil, factor, shift, start[:, 0], image[:, 0], width)
    near = np.flatnonzero(np.abs(pairs.values - pairs.values[0]) <= width * np.abs(pairs.values[0]))
    pairs = pairs.select(near)
    if (len(pairs) == 1 and pairs.residuals[0] < _STRAY) or float(pairs.residuals.max()) < _CONVERGED:
        return pairs
    return closest(pencil, shift, start=pairs.vectors, block=len(pairs), factor=factor, wanted=len(pairs))


_ALIKE, _STRAY = 0.99, 1e-9
"""Overlap with what it began with below which a pair may be another mode, and residual above which it may be two of them."""
_WITHIN = 1.0
"""Distance of a neighbour, over how far the wavenumber has moved, within which its order is no evidence either."""
_CONVERGED = 1e-11
"""Residual up to which the pairs of a cluster need no further iteration."""


def _first(pairs: Eigenpairs, chosen: int) -> Eigenpairs:
    """The pairs with the chosen one in front."""
    return pairs.select(np.array([chosen, *(j for j in range(len(pairs)) if j != chosen)]))
