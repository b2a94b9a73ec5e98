"""The broker's frames for those who decode them: as they came, in order, and what was missed said in its place."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

import pytest

from domain.calendar import calendar_named
from domain.clock import KST, ManualClock
from domain.proto import oms_pb2 as pb
from execution.oms import frames as module
from execution.oms.frames import FrameFollower, Frames
from execution.oms.marketclock import MarketClock
from execution.oms.marketdata import TRADES, MarketData
from execution.oms.ticks import Ticks
from execution.oms.timing import timing_for
from tools.kis.errors import SubscriptionsFull
from tools.kis.events import Down, Gap, QuoteFrame, Trouble
from tools.kis.frames import Data, parse_books, parse_message, parse_trades
from tools.kis.subscriptions import Subscription, SubscriptionBook, SubscriptionState

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=KST)
SAMSUNG, HYNIX = "005930", "000660"
BOOK = "H0STASP0"


def frame(*volumes: int, ticker: str = SAMSUNG, tr_id: str = TRADES) -> QuoteFrame:
    """One frame with a record a volume, as it comes over the wire."""
    records = []
    for volume in volumes:
        fields = ["0"] * (46 if tr_id == TRADES else 59)
        fields[0], fields[1] = ticker, "120000"
        if tr_id == TRADES:
            fields[2], fields[12], fields[13], fields[33] = "70000", "1", str(volume), "20261123"
        else:
            fields[3], fields[23], fields[53] = "70100", "5", str(volume)
        records.append("^".join(fields))
    raw = f"0|{tr_id}|{len(volumes):03d}|{'^'.join(records)}"
    data = parse_message(raw)
    assert isinstance(data, Data)
    return QuoteFrame(tr_id, NOON, raw, parse_trades(data) if tr_id == TRADES else parse_books(data))


class FakeStream:
    """Registrations without a socket: 41 as KIS counts them, `taken` of them somebody else's."""

    def __init__(self, taken: int = 0) -> None:
        self._book = SubscriptionBook(41)
        for number in range(taken):
            self._book.add(Subscription("H0STCNI0", f"other-{number}"))

    @property
    def free_registrations(self) -> int:
        return self._book.free

    def state(self, tr_id: str, tr_key: str) -> SubscriptionState | None:
        return self._book.state(Subscription(tr_id, tr_key))

    def subscribe(self, tr_id: str, tr_key: str) -> None:
        self._book.add(Subscription(tr_id, tr_key))

    def unsubscribe(self, tr_id: str, tr_key: str) -> None:
        self._book.remove(Subscription(tr_id, tr_key))

    def names(self, tr_id: str) -> list[str]:
        return [one.tr_key for one in self._book.all() if one.tr_id == tr_id]


@dataclass
class Board:
    """Market data without a broker, on a clock that moves when told."""

    wall: ManualClock
    data: MarketData
    frames: Frames
    stream: FakeStream

    def follow(self, *tickers: str, trades: bool = True, books: bool = True) -> AsyncGenerator[pb.FramesReply, None]:
        return self.frames.follow(tickers, trades=trades, books=books)


def board_of(taken: int = 0) -> Board:
    wall, stream = ManualClock(NOON), FakeStream(taken)
    market = MarketClock(wall, None, "시험", calendar_named("always"))
    data = MarketData(cast(Any, None), cast(Any, stream), market, wall, timing_for("sim"))
    return Board(wall, data, Frames(data, Ticks(data, market, wall), wall), stream)


@pytest.fixture
def board() -> Board:
    return board_of()


def told(reply: pb.FramesReply) -> list[str]:
    """Cumulative volumes of trades, b and the volume of books, and what was missed."""
    out = []
    for each in reply.frames:
        if each.HasField("missed"):
            out.append(f"{each.missed.reason}:{each.missed.frames}")
            continue
        data = parse_message(each.text)
        assert isinstance(data, Data)
        if data.tr_id == TRADES:
            out += [str(trade.total_volume) for trade in parse_trades(data)]
        else:
            out += [f"b{book.total_volume}" for book in parse_books(data)]
    return out


async def test_frames_come_as_they_came_and_numbered_without_a_hole(board: Board) -> None:
    async with aclosing(board.follow(SAMSUNG)) as stream:
        assert told(await anext(stream)) == []
        for each in (frame(1, 2), frame(2), frame(9, ticker=HYNIX), frame(1), frame(3)):
            board.data.frame(each)
        reply = await anext(stream)
        board.data.frame(frame(4))
        more = await anext(stream)
    assert told(reply) == ["1", "2", "2", "1", "3"]  # twice and late, as the connection brought them
    assert reply.frames[0].text == frame(1, 2).raw
    assert [each.seq for each in (*reply.frames, *more.frames)] == [1, 2, 3, 4, 5]
    assert reply.frames[0].received_us == int(NOON.timestamp() * 1_000_000)


async def test_a_new_follower_begins_with_the_last_trade_of_each_of_its_tickers(board: Board) -> None:
    board.data.frame(frame(5, 6))
    board.data.frame(frame(7, ticker=HYNIX))
    async with aclosing(board.follow(SAMSUNG)) as stream:
        assert told(await anext(stream)) == ["5", "6"]


async def test_a_connection_that_breaks_is_said_in_its_place_and_what_was_last_proves_nothing_any_more(
    board: Board,
) -> None:
    async with aclosing(board.follow(SAMSUNG)) as stream:
        await anext(stream)
        board.data.frame(frame(1))
        board.data.lost(Down(NOON, "gone", "", 1.0))
        async with aclosing(board.follow(SAMSUNG)) as later:
            assert told(await anext(later)) == ["down:0"]
        board.data.lost(Gap(NOON, NOON, "gone", settled=True))
        board.data.frame(frame(9))
        assert told(await anext(stream)) == ["1", "down:0", "back:0", "9"]


async def test_what_could_not_be_read_or_was_dropped_before_it_came_to_us_is_said(board: Board) -> None:
    async with aclosing(board.follow(SAMSUNG)) as stream:
        await anext(stream)
        board.data.lost(Gap(None, NOON, "first connection", settled=True))
        board.data.lost(Trouble(NOON, TRADES, "expected 46 fields"))
        board.data.lost(Trouble(NOON, "", "expected a data frame"))
        board.data.lost(Trouble(NOON, "H0STCNI9", "expected a key"))  # of notices, which are not for here
        board.data.lost(Gap(NOON, NOON, "consumer too slow for quotes", settled=True))
        assert told(await anext(stream)) == ["back:0", "unreadable:2", "dropped:0"]


async def test_a_follower_that_falls_behind_holds_nobody_up_and_is_told_how_much_it_missed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "_BACKLOG", 3)
    slow = FrameFollower((SAMSUNG,), trades=True, books=True)
    for volume in range(1, 6):
        slow.put(frame(volume))
        slow.put(frame(volume, tr_id=BOOK))
    assert told(pb.FramesReply(frames=await slow.next(0.0))) == ["1", "2", "3", "b5"]
    slow.put(frame(6))
    assert told(pb.FramesReply(frames=await slow.next(0.0))) == ["dropped:2", "6"]


async def test_prints_alone_or_books_alone_are_registered_and_told_as_asked(board: Board) -> None:
    async with aclosing(board.follow(SAMSUNG, trades=False)) as books:
        await anext(books)
        assert (board.stream.names(TRADES), board.stream.names(BOOK)) == ([], [SAMSUNG])
        board.data.frame(frame(1))
        board.data.frame(frame(2, tr_id=BOOK))
        assert told(await anext(books)) == ["b2"]
        async with aclosing(board.follow(HYNIX, books=False)) as trades:
            await anext(trades)
            assert (board.stream.names(TRADES), board.stream.names(BOOK)) == ([HYNIX], [SAMSUNG])
    assert board.stream.names(BOOK) == []


async def test_books_take_what_prints_leave_of_the_registrations_and_give_it_back() -> None:
    board = board_of(taken=38)
    async with aclosing(board.follow(SAMSUNG, HYNIX)) as stream:
        await anext(stream)
        assert (board.stream.names(TRADES), board.stream.names(BOOK)) == ([SAMSUNG, HYNIX], [SAMSUNG])
        board.data.want("account", ["035420"])  # a holding: its prints come first
        assert (board.stream.names(TRADES), board.stream.names(BOOK)) == ([SAMSUNG, HYNIX, "035420"], [])
        with pytest.raises(SubscriptionsFull):
            board.stream.subscribe(TRADES, "one too many")
        board.stream.unsubscribe("H0STCNI0", "other-0")
        board.data.frame(frame(1))
        board.wall.advance(2)
        await anext(stream)
        assert board.stream.names(BOOK) == [SAMSUNG]


async def test_a_silent_ticker_is_said_to_be_silent(board: Board) -> None:
    for volume in range(1, 5):
        board.wall.advance(1)
        board.data.frame(frame(volume))
        board.data.frame(frame(volume, ticker=HYNIX))
    board.wall.advance(8)
    board.data.frame(frame(5, ticker=HYNIX))
    async with aclosing(board.follow(SAMSUNG, HYNIX)) as stream:
        await anext(stream)
        board.wall.advance(2)
        async with asyncio.timeout(5):
            reply = await anext(stream)
    assert list(reply.silent) == [SAMSUNG]
