"""From an expected mode to a computed one, with the errors of all its numbers."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from femwgm.eigen.iterations import Eigenmode
from femwgm.fem.field import CellField
from femwgm.fem.pencil import Eigenpairs, Pencil
from femwgm.fem.problem import MeridianProblem
from femwgm.geometry.profile import Profile
from femwgm.ground.expected import Expected
from femwgm.modes.labels import identify
from femwgm.modes.mode import Mode
from femwgm.modes.rates import Rate
from femwgm.observables.peak import Crest
from femwgm.solver.converged import Goals, converged
from femwgm.solver.eigenmode import Pick, mirror_condition
from femwgm.solver.measured import group_index_of, label_of, shares_of, volume_of
from femwgm.solver.neighbours import SAME, overlap
from femwgm.solver.observed import between_layers, waves_of
from femwgm.solver.rising import begun


def solve_mode(
    problem: MeridianProblem, expected: Expected, degree: int, goals: Goals, *, mirrored: bool, radius: float,
    interfaces: dict[str, tuple[float, float]], profile: Profile | None = None, near: Eigenmode | None = None,
    others: Sequence[CellField] = (),
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
    others
        Fields of modes that were found on this mesh, which are not meant.
    """
    begin = time.perf_counter()
    mirror = mirror_condition(expected.pol, expected.p) if mirrored else None
    pick = by_label(problem, expected, mirror, radius, profile, others)
    found = converged(
        problem, expected, begun(problem, expected, degree, mirror, pick, near), goals, mirror, radius, pick
    )
    mode, field, error, q_rad = found.mode, found.second.field, found.error, found.q_rad
    shares = shares_of(problem, expected, found, interfaces)
    volume = volume_of(problem, expected, found, shares)
    label = label_of(problem, expected, found, radius, profile)
    n_g, n_g_error = group_index_of(problem, expected, found, radius)
    q_met = not goals.q_required or (q_rad.error is not None and q_rad.error <= goals.q)
    best = shares.best
    made = Mode(
        pol=label.pol, q=label.q, l=expected.m + label.p, m=expected.m, p=label.p, k0=mode.k0, radius=radius,
        n_g=n_g, n_g_error=n_g_error,
        log10_q_rad=q_rad.log10_q, q_rad_source=q_rad.source, q_rad_floor=q_rad.floor, q_error=q_rad.error,
        **_absorption_columns(found.absorbed), energy=best.integrals.energy_share, e2=best.integrals.e2_share,
        radial_e2=best.radial_e2, share_error=shares.energy_error, e2_error=shares.e2_error,
        radial_e2_error=shares.radial_e2_error if best.radial_e2 else None,
        mode_volume_um3=volume.value, crest=volume.peak,
        extra={**volume.more, "mode_volume_error": volume.error, **_where(volume.peak)},
        integrals=found.second.integrals, wavelength_error=float(error), residual=mode.residual,
        dofs=mode.pencil.size, seconds=time.perf_counter() - begin, confidence=label.confidence,
        te_fraction=label.te_fraction, met=bool(error <= goals.wavelength and q_met),
        absorption=found.second.integrals.absorption, field_data=field, other=(found.first.field, shares.rest.integrals),
        waves=waves_of(problem, field, expected) or between_layers(problem, field),
    )  # fmt: skip
    rate = made.loss_rate
    return made if rate is None else replace(made, k0=complex(mode.k0.real, -0.5 * mode.k0.real * rate.value))


def _absorption_columns(rate: Rate | None) -> dict[str, Any]:
    """The absorption of a mode: Q with its relative error, or a floor where the sign is not known."""
    if rate is None or not rate.resolved:
        return {"q_abs": None, "q_abs_floor": rate.floor if rate else None}
    return {"q_abs": 1.0 / rate.value, "q_abs_error": rate.error / abs(rate.value)}


def _where(peak: Crest) -> dict[str, str]:
    """A word on the maximum that the mode volume refers to, where a sharp edge outshines it or is all there is."""
    where = "edge" if peak.edge else "interior" if peak.interior else ""
    return {"mode_volume_at": where} if where else {}


def by_label(
    problem: MeridianProblem, expected: Expected, mirror: str | None, radius: float, profile: Profile | None,
    others: Sequence[CellField] = (),
) -> Pick:  # fmt: skip
    """The rule that tells a mode from its neighbours by its field: TE or TM content first, then the orders, then the content.

    Before all that it is none of the others, which were found already and may bear its label. Coarse elements mix two modes of
    one mirror class that lie closer to each other than the error of either. Each of the mixtures then goes to the mode whose
    content it has more of, so that both are found.
    """
    smallest, largest, latitude = problem.extent

    def pick(pencil: Pencil, pairs: Eigenpairs) -> int:
        scores = []
        eps = problem.media(expected.k0).eps
        for value, x in zip(pairs.values, pairs.vectors.T, strict=True):
            field = problem.field(pencil, x, expected.m, complex(np.sqrt(complex(value))), mirror)
            label = identify(field, eps, (smallest, largest), radius, latitude, problem.body_cells, profile)
            content = label.te_fraction if expected.pol == "TE" else 1.0 - label.te_fraction
            new = all(overlap(problem, field, other) < SAME for other in others)
            scores.append((new, content > 0.5, (label.q, label.p) == (expected.q, expected.p), content))
        return scores.index(max(scores))

    return pick
