"""From an expected mode to a computed one: eigenpair, error estimate from a second, richer problem, and observables."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

import numpy as np

from femwgm.eigen.iterations import Eigenmode, closest
from femwgm.eigen.reduced import Snapshot
from femwgm.errors import SolveError
from femwgm.fem.condense import FactoredPencil
from femwgm.fem.field import CellField
from femwgm.fem.pencil import Pencil
from femwgm.fem.problem import MeridianProblem, prolong
from femwgm.geometry.profile import Profile
from femwgm.ground.timing import stage
from femwgm.ground.typing import Array
from femwgm.mesh.domain import PML
from femwgm.modes.expected import Expected
from femwgm.modes.labels import identify
from femwgm.modes.mode import Mode
from femwgm.observables.ambient import beyond, outer_turning_point, within
from femwgm.observables.effective import crest, volumes
from femwgm.observables.energy import RegionIntegrals, radial_shares, region_integrals
from femwgm.observables.index import group_index, wavenumber_slope
from femwgm.observables.quality import RadiationQ, best_radiation_q, radiation_candidates, steepness
from femwgm.observables.sensitivity import PermittivitySlopes, bilinear_norm, permittivity_slopes
from femwgm.observables.volume import volume_max
from femwgm.solver.error_estimate import wavenumber_error

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


def solve_eigenmode(
    problem: MeridianProblem, expected: Expected, degree: int, mirror: str | None, *, outer: str = "conductor",
    near: Eigenmode | None = None,
) -> Eigenmode:  # fmt: skip
    """Eigenpair next to the expected wavenumber, self-consistent in dispersive media.

    Where the problem knows the families of its modes (`MeridianProblem.families`), a certified reduced basis may answer.

    Raises
    ------
    SolveError
        If nothing converges.
    """
    if problem.families is not None:

        def snapshot(item: Expected, k: complex, start: Array | None) -> Snapshot:
            mode, factor = _solve_with_factor(problem, item, degree, mirror, outer, k, start)
            return Snapshot(mode.x, factor.solve)

        known = problem.families.find(problem, expected, degree, mirror, outer, snapshot)
        if known is not None:
            k0, x, residual = known
            return Eigenmode(k0, x, residual, problem.pencil(degree, expected.m, mirror, k0, outer), degree)
    if near is None:
        return _solve_fully(problem, expected, degree, mirror, outer, complex(expected.k0))
    start = prolong(
        near.pencil.numbering, problem.numbering(degree, expected.m, mirror, outer), near.x[:, None]
    )
    return _solve_fully(problem, expected, degree, mirror, outer, near.k0, start[:, 0])


def _solve_fully(
    problem: MeridianProblem, expected: Expected, degree: int, mirror: str | None, outer: str, k: complex,
    vector: Array | None = None,
) -> Eigenmode:  # fmt: skip
    """Eigenpair near a wavenumber without a reduced basis, from a start vector if there is one."""
    return _solve_with_factor(problem, expected, degree, mirror, outer, k, vector)[0]


def _solve_with_factor(
    problem: MeridianProblem, expected: Expected, degree: int, mirror: str | None, outer: str, k: complex,
    vector: Array | None = None,
) -> tuple[Eigenmode, FactoredPencil]:  # fmt: skip
    """The eigenpair, and the factorisation next to it."""
    start = None if vector is None else vector[:, None]
    for _ in range(_FIXED_POINT_STEPS if problem.dispersive else 1):
        pencil = problem.pencil(degree, expected.m, mirror, k, outer)
        if start is not None and pencil.definite and np.iscomplexobj(start):
            start = (start * np.exp(-1j * np.angle(start[np.argmax(np.abs(start))]))).real
        if pencil.definite:
            k = complex(k.real, 0.0)
        shift = (k * (1.0 + 1e-9)) ** 2
        shift = shift.real if pencil.definite else shift
        factor = pencil.factor(shift)
        pairs = closest(pencil, shift, start=start, block=3 if vector is None else 1, factor=factor)
        chosen = _choose(pencil, pairs.vectors, start)
        new = complex(np.sqrt(complex(pairs.values[chosen])))
        start, moved, k = pairs.vectors[:, [chosen]], abs(new - k) / abs(new), new
        if moved < 1e-13:
            break
    else:
        if problem.dispersive:
            raise SolveError(
                f"the dispersive index near k0 = {k.real:.6g} rad/um did not settle in {_FIXED_POINT_STEPS} steps"
            )
    return Eigenmode(k, pairs.vectors[:, chosen], float(pairs.residuals[chosen]), pencil, degree), factor


def _choose(pencil: Pencil, vectors: Array, start: Array | None) -> int:
    """The vector that overlaps most with the one followed; without one, the first (nearest to the shift)."""
    if start is None:
        return 0
    return int(np.argmax(np.abs(pencil.apply_M(start).T @ vectors)[0]))


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
    lossy = problem.lossy(expected.k0)
    primary: Eigenmode | None = None
    check: Eigenmode | None = None
    misses: dict[int, float] = {}
    q_misses: dict[int, float] = {}
    while True:
        try:
            primary, check = _both(problem, expected, degree, mirror, primary)
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
            q_rad = (
                _without_loss(problem.lossless, expected, primary, check, mirror, error, radius)
                if lossy
                else _radiation(first, second, error, radius)
            )
            q_misses[degree] = (q_rad.error or 0.0) / goals.q
            if q_misses[degree] <= 1.0 or last or _stagnant(q_misses, degree):
                break
        degree = min(degree + (2 if error > 30.0 * goals.wavelength else 1), MAX_DEGREE)
    integrals, field = first.integrals, first.field
    shares, richer, along_radius = _evanescent(problem, first, second, expected, radius, interfaces)
    # Two absorbing layers may change the shares alike: they are known no better than the wavenumber is.
    share_error = max(error, *(abs(shares.energy_share[r] - richer.energy_share[r]) for r in shares.regions))
    media, matrices = problem.media(primary.k0), problem.matrices(degree)
    # The maximum often lies on the edge of a cell, where the coarser field is at its worst: the richer one gives the value.
    with stage("error estimate"):
        volume = volume_max(second.field, richer, media.eps)
        peak = crest(second.field, media.eps)
        more = volumes(second.field, problem.matrices(check.degree), problem.media(check.k0), peak)
    volume_error = abs(volume_max(field, shares, media.eps) / volume - 1.0)
    smallest, largest, latitude = _extent(problem)
    with stage("error estimate"):
        label = identify(
            second.field, media.eps, (smallest, largest), radius, latitude, problem.body_cells, profile
        )  # the less noise, the surer
    local = primary.pencil.numbering.gather(primary.x[:, None])[..., 0]
    norm = bilinear_norm(local, matrices, primary.k0, media)
    slopes = permittivity_slopes(
        local, matrices, primary.k0, norm, problem.region, problem.regions, problem.axis is not None
    )
    slope = wavenumber_slope(local, matrices, expected.m, primary.k0, norm)
    absorbed = absorption_rate(problem, primary, q_rad, slopes) if lossy else None
    rate = (absorbed or 0.0) + (0.0 if q_rad.ln_q is None else float(np.exp(-q_rad.ln_q)))
    known = lossy or q_rad.ln_q is not None
    q_met = not goals.q_required or (q_rad.error is not None and q_rad.error <= goals.q)
    return Mode(
        pol=label.pol, q=label.q, l=expected.m + label.p, m=expected.m, p=label.p,
        k0=complex(primary.k0.real, -0.5 * primary.k0.real * rate) if known else primary.k0, radius=radius,
        n_g=group_index(slope, radius, _tabulated(problem, primary.k0, slopes)),
        log10_q_rad=q_rad.log10_q, q_rad_source=q_rad.source, q_rad_floor=q_rad.floor,
        q_abs=1.0 / absorbed if absorbed else None,
        energy=shares.energy_share, e2=shares.e2_share, radial_e2=along_radius,
        mode_volume_um3=volume, extra={"mode_volume_error": volume_error, **more}, crest=peak, integrals=integrals,
        wavelength_error=float(error),
        residual=primary.residual,
        dofs=primary.pencil.size, seconds=time.perf_counter() - begin, q_error=q_rad.error,
        share_error=float(share_error), confidence=label.confidence, te_fraction=label.te_fraction,
        met=bool(error <= goals.wavelength and q_met), absorption=integrals.absorption, field_data=field,
        richer=(second.field, richer),
    )  # fmt: skip


def _both(
    problem: MeridianProblem, expected: Expected, degree: int, mirror: str | None, near: Eigenmode | None
) -> tuple[Eigenmode, Eigenmode]:
    """A mode, and the second solution that tells its errors."""
    with stage("eigenpairs"):
        primary = solve_eigenmode(problem, expected, degree, mirror, near=near)
    with stage("error estimate"):
        check = solve_eigenmode(
            problem, expected, degree + _ENRICHMENT, mirror, outer="natural", near=primary
        )
    return primary, check


def _tabulated(problem: MeridianProblem, k0: complex, slopes: PermittivitySlopes) -> complex:
    """(d k0/d eps) (d eps/d k0) summed over the regions of tabulated media."""
    total = 0j
    for name in problem.regions:
        medium = problem.materials[problem.mesh.regions.index(name)]
        if medium.tabulated:
            total += slopes.across[name] * medium.permittivity_slope(k0)
            total += slopes.along[name] * medium.permittivity_axial_slope(k0)
    return total


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
    return best_radiation_q(first.candidates, second.candidates, barrier)


def _without_loss(
    twin: MeridianProblem, expected: Expected, primary: Eigenmode, check: Eigenmode, mirror: str | None,
    error: float, radius: float,
) -> RadiationQ:  # fmt: skip
    """Radiation Q of a body that absorbs or amplifies: that of its lossless twin, so that it means the same at any loss."""
    bare = solve_eigenmode(twin, expected, primary.degree, mirror, near=primary)
    richer = solve_eigenmode(twin, expected, check.degree, mirror, outer="natural", near=check)
    first, second = (observe(twin, mode, expected, mirror) for mode in (bare, richer))
    return _radiation(first, second, error, radius)


_WEAK = 1e-7
"""Absorption (as 1/Q) below which its first order is better known than the imaginary part of the eigenvalue."""


def absorption_rate(
    problem: MeridianProblem, mode: Eigenmode, q_rad: RadiationQ, slopes: PermittivitySlopes
) -> float:
    """1/q_abs, where 1/q_total = 1/q_rad + 1/q_abs: what the eigenvalue has beyond radiation, or the first order in the loss."""
    k = complex(mode.k0.real)
    first_order = 0.0
    for name, material in zip(problem.mesh.regions, problem.materials, strict=True):
        if name != PML:
            across, along = material.permittivity(k).imag, material.permittivity_axial(k).imag
            shift = 1j * (slopes.across[name] * across + slopes.along[name] * along)
            first_order -= 2.0 * shift.imag / k.real
    radiated = 0.0 if q_rad.ln_q is None or not problem.open else float(np.exp(-q_rad.ln_q))
    rate = -2.0 * mode.k0.imag / mode.k0.real - radiated
    lost_in_rounding = abs(rate) < max(_WEAK, 1e-2 * radiated)
    return first_order if lost_in_rounding or (problem.open and q_rad.ln_q is None) else rate


def _evanescent(
    problem: MeridianProblem, first: Observed, second: Observed, expected: Expected, radius: float,
    interfaces: dict[str, tuple[float, float]],
) -> tuple[RegionIntegrals, RegionIntegrals, dict[str, float | None]]:  # fmt: skip
    """Integrals of both solutions and radial shares, the ambient of an open spherical mode ended at its outer turning point."""
    if not problem.open or expected.degree is not None:
        return first.integrals, second.integrals, radial_shares(first.field, interfaces)
    ambient = problem.ambient
    eps = problem.materials[problem.mesh.regions.index(ambient)].permittivity(complex(first.field.k0.real))
    index = float(np.sqrt(eps.real))
    turning = outer_turning_point(expected.l, first.field.k0, index)
    end = min(turning, interfaces[ambient][1])
    volume, equator = beyond(
        expected.l, expected.m, expected.pol, index * first.field.k0.real, (radius, end, turning)
    )
    one, two = (
        within(o.integrals, o.field, ambient, eps.real, (radius, end), volume) for o in (first, second)
    )
    within_reach = {**interfaces, ambient: (radius, max(end, radius))}
    return one, two, radial_shares(first.field, within_reach, {ambient: 1.0 + equator})


def _extent(problem: MeridianProblem) -> tuple[float, float, float]:
    """Smallest and largest radius (um) and largest latitude (rad) of the domain."""
    r, z = np.moveaxis(problem.mesh.nodes.real, -1, 0)
    rho = np.hypot(r, z)
    return float(rho.min()), float(rho.max()), float(np.arctan2(z, np.maximum(r, 1e-300)).max())


__all__ = ["Eigenmode", "Goals", "mirror_condition", "solve_eigenmode", "solve_mode"]
