"""Executions as journal records: what each trade costs and when its money moves.

Contract: an order's charges are those of its cumulative amount, so they do not depend on how it was filled; a record
carries what this fill adds. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from domain.calendar import Calendar
from domain.costs import fee, sell_tax
from domain.orders.types import Side
from simulation.exchange.fortune import Fortune
from simulation.exchange.journal import Record
from simulation.exchange.market import Market
from simulation.exchange.matching import Execution

SETTLEMENT_SESSIONS = 2


class Fills:
    """Makes fill records for one venue."""

    def __init__(self, market: Market, calendar: Calendar) -> None:
        self._market = market
        self._calendar = calendar
        self.fortune = Fortune()

    def records(self, executions: Iterable[Execution], at: datetime) -> list[Record]:
        """Journal records of executions; charges are the order's cumulative charges less what it was charged before."""
        sums: dict[int, tuple[int, int, int]] = {}
        records: list[Record] = []
        for execution in (part for whole in executions for part in self.fortune.parts(whole)):
            order = execution.order
            instrument = self._market.listings[order.ticker].instrument
            amount, paid_fee, paid_tax = sums.get(order.number, (order.amount, order.fee, order.tax))
            amount += execution.quantity * execution.price
            fees = fee(amount)
            tax = sell_tax(amount, instrument.market, instrument.kind, order.day) if order.side is Side.SELL else 0
            sums[order.number] = (amount, fees, tax)
            records.append(
                {
                    "t": at.isoformat(),
                    "kind": "fill",
                    "date": order.day.isoformat(),
                    "odno": order.odno,
                    "account": order.account,
                    "side": order.side.value,
                    "ticker": order.ticker,
                    "qty": execution.quantity,
                    "price": execution.price,
                    "fee": fees - paid_fee,
                    "tax": tax - paid_tax,
                    "settles": self._calendar.add_sessions(order.day, SETTLEMENT_SESSIONS).isoformat(),
                    "taker": execution.taker,
                }
            )
        return records
