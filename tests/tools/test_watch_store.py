"""What a person watches on a real PostgreSQL, as the graph's role."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import time, timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest
from fakes import OTHER, START, USER

from domain.watch import AlertKind, AlertRule, Choices, Mood
from tools.store.pool import make_dict_pool
from tools.store.watching import Watching


@pytest.fixture
async def watching(database: Any) -> AsyncIterator[Watching]:
    with psycopg.connect(database.url("ui"), autocommit=True) as ui:
        for at, who in enumerate((USER, OTHER)):
            ui.execute("INSERT INTO chat.users VALUES (%s, %s, %s, %s)", (who.user_id, who.name, at == 0, START))
            ui.execute(
                "INSERT INTO desk.accounts VALUES (%s, %s, 'sim', '모의', %s)", (who.account_ref, who.user_id, START)
            )
    async with make_dict_pool(database.url("graph"), "test-watching") as pool:
        yield Watching(pool)


RULE = AlertRule(
    rule_id=UUID(int=1),
    user_id=USER.user_id,
    account_ref=USER.account_ref,
    kind=AlertKind.PRICE,
    ticker="005930",
    made_at=START,
    direction="above",
    level=80_000,
)


async def test_the_newest_word_about_a_name_counts_and_names_keep_their_order(watching: Watching) -> None:
    for ticker, wanted in (("005930", True), ("035720", True), ("005930", False), ("000660", True), ("005930", True)):
        await watching.watch(USER.user_id, ticker, wanted, START)
    assert await watching.watch_list(USER.user_id) == ["035720", "000660", "005930"]
    assert await watching.watch_list(OTHER.user_id) == []


async def test_rules_come_back_as_they_were_made_until_their_owner_ends_them(watching: Watching) -> None:
    news = replace(RULE, rule_id=UUID(int=2), kind=AlertKind.NEWS, direction="", level=None, mood=Mood.BAD)
    fall = replace(RULE, rule_id=UUID(int=3), direction="below", level=None, change_bps=-500)
    for rule in (RULE, RULE, news, fall):
        await watching.add_rule(rule)
    assert await watching.rules(USER.user_id) == [RULE, news, fall]
    await watching.end_rules(OTHER.user_id, [RULE.rule_id], START)
    await watching.end_rules(USER.user_id, [news.rule_id], START)
    assert await watching.rules(USER.user_id) == [RULE, fall]


async def test_switches_and_quiet_hours_are_those_said_last(watching: Watching) -> None:
    assert (await watching.choices(USER.user_id)).wants(AlertKind.FILL)
    first = Choices({AlertKind.FILL: False, AlertKind.BUDGET: True}, time(22, 30), time(6, 0))
    await watching.choose(USER.user_id, Choices({}, quiet=False), START)
    await watching.choose(USER.user_id, first, START + timedelta(minutes=1))
    assert await watching.choices(USER.user_id) == first
