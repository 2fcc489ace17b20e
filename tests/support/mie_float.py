"""Layered spheres of moderate size with plain spherical Bessel functions of scipy: an independent check of counting."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.special import spherical_jn, spherical_yn

Array = Any


def waves(l: int, z: Array) -> tuple[Array, Array, Array, Array]:
    """z j, (z j)', z y, (z y)'."""
    j, y = spherical_jn(l, z), spherical_yn(l, z)
    return z * j, j + z * spherical_jn(l, z, True), z * y, y + z * spherical_yn(l, z, True)


def inside(
    pol: str, l: int, radii: Sequence[float], indices: Sequence[complex], k: Array
) -> tuple[Array, Array]:
    """u and p u' of the regular wave at the outer radius, scaled to order one."""
    u = w = None
    for i, r in enumerate(radii):
        n = indices[i]
        p = 1.0 / n**2 if pol == "TM" else 1.0
        if u is None:
            psi, dpsi, _, _ = waves(l, n * k * r)
            u, w = psi, p * n * k * dpsi
        else:
            a, b = waves(l, n * k * radii[i - 1]), waves(l, n * k * r)
            du = w / (p * n * k)
            first, second = u * a[3] - du * a[2], du * a[0] - u * a[1]
            u, w = first * b[0] + second * b[2], p * n * k * (first * b[1] + second * b[3])
        size = np.maximum(np.abs(u), np.abs(w) / np.abs(k))
        u, w = u / size, w / size
    return u, w


def mismatch(pol: str, l: int, radii: Sequence[float], indices: Sequence[complex], k: Array) -> Array:
    """u w_out - w u_out with the outgoing wave scaled to u_out = 1: zero at a pole."""
    u, w = inside(pol, l, radii, indices, k)
    n = indices[-1]
    psi, dpsi, chi, dchi = waves(l, n * k * radii[-1])
    p = 1.0 / n**2 if pol == "TM" else 1.0
    return w - u * p * n * k * (dpsi + 1j * dchi) / (psi + 1j * chi)


def poles(
    pol: str,
    l: int,
    radii: Sequence[float],
    indices: Sequence[complex],
    window: tuple[float, float],
    deepest: float,
) -> list[complex]:
    """Poles with Re k in the window and Im k > deepest, from Newton's iteration started everywhere."""
    lo, hi = window
    spacing = np.pi / (max(np.abs(indices)) * radii[-1])
    re, im = np.meshgrid(
        np.arange(lo - spacing, hi + spacing, 0.2 * spacing), -np.geomspace(1e-5, 1.0, 6) * abs(deepest)
    )
    k = (re + 1j * im).ravel()
    with np.errstate(all="ignore"):
        for _ in range(30):
            h = 1e-6 * np.abs(k)
            f, up, down = (mismatch(pol, l, radii, indices, k + s * h) for s in (0.0, 1.0, -1.0))
            step = -2.0 * h * f / (up - down)
            k = k + step * np.minimum(1.0, 0.3 * spacing / np.abs(step))
    settled = (
        (np.abs(step) < 1e-10 * np.abs(k))
        & (k.real >= lo)
        & (k.real <= hi)
        & (k.imag > deepest)
        & (k.imag < 1e-8)
    )
    found: list[complex] = []
    for value in k[settled]:
        if all(abs(value - other) > 1e-7 for other in found):
            found.append(complex(value))
    return found


def real_resonances(
    pol: str,
    l: int,
    radii: Sequence[float],
    indices: Sequence[float],
    window: tuple[float, float],
    points: int = 8001,
) -> list[float]:
    """Zeros of w / u - Re(outgoing) on the real axis, seen as falls through zero on a fine grid."""
    k = np.linspace(*window, points)
    u, w = inside(pol, l, radii, indices, k)
    n = indices[-1]
    psi, dpsi, chi, dchi = waves(l, n * k * radii[-1])
    p = 1.0 / n**2 if pol == "TM" else 1.0
    gap = w / u - p * n * k * (psi * dpsi + chi * dchi) / (psi**2 + chi**2)
    fall = np.flatnonzero((gap[:-1] > 0.0) & (gap[1:] <= 0.0))
    return [float(k[i] + (k[i + 1] - k[i]) * gap[i] / (gap[i] - gap[i + 1])) for i in fall]
