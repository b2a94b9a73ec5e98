"""The pools' check: a connection that the server ended is replaced before use, a quiet one is given out unasked."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import psycopg
import pytest
from databases import Database
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from tools.store.pool import make_dict_pool, make_pool, still_open


def _end_all(database: Database, name: str) -> None:
    """What a restart of the server does to every connection of `name`."""
    with psycopg.connect(database.endpoints.postgres_admin_url, autocommit=True) as admin:
        ended = admin.execute(
            "SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity WHERE application_name = %s", (name,)
        ).fetchone()
    assert ended is not None
    assert ended[0] > 0


@pytest.mark.parametrize("make", [make_pool, make_dict_pool])
async def test_a_connection_that_the_server_ended_is_replaced_before_it_is_used(
    database: Database, make: Callable[..., Any]
) -> None:
    async with make(database.url("graph"), "test-pool", min_size=3, max_size=3) as pool:
        await pool.wait()
        _end_all(database, "test-pool")
        for _ in range(6):
            async with pool.connection() as connection:
                cursor = await connection.execute("SELECT 1 AS one")
                assert await cursor.fetchone() in ((1,), {"one": 1})


async def test_a_connection_with_nothing_to_say_is_not_asked(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[AsyncConnection[Any]] = []
    real: Callable[[AsyncConnection[Any]], Awaitable[None]] = AsyncConnectionPool.check_connection

    async def noted(connection: AsyncConnection[Any]) -> None:
        asked.append(connection)
        await real(connection)

    monkeypatch.setattr(AsyncConnectionPool, "check_connection", staticmethod(noted))
    async with await AsyncConnection.connect(database.url("graph"), application_name="test-quiet") as connection:
        await still_open(connection)
        assert asked == []
        _end_all(database, "test-quiet")
        with pytest.raises(psycopg.OperationalError):
            await still_open(connection)
        assert asked == [connection]
