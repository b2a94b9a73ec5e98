"""KIS's words for a business reject, per environment. Data.

Contract: every `Why` has a line for both environments. HTTP is 200 throughout; `rt_cd` is 7 on real and 1 on paper.
Codes seen live or documented where known; the rest follow the nearest documented one and say so.
"""

from __future__ import annotations

from simulation.exchange.config import Environment
from simulation.exchange.envelope import Reply, business
from simulation.exchange.orders import Refused, Why

_REAL: dict[Why, tuple[str, str]] = {
    Why.NO_SUCH_TICKER: ("APBK0656", "해당종목정보가 없습니다"),
    Why.HALTED: ("APBK0066", "거래정지종목"),
    Why.HOLIDAY: ("APBK0919", "장운영일자가 주문일과 상이합니다"),
    Why.BEFORE_OPEN: ("APBK0918", "장운영시간이 아닙니다.(주문불가)"),
    Why.AFTER_CLOSE: ("APBK0918", "장운영시간이 아닙니다.(주문불가)"),
    Why.DIVISION: ("OPSQ2001", "ERROR : INPUT INVALID_CHECK_ORD_DVSN"),
    Why.DIVISION_NOW: ("APBK0918", "단일가 매매시간에는 주문이 불가한 호가유형입니다."),  # text ours
    Why.AFTER_MARKET_TYPE: ("APBK3013", "[애프터마켓]지정가 및 최유리/최우선지정가 주문만 가능합니다."),
    Why.NO_MARKET_ORDERS: ("APBK1943", "시장가호가불가로 주문이 불가합니다."),
    Why.NOT_ON_THIS_BOARD: ("APBK0066", "[애프터마켓]거래대상이 아닌 종목입니다."),  # KIS's code for a fund is unknown
    Why.TRIGGER: ("APBK0506", "주식주문호가단위 오류입니다."),  # KIS's code for a bad CNDT_PRIC is unknown
    Why.EXCHANGE: ("OPSQ2001", "ERROR : INPUT INVALID_CHECK_EXCG_ID_DVSN_CD"),
    Why.QUANTITY: ("APBK0400", "주문 가능한 수량을 초과했습니다."),  # the code for a zero quantity is not documented
    Why.TICK: ("APBK0506", "주식주문호가단위 오류입니다."),
    Why.ABOVE_BAND: ("APBK0406", "주문가격이 상한가를 초과합니다"),
    Why.BELOW_BAND: ("APBK0407", "주문가격이 하한가를 하회합니다"),  # counterpart of APBK0406; KIS's code is unknown
    Why.CASH: ("APBK0952", "주문가능금액을 초과 했습니다"),
    Why.NOTHING_HELD: ("APBK0400", "주문 가능한 수량을 초과했습니다."),
    Why.SELLABLE: ("APBK0400", "주문 가능한 수량을 초과했습니다."),
    Why.NOTHING_TO_CHANGE: (
        "APBK0344",
        "정정/취소 가능수량이 없습니다",
    ),  # text as on paper; KIS's real code is unknown
    Why.CHANGE_TOO_MUCH: ("APBK1359", "정정취소수량이 주문수량보다 많습니다"),
    Why.ACCOUNT_TYPE: ("APBK1744", "주문이 불가한 계좌유형입니다."),  # text ours
    Why.NO_CREDIT: (
        "APBK1744",
        "신용거래 약정이 없는 계좌로 주문이 불가합니다.",
    ),  # code of an account that may not, text ours
    Why.RESERVED_UNTIL: ("APBK0918", "예약주문 종료일자가 올바르지 않습니다."),  # code and text ours
}

_PAPER: dict[Why, tuple[str, str]] = {
    Why.NO_SUCH_TICKER: ("40070000", "매매불가 종목입니다"),
    Why.HALTED: ("40070000", "매매불가 종목입니다"),
    Why.HOLIDAY: ("40100000", "모의투자 영업일이 아닙니다."),
    Why.BEFORE_OPEN: ("40570000", "모의투자 장시작전 입니다."),
    Why.AFTER_CLOSE: ("40580000", "모의투자 장종료 입니다."),
    Why.DIVISION: ("40070000", "모의투자 주문이 불가한 주문구분입니다."),  # text ours
    Why.DIVISION_NOW: ("40070000", "모의투자 주문이 불가한 주문구분입니다."),  # text ours
    Why.AFTER_MARKET_TYPE: ("40580000", "모의투자 장종료 입니다."),
    Why.NO_MARKET_ORDERS: ("40070000", "매매불가 종목입니다"),
    Why.NOT_ON_THIS_BOARD: ("40070000", "매매불가 종목입니다"),
    Why.TRIGGER: ("40030000", "모의투자 주문처리가 안되었습니다(호가단위 오류)"),
    Why.EXCHANGE: ("40070000", "모의투자 주문이 불가한 거래소입니다."),  # text ours
    Why.QUANTITY: ("40240000", "모의투자 주문수량이 올바르지 않습니다."),  # text ours
    Why.TICK: ("40030000", "모의투자 주문처리가 안되었습니다(호가단위 오류)"),
    Why.ABOVE_BAND: ("40270000", "모의투자 상/하한가 오류"),
    Why.BELOW_BAND: ("40270000", "모의투자 상/하한가 오류"),
    Why.CASH: ("40250000", "모의투자 주문가능금액이 부족합니다."),
    Why.NOTHING_HELD: ("40240000", "모의투자 잔고내역이 없습니다."),
    Why.SELLABLE: ("40240000", "모의투자 잔고내역이 없습니다."),
    Why.NOTHING_TO_CHANGE: ("40330000", "모의투자 정정/취소할 수량이 없습니다."),
    Why.CHANGE_TOO_MUCH: ("40330000", "모의투자 정정/취소할 수량이 없습니다."),
    Why.ACCOUNT_TYPE: ("40910000", "모의투자 주문이 불가한 계좌입니다."),
    Why.NO_CREDIT: ("40910000", "모의투자 주문이 불가한 계좌입니다."),
    Why.RESERVED_UNTIL: ("90000000", "모의투자에서는 해당업무가 제공되지 않습니다."),
}

TABLES = {Environment.REAL: _REAL, Environment.PAPER: _PAPER}


def reject_reply(env: Environment, refused: Refused) -> Reply:
    """The HTTP-200 answer to a refused order."""
    msg_cd, msg1 = TABLES[env][refused.why]
    return business(msg_cd, msg1, "7" if env is Environment.REAL else "1")
