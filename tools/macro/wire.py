"""Reads of publishers over HTTP: one deadline, few retries, and nothing of a key in logs, errors or reprs.

Contract: `get` gives what `read` makes of a body with status 200, of the kept body on 304, or of another status that is
an answer (4xx but 429). Everything else is SourceFailed. Reads only, so what passes by is tried again, `ATTEMPTS` times
in all, with growing pauses by the clock that was handed in. A redirect is never followed: it leads to a login page.

httpx's AsyncClient is not used: it logs every URL, and ECOS wants the key in the path, FRED in the query.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from ipaddress import ip_address
from typing import Any, TypeVar
from urllib.parse import quote, urlencode, urlsplit
from urllib.request import getproxies, proxy_bypass

import httpx
import structlog
from tenacity import AsyncRetrying, retry_if_exception, stop_after_attempt, wait_exponential_jitter

from domain.clock import Clock
from tools.bodies import read_body
from tools.macro.errors import SourceDown, TooManyCalls, no_data

log = structlog.get_logger(__name__)

T = TypeVar("T")

ATTEMPTS = 3
SECONDS = 20.0  # for one attempt, from the first byte asked to the last received
MAX_BODY = 4 * 1024 * 1024  # bytes after unpacking; the largest real answer is below 100 KB
_KEPT = 64
_LARGEST, _FINEST = Decimal(10) ** 18, 30  # of a figure: its size, and the places that it is written with
_FIRST_PAUSE = 0.5
_MAX_PAUSE = 8.0
_CHARSET = re.compile(r"charset\s*=\s*\"?([\w-]+)", re.IGNORECASE)
_FAMILIAR = frozenset({"euc-kr", "cp949", "ms949", "ks_c_5601-1987", "utf-16"})


@dataclass(frozen=True, slots=True)
class Reply:
    """What came, decoded. `status` is 200 or a 4xx that a publisher explains in its own words."""

    status: int
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class _Kept:
    """A body and what to ask with next time."""

    validators: Mapping[str, str]
    reply: Reply


class Wire:
    """One publisher's server. `source` names it in logs; `seconds` is the deadline of one attempt."""

    def __init__(self, base_url: str, source: str, clock: Clock, *, seconds: float = SECONDS) -> None:
        self._base = base_url.rstrip("/")
        self._source = source
        self._clock = clock
        self._seconds = seconds
        self._transport = httpx.AsyncHTTPTransport(
            proxy=_proxy(self._base), limits=httpx.Limits(max_connections=2, keepalive_expiry=10.0)
        )
        self._kept: OrderedDict[str, _Kept] = OrderedDict()

    async def aclose(self) -> None:
        await self._transport.aclose()

    async def get(self, path: Sequence[str], params: Mapping[str, str], read: Callable[[Reply], T]) -> T:
        """`path` are plain segments; quoting is done here. Raises SourceFailed."""
        url = self._base + "".join(f"/{quote(part, safe='')}" for part in path)
        url += f"?{urlencode(params)}" if params else ""
        tries = AsyncRetrying(
            stop=stop_after_attempt(ATTEMPTS),
            wait=wait_exponential_jitter(initial=_FIRST_PAUSE, max=_MAX_PAUSE, jitter=_FIRST_PAUSE),
            retry=retry_if_exception(lambda error: isinstance(error, SourceDown) and error.passing),
            sleep=self._clock.sleep,
            reraise=True,
        )
        async for attempt in tries:
            with attempt:
                try:
                    return read(await self._asked(url))
                except SourceDown as down:
                    number = attempt.retry_state.attempt_number
                    log.warning("macro.no_answer", source=self._source, code=down.code, attempt=number)
                    raise
        raise AssertionError("expected tenacity to raise")  # pragma: no cover

    async def _asked(self, url: str) -> Reply:
        kept = self._kept.get(url)
        headers = {"accept": "application/json", "accept-encoding": "gzip", "user-agent": "Quartz/0.1"}
        request = httpx.Request(
            "GET",
            url,
            headers={**headers, **(kept.validators if kept else {})},
            extensions={"timeout": dict.fromkeys(("connect", "read", "write", "pool"), self._seconds)},
        )
        try:
            async with asyncio.timeout(self._seconds):  # a server that drips a byte now and then never times out alone
                response = await self._transport.handle_async_request(request)
                try:
                    raw = await read_body(response, MAX_BODY)
                finally:
                    await response.aclose()
        except (TimeoutError, httpx.TimeoutException):
            raise SourceDown("timeout", "제때 답하지 않아요.") from None
        except (httpx.HTTPError, httpx.StreamError, OSError, ValueError):
            raise SourceDown("unreachable", "서버에 닿지 않아요.") from None
        return self._taken(url, kept, response, raw)

    def _taken(self, url: str, kept: _Kept | None, response: httpx.Response, raw: bytes) -> Reply:
        status = response.status_code
        if status == 304 and kept is not None:
            return kept.reply
        if 300 <= status < 400:
            raise SourceDown("redirected", "자료 대신 다른 화면으로 보내요.", passing=False)
        if status == 429:
            raise TooManyCalls
        if status >= 500 or status < 200:
            raise SourceDown("server_error", "서버에 문제가 있어요.")
        reply = Reply(status, decoded(raw, response.headers.get("content-type", "")))
        names = {"etag": "if-none-match", "last-modified": "if-modified-since"}
        validators = {asked: response.headers[told] for told, asked in names.items() if told in response.headers}
        if status == 200 and validators:
            self._kept[url] = _Kept(validators, reply)
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return reply


def decoded(raw: bytes, content_type: str) -> str:
    """The text, whatever the header claims: UTF-8 where it is that, else the declared charset, else Korean Windows."""
    match = _CHARSET.search(content_type)
    declared = match[1].lower() if match else ""
    for charset in ("utf-8-sig", *({declared} & _FAMILIAR), "cp949"):
        try:
            return raw.decode(charset)
        except UnicodeDecodeError:
            continue
    raise no_data()


def parsed(text: str) -> Any:
    """JSON with exact numbers. SourceDown for anything else: a page, half a body, numbers that are none."""
    try:
        return json.loads(text, parse_float=Decimal, parse_constant=_none_such)
    except (ValueError, RecursionError):
        raise no_data() from None


def _none_such(name: str) -> Any:
    raise ValueError(f"expected a number, was {name}")


def figure(value: object) -> Decimal | None:
    """A published value; None where there is none ("", "-", ".", null). SourceDown for what is no number."""
    if value is None or (isinstance(value, str) and value.strip() in ("", "-", ".")):
        return None
    if isinstance(value, bool) or not isinstance(value, int | Decimal | str):
        raise no_data()
    try:
        number = Decimal(str(value).strip().replace(",", ""))
    except ArithmeticError:
        raise no_data() from None
    exponent = number.as_tuple().exponent
    if not isinstance(exponent, int) or exponent < -_FINEST or abs(number) >= _LARGEST:
        raise no_data()
    return number


def _proxy(base_url: str) -> str | None:
    """The system's proxy, as everywhere else; never for this machine."""
    parts = urlsplit(base_url)
    host = parts.hostname or ""
    try:
        if ip_address(host).is_loopback:
            return None
    except ValueError:
        pass
    return None if host == "localhost" or proxy_bypass(host) else getproxies().get(parts.scheme)
