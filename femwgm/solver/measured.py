"""Numbers of a converged mode with their errors: shares, volume, label, group index."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from femwgm.eigen.iterations import Eigenmode
from femwgm.fem.assemble import gauss_points
from femwgm.fem.field import CellField
from femwgm.fem.problem import MeridianProblem
from femwgm.geometry.profile import Profile
from femwgm.ground.expected import Expected
from femwgm.ground.tabulated import axis_wavenumber
from femwgm.ground.timing import stage
from femwgm.modes.labels import Label, identify
from femwgm.observables.ambient import Bounded, doubt_on_the_line, extents_of_mode
from femwgm.observables.effective import volumes
from femwgm.observables.index import group_index, wavenumber_slope
from femwgm.observables.peak import Crest, crest
from femwgm.observables.quality import TAIL
from femwgm.observables.sensitivity import bilinear_norm
from femwgm.observables.volume import volume_max
from femwgm.solver.converged import Converged
from femwgm.solver.losses import slopes_of
from femwgm.solver.observed import up_to_their_ends

_AHEAD = 0.5
"""Share of the distance to a poorer solution by two degrees that a field lacks at most."""


@dataclass(frozen=True)
class Shares:
    """Shares of the regions by both solutions, each up to where the mode ends, and the absolute errors of three measures."""

    best: Bounded
    rest: Bounded
    energy_error: float
    e2_error: float
    radial_e2_error: float


def shares_of(
    problem: MeridianProblem, expected: Expected, found: Converged, interfaces: dict[str, tuple[float, float]]
) -> Shares:
    """Shares with the errors that the change from the other solution and the end of the domain leave."""
    best, rest = up_to_their_ends(problem, found.second, found.first, expected, interfaces, found.error)
    eps = problem.media(found.mode.k0).eps
    doubt = doubt_on_the_line(found.first.field, found.second.field, eps, interfaces) + best.radial_unsure
    energy_error, e2_error, radial_e2_error = (
        max([found.error, less, *(found.left.share * TAIL * abs(one[r] - two[r]) for r in one)])
        for one, two, less in (
            (best.integrals.energy_share, rest.integrals.energy_share, best.energy_unsure),
            (best.integrals.e2_share, rest.integrals.e2_share, best.unsure),
            (_present(best.radial_e2), _present(rest.radial_e2), doubt),
        )
    )
    # Three measures of one field: where the change of one is small by chance, that of the next is not.
    e2_error = max(e2_error, energy_error)
    return Shares(best, rest, energy_error, e2_error, max(radial_e2_error, e2_error))


@dataclass(frozen=True)
class Volume:
    """The mode volume (um^3) with its relative error, the maximum that it refers to, and volumes by other definitions."""

    value: float
    error: float
    peak: Crest
    more: dict[str, Any]


def volume_of(problem: MeridianProblem, expected: Expected, found: Converged, shares: Shares) -> Volume:
    """Mode volume by the richer of the two solutions."""
    media = problem.media(axis_wavenumber(found.mode.k0))
    with stage("error estimate"):
        ambient = np.array(problem.mesh.regions)[problem.mesh.region] == problem.ambient
        reach = (
            extents_of_mode(problem, expected.l, found.mode.k0)[problem.ambient]
            if problem.open
            else float("inf")
        )
        limit = (ambient, reach * (1.0 - 2e-9))
        # The maximum often lies on the edge of a cell, where the coarser field is at its worst: the richer one gives the value.
        richer, poorer = (
            (found.second.field, shares.best.integrals),
            (found.first.field, shares.rest.integrals),
        )
        if found.other_is_richer:
            richer, poorer = poorer, richer
        peak = crest(richer[0], media, problem.axis, limit)
        # The poorer one at its own crest: at that of the richer one the two may agree by chance.
        other = crest(poorer[0], media, problem.axis, limit)
        value = volume_max(richer[1], peak)
        at_pole = problem.media(found.mode.k0)
        matrices = problem.matrices(richer[0].space.degree)
        more = volumes(richer[0], matrices, at_pole, peak.with_media(at_pole, problem.axis))
        change = volume_max(poorer[1], other) / value - 1.0
    change = max(abs(change), _unevenness(found.first.field, found.second.field, peak))
    # The richer of two on quadrilaterals lacks less than their distance, unless the wavenumbers came close by chance.
    ahead = found.other_is_richer and found.error <= found.left.error
    error = max(found.error, shares.best.energy_unsure, (_AHEAD if ahead else found.left.share) * change)
    error = max(error, 1.0) if peak.edge else error  # the finer the mesh, the smaller
    return Volume(value, error, peak, more)


def label_of(
    problem: MeridianProblem, expected: Expected, found: Converged, radius: float, profile: Profile | None
) -> Label:
    """What the field says it is; the radial order of a sphere's mode is that of its pole."""
    smallest, largest, latitude = problem.extent
    eps = problem.media(found.mode.k0).eps
    with stage("error estimate"):  # the less noise, the surer
        label = identify(
            found.richer.field, eps, (smallest, largest), radius, latitude, problem.body_cells, profile
        )
    if expected.degree is None and (label.pol, label.p) == (expected.pol, expected.p):
        # The pole of a sphere is its own label: lobes of a field that leaks within a few periods are no count.
        k0 = found.mode.k0
        at_pole = abs(k0 - expected.k0) <= 3.0 * found.error * abs(k0)
        return replace(label, q=expected.q) if at_pole else label
    return label


def group_index_of(
    problem: MeridianProblem, expected: Expected, found: Converged, radius: float
) -> tuple[float | None, float | None]:
    """Group index and its relative error."""

    def of(mode: Eigenmode) -> float | None:
        media, matrices = problem.media(mode.k0), problem.matrices(mode.degree)
        local = mode.pencil.numbering.gather(mode.x[:, None])[..., 0]
        norm = bilinear_norm(local, matrices, mode.k0, media)
        return group_index(
            wavenumber_slope(local, matrices, expected.m, mode.k0, norm),
            radius,
            slopes_of(problem, mode)[1],
            mode.k0,
        )

    n_g, other = of(found.mode), of(found.rising.other)
    if n_g is None or other is None:
        return n_g, None
    # An error that goes as the wavenumber to the power 2 degree is 2 degree times as large in the slope along m: half of that
    # stands where two solutions agree by chance.
    return n_g, max(found.mode.degree * found.error, found.left.share * TAIL * abs(other / n_g - 1.0))


def _unevenness(first: CellField, second: CellField, peak: Crest) -> float:
    """Typical difference of |E|^2 between two solutions on the cell of the crest, relative to the crest."""
    cell = np.array([peak.cell])
    X, w = gauss_points(second.space.mesh.corners, 5)
    one, two = ((np.abs(f.electric(X, cell, keep=True)[0]) ** 2).sum(axis=0)[0] for f in (first, second))
    return float(np.sqrt(w @ (one - two) ** 2 / w.sum()) / (np.abs(peak.E) ** 2).sum())


def _present(shares: Mapping[str, float | None]) -> dict[str, float]:
    """Shares that exist."""
    return {name: share for name, share in shares.items() if share is not None}
