"""One exchange of bytes with the REST gateway, and an honest account of how far it got. It never retries.

Contract: `exchange` raises nothing of the network; it returns an `Exchange` whose `event` says whether a byte left.
A write takes a connection of its own: on a pooled one that the server has just closed, "was it read?" would have
no answer. The deadline is checked just before the first byte (a trace hook inside httpcore, one pass of the event
loop before the write) and the exchange is abandoned when it passes, also when the machine slept through it.
Whoever was granted a request leaves at once: how many are under way is the budget's to bound, and a queue for
connections behind it would turn spaced grants into a burst as soon as the gateway answers slowly.

httpx's AsyncClient is not used: it logs every URL, and KIS wants the account number in the query of reads.
Nor are low-level exceptions passed on or chained: they hold the request with its headers.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import Any

import httpx

from domain.clock import KST, Clock
from tools.kis.deadline import Deadline
from tools.kis.replies import TransportEvent

_WATCH_S = 0.25  # how late a deadline is noticed after a sleep of the machine
_MAX_BODY = 8 * 1024 * 1024  # bytes; the largest real answer is far below 1 MB


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One request. `headers` and `params` hold secrets and the account, so they stay out of reprs."""

    method: str
    path: str
    headers: Mapping[str, str] = field(repr=False)
    params: Mapping[str, str] | None = field(default=None, repr=False)
    body: Mapping[str, Any] | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Exchange:
    """What happened. `body` is the parsed JSON object, None when there was none; `detail` names the failure only."""

    event: TransportEvent
    detail: str
    status: int | None = None
    body: Mapping[str, Any] | None = field(default=None, repr=False)
    tr_cont: str = ""
    first_byte_at: datetime | None = None
    answered_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Skew:
    """Server time minus ours, from the Date header, good to half a second plus half the round trip."""

    offset: timedelta
    round_trip: timedelta
    at: datetime


class _TooLate(Exception):
    """Raised inside the trace hook; never leaves this module."""


class _Hook:
    """Notes the first byte and stops it when the deadline has passed."""

    def __init__(self, deadline: Deadline, clock: Clock) -> None:
        self.deadline = deadline
        self.clock = clock
        self.first_byte_at: datetime | None = None

    async def __call__(self, name: str, info: Mapping[str, Any]) -> None:
        if name != "http11.send_request_headers.started":
            return
        if self.deadline.passed() or self.deadline.stopped():
            raise _TooLate
        self.first_byte_at = self.clock.now()


class Transport:
    """Connections to one REST host. `verify` is for tests with their own certificate authority."""

    def __init__(self, base_url: str, clock: Clock, *, verify: ssl.SSLContext | None = None) -> None:
        self._base = base_url.rstrip("/")
        self._clock = clock
        context = verify or ssl.create_default_context()
        self._reads = httpx.AsyncHTTPTransport(
            verify=context,
            trust_env=False,
            limits=httpx.Limits(max_keepalive_connections=8, keepalive_expiry=4.0),
        )
        self._writes = httpx.AsyncHTTPTransport(
            verify=context, trust_env=False, limits=httpx.Limits(max_keepalive_connections=0)
        )
        self.skew: Skew | None = None

    async def aclose(self) -> None:
        await self._reads.aclose()
        await self._writes.aclose()

    async def exchange(self, outgoing: Outgoing, deadline: Deadline, *, write: bool) -> Exchange:
        """Sends once. Abandons the exchange when `deadline` passes, before or after the first byte."""
        if deadline.passed():
            return Exchange(TransportEvent.DEADLINE, "deadline passed before connecting")
        hook = _Hook(deadline, self._clock)
        pool = self._writes if write else self._reads
        task = asyncio.ensure_future(self._send(pool, self._request(outgoing, deadline, hook), hook))
        try:
            while not task.done() and not deadline.passed():
                await asyncio.wait({task}, timeout=max(0.001, min(_WATCH_S, deadline.remaining())))
        finally:
            if not task.done():
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task
        if task.cancelled():
            return self._failed(hook, "deadline passed", TransportEvent.DEADLINE)
        return task.result()

    def _request(self, outgoing: Outgoing, deadline: Deadline, hook: _Hook) -> httpx.Request:
        # A byte string gives Content-Length; chunked bodies are refused by KIS with EGW00202.
        content = None if outgoing.body is None else json.dumps(outgoing.body, ensure_ascii=False).encode()
        seconds = max(0.001, deadline.remaining())
        return httpx.Request(
            outgoing.method,
            _address(self._base + outgoing.path, None if outgoing.params is None else tuple(outgoing.params.items())),
            headers={"accept": "application/json", "accept-encoding": "identity", **outgoing.headers},
            content=content,
            extensions={"trace": hook, "timeout": dict.fromkeys(("connect", "read", "write", "pool"), seconds)},
        )

    async def _send(self, pool: httpx.AsyncHTTPTransport, request: httpx.Request, hook: _Hook) -> Exchange:
        started = self._clock.now()
        try:
            response = await pool.handle_async_request(request)
            try:
                raw = await _read(response)
            finally:
                await response.aclose()
        except _TooLate:
            return Exchange(TransportEvent.DEADLINE, "deadline passed before the first byte")
        except (httpx.HTTPError, httpx.StreamError, OSError, ValueError) as error:
            # ValueError: a header or a body the parser cannot take; the name is enough, the text may quote data.
            return self._failed(hook, type(error).__name__, TransportEvent.NOTHING_SENT)
        answered = self._clock.now()
        self._note_skew(response.headers.get("date"), started, answered)
        return Exchange(
            TransportEvent.ANSWERED,
            f"HTTP {response.status_code}",
            status=response.status_code,
            body=parse_object(raw),
            tr_cont=response.headers.get("tr_cont", "").strip(),
            first_byte_at=hook.first_byte_at,
            answered_at=answered,
        )

    def _failed(self, hook: _Hook, detail: str, before: TransportEvent) -> Exchange:
        if hook.first_byte_at is None:
            return Exchange(before, detail)
        return Exchange(TransportEvent.BROKEN, detail, first_byte_at=hook.first_byte_at)

    def _note_skew(self, header: str | None, started: datetime, answered: datetime) -> None:
        if not header:
            return
        try:
            server = parsedate_to_datetime(header)
        except ValueError:
            return
        if server.tzinfo is None:
            return
        # The header is truncated to the second: its middle is the best guess.
        middle = started + (answered - started) / 2
        offset = server.astimezone(KST) + timedelta(milliseconds=500) - middle
        self.skew = Skew(offset, answered - started, answered)


@lru_cache(maxsize=256)
def _address(url: str, params: tuple[tuple[str, str], ...] | None) -> httpx.URL:
    """The same few questions are asked all day; putting an address together costs more than sending it."""
    return httpx.URL(url) if params is None else httpx.URL(url).copy_merge_params(dict(params))


async def _read(response: httpx.Response) -> bytes:
    parts: list[bytes] = []
    size = 0
    async for part in response.aiter_raw():
        size += len(part)
        if size > _MAX_BODY:
            raise httpx.DecodingError("expected an answer of at most 8 MiB")
        parts.append(part)
    return b"".join(parts)


def parse_object(raw: bytes) -> Mapping[str, Any] | None:
    """The JSON object in `raw`, None for anything else (HTML, cut text, a list, not UTF-8)."""
    try:
        value = json.loads(raw.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None
