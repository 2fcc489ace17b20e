"""Ctrl-C and termination: an exception where it is safe, a short wait where a file is being renamed."""

from __future__ import annotations

import contextlib
import ctypes
import signal
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from types import FrameType


class Interrupted(KeyboardInterrupt):
    """A run that a signal broke off.

    Parameters
    ----------
    message
        What is left of it, in words; empty if nothing is known.
    number
        The signal.
    """

    def __init__(self, message: str = "", number: int = signal.SIGINT) -> None:
        super().__init__(message)
        self.number = int(number)

    @property
    def exit_code(self) -> int:
        """128 and the number of the signal, as shells have it: 130 for Ctrl-C, 143 for SIGTERM."""
        return 128 + self.number


_STOPPING = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))


def _in_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()


@dataclass
class Signals:
    """The first signal that came, if any."""

    first: int | None = None


@contextlib.contextmanager
def stoppable() -> Iterator[Signals]:
    """Let SIGTERM and SIGHUP end the work inside as Ctrl-C does: by `Interrupted`, which names the signal.

    A signal that is ignored on entry, as nohup has it, stays ignored.
    """
    signals = Signals()
    if not _in_main_thread():
        yield signals
        return

    def stop(number: int, _frame: FrameType | None) -> None:
        signals.first = signals.first or number
        raise Interrupted(number=number)

    former = {s: signal.getsignal(s) for s in _STOPPING}
    former = {s: handler for s, handler in former.items() if handler not in (signal.SIG_IGN, None)}
    try:
        for s in former:
            signal.signal(s, stop)
        yield signals
    finally:
        for s, handler in former.items():
            signal.signal(s, handler)


@contextlib.contextmanager
def shielded() -> Iterator[None]:
    """Hold back signals that would end the program until the few renames inside are done."""
    if not _in_main_thread():
        yield
        return
    waiting: list[int] = []
    former = {s: signal.getsignal(s) for s in _STOPPING}
    former = {s: handler for s, handler in former.items() if callable(handler) or handler == signal.SIG_DFL}
    for s in former:
        signal.signal(s, lambda number, _frame: waiting.append(number))
    try:
        yield
    finally:
        for s, handler in former.items():
            signal.signal(s, handler)
        if waiting:
            signal.raise_signal(waiting[0])


@contextlib.contextmanager
def handlers_kept() -> Iterator[None]:
    """Set the handlers of signals again after a library inside has replaced them behind Python's back, in any thread.

    A broken pipe is among them: Python ignores its signal and raises `BrokenPipeError`; by default it ends the process
    without a word.
    """
    get, put = ctypes.pythonapi.PyOS_getsig, ctypes.pythonapi.PyOS_setsig
    get.restype = put.restype = ctypes.c_void_p
    put.argtypes = (ctypes.c_int, ctypes.c_void_p)
    kept = (*_STOPPING, *([signal.SIGPIPE] if hasattr(signal, "SIGPIPE") else []))
    former = {s: get(s) for s in kept}
    try:
        yield
    finally:
        for s, handler in former.items():
            put(s, handler)
