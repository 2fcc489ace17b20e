"""Small CSV tables of numbers, read with errors that name the row."""

from __future__ import annotations

import csv
import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from femwgm.errors import ConfigError
from femwgm.typing import Array

__all__ = ["read_columns"]

MAX_ROWS = 20_000


def read_columns(path: str | Path, names: Sequence[str]) -> dict[str, Array]:
    """Columns of a CSV file whose header is exactly `names`; lines that begin with # are skipped.

    Raises
    ------
    ConfigError
        One line that names the file and the row.
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
        raise ConfigError(f"the table cannot be read ({reason})", file=file) from None
    header = [cell.strip() for cell in rows[0]] if rows else []
    if header != list(names):
        remedy = f"the header is '{','.join(names)}'"
        raise ConfigError(f"the table begins with {','.join(header)[:60]!r}", file=file, remedy=remedy)
    if not 2 <= len(rows) - 1 <= MAX_ROWS:
        raise ConfigError(f"{len(rows) - 1} rows; between 2 and {MAX_ROWS} make a table", file=file)
    values = np.empty((len(rows) - 1, len(names)))
    for i, row in enumerate(rows[1:]):
        if len(row) != len(names):
            raise ConfigError(f"row {i + 2} has {len(row)} cells, not {len(names)}", file=file)
        for j, cell in enumerate(row):
            values[i, j] = _number(cell, names[j], i + 2, file)
    return {name: values[:, j] for j, name in enumerate(names)}


def _number(cell: str, name: str, row: int, file: Path) -> float:
    try:
        value = float(cell)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise ConfigError("must be a number", file=file, key=f"row {row}, {name}", value=cell.strip()[:40])
    return value
