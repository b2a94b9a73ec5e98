"""Where orders meet the market: resting ones as the tape passes, an incoming one at once.

Contract: a resting order sees each print of its board exactly once, in order; an incoming order's records come back
together with the trades it causes, uncommitted, so that both become durable in one piece. In an auction, a volatility
interruption or a halt nothing trades before the single price. Does not decide who may place what.
"""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass, replace
from datetime import date, datetime

import numpy as np

from domain.calendar import Calendar, Phase
from domain.orders.types import Side
from simulation.exchange.boards import window_of
from simulation.exchange.book import Ladder, with_resting
from simulation.exchange.commits import Commits
from simulation.exchange.depth import Depth
from simulation.exchange.divisions import Board, Fate, Pricing
from simulation.exchange.fills import Fills
from simulation.exchange.fortune import Fortune
from simulation.exchange.journal import Record
from simulation.exchange.market import Market
from simulation.exchange.matching import Sweep, pass_by, sweep
from simulation.exchange.orders import Order
from simulation.exchange.tape import Tape
from simulation.exchange.world import World

_ONE_PRICE = (Board.PRE_CLOSE, Board.POST_CLOSE, Board.SINGLE, Board.MIDPOINT)
_CONTINUOUS = (Board.NXT_PRE, Board.NXT, Board.MIDPOINT, Board.AFTER)


@dataclass(frozen=True, slots=True)
class Print:
    """A trade on the tape caused by a user order that took from the book."""

    ticker: str
    at: datetime
    price: int
    quantity: int
    buy: bool
    board: Board


class Crossing:
    """One per venue."""

    def __init__(self, market: Market, calendar: Calendar, world: World, commits: Commits) -> None:
        self._market = market
        self._calendar = calendar
        self._world = world
        self._commits = commits
        self._depth = Depth(market)
        self._fills = Fills(market, calendar)
        self._fortune = Fortune()
        self._done: dict[tuple[str, Board], int] = {}  # last tape index that a ticker's resting orders have met
        self.prints: list[Print] = []

    def resume(self, seen: datetime, day: date) -> None:
        """After a restart: resting orders have met the tapes of `day` up to `seen`."""
        for ticker, orders in self._world.resting.items():
            for board in {order.board for order in orders}:
                tape = self._market.tape(ticker, day, board)
                if tape is not None:
                    same_day = seen.date() == day
                    self._done[ticker, board] = self._market.index(ticker, seen, board) if same_day else tape.size - 1

    def meet(self, fortune: Fortune) -> None:
        self._fortune = self._fills.fortune = fortune

    def new_day(self) -> None:
        self._done.clear()
        self._depth.clear()

    # --- resting ----------------------------------------------------------------------------------------------

    def run(self, board: Board, until: datetime) -> None:
        """Let a board's resting orders meet its tape up to `until`."""
        day = self._world.day
        if day is None:
            return
        for ticker in sorted(self._world.resting):
            tape = self._market.tape(ticker, day, board) if self._world.resting_on(ticker, board) else None
            if tape is None:
                continue
            end = self._market.index(ticker, until, board) if until.date() == day else tape.size - 1
            start = self._done.get((ticker, board), end) + 1
            for index in self._worth_meeting(ticker, tape, start, end):
                if not self._world.resting_on(ticker, board):
                    break
                self._meet(ticker, tape, index, until)
            self._done[ticker, board] = max(end, self._done.get((ticker, board), end))

    def _worth_meeting(self, ticker: str, tape: Tape, start: int, end: int) -> list[int]:
        """The prints of [start, end] at which a resting order could trade or wake; what rests only becomes less."""
        resting = self._world.resting_on(ticker, tape.board)
        prices, busy = tape.prices[start : end + 1], tape.volumes[start : end + 1] > 0
        if not any(order.waiting or order.at_any_price for order in resting):
            bid = max((order.price for order in resting if order.side is Side.BUY), default=0)
            offers = [order.price for order in resting if order.side is Side.SELL]
            busy &= (prices <= bid) | (prices >= min(offers)) if offers else prices <= bid
        return [start + int(index) for index in np.flatnonzero(busy)]

    def _meet(self, ticker: str, tape: Tape, index: int, like: datetime) -> None:
        """Resting orders see one print of the tape, then stop orders that waited for it enter the book."""
        price, volume = int(tape.prices[index]), int(tape.volumes[index])
        at = self._market.moment(tape.bar.day, tape, index, like)
        live = [order for order in self._world.resting_on(ticker, tape.board) if not order.waiting]
        if any(order.accepts(price) for order in live):
            auction = tape.board in _ONE_PRICE or tape.single(index)
            book = self._depth.background(ticker, tape, index)
            executions, taken = pass_by(live, price, volume, book, tape.floor, tape.ceiling, auction=auction)
            self._depth.take(ticker, tape, index, taken)
            self._commits.commit(self._fills.records(executions, at))
        for order in self._world.resting_on(ticker, tape.board):
            if order.waiting and (price >= order.trigger if order.side is Side.BUY else price <= order.trigger):
                self._commits.commit(self._wake(order, tape, index, at))

    def _wake(self, order: Order, tape: Tape, index: int, at: datetime) -> list[Record]:
        """A stop order whose price has been seen becomes a limit order and takes what it can."""
        ahead = self._depth.ahead(order.ticker, tape, index, order.side, order.price)
        record: Record = {
            "t": at.isoformat(),
            "kind": "trigger",
            "date": order.day.isoformat(),
            "odno": order.odno,
            "account": order.account,
            "ticker": order.ticker,
            "ahead": ahead,
        }
        return [record, *self._sweep(order, tape, index, at)]

    # --- incoming ---------------------------------------------------------------------------------------------

    def incoming(self, record: Record, now: datetime) -> list[Record]:
        """The record of a new, revised or cancelled order and of everything that happens to it at once."""
        order = self._as_it_will_be(record)
        records = [record]
        ticker, board, division = order.ticker, order.board, order.type
        tape = self._market.tape(ticker, now.date(), board)
        if record["kind"] != "cancel":
            if division.pricing in (Pricing.BEST, Pricing.OWN_BEST) and order.at_any_price:
                # the side it takes its price from is empty: the broker took it, the exchange does not
                records.append(self._ended(order, now, "bounce", order.quantity) | {"why": "no_price"})
            elif record["kind"] == "order" and (why := self._fortune.refuses(order)) is not None:
                records.append(self._ended(order, now, "bounce", order.quantity) | {"why": why})
            elif tape is not None and not order.waiting and self.continuous(ticker, board, now):
                index = self._market.index(ticker, now, board)
                records += self._sweep(order, tape, index, now, int(record.get("original", "0")))
            if division.fate is not Fate.REST and records[-1]["kind"] != "bounce":
                left = order.quantity - sum(
                    r["qty"] for r in records if r["kind"] == "fill" and r["odno"] == order.odno
                )
                if left:
                    records.append(self._ended(order, now, "kill", left))
        if not self._world.resting_on(ticker, board):
            self._done[ticker, board] = self._market.index(ticker, now, board)
        return records

    def _sweep(self, order: Order, tape: Tape, index: int, at: datetime, gone: int = 0) -> list[Record]:
        """Fill records of what an order takes from the book now; nothing when a FOK order cannot have everything."""
        book = self._depth.background(order.ticker, tape, index)
        resting = [
            other
            for other in self._world.resting_on(order.ticker, tape.board)
            if other.number not in (gone, order.number) and not other.waiting
        ]
        if tape.board is Board.MIDPOINT:  # unseen orders have no price until they meet: it is the middle
            resting = [replace(other, price=int(tape.prices[index])) for other in resting]
        if order.type.fate is Fate.FOK:
            trial = sweep(order, book, [copy(other) for other in resting], tape.floor, tape.ceiling)
            if _taken_by(order, trial) < order.quantity:
                return []
        met = sweep(order, book, resting, tape.floor, tape.ceiling)
        self._depth.take(order.ticker, tape, index, met.taken)
        self.prints += [
            Print(order.ticker, at, e.price, e.quantity, e.order.side is Side.BUY, tape.board)
            for e in met.executions
            if e.taker
        ]
        return self._fills.records(met.executions, at)

    def continuous(self, ticker: str, board: Board, at: datetime) -> bool:
        """Does an order that can trade trade at once?"""
        tape = self._market.tape(ticker, at.date(), board)
        if tape is None or tape.pause_at(self._market.index(ticker, at, board)) is not None:
            return False
        if board is Board.REGULAR:
            return self._calendar.phase(at) is Phase.CONTINUOUS
        window = window_of(self._calendar, at.date(), board)
        return board in _CONTINUOUS and window is not None and window.takes(at)

    def _ended(self, order: Order, at: datetime, kind: str, quantity: int) -> Record:
        return {
            "t": at.isoformat(),
            "kind": kind,
            "date": order.day.isoformat(),
            "odno": order.odno,
            "account": order.account,
            "ticker": order.ticker,
            "qty": quantity,
        }

    def _as_it_will_be(self, record: Record) -> Order:
        """The order before it is durable, to match it."""
        preview = World()
        if record["kind"] == "order":
            preview.apply(record)
        else:
            original = self._world.today()[int(record["original"])]
            preview.apply({**record, "kind": "order", "exchange": original.exchange, "late": original.late})
        return preview.orders[date.fromisoformat(record["date"])][int(record["odno"])]

    # --- views ------------------------------------------------------------------------------------------------

    def ahead(self, ticker: str, side: Side, price: int, board: Board, now: datetime) -> int:
        """Shares that stand at `price` before an order joins them."""
        tape = self._market.tape(ticker, now.date(), board)
        if tape is None or price == 0 or board in _ONE_PRICE:
            return 0
        return self._depth.ahead(ticker, tape, self._market.index(ticker, now, board), side, price)

    def book(self, ticker: str, now: datetime, board: Board = Board.REGULAR) -> Ladder:
        """The book as shown, users' orders included; empty without trading."""
        day = self._market.trade_date(now)
        tape = self._market.tape(ticker, day, board)
        if tape is None:
            return Ladder((), ())
        index = self._market.index(ticker, now, board) if now.date() == day else tape.size - 1
        return with_resting(self._depth.background(ticker, tape, index), self._world.resting_on(ticker, board))


def _taken_by(order: Order, met: Sweep) -> int:
    return sum(execution.quantity for execution in met.executions if execution.order is order)
