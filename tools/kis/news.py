"""Headlines with their tickers, titles only (live). Titles are text from outside: data to quote, never to obey.

Source: news-title FHKST01011800.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tools.kis.budget import Priority
from tools.kis.environment import Feature
from tools.kis.fields import Row, at_kst, parse_time, rows
from tools.kis.rest import Rest


@dataclass(frozen=True, slots=True)
class Headline:
    number: str
    at: datetime
    title: str
    source: str
    tickers: tuple[str, ...]


class News:
    def __init__(self, rest: Rest) -> None:
        self._rest = rest

    async def headlines(
        self, ticker: str = "", *, before: datetime | None = None, priority: Priority = Priority.QUOTE
    ) -> tuple[Headline, ...]:
        """Newest first; `ticker` "" = all. Raises NotOffered outside live."""
        self._rest.need(Feature.NEWS)
        page = await self._rest.get(
            "/quotations/news-title",
            "FHKST01011800",
            {
                "FID_NEWS_OFER_ENTP_CODE": "",
                "FID_COND_MRKT_CLS_CODE": "",
                "FID_INPUT_ISCD": ticker,
                "FID_TITL_CNTT": "",
                "FID_INPUT_DATE_1": "" if before is None else f"00{before:%Y%m%d}",
                "FID_INPUT_HOUR_1": "" if before is None else f"0000{before:%H%M%S}",
                "FID_RANK_SORT_CLS_CODE": "",
                "FID_INPUT_SRNO": "",
            },
            priority=priority,
        )
        return tuple(headline for headline in map(parse_headline, rows(page.body, "output")) if headline is not None)


def parse_headline(item: Row) -> Headline | None:
    """None for a line without title or date."""
    day, hour, title = item.day("data_dt"), item.text("data_tm"), item.text("hts_pbnt_titl_cntt")
    if day is None or hour is None or title is None:
        return None
    tickers = (item.text(f"iscd{number}") for number in range(1, 11))
    return Headline(
        number=item.text("cntt_usiq_srno") or "",
        at=at_kst(day, parse_time(hour)),
        title=title,
        source=item.text("dorg") or "",
        tickers=tuple(dict.fromkeys(ticker for ticker in tickers if ticker)),
    )
