"""The folder of a sweep: its points, each a file that is whole or absent, and what describes them."""

from __future__ import annotations

import contextlib
import json
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from femwgm.errors import OutputError
from femwgm.ground.files import guarded, sync_folder, write_bytes
from femwgm.sweeps.lock import locked
from femwgm.sweeps.points import Record

__all__ = ["SweepFolder"]


class SweepFolder:
    """Points under `points/`, one JSON file each, named by their keys.

    Parameters
    ----------
    path
        The folder; it may exist.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self._made: set[str] = set()

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Make the folder, lock it, and clear away what a killed writer left half done.

        Raises
        ------
        OutputError
            When the folder cannot be made, written or locked; before any work.
        """
        if "\0" in str(self.path):
            raise OutputError(f"{self.path}: is no name for a folder; choose another with -o")
        with guarded(self.path):
            if self.path.exists() and not self.path.is_dir():
                raise OutputError(f"{self.path}: is a file, not a folder; choose another with -o")
            self.path.mkdir(parents=True, exist_ok=True)
        if (self.path / "run.json").exists():
            raise OutputError(f"{self.path}: holds a run, not a sweep; choose another folder with -o")
        with locked(self.path):
            with guarded(self.path):
                (self.path / "points").mkdir(exist_ok=True)
                with tempfile.TemporaryFile(dir=self.path / "points"):
                    pass
                sync_folder(self.path)
                for half in [*self.path.glob(".*.partial"), *self.path.glob("points/*/.*.partial")]:
                    half.unlink(missing_ok=True)
            yield

    def file(self, key: str) -> Path:
        """Where the point with this key is stored."""
        return Path(f"{self.path}/points/{key[:2]}/{key}.json")

    def read(self, key: str) -> Record | None:
        """The record of a point; None if there is none, or it is not whole."""
        try:
            return Record.decode(self.file(key).read_bytes(), key)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise OutputError(f"{self.file(key)}: cannot be read ({error.strerror})") from None

    def write(self, key: str, record: bytes) -> None:
        """Store a point: written aside, synced, renamed, its name synced too. What has been stored survives a power cut.

        Raises
        ------
        OutputError
            When the disk refuses; what was there before stays.
        """
        path = self.file(key)
        if key[:2] not in self._made:
            with guarded(path):
                path.parent.mkdir(exist_ok=True)
            sync_folder(path.parent.parent)
            self._made.add(key[:2])
        write_bytes(path, record)
        sync_folder(path.parent)

    def describe(self, **content: Any) -> None:
        """Write `sweep.json`."""
        write_bytes(
            self.path / "sweep.json", (json.dumps(content, indent=2, ensure_ascii=False) + "\n").encode()
        )

    def description(self) -> Mapping[str, Any]:
        """What `sweep.json` says, empty if it is not there."""
        try:
            found = json.loads((self.path / "sweep.json").read_bytes())
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}
