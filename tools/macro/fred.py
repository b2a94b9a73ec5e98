"""FRED, the statistics of the Federal Reserve Bank of St. Louis: series/observations.

Contract: see `tools.macro.port`. Asked without a vintage it gives today's; what was known before is our own record. A
missing value is "."; a refusal is HTTP 400 with {"error_code", "error_message"}, 429 is more than 120 calls a minute.
Source: fred.stlouisfed.org/docs/api/fred, observations and errors.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from pydantic import SecretStr

from domain.clock import Clock
from domain.macro.periods import period_of
from domain.macro.series import Series, Source
from domain.macro.vintage import Published
from tools.macro.errors import AskedWrongly, KeyRefused, SourceDown, no_data
from tools.macro.port import joined
from tools.macro.wire import SECONDS, Reply, Wire, figure, parsed

BASE_URL = "https://api.stlouisfed.org/fred"
PAGE = 1_000
MAX_PAGES = 20


class Fred:
    """`base_url` is another one in tests only."""

    source = Source.FRED

    def __init__(self, key: SecretStr, clock: Clock, *, base_url: str = BASE_URL, seconds: float = SECONDS) -> None:
        self._key = key
        self._wire = Wire(base_url, self.source.value, clock, seconds=seconds)

    async def aclose(self) -> None:
        await self._wire.aclose()

    async def published(self, series: Series, since: date, until: date) -> tuple[Published, ...]:
        asked = {
            "series_id": series.key,
            "api_key": self._key.get_secret_value(),
            "file_type": "json",
            "observation_start": since.isoformat(),
            "observation_end": until.isoformat(),
            "sort_order": "asc",
            "limit": str(PAGE),
        }
        rows: list[Any] = []
        for _ in range(MAX_PAGES):
            total, more = await self._wire.get(
                ["series", "observations"], {**asked, "offset": str(len(rows))}, _observations
            )
            rows += more
            if not more or len(rows) >= total:
                break
        return joined(_published(row, series) for row in rows)


def _observations(reply: Reply) -> tuple[int, list[Any]]:
    if reply.status == 403:  # its gate, not its API: a page, or nothing
        raise SourceDown("server_error", "서버가 지금은 들여보내지 않아요.", passing=False)
    body = parsed(reply.text)
    if not isinstance(body, dict):
        raise no_data()
    if reply.status != 200 or "error_code" in body:
        raise KeyRefused if "api_key" in str(body.get("error_message")) else AskedWrongly
    count, rows = body.get("count"), body.get("observations")
    if not isinstance(rows, list) or isinstance(count, bool) or not isinstance(count, int):
        raise no_data()
    return count, rows


def _published(row: Any, series: Series) -> Published | None:
    if not isinstance(row, dict):
        raise no_data()
    try:
        period = period_of(str(row.get("date", "")), series.cycle)
    except ValueError:
        raise no_data() from None
    value = figure(row.get("value"))
    return None if value is None else Published(period, value)
