"""Keys of the answers about single prints, members, the evening's single prices and funds, in KIS's order. Data.

Contract: as `keys`. The order is that of public clients' models of KIS's documents, not checked against an answer.
"""

from __future__ import annotations


def _names(text: str) -> tuple[str, ...]:
    return tuple(text.split())


PRINTS_HEAD = _names("stck_prpr prdy_vrss prdy_vrss_sign prdy_ctrt acml_vol prdy_vol rprs_mrkt_kor_name")
PRINTS_ROW = _names("stck_cntg_hour stck_prpr prdy_vrss prdy_vrss_sign prdy_ctrt askp bidp tday_rltv acml_vol cnqn")

VOLUMES_HEAD = _names("shnu_cnqn_smtn seln_cnqn_smtn")
VOLUMES_ROW = _names("stck_bsop_date total_seln_qty total_shnu_qty")

_EVENING = """ovtm_untp_prpr ovtm_untp_prdy_vrss ovtm_untp_prdy_vrss_sign ovtm_untp_prdy_ctrt ovtm_untp_vol
    ovtm_untp_tr_pbmn ovtm_untp_mxpr ovtm_untp_llam ovtm_untp_oprc ovtm_untp_hgpr ovtm_untp_lwpr
    ovtm_untp_antc_cnpr ovtm_untp_antc_cntg_vrss ovtm_untp_antc_cntg_vrss_sign ovtm_untp_antc_cntg_ctrt
    ovtm_untp_antc_vol"""
EVENING_DAYS_HEAD = _names(_EVENING)
EVENING_PRINTS_HEAD = _names(f"{_EVENING} uplm_sign lslm_sign")
EVENING_PRINTS_ROW = _names("stck_cntg_hour stck_prpr prdy_vrss prdy_vrss_sign prdy_ctrt askp bidp acml_vol cntg_vol")
EVENING_DAYS_ROW = _names(
    """stck_bsop_date ovtm_untp_prpr ovtm_untp_prdy_vrss ovtm_untp_prdy_vrss_sign ovtm_untp_prdy_ctrt ovtm_untp_vol
    stck_clpr prdy_vrss prdy_vrss_sign prdy_ctrt acml_vol ovtm_untp_tr_pbmn"""
)

_PER_MEMBER = ("seln_mbcr_no", "seln_mbcr_name", "total_seln_qty", "seln_mbcr_rlim", "seln_qty_icdc")
_FIVE = tuple(str(i) for i in range(1, 6))
MEMBERS = (
    *(name + i for name in _PER_MEMBER for i in _FIVE),
    *(name.replace("seln", "shnu") + i for name in _PER_MEMBER for i in _FIVE),
    *_names("glob_total_seln_qty glob_seln_rlim glob_ntby_qty glob_total_shnu_qty glob_shnu_rlim"),
    *(f"{side}_mbcr_glob_yn_{i}" for side in ("seln", "shnu") for i in _FIVE),
    *_names("glob_total_seln_qty_icdc glob_total_shnu_qty_icdc"),
)

INDEX_MINUTE_ROW = _names(
    """stck_bsop_date stck_cntg_hour bstp_nmix_prpr bstp_nmix_oprc bstp_nmix_hgpr bstp_nmix_lwpr cntg_vol
    acml_tr_pbmn"""
)
INDEX_TIME_ROW = _names(
    """bsop_hour bstp_nmix_prpr bstp_nmix_prdy_vrss prdy_vrss_sign bstp_nmix_prdy_ctrt acml_tr_pbmn acml_vol
    cntg_vol"""
)

CATEGORY_ROW = _names(
    """bstp_cls_code hts_kor_isnm bstp_nmix_prpr bstp_nmix_prdy_vrss prdy_vrss_sign bstp_nmix_prdy_ctrt acml_vol
    acml_tr_pbmn acml_vol_rlim acml_tr_pbmn_rlim"""
)

FUND = _names(
    """stck_prpr prdy_vrss_sign prdy_vrss prdy_ctrt acml_vol prdy_vol stck_mxpr stck_llam stck_prdy_clpr stck_oprc
    prdy_clpr_vrss_oprc_rate stck_hgpr prdy_clpr_vrss_hgpr_rate stck_lwpr prdy_clpr_vrss_lwpr_rate prdy_last_nav nav
    nav_prdy_vrss nav_prdy_vrss_sign nav_prdy_ctrt trc_errt stck_sdpr stck_sspr nmix_ctrt etf_crcl_stcn etf_ntas_ttam
    etf_frcr_ntas_ttam frgn_limt_rate frgn_oder_able_qty etf_cu_unit_scrt_cnt etf_cnfg_issu_cnt etf_dvdn_cycl crcd
    etf_crcl_ntas_ttam etf_frcr_crcl_ntas_ttam etf_frcr_last_ntas_wrth_val lp_oder_able_cls_code stck_dryy_hgpr
    dryy_hgpr_vrss_prpr_rate dryy_hgpr_date stck_dryy_lwpr dryy_lwpr_vrss_prpr_rate dryy_lwpr_date bstp_kor_isnm
    vi_cls_code lstn_stcn frgn_hldn_qty frgn_hldn_qty_rate etf_trc_ert_mltp dprt mbcr_name stck_lstn_date mtrt_date
    shrg_type_code lp_hldn_rate etf_trgt_nmix_bstp_code etf_div_name etf_rprs_bstp_kor_isnm lp_hldn_vol"""
)
