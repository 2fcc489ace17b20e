"""Small meshes by formula, without Gmsh: smooth images of the unit square, in either kind of cell and any local numbering."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from femwgm.ground.typing import Array
from femwgm.mesh.curved import CurvedMesh, reference_nodes
from femwgm.mesh.load import assemble_mesh

Map = Callable[[Array, Array], tuple[Array, Array]]
_SQUARE = np.array([[0, 0], [1, 0], [1, 1], [0, 1]])
_CELLS = {4: [_SQUARE], 3: [_SQUARE[[0, 1, 2]], _SQUARE[[0, 2, 3]]]}


def blocks_mesh(
    blocks: Sequence[Map],
    corners: int,
    order: int,
    n: int | tuple[int, int],
    *,
    shuffle: int | None = None,
    names: Sequence[str] | None = None,
    mirror: bool = False,
) -> CurvedMesh:
    """Each block is the image of the unit square under a smooth map, cut into n x n cells (or twice as many triangles).

    The nodes of a cell lie on the map, so the shape is interpolated to the power order + 1 of the cell size. With `shuffle` (a
    seed) every cell starts at a random corner and runs in a random direction. Regions have the `names` of the blocks. Boundaries:
    "axis" (r = 0), "mirror" (z = 0, if asked for) and "outer".
    """
    columns, rows = (n, n) if isinstance(n, int) else n
    rng = None if shuffle is None else np.random.default_rng(shuffle)
    X = reference_nodes(corners, order)
    points, label = [], []
    for number, block in enumerate(blocks):
        for i in range(columns):
            for j in range(rows):
                for shape in _CELLS[corners]:
                    local = _affine(_turned(shape, rng), X)
                    r, z = block((i + local[0]) / columns, (j + local[1]) / rows)
                    points.append(np.stack([r, z], axis=-1))
                    label.append(number)
    nodes = np.array(points)
    position, index = _merged(nodes.reshape(-1, 2))
    regions = tuple(dict.fromkeys(names or ["all"] * len(blocks)))
    region = np.array([0 if names is None else regions.index(names[b]) for b in label])
    cells = index.reshape(nodes.shape[:2])
    return assemble_mesh(
        position, cells, region, regions, _sides(position, cells, corners, mirror), order, corners
    )


def _turned(shape: Array, rng: np.random.Generator | None) -> Array:
    if rng is None:
        return shape
    turned = np.roll(shape, int(rng.integers(len(shape))), axis=0)
    return turned[::-1] if rng.integers(2) else turned


def _affine(shape: Array, X: Array) -> Array:
    origin, x, y = shape[0], shape[1] - shape[0], shape[-1] - shape[0]
    return origin[:, None] + x[:, None] * X[0] + y[:, None] * X[1]


def _merged(points: Array) -> tuple[Array, Array]:
    points = np.where(np.abs(points) < 1e-12, 0.0, points)
    _, first, index = np.unique(np.round(points, 9) + 0.0, axis=0, return_index=True, return_inverse=True)
    return points[first], index.ravel()


def _sides(position: Array, cells: Array, corners: int, mirror: bool) -> dict[str, Array]:
    ends = np.concatenate([cells[:, [a, (a + 1) % corners]] for a in range(corners)])
    ends.sort(axis=1)
    edges, count = np.unique(ends, axis=0, return_counts=True)
    sides = edges[count == 1]
    on_axis, on_plane = (position[sides] == 0.0).all(axis=1).T
    on_plane &= mirror & ~on_axis
    return {"axis": sides[on_axis], "mirror": sides[on_plane], "outer": sides[~on_axis & ~on_plane]}


def rectangle(r: tuple[float, float], z: tuple[float, float]) -> Map:
    """Rectangle r[0] < r < r[1], z[0] < z < z[1]."""
    return lambda s, t: (r[0] + (r[1] - r[0]) * s, z[0] + (z[1] - z[0]) * t)


def wavy(r: tuple[float, float], z: tuple[float, float], amount: float) -> Map:
    """Rectangle whose inside is bent by a bubble of height `amount` while its sides stay straight."""

    def bent(s: Array, t: Array) -> tuple[Array, Array]:
        wave = 16.0 * amount * s * (1.0 - s) * t * (1.0 - t)
        return rectangle(r, z)(s + wave, t - 1.3 * wave)

    return bent


def quarter_disc(radius: float) -> list[Map]:
    """Quarter disc r, z > 0 as an O-grid of three blocks: a core around the centre and two ring segments."""
    return [_core(radius), _ring(radius, 0.0), _ring(radius, 0.25 * np.pi)]


def half_disc(radius: float) -> list[Map]:
    """Half disc r > 0 as an O-grid of six blocks."""
    upper = quarter_disc(radius)
    return upper + [_mirrored(block) for block in upper]


def _core(radius: float) -> Map:
    side, corner = 0.5 * radius, 0.4 * radius
    return lambda s, t: (side * s + (corner - side) * s * t, side * t + (corner - side) * s * t)


def _ring(radius: float, start: float) -> Map:
    core = _core(radius)

    def ring(s: Array, t: Array) -> tuple[Array, Array]:
        angle = start + 0.25 * np.pi * t
        inner = core(np.ones_like(t), t) if start == 0.0 else core(1.0 - t, np.ones_like(t))
        outer = radius * np.cos(angle), radius * np.sin(angle)
        return (1.0 - s) * inner[0] + s * outer[0], (1.0 - s) * inner[1] + s * outer[1]

    return ring


def _mirrored(block: Map) -> Map:
    def mirrored(s: Array, t: Array) -> tuple[Array, Array]:
        r, z = block(s, t)
        return r, -z

    return mirrored
