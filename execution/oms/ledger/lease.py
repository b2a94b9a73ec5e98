"""The lease: which OMS of an (environment, key) may write and send, and since which epoch.

Contract: `take` succeeds when nobody holds the lease or its time has run out, and raises the epoch by one; every later
write of the former holder fails by its epoch. `renew` fails the same way. Time is the database's, so two machines
need not agree on theirs; what a holder may still assume locally is counted from *before* its last renewal, on a
clock that runs through suspend.
"""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from psycopg import AsyncConnection

from execution.oms.errors import Fenced
from execution.oms.ledger.rows import LeaseKey


class Lease:
    """One process's hold on a lease. `seconds` is a clock that counts suspend; only differences matter."""

    def __init__(self, key: LeaseKey, holder: UUID, ttl_s: float, seconds: Callable[[], float]) -> None:
        self.key = key
        self.holder = holder
        self.ttl_s = ttl_s
        self.epoch = 0
        self.had_predecessor = False
        self._seconds = seconds
        self._good_until = float("-inf")

    @property
    def held(self) -> bool:
        """May we still act? False as soon as the lease could have run out, before anybody says so."""
        return self.epoch > 0 and self._seconds() < self._good_until

    def remaining_s(self) -> float:
        return self._good_until - self._seconds()

    def drop(self) -> None:
        """Act no more, whatever the row says."""
        self._good_until = float("-inf")

    async def take(self, connection: AsyncConnection) -> bool:
        """One attempt; False while another holder's time runs."""
        before = self._seconds()
        cursor = await connection.execute(
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
        )
        row = await cursor.fetchone()
        if row is None:
            return False
        self.epoch = int(row[0])
        self.had_predecessor = self.epoch > 1
        self._good_until = before + self.ttl_s
        return True

    async def renew(self, connection: AsyncConnection) -> None:
        """Raises Fenced when somebody took over."""
        before = self._seconds()
        cursor = await connection.execute(
            """
            UPDATE ledger.lease SET expires_at = clock_timestamp() + make_interval(secs => %(ttl)s)
            WHERE environment = %(e)s AND key_hash = %(k)s AND epoch = %(n)s AND holder = %(h)s
            """,
            {"e": self.key.environment, "k": self.key.key_hash, "n": self.epoch, "h": self.holder, "ttl": self.ttl_s},
        )
        if cursor.rowcount != 1:
            self.drop()
            raise Fenced(f"expected epoch {self.epoch} of {self.key.environment}, was taken over")
        self._good_until = before + self.ttl_s

    async def release(self, connection: AsyncConnection) -> None:
        """Lets a successor start without waiting. Only for a clean end: nothing of ours may be under way."""
        self.drop()
        await connection.execute(
            "UPDATE ledger.lease SET expires_at = clock_timestamp() - interval '1 second'"
            " WHERE environment = %s AND key_hash = %s AND epoch = %s AND holder = %s",
            (self.key.environment, self.key.key_hash, self.epoch, self.holder),
        )

    async def fence(self, connection: AsyncConnection) -> None:
        """First statement of every write: holds the epoch for the length of the transaction, or raises Fenced.

        Also refused when our own count of the lease has run out: a stalled process must not write on.
        """
        if not self.held:
            raise Fenced("expected a lease in force, was past its time")
        cursor = await connection.execute(
            "SELECT 1 FROM ledger.lease WHERE environment = %s AND key_hash = %s AND epoch = %s FOR KEY SHARE",
            (self.key.environment, self.key.key_hash, self.epoch),
        )
        if await cursor.fetchone() is None:
            self.drop()
            raise Fenced(f"expected epoch {self.epoch} of {self.key.environment}, was taken over")
