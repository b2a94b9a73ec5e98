"""The WebSocket side: sessions, registrations, PINGPONG, frames out.

Contract: any path; one session per app key (a second one's registrations get OPSP8996); at most 41 registrations a
session; every successful registration is answered with iv and key, `encrypt` Y for notices; notices go only to a
session that registered an HTS id and only for accounts of that session's app key. Nothing is replayed after a gap.
A pong is accepted as text or as a control frame; silence is tolerated.
"""

from __future__ import annotations

import asyncio
import json
import random
import string
from dataclasses import dataclass, field
from typing import Any

from aiohttp import WSMsgType, web

from simulation.exchange import controls, notices, streams
from simulation.exchange.exchange import Exchange
from simulation.exchange.feed import Feed
from simulation.exchange.frames import BOOK_TR, variant
from simulation.exchange.journal import Record
from simulation.exchange.orders import Order
from simulation.exchange.passage import Kind, Passage
from simulation.exchange.sidefeed import SideFeed

MAX_REGISTRATIONS = 41
SEND_TIMEOUT_SECONDS = 5.0


@dataclass(eq=False, slots=True)
class Session:
    """One connection. `owner` is the app key's hash prefix once a registration named a valid approval key."""

    socket: web.WebSocketResponse
    key: str
    iv: str
    transport: asyncio.Transport | None = None
    owner: str | None = None
    registrations: list[tuple[str, str]] = field(default_factory=list)
    outbox: asyncio.Queue[str] = field(default_factory=lambda: asyncio.Queue(maxsize=20_000))

    def watches(self, tr_id: str, tr_key: str) -> bool:
        return (tr_id, tr_key) in self.registrations

    def abort(self) -> None:
        """End the connection without a word."""
        if self.transport is not None:
            self.transport.abort()

    def push(self, text: str) -> None:
        """Queue a frame; a reader that is 20,000 frames behind loses them, as a slow KIS client is dropped."""
        try:
            self.outbox.put_nowait(text)
        except asyncio.QueueFull:
            self.registrations.clear()


class Hub:
    """All sessions of a server."""

    def __init__(self, exchange: Exchange, passage: Passage, rng: random.Random) -> None:
        self._exchange = exchange
        self._passage = passage
        self._rng = rng
        self._feed = Feed(exchange.venue)
        self._side_feed = SideFeed(exchange.venue)
        self._sessions: dict[Session, None] = {}  # in the order they came
        self.notice_delay_seconds = 0.02  # the REST answer usually comes first, as at KIS
        exchange.venue.listen(self._on_record)

    # --- connection -------------------------------------------------------------------------------------------

    async def serve(self, request: web.Request) -> web.WebSocketResponse:
        """Handle one connection until it closes."""
        socket = web.WebSocketResponse(autoping=True, max_msg_size=1 << 20)
        await socket.prepare(request)
        key = "".join(self._rng.choice(string.ascii_lowercase) for _ in range(32))
        session = Session(socket, key, f"{self._rng.getrandbits(64):016x}", request.transport)
        self._sessions[session] = None
        tasks = [asyncio.create_task(self._writer(session)), asyncio.create_task(self._pinger(session))]
        try:
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    self._on_text(session, message.data)
        finally:
            self._sessions.pop(session, None)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        return socket

    async def _writer(self, session: Session) -> None:
        while not session.socket.closed:
            text = await session.outbox.get()
            try:
                async with asyncio.timeout(SEND_TIMEOUT_SECONDS):
                    await session.socket.send_str(text)
            except (ConnectionError, TimeoutError):
                await session.socket.close()
                return

    async def _pinger(self, session: Session) -> None:
        while not session.socket.closed:
            await asyncio.sleep(self._exchange.config.pingpong_seconds)
            now = self._exchange.wall.now().strftime("%Y%m%d%H%M%S")
            self._say(session, json.dumps({"header": {"tr_id": "PINGPONG", "datetime": now}}), Kind.PING)

    def drop(self, owner: str | None = None) -> None:
        """End the sessions of an app key (hash), or all, as a failing network does."""
        for session in list(self._sessions):
            if owner is None or (session.owner is not None and owner.startswith(session.owner)):
                session.abort()

    async def close(self) -> None:
        """Say goodbye to everybody."""
        for session in list(self._sessions):
            await session.socket.close()

    # --- registrations ----------------------------------------------------------------------------------------

    def _on_text(self, session: Session, text: str) -> None:
        try:
            message: Any = json.loads(text)
        except ValueError:
            self._say(session, controls.answer("", "", "OPSP9999"))
            return
        header = message.get("header") if isinstance(message, dict) else None
        if not isinstance(header, dict):
            self._say(session, controls.answer("", "", "OPSP9998"))
            return
        if header.get("tr_id") == "PINGPONG":
            return
        body = message.get("body")
        wanted = body.get("input") if isinstance(body, dict) else None
        if not isinstance(wanted, dict):
            self._say(session, controls.answer("", "", "OPSP9992"))
            return
        tr_id, tr_key = str(wanted.get("tr_id", "")), str(wanted.get("tr_key", ""))
        code = controls.malformed(header, wanted) or self._passage.registers(tr_id, tr_key)
        code = code or self._register(session, header, tr_id, tr_key)
        sealed_with = (session.key, session.iv) if code == "OPSP0000" else None
        self._say(session, controls.answer(tr_id, tr_key, code, sealed_with))
        if code == "OPSP0000" and tr_id == BOOK_TR and (first := self._feed.book_frame(tr_key)):
            self._say(session, first, Kind.FRAME)

    def _say(self, session: Session, text: str, kind: Kind = Kind.CONTROL, about: Record | None = None) -> None:
        """The only way out: through the passage."""
        self._passage.told(kind, text, session.push, about)

    def _register(self, session: Session, header: dict[str, Any], tr_id: str, tr_key: str) -> str:
        exchange = self._exchange
        owner, code = controls.owner_of(exchange, header)
        if code:
            return code
        if any(other.owner == owner and other is not session and other.registrations for other in self._sessions):
            return "OPSP8996"
        if session.owner not in (None, owner):
            return "OPSP0011"
        kind = str(header.get("tr_type", ""))
        if kind == "2":
            if not session.watches(tr_id, tr_key):
                return "OPSP0003"
            session.registrations.remove((tr_id, tr_key))
            return "OPSP0001"
        if kind != "1":
            return "OPSP8997"
        refused = streams.refusal(tr_id, tr_key, exchange.config.env, exchange.venue.market)
        if refused:
            return refused
        if session.watches(tr_id, tr_key):
            return "OPSP0002"
        if len(session.registrations) >= MAX_REGISTRATIONS:
            return "OPSP0008"
        session.owner = owner
        session.registrations.append((tr_id, tr_key))
        return "OPSP0000"

    # --- frames out -------------------------------------------------------------------------------------------

    def pump(self) -> None:
        """Send what the market did since the last call."""
        watched = {registration for session in self._sessions for registration in session.registrations}
        tickers = {key for tr_id, key in watched if streams.of_market(tr_id)}
        for ticker, frames in self._feed.pump(tickers).items():
            for text in frames:
                self._broadcast(ticker, text)
        for key, text in self._side_feed.pump(watched):
            self._broadcast(key, text)

    def _broadcast(self, ticker: str, text: str) -> None:
        """A frame to whoever watches its TR, and to NXT's and the unified one's watchers if NXT trades the name."""
        tr_id = text.split("|", 2)[1]
        listing = self._exchange.venue.market.listings.get(ticker)
        nxt = listing is not None and listing.instrument.nxt
        for wanted in (tr_id, *(streams.REPEATED.get(tr_id, ()) if nxt else ())):
            watchers = [session for session in self._sessions if session.watches(wanted, ticker)]
            if watchers:
                shown = text if wanted == tr_id else variant(text, wanted)
                for session in watchers:
                    self._say(session, shown, Kind.FRAME)

    def _on_record(self, record: Record, order: Order) -> None:
        if record["kind"] not in notices.NOTICE_KINDS:
            return
        asyncio.get_running_loop().call_later(self.notice_delay_seconds, self._notify, record, order)

    def _notify(self, record: Record, order: Order) -> None:
        exchange = self._exchange
        owner = exchange.venue.world.accounts[order.account].owner
        name = exchange.venue.market.listings[order.ticker].name
        for session in self._sessions:
            if session.owner is None or not owner.startswith(session.owner):
                continue
            for tr_id, hts_id in session.registrations:
                if tr_id in notices.NOTICE_TRS:
                    config = exchange.config
                    plain = notices.plain_text(record, order, hts_id, config.branch, name, config.notices)
                    text = self._passage.worded(record, plain)
                    self._say(session, notices.frame(tr_id, text, session.key, session.iv), Kind.NOTICE, record)
