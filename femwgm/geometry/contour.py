"""The outline of a body of revolution from a whole contour of it, as an electron micrograph shows it.

The axis is the line about which the contour mirrors best. The halves are compared and averaged; what they differ by is what the
body is off a body of revolution, or the micrograph off its section.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from femwgm.errors import GeometryError
from femwgm.ground.typing import RealArray

_TILTS = (0.0, -0.4, -0.15, 0.15, 0.4)
"""Tilts of the axis (rad) against y from which the best one is sought; the first wins where others are no better (a ball)."""
_UPRIGHT = 0.5
"""Largest tilt (rad) of an axis that counts as upright."""
_BETTER = 0.9
"""By how much another start must do better."""
_NEAR = 0.3
"""Distance from the axis, over that between points, below which a point is left out: the place on the axis stands for it."""
_LARGEST = 0.04
"""Rms distance of the halves over the size of the contour above which it is that of no body of revolution."""
_LEANING = 1e-3
"""The same for an axis at the limit of tilt, above which the true axis is taken to lie beyond."""


@dataclass(frozen=True)
class Halves:
    """The mean of the halves of a contour.

    Attributes
    ----------
    points
        r and z (um) from axis to axis, counterclockwise, shape (n, 2); z along the axis from where the file has its origin.
    tilt
        Angle of the axis against y (rad), clockwise.
    rms, largest
        Distance between the halves (um), root mean square and largest.
    """

    points: RealArray
    tilt: float
    rms: float
    largest: float


def halves(points: RealArray) -> Halves:
    """Axis and mean outline of a closed contour (n, 2) in x and y (um).

    Raises
    ------
    GeometryError
        If a coordinate is not finite, the contour does not cross its axis twice, its halves differ by much, or it is tilted.
    """
    from scipy.optimize import minimize

    x = np.asarray(points, dtype=float)
    if not np.isfinite(x).all() or len(x) < 6:
        raise GeometryError("the contour needs six points or more, all finite numbers")
    x = np.concatenate([x, x[:1]])
    x = x[
        np.r_[True, np.any(np.diff(x, axis=0) != 0.0, axis=1)]
    ]  # points that come twice in a row say nothing
    centre, size = _centroid(x), float(np.hypot(*np.ptp(x, axis=0)))
    best: Any = None
    for tilt in _TILTS:
        found = minimize(
            lambda v: _apart(x, centre, v[0], v[1] * size), [tilt, 0.0], method="Nelder-Mead",
            options={"initial_simplex": [[tilt, 0.0], [tilt + 0.05, 0.0], [tilt, 0.02]], "xatol": 1e-7, "fatol": 1e-9 * size},
        )  # fmt: skip
        if best is None or found.fun < _BETTER * best.fun - 1e-7 * size:
            best = found
    if not best.fun < _LARGEST * size:
        raise GeometryError(
            "the contour is not that of a body of revolution seen from the side: about no upright line does one half mirror the"
            f" other to {_LARGEST:.0%} of its size (best: {best.fun:.3g} um); an outline of one half has the header r_um,z_um"
        )
    if abs(best.x[0]) > 0.98 * _UPRIGHT and best.fun > _LEANING * size:
        raise GeometryError(
            f"the contour is most nearly symmetric about an axis tilted by {np.degrees(_UPRIGHT):.0f} degrees or more;"
            " turn it upright"
        )
    right, left = _both(x, centre, best.x[0], best.x[1] * size)
    apart = np.hypot(*(right - left).T)
    mean = 0.5 * (right + left)
    mean[[0, -1], 0] = 0.0
    near = np.min([np.hypot(*(mean - mean[end]).T) for end in (0, -1)], axis=0)
    near[[0, -1]] = np.inf
    mean = mean[near > _NEAR * np.median(np.hypot(*np.diff(mean, axis=0).T))]
    rms = float(np.sqrt(np.mean(apart**2)))
    return Halves(mean, float(best.x[0]), rms, float(apart.max()))


def _centroid(x: RealArray) -> RealArray:
    """Centre of the area within a closed polygon."""
    cross = x[:-1, 0] * x[1:, 1] - x[1:, 0] * x[:-1, 1]
    if abs(cross.sum()) <= 1e-12 * np.abs(cross).sum():
        raise GeometryError("the contour encloses no area")
    return np.asarray(((x[:-1] + x[1:]) * cross[:, None]).sum(axis=0) / (3.0 * cross.sum()))


def _apart(x: RealArray, centre: RealArray, tilt: float, offset: float) -> float:
    """Rms distance of the halves about an axis; the size of the contour where that is not upright or does not cut it in two."""
    nowhere = float(np.hypot(*np.ptp(x, axis=0)))
    if abs(tilt) > _UPRIGHT:
        return nowhere
    try:
        right, left = _both(x, centre, tilt, offset)
    except GeometryError:
        return nowhere
    return float(np.sqrt(np.mean(((right - left) ** 2).sum(axis=1))))


def _both(x: RealArray, centre: RealArray, tilt: float, offset: float) -> tuple[RealArray, RealArray]:
    """Both halves about an axis as (r, z) from its lower to its upper end, at the same shares of their lengths."""
    across, along = np.array([np.cos(tilt), -np.sin(tilt)]), np.array([np.sin(tilt), np.cos(tilt)])
    place = np.stack([(x - centre) @ across - offset, x @ along], axis=-1)
    r = place[:, 0]
    cuts = np.flatnonzero((r[:-1] < 0.0) != (r[1:] < 0.0))
    if len(cuts) != 2:
        raise GeometryError(f"the contour crosses its axis {len(cuts)} times, not twice")
    ends = [place[i] + (place[i + 1] - place[i]) * (r[i] / (r[i] - r[i + 1])) for i in cuts]
    first = np.concatenate([ends[:1], place[cuts[0] + 1 : cuts[1] + 1], ends[1:]])
    second = np.concatenate([ends[1:], place[cuts[1] + 1 : -1], place[: cuts[0] + 1], ends[:1]])
    one, other = (half if half[0, 1] < half[-1, 1] else half[::-1] for half in (first, second))
    shares = max((_lengths(half) for half in (one, other)), key=len)
    left, right = sorted(
        (_at(half, shares) for half in (one, other)), key=lambda half: float(half[:, 0].sum())
    )
    return right, np.asarray(left * np.array([-1.0, 1.0]))


def _lengths(chain: RealArray) -> RealArray:
    """Length along a chain up to each of its points, as a share of the whole."""
    s = np.r_[0.0, np.cumsum(np.hypot(*np.diff(chain, axis=0).T))]
    return np.asarray(s / s[-1])


def _at(chain: RealArray, shares: RealArray) -> RealArray:
    """Points at shares of the length of a chain."""
    s = _lengths(chain)
    return np.stack([np.interp(shares, s, values) for values in chain.T], axis=-1)
