"""Users and accounts on a real database: the first is the owner, and two first ones make one owner."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

import psycopg
import pytest
from psycopg import AsyncConnection, errors
from psycopg.rows import TupleRow
from pydantic import SecretStr

from domain.clock import KST
from domain.ids import seeded_ids
from tools.settings import Broker, Settings
from tools.store.pool import connection_arguments
from tools.store.users import SignupClosed, clean_name, find_user, get_or_create

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=KST)


@pytest.fixture
async def connection(database: Any) -> AsyncIterator[AsyncConnection[TupleRow]]:
    async with await AsyncConnection.connect(database.url("ui"), **connection_arguments("test")) as opened:
        yield opened


def closed() -> Settings:
    return Settings()


def paper() -> Settings:
    key, account = SecretStr("P" * 36), SecretStr("50123456-01")
    return Settings(broker=Broker.PAPER, kis_paper_app_key=key, kis_paper_app_secret=key, kis_paper_account=account)


async def test_the_first_user_owns_the_installation_and_gets_a_simulated_account(
    connection: AsyncConnection[TupleRow],
) -> None:
    user = await get_or_create(connection, " 민지 ", closed(), now=NOW, new_id=seeded_ids(1))
    assert (user.name, user.is_owner) == ("민지", True)
    assert [(account.venue, account.label) for account in user.accounts] == [("sim", "모의 거래소")]
    assert user.account("live") is None


async def test_the_same_name_is_the_same_user(connection: AsyncConnection[TupleRow]) -> None:
    first = await get_or_create(connection, "민지", closed(), now=NOW, new_id=seeded_ids(1))
    assert await get_or_create(connection, "민지", closed(), now=NOW, new_id=seeded_ids(2)) == first
    assert await find_user(connection, "민지") == first
    assert await find_user(connection, "모르는 사람") is None


async def test_sign_up_closes_after_the_owner(connection: AsyncConnection[TupleRow]) -> None:
    ids = seeded_ids(1)
    await get_or_create(connection, "owner", closed(), now=NOW, new_id=ids)
    with pytest.raises(SignupClosed, match="QUARTZ_SIGNUP=open"):
        await get_or_create(connection, "guest", closed(), now=NOW, new_id=ids)
    assert await find_user(connection, "guest") is None


async def test_open_sign_up_and_the_local_terminal_let_others_in_with_accounts_of_their_own(
    connection: AsyncConnection[TupleRow],
) -> None:
    ids = seeded_ids(1)
    owner = await get_or_create(connection, "owner", closed(), now=NOW, new_id=ids)
    guest = await get_or_create(connection, "guest", Settings(signup="open"), now=NOW, new_id=ids)
    local = await get_or_create(connection, "local", closed(), now=NOW, new_id=ids, local_terminal=True)
    assert (guest.is_owner, local.is_owner) == (False, False)
    assert len({user.accounts[0].account_ref for user in (owner, guest, local)}) == 3


async def test_keys_of_the_settings_belong_to_the_owner_alone(connection: AsyncConnection[TupleRow]) -> None:
    ids = seeded_ids(1)
    owner = await get_or_create(connection, "owner", paper(), now=NOW, new_id=ids)
    guest = await get_or_create(connection, "guest", paper(), now=NOW, new_id=ids, local_terminal=True)
    assert [account.venue for account in owner.accounts] == ["sim", "paper"]
    assert [account.venue for account in guest.accounts] == ["sim"]
    assert await get_or_create(connection, "owner", paper(), now=NOW, new_id=ids) == owner


async def test_ten_first_users_at_once_make_one_owner(database: Any) -> None:
    ids = seeded_ids(1)

    async def arrive(name: str) -> bool:
        async with await AsyncConnection.connect(database.url("ui"), **connection_arguments("test")) as opened:
            user = await get_or_create(opened, name, closed(), now=NOW, new_id=ids, local_terminal=True)
            return user.is_owner

    owners = await asyncio.gather(*(arrive(f"user {number % 5}") for number in range(10)))
    assert any(owners)
    with psycopg.connect(database.admin_url) as admin:
        assert admin.execute("SELECT count(*), count(*) FILTER (WHERE is_owner) FROM chat.users").fetchone() == (5, 1)
        assert admin.execute("SELECT count(*) FROM desk.accounts").fetchone() == (5,)


async def test_nobody_but_the_face_signs_users_up(database: Any) -> None:
    async with await AsyncConnection.connect(database.url("graph"), **connection_arguments("test")) as opened:
        with pytest.raises(errors.InsufficientPrivilege):
            await get_or_create(opened, "민지", closed(), now=NOW, new_id=seeded_ids(1))


@pytest.mark.parametrize("name", ["", "   ", "x" * 41, "a\nb", "\u202eabc"])
def test_an_unusable_name_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="expected a name"):
        clean_name(name)


def test_the_same_letters_in_another_form_are_the_same_name() -> None:
    assert clean_name("\u1106\u1175\u11ab\u110c\u1175") == "민지"
