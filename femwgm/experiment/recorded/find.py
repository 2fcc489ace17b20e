"""From a recorded spectrum to its lines.

Strong lines are fitted first, weaker ones looked for in what remains, until noise explains the rest; then lines that the joint
fit does not bear out are dropped. Points clipped by the detector or hit by a cosmic ray never enter.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.optimize import minimize_scalar

from femwgm.experiment.recorded.blemishes import NARROWEST, saturated, spikes
from femwgm.experiment.recorded.counts import Recorded, step_nm
from femwgm.experiment.recorded.detection import candidates, filter_widths, threshold
from femwgm.experiment.recorded.line_fit import Fit, Points, Shape, fit_lines
from femwgm.experiment.recorded.noise import PIECES, Noise, baseline, noise, spline_basis
from femwgm.experiment.recorded.voigt import multiplet, voigt
from femwgm.ground.typing import Array

FALSE_ALARMS = 0.01
"""False lines expected in a spectrum by default."""
MISSHAPEN = 0.02
"""Share of a line that its shape may leave unexplained without being a line of its own."""
SPLITS = (-0.8, -0.4, -0.12, 0.12, 0.4, 0.8)
"""Splits tried, in full widths of the lines as they look."""
FEW = 8
"""Steps of a fit that only compares places to begin from."""
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
    ellipticity
        (Polar - equatorial radius) / radius and its standard error, where it was fitted: a radius R (1 + 2/3 e P2(cos theta))
        moves the mode l, m by about e/6 (1 - 3 m^2 / (l + 1/2)^2) of its wavelength.
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
    ellipticity: tuple[float, float] | None = None

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
        if self.ellipticity is not None:
            value, error = self.ellipticity
            said.append(
                f"ellipticity (polar - equatorial radius) / radius {value:.3g} +- {error:.1g}"
                + (": no deformation shows" if abs(value) < 2.0 * error else "")
                + "; positions are the means of unresolved components, all m alike"
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
    baseline_nm: float | None = None, *, ellipticity: bool = False,
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
    ellipticity
        Whether the lines are those of a slightly deformed sphere, components not resolved; positions are the means of these.
        The response must be known.
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
    data = Points(x, y, used, under.basis, scatter)
    shape = Shape(resolution_nm, 0.6 * under.piece_nm)
    widths = filter_widths(max(points, NARROWEST), shape.widest / step)
    least = threshold(len(spectrum), widths, false_alarms)
    fit = _plain(data, under.coefficients, shape)
    for turn in range(ROUNDS):
        spread = fit.variance + (MISSHAPEN * fit.lines) ** 2
        seen = candidates(y - fit.model, spread, data.used, widths, least)
        if not seen or len(fit) >= MOST_LINES:
            break
        seen = [s for s in seen if s[2] > 0.1 * seen[0][2]][: MOST_LINES - len(fit)]
        fit = fit_lines(data, _joined(fit, data, seen), fit.shape)
        if turn == 0 and resolution_nm == 0.0:
            fit = _with_response(fit, data)
        if turn == 0 and ellipticity:
            fit = _with_split(fit, data)
        left = np.where(data.used, y - fit.model, np.nan)
        more, gone = spikes(left, np.sqrt(fit.variance), fit.lines, points)
        if (more | gone).any():
            cosmic, dead = cosmic | more, dead | gone
            data = replace(data, used=data.used & ~(more | gone))
            fit = fit.again(data)
        data = replace(data, noise=noise(y, fit.model, data.used, fit.lines))
    if baseline_nm is None:
        fit, data = _plainest(fit, data)
    while len(fit):
        strength = fit.significance
        if strength.min() >= least:
            break
        fit = fit.again(data, keep=np.arange(len(fit)) != strength.argmin())
    free = max(int(data.used.sum()) - fit.covariance.shape[0], 1)
    chi2 = data.misfit(fit.model, fit.variance) / free
    lines = _lines(fit, data, clipped, deconvolved=resolution_nm > 0.0)
    split = None
    if fit.shape.splits:
        split = 6.0 * fit.shape.split, 6.0 * fit.split_error(data) * float(np.sqrt(max(chi2, 1.0)))
    return Found(
        spectrum, lines, fit, data.noise, clipped, cosmic, dead, resolution_nm, fit.shape.response, least, false_alarms, chi2,
        split,
    )  # fmt: skip


def _plain(points: Points, coefficients: Array, shape: Shape) -> Fit:
    """The baseline alone, as the points between the lines have it."""
    level, nothing, covariance = points.basis @ coefficients, np.zeros(0), np.zeros((coefficients.size,) * 2)
    variance = points.noise.variance(level)
    return Fit(
        nothing, nothing, nothing, coefficients, covariance, shape, level, np.zeros(level.shape), variance
    )


def _plainest(fit: Fit, points: Points) -> tuple[Fit, Points]:
    """The same lines over the coarsest baseline that the points ask for (Schwarz's criterion)."""
    best, best_points, lowest, worse = fit, points, np.inf, 0
    pieces = points.basis.shape[1] - 3
    for n in (*(n for n in PIECES if n < pieces), pieces):
        other = replace(points, basis=spline_basis(points.x, n))
        coefficients = np.linalg.lstsq(other.basis[points.used], fit.level[points.used], rcond=None)[0]
        again = fit_lines(other, (fit.centre, fit.width, fit.area, coefficients), fit.shape)
        # One variance for all, or a poor model would excuse itself.
        score = points.misfit(again.model, fit.variance) + n * np.log(points.used.sum())
        if score < lowest:
            best, best_points, lowest, worse = again, other, score, 0
        else:
            worse += 1
        if worse == 2:
            break
    return best, replace(best_points, noise=noise(points.y, best.model, points.used, best.lines))


def _with_response(fit: Fit, points: Points) -> Fit:
    """The fit with the Gauss response that, common to all lines, brings their shape nearest to what was recorded."""
    full = float(np.median(fit.width))

    def shape(response: float) -> Shape:
        return replace(fit.shape, response=response)

    def misfit(response: float) -> float:
        return points.misfit(fit.again(points, shape(response)).model, fit.variance)

    tried = full * np.array([0.0, 0.25, 0.5, 0.75, 1.0])
    best = int(np.argmin([misfit(response) for response in tried]))
    if best == 0:
        return fit.again(points, shape(0.0))
    bounds = (tried[best - 1], tried[min(best + 1, len(tried) - 1)])
    found = minimize_scalar(misfit, bounds=bounds, method="bounded", options={"xatol": 0.03 * full})
    return fit.again(points, shape(float(found.x)))


def _with_split(fit: Fit, points: Points) -> Fit:
    """The fit with the split, common to all lines, that brings their shape nearest to what was recorded."""
    full = float(np.median((fit.width + fit.shape.response) / fit.centre))
    tried = []
    for part in SPLITS:
        split = part * full
        # The top of a split line is near its polar modes.
        start = (
            fit.centre * (1.0 - split),
            np.maximum(fit.width * (1.0 - abs(part)), 0.1 * fit.width),
            fit.area,
            fit.coefficients,
        )
        tried.append(fit_lines(points, start, replace(fit.shape, split=split, splits=True), steps=FEW))
    return min(tried, key=lambda f: points.misfit(f.model, fit.variance))


def _joined(
    fit: Fit, points: Points, seen: list[tuple[int, float, float]]
) -> tuple[Array, Array, Array, Array]:
    """Lines that were there and new ones at the places seen."""
    at, step, response = np.array([i for i, _, _ in seen]), step_nm(points.x), fit.shape.response
    full = np.array([w for _, w, _ in seen]) * step
    width = np.sqrt(np.maximum(full**2 - response**2, (0.3 * full) ** 2))
    strength = np.array([s for _, _, s in seen])
    height = np.maximum(
        (points.y - fit.model)[at], strength * np.sqrt(fit.variance[at]) / np.sqrt(full / step)
    )
    area = height / voigt(np.zeros(at.size), width, response)[0]
    new = (points.x[at], width, area)
    old = (fit.centre, fit.width, fit.area)
    return (*(np.concatenate(pair) for pair in zip(old, new, strict=True)), fit.coefficients)  # type: ignore[return-value]


def _lines(fit: Fit, points: Points, clipped: Array, *, deconvolved: bool) -> tuple[Line, ...]:
    """The lines with their errors, enlarged where the model misses the points around a line."""
    n, strength, x, response = len(fit), fit.significance, points.x, fit.shape.response
    lines = []
    for j in np.argsort(fit.centre):
        width, split = float(fit.width[j]), fit.shape.split * float(fit.centre[j])
        # Full width with the instrument's response, to 2e-4: Olivero and Longbothum 1977.
        root = float(np.sqrt(0.2166 * width**2 + response**2))
        full, stretch = (
            (0.5346 * width + root, 0.5346 + 0.2166 * width / root) if response > 0.0 else (width, 1.0)
        )
        near = np.abs(x - fit.centre[j]) < 1.5 * full + 3.0 * abs(split) + step_nm(x)
        local = near & points.used
        misfit = float((((points.y - fit.model) ** 2 / fit.variance)[local]).mean()) if local.any() else 1.0
        enlarged = float(np.sqrt(misfit)) if misfit > 1.0 + 3.0 * np.sqrt(2.0 / max(local.sum(), 1)) else 1.0
        part = np.ix_([n + j, 2 * n + j], [n + j, 2 * n + j])
        top, by_width = _top(width, response, split)
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


def _top(width: float, response: float, split: float) -> tuple[float, float]:
    """Height of a line of unit area, and its derivative with respect to the width."""
    across = np.linspace(-2.0, 1.0, 301 if split else 1) * split
    value, _, by_width, _ = multiplet(across, np.array(width), response, np.array(split))
    highest = int(value.argmax())
    return float(value[highest]), float(by_width[highest])
