"""Orders over HTTP: the same door, the same ids, the same answers; and what a body may not carry."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import aiohttp
import pytest
from http_door import HttpDoor, as_body, http_door
from oms_path import SAMSUNG, Path_, Person
from psycopg.types.json import Jsonb
from standing import signed

from domain.orders.types import Side
from domain.proto import oms_pb2 as pb
from execution.oms.tokencommands import token as token_command
from execution.oms.translators import bodies


@pytest.fixture
async def who(path: Path_) -> Person:
    return path.person()


@pytest.fixture
async def http(path: Path_, who: Person) -> AsyncIterator[HttpDoor]:
    async with http_door(path.database.settings, "web", who.identity.user_id) as door:
        yield door


async def test_an_order_is_admitted_shown_and_cancelled_over_http(path: Path_, who: Person, http: HttpDoor) -> None:
    price = await path.resting(SAMSUNG)
    request = who.approved((SAMSUNG, Side.BUY, 2, price))
    first = await http.order(request)
    assert (first.status, first.body["outcome"]) == (200, "ADMITTED"), first
    (order,) = first.body["orders"]
    assert (order["ticker"], order["quantity"], order["remaining"], order["price"]) == (SAMSUNG, 2, 2, price)
    again = await http.order(request)
    assert (again.status, again.body["outcome"]) == (200, "ALREADY_ADMITTED")
    await path.until(who, "ACKED")
    listed = await http.cancelable(who.account)
    assert [(o["intent_id"], o["remaining"]) for o in listed.body["orders"]] == [(order["intent_id"], 2)]
    done = await http.cancel(who.account, order["intent_id"], "cancel-1")
    assert (done.status, done.body["code"]) == (200, "CANCELLED"), done
    assert (await http.cancelable(who.account)).body == {"orders": []}
    late = await http.cancel(who.account, order["intent_id"], "cancel-2")
    assert (late.status, late.body["code"]) == (422, "NOTHING_TO_CANCEL")
    assert late.body["order"]["state"] == "CANCELLED"
    assert len(path.proxy.orders) == 1


async def test_the_same_id_through_two_doors_fifty_times_at_once_is_one_order(
    path: Path_, who: Person, http: HttpDoor
) -> None:
    request = who.approved((SAMSUNG, Side.BUY, 1, await path.resting(SAMSUNG)))

    async def over_grpc() -> tuple[str, str]:
        reply = await path.client.submit(who.identity, request)
        return pb.SubmitReply.Outcome.Name(reply.outcome), reply.orders[0].intent_id

    async def over_http() -> tuple[str, str]:
        answer = await http.order(request)
        return answer.body["outcome"], answer.body["orders"][0]["intent_id"]

    said = await asyncio.gather(*((over_http if n % 2 else over_grpc)() for n in range(50)))
    assert sorted(outcome for outcome, _ in said) == ["ADMITTED"] + ["ALREADY_ADMITTED"] * 49
    assert len({intent for _, intent in said}) == 1
    await path.until(who, "ACKED")
    assert len(path.proxy.orders) == 1
    assert len(await path.orders(who)) == 1


async def test_the_same_id_with_another_payload_through_the_other_door_is_a_conflict(
    path: Path_, who: Person, http: HttpDoor
) -> None:
    """The person approves one share of a plan of two, a worker comes with the whole plan under a mandate."""
    price = await path.resting(SAMSUNG)
    plan = who.plan((SAMSUNG, Side.BUY, 2, price))
    approval = who.approve(plan, quantities=Jsonb({"1": 1}))
    mandate = signed(who, most=price * 2)
    lowered = pb.SubmitRequest(plan_id=str(plan.plan_id), version=1, approval_id=approval)
    whole = {"plan_id": str(plan.plan_id), "version": 1, "mandate_id": str(mandate.mandate_id)}

    async def over_grpc() -> str:
        return pb.SubmitReply.Outcome.Name((await path.client.submit(who.identity, lowered)).outcome)

    async def over_http(worker: HttpDoor) -> str:
        answer = await worker.order(whole)
        assert (answer.status == 409) == (answer.body["outcome"] == "CONFLICT")
        assert answer.body["message"]
        return str(answer.body["outcome"])

    async with http_door(path.database.settings, "worker") as worker:
        said = await asyncio.gather(*(over_http(worker) if n % 2 else over_grpc() for n in range(50)))
    by_grpc, by_http = sorted(said[::2]), sorted(said[1::2])
    won, lost = (by_grpc, by_http) if "ADMITTED" in by_grpc else (by_http, by_grpc)
    assert won == ["ADMITTED"] + ["ALREADY_ADMITTED"] * 24
    assert lost == ["CONFLICT"] * 25
    await path.until(who, "ACKED")
    assert [order["ORD_QTY"] for order in path.proxy.orders] == ["1" if won is by_grpc else "2"]


SMUGGLED: list[dict[str, Any]] = [
    {"quantity": 100},
    {"price": 1},
    {"ticker": SAMSUNG},
    {"account_ref": "somebody-elses"},
    {"account": "12345678-01"},
    {"side": "sell"},
    {"legs": [{"ticker": SAMSUNG, "quantity": 1}]},
    {"user_id": str(uuid4())},
    {"token": "x"},
    {"Plan_id": str(uuid4())},
]


@pytest.mark.parametrize("extra", SMUGGLED, ids=lambda extra: next(iter(extra)))
async def test_a_body_with_anything_but_ids_is_refused_by_the_fields_name(
    path: Path_, who: Person, http: HttpDoor, extra: dict[str, Any]
) -> None:
    request = who.approved((SAMSUNG, Side.BUY, 1, 50_000))
    answer = await http.order(request, **extra)
    assert answer.status == 400
    assert answer.body["found"] == f'the unknown field "{next(iter(extra))}"'
    assert "plan_id" in answer.body["expected"]
    assert await path.orders(who) == []


async def test_an_order_for_another_person_is_refused_and_a_stranger_is_told_nothing(path: Path_, who: Person) -> None:
    other = path.person()
    request = who.approved((SAMSUNG, Side.BUY, 1, await path.resting(SAMSUNG)))
    settings = path.database.settings
    async with http_door(settings, "web", other.identity.user_id) as thief:
        answer = await thief.order(request)
        assert (answer.status, answer.codes) == (403, {"ACCOUNT_UNKNOWN"})
        assert (await thief.cancelable(who.account)).status == 403
        assert (await thief.cancel(who.account, str(uuid4()))).status == 403
    async with http_door(settings, "web", who.identity.user_id, token="0" * 64) as stranger:
        answer = await stranger.order(request)
        assert (answer.status, answer.codes) == (401, {"UNAUTHENTICATED"})
        assert (await stranger.cancelable(who.account)).status == 401
    assert path.proxy.orders == []


async def test_refused_by_the_gate_is_422_with_its_findings(path: Path_, who: Person, http: HttpDoor) -> None:
    answer = await http.order(who.approved((SAMSUNG, Side.SELL, 1, await path.resting(SAMSUNG))))
    assert (answer.status, answer.body["outcome"]) == (422, "REFUSED")
    assert "SELLABLE" in answer.codes, answer
    assert all(finding["message"] for finding in answer.body["findings"])


async def test_a_browser_page_and_a_rebound_name_reach_nothing(path: Path_, who: Person, http: HttpDoor) -> None:
    request = as_body(who.approved((SAMSUNG, Side.BUY, 1, await path.resting(SAMSUNG))))
    for more, status in (
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": http.url}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Cookie": "a=b"}, 403),
        ({"Host": "evil.example"}, 421),
        ({"Host": "127.0.0.1.evil.example"}, 421),
        ({"Host": "localhost.evil.example:80"}, 421),
    ):
        answer = await http.call("POST", "/api/order", json=request, headers={**http.headers, **more})
        assert answer.status == status, more
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            async with http.follow(who.account, headers={**http.headers, **more}):
                pass
        assert refused.value.status == status
    preflight = await http.call("OPTIONS", "/api/order", headers={"Origin": "https://evil.example"})
    assert preflight.status == 405
    assert path.proxy.orders == []
    assert await path.orders(who) == []


async def test_a_body_must_be_small_json_and_the_query_empty(path: Path_, who: Person, http: HttpDoor) -> None:
    body = as_body(who.approved((SAMSUNG, Side.BUY, 1, 50_000)))
    assert (await http.call("POST", "/api/order", data=b"x", headers=http.headers)).status == 415
    large = {**body, "plan_id": "a" * bodies.MAX_BODY}
    assert (await http.call("POST", "/api/order", json=large)).status == 413
    secret = await http.call("POST", "/api/order?token=abc", json=body)
    assert secret.status == 400
    assert "abc" not in str(secret.body)
    asked = await http.call("GET", f"/api/cancelable-orders?account_ref={who.account}&token=abc")
    assert (asked.status, asked.body["found"]) == (400, 'the unknown field "token"')


async def test_events_are_replayed_by_number_and_then_followed(path: Path_, who: Person, http: HttpDoor) -> None:
    await http.order(who.approved((SAMSUNG, Side.BUY, 1, await path.resting(SAMSUNG))))
    (order,) = await path.until(who, "ACKED")
    async with http.follow(who.account) as socket:
        seen = [await socket.receive_json(timeout=10)]
        while seen[-1]["order"] is None or seen[-1]["order"]["state"] != "ACKED":
            seen.append(await socket.receive_json(timeout=10))
        assert [event["seq"] for event in seen] == list(range(1, len(seen) + 1))
        assert {event["type"] for event in seen} == {"event"}
        half = len(seen) // 2
        await http.cancel(who.account, order.intent_id)
        while seen[-1]["order"] is None or seen[-1]["order"]["state"] != "CANCELLED":
            seen.append(await socket.receive_json(timeout=10))
    async with http.follow(who.account, after_seq=half) as socket:
        again = [await socket.receive_json(timeout=10) for _ in seen[half:]]
    assert again == seen[half:]


@pytest.mark.parametrize(
    ("query", "shown", "code", "reason"),
    [
        ("account_ref={mine}", "none", 4401, "unauthenticated"),
        ("account_ref={mine}", "wrong", 4401, "unauthenticated"),
        ("account_ref={theirs}", "right", 4403, "account_unknown"),
        ("account_ref={mine}&token=abc", "right", 4400, "unknown field"),
        ("account_ref={mine}&after_seq=-1", "right", 4400, "after_seq"),
        ("account_ref={mine}&after_seq=1&after_seq=2", "right", 4400, "twice"),
        ("", "right", 4400, "account_ref"),
    ],
)
async def test_a_socket_that_may_not_be_closes_with_a_code_that_says_why(
    path: Path_, who: Person, http: HttpDoor, query: str, shown: str, code: int, reason: str
) -> None:
    other = path.person()
    headers = {
        "none": {},
        "wrong": {**http.headers, "Authorization": "Bearer " + "0" * 64},
        "right": http.headers,
    }[shown]
    url = f"{http.url}/ws/orders?" + query.format(mine=who.account, theirs=other.account)
    async with aiohttp.ClientSession() as session, session.ws_connect(url, headers=headers) as socket:
        end = await socket.receive(timeout=10)
        assert end.type is aiohttp.WSMsgType.CLOSE
        assert end.data == code
        assert reason in end.extra
        assert "abc" not in end.extra


async def test_a_programs_own_token_opens_one_account_until_it_is_taken_back(
    path: Path_, who: Person, capsys: pytest.CaptureFixture[str]
) -> None:
    """Made and taken back from the terminal, used over HTTP."""
    settings, stranger = path.database.settings, path.person()
    await path.orders(who)
    issue = argparse.Namespace(what="issue", account=who.account, name="내 봇")
    assert await asyncio.to_thread(token_command, settings, issue) == 0
    token = capsys.readouterr().out.strip()
    async with http_door(settings, "worker", token=token) as program:
        assert (await program.cancelable(who.account)).status == 200
        assert (await program.cancelable(stranger.account)).status == 403
        approved = who.approved((SAMSUNG, Side.BUY, 1, await path.resting(SAMSUNG)))
        assert (await program.order(approved)).status == 403  # an approval is a person's word
        assert await asyncio.to_thread(token_command, settings, argparse.Namespace(what="list")) == 0
        listed = capsys.readouterr().out
        assert token not in listed
        assert "내 봇" in listed
        revoke = argparse.Namespace(what="revoke", token=token.split("_")[1])
        assert await asyncio.to_thread(token_command, settings, revoke) == 0
        assert "거둠" in capsys.readouterr().out
        assert (await program.cancelable(who.account)).status == 401
    unknown = argparse.Namespace(what="revoke", token="ffffffff")
    assert await asyncio.to_thread(token_command, settings, unknown) == 1
    assert "그런 토큰이 없어요" in capsys.readouterr().err
