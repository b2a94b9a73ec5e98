"""When a profile may be replaced: the process rules of the assessment.

Contract: pure; the caller counts today's assessments. At most three a day; what cannot change in a day (age,
experience, knowledge) may not change the same day except to correct a typing mistake; a lower grade takes effect at
once; an expired profile must be done again. A grade rises only through the user's own new, confirmed answers.
Does not store anything.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from domain.clock import KST
from domain.profile import Profile
from domain.suitability import Item, item_label
from domain.tables import table


class Verdict(StrEnum):
    ALLOWED = "allowed"
    DOWNGRADE = "downgrade"  # allowed and effective at once, before the user confirms anything else
    TOO_MANY_TODAY = "too_many_today"
    FIXED_TODAY = "fixed_today"
    INCOMPLETE = "incomplete"


@dataclass(frozen=True, slots=True)
class Decision:
    """`allowed` and why; `text` is Korean for the user; `items` are the answers that stand in the way."""

    verdict: Verdict
    text: str
    items: tuple[Item, ...] = ()

    @property
    def allowed(self) -> bool:
        return self.verdict in (Verdict.ALLOWED, Verdict.DOWNGRADE)


def may_replace(
    old: Profile | None,
    new: Profile,
    now: datetime,
    assessments_today: int,
    *,
    corrections: frozenset[Item] = frozenset(),
) -> Decision:
    """Whether `new` may take the place of `old` at `now`; `corrections` are items the user called a typing mistake."""
    rules = table("suitability")["process"]
    assessed = new.assessment()
    if assessed is None:
        return Decision(Verdict.INCOMPLETE, "아직 답하지 않은 항목이 있어서 성향을 정할 수 없어요.")
    before = old.assessment() if old else None
    lower = before is not None and assessed.grade.rank < before.grade.rank
    if assessments_today >= rules["assessments_a_day"] and not lower:
        limit = rules["assessments_a_day"]
        return Decision(
            Verdict.TOO_MANY_TODAY, f"투자성향 진단은 하루 {limit}번까지 할 수 있어요. 내일 다시 해 주세요."
        )
    if old is not None and old.confirmed_at is not None and _same_day(old.confirmed_at, now) and not lower:
        fixed = tuple(
            item
            for item in map(Item, rules["fixed_within_a_day"])
            if item not in corrections and old.answer(item) != new.answer(item)
        )
        if fixed:
            names = ", ".join(item_label(item) for item in fixed)
            return Decision(
                Verdict.FIXED_TODAY,
                f"{names} 항목은 하루 사이에 바뀌지 않는 내용이라 오늘은 바꿀 수 없어요. "
                "잘못 입력하셨다면 정정이라고 알려 주세요.",
                fixed,
            )
    if lower:
        return Decision(Verdict.DOWNGRADE, f"{assessed.grade.label}으로 바로 낮춰서 적용할게요.")
    return Decision(Verdict.ALLOWED, f"{assessed.grade.label}으로 진단됐어요. 확인해 주시면 적용할게요.")


def must_redo(profile: Profile | None, now: datetime) -> bool:
    """Whether there is no confirmed profile in force at `now`."""
    return profile is None or not profile.is_valid(now)


def _same_day(a: datetime, b: datetime) -> bool:
    return a.astimezone(KST).date() == b.astimezone(KST).date()
