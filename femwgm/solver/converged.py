"""A mode solved at rising degrees until wavelength and Q meet their goals."""

from __future__ import annotations

from dataclasses import dataclass, replace

from femwgm.eigen.iterations import Eigenmode
from femwgm.errors import SolveError
from femwgm.fem.problem import MeridianProblem
from femwgm.ground.expected import Expected
from femwgm.ground.timing import stage
from femwgm.modes.rates import Rate
from femwgm.observables.quality import RadiationQ, best_radiation_q, steepness
from femwgm.solver.eigenmode import Pick, solve_eigenmode
from femwgm.solver.error_estimate import Remainder
from femwgm.solver.losses import absorption, where_lossless
from femwgm.solver.neighbours import mixed, wanted
from femwgm.solver.observed import Observed, observe
from femwgm.solver.rising import Rising

MAX_DEGREE = 16
_FASTEST = 25.0
"""Factor by which one degree more lessens the error of a wavenumber at best: a smaller change is chance."""

_FAR = 5.0
"""How far above the goal the next degree may seem to end and is tried all the same: the first rates of three are the slowest."""

_IMAGINARY = 0.02
"""Share of the error of a complex wavenumber that its imaginary part has at least."""


@dataclass(frozen=True)
class Goals:
    """Relative errors to reach: wavelength, and radiation Q (`q_required` says whether missing it is a failure).

    `adapt` allows higher degrees than the one begun with.
    """

    wavelength: float
    q: float = 1e-4
    q_required: bool = False
    adapt: bool = True


def _stagnant(misses: dict[int, float], degree: int) -> bool:
    """Whether two degrees more have not halved the error: what is left is the end of the domain, which no degree mends."""
    return any(miss < 2.0 * misses[degree] for lower, miss in misses.items() if lower <= degree - 2)


@dataclass(frozen=True)
class Converged:
    """A mode solved to its goals and observed twice: `second` is what is reported, its changes from `first` are the errors."""

    rising: Rising
    first: Observed
    second: Observed
    error: float
    q_rad: RadiationQ
    absorbed: Rate | None

    @property
    def mode(self) -> Eigenmode:
        return self.rising.mode

    @property
    def left(self) -> Remainder:
        return self.rising.left

    @property
    def other_is_richer(self) -> bool:
        """Whether the solution beside the reported one has the higher degree, as on quadrilaterals."""
        return self.rising.other.degree > self.rising.mode.degree

    @property
    def richer(self) -> Observed:
        return self.first if self.other_is_richer else self.second


def converged(
    problem: MeridianProblem,
    expected: Expected,
    rising: Rising,
    goals: Goals,
    mirror: str | None,
    radius: float,
    pick: Pick,
) -> Converged:
    """Raise the degree until wavelength and Q meet the goals, or no degree brings them nearer."""
    lossy = problem.lossy(expected.k0)
    misses: dict[int, float] = {}
    q_misses: dict[int, float] = {}
    while True:
        degree, error = rising.mode.degree, rising.left.error
        error = max(
            [error, *(goals.wavelength * miss * _FASTEST ** (d - degree) for d, miss in misses.items())]
        )
        misses[degree] = error / goals.wavelength
        goal = wanted(rising.mode, goals.wavelength)
        last = not goals.adapt or degree >= MAX_DEGREE or (error > goal and _stagnant(misses, degree))
        if error <= goal or last:
            beside = replace(rising, other=mixed(rising.other, rising.mode, rising.left))
            second = observe(problem, rising.mode, expected, mirror)
            with stage("error estimate"):
                first = observe(problem, beside.other, expected, mirror)
            absorbed: Rate | None = None
            pair = (first, second)
            if lossy:
                pair, absorbed = _losses(problem, expected, rising, mirror, pick)
            q_rad = _radiation(pair, rising.left, error, radius, careful=goals.q_required)
            q_misses[degree] = (q_rad.error or 0.0) / goals.q
            if q_misses[degree] <= 1.0 or last or _stagnant(q_misses, degree):
                q_rad = _radiation(pair, rising.left, error, radius, careful=True)
                return Converged(beside, first, second, error, q_rad, absorbed)
        higher = degree + (2 if error * rising.left.rate > _FAR * goal else 1)
        try:
            rising = rising.raised(problem, expected, min(higher, MAX_DEGREE), mirror, pick)
        except SolveError:
            goals = replace(goals, adapt=False)  # what a lower degree gave stands


def _radiation(
    pair: tuple[Observed, Observed], left: Remainder, error: float, radius: float, *, careful: bool
) -> RadiationQ:
    """Radiation Q from two solutions; `careful` where an extrapolated eigenvalue must not seem better known than it can be."""
    first, second = pair
    barrier = error * steepness(second.field.m, second.wavenumber * radius)
    imaginary = _IMAGINARY if careful and left.share < 1.0 else 0.0
    return best_radiation_q(first.candidates, second.candidates, left.share, barrier, error, imaginary)


def _losses(
    problem: MeridianProblem,
    expected: Expected,
    rising: Rising,
    mirror: str | None,
    pick: Pick,
) -> tuple[tuple[Observed, Observed], Rate]:
    """The lossless twin of a lossy body, whose radiation means the same at any loss, and 1/Q of the absorption."""
    twin, pair = problem.lossless, (rising.other, rising.mode)
    bare = tuple(
        solve_eigenmode(
            twin, expected, mode.degree, mirror, outer=outer, near=where_lossless(problem, mode), pick=pick
        )
        for mode, outer in zip(pair, rising.outer[::-1], strict=True)
    )
    beside = mixed(bare[0], bare[1], rising.left)
    first, second = (observe(twin, mode, expected, mirror) for mode in (beside, bare[1]))
    absorbed = absorption(problem, pair, (bare[0], bare[1]), rising.left)
    return (first, second), absorbed
