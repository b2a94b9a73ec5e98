"""The exchange without a wire: commands in, journal records out, the market moving underneath.

Contract: every command first brings the market up to now, then decides, then appends its records to the journal
(fsynced) and only then changes state, so an answer never precedes the disk. Deterministic in (source, seed, clock,
commands): no randomness, no wall time. Single-threaded; not aware of HTTP, keys in the clear or frames.
Deciding is `intake`, trading is `crossing`, the day's turns are `days`, what is durable goes through `commits`.
"""

from __future__ import annotations

from datetime import date, datetime

from domain.calendar import Calendar
from simulation.exchange import boards, days
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
        self.market = market
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

    def _accept(self, record: Record, now: datetime) -> Accepted:
        """Journal the order with everything it trades at once, in one piece."""
        self._commits.commit(self._crossing.incoming(record, now))
        self.clock.slow_for_orders(bool(self.world.resting))
        return Accepted(self.world.order(record))

    # --- views ------------------------------------------------------------------------------------------------

    def snapshot_at(self, ticker: str, now: datetime) -> Snapshot:
        """Like `Market.snapshot` for a ticker known to exist."""
        quote = self.market.snapshot(ticker, now)
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
