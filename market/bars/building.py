"""Minute bars from ticks, one event at a time.

Contract: a bar covers [end − 60 s, end) of market time; a minute without a print has no bar. Volume is the difference
of cumulative volumes, so that a day's bars and what its gaps lost add up to the day's volume. Events are told apart by
`seq`: one that comes twice changes nothing, and a number left out counts as missed. A bar that a gap with losses
touches is `complete = False`. A bar whose end comes while a gap is open waits for its closing; one that was told
already and is touched afterwards is told again with the next `revision`. `missed` says which stretches were lost, and
`fill` takes the broker's own minutes for them: an incomplete bar becomes the broker's, complete, with its next
revision, and a minute that had no bar gets one. Pure: time comes with the ticks, and with `advance`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from datetime import datetime

from domain.clock import KST
from domain.proto import market_pb2 as pb
from market.bars.filling import Minute
from market.bars.forming import BROKER, MINUTE, MINUTE_MS, Before, Forming, Stretch

GRACE_MS = 2_000  # a print that is under way still belongs to its minute
_TOLD = 10  # bars of a ticker that may still be told again


class Maker:
    """Bars of one ticker."""

    def __init__(self, ticker: str, source: str, place: pb.BarPlace | None = None) -> None:
        place = place or pb.BarPlace(ticker=ticker)
        self.ticker = ticker
        self._source = source
        self._place = place
        self._day, self._volume, self._seq, self._at_ms = place.day, place.volume, place.seq, place.at_ms
        self._gap_ms = place.gap_ms
        self._missed = Stretch(place.missed_since_ms, place.missed_until_ms)
        self._forming: Forming | None = None
        self._waiting: list[Forming] = []  # over, while a gap is open
        self._told: deque[Forming] = deque(maxlen=_TOLD)
        self._to_fill: list[Stretch] = []
        if place.HasField("told"):
            self._told.append(Forming.of(place.told))
            if not place.told.complete and self._missed.until_ms:
                self._to_fill.append(self._missed)

    def tick(self, tick: pb.Tick, before: Before) -> list[pb.Bar]:
        if tick.seq <= self._seq:
            return []
        out = self._skipped(tick.seq, tick.at_ms)
        if tick.day > self._day:
            out += self._over()
            self._day, self._volume = tick.day, 0
        bar = self._bar_of(tick, before, out)
        volume = max(0, tick.volume - self._volume) if tick.day == self._day else 0
        if not bar.filled:  # the broker's own bar holds every print already
            bar.add(tick.price, volume)
        self._volume, self._seq = self._volume + volume, tick.seq
        self._at_ms = max(self._at_ms, tick.at_ms)
        if bar is not self._forming and bar in self._told and not bar.filled:
            out.append(self._again(bar))
        return out

    def gap(self, gap: pb.Gap) -> list[pb.Bar]:
        if gap.seq <= self._seq:
            return []
        out = self._skipped(gap.seq, gap.since_ms) if gap.reason != "start" or self._seq else []
        self._seq = gap.seq
        if gap.open:
            self._gap_ms = gap.since_ms or 1
            return out
        if gap.reason not in ("late", "jump", "rest"):
            self._gap_ms = 0
        if gap.lost:
            out += self._miss(Stretch(gap.since_ms, gap.until_ms))
        if gap.lost > 0 and gap.reason != "late":
            if gap.day > self._day:
                out += self._over()
                self._day, self._volume = gap.day, 0
            if gap.day == self._day:
                self._volume = max(self._volume, gap.from_volume + gap.lost)
        if not self._gap_ms:
            waiting, self._waiting = self._waiting, []
            out += [self._tell(bar) for bar in waiting]
        return out

    def advance(self, now_ms: int) -> list[pb.Bar]:
        """No print comes, but time does."""
        bar = self._forming
        return self._over() if bar is not None and bar.end_ms + GRACE_MS <= now_ms else []

    def missed(self) -> list[Stretch]:
        """Stretches that something was lost in since the last look."""
        found, self._to_fill = self._to_fill, []
        return found

    def fill(self, minutes: Sequence[Minute]) -> list[pb.Bar]:
        """The broker's own minutes, which are over. One that has fewer shares than were seen here is not whole yet."""
        out: list[pb.Bar] = []
        unfinished = [*self._waiting, *((self._forming,) if self._forming is not None else ())]
        begins = min((bar.end_ms for bar in unfinished), default=None)
        told = {bar.end_ms: bar for bar in self._told}
        for minute in minutes:
            if begins is not None and minute.end_ms >= begins:
                continue
            bar = told.get(minute.end_ms)
            if bar is None:
                out.append(self._unseen(minute))
            elif not bar.complete and minute.volume >= bar.volume:
                bar.open, bar.high, bar.low, bar.close = minute.open, minute.high, minute.low, minute.close
                bar.volume, bar.complete, bar.filled = minute.volume, True, True
                out.append(self._again(bar))
        if out and self._told:
            self._place.told.CopyFrom(self._told[-1].told(self.ticker, self._source))
        return out

    def lacks(self, stretch: Stretch) -> bool:
        """Whether a bar of that stretch is still not whole."""
        bars = (*self._told, *self._waiting, *((self._forming,) if self._forming is not None else ()))
        return any(not bar.complete and stretch.touches(bar) for bar in bars)

    @property
    def earliest(self) -> Before | None:
        """The place on the bus before what the unfinished bars were made of; None when nothing is unfinished."""
        bars = [*self._waiting, *((self._forming,) if self._forming is not None else ())]
        return min((bar.before for bar in bars), key=lambda before: before[0], default=None)

    @property
    def place(self) -> pb.BarPlace:
        """What must be known to go on from `earliest`."""
        return self._place if self._forming is not None or self._waiting else self._here()

    # ----------------------------------------------------------------------------------------------------------------

    def _bar_of(self, tick: pb.Tick, before: Before, out: list[pb.Bar]) -> Forming:
        end = tick.at_ms - tick.at_ms % MINUTE_MS + MINUTE_MS
        bar = self._forming
        if bar is not None and end == bar.end_ms:
            return bar
        for told in self._told:
            if told.end_ms == end:
                return told
        if bar is not None and end < bar.end_ms:
            return bar  # its own minute is told and forgotten: the shares still count once
        out += self._over()
        if not self._waiting:
            self._place = self._here()  # gaps since the last bar lie before what will be read again
        bar = self._forming = Forming(end, tick.day, tick.price, before)
        if self._missed.touches(bar):
            bar.complete = False
        return bar

    def _over(self) -> list[pb.Bar]:
        bar, self._forming = self._forming, None
        if bar is None:
            return []
        if self._gap_ms:
            self._waiting.append(bar)
            return []
        return [self._tell(bar)]

    def _tell(self, bar: Forming) -> pb.Bar:
        self._told.append(bar)
        self._place = self._here(bar.end_ms // 1000)
        return bar.told(self.ticker, self._source)

    def _again(self, bar: Forming) -> pb.Bar:
        bar.revision += 1
        return bar.told(self.ticker, self._source)

    def _unseen(self, minute: Minute) -> pb.Bar:
        """A bar that nobody told here, or told so long ago that it is forgotten."""
        day = int(f"{datetime.fromtimestamp(minute.end_ms // 1000 - 1, KST):%Y%m%d}")
        return pb.Bar(
            ticker=self.ticker,
            timeframe=MINUTE,
            end=minute.end_ms // 1000,
            open=minute.open,
            high=minute.high,
            low=minute.low,
            close=minute.close,
            volume=minute.volume,
            day=day,
            complete=True,
            revision=1,
            source=BROKER,
        )

    def _miss(self, stretch: Stretch) -> list[pb.Bar]:
        self._missed = stretch
        self._to_fill.append(stretch)
        again = []
        for bar in (*self._told, *self._waiting, *((self._forming,) if self._forming is not None else ())):
            if bar.complete and not bar.filled and stretch.touches(bar):
                bar.complete = False
                if bar in self._told:
                    again.append(self._again(bar))
        return again

    def _skipped(self, seq: int, at_ms: int) -> list[pb.Bar]:
        """The bus lost something between the last event and this one, or we began in the middle."""
        if self._seq + 1 == seq:
            return []
        return self._miss(Stretch(self._at_ms or at_ms, at_ms))

    def _here(self, end: int = 0) -> pb.BarPlace:
        last = self._told[-1].told(self.ticker, self._source) if self._told else None
        return pb.BarPlace(
            ticker=self.ticker,
            told=last,
            day=self._day,
            volume=self._volume,
            end=end or self._place.end,
            seq=self._seq,
            at_ms=self._at_ms,
            gap_ms=self._gap_ms,
            missed_since_ms=self._missed.since_ms,
            missed_until_ms=self._missed.until_ms,
        )


class Building:
    """All tickers of one partition of the bus."""

    def __init__(self, source: str = "ticks", places: Iterable[pb.BarPlace] = ()) -> None:
        self._source = source
        self._makers = {place.ticker: Maker(place.ticker, source, place) for place in places}

    def take(self, event: pb.TradeEvent, before: Before = (0, None)) -> list[pb.Bar]:
        """Bars that this event finished, or changed. `before` is the place on the bus just before it."""
        if event.HasField("tick"):
            return self._maker(event.tick.ticker).tick(event.tick, before)
        return self._maker(event.gap.ticker).gap(event.gap)

    def missed(self) -> list[tuple[str, Stretch]]:
        """What was lost since the last look."""
        return [(maker.ticker, stretch) for maker in self._makers.values() for stretch in maker.missed()]

    def fill(self, ticker: str, minutes: Sequence[Minute]) -> list[pb.Bar] | None:
        """See `Maker.fill`. None for a ticker that is not of this partition."""
        maker = self._makers.get(ticker)
        return None if maker is None else maker.fill(minutes)

    def lacks(self, ticker: str, stretch: Stretch) -> bool:
        maker = self._makers.get(ticker)
        return maker is not None and maker.lacks(stretch)

    def advance(self, now_ms: int) -> list[pb.Bar]:
        return [bar for maker in self._makers.values() for bar in maker.advance(now_ms)]

    @property
    def earliest(self) -> Before | None:
        found = [before for maker in self._makers.values() if (before := maker.earliest) is not None]
        return min(found, key=lambda before: before[0], default=None)

    def places(self) -> pb.BarPlaces:
        return pb.BarPlaces(places=[maker.place for maker in self._makers.values()])

    def _maker(self, ticker: str) -> Maker:
        maker = self._makers.get(ticker)
        if maker is None:
            maker = self._makers[ticker] = Maker(ticker, self._source)
        return maker
