"""Where orders meet the market: resting ones as the tape passes, an incoming one at once.

Contract: a resting order sees each print of the tape exactly once, in order; an incoming order's records come back
together with the trades it causes, uncommitted, so that both become durable in one piece. Does not decide who may
place what.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from domain.calendar import Calendar, Phase
from domain.orders.types import Side
from simulation.exchange.book import Ladder, with_resting
from simulation.exchange.commits import Commits
from simulation.exchange.depth import Depth
from simulation.exchange.fills import Fills
from simulation.exchange.journal import Record
from simulation.exchange.market import Market
from simulation.exchange.matching import pass_by, sweep
from simulation.exchange.orders import Order
from simulation.exchange.tape import Tape
from simulation.exchange.world import World


@dataclass(frozen=True, slots=True)
class Print:
    """A trade on the tape caused by a user order that took from the book."""

    ticker: str
    at: datetime
    price: int
    quantity: int
    buy: bool


class Crossing:
    """One per venue."""

    def __init__(self, market: Market, calendar: Calendar, world: World, commits: Commits) -> None:
        self._market = market
        self._calendar = calendar
        self._world = world
        self._commits = commits
        self._depth = Depth(market)
        self._fills = Fills(market, calendar)
        self._done: dict[str, int] = {}  # last tape index that resting orders of a ticker have met
        self.prints: list[Print] = []

    def resume(self, seen: datetime) -> None:
        """After a restart: resting orders have met the tape up to `seen`."""
        for ticker in self._world.resting:
            self._done[ticker] = self._market.index(ticker, seen)

    def new_day(self) -> None:
        self._done.clear()
        self._depth.clear()

    def run(self, until: datetime) -> None:
        """Let resting orders meet the tape up to `until`."""
        day = self._world.day
        if day is None:
            return
        for ticker in sorted(self._world.resting):
            tape = self._market.tape(ticker, day)
            if tape is None:
                continue
            end = self._market.index(ticker, until) if until.date() == day else tape.size - 1
            start = self._done.get(ticker, end) + 1
            for index in range(start, end + 1):
                orders = self._world.resting.get(ticker)
                if not orders:
                    break
                if tape.volumes[index] > 0:
                    self._meet(ticker, tape, index, orders, until)
            self._done[ticker] = max(end, self._done.get(ticker, end))

    def _meet(self, ticker: str, tape: Tape, index: int, orders: list[Order], like: datetime) -> None:
        """Resting orders see one print of the tape."""
        price, volume = int(tape.prices[index]), int(tape.volumes[index])
        if not any(order.accepts(price) for order in orders):
            return
        auction = tape.hours.auction and index in (0, tape.size - 1)
        book = self._depth.background(ticker, tape, index)
        executions, taken = pass_by(orders, price, volume, book, tape.floor, tape.ceiling, auction=auction)
        self._depth.take(ticker, index, taken)
        at = self._market.moment(tape.bar.day, tape, index, like)
        self._commits.commit(self._fills.records(executions, at))

    def incoming(self, record: Record, now: datetime) -> list[Record]:
        """The record of a new, revised or cancelled order and of everything it trades at once."""
        order = self._as_it_will_be(record)
        records = [record]
        ticker = order.ticker
        tape = self._market.tape(ticker, now.date())
        if record["kind"] != "cancel" and tape is not None and self._calendar.phase(now) is Phase.CONTINUOUS:
            index = self._market.index(ticker, now)
            book = self._depth.background(ticker, tape, index)
            gone = int(record.get("original", "0"))
            resting = [other for other in self._world.resting.get(ticker, []) if other.number != gone]
            met = sweep(order, book, resting, tape.floor, tape.ceiling)
            self._depth.take(ticker, index, met.taken)
            records += self._fills.records(met.executions, now)
            self.prints += [
                Print(ticker, now, e.price, e.quantity, e.order.side is Side.BUY) for e in met.executions if e.taker
            ]
        if ticker not in self._world.resting:
            self._done[ticker] = self._market.index(ticker, now)
        return records

    def _as_it_will_be(self, record: Record) -> Order:
        """The order before it is durable, to match it."""
        preview = World()
        if record["kind"] == "order":
            preview.apply(record)
        else:
            original = self._world.today()[int(record["original"])]
            preview.apply({**record, "kind": "order", "exchange": original.exchange})
        return preview.orders[date.fromisoformat(record["date"])][int(record["odno"])]

    def ahead(self, ticker: str, side: Side, price: int, now: datetime) -> int:
        """Shares that stand at `price` before an order joins them."""
        return self._depth.ahead(ticker, side, price, now)

    def book(self, ticker: str, now: datetime) -> Ladder:
        """The book as shown, users' orders included; empty without trading."""
        day = self._market.trade_date(now)
        tape = self._market.tape(ticker, day)
        if tape is None:
            return Ladder((), ())
        index = self._market.index(ticker, now) if now.date() == day else tape.size - 1
        return with_resting(self._depth.background(ticker, tape, index), self._world.resting.get(ticker, []))
