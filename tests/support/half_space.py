"""A sphere beside a half-space, exactly: spherical waves, reflected plane wave by plane wave, all orders of scattering.

Independent of the package. The modes are det(1 - R T) = 0 for each order about the normal of the plane, with T the Mie
coefficients and R the reflection of an outgoing spherical wave into regular ones (Fresnel's coefficients in Weyl's integral).
"""

from __future__ import annotations

import numpy as np
from scipy.special import gammaln, spherical_jn, spherical_yn


def legendre(m: int, lmax: int, u: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """m P/sin and dP/dbeta of the normalised P_l^m over sqrt(l (l + 1)), l = max(m, 1) to lmax, u = cos beta complex."""
    s = np.sqrt(1.0 - u * u + 0j)
    p = np.zeros((lmax + 2, len(u)), dtype=complex)
    log = 0.5 * (np.log((2 * m + 1) / (4 * np.pi)) + gammaln(2 * m + 1)) - m * np.log(2.0) - gammaln(m + 1)
    p[m] = (-1) ** m * np.exp(log) * s**m
    for l in range(m + 1, lmax + 1):
        a = np.sqrt((4.0 * l * l - 1.0) / (l * l - m * m))
        b = np.sqrt(((l - 1.0) ** 2 - m * m) / (4.0 * (l - 1.0) ** 2 - 1.0)) if l > m + 1 else 0.0
        p[l] = a * (u * p[l - 1] - b * p[l - 2])
    l = np.arange(max(m, 1), lmax + 1)
    scale = 1.0 / np.sqrt(l * (l + 1.0))[:, None]
    down = np.sqrt((l * l - m * m) * (2 * l + 1.0) / np.maximum(2 * l - 1.0, 1.0))[:, None]
    slope = (l[:, None] * u * p[l] - down * p[l - 1]) / s
    return m * p[l] / s * scale, slope * scale


def reflection(m: int, lmax: int, k: complex, d: float, eps: float) -> np.ndarray:
    """R over (TE l, TM l): outgoing spherical waves of order m come back regular from the plane at a distance d."""
    t, w = np.polynomial.legendre.leggauss(80)
    t, w = 0.5 + 0.5 * t, 0.5 * w
    edge = np.sqrt(eps - 1.0)
    # sin^2 substitutions take the square roots at both sides of the critical angle.
    v1, w1 = edge * np.sin(0.5 * np.pi * t), edge * 0.5 * np.pi * np.cos(0.5 * np.pi * t) * w
    v2, w2 = edge + 8.0 * t**3, 24.0 * t**2 * w
    u = np.concatenate([t, 1j * v1, 1j * v2])
    weight = np.concatenate([w + 0j, -1j * w1, -1j * w2])
    there = np.sqrt(eps - 1.0 + u * u + 0j)
    there = np.where(there.imag < 0, -there, there)
    rs, rp = (u - there) / (u + there), (eps * u - there) / (eps * u + there)
    weight = weight * np.exp(2j * k * d * u)
    pi, tau = legendre(m, lmax, u)
    l = np.arange(max(m, 1), lmax + 1)
    even = ((-1.0) ** (l + m))[:, None]
    back_pi, back_tau = even * pi, -even * tau
    out = {"M": (-pi, -1j * tau), "N": (-tau, -1j * pi)}
    into = {"M": (-back_pi, 1j * back_tau), "N": (-back_tau, 1j * back_pi)}
    turn = 1j ** (l[:, None] - l[None, :])
    blocks = [
        [
            4.0 * np.pi * turn * ((b[0] * (weight * rp)) @ a[0].T + (b[1] * (weight * rs)) @ a[1].T)
            for a in out.values()
        ]
        for b in into.values()
    ]
    return np.block(blocks)


def scattering(l: np.ndarray, k: complex, radius: float, n: float) -> np.ndarray:
    """Mie coefficients T over (TE l, TM l)."""

    def riccati(z: complex) -> tuple[np.ndarray, ...]:
        j, dj = spherical_jn(l, z), spherical_jn(l, z, True)
        y, dy = spherical_yn(l, z), spherical_yn(l, z, True)
        h, dh = j + 1j * y, dj + 1j * dy
        return z * j, j + z * dj, z * h, h + z * dh

    psi, dpsi, xi, dxi = riccati(k * radius)
    inner, dinner, _, _ = riccati(n * k * radius)
    te = -(n * dinner * psi - inner * dpsi) / (n * dinner * xi - inner * dxi)
    tm = -(dinner * psi - n * inner * dpsi) / (dinner * xi - n * inner * dxi)
    return np.concatenate([te, tm])


def decay(
    l: int, m: int, k0: complex, radius: float, n: float, gap: float, eps: float, tm: bool
) -> tuple[float, float]:
    """1/Q that the half-space adds to a mode (l, m about its normal): to first order, and of the true mode."""
    lmax = l + 12
    degrees = np.arange(max(m, 1), lmax + 1)
    at = l - degrees[0] + (len(degrees) if tm else 0)

    def secular(k: complex, alone: bool) -> complex:
        T, R = scattering(degrees, k, radius, n), reflection(m, lmax, k, radius + gap, eps)
        if alone:
            return 1.0 / T[at] - R[at, at]
        others = np.arange(len(T)) != at
        through = np.linalg.solve(np.eye(others.sum()) - R[np.ix_(others, others)] * T[others], R[others, at])
        return 1.0 / T[at] - R[at, at] - (R[at, others] * T[others]) @ through

    found = []
    slope = 1e-7 * abs(k0)
    derivative = (
        1.0 / scattering(degrees, k0 + slope, radius, n)[at]
        - 1.0 / scattering(degrees, k0 - slope, radius, n)[at]
    ) / (2 * slope)
    first = k0 + reflection(m, lmax, k0, radius + gap, eps)[at, at] / derivative
    found.append(first)
    a, b = k0, first
    fa, fb = secular(a, False), secular(b, False)
    for _ in range(30):
        if a == b or fa == fb:
            break
        a, b, fa = b, b - fb * (b - a) / (fb - fa), fb
        fb = secular(b, False)
        if abs(b - a) < 1e-13 * abs(b):
            break
    found.append(b)
    alone = -2.0 * k0.imag / k0.real
    return tuple(float(-2.0 * k.imag / k.real - alone) for k in found)


def external_q(
    l: int, k0: complex, radius: float, n: float, gap: float, eps: float, tm: bool, reach: int
) -> tuple[float, float]:
    """Q that the half-space gives to the mode m = l about an axis along its face: first order, and all orders."""
    rates = np.zeros(2)
    for m in range(reach + 1):
        weight = np.exp(gammaln(2 * l + 1) - gammaln(l + m + 1) - gammaln(l - m + 1) - 2 * l * np.log(2.0))
        rates += (1.0 if m == 0 else 2.0) * weight * np.array(decay(l, m, k0, radius, n, gap, eps, tm))
    return float(1.0 / rates[0]), float(1.0 / rates[1])
