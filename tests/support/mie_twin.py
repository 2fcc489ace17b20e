"""Layered spheres the slow and literal way: textbook recurrences, transfer matrices and mpmath; no code of femwgm."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import mpmath as mp


def spherical(l: int, z: Any) -> tuple[Any, Any, Any, Any]:
    """z j_l, its derivative, z y_l, its derivative, by upward recurrence; the caller pays for it with digits."""
    psi, chi = [mp.sin(z)], [-mp.cos(z)]
    psi.append(mp.sin(z) / z - mp.cos(z))
    chi.append(-mp.cos(z) / z - mp.sin(z))
    for degree in range(1, l):
        for wave in (psi, chi):
            wave.append((2 * degree + 1) / z * wave[degree] - wave[degree - 1])
    slopes = [wave[l - 1] - l / z * wave[l] for wave in (psi, chi)]
    return psi[l], slopes[0], chi[l], slopes[1]


def characteristic(pol: str, l: int, radii: Sequence[Any], indices: Sequence[Any], k: Any) -> Any:
    """u_in w_out - w_in u_out at the outer radius, divided by the outgoing wave: zero at a pole."""
    u = w = None
    for i, r in enumerate(radii):
        n = indices[i]
        weight = 1 / n**2 if pol == "TM" else mp.mpf(1)
        if u is None:
            value, slope, _, _ = spherical(l, n * k * r)
            u, w = value, weight * n * k * slope
            continue
        inner, outer = (spherical(l, n * k * x) for x in (radii[i - 1], r))
        du = w / weight / (n * k)
        a, b = u * inner[3] - du * inner[2], du * inner[0] - u * inner[1]
        u, w = a * outer[0] + b * outer[2], weight * n * k * (a * outer[1] + b * outer[3])
    n = indices[-1]
    psi, dpsi, chi, dchi = spherical(l, n * k * radii[-1])
    weight = 1 / n**2 if pol == "TM" else mp.mpf(1)
    return w - u * weight * n * k * (dpsi + 1j * dchi) / (psi + 1j * chi)


def pole(
    pol: str, l: int, radii: Sequence[float], indices: Sequence[complex], start: complex, digits: int
) -> Any:
    """The pole next to a start value, with that many digits in the working precision."""
    with mp.workdps(digits):
        exact = [mp.mpf(repr(r)) for r in radii]
        media = [mp.mpmathify(complex(n)) if isinstance(n, complex) else mp.mpf(repr(n)) for n in indices]
        step = mp.mpf(10) ** (-digits // 3)
        k = mp.mpc(start)
        for _ in range(60):
            value = characteristic(pol, l, exact, media, k)
            slope = (characteristic(pol, l, exact, media, k * (1 + step)) - value) / (k * step)
            change = value / slope
            k -= change
            if abs(change) < abs(k) * mp.mpf(10) ** (-digits // 2):
                return k
        raise AssertionError("the twin did not settle")
