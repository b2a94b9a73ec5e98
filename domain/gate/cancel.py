"""The gate on cancels: nothing but a switch, an id, a target and a market that can take it.

Contract: HALTED, freezes, unknown orders and every limit leave cancels alone. A leg that has not been sent is withdrawn
by ourselves, so no session is needed. Instrument, tick, band and sellable were settled when the order was placed.
"""

from __future__ import annotations

from domain.gate.finding import Effect, Finding, Verdict
from domain.gate.order import GateCancel, OrderClass
from domain.gate.view import GateView, OpenOrder
from domain.orders.types import IntentState

UNSENT = frozenset({IntentState.NEW, IntentState.NOT_SENT})


def check_cancel(cancel: GateCancel, view: GateView) -> Verdict:
    """Whether the cancel may leave; `ID_SEEN` on a repeat of the same request."""
    findings = []

    def refuse(code: str, message: str) -> None:
        findings.append(Finding(code, Effect.REFUSE, cancel.leg, message))

    if view.config.environment == "live" and not view.config.live_enabled:
        refuse("LIVE_SWITCH", "실전 주문이 꺼져 있어요. 설정에서 실전 거래를 켜야 취소할 수 있어요.")
    if cancel.request_id in view.ids.seen:
        refuse("ID_SEEN", "이미 접수한 취소예요. 다시 보내지 않았어요.")
    target = next((order for order in view.account.open_orders if order.order_id == cancel.target), None)
    if target is None:
        refuse("CANCEL_TARGET", "취소할 미체결 주문이 없어요.")
    elif target.state not in UNSENT and not _open_for_cancels(target, view):
        refuse("SESSION", "지금은 취소할 수 있는 시간이 아니에요.")
    return Verdict(None, OrderClass.CANCEL, tuple(findings))


def _open_for_cancels(target: OpenOrder, view: GateView) -> bool:
    market = view.market.get(target.ticker)
    return market is None or market.phase in view.config.cancel_phases
