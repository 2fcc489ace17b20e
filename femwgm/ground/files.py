"""Files appear whole or not at all; whatever the disk refuses becomes one OutputError."""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from femwgm.errors import OutputError

__all__ = ["guarded", "make_folder", "sync_folder", "write_bytes", "write_files"]


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
            with aside.open("wb") as stream:
                stream.write(content)
                stream.flush()
                os.fsync(stream.fileno())
            aside.replace(path)
        except BaseException:
            with contextlib.suppress(OSError):
                aside.unlink()
            raise


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
