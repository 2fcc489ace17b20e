"""An assignment on disk: a table of peaks, the fit with its rivals, and a figure."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from femwgm.experiment.spectrum.assignment import Assignment
from femwgm.ground.files import json_bytes, write_files
from femwgm.ground.rows import csv_bytes


def as_dict(result: Assignment) -> dict[str, Any]:
    """The fit, its rivals and the notes as plain data."""
    return {
        "parameters": {
            name: {
                "value": p.value, "error": p.error, "unit": p.unit, "prior_error": p.prior_error,
                "mean_over_readings": p.mean, "spread_over_readings": p.spread,
                "within_68": p.within_68, "within_95": p.within_95, "determined_by_the_peaks": p.determined,
            }
            for name, p in result.parameters.items()
        },
        "held": {
            name: float(result.best.x[i])
            for i, name in enumerate(("diameter", "thickness", "index", "slope"))
            if i not in result.prior.free and name in result.body.names
        },
        "reference_wavelength_um": result.body.reference_um,
        "probability": result.probability,
        "chi2": result.best.chi2,
        "matched": result.best.matched,
        "peaks": len(result.peaks),
        "missing": [_label(result.best.lines.labels.name(j)) for j in result.best.matching.missed],
        "error_scale": result.error_scale,
        **dict(zip(("ellipticity", "ellipticity_error"), result.peaks.ellipticity or (), strict=False)),
        "rivals": result.rivals(),
        "notes": result.notes(),
    }  # fmt: skip


def _label(name: tuple[str, int, int]) -> str:
    return f"{name[0]} l={name[1]} q={name[2]}"


def write_assignment(result: Assignment, folder: str | Path) -> list[Path]:
    """Write assignment.csv, assignment.json and assignment.png.

    Raises
    ------
    OutputError
        When the disk refuses.
    """
    from femwgm.views.figures.assignment import assignment_figure
    from femwgm.views.figures.style import drawn

    rows = result.rows()
    contents = {
        "assignment.csv": csv_bytes([list(rows[0]), *(list(row.values()) for row in rows)]),
        "assignment.json": json_bytes(as_dict(result)),
        "assignment.png": drawn(assignment_figure, result),
    }
    return write_files(Path(folder), contents)
