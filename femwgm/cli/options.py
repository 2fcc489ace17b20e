"""Arguments and options that several verbs share."""

from __future__ import annotations

import re
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


def length_option(key: str, text: str, example: str = "10 nm") -> float:
    """The length above zero (um) that an option states.

    Raises
    ------
    ConfigError
        If it is none.
    """
    from femwgm.config.quantity import length_um
    from femwgm.errors import ConfigError

    try:
        value = length_um(text)
    except ValueError:
        value = -1.0
    if not value > 0.0:
        raise ConfigError(
            "must be a length above zero", key=key, value=text, remedy=f"write e.g. '{example}'"
        )
    return value


def time_option(key: str, text: str) -> float:
    """The time above zero (ns) that an option states.

    Raises
    ------
    ConfigError
        If it is none.
    """
    from femwgm.errors import ConfigError

    found = re.fullmatch(r"\s*([0-9.]+(?:e[+-]?[0-9]+)?)\s*(fs|ps|ns|us|µs)\s*", text, re.IGNORECASE)
    try:
        value = float(found[1]) * TIMES_NS[found[2].lower()] if found else 0.0
    except ValueError:
        value = 0.0
    if value <= 0.0:
        raise ConfigError("must be a time above zero", key=key, value=text, remedy="e.g. '1 ns'")
    return value


def wavelength_option(key: str, text: str | None) -> float | None:
    """The vacuum wavelength (um) that an option states, None where it is not given.

    Raises
    ------
    ConfigError
        If it is none.
    """
    from femwgm.config.quantity import wavelength_um
    from femwgm.errors import ConfigError

    try:
        return None if text is None else wavelength_um(text)
    except ValueError:
        remedy = "write e.g. '1550 nm' or '193.4 THz'"
        raise ConfigError("must be a wavelength or a frequency", key=key, value=text, remedy=remedy) from None
