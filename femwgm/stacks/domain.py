"""Domain of spheres on a common axis: a ring along each surface, or the whole stack with an absorbing layer where it leaks.

The modes of the stack are made of modes of the single spheres, whose radial action (WKB) says how far the field reaches into each
sphere and out of it, and how fine the cells must be there: functions of the distance from each centre only. What strongly coupled
modes scatter into deeper parts of the spheres ends with the ring; the second solution, with the other condition there, shows it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from femwgm.geometry.curves import arc
from femwgm.geometry.outline import Outline, closed_outline
from femwgm.geometry.section import Section
from femwgm.ground.expected import Expected
from femwgm.ground.typing import Array
from femwgm.mesh.body_domain import GeneralDomain, design_general
from femwgm.mesh.domain import Choices
from femwgm.mesh.landscape import Wave, edge_lengths
from femwgm.mesh.planar import Box, Extent, Frame
from femwgm.mesh.sizes import Sizes

_SAFETY = 2.0
_COUPLED = 0.1
"""Share of the tolerance for which rings of several spheres are laid out: what they scatter into each other reaches deeper."""
_SHARPER = 0.3
"""Share of the tolerance for which a domain that leaks is laid out: its waves cross all of it, and none is small anywhere."""
_DEGREES = range(4, 11)
_REACH = 3.037
"""Radii of a ball up to which its modes are followed; no round number, or the end of the domain would touch a neighbour of round
size in a single point, where no cell fits."""
_SAMPLES = 3000
_CONTACT_GRADE = 0.8
"""Edge length over the distance from a contact: beyond 2.4 the curved cells in the narrowing gap would fold."""
_WORTH_A_HOLE = 0.25
"""Share of the radius below which an empty middle is not worth leaving out."""


@dataclass(frozen=True)
class Ball:
    """One sphere of the stack: height of its centre, radii (um), real indices (ambient last), and its own modes."""

    centre: float
    radii: tuple[float, ...]
    indices: tuple[float, ...]
    modes: tuple[Expected, ...]


@dataclass(frozen=True)
class _Profile:
    """Action and largest local wavenumber against the distance from a centre; where the field ends inside and outside."""

    rho: Array
    action: Array
    wavenumber: Array
    inner: float
    outer: float
    leaks: bool


def _profile(ball: Ball, tail: float) -> _Profile:
    """The least action and the largest wavenumber of a ball's modes."""
    surface = ball.radii[-1]
    rho = np.linspace(1e-3 * surface, _REACH * surface, _SAMPLES)
    n = np.asarray(ball.indices)[np.searchsorted(ball.radii, rho)]
    action, wavenumber, leaks = np.full(len(rho), np.inf), np.zeros(len(rho)), False
    for mode in _extremes(ball.modes):
        nu, k = mode.l + 0.5, mode.k0.real
        decay = np.sqrt(np.maximum((nu / rho) ** 2 - (n * k) ** 2, 0.0))
        S = np.r_[0.0, np.cumsum(0.5 * (decay[1:] + decay[:-1]) * np.diff(rho))]
        inside = np.flatnonzero((n * k > nu / rho) & (rho < surface))
        first, last = (rho[inside[0]], rho[inside[-1]]) if len(inside) else (surface, surface)
        low, high = np.interp([first, last], rho, S)
        own = np.where(rho < first, low - S, np.where(rho > last, S - high, 0.0))
        free = (rho > surface) & (n * k > nu / rho)
        leaks |= bool((free & (own < tail)).any())
        action = np.minimum(action, own)
        wavenumber = np.maximum(wavenumber, np.maximum(n * k, nu / rho))
    held = np.flatnonzero(action < tail)
    return _Profile(rho, action, wavenumber, float(rho[held[0]]), float(rho[held[-1]]), leaks)


def _extremes(modes: Sequence[Expected]) -> list[Expected]:
    chosen = {}
    for key in (lambda e: e.l, lambda e: e.k0.real, lambda e: e.l / e.k0.real, lambda e: e.q):
        for pick in (min, max):
            mode = pick(modes, key=key)
            chosen[mode.pol, mode.q, mode.l] = mode
    return list(chosen.values())


def design_stack(
    section: Section, balls: Sequence[Ball], contacts: Sequence[tuple[float, float]], orders: Sequence[int], tolerance: float,
    choices: Choices,
) -> GeneralDomain:  # fmt: skip
    """Domain of a stack for the azimuthal orders asked for; `contacts` are heights and widths of the narrows (um).

    Raises
    ------
    MeshError
        If the modes of the single spheres give no domain.
    """
    asked = tolerance
    tolerance = asked * (_COUPLED if len(balls) > 1 else 1.0)
    tail = 0.5 * float(np.log(1.0 / tolerance)) + 1.0
    profiles = [_profile(ball, tail) for ball in balls]
    holes = tuple(
        _disc(ball.centre, p.inner)
        for ball, p in zip(balls, profiles, strict=True)
        if p.inner > _WORTH_A_HOLE * ball.radii[-1]
    )
    leaks = any(p.leaks for p in profiles) if choices.absorbing is None else choices.absorbing
    limit = _SAFETY * float(np.sqrt(tolerance))
    if leaks:
        waves = [Wave(float(m), k) for m in (min(orders), max(orders)) for k in _wavenumbers(balls)]
        indices = _indices(section, balls)
        choices = replace(choices, mirror=False, absorbing=True)
        return design_general(section, indices, waves, _SHARPER * asked, choices)
    hull = tuple(_disc(ball.centre, p.outer) for ball, p in zip(balls, profiles, strict=True))
    degrees = [choices.degree] if choices.degree else list(_DEGREES)
    _, degree = min((_memory(profiles, k, limit), k) for k in degrees)
    box = Box(
        0.0, 1.01 * max(p.outer for p in profiles), min(b.centre - 1.01 * p.outer for b, p in zip(balls, profiles, strict=True)),
        max(b.centre + 1.01 * p.outer for b, p in zip(balls, profiles, strict=True)),
    )  # fmt: skip
    sizes = _sizes(box, balls, profiles, contacts, degree, limit, 0.5**choices.refine)
    order = _order(balls, profiles, degree, limit, tolerance)
    return GeneralDomain(
        section, box, Frame(), degree, order, tail, False, 0.0, sizes, extent=Extent(hull, holes)
    )


def _disc(centre: float, radius: float) -> Outline:
    return closed_outline([arc((0.0, centre), radius, -90, 90)], "domain")


def _wavenumbers(balls: Sequence[Ball]) -> tuple[float, float]:
    k = [mode.k0.real for ball in balls for mode in ball.modes]
    return min(k), max(k)


def _indices(section: Section, balls: Sequence[Ball]) -> dict[str, float]:
    """Real index of each region, in the order in which the section lists them."""
    values = [n for ball in balls for n in ball.indices[:-1]]
    return dict(zip(section.regions, [*values, balls[0].indices[-1]], strict=True))


def _edges(profile: _Profile, degree: int, limit: float) -> Array:
    return edge_lengths(degree, limit, profile.action, profile.wavenumber)


def _memory(profiles: Sequence[_Profile], degree: int, limit: float) -> float:
    """Cells times the size of their matrices to the power that lies between storage and condensation."""
    local = degree * (degree + 2) + (degree + 1) * (degree + 2) // 2
    cells = 0.0
    for p in profiles:
        held = (p.rho > p.inner) & (p.rho < p.outer)
        cells += float(
            (np.pi * p.rho / (0.433 * _edges(p, degree, limit) ** 2))[held].sum() * (p.rho[1] - p.rho[0])
        )
    return cells * local**2


def _sizes(
    box: Box, balls: Sequence[Ball], profiles: Sequence[_Profile], contacts: Sequence[tuple[float, float]], degree: int,
    limit: float, factor: float,
) -> Sizes:  # fmt: skip
    """Least of the edge lengths that each ball asks for at the distance from its centre; finer towards the contacts."""
    step = float(np.sqrt((box.r1 - box.r0) * (box.z1 - box.z0) / _GRID))
    r, z = (np.linspace(lo, hi, 2 + int((hi - lo) / step)) for lo, hi in ((box.r0, box.r1), (box.z0, box.z1)))
    grid = np.full((len(r), len(z)), np.inf)
    for ball, p in zip(balls, profiles, strict=True):
        h = np.minimum(factor * _edges(p, degree, limit), 0.5 * (p.outer - p.inner))
        grid = np.minimum(grid, np.interp(np.hypot(r[:, None], z - ball.centre), p.rho, h))
    points = tuple((0.0, height, _CONTACT_GRADE * width) for height, width in contacts)
    return Sizes(float(grid.max()), r, z, grid, points, _CONTACT_GRADE)


_GRID = 250_000
"""Points on which edge lengths are tabulated."""


def _order(
    balls: Sequence[Ball], profiles: Sequence[_Profile], degree: int, limit: float, tolerance: float
) -> int:
    """Order of the cells' maps whose arcs miss the circles by less than a thousandth of the tolerance."""
    angle = max(
        float(_edges(p, degree, limit)[np.searchsorted(p.rho, ball.radii[-1])]) / ball.radii[0]
        for ball, p in zip(balls, profiles, strict=True)
    )
    order, bound = 2, (0.25 * angle) ** 3 / 3.0
    while bound > 1e-3 * tolerance and order < 9:
        order += 1
        bound *= 0.25 * angle / (order + 1)
    return order
