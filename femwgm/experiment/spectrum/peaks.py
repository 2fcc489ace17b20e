"""Measured peaks: a table of wavelengths with what else is known of each."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from femwgm.errors import ConfigError
from femwgm.ground.cells import UNKNOWN
from femwgm.ground.headings import Column, Table
from femwgm.ground.tables import read_table
from femwgm.ground.typing import Array

ALIASES = {
    "wavelength_nm": ("lambda", "λ", "peak", "position", "center", "centre", "peak wavelength"),
    "width_nm": ("fwhm", "linewidth", "line width"),
    "error_nm": ("uncertainty", "sigma", "σ", "wavelength error", "wavelength_error"),
    "pol": ("polarization", "polarisation"),
    "height": ("intensity", "amplitude", "counts"),
}
"""Other names of the columns of a table of peaks; only the first column is needed."""
COLUMNS = tuple(ALIASES)
PASSED = ("width_error_nm", "height_error", "area", "area_error", "significance", "clipped")
"""What `femwgm peaks` writes besides; it plays no part in an assignment."""
LIGHT_NM = (50.0, 100_000.0)
"""What can be the wavelength of a peak: anything else has another unit."""
POSITION_SHARE = 0.1
"""Standard error of a position in line widths, where the table states none."""
DEFAULT_ERROR_NM = 0.02
"""Standard error (nm) of a position of which neither error nor width is stated."""
MAX_PEAKS = 400


@dataclass(frozen=True)
class Peaks:
    """Peaks in ascending order of wavelength.

    Attributes
    ----------
    wavelength_nm, error_nm
        Positions and their standard errors (nm).
    width_nm
        Full widths at half maximum (nm), NaN where unknown.
    pol
        "TE", "TM" or "" for each.
    height
        Heights in any unit, NaN where unknown.
    ellipticity
        (Polar - equatorial radius) / radius and its standard error, where the shape of the lines told it.

    Examples
    --------
    >>> peaks = Peaks.of([660.0, 656.2], width_nm=0.157)
    >>> peaks.wavelength_nm.tolist(), peaks.error_nm.round(4).tolist()
    ([656.2, 660.0], [0.0157, 0.0157])
    """

    wavelength_nm: Array
    error_nm: Array
    width_nm: Array
    pol: tuple[str, ...]
    height: Array
    ellipticity: tuple[float, float] | None = None

    def __len__(self) -> int:
        return int(self.wavelength_nm.size)

    @classmethod
    def of(
        cls,
        wavelength_nm: Sequence[float] | Array,
        width_nm: float | Sequence[float] | Array = math.nan,
        error_nm: float | Sequence[float] | Array = math.nan,
        pol: Sequence[str] | None = None,
        height: Sequence[float] | Array | float = math.nan,
    ) -> Peaks:
        """Peaks from plain numbers, sorted; a missing error is a tenth of the width, or 0.02 nm."""
        position = np.asarray(wavelength_nm, dtype=float)
        order = np.argsort(position)
        width, error, heights = (
            np.broadcast_to(np.asarray(v, dtype=float), position.shape) for v in (width_nm, error_nm, height)
        )
        from_width = np.where(np.isfinite(width), POSITION_SHARE * width, DEFAULT_ERROR_NM)
        error = np.where(np.isfinite(error), error, from_width)
        names = tuple((pol or [""] * position.size)[i] for i in order)
        return cls(position[order], error[order], width[order], names, heights[order])

    def with_errors(self, error_nm: Array) -> Peaks:
        """The same peaks with other standard errors."""
        return replace(self, error_nm=error_nm)

    @property
    def quality(self) -> Array:
        """Wavelength over width of each line: the quality factor that its width would mean."""
        return np.asarray(self.wavelength_nm / self.width_nm)


def read_peaks(path: str | Path) -> Peaks:
    """Read a table of peaks.

    Parameters
    ----------
    path
        A table (`femwgm.ground.tables`) with a column of wavelengths and any of the other
        :data:`COLUMNS`; empty cells are unknown.

    Raises
    ------
    ConfigError
        One line that names the file, the line in it and the column.
    """
    table = read_table(path, "the table of peaks")
    found = table.columns({**ALIASES, **dict.fromkeys(PASSED, ())})
    where = {name: column for name, column in found.items() if name in ALIASES}
    if "wavelength_nm" not in where:
        raise ConfigError(
            "the header needs 'wavelength_nm' once",
            file=table.file,
            remedy="begin with e.g. 'wavelength_nm,width_nm,pol'",
        )
    if not 1 <= len(table.rows) <= MAX_PEAKS:
        raise ConfigError(
            f"{len(table.rows)} peaks; between 1 and {MAX_PEAKS} can be assigned", file=table.file
        )
    values: dict[str, list[float]] = {}
    for name, column in where.items():
        if name != "pol":
            values[name] = [_positive(table, i, column, name) for i in range(len(table.rows))]
    _sensible(table, values["wavelength_nm"])
    labels = None
    if "pol" in where:
        labels = [_polarization(table, i, where["pol"].index) for i in range(len(table.rows))]
    return Peaks.of(pol=labels, **values)


def _positive(table: Table, row: int, column: Column, name: str) -> float:
    value = table.number(row, column, name)
    if name == "width_nm" and value == 0.0:
        return math.nan  # not told from nothing
    if not (math.isnan(value) or value > 0.0):
        line, cells = table.rows[row]
        raise ConfigError(
            "must be a positive number",
            file=table.file,
            key=f"line {line}, {name}",
            value=cells[column.index][:40],
        )
    return value


def _sensible(table: Table, wavelength_nm: list[float]) -> None:
    """Every peak has a wavelength, and it is one of light."""
    for (line, _), value in zip(table.rows, wavelength_nm, strict=True):
        key = f"line {line}, wavelength_nm"
        if math.isnan(value):
            raise ConfigError(
                "a peak without wavelength", file=table.file, key=key, remedy="fill or drop the row"
            )
        if not LIGHT_NM[0] <= value <= LIGHT_NM[1]:
            raise ConfigError(
                "is not an optical wavelength",
                file=table.file,
                key=key,
                value=f"{value:g} nm",
                remedy="name the column by its unit, e.g. wavelength_um",
            )


def _polarization(table: Table, row: int, column: int) -> str:
    line, cells = table.rows[row]
    cell = cells[column].upper()
    if cell.lower() in UNKNOWN or cell == "?":
        return ""
    if cell not in ("TE", "TM"):
        raise ConfigError(
            "must be TE, TM or empty", file=table.file, key=f"line {line}, pol", value=cells[column][:40]
        )
    return cell
