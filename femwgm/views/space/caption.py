"""What stands below a picture in three dimensions, in the type of the other figures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from femwgm.ground.numbers import in_percent
from femwgm.ground.typing import Array
from femwgm.views.fields.brightness import beyond
from femwgm.views.fields.quantities import Quantity
from femwgm.views.fields.source import ModeView
from femwgm.views.figures.pages import title_of
from femwgm.views.figures.plane import OFF_EDGES
from femwgm.views.figures.style import GREY, colour_map

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_LETTERS = 92
"""Letters in the line left of the scale, before the rest is summed up."""


def legend(mode: ModeView, what: Quantity, width: int, *, envelope: bool = False) -> Array:
    """A strip below a picture, in the type of the other figures: the mode's name, where it lives, and the scale.

    With `envelope` it says what the colours mean where lobes are too fine to be drawn.
    """
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize

    from femwgm.views.figures.style import look, new_figure

    low = -1.0 if what.signed else 0.0
    with look():
        figure = new_figure(8.0, 0.56, layout="none")
        figure.text(0.015, 0.66, title_of(mode), fontweight="bold", fontsize=9, va="center")
        figure.text(0.015, 0.26, sentence(mode, _LETTERS), fontsize=8, va="center", color=GREY)
        ax = figure.add_axes((0.70, 0.46, 0.28, 0.26))
        bar = figure.colorbar(
            ScalarMappable(Normalize(low, 1.0), colour_map(what.signed)), cax=ax, orientation="horizontal",
            ticks=[low, 0.0, 1.0] if what.signed else [0.0, 0.5, 1.0],
        )  # fmt: skip
        bar.outline.set_linewidth(0.5)
        ax.set_facecolor("white")
        figure.text(
            0.69,
            0.59,
            what.label + " / max" + (OFF_EDGES if beyond(mode.solid, what(mode.solid)) else ""),
            ha="right",
            va="center",
            fontsize=8,
        )
        if envelope and what.signed:
            words = f"{2 * mode.m} lobes: where they are too fine, their envelope (yellow to black)"
            figure.text(0.98, 0.87, words, ha="right", va="center", fontsize=6, color=GREY)
        return strip(figure, width)


def strip(figure: Figure, width: int) -> Array:
    """A figure of 8 inches as pixels, `width` across."""
    figure.set_dpi(width / 8.0)
    figure.canvas.draw()
    drawn = np.asarray(figure.canvas.buffer_rgba())[..., :3]  # type: ignore[attr-defined]
    out = np.full((drawn.shape[0], width, 3), 255, dtype=np.uint8)
    out[:, : min(width, drawn.shape[1])] = drawn[:, :width]
    return out


def sentence(mode: ModeView, most: int = 200) -> str:
    """Where a mode lives, in words: the regions by their shares, as many as fit into `most` letters."""
    shares = mode.shares("energy")
    if not shares:
        return ""
    text = f"{in_percent(shares[mode.home])} of the electric energy in the {mode.home}"
    rest = sorted((name for name in shares if name != mode.home), key=lambda name: -shares[name])
    for i, name in enumerate(rest):
        more = f", {in_percent(shares[name])} in the {name}"
        left = sum(shares[other] for other in rest[i:])
        if len(text) + len(more) > most:
            return f"{text}, {in_percent(left)} elsewhere"
        text += more
    return text
