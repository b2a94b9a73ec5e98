"""How each process logs in to PostgreSQL: one role a job, so that the database refuses what the job must not do.

Roles: ui (a person's decisions), graph (plans, checkpoints), oms (the ledger), worker and guard (read). The migration
makes them, the runner sets their passwords. QUARTZ_POSTGRES_URL_<ROLE> overrides what is derived.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

from psycopg import Connection, conninfo, sql
from psycopg.errors import InternalError_

from tools.embedded.errors import ServicesDown
from tools.embedded.services import Endpoints, endpoints
from tools.settings import ROLES, Settings
from tools.store.secrets import instance_secret, role_password

_ATTEMPTS = 10


def role_url(settings: Settings, role: str, found: Endpoints | None = None) -> str:
    """Connection text of `role` (ui, graph, oms, worker, guard); holds a password, never to be logged.

    Raises ServicesDown when nothing is configured and nothing runs.
    """
    if role not in ROLES:
        raise ValueError(f"expected a role of {', '.join(ROLES)}, was {role!r}")
    override = getattr(settings, f"postgres_url_{role}")
    if override is not None:
        return str(override.get_secret_value())
    admin = (found or endpoints(settings)).postgres_admin_url
    if not admin:
        raise ServicesDown(f"expected QUARTZ_POSTGRES_URL_{role.upper()} or QUARTZ_POSTGRES_URL, was neither")
    return with_login(admin, f"quartz_{role}", role_password(instance_secret(settings), role))


def with_login(url: str, user: str, password: str) -> str:
    """The same server and database for somebody else. Takes a URL or a "key=value" text."""
    if not url.startswith(("postgresql://", "postgres://")):
        return conninfo.make_conninfo(url, user=user, password=password)
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{quote(user, safe='')}:{quote(password, safe='')}@{host}"))


def set_role_passwords(connection: Connection[Any], secret: bytes) -> None:
    """Give every role its derived password. Needs CREATEROLE and autocommit; only the SCRAM verifier is sent."""
    for role in ROLES:
        name = f"quartz_{role}"
        password = role_password(secret, role).encode()
        verifier = connection.pgconn.encrypt_password(password, name.encode(), b"scram-sha-256").decode()
        statement = sql.SQL("ALTER ROLE {} WITH LOGIN PASSWORD {}").format(sql.Identifier(name), sql.Literal(verifier))
        for attempt in range(_ATTEMPTS):
            try:
                connection.execute(statement)
                break
            except InternalError_:  # "tuple concurrently updated": another database of this server is being migrated
                if attempt == _ATTEMPTS - 1:
                    raise
