"""What the guard sold is told by the next check, once, and is not bought back by a regular check of the same day."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from cycle_bench import Bench
from fakes import USER, finding, give_profile

from domain.clock import KST
from domain.proto import oms_pb2 as pb
from graph.diary import Check, diary, missing, went_out
from graph.exited import exits_on, last_check, told
from nodes.diary import diary_of
from tools.ports import JournalEntry

NOW = datetime(2026, 11, 23, 13, 0, tzinfo=KST)
WHY = "손절: 기준 119,500원에 닿았어요 (본 가격 119,355원)"


def order(at: datetime, *, authority: str = "exit", filled: int = 52, ticker: str = "069500") -> pb.Order:
    made = pb.Order(
        intent_id=str(UUID(int=at.hour * 100 + at.minute)),
        account_ref=USER.account_ref,
        ticker=ticker,
        name="KODEX 200",
        side="sell",
        quantity=52,
        filled=filled,
        authority=authority,
        reason=WHY,
        state="FILLED",
    )
    made.created_at.FromDatetime(at.astimezone(UTC))
    return made


def entry(at: datetime, slot: str, **detail: str) -> JournalEntry:
    return JournalEntry(at, "cycle", slot, "", {"loop": "cycle", **detail})


def test_only_the_days_filled_exits_are_told_and_only_since_the_last_check() -> None:
    early, late = NOW - timedelta(hours=2), NOW - timedelta(minutes=16)
    others = [order(NOW - timedelta(days=1)), order(late, authority="mandate"), order(late, filled=0)]
    found = exits_on([order(late), *others, order(early)], NOW)
    assert [one.created_at.ToDatetime(UTC).astimezone(KST) for one in found] == [early, late]
    since = last_check(
        [
            entry(NOW, "2026-11-23T13:00"),  # this very check
            entry(NOW - timedelta(minutes=5), "2026-11-23T12:30", slot_outcome="skipped"),  # saw nothing
            entry(NOW - timedelta(hours=1), "2026-11-23T12:00"),
        ],
        "2026-11-23T13:00",
    )
    assert since == NOW - timedelta(hours=1)
    assert told(found, since) == [f"12:44에 KODEX 200 52주를 지킴이가 팔았어요 · {WHY}"]
    assert len(told(found, None)) == 2


def test_an_exit_is_in_the_diary_also_where_nothing_else_is_and_where_nothing_is_asked_again() -> None:
    sold = ["12:44에 KODEX 200 52주를 지킴이가 팔았어요"]
    quiet = diary(Check("2026-11-23T13:00", sold=sold))
    assert quiet.splitlines()[0] == f"2026-11-23T13:00 점검: {sold[0]}."
    legs = [{"name": "KODEX 은행", "qty": 10, "side": "buy"}]
    again = diary(Check("2026-11-23T13:00", seen=["돈이 남아 있어요"], sold=sold, orders=legs, again="09:00"))
    assert again == f"2026-11-23T13:00 점검: {sold[0]}; 오늘 09:00에 여쭌 제안과 같아서 다시 여쭙지 않았어요."


def test_checks_that_ask_nothing_again_say_it_in_the_same_words_and_still_what_they_missed() -> None:
    legs = [[{"name": "KODEX 은행", "qty": count, "side": "buy"}] for count in (10, 11)]
    texts = [diary(Check("2026-11-23T10:00", seen=[f"돈이 {at}"], orders=legs[at], again="09:00")) for at in (0, 1)]
    assert texts[0] == texts[1]
    missed = diary(Check("2026-11-23T10:00", orders=legs[0], again="09:00", missing=["뉴스"]))
    assert missed == f"{texts[0]}\n못 본 것: 뉴스."


async def test_a_name_that_a_stop_sold_is_not_bought_back_by_a_check_of_the_same_day() -> None:
    bench = Bench()
    await give_profile(bench.ports)
    first = await bench.runner.run_cycle(USER, "cycle", "2026-11-23T10:00")
    assert first.approval is not None
    wanted = first.approval.card["legs"][0]["ticker"]
    bench = Bench()
    await give_profile(bench.ports)
    sold = order(bench.clock.now() - timedelta(minutes=10), ticker=wanted)
    bench.oms.placed[sold.intent_id] = sold
    second = await bench.runner.run_cycle(USER, "cycle", "2026-11-23T10:00")
    assert second.approval is not None
    assert wanted not in [leg["ticker"] for leg in second.approval.card["legs"]]
    bench.desk.decide(str(second.approval.approval_id), "reject")
    ended = await bench.runner.resume(USER, second.approval.approval_id)
    assert "지킴이가 팔았어요" in ended.reply
    bench.clock.advance(1_800)
    third = await bench.runner.run_cycle(USER, "cycle", "2026-11-23T10:30")
    assert "지킴이가 팔았어요" not in third.reply  # told once


async def test_a_check_reads_the_charts_of_what_is_held_as_well() -> None:
    bench = Bench()
    await give_profile(bench.ports)
    bench.oms.hold("035720", 10, 45_000, cost=450_000)
    result = await bench.runner.run_cycle(USER, "cycle", "2026-11-23T10:00")
    charts = [row["ticker"] for row in result.values["reports"] if row["analyst"] == "technical"]
    assert "035720" in charts


async def test_what_a_limit_refused_is_told_with_the_limit() -> None:
    bench = Bench()
    await give_profile(bench.ports)
    bench.oms.refusals = [finding("TURNOVER", "refuse", message="하루 거래 한도는 1억원이에요.")]
    result = await bench.runner.run_cycle(USER, "cycle", "2026-11-23T10:00")
    lines = result.values["reply"].splitlines()
    assert lines[1].endswith("한도 점검에서 막혀 주문하지 않았어요.")
    assert lines[2].startswith("하루 거래 한도는 1억원이에요.")


async def test_a_look_at_the_weights_stays_one_in_the_diary_after_its_card_was_answered() -> None:
    bench = Bench()
    await give_profile(bench.ports)
    bench.oms.hold("005930", 100, 80_000, cost=7_500_000)
    bench.ports.market.prices["005930"] = 80_000  # type: ignore[attr-defined]
    asked = await bench.runner.run_cycle(USER, "rebalance", "2026-11-23T10:05")
    assert asked.approval is not None
    bench.desk.decide(str(asked.approval.approval_id), "approve")
    await bench.runner.resume(USER, asked.approval.approval_id)
    newest = bench.desk.entries[-1][1]
    assert newest.detail["loop"] == "rebalance"
    assert newest.summary.startswith("2026-11-23T10:05 비중 점검: ")


async def test_a_look_at_the_weights_that_asks_nothing_again_is_not_told_in_the_days_diary() -> None:
    bench = Bench()
    await give_profile(bench.ports)
    bench.oms.hold("005930", 100, 80_000, cost=7_500_000)
    bench.ports.market.prices["005930"] = 80_000  # type: ignore[attr-defined]
    asked = await bench.runner.run_cycle(USER, "rebalance", "2026-11-23T10:05")
    assert asked.approval is not None
    bench.desk.decide(str(asked.approval.approval_id), "reject")
    await bench.runner.resume(USER, asked.approval.approval_id)
    before = await diary_of(bench.ports, USER.user_id, NOW.date())
    bench.clock.advance(600)
    again = await bench.runner.run_cycle(USER, "rebalance", "2026-11-23T10:15")
    assert "다시 여쭙지 않았어요" in again.reply
    assert await diary_of(bench.ports, USER.user_id, NOW.date()) == before


def test_names_that_a_model_left_out_are_counted_as_a_part_and_not_listed() -> None:
    row = {"code": "answered_by", "by": "rules", "why": "empty: x", "what": "기술적 분석 가운데 가(000001), 나(000002)"}
    assert missing([], [row]) == ["언어모델의 답(기술적 분석 일부)은 자료와 맞지 않아 버리고 규칙이 대신했어요"]


def test_an_order_that_the_last_gate_kept_is_not_told_as_sent() -> None:
    legs = [
        {"name": "KODEX 은행", "qty": 10, "side": "buy", "state": "FILLED", "note": ""},
        {"name": "KODEX 200", "qty": 5, "side": "buy", "state": "REFUSED", "note": "주문 가능 금액이 모자라요."},
    ]
    sent, kept = went_out(legs)
    assert sent == [{"name": "KODEX 은행", "qty": 10, "side": "buy"}]
    assert kept == ["KODEX 200 주문은 나가지 않았어요. 주문 가능 금액이 모자라요."]


async def test_a_check_of_which_no_order_left_says_so() -> None:
    bench = Bench()
    await give_profile(bench.ports)
    bench.sign()
    submit = bench.oms.submit

    async def kept_back(who: Any, request: pb.SubmitRequest) -> pb.SubmitReply:
        reply = await submit(who, request)
        for placed in bench.oms.placed.values():
            placed.state, placed.state_note = "REFUSED", "주문 가능 금액이 모자라요."
        return reply

    bench.oms.submit = kept_back  # type: ignore[method-assign]
    await bench.runner.run_cycle(USER, "cycle", "2026-11-23T10:00")
    text = bench.desk.entries[-1][1].summary
    assert "주문을 보냈어요" not in text
    assert "주문은 나가지 않았어요. 주문 가능 금액이 모자라요." in text
