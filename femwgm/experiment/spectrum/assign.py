"""Mode assignment: from measured peaks to (pol, l, q) of each, with the sphere that fits and the rivals that fit nearly as well.

The exact layered sphere is fitted to the peaks under a prior on diameter, thickness and index, with missing and spurious lines
allowed (`femwgm.experiment.spectrum.likelihood`). Every maximum of the posterior that a scan over the prior finds is a reading
of the spectrum; readings are ranked by their evidence, so that a comb which is right but for one unit in all l competes with its
neighbours on equal terms and is reported beside them.

Limits: isolated round spheres. A deformed sphere splits each line into its m components, and the index profile of a film that
is not uniform is not a single number.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from femwgm.errors import SolveError
from femwgm.experiment.spectrum.assignment import Assignment, Name, Reading
from femwgm.experiment.spectrum.fitting import Approach, Fit, approach, exactly, finish, shifted, widen
from femwgm.experiment.spectrum.grid import scan
from femwgm.experiment.spectrum.likelihood import Odds, pair_gains
from femwgm.experiment.spectrum.line_fits import Atlas
from femwgm.experiment.spectrum.model import CoatedSphere
from femwgm.experiment.spectrum.peaks import Peaks
from femwgm.experiment.spectrum.prior import Prior

__all__ = ["assign", "read"]

STARTS = 1200
"""Starts that are followed."""
FINALISTS = 120
"""Readings that are followed to the end: a comb repeats once a degree, and a prior of a few per cent holds dozens of them."""
MOST_READINGS = 300
HOPELESS = 30.0
"""Approaches whose likelihood is smaller by exp of this are not followed to the end."""
NOTHING = (
    "no sphere within the prior explains any of the peaks; widen it with --free, or allow more radial orders"
)
RIVAL_NATS = 9.2
"""Readings less probable than the best by more than exp of this (1e4) are dropped."""
SCALES = (2.0, 4.0, 8.0, 16.0)
"""Factors tried on the stated errors."""
CONVINCING = 6.0
"""Gain in log evidence for which the stated errors are given up."""


def assign(
    body: CoatedSphere, peaks: Peaks, prior: Prior, orders: Sequence[int] = (1,), odds: Odds | None = None,
) -> Assignment:  # fmt: skip
    """Read a spectrum.

    Parameters
    ----------
    body
        The sphere to fit.
    peaks
        Measured peaks.
    prior
        What is known of the parameters, and which are held (:func:`femwgm.experiment.spectrum.prior.prior_from`).
    orders
        Radial orders that may occur.
    odds
        Of seeing, missing and imagining lines.

    Raises
    ------
    SolveError
        If no sphere within the prior has lines at the peaks.
    """
    window = 1e-3 * float(peaks.wavelength_nm[0]), 1e-3 * float(peaks.wavelength_nm[-1])
    room = 1e-3 * window[0]
    atlas = Atlas(body, prior, (window[0] - room, window[1] + room), tuple(sorted(set(orders))))
    return read(atlas, peaks, odds or Odds())


def read(atlas: Atlas, peaks: Peaks, odds: Odds) -> Assignment:
    """Read a spectrum with an atlas that is already there; see :func:`assign`.

    Parameters
    ----------
    atlas
        Lines over the prior, in a window that holds the peaks.
    peaks, odds
        See :func:`assign`.
    """
    body, prior = atlas.body, atlas.prior
    near = approach(atlas, peaks, scan(atlas, peaks, odds, STARTS), odds, FINALISTS)
    near = [one for one in near if one.score > near[0].score - HOPELESS]
    readings = _finish_all(atlas, peaks, near, odds)
    if not readings:
        raise SolveError(NOTHING)
    readings = _climb(atlas, peaks, readings, odds)
    scale = _error_scale(atlas, peaks, near, readings[0], odds)
    if scale > 1.0:
        peaks = peaks.with_errors(scale * peaks.error_nm)
        readings = _climb(atlas, peaks, _finish_all(atlas, peaks, near, odds) or readings, odds)
    best = readings[0].log_evidence
    readings = [widen(atlas, peaks, r) for r in readings if r.log_evidence > best - RIVAL_NATS - 2.0]
    readings.sort(key=lambda r: -r.log_evidence)
    readings[0] = exactly(atlas, peaks, readings[0], odds)
    best = readings[0].log_evidence
    kept = [r for r in readings if r.log_evidence > best - RIVAL_NATS]
    weight = np.exp([r.log_evidence - best for r in kept])
    probable = tuple(
        Reading(r, float(w), _chances(r, peaks, odds))
        for r, w in zip(kept, weight / weight.sum(), strict=True)
    )
    return Assignment(body, peaks, prior, probable, scale)


def _finish_all(atlas: Atlas, peaks: Peaks, near: Sequence[Approach], odds: Odds) -> list[Fit]:
    """Distinct fits, the most probable first."""
    best: dict[tuple[Any, ...], Fit] = {}
    for one in near:
        result = finish(atlas, peaks, one, odds)
        if result is not None and (
            result.names not in best or best[result.names].log_evidence < result.log_evidence
        ):
            best[result.names] = result
    return sorted(best.values(), key=lambda r: -r.log_evidence)


def _climb(atlas: Atlas, peaks: Peaks, readings: Sequence[Fit], odds: Odds) -> list[Fit]:
    """The readings with every rung above and below them that is nearly as probable: what a scan happens to miss."""
    found = {reading.names: reading for reading in readings}
    best = max(reading.log_evidence for reading in readings)
    queue = [reading for reading in readings if reading.log_evidence > best - RIVAL_NATS]
    while queue and len(found) < MOST_READINGS:
        here = queue.pop(0)
        for by in (-1, 1):
            near = shifted(atlas, peaks, here, by, odds)
            fit = None if near is None else finish(atlas, peaks, near, odds)
            if fit is not None and fit.names not in found:
                found[fit.names] = fit
                best = max(best, fit.log_evidence)
                if fit.log_evidence > best - RIVAL_NATS:
                    queue.append(fit)
    return sorted(found.values(), key=lambda r: -r.log_evidence)


def _chances(result: Fit, peaks: Peaks, odds: Odds) -> tuple[dict[Name, float], ...]:
    """What each peak could be when all others are what the fit says."""
    lines, mode = result.lines, result.matching.mode
    gains, _, _ = pair_gains(peaks, lines.wavelength_nm, lines.labels, odds, peaks.error_nm)
    chances = []
    for i in range(len(peaks)):
        taken = set(mode[np.arange(len(peaks)) != i].tolist())
        free = [j for j in range(len(lines.labels)) if j not in taken and gains[i, j] > -12.0]
        weights: dict[Name, float] = {
            lines.labels.name(j): float(np.exp(min(gains[i, j], 50.0))) for j in free
        }
        weights[None] = 1.0
        total = sum(weights.values())
        chances.append({name: value / total for name, value in weights.items()})
    return tuple(chances)


def _error_scale(atlas: Atlas, peaks: Peaks, near: Sequence[Approach], first: Fit, odds: Odds) -> float:
    """1, or the factor on the stated errors that makes the peaks far more probable.

    Errors stated too small do not show as a large chi^2 alone: peaks that miss their line are then taken for spurious ones.
    """
    scale, best = 1.0, first
    for factor in SCALES:
        wider = peaks.with_errors(factor * peaks.error_nm)
        for one in near[:2]:
            result = finish(atlas, wider, one, odds)
            if result is not None and result.log_evidence > best.log_evidence + CONVINCING:
                scale, best = factor, result
    spare = best.matched - atlas.free.size
    if scale == 1.0 or spare < 2:
        return 1.0
    return max(1.0, scale * float(np.sqrt(best.chi2 / spare)))
