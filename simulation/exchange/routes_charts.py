"""Daily, weekly, monthly and minute charts and the last trades in KIS's words.

Contract: newest first, 100 rows at most; today's bar is the day so far. Adjusted and raw prices are the same here: the
market has no corporate actions (a replay's files are adjusted already).
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from datetime import datetime, time

from simulation.exchange.bars import bars_of, bars_upto_now, grouped
from simulation.exchange.boards import end_of_regular
from simulation.exchange.envelope import Reply, quotation
from simulation.exchange.figures import ratio, sign_of
from simulation.exchange.flows import split
from simulation.exchange.foreigners import held_before
from simulation.exchange.fundamentals import FACE_VALUE, latest_year, multiples
from simulation.exchange.gateway import Call, InputError
from simulation.exchange.keys import CHART_HEAD, CHART_ROW, DAILY_ROW, MINUTE_HEAD, MINUTE_ROW, TRADE_ROW, Row, filled
from simulation.exchange.market import Snapshot
from simulation.exchange.routes_orders import day_of
from simulation.exchange.routes_quotes import asked_for, check_market, quote_now
from simulation.exchange.tape import Bar
from simulation.exchange.venue import Venue

CHART_ROWS = 100
MINUTE_ROWS, PAST_MINUTE_ROWS = 30, 120


def chart(call: Call) -> Reply:
    """GET quotations/inquire-daily-itemchartprice: D, W, M, Y; 100 rows, newest first."""
    check_market(call)
    venue = call.exchange.venue
    ticker = call.need("FID_INPUT_ISCD")
    period = call.get("FID_PERIOD_DIV_CODE", "D") or "D"
    if period not in ("D", "W", "M", "Y"):
        raise InputError("OPSQ2001", "ERROR : INPUT INVALID_CHECK_PERIOD_DIV_CODE")
    quote = quote_now(venue, ticker)
    if quote is None:
        return quotation(output1=filled(CHART_HEAD, {"stck_shrn_iscd": ticker}), output2=[])
    first, last = call.need("FID_INPUT_DATE_1"), call.need("FID_INPUT_DATE_2")
    bars = grouped(bars_upto_now(venue, ticker, quote), period)
    begin, end = bisect_left(bars, first, key=_day_text), bisect_right(bars, last, key=_day_text)
    chosen = bars[begin:end][-CHART_ROWS:]
    output2 = [
        filled(
            CHART_ROW,
            {
                "stck_bsop_date": f"{bar.day:%Y%m%d}",
                "stck_clpr": bar.close,
                "stck_oprc": bar.open,
                "stck_hgpr": bar.high,
                "stck_lwpr": bar.low,
                "acml_vol": bar.volume,
                "acml_tr_pbmn": bar.volume * ((bar.high + bar.low + bar.close) // 3),
                "flng_cls_code": "00",
                "prtt_rate": "0.00",
                "mod_yn": "N",
                "prdy_vrss_sign": sign_of(bar.close - bar.base),
                "prdy_vrss": bar.close - bar.base,
                "revl_issu_reas": "",
            },
        )
        for bar in reversed(chosen)
    ]
    return quotation(output1=_chart_head(venue, ticker, quote), output2=output2)


def _day_text(bar: Bar) -> str:
    return f"{bar.day:%Y%m%d}"


def _chart_head(venue: Venue, ticker: str, quote: Snapshot) -> Row:
    listing = venue.market.listings[ticker]
    bars = bars_of(venue, ticker, quote.day)
    at = max(0, bars.upto(quote.day) - 1)
    book = venue.book(ticker, quote.at)
    company = multiples(latest_year(venue.config.seed, listing, quote.day), quote.last)
    return filled(
        CHART_HEAD,
        {
            "prdy_vrss": quote.change,
            "prdy_vrss_sign": quote.sign,
            "prdy_ctrt": ratio(quote.change, quote.base),
            "stck_prdy_clpr": quote.base,
            "acml_vol": quote.volume,
            "acml_tr_pbmn": quote.value,
            "hts_kor_isnm": listing.name,
            "stck_prpr": quote.last,
            "stck_shrn_iscd": ticker,
            "prdy_vol": int(bars.volume[at]),
            "stck_mxpr": quote.band.upper,
            "stck_llam": quote.band.lower,
            "stck_oprc": quote.open,
            "stck_hgpr": quote.high,
            "stck_lwpr": quote.low,
            "stck_prdy_oprc": int(bars.open[at]),
            "stck_prdy_hgpr": int(bars.high[at]),
            "stck_prdy_lwpr": int(bars.low[at]),
            "askp": book.best_ask,
            "bidp": book.best_bid,
            "prdy_vrss_vol": quote.volume - int(bars.volume[at]),
            "vol_tnrt": ratio(quote.volume, listing.shares),
            "stck_fcam": FACE_VALUE,
            "lstn_stcn": listing.shares,
            "hts_avls": quote.last * listing.shares // 100_000_000,
            **{key: company[key] for key in ("per", "eps", "pbr", "cpfn")},
            "itewhol_loan_rmnd_ratem name": "0.00",
        },
    )


def daily(call: Call) -> Reply:
    """GET quotations/inquire-daily-price: the last 30 rows."""
    venue, ticker, quote = asked_for(call)
    if quote is None:
        return quotation(output=[])
    period = call.get("FID_PERIOD_DIV_CODE", "D") or "D"
    bars = grouped(bars_upto_now(venue, ticker, quote), period)[-31:]
    over = quote.at >= end_of_regular(venue.calendar, quote.day)
    seed, listing, whole = venue.config.seed, venue.market.listings[ticker], bars_of(venue, ticker, quote.day)
    rows = []
    for before, bar in zip([bars[0], *bars], bars, strict=False):
        rows.append(
            filled(
                DAILY_ROW,
                {
                    "stck_bsop_date": f"{bar.day:%Y%m%d}",
                    "stck_oprc": bar.open,
                    "stck_hgpr": bar.high,
                    "stck_lwpr": bar.low,
                    "stck_clpr": bar.close,
                    "acml_vol": bar.volume,
                    "prdy_vrss_vol_rate": ratio(bar.volume - before.volume, before.volume),
                    "prdy_vrss": bar.close - bar.base,
                    "prdy_vrss_sign": sign_of(bar.close - bar.base),
                    "prdy_ctrt": ratio(bar.close - bar.base, bar.base),
                    "hts_frgn_ehrt": ratio(held_before(seed, listing, whole, bar.day), listing.shares),
                    "frgn_ntby_qty": split(seed, ticker, bar)["frgn"].net
                    if period == "D" and (over or bar.day < quote.day)
                    else 0,
                    "flng_cls_code": "00",
                    "acml_prtt_rate": "1.00",
                },
            )
        )
    return quotation(output=rows[::-1][:30])


def minutes(call: Call) -> Reply:
    """GET quotations/inquire-time-itemchartprice: 30 one-minute rows of today, newest first."""
    venue, ticker, quote = asked_for(call)
    if quote is None:
        return quotation(output1=filled(MINUTE_HEAD, {}), output2=[])
    rows = _minute_rows(venue, ticker, quote, call.get("FID_INPUT_HOUR_1"))
    return quotation(output1=_minute_head(venue, ticker, quote), output2=rows)


def _minute_head(venue: Venue, ticker: str, quote: Snapshot) -> Row:
    return filled(
        MINUTE_HEAD,
        {
            "prdy_vrss": quote.change,
            "prdy_vrss_sign": quote.sign,
            "prdy_ctrt": ratio(quote.change, quote.base),
            "stck_prdy_clpr": quote.base,
            "acml_vol": quote.volume,
            "acml_tr_pbmn": quote.value,
            "hts_kor_isnm": venue.market.listings[ticker].name,
            "stck_prpr": quote.last,
        },
    )


def past_minutes(call: Call) -> Reply:
    """GET quotations/inquire-time-dailychartprice (real): 120 one-minute rows of a day, newest first."""
    venue, ticker, quote = asked_for(call)
    day = day_of(call.need("FID_INPUT_DATE_1"))
    if quote is None or day > quote.day:
        return quotation(output1=filled(MINUTE_HEAD, {}), output2=[])
    moment = quote.at if day == quote.day else datetime.combine(day, time(23, 59, 59), quote.at.tzinfo)
    then = venue.market.snapshot(ticker, moment)
    rows = []
    if then is not None and then.day == day:
        rows = _minute_rows(venue, ticker, then, call.get("FID_INPUT_HOUR_1"), PAST_MINUTE_ROWS)
    return quotation(output1=_minute_head(venue, ticker, quote), output2=rows)


def _minute_rows(venue: Venue, ticker: str, quote: Snapshot, upto: str, count: int = MINUTE_ROWS) -> list[Row]:
    tape = venue.market.tape(ticker, quote.day)
    if tape is None or quote.index < 0:
        return []
    last = quote.index
    if len(upto) == 6 and upto.isdecimal():
        second = int(upto[:2]) * 3600 + int(upto[2:4]) * 60 + int(upto[4:])
        last = min(last, tape.index_at(second + 59 - second % 60))
    rows: list[Row] = []
    while last >= 0 and len(rows) < count:
        minute = tape.second_of(last) // 60
        first = max(0, minute * 60 - tape.hours.open) if last < tape.size - 1 or not tape.hours.auction else last
        prices = tape.prices[first : last + 1]
        rows.append(
            filled(
                MINUTE_ROW,
                {
                    "stck_bsop_date": f"{quote.day:%Y%m%d}",
                    "stck_cntg_hour": f"{minute // 60:02d}{minute % 60:02d}00",
                    "stck_prpr": int(prices[-1]),
                    "stck_oprc": int(prices[0]),
                    "stck_hgpr": int(prices.max()),
                    "stck_lwpr": int(prices.min()),
                    "cntg_vol": int(tape.volumes[first : last + 1].sum()),
                    "acml_tr_pbmn": int(tape.cum_value[last]),
                },
            )
        )
        last = first - 1
    return rows


def trades(call: Call) -> Reply:
    """GET quotations/inquire-ccnl: the last 30 prints."""
    venue, ticker, quote = asked_for(call)
    tape = venue.market.tape(ticker, quote.day) if quote is not None else None
    if quote is None or tape is None:
        return quotation(output=[])
    rows: list[Row] = []
    index = quote.index
    while index >= 0 and len(rows) < 30:
        if tape.volumes[index] > 0:
            second = tape.second_of(index)
            change = int(tape.prices[index]) - quote.base
            rows.append(
                filled(
                    TRADE_ROW,
                    {
                        "stck_cntg_hour": f"{second // 3600:02d}{second // 60 % 60:02d}{second % 60:02d}",
                        "stck_prpr": int(tape.prices[index]),
                        "prdy_vrss": change,
                        "prdy_vrss_sign": sign_of(change),
                        "cntg_vol": int(tape.volumes[index]),
                        "tday_rltv": "100.00",
                        "prdy_ctrt": ratio(change, quote.base),
                    },
                )
            )
        index -= 1
    return quotation(output=rows)
