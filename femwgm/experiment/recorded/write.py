"""Lines on disk: a table of lines, one of the points left out, what must be known of them, and a figure for each spectrum."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from femwgm.experiment.recorded.find import Found
from femwgm.experiment.spectrum.peaks import Peaks
from femwgm.ground.files import json_bytes, write_files
from femwgm.ground.rows import csv_bytes

COLUMNS = (
    "wavelength_nm", "wavelength_error_nm", "width_nm", "width_error_nm", "height", "area", "height_error", "area_error",
    "significance", "clipped",
)  # fmt: skip
"""Of peaks.csv; `file` follows where there are several spectra."""


def write_lines(found: Sequence[Found], folder: str | Path) -> list[Path]:
    """Write peaks.csv, left_out.csv, peaks.json, and peaks.png (or one figure for each spectrum).

    Raises
    ------
    OutputError
        When the disk refuses.
    """
    from femwgm.views.figures.recorded import recorded_figure
    from femwgm.views.figures.style import drawn

    several = len(found) > 1
    names = _distinct([f.spectrum.name for f in found])
    rows: list[list[Any]] = [[*COLUMNS, *(["file"] if several else [])]]
    left: list[list[Any]] = [["wavelength_nm", "counts", "reason", "file"]]
    for one, name in zip(found, names, strict=True):
        mark = [name] if several else []
        cells = ([getattr(line, column) for column in COLUMNS] for line in one.lines)
        rows += [[*(int(v) if isinstance(v, bool) else v for v in line), *mark] for line in cells]
        for flags, reason in ((one.saturated, "saturated"), (one.cosmic, "cosmic ray"), (one.dead, "dead")):
            x, y = one.spectrum.wavelength_nm[flags], one.spectrum.counts[flags]
            left += [[float(a), float(b), reason, name] for a, b in zip(x, y, strict=True)]
    files = {
        "peaks.csv": csv_bytes(rows),
        "left_out.csv": csv_bytes(left),
        "peaks.json": json_bytes([_about(one, name) for one, name in zip(found, names, strict=True)]),
    }
    for one, name in zip(found, names, strict=True):
        files[f"peaks-{Path(name).stem}.png" if several else "peaks.png"] = drawn(recorded_figure, one)
    return write_files(Path(folder), files)


def as_peaks(found: Found) -> Peaks:
    """The lines as peaks to assign; a width that is not told from nothing is unknown."""
    lines = found.lines
    width = [x.width_nm if x.width_nm > 2.0 * x.width_error_nm else np.nan for x in lines]
    peaks = Peaks.of(
        [x.wavelength_nm for x in lines], width_nm=width, error_nm=[x.wavelength_error_nm for x in lines],
        height=[x.height for x in lines],
    )  # fmt: skip
    return replace(peaks, ellipticity=found.ellipticity)


def _about(found: Found, name: str) -> dict[str, Any]:
    value, error = found.ellipticity or (None, None)
    return {
        "file": name, "lines": len(found.lines), "points": len(found.spectrum), "threshold": found.threshold,
        "false_alarms": found.false_alarms, "resolution_nm": found.resolution_nm, "reduced_chi2": found.reduced_chi2,
        "variance_floor": found.noise.floor, "variance_per_count": found.noise.gain,
        "ellipticity": value, "ellipticity_error": error, "notes": found.notes(),
    }  # fmt: skip


def _distinct(names: Sequence[str]) -> list[str]:
    """Names of the spectra, numbered where two are alike."""
    return [
        name if names.count(name) == 1 else f"{Path(name).stem}_{i}{Path(name).suffix}"
        for i, name in enumerate(names, 1)
    ]
