"""What a strategy wants of its account now: exits first, then entries by rank or weights put right, then idle money.

Contract: pure; money int won, quantities int shares, weights basis points of `equity`. Sells only what the strategy's
own sleeve holds and never more of it; buys within the stricter of the strategy's constraints and the grade's limits,
which count what the whole account holds. A ticker that is `busy` (an order under way or unknown, a question without an
answer) gets nothing. Candidates are ranked as in the backtest: by won traded in the signal's bar, then by ticker. An
entry has as many shares as its weight buys at the close that asked for it, as in the backtest, whatever the night
brought; the grade's limits and the money are reckoned as the gate does, at the most that a share may cost now.
What sales of its own are still to bring, money or room under a limit, is waited for, as the backtest counts on it.
The gate judges again; losses that stop new risk are its matter alone.
"""

from __future__ import annotations

from collections.abc import Mapping

from domain.instruments import Instruments
from domain.limits import FULL_BPS, Limits
from domain.orders.types import Side
from domain.strategy.running import RunState
from domain.strategy.sizing import most_bps
from domain.strategy.spec import StrategySpec
from execution.worker.buying import SPARE, Buyer
from execution.worker.seeing import Decision, Name, View, Wanted

DRIFT_BPS = 100  # weights are put right from this distance on, as in the backtest


def decide(spec: StrategySpec, limits: Limits, table: Instruments, view: View, names: Mapping[str, Name]) -> Decision:
    """`names` by ticker, of the universe and the parking product."""
    made = Decision()
    if view.state is RunState.STOPPED:
        return made
    _leave(spec, view, names, made)
    buyer = Buyer(spec, limits, table, view, names, made)
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


def _fill_up(spec: StrategySpec, view: View, names: Mapping[str, Name], buyer: Buyer) -> None:
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


def _enter(spec: StrategySpec, view: View, names: Mapping[str, Name], buyer: Buyer) -> None:
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


def _park(spec: StrategySpec, view: View, names: Mapping[str, Name], buyer: Buyer) -> None:
    """What waits for money is what the parking product is sold for; what is idle goes there."""
    parking, made = names.get(spec.sizing.parking or ""), buyer.made
    if parking is None or parking.price <= 0 or parking.ticker in view.busy:
        return
    if made.waits:
        short = min(buyer.short, view.own.get(parking.ticker, 0) * parking.price)
        quantity = min(view.own.get(parking.ticker, 0), -(-(short + short // SPARE) // parking.price))
        if quantity > 0:
            made.wanted.append(Wanted(parking.ticker, Side.SELL, quantity, "unpark"))
    elif parking.fresh and not view.selling:
        idle = buyer.free
        if idle >= _least(spec, view):
            buyer.buy(parking, idle - idle // 100, "park")


def _least(spec: StrategySpec, view: View) -> int:
    return max(spec.constraints.min_order_krw, view.equity * DRIFT_BPS // FULL_BPS, 1)
