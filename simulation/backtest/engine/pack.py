"""Columns into records, in one pass each: what the loop reads of a bar then lies side by side in memory."""

from __future__ import annotations

from simulation.backtest.engine import shapes as s
from simulation.backtest.engine.jit import kept
from simulation.backtest.engine.shapes import Flags, Ints, Records


@kept
def pack_events(
    events: Records, name: Ints, opened: Ints, high: Ints, low: Ints, close: Ints, volume: Ints, weight: Ints,
    entry: Flags, exit_: Flags, ends: Flags,
) -> None:  # fmt: skip
    """All by event; `ends`: a bar of the strategy's own time frame ends here."""
    for at in range(len(events)):
        row = events[at]
        row.name, row.open, row.high, row.low, row.close = name[at], opened[at], high[at], low[at], close[at]
        row.volume, row.weight = volume[at], weight[at]
        row.signal = entry[at] * s.ENTRY_BIT + exit_[at] * s.EXIT_BIT + ends[at] * s.BAR_BIT


@kept
def pack_groups(groups: Records, time: Ints, day: Ints, week: Ints, starts: Ints, ends_day: Flags, acts: Flags) -> None:
    """All by group, but `starts`, which has one more: where the next would begin."""
    for at in range(len(groups)):
        row = groups[at]
        row.time, row.day, row.week, row.first, row.end = time[at], day[at], week[at], starts[at], starts[at + 1]
        row.ends_day, row.acts = ends_day[at], acts[at]
