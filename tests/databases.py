"""What a test knows of the database that it was given."""

from __future__ import annotations

import os
from dataclasses import dataclass

from tools.embedded.services import Endpoints
from tools.settings import ROOT, Settings
from tools.store.roles import role_url


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
