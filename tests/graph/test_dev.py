"""The graphs as LangGraph's development server gets them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from fakes import OTHER, USER, give_profile, make_ports

from graph.dev import OWNER, UP_FIRST, Stack, dev_ports, user_of
from graph.portfolio_cycle import build_portfolio_cycle
from tools.ports import PortUnavailable
from tools.settings import ROOT

PROBE = """
import asyncio, graph.dev as dev
async def main():
    graph = await dev.assistant({"configurable": {"__is_for_execution__": True}})
    given = {"messages": [{"role": "user", "content": "삼성전자 10주 매수"}]}
    result = await graph.ainvoke(given, {"recursion_limit": 40})
    print(result["reply"])
asyncio.run(main())
"""


def in_empty_home(code: str, home: Path, **more: str) -> str:
    environment = {**os.environ, "QUARTZ_HOME": str(home), "QUARTZ_ENV_FILE": "", "PYTHONPATH": str(ROOT), **more}
    found = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=120, cwd=ROOT, check=True
    )
    return found.stdout


def test_with_nothing_running_a_turn_says_what_to_run(quartz_home: Path) -> None:
    assert "run ./quartz up first" in in_empty_home(PROBE, quartz_home)


@pytest.mark.parametrize("name", ["portfolio_cycle", "rebalance"])
def test_with_nothing_running_a_cycle_answers_in_words(quartz_home: Path, name: str) -> None:
    code = PROBE.replace("dev.assistant", f"dev.{name}")
    assert "run ./quartz up first" in in_empty_home(code, quartz_home)


async def test_a_run_that_nobody_named_gets_the_slot_of_its_moment() -> None:
    ports = make_ports()
    await give_profile(ports)
    graph = build_portfolio_cycle(ports).compile()
    given: Any = {"report_only": True}
    result = await graph.ainvoke(given, {"recursion_limit": 40})
    assert result["slot"] == "2026-11-23T10:00"
    assert result["order_origin"] == ["cycle", USER.account_ref, "2026-11-23T10:00"]
    assert result["reply"].startswith("2026-11-23T10:00 점검")


def test_the_configuration_is_valid_and_names_graphs_that_exist() -> None:
    import graph.dev as dev

    config = json.loads((ROOT / "langgraph.json").read_text("utf-8"))
    assert set(config["graphs"]) == {"assistant", "portfolio_cycle", "rebalance"}
    for where in config["graphs"].values():
        module, _, name = where.partition(":")
        assert module == "graph.dev"
        assert callable(getattr(dev, name))


def test_langgraph_validates_the_configuration() -> None:
    found = subprocess.run(
        [str(Path(sys.executable).parent / "langgraph"), "validate"],
        env={**os.environ, "LANGGRAPH_CLI_NO_ANALYTICS": "1"},
        capture_output=True,
        text=True,
        timeout=120,
        cwd=ROOT,
        check=False,
    )
    assert found.returncode == 0, found.stdout + found.stderr
    assert "valid" in found.stdout


async def test_schemas_and_pictures_need_nothing_running() -> None:
    import graph.dev as dev

    for factory in (dev.assistant, dev.portfolio_cycle, dev.rebalance):
        graph = await factory({"configurable": {}})
        assert graph.get_input_jsonschema()
        assert graph.get_output_jsonschema()
        assert "order_desk:approval" in {node for node in graph.get_graph(xray=True).nodes}
        assert graph.checkpointer is None


class KnownDesk:
    async def owner_identity(self, venue: str) -> Any:
        return USER

    async def identity_named(self, name: str, venue: str) -> Any:
        return OTHER if (name, venue) == (OTHER.name, "sim") else None


async def test_who_acts_is_the_servers_user_and_nobody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    stack = Stack()

    async def desk() -> Any:
        return KnownDesk()

    monkeypatch.setattr(stack, "desk", desk)
    for name in (OWNER, OTHER.name, "stranger"):
        await stack.meet(name)
    identity = dev_ports(stack).identity

    def runtime(user: Any) -> Any:
        return SimpleNamespace(server_info=SimpleNamespace(user=user), context={"account_ref": USER.account_ref})

    assert identity(runtime(SimpleNamespace(identity=OTHER.name, is_authenticated=True))) == OTHER
    assert identity(runtime(None)) == USER
    with pytest.raises(PortUnavailable, match="quartz up"):
        identity(runtime(SimpleNamespace(identity="stranger", is_authenticated=True)))


def test_an_unauthenticated_server_acts_for_the_owner() -> None:
    assert user_of(None) == OWNER
    assert user_of(SimpleNamespace(user=SimpleNamespace(is_authenticated=False, identity="x"))) == OWNER


async def test_nobody_is_known_before_the_stack_runs() -> None:
    with pytest.raises(PortUnavailable) as caught:
        dev_ports(Stack()).identity(SimpleNamespace(server_info=None))
    assert caught.value.message == UP_FIRST
