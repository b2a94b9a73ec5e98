"""What a model is told before it leans on weights: one documented JSON, made by code from reports, book and prices.

Contract: docs/portfolio.md holds its JSON Schema, and a test that they agree. What changes least comes first and names
are in the order of their codes, so that two calls begin alike; the time is rounded down to five minutes. At most
`MAX_NAMES` names in at most `MAX_SIGNS` characters: names that only stay lose their figures first, then their place.
No account, no order number, no word that came from the web: news is a score, a mood and a count.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from domain.evidence import Figure
from domain.limits import FULL_BPS, equity_exposure_bps
from nodes.portfolio.decisions import MAX_NAMES, Action, Decision, decisions
from nodes.portfolio.rules import allocate
from nodes.portfolio.scene import Scene
from nodes.portfolio.views import View
from tools.llm.prompts import MAX_VALUE

MAX_SIGNS = MAX_VALUE  # what a prompt lets through of one value
STEP = timedelta(minutes=5)
MACRO_FIGURES = 8


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ConstraintsPart(Part):
    """Bounds of this run: the settings', tightened by grade and profile."""

    max_buy_candidates: int
    max_single_ticker_weight_bps: int = Field(description="bonds and cash-like funds are bound by the grade alone")
    min_order_krw: int
    max_turnover_bps: int = Field(description="bought and sold together, of portfolio.base_krw")


class MacroPart(Part):
    """The economy as the macro analyst sees it."""

    status: Literal["ok", "stale", "unavailable"]
    stance: Literal["bullish", "neutral", "bearish", "uncertain"]
    figures: dict[str, str] = Field(description="at most eight, by id")


class PortfolioPart(Part):
    """What weights are shares of, and what is held; no account."""

    grade: str = Field(description="one of the five Korean investor grades")
    base_krw: int
    cash_krw: int | None = Field(description="that purchases may use; null: not known")
    equity_bps: int = Field(description="share of stocks held now, of base_krw")
    max_equity_bps: int
    max_sector_bps: int
    held_bps: dict[str, int] = Field(description="weight of each name by its code")


class TechnicalPart(Part):
    """The chart as the technical analyst reads it."""

    status: Literal["ok", "stale", "unavailable"]
    stance: Literal["bullish", "neutral", "bearish", "uncertain"]
    confidence: int
    figures: dict[str, str] = Field(description="by the id that {{f:id}} names")


class FundamentalPart(Part):
    """A company's accounts; empty where the broker tells none."""

    source: Literal["live", "paper", "sim", ""]
    figures: dict[str, str] = Field(description="by the id that {{f:id}} names")


class NewsPart(Part):
    """Headlines as a score; never their words."""

    score: int = Field(description="0..100: the selector's score of a candidate; 0 for what is only held")
    mood: Literal["bullish", "neutral", "bearish", "uncertain"]
    figures: dict[str, str] = Field(description="by the id that {{f:id}} names")


class NamePart(Part):
    """One name of the universe, with what code has decided."""

    ticker: str
    name: str
    sector: str
    asset: str
    action: Action = Field(description="only BUY may be leaned on")
    held_bps: int
    target_bps: int
    price: int | None = Field(description="won; null: not known or not trading")
    technical: TechnicalPart
    fundamental: FundamentalPart
    news: NewsPart


class Brief(Part):
    """The input of the portfolio manager's one model call."""

    constraints: ConstraintsPart
    macro: MacroPart
    portfolio: PortfolioPart
    universe: list[NamePart] = Field(max_length=MAX_NAMES)
    now_utc: datetime

    def told(self) -> dict[str, str]:
        """Each part as the prompt's variable of that name."""
        plain = self.model_dump(mode="json")
        return {key: _compact(value) for key, value in plain.items()}


def brief_of(scene: Scene) -> Brief:
    """What is known of this run."""
    investor = scene.investor
    equity = sum(
        scene.worth(holding.ticker) * equity_exposure_bps(scene.table.get(holding.ticker)) // FULL_BPS
        for holding in scene.holdings
    )
    return Brief(
        constraints=ConstraintsPart(**investor.constraints.to_json()),
        macro=MacroPart.model_validate(
            {
                "status": scene.economy.status,
                "stance": scene.market,
                "figures": dict(list(_figures(scene.economy.figures, "").items())[:MACRO_FIGURES]),
            }
        ),
        portfolio=PortfolioPart(
            grade=investor.grade.value,
            base_krw=investor.base,
            cash_krw=scene.cash,
            equity_bps=equity * FULL_BPS // investor.base,
            max_equity_bps=investor.limits.max_equity_bps,
            max_sector_bps=investor.limits.max_sector_bps,
            held_bps={
                holding.ticker: scene.held(holding.ticker)
                for holding in sorted(scene.holdings, key=lambda holding: holding.ticker)[:MAX_NAMES]
            },
        ),
        universe=_bounded(scene, decisions(scene, allocate(scene))),
        now_utc=_rounded(scene.now),
    )


def _bounded(scene: Scene, decided: Sequence[Decision]) -> list[NamePart]:
    """By code; what is decided to stay gives way when there are too many signs."""
    names = [_name(scene, each) for each in decided]
    for give_way in (
        lambda part: _bare(part) if part.action is Action.HOLD else part,
        lambda part: None if part.action is Action.HOLD else part,
    ):
        at = len(names) - 1  # the least important first
        while at >= 0 and len(_compact([part.model_dump(mode="json") for part in names])) > MAX_SIGNS:
            part = give_way(names[at])
            names[at : at + 1] = [] if part is None else [part]
            at -= 1
    return sorted(names, key=lambda part: part.ticker)


def _name(scene: Scene, decision: Decision) -> NamePart:
    row, view = scene.table.get(decision.ticker), scene.seen.get(decision.ticker, View())
    return NamePart(
        ticker=decision.ticker,
        name=decision.name,
        sector=row.sector if row is not None else "",
        asset=row.asset.value if row is not None else "",
        action=decision.action,
        held_bps=decision.held_bps,
        target_bps=decision.target_bps,
        price=scene.prices.get(decision.ticker) or None,
        technical=TechnicalPart.model_validate(
            {
                "status": view.status,
                "stance": view.stance,
                "confidence": view.confidence,
                "figures": _figures(view.figures, "t."),
            }
        ),
        fundamental=FundamentalPart.model_validate({"source": view.accounts, "figures": _figures(view.figures, "f.")}),
        news=NewsPart.model_validate({"score": view.score, "mood": view.mood, "figures": _figures(view.figures, "s.")}),
    )


def _bare(part: NamePart) -> NamePart:
    """Without figures."""
    empty: dict[str, Any] = {"figures": {}}
    return part.model_copy(
        update={
            "technical": part.technical.model_copy(update=empty),
            "fundamental": part.fundamental.model_copy(update=empty),
            "news": part.news.model_copy(update=empty),
        }
    )


def _figures(figures: Mapping[str, Figure], prefix: str) -> dict[str, str]:
    return {key: figures[key].text() for key in sorted(figures) if key.startswith(prefix)}


def _rounded(at: datetime) -> datetime:
    now = at.astimezone(UTC)
    return now - (now - datetime.min.replace(tzinfo=UTC)) % STEP


def _compact(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(",", ":"))


if __name__ == "__main__":  # the schema as docs/portfolio.md holds it
    sys.stdout.write(json.dumps(Brief.model_json_schema(), ensure_ascii=False, indent=1) + "\n")
