"""The parts that decide alone: budget, witness, callers, lease, log lines."""

from __future__ import annotations

import asyncio
import uuid
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest

from domain.clock import KST, ManualClock
from execution.oms.auth import Authenticator, Authority, Unauthenticated
from execution.oms.budget import PacedBudget
from execution.oms.errors import Refusal
from execution.oms.ledger.desk import DeskAccount
from execution.oms.ledger.rows import Mark
from execution.oms.logs import _without_secrets
from execution.oms.witness import Witness, regression
from tools.kis.budget import Priority
from tools.store.secrets import caller_token

START = datetime(2026, 11, 23, 9, 0, tzinfo=KST)


async def test_grants_are_spaced_so_that_no_second_holds_more_than_the_cap() -> None:
    clock = ManualClock(START)
    budget = PacedBudget(clock, 18)
    times: list[float] = []

    async def ask() -> None:
        await budget.grant(Priority.ORDER)
        times.append(clock.monotonic())

    await asyncio.gather(*(ask() for _ in range(60)))
    assert times[0] >= 1.0  # the first second after a start counts as full
    for start in times:
        assert sum(start <= at < start + 1.0 for at in times) <= 18


async def test_a_cancel_overtakes_orders_and_quotes_are_not_starved() -> None:
    clock = ManualClock(START)
    budget = PacedBudget(clock, 1, age_s=2.0)
    served: list[str] = []

    async def ask(name: str, priority: Priority) -> None:
        await budget.grant(priority)
        served.append(name)

    quote = asyncio.create_task(ask("quote", Priority.QUOTE))
    await asyncio.sleep(0)
    orders = [asyncio.create_task(ask(f"order {n}", Priority.ORDER)) for n in range(3)]
    cancel = asyncio.create_task(ask("cancel", Priority.CANCEL))
    await asyncio.gather(quote, cancel, *orders)
    assert served[0] == "cancel"
    assert served[-1] == "quote"
    clock.advance(60)
    late = asyncio.create_task(ask("late order", Priority.ORDER))
    await late
    assert served[-1] == "late order"


async def test_the_cap_falls_when_throttled_and_comes_back_slowly() -> None:
    clock = ManualClock(START)
    budget = PacedBudget(clock, 16, recover_s=10.0)
    budget.throttled()
    assert budget.cap_per_s == 8
    clock.advance(10.0)
    await budget.grant(Priority.ORDER)
    assert 8 < budget.cap_per_s < 16


async def test_a_grant_that_its_caller_left_is_given_to_the_next() -> None:
    clock = ManualClock(START)
    budget = PacedBudget(clock, 1)
    gone = asyncio.create_task(budget.grant(Priority.ORDER))
    await asyncio.sleep(0)
    gone.cancel()
    await asyncio.gather(gone, return_exceptions=True)
    await budget.grant(Priority.ORDER)
    assert clock.monotonic() <= 1.2


async def test_a_witness_remembers_and_a_younger_ledger_is_a_regression(tmp_path: Path) -> None:
    witness = Witness(tmp_path / "w" / "witness.json")
    assert witness.remembered() is None
    mark = Mark("7710", 1, 5, 100)
    await witness.advance(mark)
    assert witness.remembered() == mark
    assert regression(mark, mark) == ""
    assert regression(mark, Mark("7710", 2, 5, 101)) == ""
    assert "sequence" in regression(mark, Mark("7710", 1, 5, 99))
    assert "timeline" in regression(Mark("7710", 3, 5, 1), Mark("7710", 2, 5, 5))
    assert "database" in regression(mark, Mark("9999", 1, 5, 100))
    (tmp_path / "w" / "witness.json").write_text("{")
    with pytest.raises(ValueError, match="Expecting"):
        witness.remembered()


def test_only_principals_with_their_token_are_callers_and_each_has_its_authority() -> None:
    secret = bytes(range(32))
    door = Authenticator(secret)
    user = uuid.uuid4()

    def metadata(principal: str, token_of: str | None = None, **more: str) -> dict[str, str]:
        return {"x-quartz-principal": principal, "x-quartz-token": caller_token(secret, token_of or principal), **more}

    web = door.caller(metadata("web", **{"x-quartz-user": str(user)}))
    assert web.user_id == user
    web.may_use(Authority.APPROVAL)
    for word in (Authority.MANDATE, Authority.EXIT):
        with pytest.raises(Refusal):
            web.may_use(word)
    worker = door.caller(metadata("worker", **{"x-quartz-user": str(user)}))
    assert worker.user_id is None
    worker.may_use(Authority.MANDATE)
    for bad in (
        {},
        metadata("web"),
        metadata("web", "worker", **{"x-quartz-user": str(user)}),
        {"x-quartz-principal": "root", "x-quartz-token": "x"},
    ):
        with pytest.raises(Unauthenticated):
            door.caller(bad)
    with pytest.raises(Refusal):
        web.may_touch(DeskAccount("a", uuid.uuid4(), "sim"), "sim")
    with pytest.raises(Refusal):
        web.may_touch(DeskAccount("a", user, "live"), "sim")


def test_at_most_one_order_a_ticker_and_side_may_be_uncertain_says_the_database(database: Any) -> None:
    with psycopg.connect(database.admin_url, autocommit=True) as db:
        found = db.execute(
            "SELECT indexdef FROM pg_indexes WHERE schemaname = 'ledger' AND indexname = ANY(%s)",
            (["one_uncertain_intent", "one_live_exit", "one_exit_mandate", "one_live_order_of_an_intent"],),
        ).fetchall()
    assert len(found) == 4
    assert all("UNIQUE" in row[0] for row in found)


def test_log_lines_lose_tokens_and_account_numbers() -> None:
    event: dict[str, Any] = {"reason": "12345678-01 eyJhbGciOiJIUzI1NiJ9.payload.signature", "legs": 2}
    assert _without_secrets(None, "", event) == {"reason": "••• •••", "legs": 2}
