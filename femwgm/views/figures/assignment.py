"""A measured spectrum with the modes that it was read as."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from femwgm.ground.typing import Array
from femwgm.views.figures.style import GREY, INK, MARKER, PAGE, POLARIZATION, new_figure, panel

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


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
    value, error = scale * parameter.mean, scale * parameter.spread
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
