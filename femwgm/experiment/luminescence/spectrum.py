"""Spectra on the instrument's grid: what varies slowly computed point by point, every line added with its exact area.

A line of a sphere may be 10^40 times narrower than a pixel. Near a pole k0 - i kappa the emission in one degree is a Lorentz line
whose area follows from the mode alone: with Gamma the share of its energy in the layer, of index n and volume V,

    area = pi^2 (2 l + 1) Gamma / (n^2 V n_ambient k0^2)        (a dipole's power in the ambient, times rad/um),

times the share of its losses that leaves as light. These lines are taken off the emission at every point (pole subtraction); what
is left varies slowly and is smoothed by the instrument's response, and the lines are put back convolved with it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.interpolate import CubicSpline
from scipy.ndimage import gaussian_filter1d

from femwgm.analytic import ExactMode, LayeredSphere
from femwgm.experiment.lasing.mie import efficiencies
from femwgm.experiment.luminescence.channels import degrees, purcell, radiated
from femwgm.experiment.recorded.voigt import GAUSS, voigt
from femwgm.ground.typing import Array

LEAST_Q = 300.0
"""Radiation Q of the broadest line that is treated as a line."""
COARSE_NM = 0.2
"""Step at which the emission without its lines is computed."""
MAP = (121, 160)
"""Wavelengths and radii of a map."""
SPARE = 0.02
"""Share of the wavelength beyond the window within which lines still count for their tails."""


@dataclass(frozen=True)
class Settings:
    """What is looked at, and with what.

    Attributes
    ----------
    window_nm
        Vacuum wavelengths.
    resolution_nm
        Full width of the instrument's Gauss response.
    layer
        Layer that emits.
    in_plane
        Dipoles across the radius only.
    scattering_q
        Quality factor of what scatters light out of every mode: roughness, dust. Infinite for a perfect sphere.
    aperture
        Numerical aperture of the collection; 0 collects everything.
    band_nm
        Centre and full width of the emitters' Gauss band; None for emitters that are alike at all wavelengths.
    """

    window_nm: tuple[float, float]
    resolution_nm: float = 0.05
    layer: int = 0
    in_plane: bool = False
    scattering_q: float = np.inf
    aperture: float = 0.0
    band_nm: tuple[float, float] | None = None

    @property
    def collected(self) -> float:
        """Share of the light that is collected: emitters spread evenly over a sphere shine alike everywhere, unpolarized."""
        return 1.0 if self.aperture == 0.0 else 0.5 * (1.0 - np.sqrt(1.0 - min(self.aperture, 1.0) ** 2))

    def band(self, x: Array) -> Array:
        """How strongly the emitters emit at wavelengths (nm)."""
        if self.band_nm is None:
            return np.ones(x.shape)
        return np.asarray(np.exp(-4.0 * np.log(2.0) * ((x - self.band_nm[0]) / self.band_nm[1]) ** 2))


@dataclass(frozen=True)
class Emission:
    """Emission against wavelength, in units of the power of the same dipoles in the ambient.

    Attributes
    ----------
    wavelength_nm, te, tm
        On an even grid.
    modes
        The modes treated as lines: exact ones, or those of a run.
    ordered_by
        What tells neighbouring lines apart: l on a sphere, where all m are one line, m on other bodies.
    """

    wavelength_nm: Array
    te: Array
    tm: Array
    modes: Sequence[Any]
    ordered_by: str = "l"

    def name(self, mode: Any) -> str:
        """A mode in few words."""
        if self.ordered_by == "l":
            return f"{mode.pol} l = {mode.l}"
        return f"{mode.pol} m = {mode.m}" + (f", p = {mode.p}" if mode.p else "")


@dataclass(frozen=True)
class PlaneWave:
    """Cross-sections over pi R^2, against wavelength."""

    wavelength_nm: Array
    extinction: Array
    scattering: Array


@dataclass(frozen=True)
class PurcellMap:
    """Power that leaves the sphere, of one dipole in units of its power in the ambient.

    Attributes
    ----------
    wavelength_nm, radius_um
        Where.
    radial, tangential
        Of a dipole along and across the radius, shape (wavelengths, radii).
    """

    wavelength_nm: Array
    radius_um: Array
    radial: Array
    tangential: Array


def purcell_map(sphere: LayeredSphere, settings: Settings) -> PurcellMap:
    """The factor over window and radius; lines narrower than the steps show only where a step meets them."""
    wave = np.linspace(*settings.window_nm, MAP[0])
    outer = sphere.outer_radius_um
    r = outer * (np.arange(MAP[1]) + 0.5) / MAP[1]
    both = np.array([purcell(sphere, 2e3 * np.pi / w, r) for w in wave])
    return PurcellMap(wave, r, both[:, 0], both[:, 1])


def line_area(mode: ExactMode, layer: int) -> float:
    """Area of a mode's line in the emission of a layer of dipoles without direction (rad/um), all light that it loses counted."""
    radii = mode.sphere.radii_um
    inner = radii[layer - 1] if layer else 0.0
    volume = 4.0 * np.pi * (radii[layer] ** 3 - inner**3) / 3.0
    k = mode.k0.real
    eps = mode.sphere.media.at(np.array([k])).t
    ambient = float(np.sqrt(eps[-1, 0].real))
    return float(
        np.pi**2 * (2 * mode.l + 1) * mode.energy[layer] / (eps[layer, 0].real * volume * ambient * k**2)
    )


def emission(sphere: LayeredSphere, settings: Settings) -> Emission:
    """Emission spectrum of dipoles spread evenly through a layer.

    Parameters
    ----------
    sphere
        The sphere.
    settings
        Layer, dipoles and instrument.
    """
    x, margin = grid(settings)
    modes = _lines(sphere, settings.window_nm)
    sums = []
    for polarization in (False, True):
        own = [mode for mode in modes if (mode.pol == "TM") == polarization]
        areas = [_radiant(mode, settings) for mode in own]
        sums.append((own, areas))
    coarse = np.linspace(x[0], x[-1], max(int((x[-1] - x[0]) / COARSE_NM), 24) + 1)
    plain = np.array(
        [radiated(sphere, settings.layer, 2e3 * np.pi / v, in_plane=settings.in_plane) for v in coarse]
    )
    result = []
    for column, (own, areas) in enumerate(sums):
        narrow = _added(coarse, own, [a for a, _ in areas], [_width_nm(m, np.inf) for m in own], 0.0, sphere)
        smooth = CubicSpline(coarse, plain[:, column] - narrow)(x)
        smooth = gaussian_filter1d(smooth, settings.resolution_nm / GAUSS / (x[1] - x[0]), mode="nearest")
        widths = [_width_nm(m, settings.scattering_q) for m in own]
        result.append(smooth + _added(x, own, [b for _, b in areas], widths, settings.resolution_nm, None))
    weight = settings.collected * settings.band(x)
    inside = slice(margin, x.size - margin)
    te, tm = (np.maximum(part * weight, 0.0)[inside] for part in result)
    return Emission(x[inside], te, tm, tuple(modes))


def plane_wave(sphere: LayeredSphere, settings: Settings) -> PlaneWave:
    """Extinction and scattering efficiencies as an instrument of finite resolution shows them.

    Lines narrower than six steps of the grid are taken off and put back; broader ones the grid resolves.
    """
    x, margin = grid(settings)
    step = x[1] - x[0]
    raw = np.array([(e.extinction, e.scattering) for e in (efficiencies(sphere, 1e-3 * v) for v in x)])
    modes = [m for m in _lines(sphere, settings.window_nm) if _width_nm(m, np.inf) < 6.0 * step]
    ambient = float(np.sqrt(sphere.media.at(np.array([2e3 * np.pi / x.mean()])).t[-1, 0].real))
    size = sphere.outer_radius_um
    widths = [_width_nm(m, np.inf) for m in modes]
    result = []
    for column in (0, 1):
        areas = []
        for mode in modes:
            k, radiative, all_losses = mode.k0.real, 0.5 / mode.q_rad, 0.5 / mode.q_total
            share = 1.0 if column == 0 else radiative / all_losses
            areas.append(np.pi * k * radiative * share * 2.0 * (2 * mode.l + 1) / (ambient * k * size) ** 2)
        smooth = raw[:, column] - _added(x, modes, areas, widths, 0.0, sphere)
        smooth = gaussian_filter1d(smooth, settings.resolution_nm / GAUSS / step, mode="nearest")
        result.append(smooth + _added(x, modes, areas, widths, settings.resolution_nm, None))
    inside = slice(margin, x.size - margin)
    return PlaneWave(x[inside], result[0][inside], result[1][inside])


def grid(settings: Settings) -> tuple[Array, int]:
    """Even wavelengths over the window and four resolutions beyond it, and how many lie beyond on each side."""
    lo, hi = settings.window_nm
    count = int(np.ceil((hi - lo) / max(settings.resolution_nm / 3.0, (hi - lo) / 4000.0)))
    step = (hi - lo) / count
    margin = int(np.ceil(4.0 * settings.resolution_nm / step))
    return lo + step * np.arange(-margin, count + margin + 1), margin


def _lines(sphere: LayeredSphere, window_nm: tuple[float, float]) -> list[ExactMode]:
    lo, hi = window_nm
    return sphere.modes((1e-3 * lo * (1.0 - SPARE), 1e-3 * hi * (1.0 + SPARE)), min_q=LEAST_Q)


def _width_nm(mode: ExactMode, scattering_q: float) -> float:
    """Full width of a line (nm); at least what double precision can place."""
    return float(mode.wavelength_nm * max(1.0 / mode.q_total + 1.0 / scattering_q, 1e-15))


def _radiant(mode: ExactMode, settings: Settings) -> tuple[float, float]:
    """Area (rad/um) of a line in the emission, of the sphere itself and with what scatters."""
    whole = line_area(mode, settings.layer)
    if settings.in_plane:
        whole *= 1.5 * _across(mode, settings.layer)
    own, lost, scattered = 1.0 / mode.q_rad, 1.0 / mode.q_total, 1.0 / settings.scattering_q
    return whole * own / lost, whole * (own + scattered) / (lost + scattered)


def _across(mode: ExactMode, layer: int) -> float:
    """Share of the mode's |E|^2 in a layer that is across the radius."""
    if mode.pol == "TE":
        return 1.0
    samples = mode.radial.samples[layer]
    k, eps = mode.k0.real, abs(mode.radial.media.r[layer, 0])
    across = samples.integral(np.abs(samples.w) ** 2).real
    along = samples.integral(mode.l * (mode.l + 1.0) * np.abs(samples.u) ** 2 / (eps * samples.r) ** 2).real
    return float(across / (across + along)) if k > 0.0 else 1.0


def _added(
    x: Array,
    modes: Sequence[ExactMode],
    areas: Sequence[float],
    widths: Sequence[float],
    resolution: float,
    sphere: LayeredSphere | None,
) -> Array:
    """Lines on the grid. With a sphere, only those whose degree its point-by-point sum holds at each wavelength."""
    total = np.zeros(x.shape)
    within: Callable[[int], Array] = lambda _: np.ones(x.shape)  # noqa: E731
    if sphere is not None:
        highest = np.interp(x, [x[0], x[-1]], [degrees(sphere, 2e3 * np.pi / v)[-1] for v in (x[0], x[-1])])
        within = lambda l: (l <= highest).astype(float)  # noqa: E731
    for mode, area, width in zip(modes, areas, widths, strict=True):
        area_nm = area * mode.wavelength_nm**2 / (2e3 * np.pi)
        total += area_nm * voigt(x - mode.wavelength_nm, width, resolution)[0] * within(mode.l)
    return total
