"""order-cash, order-rvsecncl and the lists of orders: broker's words around the venue's decisions.

Contract: an answer is given only after the journal holds the order. Messages per environment as captured live.
Every amount is text. Pages as KIS: `M` and a cursor while rows remain, `D` and blanks at the end.
"""

from __future__ import annotations

from datetime import date

from domain.orders.types import Side
from simulation.exchange.config import Environment
from simulation.exchange.divisions import DIVISIONS, Fate
from simulation.exchange.envelope import Reply, business, cursor, padded_message
from simulation.exchange.figures import four_decimals
from simulation.exchange.gateway import Call, InputError
from simulation.exchange.keys import CANCELABLE, EXECUTION_ROW, EXECUTION_SUM, ORDER, Row, filled
from simulation.exchange.orders import LIMIT, Accepted, Act, ChangeRequest, Order, OrderRequest, Refused
from simulation.exchange.rejects import reject_reply

_PAPER_DONE = {
    "buy": ("40600000", "모의투자 매수주문이 완료 되었습니다."),
    "sell": ("40590000", "모의투자 매도주문이 완료 되었습니다."),
    Act.CANCEL: ("40630000", "모의투자 취소주문이 완료 되었습니다."),
    Act.REVISE: ("40620000", "모의투자 정정주문이 완료 되었습니다."),
}
_CONDITIONS = {Fate.REST: "없음", Fate.IOC: "IOC", Fate.FOK: "FOK"}
_REAL_DONE = ("APBK0013", "주문 전송 완료 되었습니다.")


def place(call: Call) -> Reply:
    """POST trading/order-cash."""
    account = call.account()
    check_product(call)
    request = OrderRequest(
        account=account.number,
        side=Side.BUY if call.tr.operation == "buy" else Side.SELL,
        ticker=call.body("PDNO"),
        division=call.body("ORD_DVSN"),
        quantity=whole(call.body("ORD_QTY"), "ORD_QTY"),
        price=whole(call.body("ORD_UNPR", "0"), "ORD_UNPR"),
        exchange=call.body("EXCG_ID_DVSN_CD", "") or "KRX",
        trigger=whole(call.body("CNDT_PRIC", ""), "CNDT_PRIC"),
    )
    return _answer(call, call.exchange.venue.place(request), call.tr.operation)


def change(call: Call) -> Reply:
    """POST trading/order-rvsecncl."""
    account = call.account()
    code = call.body("RVSE_CNCL_DVSN_CD")
    if code not in ("01", "02"):
        raise InputError("OPSQ2001", "ERROR : INPUT INVALID_CHECK_RVSE_CNCL_DVSN_CD")
    act = Act.REVISE if code == "01" else Act.CANCEL
    request = ChangeRequest(
        account=account.number,
        original=whole(call.body("ORGN_ODNO"), "ORGN_ODNO"),
        act=act,
        division=call.body("ORD_DVSN", LIMIT) or LIMIT,
        quantity=whole(call.body("ORD_QTY", "0"), "ORD_QTY"),
        price=whole(call.body("ORD_UNPR", "0"), "ORD_UNPR"),
        whole=call.body("QTY_ALL_ORD_YN", "Y").upper() == "Y",
        trigger=whole(call.body("CNDT_PRIC", ""), "CNDT_PRIC"),
    )
    return _answer(call, call.exchange.venue.change(request), act)


def _answer(call: Call, outcome: Accepted | Refused, done: str | Act) -> Reply:
    config = call.exchange.config
    if isinstance(outcome, Refused):
        return reject_reply(config.env, outcome)
    msg_cd, msg1 = _PAPER_DONE[done] if config.env is Environment.PAPER else _REAL_DONE
    order = outcome.order
    values = {
        "KRX_FWDG_ORD_ORGNO": config.branch,
        "ODNO": order.odno,
        "ORD_TMD": order.accepted_at.strftime("%H%M%S"),
    }
    output = filled(ORDER, values)
    if order.exchange == "SOR":
        output["SOR_ODNO"] = order.odno
    return Reply({"rt_cd": "0", "msg_cd": msg_cd, "msg1": msg1, "output": output})


def cancelable(call: Call) -> Reply:
    """GET trading/inquire-psbl-rvsecncl (real): resting orders, 50 a page."""
    account = call.account()
    venue = call.exchange.venue
    venue.advance()
    side = {"1": Side.SELL, "2": Side.BUY}.get(call.get("INQR_DVSN_2"))
    orders = [
        order
        for order in reversed(venue.world.open_orders(account.number))
        if side in (None, order.side) and (call.tr_id not in call.tr.old or order.exchange == "KRX")
    ]
    page, tail = paged(call, [_cancelable_row(call, order) for order in orders], 50)
    return business(**ledger_done(call, bool(tail)), output=page, **cursors(call, tail))


def _cancelable_row(call: Call, order: Order) -> Row:
    listing = call.exchange.venue.market.listings[order.ticker]
    return filled(
        CANCELABLE,
        {
            "ord_gno_brno": call.exchange.config.branch,
            "odno": order.odno,
            "orgn_odno": f"{order.original:010d}" if order.original else "",
            "ord_dvsn_name": DIVISIONS[order.division].name,
            "pdno": order.ticker,
            "prdt_name": listing.name,
            "rvse_cncl_dvsn_name": "정정*" if order.act is Act.REVISE else "",
            "ord_qty": order.quantity,
            "ord_unpr": order.price,
            "ord_tmd": order.accepted_at.strftime("%H%M%S"),
            "tot_ccld_qty": order.filled,
            "tot_ccld_amt": order.amount,
            "psbl_qty": order.open,
            "sll_buy_dvsn_cd": side_code(order.side),
            "ord_dvsn_cd": order.division,
            "mgco_aptm_odno": "",
            "excg_dvsn_cd": "02" if listing.kospi else "03",
            "excg_id_dvsn_cd": order.exchange,
            "excg_id_dvsn_name": order.exchange,
            "stpm_cndt_pric": order.trigger,
            "stpm_efct_occr_yn": "Y" if order.trigger and not order.waiting else "N",
        },
    )


def executions(call: Call) -> Reply:
    """GET trading/inquire-daily-ccld: orders of a span of days, 100 rows a page on real, 15 on paper."""
    account = call.account()
    venue = call.exchange.venue
    now = venue.advance()
    first, last = day_of(call.need("INQR_STRT_DT")), day_of(call.need("INQR_END_DT"))
    if call.tr.operation == "executions":  # the id for the last three months; CTSC9215R tells of older ones
        first = max(first, three_months_before(now.date()))
    orders = [
        order
        for day, orders in sorted(venue.world.orders.items())
        if first <= day <= last
        for _, order in sorted(orders.items())
        if order.account == account.number and _wanted(call, order)
    ]
    if call.get("INQR_DVSN", "00") == "00":
        orders.reverse()
    size = 100 if call.exchange.config.env is Environment.REAL else 15
    page, tail = paged(call, [_execution_row(call, order) for order in orders], size)
    filled_qty = sum(order.filled for order in orders)
    amount = sum(order.amount for order in orders)
    sums = {
        "tot_ord_qty": sum(order.quantity for order in orders if order.act is not Act.CANCEL),
        "tot_ccld_qty": filled_qty,
        "tot_ccld_amt": amount,
        "prsm_tlex_smtl": sum(order.fee + order.tax for order in orders),
        "pchs_avg_pric": four_decimals(amount, filled_qty),
    }
    done = ledger_done(call, bool(tail))
    if not orders and call.exchange.config.env is Environment.PAPER:
        done |= {"msg_cd": "70070000", "msg1": padded_message("모의투자 조회할 내역(자료)이 없습니다.")}
    return business(**done, output1=page, output2=filled(EXECUTION_SUM, sums), **cursors(call, tail))


def _wanted(call: Call, order: Order) -> bool:
    side = {"01": Side.SELL, "02": Side.BUY}.get(call.get("SLL_BUY_DVSN_CD"))
    if side is not None and order.side is not side:
        return False
    if (ticker := call.get("PDNO")) and order.ticker != ticker:
        return False
    if (number := call.get("ODNO")) and order.number != whole(number, "ODNO"):
        return False
    if (branch := call.get("ORD_GNO_BRNO")) and branch != call.exchange.config.branch:
        return False
    match call.get("CCLD_DVSN"):
        case "01" if not order.filled:
            return False
        case "02" if not order.open:
            return False
    wanted = call.get("EXCG_ID_DVSN_CD") or "KRX"
    if call.tr_id in call.tr.old:
        return order.exchange == "KRX"
    return wanted == "ALL" or order.exchange == wanted


def _execution_row(call: Call, order: Order) -> Row:
    listing = call.exchange.venue.market.listings[order.ticker]
    side = "매수" if order.side is Side.BUY else "매도"
    names = {Act.NEW: f"현금{side}", Act.REVISE: f"{side}정정*", Act.CANCEL: f"{side}취소*"}
    return filled(
        EXECUTION_ROW,
        {
            "ord_dt": f"{order.day:%Y%m%d}",
            "ord_gno_brno": call.exchange.config.branch,
            "odno": order.odno,
            "orgn_odno": f"{order.original:010d}" if order.original else "",
            "ord_dvsn_name": DIVISIONS[order.division].name,
            "sll_buy_dvsn_cd": side_code(order.side),
            "sll_buy_dvsn_cd_name": names[order.act],
            "pdno": order.ticker,
            "prdt_name": listing.name,
            "ord_qty": order.quantity,
            "ord_unpr": order.price,
            "ord_tmd": order.accepted_at.strftime("%H%M%S"),
            "tot_ccld_qty": order.filled,
            "avg_prvs": order.amount // order.filled if order.filled else 0,
            "cncl_yn": "Y" if order.cancelled or order.act is Act.CANCEL else "",
            "tot_ccld_amt": order.amount,
            "loan_dt": "",
            "ordr_empno": order.entry,
            "ord_dvsn_cd": order.division,
            "cncl_cfrm_qty": order.cancelled,
            "cnc_cfrm_qty": order.cancelled,
            "rmn_qty": order.open,
            "rjct_qty": order.bounced,
            "ccld_cndt_name": _CONDITIONS[DIVISIONS[order.division].fate],
            "inqr_ip_addr": "127.000.000.001",
            "cpbc_ordp_ord_rcit_dvsn_cd": "",
            "cpbc_ordp_infm_mthd_dvsn_cd": "",
            "infm_tmd": "",
            "ctac_tlno": "",
            "prdt_type_cd": "300",
            "excg_dvsn_cd": "02" if listing.kospi else "03",
            "cpbc_ordp_mtrl_dvsn_cd": "",
            "ord_orgno": "00000",
            "rsvn_ord_end_dt": "",
            "excg_id_dvsn_Cd": order.exchange,
            "stpm_cndt_pric": order.trigger,
            "stpm_efct_occr_dtmd": "",
        },
    )


# --- shared by the ledger calls ---------------------------------------------------------------------------------


def paged(call: Call, rows: list[Row], size: int, area: str = "CTX_AREA_NK100") -> tuple[list[Row], str]:
    """(rows of the page asked for, cursor of the next page or ''). The cursor is the number of rows seen."""
    text = call.get(area)
    start = int(text) if text.isdecimal() else 0
    end = start + size
    return rows[start:end], str(end) if end < len(rows) else ""


def cursors(call: Call, tail: str) -> dict[str, str]:
    """The two paging fields, 100 characters each."""
    echo = "^".join(call.get(name) for name in ("CANO", "ACNT_PRDT_CD", "INQR_DVSN", "INQR_STRT_DT", "INQR_END_DT"))
    return {"ctx_area_fk100": cursor(echo), "ctx_area_nk100": cursor(tail)}


def ledger_done(call: Call, more: bool = False) -> dict[str, str]:
    """msg_cd, padded msg1 and tr_cont of a successful ledger inquiry."""
    if call.exchange.config.env is Environment.PAPER:
        code, text = "20310000", "모의투자 조회가 완료되었습니다."
    elif more:
        code, text = "KIOK0500", "조회가 계속됩니다..다음버튼을 Click 하십시오."
    else:
        code, text = "KIOK0510", "조회가 완료되었습니다"
    return {"msg_cd": code, "msg1": padded_message(text), "tr_cont": "M" if more else "D"}


def check_product(call: Call) -> None:
    """A product number that cannot be one: letters and digits, twelve at most."""
    product = call.body("PDNO")
    if not (0 < len(product) <= 12 and product.isascii() and product.isalnum()):
        raise InputError("IGW00017", "상품번호를 확인해주세요.", "7")


def side_code(side: Side) -> str:
    return "01" if side is Side.SELL else "02"


def whole(text: str, name: str) -> int:
    """A non-negative whole number; KIS also takes '70000.0'-like prices only without fraction."""
    if text == "":
        return 0
    if not text.isdecimal() or not text.isascii():
        raise InputError("OPSQ2002", f"ERROR : INPUT INVALID_CHECK_FIELD_LENGTH ({name})")
    return int(text)


def day_of(text: str) -> date:
    """YYYYMMDD."""
    try:
        return date(int(text[:4]), int(text[4:6]), int(text[6:8]))
    except ValueError:
        raise InputError("OPSQ2001", "ERROR : INPUT INVALID_CHECK_DATE") from None


def three_months_before(day: date) -> date:
    """The same day three months earlier, or that month's last."""
    year, month = (day.year, day.month - 3) if day.month > 3 else (day.year - 1, day.month + 9)
    for last in (day.day, 30, 29, 28):
        try:
            return date(year, month, last)
        except ValueError:
            continue
    raise AssertionError(day)
