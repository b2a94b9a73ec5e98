"""Entries and exits of a strategy on one name's bars, by the one evaluator.

Contract: the strategy's time frame may be above that of the bars: they are resampled, and a signal stands at the bar
with which the longer one is known to be complete, to be acted on at the next. Where two longer ones are known with the
same bar, the newer one's entry counts and the exits of both, as the worker does. Bars longer than the time frame are
refused, never taken for what they are not. Nothing here decides anything; `Evaluate` is how a caller gives signals of
its own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from domain.bars import Bars, Matrix, period, resampled
from domain.calendar import KrxCalendar
from domain.strategy.serving import AGAINST_INDEX, asks_index, asks_models
from domain.strategy.signals import Timeframe
from domain.strategy.spec import StrategySpec
from domain.strategy.timing import closes, ends_session
from domain.strategy.vocabulary import indicator_name
from simulation.backtest.engine.shapes import Flags, Ints
from simulation.backtest.errors import BacktestError
from simulation.backtest.timeline import day_numbers

if TYPE_CHECKING:
    from domain.strategy.evaluator import Program


@dataclass(frozen=True, slots=True)
class Signalled:
    """By bar of the data. `ends`: a bar of the strategy's own time frame ends here. `warmup`: bars of the data that
    have to come until the first signal is possible."""

    entry: Flags
    exit: Flags
    ends: Flags
    warmup: int


_CALENDAR = KrxCalendar()
_EPOCH = date(1970, 1, 1).toordinal()
Evaluate = Callable[[StrategySpec, str, Bars], Signalled]


def given(entry: Flags, exit_: Flags, warmup: int = 0) -> Signalled:
    """Signals from elsewhere, one for each bar."""
    return Signalled(np.asarray(entry, np.bool_), np.asarray(exit_, np.bool_), np.ones(len(entry), np.bool_), warmup)


def evaluated(spec: StrategySpec, ticker: str, bars: Bars, index: Mapping[date, float] | None = None) -> Signalled:
    """By `domain.strategy.evaluator`; a strategy without conditions has no signals to compute. `index`: closes by day,
    for indicators that compare with one. BacktestError for what nobody brings: an inference, an index not given."""
    count = len(bars)
    _check_length(spec.timeframe, ticker, bars)
    _check_served(spec, index)
    times, matrix, place = _longer(bars, spec.timeframe, _beside(spec, bars, index))
    known = known_at(bars.time, place, spec.timeframe)
    seen = known < count
    entry, exit_, ends = (np.zeros(count, np.bool_) for _ in range(3))
    ends[known[seen]] = True
    if not spec.strategy.entry.conditions and not spec.strategy.exit.conditions:
        return Signalled(entry, exit_, ends, 0)
    program = _program(spec)
    found = program.history(matrix, times)
    entry[known[seen]] = found.entry[seen]
    exit_[known[seen][found.exit[seen]]] = True
    warm = int(known[program.warmup - 1]) + 1 if 0 < program.warmup <= len(known) else count + 1
    return Signalled(entry, exit_, ends, warm)


def _program(spec: StrategySpec) -> Program:
    """Made once for all the names of a market: the last one stands until another strategy is asked for."""
    from domain.strategy.evaluator import build  # here: it brings the compiler

    made = _LAST.get("made")
    if made is None or made[0] is not spec:
        made = _LAST["made"] = spec, build(spec)
    return made[1]


_LAST: dict[str, tuple[StrategySpec, Program]] = {}


def _longer(bars: Bars, timeframe: Timeframe, matrix: Matrix) -> tuple[Ints, Matrix, Ints]:
    """As `resampled`; the bars themselves where nothing is joined."""
    number = period(bars.time, timeframe)
    if (number[1:] != number[:-1]).all():
        return bars.time, matrix, np.arange(len(bars))
    return resampled(bars.time, matrix, timeframe)


def _beside(spec: StrategySpec, bars: Bars, index: Mapping[date, float] | None) -> Matrix:
    """The bars, with the index's close of the day behind them where an indicator compares with it; NaN where it has
    none."""
    if index is None or not asks_index(spec):
        return bars.matrix()
    of_day = [index.get(date.fromordinal(_EPOCH + int(day)), np.nan) for day in day_numbers(bars.time)]
    return np.column_stack((bars.matrix(), np.array(of_day, np.float64)))


def _check_served(spec: StrategySpec, index: Mapping[date, float] | None) -> None:
    for problem in asks_models(spec):
        raise BacktestError(str(problem))
    if not asks_index(spec):
        return
    named = ", ".join(indicator_name(row.id) for row in spec.strategy.indicators if row.id in AGAINST_INDEX)
    if index is None:
        raise BacktestError(f"{named} 지표는 지수와 비교해요. 지수 자료를 함께 주세요(명령줄에서는 --benchmark).")
    if spec.timeframe.minutes is not None:
        raise BacktestError(f"{named} 지표는 지수의 하루 종가와 비교해요. 일봉이나 더 긴 봉의 전략에서 써 주세요.")


def known_at(time: Ints, place: Ints, timeframe: Timeframe) -> Ints:
    """The bar with which each longer bar is known to be complete: its last one when the clock says so (the session's
    close, its week's or month's last session, the end of its minutes), else the bar after it. May be past the end."""
    last = np.append(np.flatnonzero(place[1:] != place[:-1]), len(place) - 1)
    if len(last) == len(time):
        return last  # nothing was joined
    if timeframe.minutes is not None:
        complete = time[last] % (timeframe.minutes * 60) == 0
    else:
        complete = np.array([_closes(int(at), timeframe) for at in time[last]], np.bool_)
    return np.asarray(np.where(complete, last, last + 1))


def _closes(end: int, timeframe: Timeframe) -> bool:
    """Whether a bar that ends here ends its session, and that session the longer bar."""
    return ends_session(Timeframe.M1, end, _CALENDAR) and closes(timeframe, end, _CALENDAR)


def _check_length(timeframe: Timeframe, ticker: str, bars: Bars) -> None:
    if timeframe.minutes is None or len(bars) < 2:
        return
    days: Ints = day_numbers(bars.time)
    within = np.diff(bars.time)[days[1:] == days[:-1]]
    if not len(within) or np.median(within) > timeframe.minutes * 60:
        usual = "일봉" if not len(within) else f"{int(np.median(within)) // 60}분봉"
        raise BacktestError(
            f"이 전략은 {timeframe.minutes}분봉 전략인데 {ticker} 자료는 {usual}이에요. "
            f"{timeframe.minutes}분봉이나 더 짧은 봉의 자료를 주세요."
        )
