"""VTK's unstructured grids (.vtu) as files: named arrays in, named arrays out, compressed, readable by ParaView and meshio."""

from __future__ import annotations

import base64
import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET
from xml.sax.saxutils import quoteattr

import numpy as np

from femwgm.errors import OutputError
from femwgm.ground.files import UnreadableError, read_bounded
from femwgm.ground.typing import Array, IntArray

VTK_QUAD = 9
_LARGEST_ARRAY = 2**28
"""Bytes of an array that a field file may unpack to."""
_LARGEST_FILE = 2**30
_HEAD = (
    '<?xml version="1.0"?>\n<VTKFile type="UnstructuredGrid" version="1.0" byte_order="LittleEndian"'
    ' header_type="UInt32" compressor="vtkZLibDataCompressor">\n<UnstructuredGrid>\n'
)
_NAMES = {"f4": "Float32", "f8": "Float64", "i4": "Int32", "i8": "Int64", "u1": "UInt8"}
_TYPES = {name: np.dtype("<" + code) for code, name in _NAMES.items()}


@dataclass(frozen=True)
class Grid:
    """Quadrilaterals with data.

    Attributes
    ----------
    points
        Shape (points, 3).
    quads
        Point numbers, shape (cells, 4).
    point_data, cell_data, field_data
        Arrays by name; field data belong to the grid as a whole.
    """

    points: Array
    quads: IntArray
    point_data: Mapping[str, Array] = field(default_factory=dict)
    cell_data: Mapping[str, Array] = field(default_factory=dict)
    field_data: Mapping[str, Array] = field(default_factory=dict)


def to_bytes(grid: Grid) -> bytes:
    """The content of a .vtu file."""
    cells = len(grid.quads)
    connect = {
        "connectivity": grid.quads.astype("<i4").ravel(),
        "offsets": 4 * np.arange(1, cells + 1, dtype="<i4"),
        "types": np.full(cells, VTK_QUAD, dtype="<u1"),
    }
    body = [
        _HEAD,
        _section("FieldData", grid.field_data, tuples=True),
        f'<Piece NumberOfPoints="{len(grid.points)}" NumberOfCells="{cells}">\n',
        _section("PointData", grid.point_data),
        _section("CellData", grid.cell_data),
        _section("Points", {"Points": grid.points}),
        _section("Cells", connect),
        "</Piece>\n</UnstructuredGrid>\n</VTKFile>\n",
    ]
    return "".join(body).encode("utf-8")


def _section(tag: str, arrays: Mapping[str, Array], tuples: bool = False) -> str:
    lines = [f"<{tag}>\n"]
    for name, values in arrays.items():
        data = np.ascontiguousarray(values)
        data = data.astype(data.dtype.newbyteorder("<"))
        kind = _NAMES[data.dtype.str[1:]]
        shape = f' NumberOfComponents="{data.shape[1]}"' if data.ndim == 2 else ""
        count = f' NumberOfTuples="{len(data)}"' if tuples else ""
        lines.append(f'<DataArray type="{kind}" Name={quoteattr(name)}{shape}{count} format="binary">')
        lines.append(_encode(data.tobytes()) + "</DataArray>\n")
    return "".join([*lines, f"</{tag}>\n"])


def _encode(raw: bytes) -> str:
    packed = zlib.compress(raw, 1)
    header = struct.pack("<4I", 1, len(raw), 0, len(packed))
    return base64.b64encode(header).decode() + base64.b64encode(packed).decode()


def read(path: str | Path) -> Grid:
    """A grid that `to_bytes` wrote.

    Raises
    ------
    OutputError
        If the file is missing, cut off or of another kind.
    """
    try:
        root = ET.fromstring(read_bounded(Path(path), _LARGEST_FILE))  # noqa: S314 - our own files, and expat refuses entity bombs
        top = _child(root, "UnstructuredGrid")
        piece = _child(top, "Piece")
        points = _arrays(_child(piece, "Points"))["Points"]
        quads = _arrays(_child(piece, "Cells"))["connectivity"].reshape(-1, 4)
        parts = [
            _arrays(_child(*where))
            for where in ((piece, "PointData"), (piece, "CellData"), (top, "FieldData"))
        ]
    except (UnreadableError, OSError, ET.ParseError, KeyError, ValueError, zlib.error, struct.error) as error:
        raise OutputError(
            f"{path}: is not a field file of femwgm ({error}); run the configuration again"
        ) from None
    return Grid(points, quads, *parts)


def _child(parent: ET.Element, tag: str) -> ET.Element:
    found = parent.find(tag)
    if found is None:
        raise ValueError(f"no {tag} in it")
    return found


def _arrays(section: ET.Element) -> dict[str, Array]:
    return {array.attrib["Name"]: _decode(array) for array in section}


def _decode(array: ET.Element) -> Array:
    text = (array.text or "").strip()
    head = len(base64.b64encode(bytes(16)))
    blocks, raw_size, _, packed_size = struct.unpack("<4I", base64.b64decode(text[:head]))
    if raw_size > _LARGEST_ARRAY:
        raise ValueError("an array larger than any field")
    # One byte more than stated shows a block that unpacks to more, without unpacking all of it.
    raw = zlib.decompressobj().decompress(base64.b64decode(text[head:]), raw_size + 1)
    if blocks != 1 or len(raw) != raw_size or packed_size == 0:
        raise ValueError("a damaged array")
    values: Any = np.frombuffer(raw, dtype=_TYPES[array.attrib["type"]])
    width = int(array.attrib.get("NumberOfComponents", "1"))
    return np.asarray(values.reshape(-1, width) if width > 1 else values)
