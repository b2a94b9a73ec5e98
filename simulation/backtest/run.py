"""A backtest from beginning to end: bars and a spec in, a `Result` out. The one door for the command line, the chat
and the search.

Contract: bars before `first` warm indicators up and nothing is traded on them; bars after `last` are not looked at.
The account starts with `cash_krw` in cash. `limits` are the account's (domain.advice or domain.limits); without them
only the strategy's own constraints hold. BacktestError names in Korean what was expected.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import partial

import numpy as np

from domain.bars import Bars
from domain.clock import KST
from domain.instruments import Instruments
from domain.limits import Limits
from domain.strategy.spec import StrategySpec
from simulation.backtest import metrics
from simulation.backtest.bootstrap import intervals
from simulation.backtest.compare import compared
from simulation.backtest.engine.jit import sources
from simulation.backtest.engine.shapes import Records
from simulation.backtest.errors import BacktestError
from simulation.backtest.plan import acts_of, names_of, plan_of, weights_of
from simulation.backtest.result import Costs, Counts, Days, Provenance, Result
from simulation.backtest.rules import first_day, rules_for
from simulation.backtest.settings import Settings
from simulation.backtest.signals import Evaluate, Signalled, evaluated
from simulation.backtest.simulate import Raw, events_of, groups_of, simulate
from simulation.backtest.timeline import FIELDS, Timeline, day_numbers, timeline
from simulation.backtest.weaknesses import off_tick_part, weaknesses

MOST_CASH = 10**13
_SESSION_S = 23_400  # a daily bar: 09:00 to 15:30


@dataclass(frozen=True, slots=True)
class Index:
    """A yardstick: closes by day."""

    name: str
    closes: Mapping[date, float]


def backtest(
    spec: StrategySpec,
    bars: Mapping[str, Bars],
    cash_krw: int,
    *,
    limits: Limits | None = None,
    settings: Settings | None = None,
    first: date | None = None,
    last: date | None = None,
    index: Index | None = None,
    span_s: int | None = None,
    evaluate: Evaluate | None = None,
    known: Instruments | None = None,
) -> Result:
    """`bars` by ticker: those of the strategy's universe, or all given names when it is not bound to any. `span_s` is
    the length of a bar, found from the bars when not given."""
    chosen = settings or Settings()
    if not 0 < cash_krw <= MOST_CASH:
        raise BacktestError(f"시작 금액은 1원부터 {MOST_CASH:,}원까지예요. 받은 값은 {cash_krw:,}원이에요.")
    own = _chosen(spec, bars, last)
    line = timeline(own)
    if line.days[0] < first_day():
        raise BacktestError(
            f"세금과 호가 단위 표는 {first_day()}부터 있어요. 받은 자료는 {line.days[0]}부터예요. "
            "그 뒤의 자료만 넣어 주세요(명령줄에서는 --from보다 앞선 자료를 알아서 덜어 내요)."
        )
    look = evaluate or against(index)
    signals = {ticker: look(spec, ticker, one) for ticker, one in own.items()}
    start = _start(own, signals, first)
    from_group = int(np.searchsorted(line.time, start))
    if from_group >= len(line.time):
        raise BacktestError("지표를 준비하고 나면 남는 기간이 없어요. 자료를 더 넣거나 지표 기간을 줄여 주세요.")
    span = _span(own) if span_s is None else span_s
    rules = rules_for(line.days)
    names = names_of(spec, line.tickers, limits, known or Instruments.load())
    raw = simulate(
        events_of(
            line,
            line.of_names({ticker: one.entry for ticker, one in signals.items()}),
            line.of_names({ticker: one.exit for ticker, one in signals.items()}),
            line.of_names({ticker: one.ends for ticker, one in signals.items()}),
            line.of_names(weights_of(spec, own)),
        ),
        groups_of(line, acts_of(spec, line)),
        names,
        rules,
        plan_of(spec, line.tickers, cash_krw, limits, chosen, from_group=from_group, span_s=span),
    )
    off_tick = off_tick_part(line, rules, names["kind"])
    grade = None if limits is None else limits.grade.value
    provenance = Provenance(
        spec.content_hash(), _data_hash(own), len(line.name), line.days[0], line.days[-1], chosen, grade, sources()
    )
    warmup = max(one.warmup for one in signals.values())
    return _result(spec, line, raw, cash_krw, from_group, warmup, off_tick, chosen, index, provenance)


def against(index: Index | None) -> Evaluate:
    """The evaluator, with what indicators may compare with."""
    return partial(evaluated, index=None if index is None else index.closes)


def _chosen(spec: StrategySpec, bars: Mapping[str, Bars], last: date | None) -> dict[str, Bars]:
    wanted = spec.universe.tickers or tuple(sorted(bars))
    missing = [ticker for ticker in wanted if ticker not in bars or not len(bars[ticker].time)]
    if missing:
        raise BacktestError(f"이 종목의 시세가 없어요: {', '.join(missing)}. 자료 폴더에 넣거나 종목을 빼 주세요.")
    if not wanted:
        raise BacktestError("시세가 있는 종목이 하나도 없어요.")
    end = None if last is None else _seconds(last + timedelta(days=1))
    found: dict[str, Bars] = {}
    for ticker in wanted:
        one = bars[ticker]
        count = len(one.time) if end is None else int(np.searchsorted(one.time, end))
        if count:
            found[ticker] = one.part(0, count)
    if not found:
        raise BacktestError(f"{last}까지의 시세가 없어요. 기간을 바꿔 주세요.")
    return found


def _seconds(day: date) -> int:
    return int(datetime.combine(day, time.min, KST).timestamp())


def _start(bars: Mapping[str, Bars], signals: Mapping[str, Signalled], first: date | None) -> int:
    """The moment from which decisions are taken: `first`, or later where no name is warm yet."""
    warm = [
        int(bars[ticker].time[max(one.warmup - 1, 0)])
        for ticker, one in signals.items()
        if max(one.warmup, 1) <= len(bars[ticker].time)
    ]
    if not warm:
        most = max(one.warmup for one in signals.values())
        raise BacktestError(f"지표를 준비하는 데만 봉 {most}개가 필요해요. 자료를 더 넣거나 지표 기간을 줄여 주세요.")
    return min(warm) if first is None else max(min(warm), _seconds(first))


def _span(bars: Mapping[str, Bars]) -> int:
    """Length of a bar, seconds: a session for daily bars and longer, the usual distance for shorter ones, 0 for
    ticks."""
    longest = max(bars.values(), key=lambda one: len(one.time))
    if all(np.array_equal(one.high, one.low) for one in bars.values()) and len(longest.time) > 1:
        return 0
    days = day_numbers(np.asarray(longest.time))
    within = np.diff(longest.time)[days[1:] == days[:-1]]
    return int(np.median(within)) if len(within) else _SESSION_S


def _data_hash(bars: Mapping[str, Bars]) -> str:
    found = hashlib.sha256()
    for ticker in sorted(bars):
        found.update(ticker.encode())
        for field in FIELDS:
            found.update(np.ascontiguousarray(getattr(bars[ticker], field), np.int64).data)
    return found.hexdigest()


def _result(
    spec: StrategySpec,
    line: Timeline,
    raw: Raw,
    cash: int,
    from_group: int,
    warmup: int,
    off_tick: float,
    settings: Settings,
    index: Index | None,
    provenance: Provenance,
) -> Result:
    start = int(line.day[from_group])
    days = line.days[start:]
    lived = raw.days[start:]
    before = line.days[start - 1] if start else days[0] - timedelta(days=1)
    equity = np.concatenate([[cash], lived["equity"]]).astype(np.int64)
    pnl = metrics.pnl_of(raw.trades, raw.positions["last"])
    found = metrics.figures(equity, lived["worth"], lived["traded"], days, before, settings.riskless_bps)
    trades = metrics.trade_figures(raw.trades, pnl)
    likely = intervals(metrics.daily_returns(equity), settings.riskless_bps, settings.seed, settings.resamples)
    account = raw.account
    return Result(
        name=spec.metadata.name,
        tickers=line.tickers,
        cash=cash,
        final=int(equity[-1]),
        before=before,
        warmup_bars=warmup,
        course=Days(days, equity[1:], *(np.array(lived[name]) for name in ("cash", "settled", "worth", "positions"))),
        figures=found,
        trade_figures=trades,
        costs=Costs(int(account["fees"]), int(account["taxes"]), int(account["slippage"])),
        counts=_counts(account),
        months=tuple(metrics.monthly(equity, days)),
        likely=likely,
        comparison=None if index is None else compared(index.name, index.closes, equity, days, before),
        weaknesses=weaknesses(
            line, off_tick, account, len(raw.fills), found, trades, likely, not spec.universe.tickers
        ),
        provenance=provenance,
        fills=raw.fills,
        raw_trades=raw.trades,
        pnl=pnl,
        last_price=np.array(raw.positions["last"]),
    )


def _counts(account: Records) -> Counts:
    fields = ("orders", "fills", "lapsed", "locked", "thin", "small", "refused", "loss_stops", "drawdown_stops")
    return Counts(*(int(account[field]) for field in fields))
