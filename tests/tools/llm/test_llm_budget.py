"""A day's budget for models: held before a call, settled after, said once at most of it and whenever it is spent."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from asked_models import GOOD, KEY, PATIENT, TASK, USER, told
from databases import Database
from model_servers import Hang, Provider, Refuse, Say, openai_server
from psycopg.types.json import Jsonb
from pydantic import SecretStr

from domain.clock import KST
from tools.llm.budget import Allowance, Budget, Cost, Hold, MemoryBudget, Standing, day_of
from tools.llm.day import budget_notice, budget_word, day_standing
from tools.llm.mind import Mind, configured
from tools.llm.think import badge, think
from tools.llm.turn import asking
from tools.llm.write import write
from tools.settings import Settings
from tools.store.model_budget import ModelBudget
from tools.store.pool import make_dict_pool

AT = datetime(2026, 11, 23, 9, 30, tzinfo=KST)
LABEL = "openai:gpt-4o-mini"
OTHER = UUID(int=8)


class Gone:
    """A budget whose table cannot be read."""

    async def reserve(self, hold: Hold) -> tuple[bool, Standing]:
        raise ConnectionError("postgresql://quartz_graph:5ecret@x")

    async def settle(self, hold: Hold, cost: Cost) -> None:
        raise ConnectionError

    async def standing(self, user_id: UUID | None, at: datetime) -> Standing:
        raise ConnectionError

    async def may_warn(self, user_id: UUID, at: datetime) -> bool:
        raise ConnectionError


def hold(tokens: int = 100, won_milli: int = 0, user: UUID | None = USER, at: datetime = AT) -> Hold:
    return Hold(uuid4(), user, at, Cost(tokens, won_milli))


@asynccontextmanager
async def models(server: Provider, budget: Budget, *, priced: bool = False) -> AsyncIterator[Mind]:
    """A chain of one model; `priced`: as if the provider's own server were asked."""
    settings = Settings(model=LABEL, model_base_url=server.url, model_api_key=SecretStr(KEY))
    async with configured(settings, budget=budget, limits=PATIENT) as mind:
        assert mind is not None
        if priced:
            for member in mind.members:
                object.__setattr__(member.link, "own_address", False)
        yield mind


@asynccontextmanager
async def stored(database: Database, allowance: Allowance) -> AsyncIterator[ModelBudget]:
    with psycopg.connect(database.admin_url, autocommit=True) as admin:
        for user in (USER, OTHER):
            admin.execute(
                "INSERT INTO chat.users (user_id, name, is_owner, created_at) VALUES (%s, %s, %s, now())",
                (user, str(user), user == USER),
            )
    async with make_dict_pool(database.url("graph"), "test-budget") as pool:
        yield ModelBudget(pool, allowance)


def prefer(database: Database, body: dict[str, Any]) -> None:
    with psycopg.connect(database.admin_url, autocommit=True) as admin:
        admin.execute(
            "INSERT INTO chat.preferences (user_id, set_at, body) VALUES (%s, clock_timestamp(), %s)",
            (USER, Jsonb(body)),
        )


async def one_days_life(budget: Budget) -> None:
    """What every budget of 1,000 tokens and 2 won does."""
    first, second = hold(600, 500), hold(400, 1_500)
    granted, standing = await budget.reserve(first)
    assert (granted, standing.percent) == (True, 60)
    granted, standing = await budget.reserve(second)
    assert (granted, standing.percent) == (True, 100)
    assert await budget.reserve(hold(1)) == (False, standing)  # what is under way counts
    await budget.settle(first, Cost(100, 100))
    granted, standing = await budget.reserve(third := hold(500, 400))
    assert (granted, standing.spent, standing.held) == (True, Cost(100, 100), Cost(900, 1_900))
    assert not (await budget.reserve(hold(0, 1)))[0]  # in won there is no room
    await budget.settle(third, Cost(0, 0))
    await budget.settle(third, Cost(900, 900))  # once is enough
    await budget.settle(second, Cost(2_000, 1_500))  # an answer longer than its estimate
    standing = await budget.standing(USER, AT)
    assert (standing.spent, standing.held, standing.is_used_up) == (Cost(2_100, 1_600), Cost(), True)
    for free in (hold(user=OTHER), hold(user=None), hold(at=AT + timedelta(days=1))):
        assert (await budget.reserve(free))[0]
    assert not (await budget.reserve(hold(at=datetime(2026, 11, 23, 23, 59, tzinfo=KST))))[0]
    assert [await budget.may_warn(USER, AT) for _ in range(2)] == [True, False]
    assert await budget.may_warn(USER, AT + timedelta(days=1))


async def test_a_budget_in_memory_lives_a_day() -> None:
    await one_days_life(MemoryBudget(Allowance(2, 1_000)))


async def test_a_budget_in_the_database_lives_the_same_day(database: Database) -> None:
    async with stored(database, Allowance(2, 1_000)) as budget:
        await one_days_life(budget)


async def test_twenty_turns_at_once_get_what_there_is_room_for_and_no_more(database: Database) -> None:
    """Two pools, as two processes would have."""
    async with (
        stored(database, Allowance(0, 1_000)) as one,
        make_dict_pool(database.url("graph"), "test-budget-2") as pool,
    ):
        other = ModelBudget(pool, Allowance(0, 1_000))
        holds = [hold(140) for _ in range(20)]
        answers = await asyncio.gather(*((one, other)[at % 2].reserve(each) for at, each in enumerate(holds)))
        granted = [each for each, (is_granted, _) in zip(holds, answers, strict=True) if is_granted]
        assert len(granted) == 7
        assert (await other.standing(USER, AT)).held == Cost(980)
        await asyncio.gather(*(one.settle(each, Cost(50)) for each in granted[:3]))
        again = await asyncio.gather(*((one, other)[at % 2].reserve(hold(140)) for at in range(20)))
        assert sum(is_granted for is_granted, _ in again) == 2  # 1,000 − 3 × 50 − 4 × 140
        warned = await asyncio.gather(*((one, other)[at % 2].may_warn(USER, AT) for at in range(10)))
        assert warned.count(True) == 1


@pytest.mark.parametrize(
    ("body", "tokens", "won"),
    [
        ({"model_daily_krw": 300, "use_model": True}, 1_000, 300),
        ({"model_daily_tokens": 10}, 10, 500),
        ({"model_daily_krw": 9_000, "model_daily_tokens": 9_000}, 1_000, 500),
        ({"model_daily_krw": "300", "model_daily_tokens": -5}, 1_000, 500),
        ({"model_daily_krw": True, "model_daily_tokens": None}, 1_000, 500),
    ],
)
async def test_a_person_may_only_choose_less(database: Database, body: dict[str, Any], tokens: int, won: int) -> None:
    async with stored(database, Allowance(500, 1_000)) as budget:
        prefer(database, {"model_daily_krw": 1})
        prefer(database, body)
        assert (await budget.standing(USER, AT)).allowance == Allowance(won, tokens)
        assert (await budget.standing(OTHER, AT)).allowance == Allowance(500, 1_000)
        assert (await budget.standing(None, AT)).allowance == Allowance(500, 1_000)


def test_a_day_is_one_in_korea_and_nothing_is_a_limit_of_nothing() -> None:
    assert day_of(datetime.fromisoformat("2026-11-22T15:00:00+00:00")).day == 23
    free = Standing(Allowance(), Cost(10**12, 10**12))
    assert (free.percent, free.is_used_up, free.has_room(Cost(1, 1))) == (0, False, True)


async def test_calls_are_counted_as_the_provider_counted_them_in_won_and_tokens() -> None:
    budget = MemoryBudget(Allowance(1_000, 100_000))
    async with openai_server() as server, models(server, budget, priced=True) as mind:
        server.then(Say("nope", tokens=(1000, 0, 10)), Say(GOOD, tokens=(2000, 1000, 100)), Refuse(429))
        with asking(USER):
            await think(TASK, "안녕")
            await write("respond", told("respond", "x"), fallback="규칙.", figures={})
        standing = await budget.standing(USER, mind.clock.now())
    # 2,000 new at $0.15, 1,000 cached at $0.075, 110 out at $0.60 a million, 1,450 won a dollar; the 429 was free
    won_milli = (2_000 * 0.15 + 1_000 * 0.075 + 110 * 0.60) / 1e6 * 1450 * 1000
    assert standing.spent.tokens == 3_110
    assert abs(standing.spent.won_milli - won_milli) <= 2
    assert standing.held == Cost()


async def test_what_nobody_told_stays_at_its_estimate() -> None:
    budget = MemoryBudget(Allowance(0, 100_000))
    async with openai_server() as server, models(server, budget) as mind:
        server.then(Say(GOOD, tokens=None), Hang())
        with asking(USER):
            await think(TASK, "안녕")
        told_nothing = await budget.standing(USER, mind.clock.now())
        with asking(USER, seconds=0.3):
            assert (await think(TASK, "안녕")).why.startswith("timeout: ")
        standing = await budget.standing(USER, mind.clock.now())
    assert told_nothing.spent == Cost()
    assert told_nothing.held.tokens > 1_000
    assert standing.held.tokens == 2 * told_nothing.held.tokens


async def test_at_eighty_percent_the_person_is_told_once_and_at_a_hundred_rules_take_over() -> None:
    budget = MemoryBudget(Allowance(0, 10_000))
    said: list[str | None] = []
    async with openai_server() as server, models(server, budget):
        server.otherwise = lambda body: Say(GOOD, tokens=(2_000, 0, 100))
        for _ in range(6):
            with asking(USER, standing=await day_standing(USER)):
                outcome = await think(TASK, "안녕")
                notice = await budget_notice()
                assert notice is None or notice["code"] == "model_budget"
                said.append(notice["text"] if notice else None)
        assert len(server.sent) == 4
        assert said[:3] == [None, None, None]
        assert said[3] == "오늘 언어모델 예산(토큰 10,000개)의 80%를 썼어요. 다 쓰면 규칙으로 답해요."
        assert "다 차서 규칙으로 답했어요" in str(said[4])
        assert said[5] == said[4]
        assert (outcome.by, outcome.value) == ("rules", "rules")
        assert outcome.why.startswith("budget: ")
        with asking(OTHER):
            assert (await think(TASK, "안녕")).by == "model"


async def test_the_badge_says_that_the_day_is_spent_before_anything_is_asked() -> None:
    budget = MemoryBudget(Allowance(1, 0))
    spent = hold(10, 1_000)
    async with openai_server() as server, models(server, budget) as mind:
        spent = Hold(uuid4(), USER, mind.clock.now(), Cost(10, 1_000))
        await budget.reserve(spent)
        await budget.settle(spent, spent.estimate)
        with asking(USER, standing=await day_standing(USER)):
            assert badge().text == "규칙 모드: 오늘 언어모델 예산(1원)이 다 차서 정해진 규칙으로 답해요."
            assert budget_word() is None
            assert (await think(TASK, "안녕")).by == "rules"
            assert "다 차서" in str(await budget_notice())
            assert not await budget.may_warn(USER, mind.clock.now())  # the inbox of alerts knows as well
        with asking(OTHER, standing=await day_standing(OTHER)):
            assert badge().by == "model"
        assert server.sent == []


async def test_a_budget_that_cannot_be_read_spends_nothing_and_is_said() -> None:
    async with openai_server() as server, models(server, Gone()):
        with asking(USER, standing=await day_standing(USER)):
            assert badge().by == "model"  # nothing was tried yet
            outcome = await think(TASK, "안녕")
            assert (outcome.by, outcome.why.partition(":")[0]) == ("rules", "budget")
            assert "5ecret" not in outcome.why
            assert await budget_notice() == {
                "code": "model_budget",
                "text": "언어모델 예산을 확인할 수 없어서 규칙으로 답했어요.",
            }
            assert "확인할 수 없어서" in badge().text
        assert server.sent == []


async def test_parallel_calls_hold_room_for_one_another() -> None:
    """Each may cost about 1,700 tokens: of five at once, three fit into 6,000, whatever they come to later."""
    budget = MemoryBudget(Allowance(0, 6_000))
    async with openai_server() as server, models(server, budget):
        server.otherwise = lambda body: Say(GOOD, tokens=(100, 0, 20))
        with asking(USER):
            outcomes = await asyncio.gather(*(think(TASK, "안녕") for _ in range(5)))
        together = [outcome.by for outcome in outcomes].count("model")
        assert 1 <= together < 5
        assert len(server.sent) == together
        with asking(USER):  # what came back is less than what was held
            assert (await think(TASK, "안녕")).by == "model"
