"""Minutes, titles and accounts that the read door asks the broker for: how often, how much, and what is not offered."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime, time, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any, cast

import pytest

from domain.clock import KST, ManualClock
from execution.oms.research import ACCOUNTS_S, MINUTES_S, Research
from tools.kis.charts import MinuteBar
from tools.kis.environment import LIVE, PAPER
from tools.kis.errors import ReadFailed, Rejected

TEN = datetime(2026, 11, 23, 10, 0, 30, tzinfo=KST)
NAME = "005930"


class Broker:
    """Answers with a bar a minute, volumes in `volumes` where they are said."""

    def __init__(self, environment: Any = LIVE) -> None:
        self.environment = environment
        self.asked: list[tuple[str, ...]] = []
        self.volumes: dict[str, int] = {}
        self.fault: Exception | None = None
        self.day = TEN.date()
        self.charts = SimpleNamespace(minutes_today=self._minutes)
        self.news = SimpleNamespace(headlines=self._headlines)
        self.quotes = SimpleNamespace(price=self._price)
        self.finance = SimpleNamespace(ratios=self._ratios)

    async def _minutes(self, ticker: str, *, since: time, until: time) -> tuple[MinuteBar, ...]:
        self.asked.append(("minutes", f"{since:%H:%M}", f"{until:%H:%M}"))
        await asyncio.sleep(0)
        at, bars = datetime.combine(self.day, since, KST), []
        while at.time() <= until:
            bars.append(MinuteBar(at, 10, 12, 9, 11, self.volumes.get(f"{at:%H:%M}", 100)))
            at += timedelta(minutes=1)
        return tuple(bars)

    async def _headlines(self, ticker: str) -> tuple[Any, ...]:
        self.asked.append(("titles", ticker))
        if self.fault is not None:
            raise self.fault
        return ()

    async def _price(self, ticker: str) -> Any:
        self.asked.append(("price", ticker))
        return SimpleNamespace(per=Decimal(12)) if ticker == NAME else None

    async def _ratios(self, ticker: str) -> tuple[Any, ...]:
        self.asked.append(("ratios", ticker))
        if self.fault is not None:
            raise self.fault
        return ("a year",)


def research(broker: Broker, clock: ManualClock) -> Research:
    return Research(cast(Any, broker), cast(Any, clock), clock)


async def test_only_minutes_that_are_over_are_asked_for_whatever_was_wanted() -> None:
    broker, clock = Broker(), ManualClock(TEN)
    room = research(broker, clock)
    bars = await room.minutes(NAME, time(9, 58), time(10, 30))
    assert [f"{bar.at:%H:%M}" for bar in bars] == ["09:58", "09:59"]
    await room.minutes(NAME, None, None)
    await room.minutes(NAME, time(0, 0), time(9, 0))
    assert broker.asked == [("minutes", "09:58", "09:59"), ("minutes", "08:00", "09:59"), ("minutes", "02:31", "09:00")]
    assert await room.minutes(NAME, time(10, 5), time(10, 30)) == ()


async def test_a_minute_without_a_trade_and_minutes_of_another_day_are_none() -> None:
    broker, clock = Broker(), ManualClock(TEN)
    broker.volumes = {"09:58": 0}
    room = research(broker, clock)
    assert [bar.at.minute for bar in await room.minutes(NAME, time(9, 57), time(9, 59))] == [57, 59]
    broker.day -= timedelta(days=3)  # before the opening the broker still tells the day before
    assert await room.minutes(NAME, time(9, 56), time(9, 59)) == ()


async def test_in_the_first_minute_of_a_day_that_never_closes_nothing_is_over() -> None:
    broker = Broker()
    assert await research(broker, ManualClock(TEN.replace(hour=0, minute=0))).minutes(NAME, None, None) == ()
    assert broker.asked == []


async def test_askers_share_one_request_and_an_answer_is_kept_for_a_while() -> None:
    broker, clock = Broker(), ManualClock(TEN)
    room = research(broker, clock)
    await asyncio.gather(*(room.minutes(NAME, time(9, 50), time(9, 55)) for _ in range(5)))
    clock.advance(MINUTES_S / 2)
    await room.minutes(NAME, time(9, 50), time(9, 55))
    assert len(broker.asked) == 1
    clock.advance(MINUTES_S)
    await room.minutes(NAME, time(9, 50), time(9, 55))
    assert len(broker.asked) == 2


async def test_accounts_cost_two_requests_a_name_and_half_a_day_none() -> None:
    broker, clock = Broker(), ManualClock(TEN)
    room = research(broker, clock)
    for _ in range(3):
        found = await room.accounts(NAME)
        assert found is not None
        assert found.years == ("a year",)
        clock.advance(ACCOUNTS_S / 4)
    assert await room.accounts("999999") is None
    assert broker.asked == [("price", NAME), ("ratios", NAME), ("price", "999999")]


async def test_where_the_environment_offers_neither_titles_nor_ratios_no_request_is_made_for_them() -> None:
    broker = Broker(PAPER)
    room = research(broker, ManualClock(TEN))
    assert await room.titles("") is None
    found = await room.accounts(NAME)
    assert found is not None
    assert found.years is None
    assert broker.asked == [("price", NAME)]


async def test_a_key_that_may_not_ask_is_no_fault_and_a_broker_that_is_silent_is_one() -> None:
    broker = Broker(replace(LIVE))
    room = research(broker, ManualClock(TEN))
    broker.fault = Rejected("조회 권한이 없습니다", code="EGW00205")
    assert await room.titles(NAME) is None
    found = await room.accounts(NAME)
    assert found is not None
    assert found.years is None
    broker.fault = ReadFailed("expected an answer, was silence")
    with pytest.raises(ReadFailed):
        await room.titles("000660")
