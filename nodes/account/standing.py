"""왜 멈췄어? and 주문 상태: where the account and its orders stand, with what can be done. Reads only.

Contract: causes are the OMS's own (`nodes.account.halts`); an account that trades is said to trade, and only then is
the journal asked for a reason. An order in question is told as one that is being looked into, never as lost or done.
"""

from __future__ import annotations

from domain.korean.text import plain
from domain.orders.types import IntentState, TradingState
from domain.proto import oms_pb2 as pb
from nodes.account.context import Desk, Outcome, says
from nodes.account.halts import STATES, STOPPED, causes, sleeve_name, state_of
from nodes.account.unsettled import WHERE
from nodes.account.views import history_lines, open_lines
from nodes.account.why import why

MOST = 2
NOT_HALTED = "지금은 멈춰 있지 않아요. 주문할 수 있어요."
LOOKED_INTO = "확인 중인 주문은 증권사의 답을 못 받아 조회하고 있어요. 같은 주문을 앱에서 또 내지 마세요."
_IN_QUESTION = frozenset({IntentState.UNKNOWN, IntentState.CANCEL_UNKNOWN, IntentState.REVISE_UNKNOWN})
_HOW = ("상태", "현황", "상황", "어떻게", "확인")


async def why_halted(desk: Desk) -> Outcome:
    status = await desk.ports.oms.status(desk.who)
    names = [sleeve_name(sleeve, {}) for sleeve in status.stopped_sleeves]
    stopped = [STOPPED.format(names=", ".join(names))] if names else []
    if state_of(status) is TradingState.ACTIVE:
        told = await why(desk)
        reasons = told.say[0]["text"].split("\n")[1:] if told.say and told.say[0]["kind"] == "why" else []
        return says("\n".join([NOT_HALTED, *stopped, *reasons][:6]))
    lines = [f"지금은 {STATES[state_of(status)]}"]
    for cause in causes(status)[:MOST]:
        lines += [f"· {cause.text}", f"  {cause.todo}"]
    return says("\n".join([*lines, *stopped][:6]))


async def open_orders(desk: Desk) -> Outcome:
    """What is open, and of what nobody knows yet that it is being looked into; else how the last one ended."""
    found = await desk.ports.oms.orders(desk.who, open_only=True)
    lines = [*open_lines(found), *_notes(found)]
    if not found and any(word in plain(desk.reading.text).text for word in _HOW):
        last = await desk.ports.oms.orders(desk.who, limit=1)
        lines += history_lines(last, None)[1:] if last else []
    return says("\n".join(lines), "open_orders" if found else "text")


def _notes(orders: list[pb.Order]) -> list[str]:
    states = {IntentState(order.state) for order in orders}
    found = [LOOKED_INTO] if states & _IN_QUESTION else []
    return [*found, WHERE] if IntentState.MANUAL in states else found
