"""Slots of the loops in the database: one row for who runs one, one for what came of it, and whose account wants them.

Contract: writing logs in as quartz_graph; the primary keys are the arbiters, so of many who claim a slot one does. A
database that does not answer raises PortUnavailable.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from psycopg.rows import DictRow

from domain.clock import KST
from domain.slots import Kind, Outcome, Slot
from tools.checks import CheckChoice, Checked
from tools.ports import Identity
from tools.store.desk_tables import Tables

_LOST = timedelta(days=7)  # nobody asks any more what became of an older one

_SLOT = (
    "s.account_ref, s.kind, s.slot, s.claimed_at, s.claimed_by, e.ended_at, e.outcome, coalesce(e.text, '') AS text"
    " FROM desk.slots s LEFT JOIN desk.slot_ends e USING (account_ref, kind, slot)"
)
_CHECKED = """
WITH said AS (
    SELECT DISTINCT ON (account_ref) account_ref, is_on, set_at FROM desk.check_choices
    ORDER BY account_ref, choice_id DESC
), signed AS (
    SELECT o.account_ref, min(m.signed_at) AS first_at, max(m.signed_at) AS last_at FROM desk.mandate_offers o
    JOIN desk.mandates m USING (mandate_id) LEFT JOIN desk.mandate_revocations v USING (mandate_id)
    WHERE o.kind = 'cycle' AND v.mandate_id IS NULL AND o.expires_at > %(now)s GROUP BY o.account_ref
), profiled AS (
    SELECT user_id, min(confirmed_at) AS first_at FROM desk.profiles GROUP BY user_id
)
SELECT u.user_id, u.name, a.account_ref, a.venue, s.account_ref IS NOT NULL AS mandated,
    greatest(p.first_at, CASE WHEN c.is_on THEN least(c.set_at, s.first_at) ELSE s.last_at END) AS since
FROM desk.accounts a JOIN chat.users u ON u.user_id = a.owner JOIN profiled p ON p.user_id = a.owner
LEFT JOIN said c USING (account_ref) LEFT JOIN signed s USING (account_ref)
WHERE a.venue = %(venue)s AND (c.is_on OR s.last_at > coalesce(c.set_at, '-infinity'))
ORDER BY a.created_at, a.account_ref
"""


class Slots(Tables):
    """`graph.schedule.ports.SlotPort` over a pool of dictionary rows."""

    async def claim(self, account_ref: str, kind: Kind, slot: str, at: datetime, by: str) -> bool:
        row = await self._one(
            "INSERT INTO desk.slots (account_ref, kind, slot, claimed_at, claimed_by) VALUES (%(account)s, %(kind)s,"
            " %(slot)s, %(at)s, %(by)s) ON CONFLICT DO NOTHING RETURNING slot",
            {"account": account_ref, "kind": kind.value, "slot": slot, "at": at, "by": by},
        )
        return row is not None

    async def ended(
        self, account_ref: str, kind: Kind, slot: str, at: datetime, outcome: Outcome, text: str = ""
    ) -> bool:
        row = await self._one(
            "INSERT INTO desk.slot_ends (account_ref, kind, slot, ended_at, outcome, text) VALUES (%(account)s,"
            " %(kind)s, %(slot)s, %(at)s, %(outcome)s, %(text)s) ON CONFLICT DO NOTHING RETURNING slot",
            {
                "account": account_ref,
                "kind": kind.value,
                "slot": slot,
                "at": at,
                "outcome": outcome.value,
                "text": text,
            },
        )
        return row is not None

    async def newest(self, kind: Kind, account_ref: str) -> Slot | None:
        row = await self._one(
            f"SELECT {_SLOT} WHERE s.kind = %(kind)s AND s.account_ref = %(account)s ORDER BY s.slot DESC LIMIT 1",
            {"kind": kind.value, "account": account_ref},
        )
        return None if row is None else _slot(row)

    async def newest_of_all(self, since: datetime) -> list[Slot]:
        rows = await self._all(
            f"SELECT DISTINCT ON (s.account_ref, s.kind) {_SLOT} WHERE s.claimed_at >= %(since)s"
            " ORDER BY s.account_ref, s.kind, s.slot DESC",
            {"since": since},
        )
        return [_slot(row) for row in rows]

    async def without_end(self, before: datetime) -> list[Slot]:
        rows = await self._all(
            f"SELECT {_SLOT} WHERE e.slot IS NULL AND s.claimed_at BETWEEN %(lost)s AND %(before)s"
            " ORDER BY s.claimed_at",
            {"lost": before - _LOST, "before": before},
        )
        return [_slot(row) for row in rows]

    async def of_day(self, account_ref: str, day: str) -> list[Slot]:
        """Of an account and of the machine, oldest first. `day` is 2026-11-23."""
        rows = await self._all(
            f"SELECT {_SLOT} WHERE s.account_ref IN (%(account)s, '') AND s.slot LIKE %(day)s"
            " ORDER BY s.slot, s.claimed_at",
            {"account": account_ref, "day": day + "T%"},
        )
        return [_slot(row) for row in rows]


class CheckChoices(Tables):
    """`graph.schedule.ports.CheckedAccounts`, and `tools.checks.ChecksPort`."""

    async def checked(self, venue: str, now: datetime) -> list[Checked]:
        rows = await self._all(_CHECKED, {"now": now, "venue": venue})
        return [
            Checked(
                Identity(row["user_id"], row["name"], row["account_ref"], row["venue"]),
                row["since"].astimezone(KST),
                row["mandated"],
            )
            for row in rows
        ]

    async def choice(self, account_ref: str) -> CheckChoice | None:
        row = await self._one(
            "SELECT is_on, set_at FROM desk.check_choices WHERE account_ref = %(account)s"
            " ORDER BY choice_id DESC LIMIT 1",
            {"account": account_ref},
        )
        return None if row is None else CheckChoice(row["is_on"], row["set_at"].astimezone(KST))

    async def choose(self, who: Identity, is_on: bool, channel: str) -> None:
        """The same word again is another row: it may answer a mandate that was signed since."""
        await self._do(
            "INSERT INTO desk.check_choices (account_ref, user_id, is_on, channel)"
            " VALUES (%(account)s, %(user)s, %(on)s, %(channel)s)",
            {"account": who.account_ref, "user": who.user_id, "on": is_on, "channel": channel},
        )


def _slot(row: DictRow) -> Slot:
    ended = row["ended_at"]
    return Slot(
        account_ref=row["account_ref"],
        kind=Kind(row["kind"]),
        slot=row["slot"],
        claimed_at=row["claimed_at"].astimezone(KST),
        claimed_by=row["claimed_by"],
        ended_at=None if ended is None else ended.astimezone(KST),
        outcome=None if row["outcome"] is None else Outcome(row["outcome"]),
        text=row["text"],
    )
