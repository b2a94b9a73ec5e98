"""What a face with cards gets of a turn: the rooms' own pieces, the door's words as text, a waiting card last."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from conversing import Talk, profiled
from langgraph.checkpoint.memory import InMemorySaver
from scripted_mind import ScriptedMind

from graph.assistant import build_assistant
from graph.events import Words
from graph.threads import Threads
from graph.turn import CARD, TurnResult
from tools.ports import Identity


def kinds(result: TurnResult) -> list[str]:
    return [each["kind"] for each in result.pieces]


async def test_words_of_the_door_are_text_and_never_another_turns_pieces() -> None:
    talk = await profiled()
    before = replace(talk.results[-1], reply="처리하다가 문제가 생겼어요.", failed=True)
    assert [(each["kind"], each["text"]) for each in before.pieces] == [("text", "처리하다가 문제가 생겼어요.")]
    assert TurnResult("").pieces == []


async def test_what_was_put_before_a_reply_stands_before_its_pieces() -> None:
    talk = Talk()
    await talk.say("잔고")
    result = talk.results[-1]
    told = replace(result, reply=f"승인 시간이 지났어요.\n\n{result.reply}")
    assert kinds(told) == ["text", *kinds(result)]
    assert told.pieces[0]["text"] == "승인 시간이 지났어요."


async def test_card_comes_after_what_the_rooms_said() -> None:
    talk = await profiled()
    await talk.say("삼성전자 3주 사줘")
    result = talk.results[-1]
    assert kinds(result)[-1] == "approval"
    assert result.pieces[-1] == {
        "kind": "approval",
        "text": CARD,
        "options": [],
        "data": {"approval_id": talk.approval_id},
    }
    waiting = replace(result, reply=f"승인을 기다리는 주문이 있어요.\n{result.reply.splitlines()[-1]}")
    assert "approval" not in kinds(waiting)  # not the card's own words


async def test_answer_beside_a_card_is_not_the_card_again() -> None:
    talk = await profiled()
    await talk.say("삼성전자 3주 사줘", "카카오 얼마야")
    assert "approval" not in kinds(talk.results[-1])
    assert any("45,000원" in each["text"] for each in talk.pieces)
    await talk.say("네, 사줘")
    assert kinds(talk.results[-1]) == ["text"]
    assert "/approve" not in talk.results[-1].pieces[0]["text"]
    assert "/approve" in talk.results[-1].reply


async def test_words_of_the_writer_come_as_events_and_end_in_the_reply(monkeypatch: pytest.MonkeyPatch) -> None:
    ScriptedMind({"respond": lambda told: "살펴보면, " + told["text"]}).put_in(monkeypatch)
    talk = Talk()
    graph = build_assistant(talk.ports)
    threads = Threads(talk.ports, InMemorySaver(), assistant=graph, aside=graph, cycles={})
    heard: list[Any] = []
    who: Identity = talk.ports.identity(None)  # type: ignore[arg-type]
    turn = {"message_id": "m", "text": "시장 어때", "at": talk.ports.clock.now().isoformat()}
    result = await threads.run(f"chat:{who.user_id}:t", {"turn": turn, "messages": []}, (), heard.append)
    words = "".join(event.text for event in heard if isinstance(event, Words))
    assert words.startswith("살펴보면, 거시 (시연 자료, 실제 통계가 아니에요): ")
    assert "{{" not in words
    assert words.strip() in result.reply
    assert [each["kind"] for each in result.pieces if each["text"] == words.strip()] == ["report"]
