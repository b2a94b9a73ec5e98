"""A room that reads several things says how far it is, from the room through the graph's stream to the face."""

from __future__ import annotations

from typing import Any

import pytest
from fakes import USER, make_ports
from langgraph.runtime import Runtime

from graph.events import RoomProgress, Words
from graph.threads import event_of
from nodes.technical.node import technical


def runtime(written: list[Any]) -> Any:
    return Runtime(context={"identity": USER}, stream_writer=written.append)


async def test_each_chart_of_several_is_counted() -> None:
    written: list[Any] = []
    await technical(make_ports())({"goal": "inform", "focus": ["005930", "000660", "035720"]}, runtime(written))
    events = [event_of({"ns": (), "type": "custom", "data": data}) for data in written]
    assert events == [RoomProgress("technical", done, 3) for done in (1, 2, 3)]


async def test_one_chart_is_no_progress() -> None:
    written: list[Any] = []
    await technical(make_ports())({"goal": "inform", "focus": ["005930"]}, runtime(written))
    assert written == []


@pytest.mark.parametrize(
    "data", [{}, {"progress": {"room": "technical"}}, {"progress": {"room": 1, "done": 1, "of": 2}}, "words", None]
)
def test_what_is_not_in_our_words_is_nothing(data: Any) -> None:
    assert event_of({"ns": (), "type": "custom", "data": data}) is None
    assert event_of({"ns": (), "type": "custom", "data": {"words": "네"}}) == Words("네")
