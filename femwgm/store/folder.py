"""Writing a run folder: refused early, staged aside, renamed in, undone when the input was bad."""

from __future__ import annotations

import contextlib
import json
import platform
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol

from femwgm.config import RunConfig, config_hash, dump_resolved
from femwgm.errors import FemwgmError, MissingExtraError, OutputError
from femwgm.ground.files import guarded, write_bytes
from femwgm.store.netcdf import to_netcdf
from femwgm.store.rows import Row, to_csv

__all__ = ["FORMAT", "RunFolder", "RunTables", "package_versions"]

FORMAT = 1
"""Version of the folder's layout."""
PACKAGES = ("femwgm", "numpy", "scipy", "scikit-fem", "gmsh", "meshio", "h5netcdf", "pyvista", "matplotlib")


class RunTables(Protocol):
    """The part of a run's result that the tables need."""

    @property
    def rows(self) -> Sequence[Row]:
        """One mapping a mode, keys as in `femwgm.ground.columns.columns`."""

    @property
    def regions(self) -> Sequence[str]:
        """Region names, ambient last."""

    @property
    def warnings(self) -> Sequence[str]:
        """What the reader should know."""


Artist = Callable[[Any, Path], None]
"""Takes the result and a folder and writes its own files below it (fields, pictures)."""


def package_versions() -> dict[str, str]:
    """Versions of Python and of the packages that make the numbers and pictures."""
    versions = {"python": platform.python_version()}
    for package in PACKAGES:
        with contextlib.suppress(metadata.PackageNotFoundError):
            versions[package] = metadata.version(package)
    return versions


class RunFolder:
    """One run's folder, as a context manager around the solve.

    Entering makes the folder and tries to write in it, so that an unwritable place is refused before any work.
    `save` stages all files in a hidden sibling inside the folder and renames them in, `run.json` last; `add` does the
    same for what is made afterwards, pictures above all, so that the tables never wait for them. Leaving by an exception
    keeps a readable folder with the reason in `run.json`, except for bad input: then nothing stays. A finished run that
    was there before stays untouched until `save`.

    Parameters
    ----------
    path
        The folder; it may exist.
    config
        What is being run.

    Attributes
    ----------
    remarks
        What an artist could not do for want of an optional part; the tables do not suffer from it.

    Raises
    ------
    OutputError
        One line, when the folder cannot be made or written.
    """

    def __init__(self, path: str | Path, config: RunConfig) -> None:
        self.path, self.config = Path(path), config
        self.started = datetime.now(UTC)
        self.remarks: list[str] = []
        self._made: list[Path] = []
        self._former = False
        self._began = False
        self._saved = False
        self._account: dict[str, Any] = {}

    def __enter__(self) -> RunFolder:
        try:
            self._claim()
        except OutputError:
            self._discard()
            raise
        self._former = (self.path / "run.json").exists()
        if not self._former:
            self._began = True
            try:
                write_bytes(self.path / "config.resolved.yaml", dump_resolved(self.config).encode())
                write_bytes(self.path / "modes.csv", to_csv((), self.config.geometry.regions).encode())
                self._describe("running")
            except OutputError:
                self._discard()
                raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None or self._saved or self._former:
            return
        if isinstance(error, FemwgmError) and error.exit_code == 2:
            self._discard()
            return
        interrupted = isinstance(error, KeyboardInterrupt)
        with contextlib.suppress(OutputError):
            self._describe(
                "interrupted" if interrupted else "failed", reason=None if interrupted else str(error)
            )

    def save(
        self,
        result: RunTables,
        *,
        status: str = "done",
        times: Mapping[str, float] | None = None,
        artists: Sequence[Artist] = (),
        reason: str | None = None,
    ) -> None:
        """Write everything; either all of it appears or none.

        Parameters
        ----------
        result
            Rows, regions and warnings; handed on to the artists.
        status
            "done", "inaccurate" or "interrupted".
        times
            Seconds of the parts of the run.
        artists
            Writers of fields and pictures.
        reason
            Why a run is not "done".
        """
        tables = {
            "config.resolved.yaml": dump_resolved(self.config).encode(),
            "modes.csv": to_csv(result.rows, result.regions).encode(),
            "modes.nc": to_netcdf(result.rows, result.regions, self._attributes()),
        }
        with self._stage() as stage:
            for name, content in tables.items():
                write_bytes(stage / name, content)
            self._paint(result, artists, stage)
            files = self._move_in(stage)
            stale = set(self._known_files()) - set(files)
            self._account = {
                "status": status, "result": result, "times": times, "files": files, "reason": reason
            }  # fmt: skip
            self._describe(**self._account)
            self._saved = True
            self._remove(stale)

    def add(self, result: RunTables, artists: Sequence[Artist]) -> None:
        """Write what goes beside the saved tables; the files of an artist appear together, once it is done.

        Parameters
        ----------
        result
            What was saved.
        artists
            Writers of fields and pictures. One that breaks off leaves the tables and the files of those before it.
        """
        try:
            for artist in artists:
                with self._stage() as stage:
                    self._paint(result, [artist], stage)
                    self._account["files"] = sorted({*self._account["files"], *self._move_in(stage)})
        finally:
            self._describe(**self._account)

    @contextlib.contextmanager
    def _stage(self) -> Iterator[Path]:
        """A hidden folder inside this one, for files that are not complete yet."""
        with guarded(self.path):
            stage = Path(tempfile.mkdtemp(prefix=".partial-", dir=self.path))
        try:
            yield stage
        finally:
            shutil.rmtree(stage, ignore_errors=True)

    def _paint(self, result: RunTables, artists: Sequence[Artist], stage: Path) -> None:
        with guarded(self.path):
            for artist in artists:
                try:
                    artist(result, stage)
                except MissingExtraError as error:
                    self.remarks.append(str(error))

    def _move_in(self, stage: Path) -> list[str]:
        """Rename the staged files into the folder."""
        files = sorted(str(p.relative_to(stage)) for p in stage.rglob("*") if p.is_file())
        with guarded(self.path):
            for name in files:
                (self.path / name).parent.mkdir(parents=True, exist_ok=True)
                (stage / name).replace(self.path / name)
        return files

    def _claim(self) -> None:
        """Make the folder and see that it takes files."""
        if "\0" in str(self.path):
            raise OutputError(f"{self.path}: is no name for a folder; choose another with -o")
        with guarded(self.path):
            if self.path.exists() and not self.path.is_dir():
                raise OutputError(f"{self.path}: is a file, not a folder; choose another with -o")
            missing = [p for p in (self.path, *self.path.parents) if not p.exists()]
            for folder in reversed(missing):
                folder.mkdir(exist_ok=True)
                self._made.append(folder)
            with tempfile.TemporaryFile(dir=self.path):
                pass

    def _attributes(self) -> dict[str, str]:
        return {
            "title": self.config.name,
            "femwgm_version": package_versions().get("femwgm", "unknown"),
            "config_hash": config_hash(self.config),
            "config": dump_resolved(self.config),
        }

    def _describe(
        self,
        status: str,
        *,
        result: RunTables | None = None,
        times: Mapping[str, float] | None = None,
        files: Sequence[str] = (),
        reason: str | None = None,
    ) -> None:
        now = datetime.now(UTC)
        description = {
            "format": FORMAT,
            "name": self.config.name,
            "status": status,
            "reason": reason,
            "config_hash": config_hash(self.config),
            "started": self.started.isoformat(timespec="seconds"),
            "written": now.isoformat(timespec="seconds"),
            "seconds": {"total": round((now - self.started).total_seconds(), 3), **(times or {})},
            "modes": len(result.rows) if result else 0,
            "regions": list(result.regions) if result else list(self.config.geometry.regions),
            "warnings": [*result.warnings, *self.remarks] if result else [],
            "checks": dict(getattr(result, "extra", {})),
            "files": list(files),
            "versions": package_versions(),
        }
        text = json.dumps(description, indent=2, ensure_ascii=False) + "\n"
        write_bytes(self.path / "run.json", text.encode())

    def _known_files(self) -> list[str]:
        """Files of the run that was here before."""
        try:
            files = json.loads((self.path / "run.json").read_text(encoding="utf-8"))["files"]
            return [name for name in files if not Path(name).is_absolute() and ".." not in Path(name).parts]
        except (OSError, ValueError, KeyError, TypeError):
            return []

    def _remove(self, names: set[str]) -> None:
        for name in names:
            with contextlib.suppress(OSError):
                (self.path / name).unlink()
            with contextlib.suppress(OSError):
                (self.path / name).parent.rmdir()

    def _discard(self) -> None:
        """Take back what entering wrote."""
        for name in ("run.json", "config.resolved.yaml", "modes.csv") if self._began else ():
            with contextlib.suppress(OSError):
                (self.path / name).unlink()
        for folder in reversed(self._made):
            with contextlib.suppress(OSError):
                folder.rmdir()


def write_run(result: Any, path: str | Path, artists: Sequence[Artist] = ()) -> None:
    """Write a finished result that knows its configuration (`result.config`) into a run folder."""
    with RunFolder(path, result.config) as folder:
        folder.save(result, artists=artists)
