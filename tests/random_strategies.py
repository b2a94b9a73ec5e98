"""Random strategies and random series, by seed: what one evaluator is held against itself with.

A strategy draws indicators of the whole catalogue with random parameters and time frames, candlesticks, a model, every
operator and nested groups; a series is a walk in whole won with halts (volume 0, price standing), gaps in time, jumps.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from domain.bars import Bars, bars_of
from domain.strategy.signals import Operator
from domain.strategy.spec import StrategySpec, parse_spec
from domain.strategy.vocabulary import bounds_of, candlestick_ids, default_of, indicator_table, ordered_params

DAY = 86_400
START = 1_577_946_600  # 2020-01-02 15:30 in Korea, in epoch seconds
FIELDS = ("close", "open", "high", "low", "volume")
LONGER = {"1d": ("1w", "1M"), "30m": ("60m", "1d", "1w"), "5m": ("15m", "30m", "1d")}


def series(seed: int, n: int, timeframe: str = "1d") -> Bars:
    """n bars of a random walk."""
    r = np.random.default_rng([seed, 1])
    close = np.maximum(500, 20_000 + np.cumsum(r.integers(-300, 301, n) * (1 + 4 * (r.random(n) < 0.03))))
    open_ = np.maximum(1, close + r.integers(-200, 201, n))
    high = np.maximum(open_, close) + r.integers(0, 200, n)
    low = np.maximum(1, np.minimum(open_, close) - r.integers(0, 200, n))
    volume = r.integers(1, 5_000_000, n)
    halted = np.flatnonzero(r.random(n) < 0.04)
    for place in halted[halted > 0]:
        open_[place] = high[place] = low[place] = close[place] = close[place - 1]
        volume[place] = 0
        if place + 1 < n:  # the next bar may open anywhere
            open_[place + 1] = np.clip(open_[place + 1], low[place + 1], high[place + 1])
    return bars_of(_ends(r, n, timeframe), open_, high, low, close, volume)


def _ends(r: np.random.Generator, n: int, timeframe: str) -> NDArray[np.int64]:
    if timeframe == "1d":
        days = np.arange(3 * n)
        days = days[(days + 3) % 7 < 5]  # 2020-01-02 was a Thursday
        return START + DAY * np.sort(r.choice(days[: n + n // 20 + 1], n, replace=False))
    minutes = int(timeframe[:-1])
    each = 390 // minutes
    slots = np.sort(r.choice(n + n // 10 + 1, n, replace=False))  # some bars never came
    return START - 390 * 60 + DAY * (slots // each) + 60 * minutes * (slots % each + 1)


def strategy(seed: int) -> StrategySpec:
    """One strategy that parses."""
    r = np.random.default_rng([seed, 2])
    own = str(r.choice(["1d", "1d", "30m", "5m"]))
    ids = r.choice(sorted(indicator_table()), int(r.integers(1, 5)))
    indicators = [_indicator(r, str(id_), n, own) for n, id_ in enumerate(ids)]
    patterns = r.choice(sorted(candlestick_ids()), int(r.integers(0, 3)), replace=False)
    candlesticks = [{"id": str(id_), "alias": f"c{n}"} for n, id_ in enumerate(patterns)]
    rules = [_group(r, indicators, candlesticks, depth) for depth in (2, 2)]
    return parse_spec(
        {
            "metadata": {"name": f"무작위 {seed}"},
            "strategy": {
                "id": f"random_{seed}",
                "params": {"level": {"default": int(r.integers(1, 100)), "type": "int"}},
                "indicators": indicators,
                "candlesticks": candlesticks,
                "entry": rules[0],
                "exit": rules[1],
            },
            "timeframe": own,
            "universe": {"tickers": ["005930"]},
            "sizing": {"method": "per_signal", "name_bps": 1000},
        }
    )


def _indicator(r: np.random.Generator, id_: str, n: int, own: str) -> dict[str, Any]:
    row = indicator_table()[id_]
    params: dict[str, Any] = {}
    if r.random() < 0.7 and not list(ordered_params(id_)):
        for name in row["params"]:
            bounds, default = bounds_of(id_, name), default_of(id_, name)
            low = max(1, int(bounds.min or 1))
            if bounds.whole and default >= low:
                params[name] = int(r.integers(low, min(int(default) + 6, int(bounds.max or 10_000)) + 1))
    found: dict[str, Any] = {"id": id_, "alias": f"i{n}", "params": params, "output": str(r.choice(row["outputs"]))}
    if r.random() < 0.3:
        found["timeframe"] = str(r.choice(LONGER[own]))
    return found


def _group(r: np.random.Generator, indicators: list[Any], candlesticks: list[Any], depth: int) -> dict[str, Any]:
    parts = [
        _group(r, indicators, candlesticks, depth - 1)
        if depth and r.random() < 0.25
        else _condition(r, indicators, candlesticks)
        for _ in range(int(r.integers(1, 4)))
    ]
    return {"logic": str(r.choice(["AND", "OR"])), "conditions": parts}


def _condition(r: np.random.Generator, indicators: list[Any], candlesticks: list[Any]) -> dict[str, Any]:
    if candlesticks and r.random() < 0.2:
        one = candlesticks[int(r.integers(len(candlesticks)))]
        return {"candlestick": one["alias"], "signal": str(r.choice(["bullish", "bearish", "detected"]))}
    operator = str(r.choice([one.value for one in Operator]))
    found: dict[str, Any] = {"operator": operator}
    kind = r.random()
    if kind < 0.1:
        found |= {"model": "rise", "value": int(r.integers(-50, 50))}
    elif kind < 0.35:
        found["indicator"] = str(r.choice(FIELDS))
    else:
        one = indicators[int(r.integers(len(indicators)))]
        outputs = indicator_table()[one["id"]]["outputs"]
        found |= {"indicator": one["alias"], "output": str(r.choice(outputs))}
    if "model" not in found:
        found |= _right(r, indicators)
    if operator == "between":
        found["value_high"] = int(r.integers(0, 40_000))
    elif r.random() < 0.3:
        found |= {
            "compare_scalar": float(r.choice([0.98, 1.02, 2, 100])),
            "compare_operation": str(r.choice(["mul", "div", "add", "sub"])),
        }
    if operator.startswith("breaks") and r.random() < 0.7:
        found["bars"] = int(r.integers(1, 8))
    return found


def _right(r: np.random.Generator, indicators: list[Any]) -> dict[str, Any]:
    kind = r.random()
    if kind < 0.2:
        return {"value": "$level"}
    if kind < 0.4:
        return {"value": int(r.choice([0, 0, 1, 30, 50, 70, 18_000, 20_000]))}
    if kind < 0.6:
        return {"compare_to": str(r.choice(FIELDS))}
    one = indicators[int(r.integers(len(indicators)))]
    return {"compare_to": one["alias"], "compare_output": str(r.choice(indicator_table()[one["id"]]["outputs"]))}
