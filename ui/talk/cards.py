"""From the pieces of a reply to the messages of the page: which card belongs below which words. Pure.

Contract: a card gets ids and labels, never figures; what it shows it asks the API for. The one exception is a proposal,
whose content is in no table: it comes back as a paper to keep, and the card knows its number. Decides nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID, uuid5

from graph.turn import TurnResult
from nodes.mind import who_answered
from nodes.respond.pieces import FIGURES
from nodes.state import Piece
from tools.llm.budget import CODE
from tools.store.cards import CardPaper
from ui.talk.message import Card, Shown, choices

GREETING_LINES = 3  # a phone draws the second in two
GREETING_FIRST = 2  # the lines that must be read: the greeting, and that prices and money are not real
WAITING = "승인을 기다리는 주문이 있어요."
CHART_PERIOD = "D"


def messages_of(result: TurnResult, message_id: str, thread_id: str) -> tuple[list[Shown], list[CardPaper]]:
    """The messages of a turn, and what its cards must find in the database."""
    papers: list[CardPaper] = []
    shown: list[Shown] = []
    asked = _question_owner(result.values)
    for at, piece in enumerate(_without_doubles(result.pieces)):
        cards = [_card(piece, thread_id)]
        if piece["kind"] == "proposals":
            paper = _paper(piece, uuid5(UUID(message_id), f"proposals:{at}"))
            papers.append(paper)
            cards = [Card("ProposalsCard", {"card_id": str(paper.card_id)})]
        if cards == [None] and piece["kind"] == "report" and piece["data"].get(FIGURES):
            cards = [Card("EvidenceCard", {"figures": _told(piece["data"][FIGURES])})]
        if piece["options"]:
            cards.append(choices(piece["options"], asked))
        shown.append(Shown(piece["text"], tuple(card for card in cards if card is not None)))
    notices = result.notices if "intake" in result.route else []
    answered = [*who_answered(notices), *(row["text"] for row in notices if row["code"] == CODE)]
    if answered:  # before what asks: a button or a card that waits is the last thing to see
        shown.insert(len(shown) - bool(shown and shown[-1].cards), Shown("\n".join(answered)))
    return shown, papers


def greeting_of(pieces: Sequence[Piece]) -> Shown:
    """The first words as one message that a phone shows in four lines: who speaks, that nothing here is real money,
    whether a model answers. What the question says is on its buttons."""
    badges = [line for piece in pieces if piece["kind"] == "badge" for line in _lines(piece)]
    spoken = [line for piece in pieces if piece["kind"] != "badge" and not piece["options"] for line in _lines(piece)]
    said = [*spoken[:GREETING_FIRST], *(badges or spoken[GREETING_FIRST:])][:GREETING_LINES]
    offers = [label for piece in pieces for label in piece["options"]]
    return Shown("\n".join(said), (choices(offers, "next"),) if offers else ())


def waiting_card(approval_id: UUID, text: str = WAITING) -> Shown:
    """The card of a question that waits, wherever it was asked."""
    return Shown(text, (Card("ApprovalCard", {"approval_id": str(approval_id)}),))


def approvals_in(elements: Iterable[Mapping[str, Any]]) -> set[str]:
    """The approvals whose cards a conversation shows already."""
    cards = (element for element in elements if element.get("name") == "ApprovalCard")
    return {str((card.get("props") or {}).get("approval_id")) for card in cards}


def _without_doubles(pieces: Sequence[Piece]) -> list[Piece]:
    """A card of proposals has the buttons that order them; the question behind it would be the same again."""
    if not any(piece["kind"] == "proposals" for piece in pieces):
        return list(pieces)
    return [piece for piece in pieces if piece["kind"] != "question"]


def _told(figures: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [{name: row[name] for name in ("id", "text", "label", "source", "as_of")} for row in figures]


def _lines(piece: Piece) -> list[str]:
    return piece["text"].split("\n")


def _card(piece: Piece, thread_id: str) -> Card | None:
    data = piece["data"]
    match piece["kind"]:
        case "profile":
            return Card("ProfileCard", {"thread_id": thread_id})
        case "strategy":
            return Card("StrategyCard", {"strategy_id": data["strategy_id"], "version": data["version"]})
        case "receipt":
            return Card("ReceiptCard", {"plan_id": data["plan_id"]})
        case "runs":
            return Card("RunsCard")
        case "approval":
            return Card("ApprovalCard", {"approval_id": data["approval_id"]})
        case "book":
            return Card("BookCard")
        case "candidates":
            return Card("CandidatesCard")
        case "equity":
            return Card("EquityCard", {"view": data["view"]})
        case "orders":
            return Card("OrdersCard", {"plan_id": data.get("plan_id") or "", "open": bool(data.get("open"))})
        case "report" if len(data.get("tickers") or []) == 1:
            return Card("ChartCard", {"ticker": data["tickers"][0], "period": CHART_PERIOD})
        case _:
            return None


def _paper(piece: Piece, card_id: UUID) -> CardPaper:
    data = piece["data"]
    return CardPaper(card_id, "proposals", {"proposals": data["rows"], "more": data.get("more") or 0})


def _question_owner(values: Mapping[str, Any]) -> str:
    """Whether buttons answer a question that stands open, or offer a way on."""
    pending = values.get("pending_question") or {}
    return "next" if (pending.get("about") or {}).get("optional") else "question"
