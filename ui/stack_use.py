"""For whoever needs the services running: use the stack of this home, or start one in the background.

Contract: a running `up` is used as it is; otherwise one is started without the web, which stops a few seconds after its
last user has left, killed users included, because the kernel lets go of their lock.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from tools.embedded.errors import ServiceError
from tools.embedded.files import last_lines, private_dir
from tools.embedded.locks import Lock, held, wait
from tools.embedded.process import keep
from tools.embedded.services import Endpoints, endpoints
from tools.settings import Settings
from ui.stack import child_environment, ready_lock, services_of, up_lock, users_lock

READY_SECONDS = 150.0


class Connected:
    """A running stack that stays as long as this is open. `endpoints` says where everything listens."""

    def __init__(self, found: Endpoints, users: Lock) -> None:
        self.endpoints = found
        self._users = users

    def close(self) -> None:
        self._users.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def connect(settings: Settings, tell: Callable[[str], None] = lambda text: None) -> Connected:
    """Use the stack of this home, starting one in the background if none runs. Raises ServiceError.

    `tell` gets short Korean lines of progress. Killing the caller lets go as well: the kernel drops its lock.
    """
    users = Lock(users_lock(settings))
    try:
        if not any(part.runs for part in services_of(settings)):  # everything runs elsewhere
            return Connected(endpoints(settings), users)
        if not users.acquire(shared=True, timeout=60.0):
            raise ServiceError("expected the former stack to be gone within 60 s, was still stopping")
        process: subprocess.Popen[bytes] | None = None
        until = time.monotonic() + READY_SECONDS
        while time.monotonic() < until:
            if held(ready_lock(settings)):
                return Connected(endpoints(settings), users)
            if held(up_lock(settings)):
                pass  # somebody is starting it
            elif process is None:
                tell("필요한 서비스를 켜고 있어요…")
                process = _spawn(settings)
            elif process.poll() is not None:
                # Another caller's stack may have won the race; then ours ended at once and theirs is there.
                if process.returncode == 0:
                    process = None
                    continue
                log = settings.log_dir / "background.log"
                raise ServiceError(f"expected the services to start, was not so (see {log})\n{last_lines(log, 4)}")
            wait(0.05)
        raise ServiceError(f"expected the services to be ready within {READY_SECONDS:.0f} s, was not so")
    except BaseException:
        users.close()
        raise


def _spawn(settings: Settings) -> subprocess.Popen[bytes]:
    private_dir(settings.log_dir)
    with (settings.log_dir / "background.log").open("wb") as log:
        return keep(
            subprocess.Popen(
                [sys.executable, "-m", "ui.cli", "up", "--while-used"],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=child_environment(settings),
                start_new_session=True,
            )
        )
