"""What a mode owes to an outline that is known at its points only.

A surface that moves outwards by h(s) changes the wavenumber by

    dk / k = -int h [(eps_in - eps_out) |E_t|^2 - (1 / eps_in - 1 / eps_out) |D_n|^2] dA / (2 int eps |E|^2 dV)

(Johnson et al., Phys. Rev. E 65, 066611 (2002)). Here h is the distance between two outlines through the same points
(`femwgm.geometry.drawn.doubtful`), so that the change is an estimate of the error that the points leave. The errors of two
outlines know nothing of each other: their sizes add up. What else belongs to the mode depends on its field: it is solved for
once more on the mesh moved by h, where that may matter.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from femwgm.config.schema import RunConfig
from femwgm.eigen.iterations import Eigenmode
from femwgm.fem.problem import MeridianProblem
from femwgm.geometry.drawn import doubtful
from femwgm.ground.expected import Expected
from femwgm.ground.tabulated import axis_wavenumber
from femwgm.ground.typing import Array
from femwgm.mesh.curved import CurvedMesh
from femwgm.modes.mode import Mode
from femwgm.observables.energy import radial_integrals
from femwgm.observables.index import wavenumber_slope
from femwgm.observables.peak import crest
from femwgm.observables.sensitivity import bilinear_norm
from femwgm.observables.surface import interface
from femwgm.observables.volume import volume_max
from femwgm.solver.eigenmode import mirror_condition, solve_eigenmode
from femwgm.solver.motions import displaced
from femwgm.solver.observed import observe

_NEAREST = 4096
"""Samples on the surface compared at once with the places of the outlines."""


def with_outline_error(
    mode: Mode, item: Expected, problem: MeridianProblem | None, config: RunConfig, *, mirrored: bool,
    interfaces: Mapping[str, tuple[float, float]],
) -> Mode:  # fmt: skip
    """The mode of a body from data with the error of its outline as a column of its own, and in those of all its numbers."""
    if problem is None or mode.field_data is None or mode.wavelength_error is None:
        return mode
    drawn = list(_drawn(config.geometry))
    if not drawn:
        return mode
    place, normal, doubt = (np.concatenate(parts) for parts in zip(*drawn, strict=True))
    if not doubt.any():
        return replace(mode, extra={**mode.extra, "outline_error": 0.0})
    owner = np.repeat(np.arange(len(drawn)), [len(places) for places, _, _ in drawn])
    error, own = _shift(mode, problem, place, normal, doubt, owner), mode.wavelength_error
    if error > own:
        motion = displaced(config.geometry, problem.mesh, place, normal, doubt)
        moved = {
            name: (a + _along_r(a, place, normal, doubt), b + _along_r(b, place, normal, doubt))
            for name, (a, b) in interfaces.items()
        }
        meshes = (problem.mesh, problem.mesh.with_nodes(problem.mesh.nodes + motion))
        one, two = _observed_on(
            mode, item, problem, mirrored, list(zip(meshes, (interfaces, moved), strict=True))
        )
        mode = _with_changes(mode, one, two)
    return replace(mode, wavelength_error=own + error, extra={**mode.extra, "outline_error": error})


@dataclass(frozen=True)
class _Seen:
    """What a mode is on one outline, of the lossless twin: shares, ln Q_rad, and three numbers by their logarithms."""

    energy: Array
    e2: Array
    radial_e2: Array
    ln_q: float | None
    ln_volume: float
    ln_n_g: float


def _along_r(r: float, place: Array, normal: Array, doubt: Array) -> float:
    """How far an interface moves that meets the equator at r (um)."""
    off = np.hypot(place[:, 0] - r, place[:, 1])
    near = int(np.argmin(off))
    return float(doubt[near] * normal[near, 0]) if off[near] < _AT_HAND * r else 0.0


_AT_HAND = 0.05
"""Distance from an end of a region on the equator, relative to its radius, within which an outline is the one that ends it."""


def _observed_on(
    mode: Mode, item: Expected, problem: MeridianProblem, mirrored: bool,
    bodies: Sequence[tuple[CurvedMesh, Mapping[str, tuple[float, float]]]],
) -> list[_Seen]:  # fmt: skip
    """A mode on its own mesh and on moved ones, with the interfaces of each on the equator."""
    field = mode.field_data
    assert field is not None
    degree, mirror = field.space.degree, mirror_condition(item.pol, item.p) if mirrored else None
    pencil = problem.pencil(degree, mode.m, mirror, mode.k0, _OUTER)
    x = pencil.numbering.averaged(field.coefficients * field.space.signs)
    near, seen = Eigenmode(mode.k0, x, 0.0, pencil, degree), []
    item = replace(item, k0=mode.k0)
    for mesh, interfaces in bodies:
        here = MeridianProblem(mesh, problem.by_region, problem.ambient, problem.body).lossless
        here.reach = problem.reach
        near = solve_eigenmode(here, item, degree, mirror, outer=_OUTER, near=near)
        observed = observe(here, near, item, mirror)
        media, matrices = here.media(near.k0), here.matrices(degree)
        local = near.pencil.numbering.gather(near.x[:, None])[..., 0]
        norm = bilinear_norm(local, matrices, near.k0, media)
        slope = wavenumber_slope(local, matrices, mode.m, near.k0, norm).real
        shares, radial = observed.integrals, radial_integrals(observed.field, interfaces)
        seen.append(
            _Seen(
                np.array([shares.energy_share[name] for name in shares.regions]),
                np.array([shares.e2_share[name] for name in shares.regions]),
                np.array(list(radial.values())) / (sum(radial.values()) or 1.0),
                observed.candidates.get(mode.q_rad_source or ""),
                float(np.log(volume_max(shares, crest(observed.field, media, here.axis)))),
                float(np.log(abs(slope) or 1.0)),
            )
        )
    return seen


def _with_changes(mode: Mode, one: _Seen, two: _Seen) -> Mode:
    """The mode with the difference of two outlines in the error of each number."""
    energy, e2, radial = (
        float(np.abs(b - a).max(initial=0.0))
        for a, b in ((one.energy, two.energy), (one.e2, two.e2), (one.radial_e2, two.radial_e2))
    )
    e2 = max(energy, e2)
    lost = np.array([mode.absorption.get(name, 0.0) for name in mode.integrals.regions])
    share = np.where(one.energy > 0.0, one.energy, 1.0)
    absorbed = abs((lost * (two.energy - one.energy) / share).sum()) / (abs(lost.sum()) or 1.0)
    q_rad = abs(two.ln_q - one.ln_q) if one.ln_q is not None and two.ln_q is not None else 0.0
    more: dict[str, Any] = {
        name: error + change
        for name, change in (
            ("share_error", energy), ("e2_error", e2), ("radial_e2_error", max(e2, radial)),
            ("q_error", q_rad), ("q_abs_error", absorbed), ("n_g_error", abs(two.ln_n_g - one.ln_n_g)),
        )
        if (error := getattr(mode, name)) is not None
    }  # fmt: skip
    volume = mode.extra.get("mode_volume_error")
    if volume is not None:
        more["extra"] = {
            **mode.extra,
            "mode_volume_error": float(volume) + abs(two.ln_volume - one.ln_volume),
        }
    return replace(mode, **more)


_OUTER = "natural"
"""Condition at the end of the domain of both solutions."""


def _drawn(geometry: Any) -> Iterator[tuple[Array, Array, Array]]:
    """Places, normals and doubts of every outline that a body takes from data."""
    if geometry.kind == "mesh":
        for piece in geometry.pieces:
            yield doubtful(piece.points, geometry.corner_angle, straight=False)
    elif geometry.kind == "profile":
        for outline in (geometry, *geometry.inside):
            yield doubtful(outline.points, _CORNER, straight=not outline.smooth)


_CORNER = 30.0
"""Turn (deg) of a chain of straight pieces above which it is meant as a corner; smaller ones sample a curve."""


def _shift(
    mode: Mode, problem: MeridianProblem, place: Array, normal: Array, doubt: Array, owner: Array
) -> float:
    """|dk / k| of moving every interface as the outline next to it may be off, added up over the outlines."""
    assert mode.field_data is not None
    field, eps = mode.field_data, problem.media(axis_wavenumber(mode.k0)).eps
    samples, outer, inner = interface(field, None)
    near = np.concatenate([
        np.argmin(np.hypot(r[:, None] - place[:, 0], z[:, None] - place[:, 1]), axis=1)
        for r, z in zip(*(np.array_split(x, len(x) // _NEAREST + 1) for x in (samples.r, samples.z)), strict=True)
    ])  # fmt: skip
    outwards = doubt[near] * (normal[near].T * samples.normal).sum(axis=0)
    n_r, n_z = samples.normal
    across = n_r * samples.E[0] + n_z * samples.E[2]
    tangential = (np.abs(samples.E) ** 2).sum(axis=0) - np.abs(across) ** 2
    inside, outside = eps[inner].real, eps[outer].real
    density = (inside - outside) * tangential - (1.0 / inside - 1.0 / outside) * np.abs(outside * across) ** 2
    area = 2.0 * np.pi * samples.r * samples.weights
    shifts = np.bincount(owner[near], weights=area * density * outwards) / (2.0 * mode.integrals.stored)
    return float(np.abs(shifts).sum())
