"""The field outside a body from that on its surface, where no sum of waves about one centre converges.

With n the outward normal, A = n x E, B = n x H, k = n k0 the wavenumber of the ambient and G = exp(i k R) / (4 pi R), the
integrals of Stratton and Chu (Phys. Rev. 56, 99 (1939)) give, H in units of E over the impedance of vacuum,

    E = oint [i k0 B G + A x grad' G + i / (k0 n^2) (B . grad) grad G] dS',
    H = oint [-i k0 n^2 A G + B x grad' G - i / k0 (A . grad) grad G] dS'.

The last terms stand for the normal components, which are far less accurate at a sharp edge than the tangential ones. Integrals
over the azimuth are sums over equal steps, which converge geometrically: as exp(-N a) for N steps, where a is the distance of the
singularity from the real axis of the azimuth, cosh a = 1 + d^2 / (2 r r') at a distance d in the meridian plane.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from femwgm.ground.typing import Array, ComplexArray
from femwgm.observables.radiation import SurfaceSamples

_NEPERS = 28.0
"""Logarithm of the accuracy of the sums over the azimuth."""
_MOST_STEPS = 20000


def beyond_surface(
    samples: SurfaceSamples, k0: complex, index: complex, m: int, r: Array, z: Array
) -> tuple[ComplexArray, ComplexArray]:
    """E and H (3, points) in (r, phi, z) components at positions off the body (um), in a uniform ambient.

    Parameters
    ----------
    samples
        The field on the whole surface of the body, on its outer side.
    k0
        Vacuum wavenumber (rad/um).
    index
        Refractive index of the ambient.
    m
        Azimuthal order.
    """
    A, B = (_across(samples.normal, f) for f in (samples.E, samples.H))
    E, H = (np.zeros((3, len(r)), dtype=np.complex128) for _ in range(2))
    for i, (x, y) in enumerate(zip(np.maximum(np.abs(r), 1e-12), z, strict=True)):
        means = _over_azimuth(samples, index * k0, m, float(x), float(y))
        E[:, i] = 1j * k0 * means.flow(B) + means.turned(A) + 1j / (k0 * index**2) * means.spread(B)
        H[:, i] = -1j * k0 * index**2 * means.flow(A) + means.turned(B) - 1j / k0 * means.spread(A)
    return E, H


def _across(normal: Array, f: Array) -> Array:
    """n x f in (r, phi, z) components."""
    return np.stack([-normal[1] * f[1], normal[1] * f[0] - normal[0] * f[2], normal[0] * f[1]])


class _Means(NamedTuple):
    """For one position the sums over the azimuth of (1, cos, sin, cos^2, sin cos) exp(i m phi') times G and its derivatives.

    Vectors on the surface are in the components of their own place, the results in those of phi = 0. The way from the position to
    a source is (r cos - x, r sin, dz).
    """

    x: float
    r: Array
    dz: Array
    G: Array
    g: Array
    """Of (dG/dR) / R, shape (5, sources)."""
    h: Array
    """Of (dg/dR) / R."""

    def flow(self, a: Array, of: Array | None = None) -> Array:
        """Sum of a G."""
        one, cos, sin = (self.G if of is None else of)[:3]
        return np.stack([cos * a[0] - sin * a[1], sin * a[0] + cos * a[1], one * a[2]]).sum(axis=1)

    def turned(self, a: Array) -> Array:
        """Sum of a x grad' G."""
        one, cos, sin = self.g[:3]
        in_y, x, r, dz = sin * a[0] + cos * a[1], self.x, self.r, self.dz
        return np.stack([
            in_y * dz - sin * a[2] * r,
            a[2] * (cos * r - one * x) - (cos * a[0] - sin * a[1]) * dz,
            x * in_y - one * a[1] * r,
        ]).sum(axis=1)  # fmt: skip

    def spread(self, a: Array) -> Array:
        """Sum of (a . grad) grad G."""
        one, cos, sin, cos2, mixed = self.h
        sin2, x, r, dz = one - cos2, self.x, self.r, self.dz
        fixed = a[0] * r + a[2] * dz
        along, beside, across = (
            f * fixed - x * (a[0] * c - a[1] * s)
            for f, c, s in ((one, cos, sin), (cos, cos2, mixed), (sin, mixed, sin2))
        )
        return self.flow(a, self.g) + np.stack([r * beside - x * along, r * across, dz * along]).sum(axis=1)


def _over_azimuth(s: SurfaceSamples, k: complex, m: int, x: float, y: float) -> _Means:
    apart = np.hypot(s.r - x, s.z - y)
    reach = float(np.arccosh(1.0 + 0.5 * (apart**2 / (x * np.maximum(s.r, 1e-12))).min()))
    steps = int(m + abs(k) * min(x, float(s.r.max())) + _NEPERS / max(reach, 1e-9)) + 16
    phi = np.linspace(0.0, np.pi, min(steps, _MOST_STEPS) // 2 + 2)
    weight = np.full(len(phi), 1.0 / (len(phi) - 1))
    weight[[0, -1]] *= 0.5
    R = np.sqrt(apart[:, None] ** 2 + 4.0 * x * s.r[:, None] * np.sin(0.5 * phi) ** 2)
    G = np.exp(1j * k * R) / (4.0 * np.pi * R)
    g = G * (1j * k - 1.0 / R) / R
    h = G * ((3.0 / R - 3j * k) / R - k**2) / R**2
    even, odd, cosine = weight * np.cos(m * phi), weight * np.sin(m * phi) * np.sin(phi), np.cos(phi)
    kinds = np.stack([even, even * cosine, odd, even * cosine**2, odd * cosine])
    # Odd functions leave the odd part of exp(i m phi').
    area = 2.0 * np.pi * s.weights * s.r * np.array([1.0, 1.0, 1j, 1.0, 1j])[:, None]
    return _Means(x, s.r, s.z - y, *(area * (kinds @ f.T) for f in (G, g, h)))
