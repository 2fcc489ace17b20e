"""The body in the meridian plane, to scale: a curve for the surface of each region."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import numpy as np

from femwgm.errors import GeometryError
from femwgm.ground.typing import Array


@dataclass(frozen=True, eq=False)
class Outline:
    """Surface of a region: a curve from the axis to the axis at r >= 0 (um), or a closed loop whose last point is its first.

    Attributes
    ----------
    name
        Region inside.
    r, z
        The curve.
    background
        Whether it is a layer that goes on for ever, as a substrate, drawn as far as a picture needs.
    """

    name: str
    r: Array
    z: Array
    background: bool = False

    @cached_property
    def from_axis(self) -> bool:
        """Whether the curve begins and ends on the axis."""
        return bool(max(self.r[0], self.r[-1]) <= 1e-9 * self.r.max())

    @cached_property
    def round(self) -> bool:
        """Whether it is like a sphere: from pole to pole with a point on the equator, the height always growing."""
        return bool(
            self.from_axis and np.all(np.diff(self.z) > 0.0) and np.abs(self.z).min() < 1e-9 * self.r.max()
        )

    def intervals(self, z: float = 0.0) -> list[tuple[float, float]]:
        """Radii (um) between which the region's outline holds a plane of constant z."""
        above = self.z >= z
        cross = np.flatnonzero(above[1:] != above[:-1])
        t = (z - self.z[cross]) / (self.z[cross + 1] - self.z[cross])
        radii = sorted((self.r[cross] + t * (self.r[cross + 1] - self.r[cross])).tolist())
        if len(radii) % 2:
            radii = [0.0, *radii]
        return list(zip(radii[::2], radii[1::2], strict=True))

    def equator(self, z: float = 0.0) -> float | None:
        """Largest radius (um) where the curve crosses a plane of constant z; None if it does not."""
        found = self.intervals(z)
        return found[-1][1] if found else None


def visible(lines: Sequence[Outline]) -> list[tuple[Outline, Array, Array]]:
    """Each outline by the parts of its curve (r, z) that no region before it covers."""
    return _visible(tuple(lines))


@lru_cache(maxsize=8)
def _visible(lines: tuple[Outline, ...]) -> list[tuple[Outline, Array, Array]]:
    found = []
    for i, line in enumerate(lines):
        hidden = np.zeros(len(line.r), dtype=bool)
        for other in lines[:i]:
            if not _around(line, other):
                hidden |= _inside(other, line.r, line.z)
        cuts = [0, *(np.flatnonzero(hidden[1:] != hidden[:-1]) + 1), len(hidden)]
        for a, b in zip(cuts, cuts[1:], strict=False):
            if not hidden[a]:
                # Up to the first hidden point: at most one step of the curve too far, below what covers it.
                part = slice(max(a - 1, 0), b + 1)
                found.append((line, line.r[part], line.z[part]))
    return found


def _around(outer: Outline, inner: Outline) -> bool:
    """Whether a circle about the origin parts the two: nothing of the outer one is then hidden."""
    return bool(np.hypot(outer.r, outer.z).min() >= (1.0 - 1e-12) * np.hypot(inner.r, inner.z).max())


def _inside(line: Outline, r: Array, z: Array) -> Array:
    """Whether points lie inside a region, clear of its rim, by crossings of a ray towards +r."""
    near = 1e-6 * float(np.ptp(line.r) + np.ptp(line.z))
    r1, z1 = np.append(line.r, line.r[0]), np.append(line.z, line.z[0])
    rise = np.diff(z1)
    counts = []
    for shift in (near, -near):
        above = z1[:, None] > z + shift
        slope = np.diff(r1) / np.where(rise == 0.0, 1.0, rise)
        at = r1[:-1, None] + slope[:, None] * (z + shift - z1[:-1, None])
        counts.append(((above[1:] != above[:-1]) & (at > r + near)).sum(axis=0) % 2 == 1)
    return np.asarray(counts[0] & counts[1])


def body_of(lines: Sequence[Outline]) -> tuple[Outline, ...]:
    """The outlines without the background."""
    return tuple(line for line in lines if not line.background)


def reach_of(lines: Sequence[Outline]) -> tuple[float, float, float]:
    """Largest radius, lowest and highest z (um) of the body."""
    body = body_of(lines) or tuple(lines)
    return (
        max(float(line.r.max()) for line in body),
        min(float(line.z.min()) for line in body),
        max(float(line.z.max()) for line in body),
    )


_PLATE = 1.3
"""Radius of what is drawn of a background layer, in radii of the body."""
_THICK = 0.25
"""How far a background layer is drawn below and above the body, in sizes of the body."""


def plates(lines: Sequence[Outline]) -> tuple[Outline, ...]:
    """Background layers cut to plates about the body: what a picture of the body can show of them."""
    body = body_of(lines)
    if not body:
        return ()
    r, low, high = reach_of(body)
    size = max(r, 0.5 * (high - low))
    found = []
    for line in lines:
        lo, hi = max(line.z.min(), low - _THICK * size), min(line.z.max(), high + _THICK * size)
        if line.background and lo < hi:
            rim = np.array([[0.0, lo], [_PLATE * r, lo], [_PLATE * r, hi], [0.0, hi]])
            curve = _finer(rim, size)
            found.append(Outline(line.name, curve[:, 0], curve[:, 1], background=True))
    return tuple(found)


def holds(plate: Outline, body: Sequence[Outline]) -> bool:
    """Whether a background layer surrounds the body, or more than a tenth of its height, as an immersion does."""
    _, low, high = reach_of(body)
    return bool(min(plate.z.max(), high) - max(plate.z.min(), low) > 0.1 * (high - low))


def outlines(geometry: Any, points: int = 1441) -> tuple[Outline, ...]:
    """Outlines of a configured body; where they overlap the first one wins. Empty for shapes that only their mesh knows."""
    kind = getattr(geometry, "kind", None)
    if kind == "layered_sphere":
        axes = [(radius, radius) for radius in geometry.radii_um]
    elif kind == "spheroid":
        axes = list(geometry.semi_axes_um)
    else:
        return _of_section(geometry)
    # Cosines and sines of multiples of a quarter turn are exact, so the equator is on the curve.
    beta = np.linspace(-90.0, 90.0, points)
    cosine, sine = np.cos(np.radians(beta)), np.sin(np.radians(beta))
    cosine[[0, -1]] = 0.0
    return tuple(
        Outline(name, a * cosine, b * sine) for name, (a, b) in zip(geometry.regions, axes, strict=False)
    )


def _of_section(geometry: Any) -> tuple[Outline, ...]:
    from femwgm.geometry.build import kinds, section_of

    if getattr(geometry, "kind", None) not in kinds():
        return ()
    try:
        section = section_of(geometry)
        bounds = section.bounds
    except GeometryError:
        return ()
    if not section.pieces:
        return _filling(section.ambient, *bounds[1:])
    found = [_closed(piece.region, _smooth(piece.outline)) for piece in section.pieces]
    far = 6.0 * max((max(line.r.max(), np.abs(line.z).max()) for line in found), default=section.radius)
    for slab in section.slabs:
        lo, hi = max(slab.bottom, -far), min(slab.top, far)
        found.append(
            Outline(slab.region, np.array([0.0, far, far, 0.0]), np.array([lo, lo, hi, hi]), background=True)
        )
    return tuple(found)


def _smooth(outline: Any) -> Array:
    """Points along an outline, so many on what is curved that no picture shows a kink."""
    pieces = []
    for curve in outline.curves:
        steps = _ON_CURVE if np.isfinite(curve.tightest()) else 1
        pieces.append(
            curve.at(np.linspace(0.0, 1.0, max(steps, 8 * len(getattr(curve, "points", ()))) + 1))[:-1]
        )
    return np.concatenate(pieces)


_ON_CURVE = 240
"""Steps along a curved piece of an outline."""


def _filling(name: str, radius: float, low: float, high: float) -> tuple[Outline, ...]:
    """What fills a closed cavity, up to its walls."""
    rim = _finer(np.array([[0.0, low], [radius, low], [radius, high], [0.0, high]]), max(radius, high - low))
    return (Outline(name, rim[:, 0], rim[:, 1]),)


def _closed(name: str, polygon: Array) -> Outline:
    """A polygon as an outline: opened along the axis if it touches it, else closed."""
    polygon = np.asarray(polygon, dtype=float)
    size = np.ptp(polygon, axis=0).max()
    on_axis = polygon[:, 0] < 1e-9 * size
    if not on_axis.any():
        polygon = _finer(np.concatenate([polygon, polygon[:1]]), size)
        return Outline(name, polygon[:, 0], polygon[:, 1])
    # Start at the end of the stretch along the axis, so that the curve runs from axis to axis.
    starts = np.flatnonzero(on_axis & ~np.roll(on_axis, -1))
    start = int(starts[0]) if len(starts) else 0
    turned = np.roll(polygon, -start, axis=0)
    stop = int(np.flatnonzero(np.roll(on_axis, -start)[1:])[0]) + 2 if on_axis.sum() > 1 else len(turned)
    turned = turned[:stop] if on_axis.sum() > 1 else np.concatenate([turned, turned[:1]])
    turned = _finer(turned, size)
    return Outline(name, np.maximum(turned[:, 0], 0.0), turned[:, 1])


def _finer(curve: Array, size: float) -> Array:
    """The same polyline with points no farther apart than a 240th of its size."""
    pieces = []
    for a, b in zip(curve, curve[1:], strict=False):
        count = max(1, int(np.ceil(np.hypot(*(b - a)) / size * 240)))
        pieces.append(a + np.linspace(0.0, 1.0, count, endpoint=False)[:, None] * (b - a))
    return np.concatenate([*pieces, curve[-1:]])
