"""What a person watches, wants to hear of and saves into, in the database: `tools.watching.WatchPort`.

Contract: over a pool of dictionary rows that logs in as quartz_graph, which adds rows and changes none. Of two equal
words at once both may be kept; they say the same. A database that does not answer raises PortUnavailable.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from domain.clock import KST
from domain.savings import Done, Month, Savings, State
from domain.watch import Alert, AlertKind, AlertRule, Choices, Mood, StoredAlert, choices_of
from tools.store.desk_tables import Tables

WATCHED = (
    "SELECT ticker FROM (SELECT DISTINCT ON (ticker) ticker, wanted, word_id FROM desk.watch_words"
    " WHERE user_id = %(user)s ORDER BY ticker, word_id DESC) w WHERE wanted ORDER BY word_id"
)
RULES = (
    "SELECT r.rule_id, r.user_id, r.account_ref, r.kind, r.ticker, r.direction, r.level, r.change_bps, r.mood,"
    " r.made_at FROM desk.alert_rules r WHERE NOT EXISTS"
    " (SELECT 1 FROM desk.alert_rule_ends e WHERE e.rule_id = r.rule_id)"
)
READ = (
    "INSERT INTO desk.alert_reads (user_id, alert_key, channel, at) SELECT user_id, alert_key, %(channel)s, %(at)s"
    " FROM desk.alerts WHERE user_id = %(user)s AND alert_key = ANY(%(keys)s) ON CONFLICT DO NOTHING"
)
INBOX = (
    "SELECT a.user_id, a.alert_key, a.number, a.kind, a.ticker, a.text, a.urgent, a.at, a.made_at,"
    " r.alert_key IS NOT NULL AS is_read FROM desk.alerts a"
    " LEFT JOIN desk.alert_reads r ON r.user_id = a.user_id AND r.alert_key = a.alert_key"
    " WHERE a.user_id = %(user)s AND (NOT %(unread)s OR r.alert_key IS NULL) ORDER BY a.number DESC LIMIT %(limit)s"
)
SAVINGS = (
    "SELECT p.savings_id, p.user_id, p.account_ref, p.mandate_id, p.amount, p.day, p.tickers, p.made_at,"
    " coalesce(w.state, 'active') AS state, w.at AS resumed_at FROM desk.savings_plans p LEFT JOIN LATERAL"
    " (SELECT state, at FROM desk.savings_words s WHERE s.savings_id = p.savings_id ORDER BY word_id DESC LIMIT 1) w"
    " ON true WHERE coalesce(w.state, 'active') <> 'stopped'"
)
MONTHS = (
    "SELECT savings_id, month, outcome, budget, ordered, plan_id, text, at FROM desk.savings_runs"
    " WHERE savings_id = %(id)s ORDER BY month"
)


class Watching(Tables):
    """See the module's contract."""

    async def watch_list(self, user_id: UUID) -> list[str]:
        return [row["ticker"] for row in await self._all(WATCHED, {"user": user_id})]

    async def watch(self, user_id: UUID, ticker: str, wanted: bool, at: datetime) -> None:
        if (ticker in await self.watch_list(user_id)) == wanted:
            return
        await self._do(
            "INSERT INTO desk.watch_words (user_id, ticker, wanted, at) VALUES (%(user)s, %(ticker)s, %(wanted)s,"
            " %(at)s)",
            {"user": user_id, "ticker": ticker, "wanted": wanted, "at": at},
        )

    async def rules(self, user_id: UUID) -> list[AlertRule]:
        rows = await self._all(RULES + " AND r.user_id = %(user)s ORDER BY r.made_at, r.rule_id", {"user": user_id})
        return [rule_of(row) for row in rows]

    async def add_rule(self, rule: AlertRule) -> None:
        await self._do(
            "INSERT INTO desk.alert_rules (rule_id, user_id, account_ref, kind, ticker, direction, level, change_bps,"
            " mood, made_at) VALUES (%(id)s, %(user)s, %(account)s, %(kind)s, %(ticker)s, %(direction)s, %(level)s,"
            " %(bps)s, %(mood)s, %(at)s) ON CONFLICT (rule_id) DO NOTHING",
            {
                "id": rule.rule_id,
                "user": rule.user_id,
                "account": rule.account_ref,
                "kind": rule.kind.value,
                "ticker": rule.ticker,
                "direction": rule.direction,
                "level": rule.level,
                "bps": rule.change_bps,
                "mood": "" if rule.mood is None else rule.mood.value,
                "at": rule.made_at,
            },
        )

    async def end_rules(self, user_id: UUID, rule_ids: Sequence[UUID], at: datetime) -> None:
        await self._do(
            "INSERT INTO desk.alert_rule_ends (rule_id, at) SELECT rule_id, %(at)s FROM desk.alert_rules"
            " WHERE user_id = %(user)s AND rule_id = ANY(%(ids)s) ON CONFLICT DO NOTHING",
            {"user": user_id, "ids": list(rule_ids), "at": at},
        )

    async def choices(self, user_id: UUID) -> Choices:
        row = await self._one(
            "SELECT body FROM desk.alert_choices WHERE user_id = %(user)s ORDER BY choice_id DESC LIMIT 1",
            {"user": user_id},
        )
        return choices_of(None if row is None else row["body"])

    async def choose(self, user_id: UUID, choices: Choices, at: datetime) -> None:
        await self._do(
            "INSERT INTO desk.alert_choices (user_id, body, at) VALUES (%(user)s, %(body)s, %(at)s)",
            {"user": user_id, "body": Jsonb(choices.to_json()), "at": at},
        )

    async def inbox(self, user_id: UUID, limit: int = 20, *, unread_only: bool = False) -> list[StoredAlert]:
        rows = await self._all(INBOX, {"user": user_id, "unread": unread_only, "limit": limit})
        return [stored_alert(row) for row in rows]

    async def mark_read(self, user_id: UUID, keys: Sequence[str], channel: str, at: datetime) -> None:
        await self._do(READ, {"user": user_id, "keys": list(keys), "channel": channel, "at": at})

    async def savings(self, account_ref: str) -> list[Savings]:
        rows = await self._all(
            SAVINGS + " AND p.account_ref = %(account)s ORDER BY p.made_at, p.savings_id", {"account": account_ref}
        )
        return [savings_of(row) for row in rows]

    async def add_savings(self, savings: Savings) -> None:
        await self._do(
            "INSERT INTO desk.savings_plans (savings_id, user_id, account_ref, mandate_id, amount, day, tickers,"
            " made_at) VALUES (%(id)s, %(user)s, %(account)s, %(mandate)s, %(amount)s, %(day)s, %(tickers)s, %(at)s)"
            " ON CONFLICT (savings_id) DO NOTHING",
            {
                "id": savings.savings_id,
                "user": savings.user_id,
                "account": savings.account_ref,
                "mandate": savings.mandate_id,
                "amount": savings.amount,
                "day": savings.day,
                "tickers": list(savings.tickers),
                "at": savings.made_at,
            },
        )

    async def say_savings(self, savings_id: UUID, state: State, at: datetime) -> None:
        await self._do(
            "INSERT INTO desk.savings_words (savings_id, state, at) VALUES (%(id)s, %(state)s, %(at)s)",
            {"id": savings_id, "state": state.value, "at": at},
        )

    async def months(self, savings_id: UUID) -> list[Month]:
        return [month_of(row) for row in await self._all(MONTHS, {"id": savings_id})]


def rule_of(row: DictRow) -> AlertRule:
    return AlertRule(
        rule_id=row["rule_id"],
        user_id=row["user_id"],
        account_ref=row["account_ref"],
        kind=AlertKind(row["kind"]),
        ticker=row["ticker"],
        made_at=row["made_at"].astimezone(KST),
        direction=row["direction"],
        level=row["level"],
        change_bps=row["change_bps"],
        mood=Mood(row["mood"]) if row["mood"] else None,
    )


def stored_alert(row: DictRow) -> StoredAlert:
    alert = Alert(
        user_id=row["user_id"],
        key=row["alert_key"],
        kind=AlertKind(row["kind"]),
        text=row["text"],
        at=row["at"].astimezone(KST),
        ticker=row["ticker"],
        urgent=row["urgent"],
    )
    return StoredAlert(alert, row["number"], row["made_at"].astimezone(KST), row["is_read"])


def savings_of(row: DictRow) -> Savings:
    made, said, state = row["made_at"].astimezone(KST), row["resumed_at"], State(row["state"])
    resumed = said.astimezone(KST) if said is not None and state is State.ACTIVE else None
    return Savings(**{**row, "tickers": tuple(row["tickers"]), "made_at": made, "state": state, "resumed_at": resumed})


def month_of(row: DictRow) -> Month:
    return Month(**{**row, "outcome": Done(row["outcome"]), "at": row["at"].astimezone(KST)})
