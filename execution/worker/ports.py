"""What the worker needs of the outside, one small Protocol each.

Contract: `Door.submit` is the only thing that can become an order, and carries ids; asking again with the same ids is
the same order. Silence of any side is PortUnavailable.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Protocol
from uuid import UUID

from domain.bars import Bars
from domain.exits import ExitRule, RuleRow, RuleSource
from domain.orders.types import Plan
from domain.proto import market_pb2, oms_pb2
from domain.strategy.running import StrategyRun
from tools.ports import Identity, JournalEntry, StoredMandate, StoredProfile, StoredStrategy
from tools.store.worker_memory import Asked, StoredPlace


class Door(Protocol):
    async def submit(self, who: Identity, request: oms_pb2.SubmitRequest) -> oms_pb2.SubmitReply: ...
    async def book(self, who: Identity) -> oms_pb2.BookReply: ...
    async def orders(
        self, who: Identity, *, open_only: bool = False, plan_id: str = "", from_date: str = "", limit: int = 50
    ) -> list[oms_pb2.Order]: ...


class Market(Protocol):
    async def quotes(self, tickers: Sequence[str]) -> list[oms_pb2.QuoteReply]: ...
    async def market_clock(self) -> oms_pb2.MarketClockReply: ...


class Papers(Protocol):
    """The desk's tables as the worker's role may use them."""

    async def identity_of(self, account_ref: str) -> Identity | None: ...
    async def latest_profile(self, user_id: UUID) -> StoredProfile | None: ...
    async def strategies(self, user_id: UUID, limit: int = 10) -> list[StoredStrategy]: ...
    async def mandates(self, account_ref: str) -> list[StoredMandate]: ...
    async def plan(self, plan_id: UUID, version: int | None = None) -> Plan | None: ...
    async def save_plan(self, plan: Plan) -> str: ...
    async def exit_rules(self, account_ref: str) -> list[RuleRow]: ...
    async def note(self, user_id: UUID, entry: JournalEntry) -> None: ...


class Runs(Protocol):
    async def everybodys(self) -> list[StrategyRun]: ...


class Rules(Protocol):
    async def put(
        self,
        account_ref: str,
        user_id: UUID,
        rule: ExitRule | None,
        *,
        source: RuleSource,
        ticker: str = "",
        sleeve: str = "",
        strategy_id: UUID | None = None,
        channel: str,
    ) -> None: ...


class Memory(Protocol):
    async def ask(self, asked: Asked) -> None: ...
    async def answered(self, plan_id: UUID, answer: str, at: datetime) -> None: ...
    async def asked(self, plan_id: UUID) -> Asked | None: ...
    async def unanswered(self) -> list[Asked]: ...
    async def since(self, account_ref: str, strategy_id: UUID, since: datetime) -> list[Asked]: ...
    async def places(self, account_ref: str, strategy_id: UUID, hash_: str) -> list[StoredPlace]: ...
    async def keep(self, places: Sequence[StoredPlace], at: datetime) -> None: ...


class History(Protocol):
    """Bars of the past: finished daily bars, and minutes as far as they are known."""

    async def daily(self, ticker: str, start: date, end: date) -> Bars: ...
    async def minutes(self, ticker: str, start: date, end: date) -> list[market_pb2.Bar]: ...
