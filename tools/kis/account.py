"""What the account holds and may do: balance, buying power, sellable quantity. Won and shares; average price Decimal.

`settled_cash` (prvs_rcdl_excc_amt, D+2) is the money really left; `deposit` (dnca_tot_amt) does not subtract
unsettled buys. Rows with quantity 0 are names sold within the last two days: they are kept, flagged by quantity.
Sources: inquire-balance TTTC8434R, inquire-psbl-order TTTC8908R, inquire-psbl-sell TTTC8408R (not on paper).
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from tools.kis.budget import Priority
from tools.kis.environment import Feature
from tools.kis.errors import ReadFailed
from tools.kis.fields import Row, row, rows
from tools.kis.rest import Page, Rest


@dataclass(frozen=True, slots=True)
class Holding:
    ticker: str
    name: str
    quantity: int
    sellable: int | None  # holdings less resting sells
    average_price: Decimal | None
    cost: int | None
    price: int | None
    value: int | None
    profit: int | None
    bought_today: int | None
    sold_today: int | None
    credit: bool  # bought on loan: not ours to trade
    bought_before: int | None = None  # on the session before
    sold_before: int | None = None


@dataclass(frozen=True, slots=True)
class Balance:
    """`duplicated` names tickers that came in more than one cash row; their rows are all in `holdings`."""

    holdings: tuple[Holding, ...]
    deposit: int
    deposit_d1: int | None
    settled_cash: int
    securities_value: int
    total_value: int
    net_value: int | None
    profit: int | None
    bought_today: int | None
    sold_today: int | None
    duplicated: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class BuyingPower:
    """For market orders KIS computes with the upper limit and the symbol's margin."""

    cash: int  # ord_psbl_cash
    reusable: int | None  # ruse_psbl_amt: proceeds of sales not yet settled
    amount: int  # nrcvb_buy_amt: without credit or receivables
    quantity: int | None  # nrcvb_buy_qty
    price: int | None  # psbl_qty_calc_unpr, None when KIS does not know the symbol


@dataclass(frozen=True, slots=True)
class Sellable:
    ticker: str
    quantity: int
    held: int | None


class Account:
    def __init__(self, rest: Rest) -> None:
        self._rest = rest

    async def balance(self, *, priority: Priority = Priority.RECONCILE) -> Balance:
        """All pages or an error."""
        params = {
            **self._rest.account(),
            "AFHR_FLPR_YN": "N",
            "OFL_YN": "",
            "INQR_DVSN": "02",
            "UNPR_DVSN": "01",
            "FUND_STTL_ICLD_YN": "N",
            "FNCG_AMT_AUTO_RDPT_YN": "N",
            "PRCS_DVSN": "00",
        }
        pages = [
            page async for page in self._rest.pages("/trading/inquire-balance", "TTTC8434R", params, priority=priority)
        ]
        return parse_balance(pages)

    async def buying_power(
        self, ticker: str, price: int, *, market: bool = False, priority: Priority = Priority.RECONCILE
    ) -> BuyingPower:
        """What could be bought of `ticker` at `price` (ignored for market orders)."""
        page = await self._rest.get(
            "/trading/inquire-psbl-order",
            "TTTC8908R",
            {
                **self._rest.account(),
                "PDNO": ticker,
                "ORD_UNPR": "0" if market else str(price),
                "ORD_DVSN": "01" if market else "00",
                "CMA_EVLU_AMT_ICLD_YN": "N",
                "OVRS_ICLD_YN": "N",
            },
            priority=priority,
        )
        item = row(page.body, "output", "output1")
        return BuyingPower(
            cash=item.need_integer("ord_psbl_cash"),
            reusable=item.integer("ruse_psbl_amt"),
            amount=item.need_integer("nrcvb_buy_amt"),
            quantity=item.integer("nrcvb_buy_qty"),
            price=item.integer("psbl_qty_calc_unpr") or None,
        )

    async def sellable(self, ticker: str, *, priority: Priority = Priority.RECONCILE) -> Sellable:
        """Raises NotOffered on paper: the substitute is the balance less our own resting sells."""
        self._rest.need(Feature.SELLABLE)
        page = await self._rest.get(
            "/trading/inquire-psbl-sell", "TTTC8408R", {**self._rest.account(), "PDNO": ticker}, priority=priority
        )
        item = row(page.body, "output", "output1")
        return Sellable(ticker, item.integer("ord_psbl_qty") or 0, item.integer("cblc_qty"))


def parse_balance(pages: list[Page]) -> Balance:
    """One balance from its pages; the summary is that of the last page that has one."""
    holdings = [parse_holding(item) for page in pages for item in rows(page.body, "output1")]
    summary = Row({})
    for page in pages:
        summary = row(page.body, "output2") or summary
    if not summary:
        raise ReadFailed("expected output2 in the balance, was empty")
    seen: set[str] = set()
    duplicated: list[str] = []
    for holding in holdings:
        if not holding.credit:
            if holding.ticker in seen:
                duplicated.append(holding.ticker)
            seen.add(holding.ticker)
    return Balance(
        holdings=tuple(holdings),
        deposit=summary.need_integer("dnca_tot_amt"),
        deposit_d1=summary.integer("nxdy_excc_amt"),
        settled_cash=summary.need_integer("prvs_rcdl_excc_amt"),
        securities_value=summary.integer("scts_evlu_amt") or 0,
        total_value=summary.need_integer("tot_evlu_amt"),
        net_value=summary.integer("nass_amt"),
        profit=summary.integer("evlu_pfls_smtl_amt"),
        bought_today=summary.integer("thdt_buy_amt"),
        sold_today=summary.integer("thdt_sll_amt"),
        duplicated=tuple(dict.fromkeys(duplicated)),
    )


def parse_holding(item: Row) -> Holding:
    return Holding(
        ticker=item.need("pdno"),
        name=item.text("prdt_name") or "",
        quantity=item.need_integer("hldg_qty"),
        sellable=item.integer("ord_psbl_qty"),
        average_price=item.decimal("pchs_avg_pric"),
        cost=item.integer("pchs_amt"),
        price=item.integer("prpr"),
        value=item.integer("evlu_amt"),
        profit=item.integer("evlu_pfls_amt"),
        bought_today=item.integer("thdt_buyqty"),
        sold_today=item.integer("thdt_sll_qty"),
        credit=(item.text("trad_dvsn_name") or "현금") != "현금" or bool(item.integer("loan_amt")),
        bought_before=item.integer("bfdy_buy_qty"),
        sold_before=item.integer("bfdy_sll_qty"),
    )
