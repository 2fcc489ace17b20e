"""The configurations that come with femwgm: `@NAME` stands for one wherever a configuration is asked for."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from femwgm.errors import ConfigError

MARK = "@"


@dataclass(frozen=True)
class Example:
    """One shipped configuration.

    Attributes
    ----------
    name
        What stands behind the `@`.
    path
        The file.
    about
        What it is, in a sentence.
    checked
        What its numbers were checked against.
    """

    name: str
    path: Path
    about: str
    checked: str = ""

    def files(self, raw: Mapping[str, Any]) -> list[str]:
        """Relative paths of the files that the configuration reads, as it writes them."""
        found = [value for value in _strings(raw) if _is_file(self.path.parent, value)]
        return list(dict.fromkeys(found))


def home() -> Path:
    """The folder with configs/ and meshes/: within an installed package, or the source tree around it."""
    here = Path(__file__).resolve()
    installed = here.parent / "examples"
    return installed if installed.is_dir() else here.parents[2]


def examples(folder: str = "") -> list[Example]:
    """The shipped configurations of a folder of configs/, by name."""
    place = home() / "configs"
    return [
        Example(path.relative_to(place).with_suffix("").as_posix(), path, *_head(path))
        for path in sorted((place / folder).glob("*.yaml"))
    ]


def example(name: str) -> Example:
    """One shipped configuration by its name, with or without the `@`.

    Raises
    ------
    ConfigError
        If there is none of that name; the message names the nearest.
    """
    wanted = name.removeprefix(MARK).removesuffix(".yaml")
    known = {entry.name: entry for entry in [*examples(), *examples("paper")]}
    if wanted in known:
        return known[wanted]
    near = difflib.get_close_matches(wanted, known, n=2, cutoff=0.4)
    remedy = f"did you mean {' or '.join(MARK + match for match in near)}?" if near else ""
    raise ConfigError(
        "no configuration of that name comes with femwgm",
        value=MARK + wanted,
        remedy=f"{remedy} 'femwgm examples' lists them".strip(),
    )


def configuration_path(source: str | Path) -> Path:
    """The file behind a path or an `@NAME`; a file that is really called so goes first."""
    path = Path(source)
    if str(source).startswith(MARK) and not path.exists():
        return example(str(source)).path
    return path


def _head(path: Path) -> tuple[str, str]:
    """What the first lines of the file's comment say: what it is, and what it was checked against."""
    with path.open(encoding="utf-8") as lines:
        first, second = next(lines, ""), next(lines, "")
    return first.lstrip("# ").strip(), second.partition("# Checked against: ")[2].strip().rstrip(".")


def _strings(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    parts = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
    return [text for part in parts for text in _strings(part)]


def _is_file(folder: Path, text: str) -> bool:
    return re.fullmatch(r"[\w./-]+\.\w+", text) is not None and (folder / text).is_file()
