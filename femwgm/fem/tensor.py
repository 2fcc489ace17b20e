"""Integrals on quadrilaterals by sum factorisation: one-dimensional products, integrated direction by direction.

A basis function is a product f(x) g(y), so the integral of w f_a g_c f_b g_d needs the weight contracted with the products
f_a f_b at the Gauss points in x, then with g_c g_d in y. Products within one family are symmetric and are computed once; a gather
puts every number where its two functions stand in the element's own order.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from femwgm.fem.polynomials import line_functions
from femwgm.fem.quadrilateral import QuadLagrange, QuadNedelec
from femwgm.ground.numerics import unit_gauss
from femwgm.ground.typing import Array, IntArray


@lru_cache(maxsize=64)
def line_products(degree: int, points: int, families: str) -> Array:
    """Products of two families at the Gauss points (pairs, points): "P" Legendre, "L" integrated, "d" the slope of "L".

    Pairs (a, b) of one family are stored for a <= b only, those of two families with b running fastest (`pair_number`).
    """
    t, _ = unit_gauss(points)
    f, g = (dict(zip("PLd", line_functions(degree, t), strict=True))[name] for name in families)
    if families[0] == families[1]:
        a, b = np.triu_indices(len(f))
        return np.ascontiguousarray(f[a] * f[b])
    return np.ascontiguousarray((f[:, None, :] * g[None, :, :]).reshape(-1, points))


def pair_number(degree: int, families: str, a: IntArray, b: IntArray) -> IntArray:
    """Row of `line_products` that holds the pair (a, b)."""
    size = degree if families[1] == "P" else degree + 1
    if families[0] != families[1]:
        return a * size + b
    low, high = np.minimum(a, b), np.maximum(a, b)
    return low * size - low * (low - 1) // 2 + high - low


@lru_cache(maxsize=64)
def _vector_plan(degree: int, families: str) -> tuple[list[tuple[str, str]], IntArray, IntArray]:
    """Kinds of products for u . w (families "PL") or curl u curl w ("Pd"), starts of their tensors, and the gather (n * n,)."""
    element = QuadNedelec(degree)
    along, across, is_x = element.along, element.across, element.x_directed
    p, q = families[0], families[1]  # of the function along its direction, and across it
    i, j = np.indices((element.size, element.size))
    both_x, both_y = is_x[i] & is_x[j], ~is_x[i] & ~is_x[j]
    first, second = (
        np.where(is_x[i], i, j),
        np.where(is_x[i], j, i),
    )  # the x-directed one of a mixed pair, and the other
    kinds = [(p + p, q + q), (p + q, q + p), (q + q, p + p)]
    sizes = [len(line_products(degree, 1, x)) * len(line_products(degree, 1, y)) for x, y in kinds]
    starts = np.cumsum([0, *sizes])

    def place(kind: int, a: IntArray, b: IntArray, c: IntArray, d: IntArray) -> IntArray:
        in_x, in_y = kinds[kind]
        width = len(line_products(degree, 1, in_y))
        return starts[kind] + pair_number(degree, in_x, a, b) * width + pair_number(degree, in_y, c, d)

    gather = np.where(
        both_x, place(0, *(np.where(both_x, v, 0) for v in (along[i], along[j], across[i], across[j]))),
        np.where(
            both_y, place(2, *(np.where(both_y, v, 0) for v in (across[i], across[j], along[i], along[j]))),
            place(1, *(np.where(both_x | both_y, 0, v) for v in (along[first], across[second], across[first], along[second]))),
        ),
    )  # fmt: skip
    return kinds, starts, gather.ravel()


@lru_cache(maxsize=64)
def _scalar_gather(degree: int) -> IntArray:
    element = QuadLagrange(degree)
    i, j = np.indices((element.size, element.size))
    x, y = element.in_x, element.in_y
    width = len(line_products(degree, 1, "LL"))
    return (pair_number(degree, "LL", x[i], x[j]) * width + pair_number(degree, "LL", y[i], y[j])).ravel()


class QuadIntegrals:
    """Cell matrices of the element pair of a degree for weights at the Gauss points of `points` in each direction.

    Weights have shape (cells, points^2), x slowest; the matrices (cells, n, n) are in the order of the elements.
    """

    def __init__(self, degree: int, points: int) -> None:
        self.degree, self.points = degree, points

    def vector(self, weights: tuple[Array, Array, Array]) -> Array:
        """int u . W w for the symmetric W with components (xx, xy, yy)."""
        return self._vector("PL", weights)

    def curl(self, weight: Array) -> Array:
        """int weight curl u curl w: the curl of (P l, 0) is -P l', that of (0, l P) is l' P."""
        return self._vector("Pd", (weight, -weight, weight))

    def scalar(self, weight: Array) -> Array:
        """int weight v q."""
        n = (self.degree + 1) ** 2
        flat = self._tensor(weight, "LL", "LL")
        return np.take(flat, _scalar_gather(self.degree), axis=1).reshape(-1, n, n)

    def _vector(self, families: str, weights: tuple[Array, Array, Array]) -> Array:
        kinds, starts, gather = _vector_plan(self.degree, families)
        flat = np.empty((len(weights[0]), int(starts[-1])), dtype=weights[0].dtype)
        for weight, (in_x, in_y), a, b in zip(weights, kinds, starts, starts[1:], strict=False):
            flat[:, a:b] = self._tensor(weight, in_x, in_y)
        n = 2 * self.degree * (self.degree + 1)
        return np.take(flat, gather, axis=1).reshape(-1, n, n)

    def _tensor(self, weight: Array, in_x: str, in_y: str) -> Array:
        """All integrals of weight f_a(x) f_b(x) g_c(y) g_d(y), shape (cells, pairs in x times pairs in y)."""
        w = weight.reshape(-1, self.points, self.points)
        first = np.matmul(line_products(self.degree, self.points, in_x), w)
        second = first.reshape(-1, self.points) @ line_products(self.degree, self.points, in_y).T
        return second.reshape(len(w), -1)
