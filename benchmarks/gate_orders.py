"""Accounts and a stream of mixed orders for the gate's benchmark, all from one seed.

Contract: every order comes with views of its own, so nothing that a check keeps on a view can serve the next one. About
one order in five breaks something; what the accounts' grades and limits forbid comes on top. Times nothing.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from datetime import time as clock_time
from uuid import UUID

from domain.calendar import Phase
from domain.clock import KST
from domain.gate.config import gate_config
from domain.gate.order import GateCancel, GateOrder, Stage
from domain.gate.view import (
    AccountView,
    Approval,
    Authority,
    Cash,
    Exiting,
    GateView,
    Holding,
    IdsView,
    Mandated,
    MarketView,
    OpenOrder,
    Signature,
    SuitabilityView,
)
from domain.instruments import Instrument, Instruments
from domain.limits import limits_for
from domain.mandate import ExitMandate, Mandate, MandateKind, Usage, bounds_hash
from domain.orders.types import Initiative, IntentState, OrderType, Side, TradingState
from domain.suitability import Grade
from domain.ticks import round_to_tick

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=KST)
ACCOUNTS = 64


@dataclass(frozen=True, slots=True)
class Plain:
    """The peer's figures: what an account adds up to, once for all its orders."""

    cash: int
    limit: int
    loss: int
    gross: int
    resting: int
    halted: bool
    positions: dict[str, int]
    recent: frozenset[tuple[str, Side, int, int]]


class World:
    """Accounts and orders from one seed."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.instruments = Instruments.load()
        self.names = self.instruments.all()
        self.accounts = [self._view(large=n % 2 == 1) for n in range(ACCOUNTS)]
        self.plain = [plain_of(view) for view in self.accounts]

    def _id(self) -> UUID:
        return UUID(int=self.random.getrandbits(128))

    def _price(self, of: Instrument) -> int:
        return round_to_tick(max(of.level, 1_000), Side.BUY, of.kind, NOW.date())

    def _view(self, *, large: bool) -> GateView:
        pick = self.random
        held = pick.sample(self.names, 12 if large else 1)
        capital = 300_000_000 if large else 5_000_000
        holdings = []
        for name in held:
            shares = max(1, capital // 25 // self._price(name))
            holdings.append(Holding(name.ticker, shares, self._price(name), shares, {"manual": shares}))
        resting = [self._resting(pick.choice(self.names), capital) for _ in range(10 if large else 1)]
        grade = pick.choice([Grade.AGGRESSIVE, Grade.AGGRESSIVE, Grade.ACTIVE, Grade.NEUTRAL])
        return GateView(
            account=AccountView(
                TradingState.ACTIVE, NOW, Cash(capital // 2, NOW), capital, tuple(holdings), tuple(resting),
                traded_today=capital // 20, day_start_value=capital, high_water=capital, day_profit=-capital // 500,
                messages_last_minute=4, rejections_in_row=0,
            ),
            market={name.ticker: self._market(name) for name in self.names},
            suitability=SuitabilityView(grade, 1, NOW + timedelta(days=200)),
            authority=None,
            ids=IdsView({self._id(): "hash" for _ in range(4)}, self._recent()),
            limits=limits_for(grade, capital),
            instruments=self.instruments,
            config=gate_config("sim"),
            wall=NOW,
        )  # fmt: skip

    def _recent(self) -> tuple[Signature, ...]:
        pick = self.random
        return tuple(
            Signature(
                pick.choice(self.names).ticker, Side.BUY, pick.randrange(1, 9), 10_000, NOW - timedelta(minutes=1)
            )
            for _ in range(5)
        )

    def _market(self, name: Instrument) -> MarketView:
        price = self._price(name)
        return MarketView(
            NOW,
            Phase.CONTINUOUS,
            price,
            NOW - timedelta(seconds=1),
            "stream",
            price,
            interrupted=False,
            average_volume=2_000_000,
        )

    def _resting(self, name: Instrument, capital: int) -> OpenOrder:
        price = round_to_tick(self._price(name) * 97 // 100, Side.BUY, name.kind, NOW.date())
        shares = max(1, capital // 200 // price)
        state = IntentState.NEW if self.random.random() < 0.1 else IntentState.ACKED
        at = None if state is IntentState.NEW else NOW - timedelta(minutes=5)
        return OpenOrder(
            self._id(),
            name.ticker,
            Side.BUY,
            shares,
            price,
            state,
            reserved=shares * price,
            acked_at=at,
            sleeve="manual",
        )

    def orders(self, count: int) -> Iterator[tuple[GateOrder | GateCancel, GateView, Stage, bool, Plain]]:
        for _ in range(count):
            at = self.random.randrange(ACCOUNTS)
            order, view, stage, clamp = self._case(self.accounts[at])
            yield order, view, stage, clamp, self.plain[at]

    def _case(self, view: GateView) -> tuple[GateOrder | GateCancel, GateView, Stage, bool]:
        pick, account = self.random, replace(view.account)
        if pick.random() < 0.1:
            return GateCancel(self._id(), pick.choice(account.open_orders).order_id), view, Stage.ADMIT, False
        side = Side.SELL if pick.random() < 0.3 else Side.BUY
        holding = pick.choice(account.holdings)
        name = pick.choice(self.names)
        if side is Side.SELL:
            name = self.instruments.get(holding.ticker) or name
        price: int | None = self._limit(name, side)
        if pick.random() < 0.1:
            price = None
        most = holding.quantity if side is Side.SELL else (account.equity or 0) // 40 // self._price(name)
        quantity = max(1, int(most * pick.random()))
        stage = pick.choice([Stage.PREVIEW, Stage.ADMIT, Stage.RELEASE])
        order = GateOrder(
            intent_id=self._id(), ticker=name.ticker, side=side, quantity=quantity,
            order_type=OrderType.MARKET if price is None else OrderType.LIMIT, limit_price=price,
            not_after=NOW + timedelta(minutes=3), sleeve="manual",
            initiative=pick.choice([Initiative.AGENT, Initiative.USER]), payload_hash="hash",
        )  # fmt: skip
        order, account = self._wrong(order, account)
        own = replace(view, account=account, authority=self._authority(order, stage))
        return order, own, stage, stage is Stage.PREVIEW

    def _limit(self, name: Instrument, side: Side) -> int:
        away = self.random.randrange(0, 300)
        bps = 10_000 - away if side is Side.BUY else 10_000 + away
        return round_to_tick(self._price(name) * bps // 10_000, side, name.kind, NOW.date())

    def _wrong(self, order: GateOrder, account: AccountView) -> tuple[GateOrder, AccountView]:
        """One order in five breaks something."""
        kind, price = self.random.randrange(40), order.limit_price
        if kind == 0:
            return replace(order, quantity=order.quantity * 1_000), account
        if kind == 1 and price is not None:
            return replace(order, limit_price=price * 2), account
        if kind in (2, 3) and price is not None:
            return replace(order, limit_price=price + 1), account
        if kind == 4:
            return replace(order, not_after=NOW - timedelta(seconds=1)), account
        if kind == 5:
            return order, replace(account, cash=None)
        if kind == 6:
            return order, replace(account, trading_state=TradingState.REDUCING)
        if kind == 7:
            return order, replace(account, frozen_tickers=frozenset({order.ticker}))
        return order, account

    def _authority(self, order: GateOrder, stage: Stage) -> Authority | None:
        if stage is Stage.PREVIEW:
            return None
        if order.side is Side.SELL and self.random.random() < 0.3:
            return Exiting(ExitMandate(self._id(), "sim-1", order.ticker, "manual", self._id()), order.quantity)
        if self.random.random() < 0.2:
            return self._mandated(order.ticker)
        return Approval("plan", "plan", {1: order.quantity}, NOW + timedelta(minutes=5))

    def _mandated(self, ticker: str) -> Mandated:
        mandate = Mandate(
            UUID(int=hash_of(ticker)), "sim-1", MandateKind.CYCLE, frozenset({ticker}), frozenset(),
            10_000_000, 50_000_000, clock_time(9), clock_time(15, 20), NOW + timedelta(days=30),
        )  # fmt: skip
        return Mandated(mandate, Usage(), bounds_hash(mandate))


def hash_of(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:16], "big")


def plain_of(view: GateView) -> Plain:
    account = view.account
    positions = {holding.ticker: holding.quantity for holding in account.holdings}
    gross = sum(holding.quantity * holding.price for holding in account.holdings)
    resting = sum(order.remaining * order.price for order in account.open_orders)
    return Plain(10**8, 10**8, 0, gross, resting, False, positions, frozenset())
