"""What a grade may do: product grades, weights, order size, loss, approval. One sourced table, one frozen value.

Contract: shares are basis points of the account's total value, money is int won. `tighten` takes the stricter of two
everywhere; nothing in code makes a limit looser than the grade's row, so a model or a strategy can only tighten.
Does not judge orders: the gate does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from domain.instruments import Asset, Instrument, Kind
from domain.suitability import Grade, allowed_products
from domain.tables import table

FULL_BPS = 10_000


class Approval(StrEnum):
    """ALWAYS: a person confirms every order. MANDATE_OK: orders inside a signed mandate need no further word."""

    ALWAYS = "always"
    MANDATE_OK = "mandate_ok"


@dataclass(frozen=True, slots=True)
class NameWeights:
    """Highest weight of one name, bps, by what it holds."""

    stock: int
    equity: int  # stock ETF
    mixed: int
    commodity: int
    bond: int
    cash: int


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits in force for an account. `max_order_safe_krw` is for cash-like and bond products."""

    grade: Grade
    allowed_products: frozenset[int]
    name_weights: NameWeights
    max_equity_bps: int
    max_sector_bps: int
    max_order_krw: int
    max_order_safe_krw: int
    daily_loss_bps: int
    drawdown_bps: int
    turnover_bps: int
    approval: Approval
    geared_allowed: bool
    above_grade_bps: int
    source: str = ""

    def allows(self, instrument: Instrument) -> bool:
        """Whether the agent may propose buying it."""
        return instrument.product_risk in self.allowed_products and (self.geared_allowed or not instrument.geared)

    def name_weight_bps(self, instrument: Instrument | None) -> int:
        """Highest weight of this name; an unknown one counts as a stock."""
        if instrument is None or (instrument.kind is Kind.STOCK and instrument.asset is Asset.EQUITY):
            return self.name_weights.stock
        return int(getattr(self.name_weights, instrument.asset.value))

    def order_krw(self, instrument: Instrument | None) -> int:
        """Highest value of one order in this name."""
        return self.max_order_safe_krw if is_safe(instrument) else self.max_order_krw


def is_safe(instrument: Instrument | None) -> bool:
    """Cash-like or bond, not geared: what a careful investor may hold in full."""
    return instrument is not None and instrument.asset in (Asset.CASH, Asset.BOND) and not instrument.geared


def equity_exposure_bps(instrument: Instrument | None) -> int:
    """How much of a position counts as stocks: all, half for mixed products, none for bonds, cash and gold."""
    if instrument is None or instrument.asset is Asset.EQUITY:
        return FULL_BPS
    return FULL_BPS // 2 if instrument.asset is Asset.MIXED else 0


def limits_for(grade: Grade, capital_krw: int) -> Limits:
    """The grade's row for an account of `capital_krw`. ValueError when the capital is not positive."""
    if capital_krw <= 0:
        raise ValueError(f"expected a capital > 0 won, was {capital_krw}")
    data = table("suitability")["limits"]
    row: Mapping[str, Any] = data["grades"][grade.value]

    def order(bps: int) -> int:
        by_share = max(capital_krw * bps // FULL_BPS, data["order_floor_krw"])
        return int(min(capital_krw, by_share, data["order_cap_krw"]))

    return Limits(
        grade=grade,
        allowed_products=allowed_products(grade),
        name_weights=NameWeights(**row["weight_bps"]),
        max_equity_bps=row["equity_bps"],
        max_sector_bps=row["sector_bps"],
        max_order_krw=order(row["order_bps"]),
        max_order_safe_krw=order(row["order_safe_bps"]),
        daily_loss_bps=row["daily_loss_bps"],
        drawdown_bps=row["drawdown_bps"],
        turnover_bps=row["turnover_bps"],
        approval=Approval(row["approval"]),
        geared_allowed=row["geared"],
        above_grade_bps=row["above_grade_bps"],
        source=data["source"],
    )


def tighten(a: Limits, b: Limits) -> Limits:
    """The stricter of the two in every respect; commutative but for the source text."""
    weights = NameWeights(
        *(min(getattr(a.name_weights, name), getattr(b.name_weights, name)) for name in NameWeights.__slots__)
    )
    return Limits(
        grade=min(a.grade, b.grade, key=lambda grade: grade.rank),
        allowed_products=a.allowed_products & b.allowed_products,
        name_weights=weights,
        max_equity_bps=min(a.max_equity_bps, b.max_equity_bps),
        max_sector_bps=min(a.max_sector_bps, b.max_sector_bps),
        max_order_krw=min(a.max_order_krw, b.max_order_krw),
        max_order_safe_krw=min(a.max_order_safe_krw, b.max_order_safe_krw),
        daily_loss_bps=min(a.daily_loss_bps, b.daily_loss_bps),
        drawdown_bps=min(a.drawdown_bps, b.drawdown_bps),
        turnover_bps=min(a.turnover_bps, b.turnover_bps),
        approval=Approval.ALWAYS if Approval.ALWAYS in (a.approval, b.approval) else Approval.MANDATE_OK,
        geared_allowed=a.geared_allowed and b.geared_allowed,
        above_grade_bps=min(a.above_grade_bps, b.above_grade_bps),
        source=a.source if a.source == b.source else f"{a.source}; {b.source}",
    )


def tolerated_loss(limits: Limits, max_loss_bps: int | None) -> Limits:
    """The user's own tolerated loss makes the drawdown limit stricter, never looser.

    Below a floor of the table it would refuse everything after the first fee; no loss at all is kept by what is bought.
    """
    if max_loss_bps is None:
        return limits
    if max_loss_bps < 0:
        raise ValueError(f"expected a tolerated loss >= 0 bps, was {max_loss_bps}")
    floor = int(table("suitability")["limits"]["drawdown_floor_bps"])
    return replace(limits, drawdown_bps=min(limits.drawdown_bps, max(floor, max_loss_bps)))
