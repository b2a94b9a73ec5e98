"""The reply: figures filled, promises cut, questions repeated once."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
import yaml

from domain.clock import KST
from domain.evidence import Figure, Unit
from domain.korean.promises import PROMISE
from domain.reports import Analyst, AnalystReport, Stance
from nodes.asking import ask_block, block, question
from nodes.respond.pieces import option_lines
from nodes.respond.rules import DISCLAIMER, SUITED, compose
from tools.settings import ROOT

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=KST)


def state(*say: dict[str, Any], **more: Any) -> Any:
    return {"say": list(say), "turn": {"message_id": "m", "text": "", "at": NOW.isoformat()}, **more}


def test_figures_fill_their_places() -> None:
    figure = Figure(id="p", value=72_000, unit=Unit.WON, source="test", as_of=NOW).to_json()
    assert (
        compose(state(block("price", "지금 {{f:p|이에요/예요}}", figures=[figure])), None).text == "지금 72,000원이에요"
    )


def test_missing_figure_is_never_invented() -> None:
    figure = Figure(id="p", value=1, unit=Unit.WON, source="test", as_of=NOW).to_json()
    assert "숫자를 확인하지 못해서" in compose(state(block("price", "지금 {{f:other}}", figures=[figure])), None).text


@pytest.mark.parametrize(
    "text",
    [
        "원금 보장돼요",
        "확정 수익이에요",
        "무조건 올라요",
        "100% 수익이 나요",
        "대박 종목이에요",
        "반드시 오를 거예요",
        "손실이 없어요",
    ],
)
def test_promise_never_leaves(text: str) -> None:
    assert PROMISE.search(text)
    assert text not in compose(state(block("text", f"안내해 드릴게요.\n{text}")), None).text


@pytest.mark.parametrize(
    "text",
    [
        "원금을 보장하는 주식은 없다고 보시면 돼요",
        "오를지 내릴지는 아무도 장담할 수 없어요",
        "원금 손실이 생길 수 있어요",
    ],
)
def test_warning_is_no_promise(text: str) -> None:
    assert not PROMISE.search(text) or "보장하는" in text


def test_open_question_is_repeated_once_and_an_offer_never() -> None:
    asked = question("user_profile", "age", "나이가 어떻게 되세요?", ["19세 이하", "20~40세"], NOW)
    first = compose(state(block("text", "시세예요."), pending_question=asked), None)
    assert "나이가 어떻게 되세요?" in first.text
    second = compose(state(block("text", "시세예요."), pending_question=first.pending), None)
    assert "나이가" not in second.text
    assert second.pending is not None
    offer = question("supervisor", "next", "다음은요?", ["추천 보기"], NOW, optional=True)
    assert compose(state(block("text", "시세예요."), pending_question=offer), None).pending is None


def test_question_asked_now_is_not_said_twice() -> None:
    asked = question("user_profile", "age", "나이가 어떻게 되세요?", ["19세 이하"], NOW)
    assert compose(state(ask_block(asked), pending_question=asked), None).text.count("나이가") == 1


def test_short_options_share_a_line_and_long_ones_do_not() -> None:
    assert len(option_lines(["네", "아니요"])) == 1
    assert len(option_lines(["아주 길게 설명하는 첫 번째 선택지예요", "아주 길게 설명하는 두 번째 선택지예요"])) == 2


def test_silence_becomes_a_sentence() -> None:
    assert "도움말" in compose(state(), None).text


def test_english_gets_one_english_line() -> None:
    text = compose(state(block("text", "안녕하세요."), reading={"language": "en"}), None).text
    assert "I answer in Korean" in text


def test_a_view_of_bundled_figures_says_so_where_it_is_given() -> None:
    def view(source: str) -> str:
        figure = Figure(id="m.rate", value=3, unit=Unit.PERCENT, source=source, as_of=NOW)
        report = AnalystReport(
            analyst=Analyst.MACRO,
            stance=Stance.BULLISH,
            confidence=60,
            drivers=("금리가 {{f:m.rate}}예요.",),
            figures=(figure,),
            as_of=NOW,
        )
        return compose(state(goal="inform", route=["macro"], reports=[report.to_json()]), None).text

    made_up = str(yaml.safe_load((ROOT / "tools/macro/data/demo.yaml").read_text("utf-8"))["source"])
    assert view(made_up).startswith("거시 (시연 자료, 실제 통계가 아니에요): 긍정적. 금리가 3%예요.")
    assert view("한국은행 ECOS").startswith("거시: 긍정적. 금리가 3%예요.")


def test_each_proposal_says_that_it_fits_the_profile_and_that_it_is_no_promise() -> None:
    leg = {"ticker": "005930", "name": "삼성전자", "side": "buy", "qty": 1, "price": 70_000, "reason": "이유"}
    told = compose(state(goal="propose", route=["risk"], proposals=[leg]), None).text
    assert f"{SUITED} {DISCLAIMER}" in told
    assert SUITED not in compose(state(goal="propose", route=["risk"], proposals=[]), None).text
