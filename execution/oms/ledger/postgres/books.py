"""The book's rows in PostgreSQL: confirmed fills, sleeves, cash flows, day marks, exit mandates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple
from datetime import date, datetime
from typing import Any
from uuid import UUID

from domain.book import Position
from domain.orders.types import Side
from execution.oms.ledger.postgres.session import Session
from execution.oms.ledger.rows import DayLine, Fill, Protected, Sleeve, TickerTotals, Totals

_COLUMNS = (
    "account_ref, trade_date, branch, odno, intent_id, ticker, side, sleeve, quantity, amount, cumulative, fee, tax,"
    " realised, estimated, at"
)
_FIELDS = tuple(name.strip() for name in _COLUMNS.split(","))


class Books:
    def __init__(self, session: Session) -> None:
        self._db = session

    async def add_fill(self, fill: Fill) -> None:
        marks = ", ".join(["%s"] * len(_FIELDS))
        await self._db.execute(
            f"INSERT INTO ledger.fills ({_COLUMNS}) VALUES ({marks})",  # noqa: S608
            [getattr(fill, name) for name in _FIELDS],
        )

    async def fills(self, account_ref: str, day: date | None = None) -> list[Fill]:
        where, arguments = "account_ref = %s", [account_ref]
        given: list[Any] = list(arguments)
        if day is not None:
            where += " AND trade_date = %s"
            given.append(day)
        return await self._fills(where, given)

    async def fills_of(self, intent_id: UUID) -> list[Fill]:
        return await self._fills("intent_id = %s", (intent_id,))

    async def totals(self, account_ref: str, day: date | None = None) -> Totals:
        cursor = await self._db.execute(
            "SELECT coalesce(sum(realised), 0), coalesce(sum(fee), 0), coalesce(sum(tax), 0),"
            " coalesce(sum(amount) FILTER (WHERE side = 'buy'), 0),"
            " coalesce(sum(amount) FILTER (WHERE side = 'sell'), 0)"
            " FROM ledger.fills WHERE account_ref = %s AND (%s::date IS NULL OR trade_date = %s)",
            (account_ref, day, day),
        )
        row = await cursor.fetchone()
        assert row is not None
        return Totals(*(int(value) for value in row))

    async def totals_by_ticker(self, account_ref: str) -> list[TickerTotals]:
        cursor = await self._db.execute(
            "SELECT ticker, sum(realised), sum(fee), sum(tax) FROM ledger.fills WHERE account_ref = %s"
            " GROUP BY ticker ORDER BY ticker",
            (account_ref,),
        )
        return [TickerTotals(r[0], int(r[1]), int(r[2]), int(r[3])) for r in await cursor.fetchall()]

    async def sleeves(self, account_ref: str, ticker: str | None = None) -> list[Sleeve]:
        cursor = await self._db.execute(
            "SELECT ticker, sleeve, basis_quantity, basis_cost, sold, realised, fees, taxes FROM ledger.sleeves"
            " WHERE account_ref = %s AND (%s::text IS NULL OR ticker = %s) ORDER BY ticker, sleeve",
            (account_ref, ticker, ticker),
        )
        return [Sleeve(row[0], row[1], Position(*row[2:])) for row in await cursor.fetchall()]

    async def put_sleeve(self, account_ref: str, sleeve: Sleeve, at: datetime) -> None:
        await self._db.execute(
            "INSERT INTO ledger.sleeves (account_ref, ticker, sleeve, basis_quantity, basis_cost, sold, realised, fees,"
            " taxes, updated_at) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"
            " ON CONFLICT (account_ref, ticker, sleeve) DO UPDATE SET basis_quantity = excluded.basis_quantity,"
            " basis_cost = excluded.basis_cost, sold = excluded.sold, realised = excluded.realised,"
            " fees = excluded.fees, taxes = excluded.taxes, updated_at = excluded.updated_at",
            (account_ref, sleeve.ticker, sleeve.sleeve, *astuple(sleeve.position), at),
        )

    async def add_cash_flow(self, account_ref: str, day: date, kind: str, amount: int, note: str, at: datetime) -> None:
        await self._db.execute(
            "INSERT INTO ledger.cash_flows (account_ref, trade_date, kind, amount, note, at)"
            " VALUES (%s, %s, %s, %s, %s, %s)",
            (account_ref, day, kind, amount, note, at),
        )

    async def cash_flow_total(self, account_ref: str) -> int:
        cursor = await self._db.execute(
            "SELECT coalesce(sum(amount), 0) FROM ledger.cash_flows WHERE account_ref = %s", (account_ref,)
        )
        row = await cursor.fetchone()
        assert row is not None
        return int(row[0])

    async def base_capital(self, account_ref: str) -> int | None:
        cursor = await self._db.execute(
            "SELECT base_capital FROM ledger.accounts WHERE account_ref = %s", (account_ref,)
        )
        row = await cursor.fetchone()
        return None if row is None or row[0] is None else int(row[0])

    async def set_base_capital(self, account_ref: str, amount: int) -> None:
        await self._db.execute(
            "UPDATE ledger.accounts SET base_capital = %s WHERE account_ref = %s", (amount, account_ref)
        )

    async def mark(self, account_ref: str, day: date) -> tuple[int, int] | None:
        """(value at the day's start, highest value seen)."""
        cursor = await self._db.execute(
            "SELECT start_value, high_water FROM ledger.day_marks WHERE account_ref = %s AND trade_date = %s",
            (account_ref, day),
        )
        row = await cursor.fetchone()
        return None if row is None else (int(row[0]), int(row[1]))

    async def days(self, account_ref: str, limit: int) -> list[DayLine]:
        """The newest `limit` days with a mark, a fill or a flow, oldest first."""
        cursor = await self._db.execute(
            "SELECT trade_date, sum(start_value), sum(high_water), sum(realised), sum(fee), sum(tax), sum(flow) FROM ("
            " SELECT trade_date, start_value, high_water, 0 AS realised, 0 AS fee, 0 AS tax, 0 AS flow"
            " FROM ledger.day_marks WHERE account_ref = %(account)s"
            " UNION ALL SELECT trade_date, 0, 0, realised, fee, tax, 0 FROM ledger.fills"
            " WHERE account_ref = %(account)s"
            " UNION ALL SELECT trade_date, 0, 0, 0, 0, 0, amount FROM ledger.cash_flows"
            " WHERE account_ref = %(account)s AND kind = 'external'"
            ") lines GROUP BY trade_date ORDER BY trade_date DESC LIMIT %(limit)s",
            {"account": account_ref, "limit": limit},
        )
        return [DayLine(row[0], *(int(value) for value in row[1:])) for row in reversed(await cursor.fetchall())]

    async def high_water(self, account_ref: str) -> int | None:
        cursor = await self._db.execute(
            "SELECT max(high_water) FROM ledger.day_marks WHERE account_ref = %s", (account_ref,)
        )
        row = await cursor.fetchone()
        return None if row is None or row[0] is None else int(row[0])

    async def put_mark(self, account_ref: str, day: date, value: int) -> None:
        """The first value of a day is its start; later ones can only raise the high-water mark."""
        await self._db.execute(
            "INSERT INTO ledger.day_marks (account_ref, trade_date, start_value, high_water) VALUES (%s, %s, %s, %s)"
            " ON CONFLICT (account_ref, trade_date)"
            " DO UPDATE SET high_water = greatest(ledger.day_marks.high_water, excluded.high_water)",
            (account_ref, day, value, value),
        )

    async def shift_marks(self, account_ref: str, day: date, amount: int) -> None:
        """An external flow is neither profit nor loss: the day's start and every high move with it."""
        await self._db.execute(
            "UPDATE ledger.day_marks SET high_water = high_water + %s,"
            " start_value = start_value + CASE WHEN trade_date = %s THEN %s ELSE 0 END WHERE account_ref = %s",
            (amount, day, amount, account_ref),
        )

    # Exit mandates --------------------------------------------------------------------------------------------------

    async def open_exit_mandate(
        self, new_id: UUID, account_ref: str, ticker: str, sleeve: str, authority: str, source: UUID, at: datetime
    ) -> bool:
        """False when the position already has one."""
        cursor = await self._db.execute(
            "INSERT INTO ledger.exit_mandates"
            " (exit_mandate_id, account_ref, ticker, sleeve, generation, authority, authority_id, created_at)"
            " SELECT %s, %s, %s, %s, coalesce(max(generation), 0) + 1, %s, %s, %s FROM ledger.exit_mandates"
            " WHERE account_ref = %s AND ticker = %s AND sleeve = %s ON CONFLICT DO NOTHING",
            (new_id, account_ref, ticker, sleeve, authority, source, at, account_ref, ticker, sleeve),
        )
        return cursor.rowcount == 1

    async def close_exit_mandate(self, account_ref: str, ticker: str, sleeve: str, at: datetime) -> None:
        await self._db.execute(
            "UPDATE ledger.exit_mandates SET closed_at = %s"
            " WHERE account_ref = %s AND ticker = %s AND sleeve = %s AND closed_at IS NULL",
            (at, account_ref, ticker, sleeve),
        )

    async def exit_mandate(self, exit_mandate_id: UUID, account_ref: str) -> tuple[str, str, UUID] | None:
        """(ticker, sleeve, approval or mandate of the entry) of a live exit mandate."""
        cursor = await self._db.execute(
            "SELECT ticker, sleeve, authority_id FROM ledger.exit_mandates"
            " WHERE exit_mandate_id = %s AND account_ref = %s AND closed_at IS NULL",
            (exit_mandate_id, account_ref),
        )
        row = await cursor.fetchone()
        return None if row is None else (str(row[0]), str(row[1]), row[2])

    async def next_exit_generation(self, account_ref: str, ticker: str, sleeve: str) -> int:
        cursor = await self._db.execute(
            "SELECT coalesce(max(generation), 0) + 1 FROM ledger.exit_mandates"
            " WHERE account_ref = %s AND ticker = %s AND sleeve = %s",
            (account_ref, ticker, sleeve),
        )
        row = await cursor.fetchone()
        assert row is not None
        return int(row[0])

    async def protected(self, environment: str, account_ref: str | None = None) -> list[Protected]:
        cursor = await self._db.execute(
            "SELECT m.exit_mandate_id, m.account_ref, m.ticker, m.sleeve, m.authority_id,"
            " coalesce((SELECT min(f.trade_date) FROM ledger.fills f WHERE f.account_ref = m.account_ref"
            "  AND f.ticker = m.ticker AND f.sleeve = m.sleeve AND f.side = 'buy' AND f.at >= m.created_at),"
            "  (m.created_at AT TIME ZONE 'Asia/Seoul')::date),"
            " (SELECT count(*) FROM ledger.intents i"
            "  WHERE i.authority = 'exit' AND i.authority_id = m.exit_mandate_id),"
            " s.basis_quantity, s.basis_cost, s.sold, s.realised, s.fees, s.taxes"
            " FROM ledger.exit_mandates m JOIN ledger.accounts a USING (account_ref)"
            " JOIN ledger.sleeves s USING (account_ref, ticker, sleeve)"
            " WHERE m.closed_at IS NULL AND a.environment = %s AND (%s::text IS NULL OR m.account_ref = %s)"
            " AND s.basis_quantity > s.sold ORDER BY m.account_ref, m.ticker, m.sleeve",
            (environment, account_ref, account_ref),
        )
        return [
            Protected(row[0], row[1], row[2], row[3], row[4], Position(*row[7:]), row[5], int(row[6]))
            for row in await cursor.fetchall()
        ]

    async def _fills(self, where: str, arguments: Sequence[Any]) -> list[Fill]:
        cursor = await self._db.execute(f"SELECT {_COLUMNS} FROM ledger.fills WHERE {where} ORDER BY id", arguments)  # noqa: S608
        found = []
        for row in await cursor.fetchall():
            values: dict[str, Any] = dict(zip(_FIELDS, row, strict=True))
            values["side"] = Side(values["side"])
            found.append(Fill(**values))
        return found
