"""The field beyond the computed domain: a sum of outgoing waves, with amplitudes from the field on the surface of the body.

Around a body in a uniform ambient these are the spherical waves of `femwgm.observables.radiation`; between two conducting
plates cylindrical ones, E_z = A cos(beta z) H_m(kappa r) and H_z = B sin(beta z) H_m(kappa r) with beta = j pi / h and
kappa^2 = n^2 k0^2 - beta^2 (Jackson, Classical Electrodynamics, 3rd ed., sections 8.2 and 9.7). A mode that leaks grows with the
distance, as it must: its k0 is complex, and the waves left it when it was stronger.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from scipy.special import hankel1e

from femwgm.fem.field import CellField
from femwgm.ground.numerics import unit_gauss
from femwgm.ground.typing import Array, ComplexArray
from femwgm.mesh.domain import PML
from femwgm.observables.huygens import beyond_surface
from femwgm.observables.radiation import FEW, SurfaceSamples, angular_functions, log_regular
from femwgm.observables.surface import solid_surface

_FAINT = 60.0
"""Waves weaker than the strongest by this many nepers in the field at the surface are left out."""
_PLATE_WAVES = 24
_SLOW = 1.3
"""Distance, over the radius of the sphere around a body, within which a sum of many waves converges slowly."""


@dataclass(frozen=True)
class SphericalWaves:
    """E = sum of a_l h_l X_lm + (i / (k0 n^2)) curl(b_l h_l X_lm) outside a body.

    Parameters
    ----------
    field
        The mode inside the domain.
    ambient, index
        Ambient region and its refractive index.
    degrees
        Polar degrees of the waves, ascending by one.
    pol
        "TE", "TM", or None for both.
    image
        Whether the body stands on a conducting plane z = 0: the waves are those of the body with its image, and hold above it.
    """

    field: CellField
    ambient: str
    index: complex
    degrees: Array
    pol: str | None
    image: bool = False

    @cached_property
    def samples(self) -> SurfaceSamples:
        """The field on the surface of the body, and of its image."""
        return solid_surface(
            replace(self.field, mirror="conductor") if self.image else self.field, self.ambient
        )

    @cached_property
    def least(self) -> float:
        """Radius (um) of the sphere around the body, outside of which the sum converges."""
        return float(np.hypot(self.samples.r, self.samples.z).max())

    @property
    def highest(self) -> int:
        """The highest polar degree."""
        return int(self.degrees[-1])

    @cached_property
    def amplitudes(self) -> tuple[ComplexArray, ComplexArray, Array]:
        """a_l and b_l as mantissas, shape (degrees,) each, and the logarithms that they are in units of exp of."""
        s, k0, n, m = self.samples, self.field.k0, self.index, self.field.m
        rho = np.hypot(s.r, s.z)
        sine, cosine = s.r / rho, s.z / rho
        P, dP, scale = angular_functions(m, self.degrees, cosine)
        log_j, ratio = log_regular(self.degrees, n * k0 * rho)
        te, tm, log = [], [], []
        for i, l in enumerate(self.degrees):
            top = float(log_j[i].real.max())
            j = np.exp(log_j[i] - top)
            wave, curl = _vectors(
                l, m, j, n * k0 * j * ratio[i], rho, sine, cosine, P[i], dP[i], conjugate=True
            )
            te.append(-n * k0**2 * reaction(s, wave, curl / (1j * k0)))
            tm.append(n**3 * k0**2 * reaction(s, 1j * curl / (k0 * n**2), wave))
            log.append(top + float(scale[i]) + np.log(2.0 * np.pi))
        a, b = np.array(te), np.array(tm)
        return np.asarray(a * (self.pol != "TM")), np.asarray(b * (self.pol != "TE")), np.array(log)

    def covers(self, r: Array, z: Array) -> Array:
        """Where the sum converges."""
        return np.asarray((np.hypot(r, z) > self.least) & ((z >= 0.0) | (not self.image)))

    def leaves_out(self, r: Array, z: Array) -> Array:
        """Outside the body where the sum does not converge, or slowly: in the hole of a ring, above a disk."""
        s = self.samples
        turns = np.zeros(len(r))
        for side in (1.0, -1.0):  # the curve in the meridian plane, and its other half across the axis
            across, up = side * s.r - r[:, None], s.z - z[:, None]
            turns += (side * s.normal[0] * across + s.normal[1] * up) / (across**2 + up**2) @ s.weights
        reach = self.least * (_SLOW if len(self.degrees) > 1 else 1.0)
        return np.asarray((turns < np.pi) & (np.hypot(r, z) <= reach) & ((z >= 0.0) | (not self.image)))

    def near(self, r: Array, z: Array) -> tuple[ComplexArray, ComplexArray]:
        """E and H (3, points) there, by the field on the surface, at positions some way off it (um)."""
        return beyond_surface(self.samples, self.field.k0, self.index, self.field.m, r, z)

    def __call__(self, r: Array, z: Array) -> tuple[ComplexArray, ComplexArray]:
        """E and H (3, points) in (r, phi, z) components at positions outside the sphere around the body (um)."""
        k0, n, m = self.field.k0, self.index, self.field.m
        rho = np.hypot(r, z)
        sine, cosine = _off_axis(z / rho)
        P, dP, scale = angular_functions(m, self.degrees, cosine)
        farthest = rho.max(initial=0.0)
        distances, which = np.unique(np.round(rho / farthest, 13), return_inverse=True)
        log_h, ratio = (part[:, which] for part in log_outgoing(self.degrees, n * k0 * farthest * distances))
        a, b, log = self.amplitudes
        E, H = (np.zeros((3, len(rho)), dtype=np.complex128) for _ in range(2))
        for i, l in enumerate(self.degrees):
            h = np.exp(np.minimum((log_h[i] + log[i] + scale[i]).real, 690.0) + 1j * log_h[i].imag)
            wave, curl = _vectors(l, m, h, n * k0 * h * ratio[i], rho, sine, cosine, P[i], dP[i])
            E += a[i] * wave + b[i] * (1j / (k0 * n**2)) * curl
            H += a[i] * curl / (1j * k0) + b[i] * wave
        return E, H

    def far(self, theta: Array) -> ComplexArray:
        """(E_theta, E_phi) far away (2, ...), without exp(i k rho) / rho; the integral of the square over the sphere is 1."""
        theta = np.asarray(theta, dtype=float)
        sine, cosine = _off_axis(np.cos(theta.ravel()))
        a, b, log = self.amplitudes
        k0, n, m = self.field.k0, self.index, self.field.m
        P, dP, scale = angular_functions(m, self.degrees, cosine)
        with np.errstate(divide="ignore"):
            size = np.log(np.maximum(np.abs(a) / abs(n * k0), np.abs(b) / abs(n**2 * k0))) + log
        weight = np.exp(log - float(size.max()))
        out = np.zeros((2, cosine.size), dtype=np.complex128)
        total = 0.0
        for i, l in enumerate(self.degrees):
            turn = (-1j) ** (int(l) % 4 + 1) * weight[i]
            root, unit = np.sqrt(l * (l + 1.0)), np.exp(scale[i])
            X = np.stack([-m * P[i] / sine, -1j * dP[i]]) * unit / root
            te, tm = a[i] * turn / (n * k0), b[i] * turn / (n**2 * k0)
            # curl of exp(i k rho) X / rho is i k rho_hat x X exp(i k rho) / rho: the wave b has E = -rho_hat x X / n
            out += te * X - tm * np.stack([-X[1], X[0]])
            total += abs(te) ** 2 + abs(tm) ** 2
        if self.image:  # all of it goes upwards
            out, total = np.where(cosine >= 0.0, out, 0.0), 0.5 * total
        return np.asarray((out / np.sqrt(total)).reshape(2, *theta.shape))


@dataclass(frozen=True)
class PlateWaves:
    """Waves between two conducting plates, beyond a cylinder in the ambient.

    Parameters
    ----------
    field
        The mode inside the domain.
    index
        Refractive index between the plates there.
    radius
        Radius of the cylinder (um).
    bottom, top
        Positions of the plates (um).
    """

    field: CellField
    index: complex
    radius: float
    bottom: float
    top: float

    @cached_property
    def amplitudes(self) -> tuple[ComplexArray, ComplexArray]:
        """E_z and H_z on the cylinder as sums of cos and sin, shape (waves,) each."""
        t, w = unit_gauss(3 * _PLATE_WAVES)
        z = self.bottom + (self.top - self.bottom) * t
        E, H = self.field(np.full_like(z, self.radius * (1.0 - 1e-9)), z)
        j = np.arange(_PLATE_WAVES)[:, None]
        twice = np.where(j == 0, 1.0, 2.0)
        return (twice * np.cos(np.pi * j * t)) @ (w * E[2]), (twice * np.sin(np.pi * j * t)) @ (w * H[2])

    def covers(self, r: Array, z: Array) -> Array:
        """Where the sum holds."""
        return np.asarray((r > self.radius) & (z >= self.bottom) & (z <= self.top))

    def __call__(self, r: Array, z: Array) -> tuple[ComplexArray, ComplexArray]:
        """E and H (3, points) in (r, phi, z) components beyond the cylinder (um)."""
        k0, n, m = self.field.k0, self.index, self.field.m
        E, H = (np.zeros((3, len(r)), dtype=np.complex128) for _ in range(2))
        for j, (a, b) in enumerate(zip(*self.amplitudes, strict=True)):
            beta = np.pi * j / (self.top - self.bottom)
            square = (n * k0) ** 2 - beta**2
            kappa = np.sqrt(square) if square.real > 0.0 else 1j * np.sqrt(-square)
            x, x0 = kappa * r, kappa * self.radius
            unit = hankel1e(m, x0)
            R = hankel1e(m, x) / unit * np.exp(1j * (x - x0))
            next_order = hankel1e(m + 1, x) / unit * np.exp(1j * (x - x0))
            dR = m / r * R - kappa * next_order
            c, s = np.cos(beta * (z - self.bottom)), np.sin(beta * (z - self.bottom))
            E_z, H_z = a * R * c, b * R * s
            E += np.stack([
                (-a * beta * dR * s - k0 * m / r * H_z) / square,
                (-1j * m / r * a * beta * R * s - 1j * k0 * b * dR * s) / square,
                E_z,
            ])  # fmt: skip
            H += np.stack([
                (b * beta * dR * c + k0 * n**2 * m / r * E_z) / square,
                (1j * m / r * b * beta * R * c + 1j * k0 * n**2 * a * dR * c) / square,
                H_z,
            ])  # fmt: skip
        return E, H

    def far(self, theta: Array) -> ComplexArray:
        """There is no far field of directions between plates.

        Raises
        ------
        ValueError
            Always.
        """
        raise ValueError(
            "between conducting plates light leaves along the plates: there is no far field over polar angles"
        )


Waves = SphericalWaves | PlateWaves


def plate_waves(field: CellField, index: complex) -> PlateWaves | None:
    """Waves between plates, if the absorbing layer of a domain lies between two conducting planes and beyond a cylinder."""
    mesh = field.space.mesh
    if PML not in mesh.regions or "wall" not in mesh.boundaries:
        return None
    layer = mesh.nodes[mesh.region_cells(PML)].real
    walls = mesh.topology.p[1][mesh.topology.facets[:, mesh.boundaries["wall"]]]
    low, high = float(layer[..., 1].min()), float(layer[..., 1].max())
    start, tiny = float(layer[..., 0].min()), 1e-9 * float(np.abs(layer).max())
    bottom = -high if field.mirror else low
    flat = np.ptp(walls, axis=0) < tiny
    plates = [high] if field.mirror else [low, high]
    touched = all((flat & (np.abs(walls[0] - z) < tiny)).any() for z in plates)
    others = np.setdiff1d(np.arange(mesh.cells), mesh.region_cells(PML))
    inside = float(mesh.nodes[others][..., 0].real.max()) <= start + tiny
    return PlateWaves(field, index, start, bottom, high) if touched and inside else None


def log_outgoing(degrees: Array, x: Array) -> tuple[Array, Array]:
    """Complex log h_l(x) and h_(l+1) / h_l of the outgoing wave, shape (degrees, points).

    A few values come from AMOS, many by upward recurrence (h dominates), as those that are too large for a plain number.
    """
    x = np.asarray(x, dtype=np.complex128)
    if degrees.size * x.size <= FEW:
        h, following = (hankel1e(degrees[:, None] + half, x) for half in (0.5, 1.5))
        # AMOS gives zeros next to the turning point, a hair below the real axis.
        if np.isfinite(h).all() and np.isfinite(following).all() and h.all() and following.all():
            return np.log(np.sqrt(0.5 * np.pi / x) * h) + 1j * x, following / h
    g = 1.0 / x - 1j  # h_1 / h_0
    log = 1j * x - np.log(x) - 0.5j * np.pi
    wanted, logs, ratios = {int(l) for l in degrees}, {}, {}
    product = np.ones_like(x)
    for l in range(int(degrees[-1]) + 1):
        if l in wanted or l % 8 == 0:  # a logarithm costs ten products; more of them at a time could overflow
            log, product = log + np.log(product), np.ones_like(x)
            logs[l], ratios[l] = log, g
        product = product * g
        g = (2.0 * l + 3.0) / x - 1.0 / g
    return np.array([logs[int(l)] for l in degrees]), np.array([ratios[int(l)] for l in degrees])


def _off_axis(cosine: Array) -> tuple[Array, Array]:
    """sin and cos of the polar angle, the axis itself replaced by its neighbourhood: quotients by the sine have limits there."""
    cosine = np.clip(cosine, -1.0 + 1e-13, 1.0 - 1e-13)
    return np.sqrt((1.0 - cosine) * (1.0 + cosine)), cosine


def _vectors(
    l: float, m: int, f: Array, next_f: Array, rho: Array, sine: Array, cosine: Array, P: Array, dP: Array, *,
    conjugate: bool = False,
) -> tuple[Array, Array]:  # fmt: skip
    """f X_lm and its curl in cylindrical components; `next_f` is k f_(l+1), `conjugate` takes X* in the place of X."""
    root, sign = np.sqrt(l * (l + 1.0)), -1.0 if conjugate else 1.0
    X_theta, X_phi = -m * P / sine / root, -1j * sign * dP / root
    slope = (l + 1.0) / rho * f - next_f
    wave = _cylindrical(0.0 * f, f * X_theta, f * X_phi, sine, cosine)
    curl = _cylindrical(1j * sign * root * f / rho * P, -slope * X_phi, slope * X_theta, sine, cosine)
    return wave, curl


def _cylindrical(in_rho: Array, in_theta: Array, in_phi: Array, sine: Array, cosine: Array) -> Array:
    return np.stack([in_rho * sine + in_theta * cosine, in_phi, in_rho * cosine - in_theta * sine])


def reaction(s: SurfaceSamples, E_j: Array, H_j: Array) -> ComplexArray:
    """oint (E x H_j - E_j x H) . n r ds, of fields (3, ..., points)."""
    total = 0.0
    for a, b, sign in ((s.E, H_j, 1.0), (E_j, s.H, -1.0)):
        in_r, in_z = a[1] * b[2] - a[2] * b[1], a[0] * b[1] - a[1] * b[0]
        total = total + sign * (in_r * s.normal[0] + in_z * s.normal[1])
    return np.asarray(np.sum(s.weights * s.r * total, axis=-1))
