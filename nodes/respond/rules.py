"""From blocks, reports and proposals to one Korean message.

Contract: pure; short lines, at most six a block before its options; figures are filled from the block's own
figures; a line that promises a return never leaves; a question left open by a digression comes once more. Decides
nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from domain.clock import KST
from domain.evidence import EvidenceError, Figures, render
from domain.hangul import josa
from domain.instruments import Instruments
from domain.korean.acts import Act
from domain.reports import AnalystReport, Status
from nodes.asking import ORDER_PROPOSALS, ask_block, question
from nodes.state import AssistantState, PendingQuestion

MAX_LINES = 6
DISCLAIMER = "참고용 정보예요. 투자 판단과 책임은 본인에게 있고 원금 손실이 생길 수 있어요."
ENGLISH = "I answer in Korean. Try '삼성전자 10주 매수' (buy 10 shares) or '도움말' (help)."
AGAIN = "아까 여쭤본 것도 알려 주세요."
EMPTY = "제가 알아듣지 못했어요. '도움말'이라고 하면 할 수 있는 일을 보여 드려요."
NO_PROPOSALS = (
    "지금은 성향과 한도 안에서 권할 만한 주문이 없어요. 서두르지 않아도 돼요.\n"
    "투자금이 1주 값보다 작아도 그럴 수 있어요. '투자금 100만원으로 바꿔줘'처럼 고칠 수 있어요."
)

# Words that would promise a return. Saying that nothing is guaranteed is allowed.
PROMISE = re.compile(
    r"원금\s*(?:을|은|이)?\s*보장(?:해|합|돼요|됩|되어|되는\s*상품이에요)|(?:수익|이익)\s*(?:을|은|이)?\s*보장(?:해|합|돼요|됩)|확정\s*수익|무조건\s*(?:오르|오를|올라|수익|벌|이익|이득)|"
    r"반드시\s*(?:오르|오를|올라|수익|벌)|확실히\s*(?:오르|오를|올라|벌|수익)|100\s*%\s*(?:수익|오르|확실)|손실\s*(?:은|이)?\s*없(?:어요|습니다)|대박|목표\s*수익률"
)

_STANCES = {"bullish": "긍정적", "bearish": "부정적", "neutral": "중립", "uncertain": "판단 보류"}
_ANALYSTS = {
    "macro": "거시",
    "selector": "종목 선별",
    "technical": "기술적 분석",
    "portfolio": "비중",
    "risk": "위험 점검",
}


@dataclass(frozen=True, slots=True)
class Reply:
    """The message and the question that stands open after it."""

    text: str
    pending: PendingQuestion | None


def compose(state: AssistantState, badge: str | None) -> Reply:
    """`badge` is the first line of a conversation, None later."""
    turn = state.get("turn")
    now = datetime.fromisoformat(turn["at"]) if turn else datetime.now(KST)
    said = list(state.get("say") or [])
    parts = [] if badge is None else [badge]
    notices = [n for n in state.get("notices") or [] if n.get("code") == "bad_input"]
    parts += [str(n["text"]) for n in notices]
    questions = [b for b in said if b["kind"] == "question"]
    decided = any(b["kind"] not in ("own_order", "question") for b in said)  # behind the card nothing is 'prepared'
    spoken = [b for b in said if b["kind"] != "question" and not (decided and b["kind"] == "own_order")]
    parts += [text for text in (_block(b) for b in spoken) if text]
    parts += _views(state, spoken)
    pending, again = _open_question(state.get("pending_question"), questions, _offers(state), now)
    pending = pending or _standing_offer(state)
    if not parts[badge is not None :] and not questions and again is None:
        parts.append(EMPTY)
    if _advises(state):
        parts.append(DISCLAIMER)
    for asked in questions[-1:]:
        parts.append(_block(asked))
    if again is not None:
        parts += [f"{AGAIN}\n{_block(again)}"]
    if (state.get("reading") or {}).get("language") == "en":
        parts.append(ENGLISH)
    return Reply("\n".join(part for part in parts if part), pending)


def _block(said: Mapping[str, Any]) -> str:
    data = said.get("data") or {}
    text = str(said.get("text") or "")
    if data.get("figures"):
        try:
            text = render(text, Figures.from_json(data["figures"]))
        except (EvidenceError, ValidationError):
            text = "숫자를 확인하지 못해서 이 내용은 빼고 말씀드릴게요."
    lines = [line for line in text.split("\n") if line.strip() and not PROMISE.search(line)]
    if said.get("kind") not in ("card", "order_submitted", "approval"):
        lines = lines[:MAX_LINES]
    return "\n".join([*lines, *option_lines(data.get("options") or [])])


def option_lines(options: Sequence[str]) -> list[str]:
    """Numbered options: on one line when they are short, else a line each."""
    numbered = [f"{at}) {label}" for at, label in enumerate(options, start=1)]
    if not numbered:
        return []
    return ["  ".join(numbered)] if sum(map(len, numbered)) <= 46 else numbered


def _open_question(
    pending: PendingQuestion | None, asked_now: Sequence[Mapping[str, Any]], offers: bool, now: datetime
) -> tuple[PendingQuestion | None, dict[str, Any] | None]:
    """What stays open, and what is said again: an unanswered question once, an optional one never."""
    stale = pending is None or bool(pending.get("about", {}).get("optional"))
    if stale and offers:
        return question("supervisor", ORDER_PROPOSALS, "이대로 주문할까요?", (), now, optional=True), None
    if pending is None or any(b["data"].get("field") == pending["field"] for b in asked_now):
        return pending, None
    if pending.get("about", {}).get("optional"):
        return None, None
    if pending["repeated"]:
        return pending, None
    return PendingQuestion(**{**pending, "repeated": True}), ask_block(pending)


def _standing_offer(state: AssistantState) -> PendingQuestion | None:
    """Asking why, or what a word means, does not take the proposals off the table."""
    pending = state.get("pending_question")
    asking = (state.get("reading") or {}).get("act") in (Act.WHY, Act.EXPLAIN, Act.BALANCE)
    if pending is None or pending["field"] != ORDER_PROPOSALS:
        return None
    return pending if asking and state.get("proposals") else None


def _views(state: AssistantState, spoken: Sequence[Mapping[str, Any]]) -> list[str]:
    """Reports and proposals, unless a room has already put them into words."""
    kinds = {b["kind"] for b in spoken}
    parts = []
    goal = state.get("goal")
    if goal in ("inform", "propose", "trade") and not kinds & {"report", "reports"}:
        parts += report_lines(state.get("reports") or [], brief=goal != "inform")
    if goal == "propose" and "proposals" not in kinds and "risk" in (state.get("route") or []):
        parts.append(proposal_lines(state.get("proposals") or []))
    return [part for part in parts if part]


def report_lines(reports: Sequence[Mapping[str, Any]], *, brief: bool) -> list[str]:
    """Each report in a line or two: who, about what, stance, the first reason."""
    lines: list[str] = []
    missing: list[str] = []
    for raw in reports:
        try:
            report = AnalystReport.model_validate(dict(raw))
        except ValidationError:
            continue
        if report.analyst in ("portfolio", "risk"):
            continue
        name = _name(report.ticker)
        label = _ANALYSTS[report.analyst.value] + (f" · {name}" if name else "")
        if report.status is Status.UNAVAILABLE:
            missing.append(f"{label}: {report.reason}")
            continue
        stale = f" ({report.reason})" if report.status is Status.STALE else ""
        reasons = [line for line in report.lines() if not PROMISE.search(line)]
        shown = reasons[: 1 if brief else 3]
        lines.append(f"{label}: {_STANCES[report.stance.value]}{stale}" + (f". {' '.join(shown)}" if shown else ""))
    if brief:  # the proposals say why; only what was missing is worth a line here
        lines = []
    return ["\n".join([*lines, *missing[:2]][:MAX_LINES])]


def proposal_lines(proposals: Sequence[Mapping[str, Any]]) -> str:
    if not proposals:
        return NO_PROPOSALS
    lines = ["이렇게 제안해요."]
    for at, leg in enumerate(proposals[:3], start=1):
        side = "매수" if leg["side"] == "buy" else "매도"
        price = f"{leg['price']:,}원" if leg.get("price") else "시장가"
        reason = str(leg.get("reason") or "").strip()
        why = f"\n   {reason}" if reason and not PROMISE.search(reason) else ""
        lines.append(f"{at}) {leg['name']}({leg['ticker']}) {leg['qty']:,}주 {side} {price}{why}")
    if len(proposals) > 3:
        lines.append(f"그 밖에 {len(proposals) - 3}건이 더 있어요.")
    lines.append("주문하려면 '이대로 주문', 하나만이면 '1번만 주문'이라고 해 주세요. 이유는 '왜?'")
    return "\n".join(lines)


def _offers(state: AssistantState) -> bool:
    """Whether this turn put proposals on the table."""
    return state.get("goal") == "propose" and "risk" in (state.get("route") or []) and bool(state.get("proposals"))


def _advises(state: AssistantState) -> bool:
    """Whether the reply carries an opinion or a proposal."""
    said = state.get("say") or []
    advice = any(b["kind"] in ("proposals", "report", "reports", "advice") for b in said)
    return bool(advice or state.get("reports") or (state.get("goal") == "propose" and state.get("proposals")))


def _name(ticker: str | None) -> str:
    if ticker is None:
        return ""
    row = Instruments.load().get(ticker)
    return f"{row.name}({ticker})" if row else ticker


def about(word: str) -> str:
    """'삼성전자는', '현대차는'."""
    return josa(word, "은/는")
