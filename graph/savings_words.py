"""What is said of a month of savings, in Korean. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from domain.proto import oms_pb2 as pb

LATE = "정한 날이 일주일 넘게 지나 이번 달은 건너뛰었어요."
SHORT = "주문할 수 있는 돈이 모자라 이번 달은 건너뛰었어요 (필요 {needed}, 있는 돈 {there})."
KEPT = "모인 돈 {budget}으로는 한 주를 살 수 없어 다음 달로 넘겼어요."
REFUSED = "이번 달은 사지 않았어요: {why}"
BOUGHT = "{legs} 매수를 넣었어요 (약 {cost}). 남는 돈은 다음 달로 넘겨요."
NOT_ALLOWED = "한도 점검에서 막혔어요."


def why_of(findings: Iterable[pb.Finding]) -> str:
    """The gate's own sentence: what refused, else whatever it said first."""
    rows = list(findings)
    refused = [found.message for found in rows if found.effect == "refuse"] or [found.message for found in rows]
    return refused[0] if refused else NOT_ALLOWED
