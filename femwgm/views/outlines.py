"""The body in the meridian plane, to scale: a closed curve for the outer surface of each layer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from femwgm.typing import Array


@dataclass(frozen=True)
class Outline:
    """Outer surface of a layer: from the south pole to the north pole at r >= 0 (um), or a closed loop off the axis.

    Attributes
    ----------
    name
        Region inside.
    r, z
        The curve.
    """

    name: str
    r: Array
    z: Array

    def equator(self, z: float = 0.0) -> float | None:
        """Largest radius (um) where the curve crosses a plane of constant z; None if it does not."""
        above = self.z >= z
        cross = np.flatnonzero(above[1:] != above[:-1])
        if not len(cross):
            return None
        dz = self.z[cross + 1] - self.z[cross]
        t = (z - self.z[cross]) / dz
        return float((self.r[cross] + t * (self.r[cross + 1] - self.r[cross])).max())

    def radius_at(self, z: float, fallback: float) -> float:
        """`equator`, or a fallback."""
        found = self.equator(z)
        return fallback if found is None else found


def outlines(geometry: Any, points: int = 1441) -> tuple[Outline, ...]:
    """Outlines of a configured body, from the centre outwards; empty for shapes that only their mesh knows.

    A geometry may bring its own as a method `outlines_um()` that gives (name, r, z) for each layer.
    """
    if hasattr(geometry, "outlines_um"):
        return tuple(Outline(name, np.asarray(r), np.asarray(z)) for name, r, z in geometry.outlines_um())
    if hasattr(geometry, "radii_um"):
        axes = [(radius, radius) for radius in geometry.radii_um]
    elif hasattr(geometry, "semi_axes_um"):
        axes = list(geometry.semi_axes_um)
    else:
        return ()
    # Cosines and sines of multiples of a quarter turn are exact, so the equator is on the curve.
    beta = np.linspace(-90.0, 90.0, points)
    cosine, sine = np.cos(np.radians(beta)), np.sin(np.radians(beta))
    cosine[[0, -1]] = 0.0
    return tuple(
        Outline(name, a * cosine, b * sine) for name, (a, b) in zip(geometry.regions, axes, strict=False)
    )
