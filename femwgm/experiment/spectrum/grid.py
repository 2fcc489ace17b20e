"""Where in the space of parameters a spectrum could fit: the likelihood with blunt errors on a grid.

A comb repeats after one free spectral range, so the likelihood has a maximum for every integer by which all l can be wrong. The
scan visits them all, on the approximate lines of an atlas and with errors of a twentieth of the spacing, which tells the places
that are worth a fit.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np

from femwgm.experiment.spectrum.likelihood import Neighbours, Odds
from femwgm.experiment.spectrum.line_fits import Atlas
from femwgm.experiment.spectrum.peaks import Peaks
from femwgm.ground.typing import Array

BLUNT = 0.05
"""Error of the scan in units of the spacing of the comb."""
HOPELESS = 40.0
"""Starts whose blunt likelihood is smaller by exp of this are left out."""
SCANNED = 3.7
"""Radius of the ball, in standard deviations of the prior, that is scanned."""
MAX_ROWS = 240
"""Most rows of the grid, over all parameters besides the first."""
PIECE = 80
"""Points of a row that are scored together."""


@dataclass(frozen=True)
class Start:
    """Where to begin a fit, and how good it looked."""

    x: Array
    score: float


def scan(atlas: Atlas, peaks: Peaks, odds: Odds, keep: int, blunt: float = BLUNT) -> list[Start]:
    """The most promising starts, best first, no two of which take the peaks for the same modes.

    Parameters
    ----------
    atlas
        Lines over the prior.
    peaks
        Measured peaks.
    odds
        Of seeing, missing and imagining lines.
    keep
        How many starts to return at most.
    blunt
        Error in units of the spacing of the comb.
    """
    sigma = np.hypot(peaks.error_nm, blunt * atlas.spacing_nm)
    found: dict[bytes, Start] = {}
    for points in _grid(atlas, blunt):
        for start, names in _tops(atlas, points, peaks, odds, sigma):
            key = names.tobytes()
            if key not in found or found[key].score < start.score:
                found[key] = start
    ranked = sorted(found.values(), key=lambda s: -s.score)
    return [start for start in ranked if start.score > ranked[0].score - HOPELESS][:keep]


def _grid(atlas: Atlas, blunt: float) -> list[Array]:
    """Rows of parameter vectors: along the first free parameter in fine steps, one row for each value of the others."""
    prior, free = atlas.prior, atlas.free
    if free.size == 0:
        return [prior.mean[None, :]]
    lines = atlas.lines(prior.mean)
    along = lines.slope[:, free[0]]
    counts = []
    for index in free[1:]:
        # What a change of the first parameter does as well the scan along it will find; what remains tells lines apart.
        slope = lines.slope[:, index]
        apart = np.ptp(slope - along * (along @ slope) / (along @ along))
        counts.append(
            max(2.0 * SCANNED * prior.deviation[index] * apart / (2.5 * blunt * atlas.spacing_nm), 3.0)
        )
    excess = max(np.prod(counts) / MAX_ROWS, 1.0) ** (1.0 / max(len(counts), 1))
    axes = [np.linspace(-1.0, 1.0, int(np.ceil(max(count / excess, 3.0))) | 1) for count in counts]
    reach = SCANNED * prior.deviation[free[0]]
    count = int(2.0 * reach * np.abs(along).max() / (0.8 * blunt * atlas.spacing_nm)) + 2
    row = np.linspace(-1.0, 1.0, count)
    rows = []
    for others in itertools.product(*axes):
        u = np.column_stack([row, np.tile(others, (count, 1))])
        u = u[(u**2).sum(axis=1) <= 1.0]
        points = np.tile(prior.mean, (len(u), 1))
        points[:, free] += SCANNED * prior.deviation[free] * u
        rows.append(points)
    return [points for points in rows if len(points)]


def _tops(atlas: Atlas, points: Array, peaks: Peaks, odds: Odds, blunt: Array) -> list[tuple[Start, Array]]:
    """Local maxima along a row, each with the mode (or -1) that every peak would be."""
    parts = np.array_split(points, max(len(points) // PIECE, 1))
    scores, modes = zip(*(_scores(atlas, part, peaks, odds, blunt) for part in parts), strict=True)
    score, mode = np.concatenate(scores), np.concatenate(modes)
    padded = np.concatenate([[-np.inf], score, [-np.inf]])
    tops = np.flatnonzero((score >= padded[:-2]) & (score >= padded[2:]))
    tops = tops[np.argsort(-score[tops])][:8]
    return [(Start(points[i], float(score[i])), mode[i]) for i in tops]


def _scores(atlas: Atlas, x: Array, peaks: Peaks, odds: Odds, blunt: Array) -> tuple[Array, Array]:
    """Logarithm of the blunt posterior at points, and the mode (or -1) that every peak would be."""
    index = atlas.near(x, peaks.wavelength_nm[0], peaks.wavelength_nm[-1])
    if not index.size:
        return np.full(len(x), -np.inf), np.full((len(x), len(peaks)), -1)
    lines = atlas.wavelengths(x, index)
    near, gains, missed = Neighbours(peaks, atlas.labels.take(index), odds, blunt)(lines)
    top, best = gains.max(axis=2), gains.argmax(axis=2)[:, :, None]
    prior, free = atlas.prior, atlas.free
    z = (x - prior.mean)[:, free] / prior.deviation[free]
    score = np.maximum(top, 0.0).sum(axis=1) + missed - 0.5 * (z**2).sum(axis=1)
    return score, np.where(top > 0.0, index[np.take_along_axis(near, best, axis=2)[:, :, 0]], -1)
