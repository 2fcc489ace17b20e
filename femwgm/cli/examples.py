"""`femwgm examples` and `femwgm init`: the configurations that come with femwgm, listed, and copied to start from."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from femwgm.cli.screen import suggest

if TYPE_CHECKING:
    from rich.text import Text

    from femwgm.config.catalogue import Example

TINTS = ("#6f9fc8", "#e39a3b", "#74a57f", "#a06a9c")
"""Regions of a thumbnail, by priority; they show on dark terminals and on white ones."""


def _names(incomplete: str) -> list[str]:
    from femwgm.config.catalogue import examples as shipped

    return [entry.name for entry in shipped() if entry.name.startswith(incomplete)]


def examples() -> None:
    """List the configurations that come with femwgm."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    from femwgm.cli.tables import console
    from femwgm.config.catalogue import examples as shipped

    screen = console()
    entries = shipped()
    if not screen.is_terminal:
        width = max(len(entry.name) for entry in entries) + 2
        for entry in entries:
            print(f"@{entry.name:<{width}}{entry.about}")
        print(f"@{'paper/...':<{width}}The configurations of the published study, solved by 'femwgm paper'.")
        return
    table = Table(box=box.SIMPLE_HEAD, show_header=False, pad_edge=False, show_lines=True)
    for entry in entries:
        table.add_row(_thumbnail(entry), Text(f"@{entry.name}", style="bold cyan"), Text(entry.about))
    screen.print(table)
    suggest("femwgm run @duan2022 -o runs/duan2022", "femwgm init duan2022", quiet=False)


def init(
    name: Annotated[
        str,
        typer.Argument(
            metavar="[NAME]",
            help="One of 'femwgm examples'.",
            autocompletion=_names,
        ),
    ] = "duan2022",
    to: Annotated[
        Path | None,
        typer.Option(
            "--to",
            metavar="FILE",
            help="Where to write it (default: NAME.yaml in this folder).",
            show_default=False,
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite existing files.")] = False,
) -> None:
    """Copy a configuration here, with the files it reads, to make it yours."""
    from femwgm.config.catalogue import example

    entry = example(name)
    target = to or Path(Path(entry.name).name + ".yaml")
    for file in _copy(entry, target, force):
        print(file)
    verb = "sweep" if "\nsweep:" in entry.path.read_text(encoding="utf-8") else "run"
    suggest(f"femwgm {verb} {target} -o runs/{target.stem}", quiet=not sys.stdout.isatty())


def _copy(entry: Example, target: Path, force: bool) -> list[Path]:
    """Write the configuration and, beside it, what it reads; the files that were written."""
    from femwgm.config.yamlio import parse_yaml
    from femwgm.errors import ConfigError
    from femwgm.store import make_folder, write_bytes

    text = entry.path.read_text(encoding="utf-8")
    companions = {}
    for file in entry.files(parse_yaml(text, entry.path)):
        companions[target.parent / Path(file).name] = (entry.path.parent / file).read_bytes()
        text = text.replace(file, Path(file).name)
    contents = {target: text.encode(), **companions}
    for path in contents:
        if path.exists() and not force:
            raise ConfigError("exists already", file=path, remedy="name another with --to, or add --force")
    make_folder(target.parent)
    for path, content in contents.items():
        write_bytes(path, content)
    return list(contents)


def _thumbnail(entry: Example, width: int = 10) -> Text:
    """The body's cross-section in half blocks: two pixels a character, one above the other.

    Sixteen samples a pixel: the smallest of the regions that fill a fifth of it names it, so that a film shows.
    """
    import numpy as np
    from rich.style import Style
    from rich.text import Text

    from femwgm.config import load_config
    from femwgm.geometry.build import section_of

    section = section_of(load_config(entry.path).geometry)
    _, r1, z0, z1 = section.bounds
    half, fine = 1.05 * max(r1, 0.5 * (z1 - z0)), 4
    steps = (np.arange(width * fine) + 0.5) / (width * fine) * 2.0 - 1.0
    y, z = np.meshgrid(np.abs(half * steps), 0.5 * (z0 + z1) - half * steps)
    found = section.region_at(np.stack([y.ravel(), z.ravel()], axis=-1)).reshape(y.shape)
    names = section.regions
    if not section.pieces:
        names = (section.ambient, "")
        found = np.where((y < r1) & (z > z0) & (z < z1), 0, 1)
    tiles = found.reshape(width, fine, width, fine)
    shares = np.stack([(tiles == i).mean(axis=(1, 3)) for i in range(len(names) - 1)])
    sizes = shares.sum(axis=(1, 2))
    weights = np.where(shares >= 0.2, sizes[:, None, None], np.inf)
    pixels = np.where(np.isfinite(weights).any(axis=0), weights.argmin(axis=0), -1)
    tints = [None if i < 0 else TINTS[i % len(TINTS)] for i in range(-1, len(names) - 1)]
    picture = Text()
    for row in range(0, width, 2):
        for column in range(width):
            upper, lower = (tints[pixels[row + i, column] + 1] for i in range(2))
            block = " " if upper is lower is None else "▄" if upper is None else "▀"
            picture.append(block, Style(color=upper or lower, bgcolor=lower if upper else None))
        picture.append("\n" if row < width - 2 else "")
    return picture
