"""The integrated dispersion of a comb over its lines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from femwgm.views.figures.style import (
    ACCENT,
    FAINT,
    GREY,
    INK,
    MARKER,
    POLARIZATION,
    fixed_panels,
    new_figure,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_UNITS = ((1e12, "THz"), (1e9, "GHz"), (1e6, "MHz"), (1e3, "kHz"))


def comb_figure(made: Any) -> Figure:
    """D_int / 2 pi of each line against mu, the smooth curve through them, and the lines that a crossing pushes.

    Parameters
    ----------
    made
        A `femwgm.experiment.combs.comb.Comb`.
    """
    lines, series = made.lines, made.series
    mu, d_int = lines.mu, made.d_int
    smooth = series.smooth - made.f0 - series.D[0] * mu
    scale, unit = next(((s, u) for s, u in _UNITS if np.abs(smooth).max() >= s), _UNITS[-1])
    figure = new_figure(4.6, 3.0, layout="none")
    ax = fixed_panels(figure, [1.0], 1, left=0.48, between=[0.06], top=0.24, bottom=0.4, gap=0.0)[0, 0]
    ax.axhline(0.0, color=FAINT, lw=0.8, zorder=0)
    ax.axvline(0.0, color=FAINT, lw=0.8, zorder=0)
    ax.plot(mu, smooth / scale, color=GREY, lw=0.9, zorder=1)
    pushed = {m for crossing in made.crossings if crossing.centre is not None for m in crossing.mu}
    loose = {m for crossing in made.crossings for m in crossing.mu} - pushed
    kinds = (
        ("D", ACCENT[2], "pushed by a crossing", pushed),
        ("s", GREY, "off the curve, unexplained", loose),
    )
    on = np.array([m not in pushed | loose for m in mu])
    colour = POLARIZATION[lines.pol]
    ax.plot(mu[on], d_int[on] / scale, MARKER[lines.pol], color=colour, ms=2.4, mew=0.0, label=lines.name)
    for marker, edge, label, orders in kinds:
        off = np.array([m in orders for m in mu])
        if off.any():
            ax.plot(mu[off], d_int[off] / scale, marker, mfc="white", mec=edge, ms=3.4, mew=0.9, label=label)
    if not on.all():
        ax.legend(loc="best")
    # Letters of the font, not of mathtext, whose parser takes a quarter of a second to start.
    ax.set_xlabel(f"order μ from the pump, m = {lines.pump} + μ")
    ax.set_ylabel(f"Dᵢₙₜ/2π / {unit}")
    first, second = (_readable(D) for D in series.D[:2])
    title = f"{lines.name}, {made.f0 * 1e-12:.4f} THz:  D₁/2π = {first},  D₂/2π = {second}"
    ax.set_title(title, color=INK, fontsize=7.0)
    ax.margins(x=0.02)
    return figure


def _readable(value: float) -> str:
    """A frequency with five figures and a fitting unit.

    >>> _readable(-7743.78), _readable(9.924462e10)
    ('−7.7438 kHz', '99.245 GHz')
    """
    scale, unit = next(((s, u) for s, u in _UNITS if abs(value) >= s), (1.0, "Hz"))
    return f"{value / scale:.5g} {unit}".replace("-", "−")
