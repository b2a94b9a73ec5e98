"""What the scheduler itself says of a slot: late, failed, interrupted. Korean, one line each. Pure.

Contract: what a cycle saw and did is the cycle's own diary; these lines stand where a slot could not write one.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from domain.slots import Due, Kind, Outcome
from tools.ports import JournalEntry

NAMES: Mapping[Kind, str] = {
    Kind.CYCLE: "점검",
    Kind.REBALANCE: "비중 점검",
    Kind.REPORT: "하루 정리",
    Kind.SAVINGS: "적립",
    Kind.MACRO: "거시 보고서",
    Kind.NEWS: "뉴스 읽기",
    Kind.TECHNICAL: "기술 지표",
}
OUTCOMES: Mapping[str, str] = {
    "running": "하는 중",
    Outcome.DONE: "마침",
    Outcome.FAILED: "실패",
    Outcome.SKIPPED: "건너뜀",
    Outcome.INTERRUPTED: "중단됨",
}
LATE = "제때 시작하지 못해 건너뛰었어요. 지난 시각의 주문은 뒤늦게 내지 않아요."
LATE_REBALANCE = "제때 시작하지 못해 {missed}번을 건너뛰었어요."
DIED = "중단됨: 도중에 프로그램이 꺼졌어요. 이 시각의 주문을 뒤늦게 이어서 내지 않아요."
STOPPED = "중단됨: 프로그램을 끄는 동안이라 여기서 멈췄어요. 뒤늦게 이어서 내지 않아요."
TOO_LONG = "제시간에 끝나지 않아 멈췄어요."
TROUBLE = "처리하다가 문제가 생겼어요. 기록은 남겨 두었어요."


def late(due: Due) -> str:
    return LATE_REBALANCE.format(missed=due.missed) if due.kind is Kind.REBALANCE else LATE


def titled(kind: Kind, slot: str, text: str) -> str:
    """'2026-11-23T10:00 점검: …', as a cycle's own diary begins."""
    return f"{slot} {NAMES[kind]}: {text}"


def entry(kind: Kind, slot: str, text: str, outcome: Outcome, at: datetime, **detail: Any) -> JournalEntry:
    """A line of the diary. All loops of an account are filed as its regular checks."""
    known = {"loop": kind.value, "slot_outcome": outcome.value, **detail}
    return JournalEntry(at=at, kind="cycle", subject=slot, summary=titled(kind, slot, text), detail=known)
