"""The parallel of an outline: where a coating of uniform normal thickness ends."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from femwgm.errors import GeometryError
from femwgm.geometry.curves import Arc, Curve, Line, Spline
from femwgm.geometry.outline import Outline, closed_outline
from femwgm.ground.typing import RealArray

_SMALL_TURN = 1e-6
_DRESSING = 160
"""Points along each curve under a film of varying thickness."""


def grown(outline: Outline, thickness: float, name: str) -> Outline:
    """Outline grown by a thickness (um) along its outward normal, convex corners rounded, concave ones mitred.

    Pieces on the axis stay there. The interior of the result contains that of `outline`.

    Raises
    ------
    GeometryError
        If the thickness is not positive or exceeds what a concave part has room for.
    """
    if not thickness > 0.0:
        raise GeometryError(f"coating '{name}': zero thickness; a film needs a thickness above zero")
    chain = _from_the_axis(outline)
    closed = chain is None
    curves: Sequence[Curve] = outline.curves if chain is None else chain
    for curve in curves:
        if isinstance(curve, Arc) and curve.last < curve.first and curve.tightest() <= thickness:
            raise GeometryError(
                f"coating '{name}': {thickness:g} um is too thick for a concave part of the surface"
            )
    pieces: list[Curve] = []
    neighbours = zip(curves, [*curves[1:], curves[0]] if closed else curves[1:], strict=False)
    joints = [_joint(a, b, thickness) for a, b in neighbours]
    for curve, joint in zip(curves, [*joints, None][: len(curves)], strict=True):
        pieces.append(curve.shifted(thickness))
        if joint is not None:
            pieces.append(joint)
    pieces = _trimmed(pieces, closed)
    if not closed:
        pieces = _to_the_axis(pieces, thickness)
    return closed_outline(pieces, name)


def dressed(outline: Outline, thickness: Callable[[RealArray], RealArray], name: str) -> Outline:
    """Outline moved along its outward normal by a thickness (um) that depends on the normal's latitude (rad).

    Raises
    ------
    GeometryError
        If the outline has corners or a hollow without room for the film.
    """
    if outline.corners():
        raise GeometryError(f"coating '{name}': a film of varying thickness needs a surface without corners")
    chain = _from_the_axis(outline)
    curves: Sequence[Curve] = outline.curves if chain is None else chain
    points, tangents = [], []
    for i, curve in enumerate(curves):
        t = np.linspace(0.0, 1.0, _DRESSING + 1)[0 if i == 0 else 1 :]
        points.append(curve.at(t))
        tangents.append(curve.tangent(t))
    x, along = np.concatenate(points), np.concatenate(tangents)
    # The outside of a chain from the upper to the lower end of the axis is on its left, else on its right.
    side = -1.0 if chain is not None and x[0, 1] > x[-1, 1] else 1.0
    normal = side * np.stack([along[:, 1], -along[:, 0]], axis=1)
    latitude = np.arctan2(normal[:, 1], np.abs(normal[:, 0]))
    moved = x + thickness(latitude)[:, None] * normal
    if chain is not None:
        moved[[0, -1], 0] = 0.0
        return closed_outline([Spline(tuple(_point(p) for p in moved), (1.0, 0.0), (-1.0, 0.0))], name)
    moved[-1] = moved[0]
    seam = _point(along[0])
    return closed_outline([Spline(tuple(_point(p) for p in moved), seam, seam)], name)


def _from_the_axis(outline: Outline) -> list[Curve] | None:
    """The curves between the two ends on the axis in their order; None if the outline does not touch the axis."""
    small = 1e-9 * outline.size
    on_axis = [max(abs(c.start[0]), abs(c.end[0])) <= small and isinstance(c, Line) for c in outline.curves]
    if not any(on_axis):
        return None
    i = on_axis.index(True)
    rest = [*outline.curves[i + 1 :], *outline.curves[:i]]
    return [c for c in rest if not (max(abs(c.start[0]), abs(c.end[0])) <= small and isinstance(c, Line))]


def _joint(before: Curve, after: Curve, thickness: float) -> Arc | None:
    """The rounding at a convex corner."""
    a, b = before.tangent(np.ones(1))[0], after.tangent(np.zeros(1))[0]
    turn = float(np.arctan2(a[0] * b[1] - a[1] * b[0], a @ b))
    if turn <= _SMALL_TURN:
        return None
    first = float(np.arctan2(-a[0], a[1]))  # direction of the normal to the right of the tangent
    return Arc(before.end, thickness, thickness, first, first + turn)


def _trimmed(pieces: list[Curve], closed: bool) -> list[Curve]:
    """Neighbours that cross (at a concave corner) end where they cross."""
    out = list(pieces)
    count = len(out)
    for i in range(count if closed else count - 1):
        a, b = out[i], out[(i + 1) % count]
        if np.hypot(*np.subtract(a.end, b.start)) < 1e-9 * max(1.0, np.hypot(*a.end)):
            continue
        s, t = _crossing(a, b)
        out[i], out[(i + 1) % count] = _piece(a, 0.0, s), _piece(b, t, 1.0)
    return out


def _crossing(a: Curve, b: Curve) -> tuple[float, float]:
    """Parameters where the end of one curve crosses the beginning of the next."""
    x, y = np.linspace(0.0, 1.0, 201), np.linspace(0.0, 1.0, 201)
    gap = np.linalg.norm(a.at(x)[:, None] - b.at(y)[None], axis=2)
    i, j = np.unravel_index(int(np.argmin(gap)), gap.shape)
    s, t = float(x[i]), float(y[j])
    for _ in range(30):
        p, q = a.at(np.array([s]))[0], b.at(np.array([t]))[0]
        h = 1e-6
        u = (a.at(np.array([min(s + h, 1.0)]))[0] - a.at(np.array([max(s - h, 0.0)]))[0]) / (
            min(s + h, 1.0) - max(s - h, 0.0)
        )
        v = (b.at(np.array([min(t + h, 1.0)]))[0] - b.at(np.array([max(t - h, 0.0)]))[0]) / (
            min(t + h, 1.0) - max(t - h, 0.0)
        )
        step = np.linalg.lstsq(np.stack([u, -v], axis=1), q - p, rcond=None)[0]
        s, t = float(np.clip(s + step[0], 0.0, 1.0)), float(np.clip(t + step[1], 0.0, 1.0))
        if np.abs(step).max() < 1e-13:
            break
    if np.hypot(*(a.at(np.array([s]))[0] - b.at(np.array([t]))[0])) > 1e-7:
        raise GeometryError("a coating is too thick for a corner of the surface")
    return s, t


def _piece(curve: Curve, first: float, last: float) -> Curve:
    if isinstance(curve, Line):
        p, q = curve.at(np.array([first, last]))
        return Line(_point(p), _point(q))
    if isinstance(curve, Arc):
        span = curve.last - curve.first
        return replace(curve, first=curve.first + first * span, last=curve.first + last * span)
    t = np.linspace(first, last, 65)
    x, d = curve.at(t), curve.tangent(t)
    return Spline(tuple(_point(p) for p in x), _point(d[0]), _point(d[-1]))


def _to_the_axis(pieces: list[Curve], thickness: float) -> list[Curve]:
    """A chain whose ends lie on the axis: cut where it crosses, extended by a rounding where it stops short of it."""
    size = max(float(np.hypot(*p.end)) for p in pieces)
    for side in (1.0, -1.0):  # as it is, then walked backwards, when the outside is on the left
        r = pieces[0].start[0]
        if r < -1e-9 * size:
            pieces = [_piece(pieces[0], _root(pieces[0]), 1.0), *pieces[1:]]
        elif r > 1e-9 * size:
            a = side * pieces[0].tangent(np.zeros(1))[0]
            outward = float(np.arctan2(-a[0], a[1]))
            tip = (0.0, pieces[0].start[1] - thickness * float(np.sin(outward)))
            pieces = [Arc(tip, thickness, thickness, -side * 0.5 * np.pi, outward), *pieces]
        pieces = [p.reversed() for p in reversed(pieces)]
    return pieces


def _root(curve: Curve) -> float:
    """Parameter where a curve that begins at r < 0 reaches the axis."""
    low, high = 0.0, 1.0
    for _ in range(80):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if curve.at(np.array([middle]))[0, 0] < 0.0 else (low, middle)
    return high


def _point(x: RealArray) -> tuple[float, float]:
    return float(x[0]), float(x[1])
