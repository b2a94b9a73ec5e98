"""What models may cost a person in a day: allowance, what is spent, what is under way, and the words about it.

Contract: a day is a KST calendar day. Before each call its estimate is reserved, after it what the provider counted
takes the estimate's place; a call whose tokens nobody told stays at its estimate. Room is given while spent, under way
and estimate together stay within the allowance in won and in tokens, so that several processes at once go over by no
more than the difference between answer and estimate of calls under way. A model without a price costs tokens alone.
Jobs of the machine (no user) have an account of their own with the same allowance.

Pure but for the Protocol: `Budget` is PostgreSQL's in tools/store/model_budget.py and `MemoryBudget` in one process.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Protocol
from uuid import UUID

from domain.clock import KST

WARN_AT = 80  # percent
ANSWER_ESTIMATE = 1_000  # tokens: most answers are half of that, a long report is a little more
_PER_TEN_SIGNS = 7  # tokens, as newer encodings count Korean; English and JSON are less

CODE = "model_budget"
CANNOT_TELL = "언어모델 예산을 확인할 수 없어서 규칙으로 답했어요."


@dataclass(frozen=True, slots=True)
class Allowance:
    """Of one day, in won and in tokens. 0: no limit."""

    won: int = 0
    tokens: int = 0

    def lowered(self, own: Allowance) -> Allowance:
        """With a person's own wish, which counts only where it is lower."""
        return Allowance(_lower(self.won, own.won), _lower(self.tokens, own.tokens))


def _lower(one: int, other: int) -> int:
    limits = [limit for limit in (one, other) if limit > 0]
    return min(limits, default=0)


@dataclass(frozen=True, slots=True)
class Cost:
    """`won_milli` is thousandths of a won."""

    tokens: int = 0
    won_milli: int = 0

    def __add__(self, other: Cost) -> Cost:
        return Cost(self.tokens + other.tokens, self.won_milli + other.won_milli)


@dataclass(frozen=True, slots=True)
class Standing:
    """How a day stands. `held` is the estimate of what is under way or was never told."""

    allowance: Allowance
    spent: Cost = Cost()
    held: Cost = Cost()

    @property
    def percent(self) -> int:
        """Of the allowance in won or tokens, whichever is further; rounded down, 0 without a limit."""
        counted = self.spent + self.held
        won = counted.won_milli // (self.allowance.won * 10) if self.allowance.won else 0
        tokens = counted.tokens * 100 // self.allowance.tokens if self.allowance.tokens else 0
        return max(won, tokens)

    @property
    def is_used_up(self) -> bool:
        return self.percent >= 100

    def has_room(self, estimate: Cost) -> bool:
        """False once a limit is reached, also for a call that costs nothing known."""
        total = self.spent + self.held + estimate
        over_won = self.allowance.won and total.won_milli > self.allowance.won * 1000
        over_tokens = self.allowance.tokens and total.tokens > self.allowance.tokens
        return not (self.is_used_up or over_won or over_tokens)

    @property
    def limit_text(self) -> str:
        """Korean: 1,000원, 또는 토큰 수, 또는 둘 다."""
        parts = [f"{self.allowance.won:,}원"] if self.allowance.won else []
        if self.allowance.tokens:
            parts.append(f"토큰 {self.allowance.tokens:,}개")
        return " · ".join(parts)


@dataclass(frozen=True, slots=True)
class Hold:
    """A call that is about to be made."""

    call_id: UUID
    user_id: UUID | None
    at: datetime
    estimate: Cost

    @property
    def day(self) -> date:
        return day_of(self.at)


class Budget(Protocol):
    """Who keeps the days. Whatever it raises means that nothing may be spent."""

    async def reserve(self, hold: Hold) -> tuple[bool, Standing]:
        """Whether there is room; then the estimate is held. Atomic over everybody who asks. The standing is the one
        after the answer."""

    async def settle(self, hold: Hold, cost: Cost) -> None:
        """What it came to, in place of the estimate. Never called where nobody knows."""

    async def standing(self, user_id: UUID | None, at: datetime) -> Standing: ...

    async def may_warn(self, user_id: UUID, at: datetime) -> bool:
        """True once a person and day: whoever gets it tells."""


class BudgetDenied(Exception):
    """No room, or nobody who knows: `standing` is None then."""

    def __init__(self, standing: Standing | None) -> None:
        super().__init__("expected room in the day's budget, was none" if standing else "expected a readable budget")
        self.standing = standing


def day_of(at: datetime) -> date:
    return at.astimezone(KST).date()


def estimated_tokens(signs: int) -> int:
    """Of a text of that many characters."""
    return -(-signs * _PER_TEN_SIGNS // 10)


def used_up_text(standing: Standing | None) -> str:
    """Korean, for a person whose turn was refused a call."""
    if standing is None:
        return CANNOT_TELL
    return (
        f"오늘 언어모델 예산({standing.limit_text})이 다 차서 규칙으로 답했어요. "
        "자정에 새로 시작하고, 한도는 설정에서 볼 수 있어요."
    )


def warning_text(standing: Standing) -> str:
    """Korean, once a day."""
    return f"오늘 언어모델 예산({standing.limit_text})의 {WARN_AT}%를 썼어요. 다 쓰면 규칙으로 답해요."


Wishes = Callable[[UUID], Allowance]


@dataclass
class MemoryBudget:
    """The days of one process: for tests, rehearsals in virtual time and servers without a database. Nothing in it
    waits, so that reserving is atomic. `own` gives a person's lower wish."""

    allowance: Allowance
    own: Wishes = lambda _: Allowance()
    _held: dict[tuple[UUID | None, date], dict[UUID, Cost]] = field(default_factory=dict)
    _spent: dict[tuple[UUID | None, date], Cost] = field(default_factory=dict)
    _warned: set[tuple[UUID, date]] = field(default_factory=set)

    async def reserve(self, hold: Hold) -> tuple[bool, Standing]:
        before = await self.standing(hold.user_id, hold.at)
        if not before.has_room(hold.estimate):
            return False, before
        self._held.setdefault((hold.user_id, hold.day), {})[hold.call_id] = hold.estimate
        return True, await self.standing(hold.user_id, hold.at)

    async def settle(self, hold: Hold, cost: Cost) -> None:
        key = (hold.user_id, hold.day)
        if self._held.get(key, {}).pop(hold.call_id, None) is not None:
            self._spent[key] = self._spent.get(key, Cost()) + cost

    async def standing(self, user_id: UUID | None, at: datetime) -> Standing:
        key = (user_id, day_of(at))
        allowance = self.allowance if user_id is None else self.allowance.lowered(self.own(user_id))
        held = sum(self._held.get(key, {}).values(), Cost())
        return Standing(allowance, self._spent.get(key, Cost()), held)

    async def may_warn(self, user_id: UUID, at: datetime) -> bool:
        key = (user_id, day_of(at))
        first = key not in self._warned
        self._warned.add(key)
        return first
