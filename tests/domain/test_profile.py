"""A profile is complete or says what is missing, is confirmed or binds nobody, and expires."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from domain.clock import KST
from domain.profile import Answer, Profile, Source, add_months
from domain.suitability import ANSWERS, Grade, Horizon, Item

NOW = datetime(2026, 11, 20, 10, 0, tzinfo=KST)


def full(**changes: object) -> Profile:
    answers = {item: Answer(value=list(ANSWERS[item])[-1].value) for item in Item}
    return Profile.model_validate({"answers": answers, "capital_krw": 20_000_000, "created_at": NOW} | changes)


def test_what_is_missing_comes_in_the_order_of_asking() -> None:
    draft = Profile(created_at=NOW)
    assert draft.missing() == ("capital_krw", *(item.value for item in Item))
    draft = draft.with_answer(Item.HORIZON, Answer(value="from_3y")).changed(capital_krw=1_000_000)
    assert draft.missing() == ("age", "experience", "knowledge", "asset_share", "income", "loss_tolerance")
    assert draft.grade is None
    assert draft.assessment() is None
    assert draft.limits() is None


def test_grade_is_computed_and_cannot_be_set() -> None:
    assert full().grade is Grade.ACTIVE  # 1+5+5+4+1+1+6 = 23 points, 71.875
    with pytest.raises(ValidationError):
        full(grade="공격투자형")
    with pytest.raises(ValidationError):
        full().grade = Grade.AGGRESSIVE


def test_text_answer_keeps_the_users_own_words() -> None:
    with pytest.raises(ValidationError, match="quoted words"):
        Answer(value="from_3y", source=Source.TEXT)
    answer = Answer(value="from_3y", source=Source.TEXT, quote="5년은 안 써요", confidence=90)
    read_back = full().with_answer(Item.HORIZON, answer).read_back()
    assert ("horizon", "3년 이상", "5년은 안 써요") in read_back


def test_answer_must_be_of_its_item() -> None:
    with pytest.raises(ValidationError, match="expected an answer to age"):
        Profile(created_at=NOW, answers={Item.AGE: Answer(value="steady")})


@pytest.mark.parametrize(
    "changes",
    [
        {"capital_krw": 0}, {"capital_krw": -1}, {"monthly_krw": -1}, {"max_loss_bps": 10_001}, {"horizon_months": 0},
        {"preferred_sectors": ("없는업종",)}, {"wishes": ("moon",)}, {"surprise": 1},
        {"created_at": datetime(2026, 1, 1)},  # noqa: DTZ001
    ],
)  # fmt: skip
def test_impossible_content_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        full(**changes)


def test_confirmed_profile_holds_for_twelve_months() -> None:
    draft = full()
    assert not draft.is_valid(NOW)
    profile = draft.confirmed(NOW, version=3)
    assert profile.version == 3
    assert profile.expires_at == datetime(2027, 11, 20, 10, 0, tzinfo=KST)
    assert profile.is_valid(NOW + timedelta(days=364))
    assert not profile.is_valid(datetime(2027, 11, 20, 10, 0, tzinfo=KST))


def test_validity_is_twelve_to_twenty_four_months() -> None:
    assert full().confirmed(NOW, months=24).expires_at == datetime(2028, 11, 20, 10, 0, tzinfo=KST)
    for months in (0, 11, 25):
        with pytest.raises(ValueError, match="12 to 24 months"):
            full().confirmed(NOW, months=months)


def test_incomplete_profile_cannot_be_confirmed() -> None:
    with pytest.raises(ValidationError, match="missing: capital_krw"):
        full(capital_krw=None).confirmed(NOW)


def test_a_change_makes_a_draft_of_a_confirmed_profile() -> None:
    changed = full().confirmed(NOW).changed(capital_krw=30_000_000)
    assert changed.confirmed_at is None
    assert changed.expires_at is None
    assert not changed.is_valid(NOW)


def test_new_horizon_answer_drops_months_that_no_longer_fit() -> None:
    profile = full(horizon_months=60)
    assert profile.with_answer(Item.HORIZON, Answer(value=Horizon.UPTO_1Y)).horizon_months is None
    assert profile.with_answer(Item.HORIZON, Answer(value=Horizon.FROM_3Y)).horizon_months == 60


def test_tolerated_loss_is_percent_for_people_and_tightens_the_limits() -> None:
    profile = full(max_loss_bps=550)
    assert profile.max_loss_pct == Decimal("5.5")
    limits = profile.limits()
    assert limits is not None
    assert limits.drawdown_bps == 550


def test_sectors_are_unique_and_in_the_users_order() -> None:
    assert full(preferred_sectors=("은행", "반도체", "은행")).preferred_sectors == ("은행", "반도체")


def test_profile_survives_json() -> None:
    profile = full(preferred_sectors=("반도체",), max_loss_bps=500, wishes=("momentum",)).confirmed(NOW)
    assert Profile.model_validate_json(profile.model_dump_json()) == profile
    assert Profile.model_validate(profile.model_dump(mode="json")) == profile


@settings(max_examples=100, deadline=None)
@given(st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(KST)), st.integers(12, 24))  # noqa: DTZ001
def test_months_end_on_an_existing_day(at: datetime, months: int) -> None:
    later = add_months(at, months)
    assert (later.year * 12 + later.month) - (at.year * 12 + at.month) == months
    assert later.day <= at.day
    assert later.day >= min(at.day, 28)
