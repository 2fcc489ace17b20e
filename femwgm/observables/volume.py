"""Mode volumes (um^3), each definition its own function."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from femwgm.fem.field import CellField
from femwgm.ground.typing import Array, IntArray
from femwgm.mesh.domain import PML
from femwgm.observables.energy import RegionIntegrals

_ZOOM = 9
"""Samples in each direction of a zoomed window."""


def volume_max(
    field: CellField, integrals: RegionIntegrals, eps: Array, cells: IntArray | None = None
) -> float:
    """int eps |E|^2 dV / max(eps |E|^2) of the travelling wave, the absorbing layer left out.

    A standing wave cos(m phi) has half of it (Vahala, Nature 424, 839 (2003), uses the standing wave). On a large mesh the
    maximum is looked for in some `cells` only (`brightest`).
    """
    return float(integrals.electric.sum() / peak_density(field, eps, cells=cells))


def brightest(field: CellField, eps: Array, count: int = 60) -> IntArray:
    """The cells outside the absorbing layer with the largest Re(eps) |E|^2 at a few points of theirs."""
    cells = _outside_layer(field)
    inset = np.array([[1.0, 4.0, 1.0, 2.0], [1.0, 1.0, 4.0, 2.0]]) / 6.0
    E, x = field.electric(inset, cells)
    density = _density(E, x, eps.real[cells]).max(axis=1)
    return np.asarray(cells[np.argsort(density)[-count:]])


def _outside_layer(field: CellField) -> IntArray:
    mesh = field.space.mesh
    skipped = mesh.regions.index(PML) if PML in mesh.regions else -1
    return np.flatnonzero(mesh.region != skipped)


def peak_density(field: CellField, eps: Array, rounds: int = 3, cells: IntArray | None = None) -> float:
    """Maximum of Re(eps) |E|^2 outside the absorbing layer: sampled on every cell, edges included, and zoomed in the best."""
    mesh = field.space.mesh
    keep = cells is None
    cells = _outside_layer(field) if cells is None else cells
    samples = field.space.degree + 7
    X = _into_cell(_square(lobatto(samples)), mesh.corners)
    E, x = field.electric(X, cells, keep=keep)
    density = _density(E, x, eps.real[cells])
    best = int(np.argmax(density.max(axis=1)))
    cell, centre, width = cells[[best]], X[:, int(np.argmax(density[best]))], 2.0 / samples
    peak, zoom = float(density.max()), lobatto(_ZOOM)
    for _ in range(rounds):
        window = np.clip(centre[:, None] + width * (zoom - 0.5), 0.0, 1.0)
        if mesh.corners == 4:
            X = np.array(np.meshgrid(*window, indexing="ij")).reshape(2, -1)
            values = between(E[:, best].reshape(3, samples, samples), window)
            density = eps.real[cell] * (np.abs(values) ** 2).sum(axis=0)
        else:
            X = _into_cell(_square(zoom, centre, width), mesh.corners)
            density = _density(*field.electric(X, cell), eps.real[cell])
        at = int(np.argmax(density))
        peak, centre, width = max(peak, float(density.max())), X[:, at], 2.0 / (_ZOOM - 1) * width
    return peak + _crest(density.reshape(_ZOOM, _ZOOM), X, at)


def between(values: Array, window: Array) -> Array:
    """Field values at the products of window coordinates (2, n), interpolated from Chebyshev-Lobatto samples of the cell.

    The sampled field is a polynomial of the element's degree in each direction times a smooth map, so nothing is lost.
    """
    x, y = (_interpolation(values.shape[1], t) for t in window)
    return np.matmul(np.matmul(x, values), y.T).reshape(len(values), -1)


def _interpolation(samples: int, t: Array) -> Array:
    """Matrix from values at `lobatto(samples)` to values at t (Berrut and Trefethen, SIAM Rev. 46, 501 (2004), eq. 5.4)."""
    weights = (-1.0) ** np.arange(samples)
    weights[[0, -1]] *= 0.5
    gap = t[:, None] - lobatto(samples)
    hit = np.abs(gap) < 1e-15
    ratio = weights / np.where(hit, 1.0, gap)
    matrix = ratio / ratio.sum(axis=1, keepdims=True)
    row = hit.any(axis=1)
    matrix[row] = hit[row]
    return np.asarray(matrix)


def _crest(density: Array, X: Array, at: int) -> float:
    """How far a paraboloid through the best sample and its neighbours rises above it, in the directions that have two."""
    i, j = divmod(at, _ZOOM)
    inner = [0 < n < _ZOOM - 1 for n in (i, j)]
    near = tuple(
        slice(n - 1, n + 2) if free else slice(n, n + 1) for n, free in zip((i, j), inner, strict=True)
    )
    value = density[near].ravel() - density[i, j]
    x = [c.reshape(_ZOOM, _ZOOM)[near].ravel() - c[at] for c, free in zip(X, inner, strict=True) if free]
    x = [c / max(float(np.ptp(c)), 1e-300) for c in x]
    quadratic = [0.5 * c * c for c in x] + ([x[0] * x[1]] if len(x) == 2 else [])
    if not x:
        return 0.0
    fit = np.linalg.lstsq(np.stack([*x, *quadratic], axis=1), value, rcond=None)[0]
    slope, curvature = fit[: len(x)], np.diag(fit[len(x) : 2 * len(x)])
    if len(x) == 2:
        curvature[0, 1] = curvature[1, 0] = fit[4]
    if np.linalg.eigvalsh(curvature)[-1] >= 0.0:
        return 0.0
    return float(np.clip(-0.5 * slope @ np.linalg.solve(curvature, slope), 0.0, np.ptp(value)))


@lru_cache(maxsize=64)
def lobatto(samples: int) -> Array:
    """Chebyshev-Lobatto points of the unit interval, ascending, both ends included."""
    return np.asarray(0.5 * (1.0 - np.cos(np.pi * np.arange(samples) / (samples - 1))))


def _square(t: Array, centre: Array | None = None, width: float = 1.0) -> Array:
    """Products of points of the unit interval, or of a window of it, shape (2, points)."""
    window = np.stack([t, t]) if centre is None else centre[:, None] + width * (t - 0.5)
    return np.array(np.meshgrid(*window, indexing="ij")).reshape(2, -1)


def _density(E: Array, x: Array, eps: Array) -> Array:
    density = eps[:, None] * (np.abs(E) ** 2).sum(axis=0)
    r = np.abs(x[0])
    density[r < 1e-6 * r.max()] = 0.0  # next to the axis E_phi = i v / r is a quotient of two roundings
    return np.asarray(density)


def _into_cell(X: Array, corners: int) -> Array:
    X = np.clip(X, 0.0, 1.0)
    return X if corners == 4 else np.stack([X[0], np.minimum(X[1], 1.0 - X[0])])


def purcell_factor(wavelength_um: float, index: float, q: float, volume_um3: float) -> float:
    """Purcell factor 3 / (4 pi^2) (lambda / n)^3 Q / V at the field maximum (Purcell, Phys. Rev. 69, 681 (1946))."""
    return 3.0 / (4.0 * np.pi**2) * (wavelength_um / index) ** 3 * q / volume_um3
