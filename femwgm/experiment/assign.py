"""Mode assignment: from measured peaks to (pol, l, q) of each, with the sphere that fits and the rivals that fit nearly as well.

The exact layered sphere is fitted to the peaks under a prior on diameter, thickness and index, with missing and spurious lines
allowed (:mod:`femwgm.experiment.score`). Every maximum of the posterior that a scan over the prior finds is a reading of the
spectrum; readings are ranked by their evidence, so that a comb which is right but for one unit in all l competes with its
neighbours on equal terms and is reported beside them.

Limits: isolated round spheres. A deformed sphere splits each line into its m components, and the index profile of a film that
is not uniform is not a single number.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from femwgm.errors import SolveError
from femwgm.experiment.atlas import Atlas
from femwgm.experiment.fitting import Approach, Fit, approach, finish, widen
from femwgm.experiment.model import PARAMETERS, UNITS, CoatedSphere
from femwgm.experiment.peaks import Peaks
from femwgm.experiment.prior import Prior
from femwgm.experiment.score import Odds, pair_gains
from femwgm.experiment.search import scan
from femwgm.experiment.valley import gaussian_posterior
from femwgm.typing import Array

__all__ = ["Assignment", "Parameter", "Reading", "assign", "line_errors", "read"]

STARTS = 160
"""Starts that are fitted."""
FINALISTS = 12
"""Readings that are followed to the end."""
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
WORTH_NAMING = 0.01
"""Smallest probability of an alternative that is worth a word."""
DETERMINED = 1.0 / 3.0
"""A parameter counts as determined by the data when they narrow its prior to less than this."""


Name = tuple[str, int, int] | None
"""(pol, l, q) of a mode, None for a spurious peak."""


@dataclass(frozen=True)
class Parameter:
    """A fitted number.

    Attributes
    ----------
    name, unit
        Which, in what.
    value, error
        Mean and standard deviation within the best reading.
    prior_error
        Standard deviation before the spectrum.
    spread
        Standard deviation over all readings, each weighted with its probability: what is not known for not knowing l counts.
    """

    name: str
    unit: str
    value: float
    error: float
    prior_error: float
    spread: float

    @property
    def determined(self) -> bool:
        """Whether the spectrum, not the prior, fixes it."""
        return self.error < DETERMINED * self.prior_error

    def __str__(self) -> str:
        return f"{self.name} = {self.value:.6g} +- {self.error:.2g}{' ' + self.unit if self.unit else ''}"


@dataclass(frozen=True)
class Reading:
    """A fit with its probability among all readings found.

    `chances` holds, for each peak, the probability of what it could be in this reading: two lines that fall together, or a
    spurious peak that happens to lie on a line, leave a choice that no fit can make.
    """

    fit: Fit
    probability: float
    chances: tuple[dict[Name, float], ...]


@dataclass(frozen=True)
class Assignment:
    """What the peaks are.

    Attributes
    ----------
    body, peaks, prior
        What was fitted to what.
    readings
        Every reading worth naming, the most probable first.
    error_scale
        Factor by which the stated errors had to be multiplied for the best reading to be believable; 1 where they were not.
    """

    body: CoatedSphere
    peaks: Peaks
    prior: Prior
    readings: tuple[Reading, ...]
    error_scale: float

    @property
    def best(self) -> Fit:
        """The most probable reading."""
        return self.readings[0].fit

    @property
    def probability(self) -> float:
        """Probability of the best reading among those found."""
        return self.readings[0].probability

    @property
    def labels(self) -> tuple[Name, ...]:
        """(pol, l, q) of each peak in the best reading."""
        return self.best.names

    @property
    def parameters(self) -> dict[str, Parameter]:
        """The fitted numbers by name."""
        weight = np.array([r.probability for r in self.readings])
        values = np.array([r.fit.posterior.mean for r in self.readings])
        variances = np.array([np.diag(r.fit.covariance) for r in self.readings])
        mean = weight @ values / weight.sum()
        spread = np.sqrt(weight @ (variances + (values - mean) ** 2) / weight.sum())
        return {
            PARAMETERS[i]: Parameter(
                PARAMETERS[i], UNITS[PARAMETERS[i]], float(values[0, i]), float(np.sqrt(variances[0, i])),
                float(self.prior.deviation[i]), float(spread[i]),
            )
            for i in self.prior.free
        }  # fmt: skip

    @property
    def chances(self) -> tuple[dict[Name, float], ...]:
        """For each peak the probability of everything that it could be, over all readings, the most probable first."""
        result = []
        for i in range(len(self.peaks)):
            total: dict[Name, float] = {}
            for reading in self.readings:
                for name, chance in reading.chances[i].items():
                    total[name] = total.get(name, 0.0) + reading.probability * chance
            result.append(dict(sorted(total.items(), key=lambda item: -item[1])))
        return tuple(result)

    def rows(self) -> list[dict[str, Any]]:
        """One row a peak."""
        fitted, mode = self.best.lines, self.best.matching.mode
        errors = line_errors(self.best, self.peaks, self.prior)
        rows = []
        for i, (name, chances) in enumerate(zip(self.labels, self.chances, strict=True)):
            pol, l, q = name if name is not None else (None, None, None)
            position = float(self.peaks.wavelength_nm[i])
            exact = float(fitted.wavelength_nm[mode[i]]) if name is not None else None
            width = float(self.peaks.width_nm[i])
            other = max(
                ((c, n) for n, c in chances.items() if n != name), key=lambda pair: pair[0], default=None
            )
            rows.append(
                {
                    "wavelength_nm": position, "pol": pol, "l": l, "q": q, "exact_nm": exact,
                    "residual_nm": None if exact is None else position - exact,
                    "model_error_nm": None if exact is None else float(errors[mode[i]]),
                    "error_nm": float(self.peaks.error_nm[i]), "probability": chances.get(name, 0.0),
                    "alternative": _word(other[1]) if other and other[0] > WORTH_NAMING else None,
                    "alternative_probability": other[0] if other and other[0] > WORTH_NAMING else None,
                    "line_q": position / width if np.isfinite(width) else None,
                }
            )  # fmt: skip
        return rows

    def rivals(self) -> list[dict[str, Any]]:
        """The other readings, each by what it changes."""
        rows = []
        for reading in self.readings[1:]:
            changes = [
                (i, a, b)
                for i, (a, b) in enumerate(zip(self.labels, reading.fit.names, strict=True))
                if a != b
            ]
            rows.append(
                {
                    "probability": reading.probability,
                    **{PARAMETERS[i]: float(reading.fit.x[i]) for i in self.prior.free},
                    "chi2": reading.fit.chi2, "matched": reading.fit.matched, "difference": _difference(changes, self.peaks),
                }
            )  # fmt: skip
        return rows

    def notes(self) -> list[str]:
        """What a reader must know, in words."""
        said = []
        if self.error_scale > 1.0:
            said.append(
                f"the lines scatter {self.error_scale:.3g} times more than their stated errors; all errors are scaled by it"
            )
        said += [
            f"{parameter.name} is not determined by these peaks: the prior's {parameter.prior_error:.2g} becomes"
            f" {parameter.error:.2g}{' ' + parameter.unit if parameter.unit else ''}"
            for parameter in self.parameters.values()
            if not parameter.determined
        ]
        if self.probability < 0.95:
            said.append(
                f"the reading is ambiguous: the best has probability {self.probability:.2f} among those found"
            )
        spare = self.best.matched - self.prior.free.size
        if spare < 2:
            said.append(
                f"{self.best.matched} matched peaks for {self.prior.free.size} fitted numbers:"
                " little is left to test the fit"
            )
        return said


def _difference(changes: Sequence[tuple[int, Any, Any]], peaks: Peaks) -> str:
    """How a rival's labels differ, in words."""
    if not changes:
        return "same labels, another sphere"
    shifts = {
        (a[0] == b[0], a[2] == b[2], b[1] - a[1]) for _, a, b in changes if a is not None and b is not None
    }
    if len(changes) > 1 and len(shifts) == 1 and all(a and b for _, a, b in changes):
        same_pol, same_q, shift = shifts.pop()
        if same_pol and same_q:
            return f"l {shift:+d} for {len(changes)} of {len(peaks)} peaks"
    parts = [f"{peaks.wavelength_nm[i]:.3f} nm {_word(a)} -> {_word(b)}" for i, a, b in changes[:3]]
    return "; ".join(parts) + (f"; and {len(changes) - 3} more" if len(changes) > 3 else "")


def _word(name: Name) -> str:
    return "spurious" if name is None else f"{name[0]} l={name[1]}" + (f" q={name[2]}" if name[2] > 1 else "")


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
        What is known of the parameters, and which are held (:func:`femwgm.experiment.prior.prior_from`).
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
    near = _approach_all(atlas, peaks, odds)
    readings = _finish_all(body, peaks, prior, near, odds)
    if not readings:
        raise SolveError(NOTHING)
    scale = _error_scale(body, peaks, prior, near, readings[0], odds)
    if scale > 1.0:
        peaks = peaks.with_errors(scale * peaks.error_nm)
        readings = _finish_all(body, peaks, prior, near, odds) or readings
    best = readings[0].log_evidence
    readings = [widen(body, peaks, prior, r) for r in readings if r.log_evidence > best - RIVAL_NATS - 2.0]
    readings.sort(key=lambda r: -r.log_evidence)
    best = readings[0].log_evidence
    kept = [r for r in readings if r.log_evidence > best - RIVAL_NATS]
    weight = np.exp([r.log_evidence - best for r in kept])
    probable = tuple(
        Reading(r, float(w), _chances(r, peaks, odds))
        for r, w in zip(kept, weight / weight.sum(), strict=True)
    )
    return Assignment(body, peaks, prior, probable, scale)


def _approach_all(atlas: Atlas, peaks: Peaks, odds: Odds) -> list[Approach]:
    """Distinct approaches, the best first."""
    best: dict[tuple[Any, ...], Approach] = {}
    for start in scan(atlas, peaks, odds, STARTS):
        near = approach(atlas, peaks, start, odds)
        if near is not None and (near.names not in best or best[near.names].score < near.score):
            best[near.names] = near
    ranked = sorted(best.values(), key=lambda a: -a.score)
    return [a for a in ranked if a.score > ranked[0].score - HOPELESS][:FINALISTS]


def _finish_all(
    body: CoatedSphere, peaks: Peaks, prior: Prior, near: Sequence[Approach], odds: Odds
) -> list[Fit]:
    """Distinct fits, the most probable first."""
    best: dict[tuple[Any, ...], Fit] = {}
    for one in near:
        result = finish(body, peaks, prior, one, odds)
        if result is not None and (
            result.names not in best or best[result.names].log_evidence < result.log_evidence
        ):
            best[result.names] = result
    return sorted(best.values(), key=lambda r: -r.log_evidence)


def line_errors(result: Fit, peaks: Peaks, prior: Prior) -> Array:
    """Standard error (nm) of each line of a fit, from the parameters that the peaks allow."""
    covariance = gaussian_posterior(result.lines, result.matching.mode, peaks, prior).covariance
    return np.asarray(np.sqrt(np.einsum("mi,ij,mj->m", result.lines.slope, covariance, result.lines.slope)))


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


def _error_scale(
    body: CoatedSphere, peaks: Peaks, prior: Prior, near: Sequence[Approach], first: Fit, odds: Odds
) -> float:
    """1, or the factor on the stated errors that makes the peaks far more probable.

    Errors stated too small do not show as a large chi^2 alone: peaks that miss their line are then taken for spurious ones.
    """
    scale, best = 1.0, first
    for factor in SCALES:
        wider = peaks.with_errors(factor * peaks.error_nm)
        for one in near[:2]:
            result = finish(body, wider, prior, one, odds)
            if result is not None and result.log_evidence > best.log_evidence + CONVINCING:
                scale, best = factor, result
    spare = best.matched - prior.free.size
    if scale == 1.0 or spare < 2:
        return 1.0
    return max(1.0, scale * float(np.sqrt(best.chi2 / spare)))
