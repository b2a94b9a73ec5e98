"""The World Bank's indicators: one country's figures by year. No key.

Contract: see `tools.macro.port`. An answer is a list [meta, rows], rows null when there are none; an error is HTTP 200
with [{"message": [{"id", "key", "value"}]}], sometimes the same as XML although JSON was asked for.
Source: datahelpdesk.worldbank.org, API basic call structures and error codes.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from domain.clock import Clock
from domain.macro.periods import as_written, period_of
from domain.macro.series import Series, Source
from domain.macro.vintage import Published
from tools.macro.errors import AskedWrongly, SourceDown, no_data
from tools.macro.port import joined
from tools.macro.wire import SECONDS, Reply, Wire, figure, parsed

BASE_URL = "https://api.worldbank.org/v2"
PAGE = "500"
MAX_PAGES = 10
_XML_MESSAGE = re.compile(r"<wb:message[^>]*\bid=\"(\d+)\"")
_DOWN = frozenset(
    {"105", "110"}
)  # service unavailable, its own time limit; every other number says the question is bad


class WorldBank:
    """`base_url` is another one in tests only."""

    source = Source.WORLD_BANK

    def __init__(self, clock: Clock, *, base_url: str = BASE_URL, seconds: float = SECONDS) -> None:
        self._wire = Wire(base_url, self.source.value, clock, seconds=seconds)

    async def aclose(self) -> None:
        await self._wire.aclose()

    async def published(self, series: Series, since: date, until: date) -> tuple[Published, ...]:
        country, indicator = series.key.split("/")
        asked = {
            "format": "json",
            "per_page": PAGE,
            "date": f"{as_written(since, series.cycle)}:{as_written(until, series.cycle)}",
        }
        rows: list[Any] = []
        for page in range(1, MAX_PAGES + 1):
            pages, more = await self._wire.get(
                ["country", country, "indicator", indicator], {**asked, "page": str(page)}, _rows
            )
            rows += more
            if page >= pages:
                break
        return joined(_published(row, series, indicator) for row in rows)


def _rows(reply: Reply) -> tuple[int, list[Any]]:
    """How many pages there are, and the rows of this one."""
    told = _XML_MESSAGE.search(reply.text)
    if told is not None:
        raise _fault(told[1])
    if reply.status != 200 and not reply.text.lstrip().startswith("["):
        raise SourceDown("server_error", "세계은행 서버가 답하지 않아요.", passing=False)
    body = parsed(reply.text)
    if not isinstance(body, list) or not body or not isinstance(body[0], dict):
        raise no_data()
    meta = body[0]
    if "message" in meta:
        messages = meta["message"] if isinstance(meta["message"], list) else []
        raise _fault(str(messages[0].get("id")) if messages and isinstance(messages[0], dict) else "")
    pages, rows = meta.get("pages"), body[1] if len(body) > 1 else None
    if isinstance(pages, bool) or not isinstance(pages, int) or not isinstance(rows, list | None):
        raise no_data()
    return pages, rows or []


def _fault(number: str) -> SourceDown | AskedWrongly:
    return SourceDown("server_error", "세계은행 서버에 문제가 있어요.") if number in _DOWN else AskedWrongly()


def _published(row: Any, series: Series, indicator: str) -> Published | None:
    if not isinstance(row, dict):
        raise no_data()
    about = row.get("indicator")
    if not isinstance(about, dict) or about.get("id") != indicator:
        raise no_data()
    try:
        period = period_of(str(row.get("date", "")), series.cycle)
    except ValueError:
        raise no_data() from None
    value = figure(row.get("value"))
    return None if value is None else Published(period, value)
