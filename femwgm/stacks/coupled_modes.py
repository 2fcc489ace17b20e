"""Coupled-mode theory of spheres on a common axis from the exact fields of each sphere alone: the fast estimate of supermodes.

With E_i the field of a mode of one sphere, normalised to int eps_i |E_i|^2 = 1 (eps_i: that sphere alone), the ansatz
sum c_j E_j in curl curl E = k^2 eps E gives to first order in the coupling

    (k_j^2 - k^2) c_j = k^2 sum_i kappa_ji c_i,     kappa_ji = int_(sphere of j) (eps - eps_ambient) E_j* . E_i

over modes of different spheres (what a neighbour does to a mode itself is of second order, as is that the E_i are not orthogonal;
Haus and Huang, Proc. IEEE 79, 1505 (1991); for two spheres Miyazaki and Jimba, Phys. Rev. B 62, 7976 (2000)). It leaves out every
mode that is not in the list, and what the jump of the normal field at the other sphere does to TM modes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from femwgm.config.geometries import AxialStack
from femwgm.config.schema import RunConfig
from femwgm.ground.typing import Array
from femwgm.materials import Material

if TYPE_CHECKING:
    from femwgm.analytic import ExactMode

_DECAYED = 18.0
"""Exponent of the two fields' product at which the integrals end."""


@dataclass(frozen=True)
class Supermode:
    """A mode by coupled-mode theory.

    Attributes
    ----------
    m
        Azimuthal order.
    k0
        Vacuum wavenumber (rad/um); its imaginary part is that of the single spheres, mixed.
    weights
        |c|^2 of each (sphere, polarization, q, l), adding up to one.
    """

    m: int
    k0: complex
    weights: dict[tuple[str, str, int, int], float]

    def share(self, sphere: str) -> float:
        """Weight of a sphere."""
        return sum(value for key, value in self.weights.items() if key[0] == sphere)


@dataclass(frozen=True)
class _Single:
    """A mode of a sphere by itself: the number of the sphere, the mode, and the energy it is normalised by."""

    ball: int
    mode: ExactMode
    norm: float


def coupled_supermodes(
    config: RunConfig, materials: Mapping[str, Material], m: int, widen: float
) -> list[Supermode]:
    """Supermodes of order m made of the modes of each sphere in the window widened by a share on either side.

    Parameters
    ----------
    config
        A configuration of the kind axial_stack.
    materials
        Its media by name.
    m
        Azimuthal order.
    widen
        Relative widening of the window.
    """
    from femwgm.analytic import LayeredSphere

    geometry, wanted = config.geometry, config.modes
    assert isinstance(geometry, AxialStack)
    lo, hi = wanted.window_um
    singles: list[_Single] = []
    for ball, sphere in enumerate(geometry.spheres):
        names = [*(layer.material for layer in sphere.layers), geometry.ambient]
        exact = LayeredSphere(sphere.radii_um, [materials[name].index for name in names])
        window = (lo * (1.0 - widen), hi * (1.0 + widen))
        for found in exact.modes(window, wanted.polarizations, wanted.radial_orders):
            if found.l >= max(m, 1):
                mode = found.with_m(m)
                singles.append(_Single(ball, mode, float(np.nansum(mode.fields.volumes[0]))))
    if not singles:
        return []
    kappa = np.zeros((len(singles), len(singles)))
    k = float(np.mean([s.mode.k0.real for s in singles]))
    for ball in range(len(geometry.spheres)):
        near = [i for i, s in enumerate(singles) if abs(s.ball - ball) <= 1]
        if len({singles[i].ball for i in near}) > 1:
            kappa[np.ix_(near, near)] += _inside(geometry, materials, ball, [singles[i] for i in near], k)
    kappa = 0.5 * (kappa + kappa.T)
    squares = np.array([s.mode.k0**2 for s in singles])
    values, vectors = np.linalg.eig(
        np.diag(squares) - np.diag(np.sqrt(squares)) @ kappa @ np.diag(np.sqrt(squares))
    )
    out = []
    for value, c in zip(values, vectors.T, strict=True):
        weights = np.abs(c) ** 2 / float((np.abs(c) ** 2).sum())
        keys = [(geometry.spheres[s.ball].name, s.mode.pol, s.mode.q, s.mode.l) for s in singles]
        out.append(Supermode(m, complex(np.sqrt(value)), dict(zip(keys, weights.tolist(), strict=True))))
    return sorted(out, key=lambda mode: mode.k0.real)


def _inside(
    geometry: AxialStack, materials: Mapping[str, Material], ball: int, singles: Sequence[_Single], k: float
) -> Array:
    """Integral of (eps - eps_ambient) E_j* . E_i over a sphere for modes j of its own and i of its neighbours."""
    sphere, centre = geometry.spheres[ball], geometry.centres_um[ball]
    out = np.zeros((len(singles), len(singles)))
    ambient = materials[geometry.ambient].permittivity(complex(k)).real
    own = [i for i, s in enumerate(singles) if s.ball == ball]
    for side in (-1, 1):
        foreign = [i for i, s in enumerate(singles) if s.ball == ball + side]
        if not foreign:
            continue
        inner = 0.0
        for layer, radius in zip(sphere.layers, sphere.radii_um, strict=True):
            eps = materials[layer.material].permittivity(complex(k)).real
            rho, theta, weight = _grid(geometry, ball, side, inner, radius, singles, k)
            inner = radius
            if not len(weight):
                continue
            r, z = rho * np.sin(theta), side * rho * np.cos(theta)
            fields = []
            for s in singles:
                height = centre + z - geometry.centres_um[s.ball]
                inside = s.ball in (ball, ball + side)
                fields.append(s.mode.field(r, height) / np.sqrt(s.norm) if inside else np.zeros((3, len(r))))
            E = np.array(fields).reshape(len(singles), -1)
            part = E[own].conj() @ (np.tile(2.0 * np.pi * weight, 3)[:, None] * E[foreign].T)
            out[np.ix_(own, foreign)] += (eps - ambient) * part.real
    return out


def _grid(
    geometry: AxialStack,
    ball: int,
    side: int,
    inner: float,
    outer: float,
    singles: Sequence[_Single],
    k: float,
) -> tuple[Array, Array, Array]:
    """Points (rho, theta from the contact) of a layer near a neighbour and their weights, rho^2 sin theta included."""
    from numpy.polynomial.legendre import leggauss

    other = geometry.spheres[ball + side].radii_um[-1]
    surface = geometry.spheres[ball].radii_um[-1]
    ambient_decay = [
        np.sqrt(max(((s.mode.l + 0.5) / geometry.spheres[s.ball].radii_um[-1]) ** 2 - k**2, (0.5 * k) ** 2))
        for s in singles
    ]
    kappa = float(min(ambient_decay))
    depth = _DECAYED / kappa
    low = max(inner, surface - depth, 1e-3 * surface)
    if not low < outer:
        return np.zeros(0), np.zeros(0), np.zeros(0)
    widest = min(np.pi, np.sqrt(2.0 * _DECAYED / (kappa * (1.0 / surface + 1.0 / other))) / surface)
    highest = max(s.mode.l for s in singles)
    x, w = leggauss(int(0.8 * highest * widest) + 40)
    y, v = leggauss(int(4.0 * (outer - low) * highest / surface) + 24)
    theta, rho = 0.5 * widest * (x + 1.0), low + 0.5 * (outer - low) * (y + 1.0)
    weight = np.outer(0.5 * (outer - low) * v * rho**2, 0.5 * widest * w * np.sin(theta)).ravel()
    return np.repeat(rho, len(theta)), np.tile(theta, len(rho)), weight
