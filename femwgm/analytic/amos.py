"""Scaled Bessel functions of complex argument from AMOS (through scipy), extended to complex order.

AMOS takes real orders only. J and H are entire functions of the order, and their logarithms change by about one per unit of
it, so values at Chebyshev points on a stretch of the real axis determine them nearby: a polynomial of degree 31 loses two
digits at an imaginary offset of one, five at three.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy import special

from femwgm.errors import SolveError
from femwgm.ground.typing import Array

_NODES = np.cos(np.pi * (np.arange(32) + 0.5) / 32.0)
_WEIGHTS = (-1.0) ** np.arange(32) * np.sin(np.pi * (np.arange(32) + 0.5) / 32.0)
_LARGEST_OFFSET = 3.0
_H1E, _H2E = special.hankel1e, special.hankel2e


def bessel_j(order: Array, z: Array) -> Array:
    """J(z) exp(-|Im z|) for complex z; order real or complex, shaped like z."""
    if np.iscomplexobj(order):
        return _continued(bessel_j, order, z)
    return np.asarray(special.jve(order, z))


def hankel(order: Array, z: Array, plus: Array) -> Array:
    """H+(z) exp(-i z) where `plus`, else H-(z) exp(i z), for complex z; order real or complex, shaped like z."""
    if np.iscomplexobj(order):
        return _continued(lambda mu, x: hankel(mu, x, np.broadcast_to(plus, x.shape)), order, z)
    # In the half-plane where H+- grows, scipy's scaled version returns 0 for orders above 85: there H+- = 2 J - H-+ is used.
    values = np.empty(z.shape, dtype=np.complex128)
    decays = np.where(plus, z.imag >= 0.0, z.imag <= 0.0)
    for select, direct, other, turn in ((plus, _H1E, _H2E, -1j), (~plus, _H2E, _H1E, 1j)):
        good, bad = select & decays, select & ~decays
        values[good] = direct(order[good], z[good])
        if bad.any():
            mu, x = order[bad], z[bad]
            values[bad] = 2.0 * special.jve(mu, x) * np.exp(turn * x.real) - other(mu, x) * np.exp(
                2.0 * turn * x
            )
    return values


def _continued(function: Callable[[Array, Array], Array], order: Array, z: Array) -> Array:
    """Barycentric interpolation in the order from Chebyshev points on the real axis, evaluated off it.

    Raises
    ------
    SolveError
        If the order lies too far from the real axis (a layer that is both strongly absorbing and strongly uniaxial).
    """
    offset = float(np.abs(order.imag).max(initial=0.0))
    if not offset <= _LARGEST_OFFSET:
        raise SolveError(
            f"Bessel order with imaginary part {offset:.2g}: beyond {_LARGEST_OFFSET:g} it is not evaluated;"
            " lower the loss or the anisotropy of the uniaxial layer"
        )
    half = min(max(2.0, 6.0 * offset), 7.0)
    samples = function(
        order.real + half * _NODES.reshape(-1, *(1,) * order.ndim), np.broadcast_to(z, (32, *z.shape))
    )
    weights = _WEIGHTS.reshape(-1, *(1,) * order.ndim) / (
        1j * order.imag / half - _NODES.reshape(-1, *(1,) * order.ndim)
    )
    return np.asarray((weights * samples).sum(axis=0) / weights.sum(axis=0))
