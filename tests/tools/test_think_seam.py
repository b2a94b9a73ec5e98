"""The seam for a model: always an answer, and an honest word about who gave it."""

from __future__ import annotations

import ast
from uuid import UUID

import pytest
from pydantic import BaseModel, SecretStr

from domain.clock import SystemClock
from tools.llm.mind import configure_from_environment, configured, current, model_wanted
from tools.llm.think import NO_MODEL, RULES_ONLY, SWITCHED_OFF, Task, badge, think
from tools.llm.turn import asking
from tools.llm.write import write
from tools.settings import ROOT, Settings

USER = UUID(int=1)


class Number(BaseModel):
    number: int


TASK = Task(prompt="probe", In=int, Out=int, rules=lambda value: value + 1, check=lambda given, found: None)
ASKABLE = Task(
    prompt="supervisor",
    In=int,
    Out=int,
    rules=lambda value: value + 1,
    Reply=Number,
    variables=lambda value: {"value": str(value)},
    merge=lambda given, ruled, reply: reply.number,
)


def with_model() -> Settings:
    return Settings(model="openai:gpt-4o-mini", model_api_key=SecretStr("sk-test-0000000000000000"))


async def test_without_a_model_rules_answer() -> None:
    outcome = await think(ASKABLE, 1)
    assert (outcome.value, outcome.by, outcome.why, outcome.model) == (2, "rules", NO_MODEL, None)
    assert "언어모델 없이" in badge().text


async def test_a_task_without_a_reply_is_never_put_to_a_model() -> None:
    async with configured(with_model()):
        outcome = await think(TASK, 1)
    assert (outcome.value, outcome.by, outcome.why) == (2, "rules", RULES_ONLY)


async def test_somebody_who_switched_models_off_is_answered_by_rules_and_told_so() -> None:
    async with configured(with_model()):
        with asking(USER, use_model=False):
            outcome = await think(ASKABLE, 1)
            text = await write("respond", {"blocks": "안녕"}, fallback="안녕하세요.", figures={})
            assert (outcome.by, outcome.why) == ("rules", SWITCHED_OFF)
            assert (text.value, text.by, text.why) == ("안녕하세요.", "rules", SWITCHED_OFF)
            assert badge().text == "규칙 모드: 언어모델을 꺼 두셔서 정해진 규칙으로 답해요."
        assert badge().text == "언어모델 gpt-4o-mini가 도와요. 숫자와 주문은 코드가 정해요."


async def test_a_turn_that_may_not_ask_any_more_is_answered_by_rules() -> None:
    task = Task(
        prompt="supervisor",
        In=int,
        Out=int,
        rules=lambda value: value,
        Reply=Number,
        variables=lambda value: dict.fromkeys(_variables("supervisor"), "-"),
        merge=lambda given, ruled, reply: reply.number,
    )
    async with configured(with_model()):
        with asking(USER, calls=0):
            assert (await think(task, 1)).why.startswith("allowance: ")


async def test_a_prompt_that_cannot_be_filled_is_answered_by_rules() -> None:
    async with configured(with_model()):
        outcome = await think(ASKABLE, 1)
    assert (outcome.value, outcome.by) == (2, "rules")
    assert outcome.why.startswith("prompt: ")


async def test_an_unreadable_preference_counts_as_no() -> None:
    async def broken(user_id: UUID) -> bool:
        raise ConnectionError

    async def declined(user_id: UUID) -> bool:
        return False

    assert await model_wanted(USER)
    async with configured(with_model(), preference=broken, clock=SystemClock()):
        assert not await model_wanted(USER)
    async with configured(with_model(), preference=declined):
        assert not await model_wanted(USER)
    async with configured(with_model()):
        assert await model_wanted(USER)


async def test_what_was_configured_before_comes_back() -> None:
    async with configured(with_model()) as outer:
        async with configured(Settings()):
            assert current() is None
        assert current() is outer
    assert current() is None


def test_a_broken_setting_is_no_model_for_the_development_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QUARTZ_MODEL", "moon:big")
    configure_from_environment()
    assert current() is None


def test_only_the_models_package_asks_for_the_model() -> None:
    allowed = {"tools/llm", "tools/settings.py", "ui/doctor.py"}
    found = []
    for floor in ("domain", "tools", "market", "simulation", "execution", "nodes", "graph", "ui"):
        for file in (ROOT / floor).rglob("*.py"):
            name = file.relative_to(ROOT).as_posix()
            if any(name.startswith(each) for each in allowed):
                continue
            text = file.read_text("utf-8")
            if "QUARTZ_MODEL" in text:
                found.append(name)
            for node in ast.walk(ast.parse(text)):
                if isinstance(node, ast.Attribute) and node.attr in ("model_api_key", "model_base_url"):
                    found.append(name)
                if (
                    isinstance(node, ast.Attribute)
                    and node.attr == "model"
                    and isinstance(node.value, ast.Name | ast.Attribute)
                    and "settings" in ast.unparse(node.value)
                ):
                    found.append(name)
    assert found == []


def _variables(name: str) -> tuple[str, ...]:
    from tools.llm.prompts import load

    return tuple(load(name).labels)
