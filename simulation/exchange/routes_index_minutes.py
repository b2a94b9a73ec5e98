"""Indices through the day in KIS's words: by the minute, ten minutes or the hour. Real host only.

Contract: today only, 102 rows at most, newest first; points, thousand shares and million won as the other calls about
indices, with which the newest row agrees.
"""

from __future__ import annotations

from simulation.exchange import indices
from simulation.exchange.envelope import Reply, quotation
from simulation.exchange.figures import ratio, sign_of
from simulation.exchange.gateway import Call
from simulation.exchange.index_path import stretches
from simulation.exchange.keys import filled
from simulation.exchange.keys_company import INDEX_CHART_HEAD
from simulation.exchange.keys_prints import INDEX_MINUTE_ROW, INDEX_TIME_ROW
from simulation.exchange.routes_index import MILLION, SHARES, chart_head, index_of, points

ROWS = 102


def _interval(call: Call) -> int:
    """FID_INPUT_HOUR_1 in seconds: 30 and 60 are a minute."""
    text = call.get("FID_INPUT_HOUR_1")
    return max(60, int(text)) if text.isdecimal() and int(text) <= 3_600 else 60


def _hour(second: int) -> str:
    return f"{second // 3600:02d}{second // 60 % 60:02d}{second % 60:02d}"


def minutes(call: Call) -> Reply:
    """GET quotations/inquire-time-indexchartprice (real): today's minutes, ten minutes or hours, 102 rows."""
    index = index_of(call)
    if index is None:
        return quotation(output1=filled(INDEX_CHART_HEAD, {}), output2=[])
    venue = call.exchange.venue
    reading = indices.read(venue, index)
    rows = [
        filled(
            INDEX_MINUTE_ROW,
            {
                "stck_bsop_date": f"{reading.day:%Y%m%d}",
                "stck_cntg_hour": _hour(one.second),
                "bstp_nmix_prpr": points(one.close),
                "bstp_nmix_oprc": points(one.open),
                "bstp_nmix_hgpr": points(one.high),
                "bstp_nmix_lwpr": points(one.low),
                "cntg_vol": one.volume // SHARES,
                "acml_tr_pbmn": one.value // MILLION,
            },
        )
        for one in stretches(venue, index, reading, _interval(call), ROWS)
    ]
    head = chart_head(indices.daily(venue, index, reading), reading)
    return quotation(output1=filled(INDEX_CHART_HEAD, head), output2=rows)


def times(call: Call) -> Reply:
    """GET quotations/inquire-index-timeprice (real): today's levels by the minute, ten minutes or hour."""
    index = index_of(call)
    if index is None:
        return quotation(output=[])
    venue = call.exchange.venue
    reading = indices.read(venue, index)
    rows = [
        filled(
            INDEX_TIME_ROW,
            {
                "bsop_hour": _hour(one.second),
                "bstp_nmix_prpr": points(one.close),
                "bstp_nmix_prdy_vrss": points(one.close - reading.base),
                "prdy_vrss_sign": sign_of(one.close - reading.base),
                "bstp_nmix_prdy_ctrt": ratio(one.close - reading.base, reading.base),
                "acml_tr_pbmn": one.value // MILLION,
                "acml_vol": one.total_volume // SHARES,
                "cntg_vol": one.volume // SHARES,
            },
        )
        for one in stretches(venue, index, reading, _interval(call), ROWS)
    ]
    return quotation(output=rows)
