"""Prompts of the rooms: one file a task, Korean, what never changes first, every variable declared and given."""

from __future__ import annotations

import re
from typing import Any

import pytest
from conversing import Talk
from scripted_mind import ROOMS

import nodes.macro.node
import nodes.macro.report
import nodes.portfolio.node
import nodes.respond.writer
import nodes.selector.moods
import nodes.selector.node
import nodes.strategy_architect.node
import nodes.supervisor.node
import nodes.technical.node
import nodes.user_profile.hearing
from tools.llm.prompts import AS_DATA, FOLDER, load
from tools.llm.schema import shape_of
from tools.llm.think import Outcome, Task

TASKS: dict[str, Task[Any, Any]] = {
    task.prompt: task
    for task in (
        nodes.supervisor.node.ROUTE,
        nodes.user_profile.hearing.HEAR,
        nodes.strategy_architect.node.FIT,
        nodes.macro.node.READ,
        nodes.technical.node.READ,
        nodes.selector.node.CHOOSE,
        nodes.portfolio.node.WEIGH,
    )
}
JOBS: dict[str, Task[Any, Any]] = {  # asked in no turn
    task.prompt: task for task in (nodes.macro.report.WRITE, nodes.selector.moods.MOODS)
}
WRITTEN = "respond"
SEARCHED = nodes.macro.report.SEARCH


def test_every_room_with_a_model_has_its_own_prompt_and_no_prompt_is_left_over() -> None:
    assert sorted(path.stem for path in FOLDER.glob("*.md")) == sorted([*TASKS, *JOBS, WRITTEN, SEARCHED])


@pytest.mark.parametrize("name", [*TASKS, *JOBS, WRITTEN, SEARCHED])
def test_prompt_is_korean_short_and_the_same_in_every_call(name: str) -> None:
    text = (FOLDER / f"{name}.md").read_text(encoding="utf-8")
    prompt = load(name)
    assert prompt.labels
    assert text.rstrip().endswith("}}")  # variables last: what comes before can be reused by a provider
    fixed, _, told = text.rpartition("\n\n")
    assert all(re.fullmatch(r"[^{}]+: \{\{[a-z_]+\}\}", line) for line in told.strip().splitlines())
    assert AS_DATA in prompt.system
    assert "규칙" in fixed
    assert "약속하지 않는다" in fixed or "코드가" in fixed or "계산하지 않는다" in fixed or "보장" in fixed
    assert len(text) < 1_500
    assert sum("가" <= sign <= "힣" for sign in text) > len(re.findall(r"[A-Za-z]", text))


@pytest.mark.parametrize("name", [*TASKS, *JOBS])
def test_reply_says_in_korean_what_is_wanted_of_each_field(name: str) -> None:
    task = {**TASKS, **JOBS}[name]
    assert task.Reply is not None
    assert task.variables is not None
    assert task.merge is not None
    for field, info in task.Reply.model_fields.items():
        assert re.search("[가-힣]", info.description or ""), f"{name}.{field}"
    assert shape_of(task.Reply)["additionalProperties"] is False


async def test_variables_given_are_exactly_the_declared_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whole conversations with a silent mind that notes what it is told."""
    told: dict[str, set[str]] = {}

    async def silent(task: Task[Any, Any], value: Any) -> Outcome[Any]:
        assert task.variables is not None
        told.setdefault(task.prompt, set()).update(task.variables(value))
        assert load(task.prompt).told(task.variables(value))
        return Outcome(task.rules(value), "rules", "no_model: none")

    async def unwritten(prompt: str, variables: Any, *, fallback: str, **_: Any) -> Outcome[str]:
        told.setdefault(prompt, set()).update(variables)
        return Outcome(fallback, "rules", "no_model: none")

    for module in ROOMS:
        monkeypatch.setattr(module, "think", silent)
    monkeypatch.setattr(nodes.respond.writer, "write", unwritten)
    monkeypatch.setattr(nodes.respond.writer, "nobody", lambda: None)  # somebody is there, and says nothing
    talk = Talk()
    await talk.say(
        "주르륵 빙글",
        "2천만원으로 반도체 위주, 손실은 5%까지만",
        "1",
        "2",
        "5",
        "주르륵 빙글",
        "4",
        "2",
        "2",
        "1",
    )
    await talk.say("맞아요", "삼성전자 분석해줘")
    assert told == {name: set(load(name).labels) for name in [*TASKS, WRITTEN]}
