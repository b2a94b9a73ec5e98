"""Lists of headlines that are no feed: HTML of article lists, and the JSON of Naver's search and stock news. Pure.

Contract: as `tools.news.feeds.items`. Of HTML only links are read whose address looks like an article of that place; no
script runs, nothing else is kept. JSON that is not as described is SourceFailed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import datetime
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin

from domain.clock import KST
from domain.news.text import clean
from tools.news.faults import SourceFailed
from tools.news.feeds import MAX_ITEMS, OLDEST, Item, decoded, linked, moment

_SHORTEST = 10  # letters: what is shorter is a button
_DAY_IN_LINK = re.compile(r"(20\d{2})(\d{2})(\d{2})")
_DIGITS = re.compile(r"^(20\d{2})(\d{2})(\d{2})(\d{2})(\d{2})")


class _Links(HTMLParser):
    """Every link with its text and title."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[tuple[str, str]] = []
        self._href = ""
        self._title = ""
        self._text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self._close()
            given = dict(attrs)
            self._href, self._title, self._text = given.get("href") or "", given.get("title") or "", []

    def handle_endtag(self, tag: str) -> None:
        if tag == "a":
            self._close()

    def handle_data(self, data: str) -> None:
        if self._href and len(self._text) < 50:
            self._text.append(data)

    def _close(self) -> None:
        if self._href:
            self.found.append((self._href, self._title or " ".join(self._text)))
        self._href = ""


def listed(body: bytes, content_type: str, source: str, now: datetime, page: str, article: str) -> list[Item]:
    """Articles that a page links to; `article` is a pattern of their addresses. The time is that of the reading, or
    noon of the day in the address when that is another one. Raises SourceFailed."""
    text = decoded(body, content_type)
    if "<" not in text[:2_000]:
        raise SourceFailed("not_a_list", "기사 목록이 아닌 것을 보내와요.")
    links = _Links()
    links.feed(text)
    pattern = re.compile(article)
    seen: dict[str, str] = {}
    for href, title in links.found:
        address = linked(urljoin(page, href))
        shown = clean(title)
        if address and pattern.search(address) and len(shown) >= _SHORTEST:
            seen.setdefault(address, shown)
    if not seen:
        raise SourceFailed("not_a_list", "기사 목록이 아닌 것을 보내와요.")
    rows = (Item(title, address, _day(address, now), source) for address, title in seen.items())
    return [row for row in rows if now - row.at <= OLDEST][:MAX_ITEMS]


def _day(address: str, now: datetime) -> datetime:
    match = _DAY_IN_LINK.search(address)
    if match is None:
        return now
    try:
        noon = datetime(int(match[1]), int(match[2]), int(match[3]), 12, tzinfo=KST)
    except ValueError:
        return now
    return now if noon.date() == now.astimezone(KST).date() else min(noon, now)


def searched(body: bytes, content_type: str, source: str, now: datetime) -> list[Item]:
    """Naver's search API: `items` with title in <b> and entities, RFC 822 time. Raises SourceFailed."""
    data = _json(body, content_type)
    rows = data.get("items") if isinstance(data, dict) else None
    if not isinstance(rows, list):
        raise SourceFailed("not_a_list", "기사 목록이 아닌 것을 보내와요.")
    return list(_taken(rows, source, now, ("originallink", "link"), "pubDate"))


def flashed(body: bytes, content_type: str, source: str, now: datetime) -> list[Item]:
    """Naver's stock news: `articles`, or a list of clusters with `items`. Raises SourceFailed."""
    data = _json(body, content_type)
    if isinstance(data, dict) and isinstance(data.get("articles"), list):
        rows = data["articles"]
    elif isinstance(data, list):
        rows = [row for cluster in data if isinstance(cluster, dict) for row in cluster.get("items") or ()]
    else:
        raise SourceFailed("not_a_list", "기사 목록이 아닌 것을 보내와요.")
    return list(_taken(rows, source, now, ("mobileNewsUrl",), "datetime"))


def _taken(rows: list[Any], source: str, now: datetime, links: tuple[str, ...], at: str) -> Iterator[Item]:
    for row in rows[:MAX_ITEMS]:
        if not isinstance(row, dict):
            continue
        title, when = clean(str(row.get("title") or "")), str(row.get(at) or "")
        digits = _DIGITS.match(when)
        time = moment("{}-{}-{} {}:{}".format(*digits.groups()) if digits is not None else when)
        if not title or time is None or now - time > OLDEST:
            continue
        link = next((found for key in links if (found := linked(str(row.get(key) or "")))), "")
        if not link and row.get("officeId") and row.get("articleId"):
            link = linked(f"https://n.news.naver.com/mnews/article/{row['officeId']}/{row['articleId']}")
        yield Item(title, link, min(time, now), source)


def _json(body: bytes, content_type: str) -> Any:
    try:
        return json.loads(decoded(body, content_type))
    except (ValueError, RecursionError):
        raise SourceFailed("not_a_list", "기사 목록이 아닌 것을 보내와요.") from None
