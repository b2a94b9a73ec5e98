"""Answers that are late, broken, lost or wrong: what the client makes of each, and what the journal holds."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from itertools import count

import httpx
import pytest
from faulty_exchange import Customer, FaultyExchange
from wire_caller import Wire

from tools.kis.deadline import Deadline
from tools.kis.errors import NotSent, OutcomeUnknown, Throttled, TokenInvalid, Unreachable

numbers = count(1)
RESETS = (
    "reset_before_reply",
    "reset_in_status_line",
    "reset_in_headers",
    "reset_after_headers",
    "reset_in_body",
)


@pytest.fixture(scope="module")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FaultyExchange]:
    place = FaultyExchange(tmp_path_factory.mktemp("faulty") / "data")
    yield place
    place.stop()


@pytest.fixture
async def customer(exchange: FaultyExchange) -> AsyncIterator[Customer]:
    made = Customer(exchange, next(numbers))
    yield made
    await made.client.aclose()


async def _outcome(customer: Customer, seconds: float = 1.0) -> str:
    """The class of what a buy order of one share raised, or ACKED."""
    try:
        await customer.buy(seconds=seconds)
    except (NotSent, OutcomeUnknown) as error:
        return type(error).__name__
    return "ACKED"


@pytest.mark.parametrize("kind", RESETS)
async def test_a_connection_reset_while_the_answer_leaves_has_lost_an_order_that_is_in_the_journal(
    customer: Customer, kind: str
) -> None:
    customer.arm(kind, path="order-cash")
    assert await _outcome(customer) == "OutcomeUnknown"
    assert [record["qty"] for record in customer.journal("order")] == [1]
    assert len(customer.journal("fill")) == 1
    assert await _outcome(customer) == "ACKED", "it struck once"


async def test_a_connection_reset_after_the_whole_answer_has_lost_nothing(customer: Customer) -> None:
    customer.arm("reset_after_reply", path="order-cash")
    ack = await customer.buy()
    assert [int(record["odno"]) for record in customer.journal("order")] == [ack.order.number]
    assert await _outcome(customer) == "ACKED", "the next one dials again"


@pytest.mark.parametrize("at_byte", [0, 1, 30, 300, 560, None])
async def test_a_request_that_breaks_off_on_its_way_in_is_not_in_the_journal(
    customer: Customer, at_byte: int | None
) -> None:
    await customer.client.tokens.require_for_order()
    customer.arm("reset_in_request", path="order-cash", at_byte=at_byte)
    assert await _outcome(customer) == "OutcomeUnknown", "nobody outside can know"
    assert customer.journal("order") == []
    assert await _outcome(customer) == "ACKED"
    assert len(customer.journal("order")) == 1


async def test_an_order_taken_and_never_answered_is_in_the_journal(customer: Customer) -> None:
    await customer.client.tokens.require_for_order()
    customer.arm("accept_then_timeout", path="order-cash", seconds=8)
    started = time.monotonic()
    assert await _outcome(customer, seconds=0.5) == "OutcomeUnknown"
    assert time.monotonic() - started < 15
    assert len(customer.journal("order")) == 1


async def test_an_order_that_timed_out_before_it_was_taken_is_not_in_the_journal(customer: Customer) -> None:
    await customer.client.tokens.require_for_order()
    customer.arm("timeout_before_accept", path="order-cash", seconds=0.3)
    assert await _outcome(customer) == "OutcomeUnknown"
    assert customer.journal("order") == []


@pytest.mark.parametrize("happens", [True, False])
@pytest.mark.parametrize("kind", ["egw00301", "egw00302", "server_error_kis", "server_error_bare"])
async def test_a_server_error_says_nothing_about_the_order(customer: Customer, kind: str, happens: bool) -> None:
    customer.arm(kind, path="order-cash", happens=happens)
    assert await _outcome(customer) == "OutcomeUnknown"
    assert len(customer.journal("order")) == int(happens)


async def test_server_errors_come_as_kis_words_them_or_as_a_proxys_page(exchange: FaultyExchange) -> None:
    wire = await Wire(exchange.url, key="W" * 36, account="7900000001").login()
    for kind, code in (("server_error_kis", "EGW00002"), ("egw00301", "EGW00301"), ("egw00302", "EGW00302")):
        exchange.arm(kind, path="inquire-balance", account="7900000001")
        answer = await wire.balance()
        assert (answer.status_code, answer.json()["msg_cd"], answer.json()["rt_cd"]) == (500, code, "1")
    exchange.arm("server_error_bare", path="inquire-balance", account="7900000001")
    answer = await wire.balance()
    assert answer.status_code in (500, 502, 503, 504)
    assert answer.headers["content-type"] == "text/html"
    assert answer.text.startswith("<html>")
    await wire.http.aclose()


async def test_throttling_within_the_limit_refuses_the_order(customer: Customer) -> None:
    customer.arm("throttled", path="order-cash")
    with pytest.raises(Throttled):
        await customer.buy()
    assert customer.journal("order") == []
    assert await _outcome(customer) == "ACKED"


async def test_a_token_revoked_in_mid_session_is_refused_once_and_journaled_as_revoked(customer: Customer) -> None:
    customer.arm("token_revoked", path="order-cash")
    before = len(customer.exchange.journal("", "revoke"))
    with pytest.raises(TokenInvalid):
        await customer.buy()
    assert len(customer.exchange.journal("", "revoke")) == before + 1
    assert customer.journal("order") == []
    assert await _outcome(customer) in ("ACKED", "Unreachable"), "a new token, or the wait for one"


async def test_a_dead_token_comes_back_once_and_then_nobody_logs_in_for_a_while(exchange: FaultyExchange) -> None:
    wire = await Wire(exchange.url, key="D" * 36, account="7900000101").login()
    login = {"grant_type": "client_credentials", "appkey": wire.key, "appsecret": wire.secret}
    exchange.arm("token_dead_on_reissue", account="7900000101", seconds=1.0)
    assert (await wire.balance()).json()["msg_cd"] == "EGW00121"
    again = await wire.http.post("/oauth2/tokenP", json=login)
    assert again.json()["access_token"] == wire.token
    assert (await wire.balance()).json()["msg_cd"] == "EGW00121"
    refused = await wire.http.post("/oauth2/tokenP", json=login)
    assert (refused.status_code, refused.json()["error_code"]) == (403, "EGW00133")
    for _ in range(60):
        answer = await wire.http.post("/oauth2/tokenP", json=login)
        if answer.status_code == 200:
            break
        await asyncio.sleep(0.05)
    assert answer.json()["access_token"] != wire.token
    wire.token = answer.json()["access_token"]
    assert (await wire.balance()).json()["rt_cd"] == "0"
    await wire.http.aclose()


async def test_the_client_does_not_loop_on_a_dead_token(customer: Customer) -> None:
    customer.arm("token_dead_on_reissue", path="order-cash")
    with pytest.raises(TokenInvalid):
        await customer.buy()
    for _ in range(3):
        with pytest.raises(Unreachable):
            await customer.buy()
    assert customer.journal("order") == []


async def test_in_a_maintenance_window_the_port_refuses_and_then_everything_is_as_before(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    place = FaultyExchange(tmp_path_factory.mktemp("closed") / "data")
    customer = Customer(place, 1)
    try:
        ack = await customer.buy()
        customer.arm("maintenance", path="order-cash", seconds=1.0)
        assert await _outcome(customer) == "OutcomeUnknown"
        assert await _outcome(customer) == "NotSent", "nothing listens: not a byte left"
        for _ in range(100):
            try:
                await customer.client.account.balance()
                break
            except Exception:
                await asyncio.sleep(0.05)
        again = await customer.buy()
        assert [int(record["odno"]) for record in customer.journal("order")] == [ack.order.number, again.order.number]
    finally:
        await customer.client.aclose()
        place.stop()


async def test_an_answer_can_be_cut_at_the_very_byte(exchange: FaultyExchange) -> None:
    wire = await Wire(exchange.url, key="B" * 36, account="7900000201").login()
    for kind, at_byte, wanted in (
        ("reset_in_status_line", 7, 8),
        ("reset_in_status_line", 0, 1),
        ("reset_before_reply", 0, 0),
    ):
        exchange.arm(kind, account="7900000201", path="inquire-balance", at_byte=at_byte)
        assert len(await _raw(wire)) == wanted
    exchange.arm("reset_after_headers", account="7900000201", path="inquire-balance")
    assert (await _raw(wire)).endswith(b"\r\n\r\n")
    exchange.arm("reset_in_headers", account="7900000201", path="inquire-balance")
    headers = await _raw(wire)
    assert headers.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"\r\n\r\n" not in headers
    exchange.arm("reset_in_body", account="7900000201", path="inquire-balance", at_byte=4)
    assert len((await _raw(wire)).partition(b"\r\n\r\n")[2]) == 5
    await wire.http.aclose()


async def _raw(wire: Wire) -> bytes:
    """Every byte that comes back to one balance inquiry, until the connection ends."""
    url = httpx.URL(wire.url)
    reader, writer = await asyncio.open_connection(url.host, url.port)
    request = wire.http.build_request(
        "GET",
        "/uapi/domestic-stock/v1/trading/inquire-balance",
        params={**wire.account, "INQR_DVSN": "02", "CTX_AREA_FK100": "", "CTX_AREA_NK100": ""},
        headers=wire.headers("TTTC8434R"),
    )
    lines = [f"GET {request.url.raw_path.decode()} HTTP/1.1"]
    lines += [f"{name}: {value}" for name, value in request.headers.items()]
    writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())
    found = b""
    try:
        while piece := await reader.read(65_536):
            found += piece
    except ConnectionResetError:
        pass
    else:
        raise AssertionError("expected a reset, was an orderly end")
    finally:
        writer.close()
    return found


async def test_a_cancel_whose_answer_is_lost_has_cancelled(customer: Customer) -> None:
    ack = await customer.buy(price=await customer.resting_price())
    customer.arm("reset_before_reply", path="order-rvsecncl")
    with pytest.raises(OutcomeUnknown):
        await customer.client.orders.cancel(ack.order, deadline=Deadline.after(1))
    (cancelled,) = customer.journal("cancel")
    assert int(cancelled["original"]) == ack.order.number
