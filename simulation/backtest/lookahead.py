"""Does anything know the future? The same strategy on history that ends early, and on history with another future.

Contract: at each of a number of moments the later bars are cut off, then replaced by a wild course; signals up to that
moment, their warm-up and every fill up to it must be the same as with the true future. One path with the backtest: the
same evaluator, the same engine. Moments are spread over history and drawn by seed, so that a finding can be repeated.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import numpy as np

from domain.bars import Bars, bars_of
from domain.clock import KST
from domain.strategy.spec import StrategySpec
from simulation.backtest.engine.shapes import Records
from simulation.backtest.errors import BacktestError
from simulation.backtest.result import Result
from simulation.backtest.run import against
from simulation.backtest.search import Progress, World, run_world
from simulation.backtest.signals import Evaluate, Signalled

MOMENTS = 12
SHOWN = 20


@dataclass(frozen=True, slots=True)
class Peek:
    """Something that changed with the future. `what`: entry, exit or fills; `future`: cut or other."""

    ticker: str
    what: str
    future: str
    moment: datetime
    bar: datetime


@dataclass(frozen=True, slots=True)
class Analysis:
    moments: int
    signals: int  # compared
    fills: int  # compared
    peeks: tuple[Peek, ...]

    @property
    def clean(self) -> bool:
        return not self.peeks

    def to_json(self) -> dict[str, Any]:
        return {
            "clean": self.clean,
            "moments": self.moments,
            "signals": self.signals,
            "fills": self.fills,
            "peeks": [
                {
                    "ticker": peek.ticker,
                    "what": peek.what,
                    "future": peek.future,
                    "moment": peek.moment.isoformat(),
                    "bar": peek.bar.isoformat(),
                }
                for peek in self.peeks[:SHOWN]
            ],
        }


def analysed(
    spec: StrategySpec,
    world: World,
    *,
    moments: int = MOMENTS,
    evaluate: Evaluate | None = None,
    progress: Progress | None = None,
) -> Analysis:
    """Looks at every name's signals at each moment, and at the whole account's fills."""
    evaluate = evaluate or against(world.index)
    source = random.Random(world.settings.seed)
    plain = replace(world, settings=replace(world.settings, resamples=0))
    names = spec.universe.tickers or tuple(sorted(world.bars))
    bars = {name: world.bars[name] for name in names if name in world.bars}
    if not bars:
        raise BacktestError("시세가 있는 종목이 하나도 없어요.")
    times = np.unique(np.concatenate([one.time for one in bars.values()]))
    whole = {name: evaluate(spec, name, one) for name, one in bars.items()}
    result = run_world(spec, replace(plain, bars=bars), evaluate)
    peeks: list[Peek] = []
    signals = fills = 0
    chosen = sorted(source.sample(range(len(times) // 10, len(times)), min(moments, len(times) - len(times) // 10)))
    for done, place in enumerate(chosen, start=1):
        moment = int(times[place])
        for future, other in (("cut", _cut(bars, moment)), ("other", _changed(bars, moment, source))):
            for name, one in other.items():
                count = int(np.searchsorted(bars[name].time, moment, side="right"))
                signals += 2 * count
                peeks += _differing(name, future, moment, bars[name], whole[name], evaluate(spec, name, one), count)
            fills += _same_fills(spec, replace(plain, bars=other), evaluate, result, moment, future, peeks)
        if progress is not None:
            progress(done, len(chosen))
    return Analysis(len(chosen), signals, fills, tuple(peeks))


def _cut(bars: Mapping[str, Bars], moment: int) -> dict[str, Bars]:
    cut = {name: one.part(0, int(np.searchsorted(one.time, moment, side="right"))) for name, one in bars.items()}
    return {name: one for name, one in cut.items() if len(one)}


def _changed(bars: Mapping[str, Bars], moment: int, source: random.Random) -> dict[str, Bars]:
    """The same past and times, with a wild course after `moment`."""
    made = {}
    for name, one in bars.items():
        count, noise = (
            int(np.searchsorted(one.time, moment, side="right")),
            np.random.default_rng(source.getrandbits(32)),
        )
        if not count:
            continue
        left = len(one) - count
        course = one.close[count - 1] * np.exp(np.cumsum(noise.normal(0, 0.05, left)))
        close = np.clip(np.rint(course), 100, 10**7).astype(np.int64)
        opened = np.clip(np.rint(close * noise.uniform(0.95, 1.05, left)), 100, 10**7).astype(np.int64)
        high, low = np.maximum(opened, close) + 50, np.maximum(1, np.minimum(opened, close) - 50)
        later = (opened, high, low, close, noise.integers(0, 10**6, left))
        past = (one.open, one.high, one.low, one.close, one.volume)
        made[name] = bars_of(one.time, *(np.concatenate([a[:count], b]) for a, b in zip(past, later, strict=True)))
    return made


def _differing(
    name: str, future: str, moment: int, bars: Bars, whole: Signalled, other: Signalled, count: int
) -> list[Peek]:
    found = []
    for what in ("entry", "exit"):
        wrong = np.flatnonzero(getattr(whole, what)[:count] != getattr(other, what)[:count])
        if len(wrong):
            found.append(Peek(name, what, future, _when(moment), _when(int(bars.time[wrong[0]]))))
    return found


def _same_fills(
    spec: StrategySpec, world: World, evaluate: Evaluate, result: Result, moment: int, future: str, peeks: list[Peek]
) -> int:
    """How many fills were compared; those that differ are added to `peeks`."""
    if set(spec.universe.tickers) - set(world.bars):
        return 0  # a name that did not trade yet: the account cannot be run without it
    try:
        other = run_world(spec, world, evaluate)
    except BacktestError:
        return 0  # not warm yet: there is nothing to compare
    ours, theirs = _until(result, moment), _until(other, moment)
    if len(ours) != len(theirs) or (ours != theirs).any():
        same = min(len(ours), len(theirs))
        wrong = np.flatnonzero(ours[:same] != theirs[:same])
        first = ours[wrong[0]] if len(wrong) else (ours if len(ours) > same else theirs)[same]
        name = result.tickers[first["name"]]
        peeks.append(Peek(name, "fills", future, _when(moment), _when(int(first["time"]))))
    return len(ours)


def _until(result: Result, moment: int) -> Records:
    return result.fills[result.fills["time"] <= moment]


def _when(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, KST)
