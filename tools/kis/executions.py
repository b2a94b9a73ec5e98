"""The broker's own list of orders: what the reconciliation of an UNKNOWN and the book are built on.

Contract: `executions` is complete or raises. Rows come oldest first, so that orders placed while we page appear
at the end instead of shifting a page. `inconclusive` marks an answer that proves no absence: KIS paper may answer
70070000 with no rows although orders exist. Quantities are shares, amounts won, `average_price` Decimal.
Sources: inquire-daily-ccld TTTC0081R (last three months) and CTSC9215R (older), inquire-psbl-rvsecncl TTTC0084R
(not on paper).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from domain.orders.types import Side
from tools.kis.budget import Priority
from tools.kis.environment import EnvironmentName, Feature
from tools.kis.errors import ReadFailed
from tools.kis.fields import Row, at_kst, compact, parse_time, row, rows
from tools.kis.orders import BrokerOrder
from tools.kis.rest import Page, Rest

_RECENT = timedelta(days=89)  # "three months" at its shortest
_NOTHING_TO_SHOW = "70070000"


@dataclass(frozen=True, slots=True)
class OrderRow:
    """One order as the broker counts it. A revision or cancellation is a row of its own with `original`."""

    order: BrokerOrder
    original: int | None
    ticker: str
    name: str
    side: Side
    type_code: str  # ORD_DVSN
    type_name: str
    quantity: int
    price: int
    filled: int
    filled_amount: int | None
    average_price: Decimal | None
    remaining: int
    cancelled: int | None
    rejected: int | None
    is_cancelled: bool
    ordered_at: datetime
    entry: str = ""  # who keyed it in, in the broker's undocumented words: only good for "as ours" or "not as ours"

    @property
    def key(self) -> tuple[date, str, int]:
        """(KST trade date, branch, number): the broker order key without environment and account."""
        return (self.ordered_at.date(), self.order.branch, self.order.number)


@dataclass(frozen=True, slots=True)
class Executions:
    """`duplicated` are keys that came more than once; the last answer was kept."""

    rows: tuple[OrderRow, ...]
    inconclusive: bool
    duplicated: tuple[tuple[date, str, int], ...]
    total_ordered: int | None
    total_filled: int | None
    total_amount: int | None
    asked_at: datetime


@dataclass(frozen=True, slots=True)
class OpenOrder:
    order: BrokerOrder
    original: int | None
    ticker: str
    name: str
    side: Side
    type_code: str
    quantity: int
    price: int
    filled: int
    cancellable: int
    time: str  # HHMMSS KST


class OrderList:
    def __init__(self, rest: Rest) -> None:
        self._rest = rest

    async def executions(
        self,
        start: date,
        end: date,
        *,
        ticker: str = "",
        side: Side | None = None,
        priority: Priority = Priority.RECONCILE,
    ) -> Executions:
        """Orders of the trade dates start..end, both on the same side of three months ago."""
        asked_at = self._rest.market.now()
        tr_id = "TTTC0081R" if start >= asked_at.date() - _RECENT else "CTSC9215R"
        params = {
            **self._rest.account(),
            "INQR_STRT_DT": compact(start),
            "INQR_END_DT": compact(end),
            "SLL_BUY_DVSN_CD": {None: "00", Side.SELL: "01", Side.BUY: "02"}[side],
            "PDNO": ticker,
            "CCLD_DVSN": "00",
            "INQR_DVSN": "01",
            "INQR_DVSN_3": "00",
            "ORD_GNO_BRNO": "",
            "ODNO": "",
            "INQR_DVSN_1": "",
            "EXCG_ID_DVSN_CD": "ALL" if self._rest.environment.real_tr_ids else "KRX",
        }
        pages = [
            page async for page in self._rest.pages("/trading/inquire-daily-ccld", tr_id, params, priority=priority)
        ]
        on_paper = self._rest.environment.name is EnvironmentName.PAPER
        return parse_executions(pages, asked_at, may_hide=on_paper)

    async def open_orders(self, *, priority: Priority = Priority.RECONCILE) -> tuple[OpenOrder, ...]:
        """What may still be revised or cancelled. Raises NotOffered on paper: the substitute is our own ledger."""
        self._rest.need(Feature.OPEN_ORDERS)
        params = {**self._rest.account(), "INQR_DVSN_1": "0", "INQR_DVSN_2": "0"}
        found: dict[BrokerOrder, OpenOrder] = {}
        async for page in self._rest.pages("/trading/inquire-psbl-rvsecncl", "TTTC0084R", params, priority=priority):
            for item in rows(page.body, "output", "output1"):
                order = parse_open_order(item)
                found[order.order] = order
        return tuple(found.values())


def parse_executions(pages: list[Page], asked_at: datetime, *, may_hide: bool) -> Executions:
    """One list from its pages. `may_hide`: the environment is known to leave rows out."""
    found, duplicated = _by_key(parse_order_row(item) for page in pages for item in rows(page.body, "output1"))
    summary = Row({})
    for page in pages:
        summary = row(page.body, "output2") or summary
    ordered = summary.integer("tot_ord_qty")
    shown = sum(item.quantity for item in found)
    nothing = not found and any(page.code == _NOTHING_TO_SHOW for page in pages)
    return Executions(
        rows=tuple(found),
        inconclusive=nothing or (may_hide and not found) or (not shown and bool(ordered)),
        duplicated=duplicated,
        total_ordered=ordered,
        total_filled=summary.integer("tot_ccld_qty"),
        total_amount=summary.integer("tot_ccld_amt"),
        asked_at=asked_at,
    )


def _by_key(items: Iterable[OrderRow]) -> tuple[list[OrderRow], tuple[tuple[date, str, int], ...]]:
    found: dict[tuple[date, str, int], OrderRow] = {}
    duplicated: list[tuple[date, str, int]] = []
    for item in items:
        if item.key in found:
            duplicated.append(item.key)
        found[item.key] = item
    return list(found.values()), tuple(dict.fromkeys(duplicated))


def parse_order_row(item: Row) -> OrderRow:
    quantity, filled = item.need_integer("ord_qty"), item.integer("tot_ccld_qty") or 0
    cancelled, rejected = item.integer("cncl_cfrm_qty", "cnc_cfrm_qty"), item.integer("rjct_qty")
    remaining = item.integer("rmn_qty")
    if remaining is None:
        remaining = max(0, quantity - filled - (cancelled or 0) - (rejected or 0))
    day = item.day("ord_dt")
    if day is None:
        raise ReadFailed("expected ord_dt in the order list, was empty")
    return OrderRow(
        order=BrokerOrder(item.text("ord_gno_brno") or "", item.need_integer("odno")),
        original=_number(item.text("orgn_odno")),
        ticker=item.need("pdno"),
        name=item.text("prdt_name") or "",
        side=_side(item.need("sll_buy_dvsn_cd")),
        type_code=item.text("ord_dvsn_cd") or "",
        type_name=item.text("sll_buy_dvsn_cd_name") or "",
        quantity=quantity,
        price=item.integer("ord_unpr") or 0,
        filled=filled,
        filled_amount=item.integer("tot_ccld_amt"),
        average_price=item.decimal("avg_prvs"),
        remaining=remaining,
        cancelled=cancelled,
        rejected=rejected,
        is_cancelled=bool(item.flag("cncl_yn")),
        ordered_at=at_kst(day, parse_time(item.need("ord_tmd"))),
        entry=f"{item.text('ordr_empno') or ''}/{item.text('cpbc_ordp_ord_rcit_dvsn_cd') or ''}".strip("/"),
    )


def parse_open_order(item: Row) -> OpenOrder:
    return OpenOrder(
        order=BrokerOrder(item.text("ord_gno_brno") or "", item.need_integer("odno")),
        original=_number(item.text("orgn_odno")),
        ticker=item.need("pdno"),
        name=item.text("prdt_name") or "",
        side=_side(item.need("sll_buy_dvsn_cd")),
        type_code=item.text("ord_dvsn_cd") or "",
        quantity=item.need_integer("ord_qty"),
        price=item.integer("ord_unpr") or 0,
        filled=item.integer("tot_ccld_qty") or 0,
        cancellable=item.need_integer("psbl_qty"),
        time=item.text("ord_tmd") or "",
    )


def _number(text: str | None) -> int | None:
    return (int(text) or None) if text is not None and text.isdigit() else None


def _side(code: str) -> Side:
    if code in ("01", "02"):
        return Side.SELL if code == "01" else Side.BUY
    raise ReadFailed(f"expected sll_buy_dvsn_cd 01 or 02, was {code[:4]!r}")
