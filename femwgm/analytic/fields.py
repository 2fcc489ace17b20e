r"""Exact fields of a mode, its shares of energy and intensity by layer, and its mode volume.

With Y = Theta(theta) exp(i m phi), L = l (l + 1) and the radial functions u, w of :mod:`femwgm.analytic.layered`, in spherical
components (radial, polar, azimuthal), H = curl E / (i k0):

    TE: E = (u / rho) (0, i m Y / sin theta, -dY/dtheta)
        i k0 H = (L u Y / rho, u' dY/dtheta, u' i m Y / sin theta) / rho
    TM: H = (u / rho) (0, i m Y / sin theta, -dY/dtheta)
        -i k0 E = (L u Y / (eps_r rho), w dY/dtheta, w i m Y / sin theta) / rho

Integrals over angles are closed (int |Y|^2 = 1, int |grad Y|^2 = L); integrals over the radius are Gauss rules
(:class:`femwgm.analytic.radial.Samples`, which states how far into the ambient they reach).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike

from femwgm.analytic.layered import Media
from femwgm.analytic.legendre import Angular, angular
from femwgm.analytic.radial import RadialMode, Samples
from femwgm.ground.typing import Array


@dataclass(frozen=True)
class ModeFields:
    """The fields of one mode, of arbitrary amplitude.

    Parameters
    ----------
    radial
        Its radial function.
    l, m
        Polar degree and azimuthal order.
    media
        Permittivities at the real wavelength, which weigh the energy.
    """

    radial: RadialMode
    l: int
    m: int
    media: Media

    def electric(self, r: ArrayLike, z: ArrayLike) -> Array:
        """[E_r, E_phi, E_z] at cylindrical (r, z) in um, complex, shape (3, ...); the factor exp(i m phi) is left out."""
        return self._tangential(r, z) if not self.radial.tm else self._poloidal(r, z) / (-1j * self.radial.k)

    def magnetic(self, r: ArrayLike, z: ArrayLike) -> Array:
        """[H_r, H_phi, H_z], H = curl E / (i k0), in the units of :meth:`electric`."""
        return self._tangential(r, z) if self.radial.tm else self._poloidal(r, z) / (1j * self.radial.k)

    def _points(self, r: ArrayLike, z: ArrayLike) -> tuple[Array, Array, Array, Array, Angular]:
        r, z = np.broadcast_arrays(np.asarray(r, dtype=np.float64), np.asarray(z, dtype=np.float64))
        # At the centre every field of l > 1 vanishes and that of l = 1 is uniform: a tiny distance stands for it.
        rho = np.maximum(np.hypot(r, z), 1e-9 * self.radial.radii[0])
        theta = np.arctan2(r, z)
        return r, z, rho, theta, angular(self.l, self.m, theta)

    def _tangential(self, r: ArrayLike, z: ArrayLike) -> Array:
        """u / rho (0, i m Y / sin, -dY) in cylindrical components."""
        r, z, rho, theta, shape = self._points(r, z)
        amplitude = self.radial.at(rho)[0] / rho
        polar = 1j * self.m * shape.over_sin * amplitude
        return np.stack([np.cos(theta) * polar, -shape.slope * amplitude, -np.sin(theta) * polar])

    def _poloidal(self, r: ArrayLike, z: ArrayLike) -> Array:
        """(L u Y / (a rho), v dY, v i m Y / sin) / rho; TE: a = 1, v = u'; TM: a = eps_r, v = w."""
        r, z, rho, theta, shape = self._points(r, z)
        u, w = self.radial.at(rho)
        eps = self.radial.media.r[self.radial.layer_of(rho), 0] if self.radial.tm else 1.0
        across = self.l * (self.l + 1.0) * u * shape.theta / (eps * rho**2)
        polar, azimuthal = w * shape.slope / rho, 1j * self.m * w * shape.over_sin / rho
        sine, cosine = np.sin(theta), np.cos(theta)
        return np.stack([sine * across + cosine * polar, azimuthal, cosine * across - sine * polar])

    @cached_property
    def _densities(self) -> list[tuple[Array, Array]]:
        """For each layer |E|^2 at the quadrature points as (a, b): |E|^2 = a Theta^2 + b ((m Theta / sin)^2 + (dTheta)^2)."""
        return [self._density(layer, s.r, s.u, s.w) for layer, s in enumerate(self.radial.samples)]

    def _density(self, layer: int, r: Array, u: Array, w: Array) -> tuple[Array, Array]:
        if not self.radial.tm:
            return np.zeros_like(r), np.abs(u / r) ** 2
        k, eps = abs(self.radial.k), abs(self.radial.media.r[layer, 0])
        across = np.abs(self.l * (self.l + 1.0) * u / (r * r)) / (k * eps)
        return across**2, np.abs(w / (k * r)) ** 2

    def _weights(self, layer: int) -> tuple[float, float]:
        """Re eps that multiplies the radial and the tangential part of |E|^2 in the energy."""
        return float(self.media.r[layer, 0].real), float(self.media.t[layer, 0].real)

    @cached_property
    def volumes(self) -> tuple[Array, Array]:
        """Integral of Re eps |E|^2 and of |E|^2 over each layer (the angles included), ambient last; NaN where it has no part."""
        energy, intensity = [], []
        for layer, samples in enumerate(self.radial.samples):
            radial, tangential = (_total(samples, d * samples.r**2) for d in self._densities[layer])
            weight = self._weights(layer)
            degree = self.l * (self.l + 1.0)
            energy.append(weight[0] * radial + weight[1] * degree * tangential)
            intensity.append(radial + degree * tangential)
        return np.array(energy), np.array(intensity)

    @cached_property
    def equatorial(self) -> Array:
        """Integral of |E|^2 along the equatorial radius through each layer, ambient last; NaN where it has no part.

        It never vanishes altogether: for odd l - m the component that is odd in z at even orders takes over.
        """
        shape = angular(self.l, self.m, np.array([0.5 * np.pi]))
        across, along = shape.theta[0] ** 2, (self.m * shape.over_sin[0]) ** 2 + shape.slope[0] ** 2
        return np.array(
            [
                _total(samples, a * across + b * along)
                for samples, (a, b) in zip(self.radial.samples, self._densities, strict=True)
            ]
        )

    @cached_property
    def volume(self) -> float:
        """Mode volume int Re eps |E|^2 dV / max(Re eps |E|^2) of the travelling wave (um^3)."""
        return float(np.nansum(self.volumes[0]) / self.peak()[0])

    def peak(self) -> tuple[float, float, float]:
        """Largest Re eps |E|^2, with the distance (um) and the polar angle (rad) where it lies."""
        theta = _polar_grid(self.l, self.m)
        best = (-np.inf, 0.0, 0.0)
        for layer, samples in enumerate(self.radial.samples):
            if samples.r.size:
                r = np.concatenate([self._ends(layer), samples.r])
                best = max(best, self._climb(layer, r, theta))
        return best

    def _ends(self, layer: int) -> Array:
        """Both ends of a layer, without the centre and infinity."""
        radii = self.radial.radii
        return np.array([r for i, r in enumerate(radii) if i in {layer - 1, layer}])

    def _energy_density(self, layer: int, r: Array, theta: Array) -> Array:
        """Re eps |E|^2 on the grid r x theta."""
        a, b = self._density(layer, r, *self.radial.inside(layer, r))
        shape = angular(self.l, self.m, theta)
        weight = self._weights(layer)
        along = (self.m * shape.over_sin) ** 2 + shape.slope**2
        return weight[0] * np.outer(a, shape.theta**2) + weight[1] * np.outer(b, along)

    def _climb(self, layer: int, r: Array, theta: Array) -> tuple[float, float, float]:
        """Maximum on a grid, refined by grids that shrink around it."""
        low, high = (r.min(), r.max())
        for _ in range(7):
            density = self._energy_density(layer, r, theta)
            i, j = np.unravel_index(np.argmax(density), density.shape)
            best = float(density[i, j]), float(r[i]), float(theta[j])
            r, theta = (_around(values, index) for values, index in ((np.sort(r), best[1]), (theta, best[2])))
            r = np.clip(r, low, high)
            theta = np.clip(theta, 0.0, 0.5 * np.pi)
        return best


def _around(values: Array, centre: float) -> Array:
    """Nine points between the neighbours of a grid point."""
    index = int(np.searchsorted(values, centre))
    return np.linspace(values[max(index - 1, 0)], values[min(index + 1, values.size - 1)], 9)


def _polar_grid(l: int, m: int) -> Array:
    """Angles from the northern edge of the mode to the equator, several for each lobe."""
    lobes = l - abs(m) + 1
    edge = min(0.5 * np.pi, 3.0 * np.sqrt((2.0 * lobes + 1.0) / (l + 1.0)))
    return np.linspace(0.5 * np.pi - edge, 0.5 * np.pi, 16 * lobes + 17)


def _total(samples: Samples, values: Array) -> float:
    return samples.integral(values).real if samples.r.size else float("nan")
