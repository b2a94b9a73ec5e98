"""Daily bars as charts want them: up to now, grouped, with their extremes. Pure over a venue's market."""

from __future__ import annotations

from datetime import date
from itertools import groupby

import numpy as np

from simulation.exchange.figures import ratio
from simulation.exchange.history import DailyBars
from simulation.exchange.market import Snapshot
from simulation.exchange.tape import Bar
from simulation.exchange.venue import Venue


def bars_of(venue: Venue, ticker: str, day: date) -> DailyBars:
    bars = venue.market.source.bars(ticker, day)
    if bars is None:
        raise KeyError(ticker)
    return bars


def bars_upto_now(venue: Venue, ticker: str, quote: Snapshot) -> list[Bar]:
    """Daily bars, oldest first; the last one is today so far (left out before its first trade)."""
    bars = bars_of(venue, ticker, quote.day)
    done = bars.rows()[: bars.upto(quote.day)]
    if quote.open:
        done.append(Bar(quote.day, quote.open, quote.high, quote.low, quote.last, quote.volume, quote.base))
    return done


def grouped(bars: list[Bar], period: str) -> list[Bar]:
    """Weekly, monthly or yearly bars, dated by their first session as KIS dates them."""
    if period == "D":
        return bars

    def bucket(bar: Bar) -> tuple[int, int]:
        if period == "W":
            year, week, _ = bar.day.isocalendar()
            return year, week
        return bar.day.year, bar.day.month if period == "M" else 0

    out = []
    for _, rows in groupby(bars, bucket):
        group = list(rows)
        out.append(
            Bar(
                group[0].day,
                group[0].open,
                max(bar.high for bar in group),
                min(bar.low for bar in group),
                group[-1].close,
                sum(bar.volume for bar in group),
                group[0].base,
            )
        )
    return out


def previous_volume(bars: DailyBars, day: date) -> int:
    at = bars.upto(day) - 1
    return int(bars.volume[at]) if at >= 0 else 0


def extremes(bars: DailyBars, quote: Snapshot, rows: int) -> tuple[int, str, int, str]:
    """(highest, its date, lowest, its date) of the last `rows` bars, today so far included."""
    end = bars.upto(quote.day)
    start = max(0, end - max(1, rows - 1))
    today = f"{quote.day:%Y%m%d}"
    top, bottom = (quote.high or quote.last, today), (quote.low or quote.last, today)
    if end > start:
        high, low = int(np.argmax(bars.high[start:end])), int(np.argmin(bars.low[start:end]))
        top = max(top, (int(bars.high[start + high]), _text(bars, start + high)))
        bottom = min(bottom, (int(bars.low[start + low]), _text(bars, start + low)))
    return (*top, *bottom)


def this_year(bars: DailyBars, quote: Snapshot) -> dict[str, object]:
    """Highest and lowest of the calendar year, in KIS's words."""
    high, high_on, low, low_on = extremes(bars, quote, bars.upto(quote.day) - bars.upto(date(quote.day.year, 1, 1)) + 1)
    return {
        "stck_dryy_hgpr": high,
        "dryy_hgpr_vrss_prpr_rate": ratio(quote.last - high, high),
        "dryy_hgpr_date": high_on,
        "stck_dryy_lwpr": low,
        "dryy_lwpr_vrss_prpr_rate": ratio(quote.last - low, low),
        "dryy_lwpr_date": low_on,
    }


def _text(bars: DailyBars, at: int) -> str:
    return f"{date.fromordinal(int(bars.days[at])):%Y%m%d}"
