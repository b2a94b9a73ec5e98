"""The compiled engine equals a plain one, fill by fill and day by day, to the won."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date, datetime, time
from fractions import Fraction

import numpy as np
import pytest
from plain_backtest import Bar, Plain, Terms

from domain.bars import Bars, bars_of
from domain.calendar import KrxCalendar
from domain.clock import KST
from domain.costs import DEFAULT_FEES
from domain.instruments import Kind
from domain.strategy.spec import StrategySpec, parse_spec
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


def walk(source: random.Random, days: list[date]) -> dict[date, Bar]:
    """A wild course: gaps, locks at the limit, halts, days without a bar, thin volume."""
    price, found = source.choice((980, 4_310, 21_350, 187_000, 623_000)), {}
    for day in days:
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


def spec_of(terms: Terms) -> StrategySpec:
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
            "constraints": {"max_positions": terms.max_positions, "min_order_krw": terms.min_order},
            "orders": {"type": "market" if terms.market else "limit", "slippage_bps": terms.bound_bps},
        }
    )


def close_of(day: date) -> int:
    hours = KrxCalendar().hours(day)
    return int(datetime.combine(day, hours.close if hours else time(15, 30), KST).timestamp())


def columns(course: dict[date, Bar]) -> Bars:
    rows = list(course.values())
    return bars_of(
        [close_of(day) for day in course],
        *([getattr(row, name) for row in rows] for name in ("open", "high", "low", "close", "volume")),
    )


def compiled(terms: Terms, settings: Settings, bars: dict[str, dict[date, Bar]]) -> Result:
    def evaluate(_: StrategySpec, ticker: str, __: Bars) -> Signalled:
        rows = bars[ticker].values()
        return given(np.array([row.entry for row in rows]), np.array([row.exit for row in rows]))

    data = {ticker: columns(course) for ticker, course in bars.items()}
    return backtest(spec_of(terms), data, terms.cash, settings=settings, evaluate=evaluate)


@pytest.mark.parametrize("case", range(CASES))
def test_engine_equals_the_plain_one_to_the_won(case: int) -> None:
    source = random.Random(case)
    first = source.choice((date(2020, 12, 15), date(2022, 12, 27), date(2023, 11, 27), date(2025, 12, 16)))
    days = sessions(first, 30)
    terms = terms_of(source)
    settings = Settings(
        seed=terms.seed,
        latency_ms=0,
        slippage_bps=source.choice((0.0, 8.0, 60.0)),
        volume_bps=terms.share_bps,
        reuse_proceeds=terms.reuse,
        resamples=0,
    )
    terms = replace(terms, slippage=tuple(int(value) for value in settings.slippage()))
    bars = {ticker: walk(source, days) for ticker in (ETFS if terms.kind is Kind.ETF else STOCKS)}
    lived = [day for day in days if any(day in course for course in bars.values())]
    plain = Plain(terms, lived, bars).run()
    result = compiled(terms, settings, bars)

    moment = {close_of(day): day for day in lived}
    ours = [
        (
            moment[int(row["time"])], result.tickers[row["name"]], "buy" if row["side"] > 0 else "sell",
            int(row["quantity"]), int(row["price"]), int(row["fee"]), int(row["tax"]), REASONS[row["reason"]],
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
