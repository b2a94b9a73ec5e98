"""Prints in order, told apart, gaps said: the rules of ORDERS.md §11, by example and by seeded feeds."""

from __future__ import annotations

import random

from market_days import HYNIX, MONDAY, SAMSUNG, as_true, event_of, last_words, ms, true_bars, true_prints

from domain.proto import market_pb2 as pb
from market.bars.building import Building
from market.bars.filling import Minute
from market.bars.forming import Stretch
from market.ingest.lines import Event, Lines
from market.ingest.prints import Print

DAY = 20261123


def at(seconds: float) -> int:
    return ms(MONDAY) + int(seconds * 1000)


def print_(volume: int, size: int = 0, seconds: float = 0.0, price: int = 100, **more: bool) -> Print:
    return Print(SAMSUNG, DAY, volume, size, price, at(seconds or volume), **more)


def started(first: Print) -> Lines:
    lines = Lines()
    lines.take(first, 0)
    return lines


def kinds(events: list[Event]) -> list[str]:
    return ["tick" if isinstance(each, pb.Tick) else f"{each.reason}:{each.lost}" for each in events]


def test_a_print_said_twice_comes_out_once() -> None:
    lines = started(print_(10, 10))
    assert kinds(lines.take(print_(15, 5), 1)) == ["tick"]
    assert lines.take(print_(15, 5), 2) == []
    assert lines.take(print_(10, 10), 3) == []


def test_two_prints_that_changed_places_come_out_in_order_and_without_a_gap() -> None:
    lines = started(print_(10, 10))
    assert lines.take(print_(20, 5), 1) == []
    assert [e.volume for e in lines.take(print_(15, 5), 2) if isinstance(e, pb.Tick)] == [15, 20]


def test_a_jump_larger_than_the_print_is_a_gap_once_nothing_earlier_came_in_time() -> None:
    lines = started(print_(10, 10))
    lines.take(print_(30, 5), 1_000)
    assert lines.due(1_499) == []
    gap, tick = lines.due(1_500)
    assert isinstance(gap, pb.Gap)
    assert (gap.from_volume, gap.lost, gap.reason, gap.open) == (10, 15, "jump", False)
    assert tick.seq == gap.seq + 1


def test_a_print_that_comes_after_its_gap_was_said_is_not_counted_again() -> None:
    lines = started(print_(10, 10))
    lines.take(print_(30, 5), 0)
    lines.due(10_000)
    assert lines.take(print_(25, 15), 10_001) == []


def test_a_broken_stream_that_missed_nothing_leaves_no_loss() -> None:
    lines = started(print_(10, 10))
    assert kinds(lines.doubt([SAMSUNG], "stream")) == ["stream:-1"]
    assert kinds(lines.take(print_(15, 5), 1)) == ["stream:0", "tick"]


def test_only_what_is_not_the_next_prints_own_counts_as_missed_during_a_break() -> None:
    lines = started(print_(10, 10))
    lines.doubt([SAMSUNG], "stream")
    assert kinds(lines.take(print_(15, 2), 1)) == ["stream:3", "tick"]


def test_a_stream_that_begins_again_where_it_broke_has_missed_nothing() -> None:
    lines = started(print_(10, 10))
    lines.doubt([SAMSUNG], "stream")
    assert kinds(lines.take(print_(10, 10), 1)) == ["stream:0"]


def test_a_record_without_shares_is_no_proof_that_nothing_lies_before_it() -> None:
    lines = started(print_(10, 10))
    assert lines.take(print_(15, 0), 0) == []
    assert kinds(lines.due(500)) == ["jump:5", "tick"]


def test_silence_is_explained_by_an_answer_and_not_by_the_silent_stream() -> None:
    lines = started(print_(10, 10))
    lines.doubt([SAMSUNG], "stale")
    assert lines.take(print_(10, 10, seconds=20), 1) == []
    assert kinds(lines.take(print_(10, seconds=25, asked=True), 2)) == ["stale:0"]


def test_an_answer_that_is_ahead_of_the_stream_says_what_was_missed() -> None:
    lines = started(print_(10, 10))
    out = lines.take(print_(40, seconds=50, asked=True), 1)
    assert kinds(out) == ["rest:30", "tick"]
    assert lines.take(print_(25, 5), 2) == []  # it lies in the gap that the answer told


def test_a_doubt_is_opened_once_however_often_it_is_said() -> None:
    lines = started(print_(10, 10))
    assert len(lines.doubt([SAMSUNG], "stale")) == 1
    assert lines.doubt([SAMSUNG], "stream") == []


def test_what_was_missed_before_midnight_and_after_are_two_gaps() -> None:
    lines = started(print_(10, 10))
    lines.doubt([SAMSUNG], "stream")
    out = lines.take(Print(SAMSUNG, DAY + 1, 7, 4, 100, at(86_400)), 1)
    gaps = [each for each in out if isinstance(each, pb.Gap)]
    assert [(gap.day, gap.open, gap.lost) for gap in gaps] == [
        (DAY, False, -1),
        (DAY + 1, True, -1),
        (DAY + 1, False, 3),
    ]


def test_a_day_that_begins_under_a_sound_stream_has_missed_nothing() -> None:
    lines = started(print_(10, 10))
    assert kinds(lines.take(Print(SAMSUNG, DAY + 1, 7, 7, 100, at(86_400)), 1)) == ["tick"]


def test_a_day_whose_first_print_is_not_its_first_has_missed_exactly_the_rest() -> None:
    lines = started(print_(10, 10))
    assert lines.take(Print(SAMSUNG, DAY + 1, 7, 4, 100, at(86_400)), 1) == []
    assert kinds(lines.due(501)) == ["jump:3", "tick"]


def test_a_name_of_which_nobody_knows_anything_begins_with_a_gap() -> None:
    assert kinds(Lines().take(print_(500, 20), 0)) == ["start:-1", "start:480", "tick"]
    assert kinds(Lines().take(print_(500, 500), 0)) == ["start:-1", "start:0", "tick"]


def test_every_event_of_a_ticker_has_the_next_number_also_after_a_restart() -> None:
    lines = Lines(first_seq=1_000)
    out = lines.take(print_(10, 10), 0) + lines.take(print_(12, 2), 1)
    again = Lines()
    tick = out[-1]
    assert isinstance(tick, pb.Tick)
    again[SAMSUNG].restore(tick, None, tick.seq)
    out += again.doubt([SAMSUNG], "restart") + again.take(print_(12, 2), 2) + again.take(print_(13, 1), 3)
    assert [each.seq for each in out] == list(range(1_001, 1_001 + len(out)))
    assert kinds(out)[-3:] == ["restart:-1", "restart:0", "tick"]


# Seeded feeds ---------------------------------------------------------------------------------------------------------


class Bench:
    """Lines, what they published, and a maker of bars behind them; each may die, and unpublished words with it."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.truth = {t: true_prints(self.rng, t) for t in (SAMSUNG, HYNIX)}
        self.lines = Lines()
        self.waiting: list[Event] = []
        self.bus: list[Event] = []
        self.building = Building()
        self.read, self.placed, self.note = 0, 0, pb.BarPlaces()
        self.bars: list[pb.Bar] = []
        self.now = 0
        self.dropped: set[Print] = set()

    def run(self) -> None:
        feed = sorted((p for prints in self.truth.values() for p in prints), key=lambda p: p.at_ms)
        blind = 0
        for index, found in enumerate(feed):
            self.now += self.rng.randint(0, 150)
            if blind:
                blind -= 1
                continue
            dice = self.rng.random()
            if dice < 0.03:
                self.dropped.add(found)
                continue  # and nobody says so
            if dice < 0.05:
                self.say(self.lines.doubt(list(self.truth), "stream"))
                blind = self.rng.randint(0, 12)
                continue
            if dice < 0.07:
                self.restart()
                blind = self.rng.randint(0, 12)
                continue
            if dice < 0.14 and index + 1 < len(feed):
                later = self.rng.randint(index + 1, min(len(feed), index + 5) - 1)
                if feed[later].day == found.day:
                    feed[index], feed[later] = feed[later], feed[index]
                    found = feed[index]
            for _ in range(self.rng.choice((1, 1, 1, 2))):
                self.say(self.lines.take(found, self.now))
            if self.rng.random() < 0.03:
                self.say(self.lines.take(found._replace(asked=True, size=0), self.now))
            self.say(self.lines.due(self.now))
            if self.rng.random() < 0.4:
                self.publish()
            if self.rng.random() < 0.2:
                self.build()
            if self.rng.random() < 0.03:
                self.rebuild()
        self.say(self.lines.due(None))
        self.publish()
        self.build()
        self.bars += self.building.advance(2**50)

    def say(self, events: list[Event]) -> None:
        self.waiting += events

    def publish(self) -> None:
        """At least once: a batch whose fate was unknown comes again."""
        self.bus += self.waiting * self.rng.choice((1, 1, 1, 2))
        self.waiting = []

    def restart(self) -> None:
        """What was not published is forgotten; where a line stood is read from what was."""
        if self.rng.random() < 0.5:
            self.publish()
        self.waiting = []
        self.lines = Lines()
        for ticker in self.truth:
            tick, gap, seq = None, None, 0
            for event in self.bus:
                if event.ticker != ticker or event.seq <= seq:
                    continue
                seq = event.seq
                if isinstance(event, pb.Tick):
                    tick = event
                elif event.open:
                    gap = event
                elif gap is not None and gap.reason == event.reason:
                    gap = None
            if tick is not None:
                self.lines[ticker].restore(tick, gap, seq)
                self.say(self.lines.doubt([ticker], "restart"))

    def build(self) -> None:
        while self.read < len(self.bus):
            self.bars += self.building.take(event_of(self.bus[self.read]), (self.read, None))
            self.read += 1
        if self.rng.random() < 0.5:
            earliest = self.building.earliest
            self.placed = earliest[0] if earliest is not None else self.read
            self.note = self.building.places()

    def rebuild(self) -> None:
        self.read, self.building = self.placed, Building(places=self.note.places)


def test_nothing_is_lost_without_a_gap_and_nothing_counted_twice() -> None:
    complete = 0
    for seed in range(40):
        bench = Bench(seed)
        bench.run()
        for ticker, prints in bench.truth.items():
            said = f"seed {seed}, {ticker}"
            own = {event.seq: event for event in bench.bus if event.ticker == ticker}
            events = [own[seq] for seq in sorted(own)]
            assert sorted(own) == list(range(1, len(own) + 1)), said
            ticks = [(each.day, each.volume) for each in events if isinstance(each, pb.Tick)]
            assert ticks == sorted(set(ticks)), said
            unknowable = _ends_dropped(prints, dict(ticks), bench.dropped)
            assert set(_unseen(prints, events)) <= unknowable, said
            truth = true_bars(prints)
            last = last_words(bar for bar in bench.bars if bar.ticker == ticker)
            untold = {_end(each) for each in unknowable}
            for end, bar in last.items():
                if bar.complete and end not in untold:
                    complete += 1
                    assert as_true(bar) == truth[end], f"{said}, bar {end}"
    assert complete > 200  # else the test would say nothing


class Filled(Bench):
    """The broker tells its own minutes of what was lost, now and then, and once more at the end."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self.lost: list[tuple[str, Stretch]] = []
        self.minutes = {t: [Minute(end * 1000, *true) for end, true in _rows(self.truth[t])] for t in self.truth}

    def build(self) -> None:
        super().build()
        self.lost += self.building.missed()
        if self.rng.random() < 0.5:
            self.fill()

    def fill(self) -> None:
        self.lost += self.building.missed()
        for ticker, stretch in self.lost:
            told = [one for one in self.minutes[ticker] if stretch.since_ms < one.end_ms <= stretch.until_ms + 60_000]
            self.bars += self.building.fill(ticker, told) or []


def _rows(prints: list[Print]) -> list[tuple[int, tuple[int, ...]]]:
    return [(end, (bar.open, bar.high, bar.low, bar.close, bar.volume)) for end, bar in true_bars(prints).items()]


def test_minutes_that_the_broker_tells_make_every_touched_bar_whole_and_true_for_good() -> None:
    filled = 0
    for seed in range(30):
        bench = Filled(seed)
        bench.run()
        bench.fill()
        for ticker, prints in bench.truth.items():
            own = [bar for bar in bench.bars if bar.ticker == ticker]
            truth, last = true_bars(prints), last_words(own)
            seen = {
                event.day: event.volume for event in bench.bus if isinstance(event, pb.Tick) and event.ticker == ticker
            }
            untold = {_end(each) for each in _ends_dropped(prints, seen, bench.dropped)}
            for end in last.keys() - untold:
                assert last[end].complete, f"seed {seed}, {ticker}, bar {end}"
                assert as_true(last[end]) == truth[end], f"seed {seed}, {ticker}, bar {end}"
            filled += sum(bar.source == "broker" for bar in last.values())
            for stretch in (stretch for name, stretch in bench.lost if name == ticker):
                inside = {end for end in truth if stretch.since_ms < end * 1000 <= stretch.until_ms}
                assert inside <= last.keys(), f"seed {seed}, {ticker}: a minute in a gap has no bar"
    assert filled > 200


def test_a_minute_that_is_not_over_or_not_whole_yet_changes_nothing() -> None:
    building = Building()
    gap = pb.Gap(
        ticker=SAMSUNG, day=DAY, seq=2, from_volume=10, lost=5, since_ms=at(10), until_ms=at(20), reason="jump"
    )
    tick = pb.Tick(ticker=SAMSUNG, day=DAY, price=100, size=10)
    for seq, volume, seconds in ((1, 10, 10), (3, 25, 20)):
        if seq == 3:
            building.take(event_of(gap))
        now = pb.Tick()
        now.CopyFrom(tick)
        now.seq, now.volume, now.at_ms = seq, volume, at(seconds)
        building.take(event_of(now))
    [(_, stretch)] = building.missed()
    whole = Minute(at(60), 100, 101, 99, 100, 25)
    assert building.fill(SAMSUNG, [whole]) == []  # it is still forming
    [told] = building.advance(at(90))
    assert (told.complete, told.volume, told.source) == (False, 20, "ticks")
    assert building.fill(SAMSUNG, [whole._replace(volume=19)]) == []
    assert building.lacks(SAMSUNG, stretch)
    [again] = building.fill(SAMSUNG, [whole]) or []
    assert (again.complete, again.volume, again.high, again.revision, again.source) == (True, 25, 101, 1, "broker")
    assert not building.lacks(SAMSUNG, stretch)
    assert building.fill(SAMSUNG, [whole]) == []
    assert building.fill(HYNIX, [whole]) is None
    lost = pb.Gap(
        ticker=SAMSUNG, day=DAY, seq=4, from_volume=25, lost=1, since_ms=at(21), until_ms=at(70), reason="jump"
    )
    assert building.take(event_of(lost)) == []  # the broker's own bar stays whole, whatever prints of it are missed
    later = Building(places=building.places().places)
    assert later.missed() == []
    late = pb.Tick(ticker=SAMSUNG, day=DAY, price=150, size=1, seq=5, volume=26, at_ms=at(30))
    assert later.take(event_of(late)) == []  # the broker's own bar holds it


def _ends_dropped(prints: list[Print], last: dict[int, int], dropped: set[Print]) -> set[Print]:
    """Prints dropped at the very end of a day: nothing came after them that could have told."""
    return {each for each in dropped & set(prints) if each.volume > last.get(each.day, 0)}


def _end(of: Print) -> int:
    return (of.at_ms // 60_000 + 1) * 60


def _unseen(prints: list[Print], events: list[Event]) -> list[Print]:
    """True prints that neither came out nor lie in a gap, up to the last thing that was seen."""
    ticks = {(each.day, each.volume) for each in events if isinstance(each, pb.Tick)}
    gaps = [each for each in events if isinstance(each, pb.Gap) and not each.open and each.lost]
    last = max(ticks)
    open_ = [each for each in events if isinstance(each, pb.Gap) and each.open]
    out = []
    for each in prints:
        if (each.day, each.volume) in ticks or (each.day, each.volume) > last:
            continue
        by_volume = any(
            gap.day == each.day and gap.lost > 0 and gap.from_volume < each.volume <= gap.from_volume + gap.lost
            for gap in gaps
        )
        by_time = any(gap.lost < 0 and gap.since_ms <= each.at_ms <= gap.until_ms for gap in gaps)
        still = any(event is events[-1] and event.since_ms <= each.at_ms for event in open_)
        if not (by_volume or by_time or still):
            out.append(each)
    return out
