"""TR ids, paths, methods, needed fields and environments of every call served: one table.

Contract: `resolve(method, path, tr_id, env)` names the operation or raises the gateway's error; the id decides, the
path has to be one that exists beside it. Old ids live beside new ones. A call with no paper ids does not exist on the
paper host: its real id is EGW02006 there and its V… id 90000000. `needs` are the fields without which the call is
OPSQ2001. `table_page` is the table as documentation.
Source: KIS reference of 2026-09-11; quotation ids are the same on both hosts.
"""

from __future__ import annotations

from dataclasses import dataclass

from simulation.exchange.config import Environment
from simulation.exchange.envelope import GatewayError, Reply

PREFIX = "/uapi/domestic-stock/v1/"
OVERSEAS = "/uapi/overseas-stock/v1/trading/"
FUNDS = "/uapi/etfetn/v1/quotations/"
ACCOUNT = ("CANO", "ACNT_PRDT_CD")
NAME = ("FID_INPUT_ISCD",)


@dataclass(frozen=True, slots=True)
class Tr:
    """One operation. `path` is below PREFIX unless it starts with /; `old` are ids that show KRX orders only."""

    operation: str
    method: str
    path: str
    real: tuple[str, ...]
    paper: tuple[str, ...]
    old: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()

    @property
    def full_path(self) -> str:
        return self.path if self.path.startswith("/") else PREFIX + self.path

    @property
    def folder(self) -> str:
        return self.full_path.rpartition("/")[0]


def paper_id(tr_id: str) -> str:
    """What an order or account id is called on paper: V for its T, J or C."""
    return "V" + tr_id[1:]


def _ledger(
    operation: str,
    method: str,
    path: str,
    *real: str,
    paper: bool = True,
    old: tuple[str, ...] = (),
    needs: tuple[str, ...] = (),
) -> Tr:
    """Order and account ids start with T, J or C on real and with V on paper."""
    where = path if path.startswith("/") else f"trading/{path}"
    there = tuple(paper_id(tr_id) for tr_id in real) if paper else ()
    return Tr(operation, method, where, real, there, old, (*ACCOUNT, *needs))


def _quote(operation: str, path: str, tr_id: str, *, paper: bool = False, needs: tuple[str, ...] = NAME) -> Tr:
    where = path if "/" in path else f"quotations/{path}"
    return Tr(operation, "GET", where, (tr_id,), (tr_id,) if paper else (), needs=needs)


_ORDER = ("PDNO", "ORD_DVSN", "ORD_QTY")
_CREDIT = (*_ORDER, "CRDT_TYPE", "LOAN_DT")
_RESERVE = ("PDNO", "ORD_QTY", "SLL_BUY_DVSN_CD", "ORD_DVSN_CD", "ORD_OBJT_CBLC_DVSN_CD")
_SPAN = ("INQR_STRT_DT", "INQR_END_DT")
_DATES = (*NAME, "FID_INPUT_DATE_1", "FID_INPUT_DATE_2")
_TO_DATE = (*NAME, "FID_INPUT_DATE_1")

TABLE: tuple[Tr, ...] = (
    _ledger("buy", "POST", "order-cash", "TTTC0012U", "TTTC0802U", needs=_ORDER),
    _ledger("sell", "POST", "order-cash", "TTTC0011U", "TTTC0801U", needs=_ORDER),
    _ledger("change", "POST", "order-rvsecncl", "TTTC0013U", "TTTC0803U", needs=("ORGN_ODNO", "RVSE_CNCL_DVSN_CD")),
    _ledger("cancelable", "GET", "inquire-psbl-rvsecncl", "TTTC0084R", "TTTC8036R", paper=False, old=("TTTC8036R",)),
    _ledger("balance", "GET", "inquire-balance", "TTTC8434R"),
    _ledger("buying_power", "GET", "inquire-psbl-order", "TTTC8908R", needs=("PDNO",)),
    _ledger("sellable", "GET", "inquire-psbl-sell", "TTTC8408R", paper=False, needs=("PDNO",)),
    _ledger(
        "executions", "GET", "inquire-daily-ccld", "TTTC0081R", "TTTC8001R", old=("TTTC8001R", "VTTC8001R"), needs=_SPAN
    ),
    _ledger(
        "old_executions",
        "GET",
        "inquire-daily-ccld",
        "CTSC9215R",
        "CTSC9115R",
        old=("CTSC9115R", "VTSC9115R"),
        needs=_SPAN,
    ),
    _ledger("realised", "GET", "inquire-balance-rlz-pl", "TTTC8494R", paper=False),
    _ledger("profit_by_day", "GET", "inquire-period-profit", "TTTC8708R", paper=False, needs=_SPAN),
    _ledger("profit_by_trade", "GET", "inquire-period-trade-profit", "TTTC8715R", paper=False, needs=_SPAN),
    _ledger("assets", "GET", "inquire-account-balance", "CTRP6548R", paper=False),
    _ledger("rights", "GET", "period-rights", "CTRGA011R", paper=False, needs=_SPAN),
    _ledger("margin", "GET", "intgr-margin", "TTTC0869R", paper=False),
    _ledger("credit_buy", "POST", "order-credit", "TTTC0052U", paper=False, needs=_CREDIT),
    _ledger("credit_sell", "POST", "order-credit", "TTTC0051U", paper=False, needs=_CREDIT),
    _ledger("credit_power", "GET", "inquire-credit-psamount", "TTTC8909R", paper=False, needs=("PDNO", "CRDT_TYPE")),
    _ledger("reserve", "POST", "order-resv", "CTSC0008U", paper=False, needs=_RESERVE),
    _ledger("reserve_cancel", "POST", "order-resv-rvsecncl", "CTSC0009U", paper=False, needs=("RSVN_ORD_SEQ",)),
    _ledger(
        "reserve_revise", "POST", "order-resv-rvsecncl", "CTSC0013U", paper=False, needs=("RSVN_ORD_SEQ", *_RESERVE)
    ),
    _ledger(
        "reserved", "GET", "order-resv-ccnl", "CTSC0004R", paper=False, needs=("RSVN_ORD_ORD_DT", "RSVN_ORD_END_DT")
    ),
    _quote("price", "inquire-price", "FHKST01010100", paper=True),
    _quote("price_2", "inquire-price-2", "FHPST01010000"),
    _quote("asking", "inquire-asking-price-exp-ccn", "FHKST01010200", paper=True),
    _quote("chart", "inquire-daily-itemchartprice", "FHKST03010100", paper=True, needs=_DATES),
    _quote("daily", "inquire-daily-price", "FHKST01010400", paper=True),
    _quote("minutes", "inquire-time-itemchartprice", "FHKST03010200", paper=True),
    _quote("trades", "inquire-ccnl", "FHKST01010300", paper=True),
    _quote("prints", "inquire-time-itemconclusion", "FHPST01060000", paper=True),
    _quote("evening_prints", "inquire-time-overtimeconclusion", "FHPST02310000", paper=True),
    _quote("evening_days", "inquire-daily-overtimeprice", "FHPST02320000", paper=True),
    _quote("members", "inquire-member", "FHKST01010600", paper=True),
    # some clients ask for a fund on the stocks' path: its id belongs to both folders
    _quote("fund", "inquire-price", "FHPST02400000", paper=True),
    _quote("fund", FUNDS + "inquire-price", "FHPST02400000", paper=True),
    _quote("past_minutes", "inquire-time-dailychartprice", "FHKST03010230", needs=_TO_DATE),
    _quote("investors", "inquire-investor", "FHKST01010900", paper=True),
    _quote("stock_investors", "investor-trade-by-stock-daily", "FHPTJ04160001", needs=_TO_DATE),
    _quote("foreign_total", "foreign-institution-total", "FHPTJ04400000"),
    _quote("trend_estimate", "investor-trend-estimate", "HHPTJ04160200", needs=("MKSC_SHRN_ISCD",)),
    _quote("programmes", "program-trade-by-stock", "FHPPG04650101"),
    _quote("programme_days", "program-trade-by-stock-daily", "FHPPG04650201"),
    _quote("trade_volumes", "inquire-daily-trade-volume", "FHKST03010800", needs=_DATES),
    _quote("market_cap", "ranking/market-cap", "FHPST01740000", needs=()),
    _quote("fluctuation", "ranking/fluctuation", "FHPST01700000", needs=()),
    _quote("volume_rank", "volume-rank", "FHPST01710000", needs=()),
    _quote("multi", "intstock-multprice", "FHKST11300006", needs=("FID_INPUT_ISCD_1",)),
    _quote("info", "search-info", "CTPF1604R", paper=True, needs=("PDNO",)),
    _quote("stock_info", "search-stock-info", "CTPF1002R", paper=True, needs=("PDNO",)),
    _quote("vi_status", "inquire-vi-status", "FHPST01390000", needs=()),
    _quote("market_time", "market-time", "HHMCM000002C0", needs=()),
    _quote("holidays", "chk-holiday", "CTCA0903R", needs=("BASS_DT",)),
    _quote("news", "news-title", "FHKST01011800", needs=()),
    _quote("index_price", "inquire-index-price", "FHPUP02100000"),
    _quote("index_categories", "inquire-index-category-price", "FHPUP02140000"),
    _quote("index_minutes", "inquire-time-indexchartprice", "FHKUP03500200"),
    _quote("index_times", "inquire-index-timeprice", "FHPUP02110200"),
    _quote("index_daily", "inquire-index-daily-price", "FHPUP02120000", needs=_TO_DATE),
    _quote("index_chart", "inquire-daily-indexchartprice", "FHKUP03500100", paper=True, needs=_DATES),
    _quote("balance_sheet", "finance/balance-sheet", "FHKST66430100"),
    _quote("income_statement", "finance/income-statement", "FHKST66430200"),
    _quote("financial_ratio", "finance/financial-ratio", "FHKST66430300"),
    _quote("profit_ratio", "finance/profit-ratio", "FHKST66430400"),
    _quote("other_ratios", "finance/other-major-ratios", "FHKST66430500"),
    _quote("stability_ratio", "finance/stability-ratio", "FHKST66430600"),
    _quote("growth_ratio", "finance/growth-ratio", "FHKST66430800"),
    _quote("opinions", "invest-opinion", "FHKST663300C0", needs=_DATES),
    _quote("estimates", "estimate-perform", "HHKST668300C0", needs=("SHT_CD",)),
    _quote("dividends", "ksdinfo/dividend", "HHKDB669102C0", needs=("F_DT", "T_DT")),
    # clients that read the whole balance ask for bonds and the overseas part too; every account here has none
    _ledger("no_bonds", "GET", "/uapi/domestic-bond/v1/trading/inquire-balance", "CTSC8407R", paper=False),
    _ledger("no_overseas_present", "GET", OVERSEAS + "inquire-present-balance", "CTRP6504R"),
    _ledger("no_overseas", "GET", OVERSEAS + "inquire-balance", "TTTS3012R"),
    _ledger("no_overseas", "GET", OVERSEAS + "inquire-ccnl", "TTTS3035R"),
    _ledger("no_overseas", "GET", OVERSEAS + "inquire-nccs", "TTTS3018R", paper=False),
    _ledger("no_overseas_profit", "GET", OVERSEAS + "inquire-period-profit", "TTTS3039R", paper=False),
)

PAPER_NOT_OFFERED = Reply({"rt_cd": "1", "msg_cd": "90000000", "msg1": "모의투자에서는 해당업무가 제공되지 않습니다."})


class NotOffered(Exception):
    """A paper id of something the paper host knows by name but does not do (VTTC8036R): HTTP 200, 90000000."""


_PATHS = {(tr.method, tr.full_path) for tr in TABLE}
_REAL = {tr_id for tr in TABLE for tr_id in tr.real}
_PAPER = {tr_id for tr in TABLE for tr_id in tr.paper}
# ids that only the other host has; a real-only id's V… form is nobody's, but both hosts know what it stands for
_PAPER_ONLY = {paper_id(tr_id) for tr_id in _REAL if tr_id[0] in "TJC"} - _REAL
_REAL_ONLY = _REAL - _PAPER


def resolve(method: str, path: str, tr_id: str, env: Environment) -> Tr:
    """The operation a request asks for."""
    if (method, path) not in _PATHS:
        raise GatewayError("EGW00300")
    real = env is Environment.REAL
    served = [tr for tr in TABLE if tr.method == method and tr_id in (tr.real if real else tr.paper)]
    # a public client of 2022 asks for buying power on the executions' path: the id decides among calls of one folder
    near = [tr for tr in served if tr.folder == path.rpartition("/")[0]]
    if near:
        return next((tr for tr in near if tr.full_path == path), near[0])
    if real and tr_id in _PAPER_ONLY:
        raise GatewayError("EGW02004")
    if not real and tr_id in _REAL_ONLY:
        raise GatewayError("EGW02006")
    if not real and tr_id in _PAPER_ONLY - _PAPER:
        raise NotOffered
    raise GatewayError("OPSQ0002")


def table_page() -> str:
    """The table for people: one Markdown row a path."""
    lines = ["| call | real ids | paper ids | needed fields |", "| --- | --- | --- | --- |"]
    for tr in TABLE:
        where = f"{tr.method} {tr.path.removeprefix('/uapi/')}"
        ids, there = (" ".join(f"`{tr_id}`" for tr_id in found) for found in (tr.real, tr.paper))
        lines.append(f"| {where} | {ids} | {there or 'not offered'} | {' '.join(tr.needs) or '–'} |")
    return "\n".join(lines)
