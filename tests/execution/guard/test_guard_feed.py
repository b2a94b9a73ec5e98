"""Where the guard's prices come from: the stream, questions when it is silent or broken, calm while a name rests."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from guard_fakes import NOON, SAMSUNG, FakeDoor, FakeMemory, clock_reply, protected, quote_reply

from domain.clock import ManualClock
from domain.proto import oms_pb2 as pb
from execution.guard.clock import GuardClock
from execution.guard.feed import Feed
from execution.guard.ports import GuardTiming
from execution.guard.process import Guard
from tools.ports import PortUnavailable
from tools.settings import ROOT


@dataclass
class Ears:
    """A feed under way, on a clock that runs as fast as anybody sleeps on it."""

    door: FakeDoor
    wall: ManualClock
    clock: GuardClock
    feed: Feed
    heard: list[pb.QuoteReply] = field(default_factory=list)
    tickers: tuple[str, ...] = (SAMSUNG,)

    async def until(self, seconds: float) -> None:
        end = self.wall.monotonic() + seconds
        for _ in range(100_000):
            if self.wall.monotonic() >= end:
                return
            await asyncio.sleep(0)

    def say(self, **more: Any) -> None:
        self.door.prints.put_nowait(quote_reply(SAMSUNG, 70_000, self.wall.now(), 1, **more))


@pytest.fixture
async def ears() -> AsyncIterator[Ears]:
    door, wall = FakeDoor(), ManualClock(NOON)
    clock = GuardClock(wall)
    clock.told(clock_reply(wall))
    made = Ears(door, wall, clock, None)  # type: ignore[arg-type]
    made.feed = Feed(door, clock, wall, GuardTiming(), lambda: made.tickers, made.heard.append)
    door.prices[SAMSUNG] = quote_reply(SAMSUNG, 69_000, NOON, 2)
    tasks = [asyncio.create_task(made.feed.stream()), asyncio.create_task(made.feed.poll())]
    yield made
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_prints_are_handed_on_and_nobody_is_asked_while_they_come(ears: Ears) -> None:
    for _ in range(20):
        ears.say()
        await ears.until(1)
    asked = len(ears.door.questions)
    assert asked <= 1  # before the first print
    assert len(ears.heard) >= 20
    assert ears.feed.streaming
    assert ears.feed.stale == ()


async def test_a_silent_ticker_is_asked_for_until_it_prints_again(ears: Ears) -> None:
    ears.say()
    await ears.until(1)
    ears.door.questions.clear()
    ears.say(stale=True)
    await ears.until(10)
    assert ears.feed.stale == (SAMSUNG,)
    assert 3 <= len(ears.door.questions) <= 6  # every two seconds
    assert ears.heard[-1].price == 69_000
    ears.say()
    await ears.until(1)
    ears.door.questions.clear()
    await ears.until(10)
    assert not ears.door.questions


async def test_an_interrupted_or_halted_name_is_asked_for_calmly(ears: Ears) -> None:
    ears.door.prices[SAMSUNG] = quote_reply(SAMSUNG, 69_000, NOON, 2, interrupted=True)
    ears.say(stale=True)
    await ears.until(2)
    ears.door.questions.clear()
    await ears.until(30)
    assert 2 <= len(ears.door.questions) <= 4
    assert ears.feed.stale == ()  # it rests, it is not silent


async def test_a_broken_stream_is_opened_again_and_meanwhile_everything_is_asked_for(ears: Ears) -> None:
    ears.say()
    await ears.until(1)
    ears.door.questions.clear()
    ears.door.prints.put_nowait(PortUnavailable("닿지 않아요.", where="oms"))
    await ears.until(5)
    assert len(ears.door.followed) >= 2
    assert ears.door.questions


async def test_outside_the_hours_nobody_is_asked(ears: Ears) -> None:
    ears.wall.advance(timedelta(hours=10).total_seconds())
    ears.door.questions.clear()
    ears.say(stale=True)
    await ears.until(60)
    assert not ears.door.questions


async def test_other_holdings_are_followed_by_a_new_stream(ears: Ears) -> None:
    ears.say()
    await ears.until(1)
    ears.tickers = ("000660", SAMSUNG)
    ears.door.prices["000660"] = quote_reply("000660", 1, NOON, 1)
    await ears.until(2)
    assert ears.door.followed[-1] == ("000660", SAMSUNG)


async def test_more_holdings_than_one_stream_takes_are_followed_by_several(ears: Ears) -> None:
    many = tuple(f"{number:06d}" for number in range(130))
    ears.door.prices |= {ticker: quote_reply(ticker, 1, NOON, 1) for ticker in many}
    ears.tickers = many
    await ears.until(2)
    assert [len(part) for part in ears.door.followed[-3:]] == [60, 60, 10]
    assert sorted(sum(ears.door.followed[-3:], ())) == list(many)


# The whole process ---------------------------------------------------------------------------------------------------


async def test_the_guard_is_ready_when_it_has_seen_time_rules_and_positions_and_says_so() -> None:
    memory, wall = FakeMemory(), ManualClock(NOON)

    class Telling(FakeDoor):
        async def quote(self, ticker: str) -> pb.QuoteReply:
            return quote_reply(ticker, 60_000, wall.now(), 2)

    door = Telling([protected()])
    notes: list[dict[str, Any]] = []
    guard = Guard(door, memory, memory, wall, GuardTiming(), notes.append)
    door.clock_says = lambda: clock_reply(wall)
    door.down = True
    task = asyncio.create_task(guard.run())
    for _ in range(200):
        await asyncio.sleep(0)
    assert notes
    assert not notes[-1]["ready"]
    door.down = False
    for _ in range(2_000):
        await asyncio.sleep(0)
        if door.orders:
            break
    assert guard.ready
    assert notes[-1]["positions"] == 1
    assert len(door.orders) == 1  # it asked for the price itself: no print ever came
    door.down = True
    before = wall.monotonic()
    for _ in range(20_000):
        await asyncio.sleep(0)
        if wall.monotonic() - before > 30:
            break
    assert not guard.ready
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def test_the_guard_imports_no_graph_no_page_no_model_and_no_broker() -> None:
    code = "import json, sys, execution.guard.process; print(json.dumps(sorted(sys.modules)))"
    out = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    loaded = set(json.loads(out))
    roots = {name.partition(".")[0] for name in loaded}
    assert not roots & {"langgraph", "langchain_core", "chainlit", "fastapi", "openai", "numpy", "graph", "nodes", "ui"}
    assert not [name for name in loaded if name.startswith(("tools.kis", "tools.llm", "execution.oms"))]
