"""A mode at rising degrees: each solution begins with the one before, and the rate of convergence tells the error of the last."""

from __future__ import annotations

from dataclasses import dataclass, replace

from femwgm.eigen.iterations import Eigenmode
from femwgm.fem.problem import MeridianProblem
from femwgm.ground.expected import Expected
from femwgm.ground.timing import stage
from femwgm.solver.eigenmode import Pick, solve_eigenmode
from femwgm.solver.error_estimate import (
    END_MATTERS,
    Remainder,
    change_by_end,
    remainder,
    rounding,
    wavenumber_error,
)


@dataclass(frozen=True)
class Rising:
    """A mode at rising degrees on one mesh.

    Attributes
    ----------
    mode, other
        The best solution whose error is known, and the one whose distance from it tells the errors.
    outer
        Condition at the end of the domain of each.
    left
        What `mode` lacks.
    changes, degrees, end
        Relative changes of the wavenumber by the resolution alone, the degrees between which they are, and what the condition at
        the end of the domain changes.
    """

    mode: Eigenmode
    other: Eigenmode
    outer: tuple[str, str]
    left: Remainder
    changes: tuple[complex, ...] = ()
    degrees: tuple[int, ...] = ()
    end: complex = 0.0

    def raised(
        self, problem: MeridianProblem, expected: Expected, degree: int, mirror: str | None, pick: Pick
    ) -> Rising:
        """With one more solution."""
        if len(self.degrees) < 3:
            return begun(problem, expected, degree, mirror, pick, self.mode)
        with stage("eigenpairs"):
            mode = solve_eigenmode(
                problem, expected, degree, mirror, outer=_NATURAL, near=self.mode, pick=pick
            )
        change = (mode.k0 - self.mode.k0) / mode.k0.real
        told = _told(
            mode, self.mode, _NATURAL, (self.changes[-1], change), (*self.degrees[-2:], degree), self.end
        )
        if abs(self.end) < END_MATTERS * told.left.error:
            return told
        with stage(
            "error estimate"
        ):  # two solutions that end alike do not tell what the end of the domain does to the field
            other = solve_eigenmode(problem, expected, self.mode.degree, mirror, near=self.mode, pick=pick)
        return replace(told, other=other, outer=(_NATURAL, _CONDUCTOR))


_NATURAL, _CONDUCTOR = "natural", "conductor"
_LEAST = 4
"""Degree on triangles from which the last of three solutions is reported, whose error the rate of convergence tells."""
_CONVERGED = 1e-8
"""Residual of a solution that stands; its eigenvalue errs by the square."""
_RICHER = 2
"""Degrees by which another solution is richer otherwise: a field with a parity may gain nothing from one."""


def first_degree(problem: MeridianProblem, degree: int) -> int:
    """Degree of the first solution of a mode that is begun with a degree."""
    return degree if problem.mesh.corners == 4 or degree < _LEAST else degree - 1


def begun(
    problem: MeridianProblem, expected: Expected, degree: int, mirror: str | None, pick: Pick,
    near: Eigenmode | None = None,
) -> Rising:  # fmt: skip
    """The first solutions of a mode.

    On triangles the wavenumber converges by much the same factor from degree to degree: with two lower degrees the error of the
    last solution is known. On a few large quadrilaterals the factor alternates, and a richer solution tells the error.
    """
    if first_degree(problem, degree) == degree:
        return _beside_a_richer(problem, expected, degree, mirror, pick, near)
    with stage("error estimate"):
        before = _known(problem, expected, degree - 1, mirror, pick, near)
        lower = solve_eigenmode(problem, expected, degree - 2, mirror, near=before, pick=pick)
    with stage("eigenpairs"):
        mode = solve_eigenmode(problem, expected, degree, mirror, outer=_NATURAL, near=before, pick=pick)
    k = mode.k0.real
    with stage("error estimate"):
        end = change_by_end(problem, before, mode, expected.m, mirror)
    changes = ((before.k0 - lower.k0) / k, (mode.k0 - before.k0) / k - end)
    return _told(mode, before, _CONDUCTOR, changes, (degree - 2, degree - 1, degree), end)


def _known(
    problem: MeridianProblem, expected: Expected, degree: int, mirror: str | None, pick: Pick,
    near: Eigenmode | None,
) -> Eigenmode:  # fmt: skip
    """The solution of a degree; one that is at hand need not be solved for again, unless the media follow the wavenumber."""
    if near is not None and near.degree == degree and near.residual < _CONVERGED and not problem.dispersive:
        return near
    return solve_eigenmode(problem, expected, degree, mirror, near=near, pick=pick)


def _told(
    mode: Eigenmode, before: Eigenmode, outer: str, changes: tuple[complex, ...], degrees: tuple[int, ...], end: complex
) -> Rising:  # fmt: skip
    left = remainder(degrees, changes, end, rounding(mode))
    return Rising(mode, before, (_NATURAL, outer), left, changes, degrees, end)


def _beside_a_richer(
    problem: MeridianProblem, expected: Expected, degree: int, mirror: str | None, pick: Pick,
    near: Eigenmode | None,
) -> Rising:  # fmt: skip
    with stage("eigenpairs"):
        mode = _known(problem, expected, degree, mirror, pick, near)
    with stage("error estimate"):
        richer = solve_eigenmode(
            problem, expected, degree + _RICHER, mirror, outer=_NATURAL, near=mode, pick=pick
        )
        error = wavenumber_error(problem, mode, richer, expected.m, mirror)
    return Rising(mode, richer, (_CONDUCTOR, _NATURAL), Remainder(error))
