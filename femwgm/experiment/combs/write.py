"""A comb on disk: comb.csv, comb.json, pylle.csv and comb.png."""

from __future__ import annotations

import json
from pathlib import Path

from femwgm.experiment.combs.comb import Comb, summary
from femwgm.ground.files import write_files

__all__ = ["write_comb"]


def write_comb(made: Comb, folder: str | Path) -> list[Path]:
    """Write the table of lines, the coefficients, the file that pyLLE reads (m, frequency in Hz, no header) and the figure.

    Raises
    ------
    OutputError
        When the disk refuses.
    """
    from femwgm.views.figures.comb import comb_figure
    from femwgm.views.figures.style import look, rendered

    lines = made.lines
    rows = ["mu,m,frequency_Hz,frequency_error_Hz,d_int_Hz"]
    for mu, m, f, error, off in zip(lines.mu, lines.m, lines.frequency, lines.error, made.d_int, strict=True):
        rows.append(f"{mu:.0f},{m},{float(f)!r},{float(error):.6g},{float(off)!r}")
    pylle = [f"{m},{float(f)!r}" for m, f in zip(lines.m, lines.frequency, strict=True)]
    with look():
        picture = rendered(comb_figure(made), "png")
    contents = {
        "comb.csv": ("\n".join(rows) + "\n").encode(),
        "comb.json": (json.dumps(summary(made), indent=2) + "\n").encode(),
        "pylle.csv": ("\n".join(pylle) + "\n").encode(),
        "comb.png": picture,
    }
    return write_files(Path(folder), contents)
