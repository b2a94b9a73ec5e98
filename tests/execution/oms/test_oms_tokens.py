"""Tokens of programs: for one account, on mandates alone, taken back at once, never kept in clear."""

from __future__ import annotations

import random
from uuid import uuid4

import pytest
from oms_room import Room, open_room

from execution.oms.auth import Authenticator, Authority, Unauthenticated
from execution.oms.callertokens import CallerTokens
from execution.oms.errors import Refusal
from execution.oms.ledger.desk import DeskAccount
from tools.kis.sealed import FernetBox

SECRET = bytes(range(32))


def _tokens(room: Room) -> CallerTokens:
    return CallerTokens(room.core.ledger, FernetBox(SECRET), random.Random(7))


def _shown(token: str, principal: str = "worker") -> dict[str, str]:
    return {"x-quartz-principal": principal, "x-quartz-token": token, "x-quartz-user": str(uuid4())}


async def test_a_program_is_a_worker_of_one_account_and_nothing_else() -> None:
    room = await open_room()
    tokens = _tokens(room)
    made, token = await tokens.issue(room.account, room.user, "내 봇", "admin")
    caller = Authenticator(SECRET, tokens).caller(_shown(token))
    assert (caller.principal, caller.user_id, caller.name) == ("worker", room.user, f"worker:token:{made.token_id}")
    caller.may_use(Authority.MANDATE)
    caller.may_touch(DeskAccount(room.account, room.user, "live"), "live")
    for account in (
        DeskAccount("another of theirs", room.user, "live"),
        DeskAccount(room.account, uuid4(), "live"),
    ):
        with pytest.raises(Refusal, match="ACCOUNT_UNKNOWN"):
            caller.may_touch(account, "live")
    for call in ("SetTradingState", "Resolve", "Enroll", "Unenroll", "IssueToken", "RevokeToken", "Replace", "Exit"):
        with pytest.raises(Refusal, match="FORBIDDEN"):
            caller.may_call(call)
    with pytest.raises(Refusal, match="AUTHORITY_FORBIDDEN"):
        caller.may_use(Authority.APPROVAL)


@pytest.mark.parametrize("principal", ["web", "guard", "admin"])
async def test_it_makes_nobody_another_principal(principal: str) -> None:
    room = await open_room()
    tokens = _tokens(room)
    _, token = await tokens.issue(room.account, room.user, "내 봇", "admin")
    with pytest.raises(Unauthenticated):
        Authenticator(SECRET, tokens).caller(_shown(token, principal))


async def test_taken_back_it_is_nobodys_at_once_and_after_a_restart() -> None:
    room = await open_room()
    tokens = _tokens(room)
    first, token = await tokens.issue(room.account, room.user, "하나", "admin")
    _, kept = await tokens.issue(room.account, room.user, "둘", "admin")
    door = Authenticator(SECRET, tokens)
    caller = door.caller(_shown(token))
    assert door.is_good(caller)
    await tokens.revoke(first.token_id, "admin")
    again = await tokens.revoke(first.token_id, "admin")
    assert not door.is_good(caller)
    successor = _tokens(room)
    async with room.core.ledger.read() as tx:
        await successor.load(tx)
    for side in (tokens, successor):
        assert side.known(token) is None
        assert side.known(kept) is not None
    assert [(one.label, bool(one.revoked_at)) for one in successor.all()] == [("하나", True), ("둘", False)]
    assert successor.all()[0] == again


async def test_the_ledger_holds_no_token_and_another_installation_reads_none() -> None:
    room = await open_room()
    tokens = _tokens(room)
    _, token = await tokens.issue(room.account, room.user, "내 봇", "admin")
    written = repr(list(room.database.tables.secrets.rows.values()))
    written += repr(list(room.database.tables.transitions.rows.values()))
    assert token not in written
    assert token.rpartition("_")[2] not in written
    stranger = CallerTokens(room.core.ledger, FernetBox(b"x" * 32), random.Random(7))
    async with room.core.ledger.read() as tx:
        await stranger.load(tx)
    assert stranger.known(token) is None


@pytest.mark.parametrize("label", ["", "   ", "x" * 61, "두\n줄"])
async def test_a_token_says_which_program_it_is_for(label: str) -> None:
    room = await open_room()
    with pytest.raises(Refusal, match="LABEL"):
        await _tokens(room).issue(room.account, room.user, label, "admin")


async def test_an_id_that_is_none_cannot_be_taken_back() -> None:
    room = await open_room()
    with pytest.raises(Refusal, match="TOKEN_UNKNOWN"):
        await _tokens(room).revoke("ffffffff", "admin")


async def test_there_are_not_more_good_ones_than_a_person_can_oversee() -> None:
    room = await open_room()
    tokens = _tokens(room)
    made = [await tokens.issue(room.account, room.user, f"{n}", "admin") for n in range(50)]
    with pytest.raises(Refusal, match="TOO_MANY"):
        await tokens.issue(room.account, room.user, "one more", "admin")
    await tokens.revoke(made[0][0].token_id, "admin")
    await tokens.issue(room.account, room.user, "one more", "admin")
