"""Strategies on past prices: bars out of the lake, the one backtest, and a memory of what was tried.

Contract: the lake is asked first and the OMS's read door only for what is missing. Work goes on when its asker has
gone, so that asking again joins it; one backtest at a time, because each fills a core. What cannot be tried is
PortUnavailable with a Korean sentence, and is tried anew at the next question. Nothing of numba is imported before the
first backtest, and that happens in a thread.
"""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

import structlog

from domain.clock import KST
from domain.instruments import Asset, Instruments
from domain.limits import Limits
from domain.strategy.problems import StrategyError
from domain.strategy.signals import Timeframe
from domain.strategy.spec import StrategySpec
from domain.strategy.timing import day_of
from domain.strategy.trial import Trial, Weak
from tools.lake import LakeError, LakeUnavailable
from tools.ports import MarketPort, PortUnavailable

if TYPE_CHECKING:
    from domain.bars import Bars
    from market.bars.fetch import DailyBars
    from market.bars.store import BarStore
    from simulation.backtest.result import Result

log = structlog.get_logger(__name__)

LATER = "지난 시세를 다 받지 못해 검증은 나중에 할게요. 시세가 모이면 '백테스트'라고 해 주세요."
NO_MINUTES = "분봉은 모아 둔 지난 시세가 모자라 아직 검증하지 못해요. 쌓이면 '백테스트'라고 해 주세요."
BROKEN = "지난 시세로 검증하다가 문제가 생겼어요. 잠시 뒤 '백테스트'라고 해 주세요."
COUNTED_DAYS = 3 * 365
FETCH_S = 180.0
AT_ONCE = 3  # names whose bars are asked for at the same time
KEPT = 24
YARDSTICK, YARDSTICK_NAME = "069500", "코스피200 ETF"
_CALENDAR_DAYS = 1.6  # of a session, with room for holidays
_SESSIONS = {Timeframe.WEEK: 5, Timeframe.MONTH: 21}


@dataclass(frozen=True, slots=True)
class Tried:
    """A backtest, and what its own names did when they were only held (None when unknown)."""

    result: Result
    held_return: float | None

    def in_words(self) -> Trial:
        result = self.result
        figures, index = result.figures, result.comparison
        return Trial(
            first=result.course.days[0],
            last=result.course.days[-1],
            sessions=figures.sessions,
            cash=result.cash,
            final=result.final,
            total_return=figures.total_return,
            cagr=figures.cagr,
            depth=0.0 if figures.drawdown is None else figures.drawdown.depth,
            trades=result.trade_figures.count,
            open_trades=result.trade_figures.open,
            cost=result.costs.total,
            index_name="" if index is None else index.name,
            index_return=None if index is None else index.total_return,
            held_return=self.held_return,
            weaknesses=tuple(Weak(weakness.code, weakness.text) for weakness in result.weaknesses),
        )


class Backtests:
    """A `HistoryPort`, and for a face the whole result. `source` names what the prices are from: sim | paper | live."""

    def __init__(
        self, market: MarketPort, open_store: Callable[[], BarStore], source: str, fetch_s: float = FETCH_S
    ) -> None:
        self._market = market
        self._open_store = open_store
        self._source = source
        self._fetch_s = fetch_s
        self._lake: tuple[BarStore, DailyBars] | None = None
        self._opening = asyncio.Lock()
        self._computing = asyncio.Lock()
        self._asking = asyncio.Semaphore(AT_ONCE)
        self._jobs: dict[Any, asyncio.Task[Tried | PortUnavailable]] = {}

    async def trial(self, spec: StrategySpec, cash_krw: int, limits: Limits | None, patience_s: float) -> Trial | None:
        tried = await self.tried(spec, cash_krw, limits, patience_s)
        return None if tried is None else tried.in_words()

    async def tried(self, spec: StrategySpec, cash_krw: int, limits: Limits | None, patience_s: float) -> Tried | None:
        """As `trial`, in full."""
        clock = await self._market.market_clock()
        last = date.fromisoformat(clock.trade_date) - timedelta(days=1)
        key = (spec.content_hash(), cash_krw, limits, last)
        job = self._jobs.get(key)
        if job is None:
            job = self._jobs[key] = asyncio.create_task(self._worked(spec, cash_krw, limits, last))
            self._forget()
        done, _ = await asyncio.wait({job}, timeout=patience_s)
        if not done:
            return None
        found = PortUnavailable(BROKEN, where="history") if job.cancelled() else job.result()
        if isinstance(found, PortUnavailable):
            self._jobs.pop(key, None)
            raise PortUnavailable(found.message, where=found.where)
        return found

    async def aclose(self) -> None:
        """Stops what is still under way; a computation that has begun ends by itself."""
        jobs, self._jobs = list(self._jobs.values()), {}
        for job in jobs:
            job.cancel()
        await asyncio.gather(*jobs, return_exceptions=True)

    def _forget(self) -> None:
        for key in [key for key, job in self._jobs.items() if job.done()][: max(0, len(self._jobs) - KEPT)]:
            del self._jobs[key]

    async def _worked(
        self, spec: StrategySpec, cash_krw: int, limits: Limits | None, last: date
    ) -> Tried | PortUnavailable:
        """Never raises: nobody may be there to hear it."""
        try:
            async with asyncio.timeout(self._fetch_s):
                bars, yardstick = await self._bars(spec, last)
            async with self._computing:
                return await asyncio.to_thread(
                    _run, spec, bars, yardstick, cash_krw, limits, last - timedelta(days=COUNTED_DAYS)
                )
        except PortUnavailable as gone:
            log.info("backtest.no_bars", where=gone.where)
            return PortUnavailable(gone.message if gone.where == "history" else LATER, where="history")
        except (TimeoutError, LakeError, LakeUnavailable) as gone:
            log.info("backtest.no_bars", where=type(gone).__name__)
            return PortUnavailable(LATER, where="history")
        except (_Cannot, StrategyError) as error:
            return PortUnavailable(f"이 전략은 지난 시세로 검증하지 못했어요. {error}", where="history")
        except Exception:
            log.error("backtest.failed", trace=traceback.format_exc())
            return PortUnavailable(BROKEN, where="history")

    async def _bars(self, spec: StrategySpec, last: date) -> tuple[dict[str, Bars], Bars | None]:
        store, daily = await self._opened()
        start = last - timedelta(days=COUNTED_DAYS + round(warm_days(spec) * _CALENDAR_DAYS) + 30)

        async def read(ticker: str) -> Bars:
            async with self._asking:
                if spec.timeframe.minutes is not None:
                    return await asyncio.to_thread(store.read, ticker, "1m", start, last)
                return await daily.read(ticker, start, last)

        found = await asyncio.gather(*(read(ticker) for ticker in spec.universe.tickers))
        bars = {ticker: one for ticker, one in zip(spec.universe.tickers, found, strict=True) if len(one)}
        if len(bars) < len(spec.universe.tickers):
            raise PortUnavailable(LATER if spec.timeframe.minutes is None else NO_MINUTES, where="history")
        if YARDSTICK in bars and spec.timeframe.minutes is None:
            return bars, bars[YARDSTICK]
        try:
            async with self._asking:
                index = await daily.read(YARDSTICK, start, last)
        except PortUnavailable:
            return bars, None  # a strategy can be tried without something to hold it against
        return bars, index if len(index) else None

    async def _opened(self) -> tuple[BarStore, DailyBars]:
        async with self._opening:
            if self._lake is None:
                self._lake = await asyncio.to_thread(self._open)
        return self._lake

    def _open(self) -> tuple[BarStore, DailyBars]:
        from market.bars.fetch import DailyBars

        store = self._open_store()
        return store, DailyBars(store, self._market, self._source)


class _Cannot(ValueError):
    """A BacktestError, where nothing of the engine is imported yet."""


def warm_days(spec: StrategySpec) -> int:
    """Sessions that the longest number of the strategy's indicators may need before its first signal."""
    numbers = [param.default for param in spec.strategy.params.values()]
    for row in spec.strategy.indicators:
        numbers += [value for value in row.params.values() if not isinstance(value, str)]
    longest = max((int(number) for number in numbers if number <= 1_000), default=0)
    frames = {spec.timeframe, *(row.timeframe for row in spec.strategy.indicators if row.timeframe is not None)}
    return min(longest * max(_SESSIONS.get(frame, 1) for frame in frames), 2_000)


def _run(
    spec: StrategySpec,
    bars: Mapping[str, Bars],
    yardstick: Bars | None,
    cash_krw: int,
    limits: Limits | None,
    first: date,
) -> Tried:
    """In a thread: the first time it compiles."""
    from simulation.backtest.errors import BacktestError
    from simulation.backtest.rules import first_day
    from simulation.backtest.run import Index, backtest

    index = None
    if yardstick is not None:
        line = _since(yardstick, first_day())
        index = Index(YARDSTICK_NAME, dict(zip(map(day_of, line.time.tolist()), map(float, line.close), strict=True)))
    own = {ticker: _since(one, first_day()) for ticker, one in bars.items()}
    try:
        result = backtest(spec, own, cash_krw, limits=limits, first=first, index=index)
    except BacktestError as error:
        raise _Cannot(str(error)) from error
    return Tried(result, _held(spec, own, result))


def _since(bars: Bars, first: date) -> Bars:
    return bars.part(int(bars.time.searchsorted(_begins(first), side="right")), len(bars))


def _begins(day: date) -> int:
    return int(datetime.combine(day, time.min, KST).timestamp())


def _held(spec: StrategySpec, bars: Mapping[str, Bars], result: Result) -> float | None:
    """What the strategy's own names did over the days that count: at its weights, else in equal parts; products that
    idle money rests in are left out."""
    known = Instruments.load()
    start = _begins(result.course.days[0])
    gains, weights = [], []
    for ticker, one in bars.items():
        row = known.get(ticker)
        if spec.sizing.method != "targets" and (ticker == spec.sizing.parking or (row and row.asset is Asset.CASH)):
            continue
        before = max(int(one.time.searchsorted(start)) - 1, 0)  # its first close, where it has none from before
        gains.append(float(one.close[-1]) / float(one.close[before]) - 1.0)
        weights.append(spec.sizing.targets.get(ticker, 0) if spec.sizing.method == "targets" else 1)
    if not sum(weights):
        return None
    return sum(gain * weight for gain, weight in zip(gains, weights, strict=True)) / sum(weights)
