"""Names, listing facts, holidays and demo headlines.

Contract: facts the bundled table has, blanks for the rest; news are labelled demo titles, never real news. No data is
rt_cd 7 on search-info (python-kis goes on after 7 and stops at anything else).
"""

from __future__ import annotations

from datetime import date, timedelta

from domain.instruments import Kind
from simulation.exchange.envelope import Reply, business, padded_message, quotation
from simulation.exchange.gateway import Call, InputError
from simulation.exchange.keys import HOLIDAY_ROW, INFO, NEWS_ROW, STOCK_INFO, filled
from simulation.exchange.listings import Listing
from simulation.exchange.routes_quotes import quote_now

DEMO_LABEL = "[데모]"
_HEADLINES = (
    ("{name}, 분기 실적 발표 앞두고 관망세", "1001"),
    ("{name} 거래대금 증가…업종 내 상위", "1002"),
    ("증권가, {name} 수급 동향 점검", "1003"),
)
_PAGE = {
    True: ("KIOK0500", "조회가 계속됩니다..다음버튼을 Click 하십시오."),
    False: ("KIOK0510", "조회가 완료되었습니다"),
}


def _no_data() -> Reply:
    return Reply({"rt_cd": "7", "msg_cd": "KIOK0560", "msg1": padded_message("조회할 내용이 없습니다")})


def _standard_code(ticker: str) -> str:
    return f"KR7{ticker}000"


def info(call: Call) -> Reply:
    """GET quotations/search-info. Only domestic stocks (300) exist here."""
    ticker = call.need("PDNO")
    listing = call.exchange.venue.market.listings.get(ticker)
    if listing is None or call.get("PRDT_TYPE_CD", "300") != "300":
        return _no_data()
    values = {
        "pdno": f"00000A{ticker}",
        "prdt_type_cd": "300",
        "prdt_name": listing.name,
        "prdt_name120": listing.name,
        "prdt_abrv_name": listing.name,
        "prdt_eng_name": ticker,
        "prdt_eng_name120": ticker,
        "prdt_eng_abrv_name": ticker,
        "std_pdno": _standard_code(ticker),
        "shtn_pdno": ticker,
        "prdt_risk_grad_cd": f"{listing.instrument.product_risk:02d}",
        "ivst_prdt_type_cd_name": "상장지수펀드" if listing.instrument.kind is Kind.ETF else "주식",
    }
    return business("KIOK0530", padded_message("조회되었습니다"), output=filled(INFO, values, ""))


def stock_info(call: Call) -> Reply:
    """GET quotations/search-stock-info, 67 keys; tells whether NXT trades the name."""
    ticker = call.need("PDNO")
    listing = call.exchange.venue.market.listings.get(ticker)
    quote = quote_now(call.exchange.venue, ticker) if listing else None
    if listing is None or quote is None:
        return _no_data()
    values = _listing_facts(listing) | {"thdt_clpr": quote.last, "bfdy_clpr": quote.base}
    values["clpr_chng_dt"] = f"{quote.day:%Y%m%d}"
    return business("KIOK0530", padded_message("조회되었습니다"), output=filled(STOCK_INFO, values, ""))


def _listing_facts(listing: Listing) -> dict[str, object]:
    instrument = listing.instrument
    etf = instrument.kind is Kind.ETF
    return {
        "pdno": f"00000A{listing.ticker}",
        "prdt_type_cd": "300",
        "mket_id_cd": "STK" if listing.kospi else "KSQ",
        "scty_grp_id_cd": "EF" if etf else "ST",
        "excg_dvsn_cd": "02" if listing.kospi else "03",
        "setl_mmdd": "12",
        "lstg_stqt": listing.shares,
        "papr": 100,
        "kospi200_item_yn": "Y" if listing.kospi and not etf else "N",
        "etf_dvsn_cd": "1" if etf else "",
        "stck_kind_cd": "101",
        "prdt_name": listing.name,
        "prdt_name120": listing.name,
        "prdt_abrv_name": listing.name,
        "std_pdno": _standard_code(listing.ticker),
        "prdt_eng_name": listing.ticker,
        "prdt_eng_name120": listing.ticker,
        "prdt_eng_abrv_name": listing.ticker,
        "tr_stop_yn": "Y" if instrument.status == "halted" else "N",
        "admn_item_yn": "Y" if instrument.status == "managed" else "N",
        "std_idst_clsf_cd_name": instrument.sector,
        "idx_bztp_mcls_cd_name": instrument.sector,
        "crfd_item_yn": "N",
        "elec_scty_yn": "Y",
        "cptt_trad_tr_psbl_yn": "Y" if instrument.nxt else "N",
        "nxt_tr_stop_yn": "N" if instrument.nxt else "Y",
    }


def holidays(call: Call) -> Reply:
    """GET quotations/chk-holiday (real): 30 days a page from BASS_DT on, a year ahead at most."""
    asked = call.need("BASS_DT")
    text = call.get("CTX_AREA_NK") or asked
    try:
        first = date(int(text[:4]), int(text[4:6]), int(text[6:8]))
    except ValueError:
        raise InputError("OPSQ2001", "ERROR : INPUT INVALID_CHECK_DATE") from None
    calendar = call.exchange.venue.calendar
    rows = []
    for i in range(30):
        day = first + timedelta(days=i)
        opens = "Y" if calendar.is_session(day) else "N"
        rows.append(
            filled(
                HOLIDAY_ROW,
                {
                    "bass_dt": f"{day:%Y%m%d}",
                    "wday_dvsn_cd": f"{day.isoweekday() % 7 + 1:02d}",
                    "bzdy_yn": opens,
                    "tr_day_yn": "Y" if day.isoweekday() < 7 else "N",
                    "opnd_yn": opens,
                    "sttl_day_yn": opens,
                },
            )
        )
    following = first + timedelta(days=30)
    more = f"{following:%Y%m%d}" < f"{int(asked[:4]) + 1}{asked[4:]}"
    cursors = {"ctx_area_nk": (f"{following:%Y%m%d}" if more else "").ljust(20), "ctx_area_fk": asked.ljust(20)}
    code, message = _PAGE[more]
    return business(code, padded_message(message), tr_cont="M" if more else "D", output=rows, **cursors)


def news(call: Call) -> Reply:
    """GET quotations/news-title (real): three demo headlines for a name, marked so; none without a name."""
    venue = call.exchange.venue
    now = venue.advance()
    listing = venue.market.listings.get(call.get("FID_INPUT_ISCD"))
    rows = []
    if listing is not None:
        for i, (title, code) in enumerate(_HEADLINES):
            at = now - timedelta(hours=i + 1)
            values = {
                "cntt_usiq_srno": f"{at:%Y%m%d%H}0000{i:05d}",
                "news_ofer_entp_code": "D",
                "data_dt": f"{at:%Y%m%d}",
                "data_tm": f"{at:%H}0000",
                "hts_pbnt_titl_cntt": f"{DEMO_LABEL} {title.format(name=listing.name)}",
                "news_lrdv_code": code,
                "dorg": "데모",
                "iscd1": listing.ticker,
                "kor_isnm1": listing.name,
            }
            rows.append(filled(NEWS_ROW, values, ""))
    return quotation(output=rows)
