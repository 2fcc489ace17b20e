"""Light in the far field from the spherical-wave expansion of a mode, and what a lens collects of it.

Far away a mode is a sum of outgoing spherical waves. Up to exp(i k rho) / rho and exp(i m phi), with Y the spherical harmonic,

    TE wave (l, m):   E = a (0, i m Y / sin theta, -dY/dtheta) / sqrt(l (l + 1)),
    TM wave (l, m):   E = b (0, dY/dtheta, i m Y / sin theta) / sqrt(l (l + 1)).

A lens turns every ray about the normal of its plane of incidence until it runs along the axis (the polarization turns with it;
Richards and Wolf, Proc. R. Soc. A 253, 358 (1959)), so the light behind it has two components and a 2 x 2 coherence matrix,
integrated over the cone. Modes add incoherently, the waves of one mode coherently.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from femwgm.analytic import ExactMode
from femwgm.analytic.bessel import complex_pair
from femwgm.analytic.legendre import angular
from femwgm.errors import GeometryError
from femwgm.ground.typing import Array


@dataclass(frozen=True)
class Multipoles:
    """Amplitudes of the outgoing waves of one mode.

    Attributes
    ----------
    m
        Azimuthal order.
    waves
        Complex far-field amplitude by (polarization, l); the power in a wave is its square.
    """

    m: int
    waves: Mapping[tuple[str, int], complex]

    @property
    def power(self) -> float:
        """Radiated power in the units of the amplitudes."""
        return float(sum(abs(a) ** 2 for a in self.waves.values()))


@dataclass(frozen=True)
class Cone:
    """What a lens collects.

    Attributes
    ----------
    polar_deg
        Angle between the lens axis and the z axis of the body: 90 looks at the equator from the side.
    aperture
        Numerical aperture, the sine of the half angle (ambient index 1).
    """

    polar_deg: float = 90.0
    aperture: float = 0.4

    def __post_init__(self) -> None:
        if not (0.0 < self.aperture <= 1.0 and 0.0 <= self.polar_deg <= 180.0):
            raise GeometryError(
                "a cone needs a numerical aperture in (0, 1] and a polar angle from 0 to 180 degrees"
            )


def exact_multipoles(mode: ExactMode) -> Multipoles:
    """A mode of a sphere is one spherical wave."""
    return Multipoles(mode.m, {(mode.pol, mode.l): 1.0 + 0j})


def project(
    field: Array, theta: Array, weight: Array, m: int, degrees: Sequence[int], radius_um: float, k: float
) -> Multipoles:
    """Expand the field on a sphere around the body in outgoing waves.

    Parameters
    ----------
    field
        [E_r, E_phi, E_z] in cylindrical components on the sphere, shape (3, points), without exp(i m phi).
    theta, weight
        Polar angles of the points and weights of the integral over cos(theta) from -1 to 1.
    m
        Azimuthal order.
    degrees
        Polar degrees to project on.
    radius_um, k
        Radius of the sphere (um) and wavenumber of the ambient (rad/um).

    Returns
    -------
    Multipoles
        Amplitudes relative to the largest one.
    """
    polar = field[0] * np.cos(theta) - field[2] * np.sin(theta)
    azimuthal = field[1]
    found: dict[tuple[str, int], tuple[complex, float]] = {}
    for l in degrees:
        shape = angular(l, m, theta)
        scale = 2.0 * np.pi / np.sqrt(l * (l + 1.0)) * weight
        over, slope = 1j * m * shape.over_sin, shape.slope
        te = np.sum(scale * (np.conj(over) * polar - slope * azimuthal))
        tm = np.sum(scale * (slope * polar + np.conj(over) * azimuthal))
        wave = complex_pair(np.array([l + 0.5]), np.array([k * radius_um + 0j]), outgoing=True)
        turn = (-1j) ** (l + 1)
        found["TE", l] = complex(te / wave.x[0] * turn), float(wave.s[0])
        found["TM", l] = complex(1j * tm / wave.dx[0] * turn), float(wave.s[0])
    logs = {key: np.log(abs(a)) + s if a else -np.inf for key, (a, s) in found.items()}
    top = max(logs.values())
    return Multipoles(
        m, {key: a * np.exp(s - top) for key, (a, s) in found.items() if logs[key] > top - 60.0}
    )


def field_multipoles(mode: Any, degrees: Sequence[int], radius_um: float) -> Multipoles:
    """Expand any mode, of finite elements or exact, from its field on a sphere around the body, in vacuum or air.

    Parameters
    ----------
    mode
        Something with `field(r, z)`, `m` and `k0`.
    degrees
        Polar degrees to project on.
    radius_um
        Radius of the sphere (um): outside the body, inside the computed domain where the field counts.
    """
    x, w = np.polynomial.legendre.leggauss(600)
    theta = np.arccos(x)
    field = np.asarray(mode.field(radius_um * np.sin(theta), radius_um * np.cos(theta)))
    return project(field, theta, w, int(mode.m), degrees, radius_um, complex(mode.k0).real)


def far_field(source: Multipoles, theta: Array) -> tuple[Array, Array]:
    """(E_theta, E_phi) in the directions theta, without exp(i m phi)."""
    theta = np.asarray(theta, dtype=float)
    polar = np.zeros(theta.shape, dtype=complex)
    azimuthal = np.zeros(theta.shape, dtype=complex)
    for (pol, l), amplitude in source.waves.items():
        shape = angular(l, source.m, theta)
        over, slope = 1j * source.m * shape.over_sin, shape.slope
        a = amplitude / np.sqrt(l * (l + 1.0))
        polar += a * (over if pol == "TE" else slope)
        azimuthal += a * (-slope if pol == "TE" else over)
    return polar, azimuthal


def coherence(source: Multipoles, cone: Cone, points: int = 160) -> Array:
    """Coherence matrix behind the lens, shape (2, 2): component 0 along the image of z, 1 across; trace = power collected.

    Parameters
    ----------
    source
        The mode's waves.
    cone
        The lens.
    points
        Directions from the axis to the edge of the cone; the pattern of a mode of degree l needs several in 1 / sqrt(l) rad.
    """
    half = np.arcsin(cone.aperture)
    x, w = np.polynomial.legendre.leggauss(points)
    gamma, w = 0.5 * half * (x + 1.0), 0.5 * half * w
    beta = 2.0 * np.pi * (np.arange(4 * points) + 0.5) / (4 * points)
    g, b = gamma[:, None], beta[None, :]
    tilt = np.radians(cone.polar_deg)
    # Lens frame: axis in the x-z plane; `up` is the image of z (towards smaller theta), `side` is y.
    axis = np.array([np.sin(tilt), 0.0, np.cos(tilt)])
    up = np.array([-np.cos(tilt), 0.0, np.sin(tilt)])
    side = np.cross(up, axis)
    out = np.cos(b)[..., None] * up + np.sin(b)[..., None] * side
    ray = np.cos(g)[..., None] * axis + np.sin(g)[..., None] * out
    theta = np.arccos(np.clip(ray[..., 2], -1.0, 1.0))
    phi = np.arctan2(ray[..., 1], ray[..., 0])
    polar, azimuthal = far_field(source, theta)
    sine, cosine = np.sin(theta), np.cos(theta)
    e_theta = np.stack([cosine * np.cos(phi), cosine * np.sin(phi), -sine], axis=-1)
    e_phi = np.stack([-np.sin(phi), np.cos(phi), np.zeros_like(phi)], axis=-1)
    field = polar[..., None] * e_theta + azimuthal[..., None] * e_phi
    # The lens takes the meridional direction of each ray to `out` and leaves the sagittal one.
    meridional = np.cos(g)[..., None] * out - np.sin(g)[..., None] * axis
    sagittal = -np.sin(b)[..., None] * up + np.cos(b)[..., None] * side
    along = (field * meridional).sum(axis=-1)
    across = (field * sagittal).sum(axis=-1)
    vertical = along * np.cos(b) - across * np.sin(b)
    horizontal = along * np.sin(b) + across * np.cos(b)
    weight = (w * np.sin(gamma))[:, None] * (2.0 * np.pi / beta.size)
    both = np.stack([vertical, horizontal])
    return np.asarray(np.einsum("iab,jab,ab->ij", both, both.conj(), weight * np.ones_like(theta)))
