r"""What a body sends into the half spaces above and below it: the far field over a substrate, by reciprocity.

With curl E = i k0 H, curl H = -i k0 eps E, and (E_p, H_p) what a plane wave of unit amplitude from a direction makes in the
layers alone, the far field in that direction and polarization is

    E(rho) -> exp(i k rho) / rho  F,     F = (i k0 / 4 pi) oint (E x H_p - E_p x H) . dS

over any surface around the body (Lorentz reciprocity with a dipole far away; compare Novotny and Hecht, Principles of
Nano-Optics, 2nd ed., section 10.6). In the upper half space this is the direct and the reflected wave, in the lower one the
transmitted wave.
Layers are crossed with u and w u' continuous, w = 1 and u = E_phi for s, w = 1 / eps and u = H_phi for p.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.special import jv

from femwgm.fem.field import CellField
from femwgm.ground.numerics import unit_gauss
from femwgm.ground.typing import Array, ComplexArray
from femwgm.mesh.curved import CurvedMesh
from femwgm.mesh.domain import PML
from femwgm.observables.outgoing import reaction
from femwgm.observables.radiation import SurfaceSamples
from femwgm.observables.surface import interface

_GRAZING = 1e-9
"""|cos theta| up to which a direction counts as this far from the horizon, where nothing arrives."""
_ENDLESS = 1e8
"""Height (um) from which a layer ends nowhere."""
_LIVELY = 1e-9
"""|Im k0| / Re k0 above which the argument of a Bessel function is complex."""
_FAINT = 1e-8
"""A Bessel function below this share of its largest value is left out of the power."""
_FEWER = 3
_FLAT = 1e-9
"""Distance from the axis or the equator, relative to the domain, up to which a facet lies on it."""
_MOST = 200_000
"""Products of directions and points at a time."""


@dataclass(frozen=True)
class HalfSpaceWaves:
    """The waves far above and far below a body between plane layers.

    Parameters
    ----------
    field
        The mode inside the domain.
    faces
        Heights of the faces of the layers (um), ascending.
    indices
        Refractive index below the first face, between faces, and above the last one.
    outside
        Regions of these layers: the body is what is none of them.
    """

    field: CellField
    faces: tuple[float, ...]
    indices: tuple[complex, ...]
    outside: tuple[str, ...]

    @cached_property
    def samples(self) -> SurfaceSamples:
        """The field on the surface of the body."""
        return interface(self.field, self.outside)[0]

    @property
    def highest(self) -> int:
        """The finest feature of the far field, that of the body and its images, as a polar degree."""
        s = self.samples
        reach = float(np.hypot(s.r, s.z).max()) + 2.0 * max(map(abs, self.faces))
        return self.field.m + int(max(abs(n) for n in self.indices) * abs(self.field.k0) * reach)

    def covers(self, r: Array, z: Array) -> Array:
        """Nowhere: these waves are known far away only."""
        return np.zeros(np.broadcast(r, z).shape, dtype=bool)

    def __call__(self, r: Array, z: Array) -> tuple[ComplexArray, ComplexArray]:
        """There is no such sum near the body.

        Raises
        ------
        ValueError
            Always.
        """
        raise ValueError("over a substrate the field is known in the domain and far away only")

    def far(self, theta: Array) -> ComplexArray:
        """(E_theta, E_phi) far away, times the root of the index there; the integral of the square over the sphere is 1."""
        theta = np.asarray(theta, dtype=float)
        found = self._sent(theta.ravel()) * self._root_of_index(theta.ravel())
        return np.asarray((found / np.sqrt(2.0 * self.power)).reshape(2, *theta.shape))

    @cached_property
    def power(self) -> float:
        """Radiated power (units of `femwgm.observables.radiation`)."""
        theta, weights = self._directions
        n, s, m = self._root_of_index(theta) ** 2, self.samples, self.field.m
        size = np.abs(jv(m, np.minimum(n * np.sin(theta) * abs(self.field.k0) * float(s.r.max()), m)))
        loud = size > _FAINT * size.max()  # below, no wave of this order comes that near to the axis
        theta, weights = theta[loud], weights[loud]
        found = self._sent(theta) * self._root_of_index(theta)
        return float(0.5 * (np.abs(found) ** 2).sum(axis=0) @ (2.0 * np.pi * np.sin(theta) * weights))

    @property
    def _directions(self) -> tuple[Array, Array]:
        """Polar angles and weights: between the axis, the horizon and the critical angles, next to which the field has a root."""
        below, above = self.indices[0].real, self.indices[-1].real
        ends = {0.0, 0.5 * np.pi, np.pi}
        if below > above:
            ends.add(np.pi - float(np.arcsin(above / below)))
        elif above > below:
            ends.add(float(np.arcsin(below / above)))
        t, w = unit_gauss(24 + self.highest // _FEWER)
        ease, slope = t * t * (3.0 - 2.0 * t), 6.0 * t * (1.0 - t)  # quadratic at both ends
        edges = sorted(ends)
        parts = [(a + (b - a) * ease, (b - a) * slope * w) for a, b in zip(edges, edges[1:], strict=False)]
        theta, weights = (np.concatenate(part) for part in zip(*parts, strict=True))
        return theta, weights

    def _root_of_index(self, theta: Array) -> Array:
        return np.sqrt(np.where(np.cos(theta) >= 0.0, self.indices[-1].real, self.indices[0].real))

    def _sent(self, theta: Array) -> ComplexArray:
        """F_theta and F_phi, shape (2, directions)."""
        out = np.zeros((2, theta.size), dtype=np.complex128)
        for upwards in (True, False):
            here = np.flatnonzero((np.cos(theta) >= 0.0) == upwards)
            for part in np.array_split(here, max(1, here.size * self.samples.r.size // _MOST)):
                if part.size:
                    out[:, part] = self._towards(theta[part], upwards)
        return out

    def _towards(self, theta: Array, upwards: bool) -> ComplexArray:
        s, k0, m = self.samples, self.field.k0, self.field.m
        sign = 1.0 if upwards else -1.0
        # The wave comes from beyond the last face.
        n = np.array(self.indices if upwards else self.indices[::-1])
        faces = np.array(self.faces) if upwards else -np.array(self.faces[::-1])
        cosine = np.maximum(np.abs(np.cos(theta)), _GRAZING)
        sine = np.maximum(np.sqrt(1.0 - cosine**2), _GRAZING)
        kappa = n[-1] * k0 * sine
        across = k0 * np.sqrt(n[:, None] ** 2 - n[-1] ** 2 + (n[-1] * cosine) ** 2 + 0j)
        eps = n**2
        layer = np.searchsorted(faces, sign * s.z)
        # Integrals of exp(i m phi - i kappa r cos phi) times 1, cos phi, sin phi.
        x = (kappa if abs(k0.imag) > _LIVELY * k0.real else kappa.real)[:, None] * s.r
        J, following = jv(m, x), jv(m + 1, x)
        turn = 2.0 * np.pi * (-1j) ** (m % 4)
        one, along, aside = turn * J, 1j * turn * (m / x * J - following), -turn * m / x * J
        nothing = np.zeros_like(one)
        e, de = _standing(across, np.ones_like(n), faces, sign * s.z)
        in_x, in_z = -sign * de / (1j * k0), -kappa[:, None] * e / k0
        phi = reaction(
            s, np.stack([aside * e, along * e, nothing]), np.stack([along * in_x, -aside * in_x, one * in_z])
        )
        h, dh = (-n[-1] * part for part in _standing(across, 1.0 / eps, faces, sign * s.z))
        in_x, in_z = sign * dh / (1j * k0 * eps[layer]), kappa[:, None] * h / (k0 * eps[layer])
        polar = reaction(
            s, np.stack([along * in_x, -aside * in_x, one * in_z]), np.stack([aside * h, along * h, nothing])
        )
        return np.asarray(1j * k0 / (4.0 * np.pi) * np.stack([polar, phi]))


def _standing(
    across: ComplexArray, weights: Array, faces: Array, s: Array
) -> tuple[ComplexArray, ComplexArray]:
    """u and du/ds (directions, points) of a wave exp(-i across s) that comes from beyond the last face.

    Parameters
    ----------
    across
        Wavenumber along s in each layer (layers, directions).
    weights
        w of each layer.
    faces
        Where the layers end, ascending.
    s
        Positions.
    """
    layer = np.searchsorted(faces, s)
    U, dU = (np.zeros((across.shape[1], len(s)), dtype=np.complex128) for _ in range(2))
    u, du = np.ones_like(across[0]), -1j * across[0]
    beyond = np.flatnonzero(layer == 0)
    U[:, beyond] = np.exp(-1j * across[0][:, None] * (s[beyond] - faces[0]))
    dU[:, beyond] = du[:, None] * U[:, beyond]
    for j, (start, k) in enumerate(zip(faces, across[1:], strict=True), 1):
        du = du * weights[j - 1] / weights[j]
        here = np.flatnonzero(layer == j)
        U[:, here], dU[:, here] = _carried(u, du, k, s[here] - start)
        if j < len(faces):
            u, du = (part[:, 0] for part in _carried(u, du, k, faces[j : j + 1] - start))
    arriving = 0.5 * (u - du / (1j * across[-1])) * np.exp(1j * across[-1] * faces[-1])
    return U / arriving[:, None], dU / arriving[:, None]


def _carried(
    u: ComplexArray, du: ComplexArray, k: ComplexArray, distance: Array
) -> tuple[ComplexArray, ComplexArray]:
    """u and du a distance on in one medium (directions, distances)."""
    phase = k[:, None] * distance
    c, s = np.cos(phase), distance * np.sinc(phase / np.pi)
    return u[:, None] * c + du[:, None] * s, du[:, None] * c - u[:, None] * k[:, None] ** 2 * s


def half_space_waves(
    field: CellField, slabs: Sequence[tuple[float, float, str]], indices: Mapping[str, complex], ambient: str
) -> HalfSpaceWaves | None:
    """The waves of a body between layers; None where they are not all that leaves it.

    That is without a face, where a layer guides light away from the body or absorbs, and where the body, or what carries it,
    reaches the end of the domain.

    Parameters
    ----------
    field
        The mode.
    slabs
        Bottom and top (um) and region of each layer; the first that holds a height wins.
    indices
        Refractive index of each region.
    ambient
        Region of the heights that no layer holds.
    """
    finite = {z for bottom, top, _ in slabs for z in (bottom, top) if abs(z) < _ENDLESS}
    ends = [-_ENDLESS, *sorted(finite), _ENDLESS]
    faces: list[float] = []
    names: list[str] = []
    for low, high in zip(ends, ends[1:], strict=False):
        at = 0.5 * (low + high)
        name = next((region for bottom, top, region in slabs if bottom < at < top), ambient)
        if not names or name != names[-1]:
            faces += [low] if names else []
            names.append(name)
    n = [complex(indices[name]) for name in names]
    outer = max(n[0].real, n[-1].real)
    outside = tuple(dict.fromkeys(names))
    guided = any(x.real > outer for x in n[1:-1])
    if (
        len(n) < 2
        or guided
        or any(x.imag or x.real <= 0.0 for x in n)
        or _reaches_the_end(field.space.mesh, outside)
    ):
        return None
    return HalfSpaceWaves(field, tuple(faces), tuple(n), outside)


def _reaches_the_end(mesh: CurvedMesh, outside: Sequence[str]) -> bool:
    """Whether a region that is none of the layers, or its continuation in the absorbing layer, ends where the domain does."""
    own = [i for i, name in enumerate(mesh.regions) if name not in (*outside, PML)]
    if mesh.medium is not None and PML in mesh.regions:
        media = [name for name in mesh.regions if name != PML]
        there = np.unique(mesh.medium[mesh.region_cells(PML)])
        if any(media[i] not in outside for i in there):
            return True
    left, right = mesh.topology.f2t
    r, z = np.abs(mesh.topology.p[:, mesh.topology.facets])  # of both vertices of each facet
    off_the_axis, off_the_equator = (x.max(axis=0) > _FLAT * x.max() for x in (r, z))
    last = (right < 0) & off_the_axis & off_the_equator
    return bool(np.isin(mesh.region[left[last]], own).any())
