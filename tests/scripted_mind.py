"""A mind by script: what a model would have answered, per prompt, put through the merge, check and gate of a task.

Nothing is repaired: an answer that does not pass leaves the rules' one and says why, as a chain of one model would.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

import nodes.macro.node
import nodes.portfolio.node
import nodes.respond.writer
import nodes.selector.node
import nodes.strategy_architect.node
import nodes.supervisor.node
import nodes.technical.node
import nodes.user_profile.hearing
from tools.llm.faults import Failed
from tools.llm.gate import Gate
from tools.llm.prompts import load
from tools.llm.schema import Unreadable, read_reply
from tools.llm.think import Outcome, Task

ROOMS = (
    nodes.supervisor.node,
    nodes.user_profile.hearing,
    nodes.strategy_architect.node,
    nodes.macro.node,
    nodes.technical.node,
    nodes.selector.node,
    nodes.portfolio.node,
)
Script = Mapping[str, Any] | str | Callable[[Mapping[str, str]], Any]


@dataclass
class ScriptedMind:
    """`says` by prompt: JSON for a task, text for the writer, or a function of what the prompt was told."""

    says: dict[str, Script]
    asked: list[str] = field(default_factory=list)
    told: dict[str, str] = field(default_factory=dict)
    given: dict[str, Any] = field(default_factory=dict)  # what a task was asked about, last
    outcomes: dict[str, Outcome[Any]] = field(default_factory=dict)
    shown: list[tuple[str, bool]] = field(default_factory=list)

    def put_in(self, monkeypatch: pytest.MonkeyPatch) -> ScriptedMind:
        for room in ROOMS:
            monkeypatch.setattr(room, "think", self.think)
        monkeypatch.setattr(nodes.respond.writer, "nobody", lambda: None)  # somebody is there to be asked
        monkeypatch.setattr(nodes.respond.writer, "write", self.write)
        return self

    async def think(self, task: Task[Any, Any], value: Any) -> Outcome[Any]:
        ruled = task.rules(value)
        self.given[task.prompt] = value
        assert task.Reply is not None
        assert task.variables is not None
        assert task.merge is not None
        variables = task.variables(value)
        said = self._said(task.prompt, variables)
        if said is None:
            return self._came_to(task.prompt, Outcome(ruled, "rules", "timeout: scripted"))
        try:
            text = said if isinstance(said, str) else json.dumps(said, ensure_ascii=False)
            answer = task.merge(value, ruled, read_reply(text, task.Reply))
            wrong = task.check(value, answer) if task.check is not None else None
        except (Unreadable, ValueError) as fault:
            wrong, answer = str(fault), ruled
        if wrong is not None:
            return self._came_to(task.prompt, Outcome(ruled, "rules", f"check_failed: {wrong}"))
        return self._came_to(task.prompt, Outcome(answer, "model", "answered", "fake:model"))

    async def write(
        self,
        prompt: str,
        variables: Mapping[str, str],
        *,
        fallback: str,
        figures: Any,
        on_words: Callable[[str, bool], None],
        check: Callable[[str], str | None],
    ) -> Outcome[str]:
        said = self._said(prompt, variables)
        if said is None:
            return self._came_to(prompt, Outcome(fallback, "rules", "timeout: scripted"))
        gate = Gate(figures, check)
        try:
            for words in (gate.feed(str(said)), gate.close()):
                if words:
                    on_words(words, False)
                    self.shown.append((words, False))
        except Failed as failed:
            return self._came_to(prompt, Outcome(fallback, "rules", f"check_failed: {failed.fault.detail}"))
        if not gate.shown.strip():
            return self._came_to(prompt, Outcome(fallback, "rules", "empty: scripted"))
        return self._came_to(prompt, Outcome(gate.shown.strip(), "model", "answered", "fake:model"))

    def _said(self, prompt: str, variables: Mapping[str, str]) -> Any:
        self.asked.append(prompt)
        self.told[prompt] = load(prompt).told(variables)
        said = self.says.get(prompt)
        return said(variables) if callable(said) else said

    def _came_to(self, prompt: str, outcome: Outcome[Any]) -> Outcome[Any]:
        self.outcomes[prompt] = outcome
        return outcome
