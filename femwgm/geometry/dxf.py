"""Outlines from drawings: the polyline, or the chain of lines and arcs, of an ASCII DXF file; x is r and y is z.

Group codes as in Autodesk's DXF Reference: 0 begins an entity, 10 and 20 (11 and 21) are its points, 40, 50 and 51 radius and
angles of an arc, 42 the bulge of a polyline's vertex (the tangent of a quarter of the arc's angle), 70 the flags. Arcs come as
chords of three degrees.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

__all__ = ["read_dxf"]

_UNITS = {"1": "in", "4": "mm", "5": "cm", "6": "m", "11": "angstrom", "12": "nm", "13": "um"}
_STEP = math.radians(3.0)
_JOINED = 1e-6

_Point = tuple[float, float]
_Entity = list[tuple[int, str]]


def read_dxf(path: Path) -> list[list[str]]:
    """Points (r, z), each a quantity with the drawing's unit, along the only outline of a drawing.

    Raises
    ------
    ValueError
        If the file is no ASCII DXF, states no unit of length, or holds anything but one outline.
    OSError
        If it cannot be read.
    """
    pairs = _pairs(path.read_text(encoding="utf-8", errors="replace"))
    unit = _unit(pairs)
    entities = list(_entities(pairs))
    polylines = [e for e in entities if e[0][1] == "LWPOLYLINE"]
    pieces = [_line(e) for e in entities if e[0][1] == "LINE"] + [
        _arc(e) for e in entities if e[0][1] == "ARC"
    ]
    if len(polylines) == 1 and not pieces:
        points = _polyline(polylines[0])
    elif pieces and not polylines:
        points = _chained(pieces)
    else:
        raise ValueError(
            f"it holds {len(polylines)} polylines and {len(pieces)} lines and arcs, not one outline"
        )
    return [[f"{r:.12g} {unit}", f"{z:.12g} {unit}"] for r, z in points]


def _pairs(text: str) -> _Entity:
    lines = [line.strip() for line in text.splitlines()]
    try:
        pairs = [(int(code), value) for code, value in zip(lines[::2], lines[1::2], strict=False)]
    except ValueError:
        pairs = []
    if (0, "SECTION") not in pairs:
        raise ValueError("it is no ASCII DXF")
    return pairs


def _unit(pairs: _Entity) -> str:
    for (code, value), (_, number) in zip(pairs, pairs[1:], strict=False):
        if code == 9 and value == "$INSUNITS" and number in _UNITS:
            return _UNITS[number]
    raise ValueError("it states no unit of length ($INSUNITS)")


def _entities(pairs: _Entity) -> Iterator[_Entity]:
    """The entities, each a list of its pairs, from the section of that name."""
    inside, entity = False, _Entity()
    for code, value in pairs:
        if code == 2 and value == "ENTITIES":
            inside = True
        elif code == 0 and inside:
            if entity:
                yield entity
            entity = [(code, value)]
            inside = value != "ENDSEC"
        elif entity:
            entity.append((code, value))


def _values(entity: _Entity, code: int) -> list[float]:
    return [float(value) for c, value in entity if c == code]


def _line(entity: _Entity) -> list[_Point]:
    (x,), (y,), (u,), (v,) = (_values(entity, code) for code in (10, 20, 11, 21))
    return [(x, y), (u, v)]


def _arc(entity: _Entity) -> list[_Point]:
    (x,), (y,), (radius,), (first,), (last,) = (_values(entity, code) for code in (10, 20, 40, 50, 51))
    start, turn = math.radians(first), math.radians((last - first) % 360.0 or 360.0)
    count = max(2, math.ceil(turn / _STEP))
    angles = [start + turn * i / count for i in range(count + 1)]
    return [(x + radius * math.cos(a), y + radius * math.sin(a)) for a in angles]


def _polyline(entity: _Entity) -> list[_Point]:
    vertices: list[list[float]] = []
    closed = any(code == 70 and int(value) & 1 for code, value in entity)
    for code, value in entity:
        if code == 10:
            vertices.append([float(value), 0.0, 0.0])
        elif code in (20, 42) and vertices:
            vertices[-1][1 if code == 20 else 2] = float(value)
    points: list[_Point] = []
    following = vertices[1:] + (vertices[:1] if closed else [])
    for (x, y, bulge), (u, v, _) in zip(vertices, following, strict=False):
        points += [(x, y), *_bulged((x, y), (u, v), bulge)]
    last = vertices[0] if closed else vertices[-1]
    return [*points, (last[0], last[1])]


def _bulged(a: _Point, b: _Point, bulge: float) -> list[_Point]:
    """Points strictly between the ends of the arc that a bulge makes of a straight piece."""
    if bulge == 0.0:
        return []
    turn = 4.0 * math.atan(bulge)
    # The centre lies off the middle of the chord, to its left for a small turn to the left.
    off = 0.5 * (1.0 / bulge - bulge) * 0.5
    cx, cy = 0.5 * (a[0] + b[0]) - off * (b[1] - a[1]), 0.5 * (a[1] + b[1]) + off * (b[0] - a[0])
    start, radius = math.atan2(a[1] - cy, a[0] - cx), math.hypot(a[0] - cx, a[1] - cy)
    count = max(2, math.ceil(abs(turn) / _STEP))
    angles = [start + turn * i / count for i in range(1, count)]
    return [(cx + radius * math.cos(t), cy + radius * math.sin(t)) for t in angles]


def _chained(pieces: list[list[_Point]]) -> list[_Point]:
    """Lines and arcs put end to end, whatever their order and direction."""
    size = max(math.dist(p[0], q[-1]) for p in pieces for q in pieces)
    ends = [end for piece in pieces for end in (piece[0], piece[-1])]
    lonely = [
        p
        for p in pieces
        for end in (p[0], p[-1])
        if sum(math.dist(end, e) < _JOINED * size for e in ends) == 1
    ]
    chain = list(lonely[0] if lonely else pieces[0])
    if lonely and sum(math.dist(chain[-1], e) < _JOINED * size for e in ends) == 1:
        chain.reverse()
    rest = [p for p in pieces if p is not (lonely[0] if lonely else pieces[0])]
    while rest:
        for i, piece in enumerate(rest):
            ahead = piece if math.dist(piece[0], chain[-1]) < _JOINED * size else piece[::-1]
            if math.dist(ahead[0], chain[-1]) < _JOINED * size:
                chain += ahead[1:]
                del rest[i]
                break
        else:
            raise ValueError("its lines and arcs do not make one chain")
    return chain
