"""What a course of equity says: return, risk, drawdown, months; and what the trades say.

Contract: statistics, so floats, from days after the warm-up only. A year is 252 sessions for volatility, Sharpe and
Sortino, and 365.25 calendar days for CAGR. Sharpe: mean of the daily returns above the riskless rate over their sample
standard deviation; Sortino: over the root mean square of what lies below it. What cannot be computed is None.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from domain.strategy.sizing import YEAR_SESSIONS
from simulation.backtest.engine.shapes import Ints, Records

Floats = NDArray[np.float64]
YEAR_DAYS = 365.25


@dataclass(frozen=True, slots=True)
class Drawdown:
    """The deepest fall from a high at the day's closes; `recovered` None when it was not by the end."""

    depth: float
    peak: date
    bottom: date
    recovered: date | None
    sessions: int  # from the peak to recovery or the end


@dataclass(frozen=True, slots=True)
class Figures:
    """Parts, not percent: 0.1 is 10 %."""

    total_return: float
    cagr: float | None
    volatility: float | None
    sharpe: float | None
    sortino: float | None
    calmar: float | None
    drawdown: Drawdown | None
    exposure: float  # mean share of the account in positions
    turnover: float  # traded won (both sides) a year over the mean equity
    years: float
    sessions: int


@dataclass(frozen=True, slots=True)
class TradeFigures:
    """Of trades that ended; `open` still stand."""

    count: int
    open: int
    hit_rate: float | None
    profit_factor: float | None
    mean_pnl: float | None
    mean_win: float | None
    mean_loss: float | None
    best: int | None
    worst: int | None
    mean_days: float | None


def daily_returns(equity: Ints) -> Floats:
    """`equity` with the worth before the first day as its first value."""
    values = equity.astype(np.float64)
    return np.asarray(values[1:] / values[:-1] - 1.0)


def sharpe(returns: Floats, riskless_bps: int) -> float | None:
    over = returns - riskless_bps / 10_000 / YEAR_SESSIONS
    if len(over) < 2 or not over.std(ddof=1) > 1e-12:
        return None
    return float(over.mean() / over.std(ddof=1) * math.sqrt(YEAR_SESSIONS))


def sortino(returns: Floats, riskless_bps: int) -> float | None:
    over = returns - riskless_bps / 10_000 / YEAR_SESSIONS
    below = math.sqrt(float(np.mean(np.minimum(over, 0.0) ** 2))) if len(over) else 0.0
    return float(over.mean() / below * math.sqrt(YEAR_SESSIONS)) if below > 1e-12 else None


def figures(equity: Ints, worth: Ints, traded: Ints, days: Sequence[date], before: date, riskless_bps: int) -> Figures:
    """`equity` has one value more than `days`: the first is that of `before`, the day on which counting starts."""
    returns = daily_returns(equity)
    years = max((days[-1] - before).days, 1) / YEAR_DAYS
    total = float(equity[-1] / equity[0] - 1.0)
    cagr = float((equity[-1] / equity[0]) ** (1.0 / years) - 1.0) if equity[-1] > 0 and years >= 0.25 else None
    fall = deepest(equity, [before, *days])
    return Figures(
        total_return=total,
        cagr=cagr,
        volatility=float(returns.std(ddof=1) * math.sqrt(YEAR_SESSIONS)) if len(returns) > 1 else None,
        sharpe=sharpe(returns, riskless_bps),
        sortino=sortino(returns, riskless_bps),
        calmar=cagr / fall.depth if cagr is not None and fall is not None else None,
        drawdown=fall,
        exposure=float(np.mean(worth / np.maximum(equity[1:], 1))),
        turnover=float(traded.sum() / equity.mean() / years),
        years=years,
        sessions=len(days),
    )


def deepest(equity: Ints, days: Sequence[date]) -> Drawdown | None:
    """None when it never fell."""
    highs = np.maximum.accumulate(equity)
    below = 1.0 - equity / highs
    bottom = int(np.argmax(below))
    if below[bottom] <= 0:
        return None
    peak = int(np.flatnonzero(equity[: bottom + 1] == highs[bottom])[-1])
    after = np.flatnonzero(equity[bottom:] >= highs[bottom])
    end = bottom + int(after[0]) if len(after) else None
    return Drawdown(
        depth=float(below[bottom]),
        peak=days[peak],
        bottom=days[bottom],
        recovered=None if end is None else days[end],
        sessions=(len(days) - 1 if end is None else end) - peak,
    )


def monthly(equity: Ints, days: Sequence[date]) -> list[tuple[int, int, float]]:
    """(year, month, return); `equity` has the value before the first day as its first."""
    found: list[tuple[int, int, float]] = []
    start = equity[0]
    for at, day in enumerate(days):
        if at + 1 == len(days) or (days[at + 1].year, days[at + 1].month) != (day.year, day.month):
            found.append((day.year, day.month, float(equity[at + 1] / start - 1.0)))
            start = equity[at + 1]
    return found


def pnl_of(trades: Records, last: Ints) -> Ints:
    """Won of each trade after all costs; what is still held at its last close. `last` by name."""
    return np.asarray(
        trades["sold"] - trades["bought"] - trades["fee"] - trades["tax"] + trades["held"] * last[trades["name"]]
    )


def trade_figures(trades: Records, pnl: Ints) -> TradeFigures:
    ended = trades["held"] == 0
    made, gone = pnl[ended], trades[ended]
    wins, losses = made[made > 0], made[made <= 0]

    def mean(values: Ints) -> float | None:
        return float(values.mean()) if len(values) else None

    return TradeFigures(
        count=len(made),
        open=int((~ended).sum()),
        hit_rate=len(wins) / len(made) if len(made) else None,
        profit_factor=float(wins.sum() / -losses.sum()) if len(losses) and losses.sum() < 0 else None,
        mean_pnl=mean(made),
        mean_win=mean(wins),
        mean_loss=mean(losses),
        best=int(made.max()) if len(made) else None,
        worst=int(made.min()) if len(made) else None,
        mean_days=float(((gone["left"] - gone["entered"]) / 86_400).mean()) if len(made) else None,
    )
