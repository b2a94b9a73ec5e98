"""The seeded market's daily bars: past, today and the days to come, all from one stream of draws.

Contract: `bars(ticker)` is a pure function of (seed, ticker, sessions); a longer horizon extends it without
changing what was there (draws are made per calendar day, in rows). Closes pass through the listing's level at the
anchor date. A market factor ties stocks and index funds together; bond-like funds accrue. All prices on price units
and inside the daily band. At least three years before any day that is asked for after 2024.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from domain.instruments import Kind
from domain.orders.types import Side
from domain.ticks import price_band, round_to_tick, tick_size
from simulation.exchange.listings import Listing
from simulation.exchange.tape import Bar, Ints, rng_for

EPOCH = date(2022, 1, 3)
ANCHOR = date(2026, 7, 24)  # listing levels are of this day
_DRAWS = 8
_YEAR = 248


@dataclass(frozen=True, slots=True)
class DailyBars:
    """Columns, oldest first; `days` are proleptic ordinals."""

    days: Ints
    open: Ints
    high: Ints
    low: Ints
    close: Ints
    volume: Ints
    kept: dict[Hashable, int] = field(default_factory=dict, init=False, repr=False, compare=False)  # worked out of them
    _rows: list[Bar] = field(default_factory=list, init=False, repr=False, compare=False)  # made when first asked for

    def rows(self) -> list[Bar]:
        """All of them as bars, for reading; `base` is the close before each (the open for the first)."""
        if not self._rows and len(self.days):
            columns = (self.open, self.high, self.low, self.close, self.volume)
            bases = [int(self.open[0]), *self.close[:-1].tolist()]
            figures = zip(*(column.tolist() for column in columns), bases, strict=True)
            days = map(date.fromordinal, self.days.tolist())
            self._rows.extend(Bar(day, *row) for day, row in zip(days, figures, strict=True))
        return self._rows

    def upto(self, day: date) -> int:
        """How many rows lie before `day`."""
        return int(np.searchsorted(self.days, day.toordinal(), side="left"))

    def row(self, day: date) -> Bar | None:
        """The bar of one session; `base` is the close before it (the open for a first bar)."""
        at = self.upto(day)
        if at >= len(self.days) or self.days[at] != day.toordinal():
            return None
        base = int(self.close[at - 1]) if at else int(self.open[0])
        return Bar(
            day,
            int(self.open[at]),
            int(self.high[at]),
            int(self.low[at]),
            int(self.close[at]),
            int(self.volume[at]),
            base,
        )


class SeededDaily:
    """Bars made up from a seed. `is_session` says which days exist (KRX's, or every day once always open)."""

    live_range_is_hard = False  # user trades may print beyond the made-up high and low, up to the band

    def __init__(self, seed: int, listings: dict[str, Listing], is_session: Callable[[date], bool]) -> None:
        self._seed = seed
        self._listings = listings
        self._is_session = is_session
        self._cache: dict[str, tuple[date, DailyBars]] = {}
        self._sessions: tuple[date, NDArray[np.bool_]] | None = None

    def tickers(self) -> tuple[str, ...]:
        return tuple(self._listings)

    def bars(self, ticker: str, day: date) -> DailyBars | None:
        """All bars up to `day` at least (later rows exist too and are nobody's business but the tape's)."""
        listing = self._listings.get(ticker)
        if listing is None:
            return None
        cached = self._cache.get(ticker)
        if cached is not None and day <= cached[0]:
            return cached[1]
        horizon = max(day, ANCHOR) + timedelta(days=40)
        made = _make(self._seed, listing, horizon, self._mask(horizon))
        self._cache[ticker] = (horizon, made)
        return made

    def _mask(self, horizon: date) -> NDArray[np.bool_]:
        if self._sessions is None or self._sessions[0] < horizon:
            days = (horizon - EPOCH).days + 1
            flags = np.fromiter((self._is_session(EPOCH + timedelta(days=i)) for i in range(days)), bool, days)
            self._sessions = (horizon, flags)
        return self._sessions[1][: (horizon - EPOCH).days + 1]


def _make(seed: int, listing: Listing, horizon: date, sessions: NDArray[np.bool_]) -> DailyBars:
    days = (horizon - EPOCH).days + 1
    market = rng_for(seed, "market").standard_normal((days, 2))
    draws = rng_for(seed, "daily", listing.ticker).standard_normal((days, _DRAWS))
    anchor = (ANCHOR - EPOCH).days
    index = np.flatnonzero(sessions)
    at_anchor = int(np.searchsorted(index, anchor, side="right")) - 1
    log_close = _log_path(listing, market[index, 0], draws[index, 0])
    closes = listing.level * np.exp(log_close - log_close[at_anchor])
    return _bars(listing, index, closes, draws[index])


def _log_path(listing: Listing, market: NDArray[np.float64], own: NDArray[np.float64]) -> NDArray[np.float64]:
    """Log price by session: a market part, an own part, both drawn back so that years do not run away."""
    daily = listing.vol / np.sqrt(_YEAR)
    if listing.fixed_income:
        # about 3 % a year, and noise that does not add up for the cash-like ones
        accrual = np.arange(len(own)) * (0.03 / _YEAR)
        noise = daily * (np.cumsum(own) - _pull(own, 0.02)) if listing.vol > 0.01 else daily * own
        return np.asarray(accrual + noise)
    factor = listing.beta * 0.011
    rest = np.sqrt(max(daily * daily - factor * factor, (0.02 * daily) ** 2))
    shocks = factor * market + rest * own
    trend = 0.00025 * listing.beta
    return np.asarray(np.cumsum(shocks + trend) - _pull(shocks, 0.004))


def _pull(shocks: NDArray[np.float64], strength: float) -> NDArray[np.float64]:
    """What a gentle spring towards the trend takes away from a random walk, so far."""
    level = 0.0
    taken = np.empty(len(shocks))
    total = 0.0
    for i, shock in enumerate(shocks.tolist()):
        give = strength * level
        total += give
        level += shock - give
        taken[i] = total
    return taken


def _bars(
    listing: Listing, index: NDArray[np.int64], closes: NDArray[np.float64], draws: NDArray[np.float64]
) -> DailyBars:
    kind, leverage = listing.instrument.kind, listing.instrument.leverage
    daily = listing.vol / np.sqrt(_YEAR)
    rows: list[tuple[int, int, int, int, int, int]] = []
    base = 0
    for at, close_f, draw in zip(index.tolist(), closes.tolist(), draws.tolist(), strict=True):
        day = EPOCH + timedelta(days=at)
        close = _snap(close_f, kind, day)
        base = base or close
        band = price_band(base, kind, day, leverage)
        close = min(max(close, band.lower), band.upper)
        open_ = _snap(base * (1 + 0.4 * daily * draw[1]), kind, day)
        open_ = min(max(open_, band.lower), band.upper)
        spread = 0.45 * daily * close
        high = max(open_, close, _snap(max(open_, close) + spread * abs(draw[2]), kind, day))
        low = min(open_, close, _snap(max(1.0, min(open_, close) - spread * abs(draw[3])), kind, day))
        if high == low and kind is Kind.ETF:  # a fund that stands still still trades on two prices
            high += tick_size(high, kind, day)
        volume = int(listing.volume * np.exp(0.35 * draw[4] - 0.06))
        rows.append((day.toordinal(), open_, min(high, band.upper), max(low, band.lower), close, max(volume, 1)))
        base = close
    columns = np.array(rows, dtype=np.int64).T
    return DailyBars(*columns)


def _snap(price: float, kind: Kind, day: date) -> int:
    """Nearest price unit (sell rounding goes up, so half a unit less first)."""
    whole = max(1, round(price))
    half = tick_size(whole, kind, day) // 2
    return round_to_tick(max(1, whole - half), Side.SELL, kind, day)
