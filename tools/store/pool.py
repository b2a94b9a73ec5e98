"""Connection pools: one factory, so that every connection says who it is and none waits for ever.

Contract: the pool is returned closed; `async with` opens it. Connections are autocommit (a transaction is always an
explicit `async with connection.transaction()`), which the LangGraph saver needs as well. A connection that the server
ended while it lay in the pool is replaced before anybody gets it.
"""

from __future__ import annotations

import select
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import DictRow, TupleRow, dict_row, tuple_row
from psycopg_pool import AsyncConnectionPool

STATEMENT_MS = 15_000
LOCK_MS = 5_000
CONNECT_SECONDS = 5


def connection_arguments(
    application_name: str, *, search_path: str | None = None, idle_ms: int | None = None, plan_once: bool = False
) -> dict[str, Any]:
    """Keyword arguments of psycopg.connect shared by pools and single connections. `idle_ms`: how long a transaction
    may stand still before the server ends it, for those whose locks others wait for. `plan_once`: a prepared statement
    is planned the first time and not five times more, for those who ask for few rows by their keys and at once."""
    options = f"-c statement_timeout={STATEMENT_MS} -c lock_timeout={LOCK_MS} -c timezone=UTC"
    if idle_ms is not None:
        options += f" -c idle_in_transaction_session_timeout={idle_ms}"
    if plan_once:
        options += " -c plan_cache_mode=force_generic_plan"
    if search_path is not None:
        options += f" -c search_path={search_path}"
    return {
        "autocommit": True,
        "prepare_threshold": 0,
        "connect_timeout": CONNECT_SECONDS,
        "application_name": application_name,
        "options": options,
        "keepalives": 1,
        "keepalives_idle": 30,
    }


async def still_open(connection: AsyncConnection[Any]) -> None:
    """The pools' check of a connection before it is given out; raises when its server has gone.

    A server says nothing to an idle connection until it ends it, so only one with something to read is asked: a round
    trip at every use would cost a conversation's turn more than its own questions.
    """
    waiting = select.poll()
    waiting.register(connection.fileno(), select.POLLIN)
    if waiting.poll(0):
        await AsyncConnectionPool.check_connection(connection)


def make_pool(
    url: str,
    application_name: str,
    *,
    min_size: int = 1,
    max_size: int = 8,
    search_path: str | None = None,
    idle_ms: int | None = None,
    plan_once: bool = False,
) -> AsyncConnectionPool[AsyncConnection[TupleRow]]:
    """A pool of tuple rows."""
    return AsyncConnectionPool(
        url,
        kwargs={
            **connection_arguments(application_name, search_path=search_path, idle_ms=idle_ms, plan_once=plan_once),
            "row_factory": tuple_row,
        },
        min_size=min_size,
        max_size=max_size,
        timeout=10.0,
        check=still_open,
        name=application_name,
        open=False,
    )


def make_dict_pool(
    url: str, application_name: str, *, min_size: int = 1, max_size: int = 8, search_path: str | None = None
) -> AsyncConnectionPool[AsyncConnection[DictRow]]:
    """A pool of dictionary rows, as the LangGraph saver wants it (search_path "desk" for its tables)."""
    return AsyncConnectionPool(
        url,
        kwargs={**connection_arguments(application_name, search_path=search_path), "row_factory": dict_row},
        min_size=min_size,
        max_size=max_size,
        timeout=10.0,
        check=still_open,
        name=application_name,
        open=False,
    )
