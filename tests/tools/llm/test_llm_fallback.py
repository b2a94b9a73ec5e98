"""Several models: who is asked first, who takes over, and what a turn may spend on them."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator

import pytest
from asked_models import GOOD, TASK, USER, asking_models, told
from langchain_core.callbacks import AsyncCallbackHandler
from model_servers import Drop, Hang, Provider, Refuse, Say, google_server, openai_server

from tools.llm import calls
from tools.llm.think import Task, badge, think
from tools.llm.turn import asking, this_turn
from tools.llm.write import write

FIRST, SECOND = "openai:gpt-4o-mini", "google_genai:gemini-2.5-flash"


@pytest.fixture
async def two() -> AsyncIterator[tuple[Provider, Provider]]:
    async with openai_server() as first, google_server() as second:
        yield first, second


async def test_the_second_model_is_asked_only_when_the_first_fails(two: tuple[Provider, Provider]) -> None:
    first, second = two
    async with asking_models((FIRST, first), (SECOND, second)) as asked:
        first.then(Say(GOOD), Refuse(500), Say("nope"), Say("nope"))
        second.then(Say(GOOD), Say(GOOD))
        answered = [(await think(TASK, "안녕")).model for _ in range(3)]
        assert answered == [FIRST, SECOND, SECOND]
        assert [(call.model, call.outcome) for call in asked.calls] == [
            (FIRST, "ok"),
            (FIRST, "server_error"),
            (SECOND, "ok"),
            (FIRST, "bad_reply"),
            (FIRST, "bad_reply"),
            (SECOND, "ok"),
        ]


async def test_when_all_fail_the_outcome_names_each_and_the_rules_answer(two: tuple[Provider, Provider]) -> None:
    first, second = two
    async with asking_models((FIRST, first), (SECOND, second)):
        first.then(Refuse(401))
        second.then(Say(""))
        outcome = await think(TASK, "안녕")
        assert (outcome.value, outcome.by, outcome.model) == ("rules", "rules", None)
        assert [part.split(",")[0] for part in outcome.why.split("; ")] == [
            f"unauthorized: {FIRST}",
            f"empty: {SECOND}",
        ]


async def test_the_badge_names_the_model_that_would_answer_now(two: tuple[Provider, Provider]) -> None:
    first, second = two
    async with asking_models((FIRST, first), (SECOND, second)):
        assert "gpt-4o-mini가 도와요" in badge().text
        first.then(Refuse(404))
        second.then(Say(GOOD), Refuse(429))
        await think(TASK, "안녕")
        assert "gemini-2.5-flash가 도와요" in badge().text
        await think(TASK, "안녕")
        assert badge().by == "rules"
        assert "모델 이름을 확인해 주세요" in badge().text


async def test_a_text_that_one_model_left_half_done_is_written_anew_by_the_next(two: tuple[Provider, Provider]) -> None:
    first, second = two
    seen: list[tuple[str, bool]] = []
    async with asking_models((FIRST, first), (SECOND, second)):
        first.then(Drop("하나예요. 둘이"))
        second.then(Say("처음부터예요. 끝이에요."))
        outcome = await write(
            "respond", told("respond", "x"), fallback="규칙.", figures={}, on_words=lambda *piece: seen.append(piece)
        )
        assert (outcome.value, outcome.model) == ("처음부터예요. 끝이에요.", SECOND)
        assert seen == [("하나예요. ", False), ("처음부터예요. ", True), ("끝이에요.", False)]


async def test_parallel_rooms_share_the_allowance_of_their_turn() -> None:
    async with openai_server() as server, asking_models((FIRST, server)) as asked:
        server.then(*[Say(GOOD)] * 5)
        with asking(USER, calls=3):
            outcomes = await asyncio.gather(*(think(TASK, "안녕") for _ in range(5)))
        assert sorted(outcome.by for outcome in outcomes) == ["model"] * 3 + ["rules"] * 2
        assert {outcome.why.split(":")[0] for outcome in outcomes} == {"answered", "allowance"}
        assert [call.user_id for call in asked.calls] == [USER] * 3
        assert (await think(TASK, "안녕")).by == "model"


async def test_a_turn_whose_time_is_spent_asks_nobody_any_more() -> None:
    async with openai_server() as server, asking_models((FIRST, server)) as asked:
        server.then(Hang(), Say(GOOD))
        with asking(USER, seconds=0.4):
            assert (await think(TASK, "안녕")).why.startswith("timeout: ")
            assert (await think(TASK, "안녕")).why.startswith("allowance: ")
        assert asked.outcomes == ["timeout"]


async def test_a_turn_that_is_given_up_leaves_its_row_and_the_model_usable() -> None:
    async with openai_server() as server, asking_models((FIRST, server)) as asked:
        server.then(Hang(), Say(GOOD))
        turn = asyncio.create_task(think(TASK, "안녕"))
        await server.asked.wait()
        turn.cancel()
        with pytest.raises(asyncio.CancelledError):
            await turn
        assert asked.outcomes == ["cancelled"]
        assert (await think(TASK, "안녕")).by == "model"


async def test_a_merge_that_breaks_is_the_rules_turn() -> None:
    def broken(text: str, ruled: str, reply: object) -> str:
        raise KeyError("moon")

    task = Task("supervisor", str, str, lambda text: "rules", None, TASK.Reply, TASK.variables, broken)
    async with openai_server() as server, asking_models((FIRST, server)) as asked:
        server.then(Say(GOOD), Say(GOOD))
        outcome = await think(task, "안녕")
        assert (outcome.value, outcome.by) == ("rules", "rules")
        assert asked.outcomes == ["check_failed", "check_failed"]


async def test_a_recorder_that_fails_never_fails_the_turn() -> None:
    async with openai_server() as server, asking_models((FIRST, server)) as asked:

        async def broken(call: object) -> None:
            raise ConnectionError

        asked.mind._recorder = broken
        server.then(Say(GOOD))
        assert (await think(TASK, "안녕")).by == "model"


async def test_the_first_question_does_not_hold_up_the_event_loop() -> None:
    """Importing and building a client happens in a thread: others go on in the meantime."""
    beats: list[float] = []

    async def beat() -> None:
        while True:
            beats.append(time.monotonic())
            await asyncio.sleep(0.005)

    async with openai_server() as server, asking_models((FIRST, server)) as asked:
        client = asked.mind.members[0].client
        build = client._build

        def slow() -> object:
            time.sleep(0.5)
            return build()

        client._build = slow  # type: ignore[assignment, method-assign]
        server.then(Say(GOOD))
        heart = asyncio.create_task(beat())
        assert (await think(TASK, "안녕")).by == "model"
        heart.cancel()
    assert len(beats) > 10


async def test_a_client_that_is_long_in_the_making_is_no_fault_of_the_model(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a machine that has much else to do the first import takes long: rules answer, and the model is not rested; the
    wait is not the turn's time either."""
    go_on = threading.Event()
    async with openai_server() as server, asking_models((FIRST, server)) as asked:
        client = asked.mind.members[0].client
        build = client._build

        def slow() -> object:
            assert go_on.wait(30)
            return build()

        client._build = slow  # type: ignore[assignment, method-assign]
        server.then(Say(GOOD))
        monkeypatch.setattr(calls, "READY_SECONDS", 0.05)
        for _ in range(4):
            outcome = await think(TASK, "안녕")
            assert outcome.why.startswith(f"not_ready: {FIRST}, ")
        assert badge().by == "model"
        monkeypatch.setattr(calls, "READY_SECONDS", 60.0)
        asyncio.get_running_loop().call_later(0.3, go_on.set)
        with asking(USER, seconds=20.0):
            turn = this_turn()
            assert (await think(TASK, "안녕")).by == "model"
            assert turn.seconds > 20.2
        assert asked.outcomes == ["not_ready"] * 4 + ["ok"]
        assert len(server.sent) == 1


async def test_a_graph_that_streams_messages_does_not_hear_the_models_raw_words() -> None:
    """LangGraph hands its listeners to every model call inside a room; ours carry placeholders and JSON."""
    from langchain_core.runnables import RunnableLambda

    class Listener(AsyncCallbackHandler):
        heard: list[str] = []  # noqa: RUF012

        async def on_llm_new_token(self, token: str, **named: object) -> None:
            self.heard.append(token)

        async def on_chat_model_start(self, *given: object, **named: object) -> None:
            self.heard.append("start")

    async def room(text: str) -> str:
        await write("respond", told("respond", "x"), fallback="규칙.", figures={})
        return (await think(TASK, text)).by

    async with openai_server() as server, asking_models((FIRST, server)):
        server.then(Say("하나예요."), Say(GOOD))
        assert await RunnableLambda(room).ainvoke("안녕", {"callbacks": [Listener()]}) == "model"
    assert Listener.heard == []
