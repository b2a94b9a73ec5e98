"""The views that the gate decides on, put together from the ledger, the broker's figures and the market.

Contract: `fetch` does the asking, outside any transaction; `build` reads the ledger inside the account's single
writer and asks nobody. Quantities come from the confirmed book, sellable and cash from the broker as asked; every
figure keeps the moment *before* its question. What could not be had is None, never zero.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

import structlog

from domain import ids
from domain.clock import Clock
from domain.gate.config import GateConfig
from domain.gate.view import (
    AccountView,
    Authority,
    Cash,
    GateView,
    Holding,
    IdsView,
    MarketView,
    OpenOrder,
    Signature,
    SuitabilityView,
)
from domain.instruments import Instruments
from domain.limits import Limits, limits_for, tolerated_loss
from domain.orders.transitions import RESERVING
from domain.orders.types import IntentState, OrderType, Plan, Side
from domain.suitability import Grade
from domain.ticks import Band
from execution.oms.baseline import cash_rows
from execution.oms.ledger.desk import ProfileRow
from execution.oms.ledger.port import Tx
from execution.oms.ledger.rows import Sleeve
from execution.oms.ledger.standing import ByHand, Standing, StandingOf, Working
from execution.oms.marketclock import MarketClock
from execution.oms.marketdata import MarketData, Snapshot
from execution.oms.sessions import AccountSession, Channel, Figures
from execution.oms.trading import TradingStates
from execution.oms.volumes import Volumes
from tools.kis.account import Balance
from tools.kis.budget import Priority
from tools.kis.errors import KisError, Unreachable

log = structlog.get_logger("oms.views")
_SIGNATURES = timedelta(minutes=5)
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Fetched:
    """What the broker and the market said, before the transaction."""

    figures: Figures | None
    snapshots: Mapping[str, Snapshot] = field(default_factory=dict)
    volumes: Mapping[str, int] = field(default_factory=dict)  # usual shares a day, of what is to be bought
    trouble: str = ""
    unreachable: bool = False  # no token: nothing can be sent either


class Views:
    def __init__(
        self,
        data: MarketData,
        market: MarketClock,
        wall: Clock,
        instruments: Instruments,
        config: GateConfig,
        states: TradingStates,
    ) -> None:
        self._data = data
        self._market = market
        self._wall = wall
        self._instruments = instruments
        self.config = config
        self._states = states
        self._volumes = Volumes(data, market)

    async def fetch(
        self,
        session: AccountSession,
        tickers: Sequence[str],
        *,
        buying: Collection[str] = (),
        priority: Priority = Priority.ORDER,
    ) -> Fetched:
        """Never raises for the broker: what is missing makes the gate refuse, with its own words. `buying` are those of
        which more is to be held: only that asks how much they usually trade."""
        trouble, unreachable = "", False
        try:
            figures: Figures | None = await session.figures(priority=priority)
        except KisError as error:
            figures, trouble = session.last_figures(), error.message
            unreachable = isinstance(error, Unreachable)
            log.warning("figures_failed", account=session.account_ref, reason=error.message)
        known = [ticker for ticker in dict.fromkeys(tickers) if self._instruments.get(ticker) is not None]
        snapshots = await self._data.snapshots(known, priority=priority)
        volumes = {
            ticker: average
            for ticker in known
            if ticker in buying and (average := await self._volumes.average(ticker, priority)) is not None
        }
        return Fetched(figures, snapshots, volumes, trouble, unreachable)

    async def build(
        self,
        tx: Tx,
        session: AccountSession,
        owner: UUID,
        fetched: Fetched,
        authority: Authority | None,
        plan: Plan | None = None,
    ) -> GateView:
        standing = await tx.standing(self.standing_of(tx.now, session, owner, fetched, plan))
        return self.view(standing, tx.now, session, fetched, authority, plan)

    def standing_of(
        self,
        now: datetime,
        session: AccountSession,
        owner: UUID,
        fetched: Fetched,
        plan: Plan | None = None,
        approval_id: UUID | None = None,
    ) -> StandingOf:
        """What `view` needs of the ledger, and what was answered to an approval."""
        figures = fetched.figures
        return StandingOf(
            account_ref=session.account_ref,
            owner=owner,
            day=self._market.trade_date,
            recent_since=now - _SIGNATURES,
            paced_since=now - _MINUTE,
            outcomes=self.config.max_rejections_in_row,
            spent_since=None if figures is None else figures.asked_wall - self.config.cash_lag,
            plan_id=None if plan is None else plan.plan_id,
            approval_id=approval_id,
        )

    def view(
        self,
        standing: Standing,
        now: datetime,
        session: AccountSession,
        fetched: Fetched,
        authority: Authority | None,
        plan: Plan | None = None,
    ) -> GateView:
        """`now` is the transaction's."""
        profile, account = standing.profile, self._account(session, fetched, standing)
        return GateView(
            account=account,
            market={ticker: self._of(ticker, session, fetched) for ticker in fetched.snapshots},
            suitability=suitability_of(profile),
            authority=authority,
            ids=_ids(standing, now, plan),
            limits=limits_of(profile, account.equity),
            instruments=self._instruments,
            config=self.config,
            wall=self._wall.now(),
        )

    def _of(self, ticker: str, session: AccountSession, fetched: Fetched) -> MarketView:
        skew, snapshot = session.client.skew, fetched.snapshots[ticker]
        band = None
        if snapshot.upper and snapshot.lower:
            band = Band(lower=snapshot.lower, upper=snapshot.upper)
        return MarketView(
            now=self._market.now(),
            phase=self._market.phase,
            reference=snapshot.price,
            reference_at=snapshot.at,
            source=snapshot.source,
            base_price=snapshot.base,
            band=band,
            halted=snapshot.halted,
            designated=snapshot.designated,
            clock_skew_ms=int(skew.offset.total_seconds() * 1000) if skew is not None else 0,
            interrupted=snapshot.interrupted,
            average_volume=fetched.volumes.get(ticker),
        )

    def _account(self, session: AccountSession, fetched: Fetched, standing: Standing) -> AccountView:
        account_ref, figures, start = session.account_ref, fetched.figures, standing.day_start
        equity = self._equity(figures.balance, fetched) if figures is not None else None
        session.require()
        effective = self._states.effective(account_ref)
        working = [intent for intent in standing.working if intent.state in RESERVING]
        return AccountView(
            trading_state=effective.state,
            holdings_at=figures.asked_wall if figures is not None else self._wall.now() - timedelta(days=1),
            cash=Cash(figures.power.amount, figures.asked_wall, standing.spent) if figures is not None else None,
            equity=equity,
            holdings=self._holdings(standing.sleeves, fetched),
            open_orders=self._open_orders(working, standing.by_hand, account_ref),
            traded_today=standing.traded,
            day_start_value=start,
            high_water=standing.high_water,
            day_profit=equity - start if start is not None and equity is not None else None,
            reconciled="unreconciled" not in self._states.causes.get(account_ref, {}),
            channel_proven=session.channel is Channel.PROVEN,
            channel_up=session.channel is not Channel.DOWN,
            frozen_tickers=frozenset(i.ticker for i in working if i.state is IntentState.MANUAL),
            halted_sleeves=self._states.stopped_sleeves(account_ref),
            messages_last_minute=standing.pace.sent,
            rejections_in_row=_refused_in_row(standing.pace.outcomes),
        )

    def _equity(self, balance: Balance, fetched: Fetched) -> int | None:
        """What the account is worth by one reply of the broker: our own book may not have confirmed a fill that its
        cash has paid already. None when the reply cannot be summed."""
        rows = cash_rows(balance)
        if any(len(of_name) > 1 for of_name in rows.values()):
            return None
        worth = balance.settled_cash
        for held in (*(of_name[0] for of_name in rows.values()), *(h for h in balance.holdings if h.credit)):
            snapshot = fetched.snapshots.get(held.ticker) or self._data.last(held.ticker)
            price = snapshot.price if snapshot is not None else held.price
            if held.quantity and price is None:
                return None
            worth += held.quantity * (price or 0)
        return worth

    def _holdings(self, parts_of: Sequence[Sleeve], fetched: Fetched) -> tuple[Holding, ...]:
        sleeves: dict[str, dict[str, int]] = {}
        cost: dict[str, int] = {}
        for row in parts_of:
            if row.position.quantity > 0:
                sleeves.setdefault(row.ticker, {})[row.sleeve] = row.position.quantity
                cost[row.ticker] = cost.get(row.ticker, 0) + row.position.cost
        shown = {}
        if fetched.figures is not None:
            told = cash_rows(fetched.figures.balance)
            shown = {ticker: min(of_name, key=lambda row: row.sellable or 0) for ticker, of_name in told.items()}
        found = []
        for ticker, parts in sleeves.items():
            quantity, broker = sum(parts.values()), shown.get(ticker)
            snapshot = fetched.snapshots.get(ticker) or self._data.last(ticker)
            price = snapshot.price if snapshot is not None else broker.price if broker is not None else None
            sellable = None
            if fetched.figures is not None:
                sellable = broker.sellable if broker is not None else 0
            found.append(Holding(ticker, quantity, price or cost[ticker] // quantity, sellable, parts))
        return tuple(found)

    def _open_orders(
        self, working: Sequence[Working], by_hand: Sequence[ByHand], account_ref: str
    ) -> tuple[OpenOrder, ...]:
        unfinished = {(intent.plan_id, intent.leg) for intent in working}
        not_ended = {intent.intent_id for intent in working}
        found = []
        for intent in working:
            remaining = intent.quantity - intent.filled
            if remaining <= 0:
                continue
            cash = -(-intent.cash * remaining // intent.quantity) if intent.cash is not None else 0
            found.append(
                OpenOrder(
                    order_id=intent.intent_id,
                    ticker=intent.ticker,
                    side=intent.side,
                    remaining=remaining,
                    price=intent.limit_price or self._worst(intent, cash, remaining),
                    state=intent.state,
                    order_type=intent.order_type,
                    reserved=cash,
                    acked_at=intent.acked_at,
                    sleeve=intent.sleeve,
                    waiting=(intent.plan_id, intent.after_leg) in unfinished or intent.replaces in not_ended,
                )
            )
        for order in by_hand:
            if order.quantity > order.filled:
                found.append(
                    OpenOrder(
                        order_id=foreign_id(account_ref, order.trade_date.isoformat(), order.branch, order.odno),
                        ticker=order.ticker,
                        side=order.side,
                        remaining=order.quantity - order.filled,
                        price=order.price,
                        state=IntentState.ACKED,
                        order_type=OrderType.LIMIT if order.price else OrderType.MARKET,
                        acked_at=order.acked_at,
                        sleeve="outside",
                        foreign=True,
                    )
                )
        return tuple(found)

    def _worst(self, intent: Working, cash: int, remaining: int) -> int:
        """What a share of a market order counts for: what was reserved, else the last price."""
        if intent.side is Side.BUY and cash:
            return cash // remaining
        known = self._data.last(intent.ticker)
        return known.price if known is not None else 0


def _ids(standing: Standing, now: datetime, plan: Plan | None) -> IdsView:
    # An older version that was never sent has been withdrawn: its ids are free for this one.
    seen = {i.intent_id: i.payload_hash for i in standing.of_plan if plan is not None and i.version >= plan.version}
    recent = [
        Signature(i.ticker, i.side, i.quantity, i.limit_price, i.created_at)
        for i in standing.recent
        if now - i.created_at < _SIGNATURES
    ]
    return IdsView(seen, tuple(recent))


def _refused_in_row(outcomes: Sequence[IntentState]) -> int:
    """`outcomes` newest first."""
    taken = (number for number, state in enumerate(outcomes) if state is not IntentState.REJECTED)
    return next(taken, len(outcomes))


def foreign_id(account_ref: str, day: str, branch: str, odno: int) -> UUID:
    """The id that an order placed by hand has in a view."""
    return ids.intent_id(ids.plan_id(account_ref, ("foreign", day, branch)), odno)


def suitability_of(profile: ProfileRow | None) -> SuitabilityView | None:
    if profile is None:
        return None
    grade = Grade(profile.grade)
    return SuitabilityView(
        grade=grade,
        version=profile.version,
        expires_at=profile.expires_at,
    )


def limits_of(profile: ProfileRow | None, equity: int | None) -> Limits:
    """The limits in force; without a profile those of the most careful grade."""
    if profile is None:
        return limits_for(Grade.STABLE, max(1, equity or 1))
    capital = profile.content.get("capital_krw")
    loss = profile.content.get("max_loss_bps")
    amount = capital if isinstance(capital, int) and capital > 0 else max(1, equity or 1)
    return tolerated_loss(limits_for(Grade(profile.grade), amount), loss if isinstance(loss, int) else None)
