"""What an analyst hands over: a stance with its reasons, and the figures that the reasons point to.

Contract: frozen, plain JSON both ways. Missing data is `unavailable` with a reason, never a stance; stale data says so.
`drivers` and `risks` are templates that name figures of the same report (`domain.evidence`).
A report is no order and no size: those are code's business further down.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from domain.evidence import Figure, Figures, figure_ids, raw_numbers, render


class Analyst(StrEnum):
    MACRO = "macro"
    SELECTOR = "selector"
    TECHNICAL = "technical"
    PORTFOLIO = "portfolio"
    RISK = "risk"


class Stance(StrEnum):
    BULLISH = "bullish"
    BEARISH = "bearish"
    NEUTRAL = "neutral"
    UNCERTAIN = "uncertain"


class Status(StrEnum):
    OK = "ok"
    STALE = "stale"
    UNAVAILABLE = "unavailable"


class AnalystReport(BaseModel):
    """One analyst's view on one name, or on the market when `ticker` is None."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    analyst: Analyst
    ticker: str | None = None
    stance: Stance
    confidence: int = Field(ge=0, le=100, description="percent")
    drivers: tuple[str, ...] = ()
    risks: tuple[str, ...] = ()
    figures: tuple[Figure, ...] = ()
    status: Status = Status.OK
    reason: str = Field(default="", description="Korean; why stale or unavailable")
    as_of: AwareDatetime

    @model_validator(mode="after")
    def _hangs_together(self) -> AnalystReport:
        known = Figures(self.figures)
        for text in (*self.drivers, *self.risks):
            unknown = [key for key in figure_ids(text) if key not in known]
            if unknown:
                raise ValueError(f"expected figures of this report, were {', '.join(unknown)}")
        if self.status is not Status.OK and not self.reason:
            raise ValueError(f"expected a reason for status {self.status.value}, was empty")
        if self.status is Status.UNAVAILABLE and (self.stance is not Stance.UNCERTAIN or self.confidence):
            raise ValueError("expected stance uncertain and confidence 0 when unavailable")
        return self

    @classmethod
    def unavailable(cls, analyst: Analyst, ticker: str | None, reason: str, as_of: AwareDatetime) -> AnalystReport:
        """The report of an analyst that had nothing to read: an abstention, never a reason to sell."""
        return cls(
            analyst=analyst,
            ticker=ticker,
            stance=Stance.UNCERTAIN,
            confidence=0,
            status=Status.UNAVAILABLE,
            reason=reason,
            as_of=as_of,
        )

    def lines(self) -> tuple[str, ...]:
        """Drivers, then risks, with their figures filled in."""
        known = Figures(self.figures)
        return tuple(render(text, known) for text in (*self.drivers, *self.risks))

    def unsupported_numbers(self) -> tuple[str, ...]:
        """Numbers in drivers and risks that no figure stands behind."""
        return tuple(number for text in (*self.drivers, *self.risks) for number in raw_numbers(text))

    def to_json(self) -> dict[str, Any]:
        return self.model_dump(mode="json")
