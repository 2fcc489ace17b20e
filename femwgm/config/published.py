"""Reading a file of the refractiveindex.info database."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from femwgm.config.yamlio import parse_yaml, read_text
from femwgm.errors import ConfigError


def read_published(path: Path) -> dict[str, Any]:
    """What the file states, with the keys of `PublishedMedium`.

    The entries under DATA are 'formula 1' to 'formula 9' and 'tabulated n', 'tabulated k' and 'tabulated nk', wavelengths in um.
    """

    def bad(
        rule: str, remedy: str = "save the page's data file again, 'Full database record' on the site"
    ) -> ConfigError:
        return ConfigError(rule, remedy=remedy)

    try:
        content = parse_yaml(read_text(path), path)
    except ConfigError as error:
        raise bad(f"cannot be read ({error.rule})", "paths are relative to the YAML file") from None
    entries = content.get("DATA") if isinstance(content, dict) else None
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise bad("has no list under DATA")
    found: dict[str, Any] = {"source": _reference(content, path.name)}
    for entry in entries:
        kind = str(entry.get("type", ""))
        try:
            if re.fullmatch(r"formula [1-9]", kind):
                lo, hi = _numbers(entry.get("wavelength_range", entry.get("range", "")))
                found["formula"], found["range"] = int(kind[-1]), [f"{lo!r} um", f"{hi!r} um"]
                found["coefficients"] = _numbers(entry["coefficients"])
            elif kind in ("tabulated n", "tabulated k", "tabulated nk"):
                letters = kind.removeprefix("tabulated ")
                rows = _rows(entry["data"], 1 + len(letters))
                for letter, column in zip(letters, _columns(rows), strict=True):
                    key = "index" if letter == "n" else "absorption"
                    found[key] = {"wavelength_um": [row[0] for row in rows], letter: column}
            else:
                raise bad(
                    f"data of the type {kind[:40]!r} are not known",
                    "keep the entries 'formula' and 'tabulated'",
                )
        except (KeyError, TypeError, ValueError):
            raise bad(f"the entry {kind!r} cannot be read") from None
    return found


def _numbers(text: Any) -> list[float]:
    return [float(word) for word in str(text).split()]


def _rows(text: Any, width: int) -> list[list[float]]:
    """Rows in ascending order, the later of two at one wavelength left out (files join two instruments that way)."""
    rows = sorted((_numbers(line) for line in str(text).splitlines() if line.strip()), key=lambda row: row[0])
    if not all(len(row) == width for row in rows):
        raise ValueError("ragged rows")
    return [row for i, row in enumerate(rows) if i == 0 or row[0] > rows[i - 1][0]]


def _columns(rows: list[list[float]]) -> list[list[float]]:
    return [[row[i] for row in rows] for i in range(1, len(rows[0]))]


def _reference(content: dict[str, Any], name: str) -> str:
    """The first reference without its markup, at most 300 characters."""
    text = re.sub(r"<[^>]{0,300}>|[*]|\[|\]\([^)]{0,300}\)", "", str(content.get("REFERENCES", "")))
    return (" ".join(text.split()) or name)[:300]
