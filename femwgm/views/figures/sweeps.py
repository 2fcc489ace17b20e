"""Figures of a sweep: modes along the axis, FSR against diameter, sensitivity, spread of drawn points."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from femwgm.views.figures.along import (
    MOST_BRANCHES,
    axis_figure,
    branches,
    line_style,
    one_line,
    outer_diameter_um,
    quantity,
    short_name,
)
from femwgm.views.figures.style import (
    ACCENT,
    FAINT,
    GREY,
    MARKER,
    PAGE,
    POLARIZATION,
    look,
    new_figure,
    panel,
    save,
)

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from femwgm.ground.typing import Array
    from femwgm.sweeps import SweepResult


def fit_group_index(diameter_um: Array, wavelength_nm: Array, fsr_nm: Array) -> float:
    """Group index of the law FSR = lambda^2 / (n_g pi D), by least squares in 1/D.

    Examples
    --------
    >>> D = np.array([10.0, 20.0]); round(fit_group_index(D, np.array([655.0, 655.0]), 655.0**2 / (1.76e3 * np.pi * D)), 6)
    1.76
    """
    inverse = np.asarray(wavelength_nm) ** 2 / (1e3 * np.pi * np.asarray(diameter_um))
    return float(np.sum(inverse**2) / np.sum(inverse * np.asarray(fsr_nm)))


def free_spectral_range(table: pd.DataFrame, ax: Axes) -> Axes:
    """Plot the free spectral range against the outer diameter with the 1/D law fitted to each polarization.

    Parameters
    ----------
    table
        Rows of a sweep with `fsr_nm`, `wavelength_nm`, `n_eff`, `m`.
    ax
        Where to plot.
    """
    D = outer_diameter_um(table)
    curve = np.geomspace(0.93 * D.min(), 1.07 * D.max(), 300)
    for pol in [p for p in ("TE", "TM") if (table["pol"] == p).any()]:
        own = np.asarray(table["pol"] == pol)
        fsr, wavelength = (
            np.asarray(table["fsr_nm"], dtype=float)[own],
            np.asarray(table["wavelength_nm"], dtype=float)[own],
        )
        n_g = fit_group_index(D[own], wavelength, fsr)
        law = np.mean(wavelength) ** 2 / (n_g * 1e3 * np.pi * curve)
        ax.plot(
            curve, law, color=POLARIZATION[pol], lw=0.9, ls="-" if pol == "TE" else (0, (3, 1.5)), zorder=1
        )
        ax.plot(D[own], fsr, ls="", marker=MARKER[pol], ms=3.4, color=POLARIZATION[pol], mec="white", mew=0.3, zorder=3,
                label=rf"{pol}, fitted group index $n_g$ = {n_g:.3f}")  # fmt: skip
    ax.set_ylim(0.0, None)
    ax.set_xlabel("outer diameter $D$ / µm")
    ax.set_ylabel("free spectral range / nm")
    ax.legend(title=r"FSR = $\lambda^2/(n_g\,\pi D)$", title_fontsize=7, alignment="left")
    return ax


def fsr_figure(result: SweepResult) -> Figure:
    """Free spectral range against diameter with the 1/D law, and the two indices beside it."""
    table = result.table[result.table["status"] != "failed"]
    figure = new_figure(PAGE, 2.9)
    a, b = figure.subplots(1, 2, width_ratios=[1.5, 1.0])
    free_spectral_range(table, a)
    D = outer_diameter_um(table)
    for pol in [p for p in ("TE", "TM") if (table["pol"] == p).any()]:
        own = np.asarray(table["pol"] == pol)
        n_g, n_eff = (np.asarray(table[name], dtype=float)[own] for name in ("n_g", "n_eff"))
        # Points only: the modes of neighbouring diameters are not one mode.
        style = {"color": POLARIZATION[pol], "marker": MARKER[pol], "ms": 3.0, "ls": ""}
        b.plot(D[own], n_g, **style, label=f"{pol} group $n_g$")
        b.plot(D[own], n_eff, **style, mfc="white", label=rf"{pol} phase $n_\mathrm{{eff}}$")
    b.set_xscale("log")
    _plain_ticks(b, D)
    b.set_xlabel("outer diameter $D$ / µm")
    b.set_ylabel("index at the outer diameter")
    b.legend(fontsize=6)
    panel(a, "a")
    panel(b, "b")
    return figure


def _plain_ticks(ax: Axes, values: Array) -> None:
    """Round numbers on a logarithmic axis of less than a few decades."""
    from matplotlib.ticker import MaxNLocator, NullFormatter, NullLocator

    lo, hi = 0.95 * float(values.min()), 1.05 * float(values.max())
    round_ones = (digit * 10.0**power for power in range(-2, 5) for digit in (1, 2, 3, 5))
    ticks = [t for t in round_ones if lo <= t <= hi]
    if len(ticks) < 3:
        ticks = [t for t in MaxNLocator(4).tick_values(lo, hi) if lo <= t <= hi]
    ax.set_xlim(lo, hi)
    ax.set_xticks(ticks, [f"{t:g}" for t in ticks])
    ax.xaxis.set_minor_locator(NullLocator())
    ax.xaxis.set_minor_formatter(NullFormatter())


def sensitivity(x: Array, wavelength_nm: Array) -> Array:
    """d lambda / d x by a cubic spline through the points: nm per refractive index unit when x is an index.

    >>> x = np.linspace(1.0, 1.4, 9); bool(np.allclose(sensitivity(x, 600 + 3 * x**3), 9 * x**2))
    True
    """
    from scipy.interpolate import CubicSpline

    return np.asarray(CubicSpline(x, wavelength_nm)(x, 1)) if len(x) >= 4 else np.gradient(wavelength_nm, x)


def sensitivity_figure(result: SweepResult) -> Figure:
    """Shift of each mode with an index, and its slope in nm/RIU beside the perturbation theory lambda Gamma / n."""
    axis = result.follow
    assert axis is not None
    label = quantity(axis, "")
    table = one_line(result)
    figure = new_figure(PAGE, 2.7)
    a, b = figure.subplots(1, 2)
    ambient = [c for c in table.columns if c.startswith("energy_")][-1]
    for name, rows in branches(table, axis)[:MOST_BRANCHES]:
        if len(rows) < 2:
            continue
        x, wavelength = np.asarray(rows[axis], dtype=float), np.asarray(rows["wavelength_nm"], dtype=float)
        style = line_style(rows)
        a.plot(x, wavelength - wavelength[0], label=short_name(name, table), **style)
        b.plot(
            x,
            sensitivity(x, wavelength),
            **{**style, "lw": 0.0},
            label=f"{rows['pol'].iloc[0]}, slope of (a)",
        )
        b.plot(x, wavelength * np.asarray(rows[ambient], dtype=float) / x, color=style["color"], lw=1.0, zorder=0,
               label=rf"{rows['pol'].iloc[0]}, $\lambda\,\Gamma/n$")  # fmt: skip
    a.axhline(0.0, color=FAINT, lw=0.6, zorder=0)
    a.set_xlabel(label)
    a.set_ylabel(r"shift $\Delta\lambda$ / nm")
    a.legend()
    b.set_xlabel(label)
    b.set_ylabel("sensitivity / (nm/RIU)")
    b.set_ylim(0.0, None)
    b.legend(fontsize=6)
    panel(a, "a")
    panel(b, "b")
    return figure


def spread_figure(result: SweepResult) -> Figure:
    """Distribution of each mode's wavelength over drawn points, and against the axis that moves it most."""
    table = result.table[result.table["status"] != "failed"]
    groups = sorted(table.groupby("branch"), key=lambda item: -len(item[1]))[:4]
    axes = [name for name in result.axes if np.issubdtype(table[name].dtype, np.number)]
    figure = new_figure(PAGE, 2.7)
    a, b = figure.subplots(1, 2)
    for i, (name, rows) in enumerate(groups):
        shift = np.asarray(rows["wavelength_nm"], dtype=float)
        centred = shift - shift.mean()
        deviation = float(shift.std(ddof=1)) if len(shift) > 1 else 0.0
        label = f"{short_name(str(name), table)}: {shift.mean():.3f} ± {deviation:.3f} nm"
        a.hist(centred, bins="auto", histtype="step", color=ACCENT[i], lw=1.1, label=label)
        strongest = max(axes, key=lambda axis: _correlation(rows[axis], shift)) if axes else None
        if strongest is not None:
            b.plot(rows[strongest], centred, ls="", marker=".", ms=3, color=ACCENT[i])
            b.set_xlabel(quantity(strongest, result.axes[strongest]))
    a.set_xlabel(r"$\lambda$ minus its mean / nm")
    a.set_ylabel("points")
    a.legend(fontsize=6)
    b.set_ylabel(r"$\lambda$ minus its mean / nm")
    b.axhline(0.0, color=GREY, lw=0.5, zorder=0)
    panel(a, "a")
    panel(b, "b")
    return figure


def _correlation(x: Any, y: Array) -> float:
    x = np.asarray(x, dtype=float)
    return float(abs(np.corrcoef(x, y)[0, 1])) if len(x) > 2 and x.std() > 0 and y.std() > 0 else 0.0


def write_sweep_plots(result: SweepResult, folder: Path, formats: Sequence[str] = ("png",)) -> list[Path]:
    """Draw whatever figures a sweep calls for.

    Parameters
    ----------
    result
        The sweep.
    folder
        Where the pictures go; made if it is not there.
    formats
        Any of png, pdf and svg.

    Returns
    -------
    list of Path
        The files written.
    """
    table = result.table[result.table["status"] != "failed"]
    written: list[Path] = []
    if table.empty:
        return written
    with look():
        if result.follow is None:
            if len(table) > 1 and any(np.issubdtype(table[name].dtype, np.number) for name in result.axes):
                written += save(spread_figure(result), folder / "spread.png", formats)
            return written
        diameters = outer_diameter_um(table)
        if diameters.max() > 1.2 * diameters.min() and table["fsr_nm"].notna().any():
            written += save(fsr_figure(result), folder / "fsr_diameter.png", formats)
        followed = [rows for _, rows in branches(table, result.follow) if len(rows) > 1]
        if followed:
            written += save(axis_figure(result), folder / "along_axis.png", formats)
            if _is_ambient_index(result):
                written += save(sensitivity_figure(result), folder / "sensitivity.png", formats)
    return written


def _is_ambient_index(result: SweepResult) -> bool:
    """Whether the axis is the index of the outermost region."""
    assert result.follow is not None
    regions = [c.removeprefix("energy_") for c in result.table.columns if c.startswith("energy_")]
    return bool(regions) and result.keys[result.follow] == f"materials.{regions[-1]}.n"
