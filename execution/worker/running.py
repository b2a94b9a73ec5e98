"""One running strategy of one account: its names, and a look at the account when something is to be decided.

Contract: decides only while the newest stored version of the strategy is the hash that runs, and under a signed mandate
of that hash; else it is silent and says why once. A bar is decided on at most once a name; a restart finds the plans of
the bar again by their ids. Nothing is decided on a name with an order under way or a question without an answer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from domain.calendar import Calendar, Phase
from domain.clock import KST, Clock
from domain.exits import DEFAULT_RULE, ExitRule, RuleSource
from domain.instruments import Instruments
from domain.limits import FULL_BPS
from domain.mandate import Mandate
from domain.orders.types import Side
from domain.proto import market_pb2
from domain.proto import oms_pb2 as pb
from domain.strategy.running import RunState, StrategyRun, sleeve_of
from domain.strategy.sizing import distance_bps
from domain.strategy.spec import StrategySpec
from domain.strategy.timing import is_fresh
from execution.worker import words
from execution.worker.asking import Asking, Moment
from execution.worker.deciding import decide
from execution.worker.ports import Door, Market, Memory, Papers, Rules
from execution.worker.purse import is_open, mandate_in_force, means_now, monday_of, view_of
from execution.worker.seeing import Decision, Name, View
from execution.worker.watching import Watched
from market.clock import MarketTime
from tools.ports import Identity, JournalEntry
from tools.store.guard_rules import differs
from tools.store.worker_memory import Asked, StoredPlace

_ORDERS = 500  # as many as the door tells
_SETTLE_S = 5.0  # market seconds in which the other names' bars of the same moment may still come


@dataclass(frozen=True, slots=True)
class Outside:
    """Everything that a running strategy may touch."""

    door: Door
    market: Market
    papers: Papers
    memory: Memory
    rules: Rules
    asking: Asking
    table: Instruments
    time: MarketTime
    wall: Clock


def rule_of(spec: StrategySpec) -> ExitRule | None:
    """The guard's rule for what the strategy holds; what it leaves out of stop and take-profit is the default's, as for
    every strategy. None when it says nothing."""
    risk = spec.risk
    stop, take, trailing = (distance_bps(one) for one in (risk.stop_loss, risk.take_profit, risk.trailing_stop))
    sessions = risk.time_stop.after if risk.time_stop.enabled and risk.time_stop.unit == "sessions" else 0
    if not (stop or take or trailing or sessions):
        return None
    return ExitRule(
        stop_bps=min(stop or DEFAULT_RULE.stop_bps or 0, FULL_BPS - 1) or None,
        take_bps=take or DEFAULT_RULE.take_bps,
        trailing_bps=min(trailing, FULL_BPS - 1) or None,
        sessions=min(sessions, 1_000) or None,
        source=RuleSource.STRATEGY,
    )


class Running:
    """`names` by ticker; `state` is a word for the note."""

    def __init__(
        self, who: Identity, run: StrategyRun, spec: StrategySpec, names: Mapping[str, Watched], outside: Outside
    ) -> None:
        self.who = who
        self.run = run
        self.spec = spec
        self.names = dict(names)
        self.state = "starting"
        self._outside = outside
        self._said: set[str] = set()
        self._waits = True  # one look to begin with: what is held may stand without its exits
        self._protected: set[str] = set()

    @property
    def calendar(self) -> Calendar:
        return self._outside.time.calendar

    @property
    def pending(self) -> bool:
        """Whether a look at the account could lead to anything."""
        if self._waits:
            return True
        return any(each.place.end > each.place.decided or each.place.leaving for each in self.names.values())

    async def look(self) -> Decision | None:
        """One look; what was decided. None when nothing could be. PortUnavailable: somebody is silent."""
        outside, now = self._outside, self._outside.time.now()
        if self.run.state is RunState.STOPPED or outside.time.phase is not Phase.CONTINUOUS or not self._settled(now):
            return None
        if not await self._is_unchanged():
            return None
        mandate = await self._mandate(now)
        if mandate is None:
            return None
        book = await outside.door.book(self.who)
        profile = await outside.papers.latest_profile(self.run.user_id)
        means = means_now(profile, outside.wall.now(), book.total_value)
        if means is None:
            self.state = "no profile"
            await self._say(words.NO_PROFILE)
            return None
        orders = await outside.door.orders(self.who, open_only=True, limit=_ORDERS)
        today = await outside.door.orders(self.who, from_date=now.astimezone(KST).date().isoformat(), limit=_ORDERS)
        monday = datetime.combine(monday_of(now), datetime.min.time(), KST)
        asks = list(await outside.memory.since(self.run.account_ref, self.run.strategy_id, monday))
        old = await outside.memory.unanswered()
        asks += [one for one in old if one.strategy_id == self.run.strategy_id and one not in asks]
        may_buy = mandate.expires_at > outside.wall.now() and Side.BUY in mandate.sides
        view = view_of(
            self.run, means, book, orders, today, asks, now, mandate, may_buy=may_buy, unparked=self._unparked(asks)
        )
        for ticker, watched in self.names.items():
            watched.hold(view.own.get(ticker, 0), ticker in view.busy)
        await self._protect(view)
        quotes = {quote.ticker: quote for quote in await outside.market.quotes(sorted(self._wanted(view)))}
        made = decide(self.spec, means.limits, outside.table, view, self._seen(view, quotes, now))
        await self._carry_out(made, view, quotes, mandate, now)
        self.state = self.run.state.value
        return made

    def stored(self) -> list[StoredPlace]:
        """Places that changed since `kept`."""
        out, run = [], self.run
        for ticker, watched in self.names.items():
            if watched.dirty:
                live = watched.live.saved() if watched.live.bars else b""
                out.append(StoredPlace(run.account_ref, run.strategy_id, run.hash, ticker, watched.saved(), live))
        return out

    def told(self) -> list[tuple[str, bytes]]:
        """The names' signals that nobody was told yet, as the bus takes them. One is late when no entry could be made
        on its bar any more."""
        out, spec, now = [], self.spec, self._outside.time.now()
        for ticker, watched in self.names.items():
            for end, signal in watched.signals:
                message = market_pb2.Signal(
                    strategy_hash=self.run.hash,
                    ticker=ticker,
                    timeframe=spec.timeframe.value,
                    end=end,
                    entry=signal.entry,
                    exit=signal.exit,
                    values={name: value for name, value in signal.values.items() if value == value},
                    seq=end,
                    source="worker",
                    late=not is_fresh(spec, end, now, self.calendar),
                )
                out.append((ticker, message.SerializeToString()))
        return out

    def kept(self) -> None:
        """What `stored` told is stored."""
        for watched in self.names.values():
            watched.dirty = False

    # ----------------------------------------------------------------------------------------------------------------

    def _settled(self, now: datetime) -> bool:
        """Names whose bars end together are decided on together."""
        newest = max((each.place.end for each in self.names.values()), default=0)
        late = any(each.place.end < newest for each in self.names.values())
        return not late or now.timestamp() >= newest + _SETTLE_S

    async def _is_unchanged(self) -> bool:
        stored = await self._outside.papers.strategies(self.run.user_id, 50)
        newest = next((each for each in stored if each.strategy_id == self.run.strategy_id), None)
        if newest is not None and newest.hash == self.run.hash:
            return True
        self.state = "changed"
        await self._say(words.CHANGED)
        return False

    async def _mandate(self, now: datetime) -> Mandate | None:
        found = await self._outside.papers.mandates(self.run.account_ref)
        mandate = mandate_in_force(found, self.run.hash, self._outside.wall.now())
        if mandate is None:
            self.state = "unsigned"
            await self._say(words.UNSIGNED)
            return None
        return mandate if is_open(mandate, now) else None

    async def _say(self, text: str) -> None:
        """Once in this process's life."""
        if text not in self._said:
            said = text.format(name=self.spec.metadata.name)
            entry = JournalEntry(self._outside.wall.now(), "strategy", str(self.run.strategy_id), said, {})
            await self._outside.papers.note(self.run.user_id, entry)
            self._said.add(text)

    def _unparked(self, asks: Sequence[Asked]) -> bool:
        """Whether the parking product's newest bar has been sold on: one plan a bar, so it is not sold on again."""
        watched = self.names.get(self.spec.sizing.parking or "")
        return watched is not None and any(
            one.why == "unpark" and one.bar_end == watched.place.end and one.answer for one in asks
        )

    def _wanted(self, view: View) -> set[str]:
        """Names that need a price now."""
        held = {ticker for ticker in self.names if view.own.get(ticker, 0) > 0}
        fresh = {ticker for ticker, each in self.names.items() if each.place.end > each.place.decided}
        parking = {self.spec.sizing.parking} & self.names.keys()
        return held | fresh | {ticker for ticker in parking if ticker is not None}

    def _seen(self, view: View, quotes: Mapping[str, pb.QuoteReply], now: datetime) -> dict[str, Name]:
        first = self.spec.sizing.method == "targets" and not any(view.own.get(ticker, 0) for ticker in self.names)
        out = {}
        for ticker, watched in self.names.items():
            place, quote = watched.place, quotes.get(ticker)
            good = quote is not None and quote.found and quote.price > 0
            good = good and quote is not None and not (quote.halted or quote.interrupted or quote.stale)
            price = quote.price if good and quote is not None else 0
            most = price + price * self.spec.orders.slippage_bps // FULL_BPS
            if self.spec.orders.type == "market" and quote is not None:
                most = max(price, quote.upper_limit)
            is_new = place.end > place.decided and is_fresh(self.spec, place.end, now, self.calendar)
            out[ticker] = Name(
                ticker=ticker,
                entry=place.entry and watched.is_warm,
                exit=place.exit,
                fresh=is_new and (place.due or first),
                complete=place.complete,
                weight_bps=place.weight_bps,
                traded=place.traded,
                price=price,
                reserve=max(most, price, 1),
                leaving=place.leaving,
                bars_held=place.held,
                close=place.close,
            )
        return out

    async def _carry_out(
        self, made: Decision, view: View, quotes: Mapping[str, pb.QuoteReply], mandate: Mandate, now: datetime
    ) -> None:
        at = Moment(now, self.calendar.name)
        for ticker, why in made.leaving.items():
            self.names[ticker].leave(why)
        for wanted in made.wanted:
            watched, quote = self.names[wanted.ticker], quotes.get(wanted.ticker)
            if quote is None or quote.price <= 0:
                made.waits.add(wanted.ticker)
                continue
            await self._outside.asking.ask(
                self.who, self.run, self.spec, wanted, quote, mandate.mandate_id, watched.place.end, at
            )
        for ticker, watched in self.names.items():
            place = watched.place
            busy = ticker in view.busy and is_fresh(self.spec, place.end, now, self.calendar)
            if ticker not in made.waits and not busy:
                watched.done(place.end)
        self._waits = bool(made.waits or made.wanted or view.busy)  # what was asked is looked after: fills, exits

    async def _protect(self, view: View) -> None:
        """The strategy's own exits, where the guard reads them: for its own shares, whatever others do with theirs."""
        held = {ticker for ticker in self.names if view.own.get(ticker, 0) > 0}
        if held <= self._protected:
            self._protected = held
            return
        rule, sleeve, run = rule_of(self.spec), sleeve_of(self.run.strategy_id), self.run
        rows = await self._outside.papers.exit_rules(run.account_ref)
        for ticker in sorted(held):
            if differs(rows, RuleSource.STRATEGY, ticker, sleeve, rule):
                await self._outside.rules.put(
                    run.account_ref,
                    run.user_id,
                    rule,
                    source=RuleSource.STRATEGY,
                    ticker=ticker,
                    sleeve=sleeve,
                    strategy_id=run.strategy_id,
                    channel="worker",
                )
        self._protected = held
