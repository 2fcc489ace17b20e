"""From the modes expected to the computational domain: where the field lives, how far to follow it, which cells resolve it.

Everything follows from the tolerance. The radial and the polar WKB action of each expected mode say where its field has decayed
by exp(-S) with exp(-2 S) below the tolerance: there the domain ends at a conductor. If the field leaks before it has decayed so
far (a barrier too thin), an absorbing layer on the complex radius takes over outside the outer caustic.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from femwgm.errors import MeshError
from femwgm.ground.expected import Expected
from femwgm.ground.typing import Array
from femwgm.mesh.partition import Action
from femwgm.mesh.polar import PolarPlan

PML = "pml"
"""Name of the region of the absorbing layer."""

_SAMPLES = 800
_STRENGTH = 1.5
_SAFETY = 0.15
_SAFETY_OPEN = 0.05
_ENERGY_TAIL = 8.0
_LAYER_RESERVE = 2.0  # action in the absorbing layer beyond the tail: half of the layer still gives Q to 1e-4
_DEGREES = range(4, 13)


@dataclass(frozen=True)
class LayeredBody:
    """Radii (um) of the interfaces of a layered sphere, its region names and their real indices, ambient last.

    A spheroid is given by its equatorial radii and `aspect`, the ratio of the polar to the equatorial semi-axis; its latitudes
    are eccentric angles.
    """

    radii: tuple[float, ...]
    names: tuple[str, ...]
    indices: tuple[float, ...]
    aspect: float = 1.0


@dataclass(frozen=True)
class Domain:
    """A plan of the cells, a degree, and the absorbing layer if there is one.

    Attributes
    ----------
    plan
        Rings and latitudes.
    degree
        Degree of the elements.
    pml_start, pml_strength
        Inner radius (um) and strength of the absorbing layer; None in a domain closed by a conductor.
    tail
        Action to which the fields are followed: exp(-2 tail) is the relative effect of ending the domain.
    """

    plan: PolarPlan
    degree: int
    tail: float
    pml_start: float | None = None
    pml_strength: float | None = None

    @property
    def open(self) -> bool:
        """Whether the domain has an absorbing layer."""
        return self.pml_start is not None


@dataclass(frozen=True)
class Choices:
    """What a user may fix instead of letting it follow from the tolerance; None means derived."""

    degree: int | None = None
    refine: int = 0
    mirror: bool = True
    absorbing: bool | None = None
    pml_strength: float | None = None
    pml_depth: float | None = None
    pml_distance: float | None = None


def design(
    body: LayeredBody, targets: Sequence[Expected], tolerance: float, choices: Choices | None = None
) -> Domain:
    """Domain that holds all targets to a relative tolerance of the wavelength.

    Raises
    ------
    MeshError
        If no mode is expected.
    """
    if not targets:
        raise MeshError("a domain needs at least one expected mode")
    choices = choices or Choices()
    tail = 0.5 * np.log(1.0 / tolerance) + 2.0
    radial = _Radial(body, targets, tail, choices)
    polar = _Polar(targets, tail, choices.mirror, centre=radial.inner == 0.0, aspect=body.aspect)
    limit = (_SAFETY_OPEN if radial.pml_start else _SAFETY) * np.sqrt(tolerance)
    degrees = [choices.degree] if choices.degree else _DEGREES
    _, degree = min((_cost(radial.count(k, limit), polar.count(k, limit), k), k) for k in degrees)
    plan = _plan(radial, polar, degree, limit, tolerance)
    for _ in range(choices.refine):
        plan = replace(
            plan, radii=_halved(plan.radii), latitudes=_halved(plan.latitudes), rings=_doubled(plan.rings)
        )
    return Domain(plan, degree, float(tail), radial.pml_start, radial.strength if radial.pml_start else None)


def _plan(radial: _Radial, polar: _Polar, degree: int, limit: float, tolerance: float) -> PolarPlan:
    radii, rings = radial.rings(degree, limit)
    latitudes = polar.cuts(degree, limit)
    if radii[0] == 0.0 and len(latitudes) != len(polar.quadrants):
        latitudes = polar.quadrants
    arc = max(np.diff(latitudes))
    order = 2
    bound = 2.0 * (arc / 4) ** 3 / 6.0
    while bound > min(1e-3 * tolerance, 1e-12) and order < 10:
        order += 1
        bound *= (arc / 4) / (order + 1)
    return PolarPlan(tuple(radii), tuple(rings), tuple(latitudes), order)


def _cost(rings: int, segments: int, degree: int) -> float:
    """Time of assembly, condensation and skeleton factorisation, up to a common factor (fitted to measurements)."""
    cells = rings * segments
    skeleton = 2 * cells * (2 * degree)
    return (
        cells * (40.0 + 0.06 * degree**4)
        + 2.5e-6 * float(min(skeleton, 900)) ** 3 * max(1.0, skeleton / 900) ** 1.5
    )


def _halved(cuts: Sequence[float]) -> tuple[float, ...]:
    x = np.array(cuts)
    return tuple(np.sort(np.r_[x, 0.5 * (x[1:] + x[:-1])]))


def _doubled(names: Sequence[str]) -> tuple[str, ...]:
    return tuple(name for name in names for _ in range(2))


def _leaks(target: Expected, thin_barrier: bool, tail: float) -> bool:
    """Whether radiation matters at the tolerance: by the width of the expected mode where it is known, else by its barrier."""
    k = complex(target.k0)
    if target.leak is None and k.imag == 0.0:
        return thin_barrier
    rate = target.leak_rate
    return rate > 1e-2 * float(np.exp(-2.0 * (tail - 2.0)))


class _Radial:
    """Radial extent and cuts: inner end, interfaces, outer end or absorbing layer."""

    def __init__(self, body: LayeredBody, targets: Sequence[Expected], tail: float, choices: Choices) -> None:
        self.body, self.tail = body, tail
        self.nu = np.array([t.effective_degree + 0.5 for t in targets])
        self.k = np.array([complex(t.k0).real for t in targets])
        self.surface = body.radii[-1]
        outer = [self._closed_end(nu, k) for nu, k in zip(self.nu, self.k, strict=True)]
        leaks = [
            _leaks(t, end is None, tail) or self._spreads(t.effective_degree + 0.5, k)
            for t, end, k in zip(targets, outer, self.k, strict=True)
        ]
        leaky = any(leaks) if choices.absorbing is None else choices.absorbing
        self.strength = choices.pml_strength or _STRENGTH
        self.pml_start: float | None = None
        if leaky:
            self.pml_start, self.outer = self._layer(choices)
        else:
            ends = [self._closed_end(nu, k, force=True) for nu, k in zip(self.nu, self.k, strict=True)]
            self.outer = max(end for end in ends if end is not None)
        self.inner = min(self._inner_end(nu, k) for nu, k in zip(self.nu, self.k, strict=True))
        if self.inner < 0.12 * self.surface:
            self.inner = 0.0

    def _index(self, rho: Array) -> Array:
        return np.asarray(self.body.indices)[np.searchsorted(self.body.radii, rho)]

    def _kappa(self, rho: Array, nu: float, k: float) -> Array:
        """Complex d S / d rho on the path (stretched in the layer), with the Airy scale as its floor at turning points."""
        path, slope = rho.astype(np.complex128), np.ones_like(rho, dtype=np.complex128)
        if self.pml_start is not None:
            inside = rho > self.pml_start
            path[inside] += 1j * self.strength * (rho[inside] - self.pml_start)
            slope[inside] += 1j * self.strength
        square = (nu / path) ** 2 - (self._index(rho) * k) ** 2
        root = np.sqrt(square)
        floor = (2.0 * nu * nu / np.abs(path) ** 3) ** (1.0 / 3.0)
        return np.asarray(np.where(np.abs(root) < floor, floor * 1j, root) * slope)

    def _spreads(self, nu: float, k: float) -> bool:
        """Whether the wave leaves from the surface itself: however weak it is there, only an open end lets it go."""
        return nu <= self.body.indices[-1] * k * self.surface

    def _barrier(self, nu: float, k: float) -> tuple[Array, Array]:
        """Radii outside the surface up to the outer caustic and the action from where the mode lives to them."""
        caustic = nu / (self.body.indices[-1] * k)
        start = min(self._live(nu, k)[1], self.surface)
        if caustic <= start:
            return np.array([start]), np.array([0.0])
        rho = np.linspace(start, caustic, _SAMPLES)
        kappa = np.sqrt(np.maximum((nu / rho) ** 2 - (self._index(rho) * k) ** 2, 0.0))
        S = np.r_[0.0, np.cumsum(0.5 * (kappa[1:] + kappa[:-1]) * np.diff(rho))]
        return rho, S

    def _live(self, nu: float, k: float) -> tuple[float, float]:
        """Inner and outer radius of the region inside the solid where the mode oscillates."""
        rho = np.linspace(self.surface * 1e-3, self.surface * (1 - 1e-9), _SAMPLES)
        allowed = self._index(rho) * k > nu / rho
        if not allowed.any():
            return self.surface, self.surface
        return float(rho[allowed][0]), float(rho[allowed][-1])

    def _closed_end(self, nu: float, k: float, force: bool = False) -> float | None:
        """Radius where the outer tail has decayed enough, None if it leaks before."""
        rho, S = self._barrier(nu, k)
        if S[-1] < self.tail + 1.0:
            return max(float(rho[-1]), self.surface * (1 + 1e-3)) if force else None
        return max(float(np.interp(self.tail, S, rho)), self.surface * (1 + 1e-3))

    def _inner_end(self, nu: float, k: float) -> float:
        rho = np.geomspace(1e-3 * self.surface, self._live(nu, k)[0], _SAMPLES)
        square = (nu / rho) ** 2 - (self._index(rho) * k) ** 2
        kappa = np.sqrt(np.maximum(square, 0.0))
        S = np.r_[np.cumsum((0.5 * (kappa[1:] + kappa[:-1]) * np.diff(rho))[::-1])[::-1], 0.0]
        return 0.0 if S[0] < self.tail else float(np.interp(-self.tail, -S, rho))

    def _tail_end(self, nu: float, k: float) -> float:
        """Radius that encloses the energy of the evanescent tail: the outer caustic, or where 1e-7 of it is left."""
        rho, S = self._barrier(nu, k)
        beyond = S - np.interp(self.surface, rho, S)
        return float(np.interp(_ENERGY_TAIL, beyond, rho))

    def _layer(self, choices: Choices) -> tuple[float, float]:
        """Start and end of the absorbing layer: beyond the evanescent tail of the modes, deep enough for the tolerance."""
        wavelength = 2.0 * np.pi / (self.body.indices[-1] * self.k.min())
        ends = [self._tail_end(nu, k) for nu, k in zip(self.nu, self.k, strict=True)]
        start = max(*ends, self.surface + 0.15 * wavelength)
        if choices.pml_distance is not None:
            start = self.surface + max(choices.pml_distance, 1e-3 * self.surface)
        self.pml_start = start
        if choices.pml_depth is not None:
            return start, start + choices.pml_depth
        reach = start + (2.0 * self.tail + 10.0) * max(wavelength, self.surface / 5)
        rho = np.linspace(start, reach, 4 * _SAMPLES)
        ends = []
        for nu, k in zip(self.nu, self.k, strict=True):
            path = rho + 1j * self.strength * (rho - start)
            kappa = np.sqrt((nu / path) ** 2 - (self.body.indices[-1] * k) ** 2) * (1 + 1j * self.strength)
            S = np.r_[0.0, np.cumsum(0.5 * (kappa[1:] + kappa[:-1]) * np.diff(rho))].real
            ends.append(float(np.interp(self.tail + _LAYER_RESERVE, np.maximum.accumulate(S), rho)))
        return start, max(ends)

    @cached_property
    def _action(self) -> tuple[Action, list[tuple[float, float]]]:
        """Action of all targets, and the intervals between interfaces in which to cut it."""
        lo = self.inner or 1e-3 * self.surface
        interfaces = [r for r in self.body.radii if self.inner < r < self.outer]
        marks = [lo, *interfaces, *([self.pml_start] if self.pml_start else []), self.outer]
        intervals = list(zip(marks, marks[1:], strict=False))
        rho = np.unique(np.concatenate([np.linspace(a, b, _SAMPLES // 4) for a, b in intervals]))
        middle = np.r_[rho[0], 0.5 * (rho[1:] + rho[:-1])]
        waves = list(zip(self.nu, self.k, strict=True))
        kappa = np.array([self._kappa(middle, nu, k) for nu, k in waves])
        amplitude = np.array([self._amplitude(rho, nu, k) for nu, k in waves])
        return Action(rho, kappa, amplitude), intervals

    def _core(self, interval: tuple[float, float]) -> bool:
        """Whether an interval reaches the centre: its inner half is one block."""
        return self.inner == 0.0 and interval == self._action[1][0]

    def count(self, degree: int, limit: float) -> int:
        """Number of rings."""
        action, intervals = self._action
        return sum(
            1 + action.count(0.5 * b, b, degree, limit)
            if self._core((a, b))
            else action.count(a, b, degree, limit)
            for a, b in intervals
        )

    def rings(self, degree: int, limit: float) -> tuple[list[float], list[str]]:
        """Radii of the rings and the region of each."""
        action, intervals = self._action
        radii: list[float] = [intervals[0][0]]
        names: list[str] = []
        for a, b in intervals:
            if self._core((a, b)):
                cuts = [a, *action.partition(0.5 * b, b, degree, limit)]
            else:
                cuts = action.partition(a, b, degree, limit)
            radii += cuts[1:]
            inside = 0.5 * (a + b)
            name = PML if self.pml_start and inside > self.pml_start else self._name(inside)
            names += [name] * (len(cuts) - 1)
        if self.inner == 0.0:
            radii[0] = 0.0
        return radii, names

    def _name(self, rho: float) -> str:
        return self.body.names[int(np.searchsorted(self.body.radii, rho))]

    def _amplitude(self, rho: Array, nu: float, k: float) -> Array:
        first, last = self._live(nu, k)
        decay = np.maximum(self._kappa(rho, nu, k).real, 0.0)
        S = np.r_[0.0, np.cumsum(0.5 * (decay[1:] + decay[:-1]) * np.diff(rho))]
        at_first, at_last = np.interp(first, rho, S), np.interp(last, rho, S)
        return np.asarray(
            np.exp(-np.where(rho < first, at_first - S, np.where(rho > last, S - at_last, 0.0)))
        )


class _Polar:
    """Extent and cuts in latitude: from the equator (or its mirror image) to where the Legendre function has decayed."""

    def __init__(
        self, targets: Sequence[Expected], tail: float, mirror: bool, *, centre: bool, aspect: float = 1.0
    ) -> None:
        self.mirror = mirror
        beta = np.linspace(0.0, 0.5 * np.pi, _SAMPLES)
        metric = np.hypot(
            np.sin(beta), aspect * np.cos(beta)
        )  # arc length for each radian of eccentric angle
        inner = np.minimum(beta, 0.5 * np.pi - 1e-3)
        kappas, amplitudes, ends = [], [], []
        for target in targets:
            nu = target.effective_degree + 0.5
            square = (target.m / np.cos(inner)) ** 2 - nu * nu
            decay = np.sqrt(np.maximum(square, 0.0)) * metric
            S = np.r_[0.0, np.cumsum(0.5 * (decay[1:] + decay[:-1]) * np.diff(beta))]
            scale = np.sqrt(nu)
            root = np.sqrt(square.astype(np.complex128))
            bounded = np.minimum(np.abs(root), 3.0 * nu + 3.0) * np.exp(1j * np.angle(root))
            kappas.append(np.where(np.abs(root) < scale, 1j * scale, bounded) * metric)
            amplitudes.append(np.exp(-S))
            ends.append(float(np.interp(tail, S, beta)) if S[-1] > tail else 0.5 * np.pi)
        self.end = max(ends)
        if self.end > np.radians(70.0) or centre:
            self.end = 0.5 * np.pi
        self.action = Action(beta, np.array(kappas), np.array(amplitudes))

    @property
    def quadrants(self) -> list[float]:
        """The two segments for each quadrant that a mesh with the centre needs."""
        q = 0.25 * np.pi
        return [0.0, q, 2 * q] if self.mirror else [-2 * q, -q, 0.0, q, 2 * q]

    def count(self, degree: int, limit: float) -> int:
        """Number of segments."""
        half = self.action.count(0.0, self.end, degree, limit)
        return half if self.mirror else 2 * half

    def cuts(self, degree: int, limit: float) -> list[float]:
        """Latitudes of the segment ends."""
        half = self.action.partition(0.0, self.end, degree, limit)
        return half if self.mirror else [-b for b in half[:0:-1]] + half
