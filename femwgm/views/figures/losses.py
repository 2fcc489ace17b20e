"""The loss budget: what limits Q, one bar a channel, on a scale that holds 1e4 and 1e46 alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from femwgm.ground.numbers import quality
from femwgm.store import log10_of
from femwgm.views.fields.source import Viewable, mode_view
from femwgm.views.figures.style import GREY, INK, LOSS

if TYPE_CHECKING:
    from matplotlib.axes import Axes


IRRELEVANT = 12.0
"""log10 Q of radiation beyond which something else always limits a mode."""
SPAN = 8.0
"""Decades beyond the limiting channel that the picture shows."""


@dataclass(frozen=True)
class Channel:
    """A way for light to leave a mode.

    Attributes
    ----------
    name
        "radiation", "absorption", "absorption in shell", ...
    kind
        "radiation", "absorption", "scattering" or "gain".
    log10_q
        Decimal logarithm of its Q (of -Q for gain).
    bound
        Whether Q is only known to be larger.
    """

    name: str
    kind: str
    log10_q: float
    bound: bool = False


def channels(mode: Viewable) -> list[Channel]:
    """The loss channels that are known for a mode, the strongest first; empty where nothing is lost."""
    view = mode_view(mode)
    row = view.row
    found = []
    q_rad = view.log10_q("q_rad")
    floor = log10_of(row.get("q_rad_floor"))
    if q_rad is not None:
        found.append(Channel("radiation", "radiation", q_rad))
    elif floor is not None:
        found.append(Channel("radiation", "radiation", floor, bound=True))
    split = [name for name in view.regions if row.get(f"q_abs_{name}") is not None]
    for name in split:
        found += _channel(f"absorption in {name}", f"gain in {name}", float(row[f"q_abs_{name}"]))
    if not split and row.get("q_abs") is not None:
        found += _channel("absorption", "gain", float(row["q_abs"]))
    for key in ("q_sca", "q_scattering", "q_roughness"):
        log10 = log10_of(row.get(key))
        if log10 is not None:
            found.append(Channel("surface scattering", "scattering", log10))
            break
    return sorted(found, key=lambda channel: channel.log10_q)


def _channel(loss: str, gain: str, q: float) -> list[Channel]:
    log10 = log10_of(abs(q))
    if log10 is None:
        return []
    return [Channel(loss if q > 0.0 else gain, "absorption" if q > 0.0 else "gain", log10)]


def budget(mode: Viewable, ax: Axes) -> Axes:
    """Draw the loss budget of a mode: a bar of log10 Q for each channel; the shortest bar is what limits the mode.

    Channels far beyond the one that counts leave the picture with an arrow; radiation that counts for nothing, alone, is words.
    """
    view = mode_view(mode)
    bars = channels(view)
    if not bars:
        ax.text(
            0.5, 0.5, "no loss channel is known", ha="center", va="center", color=GREY, transform=ax.transAxes
        )
        ax.set_axis_off()
        return ax
    if len(bars) == 1 and bars[0].kind == "radiation" and bars[0].log10_q > IRRELEVANT:
        sign, q = ">" if bars[0].bound else "=", quality(None, bars[0].log10_q)
        words = f"radiation alone: $Q$ {sign} {q}\nno other loss is configured"
        ax.text(0.5, 0.5, words, ha="center", va="center", linespacing=1.7, transform=ax.transAxes)
        ax.set_axis_off()
        return ax
    total = view.log10_q("q_total")
    first = min(bar.log10_q for bar in bars)
    low = max(0.0, np.floor(first) - 1.0)
    last = max(bar.log10_q for bar in bars if bar.log10_q <= first + SPAN)
    right = low + 1.3 * (np.ceil(last + 0.5) - low)
    for y, bar in enumerate(bars):
        hatch, end = "//" if bar.bound else None, min(bar.log10_q, right)
        ax.barh(
            y, end - low, left=low, height=0.55, color=LOSS[bar.kind], hatch=hatch, edgecolor="white", lw=0
        )
        words = ("> " if bar.bound else "") + quality(None, bar.log10_q)
        beyond = bar.log10_q > last
        ax.annotate(
            f"{words} →" if beyond else words, (end, y), (-4 if beyond else 4, 0), textcoords="offset points",
            ha="right" if beyond else "left", va="center", fontsize=7, color="white" if beyond else INK,
        )  # fmt: skip
    if total is not None and len(bars) > 1:
        ax.axvline(total, color=INK, lw=0.9, ls="--")
        ax.text(
            total, len(bars) - 0.45, f" total {quality(None, total)}", fontsize=6.5, va="bottom", ha="left"
        )
    ax.set_yticks(range(len(bars)), [bar.name for bar in bars])
    ax.tick_params(axis="y", length=0)
    ax.set_xlim(low, right)
    spare = max(
        0.0, 0.5 * (2.0 - len(bars))
    )  # a single bar stands in the middle of a panel that could hold two
    ax.set_ylim(-0.6 - spare, len(bars) - 0.1 + spare)
    ax.set_xlabel(r"$\log_{10} Q$")
    ax.invert_yaxis()
    return ax
