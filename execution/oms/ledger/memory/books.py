"""The book's rows in memory: confirmed fills, sleeves, cash flows, day marks, exit mandates."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from uuid import UUID

from domain.clock import KST
from domain.orders.types import Side
from execution.oms.ledger.memory.rows import CashFlowRow, DayMarkRow, ExitMandateRow, FillRow, SleeveRow
from execution.oms.ledger.memory.schema import Tables
from execution.oms.ledger.memory.transaction import Transaction
from execution.oms.ledger.memory.values import utc
from execution.oms.ledger.rows import DayLine, Fill, Protected, Sleeve, TickerTotals, Totals


class Books:
    def __init__(self, transaction: Transaction, tables: Tables) -> None:
        self._tx = transaction
        self._t = tables

    async def add_fill(self, fill: Fill) -> None:
        await self._tx.turn()
        row = FillRow(self._t.fills.next_number(), replace(fill, side=Side(fill.side), at=utc(fill.at)))
        await self._tx.put(self._t.fills, row)

    async def fills(self, account_ref: str, day: date | None = None) -> list[Fill]:
        await self._tx.turn()
        return self._fills(account_ref, day)

    async def fills_of(self, intent_id: UUID) -> list[Fill]:
        await self._tx.turn()
        return _in_order(self._tx.find(self._t.fills, "intent", intent_id))

    async def totals(self, account_ref: str, day: date | None = None) -> Totals:
        await self._tx.turn()
        return self.sums(account_ref, day)

    def sums(self, account_ref: str, day: date | None) -> Totals:
        fills = self._fills(account_ref, day)
        return Totals(
            realised=sum(fill.realised for fill in fills),
            fee=sum(fill.fee for fill in fills),
            tax=sum(fill.tax for fill in fills),
            bought=sum(fill.amount for fill in fills if fill.side is Side.BUY),
            sold=sum(fill.amount for fill in fills if fill.side is Side.SELL),
        )

    async def totals_by_ticker(self, account_ref: str) -> list[TickerTotals]:
        await self._tx.turn()
        sums: dict[str, TickerTotals] = {}
        for fill in self._fills(account_ref, None):
            was = sums.get(fill.ticker, TickerTotals(fill.ticker, 0, 0, 0))
            sums[fill.ticker] = TickerTotals(
                fill.ticker, was.realised + fill.realised, was.fee + fill.fee, was.tax + fill.tax
            )
        return [sums[ticker] for ticker in sorted(sums)]

    async def sleeves(self, account_ref: str, ticker: str | None = None) -> list[Sleeve]:
        await self._tx.turn()
        return self.parts(account_ref, ticker)

    def parts(self, account_ref: str, ticker: str | None = None) -> list[Sleeve]:
        found = [row.sleeve for row in self._tx.find(self._t.sleeves, "account", account_ref)]
        wanted = [sleeve for sleeve in found if ticker is None or sleeve.ticker == ticker]
        return sorted(wanted, key=lambda sleeve: (sleeve.ticker, sleeve.sleeve))

    async def put_sleeve(self, account_ref: str, sleeve: Sleeve, at: datetime) -> None:
        await self._tx.turn()
        await self._tx.put(self._t.sleeves, SleeveRow(account_ref, sleeve))

    async def add_cash_flow(self, account_ref: str, day: date, kind: str, amount: int, note: str, at: datetime) -> None:
        await self._tx.turn()
        row = CashFlowRow(self._t.cash_flows.next_number(), account_ref, day, kind, amount, note)
        await self._tx.put(self._t.cash_flows, row)

    async def cash_flow_total(self, account_ref: str) -> int:
        await self._tx.turn()
        return sum(flow.amount for flow in self._tx.find(self._t.cash_flows, "account", account_ref))

    async def base_capital(self, account_ref: str) -> int | None:
        await self._tx.turn()
        account = self._tx.get(self._t.accounts, account_ref)
        return None if account is None else account.base_capital

    async def set_base_capital(self, account_ref: str, amount: int) -> None:
        await self._tx.turn()
        account = await self._tx.lock_key(self._t.accounts, account_ref)
        if account is not None:
            await self._tx.put(self._t.accounts, account._replace(base_capital=amount))

    async def mark(self, account_ref: str, day: date) -> tuple[int, int] | None:
        await self._tx.turn()
        mark = self._tx.get(self._t.day_marks, (account_ref, day))
        return None if mark is None else (mark.start_value, mark.high_water)

    async def days(self, account_ref: str, limit: int) -> list[DayLine]:
        await self._tx.turn()
        lines: dict[date, DayLine] = {}

        def add(day: date, *values: int) -> None:
            was = lines.get(day, DayLine(day, 0, 0, 0, 0, 0, 0))
            start, high, realised, fee, tax, flow = values
            lines[day] = DayLine(
                day,
                was.start_value + start,
                was.high_water + high,
                was.realised + realised,
                was.fee + fee,
                was.tax + tax,
                was.flow + flow,
            )

        for mark in self._tx.find(self._t.day_marks, "account", account_ref):
            add(mark.trade_date, mark.start_value, mark.high_water, 0, 0, 0, 0)
        for fill in self._fills(account_ref, None):
            add(fill.trade_date, 0, 0, fill.realised, fill.fee, fill.tax, 0)
        for flow in self._tx.find(self._t.cash_flows, "account", account_ref):
            if flow.kind == "external":
                add(flow.trade_date, 0, 0, 0, 0, 0, flow.amount)
        newest = sorted(lines, reverse=True)[:limit]
        return [lines[day] for day in reversed(newest)]

    async def high_water(self, account_ref: str) -> int | None:
        await self._tx.turn()
        marks = self._tx.find(self._t.day_marks, "account", account_ref)
        return max((mark.high_water for mark in marks), default=None)

    async def put_mark(self, account_ref: str, day: date, value: int) -> None:
        await self._tx.turn()
        known = await self._tx.lock_key(self._t.day_marks, (account_ref, day))
        start, high = (value, value) if known is None else (known.start_value, max(known.high_water, value))
        await self._tx.put(self._t.day_marks, DayMarkRow(account_ref, day, start, high))

    async def shift_marks(self, account_ref: str, day: date, amount: int) -> None:
        await self._tx.turn()
        for mark in self._tx.find(self._t.day_marks, "account", account_ref):
            known = await self._tx.lock_key(self._t.day_marks, (account_ref, mark.trade_date))
            if known is not None:
                start = known.start_value + (amount if known.trade_date == day else 0)
                moved = known._replace(start_value=start, high_water=known.high_water + amount)
                await self._tx.put(self._t.day_marks, moved)

    # Exit mandates --------------------------------------------------------------------------------------------------

    async def open_exit_mandate(
        self, new_id: UUID, account_ref: str, ticker: str, sleeve: str, authority: str, source: UUID, at: datetime
    ) -> bool:
        await self._tx.turn()
        row = ExitMandateRow(
            new_id,
            account_ref,
            ticker,
            sleeve,
            self._next_generation(account_ref, ticker, sleeve),
            authority,
            source,
            utc(at),
            None,
        )
        return await self._tx.insert_if_free(self._t.exit_mandates, row)

    async def close_exit_mandate(self, account_ref: str, ticker: str, sleeve: str, at: datetime) -> None:
        await self._tx.turn()
        for mandate in self._tx.find(self._t.exit_mandates, "position", (account_ref, ticker, sleeve)):
            known = await self._tx.lock_key(self._t.exit_mandates, mandate.exit_mandate_id)
            if known is not None and known.closed_at is None:
                await self._tx.put(self._t.exit_mandates, known._replace(closed_at=utc(at)))

    async def exit_mandate(self, exit_mandate_id: UUID, account_ref: str) -> tuple[str, str, UUID] | None:
        await self._tx.turn()
        found = self._tx.get(self._t.exit_mandates, exit_mandate_id)
        if found is None or found.account_ref != account_ref or found.closed_at is not None:
            return None
        return found.ticker, found.sleeve, found.authority_id

    async def next_exit_generation(self, account_ref: str, ticker: str, sleeve: str) -> int:
        await self._tx.turn()
        return self._next_generation(account_ref, ticker, sleeve)

    async def protected(self, environment: str, account_ref: str | None = None) -> list[Protected]:
        await self._tx.turn()
        accounts = [
            account.account_ref
            for account in self._tx.all(self._t.accounts)
            if account.environment == environment and account_ref in (None, account.account_ref)
        ]
        found = []
        for account in accounts:
            for mandate in self._tx.find(self._t.exit_mandates, "live", account):
                row = self._tx.get(self._t.sleeves, (account, mandate.ticker, mandate.sleeve))
                if row is not None and row.sleeve.position.basis_quantity > row.sleeve.position.sold:
                    found.append(self._protected(mandate, row.sleeve))
        return sorted(found, key=lambda p: (p.account_ref, p.ticker, p.sleeve))

    def _protected(self, mandate: ExitMandateRow, sleeve: Sleeve) -> Protected:
        bought = [
            fill.trade_date
            for fill in self._fills(mandate.account_ref, None)
            if fill.ticker == mandate.ticker
            and fill.sleeve == mandate.sleeve
            and fill.side is Side.BUY
            and fill.at >= mandate.created_at
        ]
        return Protected(
            mandate.exit_mandate_id,
            mandate.account_ref,
            mandate.ticker,
            mandate.sleeve,
            mandate.authority_id,
            sleeve.position,
            min(bought, default=mandate.created_at.astimezone(KST).date()),
            len(self._tx.find(self._t.intents, "exit", mandate.exit_mandate_id)),
        )

    def _next_generation(self, account_ref: str, ticker: str, sleeve: str) -> int:
        known = self._tx.find(self._t.exit_mandates, "position", (account_ref, ticker, sleeve))
        return max((mandate.generation for mandate in known), default=0) + 1

    def _fills(self, account_ref: str, day: date | None) -> list[Fill]:
        if day is None:
            return _in_order(self._tx.find(self._t.fills, "account", account_ref))
        return _in_order(self._tx.find(self._t.fills, "day", (account_ref, day)))


def _in_order(rows: list[FillRow]) -> list[Fill]:
    return [row.fill for row in sorted(rows, key=lambda row: row.id)]
