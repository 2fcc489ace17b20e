"""From an expected mode to a computed one: eigenpairs at rising degrees, observables, and the errors of all of them."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from femwgm.eigen.iterations import Eigenmode
from femwgm.errors import SolveError
from femwgm.fem.assemble import gauss_points
from femwgm.fem.field import CellField
from femwgm.fem.pencil import Eigenpairs, Pencil
from femwgm.fem.problem import MeridianProblem
from femwgm.geometry.profile import Profile
from femwgm.ground.expected import Expected
from femwgm.ground.timing import stage
from femwgm.modes.labels import identify
from femwgm.modes.mode import Mode
from femwgm.modes.rates import Rate
from femwgm.observables.ambient import Bounded, bounded, doubt_on_the_line, extents_of_mode
from femwgm.observables.effective import volumes
from femwgm.observables.energy import RegionIntegrals, region_integrals
from femwgm.observables.index import group_index, wavenumber_slope
from femwgm.observables.outgoing import SphericalWaves, Waves, plate_waves
from femwgm.observables.peak import Crest, crest
from femwgm.observables.quality import TAIL, RadiationQ, best_radiation_q, radiation_candidates, steepness
from femwgm.observables.sensitivity import bilinear_norm
from femwgm.observables.volume import volume_max
from femwgm.solver.eigenmode import Pick, mirror_condition, solve_eigenmode
from femwgm.solver.error_estimate import Remainder
from femwgm.solver.losses import absorption, slopes_of
from femwgm.solver.rising import Rising, begun

MAX_DEGREE = 16
_FASTEST = 25.0
"""Factor by which one degree more lessens the error of a wavenumber at best: a smaller change is chance."""

_IMAGINARY = 0.02
"""Share of the error of a complex wavenumber that its imaginary part has at least."""
_AHEAD = 0.5
"""Share of the distance to a poorer solution by two degrees that a field lacks at most."""


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
    interfaces: dict[str, tuple[float, float]], profile: Profile | None = None, near: Eigenmode | None = None,
) -> Mode:  # fmt: skip
    """A mode with its estimated errors, the degree raised until they meet the goals.

    The errors follow from other solutions (`femwgm.solver.rising`). One of them ends the domain in another way, so that the
    truncation is in them too.

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
    near
        The mode at some degree, if it is known.
    """
    begin = time.perf_counter()
    mirror = mirror_condition(expected.pol, expected.p) if mirrored else None
    pick = by_label(problem, expected, mirror, radius, profile)
    lossy = problem.lossy(expected.k0)
    rising = begun(problem, expected, degree, mirror, pick, near)
    misses: dict[int, float] = {}
    q_misses: dict[int, float] = {}
    while True:
        degree, error = rising.mode.degree, rising.left.error
        error = max(
            [error, *(goals.wavelength * miss * _FASTEST ** (d - degree) for d, miss in misses.items())]
        )
        misses[degree] = error / goals.wavelength
        last = not goals.adapt or degree >= MAX_DEGREE or (misses[degree] > 1.0 and _stagnant(misses, degree))
        if error <= goals.wavelength or last:
            second = observe(problem, rising.mode, expected, mirror)
            with stage("error estimate"):
                first = observe(problem, rising.other, expected, mirror)
            absorbed: Rate | None = None
            if lossy:
                q_rad, absorbed = _losses(problem, expected, rising, mirror, radius, pick)
            else:
                q_rad = _radiation(first, second, rising.left, radius)
            q_misses[degree] = (q_rad.error or 0.0) / goals.q
            if q_misses[degree] <= 1.0 or last or _stagnant(q_misses, degree):
                break
        higher = degree + (2 if error * rising.left.rate > goals.wavelength else 1)
        try:
            rising = rising.raised(problem, expected, min(higher, MAX_DEGREE), mirror, pick)
        except SolveError:
            goals = replace(goals, adapt=False)  # what a lower degree gave stands
    q_rad = _not_by_chance(q_rad, rising.left)
    # What was observed before is called `other`: its changes are the errors.
    mode, field, left = rising.mode, second.field, rising.left
    media = problem.media(mode.k0)
    best, rest = (_up_to_its_end(problem, o, expected, interfaces) for o in (second, first))
    shares, other, along_radius = best.integrals, rest.integrals, best.radial_e2
    doubt = doubt_on_the_line(first.field, second.field, media.eps, interfaces) + best.radial_unsure
    share_error, e2_error, radial_e2_error = (
        max([error, less, *(left.share * TAIL * abs(one[r] - two[r]) for r in one)])
        for one, two, less in (
            (shares.energy_share, other.energy_share, best.unsure),
            (shares.e2_share, other.e2_share, best.unsure),
            (_present(along_radius), _present(rest.radial_e2), doubt),
        )
    )
    # Three measures of one field: where the change of one is small by chance, that of the next is not.
    e2_error = max(e2_error, share_error)
    radial_e2_error = max(radial_e2_error, e2_error)
    with stage("error estimate"):
        ambient = problem.mesh.region == problem.mesh.regions.index(problem.ambient)
        reach = (
            extents_of_mode(problem, expected.l, mode.k0)[problem.ambient] if problem.open else float("inf")
        )
        limit = (ambient, reach * (1.0 - 2e-9))
        # The maximum often lies on the edge of a cell, where the coarser field is at its worst: the richer one gives the value.
        richer, poorer = (second.field, shares), (first.field, other)
        if rising.other.degree > mode.degree:
            richer, poorer = poorer, richer
        peak = crest(richer[0], media.eps, limit=limit)
        volume = volume_max(richer[1], peak)
        more = volumes(richer[0], problem.matrices(richer[0].space.degree), media, peak)
        change = volume_max(poorer[1], crest(poorer[0], media.eps, limit=limit)) / volume - 1.0
    change = max(abs(change), _unevenness(first.field, second.field, peak))
    # The richer of two on quadrilaterals lacks less than their distance, unless the wavenumbers came close by chance.
    ahead = rising.other.degree > mode.degree and error <= left.error
    volume_error = max(error, best.unsure, (_AHEAD if ahead else left.share) * change)
    smallest, largest, latitude = problem.extent
    with stage("error estimate"):
        label = identify(
            richer[0], media.eps, (smallest, largest), radius, latitude, problem.body_cells, profile
        )  # the less noise, the surer
    if expected.degree is None and (label.pol, label.p) == (expected.pol, expected.p):
        # The pole of a sphere is its own label: lobes of a field that leaks within a few periods are no count.
        at_pole = abs(mode.k0 - expected.k0) <= 3.0 * error * abs(mode.k0)
        label = replace(label, q=expected.q) if at_pole else label
    n_g, other_n_g = (_group_index(problem, item, expected.m, radius) for item in (mode, rising.other))
    n_g_error = (
        None
        if n_g is None or other_n_g is None
        else max(error, left.share * TAIL * abs(other_n_g / n_g - 1.0))
    )
    q_met = not goals.q_required or (q_rad.error is not None and q_rad.error <= goals.q)
    made = Mode(
        pol=label.pol, q=label.q, l=expected.m + label.p, m=expected.m, p=label.p, k0=mode.k0, radius=radius,
        n_g=n_g, n_g_error=n_g_error,
        log10_q_rad=q_rad.log10_q, q_rad_source=q_rad.source, q_rad_floor=q_rad.floor, q_error=q_rad.error,
        **_absorption_columns(absorbed), energy=shares.energy_share, e2=shares.e2_share, radial_e2=along_radius,
        share_error=share_error, e2_error=e2_error, radial_e2_error=radial_e2_error if along_radius else None,
        mode_volume_um3=volume, extra={**more, "mode_volume_error": volume_error, **_where(peak)}, crest=peak,
        integrals=second.integrals, wavelength_error=float(error), residual=mode.residual,
        dofs=mode.pencil.size, seconds=time.perf_counter() - begin, confidence=label.confidence,
        te_fraction=label.te_fraction, met=bool(error <= goals.wavelength and q_met),
        absorption=second.integrals.absorption, field_data=field, other=(first.field, other),
        waves=_waves(problem, field, expected),
    )  # fmt: skip
    rate = made.loss_rate
    return made if rate is None else replace(made, k0=complex(mode.k0.real, -0.5 * mode.k0.real * rate.value))


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


def _unevenness(first: CellField, second: CellField, peak: Crest) -> float:
    """Typical difference of |E|^2 between two solutions on the cell of the crest, relative to the crest."""
    cell, _ = second.locate(np.array([peak.r]), np.array([abs(peak.z) if second.mirror else peak.z]))
    if cell[0] < 0:
        return 0.0
    X, w = gauss_points(second.space.mesh.corners, 5)
    one, two = ((np.abs(f.electric(X, cell)[0]) ** 2).sum(axis=0)[0] for f in (first, second))
    return float(np.sqrt(w @ (one - two) ** 2 / w.sum()) / (np.abs(peak.E) ** 2).sum())


def _where(peak: Crest) -> dict[str, str]:
    """A word on the maximum that the mode volume refers to, where a sharp edge outshines it."""
    return {"mode_volume_at": "interior"} if peak.interior else {}


def _present(shares: Mapping[str, float | None]) -> dict[str, float]:
    """Shares that exist."""
    return {name: share for name, share in shares.items() if share is not None}


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


def _radiation(first: Observed, second: Observed, left: Remainder, radius: float) -> RadiationQ:
    barrier = left.error * steepness(second.field.m, second.wavenumber * radius)
    return best_radiation_q(first.candidates, second.candidates, left.share, barrier, left.error)


def _not_by_chance(q_rad: RadiationQ, left: Remainder) -> RadiationQ:
    """A Q from the imaginary part of an extrapolated eigenvalue: its change may be small where its error passes through zero."""
    if q_rad.ln_q is None or q_rad.error is None or q_rad.source != "eigenvalue" or left.share == 1.0:
        return q_rad
    of_wavenumber = _IMAGINARY * 2.0 * float(np.exp(min(q_rad.ln_q, 100.0))) * left.error
    return replace(q_rad, error=max(q_rad.error, min(of_wavenumber, 0.1)))


def _losses(
    problem: MeridianProblem,
    expected: Expected,
    rising: Rising,
    mirror: str | None,
    radius: float,
    pick: Pick,
) -> tuple[RadiationQ, Rate]:
    """Radiation Q of a body that absorbs or amplifies, and 1/Q of the absorption.

    The radiation is that of the lossless twin, so that it means the same at any loss.
    """
    twin, pair = problem.lossless, (rising.other, rising.mode)
    bare = tuple(
        solve_eigenmode(twin, expected, mode.degree, mirror, outer=outer, near=mode, pick=pick)
        for mode, outer in zip(pair, rising.outer[::-1], strict=True)
    )
    first, second = (observe(twin, mode, expected, mirror) for mode in bare)
    absorbed = absorption(problem, pair, (bare[0], bare[1]), rising.left)
    return _radiation(first, second, rising.left, radius), absorbed


def _up_to_its_end(
    problem: MeridianProblem,
    observed: Observed,
    expected: Expected,
    interfaces: dict[str, tuple[float, float]],
) -> Bounded:
    """Integrals and radial shares of a solution up to where the mode ends: a closed domain of any body holds all that matters."""
    field = observed.field
    follows = problem.open or expected.degree is None
    ends = extents_of_mode(problem, expected.l, field.k0) if follows else None
    return bounded(problem, field, observed.integrals, _waves(problem, field, expected), ends, interfaces)


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
