"""Where a person's notices go, and which alerts are still to be sent there.

Contract: the web's role adds and ends channels, quartz_graph sends. A try is written down before it is made, and what
came of it after: one that was never ended is made again after a while, because nobody knows whether it arrived. The
primary key of a try lets one of two senders make it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, LiteralString
from uuid import UUID

from psycopg.rows import dict_row
from psycopg_pool import AsyncConnectionPool

from domain.clock import KST
from domain.watch import AlertKind
from tools.notify.sending import Outcome
from tools.store.desk_tables import Tables, connection_of

MOST_CHANNELS = 5
MOST_TRIES = 6
FRESH = timedelta(days=1)  # older alerts are the inbox's alone
LOST = timedelta(minutes=2)  # a try without an end is taken for lost
_LIVE = (
    "SELECT c.channel_id, c.masked, c.sealed, c.added_at FROM desk.notify_channels c"
    " LEFT JOIN desk.notify_channel_ends e USING (channel_id) WHERE c.user_id = %(user)s AND e.channel_id IS NULL"
)
_DUE = (
    "SELECT a.user_id, a.alert_key, a.kind, a.text, a.urgent, c.channel_id, c.sealed, coalesce(s.tries, 0) AS tries,"
    " s.last_at, s.last_outcome FROM desk.alerts a"
    " JOIN desk.notify_channels c ON c.user_id = a.user_id AND a.made_at >= c.added_at"
    " AND NOT EXISTS (SELECT 1 FROM desk.notify_channel_ends e WHERE e.channel_id = c.channel_id)"
    " LEFT JOIN LATERAL (SELECT count(*) AS tries, max(t.at) AS last_at,"
    " (array_agg(n.outcome ORDER BY t.attempt DESC))[1] AS last_outcome FROM desk.alert_sends t"
    " LEFT JOIN desk.alert_send_ends n USING (user_id, alert_key, channel_id, attempt)"
    " WHERE t.user_id = a.user_id AND t.alert_key = a.alert_key AND t.channel_id = c.channel_id) s ON true"
    " WHERE a.made_at > %(since)s AND coalesce(s.tries, 0) < %(most)s"
    " AND coalesce(s.last_outcome, '') NOT IN ('sent', 'refused') AND (s.last_at IS NULL OR %(now)s >= s.last_at"
    " + CASE WHEN s.last_outcome IS NULL THEN %(lost)s ELSE interval '1 minute' * 2 ^ (s.tries - 1) END)"
    " ORDER BY a.number LIMIT 500"
)


@dataclass(frozen=True, slots=True)
class Channel:
    """A place for notices, as it may be shown."""

    channel_id: UUID
    masked: str
    added_at: datetime


@dataclass(frozen=True, slots=True)
class DueNotice:
    """An alert that one channel has not got and whose pause is over; `tries` were made."""

    user_id: UUID
    key: str
    kind: AlertKind
    text: str
    urgent: bool
    channel_id: UUID
    sealed: bytes
    tries: int


class Channels:
    """Over a pool of the web's role, whatever rows it gives. A database that does not answer raises PortUnavailable."""

    def __init__(self, pool: AsyncConnectionPool[Any]) -> None:
        self._pool = pool

    async def _all(self, query: LiteralString, values: Mapping[str, Any]) -> list[dict[str, Any]]:
        async with connection_of(self._pool, "channels") as connection, connection.cursor(row_factory=dict_row) as rows:
            await rows.execute(query, values)
            return await rows.fetchall() if rows.description else []

    async def of(self, user_id: UUID) -> list[Channel]:
        rows = await self._all(_LIVE + " ORDER BY c.added_at", {"user": user_id})
        return [Channel(row["channel_id"], row["masked"], row["added_at"].astimezone(KST)) for row in rows]

    async def sealed(self, user_id: UUID, channel_id: UUID) -> bytes | None:
        """Of this person's living channel, for a trial."""
        rows = await self._all(_LIVE + " AND c.channel_id = %(id)s", {"id": channel_id, "user": user_id})
        return bytes(rows[0]["sealed"]) if rows else None

    async def add(self, user_id: UUID, channel_id: UUID, masked: str, sealed: bytes, now: datetime) -> None:
        await self._all(
            "INSERT INTO desk.notify_channels (channel_id, user_id, masked, sealed, added_at) VALUES (%(id)s, %(user)s,"
            " %(masked)s, %(sealed)s, %(at)s)",
            {"id": channel_id, "user": user_id, "masked": masked, "sealed": sealed, "at": now},
        )

    async def end(self, user_id: UUID, channel_id: UUID, now: datetime) -> bool:
        """False when this person has no such living channel."""
        rows = await self._all(
            "INSERT INTO desk.notify_channel_ends (channel_id, at) SELECT channel_id, %(at)s FROM desk.notify_channels"
            " WHERE channel_id = %(id)s AND user_id = %(user)s ON CONFLICT DO NOTHING RETURNING channel_id",
            {"id": channel_id, "user": user_id, "at": now},
        )
        return bool(rows)


class Notices(Tables):
    """As the graph's role."""

    async def due(self, now: datetime) -> list[DueNotice]:
        """Pauses double from a minute on; a try without an end is waited for."""
        rows = await self._all(_DUE, {"since": now - FRESH, "most": MOST_TRIES, "now": now, "lost": LOST})
        return [
            DueNotice(
                row["user_id"],
                row["alert_key"],
                AlertKind(row["kind"]),
                row["text"],
                row["urgent"],
                row["channel_id"],
                bytes(row["sealed"]),
                row["tries"],
            )
            for row in rows
        ]

    async def begin(self, notice: DueNotice, now: datetime) -> bool:
        """Whether this try is ours."""
        row = await self._one(
            "INSERT INTO desk.alert_sends (user_id, alert_key, channel_id, attempt, at) VALUES (%(user)s, %(key)s,"
            " %(channel)s, %(attempt)s, %(at)s) ON CONFLICT DO NOTHING RETURNING attempt",
            {
                "user": notice.user_id,
                "key": notice.key,
                "channel": notice.channel_id,
                "attempt": notice.tries + 1,
                "at": now,
            },
        )
        return row is not None

    async def end(self, notice: DueNotice, outcome: Outcome, now: datetime) -> None:
        await self._do(
            "INSERT INTO desk.alert_send_ends (user_id, alert_key, channel_id, attempt, outcome, at) VALUES (%(user)s,"
            " %(key)s, %(channel)s, %(attempt)s, %(outcome)s, %(at)s) ON CONFLICT DO NOTHING",
            {
                "user": notice.user_id,
                "key": notice.key,
                "channel": notice.channel_id,
                "attempt": notice.tries + 1,
                "outcome": outcome.value,
                "at": now,
            },
        )
