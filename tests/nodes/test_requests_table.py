"""Requests and the exact rooms they pass through."""

from __future__ import annotations

import pytest
from conversing import Talk, profiled

HEAD = ("intake", "supervisor")
REQUESTS = [
    # text, needs a profile, rooms after the supervisor
    ("안녕하세요", False, ("account", "respond")),
    ("도움말", False, ("account", "respond")),
    ("2천만원으로 반도체 위주, 손실은 5%까지만", False, ("user_profile", "respond")),
    ("추천해줘", False, ("user_profile", "respond")),
    ("전략 만들어줘", False, ("user_profile", "respond")),
    ("삼성전자 10주 사줘", False, ("account", "respond")),
    ("삼성전자 시세", False, ("account", "respond")),
    ("현대차 차트", False, ("account", "respond")),
    ("삼성전자 분석해줘", False, ("selector", "technical", "respond")),
    ("반도체 전망 어때", False, ("macro", "selector", "respond")),
    ("시장 어때", False, ("macro", "respond")),
    ("반도체 뉴스", False, ("selector", "respond")),
    ("PER이 뭐야", False, ("account", "respond")),
    ("추천해줘", True, ("macro", "selector", "technical", "portfolio", "risk", "respond")),
    ("전략 새로 짜줘", True, ("strategy_architect", "respond")),
    ("손절 4%로", True, ("strategy_architect", "respond")),
    ("전략 보여줘", True, ("account", "respond")),
    ("성향 보여줘", True, ("account", "respond")),
    ("성향 다시", True, ("user_profile", "respond")),
    ("삼성전자 10주 사줘", True, ("account", "order_desk")),
    ("삼성전자 사줘", True, ("account", "respond")),
    ("미체결", True, ("account", "respond")),
    ("방금 거 취소", True, ("account", "respond")),
    ("잔고", True, ("account", "respond")),
    ("오늘 수익 얼마야", True, ("account", "respond")),
    ("수익률 그래프", False, ("account", "respond")),
    ("주문 내역", True, ("account", "respond")),
    ("왜?", True, ("account", "respond")),
    ("정지", True, ("account", "respond")),
    ("위임 보기", True, ("account", "respond")),
]


@pytest.mark.parametrize(("text", "with_profile", "rooms"), REQUESTS)
async def test_request_passes_through_exactly_these_rooms(
    text: str, with_profile: bool, rooms: tuple[str, ...]
) -> None:
    talk = await profiled() if with_profile else Talk()
    await talk.say(text)
    assert talk.route == (*HEAD, *rooms)


async def test_kept_proposals_go_straight_to_the_order_desk() -> None:
    talk = await profiled()
    await talk.say("추천해줘", "이대로 주문")
    assert talk.route == (*HEAD, "order_desk")
    assert talk.approval_id is not None


async def test_last_word_on_the_profile_leads_to_the_first_strategy() -> None:
    talk = await profiled()
    assert talk.route == (*HEAD, "user_profile", "strategy_architect", "respond")
