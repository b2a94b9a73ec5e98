"""State of the assistant: small, typed, msgpack-plain. Tables are the truth; this carries ids and a turn's memory.

Never in here: keys, account numbers, order frames, news bodies. Every field names its writer. Reducers are named
functions with tests. `RunContext` is plain JSON and never authority.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, NotRequired

from langchain_core.messages import AnyMessage
from langgraph.graph.message import add_messages
from typing_extensions import TypedDict  # pydantic draws schemas of these only on Python < 3.12

from execution.desk.state import DeskState

Goal = Literal["inform", "profile", "strategy", "propose", "trade", "account"]
GOALS: tuple[Goal, ...] = ("inform", "profile", "strategy", "propose", "trade", "account")

Analyst = Literal["macro", "selector", "technical"]

# The one list of rooms a turn can pass through; the graph's node set, `goto` literals and the JSON schema come from it.
NodeName = Literal[
    "intake",
    "supervisor",
    "user_profile",
    "strategy_architect",
    "macro",
    "selector",
    "technical",
    "portfolio",
    "risk",
    "order_desk",
    "account",
    "respond",
]


class PendingQuestion(TypedDict):
    """What we asked last; intake resolves short answers against it before any routing."""

    owner: str  # node that asked
    field: str  # closed set per owner
    options: list[str]  # labels as shown, in order: "2번" means options[1]
    asked_at: str  # ISO time
    repeated: bool  # a digression repeats the question once
    about: NotRequired[dict[str, Any]]  # what the question is about: its text, the order half said, a wish


class TurnInput(TypedDict):
    """One user message. Written by the runner."""

    message_id: str
    text: str
    at: str


def append_route(old: list[str] | None, new: list[str] | None) -> list[str]:
    """Nodes visited this turn, in canonical order of finishing; `None` (written by intake) starts a new turn."""
    return [] if new is None else [*(old or []), *new]


def collect(old: list[dict[str, Any]] | None, new: list[dict[str, Any]] | None) -> list[dict[str, Any]]:
    """Parallel branches add; `None` starts a new turn."""
    return [] if new is None else [*(old or []), *new]


def collect_once(old: list[dict[str, Any]] | None, new: list[dict[str, Any]] | None) -> list[dict[str, Any]]:
    """As `collect`, each notice once: two rooms may have seen the same thing."""
    return list({(row["code"], row["text"]): row for row in collect(old, new)}.values())


class Piece(TypedDict):
    """One message of a reply, at most six lines. `text` holds no numbered options: they are in `options`, in order."""

    kind: str  # text | question | profile | strategy | proposals | book | equity | orders | report | disclaimer | badge
    text: str
    options: list[str]
    data: dict[str, Any]  # what a card of that kind needs: ids and tickers, plain JSON


class AssistantState(DeskState, total=False):
    messages: Annotated[list[AnyMessage], add_messages]  # runner, respond
    turn: TurnInput  # runner
    route: Annotated[list[str], append_route]  # every node adds itself; intake resets
    reading: dict[str, Any]  # intake: what the text says, domain.korean.reading.Reading as JSON
    pending_question: PendingQuestion | None  # the node that asks; intake clears
    goal: Goal  # supervisor
    focus: list[str]  # supervisor: tickers this turn is about
    analysts: list[str]  # supervisor: which specialists inform needs
    profile_draft: dict[str, Any] | None  # user_profile: answers so far
    profile_version: int | None  # user_profile: confirmed version in force
    strategy_id: str | None  # strategy_architect
    reports: Annotated[list[dict[str, Any]], collect]  # macro, selector, technical, portfolio, risk; intake resets
    candidates: list[str]  # selector: tickers worth a technical look
    targets: list[dict[str, Any]]  # portfolio: {ticker, weight_bps, reason, side}
    decisions: list[dict[str, Any]]  # portfolio: {ticker, name, action, held_bps, target_bps, reason, figures}
    clamps: list[dict[str, Any]]  # portfolio: {code, ticker, message, was, limit}: what a constraint of the run changed
    basis: dict[str, Any] | None  # portfolio, risk: what proposals were made from (nodes.basis); kept with them
    proposals: list[dict[str, Any]]  # risk: {ticker, name, side, qty, price, reason, initiative}; kept until superseded
    own_order: dict[str, Any] | None  # account: the user's own order for order_desk
    say: Annotated[list[dict[str, Any]], collect]  # any node: blocks for respond, {kind, text, data}; intake resets
    notices: Annotated[list[dict[str, Any]], collect_once]  # any node: {code, text}; intake resets
    reply: str  # respond
    pieces: list[Piece]  # respond: the same reply as single messages, for a face that draws cards and buttons


class RunContext(TypedDict, total=False):
    """What a client may ask for. `account_ref` is a wish that `ports.identity` checks, never authority."""

    locale: str
    account_ref: str
