"""Arguments and options that several verbs share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


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
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No table, no progress.")]
Csv = Annotated[bool, typer.Option("--csv", help="Print the whole table as CSV.")]
Figures = Annotated[
    list[str] | None,
    typer.Option(
        "--figures", metavar="FORMAT", help="Also draw every figure into DIR/plots: pdf, svg or png."
    ),
]
