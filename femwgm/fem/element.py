"""What every element of femwgm shares: tabulation of the whole basis at once, and the orientation of edge functions.

An edge function of odd parity changes sign when its edge is walked the other way. The sign is taken from the global numbers of
the two end vertices, so that neighbours agree whatever their local numbering, on triangles and on quadrilaterals, at any degree.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

import numpy as np
from skfem.element import DiscreteField, ElementH1
from skfem.element.element_hcurl import ElementHcurl

from femwgm.ground.typing import Array, IntArray


class TabulatedElement(ABC):
    """Mixin: `tabulate(X)` gives all basis functions at once, and `lbasis` serves scikit-fem from it.

    Attributes
    ----------
    edge_vertices
        Local start and end vertex of each edge, in the direction in which the edge functions are written.
    edge_parity
        Power of the orientation sign for each function of an edge, modulo 2.
    """

    edge_vertices: ClassVar[tuple[tuple[int, int], ...]]
    edge_parity: tuple[int, ...]
    nodal_dofs: int
    facet_dofs: int
    interior_dofs: int
    _cache: tuple[Array, tuple[Array, Array]] | None = None

    @abstractmethod
    def tabulate(self, X: Array) -> tuple[Array, Array]:
        """Values and derivatives (gradient or curl) of all basis functions at reference points X of shape (2, points)."""

    @abstractmethod
    def keys(self) -> list[tuple[object, ...]]:
        """A name for each basis function that is the same at every degree: the bases are hierarchical."""

    @property
    def size(self) -> int:
        """Number of basis functions on a cell."""
        corners = len(self.edge_vertices)
        return corners * (self.nodal_dofs + self.facet_dofs) + self.interior_dofs

    @property
    def boundary_size(self) -> int:
        """Number of basis functions that belong to vertices and edges; they come first."""
        return self.size - self.interior_dofs

    def signs(self, cells: IntArray) -> Array:
        """Orientation signs of all basis functions, shape (cells, functions), from the cells' vertex numbers (corners, cells)."""
        corners = len(self.edge_vertices)
        sign = np.ones((cells.shape[1], self.size))
        first = corners * self.nodal_dofs
        for edge, (a, b) in enumerate(self.edge_vertices):
            flipped = cells[a] > cells[b]
            for j, parity in enumerate(self.edge_parity):
                if parity:
                    sign[flipped, first + edge * self.facet_dofs + j] = -1.0
        return sign

    def lbasis(self, X: Array, i: int) -> tuple[Array, Array]:
        """Value and derivative of the i-th basis function, the form scikit-fem asks for."""
        if self._cache is None or self._cache[0].shape != X.shape or not np.array_equal(self._cache[0], X):
            flat = X.reshape(2, -1)
            value, derivative = self.tabulate(flat)
            self._cache = (
                X.copy(),
                (
                    value.reshape(*value.shape[:-1], *X.shape[1:]),
                    derivative.reshape(*derivative.shape[:-1], *X.shape[1:]),
                ),
            )
        value, derivative = self._cache[1]
        return value[i], derivative[i]


class CurlElement(TabulatedElement, ElementHcurl):  # type: ignore[misc]
    """H(curl)-conforming element with parity-aware edge functions."""

    nodal_dofs = 0

    def orient(self, mapping, i, tind=None):  # type: ignore[no-untyped-def]
        """Orientation sign of the i-th function on each cell (the hook of `skfem.element.ElementHcurl`)."""
        sign = self.signs(mapping.mesh.t)[:, i]
        return sign if tind is None else sign[tind]


class ScalarElement(TabulatedElement, ElementH1):  # type: ignore[misc]
    """H1-conforming element with parity-aware edge functions."""

    nodal_dofs = 1

    def gbasis(self, mapping, X, i, tind=None):  # type: ignore[no-untyped-def]
        """Mapped basis function with its orientation sign (the hook of `skfem.element.ElementH1`)."""
        (field,) = super().gbasis(mapping, X, i, tind)
        sign = self.signs(mapping.mesh.t)[:, i]
        sign = sign if tind is None else sign[tind]
        return (
            DiscreteField(value=np.asarray(field) * sign[:, None], grad=field.grad * sign[None, :, None]),
        )
