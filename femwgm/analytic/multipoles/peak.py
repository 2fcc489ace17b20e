"""Where the energy density of a mode of a stack is largest."""

from __future__ import annotations

import numpy as np

from femwgm.analytic.multipoles.fields import StackField
from femwgm.analytic.multipoles.mode import StackMode
from femwgm.ground.typing import Array

_PER_DEGREE = 3.0
"""Angles for each half wave of the highest degree that counts."""
_FAINT = 1e-3
_LEAST_SHARE = 0.02
_CANDIDATES = 3
_ROUNDS, _ZOOM = 4, 9


def peak_density(field: StackField) -> tuple[float, float, float]:
    """Largest Re(eps) |E|^2 (1 for a density that fills 1 um^3) inside the spheres, and the (r, z) in um where it lies."""
    mode = field.mode
    assert isinstance(mode, StackMode)
    best = (0.0, 0.0, 0.0)
    totals = [sum(shares) for shares in mode.energy]
    for j, (sphere, wave) in enumerate(zip(mode.system.spheres, mode.system.waves, strict=True)):
        if totals[j] < _LEAST_SHARE * max(totals):
            continue
        by_degree = np.max([parts[j] for parts in mode.channels], axis=0)
        top = wave.degrees[np.flatnonzero(by_degree > _FAINT * by_degree.max())[-1]]
        theta = np.linspace(0.0, np.pi, int(_PER_DEGREE * top) + 17)
        for layer, outer in enumerate(sphere.radii):
            inner = sphere.radii[layer - 1] if layer else 0.0
            if mode.energy[j][layer] < _LEAST_SHARE * max(totals):
                continue
            eps = float(sphere.media.at(np.array([complex(field.k)])).t[layer, 0].real)
            count = int(_PER_DEGREE * np.sqrt(eps) * abs(field.k) * (outer - inner) / np.pi) + 9
            rho = np.linspace(inner, outer * (1.0 - 1e-9), count)
            density = eps * field.on_grid(j, rho, theta)
            for flat in np.argsort(density, axis=None)[-_CANDIDATES:]:
                a, b = np.unravel_index(flat, density.shape)
                found = _climb(
                    field,
                    wave.centre,
                    eps,
                    (inner * (1.0 + 1e-9), float(rho[-1])),
                    rho,
                    theta,
                    int(a),
                    int(b),
                )
                best = max(best, found)
    return best


def _climb(
    field: StackField,
    centre: float,
    eps: float,
    ends: tuple[float, float],
    rho: Array,
    theta: Array,
    a: int,
    b: int,
) -> tuple[float, float, float]:
    """The maximum near a point of the grid, by grids that shrink around it."""
    at, width = np.array([rho[a], theta[b]]), np.array([rho[1] - rho[0], theta[1] - theta[0]])
    best = (0.0, 0.0, 0.0)
    steps = np.linspace(-1.0, 1.0, _ZOOM)
    for _ in range(_ROUNDS):
        x = np.clip(at[0] + width[0] * steps, *ends)
        y = np.clip(at[1] + width[1] * steps, 0.0, np.pi)
        r, z = np.outer(x, np.sin(y)), centre + np.outer(x, np.cos(y))
        density = eps * (np.abs(field(r, z)[0]) ** 2).sum(axis=0)
        i, j = np.unravel_index(int(np.argmax(density)), density.shape)
        best = max(best, (float(density[i, j]), float(r[i, j]), float(z[i, j])))
        at, width = np.array([x[i], y[j]]), width * 2.5 / (_ZOOM - 1)
    return best
