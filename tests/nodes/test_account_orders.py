"""The user's own orders and changes: asked when unclear, computed exactly, never guessed."""

from __future__ import annotations

import pytest
from conversing import Talk, profiled


async def leg(text: str, *more: str) -> dict[str, object]:
    talk = await profiled()
    talk.ports.oms.hold("005930", 11, 72_000)
    await talk.say(text, *more)
    assert talk.approval_id is not None, talk.replies[-1]
    plan = next(reversed(talk.ports.desk.plans.values()))
    only = plan.legs[0]
    return {"ticker": only.ticker, "side": only.side.value, "qty": only.quantity, "price": only.limit_price}


@pytest.mark.parametrize(
    ("text", "ticker", "side", "quantity", "price"),
    [
        ("카카오 3주 사줘", "035720", "buy", 3, 45_200),
        ("카카오 4만원에 3주 사줘", "035720", "buy", 3, 40_000),
        ("카카오 100만원어치 사줘", "035720", "buy", 22, 45_200),
        ("카카오 시장가로 2주 매수", "035720", "buy", 2, None),
        ("삼성전자 전량 매도", "005930", "sell", 11, 71_800),
        ("삼성전자 절반 팔아줘", "005930", "sell", 5, 71_800),
        ("삼성전자 40,012원에 1주 사줘", "005930", "buy", 1, 40_000),
    ],
)
async def test_sentence_becomes_one_exact_leg(
    text: str, ticker: str, side: str, quantity: int, price: int | None
) -> None:
    assert await leg(text) == {"ticker": ticker, "side": side, "qty": quantity, "price": price}


async def test_missing_parts_are_asked_one_after_the_other() -> None:
    talk = await profiled()
    await talk.say("주식 좀 사줘요 10주")
    assert talk.asked == "ticker"
    await talk.say("카카오")
    assert talk.approval_id is not None


async def test_sideless_order_asks_for_the_side() -> None:
    talk = await profiled()
    await talk.say("카카오 10주 주문해줘")
    assert talk.asked == "side"
    await talk.say("매수")
    assert talk.approval_id is not None


async def test_misspelt_name_is_confirmed_first() -> None:
    talk = await profiled()
    assert "말씀하신 건가요" in await talk.say("삼성젼자 1주 사줘")
    await talk.say("1번")
    plan = next(reversed(talk.ports.desk.plans.values()))
    assert plan.legs[0].ticker == "005930"


async def test_two_names_in_one_order_are_taken_one_by_one() -> None:
    talk = await profiled()
    assert "한 종목씩" in await talk.say("삼성전자랑 카카오 2주 사줘")
    await talk.say("카카오")
    assert next(reversed(talk.ports.desk.plans.values())).legs[0].ticker == "035720"


async def test_more_than_is_held_is_never_sold_without_asking() -> None:
    talk = await profiled()
    talk.ports.oms.hold("005930", 3, 72_000)
    assert "3주예요" in await talk.say("삼성전자 100주 팔아줘")
    assert talk.asked == "reduce"
    await talk.say("아니")
    assert talk.ports.desk.requests == {}


@pytest.mark.parametrize(
    "text", ["하이닉스 7만원 되면 10주 사줘", "내일 아침에 하이닉스 3주 사줘", "하이닉스 떨어지면 3주 사줘"]
)
async def test_order_for_another_time_is_not_placed_now(text: str) -> None:
    talk = await profiled()
    await talk.say(text)
    assert talk.asked == "now"
    assert talk.approval_id is None


async def test_one_share_that_costs_more_than_the_amount_is_said_so() -> None:
    talk = await profiled()
    assert "1주가" in await talk.say("하이닉스 1만원어치 사줘")


async def test_silent_oms_is_one_korean_sentence() -> None:
    talk = await profiled()
    talk.ports.oms.down = True
    reply = await talk.say("잔고")
    assert "주문 창구가 응답하지 않아요" in reply
    assert any(notice["code"] == "unavailable" for notice in talk.values["notices"])


async def test_cancel_asks_which_of_several_and_takes_the_number() -> None:
    talk = await profiled()
    talk.ports.oms.fill = False
    for text in ("카카오 1주 4만원에 사줘", "하이닉스 1주 17만원에 사줘"):
        await talk.say(text)
        await talk.approve()
    await talk.say("주문 취소해줘")
    assert talk.asked == "cancel"
    await talk.say("2번")
    states = {order.ticker: order.state for order in talk.ports.oms.placed.values()}
    assert sorted(states.values()) == ["ACKED", "CANCELLED"]
    assert "취소했어요" in await talk.say("남은 주문 다 취소해")


async def test_unfinished_profile_question_survives_an_order_question() -> None:
    talk = Talk()
    talk.ports.oms.hold("005930", 4, 72_000)
    await talk.say("성향 알아보기", "1천만원", "삼성전자 팔아줘")
    assert talk.asked == "quantity"
    await talk.say("1주")
    assert talk.approval_id is not None
    await talk.approve()
    assert talk.asked == "age"


async def test_new_order_sentence_never_inherits_the_half_said_one() -> None:
    talk = await profiled()
    await talk.say("하이닉스 2주 매수 그리고 카카오 3주 매수")
    assert talk.asked == "ticker"
    await talk.say("하닉 팔아")
    assert talk.asked is None
    await talk.say("삼성전자 -5주 사줘")
    assert talk.asked == "quantity"
    await talk.say("삼성전자 0주 사줘")
    assert talk.asked == "quantity"
    assert "찾지 못했어요" in await talk.say("없는회사 5주 사줘")
    await talk.say("5주")
    assert talk.approval_id is None


@pytest.mark.parametrize("text", ["삼성전자 -5주 사줘", "삼성전자 1.5주 사줘", "삼성전자 0주 사줘"])
async def test_impossible_quantity_is_asked_again(text: str) -> None:
    talk = await profiled()
    await talk.say(text)
    assert talk.asked == "quantity"


async def test_proposals_can_be_ordered_but_for_one() -> None:
    talk = await profiled()
    await talk.say("추천해줘")
    kept = [leg["ticker"] for leg in talk.values["proposals"]]
    await talk.say("두번째 거만 빼고 사줘")
    plan = next(reversed(talk.ports.desk.plans.values()))
    assert [leg.ticker for leg in plan.legs] == [kept[0], *kept[2:]]
