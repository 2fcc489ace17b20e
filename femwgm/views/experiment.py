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
    "laser_figure",
    "light_in_light_out",
    "polarizer",
    "polarizer_figure",
    "residuals",
    "sizes_figure",
    "spectrum",
    "thresholds",
    "vernier_figure",
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
    ax.legend(loc="lower right", ncols=2, bbox_to_anchor=(1.0, 1.0), borderaxespad=0.1)
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
    for j, (pol, _) in enumerate(names):
        ax.plot(
            curve.pump,
            curve.photons[:, j],
            color=POLARIZATION[pol],
            lw=1.2 if ever[j] else 0.6,
            alpha=1.0 if ever[j] else 0.35,
        )
    level = np.inf
    for j in sorted(np.flatnonzero(ever).tolist(), key=lambda j: -float(curve.photons[-1, j])):
        # Names of lines that end at one height stand below each other.
        level = min(np.log10(curve.photons[-1, j]), level - 0.28)
        pol, l = names[j]
        ax.text(
            curve.pump[-1] * 1.04, 10.0**level, f"{l}", fontsize=5.5, va="center", color=POLARIZATION[pol]
        )
    ax.set_xlim(curve.pump[0], curve.pump[-1] * 1.3)
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


def sizes_figure(
    trends: Sequence[Any], points: Mapping[str, Sequence[tuple[float, ...]]], index: float, shell_um: float
) -> Figure:
    """What changes with size: spacing, indices, radiation, confinement.

    Parameters
    ----------
    trends
        For each polarization `pol`, `diameter_um` and `values` by name.
    points
        For each polarization (diameter, FSR in nm, group index, log10 Q_rad, wavelength in nm) of finite-element runs.
    index, shell_um
        The published index of Eq. 1, and twice the thickness of the shell (um).
    """
    figure = new_figure(PAGE, 4.4)
    (a, b), (c, d) = figure.subplots(2, 2, sharex=True)
    for one in trends:
        x, v, colour = one.diameter_um, one.values, POLARIZATION[one.pol]
        # At one wavelength: the line nearest to 660 nm lies a little beside it, and FSR goes with its square.
        a.plot(x, v["fsr_nm"] * x * (660.0 / v["wavelength_nm"]) ** 2, color=colour, label=one.pol)
        b.plot(x, v["n_g"], color=colour)
        b.plot(x, v["n_eff"], color=colour, ls="--")
        c.plot(x, v["log10_q_rad"], color=colour)
        d.plot(x, 100.0 * v["shell"], color=colour)
        found = np.array(points[one.pol])
        style = {"color": colour, "ls": "", "marker": MARKER[one.pol], "ms": 4.0}
        a.plot(found[:, 0], found[:, 1] * found[:, 0] * (660.0 / found[:, 4]) ** 2, **style)
        b.plot(found[:, 0], found[:, 2], **style)
        c.plot(found[:, 0], found[:, 3], **style)
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


def laser_figure(
    rows: Sequence[Mapping[str, Any]],
    measured: float | None,
    band: Any,
    curves: Mapping[str, Any],
    names: Sequence[tuple[str, int]],
) -> Figure:
    """Thresholds with the gain band, light against pump for two kinds of waves, and the number of lasing lines.

    Parameters
    ----------
    rows, measured
        See :func:`thresholds`.
    band
        Relative gain against wavelength in nm.
    curves
        By name, the first two are drawn mode by mode.
    names
        (pol, l) of each mode.
    """
    figure = new_figure(PAGE, 5.0)
    (a, b), (c, d) = figure.subplots(2, 2)
    thresholds(rows, a, measured=measured, label=f"measured modal gain {measured or 0.0:g} cm$^{{-1}}$")
    lo, hi = a.get_xlim()
    x = np.linspace(lo, hi, 200)
    twin = a.twinx()
    twin.fill_between(x, band(x), color=FAINT, lw=0, zorder=0, alpha=0.8)
    twin.set_ylim(0.0, 1.0)
    twin.set_yticks([])
    twin.set_zorder(a.get_zorder() - 1)
    a.patch.set_visible(False)
    a.set_xlim(lo, hi)
    a.set_yticks([50, 100, 200, 500], ["50", "100", "200", "500"])
    a.yaxis.set_minor_formatter("")
    a.legend(loc="center", bbox_to_anchor=(0.5, 0.3), ncols=2)
    for ax, (name, curve) in zip((b, c), curves.items(), strict=False):
        light_in_light_out(curve, names, ax)
        ax.set_title(name)
    strokes = ("-", (0, (4, 1.5)), (0, (1, 1)))
    for (name, curve), stroke, colour in zip(
        curves.items(), strokes, (INK, ACCENT[2], ACCENT[3]), strict=False
    ):
        d.step(curve.pump, curve.count, where="mid", ls=stroke, color=colour, label=name)
    d.set_xscale("log")
    d.set_xlabel("pump / first threshold")
    d.set_ylabel("lasing lines")
    d.set_ylim(-0.2, None)
    d.legend(loc="upper left")
    for ax in (b, c, d):
        ax.set_xticks([0.5, 1, 2, 5, 10], ["0.5", "1", "2", "5", "10"])
    for ax, letter in zip((a, b, c, d), "abcd", strict=True):
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
    design: Any, names: tuple[str, str], drawn: Mapping[float, Array], target_nm: float
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
        Where it was wanted.
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
    lo, hi = a.get_xlim()
    edges = np.linspace(lo, hi, 93)
    for (deviation, places), colour in zip(
        drawn.items(), (ACCENT[0], ACCENT[2], ACCENT[1], GREY), strict=False
    ):
        c.hist(
            places, edges, histtype="step", density=True, color=colour, label=f"σ = {deviation:g} nm", lw=1.1
        )
    c.axvline(target_nm, color=ACCENT[1], lw=0.9, ls=(0, (3, 2)))
    c.set_yscale("log")
    c.set_ylim(1e-3, 40.0)
    c.set_ylabel("density / nm$^{-1}$")
    c.set_xlabel("vacuum wavelength / nm")
    c.legend(ncols=4, loc="upper right", fontsize=6.0)
    for ax, letter in zip((a, b, c), "abc", strict=True):
        panel(ax, letter)
    return figure
