"""One connection as the repositories use it: statements in, rows out, what goes wrong in the port's words.

Contract: every psycopg error that leaves this package has become Taken (a unique constraint), Unfit (another
constraint, or a statement that PostgreSQL refuses whatever happens: a defect) or StorageFault (all that may go better
later).
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import psycopg
from psycopg import AsyncConnection, AsyncCursor, errors
from psycopg.pq import TransactionStatus
from psycopg.rows import TupleRow

from execution.oms.errors import LedgerError, StorageFault, Taken, Unfit

_DEFECTS = (psycopg.IntegrityError, psycopg.DataError, psycopg.ProgrammingError, psycopg.NotSupportedError)


def translated(error: psycopg.Error) -> LedgerError:
    """The port's word for it. No value of a row is in its text."""
    if isinstance(error, errors.UniqueViolation):
        return Taken(error.diag.constraint_name or "a unique value")
    if isinstance(error, _DEFECTS):
        return Unfit(error.diag.constraint_name or error.diag.column_name or error.sqlstate or type(error).__name__)
    return StorageFault(f"expected an answer of PostgreSQL, was {type(error).__name__}")


class Session:
    """A connection in autocommit, or inside the transaction that somebody opened on it."""

    def __init__(self, connection: AsyncConnection[TupleRow]) -> None:
        self._connection = connection

    async def execute(
        self, statement: str, arguments: Sequence[Any] | Mapping[str, Any] | None = None
    ) -> AsyncCursor[TupleRow]:
        """Runs it to its end: the rows are here when it returns."""
        try:
            return await self._connection.execute(statement, arguments)
        except psycopg.Error as error:
            raise translated(error) from error

    @asynccontextmanager
    async def savepoint(self) -> AsyncIterator[None]:
        """A part of the open transaction that can fail alone."""
        try:
            async with self._connection.transaction():
                yield
        except psycopg.Error as error:
            raise translated(error) from error

    @property
    def failed(self) -> bool:
        """An error was swallowed inside the transaction: PostgreSQL would answer COMMIT with a rollback."""
        return self._connection.info.transaction_status is TransactionStatus.INERROR
