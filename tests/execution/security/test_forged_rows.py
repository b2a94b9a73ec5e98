"""Rows that a role may write because it is its job, forged: constraints refuse them, or the OMS before anything leaves.

The web's role answers, the graph's drafts, the OMS's keeps the ledger. Each is taken to be somebody else's for once.
Nothing that it writes may become an order that no person approved: the exchange's own journal is asked at the end.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from oms_path import HYNIX, KODEX200, SAMSUNG, Path_, Person, rows_of, write_plan
from psycopg import errors
from psycopg.types.json import Jsonb
from standing import offer, revoke, signed

from domain import ids
from domain.clock import KST
from domain.gate.order import order_of
from domain.orders.plans import plan_hash
from domain.orders.types import Leg, Plan, Side
from domain.proto import oms_pb2 as pb
from tools.oms_client import OmsChannel, OmsClient
from tools.store.secrets import instance_secret

pytestmark = pytest.mark.usefixtures("nothing_reaches_the_exchange")


# The web's role: a person's decisions -------------------------------------------------------------------------------


FORGED_ANSWERS: dict[str, tuple[dict[str, Any], type[psycopg.Error]]] = {
    "by another person": ({"user_id": uuid4()}, errors.ForeignKeyViolation),
    "to another text": ({"plan_hash": "0" * 64}, errors.ForeignKeyViolation),
    "to a question that was never asked": ({"approval_id": uuid4()}, errors.ForeignKeyViolation),
    "neither yes nor no": ({"decision": "approved"}, errors.CheckViolation),
    "of a fraction of a share": ({"quantities": Jsonb({"1": 0.5})}, errors.CheckViolation),
    "of less than nothing": ({"quantities": Jsonb({"1": -1})}, errors.CheckViolation),
    "of a word": ({"quantities": Jsonb({"1": "2"})}, errors.CheckViolation),
    "of yes": ({"quantities": Jsonb({"1": True})}, errors.CheckViolation),
    "of nothing at all": ({"quantities": Jsonb({"1": None})}, errors.CheckViolation),
    "of a leg that is no number": ({"quantities": Jsonb({"one": 1})}, errors.CheckViolation),
    "of a leg 01": ({"quantities": Jsonb({"01": 1})}, errors.CheckViolation),
    "of a list": ({"quantities": Jsonb([1])}, errors.CheckViolation),
    "of a nested leg": ({"quantities": Jsonb({"1": {"2": 3}})}, errors.CheckViolation),
}


@pytest.mark.parametrize("name", FORGED_ANSWERS)
async def test_an_answer_that_is_none_is_no_row(pair: tuple[Person, Person], name: str) -> None:
    changes, refusal = FORGED_ANSWERS[name]
    who, _ = pair
    plan = who.plan((SAMSUNG, Side.BUY, 1, 50_000))
    with pytest.raises(refusal):
        who.approve(plan, **changes)


async def test_an_answer_stands_and_a_second_one_is_no_row(path: Path_) -> None:
    who = path.person()
    plan = who.plan((SAMSUNG, Side.BUY, 1, await path.resting(SAMSUNG)))
    who.approve(plan, "reject")
    with rows_of(who.ui_url) as db, pytest.raises(errors.UniqueViolation):
        db.execute(
            "INSERT INTO desk.approvals (approval_id, user_id, plan_hash, decision, channel)"
            " VALUES (%s, %s, %s, 'approve', 't')",
            (ids.approval_id(plan.plan_id, 1), plan.user_id, plan_hash(plan)),
        )


@pytest.mark.parametrize("forged", ["another person", "other bounds", "no offer"])
async def test_a_signature_that_is_not_of_this_person_under_this_text_is_no_row(path: Path_, forged: str) -> None:
    who = path.person()
    mandate = offer(who, 1_000_000)
    row = {
        "mandate_id": uuid4() if forged == "no offer" else mandate.mandate_id,
        "user_id": path.person().identity.user_id if forged == "another person" else who.identity.user_id,
        "bounds_hash": "0" * 64,
    }
    with rows_of(who.ui_url) as db, pytest.raises(errors.ForeignKeyViolation):
        db.execute(
            "INSERT INTO desk.mandates (mandate_id, user_id, bounds_hash, channel)"
            " VALUES (%(mandate_id)s, %(user_id)s, %(bounds_hash)s, 't')",
            row,
        )


async def test_a_mandate_that_nobody_signed_cannot_be_revoked_and_a_revocation_stands(path: Path_) -> None:
    who = path.person()
    with pytest.raises(errors.ForeignKeyViolation):
        revoke(who, offer(who, 1_000_000))
    mandate = signed(who, 1_000_000)
    revoke(who, mandate)
    with pytest.raises(errors.UniqueViolation):
        revoke(who, mandate)


# The graph's role: plans, questions, offers -------------------------------------------------------------------------


@dataclass
class Forgery:
    """A plan as the graph's role may write it, and the word under which it is brought."""

    plan: Plan
    word: dict[str, str]
    principal: str = "web"


Forge = Callable[[Path_, Person, Person, int], Forgery]


def _copied(db: psycopg.Connection[Any], plan: Plan, hash_: str | None = None) -> Plan:
    write_plan(db, plan, hash_)
    return plan


def leg_slipped_in(path: Path_, who: Person, other: Person, price: int) -> Forgery:
    plan = who.plan((SAMSUNG, Side.BUY, 1, price))
    approval = who.approve(plan)
    with rows_of(who.graph_url) as db:
        db.execute(
            "INSERT INTO desk.plan_legs SELECT plan_id, version, 2, %s, side, 100, order_type, limit_price, not_after,"
            " initiative, after_leg, reason FROM desk.plan_legs WHERE plan_id = %s",
            (KODEX200, plan.plan_id),
        )
    return Forgery(plan, {"approval_id": approval})


def hash_of_another_plan(path: Path_, who: Person, other: Person, price: int) -> Forgery:
    """The person approved one share; the plan of a hundred carries that plan's hash."""
    small = who.plan((SAMSUNG, Side.BUY, 1, price))
    approval = who.approve(small)
    large = replace(small, plan_id=uuid4(), legs=(replace(small.legs[0], quantity=100),))
    with rows_of(who.graph_url) as db:
        _copied(db, large, plan_hash(small))
    return Forgery(large, {"approval_id": approval})


def question_about_another_text(path: Path_, who: Person, other: Person, price: int) -> Forgery:
    """The card names the plan and carries another plan's hash; the person answers that."""
    shown, meant = who.plan((SAMSUNG, Side.BUY, 1, price)), who.plan((SAMSUNG, Side.BUY, 100, price))
    approval = uuid4()
    now = datetime.now(KST)
    with rows_of(who.graph_url) as db:
        db.execute(
            "INSERT INTO desk.approval_requests VALUES (%s, %s, 1, %s, %s, %s, 't', '{}', %s, %s)",
            (
                approval,
                meant.plan_id,
                plan_hash(shown),
                who.account,
                who.identity.user_id,
                now,
                now + timedelta(minutes=5),
            ),
        )
    _answered(who, approval, plan_hash(shown))
    return Forgery(meant, {"approval_id": str(approval)})


def another_persons_answer(path: Path_, who: Person, other: Person, price: int) -> Forgery:
    """The question about my plan is put to somebody else, who says yes."""
    plan = who.plan((SAMSUNG, Side.BUY, 1, price))
    approval = uuid4()
    now = datetime.now(KST)
    with rows_of(who.graph_url) as db:
        db.execute(
            "INSERT INTO desk.approval_requests VALUES (%s, %s, 1, %s, %s, %s, 't', '{}', %s, %s)",
            (
                approval,
                plan.plan_id,
                plan_hash(plan),
                who.account,
                other.identity.user_id,
                now,
                now + timedelta(minutes=5),
            ),
        )
    _answered(other, approval, plan_hash(plan))
    return Forgery(plan, {"approval_id": str(approval)})


def plan_for_anothers_account(path: Path_, who: Person, other: Person, price: int) -> Forgery:
    """My plan and my answer, but the account is somebody else's."""
    mine = who.plan((SAMSUNG, Side.BUY, 1, price))
    theirs = replace(mine, plan_id=uuid4(), account_ref=other.account)
    with rows_of(who.graph_url) as db:
        _copied(db, theirs)
    return Forgery(theirs, {"approval_id": who.approve(theirs)})


def anothers_name_on_my_plan(path: Path_, who: Person, other: Person, price: int) -> Forgery:
    """My account, somebody else's name as the one who wants it, and their answer."""
    mine = who.plan((SAMSUNG, Side.BUY, 1, price))
    plan = replace(mine, plan_id=uuid4(), user_id=other.identity.user_id)
    with rows_of(who.graph_url) as db:
        _copied(db, plan)
    return Forgery(plan, {"approval_id": other.approve(plan)})


def bounds_that_were_not_signed(path: Path_, who: Person, other: Person, price: int) -> Forgery:
    mandate = signed(who, price, bounds={"max_per_order": price * 100, "max_per_day": price * 100})
    return Forgery(_cycle(who, 2, price), {"mandate_id": str(mandate.mandate_id)}, "worker")


def an_offer_without_a_signature(path: Path_, who: Person, other: Person, price: int) -> Forgery:
    return Forgery(_cycle(who, 1, price), {"mandate_id": str(offer(who, price * 2).mandate_id)}, "worker")


def anothers_signature_for_my_account(path: Path_, who: Person, other: Person, price: int) -> Forgery:
    """The offer names my account and is signed by somebody else, as its own user."""
    mandate = signed(other, price * 2, account_ref=who.account)
    return Forgery(_cycle(who, 1, price), {"mandate_id": str(mandate.mandate_id)}, "worker")


def bounds_that_nobody_can_read(path: Path_, who: Person, other: Person, price: int) -> Forgery:
    mandate = signed(who, price * 2, bounds={"max_per_order": "unlimited"})
    return Forgery(_cycle(who, 1, price), {"mandate_id": str(mandate.mandate_id)}, "worker")


def _cycle(who: Person, quantity: int, price: int) -> Plan:
    return who.plan((SAMSUNG, Side.BUY, quantity, price), sleeve="cycle")


def _answered(who: Person, approval: UUID, text: str) -> None:
    with rows_of(who.ui_url) as db:
        db.execute(
            "INSERT INTO desk.approvals (approval_id, user_id, plan_hash, decision, channel)"
            " VALUES (%s, %s, %s, 'approve', 't')",
            (approval, who.identity.user_id, text),
        )


DRAFTS: list[tuple[Forge, str]] = [
    (leg_slipped_in, "PLAN_HASH"),
    (hash_of_another_plan, "PLAN_HASH"),
    (question_about_another_text, "APPROVAL_HASH"),
    (another_persons_answer, "APPROVAL_FOREIGN"),
    (plan_for_anothers_account, "ACCOUNT_UNKNOWN"),
    (anothers_name_on_my_plan, "PLAN_FOREIGN"),
    (bounds_that_were_not_signed, "MANDATE"),
    (an_offer_without_a_signature, "MANDATE_UNSIGNED"),
    (anothers_signature_for_my_account, "MANDATE_UNKNOWN"),
    (bounds_that_nobody_can_read, "MANDATE_BOUNDS"),
]


@pytest.mark.parametrize(("forge", "code"), DRAFTS, ids=lambda value: getattr(value, "__name__", value))
async def test_what_the_graph_forges_is_refused_by_the_door(
    path: Path_, pair: tuple[Person, Person], forge: Forge, code: str
) -> None:
    who, other = pair
    forged = forge(path, who, other, await path.resting(SAMSUNG))
    request = pb.SubmitRequest(plan_id=str(forged.plan.plan_id), version=1, **forged.word)
    async with OmsChannel(path.oms.address, instance_secret(path.database.settings), forged.principal) as channel:
        reply = await OmsClient(channel).submit(who.identity, request)
    assert reply.outcome == pb.SubmitReply.REFUSED, reply
    assert code in {finding.code for finding in reply.findings if finding.effect == "refuse"}, reply
    assert path.proxy.orders == []
    assert path.sql("SELECT count(*) FROM ledger.intents WHERE account_ref = %s", who.account) == [(0,)]


# The OMS's role: intents behind the OMS's back ----------------------------------------------------------------------


def intent_row(plan: Plan, authority: str, authority_id: object, **changes: Any) -> dict[str, Any]:
    """The row that admission would write for the plan's first leg, with the forger's changes."""
    leg: Leg = plan.legs[0]
    order, now = order_of(plan, leg), datetime.now(KST)
    return {
        "intent_id": order.intent_id,
        "plan_id": plan.plan_id,
        "version": plan.version,
        "leg": leg.leg,
        "account_ref": plan.account_ref,
        "user_id": plan.user_id,
        "ticker": leg.ticker,
        "side": leg.side.value,
        "order_type": leg.order_type.value,
        "limit_price": leg.limit_price,
        "quantity": leg.quantity,
        "not_after": leg.not_after,
        "initiative": leg.initiative.value,
        "sleeve": plan.sleeve,
        "reason": "",
        "payload_hash": order.payload_hash,
        "authority": authority,
        "authority_id": authority_id,
        "profile_version": 1,
        "plan_expires_at": plan.expires_at,
        "trade_date": now.date(),
        "state": "NEW",
        "created_at": now,
        "updated_at": now,
    } | changes


def slip_in(path: Path_, row: dict[str, Any]) -> UUID:
    """With everything that belongs to an admission, written with the OMS's own role."""
    was_sent = row.pop("was_sent", False)
    with rows_of(path.database.url("oms")) as db, db.transaction():
        db.execute(
            f"INSERT INTO ledger.intents ({', '.join(row)}) VALUES ({', '.join(['%s'] * len(row))})",
            tuple(row.values()),
        )
        db.execute(
            "INSERT INTO ledger.reservations (intent_id, account_ref, ticker, cash) VALUES (%s, %s, %s, 1000)",
            (row["intent_id"], row["account_ref"], row["ticker"]),
        )
        if was_sent:
            db.execute(
                "INSERT INTO ledger.broker_orders (account_ref, trade_date, branch, odno, intent_id, kind, ticker,"
                " side, order_type, price, quantity, state, how, acked_at, updated_at)"
                " VALUES (%s, %s, '00', 999999, %s, 'order', %s, 'buy', 'limit', 1, 1, 'CANCELLED', 'reply', now(),"
                " now())",
                (row["account_ref"], row["trade_date"], row["intent_id"], row["ticker"]),
            )
    return UUID(str(row["intent_id"]))


Slip = Callable[[Path_, Person, Person, int], dict[str, Any]]


def an_invented_approval(path: Path_, who: Person, other: Person, price: int) -> dict[str, Any]:
    return intent_row(who.plan((SAMSUNG, Side.BUY, 1, price)), "approval", uuid4())


def an_unanswered_question(path: Path_, who: Person, other: Person, price: int) -> dict[str, Any]:
    plan = who.plan((SAMSUNG, Side.BUY, 1, price))
    approval = ids.approval_id(plan.plan_id, 1)
    who.ask(plan, approval)
    return intent_row(plan, "approval", approval)


def a_rejected_plan(path: Path_, who: Person, other: Person, price: int) -> dict[str, Any]:
    plan = who.plan((SAMSUNG, Side.BUY, 1, price))
    return intent_row(plan, "approval", who.approve(plan, "reject"))


def no_plan_at_all(path: Path_, who: Person, other: Person, price: int) -> dict[str, Any]:
    plan = who.plan((SAMSUNG, Side.BUY, 1, price))
    approval = who.approve(plan)
    return intent_row(replace(plan, plan_id=uuid4()), "approval", approval)


def the_approval_of_another_plan(path: Path_, who: Person, other: Person, price: int) -> dict[str, Any]:
    approved, wanted = who.plan((SAMSUNG, Side.BUY, 1, price)), who.plan((SAMSUNG, Side.BUY, 3, price))
    return intent_row(wanted, "approval", who.approve(approved))


def another_persons_approval(path: Path_, who: Person, other: Person, price: int) -> dict[str, Any]:
    theirs = other.plan((SAMSUNG, Side.BUY, 1, price))
    return intent_row(theirs, "approval", other.approve(theirs), account_ref=who.account)


def more_than_the_plan(path: Path_, who: Person, other: Person, price: int) -> dict[str, Any]:
    plan = who.plan((SAMSUNG, Side.BUY, 1, price))
    return intent_row(plan, "approval", who.approve(plan), quantity=5)


def more_than_was_approved(path: Path_, who: Person, other: Person, price: int) -> dict[str, Any]:
    plan = who.plan((SAMSUNG, Side.BUY, 5, price))
    return intent_row(plan, "approval", who.approve(plan, quantities=Jsonb({"1": 1})))


def another_ticker(path: Path_, who: Person, other: Person, price: int) -> dict[str, Any]:
    plan = who.plan((SAMSUNG, Side.BUY, 1, price))
    return intent_row(plan, "approval", who.approve(plan), ticker=HYNIX)


def a_worse_price(path: Path_, who: Person, other: Person, price: int) -> dict[str, Any]:
    plan = who.plan((SAMSUNG, Side.BUY, 1, price))
    return intent_row(plan, "approval", who.approve(plan), limit_price=price + 1000)


def a_market_order_of_a_limit(path: Path_, who: Person, other: Person, price: int) -> dict[str, Any]:
    plan = who.plan((SAMSUNG, Side.BUY, 1, price))
    return intent_row(plan, "approval", who.approve(plan), order_type="market", limit_price=None)


def a_leg_of_another_number(path: Path_, who: Person, other: Person, price: int) -> dict[str, Any]:
    """A second order under the one approval."""
    plan = who.plan((SAMSUNG, Side.BUY, 1, price))
    approval = who.approve(plan)
    return intent_row(plan, "approval", approval, intent_id=ids.intent_id(plan.plan_id, 2), leg=2)


def a_second_id_for_the_leg(path: Path_, who: Person, other: Person, price: int) -> dict[str, Any]:
    plan = who.plan((SAMSUNG, Side.BUY, 1, price))
    return intent_row(plan, "approval", who.approve(plan), intent_id=uuid4())


def a_mandate_of_another_account(path: Path_, who: Person, other: Person, price: int) -> dict[str, Any]:
    return intent_row(_cycle(who, 1, price), "mandate", signed(other, price * 2).mandate_id)


def a_mandate_without_a_signature(path: Path_, who: Person, other: Person, price: int) -> dict[str, Any]:
    return intent_row(_cycle(who, 1, price), "mandate", offer(who, price * 2).mandate_id)


def a_revoked_mandate(path: Path_, who: Person, other: Person, price: int) -> dict[str, Any]:
    mandate = signed(who, price * 2)
    revoke(who, mandate)
    return intent_row(_cycle(who, 1, price), "mandate", mandate.mandate_id)


def an_unreadable_mandate(path: Path_, who: Person, other: Person, price: int) -> dict[str, Any]:
    mandate = signed(who, price * 2, bounds={"max_per_order": "unlimited"})
    return intent_row(_cycle(who, 1, price), "mandate", mandate.mandate_id)


def a_mandate_and_no_plan(path: Path_, who: Person, other: Person, price: int) -> dict[str, Any]:
    return intent_row(replace(_cycle(who, 1, price), plan_id=uuid4()), "mandate", signed(who, price * 2).mandate_id)


def an_invented_exit(path: Path_, who: Person, other: Person, price: int) -> dict[str, Any]:
    return intent_row(who.plan((SAMSUNG, Side.SELL, 1, price)), "exit", uuid4())


def one_that_was_sent_before(path: Path_, who: Person, other: Person, price: int) -> dict[str, Any]:
    """Everything is right, but the broker has had it once: set back to NEW it would leave a second time."""
    plan = who.plan((SAMSUNG, Side.BUY, 1, price))
    return intent_row(plan, "approval", who.approve(plan), was_sent=True)


SLIPS: list[Slip] = [
    one_that_was_sent_before,
    an_invented_approval,
    an_unanswered_question,
    a_rejected_plan,
    no_plan_at_all,
    the_approval_of_another_plan,
    another_persons_approval,
    more_than_the_plan,
    more_than_was_approved,
    another_ticker,
    a_worse_price,
    a_market_order_of_a_limit,
    a_leg_of_another_number,
    a_second_id_for_the_leg,
    a_mandate_of_another_account,
    a_mandate_without_a_signature,
    a_revoked_mandate,
    an_unreadable_mandate,
    a_mandate_and_no_plan,
    an_invented_exit,
]


async def test_intents_slipped_into_the_ledger_are_refused_before_they_are_sent(
    path: Path_, pair: tuple[Person, Person]
) -> None:
    """All at once in one account: they wait for the budget together, and none for another's sake."""
    who, (_, other) = path.person(), pair
    await path.client.book(who.identity)  # the account is open, its queue is served
    price = await path.resting(SAMSUNG)
    slipped = {slip_in(path, slip(path, who, other, price)): slip.__name__ for slip in SLIPS}
    for _ in range(200):
        rows = path.sql("SELECT intent_id, state FROM ledger.intents WHERE account_ref = %s", who.account)
        if all(state != "NEW" for _, state in rows):
            break
        await asyncio.sleep(0.1)
    assert {slipped[intent]: state for intent, state in rows} == dict.fromkeys(slipped.values(), "REFUSED")
    assert path.proxy.orders == []
    evidence = path.sql(
        "SELECT entity_id, evidence->'codes' FROM ledger.transitions WHERE account_ref = %s", who.account
    )
    words = {slipped[UUID(intent)]: {"APPROVAL", "MANDATE"} & set(codes) for intent, codes in evidence}
    assert words == {name: {"MANDATE" if name == "a_revoked_mandate" else "APPROVAL"} for name in slipped.values()}
