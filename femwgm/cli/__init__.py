"""The command line: `main` is the one place that turns an error into a line and an exit status."""

from __future__ import annotations

import atexit
import contextlib
import errno
import gc
import os
import sys
import tempfile
import traceback
from collections.abc import Sequence
from typing import NoReturn

from femwgm.errors import FemwgmError
from femwgm.ground.interrupts import Interrupted, stoppable
from femwgm.ground.postponed import NUMPY_ASIDE, postpone
from femwgm.ground.version import __version__

__all__ = ["main"]

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EBADF)
"""Errors without a file's name: those of a standard stream."""

_SELDOM = 50_000
"""Objects between two searches for cyclic garbage: importing makes a hundred thousand, and none of them is garbage."""


def main(argv: Sequence[str] | None = None) -> None:
    """Run the command line and leave with its exit status.

    0 done, 2 bad input, 3 a solve that failed its accuracy, 130 interrupted, 143 terminated. Errors become one line on stderr.
    One that femwgm did not foresee names a file with its traceback; its status is 1.
    """
    _open_streams()
    gc.set_threshold(_SELDOM)
    # Looking for plugins opens the metadata of every package there is.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    atexit.register(gc.freeze)  # the memory of a process that ends is not searched for garbage
    arguments = sys.argv[1:] if argv is None else list(argv)
    with stoppable() as signals:
        try:
            if arguments == ["--version"]:
                print(f"femwgm {__version__}", flush=True)
                sys.exit(0)
            from femwgm.cli.app import app_for

            if arguments and "--help" not in arguments:
                postpone(*NUMPY_ASIDE)
            try:
                app_for(arguments)(args=arguments, prog_name="femwgm")
            except SystemExit as end:
                _raise_what_typer_swallowed(end)
                sys.stdout.flush()
                raise
        except KeyboardInterrupt as signal:
            told = f"interrupted; {signal}" if str(signal) else "interrupted"
            number = signal.number if isinstance(signal, Interrupted) else signals.first or 2
            _leave(told, 128 + number)
        except FemwgmError as error:
            _leave(str(error), error.exit_code)
        except BrokenPipeError:
            _silence(1)
            sys.exit(1)
        except Exception as error:  # noqa: BLE001 - the last resort: a line and a log instead of a traceback
            if isinstance(error, OSError) and error.filename is None and error.errno in _FULL:
                _silence(1)
                _leave(f"the output cannot be written ({error.strerror})", 2)
            _leave(_unforeseen(error), 1)


def _open_streams() -> None:
    """Standard streams that take whatever is written to them: closed ones lead nowhere, other encodings show escapes."""
    # The first file that is opened would get the number of a closed stream, and with it what is printed.
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= 2:
        pass
    os.close(descriptor)
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: PTH123, SIM115 - open for good
        with contextlib.suppress(AttributeError, OSError):
            getattr(sys, name).reconfigure(errors="backslashreplace")


def _raise_what_typer_swallowed(end: BaseException) -> None:
    """Typer turns Ctrl-C into an exit status and forgets what the verb had to say about it."""
    behind: BaseException | None = end
    while behind is not None:
        if isinstance(behind, KeyboardInterrupt):
            raise behind
        behind = behind.__cause__ or behind.__context__


def _leave(line: str, status: int) -> NoReturn:
    if not _flushes():
        _silence(1)
    with contextlib.suppress(OSError):
        print(f"femwgm: {line}", file=sys.stderr, flush=True)
    sys.exit(status)


def _flushes() -> bool:
    try:
        sys.stdout.flush()
    except (OSError, ValueError):
        return False
    return True


def _silence(descriptor: int) -> None:
    """Lead a stream nowhere: without this, flushing at exit would complain once more."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), descriptor)


def _unforeseen(error: Exception) -> str:
    """A line about an error that nobody foresaw, whose traceback goes into a file."""
    what = f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"
    try:
        with tempfile.NamedTemporaryFile(
            "w", prefix="femwgm-", suffix=".log", delete=False, encoding="utf-8", errors="backslashreplace"
        ) as log:
            log.write(f"femwgm {' '.join(sys.argv[1:])}\n")
            traceback.print_exception(error, file=log)
    except OSError:
        return f"internal error ({what}); please report it"
    return f"internal error ({what}); please report it with {log.name}"
