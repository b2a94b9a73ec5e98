"""The WebSocket session against a loopback server: registrations, reconnects, gaps, keys, silence."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from aiohttp import WSMsgType, web

from domain.clock import KST, ManualClock, SystemClock
from tools.kis.client import KisClient
from tools.kis.environment import sim
from tools.kis.errors import SubscriptionsFull
from tools.kis.events import Down, Event, Gap, Notice, QuoteFrame, Subscribed, SubscriptionRefused, Trouble
from tools.kis.subscriptions import Answer, BackOff, Subscription, SubscriptionBook, SubscriptionState, read_answer
from tools.kis.ws import KisStream

PING = '{"header":{"tr_id":"PINGPONG","datetime":"20261120100000"}}'
TRADE = (
    "005930^093354^71900^5^-100^-0.14^72023.83^72100^72400^71700^71900^71800^1^3052507^219853241700^5105^6937^1832^84.90^"
    "1366314^1159996^1^0.39^20.28^090020^5^-200^090820^5^-500^092619^2^200^20230612^20^N^65945^216924^1118750^2199206^"
    "0.05^2424142^125.92^0^^72100"
)


@dataclass
class WsServer:
    """Plays KIS: acknowledges, counts sessions, and does what a test puts into `on_session`."""

    url: str = ""
    limit: int = 41
    keys: list[str] = field(default_factory=list)
    dead_keys: set[str] = field(default_factory=set)
    sessions: int = 0
    received: list[dict[str, Any]] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    sockets: list[web.WebSocketResponse] = field(default_factory=list)
    in_use: int = 0
    pinged: asyncio.Event = field(default_factory=asyncio.Event)
    silent_acks: bool = False

    async def approve(self, request: web.Request) -> web.Response:
        self.keys.append(f"key-{len(self.keys)}")
        return web.json_response({"approval_key": self.keys[-1]})

    async def session(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self.sessions += 1
        self.sockets.append(socket)
        registered: set[tuple[str, str]] = set()
        async for message in socket:
            if message.type is not WSMsgType.TEXT:
                break
            if "PINGPONG" in message.data:
                self.texts.append(message.data)
                self.pinged.set()
                continue
            frame = json.loads(message.data)
            self.received.append(frame)
            if self.silent_acks:
                continue
            await socket.send_str(self.acknowledge(frame, registered))
        return socket

    def acknowledge(self, frame: dict[str, Any], registered: set[tuple[str, str]]) -> str:
        tr_id, tr_key = frame["body"]["input"]["tr_id"], frame["body"]["input"]["tr_key"]
        header = {"tr_id": tr_id, "tr_key": tr_key, "encrypt": "N"}
        if self.in_use > 0:
            self.in_use -= 1
            return control({"tr_id": "(null)", "tr_key": "", "encrypt": "N"}, "9", "OPSP8996", "ALREADY IN USE appkey")
        if frame["header"]["approval_key"] in self.dead_keys:
            return control(header, "1", "OPSP0011", "invalid approval : NOT FOUND")
        if frame["header"]["tr_type"] == "2":
            registered.discard((tr_id, tr_key))
            return control(header, "0", "OPSP0001", "UNSUBSCRIBE SUCCESS")
        if len(registered) >= self.limit:
            return control(header, "1", "OPSP0008", "MAX SUBSCRIBE OVER")
        registered.add((tr_id, tr_key))
        return control(header, "0", "OPSP0000", "SUBSCRIBE SUCCESS", keyed=True)

    async def drop(self) -> None:
        for socket in self.sockets:
            if socket._writer is not None and not socket.closed:
                transport = socket._writer.transport
                if transport is not None:
                    transport.abort()
        self.sockets.clear()


def control(header: dict[str, str], rt_cd: str, code: str, message: str, keyed: bool = False) -> str:
    body: dict[str, Any] = {"rt_cd": rt_cd, "msg_cd": code, "msg1": message}
    if keyed:
        body["output"] = {"iv": "0123456789abcdef", "key": "abcdefghijklmnopabcdefghijklmnop"}
    return json.dumps({"header": header, "body": body})


@pytest.fixture
async def server() -> AsyncIterator[WsServer]:
    found = WsServer()
    app = web.Application()
    app.router.add_post("/oauth2/Approval", found.approve)
    app.router.add_get("/{path:.*}", found.session)
    runner = web.AppRunner(app, shutdown_timeout=0.1, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    assert site._server is not None
    found.url = f"http://127.0.0.1:{site._server.sockets[0].getsockname()[1]}"
    yield found
    await runner.cleanup()


class Hurried(SystemClock):
    """The wall, but waits are hundred times shorter and remembered."""

    def __init__(self) -> None:
        self.waits: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        await asyncio.sleep(seconds / 100)


@pytest.fixture
def hurried() -> Hurried:
    return Hurried()


@pytest.fixture
def stream_of(server: WsServer, make_client: Any, hurried: Hurried) -> Any:
    def make(**changes: Any) -> KisStream:
        client: KisClient = make_client(replace(sim(server.url), **changes), clock=hurried)
        return client.stream()

    return make


class Reader:
    """Collects events until one of a kind has come."""

    def __init__(self, stream: KisStream) -> None:
        self.seen: list[Event] = []
        self._events = stream.events()

    async def until(self, kind: type[Any], times: int = 1) -> Any:
        async with asyncio.timeout(5):
            async for event in self._events:
                self.seen.append(event)
                if isinstance(event, kind):
                    times -= 1
                    if times == 0:
                        return event
        raise AssertionError("the stream ended")


async def test_registrations_are_answered_and_the_blind_time_is_told(server: WsServer, stream_of: Any) -> None:
    stream = stream_of()
    stream.subscribe("H0STCNT0", "005930")
    stream.subscribe("H0STASP0", "005930")
    async with stream:
        gap = await (reader := Reader(stream)).until(Gap)
        assert (gap.since, gap.settled) == (None, True)
        assert sum(isinstance(event, Subscribed) for event in reader.seen) == 2
        assert stream.state("H0STCNT0", "005930") is SubscriptionState.ACTIVE
        stream.unsubscribe("H0STASP0", "005930")
        stream.subscribe("H0STCNT0", "000660")
        await reader.until(Subscribed)
    frames = [
        (f["header"]["tr_type"], f["body"]["input"]["tr_id"], f["body"]["input"]["tr_key"]) for f in server.received
    ]
    assert frames == [
        ("1", "H0STCNT0", "005930"),
        ("1", "H0STASP0", "005930"),
        ("2", "H0STASP0", "005930"),
        ("1", "H0STCNT0", "000660"),
    ]
    header = server.received[0]["header"]
    assert header == {"approval_key": "key-0", "custtype": "P", "tr_type": "1", "content-type": "utf-8"}


async def test_a_ping_is_echoed_as_it_came(server: WsServer, stream_of: Any) -> None:
    stream = stream_of()
    async with stream:
        await Reader(stream).until(Gap)
        await server.sockets[0].send_str(PING)
        async with asyncio.timeout(5):
            await server.pinged.wait()
    assert server.texts == [PING]


async def test_trades_come_typed_with_their_raw_frame(server: WsServer, stream_of: Any) -> None:
    stream = stream_of()
    stream.subscribe("H0STCNT0", "005930")
    async with stream:
        reader = Reader(stream)
        await reader.until(Gap)
        raw = f"0|H0STCNT0|002|{TRADE}^2^{TRADE}^2"
        await server.sockets[0].send_str(raw)
        frame = await reader.until(QuoteFrame)
        assert frame.raw == raw
        assert [record.price for record in frame.records] == [71900, 71900]
        assert frame.records[0].market_code == "2"
        await server.sockets[0].send_str("0|H0STCNT0|002|1^2^3")
        await server.sockets[0].send_str("nonsense")
        await reader.until(Trouble, 2)
        assert stream.connected


async def test_notices_are_decrypted_with_the_key_of_their_own_acknowledgement(
    server: WsServer, stream_of: Any, kit: Any
) -> None:
    import base64

    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

    plain = (
        f"{kit.HTS_ID}^{kit.ACCOUNT}01^0000005008^^01^0^00^0^069500^0000000001^000043295^144700^0^2^2^00950^000000001^"
        "NAME^1Y^10^^KODEX200^000044000"
    ).encode()
    pad = 16 - len(plain) % 16
    key, iv = b"abcdefghijklmnopabcdefghijklmnop", b"0123456789abcdef"
    encryptor = Cipher(algorithms.AES(key), modes.CBC(iv)).encryptor()
    sealed = base64.b64encode(encryptor.update(plain + bytes([pad]) * pad) + encryptor.finalize()).decode()
    stream = stream_of()
    stream.subscribe("H0STCNI0", kit.HTS_ID)
    async with stream:
        reader = Reader(stream)
        await reader.until(Gap)
        await server.sockets[0].send_str(f"1|H0STCNI0|001|{sealed}")
        notice = await reader.until(Notice)
        assert (notice.notice.order.number, notice.notice.own_account) == (5008, True)
        await server.sockets[0].send_str("1|H0STCNI0|001|AAAA")
        trouble = await reader.until(Trouble)
        assert trouble.tr_id == "H0STCNI0"
        shown = repr(reader.seen)
    assert not [secret for secret in kit.SECRETS if secret in shown]


async def test_after_a_lost_connection_everything_is_registered_again_and_the_gap_told(
    server: WsServer, stream_of: Any, hurried: Hurried
) -> None:
    stream = stream_of()
    for number in range(5):
        stream.subscribe("H0STCNT0", f"{number:06d}")
    async with stream:
        reader = Reader(stream)
        await reader.until(Gap)
        await server.sockets[0].send_str(PING)
        await asyncio.sleep(0.05)
        await server.drop()
        down = await reader.until(Down)
        assert down.retry_s >= 1.0
        gap = await reader.until(Gap)
        assert gap.since is not None
        assert gap.since < gap.until
        assert gap.settled
        assert all(stream.state("H0STCNT0", f"{n:06d}") is SubscriptionState.ACTIVE for n in range(5))
    assert server.sessions == 2
    assert len(server.received) == 10


async def test_the_42nd_registration_is_refused_here_and_the_servers_refusal_is_surfaced(
    server: WsServer, stream_of: Any
) -> None:
    server.limit = 40
    stream = stream_of()
    for number in range(41):
        stream.subscribe("H0STCNT0", f"{number:06d}")
    stream.subscribe("H0STCNT0", "000000")  # again is no new registration
    with pytest.raises(SubscriptionsFull, match="41"):
        stream.subscribe("H0STCNT0", "999999")
    async with stream:
        reader = Reader(stream)
        refused = await reader.until(SubscriptionRefused)
        assert refused.code == "OPSP0008"
        assert stream.state("H0STCNT0", "000040") is SubscriptionState.REFUSED
        assert (await reader.until(Gap)).settled


async def test_an_unknown_approval_key_is_replaced(server: WsServer, stream_of: Any) -> None:
    server.dead_keys.add("key-0")
    stream = stream_of()
    stream.subscribe("H0STCNT0", "005930")
    async with stream:
        reader = Reader(stream)
        down = await reader.until(Down)
        assert down.code == "OPSP0011"
        await reader.until(Subscribed)
    assert server.keys == ["key-0", "key-1"]


async def test_a_key_in_use_is_surfaced_and_waited_out(server: WsServer, stream_of: Any, hurried: Hurried) -> None:
    server.in_use = 2
    stream = stream_of()
    stream.subscribe("H0STCNT0", "005930")
    async with stream:
        reader = Reader(stream)
        assert (await reader.until(Down)).code == "OPSP8996"
        await reader.until(Subscribed)
    assert all(wait >= 10 for wait in hurried.waits)


async def test_silence_ends_the_session(server: WsServer, stream_of: Any) -> None:
    stream = stream_of(ws_silence_s=0.2)
    async with stream:
        down = await Reader(stream).until(Down)
        assert "silent" in down.reason


async def test_a_server_that_is_away_is_tried_again_with_growing_waits(make_client: Any, hurried: Hurried) -> None:
    client: KisClient = make_client("http://127.0.0.1:1", clock=hurried)
    stream = client.stream()
    async with stream:
        await Reader(stream).until(Down, 4)
    assert hurried.waits[0] >= 1.0
    assert hurried.waits[2] >= 4.0


async def test_a_quote_flood_is_dropped_and_said_so(stream_of: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tools.kis.ws.QUOTE_BACKLOG", 3)
    stream = stream_of()
    at = SystemClock().now()
    for _ in range(10):
        stream._quote(QuoteFrame("H0STCNT0", at, "", ()))
    while not stream._events.empty():
        stream._events.get_nowait()
    stream._quote(QuoteFrame("H0STCNT0", at, "", ()))
    gap = stream._events.get_nowait()
    assert isinstance(gap, Gap)
    assert "too slow" in gap.reason


async def test_an_approval_key_older_than_a_day_is_asked_for_again(server: WsServer, make_client: Any) -> None:
    clock = ManualClock(SystemClock().now().astimezone(KST))
    client: KisClient = make_client(server.url, clock=clock)
    assert await client.approvals.current() == "key-0"
    assert await client.approvals.current() == "key-0"
    again: KisClient = make_client(server.url, clock=clock)
    assert await again.approvals.current() == "key-0", "a restart finds it in the store"
    clock.advance(24 * 3600)
    assert await client.approvals.current() == "key-1"


@pytest.mark.parametrize(
    ("code", "ok", "tr_id", "meaning"),
    [
        ("OPSP0000", True, "H0STCNT0", Answer.REGISTERED),
        ("OPSP0002", False, "H0STCNT0", Answer.REGISTERED),
        ("OPSP0001", True, "H0STCNT0", Answer.GONE),
        ("OPSP0003", False, "H0STCNT0", Answer.GONE),
        ("OPSP0007", False, "H0STCNT0", Answer.REFUSED),
        ("OPSP0008", False, "H0STCNT0", Answer.REFUSED),
        ("OPSP0009", False, "H0STCNI0", Answer.REFUSED),
        ("OPSP0010", False, "H0STCNT0", Answer.BAD_APPROVAL),
        ("OPSP0011", False, "", Answer.BAD_APPROVAL),
        ("OPSP8996", False, "", Answer.IN_USE),
        ("OPSP8996", False, "H0STCNT0", Answer.IN_USE),
        ("OPSP9999", False, "", Answer.SESSION),
        ("OPSP8991", False, "H0XXXXX0", Answer.REFUSED),
    ],
)
def test_every_control_code_has_one_reaction(code: str, ok: bool, tr_id: str, meaning: Answer) -> None:
    assert read_answer(code, ok=ok, tr_id=tr_id) is meaning


def test_back_off_doubles_from_a_second_to_its_cap_and_starts_over_after_a_good_session() -> None:
    back_off = BackOff(random.Random(1), cap_s=60)
    waits = [back_off.next_s() for _ in range(10)]
    for index, wait in enumerate(waits):
        low = min(60.0, 2.0**index)
        assert low <= wait <= low * 1.5
    back_off.reset()
    assert 1.0 <= back_off.next_s() <= 1.5


def test_the_book_keeps_its_order_and_forgets_answers_with_the_session() -> None:
    book = SubscriptionBook(2)
    first, second = Subscription("H0STCNI0", "me"), Subscription("H0STCNT0", "005930")
    assert book.add(first)
    assert book.add(second)
    assert not book.add(second)
    assert not book.settled()
    book.answered(first, SubscriptionState.ACTIVE)
    book.answered(second, SubscriptionState.REFUSED)
    assert book.settled()
    book.session_lost()
    assert (book.all(), book.settled(), book.free) == ((first, second), False, 0)
    assert "me" not in repr(first)
    assert book.remove(first)
    assert not book.answered(first, SubscriptionState.ACTIVE)
