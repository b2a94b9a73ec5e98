"""Keys of the calls about companies, indices, investors and reserved orders: data, in KIS's spelling and order.

Contract: tuples for `keys.filled`. Source: KIS reference and the official samples' column maps.
"""

from __future__ import annotations


def _names(text: str) -> tuple[str, ...]:
    return tuple(text.split())


# --- finance/* ------------------------------------------------------------------------------------------------------

BALANCE_SHEET = _names(
    "stac_yymm cras fxas total_aset flow_lblt fix_lblt total_lblt cpfn cfp_surp prfi_surp total_cptl"
)
INCOME_STATEMENT = _names(
    """stac_yymm sale_account sale_cost sale_totl_prfi depr_cost sell_mang bsop_prti bsop_non_ernn bsop_non_expn op_prfi
    spec_prfi spec_loss thtr_ntin"""
)
FINANCIAL_RATIO = _names("stac_yymm grs bsop_prfi_inrt ntin_inrt roe_val eps sps bps rsrv_rate lblt_rate")
PROFIT_RATIO = _names("stac_yymm cptl_ntin_rate self_cptl_ntin_inrt sale_ntin_rate sale_totl_rate")
OTHER_RATIO = _names("stac_yymm payout_rate eva ebitda ev_ebitda")
STABILITY_RATIO = _names("stac_yymm lblt_rate bram_depn crnt_rate quck_rate")
GROWTH_RATIO = _names("stac_yymm grs bsop_prfi_inrt equt_inrt totl_aset_inrt")

# --- opinions, estimates, dividends ---------------------------------------------------------------------------------

OPINION = _names(
    """stck_bsop_date invt_opnn invt_opnn_cls_code rgbf_invt_opnn rgbf_invt_opnn_cls_code mbcr_name hts_goal_prc
    stck_prdy_clpr stck_nday_esdg nday_dprt stft_esdg dprt"""
)
ESTIMATE_HEAD = _names("sht_cd item_kor_nm name1 name2 estdate rcmd_name capital forn_item_lmtrt")
ESTIMATE_ROW = _names("data1 data2 data3 data4 data5")
DIVIDEND = _names(
    """record_date sht_cd isin_name divi_kind face_val per_sto_divi_amt divi_rate stk_divi_rate divi_pay_dt
    stk_div_pay_dt odd_pay_dt stk_kind high_divi_gb"""
)

# --- indices --------------------------------------------------------------------------------------------------------

INDEX_PRICE = _names(
    """bstp_nmix_prpr bstp_nmix_prdy_vrss prdy_vrss_sign bstp_nmix_prdy_ctrt acml_vol prdy_vol acml_tr_pbmn
    prdy_tr_pbmn bstp_nmix_oprc prdy_nmix_vrss_nmix_oprc oprc_vrss_prpr_sign bstp_nmix_oprc_prdy_ctrt bstp_nmix_hgpr
    prdy_nmix_vrss_nmix_hgpr hgpr_vrss_prpr_sign bstp_nmix_hgpr_prdy_ctrt bstp_nmix_lwpr prdy_clpr_vrss_lwpr
    lwpr_vrss_prpr_sign prdy_clpr_vrss_lwpr_rate ascn_issu_cnt uplm_issu_cnt stnr_issu_cnt down_issu_cnt
    lslm_issu_cnt dryy_bstp_nmix_hgpr dryy_hgpr_vrss_prpr_rate dryy_bstp_nmix_hgpr_date dryy_bstp_nmix_lwpr
    dryy_lwpr_vrss_prpr_rate dryy_bstp_nmix_lwpr_date total_askp_rsqn total_bidp_rsqn seln_rsqn_rate shnu_rsqn_rate
    ntby_rsqn"""
)
INDEX_CHART_HEAD = _names(
    """bstp_nmix_prdy_vrss prdy_vrss_sign bstp_nmix_prdy_ctrt prdy_nmix acml_vol acml_tr_pbmn hts_kor_isnm
    bstp_nmix_prpr bstp_cls_code prdy_vol bstp_nmix_oprc bstp_nmix_hgpr bstp_nmix_lwpr futs_prdy_oprc futs_prdy_hgpr
    futs_prdy_lwpr"""
)
INDEX_CHART_ROW = _names(
    "stck_bsop_date bstp_nmix_prpr bstp_nmix_oprc bstp_nmix_hgpr bstp_nmix_lwpr acml_vol acml_tr_pbmn mod_yn"
)
INDEX_DAILY_HEAD = _names(
    """bstp_nmix_prpr bstp_nmix_prdy_vrss prdy_vrss_sign bstp_nmix_prdy_ctrt acml_vol acml_tr_pbmn bstp_nmix_oprc
    bstp_nmix_hgpr bstp_nmix_lwpr prdy_vol ascn_issu_cnt down_issu_cnt stnr_issu_cnt uplm_issu_cnt lslm_issu_cnt
    prdy_tr_pbmn dryy_bstp_nmix_hgpr_date dryy_bstp_nmix_hgpr dryy_bstp_nmix_lwpr dryy_bstp_nmix_lwpr_date"""
)
INDEX_DAILY_ROW = _names(
    """stck_bsop_date bstp_nmix_prpr prdy_vrss_sign bstp_nmix_prdy_vrss bstp_nmix_prdy_ctrt bstp_nmix_oprc
    bstp_nmix_hgpr bstp_nmix_lwpr acml_vol_rlim acml_vol acml_tr_pbmn invt_new_psdg d20_dsrt"""
)

# --- who traded -----------------------------------------------------------------------------------------------------

STOCK_INVESTORS_HEAD = _names("stck_prpr prdy_vrss prdy_vrss_sign prdy_ctrt acml_vol prdy_vol rprs_mrkt_kor_name")
# net amounts of these two are called …_vol, of the others …_qty
VOLUME_NETS = ("pe_fund", "etc_corp", "etc_orgt")
CLASSES = _names("frgn prsn orgn scrt ivtr pe_fund bank insu mrbn fund etc etc_corp etc_orgt")
STOCK_INVESTORS_ROW = (
    *_names(
        """stck_bsop_date stck_clpr prdy_vrss prdy_vrss_sign prdy_ctrt acml_vol acml_tr_pbmn stck_oprc stck_hgpr
        stck_lwpr"""
    ),
    *(f"{who}_ntby_{'vol' if who in VOLUME_NETS else 'qty'}" for who in CLASSES),
    *(f"{who}_ntby_tr_pbmn" for who in CLASSES),
    *(f"{who}_{what}" for who in CLASSES for what in ("seln_vol", "shnu_vol", "seln_tr_pbmn", "shnu_tr_pbmn")),
    *(f"frgn_{kind}_ntby_{what}" for kind in ("reg", "nreg") for what in ("qty", "pbmn")),
    *(
        f"frgn_{kind}_{side}_{what}"
        for kind in ("reg", "nreg")
        for side in ("askp", "bidp")
        for what in ("qty", "pbmn")
    ),
    "bold_yn",
)
FOREIGN_TOTAL = _names(
    """hts_kor_isnm mksc_shrn_iscd ntby_qty stck_prpr prdy_vrss_sign prdy_vrss prdy_ctrt acml_vol frgn_ntby_qty
    orgn_ntby_qty ivtr_ntby_qty bank_ntby_qty insu_ntby_qty mrbn_ntby_qty fund_ntby_qty etc_orgt_ntby_vol
    etc_corp_ntby_vol frgn_ntby_tr_pbmn orgn_ntby_tr_pbmn ivtr_ntby_tr_pbmn bank_ntby_tr_pbmn insu_ntby_tr_pbmn
    mrbn_ntby_tr_pbmn fund_ntby_tr_pbmn etc_orgt_ntby_tr_pbmn etc_corp_ntby_tr_pbmn"""
)
TREND = _names("bsop_hour_gb frgn_fake_ntby_qty orgn_fake_ntby_qty sum_fake_ntby_qty")
PROGRAM_DAY = _names(
    """stck_bsop_date stck_clpr prdy_vrss prdy_vrss_sign prdy_ctrt acml_vol acml_tr_pbmn whol_smtn_seln_vol
    whol_smtn_shnu_vol whol_smtn_ntby_qty whol_smtn_seln_tr_pbmn whol_smtn_shnu_tr_pbmn whol_smtn_ntby_tr_pbmn
    whol_ntby_vol_icdc whol_ntby_tr_pbmn_icdc2"""
)
PROGRAM = _names(
    """bsop_hour stck_prpr prdy_vrss prdy_vrss_sign prdy_ctrt acml_vol whol_smtn_seln_vol whol_smtn_shnu_vol
    whol_smtn_ntby_qty whol_smtn_seln_tr_pbmn whol_smtn_shnu_tr_pbmn whol_smtn_ntby_tr_pbmn whol_ntby_vol_icdc
    whol_ntby_tr_pbmn_icdc"""
)

# --- second quote, margin, reserved orders --------------------------------------------------------------------------

PRICE_2 = _names(
    """rprs_mrkt_kor_name new_hgpr_lwpr_cls_code mxpr_llam_cls_code crdt_able_yn stck_mxpr elw_pblc_yn
    prdy_clpr_vrss_oprc_rate crdt_rate marg_rate lwpr_vrss_prpr lwpr_vrss_prpr_sign prdy_clpr_vrss_lwpr_rate stck_lwpr
    hgpr_vrss_prpr hgpr_vrss_prpr_sign prdy_clpr_vrss_hgpr_rate stck_hgpr oprc_vrss_prpr oprc_vrss_prpr_sign
    mang_issu_yn divi_app_cls_code short_over_yn mrkt_warn_cls_code invt_caful_yn stange_runup_yn ssts_hot_yn
    low_current_yn vi_cls_code short_over_cls_code stck_llam new_lstn_cls_name vlnt_deal_cls_name flng_cls_name
    revl_issu_reas_name mrkt_warn_cls_name stck_sdpr bstp_cls_code stck_prdy_clpr insn_pbnt_yn fcam_mod_cls_name
    stck_prpr prdy_vrss prdy_vrss_sign prdy_ctrt acml_tr_pbmn acml_vol prdy_vrss_vol_rate bstp_kor_isnm sltr_yn
    trht_yn oprc_rang_cont_yn vlnt_fin_cls_code stck_oprc prdy_vol"""
)
_CASH = ("cash", "sbst", "evlu")
_FOREIGN = ("usd", "hkd", "jpy", "cny")
MARGIN = (
    *_names("acmga_rt acmga_pct100_aptm_rson"),
    *(f"stck_{what}_objt_amt" for what in _CASH),
    *_names("stck_ruse_psbl_objt_amt stck_fund_rpch_chgs_objt_amt stck_fncg_rdpt_objt_atm bond_ruse_psbl_objt_amt"),
    *(f"stck_{what}_use_amt" for what in _CASH),
    *_names(
        """stck_ruse_psbl_amt_use_amt stck_fund_rpch_chgs_use_amt stck_fncg_rdpt_amt_use_amt
        bond_ruse_psbl_amt_use_amt"""
    ),
    *(f"stck_{what}_ord_psbl_amt" for what in _CASH),
    *_names(
        """stck_ruse_psbl_ord_psbl_amt stck_fund_rpch_ord_psbl_amt bond_ruse_psbl_ord_psbl_amt rcvb_amt
        stck_loan_grta_ruse_psbl_amt"""
    ),
    *(f"stck_cash{rate}_max_ord_psbl_amt" for rate in (20, 30, 40, 50, 60, 100)),
    *_names("stck_rsip100_max_ord_psbl_amt bond_max_ord_psbl_amt"),
    *(f"stck_fncg{rate}_max_ord_psbl_amt" for rate in (45, 50, 60, 70)),
    *_names("stck_stln_max_ord_psbl_amt lmt_amt ovrs_stck_itgr_mgna_dvsn_name"),
    *(f"{money}_{what}" for money in _FOREIGN for what in ("objt_amt", "use_amt", "ord_psbl_amt")),
    *(f"{money}_ruse_{what}" for money in _FOREIGN for what in ("objt_amt", "amt", "ord_psbl_amt")),
    *(f"{money}_{what}_ord_psbl_amt" for money in _FOREIGN for what in ("gnrl", "itgr")),
    *(f"stck_itgr_cash{rate}_ord_psbl_amt" for rate in (20, 30, 40, 50, 60, 100)),
    "stck_itgr_100_ord_psbl_amt",
    *(f"stck_itgr_fncg{rate}_ord_psbl_amt" for rate in (45, 50, 60, 70)),
    *_names("stck_itgr_stln_ord_psbl_amt bond_itgr_ord_psbl_amt"),
    *(f"stck_{what}_ovrs_use_amt" for what in _CASH),
    *_names(
        """stck_re_use_amt_ovrs_use_amt stck_fund_rpch_ovrs_use_amt stck_fncg_rdpt_ovrs_use_amt
        bond_re_use_ovrs_use_amt"""
    ),
    *(f"{money}_oth_mket_use_amt" for money in ("usd", "jpy", "cny", "hkd")),
    *(f"{money}_re_use_oth_mket_use_amt" for money in ("usd", "jpy", "cny", "hkd")),
    "hgkg_cny_re_use_amt",
    *(f"{money}_frst_bltn_exrt" for money in _FOREIGN),
)
RESERVED = _names(
    """rsvn_ord_seq rsvn_ord_ord_dt rsvn_ord_rcit_dt pdno ord_dvsn_cd ord_rsvn_qty tot_ccld_qty cncl_ord_dt ord_tmd
    ctac_tlno rjct_rson2 odno rsvn_ord_rcit_tmd kor_item_shtn_name sll_buy_dvsn_cd ord_rsvn_unpr tot_ccld_amt loan_dt
    cncl_rcit_tmd prcs_rslt ord_dvsn_name tmnl_mdia_kind_cd rsvn_end_dt"""
)
