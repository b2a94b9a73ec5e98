"""The lease in PostgreSQL. A holder's writers keep its row FOR KEY SHARE, which a renewal does not wait for and a
takeover does.

Contract: the port's. Time is the database's; what a holder may still assume itself is counted from before its last
renewal. `take`, `renew` and `release` go over a connection of their own.
"""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import structlog

from execution.oms.errors import Fenced
from execution.oms.ledger.postgres.line import Line, Locked
from execution.oms.ledger.postgres.session import Session
from execution.oms.ledger.rows import LeaseKey

log = structlog.get_logger("oms.lease")
_TAKE_S = 20.0  # longer than the database's own limit for a statement
_LEAST_S = 0.1


class Lease:
    def __init__(self, line: Line, key: LeaseKey, holder: UUID, ttl_s: float, seconds: Callable[[], float]) -> None:
        self.key = key
        self.holder = holder
        self.ttl_s = ttl_s
        self.epoch = 0
        self.had_predecessor = False
        self._line = line
        self._seconds = seconds
        self._good_until = float("-inf")

    @property
    def held(self) -> bool:
        return self.epoch > 0 and self._seconds() < self._good_until

    def remaining_s(self) -> float:
        return self._good_until - self._seconds()

    def drop(self) -> None:
        self._good_until = float("-inf")

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
                {"e": self.key.environment, "k": self.key.key_hash, "h": self.holder, "ttl": self.ttl_s},
                _TAKE_S,
            )
        except Locked:  # a predecessor stands still inside a write; the database ends it in time
            log.warning("lease_locked")
            return False
        row = await cursor.fetchone()
        if row is None:
            return False
        self.epoch = int(row[0])
        self.had_predecessor = self.epoch > 1
        self._good_until = before + self.ttl_s
        return True

    async def renew(self) -> None:
        before = self._seconds()
        cursor = await self._line.execute(
            """
            UPDATE ledger.lease SET expires_at = clock_timestamp() + make_interval(secs => %(ttl)s)
            WHERE environment = %(e)s AND key_hash = %(k)s AND epoch = %(n)s AND holder = %(h)s
            """,
            {"e": self.key.environment, "k": self.key.key_hash, "n": self.epoch, "h": self.holder, "ttl": self.ttl_s},
            max(_LEAST_S, self.remaining_s()),
        )
        if cursor.rowcount != 1:
            self.drop()
            raise Fenced(f"expected epoch {self.epoch} of {self.key.environment}, was taken over")
        self._good_until = before + self.ttl_s

    async def release(self) -> None:
        within = max(_LEAST_S, min(self.ttl_s, self.remaining_s()))
        self.drop()
        await self._line.execute(
            "UPDATE ledger.lease SET expires_at = clock_timestamp() - interval '1 second'"
            " WHERE environment = %(e)s AND key_hash = %(k)s AND epoch = %(n)s AND holder = %(h)s",
            {"e": self.key.environment, "k": self.key.key_hash, "n": self.epoch, "h": self.holder},
            within,
        )

    async def fence(self, session: Session) -> None:
        """First statement of every write: holds the epoch for the length of the transaction, or raises Fenced.

        Also refused when our own count of the lease has run out: a stalled process must not write on.
        """
        if not self.held:
            raise Fenced("expected a lease in force, was past its time")
        cursor = await session.execute(
            "SELECT 1 FROM ledger.lease WHERE environment = %s AND key_hash = %s AND epoch = %s FOR KEY SHARE",
            (self.key.environment, self.key.key_hash, self.epoch),
        )
        if await cursor.fetchone() is None:
            self.drop()
            raise Fenced(f"expected epoch {self.epoch} of {self.key.environment}, was taken over")
