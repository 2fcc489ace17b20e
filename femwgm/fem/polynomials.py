"""Orthogonal polynomials that the element bases are made of, on the unit interval and in barycentric coordinates.

The integrated Legendre functions satisfy l_j' = P_(j-1) with the shifted Legendre polynomials P_j on [0, 1], so the gradient of
an H1 function is, term by term, a Nedelec function: the exact sequence is visible in the basis.
"""

from __future__ import annotations

import numpy as np
from scipy.special import eval_jacobi

from femwgm.ground.typing import Array


def legendre(degree: int, x: Array) -> Array:
    """Shifted Legendre polynomials P_0 .. P_degree on [0, 1], shape (degree + 1, *x.shape).

    >>> legendre(2, np.array([0.0, 0.5, 1.0]))[2]
    array([ 1. , -0.5,  1. ])
    """
    t = 2.0 * np.asarray(x) - 1.0
    p = np.empty((degree + 1, *t.shape))
    p[0] = 1.0
    if degree:
        p[1] = t
    for j in range(1, degree):
        p[j + 1] = (2 * j + 1) / (j + 1) * t * p[j] - j / (j + 1) * p[j - 1]
    return p


def _integrated(x: Array, p: Array, degree: int) -> Array:
    ell = np.empty((degree + 1, *x.shape))
    ell[0], ell[1] = 1.0 - x, x
    for j in range(2, degree + 1):
        np.multiply(p[j] - p[j - 2], 0.5 / (2 * j - 1), out=ell[j])
    return ell


def line_functions(degree: int, x: Array) -> tuple[Array, Array, Array]:
    """P_0 .. P_(degree - 1), l_0 .. l_degree and l_0' .. l_degree' at once, each (functions, *x.shape)."""
    p = legendre(max(degree, 1), x)
    slope = np.empty((degree + 1, *x.shape))
    slope[0], slope[1], slope[2:] = -1.0, 1.0, p[1:degree]
    return p[:degree], _integrated(x, p, degree), slope


def _homogenised(degree: int, s: Array, t: Array) -> Array:
    p = np.empty((degree + 1, *np.shape(s)))
    p[0] = 1.0
    if degree:
        p[1] = s
    square = t * t
    for j in range(1, degree):
        p[j + 1] = (2 * j + 1) / (j + 1) * s * p[j] - j / (j + 1) * square * p[j - 1]
    return p


def scaled_legendre(degree: int, s: Array, t: Array) -> tuple[Array, Array, Array]:
    """Homogenised Legendre polynomials t^j P_j(s / t) (P_j on [-1, 1]) and their derivatives in s and in t.

    Each of shape (degree + 1, *s.shape). For an edge (a, b) of a triangle s = lambda_b - lambda_a and t = lambda_a + lambda_b.
    """
    p = _homogenised(degree, s, t)
    ds, dt = np.zeros_like(p), np.zeros_like(p)
    for j in range(1, degree + 1):  # P_j' = (2 j - 1) P_(j - 1) + P_(j - 2)' and x P_j' - P_(j - 1)' = j P_j
        ds[j] = (2 * j - 1) * p[j - 1] + (t * t * ds[j - 2] if j > 1 else 0.0)
        dt[j] = -t * ds[j - 1]
    return p, ds, dt


def scaled_bubbles(degree: int, s: Array, t: Array) -> tuple[Array, Array, Array]:
    """Homogenised integrated Legendre functions of degree 2 .. degree, and their derivatives in s and in t.

    Each of shape (degree - 1, *s.shape); they vanish where s = t or s = -t and have the parity (-1)^j in s.
    """
    p = _homogenised(degree, s, t)
    half = 0.5 * p[: max(degree - 1, 0)]
    scale = (0.5 / (2.0 * np.arange(2, degree + 1) - 1.0)).reshape(-1, *[1] * np.ndim(s))
    return scale * p[2:] - 2.0 * scale * t * t * half, 0.5 * p[1:degree], -t * half


def jacobi(n: int, alpha: int, x: Array) -> tuple[Array, Array]:
    """Jacobi polynomial P_n^(alpha, 1) of 2 x - 1 on [0, 1] and its derivative in x.

    The weights match the factors (1 - x)^alpha x of a triangle's interior functions, which keeps them well conditioned.
    """
    t = 2.0 * np.asarray(x) - 1.0
    value = eval_jacobi(n, alpha, 1, t)
    slope = (n + alpha + 2) * eval_jacobi(n - 1, alpha + 1, 2, t) if n else np.zeros_like(t)
    return value, slope
