"""Loopback TCP ports: a free one, whether one is taken, and by whom if the system says."""

from __future__ import annotations

import random
import re
import shutil
import socket
import subprocess

LOOPBACK = "127.0.0.1"


# Below what systems give to outgoing connections (Linux from 32768, macOS and Windows from 49152) and k3s to its nodes:
# a server keeps its port over restarts, so while it is down nobody should come by it by chance.
_RANGE = range(20_000, 30_000)
_system = random.SystemRandom()  # two processes that look at the same time should not look in the same order


def free_port() -> int:
    """A port nobody listens on right now, and that the system gives to nobody who asks for just any."""
    for port in _system.sample(_RANGE, len(_RANGE)):
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            try:
                probe.bind((LOOPBACK, port))
            except OSError:
                continue
            return port
    raise OSError(f"expected a free port of {_RANGE.start} to {_RANGE.stop - 1} at {LOOPBACK}, all were taken")


def can_bind(port: int) -> bool:
    """True when a server could listen on the port now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
        return True


def answers(port: int, timeout: float = 0.5) -> bool:
    """True when somebody accepts connections on the port."""
    try:
        with socket.create_connection((LOOPBACK, port), timeout=timeout):
            return True
    except OSError:
        return False


def holder(port: int) -> str:
    """Text `name (pid N)` of the listener as `lsof` or `ss` tell it, or "unknown program" when neither can."""
    for command, pattern in (
        (["lsof", "-nP", f"-iTCP:{port}", "-sTCP:LISTEN", "-Fpc"], r"p(?P<pid>\d+)\nc(?P<name>\S+)"),
        (["ss", "-Hltnp", f"sport = :{port}"], r'\(\("(?P<name>[^"]+)",pid=(?P<pid>\d+)'),
    ):
        if shutil.which(command[0]) is None:
            continue
        try:
            text = subprocess.run(command, capture_output=True, text=True, timeout=5, check=False).stdout
        except (OSError, subprocess.TimeoutExpired):
            continue
        if found := re.search(pattern, text):
            return f"{found['name']} (pid {found['pid']})"
    return "unknown program"
