"""The WebSocket session of one app key: registrations kept alive over reconnects, frames turned into typed events.

Contract: `async with stream:` runs it; `subscribe` / `unsubscribe` change the book at any time; `events()` yields
what happened, in order, to one consumer. Notices, gaps and troubles are never dropped; quotes are when the consumer
falls `QUOTE_BACKLOG` behind, and a Gap says so. After every (re)connection, when all registrations are answered, a
Gap tells from when the stream is blind: KIS replays nothing, the owner inquires. One session per app key is KIS's
rule (OPSP8996): it is surfaced and waited out, never fought.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import random
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Self

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from domain.clock import Clock
from tools.kis.approval import ApprovalKeeper
from tools.kis.credentials import Credential
from tools.kis.environment import Environment
from tools.kis.errors import KisError, ReadFailed
from tools.kis.events import Down, Event, Gap, Notice, QuoteFrame, Subscribed, SubscriptionRefused, Trouble
from tools.kis.frames import (
    BOOK_TRS,
    NOTICE_TRS,
    TRADE_TRS,
    Control,
    Data,
    Malformed,
    Ping,
    parse_books,
    parse_message,
    parse_trades,
)
from tools.kis.notices import NoticeCipher, parse_notices
from tools.kis.subscriptions import Answer, BackOff, Subscription, SubscriptionBook, SubscriptionState, read_answer

QUOTE_BACKLOG = 20_000  # events
_STABLE_S = 30.0  # a session that lived this long was no connect loop
_SETTLE_S = 10.0  # registrations are answered within this, else the gap is told without them
_IN_USE_WAIT_S = 10.0


class _SessionOver(Exception):
    def __init__(self, reason: str, code: str = "", *, in_use: bool = False) -> None:
        super().__init__(reason)
        self.reason, self.code, self.in_use = reason, code, in_use


class KisStream:
    """`clock` is the wall, `market` dates the notices, `rng` spreads the reconnects."""

    def __init__(
        self,
        environment: Environment,
        credential: Credential,
        approvals: ApprovalKeeper,
        clock: Clock,
        market: Clock,
        rng: random.Random,
    ) -> None:
        self._environment = environment
        self._account = credential.account.get_secret_value() + credential.product
        self._approvals = approvals
        self._clock = clock
        self._market = market
        self._back_off = BackOff(rng)
        self._book = SubscriptionBook(environment.ws_registrations)
        self._ciphers: dict[str, NoticeCipher] = {}
        self._events: asyncio.Queue[Event] = asyncio.Queue()
        self._outbox: asyncio.Queue[tuple[str, Subscription]] | None = None
        self._heard_at: datetime | None = None
        self._gap_reason: str | None = None
        self._dropped_since: datetime | None = None
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._run())
        return self

    async def __aexit__(self, *failure: object) -> None:
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
            self._task = None

    @property
    def connected(self) -> bool:
        return self._outbox is not None

    @property
    def free_registrations(self) -> int:
        return self._book.free

    def state(self, tr_id: str, tr_key: str) -> SubscriptionState | None:
        """How a registration stands in this session; None when it is not wanted."""
        return self._book.state(Subscription(tr_id, tr_key))

    def subscribe(self, tr_id: str, tr_key: str) -> None:
        """Registers now or with the next session. Raises SubscriptionsFull for the 42nd."""
        subscription = Subscription(tr_id, tr_key)
        if self._book.add(subscription) and self._outbox is not None:
            self._outbox.put_nowait(("1", subscription))

    def unsubscribe(self, tr_id: str, tr_key: str) -> None:
        subscription = Subscription(tr_id, tr_key)
        if self._book.remove(subscription) and self._outbox is not None:
            self._outbox.put_nowait(("2", subscription))

    async def events(self) -> AsyncIterator[Event]:
        """For one consumer. Ends only by cancellation; a defect in the session task is raised here."""
        while True:
            while not self._events.empty():
                yield self._events.get_nowait()
            getter = asyncio.ensure_future(self._events.get())
            try:
                waiting = {getter} if self._task is None else {getter, self._task}
                await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            finally:
                if not getter.done():
                    getter.cancel()
            if not getter.done() or getter.cancelled():
                if self._task is not None and self._task.done():
                    self._task.result()
                return
            yield getter.result()

    async def _run(self) -> None:
        self._gap_reason = "first connection"
        while True:
            started = self._clock.monotonic()
            reason, code, at_least_s = "", "", 0.0
            try:
                await self._session()
            except _SessionOver as over:
                reason, code, at_least_s = over.reason, over.code, _IN_USE_WAIT_S if over.in_use else 0.0
            except (OSError, TimeoutError, WebSocketException, KisError) as error:
                # The text of these may quote an address or a frame; their kind says enough.
                reason = error.message if isinstance(error, KisError) else type(error).__name__
                code = error.code if isinstance(error, KisError) else ""
            finally:
                self._outbox = None
                self._ciphers.clear()
                self._book.session_lost()
            if self._clock.monotonic() - started >= _STABLE_S:
                self._back_off.reset()
            retry_s = self._back_off.next_s(at_least_s)
            if self._gap_reason != "first connection":
                self._gap_reason = reason
            self._events.put_nowait(Down(self._clock.now(), reason, code, retry_s))
            await self._clock.sleep(retry_s)

    async def _session(self) -> None:
        await self._approvals.current()  # before connecting: without it the session is of no use
        async with connect(
            self._environment.ws_url,
            compression=None,
            ping_interval=None,  # KIS has its own PINGPONG; silence is watched below
            open_timeout=10,
            close_timeout=1,
            max_size=4 * 1024 * 1024,
            proxy=None,
            user_agent_header=None,
            logger=_silent(),
        ) as socket:
            outbox: asyncio.Queue[tuple[str, Subscription]] = asyncio.Queue()
            for subscription in self._book.all():
                outbox.put_nowait(("1", subscription))
            self._outbox = outbox
            tasks = [asyncio.create_task(job) for job in (self._send(socket, outbox), self._read(socket))]
            patience = _SETTLE_S + len(self._book) * self._environment.ws_frame_gap_s
            settle = asyncio.get_running_loop().call_later(patience, self._tell_gap, False)
            try:
                if len(self._book) == 0:
                    self._tell_gap(True)
                done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    task.result()
            finally:
                settle.cancel()
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)

    async def _send(self, socket: ClientConnection, outbox: asyncio.Queue[tuple[str, Subscription]]) -> None:
        while True:
            kind, subscription = await outbox.get()
            frame = {
                "header": {
                    "approval_key": await self._approvals.current(),
                    "custtype": "P",
                    "tr_type": kind,
                    "content-type": "utf-8",
                },
                "body": {"input": {"tr_id": subscription.tr_id, "tr_key": subscription.tr_key}},
            }
            await socket.send(json.dumps(frame))
            await asyncio.sleep(self._environment.ws_frame_gap_s)

    async def _read(self, socket: ClientConnection) -> None:
        while True:
            try:
                async with asyncio.timeout(self._environment.ws_silence_s):
                    message = await socket.recv()
            except TimeoutError:
                raise _SessionOver(f"silent for {self._environment.ws_silence_s:g} s") from None
            at = self._clock.now()
            text = message if isinstance(message, str) else message.decode("utf-8", "replace")
            parsed = parse_message(text)
            match parsed:
                case Ping():
                    await socket.send(parsed.text)
                case Control():
                    self._control(parsed, at)
                case Data():
                    self._data(parsed, text, at)
                case Malformed():
                    self._events.put_nowait(Trouble(at, "", parsed.reason))
            if self._gap_reason is None:
                self._heard_at = at  # until the gap is told, the blind time goes on

    def _control(self, answer: Control, at: datetime) -> None:
        meaning = read_answer(answer.code, ok=answer.ok, tr_id=answer.tr_id)
        if meaning in (Answer.BAD_APPROVAL, Answer.IN_USE, Answer.SESSION):
            if meaning is Answer.BAD_APPROVAL:
                self._approvals.forget()
            raise _SessionOver(f"{answer.code} {answer.message}", answer.code, in_use=meaning is Answer.IN_USE)
        if meaning is Answer.GONE:
            return
        if answer.key and answer.iv and answer.tr_id in NOTICE_TRS:
            try:
                self._ciphers[answer.tr_id] = NoticeCipher(answer.key, answer.iv)
            except ReadFailed as error:
                self._events.put_nowait(Trouble(at, answer.tr_id, error.message))
        good = meaning is Answer.REGISTERED
        wanted = Subscription(answer.tr_id, answer.tr_key)
        if not self._book.answered(wanted, SubscriptionState.ACTIVE if good else SubscriptionState.REFUSED):
            if not good:
                self._events.put_nowait(Trouble(at, answer.tr_id, f"{answer.code} {answer.message}"))
            return
        if good:
            self._events.put_nowait(Subscribed(answer.tr_id, answer.tr_key))
        else:
            refused = SubscriptionRefused(answer.tr_id, answer.tr_key, answer.code, answer.message)
            self._events.put_nowait(refused)
        if self._book.settled():
            self._tell_gap(True)

    def _data(self, data: Data, raw: str, at: datetime) -> None:
        try:
            if data.tr_id in NOTICE_TRS:
                self._notices(data, at)
            elif data.tr_id in TRADE_TRS:
                self._quote(QuoteFrame(data.tr_id, at, raw, parse_trades(data)))
            elif data.tr_id in BOOK_TRS:
                self._quote(QuoteFrame(data.tr_id, at, raw, parse_books(data)))
            else:
                self._quote(QuoteFrame(data.tr_id, at, raw, ()))
        except ReadFailed as error:
            self._events.put_nowait(Trouble(at, data.tr_id, error.message))

    def _notices(self, data: Data, at: datetime) -> None:
        plain = data.payload
        if data.encrypted:
            cipher = self._ciphers.get(data.tr_id)
            if cipher is None:
                raise ReadFailed("expected the key of the notice subscription first")
            plain = cipher.decrypt(plain)
        for notice in parse_notices(plain, data.count, self._market.now().date(), self._account):
            self._events.put_nowait(Notice(at, notice))

    def _quote(self, frame: QuoteFrame) -> None:
        if self._events.qsize() >= QUOTE_BACKLOG:
            self._dropped_since = self._dropped_since or frame.at
            return
        if self._dropped_since is not None:
            self._events.put_nowait(Gap(self._dropped_since, frame.at, "consumer too slow for quotes", True))
            self._dropped_since = None
        self._events.put_nowait(frame)

    def _tell_gap(self, settled: bool) -> None:
        if self._gap_reason is None:
            return
        self._events.put_nowait(Gap(self._heard_at, self._clock.now(), self._gap_reason, settled))
        self._gap_reason = None


def _silent() -> logging.Logger:
    """A logger of its own: at DEBUG the library would write whole frames, approval key and account included."""
    logger = logging.Logger("kis-websocket", logging.CRITICAL)
    logger.addHandler(logging.NullHandler())
    return logger
