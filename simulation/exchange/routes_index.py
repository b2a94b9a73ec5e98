"""Indices in KIS's words: inquire-index-price, inquire-daily-indexchartprice, inquire-index-daily-price.

Contract: points with two decimals, volume in thousand shares and value in million won, as KIS counts indices; an
unknown code is rt_cd 0 with zeros and no rows. The chart is offered on both hosts, the other two on real only.
"""

from __future__ import annotations

from simulation.exchange import indices
from simulation.exchange.envelope import Reply, quotation
from simulation.exchange.figures import ratio, sign_of
from simulation.exchange.gateway import Call, InputError
from simulation.exchange.indices import Index, Reading
from simulation.exchange.keys import Row, filled
from simulation.exchange.keys_company import (
    INDEX_CHART_HEAD,
    INDEX_CHART_ROW,
    INDEX_DAILY_HEAD,
    INDEX_DAILY_ROW,
    INDEX_PRICE,
)
from simulation.exchange.keys_prints import CATEGORY_ROW
from simulation.exchange.routes_orders import day_of
from simulation.exchange.tape import Bar

CHART_ROWS = 50
DAILY_ROWS = 100
SHARES, MILLION = 1_000, 1_000_000


def index_of(call: Call) -> Index | None:
    """The index that is asked for; None for a code that is nobody's."""
    if call.get("FID_COND_MRKT_DIV_CODE", "U") not in ("", "U"):
        raise InputError("OPSQ2001", "ERROR : INPUT INVALID_CHECK_MRKT_DIV_CODE")
    index = indices.INDICES.get(call.need("FID_INPUT_ISCD"))
    return index if index is not None and indices.members(call.exchange.venue, index) else None


def _before(days: list[tuple[Bar, int]], reading: Reading) -> tuple[Bar, int]:
    """The last finished day; on a market's first day its base with nothing traded."""
    done = [item for item in days if item[0].day < reading.day]
    base = reading.base
    return done[-1] if done else (Bar(reading.day, base, base, base, base, 0, base), 0)


def points(hundredths: int) -> str:
    """Hundredths of a point as text."""
    sign = "-" if hundredths < 0 else ""
    return f"{sign}{abs(hundredths) // 100}.{abs(hundredths) % 100:02d}"


def _now(reading: Reading) -> dict[str, object]:
    return {
        "bstp_nmix_prpr": points(reading.last),
        "bstp_nmix_prdy_vrss": points(reading.change),
        "prdy_vrss_sign": sign_of(reading.change),
        "bstp_nmix_prdy_ctrt": ratio(reading.change, reading.base),
        "acml_vol": reading.volume // SHARES,
        "acml_tr_pbmn": reading.value // MILLION,
        "bstp_nmix_oprc": points(reading.open),
        "bstp_nmix_hgpr": points(reading.high),
        "bstp_nmix_lwpr": points(reading.low),
    }


def _counts(reading: Reading) -> dict[str, object]:
    """Members that rose, fell and stood still; those at a limit are counted among the others too, as KIS does."""
    return {
        "ascn_issu_cnt": reading.risen + reading.upper,
        "uplm_issu_cnt": reading.upper,
        "stnr_issu_cnt": reading.flat,
        "down_issu_cnt": reading.fallen + reading.lower,
        "lslm_issu_cnt": reading.lower,
    }


def _year(days: list[tuple[Bar, int]], reading: Reading) -> tuple[Bar, Bar]:
    """This year's days with the highest and the lowest level."""
    year = [bar for bar, _ in days if bar.day.year == reading.day.year] or [_before(days, reading)[0]]
    return max(year, key=lambda bar: bar.high), min(year, key=lambda bar: bar.low)


def price(call: Call) -> Reply:
    """GET quotations/inquire-index-price (real)."""
    index = index_of(call)
    if index is None:
        return quotation(output=filled(INDEX_PRICE, {}))
    venue = call.exchange.venue
    reading = indices.read(venue, index)
    days = indices.daily(venue, index, reading)
    before = _before(days, reading)
    top, bottom = _year(days, reading)
    books = [venue.book(member.ticker, reading.at) for member in indices.members(venue, index)]
    asks = sum(level.quantity for book in books for level in book.asks)
    bids = sum(level.quantity for book in books for level in book.bids)
    opened = reading.open or reading.base
    values = {
        **_now(reading),
        **_counts(reading),
        "prdy_vol": before[0].volume // SHARES,
        "prdy_tr_pbmn": before[1] // MILLION,
        "prdy_nmix_vrss_nmix_oprc": points(opened - reading.base),
        "oprc_vrss_prpr_sign": sign_of(reading.last - opened),
        "bstp_nmix_oprc_prdy_ctrt": ratio(opened - reading.base, reading.base),
        "prdy_nmix_vrss_nmix_hgpr": points((reading.high or reading.base) - reading.base),
        "hgpr_vrss_prpr_sign": sign_of(reading.last - (reading.high or reading.last)),
        "bstp_nmix_hgpr_prdy_ctrt": ratio((reading.high or reading.base) - reading.base, reading.base),
        "prdy_clpr_vrss_lwpr": points((reading.low or reading.base) - reading.base),
        "lwpr_vrss_prpr_sign": sign_of(reading.last - (reading.low or reading.last)),
        "prdy_clpr_vrss_lwpr_rate": ratio((reading.low or reading.base) - reading.base, reading.base),
        "dryy_bstp_nmix_hgpr": points(top.high),
        "dryy_hgpr_vrss_prpr_rate": ratio(reading.last - top.high, top.high),
        "dryy_bstp_nmix_hgpr_date": f"{top.day:%Y%m%d}",
        "dryy_bstp_nmix_lwpr": points(bottom.low),
        "dryy_lwpr_vrss_prpr_rate": ratio(reading.last - bottom.low, bottom.low),
        "dryy_bstp_nmix_lwpr_date": f"{bottom.day:%Y%m%d}",
        "total_askp_rsqn": asks,
        "total_bidp_rsqn": bids,
        "seln_rsqn_rate": ratio(asks, asks + bids),
        "shnu_rsqn_rate": ratio(bids, asks + bids),
        "ntby_rsqn": bids - asks,
    }
    return quotation(output=filled(INDEX_PRICE, values))


def chart(call: Call) -> Reply:
    """GET quotations/inquire-daily-indexchartprice: D, W, M, Y; fifty rows, newest first, paged by moving DATE_2."""
    index = index_of(call)
    period = call.get("FID_PERIOD_DIV_CODE", "D") or "D"
    if period not in ("D", "W", "M", "Y"):
        raise InputError("OPSQ2001", "ERROR : INPUT INVALID_CHECK_PERIOD_DIV_CODE")
    first, last = call.need("FID_INPUT_DATE_1"), call.need("FID_INPUT_DATE_2")
    if index is None:
        return quotation(output1=filled(INDEX_CHART_HEAD, {}), output2=[])
    venue = call.exchange.venue
    reading = indices.read(venue, index)
    days = indices.daily(venue, index, reading)
    chosen = [item for item in indices.by_period(days, period) if first <= f"{item[0].day:%Y%m%d}" <= last][
        -CHART_ROWS:
    ]
    rows = [filled(INDEX_CHART_ROW, _levels(bar, value) | {"mod_yn": "N"}) for bar, value in reversed(chosen)]
    return quotation(output1=filled(INDEX_CHART_HEAD, chart_head(days, reading)), output2=rows)


def chart_head(days: list[tuple[Bar, int]], reading: Reading) -> dict[str, object]:
    """What stands above the rows of a chart."""
    before = _before(days, reading)[0]
    return {
        **_now(reading),
        "prdy_nmix": points(reading.base),
        "hts_kor_isnm": reading.index.name,
        "bstp_cls_code": reading.index.code,
        "prdy_vol": before.volume // SHARES,
        "futs_prdy_oprc": points(before.open),
        "futs_prdy_hgpr": points(before.high),
        "futs_prdy_lwpr": points(before.low),
    }


def categories(call: Call) -> Reply:
    """GET quotations/inquire-index-category-price (real): the indices there are of the market asked for."""
    index = index_of(call)
    if index is None:
        return quotation(output1=filled(INDEX_DAILY_HEAD, {}), output2=[])
    venue = call.exchange.venue
    reading = indices.read(venue, index)
    days = indices.daily(venue, index, reading)
    kospi = call.get("FID_MRKT_CLS_CODE", "K" if index.kospi else "Q").upper() != "Q"
    readings = [indices.read(venue, one) for one in indices.INDICES.values() if one.kospi is kospi]
    whole = readings[0]
    rows = [
        filled(
            CATEGORY_ROW,
            {
                "bstp_cls_code": one.index.code,
                "hts_kor_isnm": one.index.name,
                **{key: value for key, value in _now(one).items() if key in CATEGORY_ROW},
                "acml_vol_rlim": ratio(one.volume, whole.volume),
                "acml_tr_pbmn_rlim": ratio(one.value, whole.value),
            },
        )
        for one in readings
    ]
    return quotation(output1=filled(INDEX_DAILY_HEAD, _head(days, reading)), output2=rows)


def daily(call: Call) -> Reply:
    """GET quotations/inquire-index-daily-price (real): a hundred rows up to FID_INPUT_DATE_1, newest first."""
    index = index_of(call)
    period = call.get("FID_PERIOD_DIV_CODE", "D") or "D"
    if period not in ("D", "W", "M"):
        raise InputError("OPSQ2001", "ERROR : INPUT INVALID_CHECK_PERIOD_DIV_CODE")
    upto = day_of(call.need("FID_INPUT_DATE_1"))
    if index is None:
        return quotation(output1=filled(INDEX_DAILY_HEAD, {}), output2=[])
    venue = call.exchange.venue
    reading = indices.read(venue, index)
    days = indices.daily(venue, index, reading)
    rows = indices.by_period(days, period)
    shown = [at for at, (bar, _) in enumerate(rows) if bar.day <= upto][-DAILY_ROWS:]
    newest = rows[shown[-1]][0].volume if shown else 0
    output2 = [_daily_row(rows, at, newest) for at in reversed(shown)]
    return quotation(output1=filled(INDEX_DAILY_HEAD, _head(days, reading)), output2=output2)


def _head(days: list[tuple[Bar, int]], reading: Reading) -> dict[str, object]:
    before = _before(days, reading)
    top, bottom = _year(days, reading)
    return {
        **_now(reading),
        **_counts(reading),
        "prdy_vol": before[0].volume // SHARES,
        "prdy_tr_pbmn": before[1] // MILLION,
        "dryy_bstp_nmix_hgpr_date": f"{top.day:%Y%m%d}",
        "dryy_bstp_nmix_hgpr": points(top.high),
        "dryy_bstp_nmix_lwpr": points(bottom.low),
        "dryy_bstp_nmix_lwpr_date": f"{bottom.day:%Y%m%d}",
    }


def _levels(bar: Bar, value: int) -> dict[str, object]:
    return {
        "stck_bsop_date": f"{bar.day:%Y%m%d}",
        "bstp_nmix_prpr": points(bar.close),
        "bstp_nmix_oprc": points(bar.open),
        "bstp_nmix_hgpr": points(bar.high),
        "bstp_nmix_lwpr": points(bar.low),
        "acml_vol": bar.volume // SHARES,
        "acml_tr_pbmn": value // MILLION,
    }


def _daily_row(rows: list[tuple[Bar, int]], at: int, newest: int) -> Row:
    """A row with its distance to the twenty-row average and the share of rising rows among the last ten."""
    bar, value = rows[at]
    twenty = [one.close for one, _ in rows[max(0, at - 19) : at + 1]]
    ten = [one for one, _ in rows[max(0, at - 9) : at + 1]]
    return filled(
        INDEX_DAILY_ROW,
        _levels(bar, value)
        | {
            "prdy_vrss_sign": sign_of(bar.close - bar.base),
            "bstp_nmix_prdy_vrss": points(bar.close - bar.base),
            "bstp_nmix_prdy_ctrt": ratio(bar.close - bar.base, bar.base),
            "acml_vol_rlim": ratio(newest, bar.volume),
            "invt_new_psdg": ratio(sum(one.close > one.base for one in ten), len(ten)),
            "d20_dsrt": ratio(bar.close * len(twenty), sum(twenty)),
        },
    )
