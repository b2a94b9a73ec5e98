"""Price, book, many prices: the market now in KIS's words.

Contract: every key of the reference, all text. An unknown symbol is rt_cd 0 with zeros, as KIS answers.
"""

from __future__ import annotations

from dataclasses import replace

from domain.ticks import tick_size
from simulation.exchange.bars import bars_of, extremes, previous_volume, this_year
from simulation.exchange.boards import board_at
from simulation.exchange.divisions import Board
from simulation.exchange.envelope import Reply, quotation
from simulation.exchange.figures import ratio, sign_of, two_decimals
from simulation.exchange.flows import programme_so_far
from simulation.exchange.foreigners import held_before
from simulation.exchange.fundamentals import FACE_VALUE, latest_year, multiples
from simulation.exchange.gateway import Call, InputError
from simulation.exchange.keys import (
    ASKING,
    EXPECTED,
    MULTI_ROW,
    PRICE,
    filled,
)
from simulation.exchange.market import Snapshot
from simulation.exchange.venue import Venue


def quote_now(venue: Venue, ticker: str, board: Board = Board.REGULAR) -> Snapshot | None:
    """The snapshot with what users traded on top."""
    now = venue.advance()
    quote = venue.market.snapshot(ticker, now, board)
    taken = venue.world.taken.get((ticker, quote.board)) if quote is not None else None
    if quote is None or taken is None or quote.day != venue.world.day or quote.index < 0:
        return quote
    return replace(
        quote,
        high=max(quote.high, taken.high),
        low=min(quote.low, taken.low),
        volume=quote.volume + taken.shares,
        value=quote.value + taken.value,
    )


def check_market(call: Call) -> None:
    if call.get("FID_COND_MRKT_DIV_CODE", "J") not in ("J", "NX", "UN"):
        raise InputError("OPSQ2001", "ERROR : INPUT INVALID_CHECK_MRKT_DIV_CODE")


def asked_for(call: Call) -> tuple[Venue, str, Snapshot | None]:
    """The venue, the ticker that a call names, and its snapshot now; None for a name that is not listed."""
    check_market(call)
    venue = call.exchange.venue
    ticker = call.need("FID_INPUT_ISCD")
    return venue, ticker, quote_now(venue, ticker)


def price(call: Call) -> Reply:
    """GET quotations/inquire-price, 82 keys."""
    venue, ticker, quote = asked_for(call)
    if quote is None:
        return quotation(output=filled(PRICE, {"stck_shrn_iscd": ticker}))
    listing = venue.market.listings[ticker]
    bars = bars_of(venue, ticker, quote.day)
    year = extremes(bars, quote, 250)
    weeks = extremes(bars, quote, 248)
    pivot = (quote.high + quote.low + quote.last) // 3
    span = quote.high - quote.low
    cap = quote.last * listing.shares // 100_000_000
    company = latest_year(venue.config.seed, listing, quote.day)
    foreign = held_before(venue.config.seed, listing, bars, quote.day)
    values = {
        "iscd_stat_cls_code": "58" if quote.halted else listing.state,
        "marg_rate": "20.00",
        "rprs_mrkt_kor_name": "KOSPI200" if listing.kospi else "KOSDAQ",
        "new_hgpr_lwpr_cls_code": "",
        "bstp_kor_isnm": listing.instrument.sector,
        "temp_stop_yn": "Y" if quote.halted or listing.state == "58" else "N",
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
        "prdy_vrss_vol_rate": ratio(quote.volume, previous_volume(bars, quote.day)),
        "stck_oprc": quote.open,
        "stck_hgpr": quote.high,
        "stck_lwpr": quote.low,
        "stck_mxpr": quote.band.upper,
        "stck_llam": quote.band.lower,
        "stck_sdpr": quote.base,
        "wghn_avrg_stck_prc": two_decimals(quote.value, quote.volume),
        "hts_frgn_ehrt": ratio(foreign, listing.shares),
        "pgtr_ntby_qty": _programme_net(venue, quote),
        "pvt_scnd_dmrs_prc": pivot + span,
        "pvt_frst_dmrs_prc": 2 * pivot - quote.low,
        "pvt_pont_val": pivot,
        "pvt_frst_dmsp_prc": 2 * pivot - quote.high,
        "pvt_scnd_dmsp_prc": pivot - span,
        "dmrs_val": (pivot + 2 * pivot - quote.low) // 2,
        "dmsp_val": (pivot + 2 * pivot - quote.high) // 2,
        "rstc_wdth_prc": quote.band.upper - quote.base,
        "stck_fcam": FACE_VALUE,
        "stck_sspr": quote.base * 7 // 10,
        "aspr_unit": tick_size(quote.last, listing.instrument.kind, quote.day),
        "hts_deal_qty_unit_val": 1,
        "lstn_stcn": listing.shares,
        "hts_avls": cap,
        **multiples(company, quote.last),
        "stac_month": "12",
        "vol_tnrt": ratio(quote.volume, listing.shares),
        "d250_hgpr": year[0],
        "d250_hgpr_date": year[1],
        "d250_hgpr_vrss_prpr_rate": ratio(quote.last - year[0], year[0]),
        "d250_lwpr": year[2],
        "d250_lwpr_date": year[3],
        "d250_lwpr_vrss_prpr_rate": ratio(quote.last - year[2], year[2]),
        **this_year(bars, quote),
        "w52_hgpr": weeks[0],
        "w52_hgpr_vrss_prpr_ctrt": ratio(quote.last - weeks[0], weeks[0]),
        "w52_hgpr_date": weeks[1],
        "w52_lwpr": weeks[2],
        "w52_lwpr_vrss_prpr_ctrt": ratio(quote.last - weeks[2], weeks[2]),
        "w52_lwpr_date": weeks[3],
        "whol_loan_rmnd_rate": "0.00",
        "ssts_yn": "Y",
        "stck_shrn_iscd": ticker,
        "fcam_cnnm": FACE_VALUE,
        "cpfn_cnnm": "",
        "apprch_rate": "",
        "frgn_hldn_qty": foreign,
        "vi_cls_code": "Y" if quote.interrupted else "N",
        "ovtm_vi_cls_code": "N",
        "invt_caful_yn": "N",
        "mrkt_warn_cls_code": listing.warning,
        "short_over_yn": "N",
        "sltr_yn": "Y" if listing.instrument.status == "delisting" else "N",
        "mang_issu_cls_code": "Y" if listing.instrument.status == "managed" else "N",
    }
    return quotation(output=filled(PRICE, values))


def _programme_net(venue: Venue, quote: Snapshot) -> int:
    """Shares that programmes bought more than they sold today."""
    tape = venue.market.tape(quote.ticker, quote.day)
    if tape is None or quote.index < 0:
        return 0
    sold, bought = programme_so_far(venue.config.seed, quote.ticker, tape, quote.index)
    return bought - sold


def asking(call: Call) -> Reply:
    """GET quotations/inquire-asking-price-exp-ccn, 71 + 13 keys."""
    check_market(call)
    venue = call.exchange.venue
    ticker = call.need("FID_INPUT_ISCD")
    quote = quote_now(venue, ticker, board_at(venue.calendar, venue.clock.now()))
    if quote is None:
        return quotation(output1=filled(ASKING, {}), output2=filled(EXPECTED, {"stck_shrn_iscd": ticker}))
    book = venue.book(ticker, quote.at, quote.board)
    soon = venue.expected(quote)
    change = soon.price - quote.base if soon is not None else 0
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
            "antc_cnpr": soon.price if soon is not None else 0,
            "antc_cntg_vrss_sign": sign_of(change),
            "antc_cntg_vrss": change,
            "antc_cntg_prdy_ctrt": ratio(change, quote.base),
            "antc_vol": soon.quantity if soon is not None else 0,
            "stck_shrn_iscd": ticker,
            "vi_cls_code": "Y" if quote.interrupted else "N",
        },
    )
    return quotation(output1=output1, output2=output2)


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
