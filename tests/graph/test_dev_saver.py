"""Threads of the development server in the product's database: apart from its conversations, and from each other."""

from __future__ import annotations

from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

import pytest
from databases import Database
from langchain_core.messages import AIMessage, HumanMessage
from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver
from langgraph.graph import START, MessagesState, StateGraph
from pydantic import BaseModel

from graph.dev_saver import PREFIX, PlainSerializer, StudioSaver
from tools.store.pool import make_dict_pool

THREAD = "6f1d3c9e-0000-4000-8000-000000000001"


def answer(state: MessagesState) -> dict[str, Any]:
    return {"messages": [AIMessage("네", id="a1")]}


class Strange(BaseModel):
    name: str


class Bench:
    def __init__(self, pool: Any) -> None:
        self.asking: str | None = None
        self.inner = AsyncPostgresSaver(pool, serde=PlainSerializer())
        self.saver = StudioSaver(self.inner, lambda: self.asking)
        builder: Any = StateGraph(MessagesState)
        builder.add_node("answer", answer)
        builder.add_edge(START, "answer")
        self.graph = builder.compile(checkpointer=self.saver)

    async def run(self, name: str, text: str) -> None:
        user = SimpleNamespace(identity=name)
        config = {"configurable": {"thread_id": THREAD, "langgraph_auth_user": user}}
        await self.graph.ainvoke({"messages": [HumanMessage(text, id="h1")]}, config, durability="sync")

    async def texts(self, name: str | None, thread: str = THREAD, **claimed: Any) -> list[str]:
        self.asking = name
        state = await self.graph.aget_state({"configurable": {"thread_id": thread, **claimed}})
        return [message.text for message in state.values.get("messages", [])]


@pytest.fixture
async def bench(database: Database) -> AsyncIterator[Bench]:
    async with make_dict_pool(database.url("graph"), "studio-test", search_path="desk", max_size=2) as pool:
        yield Bench(pool)


async def test_the_same_thread_id_is_another_thread_for_another_person(bench: Bench) -> None:
    await bench.run("민수", "내 이야기")
    assert await bench.texts("민수") == ["내 이야기", "네"]
    assert await bench.texts("영희") == []
    await bench.run("영희", "다른 이야기")
    assert await bench.texts("민수") == ["내 이야기", "네"]


async def test_the_requests_user_wins_over_a_claim(bench: Bench) -> None:
    await bench.run("민수", "내 이야기")
    assert await bench.texts("영희", langgraph_auth_user=SimpleNamespace(identity="민수")) == []


async def test_nobody_reads_and_writes_nothing(bench: Bench) -> None:
    with pytest.raises(PermissionError, match="was nobody"):
        await bench.texts(None, langgraph_auth_user={"identity": "민수"})


async def test_a_conversation_of_the_product_is_out_of_reach(bench: Bench) -> None:
    product = {"configurable": {"thread_id": "chat:1:terminal", "checkpoint_ns": ""}}
    graph = bench.graph.copy({"checkpointer": bench.inner})
    await graph.ainvoke({"messages": [HumanMessage("비밀", id="h1")]}, product)
    assert await bench.texts("민수", "chat:1:terminal") == []
    assert await bench.texts("x:../chat:1", "terminal") == []


async def test_names_stay_inside_and_history_lists_the_thread_that_was_asked_for(bench: Bench) -> None:
    await bench.run("민수", "하나")
    await bench.run("민수", "둘")
    bench.asking = "민수"
    thread: Any = {"configurable": {"thread_id": THREAD}}
    states = [state async for state in bench.graph.aget_state_history(thread)]
    assert len(states) > 2
    assert {state.config["configurable"]["thread_id"] for state in states} == {THREAD}
    assert {s.parent_config["configurable"]["thread_id"] for s in states if s.parent_config} == {THREAD}
    before = [s async for s in bench.graph.aget_state_history(thread, before=states[1].config)]
    assert len(before) == len(states) - 2
    stored = [found async for found in bench.inner.alist({"configurable": {"thread_id": f"{PREFIX}민수:{THREAD}"}})]
    assert len(stored) == len(states)


async def test_deleting_takes_ones_own_thread_only(bench: Bench) -> None:
    await bench.run("민수", "내 이야기")
    await bench.run("영희", "다른 이야기")
    bench.asking = "영희"
    await bench.saver.adelete_thread(THREAD)
    assert await bench.texts("영희") == []
    assert await bench.texts("민수") == ["내 이야기", "네"]
    bench.asking = None
    await bench.saver.adelete_thread(THREAD)  # the end of a stateless run
    assert await bench.texts("민수") == ["내 이야기", "네"]


def test_a_checkpoint_never_makes_an_object_of_another_kind() -> None:
    serializer = PlainSerializer()
    assert serializer.with_msgpack_allowlist([("pathlib", "PurePosixPath")]) is serializer
    message = serializer.loads_typed(serializer.dumps_typed(HumanMessage("네", id="h1")))
    assert message == HumanMessage("네", id="h1")
    strange = serializer.loads_typed(serializer.dumps_typed(Strange(name="x")))
    assert not isinstance(strange, Strange)
