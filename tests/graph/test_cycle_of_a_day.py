"""Checks of one day after another: what is asked twice, what is read, how far a run goes, and what the diary says."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from cycle_bench import Bench
from fakes import USER, give_profile

from domain.constraints import DEFAULT
from domain.proto import oms_pb2 as pb
from domain.suitability import Grade
from graph.turn import TurnResult

SLOTS = [f"2026-11-23T{hour:02}:{minute:02}" for hour in range(10, 15) for minute in (0, 30)]
TOMORROW = "2026-11-24T10:00"
CAPITAL = 20_000_000


async def opened(**profile: Any) -> Bench:
    bench = Bench()
    await give_profile(bench.ports, **profile)
    return bench


async def check(bench: Bench, slot: str) -> TurnResult:
    return await bench.runner.run_cycle(USER, "cycle", slot)


def diary(bench: Bench) -> str:
    return [entry.summary for _, entry in bench.desk.entries if entry.kind == "cycle"][-1]


def detail(bench: Bench) -> Any:
    return [entry.detail for _, entry in bench.desk.entries if entry.kind == "cycle"][-1]


async def test_a_rejected_proposal_is_not_asked_for_again_that_day_and_the_next_day_it_is() -> None:
    bench = await opened()
    first = await check(bench, SLOTS[0])
    assert first.approval is not None
    bench.desk.decide(first.approval.approval_id, "reject")
    await bench.runner.resume(USER, first.approval.approval_id)
    again = await check(bench, SLOTS[1])
    assert again.approval is None
    assert "order_desk" not in again.route
    assert "오늘 10:00에 여쭌 제안과 같아서 다시 여쭙지 않았어요" in again.reply
    assert len(bench.desk.requests) == 1
    bench.clock.advance(24 * 3_600)
    assert (await check(bench, TOMORROW)).approval is not None


async def test_a_proposal_that_nobody_answered_is_not_asked_for_again_either() -> None:
    bench = await opened()
    first = await check(bench, SLOTS[0])
    assert first.approval is not None
    beside = await check(bench, SLOTS[1])  # while the card still waits
    assert beside.approval is None
    bench.clock.advance(1_800)
    ((request, ended),) = await bench.runner.lapse()
    assert (request.approval_id, ended.outcome) == (first.approval.approval_id, "expired")
    assert "승인이 없어 주문하지 않았어요" in diary(bench)
    assert (await check(bench, SLOTS[2])).approval is None
    assert len(bench.desk.requests) == 1


async def test_a_proposal_that_was_sent_is_followed_by_the_next_part() -> None:
    bench = await opened()
    first = await check(bench, SLOTS[0])
    assert first.approval is not None
    bench.desk.decide(first.approval.approval_id)
    await bench.runner.resume(USER, first.approval.approval_id)
    second = await check(bench, SLOTS[1])
    assert second.approval is not None


async def test_another_proposal_is_asked_for_the_same_day() -> None:
    bench = await opened()
    first = await check(bench, SLOTS[0])
    assert first.approval is not None
    bench.desk.decide(first.approval.approval_id, "reject")
    await bench.runner.resume(USER, first.approval.approval_id)
    bench.ports.market.prices.update(dict.fromkeys([leg["ticker"] for leg in first.approval.card["legs"]], 9_000))  # type: ignore[attr-defined]
    assert (await check(bench, SLOTS[1])).approval is not None


async def test_under_a_mandate_a_purse_is_filled_run_by_run_inside_the_turnover() -> None:
    bench = await opened()
    bench.sign()
    most = DEFAULT.for_grade(Grade.ACTIVE).turnover_krw(CAPITAL)
    placed = 0
    for slot in SLOTS[:5]:
        await check(bench, slot)
        orders = list(bench.oms.placed.values())[placed:]
        placed += len(orders)
        assert sum(order.quantity * order.price for order in orders) <= most
        assert len([order for order in orders if order.side == "buy"]) <= DEFAULT.max_buy_candidates
        bench.clock.advance(1_800)
    assert placed >= 3
    assert "벗어난 것이 없어요" in diary(bench)
    assert all(order.side == "buy" for order in bench.oms.placed.values())


async def test_an_order_that_is_not_filled_yet_is_not_ordered_again() -> None:
    bench = await opened()
    bench.sign()
    bench.oms.fill = False
    await check(bench, SLOTS[0])
    first = {order.ticker: order.quantity for order in bench.oms.placed.values()}
    await check(bench, SLOTS[1])
    weights = {name: 0 for name in first}
    for order in bench.oms.placed.values():
        weights[order.ticker] = weights.get(order.ticker, 0) + order.quantity * order.price
    for ticker, won in weights.items():
        row = bench.ports.instruments.get(ticker)
        if row is not None and row.asset.value == "equity":
            assert won <= CAPITAL * DEFAULT.max_single_ticker_weight_bps // 10_000


async def test_what_the_person_sold_today_is_not_bought_back_by_a_check() -> None:
    bench = await opened()
    bench.sign()
    await check(bench, SLOTS[0])
    bought = next(order.ticker for order in bench.oms.placed.values())
    sale = pb.Order(
        intent_id="s", account_ref=USER.account_ref, ticker=bought, side="sell", quantity=9, filled=9, state="FILLED"
    )
    sale.sleeve, sale.authority = "manual", "approval"
    sale.created_at.FromDatetime(bench.clock.now())
    bench.oms.placed["s"] = sale
    bench.oms.positions.clear()
    await check(bench, SLOTS[1])
    again = [entry.detail for _, entry in bench.desk.entries if entry.subject == SLOTS[1] and entry.kind == "cycle"]
    assert again[-1]["outcome"] == "submitted"
    assert bought not in {row["ticker"] for row in again[-1]["decisions"] if row["action"] == "BUY"}


async def test_charts_are_read_for_what_is_held_as_well_as_for_candidates() -> None:
    bench = await opened()
    bench.oms.hold("017670", 10, 50_000)
    result = await check(bench, SLOTS[0])
    asked = set(bench.ports.market.chart_calls)  # type: ignore[attr-defined]
    assert {"017670", *result.values["candidates"]} <= asked
    assert "017670" not in result.values["candidates"]
    (kept,) = [row for row in result.values["decisions"] if row["ticker"] == "017670"]
    assert kept["action"] == "HOLD"


async def test_the_diary_says_what_was_missing() -> None:
    bench = await opened()
    bench.sign()
    bench.oms.hold("017670", 10, 50_000)
    bench.ports.macro.down = True  # type: ignore[attr-defined]
    bench.ports.market.chart_down = {"017670"}  # type: ignore[attr-defined]
    await check(bench, SLOTS[0])
    lines = diary(bench).split("\n")
    assert len(lines) == 3
    assert lines[0].startswith("2026-11-23T10:00 점검: 투자하지 않은 돈이 ")
    assert "주문을 보냈어요" in lines[1]
    assert "못 본 것: 거시 지표, SK텔레콤 차트." in lines[2]


async def test_a_book_that_cannot_be_read_is_a_line_and_no_order() -> None:
    bench = await opened()
    bench.oms.down = True
    result = await check(bench, SLOTS[0])
    assert not result.failed
    assert "잔고를 읽지 못해" in diary(bench)
    assert result.route == ()


async def test_the_journal_of_a_check_holds_decisions_and_what_was_seen_with_their_figures() -> None:
    bench = await opened()
    bench.sign()
    await check(bench, SLOTS[0])
    kept = detail(bench)
    assert {row["action"] for row in kept["decisions"]} >= {"BUY"}
    assert [row["code"] for row in kept["seen"]] == ["idle"]
    assert kept["seen"][0]["figures"]
    assert [row["code"] for row in kept["limits"]] == ["TURNOVER"]
    assert kept["loop"] == "cycle"


@pytest.mark.parametrize("silent", ["macro", "news", "charts", "quotes"])
async def test_a_whole_day_of_silence_sells_nothing(silent: str) -> None:
    bench = await opened()
    bench.sign()
    bench.oms.hold("005930", 40, 72_000)
    bench.oms.positions[0].sleeves["cycle"] = 40
    if silent == "charts":
        bench.ports.market.chart_down = {row.ticker for row in bench.ports.instruments.all()}  # type: ignore[attr-defined]
    else:
        port: Any = bench.ports.market if silent == "quotes" else getattr(bench.ports, silent)
        port.down = True
    for slot in SLOTS[:3]:
        await check(bench, slot)
        bench.clock.advance(timedelta(minutes=30).total_seconds())
    assert all(order.side == "buy" for order in bench.oms.placed.values())
