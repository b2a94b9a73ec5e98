"""Prints put in order, told apart, and what was missed said: a line a ticker.

Contract (ORDERS.md §11): a print is told by (ticker, day, cumulative volume). What comes out of a line rises in
(day, volume); nothing comes out twice; shares that were not seen are covered by a Gap, never passed over. A print that
begins beyond where the line stands came too early: it is held for `hold_ms`, and what did not come until then is a gap
of known size. A large trade is none, for it begins where the line stands.

A gap is opened when the source is doubted (`doubt`), and closed by the next thing that proves something: a print, or
an answer by REST from after the doubt. `lost` 0 says that all is well. Pure: no clock, no I/O; `now_ms` is the caller's
monotonic clock. Consumers rely on `seq`, which rises by one an event.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from domain.proto import market_pb2 as pb
from market.ingest.prints import Print

HOLD_MS = 500
_HELD = 1_000  # prints of one ticker waiting for one that came before them
_KST_MS = 9 * 3_600_000
_DAY_MS = 86_400_000

Event = pb.Tick | pb.Gap


class Line:
    """One ticker. `day`, `volume`: last seen, in order."""

    __slots__ = ("_before", "_held", "at_ms", "day", "gap", "seq", "tick", "ticker", "volume")

    def __init__(self, ticker: str, seq: int = 0) -> None:
        self.ticker = ticker
        self.day = 0
        self.volume = 0
        self.at_ms = 0
        self.seq = seq
        self.tick: pb.Tick | None = None
        self.gap: pb.Gap | None = None  # the open one
        self._held: dict[int, tuple[Print, int]] = {}  # by volume, with when it came
        self._before = (0, 0)  # where the day before ended

    def take(self, found: Print, now_ms: int) -> list[Event]:
        out: list[Event] = []
        if found.day > self.day:
            self._turn(found, out)
        elif found.day < self.day:
            self._of_yesterday(found, out)
            return out
        if found.volume < self.volume or (found.volume == self.volume and self.tick is not None):
            self._old(found, out)
        elif found.asked:
            self._answer(found, out)
        elif found.volume - found.size > self.volume:
            self._early(found, now_ms, out)
        else:
            self._next(found, out)
            self._follow(out)
        return out

    def doubt(self, reason: str) -> list[Event]:
        """From the last thing seen on nothing is sure. What waits for something earlier waits no longer."""
        out: list[Event] = []
        if self.day and self.gap is None:
            self.release(None, out)
            self._open(reason, out)
        return out

    def release(self, before_ms: int | None, out: list[Event]) -> None:
        """Held prints that came before `before_ms` (None: all) are given out; what they waited for is missed."""
        while self._held:
            volume = min(self._held)
            found, came = self._held[volume]
            if before_ms is not None and came > before_ms:
                return
            del self._held[volume]
            self._jump(found, "jump", out)
            self._next(found, out)
            self._follow(out)

    @property
    def holds(self) -> bool:
        return bool(self._held)

    def restore(self, tick: pb.Tick | None, gap: pb.Gap | None, seq: int) -> None:
        """Goes on where another one stopped; an open gap stays open."""
        if tick is not None:
            self.tick, self.day, self.volume, self.at_ms = tick, tick.day, tick.volume, tick.at_ms
        self.gap, self.seq = gap, seq

    # ----------------------------------------------------------------------------------------------------------------

    def _turn(self, found: Print, out: list[Event]) -> None:
        """A new day. Of the old one nothing more will come; a line that was sound missed nothing of the new one yet."""
        self.release(None, out)
        midnight = found.at_ms - (found.at_ms + _KST_MS) % _DAY_MS
        self._before = (self.day, self.volume)
        reason = "" if self.day else "start"
        if self.gap is not None:
            reason = self.gap.reason
            self._close(max(midnight, self.gap.since_ms), -1, out)
        self.day, self.volume, self.tick = found.day, 0, None
        self.at_ms = midnight if self._before[0] else found.at_ms
        if reason:
            self._open(reason, out)

    def _of_yesterday(self, found: Print, out: list[Event]) -> None:
        """A print of a day that is over: seen then, covered by the gap that ended it, or the day's end came late."""
        day, volume = self._before
        if found.day == day and found.volume > volume and not found.asked:
            self._before = (day, found.volume)
            self._closed(volume, 0, found.at_ms, found.at_ms, found.volume - volume, "late", out, day)

    def _old(self, found: Print, out: list[Event]) -> None:
        """Said before, or in a gap already."""
        if found.volume == self.volume and self.gap is not None and self._proves(found):
            self._close(found.at_ms, 0, out)

    def _proves(self, found: Print) -> bool:
        """A stream that stands where we stand has missed nothing, unless its very silence is what is doubted."""
        if found.asked:
            return found.at_ms > self.at_ms
        return self.gap is not None and self.gap.reason != "stale"

    def _answer(self, found: Print, out: list[Event]) -> None:
        """An answer by REST is ahead: the prints up to it were missed, and what the stream says of them comes late."""
        self._held = {volume: held for volume, held in self._held.items() if volume > found.volume}
        lost = found.volume - self.volume
        if self.gap is not None:
            self._close(found.at_ms, lost, out)
        elif lost:
            self._closed(self.volume, lost, self.at_ms or found.at_ms, found.at_ms, lost, "rest", out)
        self._give(found, out)
        self._follow(out)

    def _early(self, found: Print, now_ms: int, out: list[Event]) -> None:
        if self.gap is not None:  # nothing older is waited for where it is known to be gone
            self._next(found, out)
            self._follow(out)
            return
        self._held.setdefault(found.volume, (found, now_ms))
        if len(self._held) > _HELD:
            self.release(None, out)

    def _next(self, found: Print, out: list[Event]) -> None:
        if self.gap is not None:
            lost = max(0, found.volume - found.size - self.volume)
            self._close(found.at_ms, lost, out)
        self._give(found, out)

    def _follow(self, out: list[Event]) -> None:
        """Held prints whose turn has come."""
        while self._held:
            volume = min(self._held)
            found, _ = self._held[volume]
            if volume > self.volume and volume - found.size > self.volume:
                return
            del self._held[volume]
            if volume > self.volume:
                self._next(found, out)

    def _jump(self, found: Print, reason: str, out: list[Event]) -> None:
        lost = found.volume - found.size - self.volume
        if self.gap is not None or lost <= 0:
            return  # `_next` closes what is open
        self._closed(self.volume, lost, self.at_ms or found.at_ms, found.at_ms, lost, reason, out)

    def _give(self, found: Print, out: list[Event]) -> None:
        self.seq += 1
        self.tick = found.tick(self.seq)
        self.volume, self.at_ms = found.volume, max(self.at_ms, found.at_ms)
        out.append(self.tick)

    def _open(self, reason: str, out: list[Event]) -> None:
        self.seq += 1
        self.gap = pb.Gap(
            ticker=self.ticker,
            day=self.day,
            seq=self.seq,
            from_volume=self.volume,
            since_ms=self.at_ms,
            open=True,
            reason=reason,
            lost=-1,
        )
        out.append(self.gap)

    def _close(self, until_ms: int, lost: int, out: list[Event]) -> None:
        gap, self.gap = self.gap, None
        assert gap is not None
        self._closed(gap.from_volume, lost, gap.since_ms, until_ms, lost, gap.reason, out, gap.day)

    def _closed(
        self,
        from_volume: int,
        moved: int,
        since_ms: int,
        until_ms: int,
        lost: int,
        reason: str,
        out: list[Event],
        day: int = 0,
    ) -> None:
        self.seq += 1
        out.append(
            pb.Gap(
                ticker=self.ticker,
                day=day or self.day,
                seq=self.seq,
                from_volume=from_volume,
                lost=lost,
                since_ms=since_ms,
                until_ms=max(since_ms, until_ms),
                reason=reason,
            )
        )
        if moved > 0:
            self.volume = from_volume + moved


class Lines:
    """All tickers of one ingest. `first_seq` is where a line begins that nobody remembers: the wall clock in
    milliseconds, so that what was given out before memory was lost is never larger."""

    def __init__(self, hold_ms: int = HOLD_MS, first_seq: int = 0) -> None:
        self._hold_ms = hold_ms
        self._first_seq = first_seq
        self._lines: dict[str, Line] = {}
        self._holding: set[str] = set()

    def __getitem__(self, ticker: str) -> Line:
        line = self._lines.get(ticker)
        if line is None:
            line = self._lines[ticker] = Line(ticker, self._first_seq)
        return line

    def __iter__(self) -> Iterator[Line]:
        return iter(self._lines.values())

    def take(self, found: Print, now_ms: int) -> list[Event]:
        line = self[found.ticker]
        out = line.take(found, now_ms)
        if line.holds:
            self._holding.add(found.ticker)
        return out

    def doubt(self, tickers: Iterable[str], reason: str) -> list[Event]:
        return [event for ticker in tickers for event in self[ticker].doubt(reason)]

    def due(self, now_ms: int | None) -> list[Event]:
        """What was held long enough; without a time all that is held."""
        out: list[Event] = []
        for ticker in list(self._holding):
            line = self._lines[ticker]
            line.release(now_ms - self._hold_ms if now_ms is not None else None, out)
            if not line.holds:
                self._holding.discard(ticker)
        return out
