"""Prints for those who follow them: each once, in order, and a word about silence where nothing rests."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, cast

import pytest

from domain.calendar import calendar_named
from domain.clock import KST, ManualClock
from execution.oms.marketclock import MarketClock
from execution.oms.marketdata import MarketData, Snapshot
from execution.oms.ticks import Follower, Pace, Ticks
from execution.oms.timing import timing_for
from tools.kis.events import QuoteFrame
from tools.kis.frames import Trade

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=KST)
SAMSUNG = "005930"


def trade(volume: int, price: int = 70_000, ticker: str = SAMSUNG, at: datetime = NOON, **more: Any) -> Trade:
    made = Trade(
        ticker=ticker,
        at=at,
        price=price,
        change=0,
        change_pct=Decimal(0),
        open=price,
        high=price,
        low=price,
        ask=price,
        bid=price,
        volume=1,
        total_volume=volume,
        total_amount=0,
        strength=None,
        initiator="1",
        session_code="20",
        hour_code="0",
        halted=False,
        vi_reference=None,
        market_code=None,
    )
    return replace(made, **more)


@dataclass
class Board:
    """Market data without a broker, on a clock that moves when told."""

    wall: ManualClock
    data: MarketData
    ticks: Ticks
    heard: list[tuple[Snapshot | None, str, bool]] = field(default_factory=list)

    def frame(self, *trades: Trade) -> None:
        self.data.frame(cast(QuoteFrame, type("Frame", (), {"records": trades})()))

    async def follow(self, *tickers: str) -> asyncio.Task[None]:
        async def listen() -> None:
            async with aclosing(self.ticks.follow(tickers)) as stream:
                async for said in stream:
                    self.heard.append(said)

        task = asyncio.create_task(listen())
        await asyncio.sleep(0.01)
        return task


@pytest.fixture
def board() -> Board:
    wall = ManualClock(NOON)
    market = MarketClock(wall, None, "시험", calendar_named("always"))
    data = MarketData(cast(Any, None), None, market, wall, timing_for("sim"))
    return Board(wall, data, Ticks(data, market, wall))


async def test_a_print_is_told_once_and_in_order(board: Board) -> None:
    task = await board.follow(SAMSUNG)
    board.frame(trade(1), trade(2), trade(2), trade(1), trade(3, 70_100), trade(2, 1), trade(9, ticker="000660"))
    await asyncio.sleep(0.01)
    tomorrow = NOON + timedelta(days=1)
    board.frame(trade(1, at=tomorrow), trade(4))
    await asyncio.sleep(0.01)
    task.cancel()
    told = [(known.day.day, known.volume) for known, _, stale in board.heard if known is not None and not stale]
    assert told == [(23, 1), (23, 2), (23, 3), (24, 1)]


async def test_a_new_follower_begins_with_what_is_known_and_leaves_nothing_behind(board: Board) -> None:
    board.frame(trade(5))
    task = await board.follow(SAMSUNG)
    assert [(known.volume, stale) for known, _, stale in board.heard if known] == [(5, False)]
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    board.frame(trade(6))
    assert len(board.heard) == 1
    assert not board.ticks._followers
    assert not board.data._wants


async def test_a_follower_that_falls_behind_gets_the_newest_of_each_ticker(board: Board) -> None:
    follower = Follower((SAMSUNG, "000660"))
    board.frame(trade(1), trade(1, ticker="000660"))
    one, other = board.data.last(SAMSUNG), board.data.last("000660")
    assert one is not None
    assert other is not None
    follower.put(other)
    for number in range(10_000):
        follower.put(replace(one, volume=number))
    found = await follower.next(0.1)
    assert {(each.ticker, each.volume) for each in found} == {("000660", 1), (SAMSUNG, 9_999)}


def test_silence_is_measured_against_the_tickers_own_rate() -> None:
    busy, quiet = Pace(0.0), Pace(0.0)
    for second in range(1, 30):
        busy.printed(float(second))
    for minute in range(1, 5):
        quiet.printed(minute * 6.0)
    assert not busy.is_silent(29 + 7.0)
    assert busy.is_silent(29 + 9.0)
    assert not quiet.is_silent(24 + 40.0)
    assert quiet.is_silent(24 + 50.0)
    unknown = Pace(0.0)
    assert (unknown.is_silent(14.0), unknown.is_silent(16.0)) == (False, True)


async def test_a_silent_name_is_said_to_be_stale_and_one_that_rests_is_not(board: Board) -> None:
    for volume in range(1, 5):
        board.wall.advance(1)
        board.frame(trade(volume), trade(volume, ticker="000660"))
    resting = board.data.last("000660")
    assert resting is not None
    board.wall.advance(9)
    board.data._known["000660"] = replace(resting, source="rest", interrupted=True, seen=board.wall.monotonic())
    said = []
    async with aclosing(board.ticks.follow((SAMSUNG, "000660"))) as stream:
        async for known, ticker, stale in stream:
            said.append((ticker, stale, known is not None))
            board.wall.advance(0.6)
            if stale:
                break
    assert (SAMSUNG, True, True) in said
    assert ("000660", True, True) not in said
