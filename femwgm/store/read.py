"""Reading a run folder back."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from femwgm.config import RunConfig, config_hash
from femwgm.config.load import validate
from femwgm.config.yamlio import parse_yaml
from femwgm.errors import OutputError
from femwgm.ground.files import UnreadableError, guarded, read_bounded
from femwgm.ground.rows import from_csv
from femwgm.store.folder import FORMAT, package_versions
from femwgm.store.result_folder import checksum, read_account, settled

if TYPE_CHECKING:
    from femwgm.modes.mode_set import ModeSet

MAX_TABLE = 512 * 2**20


@dataclass(frozen=True)
class StoredRun:
    """A run folder as data: what `run` gave, wherever a result is asked for.

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

    @cached_property
    def modes(self) -> ModeSet:
        """The modes as `run` gave them, with fields and volumes; derivatives take a new run.

        Raises
        ------
        OutputError
            When they are missing, damaged or were changed.
        """
        from femwgm.modes.mode_set import ModeSet
        from femwgm.store.solution import unpack_modes

        file = settled(self.path, self.info, "solution.npz")
        known = _known(self.info, "solution.npz")
        with guarded(file):
            if known is not None and file.exists() and checksum(file) != known:
                raise _changed(file)
        return ModeSet(unpack_modes(file, self.config), self.regions)

    def kept(self, name: str) -> bytes | None:
        """Content of a file of the folder; None where this version of femwgm did not write it, or not as it is."""
        known = _known(self.info, name)
        if known is None or not _made_here(self.info):
            return None
        try:
            content = read_bounded(settled(self.path, self.info, name), MAX_TABLE)
        except (UnreadableError, OSError):
            return None
        return content if hashlib.sha256(content).hexdigest() == known else None

    @property
    def met(self) -> bool:
        """Whether every mode reached the accuracy asked for."""
        return all(row.get("met", True) for row in self.rows)


def load_run(path: str | Path) -> StoredRun:
    """The run stored in a folder.

    Raises
    ------
    OutputError
        When the folder is missing, is not a run folder, is damaged, or was changed after the run.
    ConfigError
        When its configuration is no longer valid.
    """
    if not isinstance(path, str | Path):
        raise OutputError(f"{path!r:.80} is not a folder; name one written by 'femwgm run -o'")
    folder = Path(path)
    try:
        if not folder.is_dir():
            raise OutputError(f"{folder}: no such run folder; make one with 'femwgm run CONFIG -o {folder}'")
        if not (folder / "run.json").exists():
            raise OutputError(f"{folder}: holds no run.json, so it is not a run folder")
    except (OSError, ValueError) as error:
        raise OutputError(
            f"{str(folder)[:200]}: cannot be read ({getattr(error, 'strerror', None) or error})"
        ) from None
    info = read_account(folder / "run.json")
    made_by, status = info.get("format"), info["status"]
    if made_by not in (1, FORMAT):
        raise OutputError(f"{folder}: has layout {made_by}, this femwgm reads layout {FORMAT}; run it again")
    if status == "writing":
        status = str(info.get("becomes"))
    regions, warnings = _words(folder, info, "regions"), _words(folder, info, "warnings")
    yaml = folder / "config.resolved.yaml"
    text = _unchanged(folder, info, yaml.name).decode("utf-8", "replace")
    config = validate(parse_yaml(text, yaml), file=yaml, folder=folder)
    if config_hash(config) != info.get("config_hash") and _made_here(info):
        raise _changed(yaml)
    try:
        columns, rows = from_csv(_unchanged(folder, info, "modes.csv").decode())
        _demand_modes(columns, rows)
    except (ValueError, csv.Error) as error:
        raise OutputError(f"{folder / 'modes.csv'}: is damaged ({error}); run it again") from None
    return StoredRun(folder, config, columns, rows, regions, status, warnings, info)


def _words(folder: Path, info: Mapping[str, Any], key: str) -> list[str]:
    words = info.get(key)
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        raise OutputError(f"{folder / 'run.json'}: is damaged ({key} are missing); run it again")
    return words


def _unchanged(folder: Path, info: Mapping[str, Any], name: str) -> bytes:
    """Content of a file of the run, which must be what the run wrote."""
    file = settled(folder, info, name)
    try:
        content = read_bounded(file, MAX_TABLE)
    except UnreadableError as error:
        raise OutputError(f"{file}: cannot be read ({error.reason}); run it again") from None
    known = _known(info, name)
    if known is not None and hashlib.sha256(content).hexdigest() != known:
        raise _changed(file)
    return content


def _known(info: Mapping[str, Any], name: str) -> Any:
    """The checksum that a file of the run had, None if it is not stated."""
    sums = info.get("sha256")
    return sums.get(name) if isinstance(sums, dict) else None


def _demand_modes(columns: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> None:
    """Refuse, by a ValueError, cells that no mode has where others stand on them."""
    if len(set(columns)) != len(columns):
        raise ValueError("two columns have one name")
    for number, row in enumerate(rows, start=1):
        for name in ("q", "l", "m", "p"):
            value = row.get(name)
            if not (value is None and name != "m") and not (type(value) is int and abs(value) < 10**9):
                raise ValueError(f"row {number}: {name} is not a whole number")
        wavelength = row.get("wavelength_nm")
        if isinstance(wavelength, bool | str) or wavelength is None or not 0.0 < wavelength < 1e15:
            raise ValueError(f"row {number}: wavelength_nm is not a wavelength")
        if not isinstance(row.get("pol"), str) or len(row["pol"]) > 40:
            raise ValueError(f"row {number}: pol is not a polarization")


def _made_here(info: Mapping[str, Any]) -> bool:
    """Whether the same femwgm wrote the folder, so that the same configuration has the same hash."""
    versions = info.get("versions")
    return isinstance(versions, dict) and versions.get("femwgm") == package_versions().get("femwgm")


def _changed(file: Path) -> OutputError:
    return OutputError(f"{file}: was changed after the run; restore it, or run its configuration again")
