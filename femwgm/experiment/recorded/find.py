"""From a recorded spectrum to its lines.

Strong lines are fitted first, weaker ones looked for in what remains, until noise explains the rest; then lines that the joint
fit does not bear out are dropped. Points clipped by the detector or hit by a cosmic ray never enter.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize_scalar

from femwgm.experiment.recorded.blemishes import NARROWEST, saturated, spikes
from femwgm.experiment.recorded.counts import Recorded, step_nm
from femwgm.experiment.recorded.detection import candidates, filter_widths, threshold
from femwgm.experiment.recorded.line_fit import Fit, fit_lines
from femwgm.experiment.recorded.noise import PIECES, Noise, baseline, noise, spline_basis
from femwgm.experiment.recorded.voigt import voigt
from femwgm.ground.typing import Array

__all__ = ["FALSE_ALARMS", "Found", "Line", "find_lines"]

FALSE_ALARMS = 0.01
"""False lines expected in a spectrum by default."""
MISSHAPEN = 0.02
"""Share of a line that its shape may leave unexplained without being a line of its own."""
ROUNDS = 10
MOST_LINES = 200


@dataclass(frozen=True)
class Line:
    """One line; widths are full widths at half maximum without the instrument.

    Attributes
    ----------
    wavelength_nm, width_nm, height, area
        Position, width (nm), height above the baseline as recorded (counts), and counts times nm.
    wavelength_error_nm, width_error_nm, height_error, area_error
        Their standard errors.
    significance
        Area over its error at a given place and width: what the threshold is compared with.
    clipped
        Whether points of the line were saturated.
    """

    wavelength_nm: float
    wavelength_error_nm: float
    width_nm: float
    width_error_nm: float
    height: float
    height_error: float
    area: float
    area_error: float
    significance: float
    clipped: bool


@dataclass(frozen=True)
class Found:
    """A spectrum, its lines, and what was left out.

    Attributes
    ----------
    spectrum
        What was recorded.
    lines
        In ascending order of wavelength.
    fit
        Model at every point.
    noise
        Measured scatter.
    saturated, cosmic, dead
        One flag a point: left out.
    resolution_nm, response_nm
        Instrument's response as given (0 where it is not), and the Gauss share of the lines' shape.
    threshold, false_alarms
        Signal over noise that a line needs, and how many false lines a spectrum then has on average.
    reduced_chi2
        Over the points that count.
    """

    spectrum: Recorded
    lines: tuple[Line, ...]
    fit: Fit
    noise: Noise
    saturated: Array
    cosmic: Array
    dead: Array
    resolution_nm: float
    response_nm: float
    threshold: float
    false_alarms: float
    reduced_chi2: float

    @property
    def used(self) -> Array:
        """Points that count."""
        return np.asarray(~(self.saturated | self.cosmic | self.dead))

    def notes(self) -> list[str]:
        """What a reader must know, in words."""
        x, said = self.spectrum.wavelength_nm, list(self.spectrum.notes)
        for flags, what in (
            (self.saturated, "saturated"),
            (self.cosmic, "hit by a cosmic ray"),
            (self.dead, "dead"),
        ):
            if flags.any():
                places = ", ".join(f"{v:.3f}" for v in x[flags][:8]) + (", ..." if flags.sum() > 8 else "")
                said.append(
                    f"{int(flags.sum())} {'point' if flags.sum() == 1 else 'points'} {what} left out: {places} nm"
                )
        if self.resolution_nm / step_nm(x) < 2.0 and self.resolution_nm > 0.0:
            said.append(
                "the instrument's response is narrower than two points: cosmic rays cannot be told from lines"
            )
        if abs(self.noise.gain - 1.0) > 0.25 or self.noise.floor > 0.0:
            said.append(
                f"the counts scatter with a variance of {self.noise.floor:.3g} + {self.noise.gain:.3g} x counts, not as photons"
            )
        if self.resolution_nm == 0.0:
            said.append("widths include the instrument's response; --resolution takes it out")
        if self.reduced_chi2 > 1.0 + 5.0 * np.sqrt(2.0 / max(self.used.sum(), 1)):
            said.append(
                f"the model misses the points by more than their scatter (chi^2 {self.reduced_chi2:.2f} a point);"
                " errors are enlarged"
            )
        return said


def find_lines(
    spectrum: Recorded, resolution_nm: float = 0.0, false_alarms: float = FALSE_ALARMS, saturation: float | None = None,
    baseline_nm: float | None = None,
) -> Found:  # fmt: skip
    """Find and fit the lines of a spectrum.

    Parameters
    ----------
    spectrum
        What was recorded.
    resolution_nm
        Full width at half maximum of what the instrument makes of an infinitely narrow line; 0 where it is not known.
    false_alarms
        False lines that a spectrum of noise may have on average.
    saturation
        Counts at which the detector clips; by default flat tops are looked for.
    baseline_nm
        Length of the baseline's pieces; by default chosen by the points.
    """
    x, y = spectrum.wavelength_nm, spectrum.counts
    step = step_nm(x)
    points = resolution_nm / step if resolution_nm > 0.0 else NARROWEST
    clipped = saturated(y, saturation)
    used = ~clipped
    under = baseline(x, y, used, 12.0 * max(points, NARROWEST) * step, baseline_nm)
    scatter = noise(y, under.level, under.clear)
    cosmic, dead = spikes(
        np.where(used, y - under.level, np.nan),
        np.sqrt(scatter.variance(under.level)),
        np.zeros(y.shape),
        points,
    )
    used &= ~(cosmic | dead)
    basis, widest_nm = under.basis, 0.6 * under.piece_nm
    widths = filter_widths(max(points, NARROWEST), widest_nm / step)
    least = threshold(len(spectrum), widths, false_alarms)
    fit = _plain(x, under.basis, under.coefficients, scatter)
    response = resolution_nm
    for turn in range(ROUNDS):
        spread = fit.variance + (MISSHAPEN * fit.lines) ** 2
        seen = candidates(y - fit.model, spread, used, widths, least)
        if not seen or len(fit) >= MOST_LINES:
            break
        seen = [s for s in seen if s[2] > 0.1 * seen[0][2]][: MOST_LINES - len(fit)]
        fit = fit_lines(
            x, y, used, under.basis, scatter, _joined(fit, x, y, seen, response), response, widest_nm
        )
        if turn == 0 and resolution_nm == 0.0:
            response = _response(fit, x, y, used, under.basis, scatter, widest_nm)
            fit = _again(
                fit, x, y, used, under.basis, scatter, response, widest_nm, np.ones(len(fit), dtype=bool)
            )
        more, gone = spikes(np.where(used, y - fit.model, np.nan), np.sqrt(fit.variance), fit.lines, points)
        if (more | gone).any():
            cosmic, dead, used = cosmic | more, dead | gone, used & ~(more | gone)
            fit = _again(
                fit, x, y, used, under.basis, scatter, response, widest_nm, np.ones(len(fit), dtype=bool)
            )
        scatter = noise(y, fit.model, used, fit.lines)
    if baseline_nm is None:
        fit, basis = _plainest(fit, x, y, used, under.basis, scatter, response, widest_nm)
        scatter = noise(y, fit.model, used, fit.lines)
    while len(fit):
        strength = fit.significance
        if strength.min() >= least:
            break
        keep = np.arange(len(fit)) != strength.argmin()
        fit = _again(fit, x, y, used, basis, scatter, response, widest_nm, keep)
    free = max(int(used.sum()) - fit.covariance.shape[0], 1)
    chi2 = float((((y - fit.model) ** 2 / fit.variance)[used]).sum() / free)
    lines = _lines(fit, x, y, used, clipped, response, deconvolved=resolution_nm > 0.0)
    return Found(
        spectrum,
        lines,
        fit,
        scatter,
        clipped,
        cosmic,
        dead,
        resolution_nm,
        response,
        least,
        false_alarms,
        chi2,
    )


def _plain(x: Array, basis: Array, coefficients: Array, scatter: Noise) -> Fit:
    """The baseline alone, as the points between the lines have it."""
    level = basis @ coefficients
    nothing = np.zeros(0)
    return Fit(
        nothing,
        nothing,
        nothing,
        coefficients,
        np.zeros((coefficients.size,) * 2),
        level,
        np.zeros(x.shape),
        scatter.variance(level),
    )


def _plainest(
    fit: Fit, x: Array, y: Array, used: Array, basis: Array, scatter: Noise, resolution: float, widest: float
) -> tuple[Fit, Array]:
    """The same lines over the coarsest baseline that the points ask for (Schwarz's criterion)."""
    best, best_basis, lowest, worse = fit, basis, np.inf, 0
    pieces = basis.shape[1] - 3
    for n in (*(n for n in PIECES if n < pieces), pieces):
        other = spline_basis(x, n)
        coefficients = np.linalg.lstsq(other[used], fit.level[used], rcond=None)[0]
        again = fit_lines(
            x, y, used, other, scatter, (fit.centre, fit.width, fit.area, coefficients), resolution, widest
        )
        # One variance for all, or a poor model would excuse itself.
        score = float((((y - again.model) ** 2 / fit.variance)[used]).sum()) + n * np.log(used.sum())
        if score < lowest:
            best, best_basis, lowest, worse = again, other, score, 0
        else:
            worse += 1
        if worse == 2:
            break
    return best, best_basis


def _response(
    fit: Fit, x: Array, y: Array, used: Array, basis: Array, scatter: Noise, widest: float
) -> float:
    """Full width (nm) of the Gauss curve that, common to all lines, brings their shape nearest to what was recorded."""
    full = float(np.median(fit.width))
    every = np.ones(len(fit), dtype=bool)

    def misfit(response: float) -> float:
        again = _again(fit, x, y, used, basis, scatter, response, widest, every)
        return float((((y - again.model) ** 2 / fit.variance)[used]).sum())

    tried = full * np.array([0.0, 0.25, 0.5, 0.75, 1.0])
    values = [misfit(response) for response in tried]
    best = int(np.argmin(values))
    if best == 0:
        return 0.0
    bounds = (tried[best - 1], tried[min(best + 1, len(tried) - 1)])
    return float(minimize_scalar(misfit, bounds=bounds, method="bounded", options={"xatol": 0.03 * full}).x)


def _joined(
    fit: Fit, x: Array, y: Array, seen: list[tuple[int, float, float]], resolution: float
) -> tuple[Array, Array, Array, Array]:
    """Lines that were there and new ones at the places seen."""
    at = np.array([i for i, _, _ in seen])
    step = step_nm(x)
    full = np.array([w for _, w, _ in seen]) * step
    width = np.sqrt(np.maximum(full**2 - resolution**2, (0.3 * full) ** 2))
    height = np.maximum(
        (y - fit.model)[at],
        np.array([s for _, _, s in seen]) * np.sqrt(fit.variance[at]) / np.sqrt(full / step),
    )
    area = height / voigt(np.zeros(at.size), width, resolution)[0]
    return (
        np.concatenate([fit.centre, x[at]]),
        np.concatenate([fit.width, width]),
        np.concatenate([fit.area, area]),
        fit.coefficients,
    )


def _again(
    fit: Fit,
    x: Array,
    y: Array,
    used: Array,
    basis: Array,
    scatter: Noise,
    resolution: float,
    widest: float,
    keep: Array,
) -> Fit:
    start = fit.centre[keep], fit.width[keep], fit.area[keep], fit.coefficients
    return fit_lines(x, y, used, basis, scatter, start, resolution, widest)


def _lines(
    fit: Fit, x: Array, y: Array, used: Array, clipped: Array, response: float, *, deconvolved: bool
) -> tuple[Line, ...]:
    """The lines with their errors, enlarged where the model misses the points around a line."""
    n, strength = len(fit), fit.significance
    lines = []
    for j in np.argsort(fit.centre):
        width = float(fit.width[j])
        # Full width with the instrument's response, to 2e-4: Olivero and Longbothum 1977.
        root = float(np.sqrt(0.2166 * width**2 + response**2))
        full, stretch = (
            (0.5346 * width + root, 0.5346 + 0.2166 * width / root) if response > 0.0 else (width, 1.0)
        )
        near = np.abs(x - fit.centre[j]) < 1.5 * full + step_nm(x)
        local = near & used
        misfit = float((((y - fit.model) ** 2 / fit.variance)[local]).mean()) if local.any() else 1.0
        enlarged = float(np.sqrt(misfit)) if misfit > 1.0 + 3.0 * np.sqrt(2.0 / max(local.sum(), 1)) else 1.0
        part = np.ix_([n + j, 2 * n + j], [n + j, 2 * n + j])
        top, _, by_width = (float(v[0]) for v in voigt(np.zeros(1), width, response))
        slope = np.array([fit.area[j] * by_width, top])
        height_error = float(np.sqrt(max(slope @ fit.covariance[part] @ slope, 0.0)))
        error = [float(enlarged * fit.errors(kind)[j]) for kind in range(3)]
        lines.append(
            Line(
                float(fit.centre[j]), error[0], width if deconvolved else full, error[1] if deconvolved else stretch * error[1],
                float(fit.area[j]) * top, enlarged * height_error, float(fit.area[j]), error[2], float(strength[j] / enlarged),
                bool((near & clipped).any()),
            )
        )  # fmt: skip
    return tuple(lines)
