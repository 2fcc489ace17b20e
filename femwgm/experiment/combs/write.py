"""A comb on disk: comb.csv, comb.json, pylle.csv and comb.png."""

from __future__ import annotations

from pathlib import Path

from femwgm.experiment.combs.comb import Comb, summary
from femwgm.ground.files import json_bytes, write_files
from femwgm.ground.rows import csv_bytes


def write_comb(made: Comb, folder: str | Path) -> list[Path]:
    """Write the table of lines, the coefficients, the file that pyLLE reads (m, frequency in Hz, no header) and the figure.

    Raises
    ------
    OutputError
        When the disk refuses.
    """
    from femwgm.views.figures.comb import comb_figure
    from femwgm.views.figures.style import drawn

    lines = made.lines
    rows = [
        (f"{mu:.0f}", m, float(f), f"{error:.6g}", float(off))
        for mu, m, f, error, off in zip(
            lines.mu, lines.m, lines.frequency, lines.error, made.d_int, strict=True
        )
    ]
    contents = {
        "comb.csv": csv_bytes([("mu", "m", "frequency_Hz", "frequency_error_Hz", "d_int_Hz"), *rows]),
        "comb.json": json_bytes(summary(made)),
        "pylle.csv": csv_bytes(row[1:3] for row in rows),
        "comb.png": drawn(comb_figure, made),
    }
    return write_files(Path(folder), contents)
