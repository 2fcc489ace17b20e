"""Radiated power of a mode from its field on a surface around the body, at any Q.

Outside the body the field is a sum of outgoing spherical waves, E = sum_l a_l h_l X_lm + (i / (k0 n^2)) curl(b_l h_l X_lm), and
by reciprocity with the regular waves (j_l X*) each amplitude is an integral over any closed surface S in the ambient medium:

    a_l = -n k0^2  oint (E x H_j - E_j x H) . dS      (E_j = j_l X*, H_j = curl E_j / (i k0)),
    b_l =  n^3 k0^2 oint (E x H_j - E_j x H) . dS     (H_j = j_l X*, E_j = i curl H_j / (k0 n^2)),

and the power is sum |a_l|^2 / (2 n k0^2) + |b_l|^2 / (2 n^3 k0^2) (derived from the Wronskian of the radial functions; compare
Jackson, Classical Electrodynamics, 3rd ed., section 9.10). j_l is carried as a logarithm, so a power of 1e-1000 is as good as one
of 1. H is the magnetic field times the impedance of vacuum, and c = 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import gammaln, jv

from femwgm.ground.typing import Array

FEW = 200
"""Spherical Bessel functions up to which AMOS is faster than a recurrence from order 0."""
_TINY = 1e-280
_ROUND = 1e-9
"""Relative spread of the radii of a surface up to which it counts as a sphere: the second order is then below rounding."""


@dataclass(frozen=True)
class SurfaceSamples:
    """Field on a meridian curve around the body, in the ambient medium, with outward normals.

    Attributes
    ----------
    r, z
        Positions (um), shape (points,).
    normal
        Outward unit normal (r, z), shape (2, points).
    weights
        Line element times quadrature weight (um).
    E, H
        Fields (r, phi, z), shape (3, points).
    """

    r: Array
    z: Array
    normal: Array
    weights: Array
    E: Array
    H: Array


def log_radiated_power(
    samples: SurfaceSamples, m: int, k0: float, index: float, degrees: Array
) -> tuple[Array, Array]:
    """Natural logarithms of the power in each multipole: TE (a_l) and TM (b_l), shape (degrees,) each; -inf where none.

    Parameters
    ----------
    samples
        Field on the surface.
    m
        Azimuthal order.
    k0, index
        Vacuum wavenumber (rad/um) and real index of the ambient medium.
    degrees
        Polar degrees l >= max(1, m), ascending by one.
    """
    k = index * k0
    rho, cos_theta = np.hypot(samples.r, samples.z), samples.z / np.hypot(samples.r, samples.z)
    legendre, slope, scale = angular_functions(m, degrees, cos_theta)
    log_j, ratio = log_regular(degrees, k * rho)
    sin_theta, l = samples.r / rho, degrees[:, None]
    reference = log_j.max(axis=1)
    j = np.exp(log_j - reference[:, None])
    S_slope = (l + 1) / rho * j - k * j * ratio  # (rho j)' / rho
    root = np.sqrt(l * (l + 1.0))
    # The conjugate wave: m -> -m in the surface integral over phi, which leaves 2 pi.
    X_theta, X_phi = -m * legendre / sin_theta / root, 1j * slope / root
    wave = _to_cylindrical(np.zeros_like(j), j * X_theta, j * X_phi, sin_theta, cos_theta)
    radial = -1j * root * j / rho * legendre
    curl = _to_cylindrical(radial, -S_slope * X_phi, S_slope * X_theta, sin_theta, cos_theta)
    te = _reaction(samples, wave, curl / (1j * k0))
    tm = _reaction(samples, 1j * curl / (k0 * index**2), wave)
    log_scale = 2.0 * (reference + scale + np.log(2.0 * np.pi))
    return (
        _log_power(index * k0**2 * te, 2.0 * index * k0**2, log_scale),
        _log_power(index**3 * k0**2 * tm, 2.0 * index**3 * k0**2, log_scale),
    )


def _log_power(amplitudes: Array, divisor: float, log_scale: Array) -> Array:
    with np.errstate(divide="ignore"):
        return np.asarray(2.0 * np.log(np.abs(amplitudes)) - np.log(divisor) + log_scale)


def _reaction(samples: SurfaceSamples, E_j: Array, H_j: Array) -> Array:
    """oint (E x H_j - E_j x H) . n r ds of fields (3, degrees, points); the integral over phi is left to the caller."""

    def along_normal(a: Array, b: Array) -> Array:
        in_r = a[1] * b[2] - a[2] * b[1]
        in_z = a[0] * b[1] - a[1] * b[0]
        return np.asarray(in_r * samples.normal[0] + in_z * samples.normal[1])

    flux = along_normal(samples.E, H_j) - along_normal(E_j, samples.H)
    return np.asarray(flux @ (samples.weights * samples.r))


def _to_cylindrical(
    in_rho: Array, in_theta: Array, in_phi: Array, sin_theta: Array, cos_theta: Array
) -> Array:
    return np.stack(
        [in_rho * sin_theta + in_theta * cos_theta, in_phi, in_rho * cos_theta - in_theta * sin_theta]
    )


def angular_functions(m: int, degrees: Array, x: Array) -> tuple[Array, Array, Array]:
    """Normalised P_l^m(x) (unit integral of the square over the sphere, 2 pi included) and d/dtheta, with logarithmic scales.

    Values are relative to exp(scale), one for all x and each l, so that sin^m does not underflow.
    """
    s = np.sqrt(1.0 - x * x)
    log_seed = (
        0.5 * (np.log(2.0 * m + 1.0) - np.log(4.0 * np.pi) + gammaln(2.0 * m + 1.0))
        - m * np.log(2.0)
        - gammaln(m + 1.0)
    )
    log_power = m * np.log(s)
    reference = float(log_power.max())
    first = int(degrees[0])
    previous, current = np.zeros_like(x), np.exp(log_power - reference)
    values, slopes = [], []
    for l in range(m, int(degrees[-1]) + 1):
        if l > m:
            a = np.sqrt((4.0 * l * l - 1.0) / (l * l - m * m))
            b = np.sqrt(((l - 1.0) ** 2 - m * m) / (4.0 * (l - 1.0) ** 2 - 1.0))
            previous, current = current, a * (x * current - b * previous)
        if l >= first:
            back = np.sqrt((2.0 * l + 1.0) * (l * l - m * m) / (2.0 * l - 1.0)) if l > m else 0.0
            values.append(current)
            slopes.append((l * x * current - back * previous) / s)
    scale = np.full(len(values), reference + log_seed)
    return np.array(values), np.array(slopes), scale


def log_regular(degrees: Array, x: Array) -> tuple[Array, Array]:
    """log |j_l(x)| (log j_l for complex x) and j_(l+1) / j_l for x of positive real part.

    By downward recurrence of the ratio and upward accumulation from j_0.

    Shapes (degrees, points). The sign of j_l, which matters beyond the turning point only, is folded into the ratio's use: the
    surface lies within the caustic of the waves that count, where j_l > 0.
    """
    if np.iscomplexobj(x) or float(np.ptp(x)) > _ROUND * float(x.mean()):
        return _recurrence(degrees, x)
    middle = float(x.mean())
    # On a sphere all radii agree up to the geometry's error: one recurrence on plain numbers, continued to first order.
    log_j, ratio = _recurrence(degrees, middle)
    l = degrees[:, None]
    step, log_j, ratio = (x - middle)[None, :], log_j[:, None], ratio[:, None]
    slope = 1.0 - (2.0 * l + 2.0) / middle * ratio + ratio**2
    return log_j + step * (l / middle - ratio), ratio + step * slope


def _recurrence(degrees: Array, x: Any) -> tuple[Array, Array]:
    """`log_regular` for an array or for a plain number: a few values by AMOS, many or tiny ones by recurrence."""
    if np.size(degrees) * np.size(x) <= FEW:
        order = degrees if np.ndim(x) == 0 else degrees[:, None]
        J, following = (jv(order + half, x) for half in (0.5, 1.5))
        if (np.abs(following) > _TINY).all() and np.isfinite(J).all():
            j = np.sqrt(0.5 * np.pi / x) * J
            return np.log(j if np.iscomplexobj(x) else np.abs(j)), following / J
    top, largest = int(degrees[-1]), float(np.max(np.abs(x)))
    start = top + 40 + int(1.2 * max(0.0, largest - top)) + int(6 * max(top, largest) ** (1.0 / 3.0))
    ratio = 0.0 * x  # j_(l+1) / j_l
    kept = []
    for l in range(start, -1, -1):
        ratio = 1.0 / ((2.0 * l + 3.0) / x - ratio)
        if l <= top:
            kept.append(ratio)
    ratios = np.array(kept[::-1])
    if np.iscomplexobj(x):
        growth, first = np.cumsum(np.log(ratios[:-1]), axis=0), np.log(np.sin(x) / x)
    else:
        growth, first = np.cumsum(np.log(np.abs(ratios[:-1])), axis=0), np.log(np.abs(np.sin(x) / x))
    log_j = first + np.concatenate([np.zeros_like(ratios[:1]), growth])
    return log_j[degrees], ratios[degrees]
