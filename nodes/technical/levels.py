"""Prices at which a name has turned before: support below, resistance above, and the last swing. Pure.

Contract: a turn is a high (low) that nothing surpassed (undercut) for `WING` sessions on either side, so it is known
`WING` sessions after it and never earlier; later bars change no turn that was known. Turns closer together than half a
usual day's range are one level, whose touches are counted; a level that was touched only once counts where no proven
one lies within five usual days on its side.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from domain.bars import Bars
from domain.strategy.timing import day_of

WING = 5
LOOK_BACK = 250  # sessions
SHOWN = 3  # levels on either side
LEAST_WIDTH = 0.005  # of the price: levels are never told apart more finely
FAR = 10  # half days' ranges: a proven level further away says little about now
SWING_BARS = 120
FIBONACCI = (0.236, 0.382, 0.5, 0.618, 0.786)


@dataclass(frozen=True, slots=True)
class Turn:
    """`at` is the place among the bars; price in won."""

    at: int
    price: int


@dataclass(frozen=True, slots=True)
class Level:
    """`price` is the mean of its touches in won; days are those of the first and the last touch."""

    price: float
    touches: int
    first: date
    last: date


@dataclass(frozen=True, slots=True)
class Swing:
    """From the lowest to the highest price of the stretch, or back; `levels` are retracements in the order of
    FIBONACCI, counted from where the swing ended."""

    low: float
    high: float
    low_on: date
    high_on: date
    rising: bool  # the high came after the low
    levels: tuple[float, ...]


def turns(bars: Bars) -> list[Turn]:
    """Highs and lows in order of time; of equal ones side by side the first."""
    found = [*_peaks(bars.high), *(Turn(turn.at, -turn.price) for turn in _peaks(-bars.low))]
    return sorted(found, key=lambda turn: turn.at)


def _peaks(column: NDArray[np.int64]) -> list[Turn]:
    if len(column) < 2 * WING + 1:
        return []
    around = np.lib.stride_tricks.sliding_window_view(column, 2 * WING + 1)
    middle = around[:, WING]
    peak = (middle > around[:, :WING].max(axis=1)) & (middle >= around[:, WING + 1 :].max(axis=1))
    return [Turn(int(at) + WING, int(column[at + WING])) for at in np.flatnonzero(peak)]


def levels_of(bars: Bars, atr: float | None) -> tuple[tuple[Level, ...], tuple[Level, ...]]:
    """(supports, resistances), each the nearest first. `atr`: a usual day's range in won."""
    recent = bars.part(max(0, len(bars) - LOOK_BACK), len(bars))
    close = int(recent.close[-1])
    width = max((atr or 0.0) / 2, close * LEAST_WIDTH)
    found = _clustered(turns(recent), recent, width)
    below = sorted((level for level in found if level.price <= close), key=lambda level: -level.price)
    above = sorted((level for level in found if level.price > close), key=lambda level: level.price)
    return _chosen(below, close, FAR * width), _chosen(above, close, FAR * width)


def _clustered(found: Sequence[Turn], bars: Bars, width: float) -> list[Level]:
    groups: list[list[Turn]] = []
    for turn in sorted(found, key=lambda turn: (turn.price, turn.at)):
        if groups and turn.price - groups[-1][0].price <= width:
            groups[-1].append(turn)
        else:
            groups.append([turn])
    return [_level(group, bars) for group in groups]


def _level(group: Sequence[Turn], bars: Bars) -> Level:
    days = [day_of(int(bars.time[turn.at])) for turn in group]
    return Level(sum(turn.price for turn in group) / len(group), len(group), min(days), max(days))


def _chosen(side: Sequence[Level], close: int, far: float) -> tuple[Level, ...]:
    proven = [level for level in side if level.touches > 1]
    lonely = not proven or abs(proven[0].price - close) > far
    return tuple(dict.fromkeys([*(side[:1] if lonely else ()), *proven]))[:SHOWN]


def swing_of(bars: Bars, span: int = SWING_BARS) -> Swing | None:
    """None for a stretch without width; of equal extremes the last."""
    recent = bars.part(max(0, len(bars) - span), len(bars))
    top = len(recent) - 1 - int(np.argmax(recent.high[::-1]))
    bottom = len(recent) - 1 - int(np.argmin(recent.low[::-1]))
    high, low = float(recent.high[top]), float(recent.low[bottom])
    if high <= low:
        return None
    rising = top > bottom
    levels = tuple(high - (high - low) * part if rising else low + (high - low) * part for part in FIBONACCI)
    low_on, high_on = (day_of(int(recent.time[at])) for at in (bottom, top))
    return Swing(low, high, low_on, high_on, rising, levels)
