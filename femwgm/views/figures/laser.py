"""Thresholds, light against pump, and the number of lasing lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from femwgm.views.figures.style import ACCENT, FAINT, INK, MARKER, PAGE, POLARIZATION, new_figure, panel

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_TICKS = [digit * 10.0**power for power in range(-3, 6) for digit in (1, 2, 5)]


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


def light_in_light_out(curve: Any, names: Sequence[tuple[str, int]], ax: Axes) -> Axes:
    """Photon numbers against pump, each mode a line.

    Parameters
    ----------
    curve
        `pump`, `photons`, `lasing`.
    names
        (pol, l) of each mode.
    ax
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
    ax.set_ylim(max(1e-2, 0.5 * float(curve.photons.min())), 3.0 * float(curve.photons.sum(axis=1).max()))
    ax.set_xlabel("pump / first threshold")
    ax.set_ylabel("photons in the mode")
    ax.legend(loc="upper left")
    return ax


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
    gains = [row["gain_per_cm"] for row in rows] + ([] if measured is None else [measured])
    if max(gains) < 2.0 * min(gains):
        room = 0.25 * (max(gains) - min(gains)) + 0.02 * min(gains)
        a.set_yscale("linear")
        a.set_ylim(min(gains) - room, max(gains) + 3.0 * room)
        a.legend(loc="upper right")
    else:
        ticks = [tick for tick in _TICKS if 0.8 * min(gains) < tick < 1.25 * max(gains)]
        a.set_ylim(0.8 * min(gains), 1.25 * max(gains))
        a.set_yticks(ticks, [f"{tick:g}" for tick in ticks])
        a.yaxis.set_minor_formatter("")
        a.legend(loc="center", bbox_to_anchor=(0.5, 0.3), ncols=2)
    for ax, (name, curve) in zip((b, c), curves.items(), strict=False):
        light_in_light_out(curve, names, ax)
        ax.set_title(name)
    strokes = ("-", (0, (4, 1.5)), (0, (1, 1)), (0, (4, 1, 1, 1)))
    for (name, curve), stroke, colour in zip(curves.items(), strokes, (INK, *ACCENT[1:4]), strict=False):
        d.step(curve.pump, curve.count, where="post", ls=stroke, color=colour, label=name)
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


def pulse_figure(pulses: Any, names: Sequence[tuple[str, int]]) -> Figure:
    """Inversion and photons after pump pulses of rising strength.

    Parameters
    ----------
    pulses
        `length_ns`, `life_ns`, `tops`, `flashes` with `time_ns`, `inversion` and `photons`.
    names
        (pol, l) of each line.
    """
    figure = new_figure(PAGE, 2.7)
    a, b = figure.subplots(1, 2)
    end = 3.0 * pulses.length_ns + 2.0 * pulses.life_ns
    shades = np.linspace(0.25, 1.0, len(pulses.tops))
    for top, one, shade in zip(pulses.tops, pulses.flashes, shades, strict=True):
        a.plot(one.time_ns, one.inversion, color=INK, alpha=float(shade), lw=1.0, label=f"{top:.3g}")
    t = np.linspace(-2.0 * pulses.length_ns, end, 400)
    a.fill_between(t, np.exp(-4.0 * np.log(2.0) * (t / pulses.length_ns) ** 2), color=FAINT, lw=0, zorder=0)
    a.axhline(1.0, color=ACCENT[2], lw=0.8, ls=(0, (4, 1.5)))
    a.set_xlim(t[0], t[-1])
    a.set_ylim(0.0, None)
    a.set_ylabel("mean inversion / threshold")
    a.legend(title="top / steady threshold", loc="upper right")
    strongest = pulses.flashes[-1]
    order = np.argsort(-strongest.photons.max(axis=0))[:6]
    for j in order:
        pol, l = names[j]
        b.plot(
            strongest.time_ns, strongest.photons[:, j], color=POLARIZATION[pol], lw=1.0, label=f"{pol} {l}"
        )
    b.set_yscale("log")
    b.set_xlim(t[0], t[-1])
    highest = float(strongest.photons.max())
    b.set_ylim(1e-6 * highest, 3.0 * highest)
    b.set_ylabel(f"photons in a mode, top {pulses.tops[-1]:.3g}")
    b.legend(loc="upper right")
    for ax, letter in zip((a, b), "ab", strict=True):
        ax.set_xlabel("time from the top of the pulse / ns")
        panel(ax, letter)
    return figure
