"""What lets an order in: one approval, one answer, exactly what was approved, exactly once."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from uuid import uuid4

import psycopg
from oms_path import HYNIX, KODEX200, SAMSUNG, Path_, Person, write_plan
from psycopg.types.json import Jsonb
from standing import revoke, signed

from domain import ids
from domain.orders.plans import plan_hash
from domain.orders.types import Initiative, Plan, Side
from domain.proto import oms_pb2 as pb
from tools.oms_client import OmsChannel, OmsClient
from tools.store.secrets import instance_secret

MONEY_MARKET = "357870"  # a cash-like ETF: weights do not bind it


def _request(plan: Plan, approval: object | None = None) -> pb.SubmitRequest:
    found = approval or ids.approval_id(plan.plan_id, plan.version)
    return pb.SubmitRequest(plan_id=str(plan.plan_id), version=plan.version, approval_id=str(found))


async def _refused(path: Path_, who: Person, request: pb.SubmitRequest) -> str:
    reply = await path.client.submit(who.identity, request)
    assert reply.outcome in (pb.SubmitReply.REFUSED, pb.SubmitReply.CONFLICT), reply
    assert reply.message
    return reply.findings[0].code


async def test_five_concurrent_submits_make_one_order(path: Path_) -> None:
    who = path.person()
    request = who.approved((SAMSUNG, Side.BUY, 1, await path.resting(SAMSUNG)))
    replies = await asyncio.gather(*(path.client.submit(who.identity, request) for _ in range(5)))
    outcomes = sorted(reply.outcome for reply in replies)
    assert outcomes == [pb.SubmitReply.ADMITTED] + [pb.SubmitReply.ALREADY_ADMITTED] * 4
    assert len({reply.orders[0].intent_id for reply in replies}) == 1
    await path.until(who, "ACKED")
    again = await path.client.submit(who.identity, request)
    assert again.outcome == pb.SubmitReply.ALREADY_ADMITTED
    assert again.orders[0].state == "ACKED"
    await asyncio.sleep(0.5)
    assert len(path.proxy.orders) == 1


async def test_a_hundred_orders_with_cash_for_one_admit_one(path: Path_) -> None:
    who = path.person()
    quote = await path.market.quote(MONEY_MARKET)
    assert quote.found
    price = quote.price // 5 * 5 - 1000
    quantity = 60_000_000 // price
    plans = [who.approved((MONEY_MARKET, Side.BUY, quantity - n, price)) for n in range(100)]
    replies = await asyncio.gather(*(path.client.submit(who.identity, request) for request in plans))
    admitted = [reply for reply in replies if reply.outcome == pb.SubmitReply.ADMITTED]
    assert len(admitted) == 1, {f.code for r in replies for f in r.findings}
    refused = [reply for reply in replies if reply.outcome == pb.SubmitReply.REFUSED]
    assert len(refused) == 99
    assert all("CASH" in {f.code for f in reply.findings if f.effect == "refuse"} for reply in refused)
    await path.until(who, "ACKED", "FILLED", "PARTIAL")
    assert len(path.proxy.orders) == 1


async def test_approvals_that_are_not_of_this_plan_person_or_text_are_refused(path: Path_) -> None:
    who, other = path.person(), path.person()
    price = await path.resting(SAMSUNG)

    unanswered = who.plan((SAMSUNG, Side.BUY, 1, price))
    assert await _refused(path, who, _request(unanswered)) == "APPROVAL_UNKNOWN"

    rejected = who.plan((SAMSUNG, Side.BUY, 1, price))
    who.approve(rejected, "reject")
    assert await _refused(path, who, _request(rejected)) == "APPROVAL_REJECTED"

    mine, theirs = who.plan((SAMSUNG, Side.BUY, 1, price)), other.plan((SAMSUNG, Side.BUY, 1, price))
    who.approve(mine)
    stolen = other.approve(theirs)
    assert await _refused(path, who, _request(mine, stolen)) == "APPROVAL_FOREIGN"
    assert await _refused(path, other, _request(mine)) == "ACCOUNT_UNKNOWN"

    raised = who.plan((SAMSUNG, Side.BUY, 1, price))
    who.approve(raised, quantities=Jsonb({"1": 2}))
    assert await _refused(path, who, _request(raised)) == "APPROVAL_QUANTITY"
    assert path.proxy.orders == []


async def test_a_plan_whose_text_was_changed_after_its_hash_is_refused(path: Path_) -> None:
    who = path.person()
    plan = who.plan((SAMSUNG, Side.BUY, 1, await path.resting(SAMSUNG)))
    forged = replace(plan, plan_id=uuid4(), legs=(replace(plan.legs[0], quantity=100),))
    with psycopg.connect(path.database.url("graph"), autocommit=True) as db:
        write_plan(db, forged, hash_=plan_hash(plan))
    assert await _refused(path, who, _request(forged)) == "PLAN_HASH"


async def test_an_expired_plan_is_refused_and_an_answer_after_expiry_counts_for_nothing(path: Path_) -> None:
    who = path.person()
    price = await path.resting(SAMSUNG)
    plan = who.plan((SAMSUNG, Side.BUY, 1, price))
    approval = ids.approval_id(plan.plan_id, 1)
    who.ask(plan, approval, seconds=-1.0)
    with psycopg.connect(path.database.url("ui"), autocommit=True) as db:
        db.execute(
            "INSERT INTO desk.approvals (approval_id, user_id, plan_hash, decision, channel)"
            " VALUES (%s, %s, %s, 'approve', 't')",
            (approval, plan.user_id, plan_hash(plan)),
        )
    assert await _refused(path, who, _request(plan)) == "APPROVAL_LATE"


async def test_the_user_may_lower_quantities_and_leave_legs_out(path: Path_) -> None:
    who = path.person()
    price = await path.resting(SAMSUNG)
    plan = who.plan((SAMSUNG, Side.BUY, 5, price), (KODEX200, Side.BUY, 3, await path.resting(KODEX200)))
    who.approve(plan, quantities=Jsonb({"1": 2, "2": 0}))
    reply = await path.client.submit(who.identity, _request(plan))
    assert reply.outcome == pb.SubmitReply.ADMITTED, reply
    assert [(o.ticker, o.quantity) for o in reply.orders] == [(SAMSUNG, 2)]
    await path.until(who, "ACKED")
    assert [order["ORD_QTY"] for order in path.proxy.orders] == ["2"]


async def test_an_older_version_is_refused_and_a_newer_one_too_once_the_first_has_left(path: Path_) -> None:
    who = path.person()
    price = await path.resting(SAMSUNG)
    first = who.plan((SAMSUNG, Side.BUY, 1, price), origin="versions")
    who.approve(first)
    second = who.plan((SAMSUNG, Side.BUY, 2, price), origin="versions", version=2)
    assert await _refused(path, who, _request(first)) == "PLAN_SUPERSEDED"
    who.approve(second)
    reply = await path.client.submit(who.identity, _request(second))
    assert reply.outcome == pb.SubmitReply.ADMITTED, reply
    await path.until(who, "ACKED")
    third = who.plan((SAMSUNG, Side.BUY, 3, price), origin="versions", version=3)
    who.approve(third)
    assert await _refused(path, who, _request(third)) == "PLAN_STARTED"


async def test_the_same_signature_twice_in_a_moment_is_refused_as_a_double(path: Path_) -> None:
    who = path.person()
    price = await path.resting(HYNIX)
    first = await path.client.submit(who.identity, who.approved((HYNIX, Side.BUY, 1, price)))
    assert first.outcome == pb.SubmitReply.ADMITTED, first
    assert await _refused(path, who, who.approved((HYNIX, Side.BUY, 1, price))) == "DUPLICATE"


async def test_without_a_profile_nothing_is_bought_and_an_unknown_plan_is_unknown(path: Path_) -> None:
    who = path.person()
    with psycopg.connect(path.database.admin_url, autocommit=True) as db:
        db.execute("DELETE FROM desk.profiles WHERE user_id = %s", (who.identity.user_id,))
    codes = await path.client.submit(who.identity, who.approved((SAMSUNG, Side.BUY, 1, await path.resting(SAMSUNG))))
    assert "PROFILE" in {f.code for f in codes.findings}
    missing = pb.SubmitRequest(plan_id=str(uuid4()), version=1, approval_id=str(uuid4()))
    assert await _refused(path, who, missing) == "PLAN_UNKNOWN"


async def test_an_unsuitable_product_is_never_proposed_and_needs_the_users_own_word(path: Path_) -> None:
    who = path.person(grade="안정형")
    price = await path.resting(SAMSUNG)
    by_agent = who.approved((SAMSUNG, Side.BUY, 1, price), initiative=Initiative.AGENT)
    reply = await path.client.submit(who.identity, by_agent)
    assert "SUITABILITY" in {f.code for f in reply.findings if f.effect == "refuse"}


async def test_a_worker_orders_inside_a_signed_mandate_and_nowhere_else(path: Path_) -> None:
    who = path.person()
    price = await path.resting(SAMSUNG)
    mandate = signed(who, most=price * 2)
    async with OmsChannel(path.oms.address, instance_secret(path.database.settings), "worker") as channel:
        worker = OmsClient(channel)

        async def submit(ticker: str, quantity: int, at: int) -> pb.SubmitReply:
            plan = who.plan((ticker, Side.BUY, quantity, at), initiative=Initiative.AGENT, sleeve="cycle")
            request = pb.SubmitRequest(plan_id=str(plan.plan_id), version=1, mandate_id=str(mandate.mandate_id))
            return await worker.submit(who.identity, request)

        inside = await submit(SAMSUNG, 2, price)
        assert inside.outcome == pb.SubmitReply.ADMITTED, inside
        assert "MANDATE" in {f.code for f in (await submit(SAMSUNG, 1, price)).findings}, "the day is used up"
        other = await submit(KODEX200, 1, await path.resting(KODEX200))
        assert "MANDATE" in {f.code for f in other.findings}
        await path.until(who, "ACKED")
        revoke(who, mandate)
        assert "MANDATE" in {f.code for f in (await submit(SAMSUNG, 1, price)).findings}


async def test_a_position_is_born_with_an_exit_mandate_that_sells_and_never_buys(path: Path_) -> None:
    who = path.person()
    reply = await path.client.submit(who.identity, who.approved((SAMSUNG, Side.BUY, 3, await path.marketable(SAMSUNG))))
    assert reply.outcome == pb.SubmitReply.ADMITTED, reply
    await path.until(who, "FILLED")
    ((exit_id,),) = path.sql("SELECT exit_mandate_id FROM ledger.exit_mandates WHERE account_ref = %s", who.account)
    async with OmsChannel(path.oms.address, instance_secret(path.database.settings), "guard") as channel:
        guard = OmsClient(channel)
        buy = who.plan((SAMSUNG, Side.BUY, 1, await path.marketable(SAMSUNG)))
        refused = await guard.submit(
            who.identity, pb.SubmitRequest(plan_id=str(buy.plan_id), version=1, exit_mandate_id=str(exit_id))
        )
        assert "EXIT_MANDATE" in {f.code for f in refused.findings}
        sell = who.plan((SAMSUNG, Side.SELL, 3, None), initiative=Initiative.AGENT)
        sold = await guard.submit(
            who.identity, pb.SubmitRequest(plan_id=str(sell.plan_id), version=1, exit_mandate_id=str(exit_id))
        )
        assert sold.outcome == pb.SubmitReply.ADMITTED, sold
    await path.until(who, "FILLED", count=2)
    ((closed,),) = path.sql("SELECT closed_at FROM ledger.exit_mandates WHERE exit_mandate_id = %s", exit_id)
    assert closed is not None
