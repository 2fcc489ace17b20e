"""What the modes of a sweep do along its axis: wavelength, indices, Q, shares."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from femwgm.store import log10_of
from femwgm.views.figures.style import ACCENT, INK, MARKER, PAGE, POLARIZATION, new_figure, panel

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from femwgm.ground.typing import Array
    from femwgm.sweeps import SweepResult

MOST_BRANCHES = 12
"""Modes drawn before a figure becomes a thicket."""


def outer_diameter_um(table: pd.DataFrame) -> Array:
    """Outer diameter of each row's body (um), from n_eff = m / (k0 R)."""
    return np.asarray(2.0 * table["m"] / (table["k0_re_per_um"] * table["n_eff"]), dtype=float)


def branches(table: pd.DataFrame, axis: str) -> list[tuple[str, pd.DataFrame]]:
    """Rows of each followed mode in order of the axis, the modes with most points first."""
    solved = table[table["branch"].astype(bool)].sort_values(axis)
    found = [(str(name), rows) for name, rows in solved.groupby("branch", sort=False)]
    return sorted(found, key=lambda item: -len(item[1]))


def quantity(axis: str, unit: str) -> str:
    """Label of an axis: "thickness_nm" becomes "thickness / nm"."""
    words = axis.rsplit(".", 1)[-1]
    if unit and words.endswith(f"_{unit}"):
        words = words[: -len(unit) - 1]
    return words.replace("_", " ") + (f" / {unit.replace('um', 'µm')}" if unit else "")


def line_style(rows: pd.DataFrame) -> dict[str, Any]:
    """Colour and marker of a branch by its polarization, paler with its radial and polar order; odd supermodes are dashed."""
    first = rows.iloc[0]
    pol, p = str(first["pol"]), float(first["p"]) if first["p"] == first["p"] else 0.0
    if first["m"] == 0:  # over the poles, where p counts nothing but l
        p = 0.0
    alpha = max(0.3, 1.0 - 0.3 * (p + float(first["q"]) - 1.0))
    odd = _parity(rows) == "odd"
    return {
        "ls": (0, (3, 1.5)) if odd else "-",
        "mfc": "white" if odd else POLARIZATION.get(pol, INK),
        "color": POLARIZATION.get(pol, INK),
        "alpha": alpha,
        "marker": MARKER.get(pol, "o"),
        "ms": 2.6,
        "lw": 1.0,
    }


def _parity(rows: pd.DataFrame) -> str:
    """Parity across the contact of two spheres, empty where there is none."""
    value = rows["parity"].iloc[0] if "parity" in rows else ""
    return value if isinstance(value, str) else ""


def wavelengths(table: pd.DataFrame, ax: Axes, axis: str, label: str) -> Axes:
    """Plot the wavelength of each branch; rings mark where branches meet or a label changes."""
    ringed = ""
    for name, rows in branches(table, axis)[:MOST_BRANCHES]:
        ax.plot(rows[axis], rows["wavelength_nm"], label=short_name(name, table), **line_style(rows))
        marked = rows[rows["crossing"].astype(bool)]
        ax.plot(
            marked[axis],
            marked["wavelength_nm"],
            ls="",
            marker="o",
            ms=6.5,
            mfc="none",
            mec=ACCENT[2],
            mew=0.9,
        )
        ringed = ringed or (str(marked["crossing"].iloc[0]) if len(marked) else "")
    if ringed:
        words = (
            "avoided crossing"
            if "avoided" in ringed
            else "crossing"
            if "crossed" in ringed
            else "change of label or field"
        )
        ax.plot([], [], ls="", marker="o", ms=6.5, mfc="none", mec=ACCENT[2], mew=0.9, label=words)
    ax.set_xlabel(label)
    ax.set_ylabel(r"wavelength $\lambda$ / nm")
    return ax


def short_name(name: str, table: pd.DataFrame) -> str:
    """A branch name without what all modes of the table share."""
    words = dict(word.split("=") for word in name.split() if "=" in word)
    pol = name.split(maxsplit=1)[0]
    l_m = (
        f"$l=m={words['m']}$"
        if words.get("l") == words.get("m")
        else f"$l={words.get('l')}$, $m={words.get('m')}$"
    )
    q = "" if (table["q"].dropna() == 1).all() else f" $q={words.get('q')}$,"
    parity = _parity(table[table["branch"] == name]) if "parity" in table else ""
    return f"{pol}{q} {l_m}" + (f", {parity}" if parity else "")


def indices(table: pd.DataFrame, ax: Axes, axis: str, label: str) -> Axes:
    """Plot group index (filled) and phase index (open) of each branch, at the outer diameter.

    Modes of m = 0 have neither: those of a stack show how far the neighbours moved them.
    """
    if (table["m"].dropna() == 0).all():
        return _shifts(table, ax, axis, label)
    for _, rows in branches(table, axis)[:MOST_BRANCHES]:
        style = line_style(rows)
        ax.plot(rows[axis], rows["n_g"], **style)
        ax.plot(rows[axis], rows["n_eff"], **{**style, "mfc": "white", "ls": "--"})
    ax.plot([], [], color=INK, marker="o", ms=2.6, lw=1.0, label=r"group $n_g$")
    ax.plot(
        [], [], color=INK, marker="o", ms=2.6, lw=1.0, mfc="white", ls="--", label=r"phase $n_\mathrm{eff}$"
    )
    ax.set_xlabel(label)
    ax.set_ylabel("index at the outer diameter")
    ax.legend()
    return ax


def _shifts(table: pd.DataFrame, ax: Axes, axis: str, label: str) -> Axes:
    """Wavelength minus that of the single sphere."""
    for name, rows in branches(table, axis)[:MOST_BRANCHES]:
        if "shift_from_single" in rows:
            moved = 1.0 - 1.0 / (1.0 + rows["shift_from_single"].astype(float))
            ax.plot(
                rows[axis],
                -rows["wavelength_nm"] * moved / (1.0 - moved),
                label=short_name(name, table),
                **line_style(rows),
            )
    ax.axhline(0.0, color=INK, lw=0.5, zorder=0)
    ax.set_xlabel(label)
    ax.set_ylabel(r"$\lambda$ minus the single sphere's / nm")
    return ax


def quality(table: pd.DataFrame, ax: Axes, axis: str, label: str) -> Axes:
    """Plot the decimal logarithm of Q_rad, and of Q_total where it differs."""
    for _, rows in branches(table, axis)[:MOST_BRANCHES]:
        style = line_style(rows)
        rad, total = _log10(rows, "q_rad"), _log10(rows, "q_total")
        ax.plot(rows[axis], rad, **style)
        if np.any(np.abs(total - rad) > 0.02):
            ax.plot(rows[axis], total, **{**style, "mfc": "white", "ls": "--"})
    ax.set_xlabel(label)
    ax.set_ylabel(r"$\log_{10} Q_\mathrm{rad}$")
    return ax


def _log10(rows: pd.DataFrame, name: str) -> Array:
    if f"log10_{name}" in rows:
        return np.asarray(rows[f"log10_{name}"], dtype=float)
    logs = [log10_of(v if isinstance(v, str) else float(v)) if v == v else None for v in rows.get(name, [])]
    return np.array([np.nan if v is None else v for v in logs])


def shares(table: pd.DataFrame, ax: Axes, axis: str, label: str, regions: Sequence[str]) -> Axes:
    """Plot the shares of the electric energy by region for two modes: the best-followed of each polarization, or of the one."""
    from matplotlib.lines import Line2D
    from matplotlib.ticker import FuncFormatter

    chosen = _two(branches(table, axis))
    ends: list[tuple[float, str, str]] = []
    for i, (_, rows) in enumerate(chosen):
        for region, colour in zip(regions, ("#7a4fa3", "#c08a00", "#2a8c5a", *ACCENT), strict=False):
            share = rows[f"energy_{region}"]
            ax.plot(rows[axis], share, color=colour, ls=(0, (3, 1.5)) if i else "-", lw=1.2)
            if i == 0 and share.iloc[-1] > 0.0:
                ends.append((float(share.iloc[-1]), region, colour))
    ax.set_yscale("log")
    ax.set_ylim(None, 1.4)
    low, high = np.log(ax.get_ylim())
    heights = _apart([(np.log(share) - low) / (high - low) for share, _, _ in ends], _LINE)
    for (_, region, colour), height in zip(ends, heights, strict=True):
        ax.annotate(region, (1.0, height), (4, 0), xycoords="axes fraction", textcoords="offset points", color=colour,
                    fontsize=6.5, va="center")  # fmt: skip
    ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{100 * value:g} %"))
    ax.set_xlabel(label)
    ax.set_ylabel("share of the electric energy")
    strokes = [Line2D([], [], color=INK, lw=1.0, ls=(0, (3, 1.5)) if i else "-") for i in range(len(chosen))]
    ax.legend(strokes, [short_name(name, table) for name, _ in chosen], loc="best", fontsize=6)
    return ax


_LINE = 0.065
"""Height of a line of small print as a share of the panel."""


def _two(found: list[tuple[str, pd.DataFrame]]) -> list[tuple[str, pd.DataFrame]]:
    """The first branch of each polarization, TE before TM; the first two where there is one polarization."""
    first = {pol: next((b for b in found if b[0].split()[0] == pol), None) for pol in ("TE", "TM")}
    both = [b for b in first.values() if b is not None]
    return both if len(both) == 2 else found[:2]


def _apart(heights: Sequence[float], least: float) -> list[float]:
    """Heights moved as little as it takes to lie `least` apart, their order kept.

    >>> [round(h, 3) for h in _apart([0.5, 0.52, 0.9], 0.1)]
    [0.46, 0.56, 0.9]
    """
    merged: list[tuple[float, list[int]]] = []
    for height, i in sorted((h, i) for i, h in enumerate(heights)):
        merged.append((height, [i]))
        while len(merged) > 1 and merged[-1][0] - merged[-2][0] < least * 0.5 * (
            len(merged[-1][1]) + len(merged[-2][1])
        ):
            (a, one), (b, two) = merged[-2:]
            merged[-2:] = [((a * len(one) + b * len(two)) / (len(one) + len(two)), one + two)]
    out = [0.0] * len(heights)
    for centre, members in merged:
        for j, i in enumerate(members):
            out[i] = centre + least * (j - 0.5 * (len(members) - 1))
    return out


def axis_figure(result: SweepResult) -> Figure:
    """Wavelength, indices, Q and shares along the axis that modes were followed on."""
    axis = result.follow
    assert axis is not None
    label = quantity(axis, result.axes[axis])
    table = one_line(result)
    regions = [c.removeprefix("energy_") for c in table.columns if c.startswith("energy_")]
    figure = new_figure(PAGE, 5.0)
    (a, b), (c, d) = figure.subplots(2, 2)
    wavelengths(table, a, axis, label)
    shown = len(branches(table, axis))
    if shown <= MOST_BRANCHES:
        a.legend(fontsize=6, ncols=1 + shown // 5)
    indices(table, b, axis, label)
    quality(table, c, axis, label)
    shares(table, d, axis, label, regions)
    for ax, letter in zip((a, b, c, d), "abcd", strict=True):
        panel(ax, letter)
    return figure


def one_line(result: SweepResult) -> pd.DataFrame:
    """Rows along the followed axis at the first values of all axes that do not follow it."""
    table = result.table[result.table["status"] != "failed"]
    axis = result.follow
    if table.empty or table[axis].duplicated().sum() == 0:
        return table
    for other in result.axes:
        # An axis zipped with the followed one has a value of its own at each of its points.
        if other != axis and table.groupby(axis)[other].nunique().max() > 1:
            table = table[table[other] == table[other].iloc[0]]
    return table
