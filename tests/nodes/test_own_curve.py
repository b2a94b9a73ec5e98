"""'수익률 그래프', '내 자산 추이': the account's own days in words, with its card behind; never some name's chart."""

from __future__ import annotations

import pytest
from conversing import Talk

from domain.proto import oms_pb2 as pb


def _day(date: str, start: int, high: int = 0, realised: int = 0, flow: int = 0) -> pb.Day:
    return pb.Day(date=date, start_value=start, high_water=high or start, realised=realised, flow=flow)


def _card(talk: Talk) -> str:
    """Which view the one card of the last reply opens with."""
    (piece,) = [each for each in talk.pieces if each["kind"] == "equity"]
    return str(piece["data"]["view"])


def _talk(*days: pb.Day) -> Talk:
    talk = Talk()
    talk.ports.oms.past = list(days)
    return talk


@pytest.mark.parametrize("text", ["수익률 그래프", "내 자산 추이 보여줘", "자산 그래프", "계좌 수익률 차트"])
async def test_the_curve_is_told_without_what_was_paid_in(text: str) -> None:
    # The ledger has raised the highs of the days before by what came in on the 20th.
    talk = _talk(
        _day("2026-11-18", 90_000_000, 103_000_000),
        _day("2026-11-19", 92_000_000, 103_000_000),
        _day("2026-11-20", 102_000_000, flow=10_000_000),
    )
    reply = await talk.say(text)
    assert _card(talk) == "equity"
    assert reply.split("\n")[-4:] == [
        "총자산 11월 18일 90,000,000원 → 지금 100,000,000원",
        "입출금 +10,000,000원을 빼면 0원 (0%) · 최고 103,000,000원보다 -2.91%",
        "· 11월 19일 92,000,000원",
        "· 11월 20일 102,000,000원",
    ]


async def test_gains_and_losses_are_told_by_day_the_newest_first() -> None:
    talk = _talk(_day("2026-11-19", 100_000_000, realised=-1_500), _day("2026-11-20", 100_000_000, realised=20_000))
    talk.ports.oms.hold("005930", 10, 72_000, cost=730_000)
    reply = await talk.say("손익 그래프")
    assert _card(talk) == "pnl"
    assert reply.split("\n")[-3:] == [
        "실현손익 +18,500원 (2일, 수수료·세금 차감) · 평가손익 -10,000원",
        "· 11월 20일 실현 +20,000원",
        "· 11월 19일 실현 -1,500원",
    ]


@pytest.mark.parametrize(("text", "why"), [("자산 추이", "하루치도 없어요"), ("손익 추이", "보유 종목도 없어요")])
async def test_without_a_day_the_reason_is_said(text: str, why: str) -> None:
    assert why in await _talk().say(text)


async def test_a_name_in_the_words_or_before_them_is_told_apart() -> None:
    talk = _talk()
    await talk.say("삼성전자 수익률 그래프")
    assert [each["data"].get("tickers") for each in talk.pieces if each["kind"] == "report"] == [["005930"]]
    await talk.say("수익률 그래프")
    assert _card(talk) == "equity"


async def test_a_silent_order_desk_is_said() -> None:
    talk = _talk()
    talk.ports.oms.down = True
    assert "주문 창구가 응답하지 않아요" in await talk.say("내 자산 추이")
