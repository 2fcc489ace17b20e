"""Mode assignment: from measured peaks to (pol, l, q) of each, with the sphere that fits and the rivals that fit nearly as well.

The exact layered sphere is fitted to the peaks under a prior on diameter, thickness and index, with missing and spurious lines
allowed (`femwgm.experiment.spectrum.likelihood`). A scan over the prior and a climb from comb to comb find the maxima of the
posterior; points drawn around all of them give the probabilities of labels and the intervals of numbers. Maxima that read the
peaks as the same comb are one reading: a comb which is right but for one unit in all l competes with its neighbours on equal
terms and is reported beside them.

Limits: isolated round spheres. A deformed sphere splits each line into its m components, and the index profile of a film that
is not uniform is not a single number.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from femwgm.errors import SolveError
from femwgm.experiment.spectrum.assignment import Assignment, Fit, Name, Reading
from femwgm.experiment.spectrum.fitting import Maxima, anneal, climb, settle
from femwgm.experiment.spectrum.grid import scan
from femwgm.experiment.spectrum.likelihood import Odds, as_matched, likeliest
from femwgm.experiment.spectrum.line_fits import Atlas
from femwgm.experiment.spectrum.lines import track
from femwgm.experiment.spectrum.model import CoatedSphere
from femwgm.experiment.spectrum.peaks import Peaks
from femwgm.experiment.spectrum.posterior import Cloud, sample
from femwgm.experiment.spectrum.prior import Prior
from femwgm.ground.typing import Array

STARTS = 1200
"""Starts that are followed."""
BLUNTNESS = (0.05, 0.1)
"""Errors of the scans, in units of the spacing of the comb: what a fine one steps over a coarse one sees."""
MOST_MAXIMA = 160
"""Maxima around which points are drawn."""
NOTHING = (
    "no sphere within the prior explains any of the peaks; widen it with --free, or allow more radial orders"
)
RIVAL_NATS = 9.2
"""Readings less probable than the best by more than exp of this (1e4) are dropped."""
SCALES = (2.0, 4.0, 8.0, 16.0)
"""Factors tried on the stated errors."""
CONVINCING = 6.0
"""Gain in log evidence for which the stated errors are given up."""
FEW = 40
"""Starts that are tried with other errors."""
WORTH = 1e-5
"""Smallest probability of a label that is kept."""
ALIKE = 0.75
"""Two maxima are one reading where at least this share of the peaks that both take for lines have the same label in both."""


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
    peaks = peaks.with_errors(np.hypot(peaks.error_nm, atlas.error_nm))
    starts = {
        blunt: np.array([start.x for start in scan(atlas, peaks, odds, STARTS, blunt)]) for blunt in BLUNTNESS
    }
    maxima = _maxima(atlas, peaks, odds, starts)
    scale = _error_scale(atlas, peaks, odds, maxima, starts[BLUNTNESS[0]])
    if scale > 1.0:
        peaks = peaks.with_errors(scale * peaks.error_nm)
        maxima = _maxima(atlas, peaks, odds, starts)
    maxima = maxima.within(RIVAL_NATS)
    cloud, maxima = sample(atlas, peaks, odds, maxima.take(np.arange(min(len(maxima), MOST_MAXIMA))))
    members = _combs(maxima, cloud)
    readings = [_reading(atlas, peaks, odds, maxima, cloud, one) for one in members]
    readings.sort(key=lambda r: -r.probability)
    return Assignment(atlas.body, peaks, atlas.prior, tuple(readings), scale, cloud)


def _maxima(atlas: Atlas, peaks: Peaks, odds: Odds, starts: dict[float, Array]) -> Maxima:
    """Maxima that starts fall into, by the bluntness of the scan that found them, and their neighbours."""
    first, *others = (anneal(atlas, peaks, odds, x, RIVAL_NATS, blunt) for blunt, x in starts.items())
    maxima = first
    for other in others:
        maxima = maxima.joined(other)
    if not len(maxima) or (maxima.mode < 0).all():
        raise SolveError(NOTHING)
    return climb(atlas, peaks, odds, maxima, RIVAL_NATS)


def _combs(maxima: Maxima, cloud: Cloud) -> list[Array]:
    """Maxima by the comb that they read, the most probable first; those too improbable to name are left out."""
    weight = np.bincount(cloud.origin, cloud.weight, len(maxima))
    left, combs = list(np.argsort(-weight, kind="stable")), []
    while left:
        first = maxima.mode[left[0]]
        modes = maxima.mode[left]
        both = (modes >= 0) & (first >= 0)
        same = (both & (modes == first)).sum(axis=1)
        alike = (same >= ALIKE * np.maximum(both.sum(axis=1), 1)) & (2 * same >= (first >= 0).sum())
        alike[0] = True
        combs.append(np.array(left)[alike])
        left = [i for i, one in zip(left, alike, strict=True) if not one]
    total = np.array([weight[comb].sum() for comb in combs])
    return [comb for comb, w in zip(combs, total, strict=True) if w > np.exp(-RIVAL_NATS) * total.max()]


def _reading(atlas: Atlas, peaks: Peaks, odds: Odds, maxima: Maxima, cloud: Cloud, members: Array) -> Reading:
    """A comb: the labels that are likeliest within it, the numbers that go with them, and what else each peak may be."""
    inside = np.isin(cloud.origin, members)
    probability = float(cloud.weight[inside].sum())
    share = np.maximum(cloud.labels[members].sum(axis=0) / probability, 0.0)
    with np.errstate(divide="ignore"):
        mode = likeliest(np.maximum(np.log(share[:, :-1]) - np.log(share[:, -1:] + 1e-300), -1e3))
    best = members[int(np.argmax(maxima.log_evidence[members]))]
    near = atlas.lines(maxima.x[best])
    window = atlas.near(near.x[None, :], peaks.wavelength_nm[0], peaks.wavelength_nm[-1])
    kept = np.union1d(window, mode[mode >= 0])
    lines = track(atlas.body, near.x, near.take(kept))
    local = np.where(mode >= 0, np.searchsorted(kept, mode), -1)
    mean, covariance = cloud.moments(inside)
    matching = as_matched(peaks, lines.wavelength_nm, lines.labels, odds, peaks.error_nm, local)
    return Reading(Fit(lines, matching, mean, covariance, peaks), probability, _chances(atlas, share))


def _chances(atlas: Atlas, share: Array) -> tuple[dict[Name, float], ...]:
    """The probability of everything that each peak could be, from a table of peaks and modes whose last column is none."""
    result = []
    for row in share:
        chances: dict[Name, float] = {
            atlas.labels.name(j): float(row[j]) for j in np.flatnonzero(row[:-1] > WORTH)
        }
        result.append({**chances, None: float(row[-1])})
    return tuple(result)


def _error_scale(atlas: Atlas, peaks: Peaks, odds: Odds, maxima: Maxima, starts: Array) -> float:
    """1, or the factor on the stated errors that makes the peaks far more probable.

    Errors stated too small do not show as a large chi^2 alone: peaks that miss their line are then taken for spurious ones.
    """
    scale, best, found = 1.0, maxima.log_evidence[0], maxima
    for factor in SCALES:
        wider = peaks.with_errors(factor * peaks.error_nm)
        tried = settle(atlas, wider, odds, maxima.x[:FEW], wider.error_nm)
        tried = tried.joined(anneal(atlas, wider, odds, starts[:FEW], RIVAL_NATS))
        if len(tried) and tried.log_evidence[0] > best + CONVINCING:
            scale, best, found = factor, tried.log_evidence[0], tried
    mode = found.mode[0]
    matched = np.flatnonzero(mode >= 0)
    spare = matched.size - atlas.free.size
    if scale == 1.0 or spare < 2:
        return 1.0
    lines = atlas.wavelengths(found.x[:1], mode[matched])[0]
    chi2 = (((peaks.wavelength_nm[matched] - lines) / (scale * peaks.error_nm[matched])) ** 2).sum()
    return max(1.0, scale * float(np.sqrt(chi2 / spare)))
