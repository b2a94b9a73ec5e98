"""Answers to a card on the development server: heard, recorded by the person's role, and only then looked up."""

from __future__ import annotations

from typing import Any, TypedDict
from uuid import UUID, uuid4

import pytest
from fakes import USER
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import START, StateGraph
from langgraph.types import Command, interrupt

from graph.dev_answers import CHANNEL, answerable, recorded
from tools.ports import PortUnavailable
from tools.store.decisions import Recorded

CARD = "00000000-0000-4000-8000-0000000000aa"


class Hand:
    """Remembers what would be written."""

    def __init__(self, gone: bool = False) -> None:
        self.calls: list[tuple[Any, ...]] = []
        self.gone = gone

    async def decide(self, user_id: UUID, approval_id: UUID, decision: str, **more: Any) -> Recorded:
        if self.gone:
            raise PortUnavailable("기록 저장소에 연결하지 못했어요.", where="decisions")
        self.calls.append((user_id, approval_id, decision, more))
        return Recorded.RECORDED


async def test_an_answer_to_the_waiting_card_is_recorded_for_the_user_let_in() -> None:
    hand = Hand()
    said = {"approval_id": CARD, "decision": "approve", "quantities": {"1": 5}, "unsuitable_ack": True}
    assert await recorded(said, CARD, USER.user_id, hand)
    more = {"channel": CHANNEL, "quantities": {1: 5}, "unsuitable_ack": True}
    assert hand.calls == [(USER.user_id, UUID(CARD), "approve", more)]


@pytest.mark.parametrize(
    "said",
    [
        "네",
        "approve",
        True,
        {"decision": "approve"},
        {"approval_id": str(uuid4()), "decision": "approve"},
        {"approval_id": CARD, "decision": "buy"},
        {"approval_id": CARD, "decision": "approve", "quantities": {"1": "5"}},
        {"approval_id": CARD, "decision": "approve", "quantities": {"first": 5}},
        {"approval_id": CARD, "decision": "approve", "user_id": "someone"},
        {"approval_id": CARD, "decision": "approve", "unsuitable_ack": "yes"},
        None,
        [],
    ],
)
async def test_anything_else_records_nothing(said: Any) -> None:
    hand = Hand()
    assert not await recorded(said, CARD, USER.user_id, hand)
    assert hand.calls == []


async def test_a_decision_made_elsewhere_needs_only_the_id() -> None:
    hand = Hand()
    assert await recorded({"approval_id": CARD}, CARD, USER.user_id, hand)
    assert hand.calls == []


async def test_a_silent_table_leaves_the_card_as_it_was() -> None:
    assert not await recorded({"approval_id": CARD, "decision": "reject"}, CARD, USER.user_id, Hand(gone=True))


class Line(TypedDict, total=False):
    answer: Any


def asking(state: Line) -> Line:
    return {"answer": interrupt({"kind": "approval", "approval_id": CARD})}


async def resumed(resume: Any) -> tuple[Any, list[Any]]:
    heard: list[Any] = []

    async def hear(config: RunnableConfig, said: Any, card: str) -> bool:
        heard.append((said, card))
        return said == "right"

    builder: Any = StateGraph(Line)
    builder.add_node("asking", asking)
    builder.add_edge(START, "asking")
    graph = answerable(builder.compile(checkpointer=InMemorySaver()), hear)
    config: RunnableConfig = {"configurable": {"thread_id": "one"}}
    asked = await graph.ainvoke({}, config)
    interrupt_id = asked["__interrupt__"][0].id
    values = await graph.ainvoke(Command(resume={interrupt_id: resume} if resume == "by id" else resume), config)
    return values["answer"], heard


async def test_the_graph_gets_an_id_whatever_was_said() -> None:
    assert await resumed("right") == ({"approval_id": CARD, "renew": True}, [("right", CARD)])
    assert await resumed({"renew": True}) == ({"approval_id": CARD, "renew": False}, [({"renew": True}, CARD)])


async def test_an_answer_may_name_the_interrupt_that_it_is_for() -> None:
    assert await resumed("by id") == ({"approval_id": CARD, "renew": False}, [("by id", CARD)])


async def test_a_copy_hears_as_well() -> None:
    async def hear(config: RunnableConfig, said: Any, card: str) -> bool:
        return True

    builder: Any = StateGraph(Line)
    builder.add_node("asking", asking)
    builder.add_edge(START, "asking")
    graph = answerable(builder.compile(name="named"), hear)
    copied = graph.copy({"checkpointer": InMemorySaver()})
    assert (type(copied), copied.hear, copied.name) == (type(graph), hear, "named")
