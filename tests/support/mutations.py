"""Configurations as they should not be: seeded mutations of those that femwgm ships, for `check` to survive."""

from __future__ import annotations

import copy
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

NUMBERS: tuple[Any, ...] = (
    0, -1, 1, 2, 3, 7, 10**4, 10**9, 10**18, -(10**9), 0.0, 1e-300, 1e300, 1e-9, 0.5, -0.5, 1e5, float("inf"), float("nan"),
)  # fmt: skip
LENGTHS = (
    "0 um", "-1 um", "1e30 um", "5 m", "1 pc", "1e-30 um", "1e-3 nm", "1 mm", "300 um", "10 um", "1 nm", "490 nm", "1e400 nm",
    "nan um", "inf um", "1 furlong", "10", "um", "10 um um", "1e3 THz", "500 THz", "1 eV", "650 nm", "1e-9 nm", "1e9 nm", "20 um",
)  # fmt: skip
WORDS = (
    "", " ", "TE", "TM", "auto", "all", "none", "air", "silica", "core", "x" * 5000, "\u2603", "../../etc/passwd", "/dev/zero",
    "/dev/stdin", "a.b.c", "'", "{", "!!python/object", "0x10", "1_000", "on", "~", "NaN", "layered_sphere",
    "torus", "profile", "mesh",
    "axial_stack",
)  # fmt: skip
SHAPES: tuple[Any, ...] = (
    [], {}, None, True, False, [[]], [[[]]], {"a": {"b": {}}}, [1, 2], [None], ["650 nm"], {"n": 1.5}, {"n": 1e300},
)  # fmt: skip


def shipped(folder: Path) -> list[dict[str, Any]]:
    """The configurations of a folder as plain data."""
    found = [yaml.safe_load(path.read_text()) for path in sorted(folder.glob("*.yaml"))]
    return [raw for raw in found if isinstance(raw, dict) and "geometry" in raw]


def mutated(bases: list[dict[str, Any]], seed: int) -> dict[str, Any]:
    """One of the configurations with one to four things wrong, always the same for a seed."""
    rng = random.Random(seed)
    raw: dict[str, Any] = copy.deepcopy(rng.choice(bases))
    for _ in range(rng.choice((1, 1, 1, 1, 1, 2, 2, 3))):
        places = list(_places(raw))
        if not places:
            break
        holder, key = rng.choice(places)
        _strike(rng, holder, key)
    return raw


def _places(node: Any) -> Iterator[tuple[Any, Any]]:
    """Every entry of every mapping and list."""
    entries = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in entries:
        yield node, key
        yield from _places(value)


def _strike(rng: random.Random, holder: Any, key: Any) -> None:
    value = holder[key]
    kind = rng.random()
    # Half of all strikes leave the form as it is: only so does anything come past the first gate.
    if isinstance(value, str) and value[:1].isdigit() and rng.random() < 0.7:
        holder[key] = _other_text(rng, value)
    elif isinstance(value, int | float) and not isinstance(value, bool) and rng.random() < 0.6:
        holder[key] = value * rng.choice((1e-6, 1e-3, 0.1, 0.9, 1.1, 2, 10, 1000, 10**6))
    elif kind < 0.08:
        del holder[key]
    elif kind < 0.14 and isinstance(holder, dict):
        holder[str(key) + rng.choice(("s", "_", "x", " "))] = holder.pop(key)
    elif kind < 0.2 and isinstance(value, list) and value:
        holder[key] = value * rng.choice((2, 3, 100)) if rng.random() < 0.7 else value[:1]
    elif kind < 0.26:
        holder[key] = copy.deepcopy(rng.choice(SHAPES))
    elif kind < 0.34:
        holder[key] = rng.choice(WORDS)
    elif isinstance(value, bool) or value is None:
        holder[key] = rng.choice((not value, *NUMBERS))
    elif isinstance(value, int | float):
        holder[key] = rng.choice((*NUMBERS, value * 10.0, value * 1e-3, value + 1, -value, str(value)))
    elif isinstance(value, str):
        holder[key] = _other_text(rng, value)
    else:
        holder[key] = rng.choice((*NUMBERS, *LENGTHS, *WORDS))


def _other_text(rng: random.Random, value: str) -> Any:
    number, _, unit = value.partition(" ")
    try:
        scaled = f"{float(number) * rng.choice((1e-6, 1e-3, 0.1, 0.9, 1.1, 10.0, 1e3, 1e6, -1.0)):.6g} {unit}"
    except ValueError:
        scaled = rng.choice(LENGTHS)
    return rng.choice(
        (*[scaled] * 6, *rng.sample(LENGTHS, 3), rng.choice(NUMBERS), value.upper(), value[:-1])
    )
