"""Why an account does not trade as usual, and what a person may do then: the causes of 정지 and 축소 in words. Pure.

Contract: says only what the OMS says of itself (`StatusReply`); an account that trades has no causes. A person's own
word is told as theirs, the OMS's sentences as they are. Stops and resumes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

from domain.orders.types import TradingState
from domain.proto import oms_pb2 as pb
from nodes.account.unsettled import WHERE

STATES = {
    TradingState.ACTIVE: "주문할 수 있어요.",
    TradingState.REDUCING: "줄이는 매도와 취소만 할 수 있어요.",
    TradingState.HALTED: "멈췄어요. 취소만 할 수 있어요.",
}
MANUAL = "직접 확인할 주문이 {count}건 있어요."
OWN_HALT = "직접 정지하셨어요"
OWN_REDUCING = "새로 사는 것을 직접 멈추셨어요"
RESUME = "재개하면 증권사와 맞춘 뒤 다시 주문할 수 있어요."
COMPARE = "보유 종목과 미체결을 증권사 앱과 비교하고, 같으면 재개해 주세요."
WAIT = "까닭이 사라지면 저절로 풀려요. 기다려 주세요."
BROKER = "인터넷과 증권사 점검 시간을 확인해 주세요. 급하면 증권사 앱에서 직접 파세요."
SLEEVES = {"cycle": "정기 점검", "savings": "적립식"}
STOPPED = "멈춘 전략: {names}. 더 사지 않고, 가진 주식은 팔 수 있어요."
_OF_MANUAL = "직접 확인이 필요한 주문"  # how the OMS's own sentence about the same begins
_SENTENCE = "요."  # the OMS speaks in sentences, a reason that a person typed is any text


@dataclass(frozen=True, slots=True)
class Cause:
    """One reason, and what can be done about it."""

    text: str
    todo: str


def state_of(status: pb.StatusReply) -> TradingState:
    """An OMS that does not name a state is treated as the strictest."""
    return TradingState(status.trading_state or "HALTED")


def causes(status: pb.StatusReply) -> tuple[Cause, ...]:
    """What a person did first, then what waits for a person, then what ends by itself."""
    state, reason = state_of(status), status.trading_state_reason.strip()
    if state is TradingState.ACTIVE:
        return ()
    found = []
    if reason and not reason.startswith(_OF_MANUAL) and reason != status.message:
        found.append(_cause(state, reason))
    if status.manual:
        found.append(Cause(MANUAL.format(count=len(status.manual)), WHERE))
    if status.message:
        found.append(Cause(status.message, BROKER))
    return tuple(found)


def _cause(state: TradingState, reason: str) -> Cause:
    own = not reason.endswith(_SENTENCE)
    if state is TradingState.HALTED:
        return Cause(f"{OWN_HALT} ({reason}).", RESUME) if own else Cause(reason, COMPARE)
    return Cause(f"{OWN_REDUCING} ({reason}).", RESUME) if own else Cause(reason, WAIT)


def sleeve_name(sleeve: str, names: dict[str, str]) -> str:
    """Of a strategy's part of the account; `names` by id of the strategy."""
    identity = sleeve.removeprefix("strategy:")
    return SLEEVES.get(sleeve) or names.get(identity) or f"전략 {identity[:8]}"
