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


def _along_edges(lam: Array) -> tuple[Array, Array, Array, Array]:
    """Gradients (edges, 2) and values (edges, points) of the barycentric coordinates of both ends of each edge."""
    ends = np.array(EDGE_VERTICES).T
    return (*_GRADIENT[ends], *lam[ends])


def _cross(a: Array, b: Array) -> Array:
    """a x b of vectors whose components are along the last axis but one."""
    return np.asarray(a[..., 0, :] * b[..., 1, :] - a[..., 1, :] * b[..., 0, :])


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
        lam, points = _barycentric(X), X.shape[1]
        start, end, first, last = _along_edges(lam)
        p, of_s, of_t = (
            f.swapaxes(0, 1) for f in scaled_legendre(self.degree - 1, last - first, first + last)
        )
        whitney = first[:, None] * end[..., None] - last[:, None] * start[..., None]
        turn_s, turn_t = (_cross(g[..., None], whitney)[:, None] for g in (end - start, start + end))
        edges = p[:, :, None] * whitney[:, None]
        turns = p * (2.0 * _cross(start[..., None], end[..., None]))[:, None] + of_s * turn_s + of_t * turn_t
        values, curls = np.empty((self.size, 2, points)), np.empty((self.size, points))
        k = 3 * self.degree
        values[:k], curls[:k] = edges.reshape(values[:k].shape), turns.reshape(curls[:k].shape)
        for edge, c in ((0, 2), (1, 0)):
            across = _cross(_GRADIENT[c][:, None], edges[edge])
            for i in range(self.degree - 1):
                for n in range(self.degree - 1 - i):
                    factor, slope = _vertex_factor(n, i, lam[c])
                    values[k] = factor * edges[edge, i]
                    curls[k] = factor * turns[edge, i] + slope * across[i]
                    k += 1
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
        start, end, first, last = _along_edges(lam)
        bubbles, of_s, of_t = (
            f.swapaxes(0, 1) for f in scaled_bubbles(self.degree, last - first, first + last)
        )
        slopes = (
            of_s[:, :, None] * (end - start)[:, None, :, None]
            + of_t[:, :, None] * (start + end)[:, None, :, None]
        )
        values, grads = np.empty((self.size, X.shape[1])), np.empty((self.size, 2, X.shape[1]))
        k = 3 + bubbles.shape[0] * bubbles.shape[1]
        values[:3], grads[:3] = lam, _GRADIENT[:, :, None]
        values[3:k], grads[3:k] = bubbles.reshape(values[3:k].shape), slopes.reshape(grads[3:k].shape)
        for i in range(2, self.degree):
            bubble, grad = bubbles[0, i - 2], slopes[0, i - 2]
            for n in range(self.degree - i):
                factor, slope = _vertex_factor(n, i, lam[2])
                values[k] = factor * bubble
                grads[k] = factor * grad + slope * bubble * _GRADIENT[2][:, None]
                k += 1
        return values, grads
