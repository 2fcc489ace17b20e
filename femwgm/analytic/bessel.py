r"""Riccati-Bessel functions of any size: mantissas of order one and one shared exponent.

With mu the Bessel order (l + 1/2 for an isotropic layer),

    psi = sqrt(pi z / 2) J_mu(z),   chi = sqrt(pi z / 2) Y_mu(z),   xi+- = psi +- i chi,

all of which solve u'' = (L / z^2 - 1) u with L = mu^2 - 1/4; psi chi' - psi' chi = 1.

psi is exponentially small where chi is exponentially large, and by the same factor, so a pair is returned as
p = psi exp(-s), x = chi exp(+s) (or xi) with one real exponent s. Nothing overflows at any order or argument.

- Within 50 nepers of the turning point z = mu, and beyond it, scipy (AMOS) evaluates J, Y and H.
- Deeper in the barrier the Debye series (DLMF 10.19.3, 10.19.4) converges to rounding
  in 14 terms, and its exponent is explicit.

Examples
--------
>>> pair = real_pair(10000.5, 5000.0)
>>> round(float(-pair.s / np.log(10.0)), 1)                 # psi is about 10 to the minus this
1958.7
>>> round(float(pair.p * pair.dx - pair.dp * pair.x), 12)   # the Wronskian survives the scaling
1.0
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.polynomial import Polynomial
from numpy.typing import ArrayLike, NDArray
from scipy import special

from femwgm.analytic import amos
from femwgm.ground.typing import Array

DEBYE_FROM = 50.0
"""Barrier depth (nepers) from which the Debye series replaces AMOS."""
DEBYE_ORDER = 30.0
"""Smallest order for which the Debye series is used."""
DEBYE_TERMS = 14


def _debye_tables() -> tuple[Array, Array]:
    """Coefficients of U_k(p) / p^k and V_k(p) / p^k in powers of p^2, one row for each k (DLMF 10.41.10, 10.41.11)."""
    p = Polynomial([0.0, 1.0])
    u, v = [Polynomial([1.0])], [Polynomial([1.0])]
    for _ in range(DEBYE_TERMS - 1):
        last = u[-1]
        u.append(p**2 * (1 - p**2) / 2 * last.deriv() + ((1 - 5 * p**2) * last).integ() / 8)
        v.append(u[-1] - p * (1 - p**2) / 2 * last - p**2 * (1 - p**2) * last.deriv())
    tables = np.zeros((2, DEBYE_TERMS, DEBYE_TERMS))
    for table, series in zip(tables, (u, v), strict=True):
        for k, poly in enumerate(series):
            coefficients = poly.coef[k::2]
            table[k, : len(coefficients)] = coefficients
    return tables[0], tables[1]


_U, _V = _debye_tables()
_SIGNS = (-1.0) ** np.arange(DEBYE_TERMS)


class RadialPair(NamedTuple):
    """Two independent radial waves at one argument: psi = p exp(s), second = x exp(-s)."""

    p: Array
    """psi exp(-s)."""
    dp: Array
    """psi' exp(-s), derivative with respect to the argument."""
    x: Array
    """Second wave times exp(s): chi for a real argument, xi+ or xi- for a complex one."""
    dx: Array
    """Derivative of the second wave times exp(s)."""
    s: Array
    """Exponent (real): minus the barrier depth, or the growth along the imaginary axis."""
    wronskian: Array | float
    """p dx - dp x: 1 for (psi, chi), +i for (psi, xi+), -i for (psi, xi-)."""


def barrier(order: ArrayLike, z: ArrayLike) -> Array:
    """Depth mu (alpha - tanh alpha), z = mu sech alpha, of the barrier at z (nepers; 0 beyond the turning point when z is real).

    Complex z gives the analytic continuation from z < mu, on the principal branch.
    """
    ratio = np.asarray(z) / np.asarray(order)
    if not np.iscomplexobj(ratio):
        ratio = np.minimum(ratio, 1.0)
    root = np.sqrt(1.0 - ratio * ratio)
    return np.asarray(order * (np.log((1.0 + root) / ratio) - root))


def _debye(order: Array, z: Array) -> tuple[Array, Array, Array, Array, Array]:
    """psi, psi', chi, chi' without their exponentials exp(-+ depth), and the depth, from the Debye series."""
    ratio = z / order
    root = np.sqrt(1.0 - ratio * ratio)
    depth = order * (np.log((1.0 + root) / ratio) - root)
    coth = 1.0 / root
    columns = (coth * coth)[..., None] ** np.arange(DEBYE_TERMS)
    weights = (coth / order)[..., None] ** np.arange(DEBYE_TERMS)
    u, v = columns @ _U.T * weights, columns @ _V.T * weights
    small, large = np.sqrt(ratio / root), np.sqrt(root / ratio)
    p, x = 0.5 * small * u.sum(-1), -small * (u @ _SIGNS)
    dp = 0.5 * large * v.sum(-1) + p / (2.0 * z)
    dx = large * (v @ _SIGNS) + x / (2.0 * z)
    return p, dp, x, dx, depth


def _is_deep(order: Array, z: Array) -> NDArray[np.bool_]:
    """Where the Debye series applies."""
    candidates = (order.real > DEBYE_ORDER) & (np.abs(z) < order.real)
    if not candidates.any():
        return candidates
    deep: NDArray[np.bool_] = candidates & (barrier(order, z).real > DEBYE_FROM)
    return deep


def _broadcast(order: ArrayLike, z: ArrayLike) -> tuple[Array, Array]:
    a, b = np.broadcast_arrays(np.asarray(order), np.asarray(z))
    return a, b


def regular(order: ArrayLike, z: ArrayLike) -> tuple[Array, Array, Array]:
    """Regular wave (p, dp, s): psi = p exp(s), psi' = dp exp(s).

    Parameters
    ----------
    order
        Bessel order, real and positive, or complex (Im z is then taken as present too).
    z
        Argument, real or complex.
    """
    mu, z = _broadcast(order, z)
    if np.iscomplexobj(mu) or np.iscomplexobj(z):
        return _regular_complex(mu, z.astype(np.complex128))
    root = np.sqrt(0.5 * np.pi * z)
    p = root * special.jv(mu, z)
    dp = root * special.jv(mu - 1.0, z) - (mu - 0.5) / z * p
    s = np.zeros(z.shape)
    deep = _is_deep(mu, z)
    if deep.any():
        values = _debye(mu[deep], z[deep])
        p, dp = np.array(p), np.array(dp)
        p[deep], dp[deep], s[deep] = values[0], values[1], -values[4]
    return p, dp, s


def _regular_complex(mu: Array, z: Array) -> tuple[Array, Array, Array]:
    p, dp, s = np.empty(z.shape, np.complex128), np.empty(z.shape, np.complex128), np.empty(z.shape)
    deep = _is_deep(mu, z)
    if (shallow := ~deep).any():
        order, x = mu[shallow], z[shallow]
        root = np.sqrt(0.5 * np.pi * x)
        p[shallow] = value = root * amos.bessel_j(order, x)
        dp[shallow] = root * amos.bessel_j(order - 1.0, x) - (order - 0.5) / x * value
        s[shallow] = np.abs(x.imag)
    if deep.any():
        values = _debye(mu[deep], z[deep])
        turn = np.exp(-1j * values[4].imag)
        p[deep], dp[deep], s[deep] = values[0] * turn, values[1] * turn, -values[4].real
    return p, dp, s


def real_pair(order: ArrayLike, z: ArrayLike) -> RadialPair:
    """The pair (psi, chi) for real order > 0 and real z > 0.

    Parameters
    ----------
    order
        Bessel order mu.
    z
        Argument n k0 r.
    """
    mu, z = _broadcast(order, z)
    deep = _is_deep(mu, z)
    if not deep.any():
        return RadialPair(*_amos_pair(mu, z), np.zeros(z.shape), 1.0)
    values = np.zeros((5, *z.shape))
    values[:4, ~deep] = _amos_pair(mu[~deep], z[~deep])
    values[:, deep] = _debye(mu[deep], z[deep])
    return RadialPair(values[0], values[1], values[2], values[3], -values[4], 1.0)


def _amos_pair(mu: Array, z: Array) -> tuple[Array, Array, Array, Array]:
    root, ratio = np.sqrt(0.5 * np.pi * z), (mu - 0.5) / z
    p, x = root * special.jv(mu, z), root * special.yv(mu, z)
    return p, root * special.jv(mu - 1.0, z) - ratio * p, x, root * special.yv(mu - 1.0, z) - ratio * x


def complex_pair(order: ArrayLike, z: ArrayLike, outgoing: ArrayLike | None = None) -> RadialPair:
    """The pair (psi, xi+-) for complex z and real or complex order.

    Parameters
    ----------
    order, z
        Bessel order mu and argument.
    outgoing
        True for xi+, False for xi-. By default xi+ where Im z >= 0, else xi-: the choice that stays independent of psi
        however strong the absorption or the gain (DLMF 10.2(iii)).
    """
    mu, z = _broadcast(order, np.asarray(z, dtype=np.complex128))
    plus = np.broadcast_to(z.imag >= 0.0 if outgoing is None else np.asarray(outgoing, dtype=bool), z.shape)
    sign = np.where(plus, 1.0, -1.0)
    p, dp, s = _regular_complex(mu, z)
    x, dx = np.empty(z.shape, np.complex128), np.empty(z.shape, np.complex128)
    deep = _is_deep(mu, z)
    if (shallow := ~deep).any():
        here, at, up = mu[shallow], z[shallow], plus[shallow]
        # AMOS returns H+- exp(-+ i z); the modulus that is left over goes into s, the rest stays in the phase.
        root = np.sqrt(0.5 * np.pi * at) * np.exp(1j * sign[shallow] * at + s[shallow])
        x[shallow] = value = root * amos.hankel(here, at, up)
        dx[shallow] = root * amos.hankel(here - 1.0, at, up) - (here - 0.5) / at * value
    if deep.any():
        _, _, x_deep, dx_deep, depth = _debye(mu[deep], z[deep])
        turn = 1j * sign[deep] * np.exp(1j * depth.imag)
        x[deep], dx[deep] = x_deep * turn, dx_deep * turn
    return RadialPair(p, dp, x, dx, s, 1j * sign)


def log_derivative(order: ArrayLike, z: ArrayLike, outgoing: bool = True) -> Array:
    """Logarithmic derivative xi' / xi of the outgoing (or incoming) wave with respect to z, complex z."""
    pair = complex_pair(order, z, outgoing)
    return np.asarray(pair.dx / pair.x)


def phase(order: ArrayLike, z: ArrayLike, pair: RadialPair) -> Array:
    """Continuous phase theta in psi = M cos theta, chi = M sin theta, for real z: -pi/2 at z = 0, increasing.

    The leading Debye phase is within 0.27 of theta everywhere, which fixes the branch of the arc tangent.
    """
    mu, z = _broadcast(order, z)
    beyond = np.sqrt(np.maximum(z * z - mu * mu, 0.0))
    guess = beyond - mu * np.arctan2(beyond, mu) - 0.25 * np.pi
    shallow = pair.s > -0.5 * DEBYE_FROM
    angle = np.where(shallow, np.arctan2(pair.x, pair.p), -0.5 * np.pi)
    return np.asarray(angle + 2.0 * np.pi * np.round((guess - angle) / (2.0 * np.pi)))
