"""What a supervisor supervises: embedded servers, one-off steps, and processes of our own.

Contract of a `Part`: `start()` returns when the part serves (and says where), or raises ServiceError; `alive()` is
cheap; `stop()` may be called at any time and leaves nothing running, also what a dead predecessor left behind.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from tools.embedded.errors import ServiceError
from tools.embedded.files import last_lines, private_dir, write_private
from tools.embedded.locks import Lock, held, wait

MAX_LOG_BYTES = 20 * 1024 * 1024


class Part(Protocol):
    """See the module's contract."""

    @property
    def name(self) -> str: ...
    @property
    def runs(self) -> bool:
        """False for a step that is over once it was done."""
        ...

    def start(self) -> str:
        """Where it serves, for the log; may be empty."""
        ...

    def alive(self) -> bool: ...
    def stop(self) -> None: ...


class Server(Protocol):
    """The embedded servers of tools/embedded."""

    def start(self) -> bool: ...
    def alive(self) -> bool: ...
    def stop(self) -> None: ...


class ServerPart:
    """An embedded server."""

    runs = True

    def __init__(self, name: str, server: Server) -> None:
        self.name = name
        self._server = server

    def start(self) -> str:
        return "" if self._server.start() else "already running"

    def alive(self) -> bool:
        return self._server.alive()

    def stop(self) -> None:
        self._server.stop()


class Step:
    """Something done once in the order of the start, like a migration."""

    runs = False

    def __init__(self, name: str, action: Callable[[], str]) -> None:
        self.name = name
        self._action = action

    def start(self) -> str:
        return self._action()

    def alive(self) -> bool:
        return True

    def stop(self) -> None:
        """Nothing runs."""


class Early:
    """Launches processes whose own turns come later, so that all of them import at once. Each may find those before it
    not yet there, as after a crash, and asks them again until they are."""

    name = "early"
    runs = False

    def __init__(self, parts: Sequence[ProcessPart]) -> None:
        self._parts = parts

    def start(self) -> str:
        for part in self._parts:
            part.launch()
        return ""

    def alive(self) -> bool:
        return True

    def stop(self) -> None:
        for part in reversed(self._parts):
            part.stop()


class ProcessPart:
    """A Python module of ours in a process of its own, under `ui.child`, with a log, a liveness lock and a health wait.

    `arguments` and `healthy` are called at each start, so a port can change between two lives. Standard output and
    error go to $QUARTZ_HOME/logs/<name>.log.
    """

    runs = True

    def __init__(
        self,
        name: str,
        module: str,
        home: Path,
        *,
        arguments: Callable[[], Sequence[str]] = lambda: (),
        healthy: Callable[[], bool],
        where: Callable[[], str] = lambda: "",
        environment: Mapping[str, str] | None = None,
        start_seconds: float = 60.0,
        stop_seconds: float = 10.0,
    ) -> None:
        self.name = name
        self.log = home / "logs" / f"{name}.log"
        self._module = module
        self._arguments = arguments
        self._healthy = healthy
        self._where = where
        self._environment = dict(os.environ if environment is None else environment)
        self._start_seconds = start_seconds
        self._stop_seconds = stop_seconds
        self._alive_path = home / "run" / f"{name}.alive"
        self._pid_path = home / "run" / f"{name}.pid"
        self._process: subprocess.Popen[bytes] | None = None
        self._launched = False
        self._until = 0.0

    def start(self) -> str:
        if not self._launched:
            self.launch()
        self._launched = False
        self._until = time.monotonic() + self._start_seconds  # from its turn on: what it needs may have come just now
        self._wait()
        return self._where()

    def launch(self) -> None:
        """Begin without waiting; the next `start` waits for what was begun. For what is slow and needs nobody."""
        self.stop()  # a predecessor whose supervisor was killed may still be on its way out
        private_dir(self.log.parent)
        if self.log.exists() and self.log.stat().st_size > MAX_LOG_BYTES:
            self.log.replace(self.log.with_suffix(".log.1"))
        with Lock(self._alive_path) as alive, self.log.open("ab") as log:
            if not alive.acquire(timeout=2.0):
                raise ServiceError(f"expected the former {self.name} to be gone, was alive ({self._alive_path})")
            self._process = subprocess.Popen(
                [sys.executable, "-m", "ui.child", self._module, *self._arguments()],
                stdin=subprocess.PIPE,  # our end of it is what tells the child that we live
                stdout=log,
                stderr=log,
                env=self._environment,
                pass_fds=(alive.fd,),
                start_new_session=True,  # Ctrl-C reaches the supervisor, which stops in order
            )
            write_private(self._pid_path, str(self._process.pid))
        self._until = time.monotonic() + self._start_seconds
        self._launched = True

    def _wait(self) -> None:
        while not self.ready():
            wait(0.05)

    def ready(self) -> bool:
        """Whether what was launched serves by now. ServiceError when it has ended, or takes too long."""
        assert self._process is not None, f"expected {self.name} to have been launched"
        code = self._process.poll()  # asked first: what answers in its place is not ours
        if code is not None:
            raise ServiceError(
                f"expected {self.name} to start, was exit code {code} (see {self.log})\n{last_lines(self.log)}"
            )
        if self._healthy():
            return True
        if time.monotonic() > self._until:
            self.stop()
            raise ServiceError(
                f"expected {self.name} to answer within {self._start_seconds:.0f} s, was silent (see {self.log})"
            )
        return False

    def where(self) -> str:
        """Where it serves, for the log; may be empty."""
        return self._where()

    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def stop(self) -> None:
        self._launched = False
        for kind, seconds in ((signal.SIGTERM, self._stop_seconds), (signal.SIGKILL, 5.0)):
            if not self._running():
                break
            pid = self._pid()
            if pid is not None:
                try:
                    os.kill(pid, kind)
                except ProcessLookupError:
                    continue
            until = time.monotonic() + seconds
            while self._running() and time.monotonic() < until:
                wait(0.02)
        if self._process is not None:
            if self._process.stdin is not None:
                self._process.stdin.close()
            self._process.wait(5)
            self._process = None

    def _running(self) -> bool:
        """The lock, not the pid, says whether the process (ours or a predecessor's) is there."""
        if self._process is not None and self._process.poll() is not None and not held(self._alive_path):
            return False
        return held(self._alive_path)

    def _pid(self) -> int | None:
        try:
            return int(self._pid_path.read_text())
        except (FileNotFoundError, ValueError):
            return None


class LatePart(ProcessPart):
    """A process that nobody waits for: what is shown first does not need it, and it comes when it has imported."""

    def start(self) -> str:
        self.launch()
        self._launched = False
        return ""
