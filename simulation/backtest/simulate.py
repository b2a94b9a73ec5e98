"""One run of the engine: records in, records out, nothing interpreted.

Contract: the same arguments give the same records, to the last won. Room for fills is reserved for the most there can
be (three an event) and cut to what there were.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simulation.backtest.engine import shapes as s
from simulation.backtest.engine.shapes import Flags, Ints, Record, Records
from simulation.backtest.timeline import Timeline


@dataclass(frozen=True, slots=True)
class Raw:
    """Records of `engine.shapes`: FILL, TRADE, DAY by day of the data, POSITION by name, one ACCOUNT at the end."""

    fills: Records
    trades: Records
    days: Records
    positions: Records
    account: Record


def events_of(line: Timeline, entry: Flags, exit_: Flags, ends: Flags, weight: Ints) -> Records:
    """All by event; `ends`: a bar of the strategy's own time frame ends here."""
    from simulation.backtest.engine.pack import pack_events  # here: it brings the compiler

    events = np.empty(len(line.name), s.EVENT)
    columns = (line.name, line.open, line.high, line.low, line.close, line.volume, weight)
    pack_events(events, *columns, entry, exit_, ends)
    return events


def groups_of(line: Timeline, acts: Flags) -> Records:
    """`acts` by group."""
    from simulation.backtest.engine.pack import pack_groups  # here: it brings the compiler

    groups = np.empty(len(line.time), s.GROUP)
    pack_groups(groups, line.time, line.day, line.week, line.starts, line.ends_day, acts)
    return groups


def simulate(events: Records, groups: Records, names: Records, rules: Records, plan: Records) -> Raw:
    """`rules` by day of the data, `plan` of one element."""
    from simulation.backtest.engine.loop import run  # here: it brings the compiler

    count, days = len(names), len(rules)
    positions = np.zeros(count, s.POSITION)
    positions["day"] = positions["group"] = -1
    account = np.zeros(1, s.ACCOUNT)
    fills = np.empty(3 * len(events), s.FILL)  # pages that are never written cost nothing
    trades = np.empty(2 * len(events) + count, s.TRADE)
    lived = np.zeros(days + 1, s.DAY)
    orders, lists = np.zeros(count, s.ORDER), np.zeros(count, s.LIST)
    run(events, groups, names, rules, plan, positions, orders, lists, account, fills, trades, lived)
    end = account[0]
    return Raw(
        fills=fills[: end["fills"]].copy(),
        trades=trades[: end["trades"]].copy(),
        days=lived[:days],
        positions=positions,
        account=end,
    )
