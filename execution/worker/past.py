"""The past of a name: what a strategy is told before its first live bar, and daily bars as sessions end.

Contract: daily bars come from the one store, which asks the broker once; minutes from the store and from what the bus
still holds, of a bar that was told more than once the highest revision. Minutes of the store are told as incomplete: a
hole there is a bar that is not, so nothing is entered on them. A basis of prices that has changed (a split) is seen at
the last bar and told from anew.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

import structlog

from domain.bars import Bars
from domain.clock import KST
from domain.proto import market_pb2 as pb
from domain.strategy.running import StrategyRun, traded_names
from domain.strategy.spec import StrategySpec
from domain.strategy.timing import day_of, is_fresh
from execution.worker.forming import Small
from execution.worker.ports import History
from execution.worker.running import Outside, Running
from execution.worker.watching import Watched
from market.bars.fetch import DailyBars
from market.bars.store import MINUTE, BarStore
from market.bus.ports import BARS, Bus
from tools.ports import Identity

if TYPE_CHECKING:
    from domain.strategy.evaluator import Program

log = structlog.get_logger("worker.past")
_SESSION_MINUTES = 390
_SESSIONS = {"1w": 5, "1M": 23}


class Past:
    """`execution.worker.ports.History` over the store and the bus. Raises PortUnavailable, LakeUnavailable and
    BusUnavailable."""

    def __init__(self, store: BarStore, days: DailyBars, bus: Bus) -> None:
        self._store = store
        self._days = days
        self._bus = bus

    async def daily(self, ticker: str, start: date, end: date) -> Bars:
        return await self._days.read(ticker, start, end)

    async def minutes(self, ticker: str, start: date, end: date) -> list[pb.Bar]:
        stored = await asyncio.to_thread(self._store.read, ticker, MINUTE, start, end)
        found = {small.end: _message(ticker, small) for small in smalls(stored, complete=False)}
        async for message in self._bus.replay(BARS, ticker):
            bar = pb.Bar.FromString(message.payload)
            known = found.get(bar.end)
            if bar.timeframe == MINUTE and (known is None or bar.revision >= known.revision):
                found[bar.end] = bar
        return [bar for _, bar in sorted(found.items())]


def smalls(bars: Bars, *, complete: bool = True) -> list[Small]:
    columns = (bars.time, bars.open, bars.high, bars.low, bars.close, bars.volume)
    rows = zip(*(column.tolist() for column in columns), strict=True)
    return [Small(end, first, high, low, close, volume, complete) for end, first, high, low, close, volume in rows]


def small_of(bar: pb.Bar) -> Small:
    return Small(bar.end, bar.open, bar.high, bar.low, bar.close, bar.volume, bar.complete)


def _message(ticker: str, one: Small) -> pb.Bar:
    end, opened, high, low, close, volume, complete = one
    return pb.Bar(
        ticker=ticker, timeframe=MINUTE, end=end, open=opened, high=high, low=low, close=close, volume=volume,
        complete=complete,
    )  # fmt: skip


def since(spec: StrategySpec, warmup: int, today: date) -> date:
    """From when on the past is told so that every value is known: twice the warm-up, with room for holidays."""
    minutes = spec.timeframe.minutes
    bars_a_session = 1 if minutes is None else max(1, _SESSION_MINUTES // minutes)
    sessions = 2 * warmup * _SESSIONS.get(spec.timeframe.value, 1) // bars_a_session + spec.sizing.lookback + 5
    return today - timedelta(days=sessions * 8 // 5 + 20)


async def told(history: History, program: Program, ticker: str, now: datetime) -> Sequence[Small]:
    """Everything that a fresh name is told. `now` market time."""
    today = now.astimezone(KST).date()
    begin = since(program.spec, program.warmup, today)
    if program.spec.timeframe.minutes is None:
        return smalls(await history.daily(ticker, begin, today))
    return [small_of(bar) for bar in await history.minutes(ticker, begin, today)]


async def opened(who: Identity, run: StrategyRun, program: Program, outside: Outside, history: History) -> Running:
    """A running strategy where it stood, or told from the past, up to now. Signals of bars that ended since it stood
    there are still to be told; of one that is begun, those on whose bars an entry may be made now."""
    stored = {each.ticker: each for each in await outside.memory.places(run.account_ref, run.strategy_id, run.hash)}
    names: dict[str, Watched] = {}
    for ticker in traded_names(program.spec):
        known = stored.get(ticker)
        if known is None:
            watched = Watched(program, ticker, lambda: outside.time.calendar)
        else:
            try:
                watched = Watched(program, ticker, lambda: outside.time.calendar, known.place, known.live)
            except ValueError as unfit:  # other code of its indicators
                log.warning("told_anew", ticker=ticker, reason=str(unfit))
                watched = Watched(program, ticker, lambda: outside.time.calendar, known.place)
                watched.again(await told(history, program, ticker, outside.time.now()))
        names[ticker] = watched
    running = Running(who, run, program.spec, names, outside)
    await caught_up(running, history, outside.time.now())
    if program.spec.timeframe.minutes is not None:
        for ticker, watched in names.items():
            for small in await told(history, program, ticker, outside.time.now()):
                watched.take(small)
    for ticker in names.keys() - stored.keys():  # the strategy did not run when these bars ended
        names[ticker].forget(lambda end: is_fresh(program.spec, end, outside.time.now(), outside.time.calendar))
    return running


async def caught_up(running: Running, history: History, now: datetime) -> bool:
    """Tells daily bars that have come since; whether there were any. Minutes come by the bus."""
    if running.spec.timeframe.minutes is not None:
        return False
    came, today = False, now.astimezone(KST).date()
    for ticker, watched in running.names.items():
        place = watched.place
        if place.small_end and day_of(place.small_end) >= running.calendar.previous_session(today):
            continue  # nothing newer can be over
        if not place.small_end:
            bars = await told(history, watched.program, ticker, now)
        else:
            bars = smalls(await history.daily(ticker, day_of(place.small_end), today))
            if bars and bars[0].end == place.small_end and bars[0].close != place.small_close:
                log.warning("basis_changed", ticker=ticker)
                watched.again(await told(history, watched.program, ticker, now))
                came = True
                continue
        for bar in bars:
            if bar.end > place.small_end:
                came = watched.take(bar) or came
    return came
