"""TR ids, paths and methods of every call served: one table.

Contract: `resolve(method, path, tr_id, env)` names the operation or raises the gateway's error. Old ids live beside
new ones. A call with no paper ids does not exist on the paper host.
Source: KIS reference of 2026-09-11; quotation ids are the same on both hosts.
"""

from __future__ import annotations

from dataclasses import dataclass

from simulation.exchange.config import Environment
from simulation.exchange.envelope import GatewayError, Reply

PREFIX = "/uapi/domestic-stock/v1/"
OVERSEAS = "/uapi/overseas-stock/v1/trading/"


@dataclass(frozen=True, slots=True)
class Tr:
    """One operation. `path` is below PREFIX unless it starts with /; `old` are ids that show KRX orders only."""

    operation: str
    method: str
    path: str
    real: tuple[str, ...]
    paper: tuple[str, ...]
    old: tuple[str, ...] = ()

    @property
    def full_path(self) -> str:
        return self.path if self.path.startswith("/") else PREFIX + self.path


def _ledger(operation: str, method: str, path: str, *real: str, paper: bool = True, old: tuple[str, ...] = ()) -> Tr:
    """Order and account ids start with T, J or C on real and with V on paper."""
    return Tr(operation, method, path, real, tuple("V" + tr_id[1:] for tr_id in real) if paper else (), old)


def _quote(operation: str, path: str, tr_id: str, *, paper: bool = True) -> Tr:
    return Tr(operation, "GET", f"quotations/{path}", (tr_id,), (tr_id,) if paper else ())


TABLE: tuple[Tr, ...] = (
    _ledger("buy", "POST", "trading/order-cash", "TTTC0012U", "TTTC0802U"),
    _ledger("sell", "POST", "trading/order-cash", "TTTC0011U", "TTTC0801U"),
    _ledger("change", "POST", "trading/order-rvsecncl", "TTTC0013U", "TTTC0803U"),
    _ledger(
        "cancelable", "GET", "trading/inquire-psbl-rvsecncl", "TTTC0084R", "TTTC8036R", paper=False, old=("TTTC8036R",)
    ),
    _ledger("balance", "GET", "trading/inquire-balance", "TTTC8434R"),
    _ledger("buying_power", "GET", "trading/inquire-psbl-order", "TTTC8908R"),
    _ledger("sellable", "GET", "trading/inquire-psbl-sell", "TTTC8408R", paper=False),
    _ledger(
        "executions",
        "GET",
        "trading/inquire-daily-ccld",
        "TTTC0081R",
        "TTTC8001R",
        "CTSC9215R",
        "CTSC9115R",
        old=("TTTC8001R", "VTTC8001R", "CTSC9115R", "VTSC9115R"),
    ),
    _ledger("realised", "GET", "trading/inquire-balance-rlz-pl", "TTTC8494R", paper=False),
    _ledger("profit_by_day", "GET", "trading/inquire-period-profit", "TTTC8708R", paper=False),
    _ledger("profit_by_trade", "GET", "trading/inquire-period-trade-profit", "TTTC8715R", paper=False),
    _ledger("assets", "GET", "trading/inquire-account-balance", "CTRP6548R", paper=False),
    _quote("price", "inquire-price", "FHKST01010100"),
    _quote("asking", "inquire-asking-price-exp-ccn", "FHKST01010200"),
    _quote("chart", "inquire-daily-itemchartprice", "FHKST03010100"),
    _quote("daily", "inquire-daily-price", "FHKST01010400"),
    _quote("minutes", "inquire-time-itemchartprice", "FHKST03010200"),
    _quote("trades", "inquire-ccnl", "FHKST01010300"),
    _quote("past_minutes", "inquire-time-dailychartprice", "FHKST03010230", paper=False),
    _quote("investors", "inquire-investor", "FHKST01010900"),
    Tr("market_cap", "GET", "ranking/market-cap", ("FHPST01740000",), ()),
    Tr("fluctuation", "GET", "ranking/fluctuation", ("FHPST01700000",), ()),
    _quote("multi", "intstock-multprice", "FHKST11300006", paper=False),
    _quote("info", "search-info", "CTPF1604R"),
    _quote("stock_info", "search-stock-info", "CTPF1002R"),
    _quote("vi_status", "inquire-vi-status", "FHPST01390000", paper=False),
    _quote("market_time", "market-time", "HHMCM000002C0", paper=False),
    _quote("holidays", "chk-holiday", "CTCA0903R", paper=False),
    _quote("news", "news-title", "FHKST01011800", paper=False),
    _quote("volume_rank", "volume-rank", "FHPST01710000", paper=False),
    # clients that read the whole balance ask for the overseas part too; every account here has none
    _ledger("no_overseas", "GET", OVERSEAS + "inquire-present-balance", "CTRP6504R"),
    _ledger("no_overseas", "GET", OVERSEAS + "inquire-balance", "TTTS3012R"),
    _ledger("no_overseas", "GET", OVERSEAS + "inquire-ccnl", "TTTS3035R"),
    _ledger("no_overseas", "GET", OVERSEAS + "inquire-nccs", "TTTS3018R", paper=False),
)

PAPER_NOT_OFFERED = Reply({"rt_cd": "1", "msg_cd": "90000000", "msg1": "모의투자에서는 해당업무가 제공되지 않습니다."})


class NotOffered(Exception):
    """A paper id of something the paper host knows by name but does not do (VTTC8036R): HTTP 200, 90000000."""


_PATHS = {(tr.method, tr.full_path) for tr in TABLE}


def resolve(method: str, path: str, tr_id: str, env: Environment) -> Tr:
    """The operation a request asks for."""
    if (method, path) not in _PATHS:
        raise GatewayError("EGW00300")
    here = [tr for tr in TABLE if tr.method == method and tr.full_path == path]
    for tr in here:
        if tr_id in (tr.real if env is Environment.REAL else tr.paper):
            return tr
    if env is Environment.REAL and any(tr_id in tr.paper for tr in TABLE):
        raise GatewayError("EGW02004")
    if env is Environment.PAPER:
        if any(tr_id in tr.real for tr in TABLE):
            raise GatewayError("EGW02006")
        if any(tr_id == "V" + name[1:] for tr in TABLE for name in tr.real):
            raise NotOffered
    if env is Environment.REAL and any(tr_id == "V" + name[1:] for tr in TABLE for name in tr.real):
        raise GatewayError("EGW02004")
    raise GatewayError("OPSQ0002")
