"""Runs a module as `python -m module args` that ends when its supervisor ends, however that dies.

`python -m ui.child MODULE [args]`. The supervisor holds the other end of our standard input; the end of that file
means that it is gone (also by kill −9). Then this process gets SIGTERM, to stop as usual, and is ended by force if it
does not. Works alike on Linux and macOS; needs neither prctl nor /proc.
"""

from __future__ import annotations

import os
import runpy
import signal
import sys
import threading

GRACE_SECONDS = 10.0


def _watch() -> None:
    while os.read(0, 4096):
        pass  # nobody writes; only the end of the file speaks
    os.kill(os.getpid(), signal.SIGTERM)
    threading.Event().wait(GRACE_SECONDS)
    os._exit(70)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit("expected a module to run, was nothing")
    threading.Thread(target=_watch, name="parent-watch", daemon=True).start()
    module = sys.argv[1]
    sys.argv = sys.argv[1:]
    runpy.run_module(module, run_name="__main__", alter_sys=True)
