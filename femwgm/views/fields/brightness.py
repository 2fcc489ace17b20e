"""What "max" means in a picture: the largest value that the mode itself reaches, apart from the tips of sharp edges.

At a sharp edge of a dielectric |E| grows without bound, in a spot far smaller than the wavelength; the mesh decides how much
of it is seen. Colours measured by that spot would leave the mode in the dark, so values beyond the mode's own are drawn as the
largest.
"""

from __future__ import annotations

import numpy as np

from femwgm.ground.typing import Array
from femwgm.views.fields.patches import Patches

_SPOT = 0.04
"""Side of the spot that does not count, in wavelengths in the densest medium: lobes of a wave are some ten times as wide."""
_AWAY = 0.15
"""How far (in the same wavelengths) from such a spot the mode's own maximum is looked for."""
_EXCESS = 1.2
"""Ratio from which on a spot is one: smooth maxima stay within a few per cent of their surroundings."""
_USUAL_INDEX = 1.5


def level(patches: Patches, values: Array) -> float:
    """Largest modulus of values (patches, n, n), or what is reached beyond a spot that no wave could fill."""
    return _levels(patches, np.abs(values))[0]


def beyond(patches: Patches, values: Array) -> bool:
    """Whether values (patches, n, n) have a spot at an edge that outshines the mode; H has none where only E does."""
    own, top = _levels(patches, np.abs(values))
    return own < top


def peak(patches: Patches) -> tuple[float, float]:
    """(r, z) in um of the mode's largest |E|^2, away from sharp edges; of a mirror pair the one at z >= 0."""
    e2 = _e2(patches)
    own, top = _levels(patches, e2)
    if own < top:
        spot = e2 > _EXCESS * own
        hot = np.stack([patches.r[spot], patches.z[spot]], axis=-1)
        e2 = np.where(_near(patches, hot, _AWAY * _wavelength(patches)), 0.0, e2)
    each = e2.max(axis=(1, 2))
    best = np.flatnonzero(each > each.max() * (1.0 - 1e-9))
    patch = int(best[np.argmax(patches.z[best].max(axis=(1, 2)))])
    if own < top:
        i = int(np.argmax(e2[patch]))
        return float(patches.r[patch].ravel()[i]), float(patches.z[patch].ravel()[i])
    fine = patches.one(patch).at(np.linspace(0.0, 1.0, 241))
    i = int(np.argmax(_e2(fine)))
    return float(fine.r.ravel()[i]), float(fine.z.ravel()[i])


def _e2(patches: Patches) -> Array:
    return np.asarray((np.abs(patches.E) ** 2).sum(axis=0))


def _levels(patches: Patches, sizes: Array) -> tuple[float, float]:
    """The mode's largest value, and the largest of all."""
    top = float(sizes.max(initial=0.0))
    spot = (_SPOT * _wavelength(patches)) ** 2
    if not top or patches.areas[sizes > top / _EXCESS].sum() > spot:
        return top, top
    order = np.argsort(sizes, axis=None)[::-1]
    covered = np.cumsum(patches.areas.ravel()[order])
    own = float(sizes.ravel()[order[min(int(np.searchsorted(covered, spot)), len(order) - 1)]])
    return (own, top) if top > _EXCESS * own else (top, top)


def _wavelength(patches: Patches) -> float:
    """Wavelength (um) in the densest medium."""
    largest = np.nanmax(
        [*patches.permittivity().real.ravel(), *patches.permittivity("axial").real.ravel(), -np.inf]
    )
    index = np.sqrt(largest) if largest > 0.0 else _USUAL_INDEX
    return float(2.0 * np.pi / patches.k0.real / index)


def _near(patches: Patches, points: Array, distance: float) -> Array:
    """Whether samples lie within a distance of some points, shape (patches, n, n)."""
    from scipy.spatial import cKDTree

    samples = np.stack([patches.r, patches.z], axis=-1)
    gap, _ = cKDTree(points).query(samples.reshape(-1, 2), distance_upper_bound=distance)
    return np.asarray(np.isfinite(gap).reshape(patches.r.shape))
