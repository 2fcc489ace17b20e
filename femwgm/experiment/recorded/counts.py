"""Recorded spectra: counts against wavelength, point by point, as instruments write them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from femwgm.errors import ConfigError
from femwgm.ground.headings import LENGTHS, SPECTRAL, Column, Table
from femwgm.ground.tables import read_tables
from femwgm.ground.typing import Array
from femwgm.materials.presets import PRESETS

MAX_ROWS = 65_536
MIN_ROWS = 40
"""Fewer points are a table of peaks, or nothing that a baseline could be drawn through."""
LIGHT_NM = (50.0, 1e6)
X = {"wavelength_nm": ("lambda", "λ", "wl", "wave", "energy", "photon energy", "wavenumber", "frequency")}
Y = ("intensity", "signal", "spectrum", "power", "cts", "sample", "pl")
"""Names by which the two columns go."""


@dataclass(frozen=True)
class Recorded:
    """A recorded spectrum in ascending order of wavelength.

    Attributes
    ----------
    wavelength_nm
        Vacuum wavelengths (nm).
    counts
        What was recorded, in its own unit.
    name
        What it is called: the file's name.
    notes
        What had to be assumed in reading it.
    """

    wavelength_nm: Array
    counts: Array
    name: str = ""
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return int(self.wavelength_nm.size)


def step_nm(wavelength_nm: Array) -> float:
    """Median distance of neighbouring points (nm)."""
    return float(np.median(np.diff(wavelength_nm)))


def looks_recorded(path: str | Path) -> bool:
    """Whether a file holds a spectrum, point by point, and not a table of peaks: many rows at nearly equal steps, two columns."""
    try:
        table = _longest(Path(path))
        if len(table.rows) < MIN_ROWS or any(
            part in name.lower() for name in table.header for part in ("pol", "error", "width")
        ):
            return False
        first = np.array([float(cells[0].replace(",", ".")) for _, cells in table.rows])
    except (ConfigError, ValueError):
        return False
    low, middle, high = np.quantile(np.abs(np.diff(first)), [0.1, 0.5, 0.9])
    return bool(low > 0.4 * middle and high < 2.5 * middle)


def read_recorded(
    path: str | Path, column: str | None = None, unit: str | None = None, *, in_air: bool = False
) -> Recorded:
    """Read a recorded spectrum.

    Parameters
    ----------
    path
        A text file with rows of numbers; whatever stands around them is passed over.
    column
        Heading of the column of counts, where there are several.
    unit
        Unit of the first column, where the file does not say it.
    in_air
        Whether its wavelengths are those in air, as most grating instruments are calibrated.

    Raises
    ------
    ConfigError
        One line that names the file and what is wrong in it.
    """
    file = Path(path)
    table = _longest(file)
    if not MIN_ROWS <= len(table.rows) <= MAX_ROWS:
        raise ConfigError(
            f"{len(table.rows)} points; between {MIN_ROWS} and {MAX_ROWS} are needed for a spectrum", file=file,
            remedy="give one wavelength and its counts per line",
        )  # fmt: skip
    if unit is not None and unit.lower() not in (*LENGTHS, *SPECTRAL):
        raise ConfigError(
            "is not a unit of wavelength, frequency or energy",
            key="--unit",
            value=unit,
            remedy="e.g. --unit nm",
        )
    x, y, notes = _two_columns(table, file, column, unit)
    if x.size < MIN_ROWS:
        raise ConfigError(f"only {x.size} points have counts; {MIN_ROWS} make a spectrum", file=file)
    order = np.argsort(x)
    x, y = x[order], y[order]
    if not LIGHT_NM[0] <= x[0] <= x[-1] <= LIGHT_NM[1]:
        raise ConfigError(
            "is not an optical range",
            file=file,
            value=f"{x[0]:g} to {x[-1]:g} nm",
            remedy="name the unit, e.g. --unit um",
        )
    again = np.flatnonzero(np.diff(x) <= 0.0)
    if again.size:
        raise ConfigError(
            "a wavelength occurs twice",
            file=file,
            value=f"{x[again[0]]:g} nm",
            remedy="keep one spectrum per file",
        )
    if np.ptp(y) == 0.0:
        raise ConfigError(
            "all counts are the same", file=file, value=f"{y[0]:g}", remedy="name their column, --column NAME"
        )
    if in_air:
        x = x * np.sqrt([PRESETS["air"].law.eps(2e3 * np.pi / v).real for v in x])
    return Recorded(x, y, file.name, tuple(notes))


def _longest(file: Path) -> Table:
    return max(read_tables(file, "the spectrum"), key=lambda table: len(table.rows))


def _two_columns(
    table: Table, file: Path, column: str | None, unit: str | None
) -> tuple[Array, Array, list[str]]:
    """Wavelengths (nm), counts, and what was assumed."""
    names, count, notes = [name.strip() for name in table.header], len(table.rows[0][1]), []
    if column is not None and column.lower() not in [name.lower() for name in names]:
        remedy = f"one of {', '.join(names)}" if names else "the file names none"
        raise ConfigError("is no column", file=file, key="--column", value=column, remedy=remedy)
    first, stated = _abscissa(table, count, unit)
    if not stated and unit is None:
        notes.append("the wavelengths state no unit and are taken to be nm")
    known = {"counts": Y if column is None else (column,)}
    second = table.columns(known, others=True).get("counts") if names else None
    if second is None and count == 2:
        second = Column(1 - first.index)
    if second is None:
        raise ConfigError(
            f"{count} columns; it is not stated which of them holds the counts", file=file,
            remedy=f"--column NAME, one of {', '.join(names)}" if names else "keep two columns, or name them in the line above",
        )  # fmt: skip
    x = table.numbers(first, "wavelength")
    y = np.array([table.number(row, second, "counts") for row in range(len(table.rows))])
    read = np.isfinite(y)
    if not read.all():
        notes.append(f"{int((~read).sum())} points without counts are left out")
    return x[read], y[read], notes


def _abscissa(table: Table, count: int, unit: str | None) -> tuple[Column, bool]:
    """The column of wavelengths, and whether it states its unit; the first one if none has a name that is known."""
    if table.header:
        try:
            found = table.columns(X, others=True)
            if found:
                return found["wavelength_nm"], True
        except ConfigError:
            return table.columns(X, others=True, assumed={"wavelength_nm": unit or "nm"})[
                "wavelength_nm"
            ], False
    heading = [f"wavelength ({unit or 'nm'})", *(f"column {i}" for i in range(1, count))]
    return Table(table.file, heading, table.rows, table.decimal_comma).columns(X, others=True)[
        "wavelength_nm"
    ], False
