"""Balance, results, open orders, history as short Korean lines. Pure: replies of the OMS in, lines and figures out.

Contract: every amount is a figure with its source and time; fees and taxes are inside the realised result and shown
beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from domain.clock import KST
from domain.equity import Point, change, course
from domain.orders.types import IntentState
from domain.proto import oms_pb2 as pb
from nodes.account.context import Sheet

SIDES = {"buy": "매수", "sell": "매도"}
_STATES = {
    IntentState.NEW: "접수 대기",
    IntentState.SENDING: "보내는 중",
    IntentState.NOT_SENT: "보내기 전",
    IntentState.UNKNOWN: "결과 확인 중",
    IntentState.ACKED: "미체결",
    IntentState.PARTIAL: "일부 체결",
    IntentState.FILLED: "체결",
    IntentState.CANCEL_PENDING: "취소 중",
    IntentState.CANCEL_UNKNOWN: "취소 확인 중",
    IntentState.REVISE_PENDING: "정정 중",
    IntentState.REVISE_UNKNOWN: "정정 확인 중",
    IntentState.CANCELLED: "취소",
    IntentState.REJECTED: "거부",
    IntentState.REFUSED: "한도로 막힘",
    IntentState.ABSENT: "미접수 확인",
    IntentState.WITHDRAWN: "보내지 않음",
    IntentState.EXPIRED: "장 마감 종료",
    IntentState.MANUAL: "직접 확인 필요",
}
_HALTS = {"HALTED": "지금은 전체 정지 상태예요.", "REDUCING": "지금은 줄이는 주문과 취소만 할 수 있어요."}


def order_label(order: pb.Order) -> str:
    """'삼성전자 10주 매수(7만원)' in one phrase."""
    price = f"{order.price:,}원" if order.price else "시장가"
    return f"{order.name or order.ticker} {order.quantity:,}주 {SIDES.get(order.side, order.side)}({price})"


def state_word(order: pb.Order) -> str:
    return _STATES[IntentState(order.state)]


def balance_lines(book: pb.BookReply, sheet: Sheet) -> list[str]:
    lines = [
        f"총자산 {sheet.won(book.total_value)} · 예수금(D+2) {sheet.won(book.cash_d2)}",
        f"주문 가능 {sheet.won(book.buying_power)} · 평가손익 {sheet.signed_won(book.unrealised)}",
    ]
    held = sorted((p for p in book.positions if p.quantity > 0), key=lambda p: -p.value)
    if not held:
        lines.append("보유 종목은 아직 없어요.")
    for position in held[:3]:
        change = f" ({sheet.change(position.value, position.cost)})" if position.cost else ""
        lines.append(
            f"· {position.name or position.ticker} {sheet.shares(position.quantity)} "
            f"· {sheet.won(position.value)}{change}"
        )
    if len(held) > 3:
        lines.append(f"· 그 밖에 {len(held) - 3}종목")
    if book.trading_state in _HALTS:
        lines.append(_HALTS[book.trading_state])
    return lines


def pnl_lines(book: pb.BookReply, sheet: Sheet, *, today_only: bool, by_ticker: bool) -> list[str]:
    """Today, in total, by name; after fees and taxes."""
    lines = [
        f"오늘: 실현손익 {sheet.signed_won(book.realised_today)} (수수료 "
        f"{sheet.won(book.fees_today)}, 세금 {sheet.won(book.taxes_today)} 차감)"
    ]
    if not today_only:
        lines.append(
            f"누적: 실현손익 {sheet.signed_won(book.realised_total)} (수수료 "
            f"{sheet.won(book.fees_total)}, 세금 {sheet.won(book.taxes_total)} 차감)"
        )
    lines.append(f"평가손익 {sheet.signed_won(book.unrealised)} (아직 매도하지 않은 종목)")
    if by_ticker or not today_only:
        rows = sorted((p for p in book.positions if p.quantity > 0), key=lambda p: -abs(p.unrealised))
        lines += [f"· {p.name or p.ticker} 평가 {sheet.signed_won(p.unrealised)}" for p in rows[:2]]
        lines += [
            f"· {r.name or r.ticker} 실현 {sheet.signed_won(r.realised)}" for r in list(book.realised_by_ticker)[:2]
        ]
    return lines[:6]


def equity_lines(days: Sequence[pb.Day], book: pb.BookReply, sheet: Sheet) -> list[str]:
    """The account's curve in words, `days` oldest first: from where to where, what was made, how far below the top."""
    points = course(days, book)
    if len(points) < 2:
        return ["자산 흐름이에요.", "자산 기록이 아직 하루치도 없어요. 거래일이 지나면 보여 드려요."]
    first, last = points[0], points[-1]
    made = change(days, points)
    share = f" ({sheet.change(last.value, made.base)})" if made.base > 0 else ""
    kept = f"입출금 {sheet.signed_won(made.paid_in)}을 빼면 " if made.paid_in else ""
    top = "지금이 최고예요."
    if last.value < last.high:
        less = sheet.change(last.value, last.high) if last.below < 0 else sheet.signed_won(last.value - last.high)
        top = f"최고 {sheet.won(last.high)}보다 {less}"
    return [
        "자산 흐름이에요.",
        f"총자산 {_when(first)} {sheet.won(first.value)} → {_when(last)} {sheet.won(last.value)}",
        f"{kept}{sheet.signed_won(made.gain)}{share} · {top}",
        *(f"· {_when(point)} {sheet.won(point.value)}" for point in points[1:-1][-3:]),
    ]


def daily_lines(days: Sequence[pb.Day], book: pb.BookReply, sheet: Sheet) -> list[str]:
    """What the newest days brought after fee and tax, and what is not sold yet."""
    closed = [day for day in days if day.realised]
    if not closed and not book.positions:
        return ["손익 흐름이에요.", "아직 실현손익도 보유 종목도 없어요. 첫 주문이 체결되면 보여 드려요."]
    total = sum(day.realised for day in closed)
    lines = [
        "손익 흐름이에요.",
        f"실현손익 {sheet.signed_won(total)} ({len(closed)}일, 수수료·세금 차감) "
        f"· 평가손익 {sheet.signed_won(book.unrealised)}",
    ]
    newest = [(date.fromisoformat(day.date), day.realised) for day in closed[-4:]]
    return lines + [
        f"· {day.month}월 {day.day}일 실현 {sheet.signed_won(realised)}" for day, realised in reversed(newest)
    ]


def _when(point: Point) -> str:
    return f"{point.day.month}월 {point.day.day}일" if point.day is not None else "지금"


def open_lines(orders: Sequence[pb.Order]) -> list[str]:
    if not orders:
        return ["미체결 주문이 없어요."]
    lines = [f"미체결 주문 {len(orders)}건이에요."]
    for at, order in enumerate(orders[:4], start=1):
        done = f", {order.filled:,}주 체결" if order.filled else ""
        lines.append(f"{at}) {order_label(order)} · {state_word(order)}{done}")
    if len(orders) > 4:
        lines.append(f"그 밖에 {len(orders) - 4}건")
    lines.append("취소는 '1번 취소', 정정은 '7만원으로 정정'처럼 말씀해 주세요.")
    return lines


def history_lines(orders: Sequence[pb.Order], since: date | None) -> list[str]:
    kept = [o for o in orders if since is None or o.created_at.ToDatetime(tzinfo=KST).date() >= since]
    if not kept:
        return ["주문 내역이 아직 없어요." if since is None else "그 기간의 주문 내역이 없어요."]
    lines = ["최근 주문이에요."]
    for order in kept[:5]:
        at = order.created_at.ToDatetime(tzinfo=KST)
        filled = f" {order.filled:,}주" if 0 < order.filled < order.quantity else ""
        lines.append(f"· {at.month}/{at.day} {at:%H:%M} {order_label(order)} · {state_word(order)}{filled}")
    return lines
