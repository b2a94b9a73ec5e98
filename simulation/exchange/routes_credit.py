"""order-credit: what a broker says to somebody without a credit agreement. Real host only.

Contract: every account of this exchange is a cash account: nobody here has agreed to margin loans or stock loans. A
credit order is checked as KIS checks it (fields, CRDT_TYPE for its side, type, hours, name, price) and then refused for
want of the agreement; the refusal is in the journal. What may be bought on credit is nothing. Nothing is ever borrowed.
"""

from __future__ import annotations

from domain.orders.types import Side
from simulation.exchange.envelope import Reply, business
from simulation.exchange.gateway import Call, InputError
from simulation.exchange.keys import BUYING_POWER, filled
from simulation.exchange.orders import OrderRequest
from simulation.exchange.rejects import reject_reply
from simulation.exchange.routes_account import cash_of
from simulation.exchange.routes_orders import check_product, day_of, ledger_done, whole

# 21/23 new loans, 26/28 stock returned; 22/24 borrowed stock sold, 25/27 loans repaid
TYPES = {Side.BUY: ("21", "23", "26", "28"), Side.SELL: ("22", "24", "25", "27")}


def place(call: Call) -> Reply:
    """POST trading/order-credit."""
    account = call.account()
    check_product(call)
    side = Side.BUY if call.tr.operation == "credit_buy" else Side.SELL
    if call.body("CRDT_TYPE") not in TYPES[side]:
        raise InputError("OPSQ2001", "ERROR : INPUT INVALID_CHECK_CRDT_TYPE")
    day_of(call.body("LOAN_DT"))
    request = OrderRequest(
        account=account.number,
        side=side,
        ticker=call.body("PDNO"),
        division=call.body("ORD_DVSN"),
        quantity=whole(call.body("ORD_QTY"), "ORD_QTY"),
        price=whole(call.body("ORD_UNPR", "0"), "ORD_UNPR"),
        exchange=call.body("EXCG_ID_DVSN_CD", "") or "KRX",
        trigger=whole(call.body("CNDT_PRIC", ""), "CNDT_PRIC"),
    )
    return reject_reply(call.exchange.config.env, call.exchange.venue.refuse_credit(request))


def power(call: Call) -> Reply:
    """GET trading/inquire-credit-psamount: the cash there is, and nothing to be bought on credit."""
    account = call.account()
    if call.get("CRDT_TYPE") not in (*TYPES[Side.BUY], *TYPES[Side.SELL]):
        raise InputError("OPSQ2001", "ERROR : INPUT INVALID_CHECK_CRDT_TYPE")
    cash = cash_of(call, account)
    return business(**ledger_done(call), output=filled(BUYING_POWER, cash))
