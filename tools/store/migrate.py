"""The one runner of the one migration history: run by `quartz migrate` and by `up`, by nobody else.

Contract: safe to run twice and from two processes (advisory lock); afterwards the schema is at `head`, the LangGraph
saver's tables stand in `desk`, role passwords are set. Processes call `check_revision` and refuse a wrong one.

It does not downgrade: a newer database is refused in words.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import time
from functools import cache
from importlib.metadata import version
from pathlib import Path

import psycopg
from psycopg import sql
from psycopg.rows import DictRow, dict_row

from tools.embedded.locks import wait
from tools.settings import Settings
from tools.store.pool import CONNECT_SECONDS
from tools.store.roles import set_role_passwords
from tools.store.secrets import instance_secret

MIGRATIONS = Path(__file__).parent / "migrations"
VERSION_TABLE = "quartz_revision"
_LOCK = 0x71756172747A  # "quartz"
_TURN_SECONDS = 600.0
_SAVER_TABLES = ("checkpoints", "checkpoint_blobs", "checkpoint_writes")


class WrongRevision(RuntimeError):
    """The database's schema is not the one this code was written for."""


def migrate(settings: Settings, admin_url: str) -> str:
    """Bring the database of `admin_url` to head; returns the revision. Raises WrongRevision for a newer database."""
    secret = instance_secret(settings)
    # Autocommit: the saver builds indexes CONCURRENTLY, which waits for every open transaction, also one of ours.
    with psycopg.connect(admin_url, autocommit=True, connect_timeout=CONNECT_SECONDS, row_factory=dict_row) as guard:
        _take_turn(guard)
        _refuse_newer(guard)
        _upgrade(admin_url)
        _setup_saver(guard)
        set_role_passwords(guard, secret)
        _close_to_strangers(guard)
        mark = sql.Literal(_fingerprint(secret))
        guard.execute(sql.SQL("COMMENT ON TABLE public.quartz_revision IS {}").format(mark))
    return head_revision()


@cache
def head_revision() -> str:
    """The last revision of the history in this checkout; read from the files, because alembic is slow to import."""
    revisions: dict[str, str | None] = {}
    for file in MIGRATIONS.glob("versions/*.py"):
        text = file.read_text(encoding="utf-8")
        revision = re.search(r'^revision = "(\w+)"', text, re.MULTILINE)
        down = re.search(r'^down_revision = (?:"(\w+)"|None)', text, re.MULTILINE)
        if revision is None or down is None:
            raise WrongRevision(f"expected revision and down_revision in {file.name}, was without")
        revisions[revision[1]] = down[1]
    heads = set(revisions) - set(revisions.values())
    if len(heads) != 1:
        raise WrongRevision(f"expected one head in {MIGRATIONS}, was {sorted(heads)}")
    return heads.pop()


def is_current(settings: Settings, admin_url: str) -> bool:
    """True when `migrate` would change nothing: asked at every start, so it costs one query and no heavy import."""
    with psycopg.connect(admin_url, autocommit=True, connect_timeout=CONNECT_SECONDS) as connection:
        row = connection.execute("SELECT obj_description(to_regclass(%s))", (f"public.{VERSION_TABLE}",)).fetchone()
    return row is not None and row[0] == _fingerprint(instance_secret(settings))


def _fingerprint(secret: bytes) -> str:
    """Of everything `migrate` brings about: the history, the saver's tables, the passwords."""
    total = hmac.new(secret, digestmod=hashlib.sha256)
    for file in sorted(MIGRATIONS.glob("versions/*.py")):
        total.update(file.name.encode() + file.read_bytes())
    total.update(version("langgraph-checkpoint-postgres").encode())
    return total.hexdigest()


def current_revision(connection: psycopg.Connection[DictRow]) -> str | None:
    """The database's revision, None when it has none."""
    table = connection.execute("SELECT to_regclass(%s) AS name", (f"public.{VERSION_TABLE}",)).fetchone()
    if table is None or table["name"] is None:
        return None
    row = connection.execute("SELECT version_num FROM public.quartz_revision").fetchone()
    return None if row is None else str(row["version_num"])


def check_revision(url: str) -> None:
    """Raise WrongRevision unless the database of `url` (any role) is at head."""
    with psycopg.connect(url, autocommit=True, connect_timeout=CONNECT_SECONDS, row_factory=dict_row) as connection:
        found = current_revision(connection)
    if found != head_revision():
        raise WrongRevision(
            f"expected database revision {head_revision()}, was {found or 'none'}: run ./quartz migrate"
        )


# The parts --------------------------------------------------------------------------------------------------------


def _take_turn(connection: psycopg.Connection[DictRow]) -> None:
    """Wait for the lock by asking again: a statement that waits holds a snapshot, and CONCURRENTLY waits for that."""
    until = time.monotonic() + _TURN_SECONDS
    while True:
        row = connection.execute("SELECT pg_try_advisory_lock(%s) AS mine", (_LOCK,)).fetchone()
        if row is not None and row["mine"]:
            return
        if time.monotonic() > until:
            raise TimeoutError(f"expected the other migration to end within {_TURN_SECONDS:.0f} s, was still running")
        wait(0.1)


def _refuse_newer(connection: psycopg.Connection[DictRow]) -> None:
    from alembic.script import ScriptDirectory
    from alembic.util.exc import CommandError

    found = current_revision(connection)
    if found is None:
        return
    try:
        ScriptDirectory(str(MIGRATIONS)).get_revision(found)
    except CommandError as error:
        raise WrongRevision(
            f"expected a database revision up to {head_revision()}, was {found}: this checkout is older than its data"
        ) from error


def _upgrade(admin_url: str) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["url"] = admin_url
    command.upgrade(config, "head")


def _setup_saver(connection: psycopg.Connection[DictRow]) -> None:
    from langgraph.checkpoint.postgres import PostgresSaver

    connection.execute("SET search_path = desk")
    PostgresSaver(connection).setup()
    connection.execute("RESET search_path")
    for table in _SAVER_TABLES:
        connection.execute(
            sql.SQL("GRANT SELECT, INSERT, UPDATE, DELETE ON desk.{} TO quartz_graph").format(sql.Identifier(table))
        )
    connection.execute("GRANT SELECT ON desk.checkpoint_migrations TO quartz_graph")


def _close_to_strangers(connection: psycopg.Connection[DictRow]) -> None:
    connection.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
    connection.execute("GRANT SELECT ON public.quartz_revision TO PUBLIC")
