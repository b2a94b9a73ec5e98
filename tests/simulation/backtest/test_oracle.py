"""The compiled engine equals a plain one, fill by fill and day by day, to the won."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from fractions import Fraction

import numpy as np
import pytest
from plain_backtest import Bar, Plain, Terms

from domain.bars import Bars, bars_of
from domain.calendar import KrxCalendar
from domain.clock import KST
from domain.costs import DEFAULT_FEES
from domain.instruments import Kind
from domain.limits import FULL_BPS, Limits, NameWeights, limits_for
from domain.strategy.spec import StrategySpec, parse_spec
from domain.suitability import Grade
from simulation.backtest.engine.shapes import REASONS
from simulation.backtest.result import Result
from simulation.backtest.run import backtest
from simulation.backtest.settings import Settings
from simulation.backtest.signals import Signalled, given

STOCKS = ("900001", "900002", "900003")  # in no table: stocks of KOSPI without a sector
ETFS = ("069500", "102110", "229200")
CASES = 60


def sessions(first: date, count: int) -> list[date]:
    days, calendar = [first], KrxCalendar()
    while len(days) < count:
        days.append(calendar.next_session(days[-1]))
    return days


def closings(days: list[date]) -> list[datetime]:
    """One bar a day."""
    return [datetime.fromtimestamp(close_of(day), KST) for day in days]


def half_hours(days: list[date]) -> list[datetime]:
    """Seven bars a day."""
    return [datetime.combine(day, time(9, 30), KST) + timedelta(minutes=30 * at) for day in days for at in range(7)]


def walk(source: random.Random, moments: list[datetime]) -> dict[datetime, Bar]:
    """A wild course: gaps, locks at the limit, halts, moments without a bar, thin volume."""
    price, found = source.choice((980, 4_310, 21_350, 187_000, 623_000)), {}
    for day in moments:
        kind = source.random()
        if kind < 0.05:
            continue
        if kind < 0.1:
            found[day] = Bar(price, price, price, price, 0, source.random() < 0.3, source.random() < 0.3)
            continue
        if kind < 0.16:
            move = source.choice((1.2995, 0.7005))
            price = max(1, int(price * move))
            found[day] = Bar(price, price, price, price, source.randint(1, 5_000), source.random() < 0.3, False)
            continue
        opened = max(1, round(price * source.gauss(1, 0.03)))
        close = max(1, round(opened * source.gauss(1, 0.04)))
        high = round(max(opened, close) * (1 + abs(source.gauss(0, 0.02))))
        low = max(1, round(min(opened, close) * (1 - abs(source.gauss(0, 0.02)))))
        volume = source.choice((40, 900, 20_000, 3_000_000))
        found[day] = Bar(opened, high, low, close, volume, source.random() < 0.25, source.random() < 0.15)
        price = close
    return found


def terms_of(source: random.Random) -> Terms:
    return Terms(
        cash=source.choice((500_000, 20_000_000, 3_000_000_000)),
        weight_bps=source.choice((1_500, 4_000, 10_000)),
        market=source.random() < 0.3,
        bound_bps=source.choice((0, 30, 300)),
        share_bps=source.choice((100, 1_000, 10_000)),
        stop_bps=source.choice((0, 300, 800)),
        take_bps=source.choice((0, 500, 1_500)),
        trailing_bps=source.choice((0, 400, 1_000)),
        sessions=source.choice((0, 0, 3, 8)),
        max_positions=source.choice((1, 2, 20)),
        min_order=source.choice((0, 200_000)),
        seed=source.randint(0, 2**40),
        kind=source.choice((Kind.STOCK, Kind.ETF)),
        reuse=source.random() < 0.7,
    )


def bounded(source: random.Random, terms: Terms) -> Terms:
    """With the bounds of a day, a name and an order, some of which bind."""
    return replace(
        terms,
        own_bps=source.choice((1_200, 3_000, 10_000)),
        grade_bps=source.choice((1_500, 4_000, 10_000)),
        order_cap=source.choice((terms.cash // 9, terms.cash)),
        bought_bps=source.choice((0, 2_500, 8_000)),
        turnover_bps=source.choice((3_000, 9_000, 20_000)),
    )


def limits_of(terms: Terms) -> Limits | None:
    """Of a grade whose losses stop nothing."""
    if not terms.turnover_bps:
        return None
    return replace(
        limits_for(Grade.AGGRESSIVE, terms.cash),
        name_weights=NameWeights(*[terms.grade_bps] * 6),
        max_sector_bps=FULL_BPS,
        max_order_krw=terms.order_cap,
        turnover_bps=terms.turnover_bps,
        daily_loss_bps=FULL_BPS,
        drawdown_bps=FULL_BPS,
    )


def spec_of(terms: Terms, **more: object) -> StrategySpec:
    def percent(bps: int) -> dict[str, object]:
        return {"enabled": bps > 0, "percent": str(Fraction(bps or 500, 100) * 1.0)}

    return parse_spec(
        {
            "metadata": {"name": "시험"},
            "strategy": {
                "id": "given",
                "entry": {"conditions": [{"indicator": "close", "operator": "greater_than", "value": 0}]},
            },
            "risk": {
                "stop_loss": percent(terms.stop_bps),
                "take_profit": percent(terms.take_bps),
                "trailing_stop": percent(terms.trailing_bps),
                "time_stop": {"enabled": terms.sessions > 0, "after": terms.sessions or 1},
            },
            "sizing": {"method": "per_signal", "name_bps": terms.weight_bps},
            "constraints": {
                "max_positions": terms.max_positions,
                "max_name_bps": terms.own_bps,
                "max_turnover_bps": terms.bought_bps or None,
                "min_order_krw": terms.min_order,
            },
            "orders": {"type": "market" if terms.market else "limit", "slippage_bps": terms.bound_bps},
            **more,
        }
    )


def close_of(day: date) -> int:
    hours = KrxCalendar().hours(day)
    return int(datetime.combine(day, hours.close if hours else time(15, 30), KST).timestamp())


def columns(course: dict[datetime, Bar]) -> Bars:
    rows = list(course.values())
    return bars_of(
        [int(moment.timestamp()) for moment in course],
        *([getattr(row, name) for row in rows] for name in ("open", "high", "low", "close", "volume")),
    )


def compiled(terms: Terms, settings: Settings, bars: dict[str, dict[datetime, Bar]], spec: StrategySpec) -> Result:
    def evaluate(_: StrategySpec, ticker: str, __: Bars) -> Signalled:
        rows = bars[ticker].values()
        return given(np.array([row.entry for row in rows]), np.array([row.exit for row in rows]))

    data = {ticker: columns(course) for ticker, course in bars.items()}
    return backtest(spec, data, terms.cash, limits=limits_of(terms), settings=settings, evaluate=evaluate)


def first_day(source: random.Random) -> date:
    return source.choice((date(2020, 12, 15), date(2022, 12, 27), date(2023, 11, 27), date(2025, 12, 16)))


@pytest.mark.parametrize("case", range(CASES))
def test_engine_equals_the_plain_one_to_the_won(case: int) -> None:
    source = random.Random(case)
    moments = closings(sessions(first_day(source), 30))
    equal(source, terms_of(source), moments)


@pytest.mark.parametrize("case", range(CASES))
def test_engine_equals_the_plain_one_under_limits_with_bars_of_days_and_several_a_day(case: int) -> None:
    source = random.Random(1_000 + case)
    days = sessions(first_day(source), 12)
    terms = bounded(source, terms_of(source))
    if case % 3 == 0:
        equal(source, terms, closings(days))
    else:
        equal(source, terms, half_hours(days), schedule={"every": "bar"})


def equal(source: random.Random, terms: Terms, moments: list[datetime], **more: object) -> None:
    settings = Settings(
        seed=terms.seed,
        latency_ms=0,
        slippage_bps=source.choice((0.0, 8.0, 60.0)),
        volume_bps=terms.share_bps,
        reuse_proceeds=terms.reuse,
        resamples=0,
    )
    terms = replace(terms, slippage=tuple(int(value) for value in settings.slippage()))
    bars = {ticker: walk(source, moments) for ticker in (ETFS if terms.kind is Kind.ETF else STOCKS)}
    lived = [moment for moment in moments if any(moment in course for course in bars.values())]
    plain = Plain(terms, lived, bars).run()
    result = compiled(terms, settings, bars, spec_of(terms, **more))

    ours = [
        (
            datetime.fromtimestamp(int(row["time"]), KST), result.tickers[row["name"]],
            "buy" if row["side"] > 0 else "sell", int(row["quantity"]), int(row["price"]), int(row["fee"]),
            int(row["tax"]), REASONS[row["reason"]],
        )
        for row in result.fills
    ]  # fmt: skip
    assert ours == plain.fills
    assert result.course.equity.tolist() == [equity for equity, _, _ in plain.course]
    assert result.course.cash.tolist() == [cash for _, cash, _ in plain.course]
    assert result.course.settled.tolist() == [settled for _, _, settled in plain.course]
    assert result.final == result.course.cash[-1] + result.course.worth[-1]
    assert result.final - result.cash == result.pnl.sum()
    assert DEFAULT_FEES.rate == Fraction(15, 100_000)
