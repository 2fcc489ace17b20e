"""The mode comb: wavelength against polar degree, a line a family, and the lines as they stand on the wavelength axis."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from femwgm.ground.units import in_spectral_unit, spectral_axis
from femwgm.views.fields.source import ModeView, Viewable, mode_view
from femwgm.views.figures.style import FAINT, GREY, INK, MARKER, POLARIZATION

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_STYLES = ("-", (0, (4, 1.6)), (0, (1.5, 1.2)), (0, (4, 1, 1, 1)))


def families(modes: Sequence[Viewable]) -> dict[tuple[str, int, int | None], list[ModeView]]:
    """Modes by (pol, q, p), each in ascending order of m."""
    found: dict[tuple[str, int, int | None], list[ModeView]] = {}
    for mode in modes:
        view = mode_view(mode)
        found.setdefault(view.family, []).append(view)
    for members in found.values():
        members.sort(key=lambda view: view.m)
    return dict(sorted(found.items(), key=lambda item: (item[0][1], item[0][2] or 0, item[0][0])))


def family_name(family: tuple[str, int, int | None]) -> str:
    """A family in words.

    >>> family_name(("TE", 1, 0)), family_name(("TM", 2, 1))
    ('TE, q = 1', 'TM, q = 2, p = 1')
    """
    pol, q, p = family
    return f"{pol}, q = {q}" + (f", p = {p}" if p else "")


def comb(
    modes: Sequence[Viewable],
    ax: Axes,
    *,
    window_nm: tuple[float, float] | None = None,
    against: str = "l",
    unit: str | None = None,
) -> Axes:
    """Plot wavelength against l (or m), TE and TM apart by colour, marker and line.

    Parameters
    ----------
    modes
        Modes of a run.
    ax
        Where to plot.
    window_nm
        Window to frame; by default that of the modes.
    against
        "l" or "m".
    unit
        Unit of the lines, one of `femwgm.ground.units.SPECTRAL_UNITS`; None for wavelengths in nm.
    """
    from matplotlib.ticker import MaxNLocator

    for family, members in families(modes).items():
        pol, q, _ = family
        x = [float(view.m if (order := view.row.get(against)) is None else order) for view in members]
        y = [in_spectral_unit(view.wavelength_nm, unit) for view in members]
        joined = len(set(x)) == len(x)  # supermodes of a pair share their degree
        ax.plot(
            x,
            y,
            color=POLARIZATION.get(pol, INK),
            ls=_STYLES[(q - 1) % len(_STYLES)] if joined else "",
            lw=0.9,
            marker=MARKER.get(pol, "o"),
            ms=4.0,
            mfc="white" if family[2] else POLARIZATION.get(pol, INK),
            mew=0.8,
            label=family_name(family),
        )
    ax.set_xlabel(f"polar degree ${against}$" if against == "l" else f"azimuthal order ${against}$")
    ax.set_ylabel(spectral_axis(unit))
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    lo, hi = ax.get_xlim()
    if hi - lo < 2.0:
        ax.set_xlim(0.5 * (lo + hi) - 2.0, 0.5 * (lo + hi) + 2.0)
    if window_nm:
        ax.set_ylim(*sorted(in_spectral_unit(end, unit) for end in window_nm))
    if len(families(modes)) <= 4:
        ax.legend(loc="best")
    return ax


def lines(
    modes: Sequence[Viewable],
    ax: Axes,
    *,
    window_nm: tuple[float, float] | None = None,
    spacing: bool = True,
    unit: str | None = None,
) -> Axes:
    """Draw the modes as lines on the wavelength axis, each family on its own shelf, named by l, with the spacing between them."""
    shelves = families(modes)
    for shelf, (family, members) in enumerate(reversed(shelves.items())):
        colour = POLARIZATION.get(family[0], INK)
        order = sorted(members, key=lambda view: view.wavelength_nm)
        positions = [in_spectral_unit(view.wavelength_nm, unit) for view in order]
        ax.vlines(positions, shelf, shelf + 0.62, color=colour, lw=1.3)
        ax.axhline(shelf, color=FAINT, lw=0.6, zorder=0)
        crowded = len(order) > 14
        for view in order[:: 1 + len(order) // 14] if crowded else order:
            l = view.row.get("l")
            name = str(view.m if l is None else l)
            ax.text(
                in_spectral_unit(view.wavelength_nm, unit),
                shelf + 0.65,
                name,
                ha="center",
                va="bottom",
                fontsize=5.5,
                color=colour,
            )
        if spacing and len(positions) > 1 and not crowded:
            for a, b in zip(positions, positions[1:], strict=False):
                ax.text(
                    0.5 * (a + b),
                    shelf + 0.12,
                    f"{b - a:.2f} nm" if unit is None else f"{abs(b - a):.4g} {unit}",
                    ha="center",
                    va="bottom",
                    fontsize=4.8,
                    color=GREY,
                )
    ax.set_yticks([i + 0.3 for i in range(len(shelves))], [family_name(f) for f in reversed(shelves)])
    ax.tick_params(axis="y", length=0)
    ax.set_ylim(-0.05, len(shelves) + (0.0 if len(shelves) <= 4 else 0.05 * len(shelves)))
    lo, hi = sorted(in_spectral_unit(end, unit) for end in window_nm or _window(modes))
    ax.set_xlim(lo, hi)
    ax.set_xlabel(spectral_axis(unit))
    return ax


def _window(modes: Sequence[Viewable]) -> tuple[float, float]:
    values = np.array([mode_view(mode).wavelength_nm for mode in modes])
    margin = 0.05 * (np.ptp(values) or 1.0)
    return float(values.min() - margin), float(values.max() + margin)
