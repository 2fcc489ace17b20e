"""Eigenvalues of a holomorphic matrix M(k) in a disc: its Taylor polynomial, linearised, by shift-and-invert Arnoldi."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import scipy.linalg as sla
import scipy.sparse.linalg as ssl

from femwgm.errors import SolveError
from femwgm.ground.typing import Array, ComplexArray

_DEGREE = 8
_POINTS = 12
_RESTART_RATIO = 2.5
_ROWS = 50
_MARGIN = 6


def in_disc(
    matrix: Callable[[complex], ComplexArray],
    centre: complex,
    radius: float,
    expected: int = 24,
    seed: int = 7,
) -> tuple[Array, ComplexArray]:
    """All eigenvalues k, det M(k) = 0, with |k - centre| < radius, and their right vectors.

    Parameters
    ----------
    matrix
        M(k), holomorphic on the disc and somewhat beyond.
    centre, radius
        The disc.
    expected
        About as many as there are; fewer or more only take longer.

    Returns
    -------
    tuple
        Eigenvalues (n,) and vectors (size, n), accurate to the Taylor polynomial: starts for Newton's method.

    Raises
    ------
    SolveError
        If Arnoldi's method does not converge.

    Notes
    -----
    The coefficients come from values on the circle (Cauchy's formula, trapezoidal rule). With sum A_i s^i y = 0,
    s = (k - centre) / radius, and the companion vector (y, s y, ..., s^(d-1) y), one application of its inverse takes one
    solution with A_0.
    """
    turn = np.exp(2j * np.pi * np.arange(_POINTS) / _POINTS)
    values = [matrix(centre + radius * unit) for unit in turn]
    powers = turn ** -np.arange(_DEGREE + 1)[:, None] / _POINTS
    size = len(values[0])
    constant = np.empty((size, size), dtype=np.complex128)
    wide = np.empty(
        (size, _DEGREE, size), dtype=np.complex64
    )  # starts need no more, and half is read twice as fast
    for rows in np.array_split(np.arange(size), max(size // _ROWS, 1)):
        block = np.tensordot(powers, np.stack([value[rows] for value in values]), axes=1)
        constant[rows], wide[rows] = block[0], block[1:].swapaxes(0, 1)
    del values
    factor = sla.lu_factor(constant, overwrite_a=True, check_finite=False)
    flat = wide.reshape(size, -1)

    def apply(y: ComplexArray) -> ComplexArray:
        return np.concatenate(
            [-sla.lu_solve(factor, flat @ y.astype(np.complex64), check_finite=False), y[:-size]]
        )

    total = _DEGREE * size
    operator = ssl.LinearOperator((total, total), matvec=apply, dtype=np.complex128)
    start = np.random.default_rng(seed).standard_normal(total) + 0j
    wanted = min(expected + _MARGIN, total - 2)
    while True:
        subspace = min(int(_RESTART_RATIO * wanted) + 8, total - 1)
        try:
            inverse, vectors = ssl.eigs(operator, k=wanted, ncv=subspace, v0=start, tol=1e-6, maxiter=60)
        except ssl.ArpackNoConvergence as stop:
            raise SolveError(
                f"the modes within {radius:.3g} rad/um of {centre.real:.6g} rad/um did not converge"
            ) from stop
        if np.abs(inverse).min() <= 1.0 or wanted == total - 2:
            inside = np.abs(inverse) > 1.0
            return centre + radius / inverse[inside], vectors[:size, inside]
        wanted = min(2 * wanted, total - 2)
