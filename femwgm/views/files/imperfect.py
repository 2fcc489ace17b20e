"""What a run with imperfections leaves to look at: plots/splitting*.png, plots/supermode.png and fields/*.vtk."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from femwgm.imperfections import Multiplet

Progress = Callable[[str, int, int], None]
_COLUMNS, _MOST = 2, 6


def write_splittings(result: Any, folder: Path, progress: Progress | None = None) -> list[Path]:
    """Write plots/splitting-N.png, two multiplets each and six at most, and plots/supermode.png.

    Raises
    ------
    MissingExtraError
        After the figures are written, where nothing can be drawn in three dimensions.
    """
    from femwgm.views.figures.splitting import splitting_figure
    from femwgm.views.figures.style import look, save
    from femwgm.views.space.supermode import draw_supermode

    chosen = _representatives(result.multiplets)
    place, written = Path(folder) / "plots", []
    with look():
        for number, start in enumerate(range(0, len(chosen), _COLUMNS), start=1):
            if progress:
                progress("picture of the split lines", number, len(chosen) // _COLUMNS + 1)
            figure = splitting_figure(chosen[start : start + _COLUMNS])
            written += save(figure, place / f"splitting-{number}.png")
    return [*written, draw_supermode(chosen[len(chosen) // 2], place / "supermode.png")]


def write_surfaces(result: Any, folder: Path, progress: Progress | None = None) -> list[Path]:
    """Write fields/NAME-surface.vtp: the true shape, and the brightness of the line most like the equatorial mode."""
    from femwgm.imperfections.surface import rms_order
    from femwgm.views.space.supermode import skin

    place, written = Path(folder) / "fields", []
    place.mkdir(parents=True, exist_ok=True)
    chosen = _representatives(result.multiplets)
    for done, lines in enumerate(chosen):
        mode = lines.mode
        if progress:
            progress(f"surface of {mode.pol} q={mode.q} l={mode.l}", done, len(chosen))
        number = int(np.argmax(rms_order(lines)))
        path = place / f"{mode.pol}-q{mode.q}-l{mode.l}-line{number + 1}.vts"
        skin(lines, number, enlarged=1.0)[0].save(path)
        written.append(path)
    return written


def _representatives(multiplets: Sequence[Multiplet]) -> list[Multiplet]:
    """At most six multiplets, spread over the list."""
    if len(multiplets) <= _MOST:
        return list(multiplets)
    return [multiplets[i] for i in np.linspace(0, len(multiplets) - 1, _MOST).round().astype(int)]
