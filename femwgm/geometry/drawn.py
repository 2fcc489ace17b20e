"""Outlines through points: those a user drew or measured, and those that the nodes of a mesh trace."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from femwgm.errors import GeometryError
from femwgm.geometry.curves import Curve, Line, Point, Spline, nearest_on
from femwgm.geometry.outline import Outline, closed_outline, polygon_outline
from femwgm.ground.typing import RealArray


def through(points: Sequence[Point], smooth: bool, name: str) -> Outline:
    """Outline through points: straight pieces, or one spline that is perpendicular to the axis or periodic."""
    points = list(points)
    size = float(np.hypot(*np.ptp(np.array(points), axis=0)))
    closed = np.hypot(*np.subtract(points[0], points[-1])) <= 1e-9 * size
    on_axis = abs(points[0][0]) <= 1e-9 * size and abs(points[-1][0]) <= 1e-9 * size
    if not smooth:
        return polygon_outline(points, name)
    steps = np.hypot(*np.diff(np.array(points), axis=0).T)
    if not (steps > 1e-12 * size).all() or size == 0.0:
        raise GeometryError(f"outline {name!r}: a smooth one has a point twice in a row; drop one of them")
    if on_axis and not closed:
        inward, outward = (1.0, 0.0), (-1.0, 0.0)
        return closed_outline([Spline(tuple(points), inward, outward)], name)
    if not closed:
        return closed_outline([Spline(tuple(points))], name)
    ring = np.array(
        [*points[-6:-1], *points, *points[1:6]]
    )  # enough neighbours to give the seam the slope of a periodic spline
    s = np.r_[0.0, np.cumsum(np.hypot(*np.diff(ring, axis=0).T))]
    from scipy.interpolate import CubicSpline

    slope = CubicSpline(s, ring)(s[5], 1)
    seam = (float(slope[0]), float(slope[1]))
    return closed_outline([Spline(tuple(points), seam, seam)], name)


def along_mesh(points: Sequence[Point], corner: float, name: str) -> Outline:
    """Outline through the nodes of a mesh: cut at its corners (turns above `corner`, deg), a spline or a line between them."""
    runs = _runs(np.array(points), corner)
    if len(runs) == 1 and _closed(runs[0]):
        return through([(float(r), float(z)) for r, z in runs[0]], True, name)
    size = float(np.hypot(*np.ptp(np.array(points), axis=0)))
    return closed_outline([_between(run, size) for run in runs], name)


@lru_cache(maxsize=64)
def radius_through(points: tuple[Point, ...], smooth: bool, corner: float | None = None) -> float:
    """Largest distance from the axis of an outline through points, with a corner (deg) one through the nodes of a mesh."""
    if corner is None and not smooth:
        return max(r for r, _ in points)
    outline = through(points, True, "") if corner is None else along_mesh(points, corner, "")
    return max(_farthest(curve) for curve in outline.curves)


def equator_of(points: Sequence[Point]) -> float:
    """Height (um) of the middle of the widest part of an outline through points, joined by straight lines."""
    x = np.array([*points, points[0]], dtype=float)
    t = np.linspace(0.0, 1.0, 33)[:, None]
    r, z = (x[:-1, None] + t * (x[1:, None] - x[:-1, None])).reshape(-1, 2).T
    wide = z[r >= _WIDE * r.max()]
    return float(0.5 * (wide.min() + wide.max()))


_WIDE = 0.98
"""Share of the largest radius from which a part of an outline is among the widest."""


def _farthest(curve: Curve) -> float:
    from scipy.optimize import minimize_scalar  # a fifth of the time of `femwgm check`, which seldom needs it

    t = np.linspace(0.0, 1.0, _MOST + 1)
    r = curve.at(t)[:, 0]
    best = int(np.argmax(r))
    bounds = (t[max(best - 1, 0)], t[min(best + 1, _MOST)])
    found = minimize_scalar(lambda s: -curve.at(np.array([s]))[0, 0], bounds=bounds, method="bounded")
    return float(max(r[best], -found.fun))


def _closed(x: RealArray) -> bool:
    return bool(np.hypot(*(x[0] - x[-1])) <= 1e-9 * np.hypot(*np.ptp(x, axis=0)))


def _runs(x: RealArray, corner: float, uneven: float = np.inf) -> list[RealArray]:
    """Points of an outline between its corners, where it turns or where a step is `uneven` times the next; else one run."""
    step = np.diff(x, axis=0)
    heading = np.unwrap(np.arctan2(step[:, 1], step[:, 0]))
    turn = np.abs(np.diff(heading))
    ratio = np.abs(np.diff(np.log(np.hypot(*step.T))))
    cuts = (np.flatnonzero((turn > np.radians(corner)) | (ratio > np.log(uneven))) + 1).tolist()
    seam = abs((heading[0] - heading[-1] + np.pi) % (2.0 * np.pi) - np.pi) > np.radians(corner)
    if _closed(x) and cuts and not seam:  # begin at a corner
        return _runs(np.concatenate([x[cuts[0] : -1], x[: cuts[0] + 1]]), corner, uneven)
    marks = [0, *cuts, len(x) - 1]
    return [x[a : b + 1] for a, b in zip(marks, marks[1:], strict=False)]


def doubtful(
    points: Sequence[Point], corner: float, *, straight: bool
) -> tuple[RealArray, RealArray, RealArray]:
    """Where an outline through points runs, its right-hand normals, and how far (um, along them) it may be off what they sample.

    Between corners a curve through all points is compared with one through every other point, whose distance is some twelve times
    that of the first from a smooth shape; a quarter of it is stated. Straight pieces are compared with the curve through all
    points: that is their sagitta.
    """
    x = np.array(points, dtype=float)
    size = float(np.hypot(*np.ptp(x, axis=0)))
    places, normals, doubts = [], [], []
    for run in _runs(x, corner, _UNEVEN if straight else np.inf):
        t = np.linspace(0.0, 1.0, min(8 * len(run), _MOST) + 1)
        fine = _between(run, size)
        other = fine if straight else _between(np.concatenate([run[:-1:2], run[-1:]]), size)
        at, tangent = fine.at(t), fine.tangent(t)
        normal = np.stack([tangent[:, 1], -tangent[:, 0]], axis=-1)
        chords = np.r_[0.0, np.cumsum(np.hypot(*np.diff(run, axis=0).T))]
        near = (
            np.stack([np.interp(t * chords[-1], chords, values) for values in run.T], axis=-1)
            if straight
            else other.at(nearest_on(other, at)[0])
        )
        places.append(at)
        normals.append(normal)
        doubts.append((_OF_THE_SAGITTA if straight else _OF_THE_COARSE) * ((near - at) * normal).sum(axis=1))
    return np.concatenate(places), np.concatenate(normals), np.concatenate(doubts)


_UNEVEN = 3.0
"""Ratio of neighbouring straight pieces from which the longer one is meant to be straight."""
_MOST = 2000
"""Places between two corners at which curves are compared."""
_OF_THE_COARSE, _OF_THE_SAGITTA = 0.25, 1.1
"""Shares of the distance between the two that count: the second covers what the free ends of a spline and first order leave."""


def _between(x: RealArray, size: float) -> Curve:
    """A line where the points lie on one, else a spline; at the axis it is perpendicular to it where its nodes nearly are."""
    points = [(float(r), float(z)) for r, z in x]
    along = (x[-1] - x[0]) / max(float(np.hypot(*(x[-1] - x[0]))), 1e-300)
    if np.abs((x[:, 0] - x[0, 0]) * along[1] - (x[:, 1] - x[0, 1]) * along[0]).max() < 1e-9 * size:
        return Line(points[0], points[-1])
    ends: list[Point | None] = []
    for at, step, sign in ((x[0], x[1] - x[0], 1.0), (x[-1], x[-1] - x[-2], -1.0)):
        level = at[0] < 1e-9 * size and abs(step[1]) < 0.27 * abs(step[0])
        ends.append((sign, 0.0) if level else None)
    return Spline(tuple(points), ends[0], ends[1])
