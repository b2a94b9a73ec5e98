"""Rules and the guard's memory in the database: newest first, highs never lowered, the same word twice is one row."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from fakes import START, USER

from domain.clock import KST
from domain.exits import DEFAULT_RULE, ExitKind, ExitRule, RuleSource, RuleState, rule_for
from tools.ports import PortUnavailable
from tools.store.desk import Desk
from tools.store.guard_memory import GuardMemory, StoredTrigger
from tools.store.guard_rules import GuardRules
from tools.store.pool import make_dict_pool

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=KST)


@pytest.fixture
def people(database: Any) -> Any:
    with psycopg.connect(database.admin_url, autocommit=True) as admin:
        admin.execute("INSERT INTO chat.users VALUES (%s, 'a', true, %s)", (USER.user_id, START))
        admin.execute(
            "INSERT INTO desk.accounts VALUES (%s, %s, 'sim', '', %s)", (USER.account_ref, USER.user_id, START)
        )
    return database


@pytest.fixture
async def memory(database: Any) -> AsyncIterator[GuardMemory]:
    async with make_dict_pool(database.url("guard"), "test-guard", max_size=2) as pool:
        yield GuardMemory(pool)


async def test_a_rule_comes_back_as_it_was_set_and_the_newest_of_a_scope_counts(people: Any) -> None:
    whole = ExitRule(300, 900, 400, NOON, 5, RuleSource.USER, 0, True)
    async with make_dict_pool(people.url("ui"), "test-ui", max_size=2) as pool:
        rules = GuardRules(pool)
        for rule in (ExitRule(stop_bps=700), whole):
            await rules.put(
                USER.account_ref, USER.user_id, rule, source=RuleSource.USER, ticker="005930", channel="test"
            )
        (row,) = await rules.of(USER.account_ref)
        assert row.rule == replace(whole, rule_id=row.rule_id)
        assert await rules.everybodys() == {USER.account_ref: [row]}
        assert await rules.of("somebody") == []
        with pytest.raises(ValueError, match="default"):
            await rules.put(USER.account_ref, USER.user_id, whole, source=RuleSource.DEFAULT, channel="test")


async def test_a_strategys_word_is_written_once_and_taken_back_once(people: Any) -> None:
    async with make_dict_pool(people.url("graph"), "test-graph", max_size=2) as pool:
        desk = Desk(pool)
        rule, strategy = ExitRule(stop_bps=700, source=RuleSource.STRATEGY), uuid4()
        await desk.keep_exit_rule(USER, "005930", None, strategy)  # nothing to take back
        for wanted in (rule, rule, None, None):
            await desk.keep_exit_rule(USER, "005930", wanted, strategy)
        rows = await desk.exit_rules(USER.account_ref)
        assert rule_for(rows, "005930", "manual") == DEFAULT_RULE
    with psycopg.connect(people.admin_url) as admin:
        kept = admin.execute("SELECT withdrawn, strategy_id, set_by FROM desk.guard_rules ORDER BY rule_id").fetchall()
    assert kept == [(False, strategy, "quartz_graph"), (True, strategy, "quartz_graph")]


async def test_a_high_is_only_ever_raised_whoever_writes(memory: GuardMemory) -> None:
    one, other = uuid4(), uuid4()
    for high, volume in ((70_000, 1), (90_000, 2), (80_000, 3)):
        await memory.keep(one, RuleState(high, NOON, volume, 65_000), NOON)
    marks = await memory.marks([one, other])
    assert marks == {one: RuleState(90_000, NOON, 3, 65_000)}


async def test_triggers_are_found_again_by_their_age(memory: GuardMemory) -> None:
    trigger = StoredTrigger(uuid4(), "sim-1", 2, ExitKind.TRAILING, 66_000, 66_500, NOON, 7)
    await memory.remember(trigger, NOON)
    await memory.remember(replace(trigger, exit_mandate_id=UUID(int=1)), NOON - timedelta(minutes=5))
    assert await memory.since(NOON - timedelta(minutes=1)) == [trigger]


async def test_a_database_that_is_gone_is_said_in_korean(database: Any) -> None:
    url = "postgresql://quartz_guard:x@127.0.0.1:1/quartz"
    pool = make_dict_pool(url, "test-gone", max_size=1)
    with pytest.raises(PortUnavailable, match="저장소"):
        await GuardMemory(pool).marks([uuid4()])
