"""Who traded, in KIS's words: by stock and day, by net purchases, provisional during the day, by programmes.

Contract: all from `flows`, so that the calls agree with each other and with inquire-investor; shares, and million won
for amounts. Figures of today are there once the session is over, provisional ones at the hours KIS gives them. Real
host only, but for inquire-investor.
"""

from __future__ import annotations

from datetime import datetime

from simulation.exchange import flows
from simulation.exchange.bars import bars_of, bars_upto_now, previous_volume
from simulation.exchange.boards import end_of_regular
from simulation.exchange.envelope import Reply, quotation
from simulation.exchange.figures import ratio, sign_of
from simulation.exchange.flows import Flow
from simulation.exchange.gateway import Call
from simulation.exchange.keys import INVESTOR_ROW, Row, filled
from simulation.exchange.keys_company import (
    CLASSES,
    FOREIGN_TOTAL,
    PROGRAM,
    PROGRAM_DAY,
    STOCK_INVESTORS_HEAD,
    STOCK_INVESTORS_ROW,
    TREND,
    VOLUME_NETS,
)
from simulation.exchange.market import Snapshot
from simulation.exchange.routes_orders import day_of
from simulation.exchange.routes_quotes import asked_for, check_market, quote_now
from simulation.exchange.tape import Bar
from simulation.exchange.venue import Venue

ROWS = 30
MILLION = 1_000_000
# when KIS adds up what its members have told it so far: (hour, minute, BSOP_HOUR_GB)
ESTIMATES = ((9, 30, "1"), (10, 0, "2"), (11, 20, "3"), (13, 20, "4"), (14, 30, "5"))
_NET = {who: f"{who}_ntby_{'vol' if who in VOLUME_NETS else 'qty'}" for who in CLASSES}
_RANKED = ("frgn", "orgn", "ivtr", "bank", "insu", "mrbn", "fund", "etc_orgt", "etc_corp")
PROGRAM_STEP = 5  # seconds between two programme rows


def finished(venue: Venue, ticker: str, quote: Snapshot) -> list[Bar]:
    """Daily bars, oldest first, today's only once the session is over."""
    bars = bars_upto_now(venue, ticker, quote)
    if quote.at < end_of_regular(venue.calendar, quote.day):
        bars = [bar for bar in bars if bar.day < quote.day]
    return bars


def investors(call: Call) -> Reply:
    """GET quotations/inquire-investor: thirty days, newest first."""
    venue, ticker, quote = asked_for(call)
    if quote is None:
        return quotation(output=[])
    rows = []
    for bar in reversed(finished(venue, ticker, quote)[-ROWS:]):
        split = flows.split(venue.config.seed, ticker, bar)
        values = _head(bar) | {key: value for who in flows.GROUPS for key, value in _amounts(who, split[who]).items()}
        rows.append(filled(INVESTOR_ROW, {key: values[key] for key in INVESTOR_ROW}))
    return quotation(output=rows)


def by_stock(call: Call) -> Reply:
    """GET quotations/investor-trade-by-stock-daily: every class, up to FID_INPUT_DATE_1, newest first."""
    check_market(call)
    venue = call.exchange.venue
    ticker, upto = call.need("FID_INPUT_ISCD"), day_of(call.need("FID_INPUT_DATE_1"))
    quote = quote_now(venue, ticker)
    if quote is None:
        return quotation(output1=filled(STOCK_INVESTORS_HEAD, {}), output2=[])
    listing = venue.market.listings[ticker]
    head = {
        "stck_prpr": quote.last,
        "prdy_vrss": quote.change,
        "prdy_vrss_sign": quote.sign,
        "prdy_ctrt": ratio(quote.change, quote.base),
        "acml_vol": quote.volume,
        "prdy_vol": previous_volume(bars_of(venue, ticker, quote.day), quote.day),
        "rprs_mrkt_kor_name": "KOSPI200" if listing.kospi else "KOSDAQ",
    }
    bars = [bar for bar in finished(venue, ticker, quote) if bar.day <= upto][-ROWS:]
    rows = [_by_class(venue.config.seed, ticker, bar) for bar in reversed(bars)]
    return quotation(output1=filled(STOCK_INVESTORS_HEAD, head), output2=rows)


def _by_class(seed: int, ticker: str, bar: Bar) -> Row:
    split = flows.split(seed, ticker, bar)
    values: dict[str, object] = _head(bar) | {
        "prdy_ctrt": ratio(bar.close - bar.base, bar.base),
        "acml_vol": bar.volume,
        "acml_tr_pbmn": bar.volume * split["frgn"].price // MILLION,
        "stck_oprc": bar.open,
        "stck_hgpr": bar.high,
        "stck_lwpr": bar.low,
        "bold_yn": "N",
    }
    for who in CLASSES:
        values |= _amounts(who, split[who])
    for kind in ("reg", "nreg"):
        flow = split[f"frgn_{kind}"]
        for name, shares in (("ntby", flow.net), ("askp", flow.sold), ("bidp", flow.bought)):
            values[f"frgn_{kind}_{name}_qty"] = shares
            values[f"frgn_{kind}_{name}_pbmn"] = _money(shares, flow)
    return filled(STOCK_INVESTORS_ROW, values)


def _head(bar: Bar) -> dict[str, object]:
    return {
        "stck_bsop_date": f"{bar.day:%Y%m%d}",
        "stck_clpr": bar.close,
        "prdy_vrss": bar.close - bar.base,
        "prdy_vrss_sign": sign_of(bar.close - bar.base),
    }


def _amounts(who: str, flow: Flow) -> dict[str, object]:
    return {
        _NET[who]: flow.net,
        f"{who}_ntby_tr_pbmn": _money(flow.net, flow),
        f"{who}_shnu_vol": flow.bought,
        f"{who}_shnu_tr_pbmn": _money(flow.bought, flow),
        f"{who}_seln_vol": flow.sold,
        f"{who}_seln_tr_pbmn": _money(flow.sold, flow),
    }


def _money(shares: int, flow: Flow) -> int:
    return shares * flow.price // MILLION


def foreign_total(call: Call) -> Reply:
    """GET quotations/foreign-institution-total (real): the thirty most bought or sold net on the last finished day.

    FID_ETC_CLS_CODE 0 foreigners and institutions, 1 foreigners, 2 institutions; FID_RANK_SORT_CLS_CODE 0 purchases
    first, 1 sales; FID_DIV_CLS_CODE 0 by shares, 1 by amount; FID_INPUT_ISCD 0000, 0001, 1001.
    """
    venue = call.exchange.venue
    kospi = {"0001": True, "1001": False}.get(call.need("FID_INPUT_ISCD"))
    whose = {"1": ("frgn",), "2": ("orgn",)}.get(call.get("FID_ETC_CLS_CODE"), ("frgn", "orgn"))
    sellers = call.get("FID_RANK_SORT_CLS_CODE") == "1"
    by_money = call.get("FID_DIV_CLS_CODE") == "1"
    found: list[tuple[int, Row]] = []
    for ticker, listing in venue.market.listings.items():
        quote = quote_now(venue, ticker) if kospi in (None, listing.kospi) else None
        bars = finished(venue, ticker, quote)[-1:] if quote is not None else []
        if quote is None or not bars:
            continue
        split = flows.split(venue.config.seed, ticker, bars[0])
        net = sum(split[who].net for who in whose)
        values: dict[str, object] = {
            "hts_kor_isnm": listing.name,
            "mksc_shrn_iscd": ticker,
            "ntby_qty": net,
            "stck_prpr": quote.last,
            "prdy_vrss_sign": quote.sign,
            "prdy_vrss": quote.change,
            "prdy_ctrt": ratio(quote.change, quote.base),
            "acml_vol": quote.volume,
        }
        for who in _RANKED:
            name = f"{who}_ntby_vol" if who in ("etc_orgt", "etc_corp") else f"{who}_ntby_qty"
            values |= {name: split[who].net, f"{who}_ntby_tr_pbmn": _money(split[who].net, split[who])}
        found.append((_money(net, split["frgn"]) if by_money else net, filled(FOREIGN_TOTAL, values)))
    found.sort(key=lambda item: item[0], reverse=not sellers)
    return quotation(output=[row for _, row in found[:ROWS]])


def trend_estimate(call: Call) -> Reply:
    """GET quotations/investor-trend-estimate (real): today's provisional nets, newest first, as far as the day is."""
    venue = call.exchange.venue
    ticker = call.need("MKSC_SHRN_ISCD")
    quote = quote_now(venue, ticker)
    tape = venue.market.tape(ticker, quote.day) if quote is not None else None
    if quote is None or tape is None or quote.at.date() != quote.day:
        return quotation(output2=[])
    split = flows.split(venue.config.seed, ticker, tape.bar)
    rows = []
    for hour, minute, code in ESTIMATES:
        at = quote.at.replace(hour=hour, minute=minute, second=0, microsecond=0)
        if at > quote.at:
            break
        part = _part(venue, ticker, at)
        frgn, orgn = (split[who].net * part // 1_000 for who in ("frgn", "orgn"))
        values = {"bsop_hour_gb": code, "frgn_fake_ntby_qty": frgn, "orgn_fake_ntby_qty": orgn}
        rows.append(filled(TREND, values | {"sum_fake_ntby_qty": frgn + orgn}))
    return quotation(output2=rows[::-1])


def _part(venue: Venue, ticker: str, at: datetime) -> int:
    """How much of the day's volume has traded by a moment, in thousandths."""
    tape = venue.market.tape(ticker, at.date())
    if tape is None:
        return 0
    index = venue.market.index(ticker, at)
    return int(tape.cum_volume[index]) * 1_000 // max(1, int(tape.cum_volume[-1])) if index >= 0 else 0


def programme_days(call: Call) -> Reply:
    """GET quotations/program-trade-by-stock-daily (real): thirty days up to FID_INPUT_DATE_1, newest first, in won."""
    venue, ticker, quote = asked_for(call)
    if quote is None:
        return quotation(output=[])
    upto = day_of(call.get("FID_INPUT_DATE_1")) if call.get("FID_INPUT_DATE_1") else quote.day
    bars = [bar for bar in finished(venue, ticker, quote) if bar.day <= upto][-ROWS - 1 :]
    days = [flows.programme(venue.config.seed, ticker, bar) for bar in bars]
    rows = []
    for place in range(len(bars) - 1, max(0, len(bars) - ROWS) - 1, -1):
        bar, day = bars[place], days[place]
        before = days[place - 1] if place else day
        values = {
            "stck_bsop_date": f"{bar.day:%Y%m%d}",
            "stck_clpr": bar.close,
            "prdy_vrss": bar.close - bar.base,
            "prdy_vrss_sign": sign_of(bar.close - bar.base),
            "prdy_ctrt": ratio(bar.close - bar.base, bar.base),
            "acml_vol": bar.volume,
            "acml_tr_pbmn": bar.volume * day.price,
            "whol_smtn_seln_vol": day.sold,
            "whol_smtn_shnu_vol": day.bought,
            "whol_smtn_ntby_qty": day.net,
            "whol_smtn_seln_tr_pbmn": day.sold * day.price,
            "whol_smtn_shnu_tr_pbmn": day.bought * day.price,
            "whol_smtn_ntby_tr_pbmn": day.net * day.price,
            "whol_ntby_vol_icdc": day.net - before.net,
            "whol_ntby_tr_pbmn_icdc2": day.net * day.price - before.net * before.price,
        }
        rows.append(filled(PROGRAM_DAY, values))
    return quotation(output=rows)


def programmes(call: Call) -> Reply:
    """GET quotations/program-trade-by-stock (real): thirty moments of today, newest first, amounts in won."""
    venue, ticker, quote = asked_for(call)
    tape = venue.market.tape(ticker, quote.day) if quote is not None else None
    if quote is None or tape is None or quote.index < 0:
        return quotation(output=[])
    day = flows.programme(venue.config.seed, ticker, tape.bar)
    total = max(1, int(tape.cum_volume[-1]))
    marks = [quote.index - PROGRAM_STEP * i for i in range(ROWS + 1) if quote.index - PROGRAM_STEP * i >= 0]
    sums = [
        (day.sold * int(tape.cum_volume[at]) // total, day.bought * int(tape.cum_volume[at]) // total) for at in marks
    ]
    rows = []
    for place, at in enumerate(marks[:ROWS]):
        sold, bought = sums[place]
        earlier = sums[place + 1] if place + 1 < len(sums) else (0, 0)
        second, price = tape.second_of(at), int(tape.prices[at])
        step = (bought - sold) - (earlier[1] - earlier[0])
        values = {
            "bsop_hour": f"{second // 3600:02d}{second // 60 % 60:02d}{second % 60:02d}",
            "stck_prpr": price,
            "prdy_vrss": price - quote.base,
            "prdy_vrss_sign": sign_of(price - quote.base),
            "prdy_ctrt": ratio(price - quote.base, quote.base),
            "acml_vol": int(tape.cum_volume[at]),
            "whol_smtn_seln_vol": sold,
            "whol_smtn_shnu_vol": bought,
            "whol_smtn_ntby_qty": bought - sold,
            "whol_smtn_seln_tr_pbmn": sold * day.price,
            "whol_smtn_shnu_tr_pbmn": bought * day.price,
            "whol_smtn_ntby_tr_pbmn": (bought - sold) * day.price,
            "whol_ntby_vol_icdc": step,
            "whol_ntby_tr_pbmn_icdc": step * day.price,
        }
        rows.append(filled(PROGRAM, values))
    return quotation(output=rows)
