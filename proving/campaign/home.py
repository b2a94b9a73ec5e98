"""A home of its own in a temporary folder: its `quartz up`, the pids of its parts, and somebody who starts it again.

Contract: everything it starts is below one `up`, which ends when this process ends, however that dies. A supervisor
that gives up (one part died too often) is started again, as a user would; how often is counted. `down` ends `up` and
takes away servers that a killed supervisor may have left, by the home's own locks. Whoever stopped a process wakes it.
"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from enum import StrEnum
from pathlib import Path

from tools.embedded.errors import ServiceError
from tools.embedded.files import last_lines
from tools.embedded.locks import held
from tools.embedded.postgres import Postgres
from tools.embedded.services import oms_socket
from tools.embedded.valkey import Valkey
from tools.settings import ROOT, Settings

READY_S = 180.0  # two busy cores and the first start's migration included
STOP_S = 90.0
FAILURES = 3  # starts in a row that never served


class Target(StrEnum):
    """What is struck."""

    OMS = "oms"
    EXCHANGE = "exchange"
    WEB = "web"
    POSTGRES = "postgres"
    VALKEY = "valkey"


class Home:
    """`ready` is the lock that a serving supervisor holds."""

    def __init__(self, folder: Path, ready: Path) -> None:
        self.settings = Settings(home=folder)
        self.folder = folder
        self.starts = 0
        self.gave_up: list[str] = []  # what each supervisor said at its end
        self._ready = ready
        self._log = folder / "up.err"
        self._up: subprocess.Popen[bytes] | None = None
        self._keeper: asyncio.Task[None] | None = None

    @property
    def serving(self) -> bool:
        return self._up is not None and self._up.poll() is None and held(self._ready)

    async def up(self) -> None:
        """Returns when everything serves; from then on it is kept so."""
        await self._start()
        self._keeper = asyncio.create_task(self._keep(), name="keeper")

    async def until_serving(self, seconds: float) -> None:
        """Raises ServiceError when it does not come back."""
        end = time.monotonic() + seconds
        while not self.serving:
            if time.monotonic() > end:
                raise ServiceError(f"expected the home to serve within {seconds:.0f} s, was not so (see {self._log})")
            await asyncio.sleep(0.1)

    async def _start(self) -> None:
        for attempt in range(FAILURES):
            self._launch()
            end = time.monotonic() + READY_S
            while self._running() and not self.serving and time.monotonic() < end:  # noqa: ASYNC110
                await asyncio.sleep(0.1)
            if self.serving:
                return
            if self._running():
                raise ServiceError(f"expected `up` to serve within {READY_S:.0f} s, was silent (see {self._log})")
            self.gave_up.append(f"at start {attempt + 1}: {self._said()}")
        raise ServiceError(f"expected `up` to start, failed {FAILURES} times\n{last_lines(self._log, 6)}")

    def _launch(self) -> None:
        self.starts += 1
        with self._log.open("ab") as log:
            self._up = subprocess.Popen(
                [sys.executable, "-m", "ui.child", "ui.cli", "up"],
                stdin=subprocess.PIPE,  # our end of it is what tells the supervisor that we live
                stdout=log,
                stderr=log,
                env=self._environment(),
                cwd=ROOT,
                start_new_session=True,  # Ctrl-C reaches us, who stop in order
            )

    def _environment(self) -> dict[str, str]:
        """Nobody's keys, servers or model: what the machine's user configured is not for a campaign."""
        ours = {name: value for name, value in os.environ.items() if not name.startswith("QUARTZ_")}
        paths = {"QUARTZ_HOME": str(self.folder), "QUARTZ_ENV_FILE": "", "PYTHONPATH": str(ROOT)}
        return ours | paths | {"PYTHONSAFEPATH": "1"}

    async def kept(self) -> None:
        """Ends only with the failure of who keeps it up."""
        assert self._keeper is not None, "expected `up` to have been called"
        await asyncio.shield(self._keeper)

    async def _keep(self) -> None:
        while True:
            await asyncio.sleep(0.2)
            if not self._running():
                self.gave_up.append(self._said())
                await self._start()

    def _running(self) -> bool:
        return self._up is not None and self._up.poll() is None

    def _said(self) -> str:
        lines = [line for line in last_lines(self._log, 12).splitlines() if "expected" in line]
        return lines[-1].strip() if lines else last_lines(self._log, 1).strip()

    # Its processes ----------------------------------------------------------------------------------------------------

    def pid(self, target: Target) -> int | None:
        """While it runs: the lock that it holds says so, a number in a file does not."""
        if target is Target.POSTGRES:
            return Postgres(self.folder).pid()
        if target is Target.VALKEY:
            return Valkey(self.folder).pid()
        run = self.folder / "run"
        try:
            return int((run / f"{target}.pid").read_text()) if held(run / f"{target}.alive") else None
        except (FileNotFoundError, ValueError):
            return None

    def oms_address(self) -> str:
        """The door's gRPC target; the same for all lives of this home."""
        return f"unix:{oms_socket(self.settings)}"

    async def down(self) -> None:
        if self._keeper is not None:
            self._keeper.cancel()
            await asyncio.gather(self._keeper, return_exceptions=True)
        if self._up is None:
            return
        if self._running():
            self._up.send_signal(signal.SIGTERM)
        try:
            await asyncio.to_thread(self._up.wait, STOP_S)
        except subprocess.TimeoutExpired:
            self._up.kill()
            self._up.wait()
        if self._up.stdin is not None:
            self._up.stdin.close()
        for server in (Valkey(self.folder), Postgres(self.folder)):
            await asyncio.to_thread(server.stop)


def send(pid: int, number: signal.Signals) -> bool:
    """False when it is gone."""
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return False
    return True
