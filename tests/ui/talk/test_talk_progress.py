"""A turn while it runs, as the page is told: steps in order, words as they are written, nothing left half-drawn."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from fakes import START, USER
from talk_bench import import_chainlit

from domain.clock import ManualClock
from graph.events import RoomClosed, RoomOpened, RoomProgress, Words
from tools.settings import Settings

MESSAGE = "11111111-1111-4111-8111-111111111111"


class FakeHub:
    """Remembers what was put on screens and kept."""

    def __init__(self, *, broken: bool = False) -> None:
        self.parts = SimpleNamespace(clock=ManualClock(START))
        self.screens = self
        self.broken = broken
        self.told: list[tuple[str, dict[str, Any]]] = []
        self.kept: list[dict[str, Any]] = []

    async def emit(self, user_id: Any, thread_id: str, event: str, data: dict[str, Any]) -> None:
        if self.broken:
            raise ConnectionError("gone")
        self.told.append((event, dict(data)))

    async def keep_steps(self, user_id: Any, steps: list[dict[str, Any]]) -> None:
        self.kept += [dict(step) for step in steps]


@pytest.fixture(autouse=True)
def _chainlit(quartz_home: Path) -> None:
    import_chainlit(Settings(home=quartz_home))


async def shown(hub: FakeHub, *events: Any) -> list[tuple[str, dict[str, Any]]]:
    from ui.talk.progress import Progress

    async with Progress(hub, USER.user_id, "t", MESSAGE, "run") as progress:  # type: ignore[arg-type]
        for event in events:
            progress.take(event)
    return hub.told


async def test_words_grow_start_over_and_make_room_for_the_messages() -> None:
    told = await shown(FakeHub(), Words("삼성"), Words("전자는"), Words("SK*는", restart=True))
    assert [event for event, _ in told] == ["stream_start", "stream_token", "stream_token", "delete_message"]
    assert told[0][1]["output"] == "삼성"
    assert [(row["token"], row["isSequence"]) for _, row in told[1:3]] == [("전자는", False), (r"SK\*는", True)]
    assert told[3][1]["id"] == told[0][1]["id"]


async def test_a_step_that_is_still_open_at_the_end_is_closed_and_kept() -> None:
    hub = FakeHub()
    told = await shown(hub, RoomOpened("macro"), RoomOpened("respond"), RoomOpened("technical"), RoomClosed("macro"))
    assert [(event, row["name"], bool(row["end"])) for event, row in told] == [
        ("new_message", "거시 분석", False),
        ("new_message", "기술적 분석", False),
        ("update_message", "거시 분석", True),
        ("update_message", "기술적 분석", True),
    ]
    assert [row["name"] for row in hub.kept] == ["거시 분석", "기술적 분석"]


async def test_a_long_room_counts_on_the_page_and_only_its_end_is_kept() -> None:
    hub = FakeHub()
    counted = [RoomProgress("technical", done, 3) for done in (1, 2, 3)]
    told = await shown(hub, RoomOpened("technical"), *counted, RoomClosed("technical"))
    assert [row["name"] for _, row in told[1:4]] == [f"기술적 분석 · 차트 {done}/3" for done in (1, 2, 3)]
    assert [row["name"] for row in hub.kept] == ["기술적 분석"]


async def test_a_page_that_cannot_be_drawn_on_costs_nothing_else() -> None:
    hub = FakeHub(broken=True)
    assert await shown(hub, RoomOpened("macro"), Words("네")) == []
