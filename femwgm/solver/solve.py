"""From an expected mode to a computed one: eigenpair, error estimate from a second, richer problem, and observables."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from femwgm.eigen.iterations import Eigenmode, closest
from femwgm.eigen.reduced import Snapshot
from femwgm.errors import SolveError
from femwgm.fem.condense import FactoredPencil
from femwgm.fem.field import CellField
from femwgm.fem.pencil import Eigenpairs, Pencil
from femwgm.fem.problem import MeridianProblem, prolong
from femwgm.geometry.profile import Profile
from femwgm.ground.timing import stage
from femwgm.ground.typing import Array
from femwgm.mesh.domain import PML
from femwgm.modes.expected import Expected
from femwgm.modes.labels import identify
from femwgm.modes.mode import Mode
from femwgm.modes.rates import Rate
from femwgm.observables.ambient import beyond, outer_turning_point, within
from femwgm.observables.effective import volumes
from femwgm.observables.energy import RegionIntegrals, radial_shares, region_integrals
from femwgm.observables.index import group_index, wavenumber_slope
from femwgm.observables.outgoing import SphericalWaves, Waves, plate_waves
from femwgm.observables.peak import Crest, crest
from femwgm.observables.quality import TAIL, RadiationQ, best_radiation_q, radiation_candidates, steepness
from femwgm.observables.sensitivity import bilinear_norm
from femwgm.observables.volume import volume_max
from femwgm.solver.error_estimate import wavenumber_error
from femwgm.solver.losses import absorption, slopes_of

MAX_DEGREE = 16
_FIXED_POINT_STEPS = 12
_ENRICHMENT = 2
"""Degrees by which the second solve is richer: two, because a field with a parity may gain nothing from one."""


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
        start, k = prolong(near.pencil.numbering, numbering, vectors), near.k0
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
        before, k = (k, new), new if moved < 1e-13 else _next(before, (k, new), real_only)
        if moved < 1e-13:
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

    A table follows the real part alone (`real_only`), and so does the secant.
    """
    if before is None:
        return now[1]
    (k1, new1), (k2, new2) = before, now
    rise = new2 - new1
    if real_only:
        miss = (new2 - k2).real
        change, run = miss - (new1 - k1).real, (k2 - k1).real
        ahead = -miss * run / change if abs(change) > 1e-14 * abs(k2) else miss
        found = complex(k2.real + ahead, new2.imag + (rise.imag * ahead / run if run else 0.0))
        return found if abs(ahead) < 10.0 * abs(miss) else new2
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


def solve_mode(
    problem: MeridianProblem, expected: Expected, degree: int, goals: Goals, *, mirrored: bool, radius: float,
    interfaces: dict[str, tuple[float, float]], profile: Profile | None = None,
) -> Mode:  # fmt: skip
    """A mode with its estimated errors, the degree raised until they meet the goals.

    The error of every number is its change to a second solution: richer by `_ENRICHMENT` degrees, and with the natural condition
    where the domain ends, so that the resolution and the truncation are both in it.

    Parameters
    ----------
    degree
        Degree to begin with.
    mirrored
        Whether the domain ends at the mirror plane.
    radius
        Outer radius of the solid (um).
    interfaces
        Inner and outer radius of each region on the equator (um).
    profile
        Surface that the labels follow; a sphere by default.
    """
    begin = time.perf_counter()
    mirror = mirror_condition(expected.pol, expected.p) if mirrored else None
    pick = by_label(problem, expected, mirror, radius, profile)
    lossy = problem.lossy(expected.k0)
    primary: Eigenmode | None = None
    check: Eigenmode | None = None
    misses: dict[int, float] = {}
    q_misses: dict[int, float] = {}
    while True:
        try:
            primary, check = _both(problem, expected, degree, mirror, primary, pick)
        except SolveError:
            if primary is None or check is None:
                raise
            degree, goals = primary.degree, replace(goals, adapt=False)  # what a lower degree gave stands
        with stage("error estimate"):
            error = wavenumber_error(problem, primary, check, expected.m, mirror)
        misses[degree] = error / goals.wavelength
        last = not goals.adapt or degree >= MAX_DEGREE or (misses[degree] > 1.0 and _stagnant(misses, degree))
        if error <= goals.wavelength or last:
            first = observe(problem, primary, expected, mirror)
            with stage("error estimate"):
                second = observe(problem, check, expected, mirror)
            absorbed: Rate | None = None
            if lossy:
                q_rad, absorbed = _losses(problem, expected, (primary, check), mirror, error, radius, pick)
            else:
                q_rad = _radiation(first, second, error, radius)
            q_misses[degree] = (q_rad.error or 0.0) / goals.q
            if q_misses[degree] <= 1.0 or last or _stagnant(q_misses, degree):
                break
        degree = min(degree + (2 if error > 30.0 * goals.wavelength else 1), MAX_DEGREE)
    integrals, field = first.integrals, first.field
    shares, richer, along_radius, along_richer = _evanescent(
        problem, first, second, expected, radius, interfaces
    )
    # Two absorbing layers may change the shares alike: they are known no better than the wavenumber is, and the place where the
    # ambient of a leaky mode ends moves with it.
    floor = 10.0 * error if problem.open else error
    share_error, e2_error, radial_e2_error = (
        max([floor, *(TAIL * abs(one[r] - two[r]) for r in one)])
        for one, two in (
            (shares.energy_share, richer.energy_share),
            (shares.e2_share, richer.e2_share),
            (_present(along_radius), _present(along_richer)),
        )
    )
    if problem.open and expected.degree is not None:
        share_error, e2_error = (
            max(e, _beyond_the_body(problem, radius, primary.k0)) for e in (share_error, e2_error)
        )
    media = problem.media(primary.k0)
    # The maximum often lies on the edge of a cell, where the coarser field is at its worst: the richer one gives the value.
    with stage("error estimate"):
        ambient = problem.mesh.region == problem.mesh.regions.index(problem.ambient)
        reach = _reach(problem, expected, primary.k0, radius)
        peak = crest(second.field, media.eps, limit=(ambient, reach))
        volume = volume_max(richer, peak)
        more = volumes(second.field, problem.matrices(check.degree), problem.media(check.k0), peak)
    volume_error = max(
        error, abs(volume_max(shares, crest(field, media.eps, limit=(ambient, reach))) / volume - 1.0)
    )
    smallest, largest, latitude = problem.extent
    with stage("error estimate"):
        label = identify(
            second.field, media.eps, (smallest, largest), radius, latitude, problem.body_cells, profile
        )  # the less noise, the surer
    n_g, richer_n_g = (_group_index(problem, mode, expected.m, radius) for mode in (primary, check))
    n_g_error = None if n_g is None or richer_n_g is None else max(error, TAIL * abs(richer_n_g / n_g - 1.0))
    q_met = not goals.q_required or (q_rad.error is not None and q_rad.error <= goals.q)
    mode = Mode(
        pol=label.pol, q=label.q, l=expected.m + label.p, m=expected.m, p=label.p, k0=primary.k0, radius=radius,
        n_g=n_g, n_g_error=n_g_error,
        log10_q_rad=q_rad.log10_q, q_rad_source=q_rad.source, q_rad_floor=q_rad.floor, q_error=q_rad.error,
        **_absorption_columns(absorbed), energy=shares.energy_share, e2=shares.e2_share, radial_e2=along_radius,
        share_error=share_error, e2_error=e2_error, radial_e2_error=radial_e2_error if along_radius else None,
        mode_volume_um3=volume, extra={**more, "mode_volume_error": volume_error, **_where(peak)}, crest=peak,
        integrals=integrals,
        wavelength_error=float(error), residual=primary.residual,
        dofs=primary.pencil.size, seconds=time.perf_counter() - begin, confidence=label.confidence,
        te_fraction=label.te_fraction, met=bool(error <= goals.wavelength and q_met), absorption=integrals.absorption,
        field_data=field, richer=(second.field, richer), waves=_waves(problem, field, expected),
    )  # fmt: skip
    rate = mode.loss_rate
    return (
        mode
        if rate is None
        else replace(mode, k0=complex(primary.k0.real, -0.5 * primary.k0.real * rate.value))
    )


def _absorption_columns(rate: Rate | None) -> dict[str, Any]:
    """The absorption of a mode: Q with its relative error, or a floor where the sign is not known."""
    if rate is None or not rate.resolved:
        return {"q_abs": None, "q_abs_floor": rate.floor if rate else None}
    return {"q_abs": 1.0 / rate.value, "q_abs_error": rate.error / abs(rate.value)}


def _group_index(problem: MeridianProblem, mode: Eigenmode, m: int, radius: float) -> float | None:
    """Group index of an eigenpair."""
    media, matrices = problem.media(mode.k0), problem.matrices(mode.degree)
    local = mode.pencil.numbering.gather(mode.x[:, None])[..., 0]
    slope = wavenumber_slope(local, matrices, m, mode.k0, bilinear_norm(local, matrices, mode.k0, media))
    return group_index(slope, radius, slopes_of(problem, mode)[1])


def _where(peak: Crest) -> dict[str, str]:
    """A word on the maximum that the mode volume refers to, where a sharp edge outshines it."""
    return {"mode_volume_at": "interior"} if peak.interior else {}


def _present(shares: Mapping[str, float | None]) -> dict[str, float]:
    """Shares that exist."""
    return {name: share for name, share in shares.items() if share is not None}


def _both(
    problem: MeridianProblem,
    expected: Expected,
    degree: int,
    mirror: str | None,
    near: Eigenmode | None,
    pick: Pick,
) -> tuple[Eigenmode, Eigenmode]:
    """A mode, and the second solution that tells its errors."""
    with stage("eigenpairs"):
        primary = solve_eigenmode(problem, expected, degree, mirror, near=near, pick=pick)
    with stage("error estimate"):
        check = solve_eigenmode(
            problem, expected, degree + _ENRICHMENT, mirror, outer="natural", near=primary, pick=pick
        )
    return primary, check


@dataclass(frozen=True)
class Observed:
    field: CellField
    integrals: RegionIntegrals
    candidates: dict[str, float]
    wavenumber: float
    """In the ambient medium (rad/um)."""


def observe(problem: MeridianProblem, mode: Eigenmode, expected: Expected, mirror: str | None) -> Observed:
    """Normalised field, region integrals and radiation of an eigenpair: what is computed twice to know its error."""
    media = problem.media(complex(mode.k0.real))
    field = problem.field(mode.pencil, mode.x, expected.m, mode.k0, mirror)
    integrals = region_integrals(field, problem.matrices(mode.degree), media)
    total = integrals.electric.sum()
    scale = 1.0 / np.sqrt(total if total > 0.0 else integrals.magnetic.sum())
    field, integrals = field.scaled(scale), integrals.scaled(scale**2)
    index = complex(problem.materials[problem.mesh.regions.index(problem.ambient)].index(mode.k0)).real
    degrees, pol = expected.outgoing
    stored = None
    if problem.open:  # the norm of the resonant state holds what lies beyond the start of the absorbing layer
        local = mode.pencil.numbering.gather(mode.x[:, None])[..., 0]
        norm = bilinear_norm(local, problem.matrices(mode.degree), mode.k0, media)
        stored = field.revolution * abs(norm) * scale**2
    candidates = radiation_candidates(
        field,
        integrals,
        stored=stored,
        ambient=problem.ambient,
        index=index,
        degrees=degrees,
        pol=pol,
        leaking=problem.open,
    )
    return Observed(field, integrals, candidates, index * mode.k0.real)


def _radiation(first: Observed, second: Observed, error: float, radius: float) -> RadiationQ:
    barrier = error * steepness(first.field.m, first.wavenumber * radius)
    return best_radiation_q(first.candidates, second.candidates, barrier, error)


def _losses(
    problem: MeridianProblem, expected: Expected, pair: tuple[Eigenmode, Eigenmode], mirror: str | None, error: float,
    radius: float, pick: Pick,
) -> tuple[RadiationQ, Rate]:  # fmt: skip
    """Radiation Q of a body that absorbs or amplifies, and 1/Q of the absorption.

    The radiation is that of the lossless twin, so that it means the same at any loss.
    """
    primary, check = pair
    twin = problem.lossless
    bare = solve_eigenmode(twin, expected, primary.degree, mirror, near=primary, pick=pick)
    richer = solve_eigenmode(twin, expected, check.degree, mirror, outer="natural", near=check, pick=pick)
    first, second = (observe(twin, mode, expected, mirror) for mode in (bare, richer))
    return _radiation(first, second, error, radius), absorption(problem, pair, (bare, richer), error)


def _evanescent(
    problem: MeridianProblem, first: Observed, second: Observed, expected: Expected, radius: float,
    interfaces: dict[str, tuple[float, float]],
) -> tuple[RegionIntegrals, RegionIntegrals, dict[str, float | None], dict[str, float | None]]:  # fmt: skip
    """Integrals and radial shares of both solutions, the ambient of an open spherical mode ended at its outer turning point."""
    if not problem.open or expected.degree is not None:
        radial = [radial_shares(o.field, interfaces) for o in (first, second)]
        return first.integrals, second.integrals, radial[0], radial[1]
    ambient = problem.ambient
    eps = problem.materials[problem.mesh.regions.index(ambient)].permittivity(complex(first.field.k0.real))
    index = float(np.sqrt(eps.real))
    turning = outer_turning_point(expected.l, first.field.k0, index)
    end = min(turning, interfaces[ambient][1])
    volume, equator = beyond(
        expected.l, expected.m, expected.pol, index * first.field.k0, (radius, end, turning)
    )
    one, two = (
        within(o.integrals, o.field, ambient, eps.real, (radius, end), volume) for o in (first, second)
    )
    within_reach = {**interfaces, ambient: (radius, max(end, radius))}
    radial = [radial_shares(o.field, within_reach, {ambient: 1.0 + equator}) for o in (first, second)]
    return one, two, radial[0], radial[1]


def _reach(problem: MeridianProblem, expected: Expected, k0: complex, radius: float) -> float:
    """How far (um) the ambient belongs to a mode: to the turning point, beyond which the field of one that leaks grows again.

    A mode above the barrier has no part of it.
    """
    if not problem.open:
        return float("inf")
    index = complex(
        problem.materials[problem.mesh.regions.index(problem.ambient)].index(complex(k0.real))
    ).real
    turning = outer_turning_point(expected.l, k0, index)
    return turning if turning > radius else 0.0


def _beyond_the_body(problem: MeridianProblem, radius: float, k0: complex) -> float:
    """What the wave that has left adds to the share of the ambient, which ends where the absorbing layer begins.

    Light that leaves at the rate omega / Q has spent a time n d / c on a distance d: a share of n k0 d / Q is on its way.
    """
    index = abs(problem.materials[problem.mesh.regions.index(problem.ambient)].index(complex(k0.real)))
    cells = problem.mesh.nodes[problem.mesh.region != problem.mesh.regions.index(PML)]
    reach = float(np.hypot(cells[..., 0].real, cells[..., 1].real).max())
    return float(index * max(reach - radius, 0.0) * abs(2.0 * k0.imag))


def _waves(problem: MeridianProblem, field: CellField, expected: Expected) -> Waves | None:
    """The waves that continue a field beyond the domain; None where they are of no known kind."""
    index = complex(problem.materials[problem.mesh.regions.index(problem.ambient)].index(field.k0))
    degrees, pol = expected.outgoing
    if len(degrees):
        return SphericalWaves(field, problem.ambient, index, degrees, pol)
    return plate_waves(field, index)


def by_label(
    problem: MeridianProblem, expected: Expected, mirror: str | None, radius: float, profile: Profile | None
) -> Pick:
    """The rule that tells a mode from its neighbours by its field: TE or TM content first, then the orders, then the content.

    Coarse elements mix two modes of one mirror class that lie closer to each other than the error of either. Each of the mixtures
    then goes to the mode whose content it has more of, so that both are found.
    """
    smallest, largest, latitude = problem.extent

    def pick(pencil: Pencil, pairs: Eigenpairs) -> int:
        scores = []
        eps = problem.media(expected.k0).eps
        for value, x in zip(pairs.values, pairs.vectors.T, strict=True):
            field = problem.field(pencil, x, expected.m, complex(np.sqrt(complex(value))), mirror)
            label = identify(field, eps, (smallest, largest), radius, latitude, problem.body_cells, profile)
            content = label.te_fraction if expected.pol == "TE" else 1.0 - label.te_fraction
            scores.append((content > 0.5, (label.q, label.p) == (expected.q, expected.p), content))
        return scores.index(max(scores))

    return pick


__all__ = ["Eigenmode", "Goals", "mirror_condition", "solve_eigenmode", "solve_mode"]
