"""What people wrote on the desk, as both ledgers read it."""

from __future__ import annotations

from datetime import UTC, timedelta
from typing import Any
from uuid import UUID

import pytest
from ledger_bench import Bench, MemoryBench
from ledger_rows import NOW, named

from domain.orders.types import Initiative, Leg, OrderType, Plan, Side
from execution.oms.errors import Taken, Unfit
from execution.oms.ledger.desk import Decision, DeskAccount, MandateRow, ProfileRow
from execution.oms.ledger.port import Ledger

OWNER, ACCOUNT = named("owner"), "account"
LATER = NOW + timedelta(hours=1)


def plan_of(user: UUID, account: str, version: int = 1) -> Plan:
    return Plan(
        plan_id=named(account, "plan"),
        version=version,
        account_ref=account,
        user_id=user,
        sleeve="manual",
        origin=("thread", 7),
        legs=(
            Leg(1, "005930", Side.SELL, 3, OrderType.MARKET, None, LATER, Initiative.USER, None, "까닭"),
            Leg(2, "000660", Side.BUY, 1, OrderType.LIMIT, 100_000, LATER, Initiative.AGENT, 1, ""),
        ),
        profile_version=1,
        strategy_id=None,
        created_at=NOW,
        expires_at=LATER,
    )


async def test_a_plan_is_read_as_it_was_written_and_its_newest_version_is_known(bench: Bench, ledger: Ledger) -> None:
    user, account = await bench.person()
    for version in (1, 2):
        await bench.people.plan(plan_of(user, account, version), f"hash {version}")
    async with ledger.read() as tx:
        assert await tx.desk.plan(named(account, "plan"), 1) == (plan_of(user, account), "hash 1")
        assert await tx.desk.plan(named(account, "plan"), 3) is None
        assert await tx.desk.latest_version(named(account, "plan")) == 2
        assert await tx.desk.latest_version(named("nobody's")) == 0
        found = await tx.desk.plan(named(account, "plan"), 2)
    assert found is not None
    assert found[0].legs[0].not_after.tzinfo == found[0].created_at.tzinfo == UTC


async def test_an_answer_is_read_with_its_question(bench: Bench, ledger: Ledger) -> None:
    user, account = await bench.person()
    approval = named(account, "approval")
    await bench.people.plan(plan_of(user, account), "hash")
    await bench.people.question(approval, named(account, "plan"), 1, "hash", account, user, LATER)
    asked: dict[str, Any] = {
        "approval_id": approval,
        "plan_id": named(account, "plan"),
        "version": 1,
        "plan_hash": "hash",
        "account_ref": account,
        "user_id": user,
        "expires_at": LATER,
    }
    silence: dict[str, Any] = {
        "decision": None,
        "answered_hash": None,
        "answered_by": None,
        "quantities": {},
        "unsuitable_ack": False,
        "decided_at": None,
    }
    async with ledger.read() as tx:
        assert await tx.desk.decision(approval) == Decision(**asked, **silence)
        assert await tx.desk.decision(named("nobody's")) is None
    await bench.people.answer(approval, user, "hash", "approve", NOW, {1: 2}, unsuitable_ack=True)
    async with ledger.read() as tx:
        assert await tx.desk.decision(approval) == Decision(
            **asked,
            decision="approve",
            answered_hash="hash",
            answered_by=user,
            quantities={1: 2},
            unsuitable_ack=True,
            decided_at=NOW,
        )


async def test_a_mandate_is_read_with_its_signature_and_its_end(bench: Bench, ledger: Ledger) -> None:
    user, account = await bench.person()
    mandate, bounds = named(account, "mandate"), {"most": 1_000_000, "tickers": ["005930"]}
    await bench.people.offer(mandate, account, user, "strategy", "s", bounds, "hash", NOW, LATER)

    async def read() -> MandateRow | None:
        async with ledger.read() as tx:
            return await tx.desk.mandate(mandate)

    offered = MandateRow(mandate, account, user, "strategy", "s", bounds, "hash", NOW, LATER, None, None, None)
    assert await read() == offered
    await bench.people.sign(mandate, user, "hash", NOW)
    signed = await read()
    assert signed is not None
    assert (signed.signed_at, signed.signed_by, signed.revoked_at) == (NOW, user, None)
    await bench.people.revoke(mandate, user, LATER)
    revoked = await read()
    assert revoked is not None
    assert revoked.revoked_at == LATER


async def test_the_newest_profile_and_strategy_count(bench: Bench, ledger: Ledger) -> None:
    user, account = await bench.person()
    strategy = named(account, "strategy")
    async with ledger.read() as tx:
        assert await tx.desk.profile(user) is None
        assert await tx.desk.strategy_hash(strategy) is None
    for version in (1, 3, 2):
        await bench.people.profile(user, version, "등급", 70 + version, {"capital": version}, NOW, LATER)
        await bench.people.strategy(strategy, version, user, f"hash {version}")
    async with ledger.read() as tx:
        assert await tx.desk.profile(user) == ProfileRow(3, "등급", 73, {"capital": 3}, NOW, LATER)
        assert await tx.desk.strategy_hash(strategy) == "hash 3"


async def test_accounts_of_a_venue_come_with_the_oldest_first(bench: Bench, ledger: Ledger) -> None:
    user = named(bench.environment, "owner")
    await bench.people.user(user, f"owner of {bench.environment}")
    for number, venue in ((3, "live"), (1, "paper"), (2, "sim")):
        await bench.people.account(f"{bench.environment}-{venue}", user, venue, NOW + timedelta(seconds=number))
    other, account = await bench.person(venue="live")
    async with ledger.read() as tx:
        found = [one for one in await tx.desk.accounts_at("live") if one.owner in (user, other)]
        assert [one.account_ref for one in found] == [account, f"{bench.environment}-live"]
        assert await tx.desk.account(account) == DeskAccount(account, other, "live")
        assert await tx.desk.account("nobody's") is None
        assert not await tx.desk.is_owner(user)


async def test_people_may_write_what_the_desks_tables_allow_and_nothing_else() -> None:
    bench = MemoryBench()
    people, approval, mandate = bench.people, named("approval"), named("mandate")
    await people.user(OWNER, "owner", is_owner=True)
    await people.account(ACCOUNT, OWNER, "sim", NOW)
    with pytest.raises(Taken, match="one_owner"):
        await people.user(named("other"), "other", is_owner=True)
    with pytest.raises(Taken, match="accounts_owner_venue_key"):
        await people.account("again", OWNER, "sim", NOW)
    with pytest.raises(Unfit, match="accounts_owner_fkey"):
        await people.account("nobody's", named("nobody"), "sim", NOW)
    with pytest.raises(Unfit, match="approval_requests_plan_id_version_fkey"):
        await people.question(approval, named("plan"), 1, "hash", ACCOUNT, OWNER, NOW)
    with pytest.raises(Unfit, match="approvals"):
        await people.answer(approval, OWNER, "hash", "approve", NOW)
    await people.offer(mandate, ACCOUNT, OWNER, "cycle", None, {"most": 1}, "hash", NOW, NOW)
    with pytest.raises(Unfit, match="mandates"):
        await people.sign(mandate, OWNER, "another hash", NOW)
    with pytest.raises(Unfit, match="mandate_revocations_mandate_id_fkey"):
        await people.revoke(mandate, OWNER, NOW)
    await people.sign(mandate, OWNER, "hash", NOW)
    with pytest.raises(Taken, match="mandates_pkey"):
        await people.sign(mandate, OWNER, "hash", NOW)
    await people.revoke(mandate, OWNER, NOW)
    async with bench.ledger() as ledger, ledger.read() as tx:
        found = await tx.desk.mandate(mandate)
    assert found is not None
    assert (found.signed_by, found.revoked_at) == (OWNER, NOW)
