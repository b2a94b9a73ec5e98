"""Price, book, charts, trades, many prices, ranking: the market in KIS's words.

Contract: every key of the reference, all text. An unknown symbol is rt_cd 0 with zeros, as KIS answers. Charts are
newest first, 100 rows at most; today's bar is the day so far. Adjusted and raw prices are the same here: the market
has no corporate actions (a replay's files are adjusted already).
"""

from __future__ import annotations

from datetime import date
from itertools import groupby

import numpy as np

from domain.ticks import tick_size
from simulation.exchange.envelope import Reply, quotation
from simulation.exchange.gateway import Call, InputError
from simulation.exchange.history import DailyBars
from simulation.exchange.keys import (
    ASKING,
    CHART_HEAD,
    CHART_ROW,
    DAILY_ROW,
    EXPECTED,
    MINUTE_HEAD,
    MINUTE_ROW,
    MULTI_ROW,
    PRICE,
    RANK_ROW,
    TRADE_ROW,
    Row,
    filled,
)
from simulation.exchange.market import Snapshot
from simulation.exchange.routes_account import ratio
from simulation.exchange.tape import Bar
from simulation.exchange.venue import Venue

CHART_ROWS = 100


def quote_now(venue: Venue, ticker: str) -> Snapshot | None:
    """The snapshot with what users traded on top."""
    now = venue.advance()
    quote = venue.market.snapshot(ticker, now)
    taken = venue.world.taken.get(ticker)
    if quote is None or taken is None or quote.day != venue.world.day or quote.index < 0:
        return quote
    return Snapshot(
        quote.ticker,
        quote.at,
        quote.day,
        quote.base,
        quote.band,
        quote.last,
        quote.open,
        max(quote.high, taken.high),
        min(quote.low, taken.low),
        quote.volume + taken.shares,
        quote.value + taken.value,
        quote.index,
        quote.halted,
    )


def sign_of(change: int) -> str:
    return "2" if change > 0 else "5" if change < 0 else "3"


def _market(call: Call) -> None:
    if call.get("FID_COND_MRKT_DIV_CODE", "J") not in ("J", "NX", "UN"):
        raise InputError("OPSQ2001", "ERROR : INPUT INVALID_CHECK_MRKT_DIV_CODE")


def price(call: Call) -> Reply:
    """GET quotations/inquire-price, 82 keys."""
    _market(call)
    venue = call.exchange.venue
    ticker = call.need("FID_INPUT_ISCD")
    quote = quote_now(venue, ticker)
    if quote is None:
        return quotation(output=filled(PRICE, {"stck_shrn_iscd": ticker}))
    listing = venue.market.listings[ticker]
    bars = _bars(venue, ticker, quote.day)
    year = _extremes(bars, quote, 250)
    weeks = _extremes(bars, quote, 248)
    dryy = _extremes(bars, quote, bars.upto(quote.day) - bars.upto(date(quote.day.year, 1, 1)) + 1)
    pivot = (quote.high + quote.low + quote.last) // 3
    span = quote.high - quote.low
    cap = quote.last * listing.shares // 100_000_000
    values = {
        "iscd_stat_cls_code": "58" if quote.halted else "55",
        "marg_rate": "20.00",
        "rprs_mrkt_kor_name": "KOSPI200" if listing.kospi else "KOSDAQ",
        "new_hgpr_lwpr_cls_code": "",
        "bstp_kor_isnm": listing.instrument.sector,
        "temp_stop_yn": "Y" if quote.halted else "N",
        "oprc_rang_cont_yn": "N",
        "clpr_rang_cont_yn": "N",
        "crdt_able_yn": "Y",
        "grmn_rate_cls_code": "40",
        "elw_pblc_yn": "N",
        "stck_prpr": quote.last,
        "prdy_vrss": quote.change,
        "prdy_vrss_sign": quote.sign,
        "prdy_ctrt": ratio(quote.change, quote.base),
        "acml_tr_pbmn": quote.value,
        "acml_vol": quote.volume,
        "prdy_vrss_vol_rate": ratio(quote.volume, _previous_volume(bars, quote.day)),
        "stck_oprc": quote.open,
        "stck_hgpr": quote.high,
        "stck_lwpr": quote.low,
        "stck_mxpr": quote.band.upper,
        "stck_llam": quote.band.lower,
        "stck_sdpr": quote.base,
        "wghn_avrg_stck_prc": two_decimals(quote.value, quote.volume),
        "hts_frgn_ehrt": "0.00",
        "pvt_scnd_dmrs_prc": pivot + span,
        "pvt_frst_dmrs_prc": 2 * pivot - quote.low,
        "pvt_pont_val": pivot,
        "pvt_frst_dmsp_prc": 2 * pivot - quote.high,
        "pvt_scnd_dmsp_prc": pivot - span,
        "dmrs_val": (pivot + 2 * pivot - quote.low) // 2,
        "dmsp_val": (pivot + 2 * pivot - quote.high) // 2,
        "rstc_wdth_prc": quote.band.upper - quote.base,
        "stck_fcam": 100,
        "stck_sspr": quote.base * 7 // 10,
        "aspr_unit": tick_size(quote.last, listing.instrument.kind, quote.day),
        "hts_deal_qty_unit_val": 1,
        "lstn_stcn": listing.shares,
        "hts_avls": cap,
        "per": "0.00",
        "pbr": "0.00",
        "stac_month": "12",
        "vol_tnrt": ratio(quote.volume, listing.shares),
        "eps": "0.00",
        "bps": "0.00",
        "d250_hgpr": year[0],
        "d250_hgpr_date": year[1],
        "d250_hgpr_vrss_prpr_rate": ratio(quote.last - year[0], year[0]),
        "d250_lwpr": year[2],
        "d250_lwpr_date": year[3],
        "d250_lwpr_vrss_prpr_rate": ratio(quote.last - year[2], year[2]),
        "stck_dryy_hgpr": dryy[0],
        "dryy_hgpr_vrss_prpr_rate": ratio(quote.last - dryy[0], dryy[0]),
        "dryy_hgpr_date": dryy[1],
        "stck_dryy_lwpr": dryy[2],
        "dryy_lwpr_vrss_prpr_rate": ratio(quote.last - dryy[2], dryy[2]),
        "dryy_lwpr_date": dryy[3],
        "w52_hgpr": weeks[0],
        "w52_hgpr_vrss_prpr_ctrt": ratio(quote.last - weeks[0], weeks[0]),
        "w52_hgpr_date": weeks[1],
        "w52_lwpr": weeks[2],
        "w52_lwpr_vrss_prpr_ctrt": ratio(quote.last - weeks[2], weeks[2]),
        "w52_lwpr_date": weeks[3],
        "whol_loan_rmnd_rate": "0.00",
        "ssts_yn": "Y",
        "stck_shrn_iscd": ticker,
        "fcam_cnnm": "100",
        "cpfn_cnnm": "",
        "apprch_rate": "",
        "vi_cls_code": "N",
        "ovtm_vi_cls_code": "N",
        "invt_caful_yn": "N",
        "mrkt_warn_cls_code": "00",
        "short_over_yn": "N",
        "sltr_yn": "N",
        "mang_issu_cls_code": "Y" if listing.instrument.status == "managed" else "N",
    }
    return quotation(output=filled(PRICE, values))


def asking(call: Call) -> Reply:
    """GET quotations/inquire-asking-price-exp-ccn, 71 + 13 keys."""
    _market(call)
    venue = call.exchange.venue
    ticker = call.need("FID_INPUT_ISCD")
    quote = quote_now(venue, ticker)
    if quote is None:
        return quotation(output1=filled(ASKING, {}), output2=filled(EXPECTED, {"stck_shrn_iscd": ticker}))
    book = venue.book(ticker, quote.at)
    levels: dict[str, object] = {}
    for side, rows in (("askp", book.asks), ("bidp", book.bids)):
        for i, level in enumerate(rows, start=1):
            levels[f"{side}{i}"] = level.price
            levels[f"{side}_rsqn{i}"] = level.quantity
    asks, bids = (sum(level.quantity for level in rows) for rows in (book.asks, book.bids))
    output1 = filled(
        ASKING,
        {
            **levels,
            "aspr_acpt_hour": quote.at.strftime("%H%M%S"),
            "total_askp_rsqn": asks,
            "total_bidp_rsqn": bids,
            "ntby_aspr_rsqn": bids - asks,
            "new_mkop_cls_code": "20",
        },
    )
    output2 = filled(
        EXPECTED,
        {
            "antc_mkop_cls_code": "311",
            "stck_prpr": quote.last,
            "stck_oprc": quote.open,
            "stck_hgpr": quote.high,
            "stck_lwpr": quote.low,
            "stck_sdpr": quote.base,
            "antc_cntg_vrss_sign": "3",
            "antc_cntg_prdy_ctrt": "0.00",
            "stck_shrn_iscd": ticker,
            "vi_cls_code": "N",
        },
    )
    return quotation(output1=output1, output2=output2)


def chart(call: Call) -> Reply:
    """GET quotations/inquire-daily-itemchartprice: D, W, M, Y; 100 rows, newest first."""
    _market(call)
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
    chosen = [bar for bar in bars if first <= f"{bar.day:%Y%m%d}" <= last][-CHART_ROWS:]
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


def _chart_head(venue: Venue, ticker: str, quote: Snapshot) -> Row:
    listing = venue.market.listings[ticker]
    bars = _bars(venue, ticker, quote.day)
    at = max(0, bars.upto(quote.day) - 1)
    book = venue.book(ticker, quote.at)
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
            "stck_fcam": 100,
            "lstn_stcn": listing.shares,
            "hts_avls": quote.last * listing.shares // 100_000_000,
            "per": "0.00",
            "eps": "0.00",
            "pbr": "0.00",
            "itewhol_loan_rmnd_ratem name": "0.00",
        },
    )


def daily(call: Call) -> Reply:
    """GET quotations/inquire-daily-price: the last 30 rows."""
    _market(call)
    venue = call.exchange.venue
    ticker = call.need("FID_INPUT_ISCD")
    quote = quote_now(venue, ticker)
    if quote is None:
        return quotation(output=[])
    period = call.get("FID_PERIOD_DIV_CODE", "D") or "D"
    bars = grouped(bars_upto_now(venue, ticker, quote), period)[-31:]
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
                    "hts_frgn_ehrt": "0.00",
                    "flng_cls_code": "00",
                    "acml_prtt_rate": "1.00",
                },
            )
        )
    return quotation(output=rows[::-1][:30])


def minutes(call: Call) -> Reply:
    """GET quotations/inquire-time-itemchartprice: 30 one-minute rows of today, newest first."""
    _market(call)
    venue = call.exchange.venue
    ticker = call.need("FID_INPUT_ISCD")
    quote = quote_now(venue, ticker)
    if quote is None:
        return quotation(output1=filled(MINUTE_HEAD, {}), output2=[])
    head = filled(
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
    return quotation(output1=head, output2=_minute_rows(venue, ticker, quote, call.get("FID_INPUT_HOUR_1")))


def _minute_rows(venue: Venue, ticker: str, quote: Snapshot, upto: str) -> list[Row]:
    tape = venue.market.tape(ticker, quote.day)
    if tape is None or quote.index < 0:
        return []
    last = quote.index
    if len(upto) == 6 and upto.isdecimal():
        second = int(upto[:2]) * 3600 + int(upto[2:4]) * 60 + int(upto[4:])
        last = min(last, tape.index_at(second + 59 - second % 60))
    rows: list[Row] = []
    while last >= 0 and len(rows) < 30:
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
    _market(call)
    venue = call.exchange.venue
    ticker = call.need("FID_INPUT_ISCD")
    quote = quote_now(venue, ticker)
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


def multi(call: Call) -> Reply:
    """GET quotations/intstock-multprice (real): up to 30 symbols at once."""
    venue = call.exchange.venue
    rows = []
    for i in range(1, 31):
        ticker = call.get(f"FID_INPUT_ISCD_{i}")
        quote = quote_now(venue, ticker) if ticker else None
        if quote is None:
            continue
        listing = venue.market.listings[ticker]
        book = venue.book(ticker, quote.at)
        rows.append(
            filled(
                MULTI_ROW,
                {
                    "kospi_kosdaq_cls_name": "kospi" if listing.kospi else "kosdaq",
                    "mrkt_trtm_cls_name": "",
                    "hour_cls_code": "0",
                    "inter_shrn_iscd": ticker,
                    "inter_kor_isnm": listing.name,
                    "inter2_prpr": quote.last,
                    "inter2_prdy_vrss": quote.change,
                    "prdy_vrss_sign": quote.sign,
                    "prdy_ctrt": ratio(quote.change, quote.base),
                    "acml_vol": quote.volume,
                    "inter2_oprc": quote.open,
                    "inter2_hgpr": quote.high,
                    "inter2_lwpr": quote.low,
                    "inter2_llam": quote.band.lower,
                    "inter2_mxpr": quote.band.upper,
                    "inter2_askp": book.best_ask,
                    "inter2_bidp": book.best_bid,
                    "seln_rsqn": book.asks[0].quantity if book.asks else 0,
                    "shnu_rsqn": book.bids[0].quantity if book.bids else 0,
                    "total_askp_rsqn": sum(level.quantity for level in book.asks),
                    "total_bidp_rsqn": sum(level.quantity for level in book.bids),
                    "acml_tr_pbmn": quote.value,
                    "inter2_prdy_clpr": quote.base,
                    "oprc_vrss_hgpr_rate": ratio(quote.high - quote.open, quote.open),
                    "inter2_sdpr": quote.base,
                },
            )
        )
    return quotation(output=rows)


def volume_rank(call: Call) -> Reply:
    """GET quotations/volume-rank (real): the 30 busiest, by volume or (FID_BLNG_CLS_CODE 3) by value."""
    venue = call.exchange.venue
    quotes = [quote for ticker in venue.market.listings if (quote := quote_now(venue, ticker)) is not None]
    by_value = call.get("FID_BLNG_CLS_CODE") == "3"
    quotes.sort(key=lambda quote: quote.value if by_value else quote.volume, reverse=True)
    rows = []
    for rank, quote in enumerate(quotes[:30], start=1):
        listing = venue.market.listings[quote.ticker]
        before = _previous_volume(_bars(venue, quote.ticker, quote.day), quote.day)
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


# --- bars ---------------------------------------------------------------------------------------------------------


def _bars(venue: Venue, ticker: str, day: date) -> DailyBars:
    bars = venue.market.source.bars(ticker, day)
    if bars is None:
        raise KeyError(ticker)
    return bars


def bars_upto_now(venue: Venue, ticker: str, quote: Snapshot) -> list[Bar]:
    """Daily bars, oldest first; the last one is today so far (left out before its first trade)."""
    bars = _bars(venue, ticker, quote.day)
    count = bars.upto(quote.day)
    done = [
        Bar(date.fromordinal(day), o, h, low, c, v, base)
        for day, o, h, low, c, v, base in zip(
            bars.days[:count].tolist(),
            bars.open[:count].tolist(),
            bars.high[:count].tolist(),
            bars.low[:count].tolist(),
            bars.close[:count].tolist(),
            bars.volume[:count].tolist(),
            [int(bars.open[0]), *bars.close[: count - 1].tolist()] if count else [],
            strict=True,
        )
    ]
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


def two_decimals(amount: int, quantity: int) -> str:
    scaled = amount * 100 // quantity if quantity else 0
    return f"{scaled // 100}.{scaled % 100:02d}"


def _previous_volume(bars: DailyBars, day: date) -> int:
    at = bars.upto(day) - 1
    return int(bars.volume[at]) if at >= 0 else 0


def _extremes(bars: DailyBars, quote: Snapshot, rows: int) -> tuple[int, str, int, str]:
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


def _text(bars: DailyBars, at: int) -> str:
    return f"{date.fromordinal(int(bars.days[at])):%Y%m%d}"
