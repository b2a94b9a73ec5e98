"""How far chance alone could have moved the figures: a stationary bootstrap of the daily returns.

Contract: blocks of geometric length (Politis and Romano 1994), mean length n^(1/3) and at least 5 sessions, wrapped
around; the seed fixes everything. The interval is the middle 90 % of the resamples. It says how uncertain the past was,
not what comes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from domain.strategy.sizing import YEAR_SESSIONS
from simulation.backtest.metrics import Floats

LEAST_SESSIONS = 20
LOWER, UPPER = 5.0, 95.0
_AT_ONCE = 200  # resamples in memory


@dataclass(frozen=True, slots=True)
class Interval:
    """90 % of resamples lie between `low` and `high`; `below_zero` is the part of them under nought."""

    low: float
    high: float
    below_zero: float


@dataclass(frozen=True, slots=True)
class Intervals:
    cagr: Interval
    sharpe: Interval
    drawdown: Interval  # depth, parts
    resamples: int
    block: float  # sessions


def intervals(returns: Floats, riskless_bps: int, seed: int, resamples: int) -> Intervals | None:
    """None for less than a month of sessions, or when none were asked for."""
    count = len(returns)
    if count < LEAST_SESSIONS or resamples < 1:
        return None
    block = max(5.0, count ** (1 / 3))
    source = np.random.default_rng(seed)
    growth, ratio, depth = (np.empty(resamples) for _ in range(3))
    for begin in range(0, resamples, _AT_ONCE):
        end = min(begin + _AT_ONCE, resamples)
        drawn = returns[_places(source, end - begin, count, block)]
        over = drawn - riskless_bps / 10_000 / YEAR_SESSIONS
        spread = over.std(axis=1, ddof=1)
        ratio[begin:end] = np.where(spread > 1e-12, over.mean(axis=1) / np.maximum(spread, 1e-12), 0.0)
        worth = np.cumprod(1.0 + drawn, axis=1)
        growth[begin:end] = np.maximum(worth[:, -1], 1e-12) ** (YEAR_SESSIONS / count) - 1.0
        highs = np.maximum(np.maximum.accumulate(worth, axis=1), 1.0)
        depth[begin:end] = (1.0 - worth / highs).max(axis=1)
    ratio *= YEAR_SESSIONS**0.5
    return Intervals(_interval(growth), _interval(ratio), _interval(depth), resamples, block)


def _places(
    source: np.random.Generator, rows: int, count: int, block: float
) -> np.ndarray[tuple[int, int], np.dtype[np.int64]]:
    """Each row: blocks that start anywhere and go on with probability 1 - 1/block."""
    starts = source.integers(0, count, size=(rows, count))
    begins = source.random((rows, count)) < 1.0 / block
    begins[:, 0] = True
    at = np.maximum.accumulate(np.where(begins, np.arange(count), 0), axis=1)
    return np.asarray((np.take_along_axis(starts, at, axis=1) + np.arange(count) - at) % count)


def _interval(values: Floats) -> Interval:
    low, high = np.percentile(values, [LOWER, UPPER])
    return Interval(float(low), float(high), float((values < 0).mean()))
