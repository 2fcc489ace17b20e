"""A core off the centre of its shell, exactly: vector spherical waves about the two centres, joined by translation along z.

Shares no code with the package. Waves are M = curl(r psi) and N = curl M / k of unit angular norm. A step d z of the origin is
exp(k d G) on their amplitudes of one order m, with the generator G of a derivative along z:

    l + 1 to l and back    +-sqrt(((l + 1)^2 - m^2) / (4 (l + 1)^2 - 1)) sqrt(l (l + 2)) / (l + 1),
    M to N and back        i m / (l (l + 1)).
"""

from __future__ import annotations

import numpy as np
from scipy import linalg, special

_REACH, _SPARE = 5, 25
Complex = np.ndarray


def _riccati(outgoing: bool, l: Complex, z: complex) -> tuple[Complex, Complex]:
    """z j_l(z) or z h_l(z), and its derivative."""
    bessel, scale = (special.hankel1 if outgoing else special.jv), np.sqrt(0.5 * np.pi * z)
    here, below = scale * bessel(l + 0.5, z), scale * bessel(l - 0.5, z)
    return here, below - l * here / z


def _translation(m: int, degrees: Complex, distance: complex) -> Complex:
    """Amplitudes about a centre a distance (in units of 1 / k) further along z, TE then TM."""
    top = np.arange(max(1, m, degrees[0] - _SPARE), degrees[-1] + _SPARE + 1)
    next_ = top[:-1] + 1.0
    step = np.sqrt((next_**2 - m**2) / (4.0 * next_**2 - 1.0) * (next_**2 - 1.0)) / next_
    along = np.diag(step, 1) - np.diag(step, -1)
    across = np.diag(1j * m / (top * (top + 1.0)))
    generator = np.block([[along, across], [across, along]])
    kept = np.flatnonzero(np.isin(top, degrees))
    kept = np.concatenate([kept, kept + top.size])
    return linalg.expm(distance * generator)[np.ix_(kept, kept)]


def _reflection(l: Complex, k: complex, radius: float, n: tuple[float, float], inwards: bool) -> Complex:
    """Regular per outgoing amplitude at a sphere seen from inside, or the inverse seen from outside; TE then TM."""
    here, there = n if inwards else n[::-1]
    p, dp = _riccati(inwards, l, here * k * radius)
    r, dr = _riccati(not inwards, l, here * k * radius)
    o, do = _riccati(inwards, l, there * k * radius)
    te = -(here * dp * o - there * p * do) / (here * dr * o - there * r * do)
    tm = -(there * dp * o - here * p * do) / (there * dr * o - here * r * do)
    return np.concatenate([te, tm])


def eccentric_line(
    start: complex,
    pol: str,
    l: int,
    m: int,
    radii: tuple[float, float],
    n: tuple[float, float, float],
    offset: float,
) -> complex:
    """k0 (rad/um) of the line of one order m near a start: the core moved by the offset (um) along z."""
    degrees = np.arange(max(1, m, l - _REACH), l + _REACH + 1)
    own = int(np.searchsorted(degrees, l)) + (degrees.size if pol == "TM" else 0)
    others = np.delete(np.arange(2 * degrees.size), own)

    def mismatch(k: complex) -> complex:
        outer = _reflection(degrees, k, radii[1], n[1:], inwards=True)
        core = _reflection(degrees, k, radii[0], n[:2], inwards=False)
        there, back = (_translation(m, degrees, n[1] * k * d) for d in (offset, -offset))
        scale = np.sqrt(np.abs(outer))
        round_trip = (scale[:, None] * (back @ (core[:, None] * there))) * (outer / scale)
        A = np.eye(2 * degrees.size) - round_trip
        inner = np.linalg.solve(A[np.ix_(others, others)], A[others, own])
        return complex(A[own, own] - A[own, others] @ inner)

    before, k = start, start * (1.0 + 1e-7)
    value = mismatch(before)
    for _ in range(30):
        now = mismatch(k)
        before, k, value = k, k - now * (k - before) / (now - value), now
        if abs(k - before) < 1e-14 * abs(k):
            break
    return k
