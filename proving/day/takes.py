"""What the exchange saw on a rehearsed day, as plain values: its journal folded, and a picture of each order's moment.

Contract: told of the journal's records in order. A picture is the account just before the order arrived: everything it
is worth, the name's shares, and the prices of the last minute, all by the exchange's own journal and tape.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from domain.instruments import Instruments, Kind
from proving.oracle.broker import Broker
from proving.oracle.day_values import Order
from simulation.exchange.market import Market

_MINUTE = 90  # prints looked back at: a guard may be told of one with the next pump


@dataclass(frozen=True, slots=True)
class Picture:
    at: datetime
    total: int
    held: int
    last: int
    low: int
    high: int


def _funds() -> frozenset[str]:
    return frozenset(row.ticker for row in Instruments.load().all() if row.kind is Kind.ETF)


@dataclass(slots=True)
class Takes:
    """`orders` in their order of arrival; `broker` is the journal folded by the oracle's own arithmetic."""

    broker: Broker = field(default_factory=lambda: Broker(_funds()))
    orders: list[tuple[date, Order]] = field(default_factory=list)

    def order(self, record: Mapping[str, Any], seen: Picture) -> None:
        made = Order(
            at=f"{seen.at:%H:%M:%S}",
            number=record["account"],
            ticker=record["ticker"],
            side=record["side"],
            quantity=record["qty"],
            price=record["price"] or seen.last,
            total=seen.total,
            held=seen.held,
            last=seen.last,
            low=seen.low,
            high=seen.high,
            by_hand=record.get("channel") == "hand",
        )
        self.orders.append((seen.at.date(), made))

    def picture(self, record: Mapping[str, Any], market: Market, now: datetime) -> Picture:
        purse = self.broker.purses[record["account"]]
        ticker = record["ticker"]
        total = self.cash(record["account"]) + sum(
            count * last_of(market, each, now) for each, count in purse.shares.items() if count
        )
        low, high = _range(market, ticker, now)
        return Picture(now, total, purse.shares.get(ticker, 0), last_of(market, ticker, now), low, high)

    def cash(self, number: str) -> int:
        """Won, with what is still due."""
        purse = self.broker.purses[number]
        return purse.opening + purse.moved

    def book(self, number: str) -> dict[str, int]:
        """Shares by ticker, cash under ""."""
        purse = self.broker.purses[number]
        return {"": self.cash(number), **{ticker: count for ticker, count in sorted(purse.shares.items()) if count}}


def last_of(market: Market, ticker: str, now: datetime) -> int:
    seen = market.snapshot(ticker, now)
    assert seen is not None, f"expected {ticker} to be listed"
    return seen.last


def _range(market: Market, ticker: str, now: datetime) -> tuple[int, int]:
    tape = market.tape(ticker, now.date())
    index = market.index(ticker, now)
    if tape is None or index < 0:
        last = last_of(market, ticker, now)
        return last, last
    prices = tape.prices[max(0, index - _MINUTE) : index + 1]
    return int(prices.min()), int(prices.max())
