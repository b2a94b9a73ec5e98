"""The architect in words: every strategy with its past, changes by the sentence, limits that words do not move."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from conversing import Talk, profiled
from fakes import START, USER, FakeHistory, make_ports, past_trial
from past_prices import Counted, crossing, open_backtests

from domain.clock import ManualClock
from domain.korean.promises import PROMISE
from domain.korean.reading import read
from domain.strategy.presets import preset_draft, preset_ids, trades_on_signals
from domain.strategy.spec import StrategySpec, parse_spec
from nodes.respond.pieces import MAX_LINES, drawn
from nodes.strategy_architect.edits import Edit, edits_in, unclear_in
from nodes.strategy_architect.trials import NO_PROMISE, UNDER_WAY, compared_lines, trial_lines, weak_points

SENTENCE = "2천만원으로 반도체 위주, 손실은 5%까지만"
WAY_OUT = "주식 비중을 낮추고 나머지는 현금성 상품에 두기"
ANSWERS = ("20~40세", "3년 이상", "주식·주식형 펀드·원금비보장 ELS", "잘 앎", "10% 이하", "일정하거나 늘어날 것 같음")


def stored(talk: Talk) -> list[StrategySpec]:
    return [parse_spec(row.spec) for row in talk.ports.desk.stored_strategies[USER.user_id]]


# What is heard ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("손절을 7%로, 거래는 주 1회만", [("stop_loss", 700), ("trades_a_week", 1)]),
        ("손절 3.5%, 익절은 12%로", [("stop_loss", 350), ("take_profit", 1200)]),
        ("익절은 12%로 하고 추적 손절 8%", [("take_profit", 1200), ("trailing_stop", 800)]),
        ("손절을 5%에서 7%로 바꿔줘", [("stop_loss", 700)]),
        ("트레일링 스탑 8퍼센트로", [("trailing_stop", 800)]),
        ("익절은 빼줘", [("take_profit", 0)]),
        ("종목당 15%까지만, 최대 5종목", [("name_bps", 1500), ("max_positions", 5)]),
        ("종목은 3개까지만", [("max_positions", 3)]),
        ("일주일에 두 번만 거래해줘", [("trades_a_week", 2)]),
        ("점검은 매주 금요일에", [("schedule", "week:fri")]),
        ("거래는 매월 첫 거래일에만", [("schedule", "month:1")]),
        ("점검은 매일 해줘", [("schedule", "close")]),
        ("점검은 봉마다", [("schedule", "bar")]),
        ("거래는 30분마다", [("schedule", "minutes:30")]),
        ("주봉으로 바꿔줘", [("timeframe", "1w")]),
        ("전략에서 삼성전자 빼줘", [("ticker", "005930")]),
        ("손절 3%로, 배터리 업종은 빼고", [("stop_loss", 300), ("sector", "2차전지")]),
        ("단기 이평을 10일로, 장기 이동평균은 40일로", [("param", 10), ("param", 40)]),
    ],
)  # fmt: skip
def test_a_sentence_is_heard_as_the_changes_it_names(text: str, wanted: list[tuple[str, Any]]) -> None:
    assert "strategy_edit" in read(text, now=START).acts
    heard = edits_in(text, preset_draft("golden_cross"))
    assert [(edit.field, what(edit)) for edit in heard] == wanted


def what(edit: Edit) -> Any:
    if edit.field in ("stop_loss", "take_profit", "trailing_stop", "name_bps"):
        return edit.bps
    return edit.number or edit.name


@pytest.mark.parametrize(
    "text", ["손절이 뭐야", "삼성전자 10주 매수", "손실은 5%까지만", "손절 어디야?", "매주 리포트 보내줘"]
)
def test_other_sentences_change_no_strategy(text: str) -> None:
    assert "strategy_edit" not in read(text, now=START).acts


@pytest.mark.parametrize("preset", [name for name in preset_ids() if trades_on_signals(name)])
def test_every_number_of_a_preset_can_be_named_by_its_own_words(preset: str) -> None:
    spec = preset_draft(preset)
    for name, param in spec.strategy.params.items():
        label = param.description.partition("(")[0]
        heard = edits_in(f"{label}을 {param.max}로", spec)
        asked = unclear_in(f"{label}을 {param.max}로", spec)
        assert (Edit("param", number=param.max or Decimal(0), name=name) in heard) or label in " ".join(asked), label


def test_a_period_that_may_be_two_is_asked_back() -> None:
    (asked,) = unclear_in("이평을 10일로", preset_draft("golden_cross"))
    assert "단기 이동평균 기간" in asked
    assert "장기 이동평균 기간" in asked
    assert edits_in("이평을 10일로", preset_draft("golden_cross")) == ()
    (edit,) = edits_in("rsi 기간을 10으로", preset_draft("rsi_rebound"))
    assert (edit.field, edit.name) == ("indicator", "rsi14")


# What is said -----------------------------------------------------------------------------------------------------
def test_the_past_is_six_short_lines_with_its_doubts_and_no_promise() -> None:
    lines = trial_lines(past_trial())
    assert drawn("\n".join(lines)) <= MAX_LINES
    assert lines[-1] == NO_PROMISE
    assert not any(PROMISE.search(line) for line in lines)
    told = "\n".join(lines)
    for words in ("2023.11~2026.11", "+12.3%", "코스피200 ETF +25.0%", "-6.1%", "23건", "8.4만원"):
        assert words in told
    assert "+40.1%로 나았어요" in told
    assert "모의" in trial_lines(past_trial(), made_up=True)[0]


def test_doing_nothing_and_doing_better_are_told_apart() -> None:
    idle = past_trial(gain=0.0, trades=0, open_trades=0, held_return=None, index_return=None, weaknesses=())
    assert weak_points(idle) == ("한 번도 사지 않아서 이 조건이 통하는지 알 수 없어요.",)
    assert "견줄 지수의 시세는 받지 못했어요" in trial_lines(idle)[1]
    best = past_trial(gain=0.9, weaknesses=())
    assert weak_points(best) == ()
    lines = compared_lines(past_trial(), replace(past_trial(gain=0.1), depth=0.05, trades=11, cost=40_000))
    assert lines[0].endswith("수익률이 바꾸기 전보다 2.3%포인트 낮아졌어요.")
    near = compared_lines(past_trial(gain=0.0914), past_trial(gain=0.0986))
    assert "0.8%포인트 높아졌어요" in near[0]  # +9.1% → +9.9%: of what is read
    assert "· 거래 23건 → 11건, 비용 8.4만원 → 4.0만원" in lines
    assert "결과가 같아요" in compared_lines(past_trial(), past_trial())[0]


async def test_how_often_it_is_looked_at_follows_the_bars_that_there_are() -> None:
    talk = await profiled()
    assert "1분마다 점검할 수 없어요" in await talk.say("점검은 1분마다")
    assert "점검은 그대로 매일 장 마감 무렵이에요" in await talk.say("1분봉으로 바꿔줘")
    assert "점검 주기가 매일 마감 무렵에서 봉마다로 바뀌었어요." in await talk.say("점검은 1분마다")
    assert stored(talk)[-1].schedule.every == "bar"
    assert "봉마다에서 30분마다로" in await talk.say("점검은 30분마다")
    await talk.say("전략 켜기")  # as the button below the card says it
    assert [run.state.value for run in talk.ports.desk.runs] == ["active"]


# What is done -----------------------------------------------------------------------------------------------------
async def test_a_sentence_makes_one_version_with_the_difference_and_the_figures_of_both() -> None:
    history = FakeHistory()
    talk = await profiled(ports=make_ports(history=history))
    assert "시세로 검증했어요" in talk.replies[-1]
    (first,) = stored(talk)
    history.tried.clear()
    reply = await talk.say("손절을 3%로, 거래는 주 1회만")
    made = stored(talk)[-1]
    assert (made.risk.stop_loss.percent, made.schedule.max_trades_a_week) == (3, 1)
    assert "손절이 5%에서 3%로 바뀌었어요." in reply
    assert [spec.content_hash() for spec, _, _ in history.tried] == [first.content_hash(), made.content_hash()]
    assert {cash for _, cash, _ in history.tried} == {20_000_000}
    history.figures[made.content_hash()] = past_trial(gain=0.2)
    await talk.say("익절 9%로")
    assert "· 수익률 +20.0% → +12.3%" in talk.replies[-1]
    assert [row.version for row in talk.ports.desk.stored_strategies[USER.user_id]] == [1, 2, 3]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("손절을 9%로", "손실 한도를 5%까지로 말씀하셔서"),
        ("종목당 비중 90%로", "성향 한도 때문에"),
        ("전략에서 카카오 빼줘", "지금 전략에 없는 종목이에요"),
        ("단기 이평을 100일로", "5~60 사이에서만"),
        ("손절을 좀 더 넓게", "숫자와 함께"),
    ],
)
async def test_what_would_loosen_the_profile_is_refused_with_the_reason(text: str, why: str) -> None:
    talk = await profiled()
    profile = talk.ports.desk.profiles[USER.user_id][-1]
    content = {**profile.content, "max_loss_bps": 500}
    talk.ports.desk.profiles[USER.user_id][-1] = replace(profile, content=content)
    before = len(stored(talk))
    assert why in await talk.say(text)
    assert len(stored(talk)) == before


async def test_the_possible_half_of_a_sentence_is_done_and_the_other_half_refused() -> None:
    talk = await profiled()
    reply = await talk.say("손절을 2%로, 종목당 비중 90%로")
    assert "성향 한도 때문에" in reply
    assert "손절이 5%에서 2%로" in reply


async def test_a_past_that_is_slow_or_not_to_be_had_holds_nothing_up() -> None:
    history = FakeHistory(slow=True)
    talk = await profiled(ports=make_ports(history=history))
    assert UNDER_WAY in talk.replies[-1]
    assert "전략 카드 v1" in talk.replies[-1]
    history.slow = False
    assert "모의 시세로 검증했어요" in await talk.say("백테스트")
    history.down = "지난 시세를 다 받지 못해 검증은 나중에 할게요."
    reply = await talk.say("손절 3%로")
    assert history.down in reply
    assert "전략 카드 v2" in reply


async def test_from_the_first_sentence_to_a_changed_strategy_with_figures_of_real_bars(tmp_path: Path) -> None:
    clock = ManualClock(START)
    market = Counted(clock)
    backtests = open_backtests(market, tmp_path)
    await backtests.tried(crossing(), 1_000_000, None, 60)  # compiled: no turn waits for that here
    talk = Talk(make_ports(clock=clock, market=market, history=backtests))  # type: ignore[arg-type]
    await talk.say(SENTENCE, WAY_OUT, *ANSWERS, "맞아요")
    if "strategy_architect" not in talk.route:
        await talk.say("전략 만들어줘")
    (spec,) = stored(talk)
    assert "091160" in spec.universe.tickers  # KODEX 반도체
    assert spec.risk.stop_loss.percent <= 5
    figures = await talk.say("백테스트")
    assert "모의 시세로 검증했어요(" in figures
    reply = await talk.say("손절을 2%로, 거래는 주 1회만")
    assert "손절이 5%에서 2%로 바뀌었어요." in reply
    assert "지난 시세" in reply
    assert stored(talk)[-1].schedule.max_trades_a_week == 1
    refused = await talk.say("손절을 8%로")
    assert "손실 한도를 5%까지로" in refused
    await backtests.aclose()
