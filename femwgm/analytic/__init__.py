"""Exact modes of layered spheres: a sibling of the finite-element side that shares no code with it."""

from __future__ import annotations

from collections.abc import Sequence

from femwgm.analytic.media import Index
from femwgm.analytic.mode import ExactMode
from femwgm.analytic.sphere import LayeredSphere

__all__ = ["ExactMode", "LayeredSphere", "layered_sphere"]


def layered_sphere(
    radii_um: Sequence[float], indices: Sequence[Index], radial_indices: Sequence[Index | None] | None = None
) -> LayeredSphere:
    """A layered sphere, solved exactly; see :class:`LayeredSphere`.

    >>> layered_sphere([60.0], [1.456, 1.0]).mode("TE", l=800, q=1).log10_q_rad.__round__(6)
    128.297731
    """
    return LayeredSphere(radii_um, indices, radial_indices)
