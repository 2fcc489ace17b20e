"""Outlines through points: those a user drew or measured, and those that the nodes of a mesh trace."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from femwgm.errors import GeometryError
from femwgm.geometry.curves import Curve, Line, Point, Spline
from femwgm.geometry.outline import Outline, closed_outline, polygon_outline
from femwgm.ground.typing import RealArray

__all__ = ["along_mesh", "through"]


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
    x = np.array(points)
    size = float(np.hypot(*np.ptp(x, axis=0)))
    closed = bool(np.hypot(*(x[0] - x[-1])) <= 1e-9 * size)
    step = np.diff(x, axis=0)
    heading = np.unwrap(np.arctan2(step[:, 1], step[:, 0]))
    turn = np.abs(np.diff(heading))
    cuts = (np.flatnonzero(turn > np.radians(corner)) + 1).tolist()
    if closed:
        seam = abs((heading[0] - heading[-1] + np.pi) % (2.0 * np.pi) - np.pi) > np.radians(corner)
        if not cuts and not seam:
            return through([(float(r), float(z)) for r, z in x], True, name)
        if not seam:  # begin at a corner
            x = np.concatenate([x[cuts[0] : -1], x[: cuts[0] + 1]])
            return along_mesh([(float(r), float(z)) for r, z in x], corner, name)
    marks = [0, *cuts, len(x) - 1]
    curves = [_between(x[a : b + 1], size) for a, b in zip(marks, marks[1:], strict=False)]
    return closed_outline(curves, name)


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
