"""What the wavelength owes to an outline that is known at its points only.

A surface that moves outwards by h(s) changes the wavenumber by

    dk / k = -int h [(eps_in - eps_out) |E_t|^2 - (1 / eps_in - 1 / eps_out) |D_n|^2] dA / (2 int eps |E|^2 dV)

(Johnson et al., Phys. Rev. E 65, 066611 (2002)). Here h is the distance between two outlines through the same points
(`femwgm.geometry.drawn.doubtful`), so that the change is an estimate of the error that the points leave. The errors of two
outlines know nothing of each other: their sizes add up.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from femwgm.config.schema import RunConfig
from femwgm.fem.problem import MeridianProblem
from femwgm.geometry.drawn import doubtful
from femwgm.ground.tabulated import axis_wavenumber
from femwgm.ground.typing import Array
from femwgm.modes.mode import Mode
from femwgm.observables.surface import interface

_NEAREST = 4096
"""Samples on the surface compared at once with the places of the outlines."""


def with_outline_error(mode: Mode, problem: MeridianProblem | None, config: RunConfig) -> Mode:
    """The mode of a body from data with the error of its outline as a column of its own, and in that of the wavelength."""
    if problem is None or mode.field_data is None or mode.wavelength_error is None:
        return mode
    drawn = list(_drawn(config.geometry))
    if not drawn:
        return mode
    place, normal, doubt = (np.concatenate(parts) for parts in zip(*drawn, strict=True))
    if not doubt.any():
        return replace(mode, extra={**mode.extra, "outline_error": 0.0})
    owner = np.repeat(np.arange(len(drawn)), [len(places) for places, _, _ in drawn])
    error = _shift(mode, problem, place, normal, doubt, owner)
    return replace(
        mode, wavelength_error=mode.wavelength_error + error, extra={**mode.extra, "outline_error": error}
    )


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
