"""The first minutes with a model on the wire: real processes, a provider's server on loopback, settings from the
environment. What the model says is in the reply; what is ordered is the code's; each call is in the books.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from household import Household, invest
from model_servers import Provider, openai_server
from people import ACTIVE
from sensible_model import TRIED, SensibleModel

MODEL = "openai:gpt-4o-mini"
KEY = "sk-household-5ecret-5ecret-5ecret"


@contextmanager
def served() -> Iterator[Provider]:
    """The provider in a thread of its own, for processes to ask."""
    ready: list[tuple[Provider, asyncio.AbstractEventLoop, asyncio.Event]] = []
    started = threading.Event()

    async def serve() -> None:
        async with openai_server() as server:
            over = asyncio.Event()
            ready.append((server, asyncio.get_running_loop(), over))
            started.set()
            await over.wait()

    thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
    thread.start()
    assert started.wait(20)
    server, loop, over = ready[0]
    try:
        yield server
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join(timeout=20)


@pytest.fixture
def provider() -> Iterator[Provider]:
    with served() as server:
        yield server


def test_a_model_helps_from_the_greeting_to_the_fill(provider: Provider, quartz_home: Path) -> None:
    model = SensibleModel().put_on(provider)
    environment = {"QUARTZ_MODEL": MODEL, "QUARTZ_MODEL_BASE_URL": provider.url, "QUARTZ_MODEL_API_KEY": KEY}
    home = Household(quartz_home, environment)
    try:
        home.up()
        chat = home.chat()
        hello = chat.say("안녕")
        assert "규칙 모드" not in hello["reply"]
        looked = chat.say("내 곳간 좀 들여다봐")
        assert "총자산" in looked["reply"]
        told = [notice["text"] for notice in looked["notices"] if notice["code"] == "answered_by"]
        assert len(told) == 1
        assert told[0].startswith("말씀 이해")
        assert told[0].endswith("언어모델이 도왔어요.")
        market = chat.say("시장 어때")
        assert TRIED in market["reply"]
        assert "{{" not in market["reply"]

        turn = invest(chat, ACTIVE)
        filled = [order for order in turn["orders"] if order["state"] == "FILLED"]
        assert filled
        placed = {(row["ticker"], row["qty"]) for row in home.journal("order")}
        assert {(order["ticker"], order["qty"]) for order in filled} <= placed
        assert {"supervisor", "macro", "technical", "selector", "portfolio", "respond"} <= set(model.asked)

        rows = home.rows("SELECT task, model, outcome, input_tokens, output_tokens, won_milli FROM desk.model_calls")
        assert {row[1] for row in rows} == {MODEL}
        assert [row[0] for row in rows if row[2] == "cached"] == ["macro"]  # the same sheet was read before
        rows = [row for row in rows if row[2] != "cached"]
        assert len(rows) == len(model.asked)
        assert {row[2] for row in rows} == {"ok"}
        assert all(given > 100 and made > 5 for *_, given, made, _ in rows)
        spent = home.rows(
            "SELECT count(*), sum(s.tokens) FROM desk.model_holds JOIN desk.model_spent s USING (call_id)"
        )
        assert spent == [(len(rows), sum(given + made for *_, given, made, _ in rows))]
        assert KEY not in (home.home / "up.err").read_text(encoding="utf-8") + chat.errors()
        assert set(provider.keys) == {f"Bearer {KEY}"}
    finally:
        home.down()
