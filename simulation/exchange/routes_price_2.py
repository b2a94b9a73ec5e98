"""inquire-price-2: the quote once more, with distances and states spelt out. Real host only.

Contract: whatever it shares with inquire-price is the same at the same moment; an unknown symbol is rt_cd 0 with zeros.
"""

from __future__ import annotations

from simulation.exchange.bars import bars_of, previous_volume
from simulation.exchange.envelope import Reply, quotation
from simulation.exchange.figures import ratio, sign_of
from simulation.exchange.gateway import Call
from simulation.exchange.keys import filled
from simulation.exchange.keys_company import PRICE_2
from simulation.exchange.routes_quotes import asked_for


def price_2(call: Call) -> Reply:
    """GET quotations/inquire-price-2 (real), 54 keys: the same moment, with distances and states spelt out."""
    venue, ticker, quote = asked_for(call)
    if quote is None:
        return quotation(output=filled(PRICE_2, {}))
    listing = venue.market.listings[ticker]
    before = previous_volume(bars_of(venue, ticker, quote.day), quote.day)
    opened, high, low = (price or quote.last for price in (quote.open, quote.high, quote.low))
    blank = dict.fromkeys(
        (
            "new_hgpr_lwpr_cls_code",
            "new_lstn_cls_name",
            "vlnt_deal_cls_name",
            "flng_cls_name",
            "revl_issu_reas_name",
            "mrkt_warn_cls_name",
            "fcam_mod_cls_name",
            "short_over_cls_code",
            "vlnt_fin_cls_code",
        ),
        "",
    )
    no = (
        "short_over_yn",
        "invt_caful_yn",
        "stange_runup_yn",
        "ssts_hot_yn",
        "low_current_yn",
        "insn_pbnt_yn",
        "sltr_yn",
    )
    values: dict[str, object] = (
        blank
        | dict.fromkeys(no, "N")
        | {
            "rprs_mrkt_kor_name": "KOSPI200" if listing.kospi else "KOSDAQ",
            "mxpr_llam_cls_code": {"1": "1", "4": "2"}.get(quote.sign, "0"),
            "crdt_able_yn": "Y",
            "stck_mxpr": quote.band.upper,
            "elw_pblc_yn": "N",
            "prdy_clpr_vrss_oprc_rate": ratio(opened - quote.base, quote.base),
            "crdt_rate": "0.00",
            "marg_rate": "20.00",
            "lwpr_vrss_prpr": quote.last - low,
            "lwpr_vrss_prpr_sign": sign_of(quote.last - low),
            "prdy_clpr_vrss_lwpr_rate": ratio(low - quote.base, quote.base),
            "stck_lwpr": quote.low,
            "hgpr_vrss_prpr": quote.last - high,
            "hgpr_vrss_prpr_sign": sign_of(quote.last - high),
            "prdy_clpr_vrss_hgpr_rate": ratio(high - quote.base, quote.base),
            "stck_hgpr": quote.high,
            "oprc_vrss_prpr": quote.last - opened,
            "oprc_vrss_prpr_sign": sign_of(quote.last - opened),
            "mang_issu_yn": "Y" if listing.instrument.status == "managed" else "N",
            "divi_app_cls_code": "0",
            "mrkt_warn_cls_code": listing.warning,
            "vi_cls_code": "Y" if quote.interrupted else "N",
            "stck_llam": quote.band.lower,
            "stck_sdpr": quote.base,
            "bstp_cls_code": "0001" if listing.kospi else "1001",
            "stck_prdy_clpr": quote.base,
            "stck_prpr": quote.last,
            "prdy_vrss": quote.change,
            "prdy_vrss_sign": quote.sign,
            "prdy_ctrt": ratio(quote.change, quote.base),
            "acml_tr_pbmn": quote.value,
            "acml_vol": quote.volume,
            "prdy_vrss_vol_rate": ratio(quote.volume, before),
            "bstp_kor_isnm": listing.instrument.sector,
            "trht_yn": "Y" if quote.halted or listing.state == "58" else "N",
            "oprc_rang_cont_yn": "N",
            "stck_oprc": quote.open,
            "prdy_vol": before,
        }
    )
    return quotation(output=filled(PRICE_2, values))
