"""The lossless twin of a medium: what is meant where a quantity is "without absorption".

An index n + i k becomes n, as whoever writes `{n: 1.96, k: 0.002}` would say; eps = (n + i k)^2 becomes n^2, which differs from
Re eps by k^2. A metal (-Re eps > |Im eps|) has no such twin: it keeps Re eps. In between, near zero permittivity, Re eps alone
would make a singular medium, and n^2 stays.
"""

from __future__ import annotations

import numpy as np

from femwgm.ground.typing import Array


def without_loss(eps: Array) -> Array:
    """Real permittivity of the lossless twin.

    >>> float(without_loss(np.array((1.5 + 0.5j) ** 2))), float(without_loss(np.array(-8.0 + 1.0j)))
    (2.25, -8.0)
    >>> round(float(without_loss(np.array((0.3 + 0.3j) ** 2))), 12)
    0.09
    """
    return np.asarray(np.where(_dielectric(eps), np.sqrt(eps + 0j).real ** 2, eps.real))


def slope_without_loss(eps: Array, slope: Array) -> Array:
    """Its derivative, from the permittivity and the derivative of that."""
    n = np.sqrt(eps + 0j)
    return np.asarray(np.where(_dielectric(eps), n.real * (slope / n).real, slope.real))


def _dielectric(eps: Array) -> Array:
    return np.asarray(eps.real > -np.abs(eps.imag))
