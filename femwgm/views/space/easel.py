"""Painting in another process: VTK and the graphics driver take 300 MB there, and a second core if there is one."""

from __future__ import annotations

import contextlib
import os
import pickle
import subprocess
import sys
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType

from femwgm.errors import MissingExtraError, OutputError
from femwgm.ground.typing import Array
from femwgm.views.space.canvas import Canvas, Window


class Easel:
    """A process that paints canvases while this one does something else; a context manager, which ends it."""

    def __init__(self) -> None:
        path = os.pathsep.join(p or os.curdir for p in sys.path)
        self._process: subprocess.Popen[bytes] | None = None
        with contextlib.suppress(
            OSError
        ):  # told when a picture is asked for: what needs no graphics comes first
            self._process = subprocess.Popen(  # noqa: S603 - our own module
                [sys.executable, "-m", __name__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                env={**os.environ, "PYTHONPATH": path},
            )  # fmt: skip
        self._post = ThreadPoolExecutor(max_workers=1)

    def __enter__(self) -> Easel:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        process = self._process
        if process is not None:
            process.kill()
            process.wait()
        self._post.shutdown()
        for pipe in (process.stdin, process.stdout) if process is not None else ():
            if pipe is not None:
                with contextlib.suppress(OSError):  # what was not sent any more
                    pipe.close()

    def paint(self, canvas: Canvas) -> Future[Array]:
        """The picture of a canvas, as `Window.paint` gives it, once it is painted.

        Its `result` raises `MissingExtraError` where there is no graphics library, `OutputError` where that ends the process.
        """
        return self._post.submit(self._exchange, canvas)

    def _exchange(self, canvas: Canvas) -> Array:
        if self._process is None:
            raise OutputError("the process that paints with the graphics library cannot be started")
        to, back = self._process.stdin, self._process.stdout
        assert to is not None
        assert back is not None
        try:
            pickle.dump(canvas, to, pickle.HIGHEST_PROTOCOL)
            to.flush()
            answer = pickle.load(back)  # noqa: S301 - from our own process
        except (OSError, EOFError, pickle.UnpicklingError):
            raise OutputError("the graphics library ended the process that paints with it") from None
        if isinstance(answer, str):
            raise MissingExtraError(answer)
        painted: Array = answer
        return painted


def main() -> None:
    """Paint what comes over the standard input until it ends."""
    to = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a driver may print is no picture
    try:
        with Window() as window:
            while True:
                pickle.dump(window.paint(pickle.load(sys.stdin.buffer)), to, pickle.HIGHEST_PROTOCOL)  # noqa: S301
                to.flush()
    except MissingExtraError as error:
        pickle.dump(str(error), to)
        to.flush()
    except (EOFError, KeyboardInterrupt):
        return


if __name__ == "__main__":
    main()
