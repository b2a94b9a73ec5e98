"""finance/*: statements and ratios of the made-up accounts, in KIS's keys. Real host only.

Contract: newest first, years or (FID_DIV_CLS_CODE 1) quarters, cumulative within their year; amounts in 억 won, rates
in percent, both cut from the same statements, so that they can be recomputed from each other. Funds and unknown names
have no rows. The figures are simulated and say nothing about a company.
"""

from __future__ import annotations

from collections.abc import Callable

from simulation.exchange.envelope import Reply, quotation
from simulation.exchange.figures import ratio, two_decimals
from simulation.exchange.fundamentals import UNIT, Accounts, accounts, has_accounts, known
from simulation.exchange.gateway import Call
from simulation.exchange.keys import Row, filled
from simulation.exchange.keys_company import (
    BALANCE_SHEET,
    FINANCIAL_RATIO,
    GROWTH_RATIO,
    INCOME_STATEMENT,
    OTHER_RATIO,
    PROFIT_RATIO,
    STABILITY_RATIO,
)
from simulation.exchange.routes_quotes import check_market

YEARS, QUARTERS = 6, 20
NOT_PROVIDED = "99.99"  # what KIS writes into columns it has nothing for

Line = Callable[[Accounts, Accounts], dict[str, object]]


def _rows(call: Call, keys: tuple[str, ...], line: Line) -> Reply:
    check_market(call)
    venue = call.exchange.venue
    day = venue.market.trade_date(venue.advance())
    listing = venue.market.listings.get(call.need("FID_INPUT_ISCD"))
    if listing is None or not has_accounts(listing):
        return quotation(output=[])
    quarters = call.get("FID_DIV_CLS_CODE") == "1"
    rows: list[Row] = []
    for period in known(day, quarters=quarters, count=QUARTERS if quarters else YEARS):
        now = accounts(venue.config.seed, listing, period)
        before = accounts(venue.config.seed, listing, period.before())
        rows.append(filled(keys, {"stac_yymm": period.label, **line(now, before)}))
    return quotation(output=rows)


def unit(won: int) -> str:
    """Won as KIS's 억 with two decimals."""
    sign = "-" if won < 0 else ""
    return sign + two_decimals(abs(won), UNIT)


def balance_sheet(call: Call) -> Reply:
    """GET finance/balance-sheet."""

    def line(now: Accounts, _: Accounts) -> dict[str, object]:
        return {
            "cras": unit(now.current_assets),
            "fxas": unit(now.fixed_assets),
            "total_aset": unit(now.assets),
            "flow_lblt": unit(now.current_debt),
            "fix_lblt": unit(now.long_debt),
            "total_lblt": unit(now.debt),
            "cpfn": unit(now.capital),
            "cfp_surp": NOT_PROVIDED,
            "prfi_surp": NOT_PROVIDED,
            "total_cptl": unit(now.equity),
        }

    return _rows(call, BALANCE_SHEET, line)


def income_statement(call: Call) -> Reply:
    """GET finance/income-statement. What the statements do not split is 99.99, as KIS leaves it."""

    def line(now: Accounts, _: Accounts) -> dict[str, object]:
        return {
            "sale_account": unit(now.sales),
            "sale_cost": unit(now.cost),
            "sale_totl_prfi": unit(now.gross),
            "depr_cost": NOT_PROVIDED,
            "sell_mang": NOT_PROVIDED,
            "bsop_prti": unit(now.operating),
            "bsop_non_ernn": NOT_PROVIDED,
            "bsop_non_expn": NOT_PROVIDED,
            "op_prfi": unit(now.net_income * 100 // 76),
            "spec_prfi": "0.00",
            "spec_loss": "0.00",
            "thtr_ntin": unit(now.net_income),
        }

    return _rows(call, INCOME_STATEMENT, line)


def financial_ratio(call: Call) -> Reply:
    """GET finance/financial-ratio."""

    def line(now: Accounts, before: Accounts) -> dict[str, object]:
        return {
            "grs": ratio(now.sales - before.sales, before.sales),
            "bsop_prfi_inrt": ratio(now.operating - before.operating, before.operating),
            "ntin_inrt": ratio(now.net_income - before.net_income, before.net_income),
            "roe_val": ratio(now.net_income, now.equity),
            "eps": f"{now.eps}.00",
            "sps": f"{now.sps}.00",
            "bps": f"{now.bps}.00",
            "rsrv_rate": ratio(now.equity - now.capital, now.capital),
            "lblt_rate": ratio(now.debt, now.equity),
        }

    return _rows(call, FINANCIAL_RATIO, line)


def profit_ratio(call: Call) -> Reply:
    """GET finance/profit-ratio."""

    def line(now: Accounts, _: Accounts) -> dict[str, object]:
        return {
            "cptl_ntin_rate": ratio(now.net_income, now.assets),
            "self_cptl_ntin_inrt": ratio(now.net_income, now.equity),
            "sale_ntin_rate": ratio(now.net_income, now.sales),
            "sale_totl_rate": ratio(now.gross, now.sales),
        }

    return _rows(call, PROFIT_RATIO, line)


def other_ratios(call: Call) -> Reply:
    """GET finance/other-major-ratios. EVA takes a cost of capital of eight per cent; EV is at the base price."""
    venue = call.exchange.venue
    now_at = venue.advance()
    ticker = call.need("FID_INPUT_ISCD")
    quote = venue.market.snapshot(ticker, now_at)
    price = quote.base if quote is not None else 0

    def line(now: Accounts, _: Accounts) -> dict[str, object]:
        ebitda = now.operating + now.depreciation
        return {
            "payout_rate": ratio(now.dividend, now.net_income),
            "eva": unit(now.operating * 76 // 100 - now.equity * 8 // 100),
            "ebitda": unit(ebitda),
            "ev_ebitda": two_decimals(price * now.shares + now.long_debt, ebitda),
        }

    return _rows(call, OTHER_RATIO, line)


def stability_ratio(call: Call) -> Reply:
    """GET finance/stability-ratio."""

    def line(now: Accounts, _: Accounts) -> dict[str, object]:
        return {
            "lblt_rate": ratio(now.debt, now.equity),
            "bram_depn": ratio(now.long_debt, now.assets),
            "crnt_rate": ratio(now.current_assets, now.current_debt),
            "quck_rate": ratio(now.current_assets - now.inventory, now.current_debt),
        }

    return _rows(call, STABILITY_RATIO, line)


def growth_ratio(call: Call) -> Reply:
    """GET finance/growth-ratio."""

    def line(now: Accounts, before: Accounts) -> dict[str, object]:
        return {
            "grs": ratio(now.sales - before.sales, before.sales),
            "bsop_prfi_inrt": ratio(now.operating - before.operating, before.operating),
            "equt_inrt": ratio(now.equity - before.equity, before.equity),
            "totl_aset_inrt": ratio(now.assets - before.assets, before.assets),
        }

    return _rows(call, GROWTH_RATIO, line)
