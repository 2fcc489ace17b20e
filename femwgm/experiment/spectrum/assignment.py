"""What a reading of a spectrum is: labels, fitted numbers with their errors, rivals, and words for what is not known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from femwgm.experiment.spectrum.likelihood import Matching
from femwgm.experiment.spectrum.lines import Lines
from femwgm.experiment.spectrum.model import PARAMETERS, UNITS, CoatedSphere
from femwgm.experiment.spectrum.peaks import Peaks
from femwgm.experiment.spectrum.posterior import Cloud
from femwgm.experiment.spectrum.prior import Prior
from femwgm.ground.typing import Array

Name = tuple[str, int, int] | None
"""(pol, l, q) of a mode, None for a spurious peak."""

WORTH_NAMING = 0.01
"""Smallest probability of an alternative that is worth a word."""
DETERMINED = 1.0 / 3.0
"""A parameter counts as determined by the data when they narrow its prior to less than this."""


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
    mean, spread
        Mean and standard deviation over all readings, each weighted with its probability: not knowing l counts.
    within_68, within_95
        Intervals that hold the number with probability 0.68 and 0.95, over all readings.
    """

    name: str
    unit: str
    value: float
    error: float
    prior_error: float
    mean: float
    spread: float
    within_68: tuple[float, float]
    within_95: tuple[float, float]

    @property
    def determined(self) -> bool:
        """Whether the spectrum, not the prior, fixes it: over all readings, since one of them may be another's neighbour in l."""
        return self.spread < DETERMINED * self.prior_error

    def __str__(self) -> str:
        return f"{self.name} = {self.mean:.6g} +- {self.spread:.2g}{' ' + self.unit if self.unit else ''}"


@dataclass(frozen=True)
class Fit:
    """One way to read a spectrum.

    Attributes
    ----------
    lines
        Exact lines at the most probable parameters.
    matching
        Which of them each peak is.
    mean, covariance
        Of the four parameters within this reading; no variance for those held.
    peaks
        What was read.
    """

    lines: Lines
    matching: Matching
    mean: Array
    covariance: Array
    peaks: Peaks

    @property
    def x(self) -> Array:
        """Most probable parameters."""
        return self.lines.x

    @property
    def names(self) -> tuple[Name, ...]:
        """(pol, l, q) of each peak, None for a spurious one."""
        return tuple(self.lines.labels.name(j) if j >= 0 else None for j in self.matching.mode)

    @property
    def matched(self) -> int:
        """Number of peaks that are modes."""
        return int((self.matching.mode >= 0).sum())

    @property
    def chi2(self) -> float:
        """Sum of squared residuals over their errors at the most probable parameters."""
        chosen = self.matching.mode >= 0
        residual = self.peaks.wavelength_nm[chosen] - self.lines.wavelength_nm[self.matching.mode[chosen]]
        return float(((residual / self.peaks.error_nm[chosen]) ** 2).sum())


@dataclass(frozen=True)
class Reading:
    """A fit with its probability among all readings found.

    `chances` holds, for each peak, the probability of everything that it could be in this reading: two lines that fall together,
    or a spurious peak that happens to lie on a line, leave a choice that no fit can make.
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
    cloud
        Points of the posterior over all readings.
    """

    body: CoatedSphere
    peaks: Peaks
    prior: Prior
    readings: tuple[Reading, ...]
    error_scale: float
    cloud: Cloud

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
        every = np.ones(len(self.cloud.weight), dtype=bool)
        mean, covariance = self.cloud.moments(every)
        spread, error = np.sqrt(np.diag(covariance)), np.sqrt(np.diag(self.best.covariance))
        result = {}
        for i in self.prior.free:
            a, b, c, d = (float(v) for v in self.cloud.quantiles(int(i), (0.025, 0.16, 0.84, 0.975)))
            result[PARAMETERS[i]] = Parameter(
                PARAMETERS[i], UNITS[PARAMETERS[i]], float(self.best.mean[i]), float(error[i]),
                float(self.prior.deviation[i]), float(mean[i]), float(spread[i]), (b, c), (a, d),
            )  # fmt: skip
        return result

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

    def _freed(self) -> str:
        """Which assumption to give up when the sphere misses the lines."""
        held = [
            PARAMETERS[i] for i in range(4) if PARAMETERS[i] in self.body.names and i not in self.prior.free
        ]
        if "slope" in held:
            return "free the slope of the index: --free slope=0.1"
        if held:
            return f"free what is held: {', '.join(held)}"
        if float(self.best.lines.labels.q.max()) < 2.0:
            return "allow higher radial orders: --set modes.radial_orders=[1,2]"
        return "give up the round sphere or the uniform layer: a deformed sphere splits each line"

    def notes(self) -> list[str]:
        """What a reader must know, in words."""
        said = []
        if self.error_scale > 1.0:
            said.append(
                f"the lines scatter {self.error_scale:.3g} times more than their stated errors; all errors are scaled by it"
            )
            said.append(f"to explain the scatter, {self._freed()}")
        if self.peaks.ellipticity is not None:
            value, error = self.peaks.ellipticity
            said.append(
                f"ellipticity {value:.3g} +- {error:.1g} by the shape of the lines: the diameter is that of the sphere of equal"
                " volume, the equator's is larger by the ellipticity over -3"
            )
        said += [
            f"{parameter.name} is not determined by these peaks: the prior's {parameter.prior_error:.2g} becomes"
            f" {parameter.spread:.2g}{' ' + parameter.unit if parameter.unit else ''}"
            for parameter in self.parameters.values()
            if not parameter.determined
        ]
        if sum(not parameter.determined for parameter in self.parameters.values()) > 1:
            said.append(
                "what is known from elsewhere fixes the rest: --free index=0 holds the index, for one"
            )
        if self.probability < 0.95:
            said.append(
                f"the reading is ambiguous: the best has probability {self.probability:.2f} among those found"
            )
        spare = self.best.matched - self.prior.free.size
        if spare < 2:
            peaks = "peak" if self.best.matched == 1 else "peaks"
            said.append(
                f"{self.best.matched} matched {peaks} for {self.prior.free.size} fitted numbers:"
                " little is left to test the fit"
            )
        return said


def _difference(changes: Sequence[tuple[int, Any, Any]], peaks: Peaks) -> str:
    """How a rival's labels differ, in words."""
    if not changes:
        return "same labels, another sphere"
    shifts = {(a[0], b[1] - a[1]) for _, a, b in changes if a and b and a[0] == b[0] and a[2] == b[2]}
    whole = all(a and b and a[0] == b[0] and a[2] == b[2] for _, a, b in changes)
    if whole and len(changes) > 1 and len(dict(shifts)) == len(shifts):
        # One shift for each polarization: the combs slide as a whole.
        steps = sorted(shifts)
        same = len({step for _, step in steps}) == 1
        words = f"l {steps[0][1]:+d}" if same else ", ".join(f"{pol} l {step:+d}" for pol, step in steps)
        return f"{words} for {len(changes)} of {len(peaks)} peaks"
    parts = [f"{peaks.wavelength_nm[i]:.3f} nm {_word(a)} -> {_word(b)}" for i, a, b in changes[:3]]
    return "; ".join(parts) + (f"; and {len(changes) - 3} more" if len(changes) > 3 else "")


def _word(name: Name) -> str:
    return "spurious" if name is None else f"{name[0]} l={name[1]}" + (f" q={name[2]}" if name[2] > 1 else "")


def line_errors(result: Fit, peaks: Peaks, prior: Prior) -> Array:
    """Standard error (nm) of each line of a fit, from the parameters that the peaks allow, to first order."""
    free, chosen = prior.free, result.matching.mode >= 0
    slope = result.lines.slope[:, free] * prior.deviation[free]
    seen = slope[result.matching.mode[chosen]] / peaks.error_nm[chosen][:, None]
    covariance = np.linalg.inv(seen.T @ seen + np.eye(free.size))
    return np.asarray(np.sqrt(np.einsum("mi,ij,mj->m", slope, covariance, slope)))
