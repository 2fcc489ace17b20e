"""The command line: `main` is the one place that turns an error into a line and an exit status."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from femwgm.errors import FemwgmError

__all__ = ["main"]


def main(argv: Sequence[str] | None = None) -> None:
    """Run the command line and leave with its exit status.

    0 done, 2 bad input, 3 a solve that failed its accuracy, 130 interrupted. Errors of femwgm become one line on
    stderr; any other exception is a bug and keeps its traceback.
    """
    from femwgm.cli.app import app

    try:
        app(args=None if argv is None else list(argv), prog_name="femwgm")
    except FemwgmError as error:
        _say(f"femwgm: {error}")
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        _say("femwgm: interrupted")
        sys.exit(130)
    except BrokenPipeError:
        # Whoever read our output has left; without this, flushing at exit would complain once more.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)


def _say(line: str) -> None:
    sys.stdout.flush()
    print(line, file=sys.stderr)
