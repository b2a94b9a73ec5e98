"""Receipts on a real PostgreSQL: the database holds every line to the one before it, and nobody can change one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from fakes import START, USER
from psycopg import errors

from domain import ids
from domain.orders.types import Leg, OrderType, Plan, Side
from domain.receipt import START as NONE
from domain.receipt import StepKind, chained, digest, next_step
from tools.settings import ROLES
from tools.store.desk import Desk
from tools.store.pool import make_dict_pool
from tools.store.receipts import Receipts
from tools.store.trail import Trails

LEG = Leg(1, "005930", Side.BUY, 3, OrderType.LIMIT, 72_000, START + timedelta(minutes=30))
PLAN = Plan(
    ids.plan_id(USER.account_ref, ("chat", "t", "m")),
    1,
    USER.account_ref,
    USER.user_id,
    "manual",
    ("chat", "t", "m"),
    (LEG,),
    None,
    None,
    START,
    START + timedelta(minutes=15),
)
ID = PLAN.plan_id
WORDS = (StepKind.WORDS, {"said": ["삼성전자 3주 매수"]}, START)
DATA = (StepKind.DATA, {"of": "person", "n": 7}, START)


@dataclass
class Kept:
    receipts: Receipts
    trails: Trails
    database: Any


@pytest.fixture
async def kept(database: Any) -> AsyncIterator[Kept]:
    with psycopg.connect(database.url("ui"), autocommit=True) as ui:
        ui.execute("INSERT INTO chat.users VALUES (%s, %s, true, %s)", (USER.user_id, USER.name, START))
        row = (USER.account_ref, USER.user_id, START)
        ui.execute("INSERT INTO desk.accounts VALUES (%s, %s, 'sim', '모의', %s)", row)
    async with make_dict_pool(database.url("graph"), "test-receipts") as pool:
        await Desk(pool).save_plan(PLAN)
        yield Kept(Receipts(pool), Trails(pool), database)


async def test_a_chain_is_begun_once_and_grows_only_by_what_is_new(kept: Kept) -> None:
    assert await kept.receipts.open(ID, [WORDS, DATA])
    assert not await kept.receipts.open(ID, [DATA])
    first = await kept.receipts.append(ID, StepKind.END, {"outcome": "expired"}, START)
    again = await kept.receipts.append(ID, StepKind.END, {"outcome": "expired"}, START + timedelta(hours=1))
    assert first == again
    chain = await kept.receipts.chain(ID)
    assert [step.kind for step in chain] == [StepKind.WORDS, StepKind.DATA, StepKind.END]
    assert chain == chained(ID, [WORDS, DATA, (StepKind.END, {"outcome": "expired"}, START)])
    assert await kept.receipts.unfinished() == []


async def test_many_writers_at_once_make_one_chain(kept: Kept) -> None:
    opened = await asyncio.gather(*(kept.receipts.open(ID, [WORDS]) for _ in range(4)))
    assert sorted(opened) == [False, False, False, True]
    steps = [(StepKind.VERDICT, {"n": number % 3}) for number in range(6)]
    await asyncio.gather(*(kept.receipts.append(ID, kind, body, START) for kind, body in steps))
    chain = await kept.receipts.chain(ID)
    assert sorted(step.body.get("n", -1) for step in chain) == [-1, 0, 1, 2]
    assert await kept.receipts.unfinished() == [ID]


async def test_a_plan_without_a_receipt_or_with_an_open_one_is_waiting_to_be_completed(kept: Kept) -> None:
    assert await kept.trails.moved() == [ID]
    await kept.receipts.open(ID, [WORDS, (StepKind.END, {"outcome": "expired", "moved": START.isoformat()}, START)])
    assert await kept.trails.moved() == []
    later = replace(PLAN, version=2, created_at=START + timedelta(minutes=1))
    async with make_dict_pool(kept.database.url("graph"), "test-plans") as pool:
        await Desk(pool).save_plan(later)
    assert await kept.trails.moved() == [ID]
    trail = await kept.trails.trail(ID)
    assert trail is not None
    assert [plan.version for plan in trail.plans] == [1, 2]
    assert [plan.plan_id for plan in await kept.trails.recent(USER.account_ref)] == [ID]


INSERT = "INSERT INTO desk.receipts (receipt_id, seq, kind, at, line, prev, hash) VALUES (%s, %s, %s, %s, %s, %s, %s)"


async def test_the_database_refuses_a_line_that_does_not_follow_from_the_one_before(kept: Kept) -> None:
    """Forged by the very role that may write."""
    await kept.receipts.open(ID, [WORDS])
    (first,) = await kept.receipts.chain(ID)
    second = next_step([first], ID, StepKind.END, {"outcome": "filled"}, START)
    good = (ID, 2, "end", START, second.line, second.prev, second.hash)
    orphan = replace(second, prev=NONE)
    skipping = replace(second, seq=3)
    nobodys = replace(second, receipt_id=USER.user_id, seq=1, prev=NONE)
    forged = {  # what is wrong with it, and the row
        "another hash": (*good[:6], digest("x")),
        "another line under a good hash of its own": (
            *good[:4],
            second.line + " ",
            good[5],
            digest(second.line + " x"),
        ),
        "a line that says another kind": (ID, 2, "words", *good[3:]),
        "a place before the first": (ID, 2, "end", START, orphan.line, NONE, orphan.hash),
        "a gap": (ID, 3, "end", START, skipping.line, skipping.prev, skipping.hash),
        "a second beginning": (ID, 1, "end", START, *_own(replace(orphan, seq=1))),
        "a plan that is not there": (nobodys.receipt_id, 1, "end", START, *_own(nobodys)),
    }
    with psycopg.connect(kept.database.url("graph"), autocommit=True) as graph:
        for row in forged.values():
            with pytest.raises(errors.IntegrityError):
                graph.execute(INSERT, row)
        graph.execute(INSERT, good)
    assert len(await kept.receipts.chain(ID)) == 2


def _own(step: Any) -> tuple[str, str, str]:
    return step.line, step.prev, step.hash


async def test_no_role_changes_or_removes_a_line_and_only_the_graph_adds_one(kept: Kept) -> None:
    await kept.receipts.open(ID, [WORDS])
    (first,) = await kept.receipts.chain(ID)
    step = next_step([first], ID, StepKind.END, {}, START)
    row = (ID, 2, "end", START, *_own(step))
    never = (
        "UPDATE desk.receipts SET kind = kind",
        "DELETE FROM desk.receipts",
        "TRUNCATE desk.receipts",
        "INSERT INTO desk.receipt_fills (quantity) VALUES (1)",
        "UPDATE desk.receipt_intents SET quantity = 1",
        "DELETE FROM desk.receipt_orders",
    )
    for role in ROLES:
        with psycopg.connect(kept.database.url(role), autocommit=True) as connection:
            for statement in never:
                with pytest.raises(errors.InsufficientPrivilege):
                    connection.execute(statement)
            if role != "graph":
                with pytest.raises(errors.InsufficientPrivilege):
                    connection.execute(INSERT, row)
            readable = {"graph": ("receipts", "receipt_intents", "receipt_fills"), "ui": ("receipts",)}.get(role, ())
            for name in ("receipts", "receipt_intents", "receipt_fills"):
                if name in readable:
                    connection.execute(f"SELECT * FROM desk.{name}")
                else:
                    with pytest.raises(errors.InsufficientPrivilege):
                        connection.execute(f"SELECT * FROM desk.{name}")
