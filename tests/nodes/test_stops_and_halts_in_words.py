"""Stops, halts and orders in question, asked for in the conversation: what the guard and the OMS say, nothing more."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest
from conversing import Talk
from fakes import START, USER, make_ports

from domain.exits import ExitRule, RuleRow, RuleSource
from domain.korean.acts import Act
from domain.korean.reading import read
from domain.proto import oms_pb2 as pb
from nodes.respond.pieces import MAX_LINES, drawn

CHANGE = "바꾸려면 주문판의 '손절·익절'에서 고쳐 주세요."


def talking() -> Talk:
    return Talk(make_ports())


def protect(talk: Talk, ticker: str, name: str, **more: Any) -> None:
    talk.ports.oms.protected.append(
        pb.ProtectedPosition(
            exit_mandate_id=str(uuid4()),
            account_ref=USER.account_ref,
            ticker=ticker,
            name=name,
            sleeve="manual",
            quantity=10,
            cost=700_000,
            entered_on="2026-11-20",
            generation=1,
            **more,
        )
    )


def keep(talk: Talk, ticker: str, source: RuleSource = RuleSource.USER, **rule: Any) -> None:
    number = len(talk.ports.desk.rules) + 1
    row = RuleRow(number, source, ticker, "", replace(ExitRule(**rule), source=source, rule_id=number))
    talk.ports.desk.rules.append((USER.account_ref, row))


def order(talk: Talk, state: str, **more: Any) -> None:
    made = pb.Order(
        intent_id=str(uuid4()),
        account_ref=USER.account_ref,
        ticker="005930",
        name="삼성전자",
        side="buy",
        quantity=10,
        price=70_000,
        state=state,
        **more,
    )
    made.created_at.FromDatetime(START)
    talk.ports.oms.placed[made.intent_id] = made


@pytest.mark.parametrize(
    ("text", "act"),
    [
        *(
            (text, Act.STOPS)
            for text in ("손절 어디야?", "내 손절가", "자동매도 뭐 걸려 있어?", "익절가 얼마야", "손절선 보여줘")
        ),
        *(
            (text, Act.STOPS)
            for text in ("스탑로스 걸려있어?", "손절 기준 바꿔줘", "035720 손절가", "지킴이 뭐 하고 있어")
        ),
        *((text, Act.WHY_HALTED) for text in ("왜 멈췄어?", "정지 이유", "왜 매수가 안돼?", "지금 정지된 거야?")),
        *((text, Act.OPEN_ORDERS) for text in ("주문 상태 알려줘", "내 주문 어떻게 됐어?", "직접 확인 주문")),
        *((text, Act.HALT) for text in ("정지", "다 멈춰", "거래 중단해줘", "스탑")),
    ],
)
async def test_a_question_about_stops_and_halts_asks_and_never_halts(text: str, act: Act) -> None:
    talk = talking()
    await talk.say(text)
    assert talk.values["reading"]["act"] == act
    assert talk.ports.oms.trading_state == ("HALTED" if act is Act.HALT else "ACTIVE")


@pytest.mark.parametrize(
    ("text", "act"),
    [
        ("손절이 뭐야", Act.EXPLAIN),
        ("손절 7%로", Act.STRATEGY_EDIT),
        ("삼성전자 손절해", Act.SELL),
        ("삼성전자 왜 추천했어?", Act.WHY),
        ("삼성전자 목표가", Act.ANALYSE),
    ],
)
def test_words_that_only_sound_alike_keep_their_meaning(text: str, act: Act) -> None:
    found = read(text, now=START)
    assert found.does(act)
    assert not found.does(Act.STOPS, Act.WHY_HALTED)


async def test_each_holding_is_told_with_its_prices_and_whose_rule_it_is() -> None:
    talk = talking()
    protect(talk, "005930", "삼성전자")
    protect(talk, "035720", "카카오")
    protect(talk, "000660", "SK하이닉스", live=pb.Order(state="ACKED", stop_price=66_000))
    keep(talk, "035720", trailing_bps=700, sessions=20)
    keep(talk, "000660", RuleSource.STRATEGY, stop_bps=1_000)
    said = (await talk.say("손절 어디야?")).split("\n")[-4:]
    assert said == [
        "· 삼성전자 손절 66,500원 · 익절 80,500원 (기본 기준)",
        "· 카카오 추적 손절 고점 -7% · 20거래일 뒤 매도 (직접 정한 기준)",
        "· SK하이닉스 손절 63,000원 · 증권사에 66,000원에 걸려 있어요 (전략)",
        CHANGE,
    ]
    assert all(drawn(piece["text"]) <= MAX_LINES for piece in talk.pieces)


async def test_a_holding_that_is_not_watched_is_not_told_as_watched() -> None:
    talk = talking()
    protect(talk, "005930", "삼성전자")
    keep(talk, "")
    assert "· 삼성전자 자동 매도 없음 (직접 정한 기준)" in await talk.say("내 손절가")
    assert "카카오(035720) 종목에는 자동 매도가 걸려 있지 않아요." in await talk.say("카카오 손절가")


async def test_without_holdings_the_rule_that_would_hold_is_told() -> None:
    talk = talking()
    assert "기본 기준(손절 -5% · 익절 +15%)" in await talk.say("자동매도 뭐 걸려 있어?")
    keep(talk, "", stop_bps=700)
    assert "직접 정한 기준(손절 -7%)" in await talk.say("손절 어디야?")


async def test_a_halted_account_sells_nothing_by_rule_and_is_told_so() -> None:
    talk = talking()
    for ticker, name in (
        ("005930", "삼성전자"),
        ("035720", "카카오"),
        ("000660", "SK하이닉스"),
        ("069500", "KODEX 200"),
    ):
        protect(talk, ticker, name)
    talk.ports.oms.trading_state = "HALTED"
    lines = (await talk.say("내 손절가")).split("\n")
    assert lines[-3:] == [
        "· 그 밖에 1종목은 주문판에 있어요.",
        "지금은 정지 상태라 기준에 닿아도 팔지 않아요.",
        CHANGE,
    ]


async def test_why_it_stopped_names_every_cause_and_what_to_do() -> None:
    talk = talking()
    assert (await talk.say("왜 멈췄어?")).endswith("지금은 멈춰 있지 않아요. 주문할 수 있어요.")
    order(talk, "MANUAL")
    oms = talk.ports.oms
    oms.trading_state, oms.reason = "REDUCING", "직접 확인이 필요한 주문이 있어 새로 사지 않아요."
    oms.unreachable, oms.stopped = "증권사 인증이 되지 않아요.", {"cycle": "HALTED"}
    assert (await talk.say("왜 멈췄어?")).split("\n") == [
        "지금은 줄이는 매도와 취소만 할 수 있어요.",
        "· 직접 확인할 주문이 1건 있어요.",
        "  주문판의 '직접 확인'에서 판정해 주세요.",
        "· 증권사 인증이 되지 않아요.",
        "  인터넷과 증권사 점검 시간을 확인해 주세요. 급하면 증권사 앱에서 직접 파세요.",
        "멈춘 전략: 정기 점검. 더 사지 않고, 가진 주식은 팔 수 있어요.",
    ]


async def test_an_order_in_question_is_told_as_one_that_is_looked_into() -> None:
    talk = talking()
    order(talk, "UNKNOWN")
    order(talk, "MANUAL")
    said = await talk.say("주문 상태 알려줘")
    assert "삼성전자 10주 매수(70,000원) · 결과 확인 중" in said
    assert "조회하고 있어요. 같은 주문을 앱에서 또 내지 마세요." in said
    assert "주문판의 '직접 확인'에서 판정해 주세요." in said


async def test_without_open_orders_the_last_one_is_told() -> None:
    talk = talking()
    order(talk, "FILLED", filled=10)
    assert (await talk.say("주문 상태 알려줘")).split("\n")[-2:] == [
        "미체결 주문이 없어요.",
        "· 11/23 10:00 삼성전자 10주 매수(70,000원) · 체결",
    ]
