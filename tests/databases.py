"""What a test knows of the database that it was given, and the home of whatever runs one."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

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
