"""The sources of headlines, each behind one small Protocol: places on the web, and the broker's own list of titles.

Contract: `read(now)` gives items newer than three days, or raises SourceFailed; it never gives made-up news. The table
`data/sources.yaml` says which places there are and which terms keep us away; those fail with code "terms" without a
request.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, Protocol

import yaml

from domain.news.text import clean
from tools.news.faults import SourceFailed
from tools.news.feeds import MAX_ITEMS, OLDEST, Item, items
from tools.news.pages import flashed, listed
from tools.news.polite import Polite

TABLE = Path(__file__).parent / "data" / "sources.yaml"


class NewsSource(Protocol):
    @property
    def name(self) -> str:
        """Korean; shown beside each headline."""
        ...

    async def read(self, now: datetime) -> list[Item]: ...


@dataclass(frozen=True)
class WebSource:
    """A place on the web. `terms` is "ok", or the Korean reason why it is not asked."""

    name: str
    kind: str  # feed | page | json
    url: str
    guest: Polite
    article: str = ""
    zone: timezone = timezone(timedelta(hours=9))
    terms: str = "ok"

    async def read(self, now: datetime) -> list[Item]:
        if self.terms != "ok":
            raise SourceFailed("terms", self.terms)
        page = await self.guest.get(self.url)
        if self.kind == "feed":
            return items(page.body, page.content_type, self.name, now, self.zone)
        if self.kind == "json":
            return flashed(page.body, page.content_type, self.name, now)
        return listed(page.body, page.content_type, self.name, now, self.url, self.article)


class Title(Protocol):
    """A line of the broker's list, as `tools.kis.news` reads it."""

    @property
    def at(self) -> datetime: ...
    @property
    def title(self) -> str: ...
    @property
    def source(self) -> str: ...
    @property
    def tickers(self) -> tuple[str, ...]: ...


@dataclass(frozen=True, slots=True)
class TaggedItem(Item):
    """With the codes that the broker itself put to it."""

    codes: tuple[str, ...] = ()


@dataclass(frozen=True)
class BrokerSource:
    """KIS's news titles (live only), asked through whoever holds the keys: `ask()` gives the newest."""

    ask: Callable[[], Awaitable[Sequence[Title]]]
    name: str = "한국투자증권 뉴스"

    async def read(self, now: datetime) -> list[Item]:
        try:
            titles = await self.ask()
        except SourceFailed:
            raise
        except Exception as fault:  # the door's own errors: whatever they are, this source gave nothing
            raise SourceFailed("unreachable", "증권사 뉴스를 받지 못했어요.") from fault
        return [
            TaggedItem(clean(row.title), "", min(row.at, now), clean(row.source) or self.name, row.tickers)
            for row in titles[:MAX_ITEMS]
            if clean(row.title) and now - row.at <= OLDEST
        ]


def places() -> list[dict[str, Any]]:
    """The rows of the table."""
    rows: list[dict[str, Any]] = yaml.safe_load(TABLE.read_text("utf-8"))["sources"]
    return rows


def web_sources(guest: Polite, rows: Iterable[dict[str, Any]] | None = None) -> list[WebSource]:
    """All places of the table, or those handed in."""
    return [
        WebSource(
            name=row["name"],
            kind=row["kind"],
            url=row["url"],
            guest=guest,
            article=row.get("article", ""),
            zone=timezone(timedelta(hours=row.get("zone", 9))),
            terms=row["terms"],
        )
        for row in (places() if rows is None else rows)
    ]
