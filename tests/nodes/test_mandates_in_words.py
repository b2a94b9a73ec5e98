"""Handing something over in words: an offer inside the limits, a signature elsewhere, a list, a way back."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from conversing import Talk, profiled
from fakes import USER

from domain.korean.acts import Act
from domain.korean.reading import read
from domain.mandate import bounds_of, mandate_of
from domain.orders.types import Side
from tools.ports import StoredMandate

ASKS = ["알아서 리밸런싱해줘", "자동으로 굴려줘", "위임할게", "자동매매 해줘", "너한테 맡길게", "알아서 사고팔아줘"]


def offers(talk: Talk) -> list[StoredMandate]:
    return list(talk.ports.desk.stored_mandates.values())


@pytest.mark.parametrize("text", ASKS)
async def test_who_wants_to_hand_over_gets_an_offer_and_the_way_to_sign_it(text: str) -> None:
    talk = await profiled("적극투자형")
    reply = await talk.say(text)
    (offer,) = offers(talk)
    assert f"/sign {offer.mandate_id}" in reply
    assert "서명하시기 전에는 아무것도 자동으로 주문하지 않아요" in reply
    assert offer.signed_at is None
    assert offer.expires_at == talk.ports.clock.now() + timedelta(days=30)
    assert talk.route == ("intake", "supervisor", "account", "respond")


@pytest.mark.parametrize(
    "text", ["위임 보기", "위임 철회", "자동매매 정지", "자동매매가 뭐야?", "맡기지 마", "안 맡길래"]
)
def test_what_only_sounds_like_it_offers_nothing(text: str) -> None:
    assert Act.MANDATE_OFFER not in read(text, now=Talk().ports.clock.now()).acts


async def test_the_bounds_are_the_strategys_names_and_the_profiles_limits() -> None:
    talk = await profiled("적극투자형")
    await talk.say("위임할게")
    (offer,) = offers(talk)
    (strategy,) = await talk.ports.desk.strategies(USER.user_id, 1)
    assert set(offer.bounds["tickers"]) <= set(strategy.spec["universe"]["tickers"])
    assert offer.bounds["max_per_order"] <= offer.bounds["max_per_day"] == 20_000_000
    again = mandate_of(
        offer.mandate_id, offer.account_ref, offer.kind, offer.strategy_hash, offer.bounds, offer.expires_at
    )
    assert bounds_of(again) == offer.bounds


async def test_a_grade_that_confirms_every_purchase_is_offered_sales_only() -> None:
    talk = await profiled("위험중립형")
    reply = await talk.say("알아서 리밸런싱해줘")
    (offer,) = offers(talk)
    assert offer.bounds["sides"] == [Side.SELL.value]
    assert "위험중립형 성향은 살 때마다 직접 승인해야 해서" in reply


async def test_without_profile_or_strategy_the_next_step_is_offered() -> None:
    stranger = Talk()
    assert "투자성향부터" in await stranger.say("자동으로 굴려줘")
    assert not offers(stranger)
    talk = await profiled()
    talk.ports.desk.stored_strategies.clear()
    assert "먼저 전략을 만들까요?" in await talk.say("자동으로 굴려줘")
    assert not offers(talk)


async def test_a_mandate_in_force_is_shown_instead_of_a_second_one() -> None:
    talk = await profiled()
    await talk.say("위임할게")
    talk.ports.desk.sign(offers(talk)[0])
    reply = await talk.say("자동으로 굴려줘")
    assert "이미 맡겨 두신 위임" in reply
    assert len(offers(talk)) == 1


async def test_the_list_says_what_each_one_is_now() -> None:
    talk = await profiled()
    desk: Any = talk.ports.desk
    assert "아직 위임이 없어요" in await talk.say("위임 보기")
    await talk.say("위임할게")
    (offer,) = offers(talk)
    shown = await talk.say("위임 보기")
    assert "아직 서명 전이에요" in shown
    assert f"/sign {offer.mandate_id}" in shown
    desk.sign(offer)
    assert "까지 유효해요" in await talk.say("위임 보기")
    assert f"/revoke {offer.mandate_id}" in await talk.say("위임 철회")
    now = talk.ports.clock.now()
    desk.stored_mandates[offer.mandate_id] = replace(offer, signed_at=now, revoked_at=now)
    assert "철회했어요" in await talk.say("위임 보기")
    old = replace(offer, mandate_id=UUID(int=4), signed_at=now, expires_at=now - timedelta(days=1))
    desk.stored_mandates[old.mandate_id] = old
    assert "에 끝났어요" in await talk.say("위임 보기")
    assert "철회할 위임이 없어요" in await talk.say("위임 철회")
