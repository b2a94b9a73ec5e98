"""The same texts from the person's own keyboard, in files they bring, and out of a model's mouth: no effect."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from conversing import profiled
from fakes import START, USER
from injections import CORPUS, TEXTS

from domain.evidence import Figure, Unit
from domain.korean.promises import PROMISE
from domain.macro.report import Citation
from domain.reports import Analyst, AnalystReport, Stance
from domain.strategy.kis_yaml import export_kis, read_kis
from domain.strategy.presets import preset_draft
from domain.strategy.problems import StrategyError
from nodes.mind import ReportReply, merged_report, unfit
from tools.llm.prompts import load
from tools.llm.schema import read_reply

KINDS = list(CORPUS)


@pytest.mark.parametrize("kind", KINDS)
async def test_said_by_a_person_they_approve_order_raise_and_loosen_nothing(kind: str) -> None:
    talk = await profiled("위험중립형")
    desk, oms = talk.ports.desk, talk.ports.oms
    await talk.say("추천해줘", "이대로 주문")
    waiting = talk.approval_id
    assert waiting is not None
    profile, strategy = desk.profiles[USER.user_id][-1], desk.stored_strategies[USER.user_id][-1]
    mandates = len(desk.stored_mandates)
    for text in CORPUS[kind]:
        reply = await talk.say(text)
        assert any("가" <= sign <= "힣" for sign in reply), text
        assert not PROMISE.search(reply), text
    assert (oms.submits, desk.decisions) == ([], {})
    assert talk.approval_id == waiting
    assert list(desk.requests) == [next(iter(desk.requests))]
    assert desk.profiles[USER.user_id][-1] == profile
    assert desk.stored_strategies[USER.user_id][-1] == strategy
    assert (len(desk.stored_mandates), desk.rules) == (mandates, [])
    assert oms.trading_state in ("ACTIVE", "REDUCE_ONLY", "HALTED")  # stopping is anybody's word; going on is not


def test_files_that_people_bring_carry_them_as_names_and_change_no_rule_of_the_strategy() -> None:
    plain = export_kis(preset_draft("golden_cross"))
    meant = _rules(read_kis(plain).spec)
    taken, places = 0, set()
    for text in TEXTS:
        data = yaml.safe_load(plain)
        data["metadata"] = {**data["metadata"], "name": text, "description": text, "author": text, "tags": [text]}
        try:
            spec = read_kis(yaml.safe_dump(data, allow_unicode=True)).spec
        except StrategyError as refused:
            places |= {problem.path.partition(".")[0] for problem in refused.problems}
            continue
        taken += 1
        assert _rules(spec) == meant, text
    assert taken >= 50
    assert places <= {"metadata"}


def _rules(spec: Any) -> dict[str, Any]:
    """Everything that trades: all but names and descriptions."""
    content = spec.model_dump(mode="json")
    return {key: value for key, value in content.items() if key not in ("metadata", "name", "description")}


def test_a_models_sentence_that_repeats_one_is_refused() -> None:
    figure = Figure(id="t.rsi", value=50, unit=Unit.INDEX, source="일봉", as_of=START)
    report = AnalystReport(
        analyst=Analyst.TECHNICAL, ticker="005930", stance=Stance.NEUTRAL, confidence=50, figures=(figure,), as_of=START
    )

    def taken_up(text: str) -> bool:
        reply = {"stance": "neutral", "confidence": 50, "drivers": [text], "risks": []}
        try:
            merged_report(report, read_reply(json.dumps(reply, ensure_ascii=False), ReportReply))
        except ValueError:
            return False
        return True

    assert taken_up("RSI가 {{f:t.rsi}}로 가운데에 있어요.")
    assert [text for text in TEXTS if taken_up(text)] == []


def test_as_material_for_a_model_no_text_closes_its_mark_or_brings_a_place_to_fill() -> None:
    prompt = load("news_moods")
    [name] = prompt.labels
    for text in TEXTS:
        told = prompt.told({name: text})
        assert told.count("<data") == told.count("</data") == 1, text
        assert text not in prompt.system


def test_a_page_found_on_the_web_is_cited_by_plain_https_addresses_alone() -> None:
    for text in TEXTS:
        with pytest.raises(ValueError, match="https"):
            Citation(title="글", url=text[:2_000])


@pytest.mark.parametrize("text", ["원금이 보장돼요.", "무조건 올라요.", "확정 수익이에요.", "손실이 없어요."])
def test_promises_reach_nobody_whoever_makes_them(text: str) -> None:
    assert unfit(text) == "expected no promise of a return, was one"
