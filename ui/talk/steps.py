"""Rooms as steps of the page: what is being looked at, and what was found. The labels of rooms live here.

Contract: pure but for the clock that is handed in. Rooms that only route or speak are not shown. Rooms that run at the
same time are open at the same time. The output is what a report says with its figures, its age and its sources, or
why there is none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from pydantic import ValidationError

from domain.clock import format_moment
from domain.reports import Analyst, AnalystReport, Status
from nodes.overview import STANCES
from nodes.respond.views import name_of
from ui.talk.message import AVATAR, plain, stamp

LABELS: Mapping[str, str] = {
    "strategy_architect": "전략 만들기",
    "macro": "거시 분석",
    "selector": "종목 선별",
    "technical": "기술적 분석",
    "portfolio": "비중 계산",
    "risk": "위험 점검",
    "order_desk": "주문 준비",
}
COUNTED: Mapping[str, str] = {"technical": "차트"}  # what a room counts while it runs
DOING: Mapping[str, str] = {"strategy_architect": "과거 시세로 검증 중…"}  # what takes a room longest, while it lasts
TOLD_BELOW: Mapping[str, str] = {  # what a room that files no report has done
    "strategy_architect": "투자성향에 맞는 전략을 골랐어요. 내용은 아래 전략 카드에 있어요.",
    "portfolio": "보유 종목과 현금, 위험 한도를 보고 비중과 수량을 정했어요. 결과는 아래 제안에 있어요.",
    "risk": "분석 근거와 한도로 주문을 점검했어요. 덜어 내거나 뺀 것은 아래에 적었어요.",
    "order_desk": "가격과 주문 가능 금액을 확인했어요. 결과는 아래에 있어요.",
}
ABOUT: Mapping[Analyst, str] = {  # of a report that is about no single name
    Analyst.MACRO: "시장 전체",
    Analyst.SELECTOR: "후보 전체",
    Analyst.TECHNICAL: "차트 전체",
    Analyst.PORTFOLIO: "포트폴리오",
    Analyst.RISK: "이번 제안",
}
MAX_REPORTS = 8
MAX_REASONS = 4


class Steps:
    """The steps of one turn. `opened` and `closed` give the row to show, or None for a room that is not shown."""

    def __init__(self, message_id: str, thread_id: str, parent_id: str | None) -> None:
        self._message_id = message_id
        self._thread_id = thread_id
        self._parent_id = parent_id
        self._open: dict[str, list[dict[str, Any]]] = {}
        self._count = 0

    def opened(self, room: str, at: datetime) -> dict[str, Any] | None:
        label = LABELS.get(room)
        if label is None:
            return None
        self._count += 1
        when = stamp(at)
        row: dict[str, Any] = {
            "id": str(uuid5(UUID(self._message_id), f"step:{self._count}")),
            "threadId": self._thread_id,
            "parentId": self._parent_id,
            "type": "tool",
            "name": label,
            "input": "",
            "output": "",
            "createdAt": when,
            "start": when,
            "end": None,
            "streaming": False,
            "isError": False,
            "showInput": False,
            "defaultOpen": False,
            "autoCollapse": True,
            "metadata": {"avatarName": AVATAR},
        }
        self._open.setdefault(room, []).append(row)
        return row

    def closed(self, room: str, reports: Sequence[Mapping[str, Any]], at: datetime) -> dict[str, Any] | None:
        waiting = self._open.get(room)
        if not waiting:
            return None
        row = waiting.pop(0)
        found = "\n".join(found_lines(reports)) or TOLD_BELOW.get(room, "")
        row.update(name=LABELS[room], end=stamp(at), output=plain(found))
        return row

    def progressed(self, room: str, done: int, of: int) -> dict[str, Any] | None:
        """The step that runs, with its count ('기술적 분석 · 차트 3/6') or with what it is at."""
        waiting = self._open.get(room)
        if waiting and room in DOING:
            waiting[0].update(name=DOING[room])
            return waiting[0]
        if not waiting or room not in COUNTED:
            return None
        waiting[0].update(name=f"{LABELS[room]} · {COUNTED[room]} {done}/{of}")
        return waiting[0]

    def stopped(self, at: datetime) -> list[dict[str, Any]]:
        """Closes what is still open: the turn ended at a card, by its person's wish or by a fault."""
        left = [(room, row) for room, rows in self._open.items() for row in rows]
        self._open.clear()
        for room, row in left:
            row.update(name=LABELS[room], end=stamp(at), output=plain(TOLD_BELOW.get(room, "")))
        return [row for _, row in left]


def found_lines(reports: Sequence[Mapping[str, Any]]) -> list[str]:
    """What a room's reports say: about whom, stance and age, the reasons; below all where their figures are from."""
    lines: list[str] = []
    sources: list[str] = []
    for raw in reports[:MAX_REPORTS]:
        try:
            report = AnalystReport.model_validate(dict(raw))
        except ValidationError:
            continue
        about = name_of(report.ticker) or ABOUT[report.analyst]
        if report.status is Status.UNAVAILABLE:
            lines.append(f"{about}: {report.reason}")
            continue
        late = f" · {report.reason}" if report.status is Status.STALE else ""
        lines.append(f"{about}: {STANCES[report.stance.value]} · {format_moment(report.as_of)} 기준{late}")
        lines += [f"· {reason}" for reason in report.lines()[:MAX_REASONS]]
        sources += [figure.source for figure in report.figures if figure.source]
    if sources:
        lines.append(f"출처: {', '.join(dict.fromkeys(sources))}")
    if len(reports) > MAX_REPORTS:
        lines.append(f"그 밖에 {len(reports) - MAX_REPORTS}건을 더 봤어요.")
    return lines
