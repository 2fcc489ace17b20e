"""Arguments and options that several verbs share."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

TIMES_NS = {"fs": 1e-6, "ps": 1e-3, "ns": 1.0, "us": 1e3, "µs": 1e3}


def _shipped(incomplete: str) -> list[str]:
    """Names for the shell to complete; without an `@` it is left to complete files."""
    if not incomplete.startswith("@"):
        return []
    from femwgm.config.catalogue import examples

    names = (f"@{entry.name}" for entry in [*examples(), *examples("paper")])
    return [name for name in names if name.startswith(incomplete)]


Config = Annotated[
    Path,
    typer.Argument(
        metavar="CONFIG",
        help="The YAML file, or @NAME of one that 'femwgm examples' lists.",
        show_default=False,
        autocompletion=_shipped,
    ),
]
Set = Annotated[
    list[str] | None,
    typer.Option(
        "--set", metavar="KEY=VALUE", help="Override a key, e.g. geometry.layers.shell.thickness='500 nm'."
    ),
]
Out = Annotated[Path | None, typer.Option("--out", "-o", metavar="DIR", help="Folder for the results.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print no table and no progress.")]
Csv = Annotated[bool, typer.Option("--csv", help="Print the whole table as CSV.")]
Figures = Annotated[
    list[str] | None,
    typer.Option(
        "--figures", metavar="FORMAT", help="Also draw every figure into DIR/plots: pdf, svg or png."
    ),
]


def _positive(key: str, text: str, read: Callable[[str], float], rule: str, remedy: str) -> float:
    """What an option states, a number above zero.

    Raises
    ------
    ConfigError
        By the rule and the remedy given, where it cannot be read or is not above zero.
    """
    from femwgm.errors import ConfigError

    try:
        value = read(text)
    except ValueError:
        value = 0.0
    if not value > 0.0:
        raise ConfigError(rule, key=key, value=text, remedy=remedy)
    return value


def length_option(key: str, text: str, example: str = "10 nm") -> float:
    """The length above zero (um) that an option states."""
    from femwgm.config.quantity import length_um

    return _positive(key, text, length_um, "must be a length above zero", f"write e.g. '{example}'")


def time_option(key: str, text: str) -> float:
    """The time above zero (ns) that an option states."""

    def read(text: str) -> float:
        found = re.fullmatch(r"\s*([0-9.]+(?:e[+-]?[0-9]+)?)\s*(fs|ps|ns|us|µs)\s*", text, re.IGNORECASE)
        return float(found[1]) * TIMES_NS[found[2].lower()] if found else 0.0

    return _positive(key, text, read, "must be a time above zero", "e.g. '1 ns'")


def wavelength_option(key: str, text: str | None) -> float | None:
    """The vacuum wavelength (um) that an option states, None where it is not given."""
    from femwgm.config.quantity import wavelength_um

    rule, remedy = "must be a wavelength or a frequency", "write e.g. '1550 nm' or '193.4 THz'"
    return None if text is None else _positive(key, text, wavelength_um, rule, remedy)
