"""Single prints of today and of the evening's single-price market, members, and a fund with its net asset value.

Contract: what the tape, the streams and the other calls say, in the words of more calls that public clients make;
newest first, thirty rows or a hundred days. The single-price market ended on 2026-09-13: after it its figures are
nought. Members are called 데모.
"""

from __future__ import annotations

from datetime import date

from domain.instruments import Kind
from simulation.exchange.bars import bars_of, bars_upto_now, previous_volume, this_year
from simulation.exchange.boards import window_of
from simulation.exchange.divisions import Board
from simulation.exchange.envelope import Reply, quotation
from simulation.exchange.figures import ratio, sign_of
from simulation.exchange.foreigners import held_before
from simulation.exchange.gateway import Call
from simulation.exchange.keys import Row, filled
from simulation.exchange.keys_prints import (
    EVENING_DAYS_HEAD,
    EVENING_DAYS_ROW,
    EVENING_PRINTS_HEAD,
    EVENING_PRINTS_ROW,
    FUND,
    MEMBERS,
    PRINTS_HEAD,
    PRINTS_ROW,
    VOLUMES_HEAD,
    VOLUMES_ROW,
)
from simulation.exchange.market import Snapshot
from simulation.exchange.routes_quotes import check_market, quote_now
from simulation.exchange.sideframes import member_record, nav_record
from simulation.exchange.sidetapes import side_bar
from simulation.exchange.tape import Tape
from simulation.exchange.venue import Venue

ROWS, DAYS = 30, 100
_FIVE = range(5)
_FOREIGN = (
    *("total_seln_qty", "total_shnu_qty", "total_seln_qty_icdc", "total_shnu_qty_icdc"),
    *("ntby_qty", "seln_rlim", "shnu_rlim"),
)


def _asked(call: Call) -> tuple[Venue, str, Snapshot | None]:
    check_market(call)
    venue, ticker = call.exchange.venue, call.need("FID_INPUT_ISCD")
    return venue, ticker, quote_now(venue, ticker)


def _change(price: int, base: int) -> Row:
    return {
        "prdy_vrss": str(price - base),
        "prdy_vrss_sign": sign_of(price - base),
        "prdy_ctrt": ratio(price - base, base),
    }


def prints(call: Call) -> Reply:
    """GET quotations/inquire-time-itemconclusion: prints up to FID_INPUT_HOUR_1."""
    venue, ticker, quote = _asked(call)
    if quote is None:
        return quotation(output1=filled(PRINTS_HEAD, {}), output2=[])
    head = {
        "stck_prpr": quote.last,
        **_change(quote.last, quote.base),
        "acml_vol": quote.volume,
        "prdy_vol": previous_volume(bars_of(venue, ticker, quote.day), quote.day),
        "rprs_mrkt_kor_name": "KOSPI200" if venue.market.listings[ticker].kospi else "KOSDAQ",
    }
    tape = venue.market.tape(ticker, quote.day)
    rows = _prints(call, venue, tape, quote, PRINTS_ROW, "cnqn") if tape is not None else []
    return quotation(output1=filled(PRINTS_HEAD, head), output2=rows)


def _prints(call: Call, venue: Venue, tape: Tape, quote: Snapshot, keys: tuple[str, ...], shares: str) -> list[Row]:
    index, upto = quote.index, call.get("FID_INPUT_HOUR_1")
    if len(upto) == 6 and upto.isdecimal():
        index = min(index, tape.index_at(int(upto[:2]) * 3600 + int(upto[2:4]) * 60 + int(upto[4:])))
    book = venue.book(quote.ticker, quote.at, tape.board)
    rows: list[Row] = []
    while index >= 0 and len(rows) < ROWS:
        if tape.volumes[index] > 0:
            second, price = tape.second_of(index), int(tape.prices[index])
            values = {
                "stck_cntg_hour": f"{second // 3600:02d}{second // 60 % 60:02d}{second % 60:02d}",
                "stck_prpr": price,
                **_change(price, quote.base),
                "askp": book.best_ask,
                "bidp": book.best_bid,
                "acml_vol": int(tape.cum_volume[index]),
                shares: int(tape.volumes[index]),
            }
            rows.append(filled(keys, values | ({"tday_rltv": "100.00"} if "tday_rltv" in keys else {})))
        index -= 1
    return rows


def trade_volumes(call: Call) -> Reply:
    """GET quotations/inquire-daily-trade-volume (real): what buyers and what sellers set off, by day, newest first.

    Half each, as the stream of trades adds it up.
    """
    venue, ticker, quote = _asked(call)
    first, last = call.need("FID_INPUT_DATE_1"), call.need("FID_INPUT_DATE_2")
    if quote is None:
        return quotation(output1=filled(VOLUMES_HEAD, {}), output2=[])
    bars = [bar for bar in bars_upto_now(venue, ticker, quote) if first <= f"{bar.day:%Y%m%d}" <= last][-DAYS:]
    rows = [
        filled(
            VOLUMES_ROW,
            {
                "stck_bsop_date": f"{bar.day:%Y%m%d}",
                "total_seln_qty": bar.volume - bar.volume // 2,
                "total_shnu_qty": bar.volume // 2,
            },
        )
        for bar in reversed(bars)
    ]
    head = {"shnu_cnqn_smtn": quote.volume // 2, "seln_cnqn_smtn": quote.volume - quote.volume // 2}
    return quotation(output1=filled(VOLUMES_HEAD, head), output2=rows)


def _evening_of(venue: Venue, ticker: str, day: date, quote: Snapshot) -> tuple[int, int]:
    """(close, shares) of a past day's single-price market; nought where there was none."""
    if window_of(venue.calendar, day, Board.SINGLE) is None:
        return 0, 0
    instrument = venue.market.listings[ticker].instrument
    regular = bars_of(venue, ticker, quote.day).row(day)
    bar = side_bar(regular, Board.SINGLE, instrument, quote.band, venue.config.seed, replay=False) if regular else None
    return (bar.close, bar.volume) if bar is not None else (0, 0)


def _evening_head(venue: Venue, quote: Snapshot) -> tuple[Row, Tape | None, Snapshot | None]:
    """Today's single-price market so far."""
    now = venue.snapshot_at(quote.ticker, quote.at, Board.SINGLE)
    tape = venue.market.tape(quote.ticker, quote.day, Board.SINGLE)
    if tape is None or now.board is not Board.SINGLE or now.index < 0 or not now.volume:
        return {}, None, None
    change = _change(now.last, now.base)
    head = {
        "ovtm_untp_prpr": str(now.last),
        **{f"ovtm_untp_{key}": value for key, value in change.items()},
        "ovtm_untp_vol": str(now.volume),
        "ovtm_untp_tr_pbmn": str(now.value),
        "ovtm_untp_mxpr": str(now.band.upper),
        "ovtm_untp_llam": str(now.band.lower),
        "ovtm_untp_oprc": str(now.open),
        "ovtm_untp_hgpr": str(now.high),
        "ovtm_untp_lwpr": str(now.low),
    }
    return head, tape, now


def evening_prints(call: Call) -> Reply:
    """GET quotations/inquire-time-overtimeconclusion."""
    venue, _, quote = _asked(call)
    head, tape, now = _evening_head(venue, quote) if quote is not None else ({}, None, None)
    rows = []
    if tape is not None and now is not None:
        rows = _prints(call, venue, tape, now, EVENING_PRINTS_ROW, "cntg_vol")
    return quotation(output1=filled(EVENING_PRINTS_HEAD, head), output2=rows)


def evening_days(call: Call) -> Reply:
    """GET quotations/inquire-daily-overtimeprice: thirty days with what the evening added to each."""
    venue, ticker, quote = _asked(call)
    if quote is None:
        return quotation(output1=filled(EVENING_DAYS_HEAD, {}), output2=[])
    bars = bars_of(venue, ticker, quote.day)
    done = bars.rows()[max(0, bars.upto(quote.day) - ROWS) : bars.upto(quote.day)]
    rows = []
    for bar in reversed(done):
        close, shares = _evening_of(venue, ticker, bar.day, quote)
        late = {f"ovtm_untp_{key}": value for key, value in _change(close, bar.close).items()} if shares else {}
        values = {
            "stck_bsop_date": f"{bar.day:%Y%m%d}",
            "ovtm_untp_prpr": close,
            **late,
            "ovtm_untp_vol": shares,
            "stck_clpr": bar.close,
            **_change(bar.close, bar.base),
            "acml_vol": bar.volume,
            "ovtm_untp_tr_pbmn": close * shares,
        }
        rows.append(filled(EVENING_DAYS_ROW, values))
    return quotation(output1=filled(EVENING_DAYS_HEAD, _evening_head(venue, quote)[0]), output2=rows)


def members(call: Call) -> Reply:
    """GET quotations/inquire-member: the five largest on either side, as H0STMBC0 tells of them; a list of one."""
    venue, ticker, quote = _asked(call)
    tape = venue.market.tape(ticker, quote.day) if quote is not None else None
    if quote is None or tape is None or quote.index < 0:
        return quotation(output=[filled(MEMBERS, {})])
    told = member_record(venue.config.seed, quote, int(tape.cum_volume[max(0, quote.index - 60)]))
    blocks = ("mbcr_name", "qty", "glob", "mbcr_no", "mbcr_rlim", "qty_icdc")  # five a side each, from the second field
    values: Row = {}
    for at, block in enumerate(blocks):
        for number, side in enumerate(("seln", "shnu")):
            for i in _FIVE:
                value = told[1 + at * 10 + number * 5 + i]
                name = {"glob": f"{side}_mbcr_glob_yn_", "qty": f"total_{side}_qty"}.get(block, f"{side}_{block}")
                values[f"{name}{i + 1}"] = value
    values |= {f"glob_{name}": told[61 + at] for at, name in enumerate(_FOREIGN)}
    return quotation(output=[filled(MEMBERS, values)])


def fund(call: Call) -> Reply:
    """GET etfetn/v1/quotations/inquire-price: a fund's price beside what a share of it is worth."""
    venue, ticker, quote = _asked(call)
    listing = venue.market.listings.get(ticker)
    if quote is None or listing is None or listing.instrument.kind is not Kind.ETF:
        return quotation(output=filled(FUND, {}))
    bars = bars_of(venue, ticker, quote.day)
    nav = nav_record(quote)
    worth = int(nav[1].replace(".", ""))
    foreign = held_before(venue.config.seed, listing, bars, quote.day)
    total = worth * listing.shares // 100
    values: dict[str, object] = {
        "stck_prpr": quote.last,
        **_change(quote.last, quote.base),
        "prdy_vrss_sign": quote.sign,
        "acml_vol": quote.volume,
        "prdy_vol": previous_volume(bars, quote.day),
        "stck_mxpr": quote.band.upper,
        "stck_llam": quote.band.lower,
        "stck_prdy_clpr": quote.base,
        "stck_oprc": quote.open,
        "prdy_clpr_vrss_oprc_rate": ratio(quote.open - quote.base, quote.base) if quote.open else "0.00",
        "stck_hgpr": quote.high,
        "prdy_clpr_vrss_hgpr_rate": ratio(quote.high - quote.base, quote.base) if quote.high else "0.00",
        "stck_lwpr": quote.low,
        "prdy_clpr_vrss_lwpr_rate": ratio(quote.low - quote.base, quote.base) if quote.low else "0.00",
        "prdy_last_nav": f"{quote.base}.00",
        "nav": nav[1],
        "nav_prdy_vrss_sign": nav[2],
        "nav_prdy_vrss": nav[3],
        "nav_prdy_ctrt": nav[4],
        "stck_sdpr": quote.base,
        "stck_sspr": quote.base * 7 // 10,
        "etf_crcl_stcn": listing.shares,
        "etf_ntas_ttam": total // 100_000_000,
        "etf_crcl_ntas_ttam": total // 100_000_000,
        "crcd": "KRW",
        **this_year(bars, quote),
        "bstp_kor_isnm": listing.instrument.sector,
        "vi_cls_code": "Y" if quote.interrupted else "N",
        "lstn_stcn": listing.shares,
        "frgn_hldn_qty": foreign,
        "frgn_hldn_qty_rate": ratio(foreign, listing.shares),
        "etf_trc_ert_mltp": f"{listing.instrument.leverage}.00",
        "dprt": ratio(quote.last * 100 - worth, worth),
        "mbcr_name": "데모운용",
        "etf_div_name": "상장지수펀드",
    }
    return quotation(output=filled(FUND, values))
