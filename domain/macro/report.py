"""The report on the economy: what speaks for stocks, what against, ten sentences, and what stands behind each number.

Contract: frozen, plain JSON both ways. Sentences are templates that name figures of the report and may cite what was
read for it by number, from 1; a number of their own is refused. The hint is the rules' stance and nobody else's.
`sheet_hash` says from which figures it was made, so that a reader knows whether it still speaks of them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, field_validator, model_validator

from domain.evidence import Figure, Figures, figure_ids, raw_numbers, render
from domain.ids import canonical_json
from domain.reports import AnalystReport, Stance

SENTENCES = 10
MOST_CITATIONS = 12
MAX_URL = 2_000

Hint = Literal["bullish", "bearish", "uncertain"]


def hint_of(stance: Stance) -> Hint:
    """`market_bias_hint`: a direction, or that there is none to be had."""
    if stance is Stance.BULLISH:
        return "bullish"
    return "bearish" if stance is Stance.BEARISH else "uncertain"


def sheet_hash(rows: Iterable[Mapping[str, Any]]) -> str:
    """Of what a sheet says, not of when it was looked at: ages are left out."""
    kept = ("code", "value", "previous", "trend", "period", "state")
    content = [{key: row[key] for key in kept if key in row} for row in rows]
    return hashlib.sha256(canonical_json(content).encode()).hexdigest()


class Citation(BaseModel):
    """A page that was read for the report. Its words are data and are not kept."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: str = Field(min_length=1, max_length=200)
    url: str = Field(max_length=MAX_URL)

    @field_validator("url")
    @classmethod
    def _is_a_page(cls, url: str) -> str:
        parts = urlsplit(url)
        plain = all(sign.isprintable() and sign not in " <>\"'`()[]\\" for sign in url)
        if parts.scheme != "https" or not parts.hostname or parts.username or parts.password or not plain:
            raise ValueError("expected an https address without a login, was another")
        return url


class Line(BaseModel):
    """One sentence; `cites` are numbers of citations."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    text: str = Field(min_length=1)
    cites: tuple[int, ...] = ()


class MacroReport(BaseModel):
    """See the module's contract."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    schema_version: Literal[1] = 1
    made_at: AwareDatetime
    sheet_hash: str
    market_bias_hint: Hint
    view: AnalystReport
    positive: tuple[Line, ...] = Field(min_length=1)
    negative: tuple[Line, ...] = Field(min_length=1)
    summary: tuple[Line, ...] = Field(min_length=SENTENCES, max_length=SENTENCES)
    figures: tuple[Figure, ...]
    citations: tuple[Citation, ...] = Field(default=(), max_length=MOST_CITATIONS)
    notes: tuple[str, ...] = Field(default=(), description="Korean: what is old, missing or left out")
    written_by: Literal["rules", "model"]
    model: str | None = None
    demo: bool = False

    @model_validator(mode="after")
    def _hangs_together(self) -> MacroReport:
        known = Figures(self.figures)
        labels = [figure.label for figure in self.figures if figure.label]
        for line in (*self.positive, *self.negative, *self.summary):
            unknown = [key for key in figure_ids(line.text) if key not in known]
            if unknown:
                raise ValueError(f"expected figures of this report, were {', '.join(unknown)}")
            numbers = raw_numbers(line.text, labels)
            if numbers:
                raise ValueError(f"expected figures only, was with {', '.join(numbers[:5])}")
            wrong = [number for number in line.cites if not 1 <= number <= len(self.citations)]
            if wrong:
                raise ValueError(f"expected citations from 1 to {len(self.citations)}, was {wrong[0]}")
            render(line.text, known)
        if self.market_bias_hint != hint_of(self.view.stance):
            raise ValueError(f"expected the hint {hint_of(self.view.stance)}, was {self.market_bias_hint}")
        return self

    def told(self, lines: Iterable[Line]) -> list[str]:
        """The sentences with their figures filled in."""
        known = Figures(self.figures)
        return [render(line.text, known) for line in lines]

    def to_json(self) -> dict[str, Any]:
        return self.model_dump(mode="json")
