"""A multiplet as a spectrometer shows it: its 2 l + 1 lines, their envelope, and what each is made of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from femwgm.imperfections.surface import rms_order
from femwgm.views.figures.style import GREY, INK, POLARIZATION, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from femwgm.imperfections import Multiplet

RESOLUTIONS_PM = (2.0, 20.0)
"""Resolutions (full width at half maximum) of the spectrometers shown beside the envelope."""


def spectrum_of(lines: Multiplet, resolution_pm: float, x_pm: np.ndarray) -> np.ndarray:
    """Sum of the lines, equally bright, each with its own width and the instrument's (Gaussian), at shifts x; maximum 1."""
    from scipy.special import voigt_profile

    own = 1e3 * lines.wavelength_nm / lines.q_total
    sigma = resolution_pm / 2.354820045
    total = voigt_profile(x_pm[:, None] - lines.shift_pm, sigma, 0.5 * own).sum(axis=1)
    return np.asarray(total / total.max())


def splitting(lines: Multiplet, upper: Axes, lower: Axes) -> None:
    """Draw the spectrum into the upper axes and the composition of the lines into the lower ones."""
    mode, colour = lines.mode, POLARIZATION[lines.mode.pol]
    shift = lines.shift_pm
    broad = max(0.12 * lines.std_pm, 1e-3)
    margin = 0.12 * np.ptp(shift) + 3.0 * broad
    x = np.linspace(shift.min() - margin, shift.max() + margin, 6001)
    upper.vlines(shift, 0.0, 0.06, color=colour, linewidth=0.35, alpha=0.7)
    for resolution, style in zip((*RESOLUTIONS_PM,), (0.5, 1.3), strict=True):
        upper.plot(
            x, spectrum_of(lines, resolution, x), color=colour, linewidth=style, alpha=0.45 if style < 1.0 else 1.0,
            label=f"through {resolution:g} pm",
        )  # fmt: skip
    text = "most lines coincide"
    if lines.fwhm_pm > 0.0:
        width = f"{lines.fwhm_pm:.3g} pm" if lines.fwhm_pm < 1e4 else f"{1e-3 * lines.fwhm_pm:.3g} nm"
        text = f"FWHM {width}\nlooks like Q = {1e3 * mode.wavelength_nm / lines.fwhm_pm:.0f}"
    upper.text(0.02, 0.95, text, transform=upper.transAxes, va="top", color=INK)
    upper.set_title(
        f"{mode.pol} q = {mode.q}, l = {mode.l}: {shift.size} lines at {mode.wavelength_nm:.3f} nm"
    )
    upper.set_ylabel("spectrum")
    upper.set_yticks([])
    upper.set_ylim(0.0, 1.12)
    upper.legend(loc="best")
    upper.axvline(0.0, color=GREY, linewidth=0.6, linestyle=(0, (3, 2)), zorder=0)
    lower.axvline(0.0, color=GREY, linewidth=0.6, linestyle=(0, (3, 2)), zorder=0)
    lower.plot(shift, rms_order(lines) / mode.l, ".", color=colour, markersize=2.5)
    lower.set_ylabel("rms m / l")
    lower.set_ylim(-0.03, 1.05)
    lower.set_xlabel("shift against the perfect sphere (pm)")
    for ax in (upper, lower):
        ax.set_xlim(x[0], x[-1])
    upper.tick_params(labelbottom=False)


def splitting_figure(multiplets: Sequence[Multiplet]) -> Figure:
    """One column for each multiplet."""
    count = len(multiplets)
    figure = new_figure(3.5 * count if count > 1 else 4.4, 3.6)
    axes = figure.subplots(2, count, height_ratios=[1.7, 1.0], squeeze=False)
    for column, lines in enumerate(multiplets):
        splitting(lines, axes[0, column], axes[1, column])
    return figure
