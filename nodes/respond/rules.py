"""From blocks, reports and proposals to the pieces of one Korean reply.

Contract: pure; short messages, at most six lines each; figures are filled from the block's own figures; a line that
promises a return never leaves; a question left open by a digression comes once more. `Draft.prose` marks what a writer
may say in other words. Decides nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from domain.clock import KST
from domain.evidence import EvidenceError, Figures, render
from domain.korean.acts import Act
from domain.korean.promises import PROMISE
from domain.reports import Analyst
from nodes.asking import ORDER_PROPOSALS, ask_block, question
from nodes.respond.pieces import FIGURES, IN_WORDS, in_words, messages, piece
from nodes.respond.views import (
    HOW_TO_ORDER,
    MAX_LINES,
    NO_PROPOSALS,
    proposal_lines,
    proposal_rows,
    report_template,
    shown_figures,
)
from nodes.state import AssistantState, PendingQuestion, Piece

DISCLAIMER = "참고용 정보예요. 투자 판단과 책임은 본인에게 있고 원금 손실이 생길 수 있어요."
SUITED = "적합성: 확인하신 투자성향이 허용하는 위험등급의 상품만, 종목·업종·주식 비중 한도 안에서 골랐어요."
ENGLISH = "I answer in Korean. Try '삼성전자 10주 매수' (buy 10 shares) or '도움말' (help)."
AGAIN = "아까 여쭤본 것도 알려 주세요."
EMPTY = "제가 알아듣지 못했어요. '도움말'이라고 하면 할 수 있는 일을 보여 드려요."
NO_NUMBER = "숫자를 확인하지 못해서 이 내용은 빼고 말씀드릴게요."
PROPOSED = "이렇게 제안해요."
ORDER_THEM = "이대로 주문할까요?"
ORDER_BUTTONS = ("주문할래요", "1번만 주문", "이유 보기", "다음에")

_LONG = ("card", "order_submitted", "approval", "receipt")
_CARDS = ("profile", "strategy", "runs", "book", "equity", "candidates", "receipt")
_REPORTS = ("report", "reports", "chart")
_PROSE = ("report", "reports", "why", "explain")  # told from evidence: another wording changes nothing that binds


@dataclass(frozen=True, slots=True)
class Draft:
    """A message before its figures are filled in."""

    kind: str
    text: str
    options: tuple[str, ...] = ()
    data: Mapping[str, Any] = field(default_factory=dict)
    figures: Figures | None = None  # None: the text has no places, whatever braces somebody typed
    prose: bool = False
    evidence: Figures | None = None  # of a text whose places are filled already

    def filled(self) -> Piece:
        try:
            text = self.text if self.figures is None else render(self.text, self.figures)
        except EvidenceError:
            text = NO_NUMBER
        kept = "\n".join(line for line in text.split("\n") if not PROMISE.search(line))
        held = shown_figures(kept, self.figures if self.evidence is None else self.evidence)
        return piece(self.kind, kept, self.options, **{**self.data, **({FIGURES: held} if held else {})})


@dataclass(frozen=True, slots=True)
class Reply:
    """The messages and the question that stands open after them."""

    drafts: tuple[Draft, ...]
    pending: PendingQuestion | None

    @property
    def pieces(self) -> list[Piece]:
        return messages(made for draft in self.drafts if (made := draft.filled())["text"] or made["options"])

    @property
    def text(self) -> str:
        return in_words(self.pieces)


def compose(state: AssistantState, badge: str | None) -> Reply:
    """`badge` is the first line of a conversation, None later."""
    turn = state.get("turn")
    now = datetime.fromisoformat(turn["at"]) if turn else datetime.now(KST)
    said = list(state.get("say") or [])
    parts = [] if badge is None else [Draft("badge", badge)]
    notices = [n for n in state.get("notices") or [] if n.get("code") == "bad_input"]
    parts += [Draft("text", str(n["text"])) for n in notices]
    questions = [b for b in said if b["kind"] == "question"]
    decided = any(b["kind"] not in ("own_order", "question") for b in said)  # behind the card nothing is 'prepared'
    spoken = [b for b in said if b["kind"] != "question" and not (decided and b["kind"] == "own_order")]
    parts += [made for b in spoken if (made := _draft(b, state)) is not None]
    parts += _views(state, spoken)
    pending, again = _open_question(state.get("pending_question"), questions, _offers(state), now)
    pending = pending or _standing_offer(state)
    if not parts[badge is not None :] and not questions and again is None:
        parts.append(Draft("text", EMPTY))
    if _advises(state):
        parts.append(Draft("disclaimer", f"{SUITED} {DISCLAIMER}" if _offers(state) else DISCLAIMER))
    parts += [made for asked in questions[-1:] if (made := _draft(asked, state)) is not None]
    if again is not None and (made := _draft(again, state)) is not None:
        parts.append(replace(made, text=f"{AGAIN}\n{made.text}"))
    if _offers(state) and not questions and again is None:
        parts.append(Draft("question", ORDER_THEM, ORDER_BUTTONS, {IN_WORDS: HOW_TO_ORDER}))
    if (state.get("reading") or {}).get("language") == "en":
        parts.append(Draft("text", ENGLISH))
    return Reply(tuple(parts), pending)


def _draft(said: Mapping[str, Any], state: AssistantState) -> Draft | None:
    """A block as a message; None when nothing of it may be said."""
    data, kind = said.get("data") or {}, str(said.get("kind"))
    lines = [line for line in str(said.get("text") or "").split("\n") if line.strip() and not PROMISE.search(line)]
    if kind not in _LONG:
        lines = lines[:MAX_LINES]
    options = tuple(str(label) for label in data.get("options") or [])
    if not lines and not options:
        return None
    try:
        figures = Figures.from_json(data["figures"]) if data.get("figures") else None
    except (EvidenceError, ValidationError):
        lines, figures = [NO_NUMBER], None
    text = "\n".join(lines)
    shown, card = _card(kind, data, state)
    if shown in _CARDS:
        card[IN_WORDS] = Draft("text", text, figures=figures).filled()["text"]
    short = lines[0] if IN_WORDS in card else text
    return Draft(shown, short, options, card, figures, prose=kind in _PROSE)


def _card(kind: str, data: Mapping[str, Any], state: AssistantState) -> tuple[str, dict[str, Any]]:
    """Which kind of message a block is, and what its card needs."""
    if kind == "question":
        return "question", {}
    if kind == "card" and data.get("card") == "profile":
        return "profile", {"draft": bool(state.get("profile_draft"))}
    if kind == "card" and data.get("card") == "strategy":
        return "strategy", {"strategy_id": str(data["id"]), "version": int(data["version"])}
    if kind == "card" and data.get("card") == "runs":
        return "runs", {}
    if kind == "receipt":
        return "receipt", {"plan_id": str(data["plan_id"])}
    if kind == "balance":
        return "book", {}
    if kind == "equity":
        return "equity", {"view": str(data["view"])}
    if kind == "candidates":
        return "candidates", {}
    if kind == "order_submitted":
        return "orders", {"plan_id": str(state.get("plan_id") or ""), "open": False}
    if kind == "open_orders":
        return "orders", {"plan_id": "", "open": True}
    if kind in _REPORTS:
        tickers = [str(ticker) for ticker in data.get("tickers") or state.get("focus") or []]
        return "report", {"tickers": tickers} if tickers else {}
    return "text", {}


def _open_question(
    pending: PendingQuestion | None, asked_now: Sequence[Mapping[str, Any]], offers: bool, now: datetime
) -> tuple[PendingQuestion | None, dict[str, Any] | None]:
    """What stays open, and what is said again: an unanswered question once, an optional one never."""
    stale = pending is None or bool(pending.get("about", {}).get("optional"))
    if stale and offers:
        return question("supervisor", ORDER_PROPOSALS, ORDER_THEM, (), now, optional=True), None
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
    asking = (state.get("reading") or {}).get("act") in (Act.WHY, Act.RECEIPT, Act.EXPLAIN, Act.BALANCE)
    if pending is None or pending["field"] != ORDER_PROPOSALS:
        return None
    return pending if asking and state.get("proposals") else None


def _views(state: AssistantState, spoken: Sequence[Mapping[str, Any]]) -> list[Draft]:
    """Reports and proposals, unless a room has already put them into words."""
    kinds = {b["kind"] for b in spoken}
    parts = []
    goal = state.get("goal")
    if goal in ("inform", "propose", "trade") and not kinds & {"report", "reports", "macro"}:
        told = [each for each in state.get("reports") or [] if "candidates" not in kinds or not _is_list(each)]
        text, figures = report_template(told, brief=goal != "inform")
        tickers = list(state.get("focus") or []) if goal == "inform" else []
        if text:
            card: dict[str, Any] = {"tickers": tickers} if tickers else {}
            parts.append(Draft("report", text, data=card, figures=Figures(figures), prose=True))
    if goal == "propose" and "proposals" not in kinds and "risk" in (state.get("route") or []):
        kept = state.get("proposals") or []
        if kept:
            card = {
                "rows": proposal_rows(kept, state.get("decisions") or []),
                "more": max(0, len(kept) - 3),
                IN_WORDS: proposal_lines(kept),
            }
            parts.append(Draft("proposals", PROPOSED, data=card))
        else:
            parts.append(Draft("text", NO_PROPOSALS))
    return parts


def _is_list(report: Mapping[str, Any]) -> bool:
    """The headlines in general: the card of candidates has them already."""
    return report.get("analyst") == Analyst.SELECTOR.value and report.get("ticker") is None


def _offers(state: AssistantState) -> bool:
    """Whether this turn put proposals on the table."""
    return state.get("goal") == "propose" and "risk" in (state.get("route") or []) and bool(state.get("proposals"))


def _advises(state: AssistantState) -> bool:
    """Whether the reply carries an opinion or a proposal."""
    said = state.get("say") or []
    advice = any(b["kind"] in ("proposals", "report", "reports", "advice", "candidates", "chart") for b in said)
    return bool(advice or state.get("reports") or (state.get("goal") == "propose" and state.get("proposals")))
