"""What a strategy wants of its account now: exits first, then entries by rank or weights put right, then idle money.

Contract: pure; money int won, quantities int shares, weights basis points of `equity`. Sells only what the strategy's
own sleeve holds and never more of it; buys within the stricter of the strategy's constraints and the grade's limits,
which count what the whole account holds. A ticker that is `busy` (an order under way or unknown, a question without an
answer) gets nothing. Candidates are ranked as in the backtest: by won traded in the signal's bar, then by ticker. An
entry has as many shares as its weight buys at the close that asked for it, as in the backtest, whatever the night
brought; the grade's limits and the money are reckoned with the price of now.
The gate judges again; losses that stop new risk are its matter alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from domain.instruments import Instruments
from domain.limits import FULL_BPS, Limits, equity_exposure_bps
from domain.orders.types import Side
from domain.strategy.running import RunState
from domain.strategy.sizing import most_bps
from domain.strategy.spec import StrategySpec

DRIFT_BPS = 100  # weights are put right from this distance on, as in the backtest
_BAND_PERCENT = 30  # of a day, for all that is not geared
_SPARE = 200  # one part of this many is kept for fees and a price that moves on


@dataclass(frozen=True, slots=True)
class Name:
    """A name of the strategy after its newest complete bar. `close`: that bar's. `price`, `reserve`: last, and what a
    share holds back while its order lives; 0 when the price is not fresh. `leaving`: why it has to go, "" when it may
    stay. `weight_bps`: what an entry asks for. `fresh`: its bar is due, may still be acted on and has not been."""

    ticker: str
    entry: bool = False
    exit: bool = False
    fresh: bool = False
    complete: bool = True
    weight_bps: int = 0
    traded: int = 0
    price: int = 0
    reserve: int = 0
    leaving: str = ""
    bars_held: int = 0
    close: int = 0


@dataclass(frozen=True, slots=True)
class View:
    """The account and the strategy's part of it. `own`: shares of the sleeve; `whole`: of everybody; `prices`: last of
    what is held. `selling`: names whose own sale is under way. `may_buy`: a mandate for purchases is in force."""

    equity: int
    cash: int
    own: Mapping[str, int]
    whole: Mapping[str, int]
    prices: Mapping[str, int]
    busy: frozenset[str] = frozenset()
    buying: frozenset[str] = frozenset()
    selling: frozenset[str] = frozenset()
    entries_this_week: int = 0
    bought_today: int = 0
    state: RunState = RunState.ACTIVE
    may_buy: bool = True


@dataclass(frozen=True, slots=True)
class Wanted:
    """One leg. `why`: exit | time | rebalance | entry | park | unpark."""

    ticker: str
    side: Side
    quantity: int
    why: str


@dataclass(slots=True)
class Decision:
    """`waits`: names whose bar is not done with, because money or a price is still to come. `leaving`: why names go."""

    wanted: list[Wanted] = field(default_factory=list)
    waits: set[str] = field(default_factory=set)
    leaving: dict[str, str] = field(default_factory=dict)
    spent: int = 0
    bought: int = 0
    grown: dict[str, int] = field(default_factory=dict)


def decide(spec: StrategySpec, limits: Limits, table: Instruments, view: View, names: Mapping[str, Name]) -> Decision:
    """`names` by ticker, of the universe and the parking product."""
    made = Decision()
    if view.state is RunState.STOPPED:
        return made
    _leave(spec, view, names, made)
    buyer = _Buyer(spec, limits, table, view, names, made)
    if spec.sizing.method == "targets":
        _trim(spec, limits, table, view, names, made)
        if buyer.allowed:
            _fill_up(spec, view, names, buyer)
    elif buyer.allowed:
        _enter(spec, view, names, buyer)
        _park(spec, view, names, buyer)
    return made


def _leave(spec: StrategySpec, view: View, names: Mapping[str, Name], made: Decision) -> None:
    stop = spec.risk.time_stop
    for ticker, name in sorted(names.items()):
        own = view.own.get(ticker, 0)
        if own <= 0 or ticker == spec.sizing.parking:
            continue
        why = name.leaving or ("exit" if name.exit and name.fresh else "")
        if not why and stop.enabled and stop.unit == "bars" and name.bars_held >= stop.after:
            why = "time"
        if not why:
            continue
        made.leaving[ticker] = why
        if ticker not in view.busy:
            made.wanted.append(Wanted(ticker, Side.SELL, own, why))


def _trim(
    spec: StrategySpec, limits: Limits, table: Instruments, view: View, names: Mapping[str, Name], made: Decision
) -> None:
    least = _least(spec, view)
    for ticker, name in sorted(names.items()):
        own = view.own.get(ticker, 0)
        if own <= 0 or not name.fresh or ticker in view.busy or ticker in made.leaving:
            continue
        if name.price <= 0:
            made.waits.add(ticker)
            continue
        target = spec.sizing.targets.get(ticker, 0)
        most = min(target, most_bps(spec, ticker, table.get(ticker), limits))
        excess = own * name.price - view.equity * most // FULL_BPS
        quantity = own if target == 0 else min(own, max(0, excess) // name.price)
        if quantity > 0 and (excess >= least or target == 0):
            made.wanted.append(Wanted(ticker, Side.SELL, quantity, "rebalance"))


def _fill_up(spec: StrategySpec, view: View, names: Mapping[str, Name], buyer: _Buyer) -> None:
    least, made = _least(spec, view), buyer.made
    sold = {each.ticker for each in made.wanted}
    for ticker, name in sorted(names.items()):
        target = spec.sizing.targets.get(ticker, 0)
        if target == 0 or not name.fresh or ticker in view.busy | sold or ticker in made.leaving:
            continue
        missing = view.equity * target // FULL_BPS - view.own.get(ticker, 0) * name.price
        if name.price <= 0:
            made.waits.add(ticker)
        elif missing >= least:
            buyer.buy(name, missing, "rebalance")


def _enter(spec: StrategySpec, view: View, names: Mapping[str, Name], buyer: _Buyer) -> None:
    made, parking = buyer.made, spec.sizing.parking
    candidates = [
        name
        for ticker, name in names.items()
        if name.entry and not name.exit and name.fresh and name.complete and ticker != parking
        if view.own.get(ticker, 0) == 0 and ticker not in view.busy
    ]
    held = {ticker for ticker, own in view.own.items() if own > 0 and ticker in names and ticker != parking}
    gone = {each.ticker for each in made.wanted if each.side is Side.SELL} | view.selling
    waiting = {ticker for ticker in view.buying - held if ticker != parking}
    places = spec.constraints.max_positions - len(held - gone) - len(waiting)
    if spec.schedule.max_trades_a_week is not None:
        places = min(places, spec.schedule.max_trades_a_week - view.entries_this_week)
    for name in sorted(candidates, key=lambda one: (-one.traded, one.ticker)):
        if places < 1:
            return
        if name.price <= 0:
            made.waits.add(name.ticker)
        elif buyer.buy(name, view.equity * name.weight_bps // FULL_BPS, "entry"):
            places -= 1


def _park(spec: StrategySpec, view: View, names: Mapping[str, Name], buyer: _Buyer) -> None:
    """What waits for money is what the parking product is sold for; what is idle goes there."""
    parking, made = names.get(spec.sizing.parking or ""), buyer.made
    if parking is None or parking.price <= 0 or parking.ticker in view.busy:
        return
    if made.waits:
        short = min(buyer.short, view.own.get(parking.ticker, 0) * parking.price)
        quantity = min(view.own.get(parking.ticker, 0), -(-(short + short // _SPARE) // parking.price))
        if quantity > 0:
            made.wanted.append(Wanted(parking.ticker, Side.SELL, quantity, "unpark"))
    elif parking.fresh and not view.selling:
        idle = buyer.free
        if idle >= _least(spec, view):
            buyer.buy(parking, idle - idle // 100, "park")


def _entry_price(name: Name) -> int:
    """What an entry's shares are counted with. A price that a day's band cannot explain stands on another basis."""
    moved = abs(name.price - name.close) * 100
    return name.close if moved <= name.close * _BAND_PERCENT else name.price


def _least(spec: StrategySpec, view: View) -> int:
    return max(spec.constraints.min_order_krw, view.equity * DRIFT_BPS // FULL_BPS, 1)


class _Buyer:
    """Cuts wishes to what limits and money leave, and remembers what was taken. `short`: won that were missing."""

    def __init__(
        self,
        spec: StrategySpec,
        limits: Limits,
        table: Instruments,
        view: View,
        names: Mapping[str, Name],
        made: Decision,
    ) -> None:
        self._spec, self._limits, self._table, self._view, self._names = spec, limits, table, view, names
        self.made = made
        self.short = 0

    @property
    def allowed(self) -> bool:
        return self._view.state is RunState.ACTIVE and self._view.may_buy

    @property
    def free(self) -> int:
        """Won that are nobody's yet, less a little for fees."""
        return max(0, self._view.cash - self._view.cash // _SPARE - self.made.spent)

    def buy(self, name: Name, wish: int, why: str) -> bool:
        row = self._table.get(name.ticker)
        if row is None or not self._limits.allows(row) or row.status != "normal":
            return False
        each = _entry_price(name) if why == "entry" else name.price
        bound = self._view.equity * most_bps(self._spec, name.ticker, row, None) // FULL_BPS
        own_room = bound - self._view.whole.get(name.ticker, 0) * each
        shares = max(0, min(min(wish, own_room) // each, self._room(name.ticker) // name.price))
        most = min(self.free, self._limits.order_krw(row))  # the gate counts an order at the most it may cost
        quantity = min(shares, most // name.reserve)
        if quantity * each < self._spec.constraints.min_order_krw or quantity < 1:
            missing = shares * name.reserve - self.free
            if missing > 0 and (self._view.selling or self._has_sales() or self._parked()):
                self.short += missing
                self.made.waits.add(name.ticker)
            return False
        self.made.wanted.append(Wanted(name.ticker, Side.BUY, quantity, why))
        self.made.spent += quantity * name.reserve
        self.made.bought += quantity * name.price
        self.made.grown[name.ticker] = quantity * name.price
        return True

    def _has_sales(self) -> bool:
        return any(each.side is Side.SELL for each in self.made.wanted)

    def _parked(self) -> bool:
        return self._view.own.get(self._spec.sizing.parking or "", 0) > 0

    def _worth(self, ticker: str) -> int:
        name = self._names.get(ticker)
        price = name.price if name is not None and name.price > 0 else self._view.prices.get(ticker, 0)
        return self._view.whole.get(ticker, 0) * price + self.made.grown.get(ticker, 0)

    def _room(self, ticker: str) -> int:
        """Won by which the name may grow: the grade's weight, one order, stocks, its sector, the day's turnover."""
        spec, limits, view, row = self._spec, self._limits, self._view, self._table.get(ticker)
        left = view.equity * limits.name_weight_bps(row) // FULL_BPS - self._worth(ticker)
        left = min(left, limits.order_krw(row))
        exposure = equity_exposure_bps(row)
        if exposure > 0 and row is not None:
            stocks, sector = 0, 0
            for other in view.whole.keys() | self.made.grown.keys():
                there = self._table.get(other)
                worth = self._worth(other)
                stocks += worth * equity_exposure_bps(there) // FULL_BPS
                if there is not None and there.sector == row.sector:
                    sector += worth
            most = min(spec.constraints.max_equity_bps, limits.max_equity_bps)
            left = min(left, (view.equity * most // FULL_BPS - stocks) * FULL_BPS // exposure)
            most = min(spec.constraints.max_sector_bps, limits.max_sector_bps)
            left = min(left, view.equity * most // FULL_BPS - sector)
        bounds = [bps for bps in (spec.constraints.max_turnover_bps, limits.turnover_bps) if bps]
        if bounds:
            left = min(left, view.equity * min(bounds) // FULL_BPS - view.bought_today - self.made.bought)
        return max(0, left)
