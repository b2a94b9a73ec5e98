"""One turn of the conversation as JSON: what `quartz chat --json` writes, one object a line.

The schema is public (`quartz chat --schema`), the vocabularies closed. Money is int won, quantities are shares.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from domain.orders.types import IntentState, Side
from nodes.state import NodeName

Grade = Literal["안정형", "안정추구형", "위험중립형", "적극투자형", "공격투자형"]
ProfileItem = Literal[
    "age",
    "horizon",
    "experience",
    "knowledge",
    "asset_share",
    "income",
    "loss_tolerance",
    "capital_krw",
]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Contradiction(_Model):
    code: str
    text: str
    ways_out: list[str]


class ProfileView(_Model):
    grade: Grade | None
    score: int | None = Field(description="0..100, the 32-point sum converted")
    capital_krw: int | None
    monthly_krw: int | None
    horizon_months: int | None
    preferred_sectors: list[str]
    excluded_sectors: list[str]
    max_loss_pct: float | None
    confirmed: bool
    missing: list[ProfileItem]
    contradictions: list[Contradiction]


class StrategyView(_Model):
    id: str
    hash: str


class ReportView(_Model):
    analyst: Literal["macro", "selector", "technical", "portfolio", "risk"]
    ticker: str | None
    stance: Literal["bullish", "bearish", "neutral", "uncertain"]
    status: Literal["ok", "stale", "unavailable"]


class ProposalView(_Model):
    ticker: str
    name: str
    side: Side
    qty: int
    price: int
    reason: str


class ApprovalView(_Model):
    id: str
    expires_at: str


class OrderView(_Model):
    intent_id: str
    ticker: str
    side: Side
    qty: int
    filled: int
    state: IntentState


class HoldingView(_Model):
    ticker: str
    name: str
    qty: int
    sellable: int
    value: int
    unrealised: int


class PortfolioView(_Model):
    cash: int = Field(description="what is left after all settlements (D+2)")
    buying_power: int
    total_value: int
    realised_today: int
    unrealised: int
    holdings: list[HoldingView]
    trading_state: Literal["ACTIVE", "REDUCING", "HALTED"]
    as_of: str


class NoticeCode(StrEnum):
    RULES_MODE = "rules_mode"
    DEMO_DATA = "demo_data"
    STALE = "stale"
    UNAVAILABLE = "unavailable"
    LIMIT = "limit"
    FILL = "fill"
    ORDER = "order"
    HALT = "halt"
    EXPIRED = "expired"
    BAD_INPUT = "bad_input"
    ANSWERED_BY = "answered_by"
    MODEL_BUDGET = "model_budget"
    ALERT = "alert"


class Notice(_Model):
    code: NoticeCode
    text: str


class Turn(_Model):
    """Everything one message led to."""

    reply: str
    route: list[NodeName]
    profile: ProfileView
    strategy: StrategyView | None
    reports: list[ReportView]
    proposals: list[ProposalView]
    approval: ApprovalView | None
    orders: list[OrderView]
    portfolio: PortfolioView | None
    notices: list[Notice]
