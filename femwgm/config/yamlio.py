"""Reading YAML that anyone may have written: bounded, without tags, without guesses.

Scalars follow the YAML 1.2 core schema ('1e-8' is a number, 'no' and '12:30' are strings). Tags, duplicate
keys and recursive aliases are refused; size, depth and the size after alias expansion are bounded.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from femwgm.errors import ConfigError
from femwgm.ground.files import UnreadableError, read_bounded

MAX_BYTES = 8 * 2**20
MAX_DEPTH = 40
MAX_NODES = 400_000

_INT = re.compile(r"[-+]?[0-9]{1,300}")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_SPECIAL = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_text(path: Path) -> str:
    """Text of a configuration file; ConfigError for whatever is not a readable UTF-8 file of sane size."""
    try:
        raw = read_bounded(path, MAX_BYTES)
    except UnreadableError as error:
        if error.reason == "No such file or directory":
            raise ConfigError("no such file", file=path, remedy="check the path") from None
        if error.reason.startswith("a folder"):
            raise ConfigError(
                "is a folder, not a configuration file", file=path, remedy="name the YAML file inside it"
            ) from None
        if error.reason.startswith("larger"):
            raise ConfigError(
                f"is {error.reason}", file=path, remedy="move large data to a CSV table"
            ) from None
        name = str(path) if len(str(path)) < 200 else f"{str(path)[:100]}..."
        raise ConfigError(f"cannot be read ({error.reason})", file=name, remedy=error.remedy) from None
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigError(
            f"is not UTF-8 text (byte {error.start})", file=path, remedy="save it as UTF-8"
        ) from None


@dataclass
class _Built:
    """A value and the number of nodes it stands for once aliases are written out."""

    value: Any
    size: int = 1


class _Builder:
    """Turns the event stream into plain dicts, lists and scalars."""

    def __init__(self, events: Iterator[Any], file: object) -> None:
        self.events, self.file = events, file
        self.anchors: dict[str, _Built] = {}
        self.nodes = 0

    def refuse(self, event: Any, rule: str, remedy: str | None = None) -> ConfigError:
        mark = event.start_mark
        return ConfigError(
            f"line {mark.line + 1}, column {mark.column + 1}: {rule}", file=self.file, remedy=remedy
        )

    def node(self, event: Any, depth: int) -> _Built:
        self.nodes += 1
        if depth > MAX_DEPTH:
            raise self.refuse(event, f"nested deeper than {MAX_DEPTH} levels", "flatten it")
        if isinstance(event, yaml.AliasEvent):
            if event.anchor not in self.anchors:
                raise self.refuse(
                    event, f"alias '*{event.anchor}' has no finished anchor", "define '&' before '*'"
                )
            return self.anchors[event.anchor]
        if event.tag is not None and not (isinstance(event, yaml.ScalarEvent) and event.tag == "!"):
            raise self.refuse(event, f"the tag '{event.tag[:60]}' is not allowed", "write plain values")
        if isinstance(event, yaml.ScalarEvent):
            built = _Built(scalar(event.value) if event.implicit[0] else event.value)
        elif isinstance(event, yaml.SequenceStartEvent):
            built = self.sequence(event, depth)
        else:
            built = self.mapping(event, depth)
        if built.size > MAX_NODES or self.nodes > MAX_NODES:
            raise self.refuse(
                event, f"stands for more than {MAX_NODES} values once aliases are expanded", "make it smaller"
            )
        if event.anchor is not None:
            self.anchors[event.anchor] = built
        return built

    def sequence(self, start: Any, depth: int) -> _Built:
        built = _Built([])
        for event in self.events:
            if isinstance(event, yaml.SequenceEndEvent):
                break
            item = self.node(event, depth + 1)
            built.value.append(item.value)
            built.size += item.size
        return built

    def mapping(self, start: Any, depth: int) -> _Built:
        built = _Built({})
        for event in self.events:
            if isinstance(event, yaml.MappingEndEvent):
                break
            key = self.node(event, depth + 1).value
            if not isinstance(key, str | int | float | bool) or (isinstance(key, float) and key != key):
                raise self.refuse(event, "a key must be a word", "write 'key: value'")
            key = key if isinstance(key, str) else str(key)
            if key in built.value:
                raise self.refuse(event, f"duplicate key '{key[:60]}'", "keep one of the two")
            item = self.node(next(self.events), depth + 1)
            built.value[key] = item.value
            built.size += 1 + item.size
        return built


def scalar(text: str) -> Any:
    """A plain scalar by the YAML 1.2 core schema."""
    if text in ("", "~", "null", "Null", "NULL"):
        return None
    if text in ("true", "True", "TRUE"):
        return True
    if text in ("false", "False", "FALSE"):
        return False
    if _INT.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text):
        return float(text)
    if _SPECIAL.fullmatch(text):
        return float(text.replace(".", "", 1))
    return text


def parse_yaml(text: str, file: object = None) -> Any:
    """The one document in `text` as plain Python data.

    Parameters
    ----------
    text
        YAML source.
    file
        What to call the source in errors.

    Raises
    ------
    ConfigError
        For anything that is not one bounded, plain YAML document; the line is named.

    Examples
    --------
    >>> parse_yaml("{wavelength: 1e-8, answer: no, list: [1, 2.5, ~]}")
    {'wavelength': 1e-08, 'answer': 'no', 'list': [1, 2.5, None]}
    """
    try:
        events = yaml.parse(text, Loader=_Loader)
        builder = _Builder(iter(events), file)
        data: Any = None
        documents = 0
        for event in builder.events:
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    raise builder.refuse(event, "holds more than one document", "drop everything after '---'")
            elif isinstance(event, yaml.NodeEvent):
                data = builder.node(event, 0).value
        return data
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 1}, column {mark.column + 1}: " if mark is not None else ""
        problem = str(getattr(error, "problem", None) or getattr(error, "reason", None) or "cannot be parsed")
        problem = " ".join(problem.split())
        raise ConfigError(
            f"{where}not valid YAML ({problem})", file=file, remedy="mend or complete the file"
        ) from None
    except (ValueError, UnicodeError, RecursionError) as error:
        raise ConfigError(f"not valid YAML ({' '.join(str(error).split())[:120]})", file=file) from None
