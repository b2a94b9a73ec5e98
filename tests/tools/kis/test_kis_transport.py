"""How far an order got: the connection cut at every byte boundary, deadlines, and what never appears in a text."""

from __future__ import annotations

import asyncio
import json
import logging
import socket
import traceback
from typing import Any

import pytest

from domain.orders.types import OrderType, Side
from tools.kis.client import KisClient
from tools.kis.deadline import Deadline
from tools.kis.errors import DeadlinePassed, KisError, NotSent, OutcomeUnknown, ReadFailed, Rejected, ReplyClass
from tools.kis.orders import CashOrder

ORDER = CashOrder(Side.BUY, "005930", 3, OrderType.LIMIT, 70_000)
ACK = {
    "rt_cd": "0",
    "msg_cd": "APBK0013",
    "msg1": "주문 전송 완료 되었습니다.".ljust(80),
    "output": {"KRX_FWDG_ORD_ORGNO": "06010", "ODNO": "0000000042", "ORD_TMD": "095959"},
}
ANSWER = json.dumps(ACK, ensure_ascii=False).encode()


async def place(client: KisClient, seconds: float = 5.0) -> Any:
    return await client.orders.place(ORDER, deadline=Deadline.after(seconds), priority=None)


async def ready(make_client: Any, raw_server: Any, behaviour: Any) -> KisClient:
    client: KisClient = make_client(raw_server.url)
    await client.tokens.current()
    raw_server.behaviour = behaviour
    raw_server.connections = 0
    return client


async def test_an_answered_order_is_acknowledged_with_branch_number_and_time(
    make_client: Any, raw_server: Any, kit: Any
) -> None:
    seen: list[tuple[str, bytes]] = []

    async def answer(reader: Any, writer: Any) -> None:
        seen.append(await kit.read_request(reader))
        writer.write(kit.http(200, ANSWER))
        await writer.drain()

    ack = await place(await ready(make_client, raw_server, answer))
    assert (ack.order.branch, ack.order.number) == ("06010", 42)
    assert ack.accepted_at.isoformat() == "2026-11-20T09:59:59+09:00"
    assert ack.reply.outcome is ReplyClass.ACKED
    head, body = seen[0]
    assert "transfer-encoding" not in head.lower()
    assert "content-length" in head.lower()
    assert json.loads(body) == {
        **{"CANO": "81055689", "ACNT_PRDT_CD": "01", "PDNO": "005930", "ORD_DVSN": "00", "ORD_QTY": "3"},
        **{"ORD_UNPR": "70000", "EXCG_ID_DVSN_CD": "KRX", "SLL_TYPE": "", "CNDT_PRIC": ""},
    }


async def test_an_answer_in_single_bytes_is_the_same_answer(make_client: Any, raw_server: Any, kit: Any) -> None:
    async def answer(reader: Any, writer: Any) -> None:
        await kit.read_request(reader)
        for byte in kit.http(200, b"  " + ANSWER + b"\r\n"):
            writer.write(bytes([byte]))
            await asyncio.sleep(0)
        await writer.drain()

    assert (await place(await ready(make_client, raw_server, answer))).order.number == 42


async def test_a_chunked_answer_is_the_same_answer(make_client: Any, raw_server: Any, kit: Any) -> None:
    async def answer(reader: Any, writer: Any) -> None:
        await kit.read_request(reader)
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        for start in range(0, len(ANSWER), 7):
            part = ANSWER[start : start + 7]
            writer.write(f"{len(part):x}\r\n".encode() + part + b"\r\n")
        writer.write(b"0\r\n\r\n")
        await writer.drain()

    assert (await place(await ready(make_client, raw_server, answer))).order.number == 42


async def test_a_refused_connection_proves_not_sent(make_client: Any, raw_server: Any) -> None:
    client: KisClient = make_client(raw_server.url)
    await client.tokens.current()
    with socket.socket() as free:  # bound, not listening: every connection is refused
        free.bind(("127.0.0.1", 0))
        client._transport._base = f"http://127.0.0.1:{free.getsockname()[1]}"
        with pytest.raises(NotSent) as caught:
            await place(client)
    assert type(caught.value) is NotSent
    assert caught.value.reply is not None
    assert caught.value.reply.first_byte_at is None


async def test_a_failed_tls_handshake_proves_not_sent(make_client: Any, raw_server: Any) -> None:
    async def not_tls(reader: Any, writer: Any) -> None:
        await reader.read(10)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await writer.drain()

    client = await ready(make_client, raw_server, not_tls)
    client._transport._base = raw_server.url.replace("http:", "https:")
    with pytest.raises(NotSent) as caught:
        await place(client)
    assert type(caught.value) is NotSent


CUTS = ["before reading", "after the request", "inside the status line", "after the head", "inside the body"]


@pytest.mark.parametrize("polite", [True, False], ids=["closed", "reset"])
@pytest.mark.parametrize("cut", CUTS)
async def test_a_connection_cut_after_the_first_byte_is_an_unknown_outcome(
    cut: str, polite: bool, make_client: Any, raw_server: Any, kit: Any
) -> None:
    whole = kit.http(200, ANSWER)
    head = whole.index(b"\r\n\r\n") + 4
    sent = {"inside the status line": whole[:9], "after the head": whole[:head], "inside the body": whole[: head + 20]}

    async def cut_it(reader: Any, writer: Any) -> None:
        if cut != "before reading":
            await kit.read_request(reader)
        else:
            await reader.read(1)
        writer.write(sent.get(cut, b""))
        await writer.drain()
        await asyncio.sleep(0.02)
        if not polite:
            kit.reset(writer)

    client = await ready(make_client, raw_server, cut_it)
    with pytest.raises(OutcomeUnknown) as caught:
        await place(client)
    assert caught.value.reply is not None
    assert caught.value.reply.first_byte_at is not None
    assert raw_server.connections == 1, "a write is never sent twice"


async def test_every_cut_of_the_answer_is_either_unknown_or_the_whole_acknowledgement(
    make_client: Any, raw_server: Any, kit: Any
) -> None:
    whole = kit.http(200, ANSWER)
    cut = [0]

    async def cut_it(reader: Any, writer: Any) -> None:
        await kit.read_request(reader)
        writer.write(whole[: cut[0]])
        await writer.drain()

    client = await ready(make_client, raw_server, cut_it)
    for cut[0] in range(0, len(whole), 5):
        with pytest.raises(OutcomeUnknown):
            await place(client)
    cut[0] = len(whole)
    assert (await place(client)).order.number == 42


async def test_silence_until_the_deadline_is_an_unknown_outcome(make_client: Any, raw_server: Any, kit: Any) -> None:
    async def silent(reader: Any, writer: Any) -> None:
        await kit.read_request(reader)
        await asyncio.sleep(30)

    client = await ready(make_client, raw_server, silent)
    started = asyncio.get_running_loop().time()
    with pytest.raises(OutcomeUnknown):
        await place(client, 0.3)
    assert asyncio.get_running_loop().time() - started < 2


async def test_a_deadline_that_has_passed_opens_no_connection(make_client: Any, raw_server: Any) -> None:
    client = await ready(make_client, raw_server, None)
    with pytest.raises(DeadlinePassed):
        await place(client, -1.0)
    assert raw_server.connections == 0


async def test_a_deadline_that_passes_while_connecting_stops_the_first_byte(
    make_client: Any, raw_server: Any, kit: Any
) -> None:
    received: list[bytes] = []

    async def listen(reader: Any, writer: Any) -> None:
        received.append(await reader.read(1))

    client = await ready(make_client, raw_server, listen)
    ticks = iter([0.0] * 4)
    deadline = Deadline(1.0, lambda: next(ticks, 2.0))  # a machine that sleeps somewhere in between
    with pytest.raises(DeadlinePassed) as caught:
        await client.orders.place(ORDER, deadline=deadline, priority=None)
    assert caught.value.reply is not None
    assert caught.value.reply.first_byte_at is None
    await asyncio.sleep(0.05)
    assert received in ([], [b""])


async def test_a_stop_keeps_the_first_byte_back(make_client: Any, raw_server: Any, kit: Any) -> None:
    received: list[bytes] = []

    async def listen(reader: Any, writer: Any) -> None:
        received.append(await reader.read(1))

    client = await ready(make_client, raw_server, listen)
    with pytest.raises(DeadlinePassed):
        await client.orders.place(ORDER, deadline=Deadline.after(30.0, stopped=lambda: True), priority=None)
    await asyncio.sleep(0.05)
    assert received in ([], [b""])


async def test_a_stop_after_the_first_byte_calls_nothing_back(make_client: Any, raw_server: Any, kit: Any) -> None:
    stopped = False

    async def answer(reader: Any, writer: Any) -> None:
        nonlocal stopped
        await kit.read_request(reader)
        stopped = True
        writer.write(kit.http(200, ANSWER))
        await writer.drain()

    client = await ready(make_client, raw_server, answer)
    deadline = Deadline.after(30.0, stopped=lambda: stopped)
    assert (await client.orders.place(ORDER, deadline=deadline, priority=None)).order.number == 42


async def test_a_sleeping_machine_abandons_the_order_when_it_wakes(make_client: Any, raw_server: Any, kit: Any) -> None:
    async def silent(reader: Any, writer: Any) -> None:
        await kit.read_request(reader)
        now[0] = 1000.0  # while we waited, the lid was closed
        await asyncio.sleep(30)

    now = [0.0]
    client = await ready(make_client, raw_server, silent)
    with pytest.raises(OutcomeUnknown):
        await client.orders.place(ORDER, deadline=Deadline(60.0, lambda: now[0]), priority=None)


async def test_a_write_never_takes_a_connection_that_served_before(make_client: Any, raw_server: Any, kit: Any) -> None:
    async def answer(reader: Any, writer: Any) -> None:
        while True:
            await kit.read_request(reader)
            writer.write(kit.http(200, ANSWER))
            await writer.drain()

    client = await ready(make_client, raw_server, answer)
    for _ in range(3):
        await place(client)
    await asyncio.gather(*(place(client) for _ in range(20)))
    assert raw_server.connections == 23


async def test_a_slow_gateway_holds_no_granted_request_back(make_client: Any, raw_server: Any, kit: Any) -> None:
    everybody, arrived, at_once = asyncio.Event(), 0, 30

    async def answer_once_all_are_there(reader: Any, writer: Any) -> None:
        nonlocal arrived
        await kit.read_request(reader)
        arrived += 1
        if arrived == at_once:
            everybody.set()
        await everybody.wait()
        writer.write(kit.http(200, ANSWER))
        await writer.drain()

    client = await ready(make_client, raw_server, answer_once_all_are_there)
    reads = [client.quotes.price("005930") for _ in range(at_once // 2)]
    writes = [place(client) for _ in range(at_once // 2)]
    async with asyncio.timeout(5.0):
        await asyncio.gather(*reads, *writes, return_exceptions=True)
    assert arrived == at_once


async def test_a_redirect_is_not_followed(make_client: Any, gateway: Any) -> None:
    client: KisClient = make_client(gateway.url)
    gateway.answer("/order-cash", (302, b"", {"Location": "/elsewhere"}))
    with pytest.raises(OutcomeUnknown):
        await place(client)
    assert not gateway.requests("/elsewhere")


async def test_a_rejection_carries_the_brokers_words(make_client: Any, gateway: Any) -> None:
    client: KisClient = make_client(gateway.url)
    body = {"rt_cd": "1", "msg_cd": "40580000", "msg1": "모의투자 장종료 입니다.".ljust(80)}
    gateway.answer("/order-cash", (200, body))
    with pytest.raises(Rejected) as caught:
        await place(client)
    assert (caught.value.code, caught.value.message) == ("40580000", "모의투자 장종료 입니다.")


async def test_the_servers_clock_is_compared_with_ours(make_client: Any, gateway: Any) -> None:
    client: KisClient = make_client(gateway.url)
    gateway.answer("/order-cash", (200, ACK, {"Date": "Fri, 20 Nov 2026 01:00:30 GMT"}))
    await place(client)
    assert client.skew is not None
    assert client.skew.offset.total_seconds() == pytest.approx(30.5, abs=0.01)


async def test_no_error_log_or_repr_holds_a_secret(
    make_client: Any, gateway: Any, raw_server: Any, kit: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    texts: list[str] = []

    async def cut(reader: Any, writer: Any) -> None:
        await reader.read(1)
        kit.reset(writer)

    broken = await ready(make_client, raw_server, cut)
    working: KisClient = make_client(gateway.url)
    await working.tokens.current()
    texts += [repr(thing) for thing in (broken, working, working.credential, working.tokens.status(), working.stream())]
    gateway.answer("/order-cash", (200, {"rt_cd": "1", "msg_cd": "APBK0952", "msg1": "부족"}))
    gateway.answer("/inquire-balance", (500, b"<html>"))
    for client, call in (
        (broken, lambda c: place(c)),
        (broken, lambda c: c.account.balance()),
        (working, lambda c: place(c)),
        (working, lambda c: c.account.balance()),
    ):
        with pytest.raises((KisError, ReadFailed)) as caught:
            await call(client)
        texts.append(repr(caught.value))
        error: BaseException | None = caught.value
        while error is not None:  # the whole chain, also what "from None" hides
            texts.append(repr(error) + repr(vars(error)))
            texts += traceback.TracebackException.from_exception(error, capture_locals=False).format()
            error = error.__context__
    texts += [record.getMessage() for record in caplog.records]
    everything = "\n".join(texts)
    assert not [name for name in kit.SECRETS if name in everything]
