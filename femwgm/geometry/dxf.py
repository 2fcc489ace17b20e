"""Outlines from drawings: the polyline, or the chain of lines, arcs and splines, of a DXF file; x is r and y is z.

ezdxf reads the file. Arcs come as chords of three degrees, with their ends on the circle; ellipses and splines as chords that
stay within a ten-thousandth of their size.
"""

from __future__ import annotations

import io
import math
import re
from pathlib import Path
from typing import Any

from femwgm.errors import MissingExtraError
from femwgm.ground.files import UnreadableError, read_bounded

MAX_BYTES = 16 * 2**20
MAX_PIECES = 1_000
_UNITS = {1: "in", 4: "mm", 5: "cm", 6: "m", 11: "angstrom", 12: "nm", 13: "um"}
_STEP = math.radians(3.0)
_JOINED = 1e-6
_SAG = 1e-4

_Point = tuple[float, float]
_Piece = list[_Point]


def read_dxf(path: Path) -> list[list[str]]:
    """Points (r, z), each a quantity with the drawing's unit, along the only outline of a drawing.

    Raises
    ------
    ValueError
        If the file is no DXF, states no unit of length, or holds anything but one outline.
    OSError
        If it cannot be read.
    MissingExtraError
        Without the extra `dxf`.
    """
    drawing = _drawing(path)
    unit = _UNITS.get(drawing.units)
    if unit is None:
        raise ValueError("it states no unit of length ($INSUNITS)")
    pieces = [piece for entity in drawing.modelspace() for piece in _pieces(entity)]
    pieces = [piece for piece in pieces if len(piece) > 2 or piece[0] != piece[-1]]
    if not pieces:
        raise ValueError("it holds no lines, arcs, splines or polylines")
    if len(pieces) > MAX_PIECES:
        raise ValueError(f"it holds {len(pieces)} lines and arcs, more than {MAX_PIECES}")
    points = _chained(pieces)
    if not all(map(math.isfinite, (x for point in points for x in point))):
        raise ValueError("its points are not finite numbers")
    return [[f"{r:.12g} {unit}", f"{z:.12g} {unit}"] for r, z in points]


def _drawing(path: Path) -> Any:
    try:
        from ezdxf import recover
        from ezdxf.lldxf.const import DXFError
    except ImportError as error:
        raise MissingExtraError(f"drawings need ezdxf ({error}): pip install 'femwgm[dxf]'") from None
    try:
        content = read_bounded(path, MAX_BYTES)
    except UnreadableError as error:
        raise OSError(0, error.reason) from None
    if b"SECTION" not in content:
        raise ValueError("it is no DXF")
    try:
        return recover.read(io.BytesIO(_marked(content)))[0]
    except (
        DXFError,
        ValueError,
        TypeError,
        KeyError,
        IndexError,
        AttributeError,
        RecursionError,
        ArithmeticError,
    ) as error:
        raise ValueError(
            f"it is not a DXF file that ezdxf can read: {' '.join(str(error).split())[:80]}"
        ) from None


def _marked(content: bytes) -> bytes:
    """The drawing with the version and the marks of polylines that ezdxf demands and that simple programs leave out."""
    if b"AcDbPolyline" in content or b"LWPOLYLINE" not in content:
        return content
    tag = rb"^(\s*%d\s*\r?\n%s[ \t]*\r?\n)"
    marks = {
        tag % (0, b"LWPOLYLINE"): rb"\g<1>100\nAcDbEntity\n8\n0\n100\nAcDbPolyline\n",
        tag % (2, b"HEADER"): b"\\g<1>" + (b"" if b"$ACADVER" in content else b"9\n$ACADVER\n1\nAC1015\n"),
    }
    for place, mark in marks.items():
        content = re.sub(place, mark, content, flags=re.MULTILINE)
    return content


def _pieces(entity: Any) -> list[_Piece]:
    """The lines and curves of an entity, each as points from end to end; none for what draws no outline (text, dimensions)."""
    kind = entity.dxftype()
    try:
        if kind in ("LWPOLYLINE", "POLYLINE"):
            parts = [piece for part in entity.virtual_entities() for piece in _pieces(part)]
            return [_in_order(parts)] if parts else []
        if kind == "LINE":
            return [[_flat(entity.dxf.start), _flat(entity.dxf.end)]]
        if kind in ("ARC", "CIRCLE"):
            whole = kind == "CIRCLE"
            first, last = (0.0, 360.0) if whole else (entity.dxf.start_angle, entity.dxf.end_angle)
            return [_arc(_flat(entity.dxf.center), entity.dxf.radius, first, last)]
        if kind in ("ELLIPSE", "SPLINE"):
            rough = [_flat(p) for p in entity.flattening(1e9)]
            size = max(math.dist(rough[0], p) for p in rough) or 1.0
            return [[_flat(p) for p in entity.flattening(_SAG * size)]]
    except (ValueError, TypeError, ArithmeticError, AttributeError, IndexError) as error:
        raise ValueError(f"its {kind} cannot be drawn ({' '.join(str(error).split())[:60]})") from None
    return []


def _in_order(parts: list[_Piece]) -> _Piece:
    """The parts of a polyline as one: each begins where the one before it ends, but arcs come counterclockwise."""
    if len(parts) == 1:
        return parts[0]
    first, second = parts[0], parts[1]
    away = min(math.dist(first[-1], end) for end in (second[0], second[-1]))
    turned = min(math.dist(first[0], end) for end in (second[0], second[-1])) < away
    points = first[::-1] if turned else list(first)
    for part in parts[1:]:
        backwards = math.dist(part[-1], points[-1]) < math.dist(part[0], points[-1])
        points += (part[::-1] if backwards else part)[1:]
    return points


def _flat(point: Any) -> _Point:
    return float(point[0]), float(point[1])


def _arc(centre: _Point, radius: float, first: float, last: float) -> _Piece:
    """Points of an arc, counterclockwise between two angles (degrees)."""
    if not (math.isfinite(radius) and math.isfinite(first) and math.isfinite(last)):
        raise ValueError("no finite arc")
    start, turn = math.radians(first), math.radians((last - first) % 360.0 or 360.0)
    count = max(2, math.ceil(turn / _STEP - 1e-9))
    angles = [start + turn * i / count for i in range(count + 1)]
    return [(centre[0] + radius * math.cos(a), centre[1] + radius * math.sin(a)) for a in angles]


def _chained(pieces: list[_Piece]) -> _Piece:
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
            raise ValueError("its lines and arcs do not form a single chain")
    return chain
