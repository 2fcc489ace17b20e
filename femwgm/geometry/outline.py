"""A region of the meridian half plane by its closed outline, checked before anything is meshed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from femwgm.errors import GeometryError
from femwgm.geometry.curves import Curve, Line, Point
from femwgm.ground.typing import Array, RealArray

_SAMPLES = 65
_RELATIVE_GAP = 1e-9


@dataclass(frozen=True)
class Outline:
    """Closed chain of curves, counterclockwise, in r >= 0.

    Use `closed_outline` to build one from any chain: it closes along the axis, turns it counterclockwise and refuses what is no
    outline.
    """

    curves: tuple[Curve, ...]

    @cached_property
    def polygon(self) -> RealArray:
        """Points (n, 2) along the outline, every curve's own points, without the last one (which is the first)."""
        return np.concatenate([_polyline(curve)[:-1] for curve in self.curves])

    @property
    def size(self) -> float:
        """Diagonal of the bounding box (um)."""
        return float(np.hypot(*np.ptp(self.polygon, axis=0)))

    def corners(self, least: float = np.radians(12.0)) -> list[tuple[Point, float]]:
        """Points off the axis where the outline turns by more than `least` (rad), and the turn (positive to the left: convex)."""
        found = []
        for before, after in zip(self.curves[-1:] + self.curves[:-1], self.curves, strict=True):
            a, b = before.tangent(np.ones(1))[0], after.tangent(np.zeros(1))[0]
            turn = float(np.arctan2(a[0] * b[1] - a[1] * b[0], a @ b))
            if abs(turn) > least and after.start[0] > _RELATIVE_GAP * self.size:
                found.append((after.start, turn))
        return found

    def contains(self, points: Array) -> Array:
        """Whether points (n, 2) lie inside, by crossings of a ray towards +r."""
        polygon = self.polygon
        within = ((points >= polygon.min(axis=0)) & (points <= polygon.max(axis=0))).all(axis=1)
        found = np.zeros(len(points), dtype=bool)
        (r0, z0), (r1, z1) = polygon.T, np.roll(polygon, -1, axis=0).T
        levels, level_of = np.unique(points[within, 1], return_inverse=True)
        inside = np.zeros(len(level_of), dtype=bool)
        for start in range(0, len(levels), _LEVELS):
            z = levels[start : start + _LEVELS, None]
            level, side = np.nonzero((z0 > z) != (z1 > z))
            crossing = r0[side] + (z[level, 0] - z0[side]) * (r1 - r0)[side] / (z1 - z0)[side]
            here = np.flatnonzero((level_of >= start) & (level_of < start + _LEVELS))
            row = level_of[here] - start
            crossings = np.sort_complex(level + 1j * crossing)  # by level, and by radius on each
            beyond = np.searchsorted(crossings.real, row, side="right")
            upto = np.searchsorted(crossings, row + 1j * points[within, 0][here], side="right")
            inside[here] = (beyond - upto) % 2 == 1
        found[within] = inside
        return found


_LEVELS = 1000
"""Heights, or sides, at which crossings are looked for at once."""


def closed_outline(curves: Sequence[Curve], name: str) -> Outline:
    """Outline of a region from a chain of curves; a chain from axis to axis is closed along the axis.

    Raises
    ------
    GeometryError
        One line: what is wrong with which outline, and where.
    """
    curves = tuple(curves)
    if not curves:
        raise GeometryError(f"outline of '{name}': it has no points")
    everything = np.concatenate([_polyline(c) for c in curves])
    if not np.isfinite(everything).all():
        raise GeometryError(f"outline of '{name}': a coordinate is not finite")
    size = float(np.hypot(*np.ptp(everything, axis=0)))
    gap = _RELATIVE_GAP * size
    lowest = everything[np.argmin(everything[:, 0])]
    if lowest[0] < -gap:
        raise GeometryError(
            f"outline of '{name}': negative radius {_at(lowest)}; give one half of the cross-section, r >= 0"
        )
    for before, after in zip(curves, curves[1:], strict=False):
        distance = float(np.hypot(*np.subtract(after.start, before.end)))
        if distance > gap:
            raise GeometryError(
                f"outline of '{name}': a gap of {distance:.3g} um between {_at(before.end)} and {_at(after.start)}"
            )
    first, last = curves[0].start, curves[-1].end
    if np.hypot(*np.subtract(first, last)) > gap:
        if abs(first[0]) > gap or abs(last[0]) > gap:
            raise GeometryError(
                f"outline of '{name}': open curve, from {_at(first)} to {_at(last)}; close it, or begin and end on the axis"
            )
        curves = (*curves, Line(last, first))
    outline = Outline(curves)
    crossing = _self_crossing(outline.polygon)
    if crossing is not None:
        raise GeometryError(f"outline of '{name}': it crosses itself near {_at(crossing)}")
    area = _area(outline.polygon)
    if abs(area) < 1e-9 * size**2:
        raise GeometryError(f"outline of '{name}': zero thickness, it encloses no area")
    if area < 0.0:
        outline = Outline(tuple(c.reversed() for c in reversed(curves)))
    return outline


def polygon_outline(points: Sequence[Point], name: str) -> Outline:
    """Outline of straight pieces through points; closed by itself unless its ends lie on the axis."""
    points = list(points)
    size = float(np.hypot(*np.ptp(np.array(points, dtype=float), axis=0))) if points else 0.0
    for i, (a, b) in enumerate(zip(points, points[1:], strict=False)):
        if np.hypot(*np.subtract(a, b)) <= _RELATIVE_GAP * size:
            raise GeometryError(f"outline of '{name}': points {i + 1} and {i + 2} coincide {_at(a)}")
    if len(points) < 3:
        raise GeometryError(f"outline of '{name}': {len(points)} points enclose no area; give at least three")
    return closed_outline([Line(a, b) for a, b in zip(points, points[1:], strict=False)], name)


def _at(point: Sequence[float] | RealArray) -> str:
    return f"(r, z) = ({point[0]:.6g}, {point[1]:.6g}) um"


def _polyline(curve: Curve) -> RealArray:
    count = 2 if isinstance(curve, Line) else max(_SAMPLES, 2 * len(getattr(curve, "points", ())) + 1)
    return curve.at(np.linspace(0.0, 1.0, count))


def _area(polygon: RealArray) -> float:
    r, z = polygon.T
    return 0.5 * float(np.sum(r * np.roll(z, -1) - z * np.roll(r, -1)))


def _self_crossing(polygon: RealArray) -> RealArray | None:
    """A point where two sides of a closed polygon cross, or None; only sides whose boxes meet are looked at."""
    a, b = polygon, np.roll(polygon, -1, axis=0)
    d, n = b - a, len(a)
    boxes = [(np.minimum(x, y), np.maximum(x, y)) for x, y in zip(a.T, b.T, strict=True)]
    for start in range(0, n, _LEVELS):
        part, meet = slice(start, start + _LEVELS), np.array(True)
        for low, high in boxes:
            meet = meet & (low[part, None] <= high) & (high[part, None] >= low)
        i, j = np.nonzero(meet)
        i += start
        apart = (j > i + 1) & (j - i < n - 1)
        i, j = i[apart], j[apart]
        w = a[j] - a[i]
        cross = d[i, 0] * d[j, 1] - d[i, 1] * d[j, 0]
        with np.errstate(divide="ignore", invalid="ignore"):
            s = (w[:, 0] * d[j, 1] - w[:, 1] * d[j, 0]) / cross
            t = (w[:, 0] * d[i, 1] - w[:, 1] * d[i, 0]) / cross
            hit = (cross != 0.0) & (s > 1e-12) & (s < 1 - 1e-12) & (t > 1e-12) & (t < 1 - 1e-12)
        if hit.any():
            first = int(np.argmax(hit))
            return np.asarray(a[i[first]] + s[first] * d[i[first]])
    return None
