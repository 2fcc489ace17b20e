"""`--set a.b.c=value`: changes to the raw configuration before it is checked."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

from femwgm.config.base import nearest
from femwgm.config.yamlio import parse_yaml
from femwgm.errors import ConfigError


def split_override(override: str) -> tuple[list[str], Any]:
    """Path and value of 'a.b.c=value'; the value is read as YAML.

    >>> split_override("geometry.layers.1.thickness=500 nm")
    (['geometry', 'layers', '1', 'thickness'], '500 nm')
    """
    source = f"--set {override}"[:120]
    key, equals, text = override.partition("=")
    path = key.strip().split(".")
    if not equals or not all(path):
        raise ConfigError(
            "an override is KEY=VALUE",
            file=source,
            remedy="write e.g. --set geometry.layers.1.thickness='500 nm'",
        )
    return path, parse_yaml(text, source)


def apply_overrides(raw: Any, overrides: Sequence[str]) -> tuple[Any, list[str]]:
    """A copy of the raw configuration with every override applied in order, and the key each one set."""
    raw = copy.deepcopy(raw) if overrides else raw
    places = []
    for override in overrides:
        path, value = split_override(override)
        places.append(set_key(raw, path, value, source=f"--set {override}"[:120]))
    return raw, places


def set_key(raw: Any, path: Sequence[str], value: Any, source: str | None = None) -> str:
    """Put `value` at `path` in place; list items go by index or by their `name`, missing mappings are made.

    Returns
    -------
    str
        The dotted key that was set, list entries by index, as errors name it.

    Raises
    ------
    ConfigError
        When the path leads through something that has no such part.
    """
    here = raw
    places: list[str] = []
    for depth, part in enumerate(path):
        last = depth == len(path) - 1
        place: Any = part
        if isinstance(here, list):
            place = _index(here, part, ".".join(path[: depth + 1]), source)
        elif not isinstance(here, dict):
            raise ConfigError(
                "no such key: the key above it has no keys of its own",
                file=source,
                key=".".join(path[: depth + 1]),
                remedy="see 'femwgm schema' for the keys",
            )
        elif not last and here.get(part) is None:
            here[part] = {}
        places.append(str(place))
        if last:
            here[place] = value
        else:
            here = here[place]
    return ".".join(places)


def _index(items: list[Any], part: str, key: str, source: str | None) -> int:
    names = [
        item["name"] if isinstance(item, dict) and isinstance(item.get("name"), str) else None
        for item in items
    ]
    if part in names:
        return names.index(part)
    if part.isascii() and part.isdigit() and len(part) < 10 and int(part) < len(items):
        return int(part)
    known = [name for name in names if name]
    close = nearest(part, known)
    listed = f" or {', '.join(known)}" if known else ""
    raise ConfigError(
        "no such entry",
        file=source,
        key=key,
        remedy=f"did you mean '{close}'?"
        if close
        else f"use 0 to {len(items) - 1}{listed}"
        if items
        else "the list is empty",
    )
