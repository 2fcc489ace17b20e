"""What changes along a parameter: Q and shares, the free spectral range against the diameter, errors against the unknowns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from femwgm.store import log10_of
from femwgm.typing import Array
from femwgm.views.source import column
from femwgm.views.style import ACCENT, GREY, INK, MARKER, POLARIZATION

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Rows = Sequence[Mapping[str, Any]]


def groups(rows: Rows) -> dict[str, list[Mapping[str, Any]]]:
    """Rows of a sweep by mode: "TE l=165"."""
    found: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        polar = f"l={row['l']}" if row.get("l") is not None else f"m={row['m']}"
        order = f" q={row['q']}" if row.get("q") not in (None, 1) else ""
        found.setdefault(f"{row['pol']}{order} {polar}", []).append(row)
    return found


def against(
    rows: Rows, ax: Axes, x: str, y: str, *, x_label: str | None = None, y_label: str | None = None
) -> Axes:
    """Plot a column of a sweep's table against another, a line a mode, TE and TM apart.

    A quality factor is drawn by its logarithm, so 1e46 and decimal text are welcome.
    """
    logarithmic = y.startswith("q_")
    for name, members in groups(rows).items():
        order = sorted(members, key=lambda row: float(row[x]))
        values = column(order, y) if not logarithmic else _logs(order, y)
        pol = str(order[0]["pol"])
        ax.plot(
            column(order, x),
            values,
            color=POLARIZATION.get(pol, INK),
            marker=MARKER.get(pol, "o"),
            ms=3.0,
            lw=1.0,
            label=name,
        )
    ax.set_xlabel(x_label or x)
    ax.set_ylabel(y_label or (rf"$\log_{{10}}$ {y}" if logarithmic else y))
    _legend(ax)
    return ax


def _logs(rows: Rows, name: str) -> Array:
    values = []
    for row in rows:
        log = row.get(f"log10_{name}")
        log = log10_of(row.get(name)) if log is None else float(log)
        values.append(np.nan if log is None else log)
    return np.array(values)


def _legend(ax: Axes, most: int = 8) -> None:
    if 1 < len(ax.get_legend_handles_labels()[0]) <= most:
        ax.legend()


def shares_against(
    rows: Rows,
    ax: Axes,
    x: str,
    regions: Sequence[str],
    *,
    measure: str = "energy",
    x_label: str | None = None,
) -> Axes:
    """Plot each region's share of a measure against a parameter for one mode; the scale is logarithmic, as leaks are small."""
    from matplotlib.ticker import FuncFormatter

    order = sorted(rows, key=lambda row: float(row[x]))
    at = column(order, x)
    for region, colour in zip(regions, ACCENT, strict=False):
        ax.plot(at, column(order, f"{measure}_{region}"), color=colour, marker="o", ms=2.5, label=region)
    ax.set_yscale("log")
    ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{100 * value:g} %"))
    ax.set_xlabel(x_label or x)
    ax.set_ylabel(
        {"energy": "share of electric energy", "e2": r"share of $\int|\mathbf{E}|^2\,dV$"}.get(
            measure, measure
        )
    )
    _legend(ax)
    return ax


def fsr_against_diameter(
    rows: Rows, ax: Axes, *, n_g: float | None = None, measured: Mapping[float, float] | None = None
) -> Axes:
    """Plot the free spectral range against the diameter with the law lambda^2 / (n_g pi D), and measured values if given.

    Parameters
    ----------
    rows
        Rows with `diameter_um`, `fsr_nm`, `wavelength_nm`, `n_g`, `pol`.
    ax
        Where to plot.
    n_g
        Group index of the law; by default the mean of the rows.
    measured
        FSR (nm) by diameter (um).
    """
    for pol in dict.fromkeys(str(row["pol"]) for row in rows):
        own = sorted((row for row in rows if row["pol"] == pol), key=lambda row: float(row["diameter_um"]))
        ax.plot(
            column(own, "diameter_um"), column(own, "fsr_nm"), ls="", marker=MARKER.get(pol, "o"), ms=4,
            color=POLARIZATION.get(pol, INK), label=f"{pol}, computed",
        )  # fmt: skip
    D = column(rows, "diameter_um")
    wavelength = float(np.nanmean(column(rows, "wavelength_nm")))
    index = float(np.nanmean(column(rows, "n_g"))) if n_g is None else n_g
    curve = np.linspace(D.min() * 0.95, D.max() * 1.05, 200)
    law = rf"$\lambda^2/(n_g\,\pi D)$, $n_g$ = {index:.3f}"
    ax.plot(curve, wavelength**2 / (index * np.pi * curve * 1e3), color=GREY, lw=0.9, zorder=0, label=law)
    if measured:
        ax.plot(
            list(measured),
            list(measured.values()),
            ls="",
            marker="D",
            mfc="white",
            color=INK,
            ms=4,
            label="measured",
        )
    ax.set_xlabel("diameter $D$ / µm")
    ax.set_ylabel("free spectral range / nm")
    ax.legend()
    return ax


def convergence(
    unknowns: Mapping[str, Array],
    errors: Mapping[str, Array],
    ax: Axes,
    *,
    floor: float | None = None,
    orders: bool = True,
) -> Axes:
    """Plot relative errors against the number of unknowns, a line a series, with the order that its last points show.

    Parameters
    ----------
    unknowns, errors
        By the name of the series.
    ax
        Where to plot.
    floor
        Tolerance to mark.
    orders
        Write the slope in terms of the cell size h (unknowns ~ h^-2) beside each line.
    """
    for i, (name, N) in enumerate(unknowns.items()):
        e = np.abs(np.asarray(errors[name], dtype=float))
        colour = ACCENT[i % len(ACCENT)]
        ax.loglog(N, e, color=colour, marker="osD^v<"[i % 6], ms=3.5, lw=1.0, label=name)
        if orders and len(N) > 1 and e[-1] > 0.0:
            slope = -2.0 * np.log(e[-1] / e[-2]) / np.log(N[-1] / N[-2])
            ax.annotate(
                f"{slope:.1f}",
                (N[-1], e[-1]),
                (4, 0),
                textcoords="offset points",
                fontsize=6,
                color=colour,
                va="center",
            )
    if floor is not None:
        ax.axhline(floor, color=GREY, lw=0.8, ls="--")
        ax.text(
            0.99,
            floor,
            "tolerance",
            transform=ax.get_yaxis_transform(),
            ha="right",
            va="bottom",
            fontsize=6,
            color=GREY,
        )
    ax.set_xlabel("unknowns")
    ax.set_ylabel("relative error of the wavelength")
    ax.legend()
    return ax


def error_bars(rows: Rows, ax: Axes, *, asked: float | None = None) -> Axes:
    """Plot the estimated relative error of each mode's wavelength beside the residual of its eigenpair and what was asked."""
    names = [f"{row['pol']} {row.get('l') or row['m']}" for row in rows]
    x = np.arange(len(rows))
    ax.semilogy(
        x,
        column(rows, "wavelength_error"),
        ls="",
        marker="o",
        ms=3.5,
        color=ACCENT[0],
        label="estimated error",
    )
    ax.semilogy(x, column(rows, "residual"), ls="", marker="_", ms=6, color=GREY, label="residual")
    if asked is not None:
        ax.axhline(asked, color=ACCENT[1], lw=0.9, ls="--", label="asked for")
    step = 1 + len(rows) // 24
    ax.set_xticks(x[::step], names[::step], rotation=90, fontsize=5.5)
    ax.set_ylabel("relative error")
    ax.legend(loc="best", fontsize=6)
    return ax
