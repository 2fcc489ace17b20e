"""Rows of modes.csv as text: full precision, empty where a value does not apply, any size of Q."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Sequence
from typing import Any

from femwgm.ground.rows import Row, decimal_text, entry, header, log10_of

__all__ = [
    "Row",
    "cell",
    "decimal_text",
    "entry",
    "from_csv",
    "header",
    "log10_of",
    "plain_csv",
    "to_csv",
    "value",
]


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
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(names)
    writer.writerows([cell(entry(row, name)) for name in names] for row in rows)
    return stream.getvalue()


def from_csv(text: str) -> tuple[list[str], list[dict[str, Any]]]:
    """Columns and rows of a table that `to_csv` wrote."""
    reader = csv.reader(io.StringIO(text))
    names = next(reader, [])
    return names, [dict(zip(names, map(value, cells), strict=True)) for cells in reader]
