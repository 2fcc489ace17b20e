"""Nedelec and H1 elements of any degree on the unit triangle, hierarchical in barycentric coordinates.

Construction of Fuentes, Keith, Demkowicz and Nagaraj, Comput. Math. Appl. 70, 353 (2015), sections 3.3 and 5.2: homogenised
Legendre polynomials times Whitney functions on the edges, the same times a Jacobi polynomial that vanishes on the edge's
neighbours in the interior.
"""

from __future__ import annotations

import numpy as np
from skfem.refdom import RefTri

from femwgm.fem.element import CurlElement, ScalarElement
from femwgm.fem.polynomials import jacobi, scaled_bubbles, scaled_legendre
from femwgm.ground.typing import Array

EDGE_VERTICES = ((0, 1), (1, 2), (0, 2))
_GRADIENT = np.array([[-1.0, -1.0], [1.0, 0.0], [0.0, 1.0]])


def _barycentric(X: Array) -> Array:
    return np.stack([1.0 - X[0] - X[1], X[0], X[1]])


def _cross(a: Array, b: Array) -> Array:
    return a[0] * b[1] - a[1] * b[0]


def _vertex_factor(n: int, order: int, at: Array) -> tuple[Array, Array]:
    """lambda_c times a Jacobi polynomial in lambda_c, with its derivative in lambda_c."""
    value, slope = jacobi(n, 2 * order + 1, at)
    return at * value, value + at * slope


class TriNedelec(CurlElement):
    """First-kind Nedelec element of degree k on triangles: k (k + 2) functions."""

    refdom = RefTri
    edge_vertices = EDGE_VERTICES

    def __init__(self, degree: int) -> None:
        self.degree = degree
        self.facet_dofs = degree
        self.interior_dofs = degree * (degree - 1)
        self.maxdeg = degree
        self.edge_parity = tuple((j + 1) % 2 for j in range(degree))
        self.dofnames = ["u^t"] * degree + ["u^i"] * self.interior_dofs
        self.doflocs = np.full((self.size, 2), 1.0 / 3.0)

    def keys(self) -> list[tuple[object, ...]]:
        """(edge, j) on the edges, (edge, i, n) inside."""
        inside = [
            (e, i, n) for e in (0, 1) for i in range(self.degree - 1) for n in range(self.degree - 1 - i)
        ]
        return [*((e, j) for e in range(3) for j in range(self.degree)), *inside]

    def tabulate(self, X: Array) -> tuple[Array, Array]:
        """Values (functions, 2, points) and curls d_x E_y - d_y E_x (functions, points)."""
        lam = _barycentric(X)
        values, curls = [], []
        edge = {pair: self._edge_functions(lam, *pair) for pair in ((0, 1), (1, 2), (0, 2))}
        for pair in EDGE_VERTICES:
            values.extend(edge[pair][0])
            curls.extend(edge[pair][1])
        for (a, b), c in (((0, 1), 2), ((1, 2), 0)):
            for i in range(self.degree - 1):
                for n in range(self.degree - 1 - i):
                    factor, slope = _vertex_factor(n, i, lam[c])
                    whitney, curl = edge[a, b][0][i], edge[a, b][1][i]
                    values.append(factor * whitney)
                    curls.append(factor * curl + slope * _cross(_GRADIENT[c], whitney))
        return np.array(values), np.array(curls)

    def _edge_functions(self, lam: Array, a: int, b: int) -> tuple[list[Array], list[Array]]:
        """Homogenised Legendre polynomials of the edge times its Whitney function, and their curls."""
        grad_s, grad_t = _GRADIENT[b] - _GRADIENT[a], _GRADIENT[a] + _GRADIENT[b]
        p, ds, dt = scaled_legendre(self.degree - 1, lam[b] - lam[a], lam[a] + lam[b])
        whitney = lam[a] * _GRADIENT[b][:, None] - lam[b] * _GRADIENT[a][:, None]
        twist = 2.0 * _cross(_GRADIENT[a], _GRADIENT[b])
        values = [p[j] * whitney for j in range(self.degree)]
        curls = [
            p[j] * twist + ds[j] * _cross(grad_s, whitney) + dt[j] * _cross(grad_t, whitney)
            for j in range(self.degree)
        ]
        return values, curls


class TriLagrange(ScalarElement):
    """H1 element of degree k on triangles: (k + 1) (k + 2) / 2 functions."""

    refdom = RefTri
    edge_vertices = EDGE_VERTICES

    def __init__(self, degree: int) -> None:
        self.degree = degree
        self.facet_dofs = degree - 1
        self.interior_dofs = (degree - 1) * (degree - 2) // 2
        self.maxdeg = degree
        self.edge_parity = tuple(j % 2 for j in range(2, degree + 1))
        self.dofnames = ["u"] * (1 + self.facet_dofs + self.interior_dofs)
        self.doflocs = np.full((self.size, 2), 1.0 / 3.0)

    def keys(self) -> list[tuple[object, ...]]:
        """(vertex,) at the vertices, (edge, j) on the edges, (i, n, "inside") inside."""
        inside = [(i, n, "inside") for i in range(2, self.degree) for n in range(self.degree - i)]
        edges = [(e, j) for e in range(3) for j in range(2, self.degree + 1)]
        return [(0,), (1,), (2,), *edges, *inside]

    def tabulate(self, X: Array) -> tuple[Array, Array]:
        """Values (functions, points) and gradients (functions, 2, points)."""
        lam = _barycentric(X)
        values = list(lam)
        grads = [np.repeat(g[:, None], X.shape[1], axis=1) for g in _GRADIENT]
        edge = {pair: self._edge_functions(lam, *pair) for pair in EDGE_VERTICES}
        for pair in EDGE_VERTICES:
            values.extend(edge[pair][0])
            grads.extend(edge[pair][1])
        for i in range(2, self.degree):
            bubble, grad = edge[0, 1][0][i - 2], edge[0, 1][1][i - 2]
            for n in range(self.degree - i):
                factor, slope = _vertex_factor(n, i, lam[2])
                values.append(factor * bubble)
                grads.append(factor * grad + slope * bubble * _GRADIENT[2][:, None])
        return np.array(values), np.array(grads)

    def _edge_functions(self, lam: Array, a: int, b: int) -> tuple[list[Array], list[Array]]:
        """Homogenised bubbles of the edge and their gradients."""
        grad_s, grad_t = _GRADIENT[b] - _GRADIENT[a], _GRADIENT[a] + _GRADIENT[b]
        v, ds, dt = scaled_bubbles(self.degree, lam[b] - lam[a], lam[a] + lam[b])
        grads = [ds[j] * grad_s[:, None] + dt[j] * grad_t[:, None] for j in range(len(v))]
        return list(v), grads
