"""Nedelec and H1 elements of any degree on the unit square, as products of one-dimensional polynomials.

With the shifted Legendre polynomials P_a and the integrated ones l_b (`femwgm.fem.polynomials`) the Nedelec functions of the
first kind of degree k are (P_a(x) l_b(y), 0) and (0, l_b(x) P_a(y)), a < k, b <= k (Nedelec, Numer. Math. 35, 315 (1980)); the
H1 functions are l_a(x) l_b(y). The first two l are the hat functions, which live on the edges and vertices.
"""

from __future__ import annotations

import numpy as np
from skfem.refdom import RefQuad

from femwgm.fem.element import CurlElement, ScalarElement
from femwgm.fem.polynomials import line_functions
from femwgm.ground.typing import Array

# Vertices (0,0), (1,0), (1,1), (0,1) and edges as scikit-fem numbers them; an edge function runs along +x or +y.
EDGE_VERTICES = ((0, 1), (1, 2), (3, 2), (0, 3))
# The hat function (0: at the origin side, 1: at the far side) across each edge, and the direction along it.
_EDGE_SIDE = ((0, "x"), (1, "y"), (1, "x"), (0, "y"))


class QuadNedelec(CurlElement):
    """First-kind Nedelec element of degree k on quadrilaterals: 2 k (k + 1) functions."""

    refdom = RefQuad
    edge_vertices = EDGE_VERTICES

    def __init__(self, degree: int) -> None:
        self.degree = degree
        self.facet_dofs = degree
        self.interior_dofs = 2 * degree * (degree - 1)
        self.maxdeg = 2 * degree
        self.edge_parity = tuple((j + 1) % 2 for j in range(degree))
        self.dofnames = ["u^t"] * degree + ["u^i"] * self.interior_dofs
        self.doflocs = np.full((self.size, 2), 0.5)
        # Function i is (P_a(x) l_b(y), 0) where x_directed, else (0, l_b(x) P_a(y)); stored as (x_directed, a, b).
        index = [(along == "x", a, side) for side, along in _EDGE_SIDE for a in range(degree)]
        index += [(x, a, b) for x in (True, False) for a in range(degree) for b in range(2, degree + 1)]
        self.x_directed, self.along, self.across = (np.array(column) for column in zip(*index, strict=True))

    def keys(self) -> list[tuple[object, ...]]:
        """(x_directed, a, b) of each function."""
        return list(zip(self.x_directed.tolist(), self.along.tolist(), self.across.tolist(), strict=True))

    def tabulate(self, X: Array) -> tuple[Array, Array]:
        """Values (functions, 2, points) and curls d_x E_y - d_y E_x (functions, points)."""
        p, ell, slope = (table.swapaxes(0, 1) for table in line_functions(self.degree, X))
        value, curl = np.zeros((self.size, 2, X.shape[1])), np.empty((self.size, X.shape[1]))
        x = self.x_directed
        a, b = self.along, self.across
        value[x, 0] = p[0][a[x]] * ell[1][b[x]]
        value[~x, 1] = ell[0][b[~x]] * p[1][a[~x]]
        curl[x] = -p[0][a[x]] * slope[1][b[x]]
        curl[~x] = slope[0][b[~x]] * p[1][a[~x]]
        return value, curl


class QuadLagrange(ScalarElement):
    """H1 element of degree k on quadrilaterals: (k + 1)^2 functions."""

    refdom = RefQuad
    edge_vertices = EDGE_VERTICES

    def __init__(self, degree: int) -> None:
        self.degree = degree
        self.facet_dofs = degree - 1
        self.interior_dofs = (degree - 1) ** 2
        self.maxdeg = 2 * degree
        self.edge_parity = tuple(j % 2 for j in range(2, degree + 1))
        self.dofnames = ["u"] * (1 + self.facet_dofs + self.interior_dofs)
        self.doflocs = np.full((self.size, 2), 0.5)
        index = [(0, 0), (1, 0), (1, 1), (0, 1)]
        for side, along in _EDGE_SIDE:
            index += [(j, side) if along == "x" else (side, j) for j in range(2, degree + 1)]
        index += [(a, b) for a in range(2, degree + 1) for b in range(2, degree + 1)]
        self.in_x, self.in_y = (np.array(column) for column in zip(*index, strict=True))

    def keys(self) -> list[tuple[object, ...]]:
        """(a, b) of each function."""
        return list(zip(self.in_x.tolist(), self.in_y.tolist(), strict=True))

    def tabulate(self, X: Array) -> tuple[Array, Array]:
        """Values (functions, points) and gradients (functions, 2, points)."""
        _, ell, slope = (table.swapaxes(0, 1) for table in line_functions(self.degree, X))
        a, b = self.in_x, self.in_y
        return ell[0][a] * ell[1][b], np.stack([slope[0][a] * ell[1][b], ell[0][a] * slope[1][b]], axis=1)
