"""The bars that the worker of a parity world was told, and the longer ones that its time frame makes of them.

Contract: computed from the lake and from what lies on the bus, with none of the worker's code. A minute that is told
again counts as long as the longer bar that it belongs to is open, and is another revision of what was stepped already
afterwards. A longer bar is whole when each of its minutes was told as complete; minutes of the lake are not.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from domain.bars import Bars, Matrix, Whole, bars_of, period, resampled
from domain.calendar import KrxCalendar
from domain.proto import market_pb2 as pb
from domain.strategy.evaluator import Program
from domain.strategy.signals import Timeframe
from domain.strategy.timing import day_of
from execution.worker.past import since
from market.bars.store import MINUTE
from market.bus.ports import BARS
from proving.parity.world import ParityWorld
from simulation.backtest.signals import known_at


@dataclass(frozen=True, slots=True)
class Told:
    """`bars`: as they came. The rest by bar of the strategy: `ends`, `matrix`, `known` (the bar with which it was known
    to be complete, may be past the end), `whole`, `came` (while the worker was there)."""

    bars: Bars
    ends: Whole
    matrix: Matrix
    known: Whole
    whole: list[bool]
    came: list[bool]

    def expected(self) -> Iterator[int]:
        """Places of the strategy's bars that the worker saw come."""
        for at, known in enumerate(self.known.tolist()):
            if known < len(self.bars) and self.came[at]:
                yield at


def told_bars(world: ParityWorld, program: Program) -> Told:
    """Of a world that has come to its end."""
    case, spec = world.case, program.spec
    begin = since(spec, program.warmup, world.days[0])
    if case.minutes:
        stored = world.store.read(case.ticker, MINUTE, begin, world.days[0])
        bars, complete, first = _minutes(world, stored, spec.timeframe)
    else:
        bars, first = world.store.read(case.ticker, case.timeframe, begin, world.days[-1]), 0
        complete = np.ones(len(bars), np.bool_)
    ends, matrix, place = resampled(bars.time, bars.matrix(), spec.timeframe)
    known = known_at(bars.time, place, spec.timeframe) if len(bars) else ends
    whole = [bool(complete[place == at].all()) for at in range(len(ends))]
    before = KrxCalendar().previous_session(world.days[0])
    came = [one >= first if case.minutes else day_of(int(end)) >= before for end, one in zip(ends, known, strict=True)]
    return Told(bars, ends, matrix, known, whole, came)


def _minutes(world: ParityWorld, stored: Bars, timeframe: Timeframe) -> tuple[Bars, NDArray[np.bool_], int]:
    """All minutes, which are complete, and the place of the first that came by the bus."""
    rows: dict[int, pb.Bar] = {}
    newest, closed = -1, -1
    for _, message in world.bus.said[BARS.name]:
        bar = pb.Bar.FromString(message.payload)
        number = int(period(np.array([bar.end], dtype=np.int64), timeframe)[0])
        if number < newest or number <= closed:
            continue  # its longer bar is out
        newest = number
        rows[bar.end] = bar
        if timeframe.minutes is not None and bar.end % (timeframe.minutes * 60) == 0:
            closed = number
    fresh = [rows[end] for end in sorted(rows)]
    columns = ([getattr(bar, name) for bar in fresh] for name in ("end", "open", "high", "low", "close", "volume"))
    bars = stored.joined(bars_of(*columns))
    complete = np.concatenate((np.zeros(len(stored), np.bool_), np.array([bar.complete for bar in fresh], np.bool_)))
    return bars, complete, len(stored)
