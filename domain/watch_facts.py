"""From durable facts to alerts: events of the OMS, journal lines, waiting approvals, headlines, crossings. Pure.

Contract: one fact gives a person at most one alert, under a key that follows from the fact alone; what is switched off
gives none. Text is said as the fact says it, in one or two Korean lines, without account numbers. A headline is quoted
and cut: it is a stranger's text.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from domain.clock import KST
from domain.crossing import Seen, Standing
from domain.money import format_won
from domain.orders.types import TERMINAL, IntentState, Side, TradingState
from domain.proto import oms_pb2 as pb
from domain.watch import MOOD_SCORE, Alert, AlertKind, AlertRule, Choices, Mood, oms_key

TITLE_CHARS = 80
NEWS_AGE = timedelta(days=2)  # older stories are no news, whenever they are read
_SIDES = {Side.BUY: "매수", Side.SELL: "매도"}
_DOUBTFUL = frozenset({IntentState.UNKNOWN, IntentState.MANUAL, IntentState.CANCEL_UNKNOWN})
_STATES = {
    TradingState.HALTED: "모든 주문을 멈췄어요",
    TradingState.REDUCING: "줄이는 매도와 취소만 할 수 있어요",
    TradingState.ACTIVE: "다시 주문할 수 있어요",
}


def of_event(event: pb.Event, user_id: UUID, choices: Choices) -> Alert | None:
    """What the OMS's numbered event means to the account's owner."""
    at = event.at.ToDatetime(UTC).astimezone(KST)
    if event.kind == "order":
        return _of_order(event, user_id, choices, at)
    if event.kind not in ("trading_state", "notice") or not event.message or not choices.wants(AlertKind.LIMIT):
        return None
    reason, _, state = event.message.rpartition(": ")  # as a person's halt or resume is written down
    known = state in set(TradingState)
    text = f"{_STATES[TradingState(state)]} ({reason})." if known else event.message
    key = oms_key(event.account_ref, event.seq)
    return Alert(user_id, key, AlertKind.LIMIT, text, at, urgent=event.kind == "trading_state")


def _of_order(event: pb.Event, user_id: UUID, choices: Choices, at: datetime) -> Alert | None:
    order = event.order
    if not event.message or (order.stop_price and not order.filled):  # a resting stop that only follows its rule
        return None
    state = IntentState(order.state)
    name = order.name or order.ticker
    said = f"{name} {order.quantity:,}주 {_SIDES[Side(order.side)]}: {event.message}"
    if order.authority == "exit" and state is IntentState.NEW:
        kind, step, said = AlertKind.SALE, "sale", f"{name} {order.quantity:,}주: {event.message} {order.reason}."
    elif state is IntentState.NEW and order.sleeve.startswith("strategy:") and order.side == Side.SELL:
        kind, step, said = AlertKind.SALE, "sale", f"전략이 {name} {order.quantity:,}주 매도를 시작했어요."
    elif state in _DOUBTFUL:
        kind, step = AlertKind.LIMIT, f"doubt:{event.seq}"
    elif state is IntentState.PARTIAL:
        kind, step = AlertKind.FILL, "partial"  # the first part; the rest is told with the end
    elif state in TERMINAL:
        kind, step = AlertKind.FILL, "end"
    else:
        return None
    if not choices.wants(kind):
        return None
    whose = "strategy" if kind is AlertKind.SALE and order.authority != "exit" else "oms"
    key = f"{whose}:{event.account_ref}:{order.intent_id}:{step}"  # only sales by rule are told to open pages
    return Alert(user_id, key, kind, said, at, order.ticker, urgent=kind is AlertKind.FILL and order.filled > 0)


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the desk's journal."""

    entry_id: int
    user_id: UUID
    at: datetime
    kind: str
    subject: str
    summary: str


def of_refusal(line: Line, name: str, choices: Choices) -> Alert | None:
    """The gate's no to an order, as the desk wrote it down."""
    if not choices.wants(AlertKind.LIMIT):
        return None
    whose = f"{name}: " if name and name not in line.summary else ""
    return Alert(
        line.user_id, f"journal:{line.entry_id}", AlertKind.LIMIT, f"{whose}{line.summary}", line.at, line.subject
    )


@dataclass(frozen=True, slots=True)
class Waiting:
    """A question about orders that nobody has answered. `limits` are the card's Korean sentences."""

    approval_id: UUID
    user_id: UUID
    created_at: datetime
    expires_at: datetime
    legs: tuple[str, ...]
    limits: tuple[str, ...]


def of_waiting(waiting: Waiting, choices: Choices) -> Alert | None:
    if not choices.wants(AlertKind.APPROVAL):
        return None
    until = waiting.expires_at.astimezone(KST)
    legs = ", ".join(waiting.legs[:3]) + (f" 외 {len(waiting.legs) - 3}건" if len(waiting.legs) > 3 else "")
    lines = [f"승인을 기다리는 주문이 있어요: {legs}. {until:%H:%M}까지 고를 수 있어요."]
    if waiting.limits and choices.wants(AlertKind.LIMIT):
        lines.append(f"한도에 맞춰 줄였어요: {waiting.limits[0]}")
    key = f"approval:{waiting.approval_id}"
    return Alert(waiting.user_id, key, AlertKind.APPROVAL, "\n".join(lines), waiting.created_at)


@dataclass(frozen=True, slots=True)
class Told:
    """A headline as a run of the news kept it. `score` -1 … 1."""

    title: str
    source: str
    at: datetime
    codes: tuple[str, ...]
    score: float | None


def story_of(told: Told) -> str:
    """One name for a story, in whichever run it is met."""
    return hashlib.sha256(f"{told.source}\n{told.title}".encode()).hexdigest()[:24]


def of_news(
    told: Told, rules: Iterable[AlertRule], names: Mapping[str, str], run_at: datetime, choices: Choices
) -> list[Alert]:
    """One alert a name that this person follows in the news; only what was published after the wish, and lately."""
    if not choices.wants(AlertKind.NEWS) or told.at < run_at - NEWS_AGE:
        return []
    found: dict[str, Alert] = {}
    for rule in rules:
        wanted = rule.kind is AlertKind.NEWS and rule.ticker in told.codes and told.at >= rule.made_at
        if not wanted or not _mood_fits(rule.mood, told.score) or rule.ticker in found:
            continue
        name = names.get(rule.ticker, rule.ticker)
        title = told.title if len(told.title) <= TITLE_CHARS else told.title[: TITLE_CHARS - 1] + "…"
        found[rule.ticker] = Alert(
            rule.user_id,
            f"news:{rule.ticker}:{story_of(told)}",
            AlertKind.NEWS,
            f"{name} 뉴스: “{title}” ({told.source})",
            told.at,
            rule.ticker,
        )
    return list(found.values())


def _mood_fits(mood: Mood | None, score: float | None) -> bool:
    if mood in (None, Mood.ANY):
        return True
    if score is None:
        return False
    return score >= MOOD_SCORE if mood is Mood.GOOD else score <= -MOOD_SCORE


def of_crossing(rule: AlertRule, standing: Standing, seen: Seen, name: str) -> Alert:
    """A rule that has just fired, with the price and the moment that were seen."""
    way = "올라왔어요" if rule.direction == "above" else "내려왔어요"
    if rule.level is not None:
        text = f"{name} {seen.price:,}원 ({seen.at.astimezone(KST):%H:%M}): 정하신 {format_won(rule.level)}까지 {way}."
    else:
        change = (seen.price - seen.base) * 100 / seen.base
        text = f"{name} {seen.price:,}원 ({seen.at.astimezone(KST):%H:%M}): 오늘 {change:+.2f}%예요."
    key = f"price:{rule.rule_id}:{standing.number}"
    return Alert(rule.user_id, key, AlertKind.PRICE, text, seen.at, rule.ticker)


def of_card(card: Mapping[str, Any]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(legs in words, sentences about limits) of an approval's card."""
    legs = tuple(
        f"{leg.get('name') or leg.get('ticker')} {int(leg['qty']):,}주 {_SIDES[Side(leg['side'])]}"
        for leg in card.get("legs") or []
    )
    limits = tuple(str(found["message"]) for found in card.get("limits") or [] if found.get("effect") == "clamp")
    return legs, limits
