"""Rows of tables: the columns of modes.csv, numbers of any size as decimal text, and rows as CSV and back."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from femwgm.ground.columns import columns

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


def cell(content: Any) -> str:
    """One entry as CSV text: the shortest digits that give the same float back; empty if it does not apply.

    >>> cell(0.1), cell(None), cell(float("nan")), cell(165), cell("TE"), cell("1.2e+1284")
    ('0.1', '', '', '165', 'TE', '1.2e+1284')
    """
    if hasattr(content, "item"):
        content = content.item()
    if content is None:
        return ""
    if isinstance(content, bool):
        return "true" if content else "false"
    if isinstance(content, float):
        return repr(content) if math.isfinite(content) else ""
    return str(content)


_WORDS = {"": None, "true": True, "false": False}


def value(text: str) -> Any:
    """What `cell` wrote: None, a whole number, a float, or text (a number beyond floats stays text)."""
    if text in _WORDS:
        return _WORDS[text]
    try:
        return int(text)
    except ValueError:
        pass
    try:
        number = float(text)
    except ValueError:
        return text
    beyond = math.isinf(number) or (
        number == 0.0 and any(c in "123456789" for c in text.lower().split("e")[0])
    )
    return text if beyond or math.isnan(number) else number


def to_csv(rows: Sequence[Row], regions: Sequence[str]) -> str:
    """The table as CSV text."""
    return plain_csv(rows, header(rows, regions))


def plain_csv(rows: Sequence[Row], names: Sequence[str]) -> str:
    """Rows as CSV text with the given columns."""
    return csv_bytes([names, *([cell(entry(row, name)) for name in names] for row in rows)]).decode()


def csv_bytes(rows: Iterable[Sequence[Any]]) -> bytes:
    """Lines of cells as the content of a CSV file, the heading among them; None leaves a cell empty."""
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerows(rows)
    return stream.getvalue().encode()


def from_csv(text: str) -> tuple[list[str], list[dict[str, Any]]]:
    """Columns and rows of a table that `to_csv` wrote."""
    reader = csv.reader(io.StringIO(text))
    names = next(reader, [])
    return names, [dict(zip(names, map(value, cells), strict=True)) for cells in reader]
