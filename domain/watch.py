"""What a person watches and wants to hear of: alerts, the rules behind them, switches and quiet hours. Pure.

Contract: an alert tells one durable fact to one person; `key` names the fact, so the same fact is the same alert.
Price and news are told by rule alone, the other kinds by switch: results of orders, limits, waiting approvals and
savings are on until somebody turns them off. Quiet hours hold notices by URL back, never the inbox; what is urgent
(a fill, a halt) is sent at any hour. Won are int, levels won a share, hours KST.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time
from enum import StrEnum
from typing import Any
from uuid import UUID

from domain.clock import KST
from domain.money import format_won

MOST_WATCHED = 30  # names; the feed has few registrations
MOST_RULES = 30


class AlertKind(StrEnum):
    """What an alert is about."""

    PRICE = "price"
    NEWS = "news"
    FILL = "fill"  # what became of an order
    LIMIT = "limit"  # a refusal by the gate, a halt, the day's loss, an order to check by hand
    APPROVAL = "approval"
    SALE = "sale"  # a sale that a rule or a strategy made
    BUDGET = "budget"  # what models may cost
    SAVINGS = "savings"  # what became of a month of a savings plan


KIND_LABELS: Mapping[AlertKind, str] = {
    AlertKind.PRICE: "가격",
    AlertKind.NEWS: "뉴스",
    AlertKind.FILL: "체결",
    AlertKind.LIMIT: "한도·정지",
    AlertKind.APPROVAL: "승인 대기",
    AlertKind.SALE: "자동 매도",
    AlertKind.BUDGET: "모델 예산",
    AlertKind.SAVINGS: "적립식",
}
BY_WISH = frozenset({AlertKind.SALE, AlertKind.BUDGET})  # off until wanted


class Mood(StrEnum):
    """Which news of a name."""

    ANY = "any"
    GOOD = "good"
    BAD = "bad"


MOOD_SCORE = 0.3  # a headline is good from here on, bad from its negative on


@dataclass(frozen=True, slots=True)
class AlertRule:
    """A wish about one name. Price: `direction` above or below, and either `level` won or `change_bps` of the day
    (negative when falling). News: `mood`."""

    rule_id: UUID
    user_id: UUID
    account_ref: str
    kind: AlertKind
    ticker: str
    made_at: datetime
    direction: str = ""  # above | below | "" for news
    level: int | None = None
    change_bps: int | None = None
    mood: Mood | None = None

    def same_wish(self, other: AlertRule) -> bool:
        """Whether both would tell the same."""
        return self.wish == other.wish

    @property
    def wish(self) -> tuple[Any, ...]:
        return (self.kind, self.ticker, self.direction, self.level, self.change_bps, self.mood)


@dataclass(frozen=True, slots=True)
class Alert:
    """`at` is when the fact happened, market time for prices and wall time otherwise."""

    user_id: UUID
    key: str
    kind: AlertKind
    text: str
    at: datetime
    ticker: str = ""
    urgent: bool = False


@dataclass(frozen=True, slots=True)
class StoredAlert:
    """As the inbox shows it; `number` grows."""

    alert: Alert
    number: int
    made_at: datetime
    read: bool


_OWN_WORDS = "oms:"  # how the keys of facts begin that the OMS's stream tells


def from_the_oms(key: str) -> bool:
    """Whether the fact is an event of the OMS, which an open conversation follows itself."""
    return key.startswith(_OWN_WORDS)


def oms_key(account_ref: str, seq: int) -> str:
    """Of an event of the OMS."""
    return f"{_OWN_WORDS}{account_ref}:{seq}"


@dataclass(frozen=True, slots=True)
class Choices:
    """What a person switched, and when nothing but the urgent is sent."""

    switched: Mapping[AlertKind, bool]
    quiet_from: time = time(23, 0)
    quiet_until: time = time(7, 0)
    quiet: bool = True

    def wants(self, kind: AlertKind) -> bool:
        return self.switched.get(kind, kind not in BY_WISH)

    def is_quiet(self, at: datetime) -> bool:
        """Whether `at` lies in the quiet hours, which may pass midnight."""
        if not self.quiet or self.quiet_from == self.quiet_until:
            return False
        local = at.astimezone(KST).time()
        if self.quiet_from < self.quiet_until:
            return self.quiet_from <= local < self.quiet_until
        return local >= self.quiet_from or local < self.quiet_until

    def to_json(self) -> dict[str, Any]:
        return {
            "switched": {kind.value: on for kind, on in sorted(self.switched.items())},
            "quiet": [f"{self.quiet_from:%H:%M}", f"{self.quiet_until:%H:%M}"] if self.quiet else [],
        }


USUAL = Choices({})


def choices_of(body: Mapping[str, Any] | None) -> Choices:
    """The stored words; whatever is not ours is left out."""
    if not body:
        return USUAL
    known = {kind.value for kind in AlertKind}
    switched = {AlertKind(name): bool(on) for name, on in (body.get("switched") or {}).items() if name in known}
    hours = body.get("quiet", [f"{USUAL.quiet_from:%H:%M}", f"{USUAL.quiet_until:%H:%M}"])
    if len(hours) != 2:
        return Choices(switched, quiet=False)
    return Choices(switched, time.fromisoformat(str(hours[0])), time.fromisoformat(str(hours[1])))


def rule_text(rule: AlertRule, name: str) -> str:
    """'삼성전자 80,000원 이상', '카카오 하루 5% 이상 하락', '삼성전자 나쁜 뉴스'."""
    if rule.kind is AlertKind.NEWS:
        mood = {Mood.GOOD: "좋은 ", Mood.BAD: "나쁜 "}.get(rule.mood or Mood.ANY, "")
        return f"{name} {mood}뉴스"
    if rule.level is not None:
        return f"{name} {format_won(rule.level)} {'이상' if rule.direction == 'above' else '이하'}"
    percent = f"{abs(rule.change_bps or 0) / 100:g}%"
    return f"{name} 하루 {percent} 이상 {'상승' if rule.direction == 'above' else '하락'}"
