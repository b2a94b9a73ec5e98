"""직접 확인: the orders that the OMS could not settle, and the person's verdict on one.

Contract: one's own orders only, as the OMS shows them. A verdict carries the letters typed again and goes straight to
the OMS's door; it has no effect on an order that is no longer MANUAL, and the answer then says where that order stands.
What was decided, by whom and why is in the person's journal. Sends no order.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

import structlog
from fastapi import APIRouter, Depends
from fastapi.responses import JSONResponse
from pydantic import Field

from domain.korean.text import clean
from domain.proto import oms_pb2 as pb
from nodes.account.unsettled import (
    ABSENT,
    ABSENT_MEANS,
    ADOPT,
    ADOPT_MEANS,
    is_unsettled,
    unsettled,
    verdict_text,
)
from nodes.account.views import state_word
from tools.ports import Identity, JournalEntry, PortRefused, PortUnavailable
from ui.web.api.route import JsonRoute, Me, Parts, StrictBody, body_of, identifier, not_found, said
from ui.web.api.views import moment, order_row
from ui.web.context import WebParts

router = APIRouter(prefix="/api", route_class=JsonRoute)
log = structlog.get_logger(__name__)

SEEN_IN_APP = "증권사 앱에서 확인함"
NUMBER = "증권사 주문번호는 숫자예요. 앱의 주문 내역에 있는 번호를 그대로 적어 주세요."
NO_NUMBER_WANTED = "주문이 없다고 하실 때는 주문번호를 비워 주세요."
MOVED_ON = "그 사이 주문이 '{state}' 상태가 됐어요. 판정은 기록하지 않았어요."
NO_LIST = "여기에서는 증권사가 주문 내역을 보여 주지 않아요. 번호는 증권사 앱에서 봐 주세요."
NO_ROWS = "지금 조회한 내역에는 이 종목의 주문이 없어요."
OF_ANOTHER = "쿼츠의 다른 주문이에요."
BEFORE_OURS = "보내기 전부터 있던 주문이에요."
_MALFORMED = frozenset({"VERDICT", "CONFIRMATION", "REASON", "NUMBER"})
_DIGITS = re.compile(r"[0-9]{1,20}")


class Verdict(StrictBody):
    """`number` belongs to `adopt` alone; `confirmation` is what the page asked to be typed again."""

    verdict: Literal["adopt", "absent"]
    number: str = Field(default="", max_length=40)
    reason: str = Field(default="", max_length=200)
    confirmation: str = Field(max_length=40)


VerdictBody = Annotated[Verdict, Depends(body_of(Verdict))]


@router.get("/manual")
async def waiting(me: Me, parts: Parts) -> dict[str, Any]:
    """Orders that wait for a person, with what is known and what to look for."""
    status = await parts.assembled.ports.oms.status(me.who)
    return {
        "orders": [_row(order) for order in status.manual],
        "verdicts": {
            "adopt": {"label": ADOPT, "means": ADOPT_MEANS},
            "absent": {"label": ABSENT, "means": ABSENT_MEANS},
        },
        "as_of": moment(parts.assembled.clock.now()),
    }


@router.get("/orders/{intent_id}/evidence")
async def evidence(intent_id: str, me: Me, parts: Parts) -> dict[str, Any]:
    """The broker's orders of that day and name, asked for now: which of them may be this one, and why not."""
    wanted = str(identifier(intent_id))
    try:
        found = await parts.assembled.hand.evidence(me.who, wanted)
    except PortRefused as no:
        raise (not_found() if no.code == "ORDER_UNKNOWN" else no) from None
    lines = list(found.lines)
    if not found.shows_list:
        lines.append(NO_LIST)
    elif not found.rows:
        lines.append(NO_ROWS)
    rows = sorted(map(_candidate, found.rows), key=lambda row: (not row["free"], not row["fits"]))
    return {"lines": lines, "rows": rows, "as_of": moment(found.as_of)}


def _candidate(row: pb.BrokerRow) -> dict[str, Any]:
    """`free`: the person may pick it."""
    why = OF_ANOTHER if row.owner == "other" else BEFORE_OURS if row.seen_before and row.owner != "this" else ""
    return {
        "number": row.broker_order_no,
        "at": moment(row.ordered_at),
        "side": row.side,
        "qty": row.quantity,
        "price": row.price,
        "filled": row.filled,
        "fits": row.fits,
        "free": not why,
        "why": why,
    }


@router.post("/orders/{intent_id}/verdict")
async def decide(intent_id: str, me: Me, parts: Parts, given: VerdictBody) -> JSONResponse:
    wanted = str(identifier(intent_id))
    number = "".join(clean(given.number).split())
    if given.verdict == "adopt" and not _DIGITS.fullmatch(number):
        return said(422, NUMBER, code="NUMBER")
    if given.verdict == "absent" and number:
        return said(422, NO_NUMBER_WANTED, code="NUMBER")
    reason = " ".join(clean(given.reason).split()) or SEEN_IN_APP
    request = pb.ResolveRequest(
        account_ref=me.who.account_ref,
        intent_id=wanted,
        reason=reason,
        confirmation=clean(given.confirmation).strip().lower(),
    )
    if given.verdict == "adopt":
        request.adopt_broker_order_no = number
    else:
        request.absent = True
    reply = await parts.assembled.hand.resolve(me.who, request)
    if reply.accepted:
        await _note(parts, me.who, reply.order, number, reason)
    elif not reply.order.intent_id:  # the OMS shows an order to its account alone
        raise not_found()
    return _answer(reply)


def _answer(reply: pb.OrderReply) -> JSONResponse:
    message, status = reply.message, 200
    if reply.code == "NOT_MANUAL":
        message, status = MOVED_ON.format(state=state_word(reply.order)), 409
    elif not reply.accepted:
        status = 422 if reply.code in _MALFORMED else 409
    return said(status, message, code=reply.code, order=_row(reply.order))


def _row(order: pb.Order) -> dict[str, Any]:
    if not is_unsettled(order):
        return order_row(order)
    words = unsettled(order)
    return {
        **order_row(order),
        "happened": words.happened,
        "frozen": words.frozen,
        "look": list(words.look),
        "confirmation": words.confirmation,
    }


async def _note(parts: WebParts, who: Identity, order: pb.Order, number: str, reason: str) -> None:
    """The verdict stands whether or not the journal can be written; the OMS has audited it already."""
    detail = {
        "verdict": "adopt" if number else "absent",
        "intent_id": order.intent_id,
        "by": who.name,
        "orders": [{"ticker": order.ticker, "name": order.name, "reason": reason}],
    }
    entry = JournalEntry(parts.assembled.clock.now(), "order", order.ticker, verdict_text(who.name, number), detail)
    try:
        await parts.assembled.ports.desk.note(who.user_id, entry)
    except PortUnavailable as gone:
        log.warning("verdict.not_noted", intent=order.intent_id, where=gone.where)
