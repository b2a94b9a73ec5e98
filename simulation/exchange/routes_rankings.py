"""Rankings: volume, market value, rise and fall.

Contract: thirty rows at most, best first, no paging, as KIS; only names of the market asked for, between the prices and
with the volume that were asked for. An average over no days asked for is today's figure.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from simulation.exchange import indices
from simulation.exchange.bars import bars_of, previous_volume
from simulation.exchange.envelope import Reply, quotation
from simulation.exchange.figures import ratio, sign_of
from simulation.exchange.gateway import Call
from simulation.exchange.keys import CAP_ROW, FLUCTUATION_ROW, RANK_ROW, filled
from simulation.exchange.market import Snapshot
from simulation.exchange.routes_quotes import quote_now
from simulation.exchange.venue import Venue

ROWS = 30


def _quotes(call: Call) -> list[Snapshot]:
    """Every listing of the market asked for (0000 all, 0001 KOSPI, 1001 KOSDAQ, 2001 KOSPI200) that passes."""
    venue = call.exchange.venue
    code = call.get("FID_INPUT_ISCD")
    kospi = {"0001": True, "1001": False}.get(code)
    wanted = [ticker for ticker, listing in venue.market.listings.items() if kospi in (None, listing.kospi)]
    if code == "2001":
        wanted = [listing.ticker for listing in indices.members(venue, indices.INDICES[code])]
    low, high, shares = (_number(call, name) for name in ("FID_INPUT_PRICE_1", "FID_INPUT_PRICE_2", "FID_VOL_CNT"))
    found = [quote for ticker in wanted if (quote := quote_now(venue, ticker)) is not None]
    return [quote for quote in found if low <= quote.last <= (high or quote.last) and quote.volume >= shares]


def _number(call: Call, name: str) -> int:
    text = call.get(name)
    return int(text) if text.isdecimal() else 0


def market_cap(call: Call) -> Reply:
    """GET ranking/market-cap (real)."""
    listings = call.exchange.venue.market.listings
    quotes = _quotes(call)
    value = {quote.ticker: quote.last * listings[quote.ticker].shares // 100_000_000 for quote in quotes}
    total = sum(value.values())
    quotes.sort(key=lambda quote: value[quote.ticker], reverse=True)
    rows = [
        filled(
            CAP_ROW,
            {
                "mksc_shrn_iscd": quote.ticker,
                "data_rank": rank,
                "hts_kor_isnm": listings[quote.ticker].name,
                "stck_prpr": quote.last,
                "prdy_vrss": quote.change,
                "prdy_vrss_sign": quote.sign,
                "prdy_ctrt": ratio(quote.change, quote.base),
                "acml_vol": quote.volume,
                "lstn_stcn": listings[quote.ticker].shares,
                "stck_avls": value[quote.ticker],
                "mrkt_whol_avls_rlim": ratio(value[quote.ticker], total),
            },
        )
        for rank, quote in enumerate(quotes[:ROWS], start=1)
    ]
    return quotation(output=rows)


def _since_open(quote: Snapshot) -> float:
    return (quote.last - quote.open) / quote.open if quote.open else 0.0


# what ranks, and whether the least comes first
_CHANGE_ORDERS: dict[str, tuple[Callable[[Snapshot], float], bool]] = {
    "0": (lambda quote: quote.change / quote.base, False),
    "1": (lambda quote: quote.change / quote.base, True),
    "2": (_since_open, False),
    "3": (_since_open, True),
    "4": (lambda quote: (quote.high - quote.low) / quote.base, False),
}


def fluctuation(call: Call) -> Reply:
    """GET ranking/fluctuation (real), by FID_RANK_SORT_CLS_CODE: 0 risers, 1 fallers, 2 and 3 the same since the open,
    4 the widest range of the day."""
    listings = call.exchange.venue.market.listings
    code = call.get("FID_RANK_SORT_CLS_CODE").lstrip("0") or "0"
    by, falling = _CHANGE_ORDERS.get(code, _CHANGE_ORDERS["0"])
    quotes = sorted(_quotes(call), key=by, reverse=not falling)
    rows = []
    for rank, quote in enumerate(quotes[:ROWS], start=1):
        values = {
            "stck_shrn_iscd": quote.ticker,
            "data_rank": rank,
            "hts_kor_isnm": listings[quote.ticker].name,
            "stck_prpr": quote.last,
            "prdy_vrss": quote.change,
            "prdy_vrss_sign": quote.sign,
            "prdy_ctrt": ratio(quote.change, quote.base),
            "acml_vol": quote.volume,
            "stck_hgpr": quote.high,
            "acml_hgpr_date": f"{quote.day:%Y%m%d}",
            "stck_lwpr": quote.low,
            "acml_lwpr_date": f"{quote.day:%Y%m%d}",
            "lwpr_vrss_prpr_rate": ratio(quote.last - quote.low, quote.low),
            "hgpr_vrss_prpr_rate": ratio(quote.last - quote.high, quote.high),
            "oprc_vrss_prpr_sign": sign_of(quote.last - quote.open),
            "oprc_vrss_prpr": quote.last - quote.open,
            "oprc_vrss_prpr_rate": ratio(quote.last - quote.open, quote.open),
            "prd_rsfl": quote.change,
            "prd_rsfl_rate": ratio(quote.change, quote.base),
        }
        rows.append(filled(FLUCTUATION_ROW, values))
    return quotation(output=rows)


@dataclass(frozen=True, slots=True)
class _Busy:
    """A name and how much of it trades; `before` yesterday's shares, `cap` its market value in won."""

    quote: Snapshot
    before: int
    shares: int
    cap: int


def _busy(venue: Venue, quote: Snapshot) -> _Busy:
    shares = venue.market.listings[quote.ticker].shares
    before = previous_volume(bars_of(venue, quote.ticker, quote.day), quote.day)
    return _Busy(quote, before, shares, quote.last * shares)


_VOLUME_ORDERS: dict[str, Callable[[_Busy], float]] = {
    "0": lambda one: one.quote.volume,
    "1": lambda one: one.quote.volume / max(1, one.before),
    "2": lambda one: one.quote.volume / one.shares,
    "3": lambda one: one.quote.value,
    "4": lambda one: one.quote.value / one.cap,
}


def volume_rank(call: Call) -> Reply:
    """GET quotations/volume-rank (real), by FID_BLNG_CLS_CODE: 0 volume, 1 its increase over yesterday,
    2 turnover of shares, 3 value, 4 turnover of value."""
    venue = call.exchange.venue
    by = _VOLUME_ORDERS.get(call.get("FID_BLNG_CLS_CODE", "0") or "0", _VOLUME_ORDERS["0"])
    busy = sorted((_busy(venue, quote) for quote in _quotes(call)), key=by, reverse=True)
    rows = []
    for rank, one in enumerate(busy[:ROWS], start=1):
        quote, before = one.quote, one.before
        listing = venue.market.listings[quote.ticker]
        rows.append(
            filled(
                RANK_ROW,
                {
                    "hts_kor_isnm": listing.name,
                    "mksc_shrn_iscd": quote.ticker,
                    "data_rank": rank,
                    "stck_prpr": quote.last,
                    "prdy_vrss_sign": quote.sign,
                    "prdy_vrss": quote.change,
                    "prdy_ctrt": ratio(quote.change, quote.base),
                    "acml_vol": quote.volume,
                    "prdy_vol": before,
                    "lstn_stcn": listing.shares,
                    "avrg_vol": quote.volume,
                    "n_befr_clpr_vrss_prpr_rate": ratio(quote.change, quote.base),
                    "vol_inrt": ratio(quote.volume - before, before),
                    "vol_tnrt": ratio(quote.volume, listing.shares),
                    "nday_vol_tnrt": ratio(quote.volume, listing.shares),
                    "avrg_tr_pbmn": quote.value,
                    "tr_pbmn_tnrt": ratio(quote.value, one.cap),
                    "nday_tr_pbmn_tnrt": ratio(quote.value, one.cap),
                    "acml_tr_pbmn": quote.value,
                },
            )
        )
    return quotation(output=rows)
