"""The one table of controls: code, number, what it says, whom it binds, what it reads, what happens without it.

Contract: the order of rows is the order of judgement, so clamps act on each other from the top down; `CONTROLS_FOR` is
what the gate runs and `docs/gate.md` is printed from the same rows. Cancels have their own rows, see `domain.gate.cancel`.
"""

# ruff: noqa: E501 (a table is read by its rows)

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from domain.gate import authority, exposure, pricing, standing
from domain.gate.case import Case, Hit
from domain.gate.order import OrderClass

INCREASE, REDUCE, CANCEL = OrderClass.INCREASE, OrderClass.REDUCE, OrderClass.CANCEL
ALL = frozenset(OrderClass)
PLACING = frozenset({INCREASE, REDUCE})
ADDING = frozenset({INCREASE})

Test = Callable[[Case], Hit | None]


@dataclass(frozen=True, slots=True)
class Control:
    """One row. `sources` is what serves the input on sim / paper / live; `max_age` names the figure of the gate's
    configuration; `unit` is that of a finding's `was` and `limit`."""

    number: int
    code: str
    title: str  # Korean, for people
    binds: frozenset[OrderClass]
    reads: str
    sources: str
    max_age: str
    substitute: str
    missing: str
    effect: str  # refuse | clamp | warn, joined by +
    unit: str
    test: Test | None  # None: judged on cancels only, in domain.gate.cancel


_ROWS: tuple[tuple[str, str, frozenset[OrderClass], Test | None, str, str, str, str, str, str, str], ...] = (
    # code, title, binds, test, reads, sources, max age, substitute, missing, effect, unit
    ("LIVE_SWITCH", "실전 거래 스위치", ALL, standing.live_switch, "settings", "sim and paper: always on / live: own switch", "-", "-", "refuse", "refuse", "-"),
    ("HALT", "거래 상태와 정지", PLACING, standing.halt, "trading state (the strictest of global, account and causes), stopped strategies", "ledger; no model, Valkey or broker is asked", "-", "-", "refuse", "refuse", "-"),
    ("FROZEN", "확인이 필요한 종목", PLACING, standing.frozen, "tickers with a MANUAL intent", "ledger", "-", "-", "refuse", "refuse", "-"),
    ("RECONCILED", "증권사 잔고와 일치", ADDING, standing.reconciled, "last reconciliation", "ledger against balance", "-", "-", "refuse", "refuse", "-"),
    ("CLOCK_SKEW", "시계 차이", ADDING, standing.clock_skew, "skew from the broker's Date header", "REST", "-", "-", "refuse", "refuse", "ms"),
    ("CHANNEL", "체결 통보 확인", ADDING, standing.channel, "a notice seen in this session", "sim and live: inquiry polling instead / paper: WebSocket", "session", "polling on sim and live; paper: one order is out at a time until a notice came", "refuse on paper when not subscribed", "warn+refuse", "orders"),
    ("MESSAGE_RATE", "1분에 보낸 주문 수", ADDING, standing.message_rate, "orders, revises and cancels that left in the last minute", "ledger", "1 minute", "the budget's pacing alone", "pass", "refuse", "orders"),
    ("REJECTIONS", "이어진 거절", ADDING, standing.rejections, "refusals of broker or exchange today since the last order taken; a reduce that is taken ends the row", "ledger", "trade date", "each refusal is told by itself", "pass", "refuse", "orders"),
    ("ID_SEEN", "이미 낸 주문", ALL, standing.id_seen, "ids with their payload hash", "ledger", "-", "-", "refuse", "refuse", "-"),
    ("DEADLINE", "주문 유효 시간", PLACING, standing.deadline, "not_after", "plan", "-", "-", "refuse", "refuse", "-"),
    ("UNANSWERED", "결과를 확인 중인 주문", PLACING, standing.unanswered, "UNKNOWN of the same ticker and side", "ledger", "-", "-", "refuse", "warn+refuse", "-"),
    ("INSTRUMENT", "거래할 수 있는 종목", PLACING, pricing.instrument, "bundled table, halt flag, 관리 and 투자경고 of today", "table; halt and designation: quote", "-", "unknown counts as highest risk; a reducing sale passes unless halted", "refuse", "refuse", "-"),
    ("SESSION", "주문할 수 있는 시간", ALL, pricing.session, "phase of the venue's calendar, order type", "sim: exchange clock / paper and live: bundled calendar", "-", "a cancel is sent when the phase is unknown", "refuse", "refuse", "-"),
    ("QUANTITY", "수량", PLACING, pricing.quantity, "quantity", "order", "-", "-", "refuse", "refuse+clamp", "shares"),
    ("TICK", "호가단위", PLACING, pricing.tick, "limit price, dated tick table", "table", "-", "-", "refuse", "clamp+refuse", "won"),
    ("DUPLICATE", "방금 낸 같은 주문", PLACING, standing.duplicate, "signatures (ticker, side, quantity, price); exits by exit mandate have their own uniqueness and pass", "ledger", "duplicate_window", "-", "refuse", "refuse", "s"),
    ("BAND", "상하한가", PLACING, pricing.band, "venue's band", "quote", "trade date", "base price with the dated rule; a market sale passes", "refuse", "refuse", "won"),
    ("COLLAR", "현재가와의 차이", PLACING, pricing.collar, "last price", "stream, else quote", "reference_max_age", "reduce: the band alone", "refuse; reduce: warn", "refuse+warn", "won"),
    ("INTERRUPTION", "변동성 완화장치", PLACING, pricing.interruption, "VI or circuit breaker on the name", "quote and prints", "reference_max_age", "halt flag and collar", "pass", "refuse+warn", "-"),
    ("LIMIT_LOCK", "상한가·하한가 고정", PLACING, pricing.limit_lock, "last price at an end of the band", "stream, else quote", "reference_max_age", "-", "BAND and COLLAR have refused", "refuse+warn", "won"),
    ("SELF_TRADE", "내 주문끼리 체결", PLACING, pricing.self_trade, "own and foreign opposite orders that cross", "ledger", "-", "-", "same transaction: cannot miss", "refuse", "won"),
    ("SELLABLE", "팔 수 있는 수량", PLACING, exposure.sellable, "broker's sellable quantity less resting sells", "sim and live: balance / paper: cannot tell", "holdings_max_age", "book less all resting sells", "refuse", "refuse+clamp", "shares"),
    ("SLEEVE", "몫", PLACING, exposure.sleeve, "shares of the order's own sleeve; the person sells from all", "book", "-", "-", "refuse", "refuse+clamp", "shares"),
    ("PROFILE", "투자성향 유효기간", ADDING, authority.profile, "confirmed profile", "desk", "expires_at", "-", "refuse", "refuse", "grade rank"),
    ("SUITABILITY", "투자성향 적합성", ADDING, authority.suitability, "product risk grade, allowed grades, initiative, 부적합 확인", "table, limits, approval", "-", "unknown counts as highest risk", "refuse", "refuse+warn", "risk grade"),
    ("DAILY_LOSS", "하루 손실 한도", ADDING, exposure.daily_loss, "realised and unrealised result since day start", "book and last prices", "holdings_max_age", "-", "refuse", "refuse", "won"),
    ("DRAWDOWN", "최고점 대비 손실 한도", ADDING, exposure.drawdown, "equity, highest day-end equity, external flows removed", "book", "holdings_max_age", "day start value for the top", "refuse", "refuse", "won"),
    ("OPEN_ORDERS", "미체결 건수", ADDING, exposure.open_orders, "open orders, foreign ones included", "ledger", "-", "-", "same transaction: cannot miss", "refuse", "orders"),
    ("APPROVAL", "승인", PLACING, authority.approval, "plan hash, quantity a leg, expiry, decision", "desk", "expires_at", "PREVIEW asks nothing", "refuse", "refuse+clamp", "shares"),
    ("EXIT_MANDATE", "청산 위임", PLACING, authority.exit_mandate, "ticker, sleeve, shares left", "ledger", "life of the position", "-", "APPROVAL refuses", "refuse+clamp", "shares"),
    ("MANDATE", "위임 범위", PLACING, authority.mandate, "bounds, signature, use of the day; reduce ignores expiry and amounts", "desk, ledger", "expires_at", "-", "APPROVAL refuses", "refuse+clamp", "won"),
    ("ORDER_VALUE", "한 번에 낼 수 있는 금액", ADDING, exposure.order_value, "value; market buys at the band's top", "limits", "-", "no profile: the most careful grade's", "no band: BAND refuses", "clamp+refuse", "won"),
    ("VOLUME_SHARE", "평균 거래량 대비 주문량", ADDING, exposure.volume_share, "average daily volume of 20 sessions; resting buys of the name and the order", "daily chart", "trade date", "ORDER_VALUE alone", "pass", "clamp+refuse", "shares"),
    ("TURNOVER", "하루 거래 금액", ADDING, exposure.turnover, "traded today plus open remainders, equity", "book, ledger", "holdings_max_age", "-", "refuse", "clamp+refuse", "won"),
    ("UNEXECUTED", "미체결 금액", ADDING, exposure.unexecuted, "open remainders, equity", "ledger", "holdings_max_age", "-", "refuse", "clamp+refuse", "won"),
    ("WEIGHT_NAME", "종목 비중", ADDING, exposure.weight_name, "holding, resting buys, equity", "book, ledger", "holdings_max_age", "-", "refuse", "clamp+refuse", "bps"),
    ("WEIGHT_SECTOR", "업종 비중", ADDING, exposure.weight_sector, "holdings and resting buys of the sector; bonds and cash-like are free", "book, ledger, table", "holdings_max_age", "unknown names are a sector of their own", "refuse", "clamp+refuse", "bps"),
    ("WEIGHT_EQUITY", "주식 비중", ADDING, exposure.weight_equity, "share that counts as stocks", "book, ledger, table", "holdings_max_age", "unknown counts as stocks", "refuse", "clamp+refuse", "bps"),
    ("ABOVE_GRADE", "성향보다 위험한 상품 비중", ADDING, exposure.above_grade, "all products above the grade", "book, ledger, table", "holdings_max_age", "-", "refuse", "clamp+refuse", "bps"),
    ("CASH", "주문 가능 금액", ADDING, exposure.cash, "buying power without credit, own reservations the broker has not seen, fee", "buying power inquiry", "cash_max_age", "-", "refuse", "clamp+refuse", "won"),
    ("CANCEL_TARGET", "취소할 주문", frozenset({CANCEL}), None, "open orders, foreign ones included", "ledger", "-", "-", "refuse", "refuse", "-"),
)  # fmt: skip


def _controls() -> tuple[Control, ...]:
    return tuple(
        Control(number, code, title, binds, reads, sources, max_age, substitute, missing, effect, unit, test)
        for number, (
            code, title, binds, test, reads, sources, max_age, substitute, missing, effect, unit,
        ) in enumerate(_ROWS, start=1)
    )  # fmt: skip


CONTROLS: tuple[Control, ...] = _controls()
BY_CODE: dict[str, Control] = {control.code: control for control in CONTROLS}
CONTROLS_FOR: dict[OrderClass, tuple[tuple[str, Test], ...]] = {
    order_class: tuple((c.code, c.test) for c in CONTROLS if order_class in c.binds and c.test is not None)
    for order_class in PLACING
}
