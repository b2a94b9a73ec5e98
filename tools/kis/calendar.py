"""KIS's own list of trading days (live and the paper exchange; KIS asks to call it once a day at most).

`opens` is opnd_yn, the day orders are taken; tr_day_yn says Y on some Saturdays. Source: chk-holiday CTCA0903R.
It only checks the bundled calendar in `domain.calendar`, it does not replace it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from tools.kis.budget import Priority
from tools.kis.environment import Feature
from tools.kis.errors import ReadFailed
from tools.kis.fields import Row, compact, rows
from tools.kis.rest import Rest


@dataclass(frozen=True, slots=True)
class TradingDay:
    day: date
    opens: bool
    business_day: bool
    settles: bool


class TradingDays:
    def __init__(self, rest: Rest) -> None:
        self._rest = rest

    async def days_from(self, start: date, *, priority: Priority = Priority.QUOTE) -> tuple[TradingDay, ...]:
        """The first page from `start`, some three weeks. Raises NotOffered on paper."""
        self._rest.need(Feature.HOLIDAY)
        page = await self._rest.get(
            "/quotations/chk-holiday",
            "CTCA0903R",
            {"BASS_DT": compact(start), "CTX_AREA_FK": "", "CTX_AREA_NK": ""},
            priority=priority,
        )
        return tuple(parse_trading_day(item) for item in rows(page.body, "output"))


def parse_trading_day(item: Row) -> TradingDay:
    day, opens = item.day("bass_dt"), item.flag("opnd_yn")
    if day is None or opens is None:
        raise ReadFailed("expected bass_dt and opnd_yn in the holiday list, was empty")
    return TradingDay(day, opens, bool(item.flag("bzdy_yn")), bool(item.flag("sttl_day_yn")))
