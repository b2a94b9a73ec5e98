"""A strategy ready to run: `build(spec)` once, then all of history or one bar after another, with the same answers.

Contract: causal; nothing at a bar depends on a later one. Indicators are stepped by `domain.indicators.history`,
candlesticks seen on bounded windows, conditions judged by one compiled function; history hands each of them all bars,
a live name one, and their memories are the same. NaN until enough bars have come, and NaN is never true. An indicator
of a longer time frame has, at each bar, the value of the last longer bar that a bar of the next one has shown to be
complete: it counts from the first bar after it.
Does not size, order or know tickers: one name's bars in, its entry and exit out.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from domain.bars import resampled
from domain.indicators import candles
from domain.indicators.kernel import Array
from domain.strategy.evaluator import judge
from domain.strategy.evaluator.columns import FIELDS, columns_of, numbers_of
from domain.strategy.evaluator.conditions import table_of
from domain.strategy.spec import StrategySpec

if TYPE_CHECKING:
    from domain.strategy.evaluator.live import Live

Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Signals:
    """One place a bar. `columns`: fields, aliases, alias.output, candlesticks (+1, -1, 0) and model(name)."""

    entry: Flags
    exit: Flags
    columns: Mapping[str, Array]


class Program:
    """One strategy with its parameters' values. `warmup`: at most so many bars until every value is a number and every
    condition sees what it looks back at. `against`: ids of its indicators that compare with a benchmark, whose close is
    a sixth column of the bars; without it they are unknown, which whoever runs the strategy should say."""

    def __init__(self, spec: StrategySpec, params: Mapping[str, Decimal]) -> None:
        chosen = numbers_of(spec.strategy, params)
        self.spec = spec
        self.columns = columns_of(spec, chosen)
        self.table = table_of(spec.strategy, self.columns, chosen)
        self.against = tuple(self.columns.against)
        self.inputs = len(FIELDS) + bool(self.against)
        self.warmup = self.columns.warmup + self.table.reach
        self.identity = hashlib.sha256(f"{spec.content_hash()} {sorted(chosen.items())}".encode()).hexdigest()
        self.has_entry = bool(spec.strategy.entry.conditions)
        self.has_exit = bool(spec.strategy.exit.conditions)

    def history(self, bars: Array, times: NDArray[np.int64], models: Mapping[str, ArrayLike] | None = None) -> Signals:
        """Entry, exit and values at every bar.

        bars: float64[n, 5] as open … volume, or [n, 6] with the benchmark's close (NaN where it has none); times:
        int64[n], ends in epoch seconds, rising; models: float64[n] by name, the inference known at each bar's end;
        absent is unknown. ValueError for other shapes and for times that do not rise."""
        rows = self.rows(bars, times, models)
        entry = np.zeros(len(rows), dtype=np.bool_)
        exit_ = np.zeros(len(rows), dtype=np.bool_)
        self.judged(rows, judge.fresh_memory(len(self.table.conditions)), entry, exit_)
        return Signals(entry, exit_, {name: rows[:, column] for name, column in self.columns.named()})

    def rows(self, bars: Array, times: NDArray[np.int64], models: Mapping[str, ArrayLike] | None = None) -> Array:
        """Values float64[n, width] at every bar; `columns` says where each stands."""
        times = np.asarray(times, dtype=np.int64)
        if bars.ndim != 2 or times.shape != (len(bars),):
            raise ValueError(f"expected bars [n, 5 or 6] and times [n], was {bars.shape} and {times.shape}")
        bars = self.taken(bars)
        if (times[1:] <= times[:-1]).any():
            raise ValueError("expected times that rise, was a bar that ends no later than the one before it")
        rows = np.full((len(bars), self.columns.width), np.nan)
        rows[:, : len(FIELDS)] = bars[:, : len(FIELDS)]
        for part in self.columns.parts:
            if part.timeframe is None:
                rows[:, part.first : part.last] = part.sheet.history(bars)
                continue
            _, longer, place = resampled(times, bars, part.timeframe)
            values = part.sheet.history(longer)
            known = place > 0
            rows[known, part.first : part.last] = values[place[known] - 1]
        for id_, column in self.columns.patterns:
            rows[:, column] = candles.history(id_, bars)
        for name, column in self.columns.models:
            if models is not None and name in models:
                rows[:, column] = models[name]
        return rows

    def taken(self, bars: Array) -> Array:
        """Bars [n, 5 or 6] with the columns that the indicators read; an absent benchmark is unknown."""
        if bars.shape[1] not in (len(FIELDS), len(FIELDS) + 1):
            raise ValueError(f"expected bars of open, high, low, close and volume, was {bars.shape}")
        if bars.shape[1] < self.inputs:
            bars = np.column_stack((bars, np.full(len(bars), np.nan)))
        return np.ascontiguousarray(bars[:, : self.inputs], dtype=np.float64)

    def judged(self, rows: Array, memory: Array, entry: Flags, exit_: Flags) -> None:
        """Puts the answers for rows into entry and exit; memory goes on."""
        table = self.table
        judge.judge(rows, table.conditions, table.numbers, table.code, table.split, memory, entry, exit_)

    def start(self) -> Live:
        """A live name before its first bar."""
        from domain.strategy.evaluator.live import Live

        return Live(self)

    def resume(self, saved: bytes) -> Live:
        """A live name where it was saved. ValueError: bytes of another strategy, another version or damaged ones."""
        from domain.strategy.evaluator.live import Live

        live = Live(self)
        live.load(saved)
        return live


def build(spec: StrategySpec, params: Mapping[str, Decimal] | None = None) -> Program:
    """The program of a strategy; `params` are other values of its parameters for this run. StrategyError lists, in
    Korean, what cannot be evaluated."""
    return Program(spec, params or {})
