"""Forged references and payloads through every door of the order path: gRPC and HTTP, as every principal.

One table of references that are not what they seem, each tried through both doors; then every principal with the words
of the others, credentials that are nobody's, every call of the door as everybody, and another person's account. The
web's own API is the third door; what changes something there is found in the application itself, so that a new route
cannot be forgotten.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import grpc
import pytest
from databases import Database
from fastapi.routing import APIRoute
from google.protobuf.message_factory import GetMessageClass
from http_door import http_door
from oms_path import KODEX200, SAMSUNG, Path_, Person, rows_of
from psycopg.types.json import Jsonb
from standing import offer, revoke, signed
from web_seat import open_seat

from domain import ids
from domain.clock import KST
from domain.orders.plans import plan_hash
from domain.orders.types import Plan, Side
from domain.proto import oms_pb2 as pb
from domain.proto import oms_pb2_grpc
from tools.oms_client import OmsChannel, OmsClient, open_channel
from tools.ports import Identity, PortRefused, PortUnavailable
from tools.store.secrets import PRINCIPALS, caller_token, instance_secret
from ui.web.app import _routers

pytestmark = pytest.mark.usefixtures("nothing_reaches_the_exchange")
DOORS = ("grpc", "http")


async def codes_through(door: str, path: Path_, who: Identity, principal: str, request: pb.SubmitRequest) -> set[str]:
    """What was answered: codes of refusing findings, or the code of the refusal. Fails when it was admitted."""
    settings = path.database.settings
    if door == "http":
        async with http_door(settings, principal, who.user_id if principal == "web" else None) as http:
            answer = await http.order(request)
        assert answer.status in (403, 409, 422), answer
        return answer.codes
    async with OmsChannel(path.oms.address, instance_secret(settings), principal) as channel:
        try:
            reply = await OmsClient(channel).submit(who, request)
        except PortRefused as refused:
            return {refused.code}
    assert reply.outcome in (pb.SubmitReply.REFUSED, pb.SubmitReply.CONFLICT), reply
    assert reply.message
    return {finding.code for finding in reply.findings}


# References that are not what they seem -----------------------------------------------------------------------------

Forged = tuple[Plan, str, object]  # the plan, the field of the word, its value
Forge = Callable[[Path_, Person, Person, int], Forged]


def bought(who: Person, price: int, quantity: int = 1, **options: Any) -> Plan:
    return who.plan((SAMSUNG, Side.BUY, quantity, price), **options)


def no_such_plan(path: Path_, who: Person, other: Person, price: int) -> Forged:
    plan = bought(who, price)
    return replace(plan, plan_id=uuid4()), "approval_id", who.approve(plan)


def no_such_approval(path: Path_, who: Person, other: Person, price: int) -> Forged:
    return bought(who, price), "approval_id", uuid4()


def not_answered(path: Path_, who: Person, other: Person, price: int) -> Forged:
    plan = bought(who, price)
    approval = ids.approval_id(plan.plan_id, 1)
    who.ask(plan, approval)
    return plan, "approval_id", approval


def rejected(path: Path_, who: Person, other: Person, price: int) -> Forged:
    plan = bought(who, price)
    return plan, "approval_id", who.approve(plan, "reject")


def answered_too_late(path: Path_, who: Person, other: Person, price: int) -> Forged:
    plan = bought(who, price)
    approval = ids.approval_id(plan.plan_id, 1)
    who.ask(plan, approval, seconds=-1.0)
    with rows_of(who.ui_url) as db:
        db.execute(
            "INSERT INTO desk.approvals (approval_id, user_id, plan_hash, decision, channel)"
            " VALUES (%s, %s, %s, 'approve', 't')",
            (approval, plan.user_id, plan_hash(plan)),
        )
    return plan, "approval_id", approval


def expired_since(path: Path_, who: Person, other: Person, price: int) -> Forged:
    """Answered in time, brought too late."""
    plan = bought(who, price)
    approval = who.approve(plan)
    with path.admin() as db:
        past = datetime.now(KST) - timedelta(minutes=5)
        db.execute("UPDATE desk.approvals SET decided_at = %s WHERE approval_id = %s", (past, approval))
        db.execute(
            "UPDATE desk.approval_requests SET expires_at = %s WHERE approval_id = %s",
            (past + timedelta(seconds=1), approval),
        )
    return plan, "approval_id", approval


def consumed(path: Path_, who: Person, other: Person, price: int) -> Forged:
    plan = bought(who, price)
    approval = who.approve(plan)
    with rows_of(path.database.url("oms")) as db:
        db.execute(
            "INSERT INTO ledger.consumed_approvals VALUES (%s, %s, %s, 1, now())",
            (approval, who.account, plan.plan_id),
        )
    return plan, "approval_id", approval


def of_another_plan(path: Path_, who: Person, other: Person, price: int) -> Forged:
    return bought(who, price, 9), "approval_id", who.approve(bought(who, price))


def of_another_version(path: Path_, who: Person, other: Person, price: int) -> Forged:
    origin = uuid4().hex
    approval = who.approve(bought(who, price, origin=origin))
    return bought(who, price, 9, origin=origin, version=2), "approval_id", approval


def of_another_person(path: Path_, who: Person, other: Person, price: int) -> Forged:
    return bought(who, price), "approval_id", other.approve(bought(other, price))


def anothers_plan_and_approval(path: Path_, who: Person, other: Person, price: int) -> Forged:
    theirs = bought(other, price)
    return theirs, "approval_id", other.approve(theirs)


def raised(path: Path_, who: Person, other: Person, price: int) -> Forged:
    plan = bought(who, price)
    return plan, "approval_id", who.approve(plan, quantities=Jsonb({"1": 2}))


def of_a_leg_that_is_not_there(path: Path_, who: Person, other: Person, price: int) -> Forged:
    plan = bought(who, price)
    return plan, "approval_id", who.approve(plan, quantities=Jsonb({"2": 1}))


def plan_edited_after_approval(path: Path_, who: Person, other: Person, price: int) -> Forged:
    plan = bought(who, price)
    approval = who.approve(plan)
    with path.admin() as db:
        db.execute("UPDATE desk.plan_legs SET quantity = 100 WHERE plan_id = %s", (plan.plan_id,))
    return plan, "approval_id", approval


def plan_and_hash_edited_after_approval(path: Path_, who: Person, other: Person, price: int) -> Forged:
    plan = bought(who, price)
    approval = who.approve(plan)
    edited = replace(plan, legs=(replace(plan.legs[0], quantity=100),))
    with path.admin() as db:
        db.execute("UPDATE desk.plan_legs SET quantity = 100 WHERE plan_id = %s", (plan.plan_id,))
        db.execute("UPDATE desk.plans SET plan_hash = %s WHERE plan_id = %s", (plan_hash(edited), plan.plan_id))
    return plan, "approval_id", approval


def account_edited_after_approval(path: Path_, who: Person, other: Person, price: int) -> Forged:
    plan = bought(who, price)
    approval = who.approve(plan)
    with path.admin() as db:
        db.execute("UPDATE desk.plans SET account_ref = %s WHERE plan_id = %s", (other.account, plan.plan_id))
    return plan, "approval_id", approval


def a_mandate_for_an_approval(path: Path_, who: Person, other: Person, price: int) -> Forged:
    return bought(who, price), "approval_id", signed(who, price * 2).mandate_id


def no_such_mandate(path: Path_, who: Person, other: Person, price: int) -> Forged:
    return bought(who, price, sleeve="cycle"), "mandate_id", uuid4()


def an_approval_for_a_mandate(path: Path_, who: Person, other: Person, price: int) -> Forged:
    plan = bought(who, price, sleeve="cycle")
    return plan, "mandate_id", who.approve(plan)


def not_signed(path: Path_, who: Person, other: Person, price: int) -> Forged:
    return bought(who, price, sleeve="cycle"), "mandate_id", offer(who, price * 2).mandate_id


def of_another_account(path: Path_, who: Person, other: Person, price: int) -> Forged:
    return bought(who, price, sleeve="cycle"), "mandate_id", signed(other, price * 2).mandate_id


def revoked(path: Path_, who: Person, other: Person, price: int) -> Forged:
    mandate = signed(who, price * 2)
    revoke(who, mandate)
    return bought(who, price, sleeve="cycle"), "mandate_id", mandate.mandate_id


def run_out(path: Path_, who: Person, other: Person, price: int) -> Forged:
    mandate = signed(who, price * 2, expires_at=datetime.now(KST) - timedelta(seconds=1))
    return bought(who, price, sleeve="cycle"), "mandate_id", mandate.mandate_id


def bounds_edited_after_signing(path: Path_, who: Person, other: Person, price: int) -> Forged:
    mandate = signed(who, price)
    with path.admin() as db:
        db.execute(
            "UPDATE desk.mandate_offers SET bounds = bounds || %s WHERE mandate_id = %s",
            (Jsonb({"max_per_order": price * 100, "max_per_day": price * 100}), mandate.mandate_id),
        )
    return bought(who, price, 5, sleeve="cycle"), "mandate_id", mandate.mandate_id


def hours_edited_after_signing(path: Path_, who: Person, other: Person, price: int) -> Forged:
    mandate = signed(who, price * 2)
    with path.admin() as db:
        db.execute(
            "UPDATE desk.mandate_offers SET expires_at = expires_at + interval '1 year' WHERE mandate_id = %s",
            (mandate.mandate_id,),
        )
    return bought(who, price, sleeve="cycle"), "mandate_id", mandate.mandate_id


def beyond_its_bounds(path: Path_, who: Person, other: Person, price: int) -> Forged:
    return bought(who, price, 2, sleeve="cycle"), "mandate_id", signed(who, price).mandate_id


def for_another_ticker(path: Path_, who: Person, other: Person, price: int) -> Forged:
    plan = who.plan((KODEX200, Side.BUY, 1, 30_000), sleeve="cycle")
    return plan, "mandate_id", signed(who, 10_000_000).mandate_id


def invented(path: Path_, who: Person, other: Person, price: int) -> Forged:
    return _sale(who), "exit_mandate_id", uuid4()


def an_approval_for_an_exit(path: Path_, who: Person, other: Person, price: int) -> Forged:
    plan = _sale(who)
    return plan, "exit_mandate_id", who.approve(plan)


def exit_of_another_account(path: Path_, who: Person, other: Person, price: int) -> Forged:
    plan = _sale(who)
    return plan, "exit_mandate_id", _exit_row(path, other, plan)


def exit_of_a_closed_position(path: Path_, who: Person, other: Person, price: int) -> Forged:
    plan = _sale(who)
    return plan, "exit_mandate_id", _exit_row(path, who, plan, closed=True)


def exit_of_shares_that_are_not_there(path: Path_, who: Person, other: Person, price: int) -> Forged:
    plan = _sale(who)
    return plan, "exit_mandate_id", _exit_row(path, who, plan)


def exit_that_buys(path: Path_, who: Person, other: Person, price: int) -> Forged:
    plan = bought(who, price, sleeve=uuid4().hex)
    return plan, "exit_mandate_id", _exit_row(path, who, plan)


def _sale(who: Person) -> Plan:
    return who.plan((SAMSUNG, Side.SELL, 1, None), sleeve=uuid4().hex)


def _exit_row(path: Path_, who: Person, plan: Plan, *, closed: bool = False) -> UUID:
    """An exit mandate for the plan's sleeve that no entry made."""
    found = uuid4()
    with rows_of(path.database.url("oms")) as db:
        db.execute(
            "INSERT INTO ledger.exit_mandates (exit_mandate_id, account_ref, ticker, sleeve, generation, authority,"
            " authority_id, created_at, closed_at) VALUES (%s, %s, %s, %s, 1, 'approval', %s, now(), %s)",
            (found, who.account, SAMSUNG, plan.sleeve, uuid4(), datetime.now(KST) if closed else None),
        )
    return found


REFERENCES: list[tuple[str, Forge, str]] = [
    ("web", no_such_plan, "PLAN_UNKNOWN"),
    ("web", no_such_approval, "APPROVAL_UNKNOWN"),
    ("web", not_answered, "APPROVAL_UNKNOWN"),
    ("web", rejected, "APPROVAL_REJECTED"),
    ("web", answered_too_late, "APPROVAL_LATE"),
    ("web", expired_since, "APPROVAL"),
    ("web", consumed, "APPROVAL_CONSUMED"),
    ("web", of_another_plan, "APPROVAL_FOREIGN"),
    ("web", of_another_version, "APPROVAL_VERSION"),
    ("web", of_another_person, "APPROVAL_FOREIGN"),
    ("web", anothers_plan_and_approval, "ACCOUNT_UNKNOWN"),
    ("web", raised, "APPROVAL_QUANTITY"),
    ("web", of_a_leg_that_is_not_there, "APPROVAL_QUANTITY"),
    ("web", plan_edited_after_approval, "PLAN_HASH"),
    ("web", plan_and_hash_edited_after_approval, "APPROVAL_HASH"),
    ("web", account_edited_after_approval, "PLAN_HASH"),
    ("web", a_mandate_for_an_approval, "APPROVAL_UNKNOWN"),
    ("worker", no_such_mandate, "MANDATE_UNKNOWN"),
    ("worker", an_approval_for_a_mandate, "MANDATE_UNKNOWN"),
    ("worker", not_signed, "MANDATE_UNSIGNED"),
    ("worker", of_another_account, "MANDATE_UNKNOWN"),
    ("worker", revoked, "MANDATE"),
    ("worker", run_out, "MANDATE"),
    ("worker", bounds_edited_after_signing, "MANDATE"),
    ("worker", hours_edited_after_signing, "MANDATE"),
    ("worker", beyond_its_bounds, "MANDATE"),
    ("worker", for_another_ticker, "MANDATE"),
    ("guard", invented, "EXIT_UNKNOWN"),
    ("guard", an_approval_for_an_exit, "EXIT_UNKNOWN"),
    ("guard", exit_of_another_account, "EXIT_UNKNOWN"),
    ("guard", exit_of_a_closed_position, "EXIT_UNKNOWN"),
    ("guard", exit_of_shares_that_are_not_there, "EXIT_MANDATE"),
    ("guard", exit_that_buys, "EXIT_MANDATE"),
]


def name_of(value: object) -> str:
    return getattr(value, "__name__", str(value))


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize(("principal", "forge", "code"), REFERENCES, ids=name_of)
async def test_a_forged_reference_is_refused_by_its_name_through_both_doors(
    path: Path_, pair: tuple[Person, Person], door: str, principal: str, forge: Forge, code: str
) -> None:
    who, other = pair
    plan, field, word = forge(path, who, other, await path.resting(SAMSUNG))
    request = pb.SubmitRequest(plan_id=str(plan.plan_id), version=plan.version, **{field: str(word)})
    assert code in await codes_through(door, path, who.identity, principal, request)
    assert path.proxy.orders == []
    accounts = [who.account, other.account]
    assert path.sql("SELECT count(*) FROM ledger.intents WHERE account_ref = ANY(%s)", accounts) == [(0,)]


# Words of others ----------------------------------------------------------------------------------------------------

OWN_WORD = {"web": "approval_id", "worker": "mandate_id", "guard": "exit_mandate_id", "admin": None}


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("principal", PRINCIPALS)
async def test_a_principal_cannot_order_on_anothers_word_however_good_it_is(
    path: Path_, pair: tuple[Person, Person], door: str, principal: str
) -> None:
    who, _ = pair
    price = await path.resting(SAMSUNG)
    plan = bought(who, price, sleeve=uuid4().hex)
    words = {
        "approval_id": who.approve(plan),
        "mandate_id": signed(who, price * 2).mandate_id,
        "exit_mandate_id": _exit_row(path, who, plan),
    }
    for field, word in words.items():
        if field == OWN_WORD[principal]:
            continue
        request = pb.SubmitRequest(plan_id=str(plan.plan_id), version=1, **{field: str(word)})
        expected = {"FORBIDDEN"} if principal == "admin" else {"AUTHORITY_FORBIDDEN"}
        assert await codes_through(door, path, who.identity, principal, request) == expected
    assert path.proxy.orders == []
    assert await path.orders(who) == []


# Credentials that are nobody's --------------------------------------------------------------------------------------


def credentials(secret: bytes, user: str) -> dict[str, dict[str, str]]:
    """What a stranger might show; names are the door's metadata."""
    right = caller_token(secret, "web")
    nobody = {"x-quartz-principal": "web", "x-quartz-token": right}
    return {
        "nothing": {},
        "no token": {"x-quartz-principal": "web", "x-quartz-user": user},
        "a wrong token": {"x-quartz-principal": "web", "x-quartz-token": "0" * 64, "x-quartz-user": user},
        "a short token": {"x-quartz-principal": "web", "x-quartz-token": right[:-1], "x-quartz-user": user},
        "a long token": {"x-quartz-principal": "web", "x-quartz-token": right + "0", "x-quartz-user": user},
        "the worker's token": nobody | {"x-quartz-token": caller_token(secret, "worker"), "x-quartz-user": user},
        "the web's token as worker": nobody | {"x-quartz-principal": "worker"},
        "an unknown principal": nobody | {"x-quartz-principal": "oms", "x-quartz-user": user},
        "no user": nobody,
        "a user that is none": nobody | {"x-quartz-user": "owner"},
    }


NOBODIES = tuple(credentials(b"", ""))


@pytest.mark.parametrize("shown", NOBODIES)
async def test_whoever_cannot_prove_who_it_is_reaches_no_call_of_any_door(
    path: Path_, pair: tuple[Person, Person], shown: str
) -> None:
    who, _ = pair
    settings = path.database.settings
    metadata = credentials(instance_secret(settings), str(who.identity.user_id))[shown]
    async with open_channel(path.oms.address) as channel:
        for service in pb.DESCRIPTOR.services_by_name.values():
            stub = getattr(oms_pb2_grpc, f"{service.name}Stub")(channel)
            for method in service.methods:
                assert await status_of(stub, method, metadata) == (grpc.StatusCode.UNAUTHENTICATED, "unauthenticated")
    plan = bought(who, await path.resting(SAMSUNG))
    request = pb.SubmitRequest(plan_id=str(plan.plan_id), version=1, approval_id=who.approve(plan))
    headers = {
        "X-Quartz-Principal": metadata.get("x-quartz-principal", ""),
        "Authorization": f"Bearer {metadata.get('x-quartz-token', '')}",
        "X-Quartz-User": metadata.get("x-quartz-user", ""),
    }
    async with http_door(settings, "web") as http:
        http.headers = headers
        answer = await http.order(request)  # the door counts strangers, so each tries twice and not at every call
        assert (answer.status, answer.body["error"]) == (401, "UNAUTHENTICATED")
        async with http.follow(who.account) as socket:
            assert (await socket.receive(timeout=5)).data == 4401
    assert path.proxy.orders == []
    assert await path.orders(who) == []


async def status_of(stub: Any, method: Any, metadata: dict[str, str], request: Any = None) -> tuple[Any, str]:
    """How a call ended; an empty request unless one is given. A stream that goes on is OK."""
    request = request if request is not None else GetMessageClass(method.input_type)()
    call = getattr(stub, method.name)(request, metadata=tuple(metadata.items()), timeout=5)
    try:
        if method.server_streaming:
            await call.read()
            call.cancel()
        else:
            await call
    except grpc.aio.AioRpcError as error:
        return error.code(), error.details() or ""
    return grpc.StatusCode.OK, ""


# Every call as everybody --------------------------------------------------------------------------------------------

READS = {"web", "worker", "guard", "admin"}
MAY_CALL: dict[str, set[str]] = {
    "Submit": {"web", "worker", "guard"},
    "Preview": READS,
    "Cancel": {"web", "worker", "guard", "admin"},
    "Revise": {"web"},
    "Replace": {"web"},
    "SetTradingState": {"web", "admin"},
    "Resolve": {"web", "admin"},
    "Evidence": {"web", "admin"},
    "Orders": READS,
    "Book": READS,
    "Watch": READS,
    "Status": READS,
    "Days": READS,
    "Enroll": {"web"},
    "Unenroll": {"web"},
    "CallerTokens": {"admin"},
    "IssueToken": {"admin"},
    "RevokeToken": {"admin"},
    "Exits": READS,
    "Exit": {"guard"},
    "RestStop": {"guard"},
}


@pytest.mark.parametrize("principal", PRINCIPALS)
async def test_every_call_of_the_door_is_for_those_who_need_it_and_forbidden_to_all_others(
    path: Path_, principal: str
) -> None:
    service = pb.DESCRIPTOR.services_by_name["Oms"]
    assert {method.name for method in service.methods} == set(MAY_CALL)
    secret = instance_secret(path.database.settings)
    metadata = {
        "x-quartz-principal": principal,
        "x-quartz-token": caller_token(secret, principal),
        "x-quartz-user": str(uuid4()),
    }
    async with open_channel(path.oms.address) as channel:
        stub = oms_pb2_grpc.OmsStub(channel)
        for method in service.methods:
            asked = pb.ExitsRequest(account_ref="none") if method.name == "Exits" else None  # all is the guard's to ask
            code, details = await status_of(stub, method, metadata, asked)
            is_forbidden = code is grpc.StatusCode.PERMISSION_DENIED and details.startswith("FORBIDDEN: ")
            assert is_forbidden == (principal not in MAY_CALL[method.name]), (method.name, code, details)


def asked_about(who: Person, plan: Plan, intent: str) -> dict[str, Any]:
    """A whole request of every call that names an account or a plan."""
    account, plan_id = who.account, str(plan.plan_id)
    exiting = {"account_ref": account, "exit_mandate_id": str(uuid4()), "generation": 1}
    return {
        "Submit": pb.SubmitRequest(plan_id=plan_id, version=1, approval_id=str(ids.approval_id(plan.plan_id, 1))),
        "Preview": pb.PlanRef(plan_id=plan_id, version=1, account_ref=account),
        "Cancel": pb.CancelRequest(account_ref=account, intent_id=intent, request_id="a"),
        "Revise": pb.ReviseRequest(account_ref=account, intent_id=intent, new_price=1, request_id="b"),
        "Replace": pb.ReplaceRequest(
            account_ref=account, intent_id=intent, quantity=1, order_type="limit", price=1, request_id="c"
        ),
        "SetTradingState": pb.TradingStateRequest(scope="account", account_ref=account, state="HALTED", reason="x"),
        "Resolve": pb.ResolveRequest(
            account_ref=account, intent_id=intent, absent=True, reason="x", confirmation=intent[:8]
        ),
        "Evidence": pb.EvidenceRequest(account_ref=account, intent_id=intent),
        "Orders": pb.OrdersRequest(account_ref=account),
        "Book": pb.BookRequest(account_ref=account),
        "Watch": pb.WatchRequest(account_ref=account),
        "Status": pb.StatusRequest(account_ref=account),
        "Days": pb.DaysRequest(account_ref=account),
        "Enroll": pb.EnrollRequest(account_ref=account, app_key="k" * 36, app_secret="s" * 180, account_no="1-01"),
        "Unenroll": pb.UnenrollRequest(account_ref=account),
        "CallerTokens": pb.CallerTokensRequest(),
        "IssueToken": pb.IssueTokenRequest(account_ref=account, label="x"),
        "RevokeToken": pb.RevokeTokenRequest(token_id="ffffffff"),
        "Exits": pb.ExitsRequest(account_ref=account),
        "Exit": pb.ExitRequest(**exiting, kind="stop_loss", observed_price=1),
        "RestStop": pb.RestStopRequest(**exiting, stop_price=1),
    }


async def test_another_persons_account_does_not_exist_whatever_is_asked_of_it(
    path: Path_, pair: tuple[Person, Person]
) -> None:
    who, other = pair
    plan = bought(who, await path.resting(SAMSUNG))
    who.approve(plan)
    requests = asked_about(who, plan, str(uuid4()))
    assert set(requests) == set(MAY_CALL)
    metadata = {
        "x-quartz-principal": "web",
        "x-quartz-token": caller_token(instance_secret(path.database.settings), "web"),
        "x-quartz-user": str(other.identity.user_id),
    }
    async with open_channel(path.oms.address) as channel:
        stub = oms_pb2_grpc.OmsStub(channel)
        for method in pb.DESCRIPTOR.services_by_name["Oms"].methods:
            if "web" not in MAY_CALL[method.name]:
                continue
            if method.name == "Submit":
                reply = await stub.Submit(requests["Submit"], metadata=tuple(metadata.items()))
                assert [finding.code for finding in reply.findings] == ["ACCOUNT_UNKNOWN"]
                continue
            code, details = await status_of(stub, method, metadata, requests[method.name])
            assert (code, details[:16]) == (grpc.StatusCode.PERMISSION_DENIED, "ACCOUNT_UNKNOWN:"), method.name
    assert path.proxy.orders == []
    status = await path.client.status(who.identity)
    assert status.trading_state == "ACTIVE", status


async def test_a_person_who_is_not_the_owner_cannot_halt_everybody(path: Path_, pair: tuple[Person, Person]) -> None:
    who, _ = pair
    for state in ("HALTED", "REDUCING", "ACTIVE"):
        with pytest.raises(PortUnavailable, match="주인"):
            await path.client.set_trading_state(who.identity, state, "x", scope="global")
    assert (await path.client.status(who.identity)).trading_state == "ACTIVE"


# The web's own API --------------------------------------------------------------------------------------------------


async def test_no_route_of_the_web_that_changes_something_opens_to_a_stranger_or_a_foreign_page(
    database: Database,
) -> None:
    """Nobody's session, another origin, no token of the session: refused before any handler."""
    async with open_seat(database) as seat, seat.browser() as owner, seat.browser() as stranger:
        await seat.enter(owner)
        token = {"X-Quartz-CSRF": owner.cookies["quartz_csrf"]}
        changing = [
            (method, _filled(route.path))
            for router in _routers()
            for route in router.routes
            if isinstance(route, APIRoute) and route.path.startswith("/api/")
            for method in route.methods - {"GET", "HEAD", "OPTIONS"}
        ]
        assert ("POST", "/api/trading-state") in changing
        for method, path in changing:
            assert (await stranger.request(method, path, json={})).status_code == 401, path
            assert (await owner.request(method, path, json={})).status_code == 403, path
            for origin in ("https://evil.example", "null"):
                sent = {**token, "Origin": origin}
                assert (await owner.request(method, path, json={}, headers=sent)).status_code == 403, path
        other = await owner.post(
            "/api/trading-state", json={"state": "HALTED"}, headers=token | {"Host": "evil.example"}
        )
        assert other.status_code == 421


def _filled(path: str) -> str:
    return re.sub(r"\{[^}]+\}", str(uuid4()), path)
