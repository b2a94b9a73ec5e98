"""How far an account is from where its profile wants it, and which exits its positions should have. Pure.

Contract: drift is a list of Korean reasons, empty when nothing is off; a silent source is no reason. Exit rules are the
guard's own (`domain.exits`): a strategy's, the person's, else −5 % / +15 %. Nothing here sells.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from domain.exits import DEFAULT_RULE, ExitRule, Held, RuleRow, RuleSource, levels, rule_for
from domain.instruments import Instruments
from domain.limits import FULL_BPS
from domain.proto import oms_pb2 as pb
from nodes.investor import Investor

IDLE_CASH_BPS = 3_000  # that much of the base uninvested is worth a look
OVER_BPS = 100  # a name may be that far above its limit before it counts


@dataclass(frozen=True, slots=True)
class GuardRule:
    """A holding's rule in force: prices at which the guard sells, won, 0 for none; `source` strategy, user, default."""

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


def guard_rules(book: pb.BookReply, rows: Sequence[RuleRow]) -> tuple[GuardRule, ...]:
    """What the guard goes by, one line a holding; a trailing stop depends on a high that only the guard knows."""
    rules = []
    for position in book.positions:
        if position.quantity <= 0:
            continue
        sleeve = max(position.sleeves, key=lambda name: position.sleeves[name], default="")
        rule = rule_for(rows, position.ticker, sleeve)
        at = levels(rule, Held(position.quantity, position.cost, date.min), 0)
        rules.append(
            GuardRule(
                ticker=position.ticker,
                name=position.name,
                average=position.cost // position.quantity,
                stop_price=at.stop or 0,
                take_price=at.take or 0,
                source=rule.source.value,
            )
        )
    return tuple(rules)


def strategys_rule(risk: Mapping[str, Any] | None) -> ExitRule | None:
    """The strategy's own word, whole: what it leaves out of stop and take-profit is the default's. None when it says
    nothing of either. `risk` is the strategy's risk part as JSON."""
    stop, take, trailing = (_bps(risk, key) for key in ("stop_loss", "take_profit", "trailing_stop"))
    if stop is take is trailing is None:
        return None
    return ExitRule(
        stop_bps=min(stop or DEFAULT_RULE.stop_bps or FULL_BPS, FULL_BPS - 1),
        take_bps=take or DEFAULT_RULE.take_bps,
        trailing_bps=None if trailing is None else min(trailing, FULL_BPS - 1),
        source=RuleSource.STRATEGY,
    )


def _bps(risk: Mapping[str, Any] | None, key: str) -> int | None:
    """A percentage of the spec in basis points; None where it is not enabled."""
    found = (risk or {}).get(key) or {}
    if not found.get("enabled") or found.get("percent") is None:
        return None
    return max(1, int(Decimal(str(found["percent"])) * 100))


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
