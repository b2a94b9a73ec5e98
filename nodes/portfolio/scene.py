"""What weights are made of: the investor, the candidates, what was said of them, prices and what is held. Pure.

Contract: weights are basis points of the investor's base. What is held counts with what is on its way: an open purchase
is as good as held, an open sale as good as sold, so that the next run does not ask for the same again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from domain.evidence import Figure
from domain.instruments import Instrument, Instruments
from domain.limits import FULL_BPS
from domain.orders.types import Side
from domain.proto import oms_pb2 as pb
from nodes.investor import Investor
from nodes.portfolio.views import View, interest


@dataclass(frozen=True, slots=True)
class Holding:
    ticker: str
    value: int  # won
    sector: str
    name: str = ""  # as the book has it, for what the table does not know


@dataclass(frozen=True, slots=True)
class Target:
    """`weight_bps` of the base that the name should have after the trade. `reason` is `template` with `figures`. `side`
    is which way it goes; None: whichever way the weight lies."""

    ticker: str
    weight_bps: int
    reason: str
    template: str = ""
    figures: tuple[Figure, ...] = ()
    side: Side | None = None


@dataclass(frozen=True, slots=True)
class Scene:
    """Candidates best first, last prices, what is held; `now` is when the figures of the book were true."""

    table: Instruments
    investor: Investor
    now: datetime
    candidates: Sequence[str] = ()
    seen: Mapping[str, View] = field(default_factory=dict)
    prices: Mapping[str, int] = field(default_factory=dict)
    holdings: Sequence[Holding] = ()
    market: str = "uncertain"
    asked: Collection[str] = ()  # tickers among the candidates that the user asked for
    halted: Collection[str] = ()  # tickers that do not trade now
    cash: int | None = None  # won that purchases may use; None: not known
    economy: View = View()  # noqa: RUF009  # frozen; what the macro analyst says, for a model to read

    def held(self, ticker: str) -> int:
        """Weight of what is held, bps."""
        return self.worth(ticker) * FULL_BPS // self.investor.base

    def worth(self, ticker: str) -> int:
        """Of what is held, won."""
        return sum(holding.value for holding in self.holdings if holding.ticker == ticker)

    def rows(self) -> list[Instrument]:
        """Candidates that may be bought and have a price."""
        found = [self.table.get(ticker) for ticker in self.candidates if self.prices.get(ticker, 0) > 0]
        return [row for row in found if row is not None and self.investor.may_buy(row)]

    @property
    def fixed_mix(self) -> bool:
        """Whether the strategy says the weights itself; such a mix does not bend with the market."""
        return self.investor.playbook is not None and bool(self.investor.playbook.weights) and not self.asked

    def interest(self, row: Instrument) -> int:
        return interest(self.seen.get(row.ticker))


def holdings_of(book: pb.BookReply, table: Instruments, open_orders: Sequence[pb.Order] = ()) -> list[Holding]:
    """Positions worth something, with what open orders will make of them."""
    found = {
        each.ticker: Holding(each.ticker, each.value, each.sector, each.name)
        for each in book.positions
        if each.quantity > 0
    }
    for ticker, won in on_the_way(book, table, open_orders).items():
        row = table.get(ticker)
        old = found.get(ticker) or Holding(ticker, 0, row.sector if row is not None else "")
        found[ticker] = replace(old, value=max(0, old.value + won))
    return [holding for holding in found.values() if holding.value > 0]


def on_the_way(book: pb.BookReply, table: Instruments, open_orders: Iterable[pb.Order]) -> dict[str, int]:
    """Won that open orders may still put into a name, or take from it. A stop that rests at the broker may never fire
    and counts for nothing."""
    prices = {each.ticker: each.price for each in book.positions}
    moving: dict[str, int] = {}
    for order in open_orders:
        row, left = table.get(order.ticker), order.quantity - order.filled
        if left <= 0 or order.stop_price:
            continue
        price = order.price or prices.get(order.ticker) or (row.level if row is not None else 0)
        moving[order.ticker] = moving.get(order.ticker, 0) + (left if order.side == "buy" else -left) * price
    return moving
