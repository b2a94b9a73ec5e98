"""A turn of the runner and the models: who pays, whose wish counts, and a model's failure in the middle of a turn."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

import pytest
from asked_models import GOOD, TASK
from fakes import OTHER, USER
from model_servers import Refuse, Say, openai_server
from scripted_rooms import scripted

from graph.assistant import build_assistant
from graph.locks import ThreadLocks
from graph.runner import Runner
from tools.llm.accounting import ModelCall
from tools.llm.budget import Allowance, MemoryBudget
from tools.llm.mind import configured
from tools.llm.think import badge, think
from tools.settings import Settings

Bench = Any
FULL = (
    "오늘 언어모델 예산(토큰 3,500개)이 다 차서 규칙으로 답했어요. 자정에 새로 시작하고, 한도는 설정에서 볼 수 있어요."
)


@pytest.fixture
def runner(bench: Bench) -> Runner:
    """Its account room asks a model and says who answered, and what the badge says."""

    async def account(state: Any, runtime: Any) -> Any:
        outcome = await think(TASK, state["turn"]["text"])
        text = f"{outcome.by} {outcome.model} {outcome.why.partition(':')[0]} / {badge().by}"
        return {"route": ["account"], "say": [{"kind": "text", "text": text, "data": {}}]}

    bench.locks.append(ThreadLocks(bench.url, wait_seconds=20))
    graph = build_assistant(bench.ports, nodes={**scripted(), "account": account})
    return Runner(bench.ports, bench.saver, bench.locks[-1], bench.desk, assistant=graph)


class Books:
    """What was recorded, and who declined."""

    def __init__(self, *declined: UUID) -> None:
        self.calls: list[ModelCall] = []
        self._declined = declined

    async def record(self, call: ModelCall) -> None:
        self.calls.append(call)

    async def wants(self, user_id: UUID) -> bool:
        return user_id not in self._declined


async def test_a_full_budget_is_said_with_the_reply_and_most_of_one_once(runner: Runner) -> None:
    budget = MemoryBudget(Allowance(0, 3_500))
    async with openai_server() as server:
        settings = Settings(model="openai:m", model_base_url=server.url)
        async with configured(settings, budget=budget):
            server.then(Say(GOOD, tokens=(2_800, 0, 200)), Say(GOOD))
            results = [await runner.say(USER, "t", "잔고", f"m{at}") for at in range(3)]
            other = await runner.say(OTHER, "t", "잔고", "m1")
            looked = await runner.look(USER, "t")
    assert [[row["text"] for row in result.notices if row["code"] == "model_budget"] for result in results] == [
        ["오늘 언어모델 예산(토큰 3,500개)의 80%를 썼어요. 다 쓰면 규칙으로 답해요."],
        [FULL],
        [FULL],
    ]
    assert "model openai:m answered / model" in results[0].reply
    assert "rules None budget / rules" in results[1].reply
    assert "model openai:m answered / model" in other.reply
    assert other.notices == looked.notices == []


async def test_each_call_is_written_to_the_person_whose_turn_it_is(runner: Runner) -> None:
    books = Books()
    async with openai_server() as server:
        settings = Settings(model="openai:m", model_base_url=server.url)
        async with configured(settings, books.record, books.wants):
            server.then(Say(GOOD), Say(GOOD))
            replies = await asyncio.gather(*(runner.say(who, "t", "잔고", "m1") for who in (USER, OTHER)))
    assert [reply.reply for reply in replies] == ["model openai:m answered / model"] * 2
    assert {call.user_id for call in books.calls} == {USER.user_id, OTHER.user_id}


async def test_a_person_who_switched_models_off_is_never_sent_anywhere(runner: Runner) -> None:
    books = Books(USER.user_id)
    async with openai_server() as server:
        settings = Settings(model="openai:m", model_base_url=server.url)
        async with configured(settings, books.record, books.wants):
            server.then(Say(GOOD))
            mine, theirs = await asyncio.gather(*(runner.say(who, "t", "잔고", "m1") for who in (USER, OTHER)))
        assert mine.reply == "rules None off / rules"
        assert theirs.reply == "model openai:m answered / model"
        assert len(server.sent) == 1


async def test_a_model_that_fails_in_the_middle_of_a_turn_is_told_in_the_outcome_only(runner: Runner) -> None:
    async with openai_server() as server, configured(Settings(model="openai:m", model_base_url=server.url)):
        server.then(Refuse(500))
        result = await runner.say(USER, "t", "잔고", "m1")
    assert not result.failed
    assert result.reply == "rules None server_error / model"
