"""A connection of the lease's own: what renews it waits for nobody who writes the ledger.

Contract: opened when first asked, thrown away after anything went wrong and opened again at the next question. One
question at a time. Raises StorageFault when there is no answer within the time given.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import psycopg
from psycopg import AsyncConnection, AsyncCursor
from psycopg.rows import TupleRow, tuple_row

from execution.oms.errors import StorageFault
from execution.oms.ledger.postgres.session import translated
from tools.store.pool import connection_arguments


class Line:
    def __init__(self, url: str, application_name: str) -> None:
        self._url = url
        self._name = application_name
        self._connection: AsyncConnection[TupleRow] | None = None
        self._turn = asyncio.Lock()

    async def execute(self, statement: str, arguments: Mapping[str, Any], within_s: float) -> AsyncCursor[TupleRow]:
        """One statement, committed when it returns. A wait of the database for somebody's lock is told apart:
        `Locked`."""
        async with self._turn:
            try:
                async with asyncio.timeout(within_s):
                    connection = await self._opened()
                    return await connection.execute(statement, arguments)
            except psycopg.errors.LockNotAvailable as error:
                raise Locked("expected the lease's row to be free, was locked") from error
            except psycopg.Error as error:
                await self._drop()
                raise translated(error) from error
            except (OSError, TimeoutError) as error:
                await self._drop()
                raise StorageFault(f"expected an answer within {within_s:.1f} s, was {type(error).__name__}") from error
            except BaseException:
                await self._drop()
                raise

    async def aclose(self) -> None:
        await self._drop()

    async def _opened(self) -> AsyncConnection[TupleRow]:
        if self._connection is None or self._connection.closed:
            self._connection = await AsyncConnection.connect(
                self._url, row_factory=tuple_row, **connection_arguments(self._name)
            )
        return self._connection

    async def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close()


class Locked(StorageFault):
    """Somebody holds the row and did not let go in time."""
