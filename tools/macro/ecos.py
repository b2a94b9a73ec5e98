"""ECOS, the statistics of the Bank of Korea: StatisticSearch, figures by statistic and item.

Contract: see `tools.macro.port`. ECOS says no with HTTP 200 and {"RESULT": {"CODE", "MESSAGE"}}, in some cases as XML
although JSON was asked for; INFO-200 is "nothing there", which is empty and no fault. The key `sample`, which the bank
offers to everybody, gives windows of ten rows.
Source: ecos.bok.or.kr/api, guide of StatisticSearch and its list of messages.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from pydantic import SecretStr

from domain.clock import Clock
from domain.macro.periods import as_written, period_of
from domain.macro.series import Series, Source
from domain.macro.vintage import Published
from tools.macro.errors import AskedWrongly, KeyRefused, SourceDown, TooManyCalls, no_data
from tools.macro.port import joined
from tools.macro.wire import SECONDS, Reply, Wire, figure, parsed

BASE_URL = "https://ecos.bok.or.kr/api"
SAMPLE_KEY = "sample"
PAGE = 1_000
SAMPLE_PAGE = 10
MAX_PAGES = 40
_XML_CODE = re.compile(r"<CODE>\s*((?:INFO|ERROR)-\d{3})\s*</CODE>")
_BUSY = frozenset({"ERROR-602"})
_DOWN = frozenset({"ERROR-400", "ERROR-600", "ERROR-601"})  # its own time limit, its database


class Ecos:
    """`base_url` is another one in tests only."""

    source = Source.ECOS

    def __init__(self, key: SecretStr, clock: Clock, *, base_url: str = BASE_URL, seconds: float = SECONDS) -> None:
        self._key = key
        self._wire = Wire(base_url, self.source.value, clock, seconds=seconds)

    async def aclose(self) -> None:
        await self._wire.aclose()

    async def published(self, series: Series, since: date, until: date) -> tuple[Published, ...]:
        key = self._key.get_secret_value()
        size = SAMPLE_PAGE if key == SAMPLE_KEY else PAGE
        statistic, *items = series.key.split("/")
        window = [statistic, series.cycle.value, as_written(since, series.cycle), as_written(until, series.cycle)]
        rows: list[Any] = []
        for page in range(MAX_PAGES):
            first = page * size + 1
            path = ["StatisticSearch", key, "json", "kr", str(first), str(first + size - 1), *window, *items]
            total, more = await self._wire.get(path, {}, _rows)
            rows += more
            if not more or len(rows) >= total:
                break
        return joined(_published(row, series, statistic, items) for row in rows)


def _rows(reply: Reply) -> tuple[int, list[Any]]:
    """How many there are in all, and these."""
    told = _XML_CODE.search(reply.text)
    if told is not None:
        return _refused(told[1])
    body = parsed(reply.text)
    if not isinstance(body, dict):
        raise no_data()
    result = body.get("RESULT")
    if isinstance(result, dict):
        return _refused(str(result.get("CODE")))
    found = body.get("StatisticSearch")
    if not isinstance(found, dict) or not isinstance(found.get("row"), list):
        raise no_data()
    total = found.get("list_total_count")
    if isinstance(total, bool) or not isinstance(total, int):
        raise no_data()
    return total, found["row"]


def _refused(code: str) -> tuple[int, list[Any]]:
    if code == "INFO-200":
        return 0, []
    if code == "INFO-100":
        raise KeyRefused
    if code in _BUSY:
        raise TooManyCalls
    if code in _DOWN:
        raise SourceDown("server_error", "한국은행 서버에 문제가 있어요.")
    if re.fullmatch(r"ERROR-\d{3}", code):
        raise AskedWrongly
    raise no_data()


def _published(row: Any, series: Series, statistic: str, items: list[str]) -> Published | None:
    if not isinstance(row, dict):
        raise no_data()
    asked = {"STAT_CODE": statistic, **{f"ITEM_CODE{at}": item for at, item in enumerate(items, start=1)}}
    if any(row.get(name) not in (None, "", value) for name, value in asked.items()):
        raise no_data()  # another series under our question
    try:
        period = period_of(str(row.get("TIME", "")), series.cycle)
    except ValueError:
        raise no_data() from None
    value = figure(row.get("DATA_VALUE"))
    return None if value is None else Published(period, value)
