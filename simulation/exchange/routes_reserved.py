"""order-resv, order-resv-rvsecncl and order-resv-ccnl: reserved orders in KIS's words. Real host only.

Contract: an answer is given only after the journal holds it. RSVN_ORD_SEQ is taken with or without leading zeros;
the list is twenty rows a page with 200-byte cursors, newest first. Only cash orders (ORD_OBJT_CBLC_DVSN_CD 10).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from domain.orders.types import Side
from simulation.exchange.config import Environment
from simulation.exchange.divisions import DIVISIONS
from simulation.exchange.envelope import Reply, business, padded_message
from simulation.exchange.gateway import Call, InputError
from simulation.exchange.keys import Row, filled
from simulation.exchange.keys_company import RESERVED
from simulation.exchange.orders import Refused, Why
from simulation.exchange.rejects import reject_reply
from simulation.exchange.reserved import Reservation, refusal
from simulation.exchange.routes_orders import day_of, ledger_done, paged, side_code, whole

PAGE = 20
CASH = "10"
_WIDTH = 200
_DONE = ("KIOK0430", "정상적으로 처리되었습니다")


def reserve(call: Call) -> Reply:
    """POST trading/order-resv."""
    account = call.account()
    venue = call.exchange.venue
    now = venue.advance()
    wanted = _wanted(call, Reservation(0, account.number, Side.BUY, "", "", 0, 0, None, now))
    if isinstance(wanted, Refused):
        return reject_reply(call.exchange.config.env, wanted)
    refused = refusal(venue.calendar, wanted, now, known=wanted.ticker in venue.market.listings)
    if refused is not None:
        return reject_reply(call.exchange.config.env, refused)
    return _done({"RSVN_ORD_SEQ": str(venue.reserve(wanted).seq)})


def revise(call: Call) -> Reply:
    """POST trading/order-resv-rvsecncl with CTSC0013U."""
    found = _open(call)
    wanted = found if isinstance(found, Refused) else _wanted(call, found)
    if isinstance(wanted, Refused):
        return reject_reply(call.exchange.config.env, wanted)
    venue = call.exchange.venue
    refused = refusal(venue.calendar, wanted, venue.advance(), known=wanted.ticker in venue.market.listings)
    if refused is not None:
        return reject_reply(call.exchange.config.env, refused)
    venue.revise_reserved(wanted)
    return _done({"NRML_PRCS_YN": "Y"})


def cancel(call: Call) -> Reply:
    """POST trading/order-resv-rvsecncl with CTSC0009U."""
    found = _open(call)
    venue = call.exchange.venue
    refused = found if isinstance(found, Refused) else refusal(venue.calendar, found, venue.advance(), known=True)
    if isinstance(found, Refused) or (refused is not None and refused.why is Why.BEFORE_OPEN):
        return reject_reply(call.exchange.config.env, refused or Refused(Why.NOTHING_TO_CHANGE))
    venue.cancel_reserved(found)
    return _done({"NRML_PRCS_YN": "Y"})


def _open(call: Call) -> Reservation | Refused:
    """The caller's reservation named by RSVN_ORD_SEQ, if it can still be changed."""
    account = call.account()
    venue = call.exchange.venue
    now = venue.advance()
    found = venue.world.reservations.get(whole(call.body("RSVN_ORD_SEQ"), "RSVN_ORD_SEQ"))
    if found is None or found.account != account.number or not found.open_for(now.date()):
        return Refused(Why.NOTHING_TO_CHANGE)
    return found


def _wanted(call: Call, before: Reservation) -> Reservation | Refused:
    """A reservation as the body describes it."""
    side = {"01": Side.SELL, "02": Side.BUY}.get(call.body("SLL_BUY_DVSN_CD"))
    if side is None:
        raise InputError("OPSQ2001", "ERROR : INPUT INVALID_CHECK_SLL_BUY_DVSN_CD")
    if call.body("ORD_OBJT_CBLC_DVSN_CD") != CASH:
        return Refused(Why.NO_CREDIT)
    end = call.body("RSVN_ORD_END_DT", "")
    return replace(
        before,
        side=side,
        ticker=call.body("PDNO"),
        division=call.body("ORD_DVSN_CD"),
        quantity=whole(call.body("ORD_QTY"), "ORD_QTY"),
        price=whole(call.body("ORD_UNPR", "0"), "ORD_UNPR"),
        until=day_of(end) if end else None,
    )


def _done(output: Row) -> Reply:
    code, text = _DONE
    return Reply({"rt_cd": "0", "msg_cd": code, "msg1": text, "msg": text, "output": output})


def listed(call: Call) -> Reply:
    """GET trading/order-resv-ccnl: PRCS_DVSN_CD 0 all, 1 sent, 2 not yet; CNCL_YN N leaves cancelled ones out."""
    account = call.account()
    venue = call.exchange.venue
    venue.advance()
    first, last = day_of(call.need("RSVN_ORD_ORD_DT")), day_of(call.need("RSVN_ORD_END_DT"))
    side = {"01": Side.SELL, "02": Side.BUY}.get(call.get("SLL_BUY_DVSN_CD"))
    asked = whole(call.get("RSVN_ORD_SEQ"), "RSVN_ORD_SEQ")
    sent = {"1": True, "2": False}.get(call.get("PRCS_DVSN_CD"))
    rows = [
        _row(call, one)
        for one in sorted(venue.world.reservations.values(), key=lambda one: one.seq, reverse=True)
        if one.account == account.number
        and first <= one.taken_at.date() <= last
        and asked in (0, one.seq)
        and side in (None, one.side)
        and call.get("PDNO") in ("", one.ticker)
        and sent in (None, bool(one.sent))
        and not (call.get("CNCL_YN").upper() == "N" and one.cancelled_at is not None)
    ]
    page, tail = paged(call, rows, PAGE, "CTX_AREA_NK200")
    done = ledger_done(call, bool(tail))
    if not rows and call.exchange.config.env is Environment.REAL:
        done |= {"msg_cd": "KIOK0560", "msg1": padded_message("조회할 내용이 없습니다")}
    echo = "^".join((account.number[:8], account.number[8:], f"{first:%Y%m%d}", f"{last:%Y%m%d}"))
    return business(**done, output=page, ctx_area_fk200=echo.ljust(_WIDTH), ctx_area_nk200=tail.ljust(_WIDTH))


def _row(call: Call, one: Reservation) -> Row:
    venue = call.exchange.venue
    orders = venue.world.orders_of(one)
    last = one.sent[-1] if one.sent else None
    state = "취소" if one.cancelled_at else "미처리" if last is None else "처리" if last.number else "거부"
    cancelled = one.cancelled_at

    def stamp(day: date | None) -> str:
        return f"{day:%Y%m%d}" if day is not None else ""

    return filled(
        RESERVED,
        {
            "rsvn_ord_seq": one.seq,
            "rsvn_ord_ord_dt": stamp(one.taken_at.date()),
            "rsvn_ord_rcit_dt": stamp(one.taken_at.date()),
            "pdno": one.ticker,
            "ord_dvsn_cd": one.division,
            "ord_rsvn_qty": one.quantity,
            "tot_ccld_qty": sum(order.filled for order in orders),
            "cncl_ord_dt": stamp(cancelled.date() if cancelled else None),
            "ord_tmd": orders[-1].accepted_at.strftime("%H%M%S") if orders else "",
            "ctac_tlno": "",
            "rjct_rson2": reject_text(call, last.why) if last is not None and last.why else "",
            "odno": f"{last.number:010d}" if last is not None and last.number else "",
            "rsvn_ord_rcit_tmd": one.taken_at.strftime("%H%M%S"),
            "kor_item_shtn_name": venue.market.listings[one.ticker].name,
            "sll_buy_dvsn_cd": side_code(one.side),
            "ord_rsvn_unpr": one.price,
            "tot_ccld_amt": sum(order.amount for order in orders),
            "loan_dt": "",
            "cncl_rcit_tmd": cancelled.strftime("%H%M%S") if cancelled else "",
            "prcs_rslt": state,
            "ord_dvsn_name": DIVISIONS[one.division].name,
            "tmnl_mdia_kind_cd": "31",
            "rsvn_end_dt": stamp(one.until),
        },
    )


def reject_text(call: Call, why: str) -> str:
    return str(reject_reply(call.exchange.config.env, Refused(Why(why))).body["msg1"])
