"""Writing a run folder: refused early, saved in one step, undone when the input was bad."""

from __future__ import annotations

import contextlib
import platform
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from importlib import metadata
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol

from femwgm.config import RunConfig, config_hash, dump_resolved
from femwgm.errors import FemwgmError, MissingExtraError, OutputError
from femwgm.ground.files import guarded, write_synced
from femwgm.ground.interrupts import shielded
from femwgm.ground.rows import Row, to_csv
from femwgm.ground.version import __version__
from femwgm.store.netcdf import to_netcdf
from femwgm.store.result_folder import ResultFolder
from femwgm.store.solution import pack_modes

FORMAT = 2
"""Version of the folder's layout; 1 had no checksums."""
PACKAGES = ("numpy", "scipy", "scikit-fem", "gmsh", "meshio", "h5netcdf", "pyvista", "matplotlib")
_RESULTS = ("done", "inaccurate", "interrupted")
TABLES = ("config.resolved.yaml", "modes.csv", "modes.nc", "solution.npz")


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
    return dict(_versions())


@cache
def _versions() -> tuple[tuple[str, str], ...]:
    versions = [("femwgm", __version__), ("python", platform.python_version())]
    for package in PACKAGES:
        with contextlib.suppress(metadata.PackageNotFoundError):
            versions.append((package, metadata.version(package)))
    return tuple(versions)


class RunFolder:
    """One run's folder, as a context manager around the solve.

    Entering takes the folder (`ResultFolder.held`), so that a place which cannot be used is refused before any work. `save`
    writes the tables in one step; `add` writes what comes afterwards, pictures above all, so that the tables never wait for
    them. Leaving by an exception keeps a readable folder with the reason in `run.json`, except for bad input: then nothing
    stays. A result that was there before stays untouched until `save`.

    Parameters
    ----------
    path
        The folder; it may exist.
    config
        What is being run.

    Attributes
    ----------
    remarks
        What an artist could not do; the tables do not suffer from it.
    saved
        Whether the tables are in the folder.

    Raises
    ------
    OutputError
        One line, when the folder cannot be used, or holds tables that no run made.
    """

    def __init__(self, path: str | Path, config: RunConfig) -> None:
        self.path, self.config = Path(path), config
        self.started = datetime.now(UTC)
        self.remarks: list[str] = []
        self.saved = False
        self._folder = ResultFolder(path, "run")
        self._account: dict[str, Any] = {}
        self._former: dict[str, Any] = {}
        self._held = contextlib.ExitStack()

    def __enter__(self) -> RunFolder:
        self._held.enter_context(self._folder.held())
        try:
            self._former = self._folder.account()
            self._refuse_strangers()
            if not self._former:
                head = {
                    "config.resolved.yaml": self._yaml,
                    "modes.csv": to_csv((), self.config.geometry.regions).encode(),
                }
                self._commit(head, "running")
        except BaseException:
            self._discard()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        account = self._former or self._account
        if error is None or self.saved or account.get("status") in _RESULTS:
            self._held.close()
        elif isinstance(error, FemwgmError) and error.exit_code == 2:
            self._discard()
        else:
            interrupted = isinstance(error, KeyboardInterrupt)
            with self._held, contextlib.suppress(OutputError), shielded():
                what = (
                    {"status": "interrupted", "reason": None}
                    if interrupted
                    else {"status": "failed", "reason": str(error)}
                )
                self._folder.describe({**account, **what})

    @property
    def repeats(self) -> bool:
        """Whether a finished result of this very configuration is in the folder."""
        former = self._former
        return former.get("status") == "done" and former.get("config_hash") == config_hash(self.config)

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
            Writers of fields and pictures, called once the tables are there.
        reason
            Why a run is not "done".
        """
        tables = {
            "config.resolved.yaml": self._yaml,
            "modes.csv": to_csv(result.rows, result.regions).encode(),
            "modes.nc": to_netcdf(result.rows, result.regions, self._attributes()),
        }
        modes = getattr(result, "modes", None)
        if modes is not None:
            tables["solution.npz"], missing = pack_modes(modes, fields=self.config.outputs.fields)
            if missing:
                self.remarks.append(
                    f"the fields of {missing} modes are not kept: together they are too large"
                )
        self._commit(tables, status, result, times, reason)
        self.saved = True
        self.add(result, artists)

    def add(self, result: RunTables, artists: Sequence[Artist]) -> None:
        """Write what goes beside the saved tables; the files of an artist appear together, once it is done.

        Parameters
        ----------
        result
            What was saved.
        artists
            Writers of fields and pictures. One that fails is a remark; one that is broken off leaves the files of those before.
        """
        for artist in artists:
            with self._folder.aside() as stage:
                try:
                    artist(result, stage)
                    self._move_in(stage)
                except MissingExtraError as error:
                    self.remarks.append(str(error))
                    self._move_in(stage)
                except Exception as error:  # noqa: BLE001 - a picture may fail in any way; the run may not
                    self.remarks.append(
                        f"{_what(artist)} are not complete ({_reason(error)}); the tables are"
                    )
                    self._keep_whole(stage)
        if self.remarks:
            self._account["warnings"] = [*result.warnings, *self.remarks]
            with contextlib.suppress(OutputError):
                self._folder.describe(self._account)

    def _move_in(self, stage: Path) -> None:
        self._folder.commit(stage, self._account)

    def _keep_whole(self, stage: Path) -> None:
        """Move in what was finished; the last file may be half of one."""
        files = sorted((p for p in stage.rglob("*") if p.is_file()), key=lambda p: p.stat().st_mtime_ns)
        with contextlib.suppress(OSError, OutputError):
            files[-1].unlink() if files else None
            self._move_in(stage)

    def _commit(
        self, files: Mapping[str, bytes], status: str, result: RunTables | None = None,
        times: Mapping[str, float] | None = None, reason: str | None = None,
    ) -> None:  # fmt: skip
        """Put files into the folder in the place of all that a run left there."""
        account = self._described(status, result, times, reason)
        with self._folder.aside() as stage:
            with guarded(self.path):
                for name, content in files.items():
                    write_synced(stage / name, content)
            self._folder.commit(stage, account, replace=True)
        self._account = account

    @property
    def _yaml(self) -> bytes:
        return dump_resolved(self.config).encode()

    def _refuse_strangers(self) -> None:
        """Tables in the folder that no run made are somebody's work."""
        known = set(self._folder.files()) if self._former.get("format") != 1 else {*TABLES}
        for name in TABLES:
            if name not in known and (self.path / name).exists():
                raise OutputError(
                    f"{self.path}: holds a {name} that no run wrote; move it away, or choose another folder with -o"
                )

    def _attributes(self) -> dict[str, str]:
        return {
            "title": self.config.name,
            "femwgm_version": package_versions().get("femwgm", "unknown"),
            "config_hash": config_hash(self.config),
            "config": dump_resolved(self.config),
        }

    def _described(
        self, status: str, result: RunTables | None, times: Mapping[str, float] | None, reason: str | None
    ) -> dict[str, Any]:
        now = datetime.now(UTC)
        return {
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
            "versions": package_versions(),
        }

    def _discard(self) -> None:
        """Take back what entering wrote."""
        with shielded():
            if self._account and not self._former:
                self._folder.remove(self._folder.files())
                self._folder.account_file.unlink(missing_ok=True)
            self._folder.leave()
            self._held.close()


def _what(artist: Artist) -> str:
    return getattr(artist, "__name__", "pictures").removeprefix("_").removeprefix("write_").replace("_", " ")


def _reason(error: BaseException) -> str:
    text = getattr(error, "strerror", None) or str(error).strip() or type(error).__name__
    return " ".join(text.split())[:200]


def write_run(result: Any, path: str | Path, artists: Sequence[Artist] = ()) -> None:
    """Write a finished result that knows its configuration (`result.config`) into a run folder."""
    with RunFolder(path, result.config) as folder:
        folder.save(result, artists=artists)
