"""Measured peaks: a table of wavelengths with what else is known of each."""

from __future__ import annotations

import csv
import difflib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from femwgm.errors import ConfigError
from femwgm.typing import Array

__all__ = ["COLUMNS", "Peaks", "read_peaks"]

COLUMNS = ("wavelength_nm", "width_nm", "error_nm", "pol", "height")
"""Columns of a table of peaks; only the first is needed."""
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
        return Peaks(self.wavelength_nm, error_nm, self.width_nm, self.pol, self.height)

    @property
    def quality(self) -> Array:
        """Wavelength over width of each line: the quality factor that its width would mean."""
        return np.asarray(self.wavelength_nm / self.width_nm)


def read_peaks(path: str | Path) -> Peaks:
    """Read a CSV table of peaks.

    Parameters
    ----------
    path
        A file with a header of `wavelength_nm` and any of `width_nm`, `error_nm`, `pol` (TE, TM or empty), `height`; empty cells
        are unknown, lines that begin with # are skipped.

    Raises
    ------
    ConfigError
        One line that names the file, the row and the column.
    """
    file = Path(path)
    try:
        with file.open(encoding="utf-8-sig", newline="") as stream:
            rows = [
                row
                for row in csv.reader(stream)
                if any(c.strip() for c in row) and not row[0].lstrip().startswith("#")
            ]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        reason = getattr(error, "strerror", None) or "not a text table"
        raise ConfigError(f"the table of peaks cannot be read ({reason})", file=file) from None
    header = [cell.strip() for cell in rows[0]] if rows else []
    for name in header:
        if name not in COLUMNS:
            close = difflib.get_close_matches(name.lower(), COLUMNS, n=1)
            remedy = f"did you mean '{close[0]}'?" if close else f"known columns: {', '.join(COLUMNS)}"
            raise ConfigError("unknown column", file=file, key=name[:40] or "header", remedy=remedy)
    if "wavelength_nm" not in header or len(set(header)) != len(header):
        raise ConfigError(
            "the header needs 'wavelength_nm' once",
            file=file,
            remedy="begin with e.g. 'wavelength_nm,width_nm,pol'",
        )
    if not 1 <= len(rows) - 1 <= MAX_PEAKS:
        raise ConfigError(f"{len(rows) - 1} peaks; between 1 and {MAX_PEAKS} can be assigned", file=file)
    columns: dict[str, list[str]] = {name: [] for name in header}
    for number, row in enumerate(rows[1:], start=2):
        if len(row) != len(header):
            raise ConfigError(f"row {number} has {len(row)} cells, the header {len(header)}", file=file)
        for name, cell in zip(header, row, strict=True):
            columns[name].append(cell.strip())
    values = {
        name: [_number(c, name, i, file) for i, c in enumerate(columns[name], 2)]
        for name in header
        if name != "pol"
    }
    if any(math.isnan(v) for v in values["wavelength_nm"]):
        raise ConfigError(
            "a peak without wavelength", file=file, key="wavelength_nm", remedy="fill or drop the row"
        )
    labels = (
        [_polarization(c, i, file) for i, c in enumerate(columns["pol"], 2)] if "pol" in columns else None
    )
    return Peaks.of(pol=labels, **values)


def _number(cell: str, name: str, row: int, file: Path) -> float:
    if not cell:
        return math.nan
    try:
        value = float(cell)
    except ValueError:
        value = math.nan
    if not (math.isfinite(value) and value > 0.0):
        raise ConfigError("must be a positive number", file=file, key=f"row {row}, {name}", value=cell[:40])
    return value


def _polarization(cell: str, row: int, file: Path) -> str:
    if cell.upper() not in ("", "TE", "TM"):
        raise ConfigError("must be TE, TM or empty", file=file, key=f"row {row}, pol", value=cell[:40])
    return cell.upper()
