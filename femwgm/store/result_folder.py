"""The folder of a run or a sweep: one writer at a time, changed in whole steps, cleared of nothing but its own files.

A change goes through four steps: the new files are written aside in `.partial-...` and synced; the account of the folder
(`run.json`, `sweep.json`) is replaced by one with the status "writing" that names them; they are renamed in; the account gets its
final status. Until the second step the old result is whole. From then on the new one is: a reader finds each file either aside
or in its place, and whoever holds the folder next completes the step.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any, Literal

from femwgm.errors import OutputError
from femwgm.ground.files import UnreadableError, guarded, read_bounded, sync_folder, write_bytes
from femwgm.ground.interrupts import shielded
from femwgm.store.lock import LOCK, locked

ACCOUNTS = {"run": "run.json", "sweep": "sweep.json"}
MAX_ACCOUNT = 64 * 2**20
_ASIDE = ".partial-"


class ResultFolder:
    """A folder of results.

    Parameters
    ----------
    path
        The folder; it may exist.
    kind
        What it holds. A folder that holds the other is refused.

    Attributes
    ----------
    made
        Folders that had to be made for it.
    """

    def __init__(self, path: str | Path, kind: Literal["run", "sweep"]) -> None:
        self.path, self.kind = Path(path), kind
        self.made: list[Path] = []
        self._new_lock = False

    @property
    def account_file(self) -> Path:
        """Where the folder says what it holds."""
        return self.path / ACCOUNTS[self.kind]

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Make the folder, lock it, complete what was broken off, and clear away what was left aside.

        Raises
        ------
        OutputError
            When the folder cannot be made or written, holds something else, or is held by another process; before any work.
        """
        try:
            self._make()
        except OutputError:
            self.leave()
            raise
        self._new_lock = not (self.path / LOCK).exists()
        with locked(self.path):
            try:
                with guarded(self.path), tempfile.TemporaryFile(dir=self.path):
                    pass
                self._mend()
            except OutputError:
                self.leave()
                raise
            yield

    def leave(self) -> None:
        """Take back what `held` made, as far as nothing is in it."""
        if self._new_lock:
            (self.path / LOCK).unlink(missing_ok=True)
        for folder in reversed(self.made):
            with contextlib.suppress(OSError):
                folder.rmdir()

    def account(self) -> dict[str, Any]:
        """What the account says; empty if there is none that can be read."""
        try:
            return read_account(self.account_file)
        except OutputError:
            return {}

    def files(self) -> dict[str, str]:
        """Files that were left in the folder, each with the SHA-256 of its content, as the account has them."""
        return _sums(self.account().get("sha256"))

    @contextlib.contextmanager
    def aside(self) -> Iterator[Path]:
        """A hidden folder inside this one, for files that are not complete yet."""
        with guarded(self.path):
            stage = Path(tempfile.mkdtemp(prefix=_ASIDE, dir=self.path))
        try:
            yield stage
        finally:
            # What a commit could not complete stays for whoever holds the folder next.
            if self.account().get("stage") != stage.name:
                shutil.rmtree(stage, ignore_errors=True)

    def describe(self, account: Mapping[str, Any]) -> None:
        """Replace the account."""
        if self.account().get("status") == "writing":
            self._complete()
        self._write(account)

    def _write(self, account: Mapping[str, Any]) -> None:
        text = json.dumps(account, indent=2, ensure_ascii=False) + "\n"
        write_bytes(self.account_file, text.encode("utf-8", "backslashreplace"))

    def commit(self, stage: Path, account: dict[str, Any], *, replace: bool = False) -> None:
        """Put the files of a stage in their places, and their names and checksums into the account.

        Parameters
        ----------
        stage
            A folder of `aside`.
        account
            What the folder holds afterwards.
        replace
            Whether what was in the folder before goes; a file of it that somebody changed since stays.

        Raises
        ------
        OutputError
            When the disk refuses. Before the account is replaced nothing has happened.
        """
        with guarded(self.path):
            names = sorted(p.relative_to(stage).as_posix() for p in stage.rglob("*") if p.is_file())
            new = {name: checksum(stage / name) for name in names}
            for folder in {stage, *((stage / name).parent for name in names)}:
                sync_folder(folder)
        former = self.files() if replace else {}
        account["sha256"] = {**({} if replace else _sums(account.get("sha256"))), **new}
        step = {
            "status": "writing", "becomes": account["status"], "stage": stage.name, "moved": names,
            "stale": {name: known for name, known in former.items() if name not in new},
        }  # fmt: skip
        with shielded():
            self.describe({**account, **step})
            # From here on the new files are the result: what cannot be moved now is moved by whoever comes next.
            with contextlib.suppress(OutputError):
                self._complete()

    def _complete(self) -> None:
        """Carry out the step that the account describes."""
        account = self.account()
        with guarded(self.path):
            stage = _stage_of(self.path, account)
            moved, stale = _names(account.pop("moved", ())), _sums(account.pop("stale", {}))
            for name in moved if stage else ():
                assert stage is not None
                if (stage / name).is_file():
                    (self.path / name).parent.mkdir(parents=True, exist_ok=True)
                    (stage / name).replace(self.path / name)
            self.remove(stale)
            sync_folder(self.path)
            account.pop("stage", None)
            self._write({**account, "status": account.pop("becomes", "failed")})
            if stage:
                shutil.rmtree(stage, ignore_errors=True)

    def remove(self, files: Mapping[str, str]) -> None:
        """Delete files whose content is still that of the checksums given, and folders that are empty then."""
        for name, known in files.items():
            with contextlib.suppress(OSError):
                if checksum(self.path / name) == known:
                    (self.path / name).unlink()
            if "/" in name:
                with contextlib.suppress(OSError):
                    (self.path / name).parent.rmdir()

    def _make(self) -> None:
        if "\0" in str(self.path):
            raise OutputError(f"{self.path}: is not a valid folder name; choose another with -o")
        with guarded(self.path):
            if self.path.exists() and not self.path.is_dir():
                raise OutputError(f"{self.path}: is a file, not a folder; choose another with -o")
            for kind, name in ACCOUNTS.items():
                if kind != self.kind and (self.path / name).exists():
                    raise OutputError(
                        f"{self.path}: holds a {kind}, not a {self.kind}; choose another folder with -o"
                    )
            for folder in reversed([p for p in (self.path, *self.path.parents) if not p.exists()]):
                folder.mkdir(exist_ok=True)
                self.made.append(folder)

    def _mend(self) -> None:
        """Complete a commit that was broken off, and clear away what earlier deaths left half done."""
        if self.account().get("status") == "writing":
            with shielded():
                self._complete()
        with guarded(self.path):
            for half in self.path.glob(f"{_ASIDE}*"):
                if half.is_dir() and not half.is_symlink():
                    shutil.rmtree(half, ignore_errors=True)
            for half in self.path.glob(".*.partial"):
                half.unlink(missing_ok=True)


def read_account(path: Path) -> dict[str, Any]:
    """The account of a folder.

    Raises
    ------
    OutputError
        If it is not there or cannot be understood.
    """
    try:
        found = json.loads(read_bounded(path, MAX_ACCOUNT))
    except UnreadableError as error:
        raise OutputError(f"{path}: cannot be read ({error.reason})") from None
    except (ValueError, RecursionError) as error:
        reason = "nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise OutputError(f"{path}: is damaged ({reason}); run it again") from None
    if not isinstance(found, dict) or not isinstance(found.get("status"), str):
        raise OutputError(f"{path}: is damaged (no status); run it again")
    return found


def checksum(file: Path) -> str:
    """SHA-256 (hex) of a file."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _stage_of(folder: Path, account: Mapping[str, Any]) -> Path | None:
    """The stage of a commit under way, if the account names one that can be."""
    name = account.get("stage")
    return folder / name if isinstance(name, str) and re.fullmatch(rf"{re.escape(_ASIDE)}\w+", name) else None


def _names(listed: object) -> list[str]:
    """Those of the names in an account that lead into the folder: an account may come from anywhere."""
    return (
        [name for name in listed if isinstance(name, str) and _inside(name)]
        if isinstance(listed, list)
        else []
    )


def _sums(listed: object) -> dict[str, str]:
    """The same for names with checksums."""
    found = listed if isinstance(listed, dict) else {}
    return {name: known for name, known in found.items() if _inside(name) and isinstance(known, str)}


def _inside(name: str) -> bool:
    path = PurePosixPath(name)
    return bool(path.parts) and not path.is_absolute() and ".." not in path.parts and "\0" not in name


def settled(folder: Path, account: Mapping[str, Any], name: str) -> Path:
    """Where a file of the result is, also in the middle of a commit that was broken off."""
    stage = _stage_of(folder, account) if account.get("status") == "writing" else None
    waiting = stage is not None and name in _names(account.get("moved")) and (stage / name).is_file()
    return stage / name if stage and waiting else folder / name
