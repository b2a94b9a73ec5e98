"""Starting, pausing, stopping and asking after a strategy in words: a mandate is offered, and a signature counts."""

from __future__ import annotations

from dataclasses import replace

import pytest
from conversing import Talk, profiled
from fakes import USER

from domain.korean.acts import Act
from domain.korean.reading import read
from domain.mandate import MandateKind
from domain.orders.types import Side
from domain.strategy.running import RunState, sleeve_of
from nodes.account.strategy_runs import PARKS
from tools.ports import StoredMandate
from ui.commands.strategy_running import act

WORDS = [
    ("전략 켜줘", Act.STRATEGY_START),
    ("전략 시작해줘", Act.STRATEGY_START),
    ("이제 전략 실행해줘", Act.STRATEGY_START),
    ("전략 멈춰줘", Act.STRATEGY_PAUSE),
    ("전략 잠깐 정지해줘", Act.STRATEGY_PAUSE),
    ("전략 일시정지", Act.STRATEGY_PAUSE),
    ("전략 꺼줘", Act.STRATEGY_STOP),
    ("전략 종료해줘", Act.STRATEGY_STOP),
    ("전략 어떻게 돼가?", Act.STRATEGY_STATUS),
    ("전략 잘 돌아가?", Act.STRATEGY_STATUS),
    ("전략 켜져 있어?", Act.STRATEGY_STATUS),
]


@pytest.mark.parametrize(("text", "act"), WORDS)
def test_what_is_said_of_a_running_strategy_is_heard_first(text: str, act: Act) -> None:
    assert read(text, now=Talk().ports.clock.now()).acts[0] == act


@pytest.mark.parametrize("text", ["전략 켜지 마", "전략 짜줘", "전략 보여줘", "전체 정지", "전략 끄지 마", "다 멈춰"])
def test_what_only_sounds_like_it_changes_no_strategy(text: str) -> None:
    acts = read(text, now=Talk().ports.clock.now()).acts
    assert not {Act.STRATEGY_START, Act.STRATEGY_PAUSE, Act.STRATEGY_STOP} & set(acts)


def offers(talk: Talk) -> list[StoredMandate]:
    return list(talk.ports.desk.stored_mandates.values())


async def test_a_start_offers_the_mandate_of_this_very_text_and_waits_for_the_signature() -> None:
    talk = await profiled("적극투자형")
    reply = await talk.say("전략 켜줘")
    (strategy,) = await talk.ports.desk.strategies(USER.user_id, 1)
    (offer,) = offers(talk)
    (run,) = await talk.ports.desk.strategy_runs(USER.account_ref)
    assert (offer.kind, offer.strategy_hash, offer.signed_at) == (MandateKind.STRATEGY, strategy.hash, None)
    assert (run.state, run.hash, run.version) == (RunState.ACTIVE, strategy.hash, strategy.version)
    assert set(offer.bounds["tickers"]) >= set(strategy.spec["universe"]["tickers"])
    assert f"/sign {offer.mandate_id}" in reply
    assert "서명하시기 전에는 아무것도 주문하지 않아요" in reply
    assert strategy.spec["sizing"]["parking"]  # what is parked must not use up the day's room of what is traded
    assert (offer.bounds["max_per_order"], offer.bounds["max_per_day"]) == (20_000_000, 40_000_000)
    assert PARKS in reply
    assert "아직 서명하신 위임이 없어" in await talk.say("전략 어떻게 돼가?")
    talk.ports.desk.sign(offer)
    assert "지금부터 거래해요" in await talk.say("전략 켜줘")
    assert len(offers(talk)) == 1
    assert "위임은" in await talk.say("전략 어떻게 돼가?")


async def test_a_pause_and_a_stop_say_what_goes_on() -> None:
    talk = await profiled("적극투자형")
    assert "켜 둔 전략이 없어요" in await talk.say("전략 꺼줘")
    await talk.say("전략 켜줘")
    assert "가진 종목은 매도 조건에 따라 팔아요" in await talk.say("전략 멈춰줘")
    assert "이미 잠시 멈춰 있어요" in await talk.say("전략 멈춰줘")
    assert "손절·익절 기준만 지켜봐요" in await talk.say("전략 꺼줘")
    states = [run.state for run in talk.ports.desk.runs]
    assert states == [RunState.ACTIVE, RunState.PAUSED, RunState.STOPPED]
    assert talk.ports.oms.trading_state == "ACTIVE"


async def test_after_a_change_the_old_start_counts_no_more_and_status_says_so() -> None:
    talk = await profiled("적극투자형")
    await talk.say("전략 켜줘")
    (strategy,) = await talk.ports.desk.strategies(USER.user_id, 1)
    desk = talk.ports.desk
    spec = {**strategy.spec, "metadata": {**strategy.spec["metadata"], "name": "다른 이름"}}
    await desk.save_strategy(USER.user_id, strategy.strategy_id, "f" * 64, spec, talk.ports.clock.now())
    reply = await talk.say("전략 어떻게 돼가?")
    assert "내용이 바뀌어 거래하지 않아요" in reply
    assert f"'{strategy.spec['metadata']['name']}' v{strategy.version} 전략은" in reply  # what runs, not what is newest


async def test_status_tells_what_the_strategys_own_part_holds() -> None:
    talk = await profiled("적극투자형")
    await talk.say("전략 켜줘")
    (run,) = talk.ports.desk.runs
    talk.ports.oms.hold("005930", 40, 72_000)
    (position,) = talk.ports.oms.positions
    position.cost = 40 * 70_000
    position.sleeves.clear()
    position.sleeves.update({"manual": 33, sleeve_of(run.strategy_id): 7})
    reply = await talk.say("전략 어떻게 돼가?")
    assert "7주" in reply
    assert "504,000원" in reply
    assert "+14,000원(+2.86%)" in reply  # 7 of 40 shares: 2,000 won each
    assert "40주" not in reply
    assert [piece["kind"] for piece in talk.pieces] == ["runs"]


async def test_idle_money_is_told_apart_from_what_a_condition_bought() -> None:
    talk = await profiled("적극투자형")
    await talk.say("전략 켜줘")
    (run,) = talk.ports.desk.runs
    (strategy,) = await talk.ports.desk.strategies(USER.user_id, 1)
    talk.ports.oms.hold(strategy.spec["sizing"]["parking"], 10, 100_000)
    (position,) = talk.ports.oms.positions
    position.sleeves.clear()
    position.sleeves[sleeve_of(run.strategy_id)] = 10
    reply = await talk.say("전략 어떻게 돼가?")
    assert "조건에 맞아 산 종목은 아직 없어요." in reply
    assert "조건은 장이 끝난 뒤에 보고(매일), 맞으면 다음 장에서 주문해요." in reply
    assert "쉬는 돈: " in reply
    assert "1,000,000원" in reply


async def test_a_grade_that_confirms_every_purchase_is_offered_sales_only() -> None:
    talk = await profiled("위험중립형")
    reply = await talk.say("전략 켜줘")
    (offer,) = offers(talk)
    assert offer.bounds["sides"] == [Side.SELL.value]
    assert "살 때마다 직접 승인해야" in reply


async def test_without_a_strategy_nothing_starts() -> None:
    talk = Talk()
    assert "먼저 전략을 만들까요?" in await talk.say("전략 켜줘")
    assert talk.ports.desk.runs == []


async def test_the_command_line_says_the_same() -> None:
    talk = await profiled("적극투자형")
    lines, failed = await act(talk.ports, USER, "activate")
    (offer,) = offers(talk)
    assert not failed
    assert any(str(offer.mandate_id) in line for line in lines)
    talk.ports.desk.stored_mandates[offer.mandate_id] = replace(offer, signed_at=talk.ports.clock.now())
    for action, word in (
        ("status", "켜져 있어요"),
        ("pause", "멈췄어요"),
        ("stop", "껐어요"),
        ("status", "꺼져 있어요"),
    ):
        lines, failed = await act(talk.ports, USER, action)
        assert not failed
        assert word in lines[0]
    assert (await act(talk.ports, USER, "stop"))[1]
