"""A worker process of a local sweep: `python -m femwgm.sweeps.worker FD` talks over an inherited socket."""

from __future__ import annotations

import os
import select
import signal
import sys
import threading
from multiprocessing.connection import Connection


def main(descriptor: int) -> None:
    """Take tasks until the socket closes.

    The parent alone answers Ctrl-C. When the parent is gone, however it ended, the socket hangs up and the worker leaves in the
    middle of whatever it does: it would have nobody to tell.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_leave_with_parent, args=(descriptor,), daemon=True).start()
    from femwgm.sweeps.jobs import perform

    link = Connection(descriptor)
    try:
        link.send("ready")
        setup = link.recv()
        while True:
            link.send(perform(setup, link.recv()))
    except (EOFError, OSError):
        return


def _leave_with_parent(descriptor: int) -> None:
    watch = select.poll()
    watch.register(descriptor, 0)
    watch.poll()
    os._exit(1)


if __name__ == "__main__":
    main(int(sys.argv[1]))
