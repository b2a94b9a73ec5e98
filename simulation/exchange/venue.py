"""The exchange without a wire: commands in, journal records out, the market moving underneath.

Contract: every command first brings the market up to now, then decides, then appends its records to the journal
(fsynced) and only then changes state, so an answer never precedes the disk. Deterministic in (source, seed, clock,
commands): no randomness, no wall time. Single-threaded; not aware of HTTP, keys in the clear or frames.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Protocol

from domain.calendar import Calendar, Phase
from domain.clock import KST
from domain.orders.types import Side
from simulation.exchange import rules
from simulation.exchange.book import Ladder, with_resting
from simulation.exchange.clock import VenueClock
from simulation.exchange.config import ExchangeConfig
from simulation.exchange.depth import Depth
from simulation.exchange.fills import Fills
from simulation.exchange.journal import Record
from simulation.exchange.ledger import Account
from simulation.exchange.market import Market, Snapshot
from simulation.exchange.matching import pass_by, sweep
from simulation.exchange.orders import MARKET, Accepted, Act, ChangeRequest, Order, OrderRequest, Refused, Why
from simulation.exchange.tape import Tape
from simulation.exchange.world import World


class JournalPort(Protocol):
    """Contract: `append` returns numbered records once they are durable."""

    def recover(self) -> list[Record]: ...

    def append(self, records: Iterable[Record]) -> list[Record]: ...

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Print:
    """A trade on the tape caused by a user order that took from the book."""

    ticker: str
    at: datetime
    price: int
    quantity: int
    buy: bool


Listener = Callable[[Record, Order], None]


class Venue:
    """One exchange."""

    def __init__(
        self,
        config: ExchangeConfig,
        market: Market,
        calendar: Calendar,
        clock: VenueClock,
        journal: JournalPort,
        world: World,
    ) -> None:
        self.config = config
        self.market = market
        self.calendar = calendar
        self.clock = clock
        self.world = world
        self._journal = journal
        self._done: dict[str, int] = {}  # last tape index that resting orders of a ticker have met
        self._depth = Depth(market)
        self._fills = Fills(market, calendar)
        self._listeners: list[Listener] = []
        self.prints: list[Print] = []
        self._resume()

    def _resume(self) -> None:
        world = self.world
        if world.last_time is not None and world.day is not None:
            for ticker in world.resting:
                seen = world.last_time if world.last_time.date() == world.day else self._end_of(world.day)
                self._done[ticker] = self.market.index(ticker, seen)

    def listen(self, listener: Listener) -> None:
        """Called after each committed record that concerns an order."""
        self._listeners.append(listener)

    # --- time -------------------------------------------------------------------------------------------------

    def advance(self) -> datetime:
        """Bring resting orders, the day and settlement up to now; returns now."""
        now = self.clock.now()
        today = self.market.trade_date(now)
        if self.world.day is None:
            self._open_day(today, now)
        while self.world.day is not None and self.world.day < today:
            self._run_orders(self._end_of(self.world.day))
            self._expire(self._end_of(self.world.day))
            self._open_day(self.calendar.next_session(self.world.day), now)
        self._run_orders(now)
        if now >= self._end_of(today):
            self._expire(self._end_of(today))
        self.clock.slow_for_orders(bool(self.world.resting))
        return now

    def _end_of(self, day: date) -> datetime:
        hours = self.calendar.hours(day)
        close = hours.close if hours is not None else time.max
        end = datetime.combine(day, close, KST)
        return end if close.microsecond == 0 else end.replace(microsecond=0) + timedelta(seconds=1)

    def _open_day(self, day: date, now: datetime) -> None:
        start = min(datetime.combine(day, time.min, KST), now)
        records: list[Record] = [{"t": start.isoformat(), "kind": "day", "date": day.isoformat()}]
        for account in self.world.accounts.values():
            records += [
                {
                    "t": start.isoformat(),
                    "kind": "settle",
                    "date": day.isoformat(),
                    "account": account.number,
                    "due": due.isoformat(),
                    "amount": amount,
                }
                for due, amount in sorted(account.pending.items())
                if due <= day
            ]
        self._done.clear()
        self._depth.clear()
        self._commit(records)

    def _run_orders(self, until: datetime) -> None:
        day = self.world.day
        if day is None:
            return
        for ticker in sorted(self.world.resting):
            tape = self.market.tape(ticker, day)
            if tape is None:
                continue
            end = self.market.index(ticker, until) if until.date() == day else tape.size - 1
            start = self._done.get(ticker, end) + 1
            for index in range(start, end + 1):
                orders = self.world.resting.get(ticker)
                if not orders:
                    break
                if tape.volumes[index] > 0:
                    self._meet(ticker, tape, index, orders)
            self._done[ticker] = max(end, self._done.get(ticker, end))

    def _meet(self, ticker: str, tape: Tape, index: int, orders: list[Order]) -> None:
        """Resting orders see one print of the tape."""
        price, volume = int(tape.prices[index]), int(tape.volumes[index])
        if not any(order.accepts(price) for order in orders):
            return
        auction = tape.hours.auction and index in (0, tape.size - 1)
        book = self._depth.background(ticker, tape, index)
        executions, taken = pass_by(orders, price, volume, book, tape.floor, tape.ceiling, auction=auction)
        self._depth.take(ticker, index, taken)
        at = self.market.moment(tape.bar.day, tape, index, self.clock.now())
        self._commit(self._fills.records(executions, at))

    def _expire(self, at: datetime) -> None:
        records = [
            {
                "t": at.isoformat(),
                "kind": "expire",
                "date": order.day.isoformat(),
                "odno": order.odno,
                "account": order.account,
                "ticker": order.ticker,
                "qty": order.open,
            }
            for order in self.world.open_orders()
        ]
        self._commit(records)

    # --- commands ---------------------------------------------------------------------------------------------

    def open_account(self, number: str, owner: str) -> Account:
        """The account, opened with the usual cash at first use."""
        if number not in self.world.accounts:
            now = self.advance()
            self._commit(
                [
                    {
                        "t": now.isoformat(),
                        "kind": "account",
                        "account": number,
                        "owner": owner,
                        "cash": self.config.opening_cash,
                    }
                ]
            )
        return self.world.accounts[number]

    def note(self, kind: str, **fields: object) -> None:
        """Journal something that is not an order: key, token, revoke, clock."""
        self._commit([{"t": self.clock.now().isoformat(), "kind": kind, **fields}])

    def place(self, request: OrderRequest) -> Accepted | Refused:
        """order-cash. The account must exist."""
        now = self.advance()
        refused = self._refusal(request, now)
        if refused is not None:
            self._note_refusal(now, request, refused)
            return refused
        day = now.date()
        quote = self.snapshot_at(request.ticker, now)
        price = 0 if request.division == MARKET else request.price
        record: Record = {
            "t": now.isoformat(),
            "kind": "order",
            "date": day.isoformat(),
            "odno": f"{self.world.last_number + 1:010d}",
            "account": request.account,
            "side": request.side.value,
            "ticker": request.ticker,
            "division": request.division,
            "price": price,
            "qty": request.quantity,
            "exchange": request.exchange,
            "reserve_price": price or quote.band.upper,
            "ahead": self._depth.ahead(request.ticker, request.side, price, now),
        }
        order = self._accept(record, now)
        return Accepted(order)

    def change(self, request: ChangeRequest) -> Accepted | Refused:
        """order-rvsecncl: a revision or a cancel, itself an order with its own number."""
        now = self.advance()
        original = self.world.today().get(request.original)
        if original is None or original.account != request.account or original.open == 0:
            return Refused(Why.NOTHING_TO_CHANGE)
        quantity = original.open if request.whole else request.quantity
        if quantity > original.open:
            return Refused(Why.CHANGE_TOO_MUCH)
        if quantity <= 0:
            return Refused(Why.QUANTITY)
        revise = request.act is Act.REVISE
        division = request.division if revise else original.division
        price = original.price if not revise else 0 if division == MARKET else request.price
        reserve = original.reserve_price
        if revise:
            refused, reserve = self._revision(original, quantity, division, price, now)
            if refused is not None:
                return refused
        record: Record = {
            "t": now.isoformat(),
            "kind": "revise" if revise else "cancel",
            "date": original.day.isoformat(),
            "odno": f"{self.world.last_number + 1:010d}",
            "original": original.odno,
            "account": original.account,
            "side": original.side.value,
            "ticker": original.ticker,
            "division": division,
            "price": price,
            "qty": quantity,
            "reserve_price": reserve,
            "ahead": self._depth.ahead(original.ticker, original.side, price, now) if revise else 0,
        }
        order = self._accept(record, now)
        self.clock.slow_for_orders(bool(self.world.resting))
        return Accepted(order)

    def _revision(
        self, original: Order, quantity: int, division: str, price: int, now: datetime
    ) -> tuple[Refused | None, int]:
        listing = self.market.listings[original.ticker]
        quote = self.snapshot_at(original.ticker, now)
        request = OrderRequest(
            original.account, original.side, original.ticker, division, quantity, price, original.exchange
        )
        reserve = quote.band.upper if division == MARKET else price
        refused = rules.hours_refusal(self.config.env, self.calendar, now)
        refused = refused or rules.form_refusal(self.config.env, request, listing, quote)
        if refused is None and original.side is Side.BUY:
            account = self.world.accounts[original.account]
            freed = rules.reservation(original.reserve_price, original.open)
            kept = original.open - quantity
            needed = rules.reservation(reserve, quantity) + (
                rules.reservation(original.reserve_price, kept) if kept else 0
            )
            power = rules.buying_power(account, self.world.open_orders(original.account))
            if needed > power + freed:
                refused = Refused(Why.CASH)
        return refused, reserve

    def _refusal(self, request: OrderRequest, now: datetime) -> Refused | None:
        listing = self.market.listings.get(request.ticker)
        quote = self.market.snapshot(request.ticker, now)
        if listing is None or quote is None:
            return Refused(Why.NO_SUCH_TICKER, request.ticker)
        refused = rules.hours_refusal(self.config.env, self.calendar, now)
        refused = refused or rules.form_refusal(self.config.env, request, listing, quote)
        if refused is not None:
            return refused
        account = self.world.accounts[request.account]
        reserve = quote.band.upper if request.division == MARKET else request.price
        return rules.means_refusal(request, reserve, account, self.world.open_orders(request.account))

    def _note_refusal(self, now: datetime, request: OrderRequest, refused: Refused) -> None:
        self._commit(
            [
                {
                    "t": now.isoformat(),
                    "kind": "reject",
                    "date": now.date().isoformat(),
                    "account": request.account,
                    "side": request.side.value,
                    "ticker": request.ticker,
                    "division": request.division,
                    "price": request.price,
                    "qty": request.quantity,
                    "why": refused.why.value,
                }
            ]
        )

    def _accept(self, record: Record, now: datetime) -> Order:
        """Journal the order with everything it trades at once, in one piece."""
        preview = World()  # the order as it will be, to match it before it is durable
        if record["kind"] == "order":
            preview.apply(record)
        else:
            original = self.world.today()[int(record["original"])]
            preview.apply({**record, "kind": "order", "exchange": original.exchange})
        incoming = preview.orders[date.fromisoformat(record["date"])][int(record["odno"])]
        records = [record]
        ticker = incoming.ticker
        day = now.date()
        tape = self.market.tape(ticker, day)
        if record["kind"] != "cancel" and tape is not None and self.calendar.phase(now) is Phase.CONTINUOUS:
            index = self.market.index(ticker, now)
            book = self._depth.background(ticker, tape, index)
            gone = int(record.get("original", "0"))
            resting = [order for order in self.world.resting.get(ticker, []) if order.number != gone]
            met = sweep(incoming, book, resting, tape.floor, tape.ceiling)
            self._depth.take(ticker, index, met.taken)
            records += self._fills.records(met.executions, now)
            self.prints += [
                Print(ticker, now, e.price, e.quantity, e.order.side is Side.BUY) for e in met.executions if e.taker
            ]
        if ticker not in self.world.resting:
            self._done[ticker] = self.market.index(ticker, now)
        self._commit(records)
        self.clock.slow_for_orders(bool(self.world.resting))
        return self.world.orders[incoming.day][incoming.number]

    # --- views ------------------------------------------------------------------------------------------------

    def snapshot_at(self, ticker: str, now: datetime) -> Snapshot:
        """Like `Market.snapshot` for a ticker known to exist."""
        quote = self.market.snapshot(ticker, now)
        if quote is None:
            raise KeyError(ticker)
        return quote

    def book(self, ticker: str, now: datetime) -> Ladder:
        """The book as shown, users' orders included; empty without trading."""
        day = self.market.trade_date(now)
        tape = self.market.tape(ticker, day)
        if tape is None:
            return Ladder((), ())
        index = self.market.index(ticker, now) if now.date() == day else tape.size - 1
        return with_resting(self._depth.background(ticker, tape, index), self.world.resting.get(ticker, []))

    def _commit(self, records: list[Record]) -> None:
        for record in self._journal.append(records):
            self.world.apply(record)
            if "odno" in record:
                order = self.world.order(record)
                for listener in self._listeners:
                    listener(record, order)
