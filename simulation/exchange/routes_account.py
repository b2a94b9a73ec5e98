"""Balance, buying power and sellable quantity in KIS's words.

Contract: integers throughout; percentages are rounded text made from integers. `dnca_tot_amt` does not subtract
unsettled buys, `prvs_rcdl_excc_amt` does; NAV = prvs_rcdl_excc_amt + scts_evlu_amt = nass_amt.
"""

from __future__ import annotations

from dataclasses import replace

from domain.costs import fee
from domain.orders.types import Side
from simulation.exchange import rules
from simulation.exchange.boards import board_at
from simulation.exchange.config import Environment
from simulation.exchange.divisions import Board
from simulation.exchange.envelope import Reply, business, padded_message
from simulation.exchange.figures import four_decimals, ratio
from simulation.exchange.gateway import Call, InputError
from simulation.exchange.keys import (
    BALANCE_ROW,
    BALANCE_SUM,
    BUYING_POWER,
    OVERSEAS_PROFIT,
    OVERSEAS_SUM,
    SELLABLE,
    Row,
    filled,
)
from simulation.exchange.ledger import Account, Holding
from simulation.exchange.market import Snapshot
from simulation.exchange.orders import MARKET
from simulation.exchange.routes_orders import cursors, ledger_done, paged

# AFHR_FLPR_YN since 2026-09-14: N the regular close, X NXT, Y both markets
_EVENING = ("X", "Y")


def balance(call: Call) -> Reply:
    """GET trading/inquire-balance: 50 holdings a page on real, 20 on paper; the sums are a list of one."""
    account = call.account()
    rows = holding_rows(call, account)
    size = 50 if call.exchange.config.env is Environment.REAL else 20
    page, tail = paged(call, rows, size)
    done = ledger_done(call, bool(tail))
    if not rows and call.exchange.config.env is Environment.REAL:
        done |= {"msg_cd": "KIOK0560", "msg1": padded_message("조회할 내용이 없습니다")}
    return business(**done, output1=page, output2=[sums_of(call, account)], **cursors(call, tail))


def _quotes(call: Call, account: Account) -> dict[str, Snapshot]:
    venue = call.exchange.venue
    now = venue.advance()
    board = board_at(venue.calendar, now) if call.get("AFHR_FLPR_YN").upper() in _EVENING else Board.REGULAR
    return {ticker: venue.snapshot_at(ticker, now, board) for ticker in account.holdings}


def holding_rows(call: Call, account: Account) -> list[Row]:
    """One row a holding, by ticker."""
    quotes = _quotes(call, account)
    held = sorted(account.holdings.values(), key=lambda h: h.ticker)
    return [_row(call, account, holding, quotes[holding.ticker]) for holding in held]


def _row(call: Call, account: Account, held: Holding, quote: Snapshot) -> Row:
    listing = call.exchange.venue.market.listings[held.ticker]
    open_orders = call.exchange.venue.world.open_orders(account.number)
    value = held.quantity * quote.last
    gain = value - held.cost
    return filled(
        BALANCE_ROW,
        {
            "pdno": held.ticker,
            "prdt_name": listing.name,
            "trad_dvsn_name": "현금",
            "bfdy_buy_qty": held.bought_before,
            "bfdy_sll_qty": held.sold_before,
            "thdt_buyqty": held.bought_today,
            "thdt_sll_qty": held.sold_today,
            "hldg_qty": held.quantity,
            "ord_psbl_qty": rules.sellable(account, held.ticker, open_orders),
            "pchs_avg_pric": held.average,
            "pchs_amt": held.cost,
            "prpr": quote.last,
            "evlu_amt": value,
            "evlu_pfls_amt": gain,
            "evlu_pfls_rt": ratio(gain, held.cost),
            "evlu_erng_rt": ratio(gain, held.cost, 8),
            "loan_dt": "",
            "expd_dt": "",
            "fltt_rt": ratio(quote.change, quote.base, 8),
            "bfdy_cprs_icdc": quote.change,
            "item_mgna_rt_name": "20%",
            "grta_rt_name": "",
            "stck_loan_unpr": "0.0000",
        },
    )


def sums_of(call: Call, account: Account) -> Row:
    """The balance in one row."""
    venue = call.exchange.venue
    quotes = _quotes(call, account)
    tomorrow = venue.calendar.next_session(venue.world.day or venue.clock.now().date())
    value = sum(h.quantity * quotes[h.ticker].last for h in account.holdings.values())
    cost = sum(h.cost for h in account.holdings.values())
    before = sum(h.quantity * quotes[h.ticker].base for h in account.holdings.values())
    total = account.d2_cash + value
    yesterday = account.d2_cash + before
    return filled(
        BALANCE_SUM,
        {
            "dnca_tot_amt": account.cash,
            "nxdy_excc_amt": account.due_by(tomorrow),
            "prvs_rcdl_excc_amt": account.d2_cash,
            "bfdy_buy_amt": account.before.bought,
            "thdt_buy_amt": account.today.bought,
            "bfdy_sll_amt": account.before.sold,
            "thdt_sll_amt": account.today.sold,
            "bfdy_tlex_amt": account.before.charges,
            "thdt_tlex_amt": account.today.charges,
            "scts_evlu_amt": value,
            "tot_evlu_amt": total,
            "nass_amt": total,
            "fncg_gld_auto_rdpt_yn": "",
            "pchs_amt_smtl_amt": cost,
            "evlu_amt_smtl_amt": value,
            "evlu_pfls_smtl_amt": value - cost,
            "bfdy_tot_asst_evlu_amt": yesterday,
            "asst_icdc_amt": total - yesterday,
            "asst_icdc_erng_rt": ratio(total - yesterday, yesterday, 8),
        },
    )


def buying_power(call: Call) -> Reply:
    """GET trading/inquire-psbl-order. Quantity at the given price, or at the upper limit for a market order."""
    account = call.account()
    venue = call.exchange.venue
    now = venue.advance()
    power = max(0, rules.buying_power(account, venue.world.open_orders(account.number)))
    ticker, text = call.need("PDNO"), call.get("ORD_UNPR")
    price = int(text) if text.isdecimal() else 0
    quote = venue.market.snapshot(ticker, now) if ticker else None
    if ticker and quote is None:
        if call.exchange.config.env is Environment.PAPER:
            raise InputError("40070000", "매매불가 종목입니다")
        return Reply(
            {"rt_cd": "7", "msg_cd": "APBK0656", "msg1": padded_message("해당종목정보가 없습니다")}, tr_cont=""
        )
    if quote is not None and (call.get("ORD_DVSN") == MARKET or price == 0):
        price = quote.band.upper
    quantity = _affordable(power, price)
    return business(
        **ledger_done(call),
        output=filled(
            BUYING_POWER,
            {
                **cash_of(call, account),
                "psbl_qty_calc_unpr": price,
                "nrcvb_buy_amt": power,
                "nrcvb_buy_qty": quantity,
                "max_buy_amt": power,
                "max_buy_qty": quantity,
            },
        ),
    )


def cash_of(call: Call, account: Account) -> dict[str, int]:
    """Money that an order may use: cash, and proceeds of sales that have not settled."""
    venue = call.exchange.venue
    venue.advance()
    power = max(0, rules.buying_power(account, venue.world.open_orders(account.number)))
    unsettled = max(0, min(power, sum(amount for amount in account.pending.values() if amount > 0)))
    return {"ord_psbl_cash": power - unsettled, "ruse_psbl_amt": unsettled}


def _affordable(power: int, price: int) -> int:
    """Most shares whose price and fee fit into `power`."""
    if price <= 0:
        return 0
    most, too_many = 0, power // price + 1
    while too_many - most > 1:
        quantity = (most + too_many) // 2
        if price * quantity + fee(price * quantity) > power:
            too_many = quantity
        else:
            most = quantity
    return most


def sellable(call: Call) -> Reply:
    """GET trading/inquire-psbl-sell (real)."""
    account = call.account()
    venue = call.exchange.venue
    now = venue.advance()
    ticker = call.need("PDNO")
    listing = venue.market.listings.get(ticker)
    if listing is None:
        return Reply({"rt_cd": "7", "msg_cd": "APBK0656", "msg1": padded_message("해당종목정보가 없습니다")})
    quote = venue.snapshot_at(ticker, now)
    held = account.holdings.get(ticker, Holding(ticker))
    orders = venue.world.open_orders(account.number)
    value = held.quantity * quote.last
    resting = sum(order.open for order in orders if order.side is Side.SELL and order.ticker == ticker)
    output = filled(
        SELLABLE,
        {
            "pdno": ticker,
            "prdt_name": listing.name,
            "buy_qty": held.bought_today,
            "sll_qty": held.sold_today,
            "cblc_qty": held.quantity,
            "nsvg_qty": 0,
            "ord_psbl_qty": held.quantity - resting,
            "pchs_avg_pric": four_decimals(held.cost, held.quantity),
            "pchs_amt": held.cost,
            "now_pric": quote.last,
            "evlu_amt": value,
            "evlu_pfls_amt": value - held.cost,
            "evlu_pfls_rt": ratio(value - held.cost, held.cost),
        },
    )
    # KIS's table says output1, its example output: both
    return business("KIOK0420", padded_message("정상적으로 조회되었습니다"), output=output, output1=output)


def rights(call: Call) -> Reply:
    """GET trading/period-rights: shares here give no rights but dividends, and those are not paid out."""
    call.account()
    return business("KIOK0560", padded_message("조회할 내용이 없습니다"), tr_cont="D", output1=[], **cursors(call, ""))


def no_overseas(call: Call) -> Reply:
    """GET overseas-stock/v1/trading/inquire-* and the like of bonds: an account without any."""
    call.account()
    blank = " " * 200
    return business(
        **ledger_done(call),
        ctx_area_fk200=blank,
        ctx_area_nk200=blank,
        output=[],
        output1=[],
        output2=[],
        output3={},
    )


def no_overseas_present(call: Call) -> Reply:
    """GET overseas-stock/v1/trading/inquire-present-balance: sums of nothing."""
    reply = no_overseas(call)
    return replace(reply, body={**reply.body, "output3": filled(OVERSEAS_SUM, {})})


def no_overseas_profit(call: Call) -> Reply:
    """GET overseas-stock/v1/trading/inquire-period-profit: nothing was ever sold abroad."""
    call.account()
    blank = " " * 200
    sums = filled(OVERSEAS_PROFIT, {})
    return business(**ledger_done(call), ctx_area_fk200=blank, ctx_area_nk200=blank, output1=[], output2=sums)
