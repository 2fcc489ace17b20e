"""Rows of the table of modes: their columns, and numbers of any size as decimal text."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from femwgm.ground.columns import columns

__all__ = ["Row", "decimal_text", "entry", "header", "log10_of"]

Row = Mapping[str, Any]


def decimal_text(log10: float, digits: int = 10) -> str:
    """Decimal text of 10**log10, whatever its size.

    >>> decimal_text(1284.0792), decimal_text(2.0), decimal_text(-1e5 + 0.5)
    ('1.200051820e+1284', '1.000000000e+2', '3.162277660e-100000')
    """
    exponent = math.floor(log10)
    mantissa = f"{10.0 ** (log10 - exponent):.{digits - 1}f}"
    if mantissa.startswith("10."):
        mantissa, exponent = f"{1.0:.{digits - 1}f}", exponent + 1
    return f"{mantissa}e{exponent:+d}"


def log10_of(number: float | str | None) -> float | None:
    """Decimal logarithm of a positive number or its decimal text, None for anything else.

    >>> log10_of("1.2e+1284")
    1284.0791812460477
    """
    if isinstance(number, str):
        mantissa, _, exponent = number.strip().lower().partition("e")
        try:
            return math.log10(float(mantissa)) + int(exponent or 0)
        except ValueError:
            return None
    return math.log10(number) if number is not None and 0.0 < number < math.inf else None


def header(rows: Sequence[Row], regions: Sequence[str]) -> list[str]:
    """Columns of the table: those of the contract, then whatever else the rows carry, in order of appearance."""
    names = columns(regions)
    extra = {key: None for row in rows for key in row if key not in names and not key.startswith("_")}
    return [*names, *extra]


def entry(row: Row, name: str) -> Any:
    """An entry; a Q too large for a float comes from its logarithm (q_total from that of q_rad)."""
    plain = row.get(name)
    log10 = row.get(
        f"log10_{name}", row.get("log10_q_rad") if name == "q_total" and plain == math.inf else None
    )
    if log10 is not None and (plain is None or plain in (math.inf, 0.0)) and math.isfinite(log10):
        return decimal_text(log10)
    return plain
