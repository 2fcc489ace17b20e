"""Files appear whole or not at all; whatever the disk refuses becomes one OutputError."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from femwgm.errors import OutputError


class UnreadableError(ValueError):
    """A file that cannot be read: why, and what to do about it if that is known."""

    def __init__(self, reason: str, remedy: str | None = None) -> None:
        self.reason, self.remedy = reason, remedy
        super().__init__(reason)


def read_bounded(path: Path, limit: int) -> bytes:
    """Content of a regular file of at most `limit` bytes; devices, pipes and folders are not waited for.

    Raises
    ------
    UnreadableError
        With the reason in a few words.
    """
    try:
        _demand_regular(Path(path).stat().st_mode)
        # Without O_NONBLOCK, opening a pipe that took the file's place would wait for its other end.
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0))
        try:
            _demand_regular(os.fstat(descriptor).st_mode)
        except UnreadableError:
            os.close(descriptor)
            raise
        with os.fdopen(descriptor, "rb") as stream:
            # The buffer is made before it is filled, so it is asked for in the size of the file, not of the limit.
            content = stream.read(min(os.fstat(stream.fileno()).st_size, limit) + 1)
    except UnreadableError:
        raise
    except (OSError, ValueError) as error:
        raise UnreadableError(getattr(error, "strerror", None) or "no name for a file") from None
    if len(content) > limit:
        raise UnreadableError(f"larger than {size_text(limit)}", "thin it out")
    return content


def _demand_regular(mode: int) -> None:
    if stat.S_ISDIR(mode):
        raise UnreadableError("a folder, not a file", "name a file inside it")
    if not stat.S_ISREG(mode):
        raise UnreadableError("a device or a pipe, not a file", "copy its content to a file")


def size_text(count: int) -> str:
    """A number of bytes for the eye.

    >>> size_text(64 * 2**20), size_text(900)
    ('64 MiB', '900 bytes')
    """
    return f"{count // 2**20} MiB" if count >= 2**20 else f"{count} bytes"


@contextlib.contextmanager
def guarded(path: Path) -> Iterator[None]:
    """Turn an operating-system error about `path` into an OutputError of one line."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        raise OutputError(
            f"{path}: cannot be written ({reason}); choose another place, or make room"
        ) from None


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file aside and rename it into place, so that no reader ever sees half of it.

    Raises
    ------
    OutputError
        When the disk refuses; nothing is left behind.
    """
    aside = path.with_name(f".{path.name}.{os.getpid()}.partial")
    with guarded(path):
        try:
            write_synced(aside, content)
            aside.replace(path)
        except BaseException:
            with contextlib.suppress(OSError):
                aside.unlink()
            raise


def write_synced(path: Path, content: bytes) -> None:
    """Write a file whose content is on the disk when this returns."""
    with path.open("wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())


def make_folder(path: Path) -> None:
    """Make a folder, and those above it; one that is there already is kept.

    Raises
    ------
    OutputError
        When the disk refuses.
    """
    with guarded(path):
        path.mkdir(parents=True, exist_ok=True)


def write_files(folder: Path, files: Mapping[str, bytes]) -> list[Path]:
    """Write files by name into a folder, which is made if need be.

    Raises
    ------
    OutputError
        When the disk refuses.
    """
    make_folder(folder)
    for name, content in files.items():
        write_bytes(folder / name, content)
    return [folder / name for name in files]


def json_bytes(content: Any) -> bytes:
    """Plain data as the content of a JSON file that people read."""
    return (json.dumps(content, indent=2) + "\n").encode()


def sync_folder(path: Path) -> None:
    """Have the names in a folder reach the disk: a file that was synced and renamed still loses its name in a power cut.

    Raises
    ------
    OutputError
        When the disk refuses. File systems that know no such request keep their names by themselves.
    """
    with guarded(path):
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        except OSError as error:
            if error.errno not in (errno.EINVAL, errno.EBADF, errno.ENOSYS, errno.EOPNOTSUPP):
                raise
        finally:
            os.close(descriptor)
