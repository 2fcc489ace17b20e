"""The cross-section of a body of revolution: named regions by priority, layers of background, walls."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from femwgm.errors import GeometryError
from femwgm.geometry.curves import Point
from femwgm.geometry.outline import Outline
from femwgm.ground.typing import Array, IntArray

_SYMMETRY = 1e-9


@dataclass(frozen=True)
class Piece:
    """A region by its outline."""

    region: str
    outline: Outline


@dataclass(frozen=True)
class Slab:
    """A region that fills bottom < z < top at every radius (um); infinite ends are allowed."""

    region: str
    bottom: float
    top: float


@dataclass(frozen=True)
class Walls:
    """Perfectly conducting can around everything: a cylinder of a radius between two heights (um); None leaves a side open."""

    radius: float | None = None
    bottom: float | None = None
    top: float | None = None

    @property
    def closed(self) -> bool:
        """Whether no side is open."""
        return None not in (self.radius, self.bottom, self.top)


@dataclass(frozen=True)
class Section:
    """Cross-section in r >= 0.

    Attributes
    ----------
    parts
        Pieces and slabs; where they overlap, the first one wins.
    ambient
        Region of whatever no part covers.
    radius
        Outer equatorial radius of the solid (um).
    walls
        Conducting walls, if any.
    support
        Regions that carry the body and are no part of it.
    twins
        Pairs of regions of one medium, of which each may be the mirror image of the other.
    stacked
        Regions of each body of a stack, from below upwards; empty for one body.
    """

    parts: tuple[Piece | Slab, ...]
    ambient: str
    radius: float
    walls: Walls = Walls()
    support: tuple[str, ...] = ()
    twins: tuple[tuple[str, str], ...] = ()
    stacked: tuple[tuple[str, ...], ...] = ()

    @property
    def regions(self) -> tuple[str, ...]:
        """Region names in order of priority, the ambient last."""
        solid = (
            part.region for part in self.parts if part.region != self.ambient
        )  # a hole is of the ambient
        return tuple(dict.fromkeys([*solid, self.ambient]))

    @property
    def pieces(self) -> tuple[Piece, ...]:
        """The parts with an outline."""
        return tuple(part for part in self.parts if isinstance(part, Piece))

    @property
    def body(self) -> tuple[str, ...]:
        """Names of the regions that hold the modes; those of background layers and supports only carry them."""
        names = (piece.region for piece in self.pieces if piece.region not in {*self.support, self.ambient})
        return tuple(dict.fromkeys(names)) or self.regions

    @property
    def reach(self) -> float:
        """Radius (um) of the smallest sphere about the origin that holds the body."""
        pieces = [piece.outline.polygon for piece in self.pieces if piece.region in self.body]
        return max((float(np.hypot(*points.T).max()) for points in pieces), default=0.0)

    @property
    def slabs(self) -> tuple[Slab, ...]:
        """The layers of background."""
        return tuple(part for part in self.parts if isinstance(part, Slab))

    def region_at(self, points: Array) -> IntArray:
        """Index into `regions` of each point (n, 2)."""
        names = self.regions
        out = np.full(len(points), len(names) - 1)
        for part in reversed(self.parts):
            inside = part.outline.contains(points) if isinstance(part, Piece) else _within(part, points[:, 1])
            out[inside] = names.index(part.region)
        return out

    @property
    def free(self) -> bool:
        """Whether the body hangs in the ambient: no background layer, no walls."""
        return not self.slabs and self.walls == Walls()

    @property
    def on_mirror(self) -> bool:
        """Whether the body stands on a conducting plane z = 0 in the ambient, so that it and its image are one free body."""
        return not self.slabs and self.walls == Walls(bottom=0.0)

    @cached_property
    def bounds(self) -> tuple[float, float, float, float]:
        """(r_min, r_max, z_min, z_max) of the pieces, or of the walls if there are none (um)."""
        if self.pieces:
            points = np.concatenate([piece.outline.polygon for piece in self.pieces])
            (r0, z0), (r1, z1) = points.min(axis=0), points.max(axis=0)
            return float(r0), float(r1), float(z0), float(z1)
        w = self.walls
        if w.radius is None or w.bottom is None or w.top is None:
            raise GeometryError("a section without a body needs walls on every side")
        return 0.0, w.radius, w.bottom, w.top

    @property
    def images(self) -> dict[str, str]:
        """The region that is the mirror image of another, both ways."""
        return {a: b for pair in self.twins for a, b in (pair, pair[::-1])}

    @cached_property
    def symmetric(self) -> bool:
        """Whether the plane z = 0 is a mirror plane of every part."""
        if any(slab.bottom != -slab.top for slab in self.slabs):
            return False
        w = self.walls
        if (w.bottom is None) != (w.top is None) or (w.bottom is not None and w.bottom != -(w.top or 0.0)):
            return False
        images = self.images
        return all(
            any(
                _is_image(piece.outline, o.outline)
                for o in self.pieces
                if o.region == images.get(piece.region, piece.region)
            )
            for piece in self.pieces
        )

    @property
    def corners(self) -> list[tuple[Point, float]]:
        """Corners of all pieces with their turn (rad), each once; where a slab's face meets a piece there is one too."""
        found = [corner for piece in self.pieces for corner in piece.outline.corners()]
        for slab in self.slabs:
            for level in (slab.bottom, slab.top):
                if np.isfinite(level):
                    found += [
                        (point, np.pi / 2)
                        for piece in self.pieces
                        for point in _crossings(piece.outline, level)
                    ]
        unique: dict[tuple[float, float], tuple[Point, float]] = {}
        for point, turn in found:
            unique.setdefault((round(point[0], 9), round(point[1], 9)), (point, turn))
        return list(unique.values())

    @property
    def tightest(self) -> list[tuple[Array, float]]:
        """Points along each curved piece of outline and its smallest radius of curvature (um)."""
        t = np.linspace(0.0, 1.0, 33)
        return [
            (c.at(t), c.tightest())
            for p in self.pieces
            for c in p.outline.curves
            if np.isfinite(c.tightest())
        ]

    @property
    def films(self) -> list[tuple[Array, float, float]]:
        """Points along each curved piece of outline with another outline beside it, its smallest radius, and the gap (um)."""
        t, found = np.linspace(0.0, 1.0, 33), []
        for piece in self.pieces:
            others = [other.outline.polygon for other in self.pieces if other is not piece]
            for curve in piece.outline.curves if others else ():
                if np.isfinite(curve.tightest()):
                    points = curve.at(t)
                    apart = np.min([_distances(points, polygon) for polygon in others], axis=0)
                    # Outlines may touch in places; what counts is how far apart they run.
                    found.append((points, curve.tightest(), float(np.percentile(apart, 25.0))))
        return found


def _within(slab: Slab, z: Array) -> Array:
    return np.asarray((z > slab.bottom) & (z < slab.top))


def _is_image(one: Outline, other: Outline) -> bool:
    """Whether an outline is the mirror image of another in the plane z = 0."""
    apart = _distances(other.polygon * np.array([1.0, -1.0]), one.polygon)
    return bool(apart.max() <= _SYMMETRY * one.size)


def _distances(points: Array, polygon: Array) -> Array:
    """Distance of each point (n, 2) from the sides of a closed polygon."""
    d = np.roll(polygon, -1, axis=0) - polygon
    length = np.maximum((d * d).sum(axis=1), 1e-300)
    away = points[:, None] - polygon
    t = np.clip((away * d).sum(axis=2) / length, 0.0, 1.0)
    return np.asarray(np.hypot(*np.moveaxis(away - t[..., None] * d, 2, 0)).min(axis=1))


def _crossings(outline: Outline, level: float) -> list[Point]:
    """Points off the axis where an outline crosses a height."""
    found = []
    polygon = outline.polygon
    for (r0, z0), (r1, z1) in zip(polygon, np.roll(polygon, -1, axis=0), strict=True):
        if (z0 - level) * (z1 - level) < 0.0:
            r = r0 + (level - z0) * (r1 - r0) / (z1 - z0)
            if r > 1e-9 * outline.size:
                found.append((float(r), level))
    return found
