"""What the worker writes into a person's journal, in Korean. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from domain.orders.types import Side
from domain.proto import oms_pb2 as pb

REASONS = {
    "entry": "매수 조건이 맞았어요",
    "exit": "매도 조건이 맞았어요",
    "time": "정해 둔 보유 기간이 지났어요",
    "rebalance": "정해 둔 비중으로 되돌려요",
    "park": "남는 돈을 잠시 넣어 둬요",
    "unpark": "살 종목이 있어 넣어 둔 돈을 꺼내요",
}
SIDES = {Side.BUY: "매수", Side.SELL: "매도"}
CHANGED = (
    "'{name}' 전략의 내용이 바뀌어 자동매매를 멈췄어요. 새 내용으로 하려면 '전략 켜줘'라고 하고 다시 서명해 주세요."
)
UNSIGNED = "'{name}' 전략은 아직 서명 전이라 주문하지 않아요. 주문판의 '위임'에서 서명해 주세요."
UNBUILT = "'{name}' 전략을 계산할 수 없어 거래하지 않아요. {why}"
NO_PROFILE = "확인된 투자성향이 없어 '{name}' 전략은 새로 사지 않아요."


def leg_reason(strategy: str, why: str) -> str:
    return f"'{strategy}' 전략: {REASONS[why]}."


def admitted(name: str, side: Side, quantity: int, strategy: str, why: str) -> str:
    return f"{name} {quantity:,}주 {SIDES[side]}: {leg_reason(strategy, why)}"


def refused(name: str, side: Side, findings: Iterable[pb.Finding], message: str) -> str:
    said = [found.message for found in findings if found.effect == "refuse" and found.message]
    return f"{name} {SIDES[side]} 주문을 내지 않았어요. {' '.join(said[:3]) or message or '접수되지 않았어요.'}"
