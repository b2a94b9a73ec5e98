"""Bars of the past: day, week, month by date windows of 100, and today's minutes in windows of 30.

Prices are won, volume shares, amount won. Bars come oldest first, one a date. KIS sends at most 100 rows, newest
first, without a cursor: the next window ends the day before the oldest row. The current day is included while it
trades. `adjusted` is for splits and rights (FID_ORG_ADJ_PRC 0 in this TR; the 30-day TR means the opposite).
Sources: inquire-daily-itemchartprice FHKST03010100, inquire-time-itemchartprice FHKST03010200.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from tools.kis.budget import Priority
from tools.kis.fields import Row, at_kst, compact, parse_time, row, rows
from tools.kis.rest import Rest

_WINDOW = 100  # rows of a full page
_MAX_WINDOWS = 200  # 20,000 bars; more means that the windows do not move


class Period(StrEnum):
    DAY = "D"
    WEEK = "W"
    MONTH = "M"


@dataclass(frozen=True, slots=True)
class Bar:
    day: date
    open: int
    high: int
    low: int
    close: int
    volume: int
    amount: int | None
    event_code: str | None  # flng_cls_code: 01 ex-rights, 02 ex-dividend …


@dataclass(frozen=True, slots=True)
class Chart:
    """`bars` oldest first; `duplicated` are dates that came more than once (the later answer was kept)."""

    ticker: str
    name: str | None
    bars: tuple[Bar, ...]
    duplicated: tuple[date, ...]


@dataclass(frozen=True, slots=True)
class MinuteBar:
    """`at` is the bar's minute in KST. The newest bar's volume is the one before's until its first trade."""

    at: datetime
    open: int
    high: int
    low: int
    close: int
    volume: int


class Charts:
    def __init__(self, rest: Rest) -> None:
        self._rest = rest

    async def bars(
        self,
        ticker: str,
        start: date,
        end: date,
        *,
        period: Period = Period.DAY,
        adjusted: bool = True,
        priority: Priority = Priority.QUOTE,
    ) -> Chart | None:
        """All bars dated start..end. None when KIS does not know the symbol; an empty chart when it has no bars."""
        if end < start:
            raise ValueError(f"expected start <= end, was {start} > {end}")
        found: dict[date, Bar] = {}
        duplicated: list[date] = []
        name: str | None = None
        until = end
        for _ in range(_MAX_WINDOWS):
            page = await self._rest.get(
                "/quotations/inquire-daily-itemchartprice",
                "FHKST03010100",
                {
                    "FID_COND_MRKT_DIV_CODE": "J",
                    "FID_INPUT_ISCD": ticker,
                    "FID_INPUT_DATE_1": compact(start),
                    "FID_INPUT_DATE_2": compact(until),
                    "FID_PERIOD_DIV_CODE": period.value,
                    "FID_ORG_ADJ_PRC": "0" if adjusted else "1",
                },
                priority=priority,
            )
            head = row(page.body, "output1")
            told = rows(page.body, "output2")
            window = [bar for bar in map(parse_bar, told) if bar is not None]
            if not window and not found and not head.integer("stck_prpr"):
                return None
            name = name or head.text("hts_kor_isnm")
            duplicated += _merge(found, window)
            oldest = min((bar.day for bar in window), default=start)
            # A page that is not full is the last one, also where `start` is no session: that spares a request a name.
            if not window or oldest <= start or oldest > until or len(told) < _WINDOW:
                break
            until = oldest - timedelta(days=1)
        bars = tuple(found[day] for day in sorted(found) if start <= day <= end)
        return Chart(ticker, name, bars, tuple(sorted(set(duplicated))))

    async def minutes_today(
        self, ticker: str, *, since: time, until: time, priority: Priority = Priority.QUOTE
    ) -> tuple[MinuteBar, ...]:
        """One-minute bars of the latest trading day, oldest first, from `since` to `until` (both included).

        `until` must not lie in the future: KIS fills the time to it with repeats of the last price."""
        found: dict[datetime, MinuteBar] = {}
        asked = until
        day: date | None = None
        while True:
            page = await self._rest.get(
                "/quotations/inquire-time-itemchartprice",
                "FHKST03010200",
                {
                    "FID_ETC_CLS_CODE": "",
                    "FID_COND_MRKT_DIV_CODE": "J",
                    "FID_INPUT_ISCD": ticker,
                    "FID_INPUT_HOUR_1": f"{asked:%H%M%S}",
                    "FID_PW_DATA_INCU_YN": "N",
                },
                priority=priority,
            )
            window = [bar for bar in map(parse_minute, rows(page.body, "output2")) if bar is not None]
            if day is None and window:
                day = max(bar.at for bar in window).date()
            fresh = [bar for bar in window if bar.at.date() == day and bar.at not in found]
            found |= {bar.at: bar for bar in fresh}
            if not fresh or min(bar.at for bar in fresh).time() <= since:
                break
            asked = (min(bar.at for bar in fresh) - timedelta(minutes=1)).time()
            if asked < since:
                break
        return tuple(found[at] for at in sorted(found) if since <= at.time() <= until)


def _merge(found: dict[date, Bar], window: Iterable[Bar]) -> list[date]:
    duplicated = []
    for bar in window:
        if bar.day in found:
            duplicated.append(bar.day)
        found[bar.day] = bar
    return duplicated


def parse_bar(item: Row) -> Bar | None:
    """None for the empty objects KIS pads its list with."""
    day, close = item.day("stck_bsop_date"), item.integer("stck_clpr")
    if day is None or not close:
        return None
    return Bar(
        day=day,
        open=item.integer("stck_oprc") or close,
        high=item.integer("stck_hgpr") or close,
        low=item.integer("stck_lwpr") or close,
        close=close,
        volume=item.integer("acml_vol") or 0,
        amount=item.integer("acml_tr_pbmn"),
        event_code=item.text("flng_cls_code"),
    )


def parse_minute(item: Row) -> MinuteBar | None:
    day, hour, close = item.day("stck_bsop_date"), item.text("stck_cntg_hour"), item.integer("stck_prpr")
    if day is None or hour is None or not close:
        return None
    return MinuteBar(
        at=at_kst(day, parse_time(hour)),
        open=item.integer("stck_oprc") or close,
        high=item.integer("stck_hgpr") or close,
        low=item.integer("stck_lwpr") or close,
        close=close,
        volume=item.integer("cntg_vol") or 0,
    )
