"""Polynomials by their values on Chebyshev points of [0, 1]: to other points, derivatives, integrals."""

from __future__ import annotations

import numpy as np

from femwgm.ground.numerics import unit_gauss
from femwgm.ground.typing import Array


def chebyshev(n: int) -> Array:
    """Chebyshev-Lobatto points in [0, 1], ends included.

    >>> chebyshev(3).round(12).tolist()
    [0.0, 0.5, 1.0]
    """
    return 0.5 - 0.5 * np.cos(np.pi * np.arange(n) / (n - 1))


def _barycentric(t: Array) -> Array:
    gaps = (t[:, None] - t[None, :]) * 4.0 + np.eye(len(t))
    return np.asarray(1.0 / gaps.prod(axis=1))


def interpolation(t: Array, s: Array) -> Array:
    """Matrix (points, nodes) from values at the nodes t to the values at s of the polynomial through them.

    >>> (interpolation(chebyshev(3), np.array([0.25])) @ chebyshev(3) ** 2).round(12).tolist()
    [0.0625]
    """
    gap = np.asarray(s, dtype=float).reshape(-1, 1) - t
    hit = np.abs(gap) < 1e-14
    terms = _barycentric(t) / np.where(hit, 1.0, gap)
    matrix = terms / terms.sum(axis=1, keepdims=True)
    rows = hit.any(axis=1)
    matrix[rows] = hit[rows]
    return np.asarray(matrix)


def fewest(t: Array, values: Array, error: float) -> tuple[Array, Array]:
    """As few Chebyshev nodes as give values (..., n, n) on nodes t within an error, in units of the largest; values on them.

    >>> t = chebyshev(9)
    >>> coarse, _ = fewest(t, np.outer(t**3, t), 1e-12)
    >>> len(coarse)
    4
    """
    limit = error * float(np.abs(values).max(initial=0.0))
    for n in (n for n in _COUNTS if n < len(t)):
        nodes = chebyshev(n)
        there, back = interpolation(t, nodes), interpolation(nodes, t)
        kept = there @ values @ there.T
        if np.abs(back @ kept @ back.T - values).max(initial=0.0) <= limit:
            return nodes, kept
    return t, values


_COUNTS = (3, 4, 5, 6, 7, 8, 10, 12, 14, 16, 19, 22)


def differentiation(t: Array) -> Array:
    """Matrix from values at the nodes to the derivative of the polynomial through them, at the nodes."""
    w = _barycentric(t)
    gap = t[:, None] - t[None, :] + np.eye(len(t))
    D = w[None, :] / w[:, None] / gap
    np.fill_diagonal(D, 0.0)
    np.fill_diagonal(D, -D.sum(axis=1))
    return np.asarray(D)


def quadrature(t: Array) -> Array:
    """Weights of the nodes that integrate the polynomial through them over [0, 1].

    >>> round(float(quadrature(chebyshev(3)) @ chebyshev(3) ** 2), 12)
    0.333333333333
    """
    x, w = unit_gauss(len(t))
    return np.asarray(w @ interpolation(t, x))
