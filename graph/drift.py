"""How far an account is from where its profile wants it, and which exits its positions should have. Pure.

Contract: drift is a list of Korean reasons, empty when nothing is off; a silent source is no reason. Guard rules are
suggestions in basis points off the average price: the strategy's own first, else −5 % / +15 %. Nothing here sells.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from domain.instruments import Instruments
from domain.limits import FULL_BPS
from domain.proto import oms_pb2 as pb
from nodes.investor import Investor

IDLE_CASH_BPS = 3_000  # that much of the base uninvested is worth a look
OVER_BPS = 100  # a name may be that far above its limit before it counts
STOP_BPS, TAKE_BPS = 500, 1_500


@dataclass(frozen=True, slots=True)
class GuardRule:
    """A suggested exit: prices at which a guard would sell, won; `source` strategy or default."""

    ticker: str
    name: str
    average: int
    stop_price: int
    take_price: int
    source: str


def drift(table: Instruments, investor: Investor, book: pb.BookReply) -> tuple[str, ...]:
    """Why the specialists should be asked."""
    reasons = []
    held = 0
    for position in book.positions:
        held += position.value
        limit = investor.hard.name_weight_bps(table.get(position.ticker))
        weight = position.value * FULL_BPS // investor.base
        if weight > limit + OVER_BPS:
            reasons.append(f"{position.name} 비중이 한도를 넘었어요")
    idle = min(book.buying_power, investor.base - held) * FULL_BPS // investor.base
    if idle > IDLE_CASH_BPS:
        reasons.append("투자하지 않은 돈이 많이 남아 있어요")
    return tuple(reasons)


def guard_rules(book: pb.BookReply, risk: Mapping[str, Any] | None) -> tuple[GuardRule, ...]:
    """One suggestion a position. `risk` is the strategy's risk part as JSON, None without a strategy."""
    stop, stop_own = _bps(risk, "stop_loss", STOP_BPS)
    take, take_own = _bps(risk, "take_profit", TAKE_BPS)
    rules = []
    for position in book.positions:
        if position.quantity <= 0:
            continue
        average = position.cost // position.quantity
        rules.append(
            GuardRule(
                ticker=position.ticker,
                name=position.name,
                average=average,
                stop_price=average * (FULL_BPS - stop) // FULL_BPS,
                take_price=average * (FULL_BPS + take) // FULL_BPS,
                source="strategy" if stop_own or take_own else "default",
            )
        )
    return tuple(rules)


def _bps(risk: Mapping[str, Any] | None, key: str, default: int) -> tuple[int, bool]:
    """A percentage of the spec in basis points, and whether it is the strategy's own."""
    found = (risk or {}).get(key) or {}
    if not found.get("enabled") or found.get("percent") is None:
        return default, False
    return int(Decimal(str(found["percent"])) * 100), True


def diary(slot: str, reasons: Sequence[str], proposals: Sequence[Mapping[str, Any]], outcome: str | None) -> str:
    """At most three lines: what was seen, what was done or not, why."""
    seen = f"{slot} 점검: " + ("; ".join(reasons[:3]) if reasons else "벗어난 것이 없어요") + "."
    if not proposals and outcome is None:
        return f"{seen}\n주문은 제안하지 않았어요."
    done = {
        "submitted": "주문을 보냈어요.",
        "refused": "한도 점검에서 막혀 주문하지 않았어요.",
        "rejected": "거절하셔서 주문하지 않았어요.",
        "expired": "승인이 없어 주문하지 않았어요.",
        "unavailable": "주문 창구가 답하지 않아 확인이 필요해요.",
    }.get(outcome or "", "제안만 하고 주문하지 않았어요.")
    names = ", ".join(
        f"{row['name']} {row['qty']:,}주 {'매수' if row['side'] == 'buy' else '매도'}" for row in proposals
    )
    return f"{seen}\n{names or '제안'}: {done}"
