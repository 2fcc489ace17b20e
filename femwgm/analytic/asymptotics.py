r"""Size parameters of homogeneous spheres and spheroids as series in nu^(-1/3), nu = l + 1/2.

They are approximations of the real resonance, good for large l, with a stated order of error; the exact solution is in
:mod:`femwgm.analytic.sphere`. Everywhere n is the index relative to the ambient and x = k0 R n_ambient.

- :func:`lam_leung_young`: five terms of Lam, Leung, Young, J. Opt. Soc. Am. B 9, 1585 (1992), Eq. 1.
- :func:`resonance_series`: the same expansion to any order up to nu^(-8/3), which is the series of Schiller, Appl. Opt. 32, 2181
  (1993). Its coefficients are long rational functions that are printed, and copied, with errors; here they are generated.
- :func:`spheroid`: Gorodetsky and Fomin, IEEE J. Sel. Top. Quantum Electron. 12, 33 (2006).

Generation. The q-th zero of psi lies at nu sum alpha_k nu^(-2k/3) (DLMF 10.21.41). From there to the resonance,
T = psi / psi' obeys dz/dT = 1 / (1 + T^2 (1 - L / z^2)), and must reach T = n / D (TE) or 1 / (n D) (TM), where
D = chi'(x) / chi(x) has the Debye expansion in 1/nu that its Riccati equation gives. Everything is a power series in nu^(-1/3).

Examples
--------
>>> coefficients = resonance_series("TE", 1.5, q=1)
>>> [round(float(c), 6) for c in coefficients[:4]]    # of nu, nu^(2/3), nu^(1/3), 1: there is no second one
[0.666667, 0.0, 1.237171, -0.894427]
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from femwgm.errors import GeometryError
from femwgm.ground.typing import Array

_ORDER = 12
"""Powers of nu^(-1/3), relative to nu, that are kept: the zeros of psi are known to 10, used to 11 (nu^(-8/3))."""


def airy_zero(q: int) -> float:
    """q-th zero of Ai, negative."""
    return float(special.ai_zeros(q)[0][-1])


def lam_leung_young(pol: str, n: float, l: ArrayLike, q: int = 1) -> Array:
    """Size parameter x to O(nu^-1): five terms.

    Parameters
    ----------
    pol
        "TE" or "TM".
    n
        Relative index, > 1.
    l, q
        Polar degree and radial order.
    """
    _check(pol, n)
    nu, a = np.asarray(l) + 0.5, -airy_zero(q)
    weight = n if pol == "TE" else 1.0 / n
    root = math.sqrt(n * n - 1.0)
    terms = nu + 2.0 ** (-1.0 / 3.0) * a * nu ** (1.0 / 3.0) - weight / root
    terms = terms + 0.3 * 2.0 ** (-2.0 / 3.0) * a**2 * nu ** (-1.0 / 3.0)
    terms = (
        terms
        - 2.0 ** (-1.0 / 3.0) * weight * (n * n - 2.0 / 3.0 * weight**2) * a * nu ** (-2.0 / 3.0) / root**3
    )
    return np.asarray(terms / n)


def schiller(pol: str, n: float, l: ArrayLike, q: int = 1, terms: int = 8) -> Array:
    """Size parameter x with the series cut after nu^(-terms/3), terms <= 8: the error is of the next order.

    Parameters
    ----------
    pol, n, l, q
        As in :func:`lam_leung_young`.
    terms
        Schiller's k: 0 ends with the constant term, 2 is the series of Lam, Leung and Young.
    """
    if not 0 <= terms <= 8:
        raise GeometryError(f"terms = {terms} must be between 0 and 8")
    small = (np.asarray(l) + 0.5) ** (-1.0 / 3.0)
    coefficients = resonance_series(pol, n, q)[: terms + 4]
    return np.asarray(np.polynomial.polynomial.polyval(small, coefficients) / small**3)


def spheroid(pol: str, n: float, a: float, b: float, l: ArrayLike, p: ArrayLike = 0, q: int = 1) -> Array:
    """Size parameter k0 a of a spheroid with equatorial semi-axis a and polar semi-axis b, p = l - |m|.

    Error O(l^-1) for p of order one; a sphere gives the first five terms of the sphere's series.
    """
    _check(pol, n)
    l, p, zeta = np.asarray(l, dtype=np.float64), np.asarray(p, dtype=np.float64), airy_zero(q)
    chi = 1.0 if pol == "TE" else 1.0 / n**2
    root, third = math.sqrt(n * n - 1.0), (0.5 * l) ** (1.0 / 3.0)
    value = l - zeta * third + (2.0 * p * (a - b) + a) / (2.0 * b) - chi * n / root + 0.15 * zeta**2 / third
    shape = (2.0 * p * (a**3 - b**3) + a**3) / b**3 + 2.0 * n**3 * chi * (2.0 * chi**2 - 3.0) / root**3
    return np.asarray((value - zeta / 12.0 * shape / third**2) / n)


@lru_cache(maxsize=256)
def resonance_series(pol: str, n: float, q: int = 1) -> Array:
    """Coefficients c_j of x = sum c_j nu^(1 - j/3), j = 0 to 11.

    Raises
    ------
    GeometryError
        Unless n > 1: the wave outside must be evanescent.
    """
    _check(pol, n)
    alpha = -(2.0 ** (-1.0 / 3.0)) * airy_zero(q)
    zeros = (
        1.0,
        alpha,
        0.3 * alpha**2,
        1.0 / 70.0 - alpha**3 / 350.0,
        -479.0 / 63000.0 * alpha**4 - alpha / 3150.0,
        20231.0 / 8085000.0 * alpha**5 - 551.0 / 161700.0 * alpha**2,
    )
    zero = np.zeros(_ORDER)
    zero[0:_ORDER:2] = zeros
    debye = _debye_jets(1.0 / n)
    weight = n if pol == "TE" else 1.0 / n
    z = zero.copy()
    for _ in range(_ORDER // 3 + 1):  # every pass settles three more powers
        outside = _compose(debye, z / n - _unit(1.0 / n))
        step = _travel(weight * _reciprocal(outside), zero)
        z = zero + np.concatenate([np.zeros(3), step[:-3]])
    return np.asarray(z / n)


def _check(pol: str, n: float) -> None:
    if pol not in {"TE", "TM"}:
        raise GeometryError(f"polarization {pol!r} must be 'TE' or 'TM'")
    if not n > 1.0:
        raise GeometryError(f"relative index {n} must exceed 1 for a whispering-gallery series")


def _unit(value: float) -> Array:
    series = np.zeros(_ORDER)
    series[0] = value
    return series


def _times(a: Array, b: Array) -> Array:
    return np.convolve(a, b)[:_ORDER]


def _reciprocal(a: Array) -> Array:
    result = _unit(1.0 / a[0])
    for _ in range(4):
        result = _times(result, _unit(2.0) - _times(a, result))
    return result


def _debye_jets(centre: float) -> list[Array]:
    """D_k in D = sum D_k(x / nu) nu^-k, each a Taylor polynomial around `centre`, from D' = (nu^2 - 1/4) / x^2 - 1 - D^2."""
    inverse_square = np.array([(-1.0) ** j * (j + 1) * centre ** (-2.0 - j) for j in range(_ORDER)])
    leading = -_square_root(inverse_square - _unit(1.0))
    jets = [leading]
    for k in range(1, 5):
        rhs = -np.append(jets[-1][1:] * np.arange(1, _ORDER), 0.0)
        rhs = rhs - sum((_times(jets[j], jets[k - j]) for j in range(1, k)), np.zeros(_ORDER))
        if k == 2:
            rhs = rhs - 0.25 * inverse_square
        jets.append(0.5 * _times(rhs, _reciprocal(leading)))
    return jets


def _square_root(a: Array) -> Array:
    result = _unit(math.sqrt(a[0]))
    for _ in range(4):
        result = 0.5 * (result + _times(a, _reciprocal(result)))
    return result


def _compose(jets: list[Array], shift: Array) -> Array:
    """sum of jets[k](shift) nu^-k as a series in nu^(-1/3)."""
    total = np.zeros(_ORDER)
    for k, jet in enumerate(jets):
        value = np.zeros(_ORDER)
        for coefficient in jet[::-1]:
            value = _times(value, shift) + _unit(coefficient)
        total += np.concatenate([np.zeros(3 * k), value[: _ORDER - 3 * k]]) if 3 * k < _ORDER else 0.0
    return total


def _travel(target: Array, zero: Array) -> Array:
    """z - z0 (not over nu) when T goes from 0 to the target: Picard iteration of dz/ds in s = T / target."""
    path = np.zeros((1, _ORDER))  # powers of s, powers of nu^(-1/3)
    square = _times(target, target)
    for _ in range(_ORDER // 2 + 2):
        # 1 - L / z^2 with z = nu (zero + nu^-1 path(s)), L = nu^2 - 1/4.
        z = _shift3(path)
        z[0] += zero
        inverse = _poly_reciprocal(_poly_times(z, z))
        curvature = -inverse
        curvature[:, 6:] += 0.25 * inverse[:, :-6]
        curvature[0, 0] += 1.0
        slope = np.zeros((_POWERS, _ORDER))
        slope[2:] = np.array([_times(row, square) for row in curvature[:-2]])
        slope[0, 0] += 1.0
        rate = _poly_reciprocal(slope)
        path = np.zeros((_POWERS, _ORDER))
        path[1:] = np.array([_times(row, target) / (j + 1.0) for j, row in enumerate(rate[:-1])])
    return np.asarray(path.sum(axis=0))


_POWERS = 2 * _ORDER


def _shift3(path: Array) -> Array:
    z = np.zeros((_POWERS, _ORDER))
    z[: path.shape[0], 3:] = path[:, :-3]
    return z


def _poly_times(a: Array, b: Array) -> Array:
    """Product of polynomials in s with series as coefficients: rows far enough apart make it one convolution."""
    first, second = (np.pad(x, ((0, 0), (0, _ORDER))).ravel() for x in (a, b))
    product: Array = np.convolve(first, second)[: 2 * _ORDER * _POWERS]
    return product.reshape(_POWERS, 2 * _ORDER)[:, :_ORDER]


def _poly_reciprocal(a: Array) -> Array:
    result = np.zeros((_POWERS, _ORDER))
    result[0] = _reciprocal(a[0])
    for _ in range(5):
        correction = -_poly_times(a, result)
        correction[0, 0] += 2.0
        result = _poly_times(result, correction)
    return result
