"""The lease in PostgreSQL. A holder's writers keep its row FOR KEY SHARE, which a renewal does not wait for and a
takeover does.

Contract: the port's. Time is the database's. `take`, `renew` and `release` go over a connection of their own.
"""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import structlog

from execution.oms.errors import Refusal
from execution.oms.ledger.hold import Hold
from execution.oms.ledger.postgres.line import Line, Locked
from execution.oms.ledger.postgres.session import Session
from execution.oms.ledger.rows import LeaseKey

log = structlog.get_logger("oms.lease")
_TAKE_S = 20.0  # longer than the database's own limit for a statement
_LEAST_S = 0.1
# The second lock is asked for only where the first is held: without the row of the lease nothing else is scanned.
_FENCE = (
    "WITH lease AS MATERIALIZED (SELECT 1 AS held FROM ledger.lease"
    " WHERE environment = %s AND key_hash = %s AND epoch = %s FOR KEY SHARE),"
    " account AS MATERIALIZED (SELECT 1 AS held FROM ledger.accounts WHERE (SELECT held FROM lease) = 1"
    " AND account_ref = %s AND environment = %s FOR UPDATE)"
    " SELECT (SELECT held FROM lease), (SELECT held FROM account)"
)


class Lease(Hold):
    def __init__(self, line: Line, key: LeaseKey, holder: UUID, ttl_s: float, seconds: Callable[[], float]) -> None:
        super().__init__(key, holder, ttl_s, seconds)
        self._line = line

    async def take(self) -> bool:
        before = self._seconds()
        try:
            cursor = await self._line.execute(
                """
                INSERT INTO ledger.lease AS l (environment, key_hash, epoch, holder, taken_at, expires_at)
                VALUES (%(e)s, %(k)s, 1, %(h)s, clock_timestamp(), clock_timestamp() + make_interval(secs => %(ttl)s))
                ON CONFLICT (environment, key_hash) DO UPDATE
                    SET epoch = l.epoch + 1, holder = excluded.holder, taken_at = excluded.taken_at,
                        expires_at = excluded.expires_at
                    WHERE l.expires_at < clock_timestamp() OR l.holder = excluded.holder
                RETURNING epoch
                """,
                self._values(),
                _TAKE_S,
            )
        except Locked:  # a predecessor stands still inside a write; the database ends it in time
            log.warning("lease_locked")
            return False
        row = await cursor.fetchone()
        if row is None:
            return False
        self._taken(int(row[0]), before)
        return True

    async def renew(self) -> None:
        before = self._seconds()
        cursor = await self._line.execute(
            """
            UPDATE ledger.lease SET expires_at = clock_timestamp() + make_interval(secs => %(ttl)s)
            WHERE environment = %(e)s AND key_hash = %(k)s AND epoch = %(n)s AND holder = %(h)s
            """,
            self._values(),
            max(_LEAST_S, self.remaining_s()),
        )
        if cursor.rowcount != 1:
            raise self._lost()
        self._renewed(before)

    async def release(self) -> None:
        within = max(_LEAST_S, self.remaining_s())
        self.drop()
        try:
            await self._line.execute(
                "UPDATE ledger.lease SET expires_at = clock_timestamp() - interval '1 second'"
                " WHERE environment = %(e)s AND key_hash = %(k)s AND epoch = %(n)s AND holder = %(h)s",
                self._values(),
                within,
            )
        finally:
            await self._line.aclose()

    async def fence(self, session: Session, account_ref: str | None = None) -> None:
        """First statement of every write: holds the epoch for the length of the transaction, or raises Fenced; then
        the account's lock, or raises Refusal for one that is not this ledger's."""
        self._require()
        cursor = await session.execute(
            _FENCE, (self.key.environment, self.key.key_hash, self.epoch, account_ref, self.key.environment)
        )
        row = await cursor.fetchone()
        if row is None or row[0] is None:
            raise self._lost()
        if account_ref is not None and row[1] is None:
            raise Refusal("ACCOUNT_UNKNOWN", "이 계좌는 아직 주문할 준비가 되지 않았어요.")

    def _values(self) -> dict[str, object]:
        return {
            "e": self.key.environment,
            "k": self.key.key_hash,
            "h": self.holder,
            "n": self.epoch,
            "ttl": self.ttl_s,
        }
