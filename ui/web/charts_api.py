"""Charts of the API: a name's price, the person's assets and profit and loss, and the script that draws them.

Contract: an answer is {figure, summary, label, as_of, empty}: a plotly figure, or `empty` says in Korean why there is
none. Prices belong to nobody; assets and results are those of the session's person. Figures are made in a thread,
because the indicator library is only loaded there and then. With days comes what the technical analyst reads off them.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import TYPE_CHECKING, Annotated, Any, Literal

from fastapi import APIRouter, Query
from starlette.exceptions import HTTPException

from domain.calendar import calendar_named
from domain.equity import HISTORY_DAYS
from domain.proto import oms_pb2 as pb
from tools.ports import Ports
from ui.charts.periods import PERIODS
from ui.web.api.labels import market_label
from ui.web.api.route import JsonRoute, Me, Parts
from ui.web.api.technical import UNKNOWN_TICKER, analysed, report_json
from ui.web.api.views import moment
from ui.web.plotly_js import plotly_script

if TYPE_CHECKING:
    from domain.bars import Bars
    from ui.charts.frame import Chart

_TICKER = re.compile(r"[0-9A-Z]{6,7}")

router = APIRouter(route_class=JsonRoute)
router.add_api_route("/static/plotly.min.js", plotly_script, methods=["GET", "HEAD"])


@router.get("/api/charts/price/{ticker}")
async def price(
    me: Me,
    parts: Parts,
    ticker: str,
    period: Literal["D", "W", "M"] = "D",
    panels: Annotated[str, Query(max_length=20)] = "macd,rsi",
) -> dict[str, Any]:
    """`panels`: which of macd and rsi are drawn under the price; words that are neither are passed over."""
    if _TICKER.fullmatch(ticker) is None:
        raise HTTPException(404, UNKNOWN_TICKER)
    ports = parts.assembled.ports
    clock = await ports.market.market_clock()
    instrument = ports.instruments.get(ticker)
    name = instrument.name if instrument is not None else ticker
    read = await analysed(ports, me.who, ticker) if period == "D" else None
    bars = read.bars if read is not None else await _bars(ports, ticker, period, clock)
    if instrument is None and not len(bars):
        raise HTTPException(404, UNKNOWN_TICKER)

    def draw() -> Chart:
        from ui.charts.price import price_chart

        return price_chart(name, bars, period, set(panels.split(",")), read.found if read is not None else None)

    return {
        "ticker": ticker,
        "name": name,
        "period": period,
        **await _drawn(draw),
        "reading": report_json(read.report) if read is not None and read.found is not None else None,
        "notice": read.notice if read is not None else "",
        "label": clock.label or await market_label(ports.market, me.who.venue),
        "as_of": moment(clock.now),
    }


async def _bars(ports: Ports, ticker: str, period: str, clock: pb.MarketClockReply) -> Bars:
    """Weeks and months reach further back than the days that are kept, so the market's own are shown."""
    from nodes.technical.direct import told_bars

    today = date.fromisoformat(clock.trade_date)
    first = today - timedelta(days=PERIODS[period].loaded_days)
    rows = await ports.market.chart(ticker, period, first.isoformat(), today.isoformat())
    return told_bars(rows, calendar_named(clock.calendar or "krx"))


@router.get("/api/charts/equity")
async def equity(me: Me, parts: Parts) -> dict[str, Any]:
    days, book = await _account(me, parts)

    def draw() -> Chart:
        from ui.charts.equity import equity_chart

        return equity_chart(days, book)

    return {**await _drawn(draw), "label": await _label(me, parts), "as_of": moment(book.as_of)}


@router.get("/api/charts/pnl")
async def pnl(me: Me, parts: Parts) -> dict[str, Any]:
    days, book = await _account(me, parts)

    def draw() -> Chart:
        from ui.charts.pnl import pnl_chart

        return pnl_chart(days, book)

    return {**await _drawn(draw), "label": await _label(me, parts), "as_of": moment(book.as_of)}


async def _account(me: Me, parts: Parts) -> tuple[list[pb.Day], pb.BookReply]:
    oms = parts.assembled.ports.oms
    days, book = await asyncio.gather(oms.days(me.who, HISTORY_DAYS), oms.book(me.who))
    return days, book


async def _label(me: Me, parts: Parts) -> str:
    return await market_label(parts.assembled.ports.market, me.who.venue)


async def _drawn(draw: Callable[[], Chart]) -> dict[str, Any]:
    chart = await asyncio.to_thread(draw)
    return {"figure": chart.figure, "summary": chart.summary, "empty": chart.empty}
