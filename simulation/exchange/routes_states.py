"""The market's own state: interruptions of names (inquire-vi-status) and the clock (market-time).

Contract: interruptions are newest first, VI_CLS_CODE Y while it lasts, N once it is over; kind 1 static, 2 dynamic.
Halts are no VI.
"""

from __future__ import annotations

from simulation.exchange.envelope import Reply, quotation
from simulation.exchange.figures import ratio
from simulation.exchange.gateway import Call
from simulation.exchange.keys import MARKET_TIME, VI_ROW, Row, filled
from simulation.exchange.tape import Pause, Tape

_KINDS = {"static": "1", "dynamic": "2"}


def vi_status(call: Call) -> Reply:
    """GET quotations/inquire-vi-status (real)."""
    venue = call.exchange.venue
    now = venue.advance()
    day = venue.market.trade_date(now)
    market = {"K": True, "Q": False}.get(call.get("FID_MRKT_CLS_CODE"))
    kind = {"1": "static", "2": "dynamic"}.get(call.get("FID_RANK_SORT_CLS_CODE"))
    ticker = call.get("FID_INPUT_ISCD")
    found: list[tuple[int, Row]] = []
    for listing in venue.market.listings.values():
        if (ticker and listing.ticker != ticker) or market not in (None, listing.kospi):
            continue
        pauses = [p for p in venue.market.interruptions(listing.ticker, day) if p.kind in _KINDS]
        tape = venue.market.tape(listing.ticker, day) if pauses else None
        if tape is None:
            continue
        upto = venue.market.index(listing.ticker, now) if now.date() == day else tape.size - 1
        begun = [pause for pause in pauses if pause.start <= upto]
        for count, pause in enumerate(begun, start=1):
            if kind in (None, pause.kind):
                found.append((pause.start, _row(listing.ticker, listing.name, tape, pause, upto, count)))
    return quotation(output=[row for _, row in sorted(found, key=lambda item: item[0], reverse=True)])


def market_time(call: Call) -> Reply:
    """GET quotations/market-time (real): the last five sessions, today's hours, and what time it is."""
    venue = call.exchange.venue
    now = venue.advance()
    day = venue.market.trade_date(now)
    hours = venue.calendar.hours(day)
    values: dict[str, object] = {"today": f"{now:%Y%m%d}", "time": f"{now:%H%M%S}"}
    for i in range(1, 6):
        values[f"date{i}"] = f"{day:%Y%m%d}"
        day = venue.calendar.previous_session(day)
    if hours is not None:
        values |= {"s_time": f"{hours.open:%H%M%S}", "e_time": f"{hours.close:%H%M%S}"}
    return quotation(output1=filled(MARKET_TIME, values))


def _row(ticker: str, name: str, tape: Tape, pause: Pause, upto: int, count: int) -> Row:
    over = upto >= pause.end
    price = int(tape.prices[pause.end]) if over else pause.reference
    away = ratio(price - pause.reference, pause.reference)
    static = pause.kind == "static"
    values = {
        "hts_kor_isnm": name,
        "mksc_shrn_iscd": ticker,
        "vi_cls_code": "N" if over else "Y",
        "bsop_date": f"{tape.bar.day:%Y%m%d}",
        "cntg_vi_hour": _clock(tape.second_of(pause.start)),
        "vi_cncl_hour": _clock(tape.second_of(pause.end)) if over else "000000",
        "vi_kind_code": _KINDS[pause.kind],
        "vi_prc": price,
        "vi_count": count,
    }
    if static:
        values |= {"vi_stnd_prc": pause.reference, "vi_dprt": away}
    else:
        values |= {"vi_dmc_stnd_prc": pause.reference, "vi_dmc_dprt": away}
    return filled(VI_ROW, values)


def _clock(second: int) -> str:
    return f"{second // 3600:02d}{second // 60 % 60:02d}{second % 60:02d}"
