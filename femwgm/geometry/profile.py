"""The outer surface of a body height by height: what paths along it and across it follow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from femwgm.geometry.curves import Curve
from femwgm.geometry.section import Section
from femwgm.ground.typing import Array, RealArray

_SAMPLES = 257


@dataclass(frozen=True)
class Profile:
    """Points r, z (um) of the outermost surface from the bottom of a body to its top; equal angles on a sphere.

    Heights count from `centre`; `others` are the profiles of the other bodies of a stack.
    """

    r: RealArray
    z: RealArray
    centre: float = 0.0
    others: tuple[Profile, ...] = ()

    def near(self, z: float) -> Profile:
        """The profile, of all bodies of a stack, whose centre lies next to a height (um)."""
        return min((self, *self.others), key=lambda profile: abs(profile.centre - z))

    def scale(self, r: Array, z: Array) -> Array:
        """The factor by which the profile is to be scaled about its centre to pass through points (um)."""
        z = z - self.centre
        return np.asarray(
            np.hypot(r, z) / np.interp(np.arctan2(z, r), self._angles, np.hypot(self.r, self.z))
        )

    def normal(self, r: Array, z: Array) -> Array:
        """Unit normals (2, points), outwards, of the scaled profiles through points (um)."""
        n = np.stack([np.gradient(self.z), -np.gradient(self.r)])
        angles = np.arctan2(z - self.centre, r)
        n = np.stack([np.interp(angles, self._angles, part) for part in n / np.hypot(*n)])
        return np.asarray(n / np.hypot(*n))

    def along(self, scale: float, latitude: float, upper: bool, samples: int) -> Array:
        """Points (2, samples) along the scaled profile, its upper half or all of it, up to a latitude (rad)."""
        angles = self._angles
        inside = np.arange(len(angles))
        if self.centre == 0.0:
            inside = np.flatnonzero((np.abs(angles) < latitude) & (not upper or self.z >= 0.0))
        t = np.linspace(inside[0], inside[-1], samples)
        r, z = (np.interp(t, np.arange(len(angles)), x) for x in (self.r, self.z))
        return np.stack([scale * r, scale * z + self.centre])

    @property
    def _angles(self) -> RealArray:
        """Latitudes (rad) of the points, made to ascend where a surface does not see the origin."""
        return np.asarray(np.maximum.accumulate(np.arctan2(self.z, self.r)))


def profile_of(section: Section) -> Profile | None:
    """Profile of the body of a section; None if it has none, or is flat.

    A body that reaches no farther along the axis than half its radius (every torus, most disks) has its modes near the equator,
    where a circle about the origin does; scaled about the origin, the rim of a torus would cut the lobes of q > 1.
    """
    if section.stacked:
        profiles = [
            profile for names in section.stacked if (profile := _of(section, names, about_centre=True))
        ]
        return replace(profiles[-1], others=tuple(profiles[:-1])) if profiles else None
    return _of(section, section.body)


def _of(section: Section, names: Sequence[str], *, about_centre: bool = False) -> Profile | None:
    """Profile of the regions of one body, about the origin or the middle of its height."""
    edges = [_edges(p.outline.curves) for p in section.pieces if p.region in names]
    if not edges:
        return None
    a, b = np.concatenate(edges, axis=1)
    low, high = min(a[:, 1].min(), b[:, 1].min()), max(a[:, 1].max(), b[:, 1].max())
    centre = 0.5 * (low + high) if about_centre else 0.0
    if max(abs(low - centre), abs(high - centre)) <= 0.5 * max(a[:, 0].max(), b[:, 0].max()):
        return None
    t = (np.arange(_SAMPLES) + 0.5) / _SAMPLES
    z = 0.5 * (low + high) - 0.5 * (high - low) * np.cos(np.pi * t)
    return Profile(_outermost(a, b, z), z - centre, centre)


def _edges(curves: tuple[Curve, ...]) -> Array:
    points = [c.at(np.linspace(0.0, 1.0, _SAMPLES)) for c in curves]
    return np.stack([np.concatenate([p[:-1] for p in points]), np.concatenate([p[1:] for p in points])])


def _outermost(a: Array, b: Array, z: RealArray) -> RealArray:
    """Largest r of edges a to b at heights z; 0 where there is none."""
    level = z[:, None]
    meets = (a[:, 1] > level) != (b[:, 1] > level)
    rise = np.where(meets, b[:, 1] - a[:, 1], 1.0)
    r = a[:, 0] + (level - a[:, 1]) * (b[:, 0] - a[:, 0]) / rise
    return np.where(meets, r, 0.0).max(axis=1)
