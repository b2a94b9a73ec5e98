"""Costs: tokens into won by the dated table, rows in the database, a month for the settings page."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from uuid import UUID, uuid4

import psycopg
import pytest
from asked_models import GOOD, TASK, USER
from databases import Database
from model_servers import Refuse, Say, openai_server
from psycopg import AsyncConnection
from psycopg.types.json import Jsonb
from pydantic import SecretStr

from domain.clock import KST
from tools.llm.accounting import ModelCall, Tokens, _table, tokens_of, won_milli
from tools.llm.chain import Link, read_chain
from tools.llm.mind import configured, model_wanted
from tools.llm.think import think
from tools.llm.turn import asking
from tools.settings import Settings
from tools.store.model_calls import ModelCalls, monthly_usage
from tools.store.pool import make_dict_pool
from tools.store.roles import role_url

AT = datetime(2026, 11, 22, 14, 5, tzinfo=KST)


def link(label: str, own_address: bool = False) -> Link:
    provider, _, name = label.partition(":")
    return Link(provider, name, "https://x", own_address, SecretStr("k"))


def test_a_call_costs_what_the_table_says() -> None:
    # 900 new at $0.15, 100 cached at $0.075, 50 out at $0.60 a million, 1,450 won a dollar
    assert won_milli(link("openai:gpt-4o-mini"), Tokens(1000, 100, 50), AT) == round(
        (900 * 0.15 + 100 * 0.075 + 50 * 0.60) / 1e6 * 1450 * 1000
    )


@pytest.mark.parametrize(
    ("given", "tokens", "at"),
    [
        (link("openai:moon"), Tokens(1, 0, 1), AT),
        (link("openai:gpt-4o-mini", own_address=True), Tokens(1, 0, 1), AT),
        (link("openai:gpt-4o-mini"), None, AT),
        (link("openai:gpt-4o-mini"), Tokens(1, 0, 1), datetime(2020, 1, 1, tzinfo=KST)),
    ],
)
def test_what_nobody_knows_has_no_price(given: Link, tokens: Tokens | None, at: datetime) -> None:
    assert won_milli(given, tokens, at) is None


def test_the_table_is_dated_ordered_and_in_decimals() -> None:
    table = _table()
    for rows in table["models"].values():
        days = [row["since"] for row in rows]
        assert days == sorted(days)
        assert all(isinstance(day, date) for day in days)
        for row in rows:
            assert 0 < Decimal(row["cached"]) <= Decimal(row["input"]) < Decimal(row["output"])
    assert all(Decimal(row["rate"]) > 0 for row in table["won_per_usd"])
    for label in table["models"]:
        read_chain(Settings(model=label, model_api_key=SecretStr("k")))


@pytest.mark.parametrize(
    ("usage", "found"),
    [
        (None, None),
        ({}, None),
        ({"input_tokens": 5, "output_tokens": 2}, Tokens(5, 0, 2)),
        ({"input_tokens": 5, "output_tokens": 2, "input_token_details": {"cache_read": 9}}, Tokens(5, 5, 2)),
        ({"input_tokens": "5", "output_tokens": -2, "input_token_details": None}, Tokens(0, 0, 0)),
    ],
)
def test_counts_of_a_provider_are_taken_with_care(usage: dict[str, object] | None, found: Tokens | None) -> None:
    assert tokens_of(usage) == found


@dataclass
class Books:
    calls: ModelCalls
    database: Database
    user: UUID


@pytest.fixture
async def books(database: Database) -> AsyncIterator[Books]:
    with psycopg.connect(database.endpoints.postgres_admin_url, autocommit=True) as admin:
        admin.execute(
            "INSERT INTO chat.users (user_id, name, is_owner, created_at) VALUES (%s, '하나', true, now())", (USER,)
        )
    async with make_dict_pool(role_url(database.settings, "graph", database.endpoints), "test-calls") as pool:
        yield Books(ModelCalls(pool), database, USER)


def row(**changed: object) -> ModelCall:
    made = ModelCall(uuid4(), USER, AT, "supervisor", "openai:gpt-4o-mini", 1, "ok", 1000, 200, 50, 218, True, 900)
    return replace(made, **changed)  # type: ignore[arg-type]


async def test_a_turn_leaves_one_row_a_call(books: Books) -> None:
    async with openai_server() as server:
        settings = Settings(model="openai:gpt-4o-mini", model_base_url=server.url)
        async with configured(settings, books.calls.record, books.calls.wants_model):
            server.then(Say("nope"), Say(GOOD), Refuse(500))
            with asking(USER):
                await think(TASK, "안녕")
                await think(TASK, "안녕")
    with psycopg.connect(books.database.endpoints.postgres_admin_url) as admin:
        rows = admin.execute(
            "SELECT user_id, task, model, attempt, outcome, input_tokens, cached_tokens, output_tokens, won_milli,"
            " priced FROM desk.model_calls ORDER BY at"
        ).fetchall()
    label = "openai:gpt-4o-mini"
    assert rows == [
        (USER, "supervisor", label, 1, "bad_reply", 1000, 200, 50, 0, False),
        (USER, "supervisor", label, 2, "ok", 1000, 200, 50, 0, False),
        (USER, "supervisor", label, 1, "server_error", 0, 0, 0, 0, False),
    ]


async def test_a_month_is_summed_in_korean_time_for_one_person(books: Books) -> None:
    first = datetime(2026, 11, 1, tzinfo=KST)
    for call in (
        row(),
        row(at=first, outcome="bad_reply"),
        row(at=first + timedelta(days=29, hours=23), won_milli=0, priced=False),
        row(at=first - timedelta(seconds=1)),
        row(at=first + timedelta(days=30)),
        row(user_id=None),
    ):
        await books.calls.record(call)
    url = role_url(books.database.settings, "ui", books.database.endpoints)
    async with await AsyncConnection.connect(url) as web:
        usage = await monthly_usage(web, USER, AT)
        assert (usage.month, usage.calls, usage.answered, usage.unpriced) == ("2026-11", 3, 2, 1)
        assert (usage.input_tokens, usage.cached_tokens, usage.output_tokens) == (3000, 600, 150)
        assert (usage.won_milli, usage.won) == (436, 1)
        december = await monthly_usage(web, USER, datetime(2026, 12, 31, tzinfo=KST))
        assert (december.month, december.calls) == ("2026-12", 1)
        nobody = await monthly_usage(web, uuid4(), AT)
        assert (nobody.calls, nobody.won) == (0, 0)


async def test_the_web_may_read_calls_and_not_write_them(books: Books) -> None:
    async with make_dict_pool(role_url(books.database.settings, "ui", books.database.endpoints), "test-web") as pool:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            await ModelCalls(pool).record(row())


@pytest.mark.parametrize(
    ("bodies", "wanted"),
    [
        ([], True),
        ([{"use_model": False}], False),
        ([{"use_model": False}, {"use_model": True}], True),
        ([{"use_model": True}, {"use_model": False, "other": 1}], False),
        ([{"other": 1}], True),
        ([{"use_model": None}], True),
    ],
)
async def test_the_newest_preference_decides(books: Books, bodies: list[dict[str, object]], wanted: bool) -> None:
    with psycopg.connect(books.database.endpoints.postgres_admin_url, autocommit=True) as admin:
        for at, body in enumerate(bodies):
            admin.execute(
                "INSERT INTO chat.preferences (user_id, set_at, body) VALUES (%s, %s, %s)",
                (USER, AT + timedelta(seconds=at), Jsonb(body)),
            )
    settings = Settings(model="openai:gpt-4o-mini", model_api_key=SecretStr("k"))
    async with configured(settings, preference=books.calls.wants_model):
        assert await model_wanted(USER) is wanted
