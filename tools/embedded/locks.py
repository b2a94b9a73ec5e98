"""Who is alive, asked of the kernel: advisory file locks that die with their last holder.

A lock file's descriptor is handed to a server when it starts; the lock then lives exactly as long as the server or any
child it forked, through kill −9 of everybody else, with no /proc, no `ps` and no trust in process ids.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from tools.embedded.files import private_dir


class Lock:
    """One open lock file. `acquire` never waits unless told; closing or dying releases, unless a child holds it."""

    def __init__(self, path: Path) -> None:
        private_dir(path.parent)
        self.path = path
        self._fd: int | None = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    @property
    def fd(self) -> int:
        """The descriptor, to hand to a child."""
        if self._fd is None:
            raise ValueError(f"expected an open lock, was closed: {self.path}")
        return self._fd

    def acquire(self, *, shared: bool = False, timeout: float = 0.0) -> bool:
        """Take the lock, waiting at most `timeout` seconds. True when held."""
        until = time.monotonic() + timeout
        mode = (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB
        while True:
            try:
                fcntl.flock(self.fd, mode)
            except BlockingIOError:
                if time.monotonic() >= until:
                    return False
                wait(0.02)
            else:
                return True

    def release(self) -> None:
        """Let go of the lock for every copy of the descriptor; only for locks that no child holds."""
        fcntl.flock(self.fd, fcntl.LOCK_UN)

    def close(self) -> None:
        """Let go of our copy; a child that inherited the descriptor keeps the lock."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def wait(seconds: float) -> None:
    """A pause of a synchronous process that watches another one."""
    import select

    select.select([], [], [], seconds)


def held(path: Path) -> bool:
    """True while somebody alive holds the lock of `path` for themselves.

    Looked at through a shared lock: two that look at the same moment must not take each other for the holder.
    """
    if not path.exists():
        return False
    with Lock(path) as lock:
        return not lock.acquire(shared=True)


@contextmanager
def exclusive(path: Path, timeout: float, what: str) -> Iterator[None]:
    """One process at a time; TimeoutError names what could not be had."""
    with Lock(path) as lock:
        if not lock.acquire(timeout=timeout):
            raise TimeoutError(f"expected {what} to be free within {timeout:.0f} s, was held ({path})")
        yield
