"""The evanescent part of an open mode: which part of the ambient belongs to it.

The field of a leaky mode grows without bound far away, so a share of "the ambient" needs an end. It is the outer turning point
rho = (l + 1/2) / (n k0), where the barrier ends and the radiated wave begins: the same on the exact side.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.special import spherical_jn, spherical_yn

from femwgm.fem.field import CellField
from femwgm.ground.typing import Array
from femwgm.observables.energy import RegionIntegrals

_POINTS = 14
"""Gauss points in radius and in latitude on each cell."""


def outer_turning_point(l: int, k0: complex, index: float) -> float:
    """Radius (um) where an outgoing wave of degree l stops decaying.

    >>> round(outer_turning_point(15, 6.0, 1.0), 6)
    2.583333
    """
    return float((l + 0.5) / (index * complex(k0).real))


def beyond(
    l: int, m: int, pol: str | None, k: complex, radii: tuple[float, float, float]
) -> tuple[float, float]:
    """What an outgoing wave has between the second and the third radius, over what it has between the first and the second.

    For int |E|^2 dV and for int |E|^2 dr along the equator. The angular functions drop out of both ratios (Jackson, Classical
    Electrodynamics, 3rd ed., section 9.7): with xi = k r h_l(k r), TE has |xi|^2 and TM l (l + 1) |xi / (k r)|^2 + |xi'|^2.

    Parameters
    ----------
    l, m, pol
        Polar degree, azimuthal order, polarization; a hybrid mode (None) counts as TE.
    k
        Wavenumber in the medium (rad/um), complex for a mode that leaks.
    radii
        Increasing radii (um). Where two of them coincide the ratios are 0.

    >>> beyond(20, 20, "TM", 6.0, (2.0, 2.5, 2.5))
    (0.0, 0.0)
    """
    first, middle, last = radii
    if not first < middle < last:
        return 0.0, 0.0
    t, w = np.polynomial.legendre.leggauss(48)
    degree = l * (l + 1.0)

    def integrals(lo: float, hi: float) -> Array:
        x = k * (lo + 0.5 * (hi - lo) * (t + 1.0))
        size = np.abs(x) ** 2
        h = spherical_jn(l, x) + 1j * spherical_yn(l, x)
        if pol != "TM":
            ring = np.abs(h) ** 2
            return np.asarray((hi - lo) * (np.array([size * ring, ring]) @ w))
        across = np.abs(h) ** 2
        along = np.abs(h + x * (spherical_jn(l, x, True) + 1j * spherical_yn(l, x, True))) ** 2
        ring = along / size if (l - m) % 2 else (degree**2 * across + m**2 * along) / size
        return np.asarray((hi - lo) * (np.array([degree * across + along, ring]) @ w))

    volume, equator = integrals(middle, last) / integrals(first, middle)
    return float(volume), float(equator)


def within(
    integrals: RegionIntegrals,
    field: CellField,
    ambient: str,
    eps: float,
    radii: tuple[float, float],
    more: float = 0.0,
) -> RegionIntegrals:
    """The electric integrals with the ambient counted from the surface to an end only (radii in um, about the centre).

    The ambient counts for nothing where the end lies inside the surface: such a mode has no evanescent part. `more` is what the
    known wave has beyond the domain, as a ratio to what it has within (`beyond`).
    """
    e2 = (1.0 + more) * _shell(field, ambient, radii[1]) if radii[1] > radii[0] else 0.0
    here = integrals.regions.index(ambient)
    electric, squares = integrals.electric.copy(), integrals.e2.copy()
    electric[here], squares[here] = eps * e2, e2
    return replace(integrals, electric=electric, e2=squares)


def _shell(field: CellField, region: str, end: float) -> float:
    """int |E|^2 dV over the cells of a region up to a radius, on a polar mesh: each cell is a rectangle in (rho, latitude)."""
    mesh = field.space.mesh
    corner = mesh.nodes[mesh.region_cells(region), :4].real
    polar = np.stack([np.hypot(corner[..., 0], corner[..., 1]), np.arctan2(corner[..., 1], corner[..., 0])])
    low, high = polar.min(axis=2), polar.max(axis=2)
    high[0] = np.minimum(high[0], end)
    inside = np.flatnonzero(high[0] > low[0])
    low, size = low[:, inside], (high - low)[:, inside]
    t, w = np.polynomial.legendre.leggauss(_POINTS)
    t, w = 0.5 * (t + 1.0), 0.5 * w
    grid, weights = np.array(np.meshgrid(t, t, indexing="ij")).reshape(2, -1), np.outer(w, w).ravel()
    position = low[:, :, None] + size[:, :, None] * grid[:, None, :]
    origin, first, last = polar[:, inside, 0], polar[:, inside, 1], polar[:, inside, 3]
    sides = np.stack([first - origin, last - origin], axis=1)  # (rho or latitude, reference direction, cell)
    X = np.einsum("eij,jep->iep", np.linalg.inv(np.moveaxis(sides, 2, 0)), position - origin[:, :, None])
    E, _, _ = field.at_reference(X, mesh.region_cells(region)[inside])
    density = (np.abs(E) ** 2).sum(axis=0) * position[0] ** 2 * np.cos(position[1])
    both = 2.0 if field.mirror else 1.0
    return float(2.0 * np.pi * both * np.sum(density @ weights * size[0] * size[1]))
