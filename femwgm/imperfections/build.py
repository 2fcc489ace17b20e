"""From the configuration's words to the relief of each interface."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from scipy.interpolate import RectSphereBivariateSpline

from femwgm.config.imperfections import HeightMap, Imperfection, IndexGrid, MeasuredSpectrum
from femwgm.config.schema import RunConfig
from femwgm.ground.typing import Array
from femwgm.imperfections import relief
from femwgm.imperfections.bead import Placed
from femwgm.imperfections.harmonics import MAX_DEGREE
from femwgm.imperfections.relief import Relief
from femwgm.imperfections.series import Coat, Place

Direction = tuple[float, float, float]
_ROUND = ("offset", "ellipticity", "bead", "notch", "patch")
"""Ways that leave a body of revolution about their direction."""


def reliefs(config: RunConfig, axis: Direction | None = None) -> dict[Place, Relief]:
    """Relief of each interface that has one, by number from the centre outwards, and thickness of each film on the last.

    With the common axis, as if it were z.
    """
    names, radii = config.geometry.regions, config.geometry.radii_um
    found: dict[Place, Relief] = {}
    for entry in config.imperfections:
        named = entry.surface or entry.thickness
        if entry.patch is not None:
            place: Place = Coat(len(radii) - 1, complex(entry.patch.n, entry.patch.k))
            made = relief.bump(entry.patch.thickness_um, entry.patch.width_um, _along(entry, axis), radii[-1])
            found[place] = found[place] + made if place in found else made
        elif named is not None:
            first = names.index(named)
            for i in range(first, len(radii) if entry.thickness else first + 1):
                made = _relief(entry, radii[i], radii[first], axis)
                found[i] = found[i] + made if i in found else made
    return found


def index_maps(config: RunConfig) -> dict[int, Relief]:
    """Map of dn of each layer that has one, by number from the centre outwards."""
    names, radii = config.geometry.regions, config.geometry.radii_um
    found: dict[int, Relief] = {}
    for entry in config.imperfections:
        if entry.dn is None or entry.layer is None:
            continue
        i = names.index(entry.layer)
        if entry.dn.harmonics is not None:
            made = relief.harmonics(entry.dn.harmonics)
        elif entry.dn.map is not None:
            made = from_map(entry.dn.map)
        else:
            assert entry.dn.rms is not None
            assert entry.dn.correlation_length_um is not None
            variance = _normalised("gaussian", entry.dn.correlation_length_um, radii[i])
            made = relief.random(variance * entry.dn.rms**2, entry.dn.seed or 0, MAX_DEGREE)
        found[i] = found[i] + made if i in found else made
    return found


def beads(config: RunConfig, axis: Direction | None = None) -> list[Placed]:
    """The beads on the outermost surface; with the common axis, as if it were z."""
    return [
        Placed(entry.bead.radius_um, complex(entry.bead.n, entry.bead.k), _along(entry, axis))
        for entry in config.imperfections
        if entry.bead is not None
    ]


def _relief(entry: Imperfection, radius: float, first: float, axis: Direction | None) -> Relief:
    """The relief of an interface of a radius (um); random maps are drawn on the innermost one that the entry changes."""
    direction = _along(entry, axis)
    if entry.notch is not None:
        return relief.bump(-entry.notch.depth_um, entry.notch.width_um, direction, radius)
    if entry.harmonics is not None:
        return relief.harmonics(entry.harmonics)
    if entry.map is not None:
        return from_map(entry.map).filtered(np.full(MAX_DEGREE, 1e-3))
    if entry.offset_um is not None:
        return relief.offset(entry.offset_um, direction, radius)
    if entry.ellipticity_um is not None:
        return relief.ellipsoid((0.0, 0.0, -entry.ellipticity_um), axes_around(direction), radius)
    if entry.grating is not None:
        return relief.sectoral(entry.grating.order, entry.grating.amplitude_um)
    return relief.random(_variance(entry, first), entry.seed or 0, MAX_DEGREE)


def common_axis(config: RunConfig) -> Direction | None:
    """The axis about which the imperfect sphere is a body of revolution, if it has one and that is not z."""
    if not all(entry.way in _ROUND for entry in config.imperfections):
        return None
    axes = [np.asarray(_along(entry)) / np.linalg.norm(_along(entry)) for entry in config.imperfections]
    x, y, z = axes[0].tolist()
    alike = all(abs(abs(axis @ axes[0]) - 1.0) < 1e-14 for axis in axes)
    return (x, y, z) if alike and math.hypot(x, y) > 0.0 else None


def _along(entry: Imperfection, axis: Direction | None = None) -> Direction:
    """Direction of an entry; with the common axis, as if it were z."""
    direction = entry.direction or (0.0, 0.0, 1.0)
    if axis is None:
        return direction
    return (0.0, 0.0, math.copysign(1.0, float(np.dot(direction, axis))))


def axes_around(direction: Sequence[float]) -> Array:
    """Three orthonormal axes (rows), the last along a direction."""
    along = np.asarray(direction, dtype=np.float64)
    along = along / np.linalg.norm(along)
    other = np.eye(3)[int(np.argmin(np.abs(along)))]
    across = np.cross(along, other)
    across /= np.linalg.norm(across)
    return np.stack([across, np.cross(along, across), along])


def _variance(entry: Imperfection, radius: float) -> Array:
    """Variance (um^2) of each degree of a random map; an rms that is given is that of all degrees but L = 0."""
    if isinstance(entry.spectrum, MeasuredSpectrum):
        q, density = (np.asarray(c) for c in (entry.spectrum.q_rad_per_um, entry.spectrum.psd_um4))
        variance = relief.measured(q, density, radius, MAX_DEGREE)
    else:
        assert entry.correlation_length_um is not None
        variance = _normalised(entry.spectrum or "gaussian", entry.correlation_length_um, radius)
    total = float(variance[1:].sum())
    if entry.rms_um is None or total == 0.0:
        return variance
    lost = 0.0 if isinstance(entry.spectrum, MeasuredSpectrum) else max(1.0 - float(variance.sum()), 0.0)
    return np.asarray(variance * (entry.rms_um**2 / (total + lost)))


def _normalised(kind: str, length: float, radius: float) -> Array:
    """Variance of each degree of a random map of unit variance; what lies beyond the highest degree stays out of the sum."""
    variance = relief.spectrum(kind, length, radius, MAX_DEGREE)
    return np.asarray(variance / max(float(variance.sum()), 1.0))


def from_map(table: HeightMap | IndexGrid) -> Relief:
    """A table of values, interpolated by splines on the sphere, as harmonics as fine as its grid."""
    theta, phi = np.radians(table.theta_deg), np.radians(table.phi_deg)
    values = np.asarray(table.rows)
    poles = [
        float(values[i].mean()) if at else None
        for i, at in ((0, theta[0] < 1e-9), (-1, theta[-1] > math.pi - 1e-9))
    ]
    inside = (theta >= 1e-9) & (theta <= math.pi - 1e-9)
    turn = phi[-1] - phi[0] < 2.0 * math.pi - 1e-9
    kept = phi if turn else phi[:-1]
    start = kept[0]
    spline = RectSphereBivariateSpline(
        theta[inside], kept - start - math.pi, values[inside][:, : kept.size], s=0.0,
        pole_values=tuple(p if p is not None else False for p in poles) if any(p is not None for p in poles) else None,
    )  # fmt: skip

    def at(unit: Array) -> Array:
        polar = np.arccos(np.clip(unit[2], -1.0, 1.0)).ravel()
        around = np.mod(np.arctan2(unit[1], unit[0]) - start, 2.0 * math.pi).ravel() - math.pi
        return np.asarray(spline.ev(polar, around)).reshape(unit.shape[1:])

    return relief.from_function(at, min(int(inside.sum()) - 1, kept.size // 2))
