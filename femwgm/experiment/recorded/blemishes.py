"""Points that no line explains: clipped by the detector, hit by a cosmic ray, dead. They are left out and listed."""

from __future__ import annotations

import numpy as np

from femwgm.ground.typing import Array

NARROWEST = 2.5
"""Points across the full width of the narrowest line that an instrument shows, where its response is not given."""
STRIKING = 6.0
"""Standard deviations from which a lone point is looked at."""
SHAPE = 0.05
"""Share of a line by which its shape may err before a point on it is called a blemish."""


def saturated(y: Array, limit: float | None) -> Array:
    """Points at or above the limit; without one, points of a flat top of at least three equal counts at the maximum."""
    if limit is not None:
        return np.asarray(y >= limit)
    at_top = y >= y.max()
    runs = np.diff(np.flatnonzero(np.diff(np.concatenate([[0], at_top.astype(int), [0]]))))[::2]
    return at_top if runs.size and runs.max() >= 3 else np.zeros(y.shape, dtype=bool)


def spikes(rest: Array, sigma: Array, lines: Array, points: float) -> tuple[Array, Array]:
    """Cosmic rays and dead points: narrower than anything that the instrument can show.

    Parameters
    ----------
    rest
        Counts beyond the model, NaN where already left out.
    sigma
        Their standard deviations.
    lines
        Counts of the model's lines.
    points
        Points across the full width of the instrument's response. Below two nothing can be told.

    Returns
    -------
    cosmic, dead
        One flag a point.
    """
    cosmic, dead = np.zeros(rest.shape, dtype=bool), np.zeros(rest.shape, dtype=bool)
    if points < 2.0:
        return cosmic, dead
    padded = np.concatenate([[0.0, 0.0], np.nan_to_num(rest), [0.0, 0.0]])
    before, after = padded[1:-3], padded[3:-1]
    striking = np.nan_to_num(rest) > np.maximum(STRIKING * sigma, SHAPE * lines)
    side = np.maximum(before, after)
    cosmic |= striking & (side < 0.8 * _fall(1.0, 0.0, points) * np.nan_to_num(rest) - 3.0 * sigma)
    # A ray that strikes two points: what lies outside the two must be far lower.
    pair = np.maximum(padded[2:-2], padded[3:-1])
    outside = np.maximum(padded[1:-3], padded[4:])
    double = (
        striking[:-1] & striking[1:] & (outside < 0.8 * _fall(1.5, 0.5, points) * pair - 3.0 * sigma)[:-1]
    )
    cosmic[:-1] |= double
    cosmic[1:] |= double
    low = -np.nan_to_num(rest)
    dead |= (low > np.maximum((STRIKING + 2.0) * sigma, SHAPE * lines)) & (
        -np.minimum(before, after) < 0.5 * low
    )
    return cosmic, dead


def _fall(far: float, near: float, points: float) -> float:
    """Counts of a Gauss line `far` points from its centre over those `near` points from it."""
    return float(np.exp(-4.0 * np.log(2.0) * (far**2 - near**2) / points**2))
