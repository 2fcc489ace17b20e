"""The field along a radius, each side of every interface kept apart."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from femwgm.typing import Array
from femwgm.views.patches import Patches, interpolation


@dataclass(frozen=True)
class Profile:
    """The field along a radius at a height z: pieces that end at the interfaces.

    Attributes
    ----------
    r
        Radii (um), ascending; an interface appears twice.
    patches
        The field there as one patch (1, 1, points), so that every quantity applies.
    region
        Region of each point.
    """

    r: Array
    patches: Patches
    region: Array


def profile(patches: Patches, z: float = 0.0, points: int = 400) -> Profile:
    """Field along the radius at height z (um), through every patch that it crosses.

    Each patch that the line crosses contributes its own Chebyshev-accurate piece; nothing is smoothed across an interface.
    """
    pieces = [piece for i in range(len(patches)) if (piece := _crossing(patches, i, z, points)) is not None]
    pieces.sort(key=lambda piece: (piece[0].mean(), -piece[0].size))
    kept, end = [], -np.inf
    for r, values, region in pieces:
        if r.mean() > end + 1e-12 * max(abs(end), 1.0) or end == -np.inf:
            kept.append((r, values, region))
            end = r[-1] - 1e-9 * (r[-1] - r[0])
    if not kept:
        return Profile(np.empty(0), patches.select(()), np.empty(0, int))
    r = np.concatenate([piece[0] for piece in kept])
    values = np.concatenate([piece[1] for piece in kept], axis=1)
    regions = np.concatenate([np.full(len(piece[0]), piece[2]) for piece in kept])
    media = np.unique(regions)
    line = replace(
        patches, r=r[None, None], z=np.full((1, 1, len(r)), z), E=values[:3, None, None], H=values[3:, None, None],
        region=np.array([media[0]]), t=np.array([0.0]),
    )  # fmt: skip
    return Profile(r, line, regions)


def _crossing(patches: Patches, i: int, z: float, points: int) -> tuple[Array, Array, int] | None:
    """The piece of the line inside one patch: radii, E and H (6, points), region."""
    Z = patches.z[i]
    slack = 1e-9 * max(np.ptp(Z), 1e-12)
    if Z.min() > z + slack or Z.max() < z - slack:
        return None
    dense = np.linspace(0.0, 1.0, 33)
    B = interpolation(patches.t, dense)
    r, zz = B @ patches.r[i] @ B.T, B @ Z @ B.T
    reach = _span(r, zz, z, slack)
    if reach is None:
        return None
    radii = np.linspace(*reach, max(points // 4, 41))
    only = patches.one(i)
    E, H = only(radii, np.full_like(radii, z))
    owner, _ = only.find(radii, np.full_like(radii, z))
    inside = owner >= 0
    if inside.sum() < 2:
        return None
    return radii[inside], np.concatenate([E, H])[:, inside], int(patches.region[i])


def _span(r: Array, z: Array, level: float, slack: float) -> tuple[float, float] | None:
    """Smallest and largest r where a patch's rim crosses a level of z."""
    rim_r = np.concatenate([r[0], r[:, -1], r[-1, ::-1], r[::-1, 0]])
    rim_z = np.concatenate([z[0], z[:, -1], z[-1, ::-1], z[::-1, 0]])
    on = np.abs(rim_z - level) <= slack
    cross = list(rim_r[on])
    d = rim_z - level
    k = np.flatnonzero((d[1:] * d[:-1] < 0.0) & ~on[1:] & ~on[:-1])
    cross += list(rim_r[k] + (rim_r[k + 1] - rim_r[k]) * d[k] / (d[k] - d[k + 1]))
    return (min(cross), max(cross)) if cross and max(cross) > min(cross) else None
