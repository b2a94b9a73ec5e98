"""One name of one running strategy: bars in, the newest signal out, and everything that a restart must find again.

Contract: `take` gives smaller bars, in any order and as often as they come; a bar that was stepped is never stepped
again. An incomplete bar is stepped like any other, because the series goes on, and enters nothing; what is learnt of it
afterwards counts for the values of later bars (`mended`) and for no decision on it. An exit that is due
stays due until the sleeve is empty. `stored` and `Watched(..., stored)` lose and repeat nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from domain.calendar import Calendar
from domain.strategy.sizing import signal_bps
from domain.strategy.timing import closes, day_of, is_due
from execution.worker.forming import Forming, Small

if TYPE_CHECKING:  # the evaluator brings the compiler, which a worker without strategies does not need
    from domain.strategy.evaluator import Live, Program, Signal


@dataclass(slots=True)
class Place:
    """`end`: of the newest own bar, whose signal the rest tells. `decided`: of the newest bar that is done with.
    `leaving`: why what is held must go. `held`: own bars since the first fill, `counted` up to which bar. `sessions`:
    closes of sessions that are over, `close` the last of the session that goes on. `small_end`, `small_close`: of the
    newest smaller bar, by which a change of the prices' basis shows."""

    end: int = 0
    entry: bool = False
    exit: bool = False
    complete: bool = True
    due: bool = False
    weight_bps: int = 0
    traded: int = 0
    decided: int = 0
    leaving: str = ""
    held: int = 0
    counted: int = 0
    close: int = 0
    small_end: int = 0
    small_close: int = 0
    sessions: list[int] = field(default_factory=list)


class Watched:
    """`calendar` answers with the market's, which may be known later than this was made."""

    def __init__(
        self,
        program: Program,
        ticker: str,
        calendar: Callable[[], Calendar],
        place: Mapping[str, Any] | None = None,
        live: bytes = b"",
    ) -> None:
        self.program = program
        self.ticker = ticker
        self._spec = program.spec
        self._calendar = calendar
        self._forming: Forming = self._made((place or {}).get("forming"))
        self.place = Place(**(place or {}).get("place", {}))
        self.live: Live = program.resume(live) if live else program.start()
        self.dirty = False
        self.signals: list[tuple[int, Signal]] = []  # of bars that were stepped since somebody took them away

    def _made(self, saved: Mapping[str, Any] | None) -> Forming:
        timeframe = self._spec.timeframe
        return Forming(timeframe, lambda end: closes(timeframe, end, self._calendar()), saved)

    @property
    def is_warm(self) -> bool:
        """Has it seen as many bars as its indicators need?"""
        return self.live.bars >= self.program.warmup

    def saved(self) -> dict[str, Any]:
        return {"place": asdict(self.place), "forming": self._forming.saved()}

    def take(self, bar: Small) -> bool:
        """Whether own bars came of it."""
        self.dirty = True
        if bar.end > self.place.small_end:
            self.place.small_end, self.place.small_close = bar.end, bar.close
        own = self._forming.push(bar)
        for each in own:
            self._step(each)
        return bool(own)

    def doubt(self) -> None:
        """Smaller bars were lost on the way."""
        self._forming.doubt()
        self.dirty = True

    def again(self, bars: Iterable[Small]) -> None:
        """Prices stand on another basis: the series is told anew. What was decided, and counted, stays."""
        kept, uncounted = self.place, max(0, self.live.bars - self.place.counted)
        self.live, self._forming, self.place = self.program.start(), self._made(None), Place()
        for bar in bars:
            self.take(bar)
        self.signals = [(end, signal) for end, signal in self.signals if end > kept.end]
        self.place.decided, self.place.leaving, self.place.held = kept.decided, kept.leaving, kept.held
        if (
            self.live.bars
            and self.place.end > kept.end
            and self.signals
            and self.signals[-1][1].exit
            and self.place.due
        ):
            self.place.leaving = "exit"
        if kept.counted:
            self.place.counted = max(1, self.live.bars - len(self.signals) - uncounted)

    def is_past(self, end: int) -> bool:
        """Whether a smaller bar of this end comes too late for the bar that it belongs to."""
        return self._forming.gave(end)

    def mended(self, bars: Sequence[Small]) -> bool:
        """Smaller bars that something was missing in are whole now: the series is told anew with them. What was said of
        a bar and done on it stays. False, and nothing changed, where the past reaches less far than before."""
        kept = (self.live, self._forming, self.place, list(self.signals))
        self.again(bars)
        live, forming, place, signals = kept
        if self.place.end < place.end or self.live.bars < min(live.bars, self.program.warmup):
            self.live, self._forming, self.place, self.signals = live, forming, place, signals
            return False
        self.signals = [*signals, *self.signals]  # of bars that came with the minute, still to be told
        if self.place.end == place.end:
            told = self.place
            told.entry, told.exit, told.complete, told.due = place.entry, place.exit, place.complete, place.due
        self.dirty = True
        return True

    def forget(self, but: Callable[[int], bool]) -> None:
        """Drops the signals of bars that ended before anybody asked, `but` those that it says of by their end."""
        self.signals = [each for each in self.signals if but(each[0])]

    def hold(self, own: int, busy: bool) -> None:
        """What the sleeve has now: counts bars of holding, and forgets why an empty one should go."""
        place, before = self.place, (self.place.held, self.place.counted, self.place.leaving)
        if own > 0 and place.counted:
            place.held += self.live.bars - place.counted
            place.counted = self.live.bars
        elif own > 0:
            place.held, place.counted = 0, self.live.bars
        elif not busy:
            place.held, place.counted, place.leaving = 0, 0, ""
        self.dirty |= before != (place.held, place.counted, place.leaving)

    def done(self, end: int) -> None:
        """The bar that ended then is decided on."""
        if end > self.place.decided:
            self.place.decided = end
            self.dirty = True

    def leave(self, why: str) -> None:
        if self.place.leaving != why:
            self.place.leaving = why
            self.dirty = True

    def _step(self, bar: Small) -> None:
        place, spec = self.place, self._spec
        if bar.end <= self.live.time:
            return
        row = np.array([bar.open, bar.high, bar.low, bar.close, bar.volume], dtype=np.float64)
        signal = self.live.step(row, bar.end)
        self.signals.append((bar.end, signal))
        if spec.timeframe.minutes is None:
            self._session(bar.close)
        elif place.end and day_of(place.end) != day_of(bar.end):
            self._session(place.close)
        due = is_due(spec, bar.end, self._calendar())
        place.end, place.entry, place.exit, place.complete = bar.end, signal.entry, signal.exit, bar.complete
        place.due, place.traded, place.close = due, bar.close * bar.volume, bar.close
        place.weight_bps = signal_bps(spec, place.sessions)
        if signal.exit and due:
            place.leaving = "exit"  # an empty sleeve forgets it at the next look

    def _session(self, close: int) -> None:
        self.place.sessions = [*self.place.sessions, close][-self._spec.sizing.lookback - 1 :]
