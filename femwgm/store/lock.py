"""One writer per folder: a lock that the kernel drops when its holder dies."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from femwgm.errors import OutputError
from femwgm.ground.files import UnreadableError, guarded, read_bounded

LOCK = ".femwgm.lock"
_NO_LOCKS_HERE = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.EINVAL)


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold a folder against every other run and sweep, on this machine and on others that share a file system with locks.

    The file `.femwgm.lock` names the holder and stays behind, empty: to delete it would let two processes hold two files of one
    name. The lock itself belongs to the open file and goes with the process, however that ends. On a file system without locks,
    a second file beside it takes their place; one that is left by a dead process of this machine is replaced, one of another
    machine must be deleted by hand.

    Raises
    ------
    OutputError
        When another process holds the folder, or the file cannot be written.
    """
    path = folder / LOCK
    with contextlib.ExitStack() as held:
        with guarded(path):
            _claim(held, folder, path)
            me = {
                "host": socket.gethostname(),
                "pid": os.getpid(),
                "since": datetime.now(UTC).isoformat(timespec="seconds"),
            }
            # Written in place: the lock is on this very file, which no other may replace.
            path.write_text(json.dumps(me), encoding="utf-8")
        try:
            yield
        finally:
            with contextlib.suppress(OSError):
                os.truncate(path, 0)


def _claim(held: contextlib.ExitStack, folder: Path, path: Path) -> None:
    from filelock import SoftFileLock, Timeout, UnixFileLock

    try:
        try:
            held.enter_context(UnixFileLock(path, timeout=0, fallback_to_soft=False, thread_local=False))
        except OSError as error:
            if error.errno not in _NO_LOCKS_HERE:
                raise
            held.enter_context(SoftFileLock(f"{path}.soft", timeout=0, thread_local=False))
    except Timeout:
        raise _taken(folder, path) from None


def _taken(folder: Path, path: Path) -> OutputError:
    who = "another process"
    with contextlib.suppress(UnreadableError, ValueError, RecursionError, AttributeError):
        holder = json.loads(read_bounded(path, 4096))
        who = f"process {holder.get('pid')} on {holder.get('host')} since {holder.get('since')}"
    return OutputError(
        f"{folder}: another run or sweep is using this folder ({who}); wait for it, or choose another folder with -o"
    )
