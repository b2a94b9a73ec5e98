"""Servers that may outlive the object that started them."""

from __future__ import annotations

import subprocess

_started: list[subprocess.Popen[bytes]] = []


def keep(process: subprocess.Popen[bytes]) -> subprocess.Popen[bytes]:
    """Hold on to a server's handle as long as we live, so that it can be reaped and Python does not warn of it."""
    reap()
    _started.append(process)
    return process


def reap() -> None:
    """Collect servers that ended; a zombie of ours would still look like a process to others."""
    _started[:] = [process for process in _started if process.poll() is None]
