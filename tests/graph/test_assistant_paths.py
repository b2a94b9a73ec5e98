"""Where a turn goes: the exact rooms of every goal, the one list of ways, the joins, the reducers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args
from uuid import UUID

import pytest
from fakes import START, FakeMacro, FakeMarket, FakeNews, FakeOms, give_profile, make_ports
from langgraph.types import Command
from scripted_rooms import scripted

from domain.reports import AnalystReport
from graph.assistant import build_assistant
from graph.paths import JOINS, NEXT, ROOMS, path_for
from graph.rooms import in_room
from nodes.state import GOALS, NodeName, append_route, collect, collect_once
from tools.ports import Ports

AT = START.isoformat()
ANALYSIS = ["intake", "supervisor", "macro", "selector", "technical", "portfolio", "risk"]


async def run(ports: Ports, text: str, **state: Any) -> Mapping[str, Any]:
    graph = build_assistant(ports, nodes=scripted()).compile()
    given = {"turn": {"message_id": "m", "text": text, "at": AT}, **state}
    result: Mapping[str, Any] = (await graph.ainvoke(given, {"recursion_limit": 40}, version="v2")).value
    return result


async def ready(ports: Ports) -> Ports:
    await give_profile(ports)
    await ports.desk.save_strategy(
        UUID("00000000-0000-4000-8000-000000000001"), UUID(int=1), "h", {}, ports.clock.now()
    )
    return ports


@pytest.mark.parametrize(
    ("text", "rooms"),
    [
        ("추천해줘", [*ANALYSIS, "respond"]),
        ("카카오 추천", [*ANALYSIS, "respond"]),
        ("시장 어때", ["intake", "supervisor", "macro", "respond"]),
        ("카카오 어때", ["intake", "supervisor", "selector", "technical", "respond"]),
        ("셋 다 물어봐", ["intake", "supervisor", "macro", "selector", "technical", "respond"]),
        ("성향", ["intake", "supervisor", "user_profile", "respond"]),
        ("전략", ["intake", "supervisor", "strategy_architect", "respond"]),
        ("잔고", ["intake", "supervisor", "account", "respond"]),
    ],
)
async def test_the_rooms_of_a_goal_with_profile_and_strategy(text: str, rooms: list[str]) -> None:
    assert (await run(await ready(make_ports()), text))["route"] == rooms


@pytest.mark.parametrize("text", ["추천해줘", "추천대로 사줘", "전략"])
async def test_without_a_profile_the_profile_is_asked_first(text: str) -> None:
    assert (await run(make_ports(), text))["route"] == ["intake", "supervisor", "user_profile", "respond"]


async def test_with_a_profile_and_no_strategy_the_strategy_comes_first_and_the_proposals_in_the_same_turn() -> None:
    ports = make_ports()
    await give_profile(ports)
    rooms = ["intake", "supervisor", "strategy_architect", *ANALYSIS[2:]]
    assert (await run(ports, "추천해줘"))["route"] == [*rooms, "respond"]
    assert (await run(ports, "카카오 추천"))["route"] == [*rooms, "respond"]


async def test_a_strategy_that_cannot_be_made_ends_the_turn_with_its_reason() -> None:
    ports = make_ports()
    await give_profile(ports)

    async def strategy_architect(state: Any, runtime: Any) -> Any:
        return {"route": ["strategy_architect"], "say": [{"kind": "text", "text": "만들 수 없어요.", "data": {}}]}

    graph = build_assistant(ports, nodes=scripted() | {"strategy_architect": strategy_architect}).compile()
    given = {"turn": {"message_id": "m", "text": "추천해줘", "at": AT}}
    result = (await graph.ainvoke(given, {"recursion_limit": 40}, version="v2")).value  # type: ignore[call-overload]
    assert result["route"] == ["intake", "supervisor", "strategy_architect", "respond"]


async def test_an_expired_profile_is_no_profile() -> None:
    ports = await ready(make_ports())
    ports.clock.advance(400 * 86_400)  # type: ignore[attr-defined]
    assert "user_profile" in (await run(ports, "추천해줘", profile_version=1))["route"]


async def test_a_focus_lets_the_chart_join_the_first_step() -> None:
    stages = path_for("propose", {"focus": ["005930"], "profile_version": 1, "strategy_id": "s"})
    assert stages[0] == ("macro", "selector", "technical")
    stages = path_for("propose", {"focus": [], "profile_version": 1, "strategy_id": "s"})
    assert stages[:2] == (("macro", "selector"), ("technical",))


async def test_parallel_rooms_are_joined_once() -> None:
    result = await run(await ready(make_ports()), "추천해줘")
    assert result["route"].count("portfolio") == 1
    assert result["route"].count("respond") == 1
    analysts = [report["analyst"] for report in result["reports"]]
    assert analysts.count("macro") == 1
    assert analysts[-2:] == ["portfolio", "risk"]


async def test_a_recommendation_ends_in_proposals_of_the_grade() -> None:
    result = await run(await ready(make_ports()), "추천해줘")
    assert 0 < len(result["proposals"]) <= 3
    assert all(row["reason"] and row["initiative"] == "agent" for row in result["proposals"])


async def test_a_new_turn_forgets_the_reports_of_the_last_and_keeps_its_proposals() -> None:
    from langgraph.checkpoint.memory import InMemorySaver

    graph = build_assistant(await ready(make_ports()), nodes=scripted()).compile(checkpointer=InMemorySaver())
    config: Any = {"configurable": {"thread_id": "t"}, "recursion_limit": 40}
    first = await graph.ainvoke({"turn": {"message_id": "1", "text": "추천해줘", "at": AT}}, config, version="v2")
    second = await graph.ainvoke({"turn": {"message_id": "2", "text": "잔고", "at": AT}}, config, version="v2")
    assert second.value["reports"] == []
    assert second.value["proposals"] == first.value["proposals"]
    third = await graph.ainvoke({"turn": {"message_id": "3", "text": "이대로 주문", "at": AT}}, config, version="v2")
    assert third.value["route"] == ["intake", "supervisor"]
    assert third.interrupts[0].value["kind"] == "approval"


async def test_silent_macro_and_news_are_reports_and_not_the_end() -> None:
    ports = await ready(make_ports(macro=FakeMacro(down=True), news=FakeNews(down=True)))
    result = await run(ports, "추천해줘")
    assert result["route"] == [*ANALYSIS, "respond"]
    macro = next(report for report in result["reports"] if report["analyst"] == "macro")
    assert AnalystReport.model_validate(macro).status.value == "unavailable"
    assert result["proposals"]


async def test_a_silent_market_ends_in_words_and_without_proposals() -> None:
    ports = await ready(make_ports())
    market: FakeMarket = ports.market  # type: ignore[assignment]
    market.down = True
    result = await run(ports, "추천해줘")
    assert result["route"][-1] == "respond"
    assert not result.get("proposals")
    assert any(notice["code"] == "unavailable" for notice in result["notices"])


async def test_a_silent_oms_leaves_the_account_room_with_one_sentence() -> None:
    ports = make_ports()
    oms: FakeOms = ports.oms  # type: ignore[assignment]
    oms.down = True

    async def account(state: Any, runtime: Any) -> Any:
        await ports.oms.book(ports.identity(runtime))

    update: Any = await in_room("account", account, ports.clock)({}, None)  # type: ignore[arg-type]
    assert update["say"][0]["kind"] == "unavailable"


async def test_a_room_that_chooses_its_own_way_is_an_error() -> None:
    async def macro(state: Any, runtime: Any) -> Any:
        return Command(goto="order_desk")

    with pytest.raises(TypeError, match="expected no goto from macro"):
        await in_room("macro", macro, make_ports().clock)({}, None)  # type: ignore[arg-type]


async def test_only_a_silent_port_is_caught_around_a_room() -> None:
    async def macro(state: Any, runtime: Any) -> Any:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await in_room("macro", macro, make_ports().clock)({}, None)  # type: ignore[arg-type]


def test_the_node_set_is_the_one_list() -> None:
    graph = build_assistant(make_ports(), nodes=scripted())
    assert set(graph.nodes) == set(get_args(NodeName)) == set(ROOMS) == set(NEXT)


def test_every_way_leads_to_a_room_and_none_back_to_the_supervisor() -> None:
    ways = [way for found in NEXT.values() for way in found]
    assert set(ways) <= set(ROOMS)
    assert [room for room, found in NEXT.items() if "supervisor" in found] == ["intake"]


def test_the_ways_of_the_graph_are_the_ways_of_the_table() -> None:
    graph = build_assistant(make_ports(), nodes=scripted())
    for room, branches in graph.branches.items():
        if room == "__start__":
            continue
        (branch,) = branches.values()
        assert branch.ends is not None
        assert tuple(branch.ends) == NEXT[room]  # type: ignore[index]


@pytest.mark.parametrize("goal", GOALS)
@pytest.mark.parametrize("profile", [None, 1])
@pytest.mark.parametrize("strategy", [None, "s"])
@pytest.mark.parametrize("focus", [[], ["005930"]])
@pytest.mark.parametrize("extra", [{}, {"proposals": [{}]}, {"own_order": {}}, {"order_request": [{}]}])
def test_every_path_keeps_to_the_ways_and_ends_in_respond(
    goal: Any, profile: Any, strategy: Any, focus: Any, extra: Any
) -> None:
    state: Any = {"profile_version": profile, "strategy_id": strategy, "focus": focus, "analysts": ["macro"], **extra}
    stages = path_for(goal, state)
    assert stages[-1] == ("respond",)
    before: tuple[NodeName, ...] = ("supervisor",)
    for stage in stages:
        assert all(any(room in NEXT[earlier] for earlier in before) for room in stage)
        before = stage


def test_rooms_that_join_wait_for_all() -> None:
    graph = build_assistant(make_ports(), nodes=scripted())
    assert {name for name, node in graph.nodes.items() if node.defer} == set(JOINS)


def test_reducers_add_within_a_turn_and_begin_anew_on_none() -> None:
    assert append_route(["a"], ["b"]) == ["a", "b"]
    assert append_route(["a"], None) == []
    assert append_route(None, ["a"]) == ["a"]
    assert collect([{"a": 1}], [{"b": 2}]) == [{"a": 1}, {"b": 2}]
    assert collect([{"a": 1}], None) == []
    once = {"code": "demo_data", "text": "시연용"}
    assert collect_once([once], [once, {"code": "limit", "text": "한도"}]) == [once, {"code": "limit", "text": "한도"}]
    assert collect_once([once], None) == []


def test_strict_serialisation_is_on_before_langgraph_wherever_one_begins() -> None:
    import subprocess
    import sys

    for first in ("ui.turn", "graph.runner", "execution.desk.desk", "nodes.state"):
        code = (
            f"import {first}; from langgraph.checkpoint.serde import _msgpack; assert _msgpack.STRICT_MSGPACK_ENABLED"
        )
        subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
