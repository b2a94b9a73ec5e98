"""Ingest whole, on a real Valkey, with an OMS whose stream can be told to break: what is on the bus and in the
snapshots afterwards."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from market_days import HYNIX, MONDAY, SAMSUNG, as_true, last_words
from redis.asyncio import Redis

from domain.clock import SystemClock
from domain.proto import market_pb2 as pb
from domain.proto import oms_pb2
from market.bars.making import MinuteBars
from market.bars.recording import Recording
from market.bars.store import BarStore
from market.bus.ports import BARS, BOOKS, TRADES, Message
from market.bus.streams import StreamBus
from market.host import MarketHost
from market.ingest.ports import IngestTiming
from market.ingest.service import Ingest
from market.interest import Declared, Rank
from market.snapshots import Snapshots
from market.tasks import end
from tools.lake import folder_lake
from tools.ports import PortUnavailable

QUICK = IngestTiming(
    look_s=0.01, lost_s=0.02, up_s=0.3, clock_s=0.05, beat_s=0.05, ask_s=0.01, doubt_s=0.15, trust_s=0.2, books_s=0.02
)


def quote(ticker: str, volume: int, seconds: float, price: int = 70_000, **more: Any) -> oms_pb2.QuoteReply:
    """An answer by REST."""
    reply = oms_pb2.QuoteReply(
        ticker=ticker, price=price, volume=volume, found=True, **{"source": "rest", "base_price": 69_000, **more}
    )
    reply.as_of.FromMilliseconds(int((MONDAY.timestamp() + seconds) * 1000))
    return reply


def print_(ticker: str, volume: int, seconds: float, size: int | None = None, price: int = 70_000, **at: int) -> str:
    """A frame with one record of H0STCNT0; `size` None: as large as what the day has moved."""
    when = MONDAY + timedelta(seconds=seconds)
    fields = ["0"] * 47
    fields[0], fields[1], fields[33] = ticker, f"{when:%H%M%S}", f"{when:%Y%m%d}"
    fields[2], fields[3], fields[4], fields[35], fields[43] = str(price), "2", str(price - 69_000), "N", "0"
    fields[12], fields[13] = str(volume if size is None else size), str(volume)
    for name, value in at.items():
        fields[{"high": 8, "low": 9}[name]] = str(value)
    return f"0|H0STCNT0|001|{'^'.join(fields)}"


def book(ticker: str, seconds: float, ask: int = 70_100) -> str:
    fields = ["0"] * 63
    fields[0], fields[1] = ticker, f"{MONDAY + timedelta(seconds=seconds):%H%M%S}"
    fields[3], fields[23], fields[13], fields[33] = str(ask), "3", str(ask - 100), "4"
    return f"0|H0STASP0|001|{'^'.join(fields)}"


@dataclass
class FakeOms:
    """Says what it is told to say; `answer` is what a question by REST brings, None a silence."""

    streams: list[tuple[tuple[str, ...], asyncio.Queue[oms_pb2.FramesReply | None]]] = field(default_factory=list)
    opened: list[tuple[str, ...]] = field(default_factory=list)
    known: dict[str, str] = field(default_factory=dict)
    answer: oms_pb2.QuoteReply | None = None
    asked: int = 0
    seconds: float = 60.0

    async def frames(self, tickers: Sequence[str], *, trades: bool, books: bool) -> AsyncIterator[oms_pb2.FramesReply]:
        assert trades
        assert books
        queue: asyncio.Queue[oms_pb2.FramesReply | None] = asyncio.Queue()
        own = (tuple(tickers), queue)
        self.streams.append(own)
        self.opened.append(own[0])
        try:
            yield replied(*(self.known[ticker] for ticker in tickers if ticker in self.known))
            while (found := await queue.get()) is not None:
                yield found
            raise PortUnavailable("끊겼어요.", where="oms")
        finally:
            self.streams.remove(own)

    def say(self, *texts: str) -> None:
        """All in one reply to each stream."""
        for text in texts:
            if "H0STCNT0" in text:
                self.known[text[15:21]] = text
        self.tell(replied(*texts))

    def tell(self, reply: oms_pb2.FramesReply) -> None:
        for _, queue in self.streams:
            queue.put_nowait(reply)

    def miss(self, reason: str) -> None:
        self.tell(oms_pb2.FramesReply(frames=[oms_pb2.Frame(missed=oms_pb2.Missed(reason=reason))]))

    def silent(self, ticker: str) -> None:
        self.tell(oms_pb2.FramesReply(silent=[ticker]))

    def hang_up(self) -> None:
        for _, queue in self.streams:
            queue.put_nowait(None)

    async def quote(self, ticker: str) -> oms_pb2.QuoteReply:
        self.asked += 1
        if self.answer is None or self.answer.ticker != ticker:
            raise PortUnavailable("조용해요.", where="oms")
        return self.answer

    async def minutes(self, ticker: str, since: str = "", until: str = "") -> list[oms_pb2.Bar]:
        return []

    async def market_clock(self) -> oms_pb2.MarketClockReply:
        reply = oms_pb2.MarketClockReply(trade_date="2026-11-23", calendar="krx", speed="1", label="모의 시세")
        reply.now.FromMilliseconds(int((MONDAY.timestamp() + self.seconds) * 1000))
        return reply


def replied(*texts: str) -> oms_pb2.FramesReply:
    return oms_pb2.FramesReply(frames=[oms_pb2.Frame(text=text) for text in texts])


class Room:
    """One Valkey prefix, an OMS, and ingests that come and go."""

    def __init__(self, redis: Redis) -> None:
        self.redis, self.prefix = redis, f"test:{secrets.token_hex(6)}"
        self.bus = StreamBus(redis, self.prefix)
        self.snapshots = Snapshots(redis, self.prefix, SystemClock())
        self.oms = FakeOms()
        self.wanted: tuple[str, ...] = (SAMSUNG,)
        self.ingest: Ingest | None = None

    async def begin(self) -> None:
        self.ingest = Ingest(self.oms, self.bus, self.snapshots, lambda: self.wanted, SystemClock(), QUICK)
        await self.ingest.start()
        await self.until(lambda: self.ingest is not None and self.ingest.status.followed == self.wanted)

    async def end(self) -> None:
        if self.ingest is not None:
            await self.ingest.stop()
            self.ingest = None

    async def kill(self) -> None:
        """As by kill −9: nothing is given out any more."""
        assert self.ingest is not None
        await end(self.ingest._tasks)
        self.ingest = None

    async def events(self, ticker: str = SAMSUNG) -> list[str]:
        """What is on the bus: cumulative volumes of ticks, and gaps as reason:lost ('?' while open)."""
        out = []
        async for message in self.bus.replay(TRADES, ticker):
            event = pb.TradeEvent.FromString(message.payload)
            gap = event.gap
            out.append(
                str(event.tick.volume) if event.HasField("tick") else f"{gap.reason}:{'?' if gap.open else gap.lost}"
            )
        return out

    async def until(self, what: Callable[[], bool]) -> None:
        async with asyncio.timeout(10):
            while not what():  # noqa: ASYNC110 - what is waited for lies in Redis
                await asyncio.sleep(0.005)

    async def until_events(self, *expected: str, ticker: str = SAMSUNG) -> None:
        """Ends when the bus holds exactly these, and says what it held otherwise."""
        found: list[str] = []
        try:
            async with asyncio.timeout(10):
                while found != list(expected):
                    found = await self.events(ticker)
                    await asyncio.sleep(0.01)
        except TimeoutError:
            raise AssertionError(f"expected {list(expected)}, was {found}") from None


@pytest.fixture
async def room(servers: Any) -> AsyncIterator[Room]:
    redis = Redis.from_url(servers.endpoints.redis_url)
    made = Room(redis)
    yield made
    await made.end()
    await redis.aclose()


BEGUN = ("start:?", "start:0", "10")  # nobody knew the name, and its first print is the day's first


async def test_prints_reach_bus_and_snapshot_once_and_in_order(room: Room) -> None:
    await room.begin()
    first, second = print_(SAMSUNG, 10, 1), print_(SAMSUNG, 25, 2, 15, price=70_100, high=70_100, low=70_000)
    room.oms.say(first, first, second, first, second)
    await room.until_events(*BEGUN, "25")
    price = await room.snapshots.price(SAMSUNG)
    while price is None or price.volume != 25 or price.stale:
        price = await room.snapshots.price(SAMSUNG)
    assert (price.price, price.base, price.label, price.day) == (70_100, 69_000, "모의 시세", 20261123)
    assert 50 < price.age_s < 65  # market time: the clock says 09:01, the print is of 09:00:02


async def test_a_large_trade_is_no_gap_and_a_print_that_never_came_is_one_of_its_size(room: Room) -> None:
    await room.begin()
    room.oms.say(print_(SAMSUNG, 10, 1), print_(SAMSUNG, 9_010, 2, 9_000))
    await room.until_events(*BEGUN, "9010")
    room.oms.say(print_(SAMSUNG, 9_045, 3, 15))  # 20 shares before it never came
    await room.until_events(*BEGUN, "9010", "jump:20", "9045")
    room.oms.say(print_(SAMSUNG, 9_050, 5, 3), print_(SAMSUNG, 9_047, 4, 2))  # these only changed places
    await room.until_events(*BEGUN, "9010", "jump:20", "9045", "9047", "9050")


async def test_a_broken_stream_leaves_a_gap_only_where_something_was_missed(room: Room) -> None:
    await room.begin()
    room.oms.say(print_(SAMSUNG, 10, 1), print_(SAMSUNG, 15, 2, 5))
    await room.until_events(*BEGUN, "15")
    room.oms.hang_up()
    await room.until_events(*BEGUN, "15", "stream:?", "stream:0")
    room.oms.hang_up()
    room.oms.known[SAMSUNG] = print_(SAMSUNG, 40, 30, 5)
    await room.until_events(*BEGUN, "15", "stream:?", "stream:0", "stream:?", "stream:20", "40")


async def test_what_the_oms_says_it_missed_is_doubted_until_the_next_print_tells(room: Room) -> None:
    await room.begin()
    room.oms.say(print_(SAMSUNG, 10, 1))
    await room.until_events(*BEGUN)
    room.oms.miss("dropped")
    await room.until_events(*BEGUN, "overrun:?")
    room.oms.say(print_(SAMSUNG, 12, 2, 2))
    room.oms.say("0|H0STCNT0|001|garbage")
    room.oms.say(print_(SAMSUNG, 20, 3, 5))
    await room.until_events(*BEGUN, "overrun:?", "overrun:0", "12", "stream:?", "stream:3", "20")


async def test_while_the_oms_hears_nothing_an_answer_settles_only_what_lies_before_it(room: Room) -> None:
    await room.begin()
    room.oms.say(print_(SAMSUNG, 10, 1))
    await room.until_events(*BEGUN)
    room.oms.miss("down")
    await room.until_events(*BEGUN, "stream:?")
    room.oms.answer = quote(SAMSUNG, 30, 50)
    seen = (*BEGUN, "stream:?", "stream:20", "30", "stream:?")
    await room.until_events(*seen)
    room.oms.answer = None
    room.oms.miss("back")
    room.oms.say(print_(SAMSUNG, 36, 55, 2))
    await room.until_events(*seen, "stream:4", "36")


async def test_a_snapshot_says_that_something_may_be_missing_until_that_is_settled(room: Room) -> None:
    await room.begin()
    room.oms.say(print_(SAMSUNG, 10, 1))
    await room.until_events(*BEGUN)
    room.oms.silent(SAMSUNG)  # and nobody answers a question
    await room.until_events(*BEGUN, "stale:?")
    price = await room.snapshots.price(SAMSUNG)
    while price is None or not price.stale:
        price = await room.snapshots.price(SAMSUNG)
    assert price.why == "silent"
    room.oms.answer = quote(SAMSUNG, 10, 58)
    await room.until_events(*BEGUN, "stale:?", "stale:0")


async def test_a_silence_that_an_answer_explains_is_no_gap(room: Room) -> None:
    await room.begin()
    room.oms.say(print_(SAMSUNG, 10, 1))
    room.oms.answer = quote(SAMSUNG, 10, 50)
    await room.until_events(*BEGUN)
    for _ in range(10):
        room.oms.silent(SAMSUNG)
        await asyncio.sleep(QUICK.doubt_s / 5)
    room.oms.say(print_(SAMSUNG, 12, 55, 2))
    await room.until_events(*BEGUN, "12")


async def test_a_new_name_is_followed_before_the_old_stream_ends_and_costs_the_others_nothing(room: Room) -> None:
    await room.begin()
    room.oms.say(print_(SAMSUNG, 10, 1))
    await room.until_events(*BEGUN)
    room.oms.known[HYNIX] = print_(HYNIX, 10, 1, 3)
    room.wanted = (SAMSUNG, HYNIX)
    await room.until(lambda: room.oms.opened == [(SAMSUNG,), (SAMSUNG, HYNIX)] and len(room.oms.streams) == 1)
    room.oms.say(print_(SAMSUNG, 12, 3, 2))
    await room.until_events(*BEGUN, "12")
    await room.until_events("start:?", "start:7", "10", ticker=HYNIX)
    room.wanted = (HYNIX,)
    await room.until_events(*BEGUN, "12", "unfollowed:?")


@pytest.mark.parametrize("killed", [True, False], ids=["killed", "stopped"])
async def test_a_restart_repeats_nothing_and_says_what_it_missed(room: Room, killed: bool) -> None:
    await room.begin()
    room.oms.say(print_(SAMSUNG, 10, 1), print_(SAMSUNG, 15, 2, 5))
    await room.until_events(*BEGUN, "15")
    await (room.kill() if killed else room.end())
    await room.begin()
    await room.until_events(*BEGUN, "15", "restart:?", "restart:0")  # nothing had moved
    await (room.kill() if killed else room.end())
    await room.redis.delete(f"{room.prefix}:last:{SAMSUNG}")  # the bus alone remembers
    room.oms.known[SAMSUNG] = print_(SAMSUNG, 30, 40, 4)
    await room.begin()
    room.oms.say(print_(SAMSUNG, 33, 41, 3))
    await room.until_events(*BEGUN, "15", "restart:?", "restart:0", "restart:?", "restart:11", "30", "33")


async def test_more_names_than_registrations_leave_out_the_last_and_say_so(room: Room) -> None:
    room.wanted = tuple(f"{n:06d}" for n in range(45))
    ingest = Ingest(room.oms, room.bus, room.snapshots, lambda: room.wanted, SystemClock(), QUICK)
    await ingest.start()
    try:
        await room.until(lambda: len(ingest.status.followed) == 40)
        assert ingest.status.left_out == room.wanted[40:]
    finally:
        await ingest.stop()


async def test_order_books_come_from_the_stream_and_only_the_last_of_a_name_counts(room: Room) -> None:
    await room.begin()
    room.oms.say(*(book(SAMSUNG, second, 70_000 + 100 * second) for second in range(1, 6)), book(HYNIX, 1))
    seen = await room.snapshots.book(SAMSUNG)
    async with asyncio.timeout(10):
        while seen is None or seen.book.asks[0].price != 70_500:
            seen = await room.snapshots.book(SAMSUNG)
    assert (seen.book.asks[0].quantity, seen.book.bids[0].price, seen.book.source) == (3, 70_400, "stream")
    assert seen.book.at_ms == int((MONDAY.timestamp() + 5) * 1000)
    told = [pb.Book.FromString(each.payload) async for each in room.bus.replay(BOOKS, SAMSUNG)]
    assert told[-1] == seen.book
    assert len(told) < 5  # those in between are forgotten, not queued
    assert [each async for each in room.bus.replay(BOOKS, HYNIX)] == []  # not followed
    assert room.oms.asked == 0


async def test_what_programs_declare_is_followed_in_order_of_its_weight_and_forgotten_with_them(room: Room) -> None:
    clock = SystemClock()
    declared = Declared(room.redis, room.prefix, clock, first=("035420",))
    await declared.declare("strategies", Rank.STRATEGY, [HYNIX, SAMSUNG])
    await declared.declare("holdings", Rank.HOLDING, [SAMSUNG])
    await declared.refresh()
    assert declared.tickers() == ("035420", SAMSUNG, HYNIX)
    await declared.withdraw("strategies")
    await declared.refresh()
    assert declared.tickers() == ("035420", SAMSUNG)


# Minutes --------------------------------------------------------------------------------------------------------------


async def bars_on(room: Room, ticker: str = SAMSUNG) -> list[pb.Bar]:
    return [pb.Bar.FromString(m.payload) async for m in room.bus.replay(BARS, ticker)]


async def test_a_maker_that_dies_in_the_middle_of_a_minute_builds_it_whole_again(room: Room) -> None:
    await room.begin()
    room.oms.say(*(print_(SAMSUNG, 10 + n, 10 * n, 1 if n else 10, 70_000 + 100 * (n % 4)) for n in range(30)))
    await room.until(lambda: room.ingest is not None and room.ingest.status.published >= 32)
    clock = SystemClock()
    once = MinuteBars(room.bus, clock, group="once")
    sub = room.bus.subscribe([TRADES], "once")
    while len(await bars_on(room)) < 4:
        await once.step(sub, 0.01)
    await sub.aclose()
    whole = {end: as_true(bar) for end, bar in last_words(await bars_on(room)).items()}
    for life in range(5):  # each reads some and dies before or after it acknowledged
        member = room.bus.subscribe([TRADES], "mortal")
        maker = MinuteBars(room.bus, clock, group="mortal")
        for _ in range(life):
            await maker.step(member, 0.01)
        room.oms.say(print_(SAMSUNG, 100 + life, 300 + life * 40, 1))
        await member.aclose()
    found = await bars_on(room)
    again = {bar.end: as_true(bar) for bar in found}
    assert {end: again[end] for end in whole} == whole
    assert len({(bar.end, bar.revision) for bar in found}) < len(found)  # told again, with the same identity


async def test_complete_minutes_are_written_into_the_lake_and_others_are_not(room: Room, tmp_path: Path) -> None:
    store = BarStore(folder_lake(tmp_path), "sim-1", SystemClock())
    recording = Recording(room.bus, store, SystemClock())
    end = int(MONDAY.timestamp()) + 60
    common = {"ticker": SAMSUNG, "timeframe": "1m", "open": 10, "high": 12, "low": 9, "volume": 5}
    told = [
        pb.Bar(end=end, close=11, complete=True, **common),
        pb.Bar(end=end, close=12, complete=True, revision=1, **common),
        pb.Bar(end=end + 60, close=10, complete=False, **common),
    ]
    await room.bus.publish(BARS, [(bar.ticker, bar.SerializeToString()) for bar in told])
    member = room.bus.subscribe([BARS], "lake")
    await recording.take(member, 0.01)
    await recording.take(member, 0.1)
    await recording.write(member)
    found = store.read(SAMSUNG, "1m", MONDAY.date(), MONDAY.date())
    assert (found.time.tolist(), found.close.tolist()) == ([end], [12])
    await member.aclose()
    left = [m for m in await room.bus.subscribe([BARS], "lake").fetch(0.05) if isinstance(m, Message)]
    assert left == []


async def test_a_second_host_stands_by_and_takes_over_when_the_first_is_gone(room: Room, tmp_path: Path) -> None:
    store = BarStore(folder_lake(tmp_path), "sim-1", SystemClock())
    hosts = [
        MarketHost(room.redis, room.prefix, room.oms, store, SystemClock(), QUICK, lambda: (SAMSUNG,), lease_s=0.3)
        for _ in range(2)
    ]
    await hosts[0].start()
    await room.until(lambda: hosts[0].ingest is not None)
    await hosts[1].start()
    try:
        room.oms.say(print_(SAMSUNG, 10, 1))
        await room.until(lambda: len(room.oms.opened) == 1)
        room.oms.say(print_(SAMSUNG, 10, 1))
        await room.until_events(*BEGUN)
        assert hosts[1].ingest is None
        await hosts[0].stop()
        await room.until(lambda: hosts[1].ingest is not None)
        await room.until_events(*BEGUN, "restart:?", "restart:0")
        for _ in range(500):  # the one that took over says so with its next beat
            beat = await room.snapshots.heartbeat()
            if beat is not None and list(beat.followed) == [SAMSUNG]:
                break
            await asyncio.sleep(0.02)
        else:
            raise AssertionError(f"expected {SAMSUNG} in the heartbeat of the second host, was {beat}")
    finally:
        await hosts[1].stop()
