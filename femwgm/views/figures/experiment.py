"""Figures of what is measured beside a spectrum: sizes, polarization, two combs.

The functions take what they need as numbers or as anything with the attributes they name; they compute nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from femwgm.ground.typing import Array
from femwgm.views.figures.style import ACCENT, FAINT, GREY, INK, MARKER, PAGE, POLARIZATION, new_figure, panel

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def polarizer(lights: Mapping[str, Any], ax: Axes) -> Axes:
    """Intensity behind a turning polarizer, each light scaled to its own mean.

    Parameters
    ----------
    lights
        By name: something with `behind_polarizer(degrees)`, `s0` and `factor`.
    """
    angle = np.linspace(0.0, 360.0, 361)
    colours = {"TE": POLARIZATION["TE"], "TM": POLARIZATION["TM"]}
    spare = iter((INK, ACCENT[2], ACCENT[3]))
    for name, light in lights.items():
        colour = colours.get(name[:2]) or next(spare)
        mean = 0.5 * light.s0
        ax.plot(
            np.radians(angle),
            light.behind_polarizer(angle) / mean,
            color=colour,
            label=f"{name}: $R$ = {light.factor:.3f}",
        )
    ax.set_theta_zero_location("N")  # type: ignore[attr-defined]
    ax.set_rlabel_position(45)  # type: ignore[attr-defined]
    ax.set_yticks([1.0, 2.0], ["1", "2"])
    ax.grid(visible=True)
    return ax


def combs(design: Any, ax: Axes, names: tuple[str, str], *, mark_nm: float | None = None) -> Axes:
    """Two combs, one above the other, with the detuning of each pair in line widths below.

    Parameters
    ----------
    design
        `combs`, `coincidences`, `best`, `line_width_nm`, `window_um`.
    names
        The two spheres.
    mark_nm
        A wavelength to mark.
    """
    for comb, base, name in zip(design.combs, (1.1, 0.0), names, strict=True):
        ax.vlines(
            comb.wavelength_nm, base, base + 0.9, color=POLARIZATION["TE"] if base else ACCENT[2], lw=1.1
        )
        ax.text(0.006, base + 0.78, name, transform=ax.get_yaxis_transform(), fontsize=6.5, va="center", ha="left",
                bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.0, "alpha": 0.85})  # fmt: skip
    for pair in design.coincidences:
        if pair.widths < 1.0:
            ax.axvspan(
                pair.wavelength_nm - 0.25,
                pair.wavelength_nm + 0.25,
                color=ACCENT[4],
                alpha=0.35 * (1.3 - pair.widths),
                lw=0,
            )
    for pair in design.best:
        if pair.widths < 1.0:
            ax.text(
                pair.wavelength_nm,
                2.03,
                f"{pair.wavelength_nm:.2f}",
                ha="center",
                va="bottom",
                fontsize=6.0,
                color=INK,
            )
    if mark_nm is not None:
        ax.axvline(mark_nm, color=ACCENT[1], lw=0.9, ls=(0, (3, 2)))
    # Room for the names beside the first lines.
    lo, hi = (1e3 * end for end in design.window_um)
    ax.set_xlim(lo - 0.08 * (hi - lo), hi + 0.02 * (hi - lo))
    ax.set_ylim(0.0, 2.25)
    ax.set_yticks([])
    ax.set_xlabel("vacuum wavelength / nm")
    ax.axhline(1.0, color=FAINT, lw=0.6)
    return ax


def sizes_figure(
    trends: Sequence[Any], points: Mapping[str, Sequence[tuple[float, ...]]], index: float, shell_um: float
) -> Figure:
    """What changes with size: spacing, indices, radiation, confinement.

    Parameters
    ----------
    trends
        For each polarization `pol`, `diameter_um` and `values` by name, at 660 nm.
    points
        For each polarization (diameter, FSR in nm, group index, log10 Q_rad, wavelength in nm, share of the shell) of
        finite-element runs.
    index, shell_um
        The published index of Eq. 1, and twice the thickness of the shell (um).
    """
    figure = new_figure(PAGE, 4.4)
    (a, b), (c, d) = figure.subplots(2, 2, sharex=True)
    for one in trends:
        x, v, colour = one.diameter_um, one.values, POLARIZATION[one.pol]
        a.plot(x, v["fsr_nm"] * x, color=colour, label=one.pol)
        b.plot(x, v["n_g"], color=colour)
        b.plot(x, v["n_eff"], color=colour, ls="--")
        c.plot(x, v["log10_q_rad"], color=colour)
        d.plot(x, 100.0 * v["shell"], color=colour)
        found = np.array(points[one.pol])
        style = {"color": colour, "ls": "", "marker": MARKER[one.pol], "ms": 4.0}
        # The line nearest to 660 nm lies a little beside it, and FSR goes with its square.
        a.plot(found[:, 0], found[:, 1] * found[:, 0] * (660.0 / found[:, 4]) ** 2, **style)
        b.plot(found[:, 0], found[:, 2], **style)
        c.plot(found[:, 0], found[:, 3], **style)
        d.plot(found[:, 0], 100.0 * found[:, 5], **style)
    x = trends[0].diameter_um
    a.plot(
        x,
        660.0**2 * 1e-3 / (index * np.pi * (x + shell_um)) * x,
        color=GREY,
        lw=0.9,
        ls=(0, (3, 1.5)),
        label=f"Eq. 1, {index}",
    )
    a.set_ylabel("FSR(660 nm) × $D$ / (nm µm)")
    a.legend()
    b.plot([], [], color=INK, label="group $n_g$")
    b.plot([], [], color=INK, ls="--", label=r"phase $n_\mathrm{eff}$")
    b.axhline(index, color=GREY, lw=0.9, ls=(0, (3, 1.5)))
    b.set_ylabel("index at the outer diameter")
    b.legend()
    c.set_ylabel(r"$\log_{10} Q_\mathrm{rad}$")
    d.set_ylabel("energy in the shell / %")
    for ax in (c, d):
        ax.set_xlabel("silica diameter $D$ / µm")
    for ax, letter in zip((a, b, c, d), "abcd", strict=True):
        ax.set_xscale("log")
        ax.set_xticks([10, 20, 50, 100], ["10", "20", "50", "100"])
        panel(ax, letter)
    return figure


def polarizer_figure(lights: Mapping[str, Any]) -> Figure:
    """See :func:`polarizer`."""
    figure = new_figure(PAGE, 2.7)
    polarizer(lights, figure.add_subplot(1, 2, 1, projection="polar"))
    ax = figure.add_subplot(1, 2, 2)
    angle = np.linspace(0.0, 360.0, 361)
    for (name, light), line in zip(lights.items(), figure.axes[0].lines, strict=True):
        ax.plot(
            angle,
            2.0 * light.behind_polarizer(angle) / light.s0,
            color=line.get_color(),
            label=f"{name}: $R$ = {light.factor:.3f}",
        )
    ax.set_xlim(0.0, 360.0)
    ax.set_xticks(range(0, 361, 90))
    ax.set_ylim(0.0, 3.1)
    ax.set_xlabel("polarizer angle / °")
    ax.set_ylabel("intensity / mean")
    ax.legend(loc="upper right")
    return figure


def vernier_figure(
    design: Any, names: tuple[str, str], drawn: Mapping[float, Array], target_nm: float | None
) -> Figure:
    """Two combs, their detuning in line widths, and where errors of the diameters put the coincidence.

    Parameters
    ----------
    design
        See :func:`combs`.
    names
        The two spheres.
    drawn
        Wavelengths of the chosen coincidence (nm) by standard deviation of the diameters (nm).
    target_nm
        Where it was wanted; None where no place was named.
    """
    figure = new_figure(PAGE, 4.6)
    a, b, c = figure.subplots(3, 1, sharex=True, gridspec_kw={"height_ratios": [1.25, 1.0, 0.9]})
    combs(design, a, names, mark_nm=target_nm)
    a.set_xlabel("")
    pairs = design.coincidences
    b.plot(
        [p.wavelength_nm for p in pairs],
        [p.detuning_nm / design.line_width_nm for p in pairs],
        color=INK,
        marker="o",
        ms=3.0,
        lw=0.0,
    )
    b.axhspan(-1.0, 1.0, color=ACCENT[4], alpha=0.25, lw=0)
    b.axhline(0.0, color=INK, lw=0.5)
    b.set_ylabel("detuning /\nline widths")
    shown = 400
    for row, places in enumerate(drawn.values()):
        # Heights within a row only keep the points apart.
        height = row + 0.62 * np.linspace(-0.5, 0.5, shown)[np.argsort(np.sin(7.0 * np.arange(shown)))]
        few = np.asarray(places)[:shown]
        c.plot(few, height[: few.size], ".", ms=2.4, color=INK, alpha=0.45, mew=0.0)
    if target_nm is not None:
        c.axvline(target_nm, color=ACCENT[1], lw=0.9, ls=(0, (3, 2)))
    c.set_ylim(len(drawn) - 0.5, -0.5)
    c.set_yticks(range(len(drawn)), [f"{deviation:g}" for deviation in drawn])
    c.tick_params(axis="y", length=0)
    c.set_ylabel("σ of each\ndiameter / nm")
    c.set_xlabel("vacuum wavelength / nm")
    for ax, letter in zip((a, b, c), "abc", strict=True):
        panel(ax, letter)
    return figure
