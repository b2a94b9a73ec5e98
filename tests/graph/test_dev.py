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

from graph.dev import STRANGER, UP_FIRST, Stack, dev_ports, user_of
from graph.portfolio_cycle import build_portfolio_cycle
from tools.ports import PortUnavailable
from tools.settings import ROOT

PROBE = """
import asyncio, graph.dev as dev
from types import SimpleNamespace
async def main():
    user = SimpleNamespace(identity="민수", is_authenticated=True)
    config = {"configurable": {"__is_for_execution__": True, "langgraph_auth_user": user}, "recursion_limit": 40}
    graph = await dev.assistant(config)
    given = {"messages": [{"role": "user", "content": "삼성전자 10주 매수"}]}
    result = await graph.ainvoke(given, config)
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
    for graph in config["graphs"].values():
        module, _, name = graph["path"].partition(":")
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
    async def identity_named(self, name: str, venue: str) -> Any:
        return next((who for who in (USER, OTHER) if (name, venue) == (who.name, "sim")), None)


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch) -> Stack:
    made = Stack()

    async def desk() -> Any:
        made._desk = KnownDesk()  # type: ignore[assignment]
        return made._desk

    monkeypatch.setattr(made, "desk", desk)
    return made


def let_in(name: str) -> SimpleNamespace:
    """A user as the server's authentication hands it on."""
    return SimpleNamespace(identity=name, is_authenticated=True)


async def test_who_acts_is_the_servers_user_and_nobody_else(stack: Stack) -> None:
    assert await stack.meet(USER.name) is None
    assert await stack.meet(OTHER.name) is None
    assert await stack.meet("stranger") == STRANGER
    identity = dev_ports(stack).identity

    def runtime(user: Any) -> Any:
        return SimpleNamespace(server_info=SimpleNamespace(user=user), context={"account_ref": USER.account_ref})

    assert identity(runtime(let_in(OTHER.name))) == OTHER
    for nobody in (None, let_in("stranger"), {"identity": USER.name, "is_authenticated": True}):
        with pytest.raises(PortUnavailable, match="unknown user"):
            identity(runtime(nobody))


async def test_without_a_user_there_is_nobody_to_act_for(stack: Stack) -> None:
    assert user_of(None) is None
    assert user_of(SimpleNamespace(is_authenticated=False, identity=USER.name)) is None
    assert await stack.meet(None) == STRANGER


async def test_nobody_is_known_before_the_stack_runs() -> None:
    with pytest.raises(PortUnavailable) as caught:
        dev_ports(Stack()).identity(SimpleNamespace(server_info=None))
    assert caught.value.message == UP_FIRST


def test_the_configuration_closes_what_nobody_needs() -> None:
    config = json.loads((ROOT / "langgraph.json").read_text("utf-8"))
    assert config["auth"] == {"path": "graph.dev_auth:auth", "disable_studio_auth": True}
    assert config["checkpointer"] == {"path": "graph.dev_saver.saver"}
    http = config["http"]
    for closed in ("mcp", "a2a", "store", "ui", "webhooks", "event_streaming"):
        assert http[f"disable_{closed}"] is True
    assert "*" not in http["cors"]["allow_origins"]
