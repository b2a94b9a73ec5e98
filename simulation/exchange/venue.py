"""The exchange without a wire: commands in, journal records out, the market moving underneath.

Contract: every command first brings the market up to now, then decides, then appends its records to the journal
(fsynced) and only then changes state, so an answer never precedes the disk. Deterministic in (source, seed, clock,
commands): no randomness, no wall time. Single-threaded; not aware of HTTP, keys in the clear or frames.
Deciding is `intake`, trading is `crossing`, the day's turns are `days`, what is durable goes through `commits`.
"""

from __future__ import annotations

from datetime import date, datetime

from domain.calendar import Calendar
from simulation.exchange import boards, days, reserved
from simulation.exchange.auction import Expected, expected
from simulation.exchange.book import Ladder
from simulation.exchange.clock import VenueClock
from simulation.exchange.commits import Commits, Listener
from simulation.exchange.config import ExchangeConfig
from simulation.exchange.crossing import Crossing, Print
from simulation.exchange.divisions import Board
from simulation.exchange.fortune import Fortune
from simulation.exchange.intake import Intake, rejection
from simulation.exchange.journal import JournalPort, Record
from simulation.exchange.ledger import Account
from simulation.exchange.market import Market, Snapshot
from simulation.exchange.orders import Accepted, ChangeRequest, OrderRequest, Refused
from simulation.exchange.pushes import next_print, orderable
from simulation.exchange.reserved import Reservation
from simulation.exchange.world import World


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
        self.market = market = market.apart(world.pushes)
        self.calendar = calendar
        self.clock = clock
        self.world = world
        self._commits = Commits(journal, world)
        self._crossing = Crossing(market, calendar, world, self._commits)
        self._intake = Intake(config, market, calendar, world, self._crossing)
        if world.last_time is not None and world.day is not None:
            self._crossing.resume(world.last_time, world.day)

    def listen(self, listener: Listener) -> None:
        """Called after each committed record that concerns an order."""
        self._commits.listen(listener)

    def meet(self, fortune: Fortune) -> None:
        """Let `fortune` decide what the rules leave open."""
        self._crossing.meet(fortune)

    # --- time -------------------------------------------------------------------------------------------------

    def advance(self) -> datetime:
        """Bring resting orders, the day and settlement up to now; returns now."""
        now = self.clock.now()
        today = self.market.trade_date(now)
        if self.world.day is None:
            self._open_day(today, now)
        while self.world.day is not None and self.world.day < today:
            self._live_through(self.world.day, now)
            self._open_day(self.calendar.next_session(self.world.day), now)
        self._live_through(today, now)
        self.clock.slow_for_orders(bool(self.world.resting))
        return now

    def _live_through(self, day: date, now: datetime) -> None:
        """Each board of the day up to now, in the order of their ends."""
        self._send_reserved(day, now)
        if not self.world.resting:
            return
        for window in boards.windows(self.calendar, day):
            auction = days.closing_auction(self.calendar, day) if window.board is Board.REGULAR else None
            if auction is not None and now >= auction:
                self._crossing.run(window.board, auction)
                self._commits.commit(days.conversions(self.world, auction))
            self._crossing.run(window.board, min(now, window.until))
            if now >= window.until:
                self._commits.commit(days.expiry(self.world, window.board, window.until))

    def _send_reserved(self, day: date, now: datetime) -> None:
        """Reserved orders become orders when the session's auction begins to take them."""
        at = reserved.sends_at(self.calendar, day) if self.world.reservations else None
        if at is None or now < at:
            return
        for one in [one for one in self.world.reservations.values() if one.due(day, at)]:
            left = one.quantity - sum(order.filled for order in self.world.orders_of(one))
            if left <= 0:
                continue
            request = one.request(left)
            decided = self._intake.order(request, at)
            if isinstance(decided, Refused):
                became, why, records = "", decided.why.value, [rejection(request, decided, at)]
            else:
                became, why, records = str(decided["odno"]), "", self._crossing.incoming(decided, at)
            sent: Record = {
                "t": at.isoformat(),
                "kind": "reserve_sent",
                "date": day.isoformat(),
                "reservation": one.seq,
                "account": one.account,
                "became": became,
                "why": why,
            }
            self._commits.commit([*records, sent])

    def _open_day(self, day: date, now: datetime) -> None:
        self._crossing.new_day()
        self._commits.commit(days.opening(self.world, day, now))

    # --- commands ---------------------------------------------------------------------------------------------

    def open_account(self, number: str, owner: str) -> Account:
        """The account, opened with the usual cash at first use."""
        if number not in self.world.accounts:
            now = self.advance()
            cash = self.config.opening_cash
            record = {"t": now.isoformat(), "kind": "account", "account": number, "owner": owner, "cash": cash}
            self._commits.commit([record])
        return self.world.accounts[number]

    def note(self, kind: str, **fields: object) -> None:
        """Journal something that is not an order: key, token, revoke, clock."""
        self._commits.commit([{"t": self.clock.now().isoformat(), "kind": kind, **fields}])

    def place(self, request: OrderRequest) -> Accepted | Refused:
        """order-cash. The account must exist."""
        now = self.advance()
        decided = self._intake.order(request, now)
        if isinstance(decided, Refused):
            self._commits.commit([rejection(request, decided, now)])
            return decided
        return self._accept(decided, now)

    def change(self, request: ChangeRequest) -> Accepted | Refused:
        """order-rvsecncl: a revision or a cancel, itself an order with its own number."""
        now = self.advance()
        decided = self._intake.change(request, now)
        return decided if isinstance(decided, Refused) else self._accept(decided, now)

    def refuse_credit(self, request: OrderRequest) -> Refused:
        """order-credit: why not. No account here has a credit agreement."""
        now = self.advance()
        refused = self._intake.credit(request, now)
        self._commits.commit([rejection(request, refused, now)])
        return refused

    def push(self, ticker: str, *, percent: float = 0.0, price: int = 0) -> dict[str, object] | None:
        """Test mode: the next print of a listed name is at `price`, or so much away from the last; None without one."""
        now = self.advance()
        board = boards.board_at(self.calendar, now)
        tape, last = self.market.tape(ticker, now.date(), board), self.snapshot_at(ticker, now, board).last
        at = next_print(tape, self.market.index(ticker, now, board)) if tape is not None else None
        if tape is None or at is None:
            return None
        to = orderable(tape, price or last * (100 + percent) / 100, self.market.listings[ticker].instrument.kind)
        moment = self.market.moment(tape.bar.day, tape, at, now).isoformat()
        day, off = now.date().isoformat(), int(tape.prices[at])
        self.note("push", date=day, ticker=ticker, board=board.value, index=at, off=off, to=to)
        return {"ticker": ticker, "from": last, "to": to, "at": moment}

    def reserve(self, wanted: Reservation) -> Reservation:
        """order-resv, checked already."""
        seq = max(self.world.reservations, default=0) + 1
        self._commits.commit([self._reservation("reserve", wanted, seq)])
        return self.world.reservations[seq]

    def revise_reserved(self, wanted: Reservation) -> None:
        """order-resv-rvsecncl: the reservation of that number, as wanted now."""
        self._commits.commit([self._reservation("reserve_revise", wanted, wanted.seq)])

    def cancel_reserved(self, one: Reservation) -> None:
        self.note("reserve_cancel", reservation=one.seq, account=one.account)

    def _reservation(self, kind: str, wanted: Reservation, seq: int) -> Record:
        return {
            "t": self.clock.now().isoformat(),
            "kind": kind,
            "reservation": seq,
            "account": wanted.account,
            "side": wanted.side.value,
            "ticker": wanted.ticker,
            "division": wanted.division,
            "price": wanted.price,
            "qty": wanted.quantity,
            "until": wanted.until.isoformat() if wanted.until is not None else "",
        }

    def _accept(self, record: Record, now: datetime) -> Accepted:
        """Journal the order with everything it trades at once, in one piece."""
        self._commits.commit(self._crossing.incoming(record, now))
        self.clock.slow_for_orders(bool(self.world.resting))
        return Accepted(self.world.order(record))

    # --- views ------------------------------------------------------------------------------------------------

    def snapshot_at(self, ticker: str, now: datetime, board: Board = Board.REGULAR) -> Snapshot:
        """Like `Market.snapshot` for a ticker known to exist."""
        quote = self.market.snapshot(ticker, now, board)
        if quote is None:
            raise KeyError(ticker)
        return quote

    def book(self, ticker: str, now: datetime, board: Board = Board.REGULAR) -> Ladder:
        """The book as shown, users' orders included; empty without trading."""
        return self._crossing.book(ticker, now, board)

    def expected(self, quote: Snapshot) -> Expected | None:
        """What the auction that gathers orders now is expected to give."""
        kind = self.market.listings[quote.ticker].instrument.kind
        return expected(quote, self.market.tape(quote.ticker, quote.day, quote.board), kind)

    def take_prints(self) -> list[Print]:
        """User trades since the last call, for the tape that subscribers see."""
        prints, self._crossing.prints = self._crossing.prints, []
        return prints
