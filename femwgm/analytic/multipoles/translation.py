r"""What a sphere radiates, as a neighbour on the same axis receives it: translation of vector spherical waves along z.

With h the outgoing and j the regular spherical Bessel function, P the Legendre functions of order m normalised to
int P^2 d(cos theta) = 1, and u = h_l(kappa r) P_l exp(i m phi) / sqrt(l (l + 1)) about a centre, the waves are

    TE: M = curl (r u),    TM: N = curl M / kappa,

so that r . N = sqrt(l (l + 1)) h_l P_l / kappa and r . M = 0. About another centre both are regular: r' . E and
r' . curl E / kappa solve the Helmholtz equation there, and their projections on P_l' at one distance are the amplitudes wanted.
Only fields on the target enter, each of order one, so the result is good to rounding at any degree, where recurrences for the
coefficients over- and underflow (Mackowski, Proc. R. Soc. A 433, 599 (1991), has those).

The matrices of the two directions are transposes of each other, with a minus where they turn TE into TM (reciprocity).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from femwgm.analytic import bessel
from femwgm.ground.typing import Array, ComplexArray

_SPACING = 1.4
"""Distance (in 1 / kappa) between the two spheres on which a wave is projected: j_l vanishes on one of them at most."""


@lru_cache(maxsize=8)
def gauss(points: int) -> tuple[Array, Array]:
    """Gauss-Legendre points and weights, kept."""
    x, w = np.polynomial.legendre.leggauss(points)
    return np.asarray(x), np.asarray(w)


def legendre_table(first: int, last: int, m: int, x: Array, sine: Array) -> tuple[Array, Array]:
    """P_l^m(x), with int_-1^1 P^2 dx = 1, and dP / dtheta, for l = first .. last; shape (len(x), degrees) each.

    Parameters
    ----------
    first, last
        Range of degrees, first >= max(m, 1).
    m
        Order.
    x, sine
        cos(theta) and sin(theta) > 0, which near the axis the cosine does not hold to any digit.
    """
    value = np.full_like(x, np.sqrt(0.5))
    for j in range(1, m + 1):
        value = value * sine * np.sqrt((2.0 * j + 1.0) / (2.0 * j))
    before = np.zeros_like(x)
    values = np.empty((last - first + 1, len(x)))
    slopes = np.empty_like(values)
    for l in range(m, last + 1):
        if l > m:
            a = np.sqrt((4.0 * l * l - 1.0) / (l * l - m * m))
            b = np.sqrt(((l - 1.0) ** 2 - m * m) / (4.0 * (l - 1.0) ** 2 - 1.0)) if l > m + 1 else 0.0
            before, value = value, a * (x * value - b * before)
        if l >= first:
            values[l - first] = value
            c = np.sqrt((2.0 * l + 1.0) * (l * l - m * m) / (2.0 * l - 1.0))
            slopes[l - first] = (l * x * value - c * before) / sine
    return values.T, slopes.T


@dataclass(frozen=True)
class Waves:
    """The outside waves of one sphere: its centre and radius (um), degrees, and the logarithms that scale them.

    The outgoing radial wave xi_l stands in units of exp(-scale_l), the regular one psi_l in units of exp(scale_l): both are of
    order one at the surface.
    """

    centre: float
    radius: float
    degrees: Array
    scale: Array

    def pair(self, kappa: complex, r: float) -> tuple[Array, Array, Array, Array]:
        """psi, dpsi/dr, xi, dxi/dr at one distance, in their units."""
        z = np.full(self.degrees.shape, kappa * r, dtype=np.complex128)
        pair = bessel.complex_pair(self.degrees + 0.5, z, outgoing=True)
        up = np.exp(pair.s - self.scale)
        return pair.p * up, kappa * pair.dp * up, pair.x / up, kappa * pair.dx / up

    def outgoing(self, kappa: complex, r: Array) -> tuple[ComplexArray, ComplexArray]:
        """xi and dxi/d(kappa r) at distances r, in their units, shape (len(r), degrees)."""
        last = int(self.degrees[-1])
        start = self.pair(kappa, self.radius)[2]
        # xi_l / xi_(l-1), upwards, where the recurrence is stable; relative to the same at the surface nothing overflows.
        z = np.append(kappa * r, kappa * self.radius)
        step = 1.0 / z - 1j
        growth = np.exp(1j * (z[:-1] - z[-1]))
        xi = np.empty((len(self.degrees), len(r)), dtype=np.complex128)
        slope = np.empty_like(xi)
        first = int(self.degrees[0])
        for l in range(1, last + 1):
            growth = growth * (step[:-1] / step[-1])
            if l >= first:
                xi[l - first] = growth * start[l - first]
                slope[l - first] = xi[l - first] * (1.0 / step[:-1] - l / z[:-1])
            step = (2.0 * l + 1.0) / z - 1.0 / step
        return xi.T, slope.T


def translation(
    source: Waves, target: Waves, m: int, kappa: complex
) -> tuple[ComplexArray, ComplexArray | None]:
    """Amplitudes of the regular waves about the target's centre that the outgoing waves of the source make there.

    Parameters
    ----------
    source, target
        Two spheres that do not overlap.
    m
        Azimuthal order.
    kappa
        Wavenumber of the ambient (rad/um).

    Returns
    -------
    tuple
        Between waves of the same polarization, and from one to the other (None for m = 0, where there is nothing), each of
        shape (degrees of the target, degrees of the source).
    """
    distance = target.centre - source.centre
    x, weight = gauss(_points(source, target, kappa))
    sine = np.sqrt((1.0 - x) * (1.0 + x))
    l, l_target = source.degrees, target.degrees
    projector = (legendre_table(int(l_target[0]), int(l_target[-1]), m, x, sine)[0] * weight[:, None]).T
    same: ComplexArray = np.zeros((len(l_target), len(l)), dtype=np.complex128)
    turned: ComplexArray | None = np.zeros_like(same) if m else None
    norm = np.zeros(len(l_target), dtype=np.complex128)
    for radius in (target.radius, max(target.radius - _SPACING / abs(kappa), 0.7 * target.radius)):
        r, z = radius * sine, radius * x + distance
        rho = np.hypot(r, z)
        P, slope = legendre_table(int(l[0]), int(l[-1]), m, z / rho, r / rho)
        xi, dxi = source.outgoing(kappa, rho)
        along = np.sqrt(l * (l + 1.0)) * xi * P / (kappa * rho[:, None]) ** 2
        across = dxi * slope / (kappa * rho[:, None]) / np.sqrt(l * (l + 1.0))
        axial = along * (z / rho)[:, None] - across * (r / rho)[:, None]
        own = target.pair(kappa, radius)[0] * np.sqrt(l_target * (l_target + 1.0)) / (kappa**2 * radius)
        same += own[:, None] * _project(projector, rho[:, None] * along - distance * axial)
        if turned is not None:
            u = xi * P / (kappa * rho[:, None]) / np.sqrt(l * (l + 1.0))
            turned += own[:, None] * _project(projector, 1j * m * distance * u)
        norm += own**2
    return same / norm[:, None], None if turned is None else turned / norm[:, None]


def _points(source: Waves, target: Waves, kappa: complex) -> int:
    degrees = int(max(source.degrees[-1], target.degrees[-1])) + int(target.degrees[-1])
    return degrees // 2 + int(abs(kappa) * target.radius) + 60


def _project(projector: Array, values: ComplexArray) -> ComplexArray:
    return projector @ values.real + 1j * (projector @ values.imag)
