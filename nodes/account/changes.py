"""Taking back and stopping: cancel, revise, halt, resume. These act at once, because they reduce risk or are the
user's own order.

Contract: acts on exactly one order unless the user said all; asks when several could be meant; what is filled is
never called cancelled. Request ids follow from the message, so a replayed turn asks for the same thing once.
"""

from __future__ import annotations

from typing import Any

from domain.clock import KST
from domain.costs import fee, sell_tax
from domain.hangul import josa
from domain.korean.quantities import order_numbers
from domain.korean.text import clean, plain
from domain.orders.types import TERMINAL, IntentState, Side
from domain.proto import oms_pb2 as pb
from domain.ticks import on_tick, round_to_tick
from nodes.account.context import Desk, Outcome, says
from nodes.account.views import order_label
from nodes.account.wishes import SIDES
from nodes.asking import block, question

NOTHING_OPEN = "취소할 미체결 주문이 없어요."
_ALL = ("전부", "모두", "다취소", "전체", "싹", "몽땅", "모든")


def is_open(order: pb.Order) -> bool:
    return IntentState(order.state) not in TERMINAL


async def cancel_last(desk: Desk) -> Outcome:
    """'방금 거 취소': unfilled → cancelled; filled → cannot be undone, the reverse order with its cost is offered."""
    orders = await desk.ports.oms.orders(desk.who, limit=10)
    if desk.reading.tickers:
        orders = [order for order in orders if order.ticker in desk.reading.tickers]
    if not orders:
        return says("최근에 낸 주문이 없어서 취소할 것도 없어요.")
    last = orders[0]
    if is_open(last):
        return await _cancel(desk, [last])
    if last.filled > 0:
        return await _reverse(desk, last)
    still = [order for order in orders if is_open(order)]
    ended = f"{order_label(last)} 주문은 이미 끝났어요."
    if not still:
        return says(f"{ended} {NOTHING_OPEN}")
    return Outcome((block("text", ended),)) if len(still) > 1 else await _ask_which(desk, still, "cancel")


async def cancel_order(desk: Desk) -> Outcome:
    """Cancels the order that the words name: by stock, by number, all, or the only one."""
    found = await desk.ports.oms.orders(desk.who, open_only=True)
    if not found:
        return says(NOTHING_OPEN)
    named = [order for order in found if order.ticker in desk.reading.tickers] if desk.reading.tickers else found
    if desk.reading.tickers and not named:
        return says(f"{desk.name(desk.reading.tickers[0])} 미체결 주문은 없어요.")
    text = plain(desk.reading.text).text
    if any(word in text for word in _ALL):
        return await _cancel(desk, named)
    if desk.reading.ordinal is not None:
        at = len(named) if desk.reading.ordinal == -1 else desk.reading.ordinal
        if 1 <= at <= len(named):
            return await _cancel(desk, [named[at - 1]])
    if len(named) == 1:
        return await _cancel(desk, named)
    return await _ask_which(desk, named, "cancel")


async def answered(desk: Desk) -> Outcome:
    """Which order was meant."""
    answer = desk.reading.answer
    assert answer is not None
    ids = list(answer.about.get("intents", []))
    if answer.value in ("no", "later", "no_answer", "unsure"):
        return says("알겠어요. 주문은 그대로 두었어요.")
    if answer.index is None or answer.index >= len(ids):
        chosen = ids if answer.value == "yes" and len(ids) == 1 else []
    else:
        chosen = [ids[answer.index]]
    orders = [order for order in await desk.ports.oms.orders(desk.who, limit=50) if order.intent_id in chosen]
    if not orders:
        return says("어느 주문인지 찾지 못했어요. '미체결'을 보고 번호로 말씀해 주세요.")
    price = answer.about.get("price")
    if price:
        return await _revise_to(desk, orders[0], int(price))
    return await _cancel(desk, orders)


async def revise(desk: Desk) -> Outcome:
    """'7만원으로 정정': a new price for the whole remainder."""
    found = await desk.ports.oms.orders(desk.who, open_only=True)
    if desk.reading.tickers:
        found = [order for order in found if order.ticker in desk.reading.tickers]
    if not found:
        return says("정정할 미체결 주문이 없어요.")
    numbers = order_numbers(plain(clean(desk.reading.text)))
    price = numbers.price or numbers.amount
    if price is None:
        more = " 수량을 바꾸려면 취소하고 다시 주문해 주세요." if numbers.shares else ""
        return says(f"얼마로 정정할지 가격을 함께 알려 주세요. 예: '7만원으로 정정'.{more}")
    if len(found) > 1 and desk.reading.ordinal is None:
        return await _ask_which(desk, found, "revise", price)
    at = (desk.reading.ordinal or 1) - 1
    return await _revise_to(desk, found[at if 0 <= at < len(found) else 0], price)


async def halt(desk: Desk) -> Outcome:
    """Stops everything new for this account; cancels stay possible."""
    reply = await desk.ports.oms.set_trading_state(desk.who, "HALTED", "대화에서 정지를 요청함")
    lines = ["전체 정지했어요. 새 주문은 나가지 않고, 취소만 할 수 있어요."]
    if reply.in_flight:
        lines.append(f"이미 나간 주문 {len(reply.in_flight)}건은 되돌릴 수 없어서 결과를 확인할게요.")
    lines.append("다시 시작하려면 '재개'라고 해 주세요.")
    return Outcome((block("text", "\n".join(lines)),), update={"notices": [{"code": "halt", "text": lines[0]}]})


async def resume(desk: Desk) -> Outcome:
    reply = await desk.ports.oms.set_trading_state(desk.who, "ACTIVE", "대화에서 재개를 요청함")
    if reply.state == "ACTIVE":
        return says("거래를 재개했어요. 새 주문은 전처럼 승인 카드로 여쭤볼게요.")
    return says(reply.message or "아직 재개할 수 없어요. 확인이 필요한 주문이 있는지 '미체결'을 봐 주세요.")


async def _cancel(desk: Desk, orders: list[pb.Order]) -> Outcome:
    lines = []
    for order in orders:
        if not is_open(order):
            lines.append(f"{order_label(order)} 주문은 이미 끝나서 취소할 수 없어요.")
            continue
        reply = await desk.ports.oms.cancel(desk.who, order.intent_id, f"{desk.message_id}:cancel:{order.intent_id}")
        lines.append(_cancel_line(order, reply))
    return Outcome((block("order_changed", "\n".join(lines)),))


def _cancel_line(order: pb.Order, reply: pb.OrderReply) -> str:
    label = order_label(order)
    if not reply.accepted:
        return f"{josa(label, '은/는')} 취소하지 못했어요. {reply.message}".strip()
    partly = f" 이미 체결된 {order.filled:,}주는 그대로예요." if order.filled else ""
    done = IntentState(reply.order.state) in TERMINAL if reply.order.state else False
    return f"{label} 주문을 취소했어요.{partly}" if done else f"{label} 주문의 취소를 요청했어요.{partly}"


async def _revise_to(desk: Desk, order: pb.Order, price: int) -> Outcome:
    row = desk.ports.instruments.get(order.ticker)
    note = ""
    if row is not None and not on_tick(price, row.kind, desk.now.date()):
        fitted = round_to_tick(price, Side(order.side), row.kind, desk.now.date())
        note, price = f" 호가 단위에 맞춰 {fitted:,}원으로 했어요.", fitted
    reply = await desk.ports.oms.revise(desk.who, order.intent_id, price, f"{desk.message_id}:revise:{order.intent_id}")
    if not reply.accepted:
        return says(f"정정하지 못했어요. {reply.message}".strip())
    return says(f"{order_label(order)} 주문을 {price:,}원으로 정정했어요.{note}", "order_changed")


async def _ask_which(desk: Desk, orders: list[pb.Order], what: str, price: int | None = None) -> Outcome:
    labels = [order_label(order) for order in orders[:5]]
    verb = "정정" if what == "revise" else "취소"
    about: dict[str, Any] = {"intents": [order.intent_id for order in orders[:5]]}
    if price is not None:
        about["price"] = price
    return Outcome(ask=question("account", what, f"어느 주문을 {verb}할까요?", labels, desk.now, **about))


async def _reverse(desk: Desk, order: pb.Order) -> Outcome:
    """What is filled stays; the reverse order and what it would cost."""
    back = "sell" if order.side == "buy" else "buy"
    quote = await desk.ports.market.quote(order.ticker)
    row = desk.ports.instruments.get(order.ticker)
    price = quote.price if quote.found else 0
    amount = price * order.filled
    on = desk.now.astimezone(KST).date()
    cost = fee(amount) + (sell_tax(amount, row.market, row.kind, on) if back == "sell" and row else 0)
    lines = [f"{josa(order_label(order), '은/는')} 이미 {order.filled:,}주가 체결돼서 취소할 수 없어요."]
    if price:
        kinds = "수수료와 세금" if back == "sell" else "수수료"
        lines.append(
            f"반대로 {order.filled:,}주를 {SIDES[back]}할 수는 있어요. "
            f"지금 {price:,}원이면 {josa(kinds, '이/가')} 약 {cost:,}원 들어요."
        )
        if order.filled_amount:
            gap = (amount - order.filled_amount) * (1 if back == "sell" else -1) - cost - order.fee - order.tax
            lines.append(f"되돌리면 모두 합해 {gap:+,}원이 돼요.")
    wish = {
        "side": back,
        "ticker": order.ticker,
        "shares": order.filled,
        "amount": None,
        "portion_bps": None,
        "price": None,
        "market": False,
    }
    asked = question(
        "account", "reverse", "반대 주문을 낼까요?", (f"{SIDES[back]}하기", "그대로 두기"), desk.now, order=wish
    )
    return Outcome((block("text", "\n".join(lines)),), ask=asked)
