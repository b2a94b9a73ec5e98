"""Controls on whether anything may leave at all: switches, states, clock, ids.

Contract: each function looks at one `Case` and answers None or a `Hit`; which classes it binds is in
`domain.gate.table`.
"""

from __future__ import annotations

from domain.gate.case import INCREASE, RELEASE, Case, Hit, refuse, warn
from domain.gate.view import Exiting
from domain.orders.types import TradingState

_HALTED, _REDUCING = TradingState.HALTED, TradingState.REDUCING


def live_switch(case: Case) -> Hit | None:
    config = case.config
    if config.environment == "live" and not config.live_enabled:
        return refuse("실전 주문이 꺼져 있어요. 설정에서 실전 거래를 켜야 주문할 수 있어요.")
    return None


def halt(case: Case) -> Hit | None:
    account = case.account
    if account.trading_state is _HALTED:
        return refuse("전체 정지 중이에요. 지금은 취소만 할 수 있어요.")
    if case.order_class is INCREASE:
        if account.trading_state is _REDUCING:
            return refuse("지금은 보유를 줄이는 매도와 취소만 할 수 있어요.")
        if case.order.sleeve in account.halted_sleeves:
            return refuse("이 전략은 정지돼 있어요. 재개한 뒤에 주문할 수 있어요.")
    return None


def frozen(case: Case) -> Hit | None:
    if case.order.ticker in case.account.frozen_tickers:
        return refuse("{}: 직접 확인이 필요한 주문이 있어요. 그 주문을 정리해야 새로 주문할 수 있어요.", (case.name,))
    return None


def reconciled(case: Case) -> Hit | None:
    if not case.account.reconciled:
        return refuse("증권사 잔고와 맞춰 보는 중이에요. 확인이 끝나면 다시 시도해 주세요.")
    return None


def clock_skew(case: Case) -> Hit | None:
    skew, limit = abs(case.market.clock_skew_ms), case.config.max_clock_skew_ms
    if skew > limit:
        text = "시계가 증권사와 {:.1f}초 달라요. {:.0f}초 안이어야 매수할 수 있어요."
        return refuse(text, (skew / 1000, limit / 1000), skew, limit)
    return None


def channel(case: Case) -> Hit | None:
    """KIS paper shows fills by notices only, and a silent channel may be a wrong HTS id. The first order proves it: its
    accept notice must come. Until then one order of the account is out, the others wait in the queue."""
    account = case.account
    if case.config.environment != "paper" or account.channel_proven:
        return None
    if not account.channel_up:
        return refuse("체결 통보를 받을 수 없어요. 연결과 HTS ID를 확인해 주세요.")
    if case.stage is not RELEASE:
        return warn("체결 통보가 오는지 첫 주문으로 확인해요. 확인될 때까지 한 건씩 나가요.")
    out = case.at_broker
    if out:
        return refuse("체결 통보가 오는지 확인하는 주문이 나가 있어요. 확인되면 이어서 나가요.", (), out, 1)
    return None


def message_rate(case: Case) -> Hit | None:
    sent, limit = case.account.messages_last_minute, case.config.max_messages_per_minute
    if sent is None or sent < limit:
        return None
    text = "최근 1분 동안 주문을 {:,}건 보냈어요. 1분에 {:,}건까지예요."
    return refuse(text, (sent, limit), sent + 1, limit)


def rejections(case: Case) -> Hit | None:
    row, limit = case.account.rejections_in_row, case.config.max_rejections_in_row
    if row is None or row < limit:
        return None
    text = "주문이 {:,}번 이어서 거절됐어요. 이유를 먼저 확인해 주세요. 내일 다시 할 수 있어요."
    return refuse(text, (row,), row, limit)


def id_seen(case: Case) -> Hit | None:
    if case.stage is RELEASE:
        return None
    seen = case.view.ids.seen.get(case.order.intent_id)
    if seen is None:
        return None
    if seen == case.order.payload_hash:
        return refuse("이미 접수한 주문이에요. 다시 보내지 않았어요.")
    return refuse("같은 번호로 내용이 다른 주문이 이미 있어요. 아무것도 하지 않았어요.")


def duplicate(case: Case) -> Hit | None:
    if case.stage is RELEASE or isinstance(case.view.authority, Exiting):
        return None
    order, config = case.order, case.config
    for other in case.view.ids.recent:
        if (
            other.ticker == order.ticker
            and other.side is order.side
            and other.quantity == case.quantity
            and other.price == case.price
            and case.wall - other.at < config.duplicate_window
        ):
            seconds = int(config.duplicate_window.total_seconds())
            text = "{}: 방금 같은 주문({:,}주)을 냈어요. 한 번 더 내려면 {}초 뒤에 해 주세요."
            passed = int((case.wall - other.at).total_seconds())
            return refuse(text, (case.name, case.quantity, seconds), passed, seconds)
    return None


def deadline(case: Case) -> Hit | None:
    if case.wall >= case.order.not_after:
        return refuse("주문 유효 시간이 지났어요. 지금 가격으로 다시 만들어 주세요.")
    return None


def unanswered(case: Case) -> Hit | None:
    """The queue holds such an order back by itself; at release this is the last line."""
    if not case.unanswered:
        return None
    if case.stage is RELEASE:
        return refuse("{}: 결과를 확인 중인 주문이 있어 지금은 보낼 수 없어요.", (case.name,))
    return warn("{}: 결과를 확인 중인 주문이 있어요. 확인이 끝난 뒤에 나가요.", (case.name,))
