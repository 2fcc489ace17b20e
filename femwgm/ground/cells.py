"""Text into cells and cells into numbers: encodings, separators, decimal commas, marks of the unknown."""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from femwgm.errors import ConfigError
from femwgm.ground.files import UnreadableError, read_bounded

MAX_BYTES = 64 * 2**20
UNKNOWN = frozenset({"", "nan", "na", "n/a", "-", "--", "–", "none"})
_BLANK = ' \t,;"'
_WITH_COMMA = re.compile(r"[-+]?\d*,\d+([eE][-+]?\d+)?")
_WITH_POINT = re.compile(r"[-+]?\d*\.\d+([eE][-+]?\d+)?")


def lines_of(file: Path, what: str) -> list[tuple[int, str]]:
    """(number, text) of the lines that are neither blank nor comments."""
    try:
        text = _decoded(read_bounded(file, MAX_BYTES))
    except UnreadableError as error:
        raise ConfigError(f"{what} cannot be read ({error.reason})", file=file, remedy=error.remedy) from None
    except UnicodeDecodeError:
        raise ConfigError(f"{what} cannot be read (not a text table)", file=file) from None
    lines = [
        (i, line)
        for i, line in enumerate(text.splitlines(), 1)
        if line.strip(_BLANK) and not line.lstrip().startswith("#")
    ]
    if not lines:
        raise ConfigError(f"{what} is empty", file=file)
    return lines


def _decoded(data: bytes) -> str:
    """Text in UTF-8, UTF-16 with its mark, or the Western code page that older instruments write."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16")
    if b"\x00" in data:
        raise UnicodeDecodeError("utf-8", data, 0, 1, "binary")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252")


def separator_of(line: str, following: str = "") -> str:
    """What stands between the cells of a line: a semicolon, a tab, a bar, a comma, or else blanks (' ')."""
    for mark in (";", "\t", "|"):
        if mark in line:
            return mark
    if "," in line:
        # '600,1  5,2' are two numbers with decimal commas.
        inner = [cell.split() for cell in line.split(",")]
        split = any(len(parts) > 1 and all(number_in(p, False) is not None for p in parts) for parts in inner)
        return " " if split else ","
    words = (following or line).split()
    numbers = len(words) > 1 and all(number_in(word, True) is not None for word in words)
    return " " if numbers else ","


def cells_of(line: str, separator: str, file: Path, what: str) -> list[str]:
    """The cells of a line; ConfigError, with `what` and the file, where quotes do not match."""
    if separator == " ":
        # A unit in brackets or behind a slash belongs to the heading before it.
        return re.split(r"\s+(?![\[(/])", re.sub(r"/\s+", "/", line.strip()))
    try:
        return [cell.strip() for cell in next(csv.reader([line], delimiter=separator, skipinitialspace=True))]
    except csv.Error:
        raise ConfigError(f"{what} cannot be read (not a text table)", file=file) from None


def has_decimal_commas(rows: Sequence[tuple[int, list[str]]], allowed: bool, file: Path) -> bool:
    """Whether the numbers have decimal commas; both signs in one table are refused."""
    if not allowed:
        return False

    def first(pattern: re.Pattern[str]) -> Iterator[tuple[int, str]]:
        return ((line, cell) for line, cells in rows for cell in cells if pattern.fullmatch(cell))

    comma = next(first(_WITH_COMMA), None)
    point = next(first(_WITH_POINT), None) if comma else None
    if comma and point:
        raise ConfigError(
            f"has a decimal comma here and a decimal point in line {point[0]}",
            file=file,
            key=f"line {comma[0]}",
            value=comma[1][:40],
            remedy="write all numbers alike",
        )
    return comma is not None


def number_in(cell: str, decimal_comma: bool) -> float | None:
    """The number in a cell; NaN where it is unknown, None where it is neither."""
    if cell.lower() in UNKNOWN:
        return math.nan
    if decimal_comma and cell.count(",") == 1 and "." not in cell:
        cell = cell.replace(",", ".")
    try:
        return float(cell)
    except ValueError:
        return None
