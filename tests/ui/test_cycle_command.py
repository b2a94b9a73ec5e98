"""`quartz cycle` and `quartz rebalance`: what a person reads, and how the answer is given."""

from __future__ import annotations

import pytest
from cycle_bench import Bench
from fakes import USER, give_profile

from ui.cli import COMMANDS
from ui.commands.cycle import SHOWN_BEFORE, check


async def test_without_a_mandate_the_card_waits_and_its_id_is_told() -> None:
    bench = Bench()
    await give_profile(bench.ports)
    lines, failed = await check(bench.runner, USER, "cycle", None)
    (request,) = bench.desk.requests.values()
    assert not failed
    assert lines[0] == "2026-11-23T10:00 점검: 투자하지 않은 돈이 20,000,000원(100%) 남아 있어요."
    assert f"/approve {request.approval_id}" in lines[-1]
    assert f"--user {USER.name}" in lines[-1]
    bench.desk.decide(request.approval_id)
    done = await bench.runner.resume(USER, request.approval_id)  # what the conversation does on /approve
    assert done.outcome == "submitted"


async def test_under_a_mandate_the_diary_says_what_was_ordered() -> None:
    bench = Bench()
    await give_profile(bench.ports)
    bench.sign()
    lines, failed = await check(bench.runner, USER, "cycle", None)
    assert not failed
    assert "주문을 보냈어요" in lines[0]
    assert bench.oms.submits
    again, _ = await check(bench.runner, USER, "cycle", None)
    assert again[0] == SHOWN_BEFORE
    assert len(bench.oms.submits) == 1


async def test_a_market_that_does_not_answer_is_one_sentence() -> None:
    bench = Bench()
    bench.ports.market.down = True  # type: ignore[attr-defined]
    assert await check(bench.runner, USER, "cycle", None) == (["시세를 받지 못하고 있어요."], True)


async def test_after_the_close_a_check_only_reports() -> None:
    bench = Bench()
    await give_profile(bench.ports)
    bench.ports.market.calendar = "krx"  # type: ignore[attr-defined]
    bench.clock.advance(340 * 60)  # 15:40
    lines, _ = await check(bench.runner, USER, "cycle", None)
    assert "주문하지 않았어요" in lines[-1]
    assert not bench.desk.requests


async def test_on_a_day_that_closes_later_a_check_orders_until_then() -> None:
    bench = Bench()
    await give_profile(bench.ports)
    bench.ports.market.calendar = "krx"  # type: ignore[attr-defined]
    for slot, asked in (("2026-11-19T16:30", 0), ("2026-11-19T16:00", 1)):  # 수능: open until 16:30
        await check(bench.runner, USER, "cycle", slot)
        assert len(bench.desk.requests) == asked


async def test_nothing_to_do_is_said() -> None:
    lines, failed = await check(Bench().runner, USER, "rebalance", None)
    assert not failed
    assert "투자성향이 없어" in lines[0]


@pytest.mark.parametrize("name", ["cycle", "rebalance"])
def test_both_are_commands(name: str) -> None:
    assert COMMANDS[name].target == f"ui.commands.{name}:main"
