"""Mesh files as meshio reads them, and what every one must be: cells of one type in the half plane (r, z), r >= 0."""

from __future__ import annotations

import io
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import numpy as np

from femwgm.errors import MeshError
from femwgm.ground.typing import Array

_FLAT = 1e-9
"""Positions off the plane or the half plane by less than this share of the size are rounding."""


MAX_BYTES = 256 * 2**20


def read_plane_mesh(path: Path) -> Any:
    """The mesh as `meshio.Mesh`; meshio's own words on the terminal are held back.

    Raises
    ------
    MeshError
        If there is no such file, or meshio cannot read it.
    """
    import meshio

    try:
        if not path.is_file():
            raise MeshError("no such file")
        if path.stat().st_size > MAX_BYTES:
            raise MeshError(f"larger than {MAX_BYTES // 2**20} MiB")
    except (OSError, ValueError) as error:
        raise MeshError(getattr(error, "strerror", None) or "no name for a file") from None
    try:
        with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
            return meshio.read(path)
    except SystemExit:  # so meshio leaves the process on what it does not know
        raise MeshError("not a mesh that meshio can read (unknown format)") from None
    except Exception as error:  # noqa: BLE001 - every format fails in its own way
        reason = getattr(error, "strerror", None) or " ".join(str(error).split())
        raise MeshError(f"not a mesh that meshio can read ({reason or 'cut short'})") from None


def plane_cells(mesh: Any) -> tuple[list[tuple[int, Any]], str]:
    """The blocks of plane cells with their numbers, and the one type that all of them have.

    Raises
    ------
    MeshError
        If there are none, or several types.
    """
    blocks = [(i, block) for i, block in enumerate(mesh.cells) if block.dim == 2]
    kinds = {block.type for _, block in blocks}
    if len(kinds) != 1:
        raise MeshError(f"a mesh must consist of one type of cell, found {sorted(kinds) or 'none'}")
    return blocks, kinds.pop()


def half_plane(points: Array) -> Array:
    """Positions (r, z) of nodes (nodes, 2 or 3).

    Raises
    ------
    MeshError
        If a node is not finite, has a third coordinate, or a negative radius.
    """
    if not np.isfinite(points).all():
        raise MeshError("a node has a position that is not a finite number")
    size = np.abs(points).max()
    if np.abs(points[:, 2:]).max(initial=0.0) > _FLAT * size:
        raise MeshError(
            "the mesh must lie in the plane of its first two coordinates, r and z; the third one must be zero"
        )
    if points[:, 0].min() < -_FLAT * size:
        raise MeshError(
            f"a mesh must lie in the half plane r >= 0, found a node at r = {points[:, 0].min():.6g}"
        )
    return np.asarray(np.column_stack([np.maximum(points[:, 0], 0.0), points[:, 1]]))
