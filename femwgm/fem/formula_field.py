"""A field known by a formula, put on cells when somebody asks for cells."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

import numpy as np

from femwgm.fem.field import CellField
from femwgm.fem.mapping import CurvedMapping
from femwgm.fem.spaces import Space
from femwgm.ground.typing import Array, ComplexArray

Formula = Callable[[Array, Array], tuple[ComplexArray, ComplexArray]]
"""(r, z) to E and H, each (3, ...) in the components (r, phi, z)."""


class SampledField(CellField):
    """A field by a formula. Called, it is the formula; its coefficients approximate it on cells and are made at first use.

    Parameters
    ----------
    space
        Spaces of the coefficients, on a mesh whose cells keep to one medium each.
    formula
        E and H at positions of any common shape.
    m, k0
        Azimuthal order and vacuum wavenumber (rad/um).
    """

    def __init__(self, space: Space, formula: Formula, m: int, k0: complex) -> None:
        for name, value in {
            "space": space,
            "m": m,
            "k0": k0,
            "mirror": None,
            "formula": formula,
            "factor": 1.0,
        }.items():
            object.__setattr__(self, name, value)

    formula: Formula
    factor: complex

    @classmethod
    def known(cls, space: Space, formula: Formula, m: int, k0: complex, coefficients: Array) -> SampledField:
        """A field whose approximation on cells is known already."""
        field = cls(space, formula, m, k0)
        object.__setattr__(field, "coefficients", coefficients)
        return field

    @cached_property
    def coefficients(self) -> Array:
        """Local coefficients of least squares on each cell, shape (cells, n)."""
        space, mesh = self.space, self.space.mesh
        X = _points(mesh.corners, space.degree + 3)
        N, psi = space.curl.tabulate(X)[0], space.scalar.tabulate(X)[0]
        mapping = CurvedMapping(mesh)
        every = np.arange(mesh.cells)
        x = mapping.F(X, every)
        # From just inside each cell, so that a point on an interface takes the field of the cell's own medium.
        middle = x.mean(axis=2, keepdims=True)
        inside = middle + (1.0 - 1e-7) * (x - middle)
        E = self.formula(np.maximum(inside[0], 0.0), inside[1])[0] * self.factor
        (a, b), (c, d) = mapping.DF(X, every)
        along = np.concatenate([a * E[0] + c * E[2], b * E[0] + d * E[2]], axis=1)
        fit = np.linalg.pinv(N.transpose(1, 2, 0).reshape(-1, len(N)))
        out = np.empty((mesh.cells, len(space.from_curl) + len(space.from_scalar)), dtype=np.complex128)
        out[:, space.from_curl] = along @ fit.T
        out[:, space.from_scalar] = (-1j * x[0] * E[1]) @ np.linalg.pinv(psi.T).T
        return out

    def scaled(self, factor: complex) -> SampledField:
        """The field times a number."""
        formula, scale = self.formula, self.factor * factor
        out = SampledField(self.space, formula, self.m, self.k0)
        object.__setattr__(out, "factor", scale)
        return out

    def __call__(self, r: Array, z: Array) -> tuple[ComplexArray, ComplexArray]:
        E, H = self.formula(r, z)
        return self.factor * E, self.factor * H


def _points(corners: int, count: int) -> Array:
    """Gauss-Lobatto-like points of the reference cell, shape (2, points)."""
    t = 0.5 * (1.0 - np.cos(np.pi * (np.arange(count) + 0.5) / count))
    X = np.array(np.meshgrid(t, t, indexing="ij")).reshape(2, -1)
    return X if corners == 4 else np.stack([X[0], X[1] * (1.0 - X[0])])
