"""Reads pages of publishers as a guest does: robots.txt first, one page at a time, and nothing twice.

Contract: `get(url)` gives the body of a page that robots.txt allows, from the disk when it was asked less than
`fresh_s` ago or the publisher says 304. Between two requests to one host at least `GAP_S` seconds pass, or what
robots.txt asks for. A redirect is followed once and only on the same host; one that leads elsewhere is a login page or
a portal and no answer. Every fault is SourceFailed. Bodies are bounded, also unpacked; a dripping server meets a
deadline. robots.txt that cannot be had forbids everything, one that is not there (4xx) nothing (RFC 9309).
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit
from urllib.robotparser import RobotFileParser

import httpx
import structlog

from domain.clock import Clock
from tools.bodies import BodyTooLarge, read_body
from tools.news.faults import SourceFailed

log = structlog.get_logger(__name__)

AGENT = "QuartzNews"
USER_AGENT = f"{AGENT}/0.1 (personal use; reads headlines twice a day)"
CACHE = "cache/news"  # below a home
GAP_S = 1.0
LONGEST_GAP_S = 30.0
SECONDS = 10.0
FRESH_S = 600.0
ROBOTS_FRESH_S = 86_400.0
MAX_BODY = 3_000_000


@dataclass(frozen=True, slots=True)
class Page:
    """`content_type` as the server said it; `asked_again` False for a body from the disk without a request."""

    url: str
    body: bytes = field(repr=False)
    content_type: str
    asked_again: bool


class Polite:
    """One guest with one memory. `folder` holds what was read; several processes may share it."""

    def __init__(self, folder: Path, clock: Clock, *, seconds: float = SECONDS, fresh_s: float = FRESH_S) -> None:
        self._folder = folder
        self._clock = clock
        self._seconds = seconds
        self._fresh_s = fresh_s
        self._client = httpx.AsyncClient(
            follow_redirects=False,
            timeout=seconds,
            headers={"user-agent": USER_AGENT, "accept-language": "ko"},
            limits=httpx.Limits(max_connections=4),
        )
        self._locks: dict[str, asyncio.Lock] = {}
        self._last: dict[str, float] = {}
        self._robots: dict[str, RobotFileParser] = {}

    async def aclose(self) -> None:
        await self._client.aclose()

    async def get(self, url: str) -> Page:
        host = _host(url)
        async with self._locks.setdefault(host, asyncio.Lock()):  # one page of a host at a time
            robots = await self._robots_of(url)
            if not robots.can_fetch(AGENT, url):
                raise SourceFailed("robots", "이 주소는 자동으로 읽지 말아 달라고 해서 읽지 않아요.")
            gap = min(float(robots.crawl_delay(AGENT) or GAP_S), LONGEST_GAP_S)
            return await self._fetched(url, max(gap, GAP_S), self._fresh_s)

    async def _robots_of(self, url: str) -> RobotFileParser:
        host = _host(url)
        known = self._robots.get(host)
        if known is not None:
            return known
        parser = RobotFileParser()
        try:
            page = await self._fetched(f"{host}/robots.txt", GAP_S, ROBOTS_FRESH_S)
            parser.parse(page.body[:500_000].decode("utf-8", errors="replace").splitlines())
        except SourceFailed as fault:
            if fault.code == "refused":
                parser.parse([])
            else:
                raise SourceFailed("robots_unknown", "읽어도 되는지 확인하지 못해 읽지 않아요.") from None
        self._robots[host] = parser
        return parser

    async def _fetched(self, url: str, gap: float, fresh_s: float) -> Page:
        kept = self._kept(url)
        now = self._clock.now().timestamp()
        if kept is not None and 0 <= now - kept["at"] < fresh_s:
            return Page(url, kept["body"], kept["type"], False)
        headers = {}
        if kept is not None:
            headers = {
                asked: kept[told]
                for told, asked in (("etag", "if-none-match"), ("modified", "if-modified-since"))
                if kept.get(told)
            }
        response, body = await self._asked(url, headers, gap)
        if response.status_code in (301, 302, 303, 307, 308):
            target = urljoin(url, response.headers.get("location", ""))
            if not _same_place(url, target):
                raise SourceFailed("redirected", "뉴스 대신 다른 화면으로 보내요.")
            response, body = await self._asked(target, headers, gap)
        status = response.status_code
        if status == 304 and kept is not None:
            self._keep(url, {**kept, "at": now})
            return Page(url, kept["body"], kept["type"], True)
        if status == 429:
            raise SourceFailed("too_many", "너무 자주 물었다고 해요.")
        if 400 <= status < 500:
            raise SourceFailed("refused", "보여 주지 않아요.")
        if status != 200:
            raise SourceFailed("redirected" if 300 <= status < 400 else "server_error", "서버가 답을 주지 못해요.")
        told = response.headers
        kind = told.get("content-type", "")
        fresh = {
            "at": now,
            "body": body,
            "type": kind,
            "etag": told.get("etag", ""),
            "modified": told.get("last-modified", ""),
        }
        self._keep(url, fresh)
        return Page(url, body, kind, True)

    async def _asked(self, url: str, headers: dict[str, str], gap: float) -> tuple[httpx.Response, bytes]:
        host = _host(url)
        since = self._clock.monotonic() - self._last.get(host, float("-inf"))
        if since < gap:
            await self._clock.sleep(gap - since)
        self._last[host] = self._clock.monotonic()
        try:
            async with (
                asyncio.timeout(self._seconds),
                self._client.stream("GET", url, headers=headers) as response,
            ):
                return response, await read_body(response, MAX_BODY)
        except BodyTooLarge:
            raise SourceFailed("too_large", "보내온 것이 너무 커요.") from None
        except (TimeoutError, httpx.TimeoutException):
            raise SourceFailed("timeout", "제때 답하지 않아요.") from None
        except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as fault:
            log.info("news.unreachable", host=host, fault=type(fault).__name__)
            raise SourceFailed("unreachable", "서버에 닿지 않아요.") from None

    def _kept(self, url: str) -> dict[str, Any] | None:
        path = self._path(url)
        try:
            head, _, body = path.read_bytes().partition(b"\n")
            kept: dict[str, Any] = json.loads(head)
            if kept["url"] != url or not isinstance(kept["at"], int | float):
                return None
            return {**kept, "body": body}
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def _keep(self, url: str, page: dict[str, Any]) -> None:
        head = {"url": url, **{name: value for name, value in page.items() if name not in ("body", "url")}}
        path = self._path(url)
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            partial = path.with_name(f".{path.name}.{os.getpid()}")
            partial.write_bytes(json.dumps(head).encode() + b"\n" + page["body"])
            partial.replace(path)
        except OSError as fault:  # a full disk costs the memory, not the news
            log.warning("news.cache_not_written", fault=type(fault).__name__)

    def _path(self, url: str) -> Path:
        return self._folder / hashlib.sha256(url.encode()).hexdigest()[:32]


def _host(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _same_place(url: str, target: str) -> bool:
    """The same host and port, or the same host from http to https; never a page that asks to sign in."""
    one, two = urlsplit(url), urlsplit(target)
    if one.hostname != two.hostname or any(word in two.path.lower() for word in ("login", "signin", "nid")):
        return False
    return (one.scheme, one.port) == (two.scheme, two.port) or (one.scheme, two.scheme) == ("http", "https")
