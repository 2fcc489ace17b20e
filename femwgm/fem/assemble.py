"""Batched assembly: the integrals of `femwgm.fem.forms` for all cells at once, kept as dense cell matrices.

Both u and grad v transform covariantly, so with D the discrete gradient (grad psi_j = sum_i N_i D_ij) every integral follows from
four: C = int r curl N curl N, G = int N . N / r, T = int r N . N and S = int psi psi / r. Then

    K(m) = [C + m^2 G, -m G D; -m D^T G, D^T G D],      M = eps [T, 0; 0, S],

which keeps m, the permittivity of each region and the frequency out of the assembly, and makes the kernel of K exact: K applied
to (D psi, m psi) vanishes term by term. On quadrilaterals the integrals factor into one-dimensional ones (sum factorisation).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np
from scipy.special import roots_jacobi
from skfem.quadrature import get_quadrature
from skfem.refdom import RefTri

from femwgm.fem.mapping import CurvedMapping
from femwgm.fem.spaces import Space, discrete_gradient, element_pair
from femwgm.fem.tensor import QuadIntegrals
from femwgm.ground.numerics import unit_gauss
from femwgm.ground.typing import Array, IntArray, RealArray

TABULATED_TRIANGLE_ORDER = 19
"""The highest degree of exactness for which scikit-fem tabulates a rule on triangles."""


@lru_cache(maxsize=64)
def gauss_points(corners: int, points: int) -> tuple[RealArray, RealArray]:
    """Quadrature on the reference cell with about `points` points in each direction: X (2, n), weights (n,).

    On quadrilaterals the points are a tensor grid with x running slowest.
    """
    if corners == 3:
        return _triangle_rule(points)
    t, w = unit_gauss(points)
    return np.stack([np.repeat(t, points), np.tile(t, points)]), np.repeat(w, points) * np.tile(w, points)


def _triangle_rule(points: int) -> tuple[RealArray, RealArray]:
    """Rule with positive weights exact to degree 2 points - 1: a symmetric one, or Gauss-Jacobi in collapsed coordinates.

    Positive weights keep M positive definite; scikit-fem's rules of degree 3 and 7 have a negative one, the next have none.
    """
    for order in range(2 * points - 1, TABULATED_TRIANGLE_ORDER + 1):
        X, w = get_quadrature(RefTri, order)
        if (w > 0.0).all():
            return X, w
    a, wa = roots_jacobi(points, 1, 0)
    b, wb = unit_gauss(points)
    x, y = np.repeat(0.5 * (a + 1.0), points), np.tile(b, points)
    return np.stack([x, y * (1.0 - x)]), np.repeat(0.25 * wa, points) * np.tile(wb, points)


def default_points(degree: int) -> int:
    """Gauss points in each direction: the products of two basis functions exactly, with a reserve for curved cells and 1/r."""
    return degree + 3


@dataclass(frozen=True)
class Metric:
    """Weights of the integrals at the quadrature points, each of shape (cells, points), quadrature weight included.

    With J the Jacobian and g = J^-1 J^-T det J: `curl` r / det J, `over_r` g / r and `times_r` r g (components xx, xy, yy),
    `scalar` det J / r, and, for uniaxial media, `axial` r det J (J^-1 a)(J^-1 a)^T for the in-plane unit vector a of the axis.
    """

    curl: Array
    over_r: tuple[Array, Array, Array]
    times_r: tuple[Array, Array, Array]
    scalar: Array
    axial: tuple[Array, Array, Array] | None = None

    @classmethod
    def at(cls, mapping: CurvedMapping, X: Array, weights: Array, axis: str | None = None) -> Metric:
        """Weights on all cells of `mapping`, for an optional optical axis along "z" or along the local "radial" direction."""
        (r, z), ((a, b), (c, d)) = mapping.both(X)
        det = a * d - b * c
        over_det = weights / det
        g = ((b * b + d * d) * over_det, -(a * b + c * d) * over_det, (a * a + c * c) * over_det)
        axial = None
        if axis is not None:
            rho = np.sqrt(r * r + z * z)
            ar, az = (r / rho, z / rho) if axis == "radial" else (np.zeros_like(r), np.ones_like(z))
            x, y = d * ar - b * az, a * az - c * ar
            axial = (r * over_det * x * x, r * over_det * x * y, r * over_det * y * y)
        return cls(
            curl=r * over_det,
            over_r=(g[0] / r, g[1] / r, g[2] / r),
            times_r=(r * g[0], r * g[1], r * g[2]),
            scalar=weights * det / r,
            axial=axial,
        )


@dataclass(frozen=True)
class CellMatrices:
    """Cell matrices in the local order of a `Space`, signs included, each (cells, n, n) over its own unknowns.

    Attributes
    ----------
    space
        The unknowns.
    C, G, GD, DGD
        The blocks of K(m), see the module docstring.
    T, S
        The blocks of M for eps = 1.
    axial
        Like T for the component of the field along the optical axis, where a medium is uniaxial.
    """

    space: Space
    C: Array
    G: Array
    GD: Array
    DGD: Array
    T: Array
    S: Array
    axial: Array | None = None
    _last: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)

    def stiffness(self, m: int) -> Array:
        """Cell matrices of K(m), shape (cells, n, n)."""
        return self._blocks(self.C + (m * m) * self.G, -m * self.GD, self.DGD)

    def mass(self, eps: Array, eps_axial: Array | None = None) -> Array:
        """Cell matrices of M for one permittivity per cell, shape (cells, n, n).

        `eps_axial` is the permittivity along the optical axis; where it equals `eps` the medium is isotropic. The component
        E_phi sees `eps`: the axis lies in the meridian plane.
        """
        T = eps[:, None, None] * self.T
        if eps_axial is not None and self.axial is not None:
            T = T + (eps_axial - eps)[:, None, None] * self.axial
        return self._blocks(T, None, eps[:, None, None] * self.S)

    def apply_stiffness(self, m: int, x: Array) -> Array:
        """K(m) x on each cell for cell vectors (cells, n, columns), without building K(m)."""
        i, j = self.space.from_curl, self.space.from_scalar
        u, v = x[:, i], x[:, j]
        out = np.empty(x.shape, dtype=np.result_type(self.C, x))
        out[:, i] = self.C @ u + (m * m) * (self.G @ u) - m * (self.GD @ v)
        out[:, j] = self.DGD @ v - m * (np.swapaxes(self.GD, 1, 2) @ u)
        return out

    def apply_mass(self, eps: Array, x: Array, eps_axial: Array | None = None) -> Array:
        """M x on each cell, without building M; `eps_axial` as in `mass`."""
        i, j = self.space.from_curl, self.space.from_scalar
        out = np.empty(x.shape, dtype=np.result_type(self.T, eps, x))
        out[:, i], out[:, j] = self.T @ x[:, i], self.S @ x[:, j]
        out *= eps[:, None, None]
        if eps_axial is not None and self.axial is not None:
            out[:, i] += (eps_axial - eps)[:, None, None] * (self.axial @ x[:, i])
        return out

    def mass_form(self, x: Array, y: Array) -> Array:
        """x^T M y on each cell for eps = 1, without conjugation: (cells,) of cell vectors (cells, n)."""
        (u, v), of = self._parts(x), self._images(y)
        return (u * of("T")).sum(axis=1) + (v * of("S")).sum(axis=1)

    def axial_form(self, x: Array, y: Array) -> Array:
        """Like `mass_form` for the component along the optical axis; zero where all media are isotropic."""
        if self.axial is None:
            return np.zeros(len(x), dtype=np.result_type(x, y))
        return np.asarray((self._parts(x)[0] * _times(self.axial, self._parts(y)[0])).sum(axis=1))

    def stiffness_form(self, m: int, x: Array, y: Array) -> Array:
        """x^T K(m) y on each cell."""
        (u, v), of = self._parts(x), self._images(y)
        in_u = of("C") + (m * m) * of("G") - m * of("GD")
        return (u * in_u).sum(axis=1) + (v * (of("DGD") - m * of("DG"))).sum(axis=1)

    def slope_form(self, m: int, x: Array, y: Array) -> Array:
        """x^T dK/dm y on each cell."""
        (u, v), of = self._parts(x), self._images(y)
        return (u * (2.0 * m * of("G") - of("GD"))).sum(axis=1) - (v * of("DG")).sum(axis=1)

    def _images(self, y: Array) -> Callable[[str], Array]:
        """Products of blocks, by name, with a cell vector; those of the last one are kept: its forms are asked for in a row."""
        key = y.tobytes()
        if self._last.get("key") != key:
            self._last.clear()
            self._last["key"] = key
        u, v = self._parts(y)

        def product(name: str) -> Array:
            if name not in self._last:
                block = np.swapaxes(self.GD, 1, 2) if name == "DG" else getattr(self, name)
                self._last[name] = _times(block, v if name in ("GD", "DGD", "S") else u)
            image: Array = self._last[name]
            return image

        return product

    def _parts(self, x: Array) -> tuple[Array, Array]:
        return x[:, self.space.from_curl], x[:, self.space.from_scalar]

    def _blocks(self, uu: Array, uv: Array | None, vv: Array) -> Array:
        n = self.space.dofs.shape[1]
        out = np.zeros((len(uu), n, n), dtype=np.result_type(uu, vv))
        i, j = self.space.from_curl, self.space.from_scalar
        for rows, cols, block in _placements(i, j, uu, uv, vv):
            for a, fa in rows:
                for b, fb in cols:
                    out[:, a, b] = block[:, fa, fb]
        return out


def _times(blocks: Array, x: Array) -> Array:
    """B x on each cell."""
    return np.asarray(np.matmul(blocks, x[:, :, None])[:, :, 0])


def _runs(index: Array) -> list[tuple[slice, slice]]:
    """Contiguous pieces of an index as (target slice, source slice) pairs: block copies instead of scattered ones."""
    cuts = np.flatnonzero(np.diff(index) != 1) + 1
    starts, stops = np.r_[0, cuts], np.r_[cuts, len(index)]
    return [
        (slice(int(index[a]), int(index[b - 1]) + 1), slice(int(a), int(b)))
        for a, b in zip(starts, stops, strict=True)
    ]


def _placements(i: Array, j: Array, uu: Array, uv: Array | None, vv: Array):  # type: ignore[no-untyped-def]
    ri, rj = _runs(i), _runs(j)
    yield ri, ri, uu
    yield rj, rj, vv
    if uv is not None:
        yield ri, rj, uv
        yield rj, ri, np.swapaxes(uv, 1, 2)


def assemble(space: Space, *, points: int | None = None, axis: str | None = None) -> CellMatrices:
    """Cell matrices of a space; real for real node positions, complex in stretched ones.

    Parameters
    ----------
    space
        Unknowns, on a mesh whose nodes may be complex.
    points
        Gauss points in each direction; by default `default_points`.
    axis
        "z" or "radial" if any region is uniaxial.
    """
    corners, degree = space.mesh.corners, space.degree
    points = points or default_points(degree)
    X, weights = gauss_points(corners, points)
    metric = Metric.at(CurvedMapping(space.mesh), X, weights, axis)
    integrals = QuadIntegrals(degree, points) if corners == 4 else TriangleIntegrals(degree, points)
    C, S = integrals.curl(metric.curl), integrals.scalar(metric.scalar)
    G, T = integrals.vector(metric.over_r), integrals.vector(metric.times_r)
    axial = None if metric.axial is None else integrals.vector(metric.axial)
    DG = _combined(G, corners, degree)
    GD, DGD = np.swapaxes(DG, 1, 2), _combined(np.ascontiguousarray(np.swapaxes(DG, 1, 2)), corners, degree)
    sc, ss = space.signs[:, space.from_curl], space.signs[:, space.from_scalar]
    for blocks, left, right in (((C, G, T, axial), sc, sc), ((GD,), sc, ss), ((DGD, S), ss, ss)):
        for block in blocks:
            if block is not None:
                _orient(block, left, right)
    return CellMatrices(space, C, G, GD, DGD, T, S, axial)


@lru_cache(maxsize=64)
def _gradient_terms(corners: int, degree: int) -> tuple[IntArray, RealArray]:
    """Non-zeros of each column of the discrete gradient: rows and values, (terms, columns) each, padded with zeros."""
    D = discrete_gradient(corners, degree)
    terms = int((D != 0.0).sum(axis=0).max())
    rows = np.argsort(D == 0.0, axis=0, kind="stable")[:terms]
    return rows, np.take_along_axis(D, rows, axis=0)


def _combined(G: Array, corners: int, degree: int) -> Array:
    """D^T G on each cell for the discrete gradient D, of which each column has a few entries only."""
    rows, values = _gradient_terms(corners, degree)
    out = np.take(G, rows[0], axis=1) * values[0][:, None]
    for row, value in zip(rows[1:], values[1:], strict=True):
        out += np.take(G, row, axis=1) * value[:, None]
    return np.asarray(out)


def _orient(block: Array, left: Array, right: Array) -> None:
    """Multiply rows and columns of each cell's block by their signs, in place; few are negative."""
    i, j = np.flatnonzero((left < 0.0).any(axis=0)), np.flatnonzero((right < 0.0).any(axis=0))
    block[:, i] *= left[:, i, None]
    block[:, :, j] *= right[:, None, j]


@lru_cache(maxsize=64)
def _triangle_products(degree: int, points: int) -> tuple[Array, ...]:
    X, _ = gauss_points(3, points)
    curl_element, scalar_element = element_pair(3, degree)
    N, curl = curl_element.tabulate(X)
    psi, _ = scalar_element.tabulate(X)
    x, y = N[:, 0].T, N[:, 1].T

    def outer(f: Array, g: Array) -> Array:
        return np.ascontiguousarray((f[:, :, None] * g[:, None, :]).reshape(len(f), -1))

    return outer(curl.T, curl.T), outer(x, x), outer(x, y) + outer(y, x), outer(y, y), outer(psi.T, psi.T)


class TriangleIntegrals:
    """Cell matrices of the element pair on triangles for weights (cells, points) at the points of `gauss_points`."""

    def __init__(self, degree: int, points: int) -> None:
        self._curl, self._xx, self._xy, self._yy, self._scalar = _triangle_products(degree, points)

    def curl(self, weight: Array) -> Array:
        """int weight curl u curl w."""
        return _square(weight @ self._curl)

    def vector(self, weights: tuple[Array, Array, Array]) -> Array:
        """int u . W w for the symmetric W with components (xx, xy, yy)."""
        return _square(weights[0] @ self._xx + weights[1] @ self._xy + weights[2] @ self._yy)

    def scalar(self, weight: Array) -> Array:
        """int weight v q."""
        return _square(weight @ self._scalar)


def _square(flat: Array) -> Array:
    n = int(np.sqrt(flat.shape[1]) + 0.5)
    return flat.reshape(-1, n, n)
