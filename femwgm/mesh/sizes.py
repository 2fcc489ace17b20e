"""Wanted edge lengths over a cross-section: a grid, finer towards some points; Gmsh asks for them without Python."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from femwgm.ground.typing import Array

GRADE = 0.7
"""How fast cells grow with the distance from a point towards which they are finer."""
_ABOUT = 1.2
"""Reach of what is made finer about a cell, in sizes of the cell."""


@dataclass(frozen=True)
class Sizes:
    """Wanted edge length (um).

    Attributes
    ----------
    largest
        Upper bound.
    r, z
        Evenly spaced coordinates of the grid (um), at least two each; empty for none.
    grid
        Lengths there, shape (r, z); between them bilinear, beyond them as at the rim.
    points
        (r, z, finest): cells grow from `finest` by `grade` for each length of the distance.
    """

    largest: float
    r: Array = field(default_factory=lambda: np.empty(0))
    z: Array = field(default_factory=lambda: np.empty(0))
    grid: Array = field(default_factory=lambda: np.empty((0, 0)))
    points: tuple[tuple[float, float, float], ...] = ()
    grade: float = GRADE

    def finer(self, cells: Array, factor: float) -> Sizes:
        """Sizes multiplied by a factor about cells (count, nodes, 2), growing from there as fast as cells can."""
        if not self.grid.size:
            return replace(self, largest=factor * self.largest)
        middle = cells.mean(axis=1)
        reach = np.hypot(*np.moveaxis(cells - middle[:, None], -1, 0)).max(axis=1)
        about = np.zeros(self.grid.shape, dtype=bool)
        for (r, z), radius in zip(middle, reach, strict=True):
            about |= (self.r[:, None] - r) ** 2 + (self.z - z) ** 2 < (_ABOUT * radius) ** 2
        step = (self.r[1] - self.r[0], self.z[1] - self.z[0])
        return replace(self, grid=graded(np.where(about, factor * self.grid, self.grid), step, self.grade))

    @contextmanager
    def rule(self, gmsh: Any, scale: float) -> Iterator[None]:
        """Make Gmsh mesh by these lengths, in a model that is larger than the body by a factor."""
        fields = gmsh.model.mesh.field
        made = [self._bound(fields, scale)]
        made += [self._around(fields, scale, *point) for point in self.points if point[2] < self.largest]
        with tempfile.TemporaryDirectory(prefix="femwgm-") as folder:
            if self.grid.size:
                made.append(self._structured(fields, scale, Path(folder) / "sizes"))
            least = fields.add("Min")
            fields.setNumbers(least, "FieldsList", made)
            fields.setAsBackgroundMesh(least)
            yield

    def _bound(self, fields: Any, scale: float) -> int:
        bound = int(fields.add("MathEval"))
        fields.setString(bound, "F", repr(scale * self.largest))
        return bound

    def _around(self, fields: Any, scale: float, r: float, z: float, finest: float) -> int:
        ball = int(fields.add("Ball"))
        for name, value in {
            "XCenter": r, "YCenter": z, "VIn": finest, "VOut": self.largest, "Radius": finest / self.grade,
            "Thickness": (self.largest - finest) / self.grade,
        }.items():  # fmt: skip
            fields.setNumber(ball, name, scale * value)
        return ball

    def _structured(self, fields: Any, scale: float, path: Path) -> int:
        step = (self.r[1] - self.r[0], self.z[1] - self.z[0])
        head = np.array([scale * self.r[0], scale * self.z[0], 0.0, scale * step[0], scale * step[1], 1.0])
        counts = np.array([*self.grid.shape, 1], dtype=np.int32)
        path.write_bytes(head.tobytes() + counts.tobytes() + (scale * self.grid).astype(float).tobytes())
        table = int(fields.add("Structured"))
        fields.setString(table, "FileName", str(path))
        fields.setNumber(table, "TextFormat", 0)
        return table


def graded(sizes: Array, step: tuple[float, float], grade: float) -> Array:
    """Sizes that grow by no more than `grade` for each length along the axes of the grid."""
    h = sizes
    for axis, d in enumerate(step):
        climb = grade * d * np.arange(h.shape[axis]).reshape((-1, 1) if axis == 0 else (1, -1))
        ahead = np.minimum.accumulate(h - climb, axis=axis) + climb
        behind = np.flip(np.minimum.accumulate(np.flip(h + climb, axis), axis=axis), axis) - climb
        h = np.minimum(ahead, behind)
    return np.asarray(h)
