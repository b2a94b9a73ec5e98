"""Servers that may outlive the object that started them."""

from __future__ import annotations

import atexit
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from tools.embedded.errors import ServiceError
from tools.embedded.locks import wait

_started: list[subprocess.Popen[bytes]] = []


def keep(process: subprocess.Popen[bytes]) -> subprocess.Popen[bytes]:
    """Hold on to a server's handle as long as we live, so that it can be reaped and Python does not warn of it."""
    reap()
    _started.append(process)
    return process


def answers_in_time(
    process: subprocess.Popen[bytes], answers: Callable[[], bool], name: str, log: Path, seconds: float, pause: float
) -> bool:
    """Waits for a server that was just started. False when it ended; raises ServiceError when it stays silent."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if answers():
            return True
        if process.poll() is not None:
            return False
        wait(pause)
    raise ServiceError(f"expected {name} to answer within {seconds:.0f} s, was silent (see {log})")


def reap() -> None:
    """Collect servers that ended; a zombie of ours would still look like a process to others."""
    _started[:] = [process for process in _started if process.poll() is None]


@atexit.register
def _leave() -> None:
    """Servers that outlive us do so on purpose; Python complains of a child without a status."""
    reap()
    for process in _started:
        process.returncode = 0


def end(
    steps: Iterable[tuple[signal.Signals, float]], pid: Callable[[], int | None], alive: Callable[[], bool]
) -> None:
    """Ask a server to stop, harder at every step: each signal gets its seconds before the next one is sent."""
    for kind, seconds in steps:
        number = pid()
        if number is None:
            break
        try:
            os.kill(number, kind)
        except ProcessLookupError:
            break
        until = time.monotonic() + seconds
        while alive() and time.monotonic() < until:
            wait(0.02)
    reap()
