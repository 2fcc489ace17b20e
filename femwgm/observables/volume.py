"""Mode volumes (um^3), each definition its own function."""

from __future__ import annotations

import numpy as np

from femwgm.fem.field import CellField
from femwgm.mesh.domain import PML
from femwgm.observables.energy import RegionIntegrals
from femwgm.typing import Array

_ZOOM = 9
"""Samples in each direction of a zoomed window."""


def volume_max(field: CellField, integrals: RegionIntegrals, eps: Array) -> float:
    """int eps |E|^2 dV / max(eps |E|^2) of the travelling wave, the absorbing layer left out.

    A standing wave cos(m phi) has half of it (Vahala, Nature 424, 839 (2003), uses the standing wave).
    """
    return float(integrals.electric.sum() / peak_density(field, eps))


def peak_density(field: CellField, eps: Array, samples: int = 21, rounds: int = 6) -> float:
    """Maximum of Re(eps) |E|^2 outside the absorbing layer: sampled on every cell, edges included, and zoomed in the best."""
    mesh = field.space.mesh
    cells = (
        np.flatnonzero(mesh.region != mesh.regions.index(PML))
        if PML in mesh.regions
        else np.arange(mesh.cells)
    )
    X = _into_cell(_square(samples), mesh.corners)
    E, _, x = field.at_reference(X, cells)
    density = _density(E, x, eps.real[cells])
    best = int(np.argmax(density.max(axis=1)))
    cell, centre, width = cells[[best]], X[:, int(np.argmax(density[best]))], 2.0 / samples
    peak, zoom = float(density.max()), _square(_ZOOM)
    for _ in range(rounds):
        X = _into_cell(centre[:, None] + width * (zoom - 0.5), mesh.corners)
        density = _density(*field.electric(X, cell), eps.real[cell])
        peak, centre, width = (
            max(peak, float(density.max())),
            X[:, int(np.argmax(density))],
            2.0 / (_ZOOM - 1) * width,
        )
    return peak


def _square(samples: int) -> Array:
    """Chebyshev points of the unit square, corners included, shape (2, samples^2)."""
    t = 0.5 * (1.0 - np.cos(np.pi * np.arange(samples) / (samples - 1)))
    return np.array(np.meshgrid(t, t, indexing="ij")).reshape(2, -1)


def _density(E: Array, x: Array, eps: Array) -> Array:
    density = eps[:, None] * (np.abs(E) ** 2).sum(axis=0)
    density[np.abs(x[0]) < 1e-12] = (
        0.0  # on the axis itself E_phi = i v / r is a limit that is not taken here
    )
    return np.asarray(density)


def _into_cell(X: Array, corners: int) -> Array:
    X = np.clip(X, 0.0, 1.0)
    return X if corners == 4 else np.stack([X[0], np.minimum(X[1], 1.0 - X[0])])


def purcell_factor(wavelength_um: float, index: float, q: float, volume_um3: float) -> float:
    """Purcell factor 3 / (4 pi^2) (lambda / n)^3 Q / V at the field maximum (Purcell, Phys. Rev. 69, 681 (1946))."""
    return 3.0 / (4.0 * np.pi**2) * (wavelength_um / index) ** 3 * q / volume_um3
