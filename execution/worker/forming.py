"""Bars of a strategy's time frame from smaller ones, with what a gap makes of them. Pure.

Contract: bars are those of `domain.bars.resampled`: one is complete when its last smaller bar is there by the clock, or
when a bar of the next one shows it; nothing is completed by waiting. One that holds an incomplete smaller bar is
incomplete itself. Smaller bars are told apart by their end: one that comes again replaces itself while its longer bar
is open (a revision), and is nothing new afterwards. `saved` goes on where it was.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

from domain.bars import period
from domain.strategy.signals import Timeframe


class Small(NamedTuple):
    end: int
    open: int
    high: int
    low: int
    close: int
    volume: int
    complete: bool = True


class Forming:
    """One name. `last`: end of the last bar that was given out."""

    def __init__(self, to: Timeframe, is_last: Callable[[int], bool], saved: Mapping[str, Any] | None = None) -> None:
        self._to = to
        self._is_last = is_last
        self.last: int = int((saved or {}).get("last", 0))
        self._parts = {row[0]: Small(*row) for row in (saved or {}).get("parts", ())}

    def saved(self) -> dict[str, Any]:
        return {"last": self.last, "parts": [list(part) for part in self._parts.values()]}

    def gave(self, end: int) -> bool:
        """Whether the bar that holds the smaller one of this end is out already."""
        period, parts = self._period(end), self._parts
        is_before = bool(parts) and period < self._period(next(iter(parts)))
        return is_before or (self.last > 0 and period <= self._period(self.last))

    def doubt(self) -> None:
        """Something was missed: what is open is not whole."""
        self._parts = {end: part._replace(complete=False) for end, part in self._parts.items()}

    def push(self, bar: Small) -> list[Small]:
        """The bars that this one completes, oldest first."""
        if bar.end <= self.last:
            return []
        out = []
        if self._parts and self._period(bar.end) > self._period(next(iter(self._parts))):
            out.append(self._give())
        elif self._parts and self._period(bar.end) < self._period(next(iter(self._parts))):
            return []
        self._parts[bar.end] = bar
        self._parts = dict(sorted(self._parts.items()))
        if self._is_last(bar.end):
            out.append(self._give())
        return out

    def _give(self) -> Small:
        parts = list(self._parts.values())
        self._parts = {}
        self.last = parts[-1].end
        return Small(
            end=self.last,
            open=parts[0].open,
            high=max(part.high for part in parts),
            low=min(part.low for part in parts),
            close=parts[-1].close,
            volume=sum(part.volume for part in parts),
            complete=all(part.complete for part in parts),
        )

    def _period(self, end: int) -> int:
        return int(period(np.array([end], dtype=np.int64), self._to)[0])
