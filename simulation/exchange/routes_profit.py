"""Realised profit and the whole account, which KIS tells on real only.

Contract: integers to the won; profit of a sale is its proceeds less the average cost of what was sold, before fees and
taxes, which stand beside it; percentages are of that cost. Pages of fifty rows, newest first.
"""

from __future__ import annotations

from datetime import date

from simulation.exchange import rules
from simulation.exchange.envelope import Reply, business, padded_message
from simulation.exchange.figures import ratio
from simulation.exchange.gateway import Call
from simulation.exchange.keys import (
    ASSET_ROW,
    ASSET_SUM,
    BALANCE_SUM,
    PROFIT_DAY,
    PROFIT_DAY_SUM,
    PROFIT_SUM,
    PROFIT_TRADE,
    REALISED_ROW,
    REALISED_SUM,
    Row,
    filled,
)
from simulation.exchange.keys_company import MARGIN
from simulation.exchange.ledger import Traded
from simulation.exchange.routes_account import holding_rows, sums_of
from simulation.exchange.routes_orders import cursors, day_of, ledger_done, paged

PAGE = 50
ASSET_CLASSES = 20  # rows of CTRP6548R: shares are the first, the deposit is in the sums


def realised(call: Call) -> Reply:
    """GET trading/inquire-balance-rlz-pl: the balance with what today's sales earned."""
    account = call.account()
    rows = [{key: row[key] for key in REALISED_ROW} for row in holding_rows(call, account)]
    today = [traded for (day, _), traded in account.trades.items() if day == call.exchange.venue.world.day]
    earned, cost = sum(traded.realised for traded in today), sum(traded.sold_cost for traded in today)
    charges = sum(traded.sell_fee + traded.tax for traded in today)
    sums = sums_of(call, account)
    values = {key: sums[key] for key in BALANCE_SUM} | {
        "rlzt_pfls": earned,
        "rlzt_erng_rt": ratio(earned, cost, 8),
        "real_evlu_pfls": int(sums["evlu_pfls_smtl_amt"]) + earned - charges,
        "real_evlu_pfls_erng_rt": ratio(earned - charges, cost, 8),
    }
    page, tail = paged(call, rows, PAGE)
    done = ledger_done(call, bool(tail))
    return business(**done, output1=page, output2=[filled(REALISED_SUM, values)], **cursors(call, tail))


def by_day(call: Call) -> Reply:
    """GET trading/inquire-period-profit: one row a day of trading."""
    trades = _trades(call)
    days: dict[date, list[Traded]] = {}
    for (day, _), traded in trades:
        days.setdefault(day, []).append(traded)
    rows = [
        filled(
            PROFIT_DAY,
            {
                "trad_dt": f"{day:%Y%m%d}",
                "buy_amt": sum(one.bought_amount for one in of_day),
                "sll_amt": sum(one.sold_amount for one in of_day),
                "rlzt_pfls": sum(one.realised for one in of_day),
                "fee": sum(one.buy_fee + one.sell_fee for one in of_day),
                "tl_tax": sum(one.tax for one in of_day),
                "pfls_rt": ratio(sum(one.realised for one in of_day), sum(one.sold_cost for one in of_day)),
                "sll_qty1": sum(one.sold for one in of_day),
                "buy_qty1": sum(one.bought for one in of_day),
            },
        )
        for day, of_day in days.items()
    ]
    return _paged_profit(call, rows, [traded for _, traded in trades], PROFIT_DAY_SUM)


def by_trade(call: Call) -> Reply:
    """GET trading/inquire-period-trade-profit: one row a day and name."""
    trades = [item for item in _trades(call) if call.get("PDNO") in ("", item[0][1])]
    account = call.account()
    rows = []
    for (day, ticker), one in trades:
        held = account.holdings.get(ticker)
        values = {
            "trad_dt": f"{day:%Y%m%d}",
            "pdno": ticker,
            "prdt_name": call.exchange.venue.market.listings[ticker].name,
            "trad_dvsn_name": "현금",
            "loan_dt": "",
            "hldg_qty": held.quantity if held is not None else 0,
            "pchs_unpr": one.sold_cost // one.sold if one.sold else 0,
            "buy_qty": one.bought,
            "buy_amt": one.bought_amount,
            "sll_pric": one.sold_amount // one.sold if one.sold else 0,
            "sll_qty": one.sold,
            "sll_amt": one.sold_amount,
            "rlzt_pfls": one.realised,
            "pfls_rt": ratio(one.realised, one.sold_cost),
            "fee": one.buy_fee + one.sell_fee,
            "tl_tax": one.tax,
        }
        rows.append(filled(PROFIT_TRADE, values))
    return _paged_profit(call, rows, [traded for _, traded in trades], PROFIT_SUM)


def _trades(call: Call) -> list[tuple[tuple[date, str], Traded]]:
    """Trades of the span asked for, newest day first."""
    account = call.account()
    call.exchange.venue.advance()
    first, last = day_of(call.need("INQR_STRT_DT")), day_of(call.need("INQR_END_DT"))
    found = [item for item in account.trades.items() if first <= item[0][0] <= last]
    return sorted(found, key=lambda item: (-item[0][0].toordinal(), item[0][1]))


def _paged_profit(call: Call, rows: list[Row], trades: list[Traded], keys: tuple[str, ...]) -> Reply:
    sold, bought = sum(one.sold_amount for one in trades), sum(one.bought_amount for one in trades)
    sell_fee, buy_fee = sum(one.sell_fee for one in trades), sum(one.buy_fee for one in trades)
    tax, earned = sum(one.tax for one in trades), sum(one.realised for one in trades)
    values = {
        "sll_qty_smtl": sum(one.sold for one in trades),
        "sll_tr_amt_smtl": sold,
        "sll_fee_smtl": sell_fee,
        "sll_tltx_smtl": tax,
        "sll_excc_amt_smtl": sold - sell_fee - tax,
        "buy_qty_smtl": sum(one.bought for one in trades),
        "buy_tr_amt_smtl": bought,
        "buy_fee_smtl": buy_fee,
        "buy_excc_amt_smtl": bought + buy_fee,
        "tot_qty": sum(one.sold + one.bought for one in trades),
        "tot_tr_amt": sold + bought,
        "tot_fee": sell_fee + buy_fee,
        "tot_tltx": tax,
        "tot_excc_amt": sold - sell_fee - tax - bought - buy_fee,
        "tot_rlzt_pfls": earned,
        "tot_pftrt": ratio(earned, sum(one.sold_cost for one in trades)),
    }
    page, tail = paged(call, rows, PAGE)
    done = ledger_done(call, bool(tail))
    return business(
        **done,
        output1=page,
        output2=filled(keys, {key: value for key, value in values.items() if key in keys}),
        **cursors(call, tail),
    )


def assets(call: Call) -> Reply:
    """GET trading/inquire-account-balance: everything the account has, shares and money."""
    account = call.account()
    sums = {key: int(value) for key, value in sums_of(call, account).items() if value.lstrip("-").isdecimal()}
    total = sums["tot_evlu_amt"]
    shares = {
        "pchs_amt": sums["pchs_amt_smtl_amt"],
        "evlu_amt": sums["scts_evlu_amt"],
        "evlu_pfls_amt": sums["evlu_pfls_smtl_amt"],
        "real_nass_amt": sums["scts_evlu_amt"],
        "whol_weit_rt": ratio(sums["scts_evlu_amt"], total),
    }
    values = {
        "pchs_amt_smtl": sums["pchs_amt_smtl_amt"],
        "nass_tot_amt": total,
        "evlu_pfls_amt_smtl": sums["evlu_pfls_smtl_amt"],
        "evlu_amt_smtl": sums["scts_evlu_amt"],
        "tot_asst_amt": total,
        "tot_dncl_amt": account.d2_cash,
        "dncl_amt": account.cash,
    }
    rows = [filled(ASSET_ROW, shares if i == 0 else {}) for i in range(ASSET_CLASSES)]
    message = padded_message("정상적으로 조회되었습니다")
    return business("KIOK0420", message, output1=rows, output2=filled(ASSET_SUM, values))


def margin(call: Call) -> Reply:
    """GET trading/intgr-margin: what may be bought with the money there is. Only won, no credit, no substitutes.

    Used is what resting buys reserve; every margin rate gives the same, because orders here are paid in full.
    """
    account = call.account()
    venue = call.exchange.venue
    venue.advance()
    power = max(0, rules.buying_power(account, venue.world.open_orders(account.number)))
    used = account.d2_cash - rules.buying_power(account, venue.world.open_orders(account.number))
    sales = max(0, min(power, sum(amount for amount in account.pending.values() if amount > 0)))
    values: dict[str, object] = {
        "acmga_rt": "100.00",
        "acmga_pct100_aptm_rson": "",
        "stck_cash_objt_amt": account.d2_cash - sales,
        "stck_ruse_psbl_objt_amt": sales,
        "stck_cash_use_amt": used,
        "stck_cash_ord_psbl_amt": power - sales,
        "stck_ruse_psbl_ord_psbl_amt": sales,
        "stck_rsip100_max_ord_psbl_amt": power - sales,
        "ovrs_stck_itgr_mgna_dvsn_name": "미신청",
        "stck_itgr_100_ord_psbl_amt": power,
    }
    for rate in (20, 30, 40, 50, 60, 100):
        values |= {f"stck_cash{rate}_max_ord_psbl_amt": power, f"stck_itgr_cash{rate}_ord_psbl_amt": power}
    message = padded_message("정상적으로 조회되었습니다")
    return business("KIOK0420", message, tr_cont="", output=filled(MARGIN, values))
