r"""What a travelling mode gives to a coupler, from the fields on a plane between the two.

With S the plane x = X between resonator and coupler, N the power of a guided mode (E_c, H_c), W the energy of the resonance,

    a = (1/4N) \int_S (E_c^* x H + E x H_c^*) . x dS,        Q_external = omega W / (|a|^2 N).

This is reciprocity, exact but for what the coupler does to the field of the resonator, and the same for every X. The equal
integral over the volume is that of Little, Laine and Haus, J. Lightwave Technol. 17, 704 (1999), and of Gorodetsky and
Ilchenko, J. Opt. Soc. Am. B 16, 147 (1999). H is the magnetic field times the impedance of vacuum throughout.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from femwgm.ground.typing import Array, ComplexArray

_FAINT = 1e-5
"""Share of the largest field at which the plane ends."""
_PER_WAVE = 4.0
"""Points to the wavelength of the wave along the surface."""

Fields = Callable[[Array, Array], tuple[ComplexArray, ComplexArray]]
"""(E, H) of shape (3, ...) at two coordinates."""


@dataclass(frozen=True)
class Resonance:
    """A travelling mode exp(i m phi).

    Attributes
    ----------
    name, wavelength_nm, k0, m
        Label, vacuum wavelength, real wavenumber (rad/um), azimuthal order.
    radius, height
        Where the body reaches farthest out (um).
    energy
        Energy: half the integral of eps |E|^2, more where media disperse (um^3 times the square of the field's unit).
    fields
        (E, H) at (r, z), cylindrical components.
    q, q_error
        Intrinsic quality factor and its relative error; None where it is not known.
    error, wavelength_error
        Relative errors of the field and of the wavelength.
    splitting_mhz
        Of the line by the imperfections of the body.
    """

    name: str
    wavelength_nm: float
    k0: float
    m: int
    radius: float
    height: float
    energy: float
    fields: Fields
    q: float | None
    q_error: float
    error: float
    wavelength_error: float
    splitting_mhz: float = 0.0


@dataclass(frozen=True)
class Plane:
    """Cartesian fields (3, y, z) of a resonance on the plane x = `x`, on equidistant y and z (um)."""

    x: float
    y: Array
    z: Array
    E: ComplexArray
    H: ComplexArray

    @property
    def cell(self) -> float:
        """Area of a grid cell (um^2)."""
        return float((self.y[1] - self.y[0]) * (self.z[1] - self.z[0]))


def field_on(resonance: Resonance, x: float, shortest: float) -> Plane:
    """The fields of a resonance on a plane beside it.

    Parameters
    ----------
    x
        Distance of the plane from the axis (um), beyond the body.
    shortest
        Shortest wavelength (um) to resolve.
    """
    scale = shortest / _PER_WAVE

    def bright(r: Array, z: Array) -> Array:
        return np.asarray(np.nan_to_num(np.abs(np.array(resonance.fields(r, z))).sum(axis=(0, 1))))

    along = np.arange(0.0, np.sqrt(60.0 * x * shortest), scale)
    over = np.concatenate([-along[:0:-1], along])
    heights = bright(np.full_like(over, x), resonance.height + over)
    tall = np.abs(over[heights > _FAINT * heights.max()]).max() + scale
    z = resonance.height + np.arange(-np.ceil(tall / scale), np.ceil(tall / scale) + 1) * scale
    rows = z[:: max(len(z) // 12, 1)]
    far = np.hypot(x, along)
    levels = np.max([bright(far, np.full_like(far, height)) for height in rows], axis=0)
    long = along[levels > _FAINT * levels.max()].max() + scale
    half = np.arange(0.0, long, scale)
    r = np.hypot(x, half)
    E, H = (
        np.nan_to_num(f) for f in resonance.fields(np.repeat(r[:, None], len(z), 1), np.tile(z, (len(r), 1)))
    )
    y = np.concatenate([-half[:0:-1], half])
    mirrored = np.concatenate([np.arange(len(half) - 1, 0, -1), np.arange(len(half))])
    phase = np.exp(1j * resonance.m * np.arctan2(y, x))[:, None]
    cos, sin = (x / np.hypot(x, y))[:, None], (y / np.hypot(x, y))[:, None]

    def cartesian(f: ComplexArray) -> ComplexArray:
        f = f[:, mirrored] * phase
        return np.stack([f[0] * cos - f[1] * sin, f[0] * sin + f[1] * cos, f[2]])

    return Plane(x, y, z, cartesian(E), cartesian(H))


def given_to(plane: Plane, guided: Fields, beta: float, power: float) -> complex:
    """Amplitude of a guided mode, in units of the root of its power, that a resonance excites.

    Parameters
    ----------
    guided
        (E, H) of the mode at (x, z), Cartesian components, without exp(i beta y).
    power
        Its power: half the integral of Re (E x H*) over the cross-section.
    """
    E, H = (f.conj()[:, None, :] for f in guided(np.full_like(plane.z, plane.x), plane.z))
    # The x component of E_c* x H + E x H_c*.
    flux = E[1] * plane.H[2] - E[2] * plane.H[1] + plane.E[1] * H[2] - plane.E[2] * H[1]
    phase = np.exp(-1j * beta * plane.y)[:, None]
    return complex((phase * flux).sum() * plane.cell / (4.0 * np.sqrt(power)))


def lit_by(plane: Plane, gap: float, k0: float, outside: float, prism: float) -> tuple[float, float]:
    """Power that a prism, its face a gap (um) beyond the plane, takes from the evanescent and from the other waves.

    What it takes from waves that travel in the gap was radiated anyway: it is no loss of its own.

    Parameters
    ----------
    outside, prism
        Permittivities; the prism's is real.
    """
    shape = tuple(2 * n for n in plane.E.shape[1:])
    Ey, Ez = (np.fft.fft2(plane.E[i], shape) * plane.cell for i in (1, 2))
    ky, kz = (
        2.0 * np.pi * np.fft.fftfreq(n, axis[1] - axis[0])
        for n, axis in zip(shape, (plane.y, plane.z), strict=True)
    )
    square = ky[:, None] ** 2 + kz[None, :] ** 2
    k = np.sqrt(np.maximum(square, 1e-300))
    within = square < prism * k0 * k0
    here = np.sqrt(outside * k0 * k0 - square + 0j)
    there = np.sqrt(np.maximum(prism * k0 * k0 - square, 0.0))
    decay = np.exp(1j * here * gap)
    # s: E across k; p: by H across k, which the component of E along k tells.
    along = (Ey * ky[:, None] + Ez * kz[None, :]) / k * decay
    across = (Ez * ky[:, None] - Ey * kz[None, :]) / k * decay
    s = 2.0 * here / (here + there) * across
    h = 2.0 * prism * here / (prism * here + outside * there) * along * outside * k0 / here
    flux = 0.5 * there / k0 * np.abs(s) ** 2 + 0.5 * there / (k0 * prism) * np.abs(h) ** 2
    flux = flux * within * (ky[1] - ky[0]) * (kz[1] - kz[0]) / (2.0 * np.pi) ** 2
    bound = square > outside * k0 * k0
    return float(flux[bound].sum()), float(flux[~bound].sum())
