"""The gate's own figures for one environment, from the dated table `domain/data/gate.yaml`.

Contract: immutable; ages and windows are timedeltas, rates integers (basis points; the fee as numerator and
denominator, because an exact fraction is slow where every order passes). Does not hold a person's limits: see
`domain.limits`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from domain.calendar import Phase
from domain.costs import DEFAULT_FEES, FeeSchedule
from domain.tables import table

ENVIRONMENTS = ("sim", "paper", "live")


@dataclass(frozen=True, slots=True)
class GateConfig:
    environment: str
    live_enabled: bool
    duplicate_window: timedelta
    max_clock_skew_ms: int
    cash_lag: timedelta
    collar_bp: int
    min_quantity: int
    max_quantity: int
    max_open_orders: int
    max_unexecuted_bp: int
    max_volume_bp: int
    max_rejections_in_row: int
    refused_status: frozenset[str]
    limit_phases: frozenset[Phase]
    market_phases: frozenset[Phase]
    cancel_phases: frozenset[Phase]
    reference_max_age: timedelta
    cash_max_age: timedelta
    holdings_max_age: timedelta
    max_messages_per_minute: int
    fee_numerator: int
    fee_denominator: int
    fee_unit: int

    def fee(self, amount: int) -> int:
        """As `domain.costs.fee` under the same schedule."""
        return amount * self.fee_numerator // self.fee_denominator // self.fee_unit * self.fee_unit


def gate_config(environment: str, *, live_enabled: bool = False, fees: FeeSchedule = DEFAULT_FEES) -> GateConfig:
    """The figures in force for sim, paper or live; ValueError for any other environment."""
    if environment not in ENVIRONMENTS:
        raise ValueError(f"expected environment sim, paper or live, was {environment!r}")
    data = table("gate")
    common: dict[str, Any] = data["common"]
    own: dict[str, int] = data[environment]

    def phases(of: str) -> frozenset[Phase]:
        return frozenset(Phase(name) for name in data["phases"][of])

    return GateConfig(
        environment=environment,
        live_enabled=live_enabled,
        duplicate_window=timedelta(seconds=common["duplicate_window_s"]),
        max_clock_skew_ms=common["max_clock_skew_ms"],
        cash_lag=timedelta(seconds=common["cash_lag_s"]),
        collar_bp=common["collar_bp"],
        min_quantity=common["min_quantity"],
        max_quantity=common["max_quantity"],
        max_open_orders=common["max_open_orders"],
        max_unexecuted_bp=common["max_unexecuted_bp"],
        max_volume_bp=common["max_volume_bp"],
        max_rejections_in_row=common["max_rejections_in_row"],
        refused_status=frozenset(common["refused_status"]),
        limit_phases=phases("limit"),
        market_phases=phases("market"),
        cancel_phases=phases("cancel"),
        reference_max_age=timedelta(seconds=own["reference_max_age_s"]),
        cash_max_age=timedelta(seconds=own["cash_max_age_s"]),
        holdings_max_age=timedelta(seconds=own["holdings_max_age_s"]),
        max_messages_per_minute=own["max_messages_per_minute"],
        fee_numerator=fees.rate.numerator,
        fee_denominator=fees.rate.denominator,
        fee_unit=fees.unit,
    )
