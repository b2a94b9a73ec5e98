"""Exit rules in Korean: what a rule says, whose it is, and why an order was made. Pure text."""

from __future__ import annotations

from domain.clock import format_moment
from domain.decimals import percent
from domain.exits import ExitKind, ExitRule, RuleSource

KINDS: dict[ExitKind, str] = {
    ExitKind.STOP_LOSS: "손절",
    ExitKind.TRAILING: "추적 손절",
    ExitKind.TAKE_PROFIT: "익절",
    ExitKind.TIME: "기한 매도",
}
SOURCES: dict[RuleSource, str] = {
    RuleSource.STRATEGY: "전략",
    RuleSource.USER: "직접 정한 기준",
    RuleSource.DEFAULT: "기본 기준",
}


def describe(rule: ExitRule) -> tuple[str, ...]:
    """One short phrase a part: ('손절 -5%', '익절 +15%')."""
    said = []
    if rule.stop_bps is not None:
        said.append(f"손절 -{percent(rule.stop_bps)}")
    if rule.trailing_bps is not None:
        said.append(f"추적 손절 고점 -{percent(rule.trailing_bps)}")
    if rule.take_bps is not None:
        said.append(f"익절 +{percent(rule.take_bps)}")
    if rule.sell_at is not None:
        said.append(f"{format_moment(rule.sell_at)}에 매도")
    if rule.sessions is not None:
        said.append(f"{rule.sessions}거래일 뒤 매도")
    return tuple(said) or ("자동 매도 없음",)


def order_reason(kind: ExitKind, price: int, level: int) -> str:
    """Why an exit was ordered, as it is kept with the order: '손절: 기준 66,500원에 닿았어요 (본 가격 66,400원)'."""
    if kind is ExitKind.TIME:
        return f"{KINDS[kind]}: 정한 때가 됐어요 (본 가격 {price:,}원)"
    return f"{KINDS[kind]}: 기준 {level:,}원에 닿았어요 (본 가격 {price:,}원)"


def order_note(kind: ExitKind) -> str:
    """What is told when the order is made."""
    return f"{KINDS[kind]} 주문을 냈어요."
