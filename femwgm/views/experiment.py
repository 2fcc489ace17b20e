"""Figures of what is measured: a spectrum with its labels, thresholds, light against pump, polarization, two combs.

The functions take what they need as numbers or as anything with the attributes they name; they compute nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from femwgm.typing import Array
from femwgm.views.style import ACCENT, FAINT, GREY, INK, MARKER, PAGE, POLARIZATION, new_figure, panel

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = [
    "assignment_figure",
    "combs",
    "light_in_light_out",
    "polarizer",
    "residuals",
    "spectrum",
    "thresholds",
]


def assignment_figure(result: Any) -> Figure:
    """Measured peaks over the exact comb, named, with residuals and the fitted numbers.

    Parameters
    ----------
    result
        An assignment: `peaks`, `best` (a fit with lines and matching), `rows()`, `parameters`, `probability`.
    """
    figure = new_figure(PAGE, 3.5)
    top, bottom = figure.subplots(2, 1, sharex=True, gridspec_kw={"height_ratios": [2.6, 1.0]})
    spectrum(result, top)
    residuals(result, bottom)
    panel(top, "a")
    panel(bottom, "b")
    return figure


def spectrum(result: Any, ax: Axes) -> Axes:
    """Peaks upwards, the exact lines downwards; what is matched is joined and named."""
    rows, peaks, lines = result.rows(), result.peaks, result.best.lines
    heights = _heights(peaks)
    lo, hi = float(peaks.wavelength_nm[0]), float(peaks.wavelength_nm[-1])
    margin = 0.03 * (hi - lo) + 0.5
    for i, (row, height) in enumerate(zip(rows, heights, strict=True)):
        colour = POLARIZATION.get(row["pol"] or "", GREY)
        x = row["wavelength_nm"]
        ax.vlines(x, 0.0, height, color=colour, lw=1.6, ls="-" if row["pol"] else (0, (2, 1.5)))
        text = f"{row['l']}" + (f" ({row['q']})" if (row["q"] or 1) > 1 else "") if row["pol"] else "?"
        ax.text(
            x,
            height + 0.03,
            text,
            ha=_aside(peaks.wavelength_nm, i, 0.03 * (hi - lo)),
            va="bottom",
            fontsize=6.0,
            color=colour,
        )
    used = set(result.best.matching.mode.tolist())
    shown = np.flatnonzero((lines.wavelength_nm > lo - margin) & (lines.wavelength_nm < hi + margin))
    for j in shown:
        pol, l, _ = lines.labels.name(j)
        x = float(lines.wavelength_nm[j])
        ax.vlines(x, -0.5, 0.0, color=POLARIZATION[pol], lw=1.0, alpha=1.0 if j in used else 0.35)
        if j not in used:
            ax.text(x, -0.53, f"{l}", ha="center", va="top", fontsize=5.2, color=POLARIZATION[pol], alpha=0.7)
    ax.axhline(0.0, color=INK, lw=0.6)
    ax.set_xlim(lo - margin, hi + margin)
    ax.set_ylim(-0.72, 1.22)
    ax.set_yticks([-0.25, 0.5], ["exact", "measured"], rotation=90, va="center")
    ax.tick_params(axis="y", length=0)
    numbers = ",   ".join(_number(p) for p in result.parameters.values())
    ax.set_title(f"{numbers};   probability {result.probability:.3f}")
    for pol in ("TE", "TM"):
        ax.plot([], [], color=POLARIZATION[pol], lw=1.6, label=f"{pol} $l$")
    ax.legend(loc="lower right", ncols=2)
    return ax


def _aside(positions: Array, i: int, room: float) -> str:
    """Where to put a name so that a close neighbour keeps its own: to the left, to the right, or above."""
    before = positions[i] - positions[i - 1] if i else np.inf
    after = positions[i + 1] - positions[i] if i + 1 < positions.size else np.inf
    if min(before, after) > room:
        return "center"
    return "right" if after < before else "left"


def _number(parameter: Any) -> str:
    names = {"diameter": "$D$", "thickness": "$t$", "index": "$n$", "slope": r"d$n$/d$\lambda$"}
    unit, scale = {"um": (" µm", 1.0), "1/um": ("/µm", 1.0)}.get(parameter.unit, ("", 1.0))
    if parameter.name == "thickness":
        unit, scale = " nm", 1e3
    value, error = scale * parameter.value, scale * parameter.error
    digits = max(0, int(np.ceil(-np.log10(error) + 0.5))) if error > 0.0 else 4
    return f"{names[parameter.name]} = {value:.{digits}f} ± {error:.{digits}f}{unit}"


def _heights(peaks: Any) -> Array:
    """Heights between 0.25 and 1, logarithmic where they span decades; all alike where none is known."""
    height = np.asarray(peaks.height, dtype=float)
    if not np.isfinite(height).any():
        return np.full(height.shape, 0.8)
    known = np.where(np.isfinite(height), height, np.nanmin(height))
    scale = np.log10(known / known.max()) if known.max() > 30.0 * known.min() else known / known.max() - 1.0
    return np.asarray(1.0 + 0.75 * scale / max(1.0, -float(scale.min())))


def residuals(result: Any, ax: Axes) -> Axes:
    """Measured minus exact (pm) with the errors of the peaks."""
    for row in result.rows():
        if row["pol"] is None:
            continue
        ax.errorbar(
            row["wavelength_nm"], 1e3 * row["residual_nm"], yerr=1e3 * row["error_nm"], color=POLARIZATION[row["pol"]],
            marker=MARKER[row["pol"]], ms=3.5, lw=0.9, capsize=1.5,
        )  # fmt: skip
    ax.axhline(0.0, color=INK, lw=0.6)
    reach = max(abs(v) for v in ax.get_ylim())
    ax.set_ylim(-reach, reach)
    ax.set_ylabel("residual / pm")
    ax.set_xlabel("vacuum wavelength / nm")
    return ax


def thresholds(
    rows: Sequence[Mapping[str, Any]], ax: Axes, *, measured: float | None = None, label: str = ""
) -> Axes:
    """Threshold gain of each mode against wavelength, measured gain as a line.

    Parameters
    ----------
    rows
        `pol`, `wavelength_nm`, `gain_per_cm`, `in_plane`.
    ax
        Where to plot.
    measured
        Gain (1/cm) that is available.
    label
        What the measured gain is.
    """
    for pol in ("TE", "TM"):
        for in_plane in (False, True):
            chosen = [r for r in rows if r["pol"] == pol and r["in_plane"] == in_plane]
            if not chosen:
                continue
            x, y = [r["wavelength_nm"] for r in chosen], [r["gain_per_cm"] for r in chosen]
            ax.plot(
                x, y, color=POLARIZATION[pol], marker=MARKER[pol], ms=3.6, lw=0.9, ls="--" if in_plane else "-",
                mfc="white" if in_plane else POLARIZATION[pol], label=f"{pol}, {'face-down' if in_plane else 'isotropic'}",
            )  # fmt: skip
    if measured is not None:
        ax.axhline(measured, color=ACCENT[2], lw=1.2)
        ax.text(
            0.015,
            measured,
            label,
            color=ACCENT[2],
            transform=ax.get_yaxis_transform(),
            va="bottom",
            ha="left",
            fontsize=6.5,
        )
    ax.set_yscale("log")
    ax.set_xlabel("vacuum wavelength / nm")
    ax.set_ylabel("threshold gain of the shell / cm$^{-1}$")
    return ax


def light_in_light_out(
    curve: Any, names: Sequence[tuple[str, int]], ax: Axes, counts: Axes | None = None
) -> Axes:
    """Photon numbers against pump, each mode a line, and the number of lasing modes in a second picture.

    Parameters
    ----------
    curve
        `pump`, `photons`, `lasing`, `count`.
    names
        (pol, l) of each mode.
    ax, counts
        Where to plot.
    """
    ever = curve.lasing.any(axis=0)
    for j, (pol, l) in enumerate(names):
        ax.plot(
            curve.pump,
            curve.photons[:, j],
            color=POLARIZATION[pol],
            lw=1.2 if ever[j] else 0.6,
            alpha=1.0 if ever[j] else 0.35,
        )
        if ever[j]:
            ax.annotate(
                f"{l}", (curve.pump[-1], curve.photons[-1, j]), (3, 0), textcoords="offset points", fontsize=5.5, va="center",
                color=POLARIZATION[pol],
            )  # fmt: skip
    ax.plot(curve.pump, curve.photons.sum(axis=1), color=INK, lw=0.9, ls=(0, (4, 1.5)), label="all modes")
    for pol in sorted({pol for pol, _ in names}):
        ax.plot([], [], color=POLARIZATION[pol], label=pol)
    ax.set_xscale("log")
    ax.set_yscale("log")
    ax.set_ylim(max(1e-2, 0.5 * float(curve.photons.min())), 3.0 * float(curve.photons.max()))
    ax.set_xlabel("pump / first threshold")
    ax.set_ylabel("photons in the mode")
    ax.legend(loc="upper left")
    if counts is not None:
        counts.step(curve.pump, curve.count, where="mid", color=INK)
        counts.set_xscale("log")
        counts.set_xlabel("pump / first threshold")
        counts.set_ylabel("lasing lines")
        counts.set_ylim(0, max(3, int(curve.count.max()) + 1))
    return ax


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
    ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.08))
    return ax


def combs(design: Any, ax: Axes, names: tuple[str, str], *, mark_nm: float | None = None) -> Axes:
    """Two combs, one above the other, with the detuning of each pair in line widths below.

    Parameters
    ----------
    design
        `combs`, `coincidences`, `best`, `line_width_nm`.
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
    ax.set_ylim(0.0, 2.25)
    ax.set_yticks([])
    ax.set_xlabel("vacuum wavelength / nm")
    ax.axhline(1.0, color=FAINT, lw=0.6)
    return ax
