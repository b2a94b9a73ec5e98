"""The score and the grade of every possible questionnaire."""

from __future__ import annotations

import itertools
from collections import Counter

import pytest

from domain.suitability import (
    ANSWERS,
    Age,
    AssetShare,
    Experience,
    Grade,
    Horizon,
    Income,
    Item,
    Knowledge,
    LossTolerance,
    age_answer,
    allowed_products,
    answer_label,
    assess,
    asset_share_answer,
    grade_for,
    horizon_answer,
    is_suitable,
    item_label,
    options,
    points_of,
    question,
)

# The published point values, written down a second time on purpose.
POINTS = {
    Item.AGE: dict(zip(Age, (4, 4, 3, 2, 1), strict=True)),
    Item.HORIZON: dict(zip(Horizon, (1, 2, 3, 4, 5), strict=True)),
    Item.EXPERIENCE: dict(zip(Experience, (1, 2, 3, 4, 5), strict=True)),
    Item.KNOWLEDGE: dict(zip(Knowledge, (1, 2, 3, 4), strict=True)),
    Item.ASSET_SHARE: dict(zip(AssetShare, (5, 4, 3, 2, 1), strict=True)),
    Item.INCOME: dict(zip(Income, (3, 2, 1), strict=True)),
    Item.LOSS_TOLERANCE: dict(zip(LossTolerance, (-2, 2, 4, 6), strict=True)),
}


def test_points_are_the_published_ones() -> None:
    for item, answers in POINTS.items():
        for answer, points in answers.items():
            assert points_of(item, answer) == points
    assert sum(max(answers.values()) for answers in POINTS.values()) == 32


def test_every_one_of_the_30000_questionnaires() -> None:
    seen: Counter[Grade] = Counter()
    for answers in itertools.product(*(ANSWERS[item] for item in Item)):
        by_item = dict(zip(Item, answers, strict=True))
        points = sum(POINTS[item][answer] for item, answer in by_item.items())
        result = assess(by_item)
        assert result.points == points
        assert abs(result.score * 32 - points * 100) * 2 <= 32
        # bounds 20/40/60/80 of the converted score, each belonging to the lower grade, as whole numbers
        crossed = sum(points * 100 > bound * 32 for bound in (20, 40, 60, 80))
        assert result.grade is list(Grade)[crossed]
        seen[result.grade] += 1
    assert seen.total() == 30_000
    assert set(seen) == set(Grade)


@pytest.mark.parametrize(
    ("points", "grade"),
    [(4, Grade.STABLE), (6, Grade.STABLE), (7, Grade.STABLE_SEEKING), (12, Grade.STABLE_SEEKING), (13, Grade.NEUTRAL),
     (19, Grade.NEUTRAL), (20, Grade.ACTIVE), (25, Grade.ACTIVE), (26, Grade.AGGRESSIVE), (32, Grade.AGGRESSIVE)],
)  # fmt: skip
def test_points_around_the_bounds(points: int, grade: Grade) -> None:
    assert grade_for(points) is grade


def test_a_bound_belongs_to_the_lower_grade(monkeypatch: pytest.MonkeyPatch) -> None:
    # 16 of 32 points are exactly 50: with a bound of 50 the lower grade holds
    from domain import suitability

    data = dict(suitability.table("suitability"))
    data["grades"] = {
        "upper_bounds": {"안정형": 25, "안정추구형": 50, "위험중립형": 75, "적극투자형": 90, "공격투자형": 100}
    }
    monkeypatch.setattr(suitability, "table", lambda name: data)
    assert grade_for(8) is Grade.STABLE
    assert grade_for(16) is Grade.STABLE_SEEKING
    assert grade_for(24) is Grade.NEUTRAL


def test_score_is_a_whole_number_rounded_half_up() -> None:
    answers = {item: next(iter(ANSWERS[item])) for item in Item}
    assert assess(answers).points == 4 + 1 + 1 + 1 + 5 + 3 - 2
    assert assess(answers).score == 41  # 40.625
    assert assess(answers | {Item.HORIZON: Horizon.UPTO_2Y, Item.KNOWLEDGE: Knowledge.LOW}).score == 50


def test_missing_answers_are_named() -> None:
    with pytest.raises(ValueError, match="missing: horizon, experience"):
        assess({Item.AGE: Age.TO_40})


def test_points_over_the_total_are_refused() -> None:
    with pytest.raises(ValueError, match="expected at most 32 points"):
        grade_for(33)


def test_an_answer_of_another_item_has_no_points() -> None:
    with pytest.raises(KeyError):
        points_of(Item.AGE, Income.STEADY)


def test_product_matrix() -> None:
    matrix = {Grade.STABLE: {6}, Grade.STABLE_SEEKING: {5, 6}, Grade.NEUTRAL: {4, 5, 6},
              Grade.ACTIVE: {2, 3, 4, 5, 6}, Grade.AGGRESSIVE: {1, 2, 3, 4, 5, 6}}  # fmt: skip
    for grade in Grade:
        assert allowed_products(grade) == matrix[grade]
        assert [risk for risk in range(1, 7) if is_suitable(grade, risk)] == sorted(matrix[grade])


def test_bolder_grades_may_all_that_careful_ones_may() -> None:
    for careful, bold in itertools.pairwise(Grade):
        assert careful.rank < bold.rank
        assert allowed_products(careful) < allowed_products(bold)


@pytest.mark.parametrize(
    ("years", "answer"),
    [(19, Age.UPTO_19), (20, Age.TO_40), (40, Age.TO_40), (41, Age.TO_50), (60, Age.TO_60), (61, Age.FROM_61),
     (90, Age.FROM_61)],
)  # fmt: skip
def test_age_bands(years: int, answer: Age) -> None:
    assert age_answer(years) is answer


@pytest.mark.parametrize(
    ("months", "answer"),
    [(6, Horizon.UPTO_6M), (7, Horizon.UPTO_1Y), (12, Horizon.UPTO_1Y), (24, Horizon.UPTO_2Y), (35, Horizon.UNDER_3Y),
     (36, Horizon.FROM_3Y), (120, Horizon.FROM_3Y)],
)  # fmt: skip
def test_horizon_bands(months: int, answer: Horizon) -> None:
    assert horizon_answer(months) is answer


@pytest.mark.parametrize(
    ("percent", "answer"), [(10, AssetShare.UPTO_10), (11, AssetShare.UPTO_20), (41, AssetShare.OVER_40)]
)
def test_asset_share_bands(percent: int, answer: AssetShare) -> None:
    assert asset_share_answer(percent) is answer


def test_every_item_has_a_question_and_every_answer_a_label() -> None:
    for item in Item:
        assert question(item).endswith("?")
        assert item_label(item)
        assert [key for key, _ in options(item)] == [answer.value for answer in ANSWERS[item]]
        assert all(label and label == answer_label(item, key) for key, label in options(item))
