"""Minutes of a gap asked of the broker: when, how often, how much, and what becomes of the answers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from market_days import HYNIX, MONDAY, SAMSUNG, event_of, ms

from domain.clock import ManualClock
from domain.proto import market_pb2 as pb
from domain.proto import oms_pb2
from market.bars.filling import Filling, minute_of
from market.bars.forming import Stretch
from market.bars.making import MinuteBars
from market.bus.ports import BARS, TRADES
from proving.parity.bus import MemoryBus
from tools.ports import PortUnavailable


def row(minute: int, volume: int = 100, **more: Any) -> oms_pb2.Bar:
    """The minute that begins so many minutes after the opening."""
    at = MONDAY + timedelta(minutes=minute)
    told = {"open": 100, "high": 105, "low": 95, "close": 101, "date": f"{at:%Y-%m-%d}", "time": f"{at:%H:%M}"}
    return oms_pb2.Bar(**{**told, "volume": volume, **more})


class Door:
    def __init__(self) -> None:
        self.asked: list[tuple[str, str, str]] = []
        self.silent = 0
        self.volumes: dict[int, int] = {}

    async def minutes(self, ticker: str, since: str = "", until: str = "") -> list[oms_pb2.Bar]:
        self.asked.append((ticker, since, until))
        if self.silent:
            self.silent -= 1
            raise PortUnavailable("증권사에 닿지 않아요.", where="oms")
        rows = [row(minute, self.volumes.get(minute, 100)) for minute in range(390)]
        return [bar for bar in rows if since <= bar.time <= until and bar.volume]


class Room:
    """A maker of minutes on a bus in memory; market time is the wall's."""

    def __init__(self) -> None:
        self.clock = ManualClock(MONDAY)
        self.bus, self.door = MemoryBus(lambda: 0.0), Door()
        self.filling = Filling(self.door, self.clock, self.now_ms, 0.0)
        self.maker = MinuteBars(self.bus, self.clock, self.now_ms, filling=self.filling)
        self.subscription = self.bus.subscribe([TRADES], "minutes")
        self.seq = 0

    def now_ms(self) -> int:
        return ms(self.clock.now())

    async def tick(self, minute: float, volume: int, size: int = 1) -> None:
        at = ms(MONDAY + timedelta(minutes=minute))
        await self.say(pb.Tick(ticker=SAMSUNG, day=20261123, price=100, size=size, volume=volume, at_ms=at))

    async def gap(self, since: float, until: float, lost: int, before: int) -> None:
        begin, end = (ms(MONDAY + timedelta(minutes=minute)) for minute in (since, until))
        await self.say(
            pb.Gap(
                ticker=SAMSUNG,
                day=20261123,
                from_volume=before,
                lost=lost,
                since_ms=begin,
                until_ms=end,
                reason="stream",
            )
        )

    async def say(self, event: pb.Tick | pb.Gap) -> None:
        self.seq += 1
        event.seq = self.seq
        await self.bus.publish(TRADES, [(SAMSUNG, event_of(event).SerializeToString())])

    async def at(self, minute: float) -> None:
        """Everything that is due at this time."""
        self.clock.advance((MONDAY + timedelta(minutes=minute) - self.clock.now()).total_seconds())
        for _ in range(3):
            await self.maker.step(self.subscription, 0)
            await self.filling.ask()
        await self.maker.step(self.subscription, 0)

    async def bars(self) -> list[tuple[int, int, bool, int, str]]:
        """Minute, volume, complete, revision, source; in the order told."""
        out = []
        async for message in self.bus.replay(BARS, SAMSUNG):
            bar = pb.Bar.FromString(message.payload)
            minute = (bar.end - int(MONDAY.timestamp())) // 60 - 1
            out.append((minute, bar.volume, bar.complete, bar.revision, bar.source))
        return out


@pytest.fixture
async def room() -> Room:
    """A gap from 09:02:30 to 09:05:20, told at its end."""
    made = Room()
    await made.tick(2.4, 10, 10)
    await made.gap(2.5, 5.33, 300, 10)
    await made.tick(5.33, 311)
    return made


async def test_a_gaps_minutes_are_the_brokers_once_they_are_over_by_one_question(room: Room) -> None:
    await room.at(5.4)
    assert await room.bars() == [(2, 10, False, 0, "ticks")]
    assert room.door.asked == []
    await room.at(6.02)
    assert room.door.asked == []  # the broker's bar of 09:05 may not be whole yet
    await room.at(6.1)
    assert room.door.asked == [(SAMSUNG, "09:02", "09:05")]
    told = await room.bars()
    assert told[1:] == [
        (5, 1, False, 0, "ticks"),
        (2, 100, True, 1, "broker"),
        (3, 100, True, 1, "broker"),
        (4, 100, True, 1, "broker"),
        (5, 100, True, 1, "broker"),
    ]
    await room.at(30)
    assert (len(room.door.asked), await room.bars()) == (1, told)


async def test_a_minute_without_a_trade_stays_without_a_bar(room: Room) -> None:
    room.door.volumes = {3: 0}
    await room.at(6.1)
    assert [minute for minute, *_, source in await room.bars() if source == "broker"] == [2, 4, 5]


async def test_an_answer_that_has_less_than_was_seen_is_asked_again_a_few_times_and_never_believed(room: Room) -> None:
    room.door.volumes = {2: 9}
    for minute in range(61, 200):
        await room.at(minute / 10)
    assert len(room.door.asked) == 4
    assert [bar for bar in await room.bars() if bar[0] == 2] == [(2, 10, False, 0, "ticks")]
    assert len([bar for bar in await room.bars() if bar[0] == 5 and bar[2]]) == 1


async def test_a_silent_door_costs_a_try_and_no_bar(room: Room) -> None:
    room.door.silent = 2
    for minute in range(61, 100):
        await room.at(minute / 10)
    assert len(room.door.asked) == 3
    assert {minute for minute, _, complete, *_ in await room.bars() if complete} == {2, 3, 4, 5}


async def test_a_gap_of_hours_costs_a_bounded_question_and_one_of_yesterday_none() -> None:
    room = Room()
    room.clock.advance(6 * 3600)
    now = room.now_ms()
    room.filling.want(HYNIX, Stretch(now - 26 * 3_600_000, now - 24 * 3_600_000))
    room.filling.want(SAMSUNG, Stretch(now - 5 * 3_600_000, now - 4 * 60_000))
    room.filling.want(SAMSUNG, Stretch(now - 4 * 60_000, now - 3 * 60_000))  # touches it: one question
    for _ in range(3):
        await room.filling.ask()
    assert room.door.asked == [(SAMSUNG, "12:58", "14:57")]


@pytest.mark.parametrize(
    "told",
    [
        row(1, open=0),
        row(1, high=99),
        row(1, low=103),
        row(1, volume=0),
        row(1, time="9시"),
        row(1, date=""),
    ],
    ids=["no open", "high below close", "low above close", "no shares", "no time", "no day"],
)
def test_a_row_that_no_market_makes_is_not_believed(told: oms_pb2.Bar) -> None:
    assert minute_of(told) is None


def test_a_row_ends_a_minute_after_its_time() -> None:
    whole = minute_of(row(2))
    assert whole is not None
    assert whole.end_ms == ms(MONDAY + timedelta(minutes=3))


async def test_what_the_maker_of_a_name_does_not_hold_any_more_is_dropped(room: Room) -> None:
    await room.at(5.4)
    room.clock.advance(60)
    await room.filling.ask()
    names: Sequence[str] = [ticker for ticker, *_ in room.door.asked]
    assert names == [SAMSUNG]
    other = MinuteBars(room.bus, room.clock, room.now_ms, group="other", filling=room.filling)
    empty = room.bus.subscribe([BARS], "other")
    await other.step(empty, 0)
    assert [bar for bar in await room.bars() if bar[4] == "broker"] == []
