"""One sweep per folder: a lock that the kernel drops when its holder dies."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from femwgm.errors import OutputError
from femwgm.ground.files import guarded

__all__ = ["locked"]

_NO_LOCKS_HERE = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.EINVAL)


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the folder against every other sweep, on this machine and on others that share a file system with locks.

    The file `sweep.lock` names the holder and stays behind, empty. The lock itself belongs to the open file: it goes with the
    process, however that ends, so that no stale lock ever has to be told from a living one. Where the file system knows no
    locks, the process named in the file is looked up instead.

    Raises
    ------
    OutputError
        When another sweep holds the folder, or the file cannot be written.
    """
    path = folder / "sweep.lock"
    with guarded(path):
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    try:
        _claim(descriptor, path)
        yield
        with contextlib.suppress(OSError):
            os.ftruncate(descriptor, 0)
    finally:
        os.close(descriptor)


def _claim(descriptor: int, path: Path) -> None:
    holder = _holder(descriptor)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise _taken(path, holder) from None
    except OSError as error:
        if error.errno not in _NO_LOCKS_HERE:
            raise OutputError(f"{path}: cannot be locked ({error.strerror})") from None
        if holder is not None and _alive(holder):
            raise _taken(path, holder) from None
    me = {
        "host": socket.gethostname(),
        "pid": os.getpid(),
        "since": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    with guarded(path):
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, json.dumps(me).encode(), 0)


def _holder(descriptor: int) -> dict[str, object] | None:
    try:
        found = json.loads(os.pread(descriptor, 4096, 0))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def _alive(holder: dict[str, object]) -> bool:
    """Whether the process still runs, as far as can be told from here."""
    if holder.get("host") != socket.gethostname():
        return True
    try:
        os.kill(int(str(holder.get("pid"))), 0)
    except (ProcessLookupError, ValueError):
        return False
    except PermissionError:
        return True
    return True


def _taken(path: Path, holder: dict[str, object] | None) -> OutputError:
    who = (
        f"process {holder.get('pid')} on {holder.get('host')} since {holder.get('since')}"
        if holder
        else "another process"
    )
    return OutputError(
        f"{path.parent}: another sweep works here ({who}); wait for it, or choose another folder with -o"
    )
