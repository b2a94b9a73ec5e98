"""When a profile may be replaced."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from domain.clock import KST
from domain.profile import Answer, Profile
from domain.reassessment import Verdict, may_replace, must_redo
from domain.suitability import ANSWERS, Grade, Item, LossTolerance

NOW = datetime(2026, 11, 20, 10, 0, tzinfo=KST)


def profile(**answers: str) -> Profile:
    base = {item: "to_40" if item is Item.AGE else list(ANSWERS[item])[1].value for item in Item}
    chosen = base | {Item(name): value for name, value in answers.items()}
    return Profile(
        answers={item: Answer(value=value) for item, value in chosen.items()}, capital_krw=10_000_000, created_at=NOW
    )


OLD = profile().confirmed(NOW - timedelta(hours=2))
BOLDER = profile(loss_tolerance="any")


def test_first_assessment_is_allowed() -> None:
    assert may_replace(None, profile(), NOW, 0).verdict is Verdict.ALLOWED


def test_three_assessments_a_day() -> None:
    assert may_replace(OLD, BOLDER, NOW, 2).allowed
    refused = may_replace(OLD, BOLDER, NOW, 3)
    assert refused.verdict is Verdict.TOO_MANY_TODAY
    assert "3번" in refused.text


@pytest.mark.parametrize(
    ("item", "value"), [("age", "to_50"), ("experience", "derivatives"), ("knowledge", "very_high")]
)
def test_what_cannot_change_in_a_day_may_not(item: str, value: str) -> None:
    new = profile(**{item: value, "loss_tolerance": "any"})
    decision = may_replace(OLD, new, NOW, 1)
    assert decision.verdict is Verdict.FIXED_TODAY
    assert decision.items == (Item(item),)
    assert may_replace(OLD, new, NOW, 1, corrections=frozenset({Item(item)})).allowed
    assert may_replace(OLD, new, NOW + timedelta(days=1), 0).allowed


def test_same_day_is_a_korean_day() -> None:
    late = profile().confirmed(datetime(2026, 11, 20, 23, 50, tzinfo=KST))
    new = profile(knowledge="very_high")
    assert may_replace(late, new, datetime(2026, 11, 21, 0, 10, tzinfo=KST), 0).allowed


def test_downgrade_takes_effect_at_once_whatever_the_count() -> None:
    careful = profile(loss_tolerance="none", income="pension", knowledge="very_low")
    assert OLD.grade is Grade.NEUTRAL
    assert careful.grade is Grade.STABLE_SEEKING
    decision = may_replace(OLD, careful, NOW, 9)
    assert decision.verdict is Verdict.DOWNGRADE
    assert decision.allowed


def test_raising_again_after_a_downgrade_counts_as_an_assessment() -> None:
    careful = profile(loss_tolerance=LossTolerance.NONE.value, knowledge="very_low").confirmed(NOW)
    assert may_replace(careful, BOLDER, NOW, 3).verdict is Verdict.TOO_MANY_TODAY
    assert may_replace(careful, BOLDER, NOW, 1).verdict is Verdict.FIXED_TODAY


def test_incomplete_answers_replace_nothing() -> None:
    assert may_replace(OLD, Profile(created_at=NOW), NOW, 0).verdict is Verdict.INCOMPLETE


def test_expired_or_unconfirmed_profile_must_be_redone() -> None:
    assert must_redo(None, NOW)
    assert must_redo(profile(), NOW)
    assert not must_redo(OLD, NOW)
    assert must_redo(OLD, NOW + timedelta(days=366))
