"""Where the energy density of a mode of a stack is largest, and its mode volume."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from femwgm.analytic.multipoles.fields import Expansion, StackField
from femwgm.analytic.multipoles.mode import StackMode
from femwgm.ground.typing import Array

_PER_DEGREE = 3.0
"""Angles for each half wave of the highest degree that counts."""
_FAINT = 1e-3
_LEAST_SHARE = 0.02
"""Part of what the largest has, below which a sphere, or a layer of it, does not hold the maximum."""
_CANDIDATES = 3
_ROUNDS, _ZOOM = 9, 9
_STEPS = 2e-9
"""What the steps of the climb and of the radial waves leave of the maximum."""
_SIDE = 1e-9
"""Relative distance from an interface at which a point is on one side of it."""
_CUT = 0.965
"""Part of the degrees that tells what those beyond the last change."""


@dataclass(frozen=True)
class ModeVolume:
    """Mode volume of the travelling wave.

    Attributes
    ----------
    um3
        int Re eps |E|^2 dV / max(Re eps |E|^2) (um^3), the maximum taken on each medium's own side of every interface.
    error
        Estimated relative error.
    r, z
        Where the maximum lies (um).
    """

    um3: float
    error: float
    r: float
    z: float


@dataclass(frozen=True)
class _Side:
    """One medium as seen from the centre of a sphere, and a grid of distances and angles to look for its maximum on."""

    sphere: int
    ambient: bool
    eps: float
    rho: Array
    theta: Array

    def density(self, field: StackField, rho: Array, theta: Array) -> Array:
        """Re eps |E|^2 at all products of distances (um) and angles, 0 inside the other spheres."""
        if not self.ambient:
            return self.eps * field.on_grid(self.sphere, rho, theta)
        waves = field.system.waves
        r, z = np.outer(rho, np.sin(theta)), waves[self.sphere].centre + np.outer(rho, np.cos(theta))
        free = np.all([np.hypot(r, z - wave.centre) > wave.radius for wave in waves], axis=0)
        out = np.zeros(r.shape)
        out[free] = self.eps * (np.abs(field(r[free], z[free])[0]) ** 2).sum(axis=0)
        return out


def mode_volume(mode: StackMode) -> ModeVolume:
    """The mode volume of a mode of a stack.

    Parameters
    ----------
    mode
        The mode, normalised to an electric energy of 1 um^3.

    Notes
    -----
    The error is what the last few per cent of the degrees change at the maximum, and that of the energy.
    """
    field = StackField(mode)
    density, r, z = max(_maxima(field, mode))
    wave = Expansion(mode.m, mode.k0, _cut(mode), mode.system)
    at = np.array([r]), np.array([z])
    whole, part = (float((np.abs(f(*at)[0]) ** 2).sum()) for f in (field, StackField(wave)))
    return ModeVolume(1.0 / density, abs(part / whole - 1.0) + mode.share_error + _STEPS, r, z)


def _cut(mode: StackMode) -> Array:
    inner = np.zeros(mode.system.size, dtype=bool)
    inner[mode.system.inner([int(_CUT * wave.degrees[-1]) for wave in mode.system.waves])] = True
    return np.where(inner, mode.amplitudes, 0.0)


def _maxima(field: StackField, mode: StackMode) -> Iterator[tuple[float, float, float]]:
    for side in _sides(field, mode):
        density = side.density(field, side.rho, side.theta)
        for flat in np.argsort(density, axis=None)[-_CANDIDATES:]:
            i, j = np.unravel_index(flat, density.shape)
            yield _climb(field, side, int(i), int(j))


def _sides(field: StackField, mode: StackMode) -> Iterator[_Side]:
    """The layers that hold some of the energy, and the ambient at the surfaces, where its field is strongest."""
    totals = [sum(shares) for shares in mode.energy]
    least = _LEAST_SHARE * max(totals)
    for j, (sphere, wave) in enumerate(zip(mode.system.spheres, mode.system.waves, strict=True)):
        if totals[j] < least:
            continue
        by_degree = np.max([parts[j] for parts in mode.channels], axis=0)
        top = wave.degrees[np.flatnonzero(by_degree > _FAINT * by_degree.max())[-1]]
        theta = np.linspace(0.0, np.pi, int(_PER_DEGREE * top) + 17)
        media = sphere.media.at(np.array([field.mode.k0.real])).t[:, 0].real  # as the energy weighs
        inner = 0.0
        for layer, (outer, share) in enumerate(zip(sphere.radii, mode.energy[j], strict=True)):
            if share >= least:
                eps = float(media[layer])
                count = int(_PER_DEGREE * np.sqrt(abs(eps)) * abs(field.k) * (outer - inner) / np.pi) + 9
                rho = np.linspace(inner * (1.0 + _SIDE), outer * (1.0 - _SIDE), count)
                yield _Side(j, False, eps, rho, theta)
            inner = outer
        step = np.pi / (_PER_DEGREE * abs(field.kappa))
        yield _Side(j, True, float(media[-1]), inner * (1.0 + _SIDE) + step * np.arange(2), theta)


def _climb(field: StackField, side: _Side, i: int, j: int) -> tuple[float, float, float]:
    """The maximum near a point of the grid, by grids that shrink around it: density, r and z (um)."""
    at = np.array([side.rho[i], side.theta[j]])
    width = np.array([side.rho[1] - side.rho[0], side.theta[1] - side.theta[0]])
    steps, centre = np.linspace(-1.0, 1.0, _ZOOM), field.system.waves[side.sphere].centre
    best = (0.0, 0.0, 0.0)
    for _ in range(_ROUNDS):
        rho = np.clip(at[0] + width[0] * steps, side.rho[0], side.rho[-1])
        theta = np.clip(at[1] + width[1] * steps, 0.0, np.pi)
        density = side.density(field, rho, theta)
        a, b = np.unravel_index(int(np.argmax(density)), density.shape)
        at, width = np.array([rho[a], theta[b]]), width * 2.5 / (_ZOOM - 1)
        best = max(
            best,
            (float(density[a, b]), float(at[0] * np.sin(at[1])), float(centre + at[0] * np.cos(at[1]))),
        )
    return best
