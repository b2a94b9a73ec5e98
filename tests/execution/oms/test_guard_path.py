"""The guard as its own process against a real OMS and exchange. No web, no model and no scheduler runs here at all."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from guard_path import GuardHandle, exits_of, held, now, set_rule, sold
from oms_path import HYNIX, KODEX200, SAMSUNG, Path_

QUICK = {"look_s": 0.3, "rules_s": 0.3, "poll_s": 0.5, "move_s": 1.0}


@pytest.fixture(scope="module")
def exchange_options() -> tuple[str, ...]:
    """A stack of its own: the guard sells whatever it finds."""
    return ("--always-open",)


@pytest.fixture
def guard(path: Path_, tmp_path: Path) -> Iterator[Callable[..., GuardHandle]]:
    """Makes guards; they end with the test."""
    made: list[GuardHandle] = []

    def make(**options: object) -> GuardHandle:
        handle = GuardHandle(path, tmp_path / f"guard-{len(made)}.log", timing=QUICK, **options)
        made.append(handle)
        handle.start()
        return handle

    yield make
    for handle in made:
        handle.kill()


def times(ticker: str, numerator: int, denominator: int) -> Callable[[str], str]:
    """Every print of one name at another price."""

    def change(frame: str) -> str:
        head, _, payload = frame.rpartition("|")
        fields = payload.split("^")
        stride = len(fields) // int(head.split("|")[2])
        for start in range(0, len(fields), stride):
            if fields[start] == ticker:
                fields[start + 2] = str(int(fields[start + 2]) * numerator // denominator)
        return f"{head}|{'^'.join(fields)}"

    return change


def without(ticker: str) -> Callable[[str], str | None]:
    """The name falls silent."""
    return lambda frame: None if f"|{ticker}^" in frame or f"^{ticker}^" in frame else frame


async def test_each_kind_of_rule_sells_by_itself_and_says_why(path: Path_, guard: Callable[..., GuardHandle]) -> None:
    stop, take, trail, late = (path.person() for _ in range(4))
    set_rule(path, take, stop_bps=5_000, take_bps=1_000)
    set_rule(path, trail, stop_bps=5_000, trailing_bps=300)
    set_rule(path, late, sell_at=now() - timedelta(seconds=1))
    await held(path, stop, SAMSUNG, 3)
    await held(path, take, HYNIX, 2)
    await held(path, trail, HYNIX, 1)
    watching = guard()
    await asyncio.sleep(0)
    await held(path, late, KODEX200, 4)
    (order,) = await sold(path, late)
    assert order.reason.startswith("기한 매도: 정한 때가 됐어요")
    set_rule(path, stop, stop_bps=1, ticker=SAMSUNG)  # bought with a fee, so it is under water already
    (order,) = await sold(path, stop)
    assert re.fullmatch(r"손절: 기준 [\d,]+원에 닿았어요 \(본 가격 [\d,]+원\)", order.reason)
    path.proxy.prints = times(HYNIX, 112, 100)
    (order,) = await sold(path, take)
    assert (order.quantity, order.reason.split(":")[0]) == (2, "익절")
    assert not await exits_of(path, trail)
    path.proxy.prints = None
    (order,) = await sold(path, trail)
    assert order.reason.startswith("추적 손절: 기준")
    for who in (stop, take, trail, late):
        assert not (await path.agrees(who)).positions
    assert watching.stop() == 0


async def test_a_silent_feed_is_replaced_by_questions_and_the_stop_still_fires(
    path: Path_, guard: Callable[..., GuardHandle]
) -> None:
    who = path.person()
    await held(path, who, SAMSUNG, 1)
    watching = guard()
    path.proxy.prints = without(SAMSUNG)
    end = time.monotonic() + 40
    while "ticker_silent" not in watching.text():
        assert time.monotonic() < end, watching.text()
        await asyncio.sleep(0.2)
    set_rule(path, who, stop_bps=1)
    await sold(path, who)


@pytest.mark.parametrize("moment", ["before_asking", "after_asking"])
async def test_a_guard_killed_between_trigger_and_order_leaves_exactly_one_exit(
    path: Path_, guard: Callable[..., GuardHandle], moment: str
) -> None:
    def sales() -> int:
        return sum(record["side"] == "sell" and record["qty"] == 6 for record in path.exchange.journal("order"))

    who, before = path.person(), sales()
    await held(path, who, SAMSUNG, 6)
    set_rule(path, who, stop_bps=1)
    assert await guard(dies=moment).died() == -9
    if moment == "before_asking":
        assert not await exits_of(path, who)
    guard()
    orders = await sold(path, who)
    await asyncio.sleep(1.0)
    assert [order.quantity for order in orders] == [order.quantity for order in await exits_of(path, who)] == [6]
    assert sales() == before + 1


async def test_two_guards_at_once_make_one_exit(path: Path_, guard: Callable[..., GuardHandle]) -> None:
    who = path.person()
    await held(path, who, SAMSUNG, 5)
    guard(), guard()
    await asyncio.sleep(2.0)
    set_rule(path, who, stop_bps=1)
    await sold(path, who)
    await asyncio.sleep(1.0)
    assert len(await exits_of(path, who)) == 1


async def test_a_rule_that_wants_it_keeps_a_stop_at_the_broker_in_step(
    path: Path_, guard: Callable[..., GuardHandle]
) -> None:
    who = path.person()
    await held(path, who, KODEX200, 2)
    set_rule(path, who, stop_bps=1_500, resting=True)
    watching = guard()

    async def rests(*, above: int) -> int:
        end = time.monotonic() + 40
        while True:
            live = [order.stop_price for order in await exits_of(path, who) if order.state == "ACKED"]
            assert len(live) <= 1
            if live and live[0] > above:
                return live[0]
            assert time.monotonic() < end, watching.text()
            await asyncio.sleep(0.2)

    first = await rests(above=0)
    set_rule(path, who, stop_bps=1_000, resting=True)
    assert await rests(above=first) > first
    set_rule(path, who, stop_bps=1_000)
    end = time.monotonic() + 40
    while any(order.state == "ACKED" for order in await exits_of(path, who)):
        assert time.monotonic() < end, watching.text()
        await asyncio.sleep(0.2)
