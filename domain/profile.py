"""The investor profile: seven answers with the user's own words, money, wishes; versioned, dated, confirmed, expiring.

Contract: a profile is frozen; grade and score are computed from its answers and cannot be set. Every answer keeps the
quoted span it was read from. `missing()` is what must still be asked, in order. An unconfirmed or expired profile binds
nobody. Money is int won, the tolerated loss basis points.
Does not read text and does not average contradictions (`domain.contradictions` surfaces them).
"""

from __future__ import annotations

import calendar as month_lengths
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, field_validator, model_validator

from domain.advice import advised
from domain.instruments import SECTORS
from domain.limits import Limits, limits_for, tolerated_loss
from domain.suitability import ANSWERS, Assessment, Grade, Item, answer_label, assess, horizon_answer
from domain.tables import table

CAPITAL = "capital_krw"


class Source(StrEnum):
    """How an answer came about."""

    TEXT = "text"  # read from a sentence, `quote` is the span
    BUTTON = "button"  # chosen from the closed set


class Answer(BaseModel):
    """One answer: the key from the item's closed set, and the user's own words for it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    value: str
    quote: str = ""
    source: Source = Source.BUTTON
    confidence: int = Field(default=100, ge=0, le=100, description="percent; under the ask line it is asked again")

    @model_validator(mode="after")
    def _text_has_a_quote(self) -> Answer:
        if self.source is Source.TEXT and not self.quote:
            raise ValueError("expected the quoted words of an answer that was read from text, was empty")
        return self


class Profile(BaseModel):
    """A profile, complete or in the making."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    answers: dict[Item, Answer] = Field(default_factory=dict)
    capital_krw: int | None = Field(default=None, gt=0)
    monthly_krw: int | None = Field(default=None, ge=0)
    horizon_months: int | None = Field(default=None, gt=0)
    preferred_sectors: tuple[str, ...] = ()
    excluded_sectors: tuple[str, ...] = ()
    max_loss_bps: int | None = Field(default=None, ge=0, le=10_000)
    wishes: tuple[str, ...] = Field(default=(), description="WISHES keys: what the user asked for in passing")
    ways_out: dict[str, str] = Field(
        default_factory=dict, description="contradiction code -> key of the way out that the user chose"
    )
    version: int = Field(default=1, ge=1)
    created_at: AwareDatetime
    confirmed_at: AwareDatetime | None = None
    expires_at: AwareDatetime | None = None

    @field_validator("answers")
    @classmethod
    def _answers_are_of_their_item(cls, answers: dict[Item, Answer]) -> dict[Item, Answer]:
        for item, answer in answers.items():
            if answer.value not in [option.value for option in ANSWERS[item]]:
                raise ValueError(f"expected an answer to {item.value}, was {answer.value!r}")
        return {item: answers[item] for item in Item if item in answers}

    @field_validator("preferred_sectors", "excluded_sectors")
    @classmethod
    def _sectors_are_known(cls, sectors: tuple[str, ...]) -> tuple[str, ...]:
        unknown = [sector for sector in sectors if sector not in SECTORS]
        if unknown:
            raise ValueError(f"expected sectors of the table, were {', '.join(unknown)}")
        return tuple(dict.fromkeys(sectors))

    @field_validator("wishes")
    @classmethod
    def _wishes_are_known(cls, wishes: tuple[str, ...]) -> tuple[str, ...]:
        unknown = [wish for wish in wishes if wish not in WISHES]
        if unknown:
            raise ValueError(f"expected wishes of {', '.join(WISHES)}, were {', '.join(unknown)}")
        return tuple(dict.fromkeys(wishes))

    @model_validator(mode="after")
    def _dates_fit(self) -> Profile:
        if (self.confirmed_at is None) != (self.expires_at is None):
            raise ValueError("expected confirmed_at and expires_at together")
        if self.confirmed_at and self.missing():
            raise ValueError(f"expected a complete profile to confirm, missing: {', '.join(self.missing())}")
        return self

    def answer(self, item: Item) -> StrEnum | None:
        """The answer as its enum member."""
        found = self.answers.get(item)
        return None if found is None else ANSWERS[item](found.value)

    def missing(self) -> tuple[str, ...]:
        """Keys still to be asked, in order: the capital first, then the seven items."""
        absent = [] if self.capital_krw is not None else [CAPITAL]
        return (*absent, *(item.value for item in Item if item not in self.answers))

    def assessment(self) -> Assessment | None:
        """Score and grade; None until all seven answers are there."""
        if any(item not in self.answers for item in Item):
            return None
        return assess({item: ANSWERS[item](answer.value) for item, answer in self.answers.items()})

    @property
    def grade(self) -> Grade | None:
        found = self.assessment()
        return None if found is None else found.grade

    @property
    def max_loss_pct(self) -> Decimal | None:
        """Tolerated loss in percent."""
        return None if self.max_loss_bps is None else Decimal(self.max_loss_bps) / 100

    def is_valid(self, now: datetime) -> bool:
        """Confirmed and not expired at `now`."""
        return self.confirmed_at is not None and self.expires_at is not None and now < self.expires_at

    @property
    def chosen_ways(self) -> tuple[str, ...]:
        """Keys of the chosen ways out: what `domain.advice` goes by."""
        return tuple(dict.fromkeys(self.ways_out.values()))

    def limits(self, capital_krw: int | None = None) -> Limits | None:
        """Limits of the grade, made stricter by the tolerated loss; for `capital_krw` or the profile's own."""
        grade, capital = self.grade, capital_krw or self.capital_krw
        return (
            None if grade is None or capital is None else tolerated_loss(limits_for(grade, capital), self.max_loss_bps)
        )

    def advice(self) -> Limits | None:
        """What we may propose: the grade's limits under the tolerated loss and the chosen ways out."""
        grade, capital = self.grade, self.capital_krw
        if grade is None or capital is None:
            return None
        return advised(limits_for(grade, capital), self.max_loss_bps, self.chosen_ways)

    def with_answer(self, item: Item, answer: Answer) -> Profile:
        """A draft with this answer; the horizon in months goes when it no longer fits its band."""
        changes: dict[str, Any] = {"answers": {**self.answers, item: answer}}
        if item is Item.HORIZON and self.horizon_months and horizon_answer(self.horizon_months).value != answer.value:
            changes["horizon_months"] = None
        return self.changed(**changes)

    def changed(self, **changes: Any) -> Profile:
        """A new draft with `changes`, validated; it is unconfirmed whatever it was before."""
        content = self.model_dump() | changes | {"confirmed_at": None, "expires_at": None}
        return Profile.model_validate(content)

    def confirmed(self, now: datetime, *, version: int | None = None, months: int | None = None) -> Profile:
        """The profile as the user confirmed it; expires after `months` (12 to 24, default from the table)."""
        span = months if months is not None else int(table("suitability")["process"]["validity_months"])
        if not 12 <= span <= 24:
            raise ValueError(f"expected a validity of 12 to 24 months, was {span}")
        content = self.model_dump() | {
            "version": version or self.version,
            "confirmed_at": now,
            "expires_at": add_months(now, span),
        }
        return Profile.model_validate(content)

    def read_back(self) -> tuple[tuple[str, str, str], ...]:
        """(item key, answer label, quoted words) of what is answered, for confirming with the user."""
        return tuple((i.value, answer_label(i, a.value), a.quote) for i, a in self.answers.items())


# What a user may ask for that an answer can contradict; read by the conversation, kept with the profile.
WISHES = {
    "momentum": "급등주",
    "geared": "레버리지·인버스",
    "aggressive": "공격적인 투자",
    "guaranteed": "원금 보장",
}


def add_months(at: datetime, months: int) -> datetime:
    """The same day `months` later, or the month's last day."""
    index = at.year * 12 + at.month - 1 + months
    year, month = divmod(index, 12)
    day = min(at.day, month_lengths.monthrange(year, month + 1)[1])
    return at.replace(year=year, month=month + 1, day=day)
