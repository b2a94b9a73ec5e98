"""The technical report of one name for programs: `POST /result/analysis {"ticker"}`.

Contract: whoever is signed in gets the rules' report on the bars as they stand, the running day included, with every
figure's source and time, and the series to draw it. No model is asked. A code that is none is 422, one that nobody
knows 404, bars that do not come 503, each with a Korean sentence.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import Field
from starlette.exceptions import HTTPException

from domain.evidence import Figures, figure_ids, render
from domain.reports import AnalystReport
from nodes.respond.rules import DISCLAIMER
from tools.ports import Identity, Ports
from ui.web.api.labels import market_label
from ui.web.api.route import JsonRoute, Me, Parts, StrictBody, body_of
from ui.web.api.views import moment

if TYPE_CHECKING:  # the indicator library is loaded with the first chart and not with the page
    from nodes.technical.charts import Read
    from nodes.technical.features import Sheet
    from nodes.technical.levels import Level

router = APIRouter(prefix="/result/analysis", route_class=JsonRoute)

UNKNOWN_TICKER = "그런 종목을 찾지 못했어요."
BAD_TICKER = '종목코드를 {"ticker": "005930"}처럼 보내 주세요.'
STANCES = {"bullish": "긍정적", "bearish": "부정적", "neutral": "중립", "uncertain": "판단 보류"}
SHOWN = 120  # sessions of the series


class Wanted(StrictBody):
    """One name of the Korean market."""

    ticker: Annotated[str, Field(pattern=r"^[0-9A-Z]{6,7}$")]


@router.post("")
async def technical(
    wanted: Annotated[Wanted, Depends(body_of(Wanted, BAD_TICKER))], me: Me, parts: Parts
) -> dict[str, Any]:
    ports = parts.assembled.ports
    ticker = wanted.ticker
    read = await analysed(ports, me.who, ticker)
    instrument = ports.instruments.get(ticker)
    if instrument is None and not len(read.bars):
        raise HTTPException(404, UNKNOWN_TICKER)
    return {
        "ticker": ticker,
        "name": instrument.name if instrument is not None else ticker,
        **report_json(read.report),
        "data": await asyncio.to_thread(_data, read.found),
        "chart": await asyncio.to_thread(_series, read),
        "written_by": "rules",
        "notice": read.notice,
        "label": await market_label(ports.market, me.who.venue),
        "disclaimer": DISCLAIMER,
    }


async def analysed(ports: Ports, who: Identity, ticker: str) -> Read:
    """Bars, running day, sheet and report. Raises PortUnavailable."""
    reader = await asyncio.to_thread(_reader, ports)
    market, quotes = await asyncio.gather(reader.market(), reader.today([ticker]))
    found: Read = await reader.read(ticker, market, who.venue, quotes.get(ticker))
    return found


def _reader(ports: Ports) -> Any:
    from nodes.technical.charts import ChartReader

    return ChartReader(ports)


def report_json(report: AnalystReport) -> dict[str, Any]:
    """A report for people and programs: sentences with their figures filled in and named, and the figures."""
    known = Figures(report.figures)

    def told(texts: tuple[str, ...]) -> list[dict[str, Any]]:
        return [{"text": render(text, known), "figures": list(figure_ids(text))} for text in texts]

    return {
        "stance": report.stance.value,
        "stance_text": STANCES[report.stance.value],
        "confidence": report.confidence,
        "status": report.status.value,
        "reason": report.reason,
        "drivers": told(report.drivers),
        "risks": told(report.risks),
        "figures": [{**each.to_json(), "as_of": moment(each.as_of), "text": each.text()} for each in report.figures],
        "as_of": moment(report.as_of),
    }


def _data(found: Sheet | None) -> dict[str, Any] | None:
    """What has a shape of its own, as data: trend, levels, year, gap."""
    if found is None:
        return None
    trend, gap, year = found.trend, found.gap, found.year
    return {
        "bar": found.day.isoformat(),
        "running": found.running,
        "sessions": found.count,
        "trend": {
            "way": trend.way,
            "sessions": trend.sessions,
            "since": trend.since and trend.since.isoformat(),
            "adx": trend.adx,
        },
        "support": [_level(level) for level in found.supports],
        "resistance": [_level(level) for level in found.resistances],
        "year": {
            "high": year.high,
            "high_on": year.high_on.isoformat(),
            "low": year.low,
            "low_on": year.low_on.isoformat(),
            "whole": year.whole,
        },
        "gap": gap
        and {
            "way": "up" if gap.rising else "down",
            "on": gap.on.isoformat(),
            "lower": gap.lower,
            "upper": gap.upper,
            "filled": gap.filled,
        },
    }


def _level(level: Level) -> dict[str, Any]:
    return {
        "price": round(level.price),
        "touches": level.touches,
        "first": level.first.isoformat(),
        "last": level.last.isoformat(),
    }


def _series(read: Read) -> dict[str, Any] | None:
    from ui.charts.series import lines

    if len(read.bars) < 2:
        return None
    made = lines(read.bars, SHOWN)
    return {
        "period": "D",
        "days": [day.isoformat() for day in made.days],
        "open": made.open,
        "high": made.high,
        "low": made.low,
        "close": made.close,
        "volume": made.volume,
        **{f"ma{span}": line for span, line in made.averages.items()},
        "bb_upper": made.band_upper,
        "bb_lower": made.band_lower,
        "macd": made.macd,
        "macd_signal": made.macd_signal,
        "macd_histogram": made.macd_histogram,
        "rsi": made.rsi,
    }
