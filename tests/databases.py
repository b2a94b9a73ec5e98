"""What a test knows of the database that it was given, and the home of whatever runs one."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tools.embedded.files import read_json, write_json
from tools.embedded.ports import free_port
from tools.embedded.services import Endpoints
from tools.settings import ROOT, Settings
from tools.store.roles import role_url


@contextmanager
def short_home() -> Iterator[Path]:
    """An empty home with a short path (unix sockets) that an unprivileged database account can reach."""
    home = Path(tempfile.mkdtemp(prefix="quartz-", dir="/tmp"))
    home.chmod(0o711)
    try:
        yield home
    finally:
        shutil.rmtree(home, ignore_errors=True)


class Prepared:
    """A home that has run once: its PostgreSQL made and migrated, nothing running in it.

    For tests of what comes after: to make the data and to migrate it costs seconds, and is proven elsewhere.
    """

    def __init__(self, home: Path) -> None:
        self._home = home

    def fill(self, home: Path) -> None:
        """An empty home becomes as this one, with a port of its own. One whose data lies outside of it stays empty."""
        state = read_json(self._home / "postgres.json") or {}
        if state.get("base") != str(self._home / "postgres"):
            return
        base = home / "postgres"
        subprocess.run(["cp", "-a", str(state["base"]), str(base)], check=True)  # the owner is the server's account
        moved = {"base": str(base), "data": str(base / "data"), "port": str(free_port())}
        write_json(home / "postgres.json", {**state, **moved})
        shutil.copy2(self._home / "secret.key", home / "secret.key")


@dataclass(frozen=True)
class Database:
    """A migrated database of one test."""

    name: str
    settings: Settings
    endpoints: Endpoints

    @property
    def admin_url(self) -> str:
        return self.endpoints.postgres_admin_url

    def url(self, role: str) -> str:
        """Connection text of ui, graph, oms, worker or guard."""
        return role_url(self.settings, role, self.endpoints)

    @property
    def environment(self) -> dict[str, str]:
        """For a subprocess: the same settings as environment variables."""
        secret = self.settings.secret_key
        return {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "QUARTZ_ENV_FILE": "",
            "QUARTZ_HOME": str(self.settings.home),
            "QUARTZ_SECRET_KEY": secret.get_secret_value() if secret else "",
            "QUARTZ_POSTGRES_URL": self.admin_url,
            "QUARTZ_REDIS_URL": self.endpoints.redis_url,
        }
