"""The diary of a check: at most three lines, what was missing always among them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.diary import MAX_LINE, Check, diary, missing

SLOT = "2026-11-23T10:00"
BUY = {"name": "삼성전자", "qty": 3, "side": "buy"}
SELL = {"name": "카카오", "qty": 1_200, "side": "sell"}
IDLE = "투자하지 않은 돈이 9,000,000원(45%) 남아 있어요"
WEAK = "후보의 차트 흐름이 모두 약해서 지금은 새로 사지 않는 편이 나아요."

CASES: dict[str, tuple[Check, list[str]]] = {
    "a quiet check is one line": (
        Check(SLOT),
        [f"{SLOT} 점검: 벗어난 것이 없어요. 주문은 제안하지 않았어요."],
    ),
    "a quiet rebalance says which loop it was": (
        Check(SLOT, "rebalance"),
        [f"{SLOT} 비중 점검: 벗어난 것이 없어요. 주문은 제안하지 않았어요."],
    ),
    "a quiet check that was half blind says so": (
        Check(SLOT, missing=["시세"]),
        [f"{SLOT} 점검: 벗어난 것이 없어요.", "주문은 제안하지 않았어요. 못 본 것: 시세."],
    ),
    "something is only said": (
        Check(SLOT, seen=["카카오는 거래가 정지돼 있어요"]),
        [f"{SLOT} 점검: 카카오는 거래가 정지돼 있어요.", "주문은 제안하지 않았어요."],
    ),
    "something is off and nothing fits": (
        Check(SLOT, seen=[IDLE], why=WEAK),
        [f"{SLOT} 점검: {IDLE}.", f"주문은 제안하지 않았어요. {WEAK}"],
    ),
    "orders went out": (
        Check(SLOT, seen=[IDLE], orders=[BUY, SELL], outcome="submitted", why="삼성전자: 선호하시는 업종이에요."),
        [
            f"{SLOT} 점검: {IDLE}.",
            "삼성전자 3주 매수, 카카오 1,200주 매도: 주문을 보냈어요.",
            "삼성전자: 선호하시는 업종이에요.",
        ],
    ),
    "nobody approved, the economy was old and a chart was silent": (
        Check(
            SLOT,
            seen=[IDLE],
            orders=[BUY],
            outcome="expired",
            why="삼성전자: 선호하시는 업종이에요.",
            missing=["거시 지표", "카카오 차트"],
        ),
        [
            f"{SLOT} 점검: {IDLE}.",
            "삼성전자 3주 매수: 승인이 없어 주문하지 않았어요.",
            "삼성전자: 선호하시는 업종이에요. 못 본 것: 거시 지표, 카카오 차트.",
        ],
    ),
    "rejected": (
        Check(SLOT, seen=[IDLE], orders=[BUY], outcome="rejected"),
        [f"{SLOT} 점검: {IDLE}.", "삼성전자 3주 매수: 거절하셔서 주문하지 않았어요."],
    ),
    "stopped by the gate": (
        Check(SLOT, seen=[IDLE], orders=[BUY], outcome="refused"),
        [f"{SLOT} 점검: {IDLE}.", "삼성전자 3주 매수: 한도 점검에서 막혀 주문하지 않았어요."],
    ),
    "the desk did not answer": (
        Check(SLOT, seen=[IDLE], orders=[BUY], outcome="unavailable"),
        [f"{SLOT} 점검: {IDLE}.", "삼성전자 3주 매수: 주문 창구가 답하지 않아 확인이 필요해요."],
    ),
    "the closing check only tells": (
        Check(SLOT, seen=[IDLE], orders=[BUY]),
        [f"{SLOT} 점검: {IDLE}.", "삼성전자 3주 매수: 제안만 하고 주문하지 않았어요."],
    ),
    "an equal proposal is not asked for again": (
        Check(SLOT, seen=[IDLE], orders=[BUY], again="09:30"),
        [f"{SLOT} 점검: 오늘 09:30에 여쭌 제안과 같아서 다시 여쭙지 않았어요."],
    ),
    "a stop comes first, also before a question that is not repeated": (
        Check(SLOT, seen=[IDLE], orders=[BUY], again="09:30", sold=["09:41에 카카오 5주를 지킴이가 팔았어요"]),
        [f"{SLOT} 점검: 09:41에 카카오 5주를 지킴이가 팔았어요; 오늘 09:30에 여쭌 제안과 같아서 다시 여쭙지 않았어요."],
    ),
    "a stop is told where nothing else is": (
        Check(SLOT, sold=["09:41에 카카오 5주를 지킴이가 팔았어요"]),
        [f"{SLOT} 점검: 09:41에 카카오 5주를 지킴이가 팔았어요.", "주문은 제안하지 않았어요."],
    ),
    "no book": (
        Check(SLOT, seen=["잔고를 읽지 못해 이번 점검은 쉬었어요"]),
        [f"{SLOT} 점검: 잔고를 읽지 못해 이번 점검은 쉬었어요.", "주문은 제안하지 않았어요."],
    ),
    "a model that is left out is a sentence of its own": (
        Check(SLOT, seen=[IDLE], orders=[BUY], outcome="submitted", missing=["뉴스", "답이 없어 규칙이 대신했어요"]),
        [
            f"{SLOT} 점검: {IDLE}.",
            "삼성전자 3주 매수: 주문을 보냈어요.",
            "못 본 것: 뉴스. 답이 없어 규칙이 대신했어요.",
        ],
    ),
}


@pytest.mark.parametrize("name", list(CASES))
def test_lines_of(name: str) -> None:
    check, lines = CASES[name]
    assert diary(check).split("\n") == lines


TEXTS = st.text("가나다 1", min_size=1, max_size=150).map(lambda text: f"값{text}요")


@settings(max_examples=60, deadline=None)
@given(
    seen=st.lists(TEXTS, max_size=6),
    orders=st.lists(st.sampled_from([BUY, SELL]), max_size=5),
    outcome=st.sampled_from([None, "submitted", "expired", "something new"]),
    why=st.one_of(st.just(""), TEXTS),
    missed=st.lists(st.sampled_from(["거시 지표", "뉴스", "카카오 차트"]), max_size=3, unique=True),
)
def test_three_short_lines_at_most_and_what_was_missing_is_never_cut_off(
    seen: list[str], orders: list[dict[str, Any]], outcome: str | None, why: str, missed: list[str]
) -> None:
    text = diary(Check(SLOT, seen=seen, orders=orders, outcome=outcome, why=why, missing=missed))
    lines = text.split("\n")
    assert len(lines) <= 3
    assert all(0 < len(line) <= MAX_LINE for line in lines)
    assert all(each in text for each in missed)


def report(analyst: str, status: str, ticker: str | None = None) -> dict[str, Any]:
    return {"analyst": analyst, "status": status, "ticker": ticker}


def ruled(what: str, why: str) -> dict[str, Any]:
    return {"code": "answered_by", "by": "rules", "what": what, "why": why, "text": ""}


@pytest.mark.parametrize(
    ("reports", "notices", "said"),
    [
        ([report("macro", "ok"), report("selector", "ok"), report("technical", "ok", "005930")], [], []),
        ([report("macro", "unavailable")], [], ["거시 지표"]),
        ([report("macro", "stale")], [], ["새 거시 지표(지난 값으로 봤어요)"]),
        ([report("selector", "stale"), report("technical", "unavailable", "005930")], [], ["뉴스", "삼성전자 차트"]),
        (
            [report("technical", "unavailable", ticker) for ticker in ("005930", "035720", "000660")],
            [],
            ["삼성전자 외 2종목 차트"],
        ),
        ([report("technical", "unavailable"), report("portfolio", "unavailable")], [], ["차트", "비중"]),
        (
            [],
            [ruled("거시 분석", "budget: openai:m, spent"), ruled("비중", "budget: openai:m, spent")],
            ["언어모델의 도움(거시 분석, 비중)은 오늘 예산을 다 써서 규칙이 대신했어요"],
        ),
        (
            [],
            [ruled("비중", "check_failed: openai:m, expected tickers"), ruled("종목 선별", "bad_reply: openai:m, no")],
            ["언어모델의 답(비중, 종목 선별)은 자료와 맞지 않아 버리고 규칙이 대신했어요"],
        ),
        (
            [],
            [ruled("비중", "timeout: a, no answer; resting: b after timeout"), {"code": "answered_by", "by": "model"}],
            ["언어모델의 답(비중)이 없어 규칙이 대신했어요"],
        ),
    ],
)
def test_what_a_check_could_not_read(
    reports: list[dict[str, Any]], notices: list[dict[str, Any]], said: list[str]
) -> None:
    assert missing(reports, notices) == said
