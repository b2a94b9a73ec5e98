"""Answers kept for the same question: free, checked anew, never another person's, bounded in time and number."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

import psycopg
import pytest
from asked_models import GOOD, TASK, USER, asking_models
from databases import Database
from model_servers import Say, openai_server

from domain.clock import KST
from tools.llm.answers import KEPT_FOR, MOST_SIGNS, Answers, Kept, MemoryAnswers, key_of
from tools.llm.think import think
from tools.llm.turn import asking
from tools.store.model_answers import ModelAnswers
from tools.store.pool import make_dict_pool

AT = datetime(2026, 11, 23, 9, 30, tzinfo=KST)
OTHER = UUID(int=8)
LABEL = "openai:m"
SHARED, OWN = replace(TASK, kept=Kept.SHARED), replace(TASK, kept=Kept.PERSON)


def key(number: int) -> bytes:
    made = key_of(Kept.SHARED, None, str(number))
    assert made is not None
    return made


async def a_shelf_of_three(shelf: Answers) -> None:
    for number in range(4):
        await shelf.put(key(number), f"답 {number}", AT + timedelta(minutes=number))
    now = AT + timedelta(minutes=5)
    assert [await shelf.get(key(number), now) for number in range(4)] == [None, "답 1", "답 2", "답 3"]
    await shelf.put(key(3), "다른 답", now)
    assert await shelf.get(key(3), now) == "답 3"
    late = AT + timedelta(minutes=2) + KEPT_FOR
    assert [await shelf.get(key(number), late) for number in (2, 3)] == [None, "답 3"]
    await shelf.put(key(2), "새 답", late)
    assert await shelf.get(key(2), late) == "새 답"


async def test_a_shelf_in_memory_is_bounded_in_time_and_number() -> None:
    await a_shelf_of_three(MemoryAnswers(capacity=3))


async def test_a_shelf_in_the_database_is_bounded_the_same(database: Database) -> None:
    async with make_dict_pool(database.url("graph"), "test-answers") as pool:
        await a_shelf_of_three(ModelAnswers(pool, capacity=3))
    with psycopg.connect(database.admin_url) as admin:
        assert admin.execute("SELECT count(*) FROM desk.model_answers").fetchall() == [(2,)]


def test_a_key_is_of_every_part_and_of_its_person() -> None:
    parts = ("openai:m", "prompt", "{}", "<data>")
    keys = [key_of(Kept.SHARED, USER, *parts)]
    keys += [key_of(Kept.SHARED, USER, *parts[:at], parts[at] + "x", *parts[at + 1 :]) for at in range(4)]
    keys += [key_of(Kept.PERSON, who, *parts) for who in (USER, OTHER)]
    assert None not in keys
    assert len(set(keys)) == len(keys)
    assert key_of(Kept.SHARED, OTHER, *parts) == keys[0] == key_of(Kept.SHARED, None, *parts)
    assert key_of(Kept.PERSON, None, *parts) is None
    assert key_of(Kept.NEVER, USER, *parts) is None


async def test_the_same_question_is_asked_once_and_another_model_is_asked_itself() -> None:
    async with openai_server() as server, asking_models((LABEL, server)) as asked:
        server.otherwise = lambda body: Say(GOOD)
        with asking(USER):
            first = await think(SHARED, "차트")
        with asking(OTHER, calls=0):  # what costs nothing needs no allowance
            assert await think(SHARED, "차트") == first
            assert (await think(SHARED, "다른 차트")).by == "rules"
        assert len(server.sent) == 1
        assert asked.outcomes == ["ok", "cached"]
        hit = asked.calls[1]
        assert (hit.user_id, hit.model, hit.input_tokens, hit.won_milli, hit.priced) == (OTHER, LABEL, 0, 0, True)
        assert hit.call_id != asked.calls[0].call_id
        shelf = asked.mind.answers
    async with openai_server() as server, asking_models(("openai:n", server)) as asked:
        asked.mind.answers = shelf
        server.then(Say(GOOD))
        await think(SHARED, "차트")
        assert asked.outcomes == ["ok"]


async def test_what_is_somebodys_own_is_never_anothers_answer() -> None:
    async with openai_server() as server, asking_models((LABEL, server)) as asked:
        server.otherwise = lambda body: Say(GOOD)
        for who in (USER, OTHER, USER, None, None):
            with asking(who):
                await think(OWN, "비중")
        await think(TASK, "제 말이에요")
        await think(TASK, "제 말이에요")
        assert asked.outcomes == ["ok", "ok", "cached", "ok", "ok", "ok", "ok"]


async def test_an_answer_that_code_refuses_is_not_kept_and_a_kept_one_is_judged_again() -> None:
    bad = '{"goal": "account", "tickers": [], "reason": null}'
    async with openai_server() as server, asking_models((LABEL, server)) as asked:
        server.then(Say(bad), Say(bad), Say(GOOD), Say(bad), Say(bad))
        assert (await think(SHARED, "차트")).by == "rules"
        assert (await think(SHARED, "차트")).value == "inform"
        stricter = replace(SHARED, check=lambda text, answer: "expected better, was this")
        assert (await think(stricter, "차트")).by == "rules"
        assert (await think(SHARED, "차트")).value == "inform"
        assert asked.outcomes == ["check_failed", "check_failed", "ok", "check_failed", "check_failed", "cached"]


class Gone:
    async def get(self, key: bytes, at: datetime) -> str | None:
        raise ConnectionError

    async def put(self, key: bytes, text: str, at: datetime) -> None:
        raise ConnectionError


@pytest.mark.parametrize("shelf", [Gone(), MemoryAnswers()])
async def test_a_shelf_that_fails_or_an_answer_too_long_costs_a_call_and_nothing_else(shelf: Answers) -> None:
    long = GOOD.replace("null", '"' + "가" * MOST_SIGNS + '"')
    async with openai_server() as server, asking_models((LABEL, server)) as asked:
        asked.mind.answers = shelf
        server.then(Say(long), Say(long))
        for _ in range(2):
            assert (await think(SHARED, "차트")).by == "model"
        assert asked.outcomes == ["ok", "ok"]
