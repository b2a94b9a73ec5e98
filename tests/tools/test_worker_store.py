"""Running strategies and the worker's memory in the database: the newest word counts, a question is one row."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from fakes import START, USER

from domain.clock import KST
from domain.exits import ExitRule, RuleSource
from domain.orders.types import Initiative, Leg, OrderType, Plan, Side
from domain.strategy.running import RunState, sleeve_of
from tools.ports import StoredStrategy
from tools.store.desk import Desk
from tools.store.guard_rules import GuardRules
from tools.store.pool import make_dict_pool
from tools.store.strategy_runs import StrategyRuns
from tools.store.worker_memory import Asked, StoredPlace, WorkerMemory

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=KST)
STRATEGY = UUID("00000000-0000-4000-8000-0000000000aa")
FIRST = StoredStrategy(STRATEGY, 1, "a" * 64, {}, START)


@pytest.fixture
def people(database: Any) -> Any:
    with psycopg.connect(database.admin_url, autocommit=True) as admin:
        admin.execute("INSERT INTO chat.users VALUES (%s, 'a', true, %s)", (USER.user_id, START))
        admin.execute(
            "INSERT INTO desk.accounts VALUES (%s, %s, 'sim', '', %s)", (USER.account_ref, USER.user_id, START)
        )
        admin.execute(
            "INSERT INTO desk.strategies VALUES (%s, 1, %s, %s, '{}', %s)", (STRATEGY, USER.user_id, FIRST.hash, START)
        )
    return database


def plan(sleeve: str = sleeve_of(STRATEGY), strategy_id: UUID | None = STRATEGY) -> Plan:
    leg = Leg(1, "005930", Side.BUY, 3, OrderType.LIMIT, 72_000, NOON, Initiative.AGENT, None, "시험")
    return Plan(uuid4(), 1, USER.account_ref, USER.user_id, sleeve, ("t",), (leg,), 1, strategy_id, NOON, NOON)


async def test_the_newest_word_about_a_strategy_counts_and_the_same_word_twice_is_one_row(people: Any) -> None:
    async with make_dict_pool(people.url("graph"), "test-graph", max_size=2) as pool:
        desk = Desk(pool)
        for state in (RunState.ACTIVE, RunState.ACTIVE, RunState.PAUSED):
            await desk.set_strategy_run(USER, FIRST, state, "test")
        (run,) = await desk.strategy_runs(USER.account_ref)
        assert (run.state, run.hash, run.version, run.user_id) == (RunState.PAUSED, FIRST.hash, 1, USER.user_id)
    async with make_dict_pool(people.url("worker"), "test-worker", max_size=2) as pool:
        assert await StrategyRuns(pool).everybodys() == [run]
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            await StrategyRuns(pool).put(
                USER.account_ref, USER.user_id, STRATEGY, 1, FIRST.hash, RunState.ACTIVE, "test"
            )
    with psycopg.connect(people.admin_url) as admin:
        rows = admin.execute("SELECT state, set_by FROM desk.strategy_runs ORDER BY run_id").fetchall()
    assert rows == [("active", "quartz_graph"), ("paused", "quartz_graph")]


async def test_the_worker_writes_plans_and_rules_of_strategies_and_of_nobody_else(people: Any) -> None:
    async with make_dict_pool(people.url("worker"), "test-worker", max_size=2) as pool:
        desk, rules, made = Desk(pool), GuardRules(pool), plan()
        await desk.save_plan(made)
        await desk.save_plan(made)
        assert await desk.plan(made.plan_id, 1) == made
        for sleeve, strategy_id in (("manual", None), ("manual", STRATEGY), (sleeve_of(uuid4()), STRATEGY)):
            with pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"):
                await desk.save_plan(plan(sleeve, strategy_id))
            with pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"):
                await rules.put(
                    USER.account_ref,
                    USER.user_id,
                    ExitRule(stop_bps=500),
                    source=RuleSource.STRATEGY,
                    sleeve=sleeve,
                    strategy_id=strategy_id,
                    channel="test",
                )


async def test_a_question_is_one_row_and_its_first_answer_stands(people: Any) -> None:
    async with make_dict_pool(people.url("worker"), "test-worker", max_size=2) as pool:
        memory, made = WorkerMemory(pool), plan()
        await Desk(pool).save_plan(made)
        asked = Asked(
            made.plan_id, 1, uuid4(), USER.account_ref, USER.user_id, STRATEGY, FIRST.hash, "005930", "buy", 216_000,
            "entry", 1_000, "", NOON,
        )  # fmt: skip
        await memory.ask(asked)
        await memory.ask(replace(asked, value=1))
        assert await memory.unanswered() == [asked]
        await memory.answered(made.plan_id, "admitted", NOON)
        await memory.answered(made.plan_id, "refused", NOON)
        assert await memory.asked(made.plan_id) == replace(asked, answer="admitted")
        assert await memory.unanswered() == []
        assert len(await memory.since(USER.account_ref, STRATEGY, NOON)) == 1
        assert await memory.since(USER.account_ref, STRATEGY, NOON + timedelta(seconds=1)) == []


async def test_a_place_is_what_was_kept_last(people: Any) -> None:
    async with make_dict_pool(people.url("worker"), "test-worker", max_size=2) as pool:
        memory = WorkerMemory(pool)
        place = StoredPlace(USER.account_ref, STRATEGY, FIRST.hash, "005930", {"place": {"end": 1}}, b"one")
        for live in (b"one", b"two"):
            await memory.keep([replace(place, live=live), replace(place, ticker="000660", live=live)], NOON)
        found = await memory.places(USER.account_ref, STRATEGY, FIRST.hash)
        assert {(each.ticker, each.live) for each in found} == {("005930", b"two"), ("000660", b"two")}
        assert await memory.places(USER.account_ref, STRATEGY, "b" * 64) == []
