"""Reading a run folder back."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from femwgm.config import RunConfig, load_config
from femwgm.errors import OutputError
from femwgm.store.folder import FORMAT
from femwgm.store.rows import from_csv

__all__ = ["StoredRun", "load_run"]


@dataclass(frozen=True)
class StoredRun:
    """A run folder as data.

    Parameters
    ----------
    path
        The folder.
    config
        What was run.
    columns, rows
        The table; a value that does not apply is None, a Q beyond floats is decimal text.
    regions
        Region names, ambient last.
    status
        "done", "inaccurate", "interrupted", "failed" or "running".
    warnings
        What the run wanted its reader to know.
    info
        All of run.json.
    """

    path: Path
    config: RunConfig
    columns: list[str]
    rows: list[dict[str, Any]]
    regions: list[str]
    status: str
    warnings: list[str]
    info: dict[str, Any] = field(repr=False)


def load_run(path: str | Path) -> StoredRun:
    """The run stored in a folder.

    Raises
    ------
    OutputError
        When the folder is missing, is not a run folder, or is damaged.
    ConfigError
        When its configuration is no longer valid.
    """
    folder = Path(path)
    if not folder.is_dir():
        raise OutputError(f"{folder}: no such run folder; make one with 'femwgm run CONFIG -o {folder}'")
    try:
        info = json.loads((folder / "run.json").read_text(encoding="utf-8"))
        made_by, status = info["format"], info["status"]
        regions, warnings = list(info["regions"]), list(info["warnings"])
        table = folder / "modes.csv"
        columns, rows = from_csv(table.read_text(encoding="utf-8")) if table.exists() else ([], [])
    except FileNotFoundError:
        raise OutputError(f"{folder}: holds no run.json, so it is not a run folder") from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise OutputError(f"{folder}: is damaged ({error}); run it again") from None
    if made_by != FORMAT:
        raise OutputError(f"{folder}: has layout {made_by}, this femwgm reads layout {FORMAT}; run it again")
    config = load_config(folder / "config.resolved.yaml")
    return StoredRun(folder, config, columns, rows, regions, status, warnings, info)
