"""What the research rooms of a turn read alike is asked once; whoever orders or shows asks anew."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from fakes import OTHER, START, USER, make_ports

from domain.clock import ManualClock
from domain.reports import Analyst, AnalystReport
from graph.turn_reads import BOOK_SECONDS, RESEARCH, ahead, books_ahead, filing, one_turn, remembering
from tools.ports import PortUnavailable


class Counted:
    """A book that can be asked, and counts."""

    def __init__(self, fail: int = 0) -> None:
        self.asked: list[Any] = []
        self.fail = fail

    async def book(self, who: Any) -> int:
        self.asked.append(who)
        if self.fail:
            self.fail -= 1
            raise PortUnavailable("없어요.", where="oms")
        return len(self.asked)

    async def orders(self, who: Any) -> int:
        self.asked.append(who)
        return len(self.asked)


def ports_with(oms: Counted) -> Any:
    return remembering(replace(make_ports(), oms=oms))  # type: ignore[arg-type]


async def test_the_same_read_of_one_turn_is_asked_once_and_the_next_turn_asks_again() -> None:
    oms = Counted()
    ports = ports_with(oms)
    async with one_turn(make_ports().desk):
        assert [await ports.oms.book(USER) for _ in range(3)] == [1, 1, 1]
    async with one_turn(make_ports().desk):
        assert await ports.oms.book(USER) == 2


async def test_another_person_another_read_and_no_turn_are_asked_anew() -> None:
    oms = Counted()
    ports = ports_with(oms)
    async with one_turn(make_ports().desk):
        assert await ports.oms.book(USER) == 1
        assert await ports.oms.book(OTHER) == 2
        assert [await ports.oms.orders(USER) for _ in range(2)] == [3, 4]
    assert [await ports.oms.book(USER) for _ in range(2)] == [5, 6]


async def test_a_read_that_failed_is_asked_again() -> None:
    ports = ports_with(Counted(fail=1))
    async with one_turn(make_ports().desk):
        with pytest.raises(PortUnavailable):
            await ports.oms.book(USER)
        assert await ports.oms.book(USER) == 2


async def test_what_is_asked_for_ahead_is_under_way_before_a_room_wants_it_and_is_asked_once() -> None:
    oms = Counted()
    ports = ports_with(oms)
    async with one_turn(ports.desk):
        ahead(ports, USER)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert oms.asked == [USER]
        assert await ports.oms.book(USER) == 1
    ahead(ports, USER)  # outside a turn nobody would come for it
    await asyncio.sleep(0)
    assert oms.asked == [USER]


async def test_order_books_begun_ahead_are_the_ones_that_a_room_gets() -> None:
    clock = ManualClock(START)
    ports = remembering(make_ports(clock=clock))
    async with one_turn(ports.desk):
        books_ahead(ports, ["005930"])
        book = await ports.market.order_book("005930")
        assert await ports.market.order_book("005930") is book
        clock.advance(BOOK_SECONDS)  # a model that thinks for long does not make prices of it
        assert await ports.market.order_book("005930") is not book
        assert (await ports.market.quotes(["005930"])) is not await ports.market.quotes(["005930"])
    assert await ports.market.order_book("005930") is not book


async def test_what_nobody_came_for_ends_with_the_turn_and_a_fault_of_it_is_nobodys() -> None:
    class Slow(Counted):
        async def book(self, who: Any) -> int:
            self.asked.append(who)
            await asyncio.Event().wait()
            return 0

    for oms in (Slow(), Counted(fail=1)):
        ports = ports_with(oms)
        async with one_turn(ports.desk):
            ahead(ports, USER)
            await asyncio.sleep(0)
            await asyncio.sleep(0)
        assert oms.asked == [USER]


async def test_reports_of_a_turn_are_filed_together_at_its_end_by_whose_they_are() -> None:
    ports: Any = make_ports()
    filed = filing(ports)
    one, two, world = (AnalystReport.unavailable(Analyst.RISK, None, str(n), START) for n in range(3))
    async with one_turn(ports.desk):
        await filed.desk.save_reports(USER.user_id, {UUID(int=1): one})
        await filed.desk.save_reports(USER.user_id, {UUID(int=2): two})
        await filed.desk.save_reports(None, {UUID(int=3): world})
        assert ports.desk.reports == []
    assert ports.desk.reports == [(USER.user_id, one), (USER.user_id, two), (None, world)]
    await filed.desk.save_reports(None, {UUID(int=4): one})
    assert len(ports.desk.reports) == 4


async def test_a_desk_that_does_not_answer_costs_the_record_and_not_the_turn() -> None:
    ports: Any = make_ports()
    async with one_turn(ports.desk):
        report = AnalystReport.unavailable(Analyst.RISK, None, "없음", START)
        await filing(ports).desk.save_reports(None, {UUID(int=1): report})
        ports.desk.down = True
    assert ports.desk.reports == []


def test_no_room_that_orders_shows_or_writes_works_on_remembered_reads() -> None:
    assert not RESEARCH & {"order_desk", "account", "user_profile", "strategy_architect", "supervisor", "respond"}
