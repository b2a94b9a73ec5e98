"""Slots in the database: one runner a slot, one word about its end, and whose accounts want to be checked."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from fakes import OTHER, START, USER

from domain.clock import KST
from domain.slots import MACHINE, Kind, Outcome
from tools.store.pool import make_dict_pool
from tools.store.slots import CheckChoices, Slots

TEN = "2026-11-23T10:00"


@pytest.fixture
def people(database: Any) -> Any:
    with psycopg.connect(database.admin_url, autocommit=True) as admin:
        for at, who in enumerate((USER, OTHER)):
            admin.execute("INSERT INTO chat.users VALUES (%s, %s, %s, %s)", (who.user_id, who.name, at == 0, START))
            admin.execute(
                "INSERT INTO desk.accounts VALUES (%s, %s, 'sim', '', %s)", (who.account_ref, who.user_id, START)
            )
    return database


def profile(admin: Any, who: Any, at: datetime) -> None:
    admin.execute(
        "INSERT INTO desk.profiles VALUES (%s, 1, '위험중립형', 50, '{}', %s, %s)",
        (who.user_id, at, at + timedelta(days=365)),
    )


def sign(admin: Any, who: Any, at: datetime, expires: datetime) -> Any:
    mandate = uuid4()
    admin.execute(
        "INSERT INTO desk.mandate_offers VALUES (%s, %s, %s, 'cycle', NULL, '{}', 'h', %s, %s)",
        (mandate, who.account_ref, who.user_id, at, expires),
    )
    admin.execute("INSERT INTO desk.mandates VALUES (%s, %s, 'h', 'test', %s)", (mandate, who.user_id, at))
    return mandate


async def test_of_many_who_claim_a_slot_one_may_run_it_and_the_first_word_about_its_end_stands(people: Any) -> None:
    url = people.url("graph")
    async with make_dict_pool(url, "one", max_size=4) as one, make_dict_pool(url, "two", max_size=4) as two:
        stores = list(enumerate([Slots(one), Slots(two)] * 4))
        won = await asyncio.gather(
            *(each.claim("sim-alpha", Kind.CYCLE, TEN, START, f"r{number}") for number, each in stores)
        )
        assert sorted(won) == [False] * 7 + [True]
        said = await asyncio.gather(
            *(each.ended("sim-alpha", Kind.CYCLE, TEN, START, Outcome.DONE, str(number)) for number, each in stores)
        )
        assert sorted(said) == [False] * 7 + [True]
        found = await Slots(one).newest(Kind.CYCLE, "sim-alpha")
    assert found is not None
    assert (found.claimed_by, found.text) == (f"r{won.index(True)}", str(said.index(True)))
    assert (found.outcome, found.is_running, found.claimed_at) == (Outcome.DONE, False, START)


async def test_the_newest_slots_and_those_without_an_end_are_found(people: Any) -> None:
    async with make_dict_pool(people.url("graph"), "one", max_size=2) as pool:
        slots = Slots(pool)
        for slot in (TEN, "2026-11-23T10:30"):
            assert await slots.claim("sim-alpha", Kind.CYCLE, slot, START, "r")
        assert await slots.claim(MACHINE, Kind.NEWS, "2026-11-23T00:00", START + timedelta(hours=1), "r")
        await slots.ended("sim-alpha", Kind.CYCLE, TEN, START, Outcome.SKIPPED, "늦음")
        newest = {(each.account_ref, each.kind): each.slot for each in await slots.newest_of_all(START)}
        assert newest == {
            ("sim-alpha", Kind.CYCLE): "2026-11-23T10:30",
            (MACHINE, Kind.NEWS): "2026-11-23T00:00",
        }
        assert [each.kind for each in await slots.newest_of_all(START + timedelta(minutes=1))] == [Kind.NEWS]
        open_now = await slots.without_end(START + timedelta(minutes=1))
        assert [(each.kind, each.slot) for each in open_now] == [(Kind.CYCLE, "2026-11-23T10:30")]
        day = await slots.of_day("sim-alpha", "2026-11-23")
        assert [each.slot[-5:] for each in day] == ["00:00", "10:00", "10:30"]


async def test_only_the_graphs_role_writes_slots_and_research_belongs_to_no_account(people: Any) -> None:
    for role in ("ui", "worker", "oms", "guard"):
        async with make_dict_pool(people.url(role), role, max_size=1) as pool:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                await Slots(pool).claim("sim-alpha", Kind.CYCLE, TEN, START, "r")
    async with make_dict_pool(people.url("graph"), "one", max_size=1) as pool:
        with pytest.raises(psycopg.errors.CheckViolation):
            await Slots(pool).claim("sim-alpha", Kind.MACRO, TEN, START, "r")
        with pytest.raises(psycopg.errors.CheckViolation):
            await Slots(pool).claim(MACHINE, Kind.CYCLE, TEN, START, "r")


async def test_accounts_are_checked_by_choice_or_mandate_and_the_newer_word_counts(people: Any) -> None:
    now = datetime.now(KST)
    async with make_dict_pool(people.url("graph"), "one", max_size=1) as pool:
        choices = CheckChoices(pool)

        async def checked() -> list[tuple[str, bool]]:
            return [(each.who.name, each.mandated) for each in await choices.checked("sim", now + timedelta(minutes=1))]

        await choices.choose(USER, True, "chat")
        assert await checked() == []  # no profile
        with psycopg.connect(people.admin_url, autocommit=True) as admin:
            profile(admin, USER, now - timedelta(days=3))
            profile(admin, OTHER, now - timedelta(days=2))
            assert await checked() == [("민수", False)]
            mandate = sign(admin, OTHER, now - timedelta(days=1), now + timedelta(days=29))
            assert await checked() == [("민수", False), ("영희", True)]
            since = {each.who.name: each.since for each in await choices.checked("sim", now)}
            assert since["영희"] == now - timedelta(days=1)
            assert since["민수"] >= now
            assert await choices.checked("paper", now) == []
            await choices.choose(OTHER, False, "chat")  # after the signature: nothing is to run by itself
            await choices.choose(USER, False, "chat")
            assert await checked() == []
            await choices.choose(OTHER, True, "chat")
            admin.execute(
                "INSERT INTO desk.mandate_revocations VALUES (%s, %s, 'test', now())", (mandate, OTHER.user_id)
            )
            assert await checked() == [("영희", False)]
            said = await choices.choice(USER.account_ref)
            assert said is not None
            assert (said.is_on, await choices.choice("nobody")) == (False, None)


async def test_a_mandate_that_ran_out_checks_nothing(people: Any) -> None:
    now = datetime.now(KST)
    with psycopg.connect(people.admin_url, autocommit=True) as admin:
        profile(admin, USER, now - timedelta(days=40))
        sign(admin, USER, now - timedelta(days=31), now - timedelta(days=1))
    async with make_dict_pool(people.url("graph"), "one", max_size=1) as pool:
        assert await CheckChoices(pool).checked("sim", now) == []
