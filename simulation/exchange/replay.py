"""Real daily bars from a folder as the market: rows before the start are history, later ones are lived through.

Contract: `<ticker>.csv` has a header with date,open,high,low,close,volume (more columns are ignored), oldest first or
not. Prices are rounded to that day's price units — high down, low up, so that nothing trades outside the real range
(a range narrower than a unit becomes its nearest price) — and that rounding is said at start and on `/quartz/clock`.
A row without volume is a halted day. A file that cannot be read stops the server with its name and line.
"""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path

import numpy as np

from domain.instruments import Instruments, Kind
from domain.orders.types import Side
from domain.ticks import round_to_tick
from simulation.exchange.history import DailyBars
from simulation.exchange.listings import Listing, load_listings, unlisted


class ReplayError(Exception):
    """The folder or a row is unusable; the text names file and line."""


class ReplayDaily:
    """Bars from files. Nothing exists beyond the last row."""

    live_range_is_hard = True

    def __init__(self, folder: Path, instruments: Instruments) -> None:
        files = sorted(folder.glob("*.csv")) if folder.is_dir() else []
        if not files:
            raise ReplayError(f"expected a folder with <ticker>.csv files, was {folder}")
        known = load_listings(instruments)
        self.listings: dict[str, Listing] = {}
        self._bars: dict[str, DailyBars] = {}
        for file in files:
            ticker = file.stem
            listing = known.get(ticker)
            kind = listing.instrument.kind if listing else Kind.STOCK
            bars = _load(file, kind)
            self.listings[ticker] = listing or Listing(
                unlisted(ticker), int(bars.close[-1]), 0.3, int(bars.volume[-1]), 100_000_000, 1.0
            )
            self._bars[ticker] = bars
        self.last_day = date.fromordinal(max(int(bars.days[-1]) for bars in self._bars.values()))
        self.first_day = date.fromordinal(min(int(bars.days[0]) for bars in self._bars.values()))

    def tickers(self) -> tuple[str, ...]:
        return tuple(self._bars)

    def bars(self, ticker: str, day: date) -> DailyBars | None:
        del day  # everything is loaded
        return self._bars.get(ticker)


def _load(file: Path, kind: Kind) -> DailyBars:
    rows: list[tuple[int, int, int, int, int, int]] = []
    with file.open(newline="", encoding="utf-8-sig") as handle:
        for number, row in enumerate(csv.DictReader(handle), start=2):
            try:
                day = date.fromisoformat(row["date"][:10])
                prices = [round(float(row[name])) for name in ("open", "high", "low", "close")]
                volume = int(float(row["volume"]))
            except (KeyError, ValueError, TypeError) as error:
                raise ReplayError(
                    f"expected date,open,high,low,close,volume in {file.name} line {number}, was {row}"
                ) from error
            if min(prices) <= 0:
                if volume > 0:
                    raise ReplayError(f"expected prices > 0 in {file.name} line {number}, was {prices}")
                prices = [max(prices)] * 4  # halted days come with a close only
            if prices[3] <= 0:
                continue
            rows.append((day.toordinal(), *_on_units(prices, kind, day), volume))
    if not rows:
        raise ReplayError(f"expected at least one row in {file.name}, was none")
    rows.sort()
    return DailyBars(*np.array(rows, dtype=np.int64).T)


def _on_units(prices: list[int], kind: Kind, day: date) -> tuple[int, int, int, int]:
    open_, high, low, close = prices
    top = round_to_tick(high, Side.BUY, kind, day)
    bottom = round_to_tick(low, Side.SELL, kind, day)
    if bottom > top:
        bottom = top
    first, last = (min(max(_nearest(price, kind, day), bottom), top) for price in (open_, close))
    return first, top, bottom, last


def _nearest(price: int, kind: Kind, day: date) -> int:
    below, above = round_to_tick(price, Side.BUY, kind, day), round_to_tick(price, Side.SELL, kind, day)
    return below if price - below < above - price else above
