"""A world for gate tests: one account, three names, figures easy to do in one's head.

005930 삼성전자 trades at 70,000 (tick 100), 069500 KODEX 200 at 30,000 and 153130 KODEX 단기채권 at 100,000 (tick 5).
Equity 100,000,000 won, cash 50,000,000, 100 shares of 005930 held; grade 공격투자형 unless asked otherwise.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

import pytest

from domain.calendar import Phase
from domain.clock import KST
from domain.gate.config import GateConfig, gate_config
from domain.gate.finding import Effect, Verdict
from domain.gate.order import GateOrder
from domain.gate.view import (
    AccountView,
    Approval,
    Cash,
    GateView,
    Holding,
    IdsView,
    MarketView,
    OpenOrder,
    SuitabilityView,
)
from domain.instruments import Instruments
from domain.limits import limits_for
from domain.orders.types import Initiative, IntentState, OrderType, Side, TradingState
from domain.suitability import Grade

NAMESPACE = UUID("00000000-0000-5000-8000-000000000000")


class GateWorld:
    """Builders with sane defaults; every keyword replaces one."""

    NOW = datetime(2026, 11, 23, 10, 0, tzinfo=KST)
    SAMSUNG, KODEX200, BOND, LEVERAGED = "005930", "069500", "153130", "122630"
    PRICES = {SAMSUNG: 70_000, KODEX200: 30_000, BOND: 100_000, LEVERAGED: 100_000}  # noqa: RUF012
    EQUITY = 100_000_000

    def id(self, name: str) -> UUID:
        return uuid5(NAMESPACE, name)

    def order(self, side: Side = Side.BUY, quantity: int = 10, price: int | None = 70_000, **changes: Any) -> GateOrder:
        base = GateOrder(
            intent_id=self.id("order"),
            ticker=self.SAMSUNG,
            side=side,
            quantity=quantity,
            order_type=OrderType.MARKET if price is None else OrderType.LIMIT,
            limit_price=price,
            not_after=self.NOW + timedelta(minutes=5),
            sleeve="manual",
            initiative=Initiative.USER,
            payload_hash="hash",
        )
        return replace(base, **changes)

    def market(self, ticker: str | None = None, **changes: Any) -> MarketView:
        price = self.PRICES[ticker or self.SAMSUNG]
        base = MarketView(
            now=self.NOW,
            phase=Phase.CONTINUOUS,
            reference=price,
            reference_at=self.NOW,
            source="stream",
            base_price=price,
        )
        return replace(base, **changes)

    def account(self, **changes: Any) -> AccountView:
        base = AccountView(
            trading_state=TradingState.ACTIVE,
            holdings_at=self.NOW,
            cash=Cash(50_000_000, self.NOW),
            equity=self.EQUITY,
            holdings=(self.holding(),),
            day_start_value=self.EQUITY,
            high_water=self.EQUITY,
            day_profit=0,
        )
        return replace(base, **changes)

    def holding(self, quantity: int = 100, **changes: Any) -> Holding:
        base = Holding(self.SAMSUNG, quantity, 70_000, quantity, {"manual": quantity})
        return replace(base, **changes)

    def resting(self, side: Side, remaining: int, price: int, **changes: Any) -> OpenOrder:
        base = OpenOrder(
            order_id=self.id(f"resting {side} {remaining} {price}"),
            ticker=self.SAMSUNG,
            side=side,
            remaining=remaining,
            price=price,
            state=IntentState.ACKED,
            reserved=remaining * price if side is Side.BUY else 0,
            sleeve="manual",
        )
        return replace(base, **changes)

    def config(self, environment: str = "sim", **changes: Any) -> GateConfig:
        return replace(gate_config(environment), **changes)

    def approval(self, quantity: int = 1_000_000, **changes: Any) -> Approval:
        quantities = dict.fromkeys(range(1, 200), quantity)
        return replace(Approval("plan", "plan", quantities, self.NOW + timedelta(minutes=10)), **changes)

    def view(self, *, grade: Grade = Grade.AGGRESSIVE, account: AccountView | None = None, **changes: Any) -> GateView:
        base = GateView(
            account=account or self.account(),
            market={ticker: self.market(ticker) for ticker in self.PRICES},
            suitability=SuitabilityView(grade, 1, self.NOW + timedelta(days=300)),
            authority=self.approval(),
            ids=IdsView(),
            limits=limits_for(grade, self.EQUITY),
            instruments=Instruments.load(),
            config=self.config(),
            wall=self.NOW,
        )
        return replace(base, **changes)

    def loose(self, **changes: Any) -> GateView:
        """A view in which only the control under test can object to an increase."""
        view = self.view(**changes)
        limits = replace(
            view.limits,
            max_equity_bps=10_000,
            max_sector_bps=10_000,
            max_order_krw=10**12,
            max_order_safe_krw=10**12,
            turnover_bps=10**6,
            name_weights=replace(view.limits.name_weights, stock=10_000, equity=10_000),
        )
        return replace(view, limits=limits, config=replace(view.config, max_unexecuted_bp=10**6))

    @staticmethod
    def codes(verdict: Verdict, effect: Effect | None = Effect.REFUSE) -> list[str]:
        return [f.code for f in verdict.findings if effect is None or f.effect is effect]


@pytest.fixture(scope="session")
def gate() -> GateWorld:
    return GateWorld()
