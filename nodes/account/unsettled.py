"""직접 확인: what a person reads about an order that the OMS could not settle, and what the two verdicts mean. Pure.

Contract: tells what was sent and what is not known, never which of the two is true. `confirmation` are the letters that
the OMS asks to be typed again. Decides and sends nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

from domain.clock import KST, format_moment
from domain.hangul import josa
from domain.orders.types import IntentState
from domain.proto import oms_pb2 as pb
from nodes.account.views import SIDES

CONFIRMATION_LETTERS = 8
NAMELESS = "나"
WHERE = "주문판의 '직접 확인'에서 판정해 주세요."
SENT = "{at}에 보냈는데 증권사의 답을 받지 못했어요. 주문 내역을 조회해도 어느 주문인지 자동으로 가릴 수 없었어요."
REVISED = "가격 정정을 요청했는데 증권사의 답을 받지 못했어요. 조회해도 남은 주문이 어느 것인지 가릴 수 없었어요."
FROZEN = "판정하실 때까지 {name}의 새 주문은 멈추고, 계좌는 줄이는 매도와 취소만 해요."
LOOK = "증권사 앱의 {day} 주문 내역에서 {time}쯤 낸 {what} 주문을 찾아 주세요."
LOOK_CHAIN = "증권사 앱의 {day} 주문 내역에서 원래 주문 {number} 정정한 주문 가운데 지금 살아 있는 것을 찾아 주세요."
BY_HAND = "앱에서 직접 내신 같은 주문이 있으면 그 번호는 넣지 마세요. 확실하지 않으면 판정하지 말고 기다려 주세요."
ADOPT = "증권사에 주문이 있어요"
ABSENT = "주문이 없어요"
ADOPT_MEANS = "이 번호의 주문으로 잇고, 체결과 취소를 이어서 확인해요."
ABSENT_MEANS = "이 주문은 여기서 끝나요. 다시 보내지 않으니, 아직 원하시면 새로 요청해 주세요."


@dataclass(frozen=True, slots=True)
class Unsettled:
    """One order that waits for a person, in words."""

    happened: str
    frozen: str
    look: tuple[str, ...]
    confirmation: str


def is_unsettled(order: pb.Order) -> bool:
    return IntentState(order.state) is IntentState.MANUAL


def unsettled(order: pb.Order) -> Unsettled:
    """An order that has a number already is one whose revision got no answer."""
    sent = order.created_at.ToDatetime(tzinfo=KST)
    day, time = format_moment(sent).rsplit(" ", 1)
    price = f"{order.price:,}원" if order.price else "시장가"
    name = f"{order.name or order.ticker}({order.ticker})"
    what = f"{name} {SIDES.get(order.side, order.side)} {order.quantity:,}주, {price}"
    if order.broker_order_no:
        happened, look = REVISED, LOOK_CHAIN.format(day=day, number=josa(order.broker_order_no, "과/와"))
    else:
        happened, look = SENT.format(at=format_moment(sent)), LOOK.format(day=day, time=time, what=what)
    frozen = FROZEN.format(name=order.name or order.ticker)
    return Unsettled(happened, frozen, (look, BY_HAND), order.intent_id[:CONFIRMATION_LETTERS])


def verdict_text(who: str, number: str) -> str:
    """How the journal says who decided and what; the owner of this machine has no name of their own."""
    by = "" if who == NAMELESS else f"{who} 님이 "
    said = f"{ADOPT}({number})" if number else ABSENT
    return f"{by}증권사 앱을 보고 '{said}'라고 판정했어요."
