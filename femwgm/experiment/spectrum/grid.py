"""Where in the space of parameters a spectrum could fit: the likelihood with blunt errors on a grid.

A comb repeats after one free spectral range, so the likelihood has a maximum for every integer by which all l can be wrong. The
scan visits them all, on the approximate lines of an atlas and with errors of a twentieth of the spacing, which tells the places
that are worth a fit.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np

from femwgm.experiment.spectrum.likelihood import Odds, pair_gains
from femwgm.experiment.spectrum.line_fits import REACH, Atlas
from femwgm.experiment.spectrum.peaks import Peaks
from femwgm.ground.typing import Array

__all__ = ["BLUNT", "Start", "scan"]

BLUNT = 0.05
"""Error of the scan in units of the spacing of the comb."""
HOPELESS = 20.0
"""Starts whose blunt likelihood is smaller by exp of this are left out."""
MAX_ROWS = 240
"""Most rows of the grid, over all parameters besides the first."""


@dataclass(frozen=True)
class Start:
    """Where to begin a fit, and how good it looked."""

    x: Array
    score: float


def scan(atlas: Atlas, peaks: Peaks, odds: Odds, keep: int) -> list[Start]:
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
    """
    blunt = np.hypot(peaks.error_nm, BLUNT * atlas.spacing_nm)
    found: dict[bytes, Start] = {}
    for points in _grid(atlas):
        for start, names in _tops(atlas, points, peaks, odds, blunt):
            key = names.tobytes()
            if key not in found or found[key].score < start.score:
                found[key] = start
    ranked = sorted(found.values(), key=lambda s: -s.score)
    return [start for start in ranked if start.score > ranked[0].score - HOPELESS][:keep]


def _grid(atlas: Atlas) -> list[Array]:
    """Rows of parameter vectors: along the first free parameter in fine steps, one row for each value of the others."""
    prior, free = atlas.prior, atlas.free
    if free.size == 0:
        return [prior.mean[None, :]]
    lines = atlas.lines(prior.mean)
    counts, reaches = [], []
    along = lines.slope[:, free[0]]
    for index in free[1:]:
        # What a change of the first parameter does as well the scan along it will find; what remains tells lines apart.
        slope = lines.slope[:, index]
        apart = np.ptp(slope - along * (along @ slope) / (along @ along))
        reach = 0.95 * REACH * prior.deviation[index]
        counts.append(max(2.0 * reach * apart / (2.5 * BLUNT * atlas.spacing_nm), 3.0))
        reaches.append(reach)
    excess = max(np.prod(counts) / MAX_ROWS, 1.0) ** (1.0 / max(len(counts), 1))
    axes = [
        np.linspace(-reach, reach, int(np.ceil(max(count / excess, 3.0))) | 1)
        for count, reach in zip(counts, reaches, strict=True)
    ]
    reach = REACH * prior.deviation[free[0]]
    count = int(2.0 * reach * np.abs(along).max() / (0.8 * BLUNT * atlas.spacing_nm)) + 2
    row = np.linspace(-reach, reach, count)
    rows = []
    for others in itertools.product(*axes):
        points = np.tile(prior.mean, (count, 1))
        points[:, free[0]] += row
        points[:, free[1:]] += others
        rows.append(points)
    return rows


def _tops(atlas: Atlas, points: Array, peaks: Peaks, odds: Odds, blunt: Array) -> list[tuple[Start, Array]]:
    """Local maxima along a row, each with the mode (or -1) that every peak would be."""
    lines = atlas.wavelengths(points)
    inside = (lines.min(axis=0) < peaks.wavelength_nm[-1] + atlas.spacing_nm) & (
        lines.max(axis=0) > peaks.wavelength_nm[0] - atlas.spacing_nm
    )
    index = np.flatnonzero(inside)
    labels, lines = atlas.labels.take(index), lines[:, index]
    if not index.size:
        return []
    # Gains are those of the peaks at one point of the row but for the distances, which are all that differs along it.
    own, _, _ = pair_gains(peaks, lines[0], labels, odds, blunt)
    away = (peaks.wavelength_nm[:, None] - lines[0]) / blunt[:, None]
    seen = np.log1p(-odds.of_order(labels.q))
    edge = 3.0 * blunt.max() + 1e-9
    lo, hi = peaks.wavelength_nm[0] - edge, peaks.wavelength_nm[-1] + edge
    missed = np.where((lines >= lo) & (lines <= hi), seen, 0.0)
    first = np.where((lines[0] >= lo) & (lines[0] <= hi), seen, 0.0)
    gains = ((peaks.wavelength_nm[:, None] - lines[:, None, :]) / blunt[:, None]).astype(np.float32)
    np.multiply(gains, gains, out=gains)
    gains *= -0.5
    gains += (own + 0.5 * away**2 + first).astype(np.float32)
    gains -= missed[:, None, :].astype(np.float32)
    prior = atlas.prior
    z = (points - prior.mean)[:, atlas.free] / prior.deviation[atlas.free]
    score = np.maximum(gains.max(axis=2), 0.0).sum(axis=1) + missed.sum(axis=1) - 0.5 * (z**2).sum(axis=1)
    padded = np.concatenate([[-np.inf], score, [-np.inf]])
    tops = np.flatnonzero((score >= padded[:-2]) & (score >= padded[2:]))
    tops = tops[np.argsort(-score[tops])][:8]
    best = np.where(gains[tops].max(axis=2) > 0.0, index[gains[tops].argmax(axis=2)], -1)
    return [(Start(points[i], float(score[i])), names) for i, names in zip(tops, best, strict=True)]
