"""A computed spectrum on disk: spectrum.csv and spectrum.png, purcell.csv and purcell.png."""

from __future__ import annotations

from pathlib import Path

from femwgm.experiment.luminescence.spectrum import Emission, PlaneWave, PurcellMap
from femwgm.experiment.recorded.counts import Recorded
from femwgm.ground.files import write_files
from femwgm.ground.rows import csv_bytes


def write_spectrum(
    made: Emission,
    wave: PlaneWave | None,
    measured: Recorded | None,
    density: PurcellMap | None,
    folder: str | Path,
) -> list[Path]:
    """Write the table and the figure.

    Raises
    ------
    OutputError
        When the disk refuses.
    """
    from femwgm.views.figures.luminescence import luminescence_figure, purcell_figure
    from femwgm.views.figures.style import drawn

    columns = {
        "wavelength_nm": made.wavelength_nm,
        "emission": made.te + made.tm,
        "emission_te": made.te,
        "emission_tm": made.tm,
    }
    if wave is not None:
        columns |= {"extinction": wave.extinction, "scattering": wave.scattering}
    rows = ([float(v) for v in row] for row in zip(*columns.values(), strict=True))
    contents = {
        "spectrum.csv": csv_bytes([list(columns), *rows]),
        "spectrum.png": drawn(luminescence_figure, made, wave, measured),
    }
    if density is not None:
        points = [
            [float(w), float(r), float(density.radial[i, j]), float(density.tangential[i, j])]
            for i, w in enumerate(density.wavelength_nm)
            for j, r in enumerate(density.radius_um)
        ]
        contents["purcell.csv"] = csv_bytes([["wavelength_nm", "r_um", "radial", "tangential"], *points])
        contents["purcell.png"] = drawn(purcell_figure, density)
    return write_files(Path(folder), contents)
