"""Rankings and who traded: volume, market value, rise and fall, investors.

Contract: about thirty rows, best first, no paging, as KIS. Investors' figures are made up from the seed and say
nothing about real ones: what the three groups buy and sell adds up to the day's volume, and their nets to nothing.
"""

from __future__ import annotations

from simulation.exchange.bars import bars_of, bars_upto_now, previous_volume
from simulation.exchange.boards import end_of_regular
from simulation.exchange.envelope import Reply, quotation
from simulation.exchange.figures import ratio, sign_of
from simulation.exchange.gateway import Call
from simulation.exchange.keys import CAP_ROW, FLUCTUATION_ROW, INVESTOR_ROW, RANK_ROW, Row, filled
from simulation.exchange.market import Snapshot
from simulation.exchange.routes_quotes import check_market, quote_now
from simulation.exchange.tape import Bar, rng_for

ROWS = 30
_GROUPS = ("prsn", "frgn", "orgn")


def _quotes(call: Call) -> list[Snapshot]:
    """Every listing of the market asked for (0000 all, 0001 KOSPI, 1001 KOSDAQ)."""
    venue = call.exchange.venue
    kospi = {"0001": True, "1001": False}.get(call.get("FID_INPUT_ISCD"))
    wanted = [ticker for ticker, listing in venue.market.listings.items() if kospi in (None, listing.kospi)]
    return [quote for ticker in wanted if (quote := quote_now(venue, ticker)) is not None]


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


def fluctuation(call: Call) -> Reply:
    """GET ranking/fluctuation (real): risers first, or fallers when FID_RANK_SORT_CLS_CODE says so (1)."""
    listings = call.exchange.venue.market.listings
    falling = call.get("FID_RANK_SORT_CLS_CODE").lstrip("0") == "1"
    quotes = sorted(_quotes(call), key=lambda quote: quote.change / quote.base, reverse=not falling)
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


def investors(call: Call) -> Reply:
    """GET quotations/inquire-investor: thirty days, newest first; today only once the session is over."""
    check_market(call)
    venue = call.exchange.venue
    ticker = call.need("FID_INPUT_ISCD")
    quote = quote_now(venue, ticker)
    if quote is None:
        return quotation(output=[])
    bars = bars_upto_now(venue, ticker, quote)
    if quote.at < end_of_regular(venue.calendar, quote.day):
        bars = [bar for bar in bars if bar.day < quote.day]
    return quotation(output=[_investor_row(venue.config.seed, ticker, bar) for bar in reversed(bars[-ROWS:])])


def _investor_row(seed: int, ticker: str, bar: Bar) -> Row:
    rng = rng_for(seed, "investors", ticker, bar.day.isoformat())
    price = (bar.high + bar.low + bar.close) // 3
    values: dict[str, object] = {
        "stck_bsop_date": f"{bar.day:%Y%m%d}",
        "stck_clpr": bar.close,
        "prdy_vrss": bar.close - bar.base,
        "prdy_vrss_sign": sign_of(bar.close - bar.base),
    }
    bought, sold = (_split(bar.volume, rng.dirichlet((6.0, 2.5, 2.5)).tolist()) for _ in range(2))
    for who, bought_shares, sold_shares in zip(_GROUPS, bought, sold, strict=True):
        net = bought_shares - sold_shares
        for what, shares in (("ntby_{}", net), ("shnu_{}", bought_shares), ("seln_{}", sold_shares)):
            quantity, amount = ("qty", "tr_pbmn") if what.startswith("ntby") else ("vol", "tr_pbmn")
            values[f"{who}_" + what.format(quantity)] = shares
            values[f"{who}_" + what.format(amount)] = shares * price // 1_000_000
    return filled(INVESTOR_ROW, values)


def _split(total: int, parts: list[float]) -> list[int]:
    """Whole shares by the parts, which add up to the total."""
    shares = [int(total * part) for part in parts[:-1]]
    return [*shares, total - sum(shares)]


def volume_rank(call: Call) -> Reply:
    """GET quotations/volume-rank (real): the 30 busiest, by volume or (FID_BLNG_CLS_CODE 3) by value."""
    venue = call.exchange.venue
    quotes = [quote for ticker in venue.market.listings if (quote := quote_now(venue, ticker)) is not None]
    by_value = call.get("FID_BLNG_CLS_CODE") == "3"
    quotes.sort(key=lambda quote: quote.value if by_value else quote.volume, reverse=True)
    rows = []
    for rank, quote in enumerate(quotes[:30], start=1):
        listing = venue.market.listings[quote.ticker]
        before = previous_volume(bars_of(venue, quote.ticker, quote.day), quote.day)
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
                    "tr_pbmn_tnrt": "0.00",
                    "nday_tr_pbmn_tnrt": "0.00",
                    "acml_tr_pbmn": quote.value,
                },
            )
        )
    return quotation(output=rows)
