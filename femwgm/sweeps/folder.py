"""The folder of a sweep: its points, each a file that is whole or absent, and what describes them."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from femwgm.errors import OutputError
from femwgm.ground.files import guarded, sync_folder, write_bytes
from femwgm.store.result_folder import ResultFolder
from femwgm.sweeps.points import Record


class SweepFolder:
    """Points under `points/`, one JSON file each, named by their keys.

    Parameters
    ----------
    path
        The folder; it may exist.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self._folder = ResultFolder(path, "sweep")
        self._made: set[str] = set()

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Take the folder (`ResultFolder.held`), and clear away points that a killed writer left half done.

        Raises
        ------
        OutputError
            When the folder cannot be used; before any work.
        """
        with self._folder.held():
            with guarded(self.path):
                (self.path / "points").mkdir(exist_ok=True)
                with tempfile.TemporaryFile(dir=self.path / "points"):
                    pass
                sync_folder(self.path)
                for half in self.path.glob("points/*/.*.partial"):
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
        self._folder.describe(content)

    def description(self) -> Mapping[str, Any]:
        """What `sweep.json` says, empty if it is not there."""
        return self._folder.account()
