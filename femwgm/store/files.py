"""Files appear whole or not at all; whatever the disk refuses becomes one OutputError."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from femwgm.errors import OutputError

__all__ = ["guarded", "write_bytes"]


@contextlib.contextmanager
def guarded(path: Path) -> Iterator[None]:
    """Turn an operating-system error about `path` into an OutputError of one line."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        raise OutputError(
            f"{path}: cannot be written ({reason}); choose another folder with -o, or make room"
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
