"""What the follower of facts writes and asks: alerts with how far it has come, crossings, and what nobody was told yet.

Contract: over a pool of dictionary rows that logs in as quartz_graph. Alerts and the follower's place, or a rule's new
standing and its alert, are one transaction: after a crash either both are there or neither, and the primary keys let
only one of two followers through. Whoever looks again for what has no alert yet finds exactly that.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from domain.clock import KST
from domain.crossing import Standing
from domain.savings import Month, Savings
from domain.watch import Alert, AlertRule, Choices, choices_of
from domain.watch_facts import Line, Waiting, of_card
from tools.ports import Identity
from tools.store.desk_rows import IDENTITY
from tools.store.desk_tables import Tables, connection_of
from tools.store.watching import RULES, SAVINGS, rule_of, savings_of

_SLACK = 500
_ALERT = (
    "INSERT INTO desk.alerts (user_id, alert_key, kind, ticker, text, urgent, at, made_at) VALUES (%(user)s, %(key)s,"
    " %(kind)s, %(ticker)s, %(text)s, %(urgent)s, %(at)s, %(now)s) ON CONFLICT (user_id, alert_key) DO NOTHING"
)
_PLACE = (
    "INSERT INTO desk.follow_places (follower, place, at) VALUES (%(follower)s, %(place)s, %(now)s)"
    " ON CONFLICT DO NOTHING"
)
_STANDING = (
    "INSERT INTO desk.alert_sightings (rule_id, number, armed, fired_on, seen_on, price, at) VALUES (%(rule)s,"
    " %(number)s, %(armed)s, %(fired)s, %(seen)s, %(price)s, %(at)s) ON CONFLICT DO NOTHING RETURNING number"
)
_RULES_HERE = (
    " AND EXISTS (SELECT 1 FROM desk.accounts a WHERE a.account_ref = r.account_ref AND a.venue = %(venue)s)"
    " ORDER BY r.made_at, r.rule_id"
)
_SAVINGS_HERE = (
    " AND EXISTS (SELECT 1 FROM desk.accounts a WHERE a.account_ref = p.account_ref AND a.venue = %(venue)s)"
    " ORDER BY p.made_at, p.savings_id"
)
_WAITING = (
    "SELECT r.approval_id, r.user_id, r.created_at, r.expires_at, r.card FROM desk.approval_requests r"
    " JOIN desk.accounts a ON a.account_ref = r.account_ref AND a.venue = %(venue)s"
    " WHERE r.created_at > %(since)s AND r.expires_at > %(now)s"
    " AND (r.created_at <= %(waited)s OR r.thread_id LIKE 'cycle:%%' OR r.thread_id LIKE 'rebalance:%%')"
    " AND NOT EXISTS (SELECT 1 FROM desk.approvals d WHERE d.approval_id = r.approval_id)"
    " AND NOT EXISTS (SELECT 1 FROM desk.plans p WHERE p.plan_id = r.plan_id AND p.version > r.version)"
    " AND NOT EXISTS (SELECT 1 FROM desk.alerts t WHERE t.user_id = r.user_id"
    " AND t.alert_key = 'approval:' || r.approval_id)"
    " ORDER BY r.created_at LIMIT 100"
)
_REFUSALS = (
    "SELECT j.entry_id, j.user_id, j.at, j.kind, j.subject, j.summary FROM desk.journal j"
    " WHERE j.entry_id > %(after)s AND j.kind = 'refusal' AND j.at > %(since)s"
    " AND (j.entry_id > %(place)s OR j.at > %(late)s)"
    " AND NOT EXISTS (SELECT 1 FROM desk.alerts t WHERE t.user_id = j.user_id"
    " AND t.alert_key = 'journal:' || j.entry_id)"
    " AND NOT EXISTS (SELECT 1 FROM desk.plans p WHERE p.plan_id::text = j.detail ->> 'plan_id'"
    " AND p.origin ->> 0 = 'chat') ORDER BY j.entry_id LIMIT 200"
)

_BUDGETS = (
    "SELECT u.user_id, w.day, w.at FROM desk.model_warnings w JOIN chat.users u ON u.user_id::text = w.payer"
    " WHERE w.at > %(since)s AND NOT EXISTS (SELECT 1 FROM desk.alerts t WHERE t.user_id = u.user_id"
    " AND t.alert_key = 'budget:' || w.day::text)"
)


class Place(NamedTuple):
    """How far a follower has come, and since when it follows."""

    at: int
    since: datetime


class Outbox(Tables):
    """See the module's contract."""

    # How far followers have come ----------------------------------------------------------------------------------
    async def place(self, follower: str) -> Place | None:
        """None for a follower that never was."""
        row = await self._one(
            "SELECT max(place) AS place, min(at) AS since FROM desk.follow_places WHERE follower = %(follower)s",
            {"follower": follower},
        )
        if row is None or row["place"] is None:
            return None
        return Place(int(row["place"]), row["since"].astimezone(KST))

    async def put(self, alerts: Sequence[Alert], follower: str, place: int, now: datetime) -> None:
        """Alerts and the place up to which their facts are dealt with."""
        async with connection_of(self._pool, "desk") as connection, connection.transaction():
            for alert in alerts:
                await _insert(connection, alert, now)
            await connection.execute(_PLACE, {"follower": follower, "place": place, "now": now})

    async def tell(self, alerts: Sequence[Alert], now: datetime) -> None:
        """Alerts whose facts are found again by looking for those without."""
        async with connection_of(self._pool, "desk") as connection, connection.transaction():
            for alert in alerts:
                await _insert(connection, alert, now)

    # Prices -------------------------------------------------------------------------------------------------------
    async def standings(self, rule_ids: Sequence[UUID]) -> dict[UUID, Standing]:
        rows = await self._all(
            "SELECT DISTINCT ON (rule_id) rule_id, number, armed, fired_on, seen_on, price, at"
            " FROM desk.alert_sightings WHERE rule_id = ANY(%(ids)s) ORDER BY rule_id, number DESC",
            {"ids": list(rule_ids)},
        )
        return {
            row["rule_id"]: Standing(
                row["number"], row["armed"], row["fired_on"], row["seen_on"], row["price"], row["at"].astimezone(KST)
            )
            for row in rows
        }

    async def stand(self, rule: AlertRule, standing: Standing, alert: Alert | None, now: datetime) -> bool:
        """A rule's next standing with the alert that it fires; False when somebody else wrote that number."""
        async with connection_of(self._pool, "desk") as connection, connection.transaction():
            values = {
                "rule": rule.rule_id,
                "number": standing.number,
                "armed": standing.armed,
                "fired": standing.fired_on,
                "seen": standing.seen_on,
                "price": standing.price,
                "at": standing.at,
            }
            cursor = await connection.execute(_STANDING, values)
            if await cursor.fetchone() is None:
                return False
            if alert is not None:
                await _insert(connection, alert, now)
            return True

    # People -------------------------------------------------------------------------------------------------------
    async def everybody(self, venue: str) -> list[Identity]:
        """Whose accounts trade here."""
        rows = await self._all(IDENTITY + " WHERE a.venue = %(venue)s ORDER BY a.created_at", {"venue": venue})
        return [Identity(row["user_id"], row["name"], row["account_ref"], row["venue"]) for row in rows]

    async def choices(self) -> dict[UUID, Choices]:
        """Of those who ever chose."""
        rows = await self._all(
            "SELECT DISTINCT ON (user_id) user_id, body FROM desk.alert_choices ORDER BY user_id, choice_id DESC", {}
        )
        return {row["user_id"]: choices_of(row["body"]) for row in rows}

    async def rules(self, venue: str) -> list[AlertRule]:
        """All in force at this venue."""
        rows = await self._all(
            RULES + _RULES_HERE,
            {"venue": venue},
        )
        return [rule_of(row) for row in rows]

    async def watched(self) -> list[str]:
        """Names on anybody's list, most watched first."""
        rows = await self._all(
            "SELECT ticker, count(*) FROM (SELECT DISTINCT ON (user_id, ticker) ticker, wanted FROM desk.watch_words"
            " ORDER BY user_id, ticker, word_id DESC) w WHERE wanted GROUP BY ticker ORDER BY count(*) DESC, ticker",
            {},
        )
        return [row["ticker"] for row in rows]

    # Facts in tables ----------------------------------------------------------------------------------------------
    async def waiting(self, venue: str, since: datetime, waited: datetime, now: datetime) -> list[Waiting]:
        """Open questions without an alert: of checks at once, of a conversation when older than `waited`."""
        values = {"venue": venue, "since": since, "waited": waited, "now": now}
        return [_waiting(row) for row in await self._all(_WAITING, values)]

    async def refusals(self, place: int, since: datetime, late: datetime) -> list[Line]:
        """The gate's noes to what nobody asked for in a conversation, without an alert: of journal lines after the
        place, and of those before it that are newer than `late`, because a transaction may have ended after a later
        one's."""
        values = {"after": max(0, place - _SLACK), "place": place, "since": since, "late": late}
        rows = await self._all(_REFUSALS, values)
        return [Line(**{**row, "at": row["at"].astimezone(KST)}) for row in rows]

    async def budgets(self, since: datetime) -> list[tuple[UUID, str, datetime]]:
        """(person, day, when) of warnings about the day's budget of models without an alert."""
        rows = await self._all(_BUDGETS, {"since": since})
        return [(row["user_id"], f"{row['day']:%Y-%m-%d}", row["at"].astimezone(KST)) for row in rows]

    async def last_line(self) -> int:
        row = await self._one("SELECT coalesce(max(entry_id), 0) AS last FROM desk.journal", {})
        return 0 if row is None else int(row["last"])

    # Savings ------------------------------------------------------------------------------------------------------
    async def savings(self, venue: str) -> list[Savings]:
        """Every plan that is not stopped."""
        rows = await self._all(
            SAVINGS + _SAVINGS_HERE,
            {"venue": venue},
        )
        return [savings_of(row) for row in rows]

    async def close_month(self, month: Month, alert: Alert | None) -> bool:
        """Says what became of a month, with its alert and a line of the journal; False when it was said before."""
        async with connection_of(self._pool, "desk") as connection, connection.transaction():
            cursor = await connection.execute(_MONTH, _month_row(month))
            if await cursor.fetchone() is None:
                return False
            if alert is not None:
                await _insert(connection, alert, month.at)
                await connection.execute(_JOURNAL, _journal_row(alert, month))
            return True


_MONTH = (
    "INSERT INTO desk.savings_runs (savings_id, month, outcome, budget, ordered, plan_id, text, at) VALUES (%(id)s,"
    " %(month)s, %(outcome)s, %(budget)s, %(ordered)s, %(plan)s, %(text)s, %(at)s) ON CONFLICT DO NOTHING"
    " RETURNING month"
)
_JOURNAL = (
    "INSERT INTO desk.journal (user_id, at, kind, subject, summary, detail) VALUES (%(user)s, %(at)s, 'savings',"
    " %(subject)s, %(summary)s, %(detail)s)"
)


async def _insert(connection: AsyncConnection[DictRow], alert: Alert, now: datetime) -> None:
    values: Mapping[str, Any] = {
        "user": alert.user_id,
        "key": alert.key,
        "kind": alert.kind.value,
        "ticker": alert.ticker,
        "text": alert.text,
        "urgent": alert.urgent,
        "at": alert.at,
        "now": now,
    }
    await connection.execute(_ALERT, values)


def _waiting(row: DictRow) -> Waiting:
    legs, limits = of_card(row["card"])
    return Waiting(
        row["approval_id"],
        row["user_id"],
        row["created_at"].astimezone(KST),
        row["expires_at"].astimezone(KST),
        legs,
        limits,
    )


def _month_row(month: Month) -> dict[str, Any]:
    return {
        "id": month.savings_id,
        "month": month.month,
        "outcome": month.outcome.value,
        "budget": month.budget,
        "ordered": month.ordered,
        "plan": month.plan_id,
        "text": month.text,
        "at": month.at,
    }


def _journal_row(alert: Alert, month: Month) -> dict[str, Any]:
    detail = {
        "savings_id": str(month.savings_id),
        "month": month.month,
        "outcome": month.outcome.value,
        "plan_id": None if month.plan_id is None else str(month.plan_id),
    }
    return {
        "user": alert.user_id,
        "at": month.at,
        "subject": alert.ticker,
        "summary": alert.text,
        "detail": Jsonb(detail),
    }
