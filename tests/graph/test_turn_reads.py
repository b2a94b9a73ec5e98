"""What the research rooms of a turn read alike is asked once; whoever orders or shows asks anew."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from fakes import OTHER, USER, make_ports

from graph.turn_reads import RESEARCH, one_turn, remembering
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
    with one_turn():
        assert [await ports.oms.book(USER) for _ in range(3)] == [1, 1, 1]
    with one_turn():
        assert await ports.oms.book(USER) == 2


async def test_another_person_another_read_and_no_turn_are_asked_anew() -> None:
    oms = Counted()
    ports = ports_with(oms)
    with one_turn():
        assert await ports.oms.book(USER) == 1
        assert await ports.oms.book(OTHER) == 2
        assert [await ports.oms.orders(USER) for _ in range(2)] == [3, 4]
    assert [await ports.oms.book(USER) for _ in range(2)] == [5, 6]


async def test_a_read_that_failed_is_asked_again() -> None:
    ports = ports_with(Counted(fail=1))
    with one_turn():
        with pytest.raises(PortUnavailable):
            await ports.oms.book(USER)
        assert await ports.oms.book(USER) == 2


def test_no_room_that_orders_shows_or_writes_works_on_remembered_reads() -> None:
    assert not RESEARCH & {"order_desk", "account", "user_profile", "strategy_architect", "supervisor", "respond"}
