"""What a sensor sees: nm/RIU of each region, and the shift against the thickness of a layer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from femwgm.ground.typing import Array
from femwgm.views.figures.style import ACCENT, FAINT, PAGE, new_figure, panel

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def sensing_figure(
    table: Sequence[Any], thickness_nm: Array, shifts: Mapping[str, Sequence[float]], index: float
) -> Figure:
    """Sensitivities of each mode by region, and shifts by a layer.

    Parameters
    ----------
    table
        Rows of sense.csv.
    thickness_nm, shifts
        Thickness of the layer, and the shift (nm) of each mode.
    index
        Index of the layer.
    """
    figure = new_figure(PAGE, 2.7)
    a, b = figure.subplots(1, 2, width_ratios=[1.25, 1.0])
    modes = list(shifts)
    regions = list(dict.fromkeys(r.quantity for r in table if r.quantity.startswith("sensitivity_")))
    width = 0.8 / max(len(regions), 1)
    for i, region in enumerate(regions):
        values = {r.mode: r.value for r in table if r.quantity == region}
        x = [j + (i - 0.5 * (len(regions) - 1)) * width for j in range(len(modes))]
        name = region.removeprefix("sensitivity_")
        a.bar(
            x,
            [values.get(mode, 0.0) for mode in modes],
            0.92 * width,
            color=ACCENT[i % len(ACCENT)],
            label=name,
        )
    a.set_xticks(range(len(modes)), [mode.replace(" l=", "\nl=") for mode in modes], fontsize=6.0)
    a.set_yscale("log")
    a.set_ylim(bottom=1.0)
    a.set_ylabel("sensitivity / (nm per RIU)")
    a.legend(ncols=3, fontsize=6.0, loc="lower left", bbox_to_anchor=(0.0, 1.0))
    for i, (mode, moved) in enumerate(shifts.items()):
        b.plot(thickness_nm, moved, "o-", ms=2.2, lw=1.0, color=ACCENT[i % len(ACCENT)], label=mode)
    b.axhline(0.0, color=FAINT, lw=0.8, zorder=0)
    b.set_xlabel(f"thickness of a layer, n = {index:g} / nm")
    b.set_ylabel("shift / nm")
    b.legend(fontsize=6.0)
    panel(a, "a")
    panel(b, "b")
    return figure
