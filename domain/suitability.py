"""The standard questionnaire, its score and grade, and what a grade may be offered: pure functions over a table.

Contract: seven answers from closed sets give points; points x100/32 is the score, compared as whole numbers, never as
binary fractions; a bound belongs to the lower grade. The table is `domain/data/suitability.yaml`, with its sources.
Does not read text, does not average contradictions and cannot raise a grade: there is no way in but the answers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from functools import cache
from types import MappingProxyType

from domain.tables import table


class Item(StrEnum):
    """The seven items, in the order in which they are asked."""

    AGE = "age"
    HORIZON = "horizon"
    EXPERIENCE = "experience"
    KNOWLEDGE = "knowledge"
    ASSET_SHARE = "asset_share"
    INCOME = "income"
    LOSS_TOLERANCE = "loss_tolerance"


class Age(StrEnum):
    UPTO_19 = "upto_19"
    TO_40 = "to_40"
    TO_50 = "to_50"
    TO_60 = "to_60"
    FROM_61 = "from_61"


class Horizon(StrEnum):
    UPTO_6M = "upto_6m"
    UPTO_1Y = "upto_1y"
    UPTO_2Y = "upto_2y"
    UNDER_3Y = "under_3y"
    FROM_3Y = "from_3y"


class Experience(StrEnum):
    """The riskiest product held so far."""

    DEPOSITS = "deposits"
    GOOD_BONDS = "good_bonds"
    MID_BONDS = "mid_bonds"
    STOCKS = "stocks"
    DERIVATIVES = "derivatives"


class Knowledge(StrEnum):
    VERY_LOW = "very_low"
    LOW = "low"
    HIGH = "high"
    VERY_HIGH = "very_high"


class AssetShare(StrEnum):
    """Share of these funds in all financial assets, percent."""

    UPTO_10 = "upto_10"
    UPTO_20 = "upto_20"
    UPTO_30 = "upto_30"
    UPTO_40 = "upto_40"
    OVER_40 = "over_40"


class Income(StrEnum):
    STEADY = "steady"
    UNSTABLE = "unstable"
    PENSION = "pension"


class LossTolerance(StrEnum):
    NONE = "none"
    MINIMAL = "minimal"
    SOME = "some"
    ANY = "any"


ANSWERS: Mapping[Item, type[StrEnum]] = MappingProxyType(
    {
        Item.AGE: Age,
        Item.HORIZON: Horizon,
        Item.EXPERIENCE: Experience,
        Item.KNOWLEDGE: Knowledge,
        Item.ASSET_SHARE: AssetShare,
        Item.INCOME: Income,
        Item.LOSS_TOLERANCE: LossTolerance,
    }
)


class Grade(StrEnum):
    """Investor grades, careful first. The value is the word that people read and tables store."""

    STABLE = "안정형"
    STABLE_SEEKING = "안정추구형"
    NEUTRAL = "위험중립형"
    ACTIVE = "적극투자형"
    AGGRESSIVE = "공격투자형"

    @property
    def label(self) -> str:
        return self.value

    @property
    def rank(self) -> int:
        """1 (안정형) to 5 (공격투자형)."""
        return list(Grade).index(self) + 1


@dataclass(frozen=True, slots=True)
class Assessment:
    """What seven answers come to. `score` is for people (half up); the grade is decided on exact points."""

    points: int
    score: int
    grade: Grade


@cache
def _points() -> Mapping[tuple[Item, str], int]:
    items = table("suitability")["questionnaire"]["items"]
    points = {(item, key): int(row[0]) for item in Item for key, row in items[item.value]["answers"].items()}
    expected = {(item, answer.value) for item, answers in ANSWERS.items() for answer in answers}
    if set(points) != expected:
        raise ValueError(f"expected the answers of the code in suitability.yaml, differ: {set(points) ^ expected}")
    return MappingProxyType(points)


def points_of(item: Item, answer: StrEnum) -> int:
    """Points of one answer; KeyError when the answer belongs to another item."""
    return _points()[item, answer.value]


def question(item: Item) -> str:
    """The Korean question."""
    return str(table("suitability")["questionnaire"]["items"][item.value]["question"])


def item_label(item: Item) -> str:
    return str(table("suitability")["questionnaire"]["items"][item.value]["label"])


def answer_label(item: Item, answer: str) -> str:
    """The Korean text of an answer, as shown on a button."""
    return str(table("suitability")["questionnaire"]["items"][item.value]["answers"][answer][1])


def options(item: Item) -> tuple[tuple[str, str], ...]:
    """(answer key, Korean label) in order."""
    return tuple((answer.value, answer_label(item, answer.value)) for answer in ANSWERS[item])


def grade_for(points: int) -> Grade:
    """Grade of a point total, by exact comparison with the table's bounds."""
    data = table("suitability")
    score = Fraction(points * 100, data["questionnaire"]["full_points"])
    for name, upper in data["grades"]["upper_bounds"].items():
        if score <= upper:
            return Grade(name)
    raise ValueError(f"expected at most {data['questionnaire']['full_points']} points, was {points}")


def assess(answers: Mapping[Item, StrEnum]) -> Assessment:
    """Points, score and grade of all seven answers. ValueError names what is missing."""
    missing = [item.value for item in Item if item not in answers]
    if missing:
        raise ValueError(f"expected an answer to all seven items, missing: {', '.join(missing)}")
    points = sum(points_of(item, answers[item]) for item in Item)
    full = int(table("suitability")["questionnaire"]["full_points"])
    score = (points * 200 + full) // (2 * full)
    return Assessment(points=points, score=max(0, min(100, score)), grade=grade_for(points))


def allowed_products(grade: Grade) -> frozenset[int]:
    """Product risk grades that may be recommended to `grade`."""
    return frozenset(table("suitability")["products"]["matrix"][grade.value])


def is_suitable(grade: Grade, product_risk: int) -> bool:
    return product_risk in allowed_products(grade)


def age_answer(years: int) -> Age:
    """The age band of an age in full years."""
    bounds = ((19, Age.UPTO_19), (40, Age.TO_40), (50, Age.TO_50), (60, Age.TO_60))
    return next((answer for upper, answer in bounds if years <= upper), Age.FROM_61)


def horizon_answer(months: int) -> Horizon:
    """The horizon band of a number of months; 36 and more is the longest."""
    bounds = ((6, Horizon.UPTO_6M), (12, Horizon.UPTO_1Y), (24, Horizon.UPTO_2Y), (35, Horizon.UNDER_3Y))
    return next((answer for upper, answer in bounds if months <= upper), Horizon.FROM_3Y)


def asset_share_answer(percent: int | Fraction) -> AssetShare:
    """The band of a share of all financial assets in percent."""
    bounds = ((10, AssetShare.UPTO_10), (20, AssetShare.UPTO_20), (30, AssetShare.UPTO_30), (40, AssetShare.UPTO_40))
    return next((answer for upper, answer in bounds if percent <= upper), AssetShare.OVER_40)
