"""Curves of the meridian half plane: lines, arcs of circles and ellipses, splines; each knows its points and its parallel curve.

Positions are (r, z) in um. A closed chain of curves runs counterclockwise around its region, so the outside is on the right.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Protocol

import numpy as np

from femwgm.errors import GeometryError
from femwgm.ground.cubics import Cubics, spline
from femwgm.ground.typing import RealArray

Point = tuple[float, float]


class Curve(Protocol):
    """What every curve offers."""

    @property
    def start(self) -> Point:
        """First point (um)."""

    @property
    def end(self) -> Point:
        """Last point (um)."""

    def at(self, t: RealArray) -> RealArray:
        """Positions (n, 2) at parameters t in [0, 1]."""

    def tangent(self, t: RealArray) -> RealArray:
        """Unit tangents (n, 2) at parameters t in [0, 1]."""

    def reversed(self) -> Curve:
        """The same curve walked the other way."""

    def shifted(self, distance: float) -> Curve:
        """The parallel curve at a distance (um) to the right."""

    def raised(self, height: float) -> Curve:
        """The same curve moved along the axis by a height (um)."""

    def tightest(self) -> float:
        """Smallest radius of curvature (um), infinite for a line."""


@dataclass(frozen=True)
class Line:
    """Straight piece."""

    start: Point
    end: Point

    def at(self, t: RealArray) -> RealArray:
        a, b = np.array(self.start), np.array(self.end)
        return np.asarray(a + np.outer(t, b - a))

    def tangent(self, t: RealArray) -> RealArray:
        d = np.subtract(self.end, self.start)
        return np.broadcast_to(d / np.hypot(*d), (len(t), 2))

    def reversed(self) -> Line:
        return Line(self.end, self.start)

    def shifted(self, distance: float) -> Line:
        offset = _right(self.tangent(np.zeros(1)))[0] * distance
        return Line(_point(np.add(self.start, offset)), _point(np.add(self.end, offset)))

    def raised(self, height: float) -> Line:
        return Line(_raised(self.start, height), _raised(self.end, height))

    def tightest(self) -> float:
        return float("inf")


@dataclass(frozen=True)
class Arc:
    """Arc of an ellipse with its axes along r and z (a circle if the semi-axes agree), from angle `first` to `last` (rad).

    Angles are eccentric, counterclockwise from +r; `last` < `first` walks clockwise.
    """

    centre: Point
    semi_r: float
    semi_z: float
    first: float
    last: float

    @property
    def start(self) -> Point:
        return _point(self.at(np.zeros(1))[0])

    @property
    def end(self) -> Point:
        return _point(self.at(np.ones(1))[0])

    @property
    def circular(self) -> bool:
        """Whether it is a piece of a circle."""
        return self.semi_r == self.semi_z

    def _angle(self, t: RealArray) -> RealArray:
        return self.first + (self.last - self.first) * np.asarray(t, dtype=float)

    def at(self, t: RealArray) -> RealArray:
        a = self._angle(t)
        return np.stack(
            [self.centre[0] + self.semi_r * _cos(a), self.centre[1] + self.semi_z * _sin(a)], axis=-1
        )

    def tangent(self, t: RealArray) -> RealArray:
        a = self._angle(t)
        d = np.stack([-self.semi_r * np.sin(a), self.semi_z * np.cos(a)], axis=-1) * np.sign(
            self.last - self.first
        )
        return np.asarray(d / np.linalg.norm(d, axis=1)[:, None])

    def reversed(self) -> Arc:
        return Arc(self.centre, self.semi_r, self.semi_z, self.last, self.first)

    def shifted(self, distance: float) -> Curve:
        grow = distance if self.last > self.first else -distance
        if self.circular:
            return Arc(self.centre, self.semi_r + grow, self.semi_z + grow, self.first, self.last)
        return _parallel(self, distance)

    def raised(self, height: float) -> Arc:
        return replace(self, centre=_raised(self.centre, height))

    def tightest(self) -> float:
        return min(self.semi_r**2 / self.semi_z, self.semi_z**2 / self.semi_r)


@dataclass(frozen=True)
class Spline:
    """Cubic spline through points, parametrised by chord length; optional end directions make it meet its neighbours smoothly."""

    points: tuple[Point, ...]
    first_slope: Point | None = None
    last_slope: Point | None = None

    @property
    def start(self) -> Point:
        return self.points[0]

    @property
    def end(self) -> Point:
        return self.points[-1]

    def _spline(self) -> Cubics:
        return _interpolant(self.points, self.first_slope, self.last_slope)

    def at(self, t: RealArray) -> RealArray:
        return np.asarray(self._spline()(t))

    def tangent(self, t: RealArray) -> RealArray:
        d = self._spline()(t, 1)
        return np.asarray(d / np.linalg.norm(d, axis=1)[:, None])

    def reversed(self) -> Spline:
        def back(slope: Point | None) -> Point | None:
            return None if slope is None else (-slope[0], -slope[1])

        return Spline(self.points[::-1], back(self.last_slope), back(self.first_slope))

    def shifted(self, distance: float) -> Spline:
        return _parallel(self, distance, 4 * len(self.points))

    def raised(self, height: float) -> Spline:
        return replace(self, points=tuple(_raised(point, height) for point in self.points))

    def tightest(self) -> float:
        t = np.linspace(0.0, 1.0, 8 * len(self.points))
        curve = self._spline()
        (x, y), (u, v) = curve(t, 1).T, curve(t, 2).T
        bend = np.abs(x * v - y * u) / np.hypot(x, y) ** 3
        return float(1.0 / max(bend.max(), 1e-300))


@lru_cache(maxsize=256)
def _interpolant(points: tuple[Point, ...], first: Point | None, last: Point | None) -> Cubics:
    x = np.array(points)
    s = np.r_[0.0, np.cumsum(np.hypot(*np.diff(x, axis=0).T))]
    if not s[-1] > 0.0 or not (np.diff(s / s[-1]) > 0.0).all():
        raise GeometryError("a smooth outline has one point twice in a row; drop one of them")
    ends = (None if slope is None else np.array(slope) * s[-1] / np.hypot(*slope) for slope in (first, last))
    return spline(s / s[-1], x, *ends)


def nearest_on(curve: Curve, points: RealArray) -> tuple[RealArray, RealArray]:
    """Parameter of the point of a curve next to each of the points (n, 2), and the distance (um)."""
    grid = np.linspace(0.0, 1.0, _GRID)
    t = grid[np.argmin(np.hypot(*(points[:, None] - curve.at(grid)[None]).T), axis=0)]
    width = grid[1]
    offsets = np.linspace(-1.0, 1.0, 9)
    for _ in range(12):
        tried = np.clip(t[:, None] + width * offsets, 0.0, 1.0)
        at = curve.at(tried.ravel()).reshape(*tried.shape, 2)
        t = tried[np.arange(len(t)), np.argmin(np.hypot(*(points[:, None] - at).T).T, axis=1)]
        width *= 0.3
    return t, np.hypot(*(points - curve.at(t)).T)


_GRID = 129
"""Points of a curve from which the search for the nearest one starts."""


def arc(centre: Point, radius: float, first: float, last: float) -> Arc:
    """Arc of a circle from angle `first` to `last` (degrees, counterclockwise from +r)."""
    return Arc(centre, radius, radius, float(np.radians(first)), float(np.radians(last)))


def _cos(angle: RealArray) -> RealArray:
    """Cosine that is exactly zero at right angles, so that arcs end on the axis."""
    value = np.cos(angle)
    return np.where(np.abs(value) < 1e-15, 0.0, value)


def _sin(angle: RealArray) -> RealArray:
    value = np.sin(angle)
    return np.where(np.abs(value) < 3e-16, 0.0, value)


def _raised(point: Point, height: float) -> Point:
    return point[0], point[1] + height


def _point(x: RealArray) -> Point:
    return float(x[0]), float(x[1])


def _right(tangent: RealArray) -> RealArray:
    """Unit normals to the right of unit tangents."""
    return np.stack([tangent[:, 1], -tangent[:, 0]], axis=-1)


def _parallel(curve: Curve, distance: float, samples: int = 65) -> Spline:
    t = np.linspace(0.0, 1.0, samples)
    tangent = curve.tangent(t)
    points = curve.at(t) + distance * _right(tangent)
    return Spline(tuple(_point(p) for p in points), _point(tangent[0]), _point(tangent[-1]))
