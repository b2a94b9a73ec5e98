"""A strategy's terms and an account's limits in the engine's numbers.

Contract: the stricter of the strategy's constraints and the grade's limits counts, as at the live gate. A name that the
instrument table does not know is a stock of KOSPI without a sector. The parking product stands under the grade's limits
and not under the strategy's own bound on one position, which is about what it bets on.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from domain.bars import Bars
from domain.instruments import Instrument, Instruments, Kind, Market
from domain.limits import FULL_BPS, Limits, equity_exposure_bps
from domain.strategy.sizing import YEAR_SESSIONS, distance_bps, entry_cap_bps, most_bps
from domain.strategy.spec import StrategySpec
from domain.strategy.timing import HALF_HOUR_S, WEEKDAYS
from simulation.backtest.engine.shapes import NAME, NEVER, PLAN, Flags, Ints, Records
from simulation.backtest.rules import tax_class
from simulation.backtest.settings import Settings
from simulation.backtest.timeline import Timeline, day_numbers


def names_of(spec: StrategySpec, tickers: Sequence[str], limits: Limits | None, known: Instruments) -> Records:
    """NAME records in the order of `tickers`."""
    rows = [known.get(ticker) for ticker in tickers]
    sectors = sorted({row.sector for row in rows if row is not None})
    names = np.zeros(len(tickers), NAME)
    for name, ticker, row in zip(names, tickers, rows, strict=True):
        kind, market = (row.kind, row.market) if row is not None else (Kind.STOCK, Market.KOSPI)
        exposure = equity_exposure_bps(row)
        name["kind"], name["tax"] = int(kind is Kind.ETF), tax_class(market, kind)
        name["leverage"] = max(1, abs(row.leverage)) if row is not None and kind is Kind.ETF else 1
        name["allowed"] = limits is None or _allows(limits, row)
        name["own"] = most_bps(spec, ticker, row, None)
        name["grade"] = FULL_BPS if limits is None else limits.name_weight_bps(row)
        name["exposure"] = exposure
        name["sector"] = sectors.index(row.sector) if row is not None and exposure > 0 else -1
        name["order_cap"] = NEVER if limits is None else limits.order_krw(row)
        name["target"] = spec.sizing.targets.get(ticker, 0) if spec.sizing.method == "targets" else 0
    return names


def _allows(limits: Limits, row: Instrument | None) -> bool:
    return 1 in limits.allowed_products if row is None else limits.allows(row)


def plan_of(
    spec: StrategySpec,
    tickers: Sequence[str],
    cash_krw: int,
    limits: Limits | None,
    settings: Settings,
    *,
    from_group: int,
    span_s: int,
) -> Records:
    """One PLAN record. `span_s`: length of a bar, 0 for ticks."""
    risk, bounds = spec.risk, spec.constraints
    after = risk.time_stop.after if risk.time_stop.enabled else 0
    parking = spec.sizing.parking
    plan = np.zeros(1, PLAN)
    for field, value in {
        "seed": settings.seed,
        "cash": cash_krw,
        "from_group": from_group,
        "span_ms": span_s * 1000,
        "fill_close": settings.fill == "close",
        "market": spec.orders.type == "market",
        "bound_bps": spec.orders.slippage_bps,
        "share_bps": settings.volume_bps,
        "reuse": settings.reuse_proceeds,
        "fee_numerator": settings.fees.rate.numerator,
        "fee_denominator": settings.fees.rate.denominator,
        "fee_unit": settings.fees.unit,
        "stop_bps": distance_bps(risk.stop_loss),
        "take_bps": distance_bps(risk.take_profit),
        "trailing_bps": distance_bps(risk.trailing_stop),
        "time_sessions": after if risk.time_stop.unit == "sessions" else 0,
        "time_bars": after if risk.time_stop.unit == "bars" else 0,
        "targets": spec.sizing.method == "targets",
        "parking": tickers.index(parking) if parking in tickers else -1,
        "drift_bps": settings.drift_bps,
        "max_positions": bounds.max_positions,
        "max_sector_bps": min(bounds.max_sector_bps, FULL_BPS if limits is None else limits.max_sector_bps),
        "max_equity_bps": min(bounds.max_equity_bps, FULL_BPS if limits is None else limits.max_equity_bps),
        "min_order": max(bounds.min_order_krw, settings.min_order_krw),
        "bought_bps": bounds.max_turnover_bps or 0,
        "turnover_bps": 0 if limits is None else limits.turnover_bps,
        "entries_a_week": spec.schedule.max_trades_a_week or 0,
        "daily_loss_bps": 0 if limits is None else limits.daily_loss_bps,
        "drawdown_bps": 0 if limits is None else limits.drawdown_bps,
        "latency_ms": settings.latency(),
        "slippage_ppm": settings.slippage(),
    }.items():
        plan[field] = value
    return plan


def acts_of(spec: StrategySpec, line: Timeline) -> Flags:
    """By group: whether the schedule looks at its close."""
    every, schedule = spec.schedule.every, spec.schedule
    if every == "bar":
        return np.ones(len(line.time), np.bool_)
    if every == "30m":
        return np.asarray((line.time % HALF_HOUR_S == 0) | line.ends_day)
    if every == "close":
        return line.ends_day
    chosen = np.zeros(len(line.days), np.bool_)
    count = 0
    for at, day in enumerate(line.days):
        before = line.days[at - 1] if at else None
        if every == "month":
            count = count + 1 if before is not None and (before.year, before.month) == (day.year, day.month) else 1
            chosen[at] = count == schedule.session_of_month
        else:
            wanted = WEEKDAYS.index(schedule.weekday or "mon")
            passed = before is not None and before.isocalendar()[:2] == day.isocalendar()[:2]
            due_before = passed and before is not None and before.weekday() >= wanted
            chosen[at] = day.weekday() >= wanted and not due_before
    return np.asarray(line.ends_day & chosen[line.day])


def weights_of(spec: StrategySpec, bars: Mapping[str, Bars]) -> dict[str, Ints]:
    """By name and bar: bps of the account that an entry there asks for."""
    sizing, cap = spec.sizing, entry_cap_bps(spec)
    if sizing.method == "volatility_target":
        aim = sizing.volatility_bps or 0
        return {ticker: np.minimum(_by_volatility(one, aim, sizing.lookback), cap) for ticker, one in bars.items()}
    return {ticker: np.full(len(one.time), cap, np.int64) for ticker, one in bars.items()}


def _by_volatility(bars: Bars, aim_bps: int, lookback: int) -> Ints:
    """`aim_bps` over the yearly volatility (sample standard deviation) of the sessions complete at each bar's end."""
    days = day_numbers(bars.time)
    ends = np.append(days[1:] != days[:-1], True)
    closes = np.log(np.asarray(bars.close, np.float64)[ends])
    weight = np.zeros(len(closes), np.int64)
    if len(closes) > lookback:
        moves = np.lib.stride_tricks.sliding_window_view(np.diff(closes), lookback)
        yearly = moves.std(axis=1, ddof=1) * math.sqrt(YEAR_SESSIONS)
        with np.errstate(divide="ignore"):
            weight[lookback:] = np.where(yearly > 0, np.minimum(aim_bps / yearly, FULL_BPS), 0).astype(np.int64)
    place = np.cumsum(ends) - ends  # of the bar's own session
    complete = np.where(ends, place, place - 1)
    return np.where(complete >= 0, weight[np.maximum(complete, 0)], 0)
