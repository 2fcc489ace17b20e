"""A computed spectrum on disk: spectrum.csv and spectrum.png."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from femwgm.experiment.luminescence.spectrum import Emission, PlaneWave
from femwgm.experiment.recorded.counts import Recorded
from femwgm.ground.files import write_files

__all__ = ["write_spectrum"]


def write_spectrum(
    made: Emission, wave: PlaneWave | None, measured: Recorded | None, folder: str | Path
) -> list[Path]:
    """Write the table and the figure.

    Raises
    ------
    OutputError
        When the disk refuses.
    """
    from femwgm.views.figures.luminescence import luminescence_figure
    from femwgm.views.figures.style import look, rendered

    columns = {
        "wavelength_nm": made.wavelength_nm,
        "emission": made.te + made.tm,
        "emission_te": made.te,
        "emission_tm": made.tm,
    }
    if wave is not None:
        columns |= {"extinction": wave.extinction, "scattering": wave.scattering}
    stream = io.StringIO()
    table = csv.writer(stream, lineterminator="\n")
    table.writerow(list(columns))
    table.writerows([[float(v) for v in row] for row in zip(*columns.values(), strict=True)])
    with look():
        picture = rendered(luminescence_figure(made, wave, measured), "png")
    return write_files(Path(folder), {"spectrum.csv": stream.getvalue().encode(), "spectrum.png": picture})
