"""왜?: what is bought or sold says its reason with its order, what stays says which rule kept it."""

from __future__ import annotations

from conversing import profiled
from fakes import USER

from tools.ports import JournalEntry


async def test_a_name_that_stays_is_explained_beside_the_proposals() -> None:
    talk = await profiled("공격투자형")
    talk.ports.oms.hold("005930", 10, 72_000)
    talk.ports.market.chart_down = {"005930"}
    await talk.say("추천해줘")
    reply = await talk.say("왜?")
    assert "매수 제안: " in reply
    assert "· 삼성전자 그대로 두기: 차트를 읽지 못했어요. 모른다고 팔지는 않아서 비중 1.4% 그대로 둬요." in reply


async def test_a_name_asked_about_is_answered_with_its_own_decision_alone() -> None:
    talk = await profiled("공격투자형")
    talk.ports.oms.hold("005930", 10, 72_000)
    await talk.say("추천해줘")
    reply = await talk.say("삼성전자 왜?")
    assert "삼성전자 그대로 두기: " in reply
    assert "매수 제안" not in reply


async def test_what_a_regular_check_decided_is_found_in_the_journal() -> None:
    talk = await profiled()
    row = {
        "ticker": "035720",
        "name": "카카오",
        "action": "HOLD",
        "held_bps": 500,
        "reason": "한도 안이라 둬요.",
    }
    entry = JournalEntry(talk.ports.clock.now(), "cycle", "2026-11-23T10:00", "점검", {"decisions": [row]})
    await talk.ports.desk.note(USER.user_id, entry)
    assert "· 카카오 그대로 두기: 한도 안이라 둬요." in await talk.say("카카오 왜?")
    assert "아직 설명할 제안이나 주문이 없어요" in await talk.say("네이버 왜?")
