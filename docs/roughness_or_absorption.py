"""The figure of docs/imperfections.md: which film roughness, which absorption, and which mixture make lines of Q = 4200.

Run it from the top of the repository: python docs/roughness_or_absorption.py
"""

from __future__ import annotations

import math
import sys
from pathlib import Path

import numpy as np
from scipy.optimize import brentq
from scipy.special import voigt_profile

from femwgm.analytic import ExactMode, layered_sphere
from femwgm.imperfections import relief
from femwgm.imperfections.expected import expected_std_pm, zonal_variances
from femwgm.views.figures.style import ACCENT, GREY, POLARIZATION, look, new_figure, panel, save

SILICA, FILM, THICKNESS, Q = 1.45, 1.768, 0.49, 4200.0
GAUSSIAN = 2.0 * math.sqrt(2.0 * math.log(2.0))
LENGTHS = {0.5: ACCENT[0], 1.0: ACCENT[2], 2.0: ACCENT[1], 4.0: ACCENT[3]}


def nearest_mode(pol: str, core: float, wavelength: float = 0.66) -> ExactMode:
    """The q = 1 mode next to a wavelength (um)."""
    sphere = layered_sphere([core, core + THICKNESS], [SILICA, FILM, 1.0])
    near = sphere.modes((wavelength * 0.985, wavelength * 1.015), [pol], [1])
    return min(near, key=lambda mode: abs(mode.wavelength_nm - 1e3 * wavelength))


def width_per_nm(mode: ExactMode, length: float) -> float:
    """Expected full width (pm) of the multiplet for a film of 1 nm rms."""
    R = mode.sphere.outer_radius_um
    variance = relief.spectrum("gaussian", length, R, min(4 * mode.l, 1900))
    variance *= 1e-6 / variance[1:].sum()  # um^2, without a change of size
    return GAUSSIAN * expected_std_pm(zonal_variances(mode, [1]), variance)


def absorption(mode: ExactMode, width: float) -> float:
    """Absorption of the film (1/cm) whose line is so wide (pm)."""
    k0 = mode.k0.real
    return 1e4 * k0 * FILM * width / (1e3 * mode.wavelength_nm * mode.energy[1])


def voigt_width(gauss: float, lorentz: float) -> float:
    """Full width at half maximum of a Gauss and a Lorentz profile folded."""
    sigma, gamma = max(gauss, 1e-9) / GAUSSIAN, 0.5 * lorentz
    half = 0.5 * voigt_profile(0.0, sigma, gamma)
    return 2.0 * brentq(lambda x: voigt_profile(x, sigma, gamma) - half, 0.0, 2.0 * (gauss + lorentz) + 1e-9)


def main(target: Path) -> None:
    """Compute and draw."""
    te, tm = nearest_mode("TE", 10.0), nearest_mode("TM", 10.0)
    wanted = 1e3 * te.wavelength_nm / Q
    with look():
        figure = new_figure(7.0, 5.2)
        axes = figure.subplots(2, 2)
        rms = np.linspace(0.0, 8.0, 81)
        for length, colour in LENGTHS.items():
            slope = width_per_nm(te, length)
            axes[0, 0].plot(rms, slope * rms, color=colour, label=f"{length:g} µm")
            mixed = np.linspace(0.0, wanted, 60)
            lorentz = [
                brentq(lambda w, g=g: voigt_width(g, w) - wanted, 0.0, wanted) if g < wanted else 0.0
                for g in mixed
            ]
            axes[0, 1].plot(mixed / slope, [absorption(te, w) for w in lorentz], color=colour)
        axes[0, 0].axhline(wanted, color=GREY, linewidth=0.8, linestyle=(0, (3, 2)))
        axes[0, 0].text(7.9, wanted + 8.0, "Q = 4200", ha="right", color=GREY)
        axes[0, 0].set(
            xlabel="roughness of the film (nm rms)",
            ylabel="width of TE, l = 165 (pm)",
            xlim=(0, 8),
            ylim=(0, 500),
        )
        axes[0, 0].legend(title="correlation length", loc="upper left")
        axes[0, 1].set(
            xlabel="roughness of the film (nm rms)",
            ylabel="absorption of the film (1/cm)",
            xlim=(0, 8),
            ylim=(0, 45),
        )
        axes[0, 1].text(
            0.97,
            0.95,
            "on each curve the lines\nhave Q = 4200",
            transform=axes[0, 1].transAxes,
            ha="right",
            va="top",
        )
        cores = np.array([5.0, 7.0, 10.0, 14.0, 20.0, 28.0])
        alone = wanted / width_per_nm(te, 2.0)
        for pol in ("TE", "TM"):
            modes = [nearest_mode(pol, core) for core in cores]
            rough = [alone * width_per_nm(mode, 2.0) for mode in modes]
            lossy = [wanted * absorption(te, 1.0) / absorption(mode, 1.0) for mode in modes]
            axes[1, 0].plot(2.0 * cores, rough, "o-", color=POLARIZATION[pol], label=f"{pol}, roughness")
            axes[1, 0].plot(
                2.0 * cores,
                lossy,
                "s--",
                color=POLARIZATION[pol],
                markerfacecolor="white",
                label=f"{pol}, absorption",
            )
        axes[1, 0].set(xlabel="diameter of the core (µm)", ylabel="width near 660 nm (pm)", ylim=(0, 380))
        axes[1, 0].legend(loc="upper right")
        lengths = np.geomspace(0.15, 8.0, 30)
        ratio = [width_per_nm(tm, x) / width_per_nm(te, x) for x in lengths]
        axes[1, 1].plot(lengths, ratio, color=ACCENT[1], label="roughness")
        axes[1, 1].axhline(
            absorption(te, 1.0) / absorption(tm, 1.0), color=ACCENT[0], linestyle="--", label="absorption"
        )
        axes[1, 1].set(
            xscale="log", xlabel="correlation length (µm)", ylabel="width of TM over TE", ylim=(0.8, 1.5)
        )
        axes[1, 1].set_xticks([0.2, 0.5, 1.0, 2.0, 5.0], ["0.2", "0.5", "1", "2", "5"])
        axes[1, 1].minorticks_off()
        axes[1, 1].legend(loc="upper right")
        for letter, ax in zip("abcd", axes.flat, strict=True):
            panel(ax, letter)
        save(figure, target, dpi=200)
    for length in LENGTHS:
        print(f"{length:g} um: {wanted / width_per_nm(te, length):.2f} nm rms alone")
    print(f"absorption alone: {absorption(te, wanted):.1f} /cm; width {wanted:.1f} pm")


if __name__ == "__main__":
    images = Path(__file__).parent / "images"
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else images / "roughness-or-absorption.png")
