"""Where a commit may not survive a power cut the OMS does not start."""

from __future__ import annotations

import psycopg
import pytest
from databases import Database
from psycopg import sql

from execution.oms.errors import LedgerUnsafe
from execution.oms.ledger.postgres import storage as adapter
from execution.oms.ledger.postgres.storage import PostgresStorage


async def _required(database: Database) -> None:
    storage = PostgresStorage(database.url("oms"), 30.0, connections=1)
    async with storage.opened():
        await storage.require_durable()


async def test_a_database_that_keeps_what_it_commits_is_taken(clone: Database) -> None:
    await _required(clone)


@pytest.mark.parametrize("value", ["off", "local"])
async def test_a_database_that_answers_before_it_has_written_is_refused_by_the_settings_name(
    clone: Database, value: str
) -> None:
    name = sql.Identifier(clone.name)
    with psycopg.connect(clone.admin_url, autocommit=True) as admin:
        admin.execute(sql.SQL("ALTER DATABASE {} SET synchronous_commit = {}").format(name, sql.Literal(value)))
        try:
            with pytest.raises(LedgerUnsafe, match=f"expected synchronous_commit = on in PostgreSQL, was '{value}'"):
                await _required(clone)
        finally:
            admin.execute(sql.SQL("ALTER DATABASE {} RESET synchronous_commit").format(name))


@pytest.mark.parametrize("setting", ["fsync", "full_page_writes"])
async def test_what_only_the_server_can_switch_off_is_looked_at_as_well(
    clone: Database, monkeypatch: pytest.MonkeyPatch, setting: str
) -> None:
    """This server has it on; one that would have to have it off stands for one that has."""
    assert adapter._DURABLE[setting] == ("on",)
    monkeypatch.setitem(adapter._DURABLE, setting, ("off",))
    with pytest.raises(LedgerUnsafe, match=f"expected {setting} = on in PostgreSQL"):
        await _required(clone)
