"""Intents, reservations, consumed approvals and requests in PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from operator import attrgetter
from typing import Any
from uuid import UUID

from psycopg.rows import TupleRow
from psycopg.types.json import Jsonb

from domain.orders.types import TERMINAL, Initiative, IntentState, OrderType, Side
from execution.oms.ledger import columns
from execution.oms.ledger.postgres.session import Session
from execution.oms.ledger.rows import ANSWERED, Intent, Pace, Request, Reservation

_COLUMNS = (
    "intent_id, plan_id, version, leg, account_ref, user_id, ticker, side, order_type, limit_price, quantity,"
    " not_after, initiative, after_leg, sleeve, reason, payload_hash, authority, authority_id, profile_version,"
    " strategy_id, plan_expires_at, trade_date, state, state_note, filled, provisional, filled_amount, fee, tax,"
    " amount_estimated, epoch, sent_at, send_deadline, baseline, uncertain_since, created_at, updated_at, stop_price,"
    " replaces, whole"
)
_FIELDS = tuple(name.strip() for name in _COLUMNS.split(","))
_ENDED = "('" + "', '".join(sorted(TERMINAL)) + "')"
_ANSWERED = sorted(state.value for state in ANSWERED)


def insert_intents(names: Iterable[str], rows: str) -> str:
    """The statement for new intents; what is not named has its default. An older version that was withdrawn unsent
    gives up its row."""
    taken_over = ", ".join(f"{name} = excluded.{name}" for name in _FIELDS if name != "intent_id")
    return (
        f"INSERT INTO ledger.intents AS i ({', '.join(names)}) {rows}"
        f" ON CONFLICT (intent_id) DO UPDATE SET {taken_over}"
        " WHERE i.state = 'WITHDRAWN' AND i.sent_at IS NULL AND i.version < excluded.version"
        " RETURNING intent_id, plan_id, version, account_ref, ticker, authority_id, state, state_note"
    )


INSERT_INTENT = insert_intents(_FIELDS, f"VALUES ({', '.join(['%s'] * len(_FIELDS))})")
RESERVED_AGAIN = (
    "ON CONFLICT (intent_id) DO UPDATE SET cash = excluded.cash, shares = excluded.shares, acked_at = NULL,"
    " released_at = NULL"
)
# Looking a member up by its word is a tenth of calling the enum, and is done four times a row.
SIDES = {side.value: side for side in Side}
TYPES = {kind.value: kind for kind in OrderType}
STATES = {state.value: state for state in IntentState}
_INITIATIVES = {who.value: who for who in Initiative}
_values_of = attrgetter(*_FIELDS)
_BASELINE = _FIELDS.index("baseline")
_REQUEST = (
    "account_ref, request_id, intent_id, kind, new_price, state, odno, code, message, asked_by, created_at, updated_at,"
    " trade_date, branch, number"
)


def _intent(row: TupleRow) -> Intent:
    values: dict[str, Any] = dict(zip(_FIELDS, row, strict=True))
    values["side"] = SIDES[values["side"]]
    values["order_type"] = TYPES[values["order_type"]]
    values["initiative"] = _INITIATIVES[values["initiative"]]
    values["state"] = STATES[values["state"]]
    return Intent(**values)


def intent_values(intent: Intent) -> list[Any]:
    """In the order of `INSERT_INTENT`."""
    values = list(_values_of(intent))
    if values[_BASELINE] is not None:
        values[_BASELINE] = Jsonb(dict(values[_BASELINE]))
    return values


class Intents:
    def __init__(self, session: Session) -> None:
        self._db = session

    async def get(self, intent_id: UUID) -> Intent | None:
        rows = await self._select("intent_id = %s", (intent_id,))
        return rows[0] if rows else None

    async def of_plan(self, plan_id: UUID) -> list[Intent]:
        return await self._select("plan_id = %s ORDER BY leg", (plan_id,))

    async def open(self, account_ref: str) -> list[Intent]:
        """Everything not ended, oldest first."""
        return await self._select(
            f"account_ref = %s AND state NOT IN {_ENDED} ORDER BY created_at, leg", (account_ref,)
        )

    async def open_everywhere(self, environment: str) -> list[Intent]:
        return await self._select(
            "account_ref IN (SELECT account_ref FROM ledger.accounts WHERE environment = %s)"  # noqa: S608
            f" AND state NOT IN {_ENDED} ORDER BY created_at, leg",
            (environment,),
        )

    async def in_state(self, account_ref: str, *states: IntentState) -> list[Intent]:
        return await self._select(
            "account_ref = %s AND state = ANY(%s) ORDER BY created_at, leg",
            (account_ref, [state.value for state in states]),
        )

    async def created_on(self, account_ref: str, day: date) -> list[Intent]:
        return await self._select("account_ref = %s AND trade_date = %s ORDER BY created_at, leg", (account_ref, day))

    async def newest(
        self,
        account_ref: str,
        *,
        open_only: bool = False,
        plan_id: UUID | None = None,
        since: date | None = None,
        limit: int = 50,
    ) -> list[Intent]:
        where, values = "account_ref = %s", [account_ref]
        arguments: list[Any] = list(values)
        if open_only:
            where += f" AND state NOT IN {_ENDED}"
        if plan_id is not None:
            where += " AND plan_id = %s"
            arguments.append(plan_id)
        if since is not None:
            where += " AND trade_date >= %s"
            arguments.append(since)
        arguments.append(limit)
        return await self._select(f"{where} ORDER BY created_at DESC, leg LIMIT %s", arguments)

    async def insert(self, intent: Intent) -> None:
        """Also takes over the row of an older version that was withdrawn unsent. LookupError when the id is taken."""
        cursor = await self._db.execute(INSERT_INTENT, intent_values(intent))
        if await cursor.fetchone() is None:
            raise LookupError(f"expected intent {intent.intent_id} to be free, was in the ledger")

    async def change(self, intent_id: UUID, at: datetime, **values: Any) -> None:
        columns.require(values, columns.INTENT, "an intent")
        names = sorted(values)
        given = [Jsonb(values[n]) if n == "baseline" and values[n] is not None else values[n] for n in names]
        assignments = "".join(f"{name} = %s, " for name in names)
        cursor = await self._db.execute(
            f"UPDATE ledger.intents SET {assignments}updated_at = %s WHERE intent_id = %s",  # noqa: S608
            (*given, at, intent_id),
        )
        if cursor.rowcount != 1:
            raise LookupError(f"expected intent {intent_id}, was not there")

    async def consume_approval(
        self, approval_id: UUID, account_ref: str, plan_id: UUID, version: int, at: datetime
    ) -> bool:
        """False when somebody consumed it before: the primary key decides."""
        cursor = await self._db.execute(
            "INSERT INTO ledger.consumed_approvals (approval_id, account_ref, plan_id, version, at)"
            " VALUES (%s, %s, %s, %s, %s) ON CONFLICT DO NOTHING RETURNING 1",
            (approval_id, account_ref, plan_id, version, at),
        )
        return await cursor.fetchone() is not None

    # Reservations ---------------------------------------------------------------------------------------------------

    async def reserve(self, reservation: Reservation) -> None:
        await self._db.execute(
            "INSERT INTO ledger.reservations (intent_id, account_ref, ticker, cash, shares)"  # noqa: S608
            f" VALUES (%s, %s, %s, %s, %s) {RESERVED_AGAIN}",
            (
                reservation.intent_id,
                reservation.account_ref,
                reservation.ticker,
                reservation.cash,
                reservation.shares,
            ),
        )

    async def resize_reservation(self, intent_id: UUID, cash: int, shares: int) -> None:
        await self._db.execute(
            "UPDATE ledger.reservations SET cash = %s, shares = %s WHERE intent_id = %s", (cash, shares, intent_id)
        )

    async def reservation_acked(self, intent_id: UUID, at: datetime) -> None:
        await self._db.execute(
            "UPDATE ledger.reservations SET acked_at = coalesce(acked_at, %s) WHERE intent_id = %s", (at, intent_id)
        )

    async def release(self, intent_id: UUID, at: datetime) -> None:
        await self._db.execute(
            "UPDATE ledger.reservations SET released_at = coalesce(released_at, %s) WHERE intent_id = %s",
            (at, intent_id),
        )

    async def hold_again(self, intent_id: UUID) -> None:
        """A released intent came back to life by late evidence."""
        await self._db.execute("UPDATE ledger.reservations SET released_at = NULL WHERE intent_id = %s", (intent_id,))

    async def held(self, account_ref: str) -> list[Reservation]:
        cursor = await self._db.execute(
            "SELECT intent_id, account_ref, ticker, cash, shares, acked_at, released_at FROM ledger.reservations"
            " WHERE account_ref = %s AND released_at IS NULL",
            (account_ref,),
        )
        return [Reservation(*row) for row in await cursor.fetchall()]

    async def spent_since(self, account_ref: str, moment: datetime) -> int:
        """Won that fills took of buys which the broker acknowledged after `moment`."""
        cursor = await self._db.execute(
            "SELECT coalesce(sum(i.filled_amount + i.fee), 0) FROM ledger.intents i JOIN ledger.reservations r"
            " USING (intent_id) WHERE i.account_ref = %s AND i.side = 'buy' AND r.acked_at > %s",
            (account_ref, moment),
        )
        row = await cursor.fetchone()
        assert row is not None
        return int(row[0])

    async def pace(self, account_ref: str, day: date, since: datetime, limit: int) -> Pace:
        cursor = await self._db.execute(
            "SELECT (SELECT count(*) FROM ledger.intents WHERE account_ref = %(account)s"
            "   AND created_at > %(since)s - interval '1 day' AND sent_at > %(since)s)"
            " + (SELECT count(*) FROM ledger.requests WHERE account_ref = %(account)s AND created_at > %(since)s"
            "   AND state <> 'ASKED'),"
            " ARRAY(SELECT state FROM ledger.intents WHERE account_ref = %(account)s AND trade_date = %(day)s"
            "   AND sent_at IS NOT NULL AND state = ANY(%(answered)s) ORDER BY sent_at DESC LIMIT %(limit)s)",
            {"account": account_ref, "since": since, "day": day, "answered": _ANSWERED, "limit": limit},
        )
        row = await cursor.fetchone()
        assert row is not None
        return Pace(int(row[0]), tuple(IntentState(state) for state in row[1]))

    # Cancels and revisions ------------------------------------------------------------------------------------------

    async def request(self, account_ref: str, request_id: str) -> Request | None:
        rows = await self._requests("account_ref = %s AND request_id = %s", (account_ref, request_id))
        return rows[0] if rows else None

    async def requests_pending(self, account_ref: str) -> list[Request]:
        return await self._requests(
            "account_ref = %s AND state = ANY(%s) ORDER BY created_at", (account_ref, list(columns.PENDING))
        )

    async def requests_of(self, intent_id: UUID) -> list[Request]:
        return await self._requests("intent_id = %s ORDER BY created_at", (intent_id,))

    async def add_request(self, request: Request) -> bool:
        """False when that request id is taken."""
        cursor = await self._db.execute(
            f"INSERT INTO ledger.requests ({_REQUEST}) VALUES"  # noqa: S608
            " (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING",
            tuple(getattr(request, name.strip()) for name in _REQUEST.split(",")),
        )
        return cursor.rowcount == 1

    async def change_request(self, account_ref: str, request_id: str, at: datetime, **values: Any) -> None:
        columns.require(values, columns.REQUEST, "a request")
        names = sorted(values)
        assignments = "".join(f"{name} = %s, " for name in names)
        await self._db.execute(
            f"UPDATE ledger.requests SET {assignments}updated_at = %s"  # noqa: S608
            " WHERE account_ref = %s AND request_id = %s",
            (*(values[name] for name in names), at, account_ref, request_id),
        )

    async def _requests(self, where: str, arguments: Sequence[Any]) -> list[Request]:
        cursor = await self._db.execute(f"SELECT {_REQUEST} FROM ledger.requests WHERE {where}", arguments)  # noqa: S608
        return [Request(*row) for row in await cursor.fetchall()]

    async def _select(self, where: str, arguments: Sequence[Any]) -> list[Intent]:
        cursor = await self._db.execute(f"SELECT {_COLUMNS} FROM ledger.intents WHERE {where}", arguments)  # noqa: S608
        return [_intent(row) for row in await cursor.fetchall()]
