"""Prompts of the conversation's rooms: present, Korean, with declared variables only, rendered whole."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from nodes.strategy_architect.node import FIT
from nodes.supervisor.node import ROUTE

PROMPTS = Path(__file__).parents[2] / "prompts"
VARIABLES = {
    "supervisor": {"pending", "reading"},
    "user_profile": {"asked", "options", "text"},
    "strategy_architect": {"profile", "limits"},
    "respond": {"blocks"},
}
PLACE = re.compile(r"\{\{(\w+)\}\}")


@pytest.mark.parametrize("name", list(VARIABLES))
def test_prompt_declares_its_variables_and_renders_without_leftovers(name: str) -> None:
    text = (PROMPTS / f"{name}.md").read_text(encoding="utf-8")
    assert set(PLACE.findall(text)) == VARIABLES[name]
    rendered = PLACE.sub(lambda match: f"<{match[1]}>", text)
    assert "{{" not in rendered
    assert "규칙" in rendered
    assert len(text) < 1_500


def test_tasks_name_prompts_that_exist() -> None:
    for task in (ROUTE, FIT):
        assert (PROMPTS / f"{task.prompt}.md").exists()
