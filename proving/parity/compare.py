"""A world that was lived through against the backtest of the same strategy over the bars that the world itself made.

Contract: `compared` says every difference in a sentence: signals and values bar by bar, intents (session, side, ticker,
shares), fills (price, shares, fee and tax to the won), what the ledger booked, and the cash at the end. The backtest
runs with EXACT (no latency, no slippage, all of the volume) under the limits that the worker reckons with. A bar that
is marked incomplete enters nothing on either side. Nothing is rounded and nothing is forgiven.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple

import numpy as np

from domain.bars import Bars
from domain.calendar import KrxCalendar
from domain.clock import KST
from domain.means import means_of
from domain.proto import market_pb2 as pb
from domain.strategy.evaluator import Program
from domain.strategy.spec import StrategySpec
from domain.strategy.timing import day_of
from market.bus.ports import SIGNALS
from proving.oms import OWNER_ACCOUNT
from proving.parity.papers import CAPITAL, GRADE
from proving.parity.told import Told, told_bars
from proving.parity.venue import CASH
from proving.parity.world import Case, ParityWorld
from simulation.backtest.result import Result
from simulation.backtest.run import backtest
from simulation.backtest.settings import EXACT
from simulation.backtest.signals import Signalled, evaluated

_SHOWN = 6


class Intent(NamedTuple):
    """`at`: the end of the bar that it is an answer to, epoch seconds."""

    at: int
    side: str
    ticker: str
    quantity: int


class Fill(NamedTuple):
    """A whole order's. `at`: the session, or the end of the bar in which it traded."""

    at: str
    side: str
    ticker: str
    quantity: int
    amount: int
    fee: int
    tax: int


@dataclass(slots=True)
class Compared:
    """What was compared, and every difference."""

    case: Case
    bars: int = 0
    incomplete: int = 0
    entries: int = 0  # signals
    exits: int = 0
    values: int = 0
    intents: int = 0
    fills: int = 0
    steps: int = 0
    real_s: float = 0.0
    breaks: list[str] = field(default_factory=list)

    @property
    def good(self) -> bool:
        return not self.breaks


def compared(world: ParityWorld, program: Program) -> Compared:
    """To be called when the world has come to its end."""
    found = Compared(world.case, steps=world.loop.steps)
    found.breaks += [*world.faults, *world.loop.broken]
    told = told_bars(world, program)
    if not len(told.bars):
        found.breaks.append("expected bars of the world, were none")
        return found
    _signals(world, program, told, found)
    if sum(told.known < len(told.bars)) > program.warmup:
        past = _backtest(world, told)
        _orders(world, told.bars, past, found)
        _books(world, past, found)
    elif world.memory.asks:
        found.breaks.append(f"expected no order before {program.warmup} bars have come, were {len(world.memory.asks)}")
    found.breaks = found.breaks[:_SHOWN] + ([f"… {len(found.breaks)} in all"] if len(found.breaks) > _SHOWN else [])
    return found


# Signals ----------------------------------------------------------------------------------------------------------


def _signals(world: ParityWorld, program: Program, told: Told, found: Compared) -> None:
    history = program.history(told.matrix, told.ends)
    where = {int(end): at for at, end in enumerate(told.ends)}
    seen: dict[int, tuple[bool, bool]] = {}
    for stored in world.memory.seen:
        place = stored.place["place"]
        if place["end"]:
            seen[place["end"]] = (place["entry"], place["exit"])
    for _, message in world.bus.said[SIGNALS.name]:
        signal = pb.Signal.FromString(message.payload)
        seen[signal.end] = (signal.entry, signal.exit)
        at = where.get(signal.end)
        for name, value in signal.values.items() if at is not None else ():
            found.values += 1
            if value != history.columns[name][at]:
                found.breaks.append(f"{_day(signal.end)} {name}: live {value!r}, past {history.columns[name][at]!r}")
    for at in told.expected():
        end, past = int(told.ends[at]), (bool(history.entry[at]), bool(history.exit[at]))
        found.bars += 1
        found.incomplete += not told.whole[at]
        found.entries += past[0]
        found.exits += past[1]
        if seen.get(end) != past:
            found.breaks.append(f"{_moment(end)} signal: live {seen.get(end)}, past {past}")
    for end in seen.keys() - where.keys():
        found.breaks.append(f"{_moment(end)} signal of a bar that is none")


# Orders -----------------------------------------------------------------------------------------------------------


def _backtest(world: ParityWorld, told: Told) -> Result:
    known = {int(one): whole for one, whole in zip(told.known, told.whole, strict=True)}

    def signals(spec: StrategySpec, ticker: str, own: Bars) -> Signalled:
        found = evaluated(spec, ticker, own)
        whole = np.array([known.get(at, False) for at in range(len(own))], np.bool_)
        return Signalled(found.entry & whole, found.exit, found.ends, found.warmup)

    case = world.case
    means = means_of(GRADE, {"capital_krw": CAPITAL}, CASH)
    assert means is not None
    first = world.days[0] if case.minutes else KrxCalendar().previous_session(world.days[0])
    return backtest(
        case.spec, {case.ticker: told.bars}, CASH, limits=means.limits, settings=EXACT, first=first, evaluate=signals
    )


def _orders(world: ParityWorld, bars: Bars, past: Result, found: Compared) -> None:
    live_fills, unfilled = _live_fills(world, bars)
    past_fills = _past_fills(world, past)
    found.fills = len(past_fills)
    _differences("fill", live_fills, past_fills, found)
    live = _live_intents(world)
    found.intents = len(live)
    _differences("intent", [(one.side, one.ticker, one.quantity) for one in live if one not in unfilled],
                 [(one.side, one.ticker, one.quantity) for one in past_fills], found)  # fmt: skip
    if len(unfilled) != past.counts.lapsed:
        found.breaks.append(f"orders without a fill: live {len(unfilled)}, past {past.counts.lapsed}")
    for asked in world.memory.asks.values():
        if asked.answer != "admitted":
            said = [entry.summary for entry in world.papers.journal if entry.kind == "refusal"]
            found.breaks.append(f"{_day(asked.bar_end)} {asked.side}: {asked.answer or 'not answered'} {said[-1:]}")


def _live_intents(world: ParityWorld) -> list[Intent]:
    plans = world.database.tables.desk.plans.rows
    found = []
    for asked in world.memory.asks.values():
        (leg,) = plans[asked.plan_id, asked.version].plan.legs
        found.append(Intent(asked.bar_end, leg.side.value, leg.ticker, leg.quantity))
    return found


def _live_fills(world: ParityWorld, bars: Bars) -> tuple[list[Fill], list[Intent]]:
    """By the exchange's journal, an order each; and the intents that met nobody."""
    sums: dict[tuple[str, str], list[Any]] = {}
    for record in world.disk.records:
        if record["kind"] == "fill":
            key = (record["date"], record["odno"])
            row = sums.setdefault(
                key, [_bar_of(world, bars, record["t"]), record["side"], record["ticker"], 0, 0, 0, 0]
            )
            row[3] += record["qty"]
            row[4] += record["qty"] * record["price"]
            row[5] += record["fee"]
            row[6] += record["tax"]
    filled = [Fill(*row) for row in sums.values()]
    left: dict[tuple[str, str, int], int] = defaultdict(int)
    for one in filled:
        left[one.side, one.ticker, one.quantity] += 1
    unfilled = []
    for intent in _live_intents(world):
        if left[intent[1:]] > 0:
            left[intent[1:]] -= 1
        else:
            unfilled.append(intent)
    return filled, unfilled


def _bar_of(world: ParityWorld, bars: Bars, moment: str) -> str:
    at = datetime.fromisoformat(moment)
    if not world.case.minutes:
        return at.date().isoformat()
    place = int(np.searchsorted(bars.time, at.timestamp(), side="right"))
    return _moment(int(bars.time[place])) if place < len(bars) else "after the last bar"


def _past_fills(world: ParityWorld, past: Result) -> list[Fill]:
    sums: dict[int, list[Any]] = {}
    for row in past.fills:
        at = _moment(int(row["time"])) if world.case.minutes else day_of(int(row["time"])).isoformat()
        side = "buy" if row["side"] > 0 else "sell"
        one = sums.setdefault(int(row["order"]), [at, side, past.tickers[row["name"]], 0, 0, 0, 0])
        one[3] += int(row["quantity"])
        one[4] += int(row["quantity"]) * int(row["price"])
        one[5] += int(row["fee"])
        one[6] += int(row["tax"])
    return [Fill(*row) for row in sums.values()]


def _differences(what: str, live: Sequence[Any], past: Sequence[Any], found: Compared) -> None:
    for at in range(max(len(live), len(past))):
        pair = [tuple(side[at]) if at < len(side) else None for side in (live, past)]
        if pair[0] != pair[1]:
            found.breaks.append(f"{what} {at}: live {pair[0]}, past {pair[1]}")
            return  # what follows one is its consequence


# Books ------------------------------------------------------------------------------------------------------------


def _books(world: ParityWorld, past: Result, found: Compared) -> None:
    """The ledger against the broker's journal, and the broker's cash against the backtest's."""
    fills: dict[str, int] = defaultdict(int)
    charges: dict[str, int] = defaultdict(int)
    for record in world.disk.records:
        if record["kind"] == "fill":
            fills[record["side"]] += record["qty"] * record["price"]
            charges[record["side"]] += record["fee"] + record["tax"]
    for side in ("buy", "sell"):
        mine = [row for row in world.database.tables.intents.rows.values() if row.side.value == side]
        booked = sum(row.filled_amount for row in mine), sum(row.fee + row.tax for row in mine)
        if booked != (fills[side], charges[side]):
            found.breaks.append(f"ledger {side}: booked {booked}, the broker {(fills[side], charges[side])}")
    exchange = world.exchange.exchange
    account = exchange.venue.world.accounts.get(OWNER_ACCOUNT) if exchange is not None else None
    cash = account.d2_cash if account is not None else CASH
    if len(past.course.cash) and cash != int(past.course.cash[-1]):
        found.breaks.append(f"cash at the end: live {cash}, past {int(past.course.cash[-1])}")


def _day(end: int) -> date:
    return datetime.fromtimestamp(end, KST).date()


def _moment(end: int) -> str:
    return f"{datetime.fromtimestamp(end, KST):%m-%d %H:%M}"
