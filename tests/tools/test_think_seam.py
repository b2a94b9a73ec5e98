"""The seam for a model: always an answer, and an honest word about who gave it."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

from tools.llm.think import MODEL_LATER, NO_MODEL, Task, badge, configured_model, think
from tools.settings import ROOT


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    configured_model.cache_clear()
    yield
    configured_model.cache_clear()


TASK = Task(prompt="probe", In=int, Out=int, rules=lambda value: value + 1, check=lambda given, found: None)


async def test_without_a_model_rules_answer() -> None:
    outcome = await think(TASK, 1)
    assert (outcome.value, outcome.by, outcome.why) == (2, "rules", NO_MODEL)
    assert "언어모델 없이" in badge().text


async def test_with_a_model_configured_the_outcome_says_that_models_come_later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QUARTZ_MODEL", "openai:gpt-4o-mini")
    outcome = await think(TASK, 1)
    assert (outcome.value, outcome.by, outcome.why) == (2, "rules", MODEL_LATER)
    assert badge().by == "rules"
    assert "아직 규칙" in badge().text


async def test_a_broken_setting_is_no_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QUARTZ_BROKER", "moon")
    assert (await think(TASK, 1)).by == "rules"


def test_only_the_models_package_asks_for_the_model() -> None:
    allowed = {"tools/llm", "tools/settings.py", "ui/doctor.py"}
    found = []
    for floor in ("domain", "tools", "simulation", "execution", "nodes", "graph", "ui"):
        for file in (ROOT / floor).rglob("*.py"):
            name = file.relative_to(ROOT).as_posix()
            if any(name.startswith(each) for each in allowed):
                continue
            text = file.read_text("utf-8")
            if "QUARTZ_MODEL" in text:
                found.append(name)
            for node in ast.walk(ast.parse(text)):
                if isinstance(node, ast.Attribute) and node.attr in ("model", "model_api_key", "model_base_url"):
                    found.append(name)
    assert found == []
